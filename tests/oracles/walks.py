"""Walks through both models: how transitions complete, which commands are made, and a walk by a seeded generator."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.oracles.beside import Beside
from tests.oracles.generate import INTERFACES, NETWORKS, PUBLIC_ADDRESSES, Generator
from tests.oracles.network import AT_ONCE

START: Final = datetime(2017, 6, 14, 1, tzinfo=UTC)
"""The classic network is open for eight hours more."""
MODES: Final = {"at once": AT_ONCE, "by hand": None, "in a minute": timedelta(minutes=1)}
MODELS: Final = {"interfaces": INTERFACES, "public addresses": PUBLIC_ADDRESSES, "networks": NETWORKS}


def walk(model: str, mode: str, seed: int, steps: int) -> Beside:
    """Takes so many steps in both, as a seeded generator chooses."""
    chance = random.Random(f"{model} {mode} {seed}")
    beside = Beside(START, MODES[mode])
    generator = Generator(beside, chance.choice)
    for _ in range(steps):
        generator.step(MODELS[model])
    return beside
