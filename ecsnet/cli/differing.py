"""``ecsnet diff``: the resources that changed between two moments of a history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ecsnet import Cloud, ResourceChange
from ecsnet.cli.output import Output
from ecsnet.cli.wording import described


def moment(text: str) -> int | datetime:
    """Returns a position in the history, or a time, which is in UTC if it has no offset. Raises ValueError."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    time = datetime.fromisoformat(text)
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def show(cloud: Cloud, since: int | datetime, output: Output) -> None:
    """Prints the resources that changed since a moment: what is gone, what appeared, and what has other attributes."""
    changes = cloud.changes_since(since)
    for change in changes:
        if output.as_json:
            output.value(_value(change))
        elif change.after is None:
            output.line(("- ", "red"), described(change.before))
        elif change.before is None:
            output.line(("+ ", "green"), described(change.after))
        else:
            output.line(("~ ", "yellow"), f"{change.id}: {_attributes(change)}")
    if not changes and not output.as_json:
        output.line("nothing changed")


def _attributes(change: ResourceChange) -> str:
    values = [(name, getattr(change.before, name), getattr(change.after, name)) for name in change.attributes]
    return ", ".join([f"{name} {_shown(before)} → {_shown(after)}" for name, before, after in values])


def _shown(value: Any) -> str:
    return f"[{', '.join(map(_shown, value))}]" if isinstance(value, tuple) else str(value)


def _value(change: ResourceChange) -> dict[str, Any]:
    return {
        "resource_type": change.resource_type,
        "id": change.id,
        "attributes": change.attributes,
        "before": change.before,
        "after": change.after,
    }
