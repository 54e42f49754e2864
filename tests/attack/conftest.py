from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attack.racing import Racers


@pytest.fixture(scope="session")
def racers() -> Iterator[Racers]:
    """Eight processes that wait for work, started once."""
    started = Racers()
    yield started
    started.close()
