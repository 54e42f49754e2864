"""Writes the pages that are made from the code: `python docs/render.py`. A test holds them current."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from ecsnet import Rule, rules
from ecsnet.domain.lifecycle import BORN, Lifecycle
from ecsnet.domain.rules import RuleKind
from ecsnet.domain.subjects.eip import EIP
from ecsnet.domain.subjects.instance.lifecycle import INSTANCE
from ecsnet.domain.subjects.network_interface.lifecycle import NETWORK_INTERFACE, PRIMARY_NETWORK_INTERFACE
from ecsnet.events import EVENT_TYPES

HERE = Path(__file__).parent


def lifecycles() -> str:
    """docs/lifecycles.md: a diagram and a matrix for each lifecycle."""
    lines = [
        "# Lifecycles",
        "",
        "Made from the tables in `ecsnet/domain` by `python docs/render.py`.",
        "",
        "Events are the triggers. An operation that settles at once is one event; one that passes through a passing",
        "state is two: the *Requested* event opens the passing state, the event named for the result ends it. An event",
        "with an empty cell in the matrix is not possible in that status: a command that would need it is refused by a",
        "rule, and a stored history that contains it is refused as damaged. `[*]` is where a resource begins.",
    ]
    for lifecycle in (INSTANCE, NETWORK_INTERFACE, PRIMARY_NETWORK_INTERFACE, EIP):
        lines += ["", f"## {lifecycle.name[0].upper()}{lifecycle.name[1:]}", "", "```mermaid", "stateDiagram-v2"]
        lines += _arrows(lifecycle)
        lines += ["```", "", *_matrix(lifecycle)]
    return "\n".join(lines) + "\n"


def _cells(lifecycle: Lifecycle[Any]) -> Iterator[tuple[str, str, str]]:
    for event in lifecycle.events():
        for source, target in lifecycle.moves(EVENT_TYPES[event]).items():
            yield source, event, target


def _arrows(lifecycle: Lifecycle[Any]) -> list[str]:
    arrows = [f"    {source} --> {target}: {event}" for source, event, target in _cells(lifecycle) if source != target]
    return arrows + [f"    {status} --> [*]" for status in sorted(lifecycle.final)]


def _matrix(lifecycle: Lifecycle[Any]) -> list[str]:
    table = {(source, event): target for source, event, target in _cells(lifecycle)}
    statuses = [BORN, *(status for status in lifecycle.statuses if status not in lifecycle.final)]
    return [
        "| event | " + " | ".join(statuses) + " |",
        "|---" * (len(statuses) + 1) + "|",
        *(
            f"| {event} | " + " | ".join(table.get((status, event), "") for status in statuses) + " |"
            for event in lifecycle.events()
        ),
    ]


def rulebook() -> str:
    """docs/rules.md: every rule in the registry, by subject."""
    lines = [
        "# Rules",
        "",
        "Made from the registry `ecsnet.rules` by `python docs/render.py`.",
        "",
        f"{sum(rule.kind is RuleKind.Denial for rule in rules)} rules refuse commands. A command is judged by all",
        "that guard it, and all that refuse are reported: what is not found first, then in the order of registration.",
        "*Guide* is the section of the vendor's guide of March 2019; a dash means that only the real API knows it.",
        "Where the guide leaves room, [Readings](readings.md) tells what is done and why.",
    ]
    for subject, group in groupby(sorted(rules, key=lambda rule: rule.id), key=lambda rule: rule.id.split(".")[0]):
        lines += ["", f"## {subject}", ""]
        for rule in group:
            lines += _rule(rule)
    return "\n".join(lines).rstrip() + "\n"


def _rule(rule: Rule) -> Iterable[str]:
    yield f"### `{rule.id}`"
    yield ""
    yield rule.doc
    yield ""
    if rule.kind is RuleKind.Denial:
        yield f"- Guide: {rule.guide}. Answer: `{rule.code}`, HTTP {rule.http_status}."
        for (code, http_status), commands in _other_codes(rule):
            yield f"- Answer to {', '.join(commands)}: `{code}`, HTTP {http_status}."
        yield f"- Guards {', '.join(sorted(command.__name__ for command in rule.commands))}."
    else:
        article = "An" if rule.kind is RuleKind.Invariant else "A"
        yield f"- Guide: {rule.guide}. {article} {rule.kind}: it refuses no command of its own."
    yield ""


def _other_codes(rule: Rule) -> Iterable[tuple[tuple[str, int], list[str]]]:
    by_code: dict[tuple[str, int], list[str]] = {}
    for command, error in rule.codes.items():
        by_code.setdefault(error, []).append(command.__name__)
    return by_code.items()


PAGES = {"lifecycles.md": lifecycles, "rules.md": rulebook}

if __name__ == "__main__":
    for name, render in PAGES.items():
        (HERE / name).write_text(render(), "utf-8")
