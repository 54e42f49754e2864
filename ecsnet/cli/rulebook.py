"""``ecsnet rules``: the rulebook, beginning with the rules that deny commands, in rank order."""

from __future__ import annotations

from typing import Any

from ecsnet import RulebookEntry, rulebook, rules
from ecsnet.cli.output import Output
from ecsnet.openapi.requests import did_you_mean


def show_all(output: Output) -> None:
    """Prints one line for each id: the guide's section, the vendor's usual error code and the rule."""
    width = max(map(len, rulebook))
    codes = max(len(rule.code) for rule in rules.values())
    for entry in rulebook.values():
        if output.as_json:
            output.value(_value(entry))
        else:
            code = rules[entry.id].code if entry.id in rules else "-"
            output.line((f"{entry.id:<{width}}", "bold"), f"  {entry.guide:>4}  {code:<{codes}}  {entry.doc}")


def show_one(rule_id: str, output: Output) -> bool:
    """Prints the whole entry of an id. Returns False if the rulebook does not have it."""
    entry = rulebook.get(rule_id)
    if entry is None:
        return False
    if output.as_json:
        output.value(_value(entry))
        return True
    output.line((entry.id, "bold"), f" ({entry.kind})")
    output.line(entry.doc)
    output.line("guide:    ", "only the real API" if entry.guide == "-" else f"section {entry.guide}")
    rule = rules.get(rule_id)
    if rule is not None:
        output.line(f"denial:   {rule.code} (HTTP {rule.http_status}): {rule.message}")
        output.line("guards:   ", ", ".join(command.__name__ for command in rule.commands))
        for command in rule.commands:
            codes = [f"{code.code} (HTTP {code.http_status})" for code in rule.codes_for(command)]
            if codes != [f"{rule.code} (HTTP {rule.http_status})"]:
                output.line(f"          {command.__name__}: {' or '.join(codes)}")
    return True


def unknown(rule_id: str) -> str:
    """Returns the message for an id that the rulebook does not have."""
    return f"there is no rule {rule_id}{did_you_mean(rule_id, rulebook)}"


def _value(entry: RulebookEntry) -> dict[str, Any]:
    value: dict[str, Any] = {"id": entry.id, "kind": entry.kind, "guide": entry.guide, "doc": entry.doc}
    rule = rules.get(entry.id)
    if rule is None:
        return value
    return value | {
        "code": rule.code,
        "http_status": rule.http_status,
        "message": rule.message,
        "commands": [command.__name__ for command in rule.commands],
        "codes": [{"code": code.code, "http_status": code.http_status} for code in rule.codes],
        "codes_by_command": {
            command.__name__: [code.code for code in rule.codes_for(command)] for command in rule.commands
        },
    }
