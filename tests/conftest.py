from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from ecsnet.domain.state.regional_pool import PUBLIC
from tests.support import nats, postgres
from tests.support.engines import ENGINES, SHARED, NewAddress
from tests.support.hypothesis_settings import load_profile
from tests.support.net import Net

load_profile()

LONGEST: Final = (
    "testing/test_broken_systems.py",
    "testing/test_explore.py",
    "attack/test_descriptions.py",
    "properties/test_machine.py",
    "oracles/test_oracles.py",
)
"""The files with tests that take minutes in CI."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest tests first, so that no core is left alone with one of them at the end."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONGEST))


@pytest.fixture(autouse=True)
def whole_blocks_of_public_addresses() -> Iterator[None]:
    """Gives regions their millions of addresses back after a test that cannot use these up."""
    range_of_addresses = PUBLIC.cidr_block
    yield
    PUBLIC.cidr_block = range_of_addresses


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
def slow_net() -> Net:
    """A network in which every transition waits until it is settled by hand."""
    return Net(settle_after="manual")


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """The address of a PostgreSQL database, in which a test uses schemas of its own (`postgres.fresh`)."""
    if postgres.GIVEN is not None:
        yield postgres.GIVEN
    else:
        with postgres.server() as server:
            yield server.address


@pytest.fixture(scope="session")
def nats_address() -> Iterator[str]:
    """The address of a NATS server, on which a test uses streams of its own (`nats.fresh`)."""
    with nats.cluster(1) as server:
        yield server.address


@pytest.fixture(scope="session")
def three_servers() -> Iterator[nats.Cluster]:
    """A cluster of three NATS servers. A test that kills some starts them again."""
    with nats.cluster(3) as servers:
        yield servers


@pytest.fixture(params=SHARED)
def new_address(request: pytest.FixtureRequest) -> NewAddress:
    """Returns addresses of new histories, for each engine whose histories several processes may open."""
    addresses = ENGINES[request.param].addresses
    assert addresses is not None
    return addresses(request)


@pytest.fixture
def shared_address(new_address: NewAddress) -> str:
    """The address of a new history, for each engine whose histories several processes may open."""
    return new_address()
