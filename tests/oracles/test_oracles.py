"""The library beside a naive model that was written from the vendor's guide alone."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles.beside import Beside
from tests.oracles.generate import INTERFACES, PUBLIC_ADDRESSES, Generator
from tests.oracles.network import AT_ONCE
from tests.support.hypothesis_settings import budget

START: Final = datetime(2017, 6, 14, 1, tzinfo=UTC)
"""The classic network is open for eight hours more."""
MODES: Final = {"at once": AT_ONCE, "by hand": None, "in a minute": timedelta(minutes=1)}
MODELS: Final = {"interfaces": INTERFACES, "public addresses": PUBLIC_ADDRESSES}


def walk(model: str, mode: str, seed: int, steps: int) -> Beside:
    """Takes so many steps in both, as a seeded generator chooses."""
    chance = random.Random(f"{model} {mode} {seed}")
    beside = Beside(START, MODES[mode])
    generator = Generator(beside, chance.choice)
    for _ in range(steps):
        generator.step(MODELS[model])
    return beside


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("model", MODELS)
def test_long_walks_do_not_differ(model: str, mode: str) -> None:
    verdicts = sum((walk(model, mode, seed, 500).verdicts for seed in range(budget(10))), Counter())
    assert verdicts["allowed"] >= 0.2 * verdicts.total()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=budget(100), deadline=None)
@given(data=st.data())
def test_short_walks_do_not_differ(model: str, mode: str, data: Any) -> None:
    def choose(options: Any) -> Any:
        return options[data.draw(st.integers(0, len(options) - 1)) if len(options) > 1 else 0]

    generator = Generator(Beside(START, MODES[mode]), choose)
    for _ in range(data.draw(st.integers(1, 25))):
        generator.step(MODELS[model])
