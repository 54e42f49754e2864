"""``ecsnet rules``: the rulebook, as the registry has it."""

from __future__ import annotations

from typing import Any

from ecsnet import rules
from ecsnet.cli.output import Output
from ecsnet.domain.rules import Rule
from ecsnet.openapi.requests import did_you_mean


def show_all(output: Output) -> None:
    """A line a rule: its id, the guide's section, the vendor's error code and the rule."""
    width = max(len(rule.id) for rule in rules)
    codes = max(len(rule.code) for rule in rules)
    for rule in rules:
        if output.as_json:
            output.value(_value(rule))
        else:
            output.line((f"{rule.id:<{width}}", "bold"), f"  {rule.guide:>4}  {rule.code:<{codes}}  {rule.doc}")


def show_one(rule_id: str, output: Output) -> bool:
    """Everything about a rule; False if there is none."""
    if rule_id not in rules:
        return False
    rule = rules[rule_id]
    if output.as_json:
        output.value(_value(rule))
        return True
    output.line((rule.id, "bold"), f" ({rule.kind})")
    output.line(rule.doc)
    output.line("guide:    ", "only the real API" if rule.guide == "-" else f"section {rule.guide}")
    if rule.commands:
        output.line(f"answers:  {rule.code} (HTTP {rule.http_status}): {rule.message}")
        output.line("guards:   ", ", ".join(command.__name__ for command in rule.commands))
    for command, (code, http_status) in rule.codes.items():
        output.line(f"          {command.__name__} answers {code} (HTTP {http_status})")
    return True


def unknown(rule_id: str) -> str:
    """What to say of an id that no rule has."""
    return f"there is no rule {rule_id}{did_you_mean(rule_id, [rule.id for rule in rules])}"


def _value(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "kind": rule.kind,
        "code": rule.code,
        "http_status": rule.http_status,
        "guide": rule.guide,
        "doc": rule.doc,
        "message": rule.message,
        "commands": [command.__name__ for command in rule.commands],
        "codes": {command.__name__: code for command, (code, _) in rule.codes.items()},
    }
