"""Stories about rules, and the lists in which they are collected.

A story is a function from a network to the command that is judged. A witness's command is refused with its rule among
the reasons; a counter-witness's command is allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecsnet import Command
from tests.support.net import Net

Story = Callable[[Net], Command[Any]]
WITNESSES: list[tuple[str, Story, dict[str, Any]]] = []
COUNTER_WITNESSES: list[tuple[str, Story, dict[str, Any]]] = []


def trips(*rule_ids: str, **options: Any) -> Callable[[Story], Story]:
    def register(story: Story) -> Story:
        WITNESSES.extend((rule_id, story, options) for rule_id in rule_ids)
        return story

    return register


def keeps(*rule_ids: str, **options: Any) -> Callable[[Story], Story]:
    def register(story: Story) -> Story:
        COUNTER_WITNESSES.extend((rule_id, story, options) for rule_id in rule_ids)
        return story

    return register


MANUAL: dict[str, Any] = {"settle_after": "manual"}


def named(stories: list[tuple[str, Story, dict[str, Any]]]) -> Any:
    return [pytest.param(*entry, id=f"{entry[0]}-{entry[1].__name__}") for entry in stories]
