"""Changes that cosmic-ray does not know, and that matter where knowledge is in tables: rows, members, statements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import parso
from cosmic_ray.operators.operator import Operator  # type: ignore[import-untyped]

Position = tuple[tuple[int, int], tuple[int, int]]


class Change(Operator):  # type: ignore[misc]  # cosmic-ray has no types
    """An operator that makes each change of `changes` in turn."""

    def changes(self, node: Any) -> Iterator[tuple[Any, str]]:
        """Yields replacements of the node's code, each after the part of the node that it leaves out."""
        raise NotImplementedError

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        for part, _ in self.changes(node):
            yield part.start_pos, part.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        _, code = list(self.changes(node))[index]
        return parso.parse(node.get_first_leaf().prefix + code.lstrip())  # type: ignore[no-untyped-call]

    @classmethod
    def examples(cls) -> tuple[()]:
        return ()


class RemoveElement(Change):
    """An element of a list, set, dict or tuple is left out, or an argument of a call that could do without it."""

    def changes(self, node: Any) -> Iterator[tuple[Any, str]]:
        if node.type == "atom" and len(node.children) == 3:
            opening, content = node.children[0].value, node.children[1]
            if opening != "(" and content.type not in (*CONTAINERS, *LOOPS):
                yield content, "[]" if opening == "[" else "set()"
        elif node.type in CONTAINERS and not any(child.type in LOOPS for child in node.children):
            elements = list(_elements(node))
            codes = [code for _, code in elements]
            in_tuple = node.type == "testlist_comp" and node.parent.children[0].value == "("
            for n, (part, removed) in enumerate(elements):
                if node.type != "arglist" or _optional(node, removed):
                    yield part, ", ".join(codes[:n] + codes[n + 1 :]) + "," * (in_tuple and len(codes) > 1)


def _optional(arguments: Any, argument: str) -> bool:
    """A keyword argument that is not the default; of what registers a rule, also a command that it guards."""
    if arguments.parent.type == "classdef" or argument.startswith("message=") or argument in DEFAULTS:
        return False
    return "=" in argument or (arguments.search_ancestor("funcdef") is None and argument[0].isupper())


DEFAULTS = ('code="OperationDenied"', "http_status=403")
LOOPS = ("comp_for", "sync_comp_for")
CONTAINERS = ("testlist_comp", "dictorsetmaker", "arglist")


def _elements(node: Any) -> Iterator[tuple[Any, str]]:
    """Yields each part between the commas, with its code."""
    parts: list[Any] = []
    for child in node.children:
        if child.type != "operator" or child.value != ",":
            parts.append(child)
        elif parts:
            yield parts[0], "".join(part.get_code() for part in parts).strip()
            parts = []
    if parts:
        yield parts[0], "".join(part.get_code() for part in parts).strip()


class RemoveStatement(Change):
    """A call, a raise or a repeated assignment is left out; the first to a name is not, for that could not even run."""

    def changes(self, node: Any) -> Iterator[tuple[Any, str]]:
        if node.type == "simple_stmt":
            statement = node.children[0]
            inside = statement.search_ancestor("funcdef", "lambdef")
            if statement.type in ("atom_expr", "raise_stmt") or (inside and self._assigns_again(statement)):
                yield statement, "pass\n"

    @staticmethod
    def _assigns_again(statement: Any) -> bool:
        if statement.type != "expr_stmt":
            return False
        names = statement.get_defined_names()  # none are defined by an augmented assignment or one to an attribute
        code = statement.search_ancestor("funcdef").get_code()
        return not names or all(code.count(f"{name.value} = ") + code.count(f"{name.value}, ") > 1 for name in names)


class ReturnNone(Change):
    """A function returns nothing: a rule refuses nothing, a decision leads to no events."""

    def changes(self, node: Any) -> Iterator[tuple[Any, str]]:
        if node.type == "return_stmt" and node.children[1].get_code().strip() != "None":
            yield node, "return None"


class StayInStatus(Change):
    """A row of a lifecycle leads back to where it comes from."""

    def changes(self, node: Any) -> Iterator[tuple[Any, str]]:
        if node.type == "testlist_comp" and len(elements := list(_elements(node))) == 3:
            source, event, target = (code for _, code in elements)
            if target.startswith("S.") and source not in (target, "BORN"):
                yield node, f"{source}, {event}, {source}"


class ReplaceMembership(Change):
    """``in`` and ``not in`` change places."""

    def changes(self, node: Any) -> Iterator[tuple[Any, str]]:
        if node.type == "comparison":
            for n, child in enumerate(node.children):
                operator = " ".join(child.get_code().split())
                if n % 2 and operator in ("in", "not in"):
                    other = " not in" if operator == "in" else " in"
                    yield child, "".join(other if part is child else part.get_code() for part in node.children)


OWN = (RemoveElement, RemoveStatement, ReturnNone, StayInStatus, ReplaceMembership)
