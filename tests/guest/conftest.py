"""Fixtures of the tests of guest configurations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.namespaces import Namespace, network_namespace


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """A guest with eth0, eth1 and eth2."""
    with network_namespace() as space:
        yield space
