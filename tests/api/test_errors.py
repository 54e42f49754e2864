"""Errors can be copied, pickled and raised by another process without losing anything."""

from __future__ import annotations

import copy
import importlib
import multiprocessing
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

import ecsnet
from ecsnet import (
    Cloud,
    CommandDenied,
    EcsnetError,
    InvalidArgument,
    InvalidCommand,
    InvalidResponse,
    ReplayError,
    VersionConflict,
)
from ecsnet import commands as c
from ecsnet.domain.checks.invariants import Breach
from ecsnet.errors import ImpossibleOperation, InvalidDescribe, RuleError
from ecsnet.events.stores.jetstream_link import Refused
from ecsnet.openapi import InvalidRequest
from ecsnet.openapi.http import MalformedRequest
from ecsnet.openapi.refusals import Refusal
from ecsnet.openapi.signatures import WrongSignature
from ecsnet.plan import PlanError
from ecsnet.testing._compare import Difference
from ecsnet.testing._explore import InvariantBroken
from ecsnet.testing._script import Script
from ecsnet.testing._visiting import Broken
from ecsnet.testing.faults import InjectedRefusal
from tests.support.net import Net


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(ecsnet.__path__, "ecsnet."):
        yield importlib.import_module(found.name)


ERRORS = sorted(
    {
        one
        for module in modules()
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Exception) and one.__module__.startswith("ecsnet")
    },
    key=lambda error: (error.__module__, error.__qualname__),
)
"""Every exception of ecsnet's own, the private ones too: a new one cannot be forgotten."""


def denied() -> CommandDenied:
    net = Net(settle_after="manual")
    eni = net.cloud.execute(c.DeleteNetworkInterface(network_interface_id=net.eni().id))
    detach = c.DetachNetworkInterface(network_interface_id=eni.id, instance_id="i-none")
    with pytest.raises(CommandDenied) as caught:
        net.cloud.execute(detach)
    assert {type(value).__name__ for v in caught.value.violations for value in v.facts.values()} > {"tuple", "str"}
    return caught.value


WITH_MORE_THAN_A_MESSAGE: dict[str, Callable[[], Exception]] = {
    "CommandDenied": denied,
    "Difference": lambda: Difference("differs", c.DeleteVpc(vpc_id="vpc-1"), script(), ("vpc.delete.in-use",)),
    "ImpossibleOperation": lambda: ImpossibleOperation(c.DeleteVpc(vpc_id="vpc-1"), ("vpc.delete.in-use",), "in use"),
    "InvalidCommand": lambda: InvalidCommand("must be a list, not 5", parameter="security_group_ids"),
    "InvalidDescribe": lambda: InvalidDescribe("is missing", parameter="VpcId", code="MissingParameter"),
    "InjectedRefusal": lambda: InjectedRefusal("Throttling", 400, "an injected fault", 50),
    "MalformedRequest": lambda: MalformedRequest("the body is too long", 413),
    "Refused": lambda: Refused("wrong last sequence", 10071),
    "Refusal": lambda: Refusal("InvalidParameter", 400, "is wrong", denied().violations),
    "InvalidResponse": lambda: InvalidResponse("has no id", path="Vpcs.Vpc.0"),
    "InvalidRequest": lambda: InvalidRequest("is missing", parameter="VpcId", code="MissingParameter"),
    "Broken": lambda: Broken(3, (Breach("address.unique", "eni-1", "is held twice"),)),
    "InvariantBroken": lambda: InvariantBroken((Breach("address.unique", "eni-1", "is held twice"),), script()),
    "PlanError": lambda: PlanError("net.json", ["entry 1, Action: missing", "entry 2, Action: missing"]),
    "ReplayError": lambda: ReplayError("version 2 is missing", stream="cn-hangzhou", version=3),
    "RuleError": lambda: RuleError("x.mine", "it returned True"),
    "VersionConflict": lambda: VersionConflict("cn-hangzhou", expected=1, actual=2),
    "WrongSignature": lambda: WrongSignature("GET&%2F&Action%3DDescribeVpcs"),
    "_Unusable": lambda: importlib.import_module("ecsnet.cli.app")._Unusable("is missing", "is no plan"),
    "_Malformed": lambda: importlib.import_module("ecsnet.plan.parse")._Malformed("VpcId", "is missing"),
}


def script() -> Script:
    done = Script()
    command = c.CreateVpc(cidr_block="10.0.0.0/16")
    done.add(command, Cloud().execute(command))
    return done


def made(error: type[Exception]) -> Exception:
    make = WITH_MORE_THAN_A_MESSAGE.get(error.__name__)
    return make() if make is not None else error("what went wrong")


def test_every_error_with_attributes_is_in_the_table_of_this_module() -> None:
    known = {error.__name__ for error in ERRORS}
    own = {error.__name__ for error in ERRORS if "__init__" in vars(error)}
    assert own <= set(WITH_MORE_THAN_A_MESSAGE) <= known
    assert len(ERRORS) > 15


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize(
    "way", [copy.copy, copy.deepcopy, *[lambda e, p=p: pickle.loads(pickle.dumps(e, p)) for p in range(2, 6)]]
)
def test_an_error_can_be_copied_and_pickled(error: type[Exception], way: Callable[[Exception], Exception]) -> None:
    raised = made(error)
    other = way(raised)
    assert type(other) is error
    assert other is not raised
    assert str(other) == str(raised)
    assert vars(other) == vars(raised)
    assert other.args == raised.args


def test_a_pickled_error_keeps_its_notes() -> None:
    error = ReplayError("a gap", stream="cn-hangzhou", version=3)
    error.add_note("while the backup was read")
    assert pickle.loads(pickle.dumps(error)).__notes__ == ["while the backup was read"]


class OwnError(EcsnetError):
    """An error of a user's own store, with parameters that only its author knows."""

    def __init__(self, *, where: str, when: datetime) -> None:
        super().__init__(f"{where} at {when}")
        self.where, self.when = where, when


def test_a_users_subclass_of_an_error_can_be_pickled() -> None:
    raised = OwnError(where="here", when=datetime(2019, 3, 11, tzinfo=UTC))
    other = pickle.loads(pickle.dumps(raised))
    assert (str(other), vars(other)) == (str(raised), vars(raised))


def test_recorded_events_can_be_copied_and_pickled() -> None:
    net = Net()
    net.attached(net.run(internet_max_bandwidth_out=5))
    net.cloud.execute(c.AllocateEipAddress(), client_token="t1")
    decision = net.cloud.check(c.DeleteVpc(vpc_id=net.vpc.id))
    for value in (*net.cloud.history(), decision, *decision.violations, *net.cloud.instances.values()):
        assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value


def raise_it(name: str) -> None:
    raise WITH_MORE_THAN_A_MESSAGE[name]()


TRAVELLERS = ["CommandDenied", "InvalidResponse", "InvalidRequest", "PlanError", "ReplayError", "VersionConflict"]


def test_a_process_pool_raises_the_original_error() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        futures = {name: executor.submit(raise_it, name) for name in TRAVELLERS}
        for name, future in futures.items():
            error = future.exception(timeout=60)
            assert type(error).__name__ == name
            assert str(error) == str(WITH_MORE_THAN_A_MESSAGE[name]())


def test_a_multiprocessing_pool_raises_the_original_error() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for name in TRAVELLERS:
            result = pool.apply_async(raise_it, (name,))
            with pytest.raises(EcsnetError) as caught:
                result.get(timeout=60)
            assert type(caught.value).__name__ == name


def test_an_invalid_argument_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="settle_after is a timedelta"):
        Cloud(settle_after="at once")  # type: ignore[arg-type]
    assert issubclass(InvalidArgument, EcsnetError)
