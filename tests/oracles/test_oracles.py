"""The library beside a naive model that was written from the vendor's guide alone."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles.beside import Beside
from tests.oracles.generate import Generator
from tests.oracles.walks import MODELS, MODES, START, walk
from tests.support.hypothesis_settings import budget


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("model", MODELS)
def test_long_walks_do_not_differ(model: str, mode: str) -> None:
    verdicts = sum((walk(model, mode, seed, 500).verdicts for seed in range(budget(7))), Counter())
    assert verdicts["allowed"] >= 0.1 * verdicts.total()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=budget(70), deadline=None)
@given(data=st.data())
def test_short_walks_do_not_differ(model: str, mode: str, data: Any) -> None:
    def choose(options: Any) -> Any:
        return options[data.draw(st.integers(0, len(options) - 1)) if len(options) > 1 else 0]

    generator = Generator(Beside(START, MODES[mode]), choose)
    for _ in range(data.draw(st.integers(1, 25))):
        generator.step(MODELS[model])
