"""The mutants that are tried, and those of cosmic-ray that are left out."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cosmic_ray.plugins  # type: ignore[import-untyped]
import parso
from cosmic_ray.ast import ast_nodes  # type: ignore[import-untyped]
from cosmic_ray.mutating import MutationVisitor  # type: ignore[import-untyped]

from tests.mutation.operators import OWN

DOMAIN = Path(__file__).parents[2] / "ecsnet" / "domain"
MODULES = {".".join(path.relative_to(DOMAIN).with_suffix("").parts): path for path in sorted(DOMAIN.rglob("[!_]*.py"))}
"""The path of each module of the domain by its name there, such as subjects.vpc."""

COMPARISONS = {
    *("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is"),
    *("Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt"),
}
BINARIES = {
    *("Add_Sub", "Sub_Add", "Mul_FloorDiv", "Div_Mul", "FloorDiv_Mul", "Mod_FloorDiv", "Pow_Mul"),
    *("RShift_LShift", "LShift_RShift", "BitOr_BitAnd", "BitAnd_BitOr", "BitXor_BitAnd"),
}
"""Of each operator its opposite, and of each bound its neighbour: the others of a family say nothing new."""
ANSWERS = ("code", "http_status", "guide", "codes")
"""The parts of a registered rule that have no part in its judgement."""
ONCE = ("block_number", "block_bounds", "_first_mac", "RuleRegistry._prepare", "_gate", "_judge")
"""Functions whose answers are kept: only the first test that asks reaches them."""


class Mutant(NamedTuple):
    """A module's code with one change.

    The operator applied ``occurrence`` times before in the module. ``lines`` are those of the changed statement, if it
    is one of a function's, or those of the function, if it is in a decorator; else any test may notice. Of what a rule
    answers there are none: only the pages tell it. ``function`` is which one it is, unless it is inside another or the
    change is not inside it.
    """

    module: str
    operator: str
    occurrence: int
    line: int
    lines: tuple[int, int] | None
    function: str | None
    before: str
    after: str
    code: str

    @property
    def id(self) -> str:
        return f"{self.module}:{self.operator}:{self.occurrence}"


def _operators() -> dict[str, Any]:
    found = {
        name.partition("/")[2]: cosmic_ray.plugins.get_operator(name) for name in cosmic_ray.plugins.operator_names()
    }
    usable = {name: operator for name, operator in found.items() if not operator.arguments()}
    return usable | {operator.__name__: operator for operator in OWN}


OPERATORS = _operators()


def mutants(module: str, left_out: Counter[str], every: int = 1) -> Iterator[Mutant]:
    """The mutants of a module of the domain, or every so many-th; counts in ``left_out`` those that are not made, by
    reason."""
    source = MODULES[module].read_text("utf-8")
    tree = ast.parse(source)
    same, silent = ast.dump(tree), list(_silent(tree))
    nodes = list(ast_nodes(parso.parse(source)))  # type: ignore[no-untyped-call]
    seen = {same}
    number = 0
    for name, operator in OPERATORS.items():
        places = [place for node in nodes for place in operator().mutation_positions(node)]
        for occurrence, ((first, column), (last, end)) in enumerate(places):
            reasons = (why for low, high, why in silent if low <= (first, column) and (last, end) <= high)
            if reason := next(reasons, None) or _superfluous(name):
                left_out[reason] += 1
                continue
            number += 1
            if number % every:  # to make one takes long
                left_out["another was to be tried"] += 1
                continue
            code = str(MutationVisitor.mutate_code(source, operator(), occurrence))
            try:
                dump = ast.dump(ast.parse(code))
            except SyntaxError:
                dump = same
            if dump in seen:
                left_out["the same code, another mutant's, or none"] += 1
                continue
            seen.add(dump)
            function, lines = _statement(tree, first, last)
            before, after = _difference(source.splitlines(), code.splitlines())
            yield Mutant(module, name, occurrence, first, lines, function, before, after, code)


def _superfluous(operator: str) -> str | None:
    family, _, change = operator.partition("Operator_")
    if family == "ReplaceComparison" and change not in COMPARISONS:
        return "comparisons that are neither the opposite nor the next bound"
    if family == "ReplaceBinary" and change not in BINARIES:
        return "arithmetic that is not the opposite"
    return None


def _silent(tree: ast.Module) -> Iterator[tuple[tuple[int, int], tuple[int, int], str]]:
    """Returns the code that only readers and type checkers use: its begin, its end, and the reason."""
    for node in ast.walk(tree):
        parts: list[tuple[ast.AST | None, str]] = []
        match node:
            case ast.arg():
                parts = [(node.annotation, "annotations")]
            case ast.FunctionDef():
                parts = [(node.returns, "annotations")]
            case ast.AnnAssign():
                parts = [(node if node.value is None else node.annotation, "annotations")]
            case ast.ClassDef():
                parts = [(part, "options of classes") for part in (*node.bases, *(k.value for k in node.keywords))]
            case ast.Assert():
                parts = [(node, "assertions that narrow types")]
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, kinds]):
                parts = [(kinds, "unions of types")]
            case ast.Call(func=ast.Name(id="TypeVar" | "NamedTuple")):
                parts = [(node, "unions of types")]
            case ast.Raise(exc=ast.Call() as call):
                parts = [(argument, "messages") for argument in call.args]
        for part, why in parts:
            if part is not None:
                yield _span(part), _end(part), why
    for node in tree.body:  # at module level, ``A | B`` names a type
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp | ast.Subscript):
            yield _span(node), _end(node), "unions of types"


def _statement(tree: ast.Module, first: int, last: int) -> tuple[str | None, tuple[int, int] | None]:
    """The function around the lines, and the smallest of its statements; of a compound one, the head alone."""
    functions = [(node.name, node) for node in tree.body if isinstance(node, ast.FunctionDef)]
    for kind in tree.body:
        if isinstance(kind, ast.ClassDef):
            functions += [(f"{kind.name}.{node.name}", node) for node in kind.body if isinstance(node, ast.FunctionDef)]
    for name, function in functions:
        if function.body[0].lineno <= first and last <= _end(function)[0]:
            if name in ONCE:
                return None, None
            found: tuple[int, int] | None = None
            inside: str | None = name
            for node in ast.walk(function):
                if isinstance(node, ast.stmt) and node is not function and node.lineno <= first <= _end(node)[0]:
                    body = getattr(node, "body", None)
                    end = body[0].lineno - 1 if body else _end(node)[0]
                    if last <= end and (found is None or end - node.lineno <= found[1] - found[0]):
                        found = node.lineno, end
                    if isinstance(node, ast.FunctionDef):
                        inside = None
            return inside, found
    for call in ast.walk(tree):
        for keyword in call.keywords if isinstance(call, ast.Call) else ():
            if keyword.arg in ANSWERS and _span(keyword)[0] <= first and last <= _end(keyword)[0]:
                return None, (0, 0)
    for _, function in functions:
        if any(_span(part)[0] <= first and last <= _end(part)[0] for part in function.decorator_list):
            return None, (function.body[0].lineno, _end(function)[0])
    return None, None


def _span(node: Any) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: Any) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset


def _difference(old: list[str], new: list[str]) -> tuple[str, str]:
    """The changed lines, before and after."""
    start = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    tail = 0
    while tail < min(len(old), len(new)) - start and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return "\n".join(old[start : len(old) - tail]), "\n".join(new[start : len(new) - tail])
