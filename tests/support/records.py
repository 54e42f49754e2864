"""Recorded events, to be stored again."""

from __future__ import annotations

from ecsnet.events import Event, NewEvent, RecordedEvent


def new_event(record: RecordedEvent, event: Event) -> NewEvent:
    return NewEvent(
        record.stream,
        event,
        record.recorded_at,
        record.account_id,
        record.command_id,
        record.caused_by,
        record.settles,
    )
