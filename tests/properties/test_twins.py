"""Two clouds with the same commands at the same moments have one history, whoever looked or settled in between."""

from __future__ import annotations

import contextlib
from copy import copy
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ecsnet import Cloud, CommandDenied, InstanceType, ManualClock, RecordedEvent
from ecsnet import commands as c
from ecsnet.clocks import Outcome, SettleAfter, Transition
from ecsnet.testing import invariants
from ecsnet.testing._generate import GENERATORS, Inventory
from tests.support.hypothesis_settings import budget
from tests.support.net import START

SECOND = timedelta(seconds=1)
REGIONS = ("cn-hangzhou", "zz-north-1", "zz-north-2")  # the last two may share their public addresses
TYPES = [InstanceType(id="ecs.two.large", eni_quantity=2, private_ipv4_per_eni=3)]
PACES: list[SettleAfter] = [
    10 * SECOND,
    {"default": 10 * SECOND, "AttachNetworkInterface": SECOND, "UnassociateEipAddress": 3 * SECOND},
    {
        "default": SECOND,
        "DeleteInstance": 40 * SECOND,
        "DeleteVSwitch": timedelta(days=40),
        "StopInstance": timedelta(0),
    },
]
LOOKS = ["nothing", "settle", "settle one", "read", "check", "fail"]


def as_its_id_says(transition: Transition) -> Outcome:
    """A policy with the same answer for the same transition always."""
    number = sum(map(ord, f"{transition.resource_id} {transition.began_at}"))
    outcomes: tuple[Any, ...] = transition.outcomes
    return "completed" if number % 2 else outcomes[number // 2 % len(outcomes)]


def look(cloud: Cloud, how: str, number: int) -> None:
    if how == "settle":
        cloud.settle()
    elif how == "settle one":
        ids = [*cloud.instances, *cloud.network_interfaces, *cloud.eips, *cloud.vpcs]
        if ids:
            cloud.settle(ids[number % len(ids)])
    elif how == "read":
        cloud.state_digest()
    elif how == "check":
        cloud.check(c.CreateVpc(cidr_block="10.0.0.0/16"))
    elif how == "fail":
        with contextlib.suppress(CommandDenied):
            cloud.execute(c.StartInstance(instance_id="i-none"))


def story(cloud: Cloud) -> list[RecordedEvent]:
    """The history without the ids of commands: what was due is recorded with whichever command or settling is next."""
    return [replace(record, command_id="") for record in cloud.history()]


@settings(max_examples=budget(150), deadline=None)
@given(st.data(), st.sampled_from(PACES), st.booleans())
def test_a_history_does_not_depend_on_who_looked(data: st.DataObject, pace: SettleAfter, fails: bool) -> None:
    clock = ManualClock(START)
    options: dict[str, Any] = {
        "settle_after": pace,
        "outcomes": as_its_id_says if fails else None,
        "instance_types": TYPES,
        "command_ids": "deterministic",
    }
    unseen, seen = (Cloud(clock=clock, **options) for _ in range(2))

    def execute(command: c.Command[Any]) -> None:
        outcomes = []
        for cloud in (unseen, seen):
            try:
                outcomes.append(repr(cloud.execute(command)))
            except CommandDenied as denied:
                outcomes.append(str(denied))
        assert outcomes[0] == outcomes[1]

    for region_id in REGIONS:
        execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id=region_id))
    clock.advance(timedelta(minutes=1))
    for vpc in unseen.vpcs.values():
        zone_id = f"{vpc.region_id}-b" if vpc.region_id.startswith("cn-") else f"{vpc.region_id}b"
        execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id=zone_id, cidr_block="10.0.0.0/28"))
        execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    clock.advance(timedelta(minutes=1))
    for vswitch in unseen.vswitches.values():
        (group,) = unseen.security_groups.where(vpc_id=vswitch.vpc_id)
        place: Any = {"vswitch_id": vswitch.id, "security_group_ids": [group.id]}
        execute(c.RunInstances(instance_type="ecs.two.large", instance_charge_type="PrePaid", **place))
        execute(c.RunInstances(instance_type="ecs.two.large", **place))
        execute(c.CreateNetworkInterface(**place))
        execute(c.AllocateEipAddress(region_id=vswitch.region_id))
    for _ in range(data.draw(st.integers(5, 30))):
        generate = GENERATORS[data.draw(st.sampled_from(list(GENERATORS)))]

        def choose(options: Any, /) -> Any:
            return options[data.draw(st.integers(0, len(options) - 1))] if len(options) > 1 else options[0]

        # the choices are made by a copy that nobody looks at, whatever the two clouds have recorded
        inventory = Inventory(unseen.fork(clock=copy(clock)), region_ids=REGIONS, instance_types=["ecs.two.large"])
        execute(generate(inventory, choose))
        clock.advance(data.draw(st.sampled_from([0, 1, 4, 9, 10, 11, 31 * 86_400])) * SECOND)
        how = data.draw(st.sampled_from(LOOKS))
        if not (fails and how == "settle one"):  # to settle what is stuck by its id is more than a look
            look(seen, how, data.draw(st.integers(0, 20)))
    clock.advance(timedelta(days=100))
    for cloud in (unseen, seen):
        cloud.settle()
        assert invariants(cloud) == ()
    assert story(unseen) == story(seen)
    assert unseen.state_digest() == seen.state_digest()
