"""Scripts: the steps of a cloud as a program that records the same history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsnet import Cloud, Command, CommandDenied, ManualClock
from ecsnet import commands as c
from ecsnet.clocks import SettleAfter
from ecsnet.testing import START, Script, Settle, Wait, cloud_after
from ecsnet.testing._choose import walk
from ecsnet.testing._generate import GENERATORS
from ecsnet.testing._script import Step, apply_step, completing_steps
from tests.support.hypothesis_settings import REPRODUCIBLE

AT_ONCE = timedelta(0)
CLASSIC_IS_OPEN = datetime(2017, 5, 20, tzinfo=UTC)
Story = Sequence[Callable[[Cloud], Step]]


def empty(pace: SettleAfter = AT_ONCE, start: datetime = START, region_id: str = "cn-hangzhou") -> Cloud:
    return cloud_after(clock=ManualClock(start), settle_after=pace, region_id=region_id)


def do(cloud: Cloud, script: Script, step: Step) -> Any:
    """Do it, and note it: what is refused with its codes, as the machine does."""
    try:
        answer = apply_step(cloud, step)
    except CommandDenied as denied:
        answer = ", ".join(violation.code for violation in denied.violations)
    script.add(step, answer)
    return answer


def told(cloud: Cloud, story: Story) -> Script:
    script = Script()
    for step in story:
        do(cloud, script, step(cloud))
    return script


def run(script: Script, cloud: Cloud) -> dict[str, Any]:
    """The program, in a cloud that is as the first one was; its variables."""
    names: dict[str, Any] = {**vars(c), "cloud": cloud, "clock": cloud.clock, "timedelta": timedelta}
    exec(str(script), names)
    return names


def history(cloud: Cloud) -> list[tuple[Any, ...]]:
    return [(one.stream, one.event, one.recorded_at, one.account_id) for one in cloud.history()]


def does_the_same(cloud: Cloud, script: Script, again: Cloud) -> None:
    run(script, again)
    assert history(again) == history(cloud), str(script)
    assert again.state_digest() == cloud.state_digest()


# Stories


def only(table: str, number: int = 0) -> Callable[[Cloud], str]:
    return lambda cloud: list(getattr(cloud, table))[number]


def place(cloud: Cloud) -> dict[str, Any]:
    return {"vswitch_id": only("vswitches")(cloud), "security_group_ids": [only("security_groups")(cloud)]}


def vm(cloud: Cloud, number: int = 0) -> dict[str, Any]:
    return {"instance_id": only("instances", number)(cloud)}


def secondary(cloud: Cloud) -> str:
    return cloud.network_interfaces.where(type="Secondary")[0].id


NETWORK: Story = (
    lambda cloud: c.CreateVpc(cidr_block="10.0.0.0/16"),
    lambda cloud: c.CreateVSwitch(vpc_id=only("vpcs")(cloud), zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24"),
    lambda cloud: c.CreateSecurityGroup(vpc_id=only("vpcs")(cloud)),
)
TYPE: dict[str, Any] = {"instance_type": "ecs.g5.xlarge"}


def network(pace: SettleAfter) -> Story:
    """The network, each part of it when the one before is Available."""
    completing = tuple([lambda cloud, step=step: step for step in completing_steps(pace)])
    return tuple([step for create in NETWORK for step in (create, *completing)])


def launch(**changes: Any) -> Callable[[Cloud], Step]:
    return lambda cloud: c.RunInstances(**TYPE, **place(cloud), **changes)


ATTACH: Story = (
    lambda cloud: c.CreateNetworkInterface(**place(cloud), primary_ip_address="10.0.1.99"),
    lambda cloud: c.AttachNetworkInterface(network_interface_id=secondary(cloud), **vm(cloud)),
)
CONVERT: Story = (
    launch(internet_max_bandwidth_out=5),
    lambda cloud: c.ConvertNatPublicIpToEip(**vm(cloud)),
)


def unassociate(cloud: Cloud) -> Command[Any]:
    return c.UnassociateEipAddress(allocation_id=only("eips")(cloud))


def release(cloud: Cloud) -> Command[Any]:
    return c.ReleaseEipAddress(allocation_id=only("eips")(cloud))


def settle(cloud: Cloud) -> Settle:
    return Settle()


def wait(**by: float) -> Callable[[Cloud], Step]:
    return lambda cloud: Wait(timedelta(**by))


STORIES: dict[str, tuple[Story, SettleAfter, datetime]] = {
    "nothing": ((), AT_ONCE, START),
    "one instance": ((*NETWORK, launch()), AT_ONCE, START),
    "two instances at once": (
        (*NETWORK, launch(amount=2), launch(), lambda cloud: c.StopInstance(**vm(cloud, 1))),
        AT_ONCE,
        START,
    ),
    "a subscription": (
        (*NETWORK, launch(instance_charge_type="PrePaid", period=3), lambda cloud: c.RenewInstance(**vm(cloud))),
        AT_ONCE,
        START,
    ),
    "an ENI attached": ((*NETWORK, launch(), *ATTACH), AT_ONCE, START),
    "an instance born with an ENI": (
        (
            *NETWORK,
            ATTACH[0],
            lambda cloud: c.RunInstances(**TYPE, **place(cloud), network_interface_ids=[secondary(cloud)]),
        ),
        AT_ONCE,
        START,
    ),
    "what is refused": (
        (*NETWORK, lambda cloud: c.DeleteVpc(vpc_id=only("vpcs")(cloud)), launch(amount=100, image_id="m-1")),
        AT_ONCE,
        START,
    ),
    "a primary ENI": (
        (
            *NETWORK,
            launch(),
            lambda cloud: c.AssignPrivateIpAddresses(
                network_interface_id=only("network_interfaces")(cloud), private_ip_addresses=["10.0.1.7", "10.0.1.9"]
            ),
            lambda cloud: c.DetachNetworkInterface(network_interface_id=only("network_interfaces")(cloud), **vm(cloud)),
        ),
        AT_ONCE,
        START,
    ),
    "a quota": ((lambda cloud: c.SetQuota(name="eips-per-account", value=1), *NETWORK), AT_ONCE, START),
    "an EIP that was a public address": ((*NETWORK, *CONVERT, release), AT_ONCE, START),
    "an EIP that was a public address, unassociated": ((*NETWORK, *CONVERT, unassociate), AT_ONCE, START),
    "an EIP that was a public address, released": ((*NETWORK, *CONVERT, unassociate, release), AT_ONCE, START),
    "an EIP that was a public address, of an instance that is gone": (
        (*NETWORK, *CONVERT, lambda cloud: c.DeleteInstance(**vm(cloud), force=True), release),
        AT_ONCE,
        START,
    ),
    "an EIP that was a public address, at another instance": (
        (
            *NETWORK,
            *CONVERT,
            unassociate,
            launch(),
            lambda cloud: c.AssociateEipAddress(allocation_id=only("eips")(cloud), **vm(cloud, 1)),
        ),
        AT_ONCE,
        START,
    ),
    "an EIP that was a public address, and another one": (
        (
            *NETWORK,
            *CONVERT,
            unassociate,
            lambda cloud: c.AllocateEipAddress(),
            lambda cloud: c.AssociateEipAddress(allocation_id=only("eips", 1)(cloud), **vm(cloud)),
            release,
        ),
        AT_ONCE,
        START,
    ),
    "an EIP of its own": (
        (
            *NETWORK,
            launch(),
            lambda cloud: c.AllocateEipAddress(),
            lambda cloud: c.AssociateEipAddress(allocation_id=only("eips")(cloud), **vm(cloud)),
            lambda cloud: c.StopInstance(**vm(cloud)),
            unassociate,
            release,
        ),
        AT_ONCE,
        START,
    ),
    "by hand": (
        (
            *network("manual"),
            launch(amount=2),
            lambda cloud: Settle(only("instances", 1)(cloud)),
            lambda cloud: c.StopInstance(**vm(cloud, 1)),
            settle,
            *ATTACH,
            lambda cloud: Settle(secondary(cloud), outcome="stuck"),
            *ATTACH[1:],
            lambda cloud: Settle(secondary(cloud)),
            settle,
        ),
        "manual",
        START,
    ),
    "an EIP that was a public address, by hand": (
        (*network("manual"), CONVERT[0], settle, CONVERT[1], unassociate, lambda cloud: Settle(only("eips")(cloud))),
        "manual",
        START,
    ),
    "by time": (
        (
            *network(timedelta(seconds=5)),
            launch(),
            wait(seconds=2),
            lambda cloud: c.StopInstance(**vm(cloud)),
            wait(days=40),
            settle,
            lambda cloud: c.StopInstance(**vm(cloud)),
            wait(hours=6),
        ),
        timedelta(seconds=5),
        START,
    ),
    "by less than a second": (
        (*NETWORK, wait(milliseconds=300), launch(), wait(seconds=1.5), *ATTACH[:1]),
        AT_ONCE,
        START,
    ),
    "the classic network": (
        (
            *NETWORK,
            lambda cloud: c.EnableVpcClassicLink(vpc_id=only("vpcs")(cloud)),
            lambda cloud: c.CreateSecurityGroup(),
            lambda cloud: c.RunInstances(
                **TYPE, network_type="classic", security_group_ids=[only("security_groups", 1)(cloud)]
            ),
            lambda cloud: c.AttachClassicLinkVpc(**vm(cloud), vpc_id=only("vpcs")(cloud)),
        ),
        AT_ONCE,
        CLASSIC_IS_OPEN,
    ),
    "two regions": (
        (
            *NETWORK,
            lambda cloud: c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"),
            lambda cloud: c.AllocateEipAddress(region_id="cn-beijing"),
        ),
        AT_ONCE,
        START,
    ),
    "text with quotes in it": (
        (
            *NETWORK,
            lambda cloud: c.CreateNetworkInterface(
                **place(cloud), description='it\'s "mine"\n# not yours', network_interface_name="web-1"
            ),
        ),
        AT_ONCE,
        START,
    ),
}


@pytest.mark.parametrize("title", STORIES)
def test_a_script_is_a_program_that_records_the_same_history(title: str) -> None:
    story, pace, start = STORIES[title]
    cloud = empty(pace, start)
    script = told(cloud, story)
    assert len(script) == len(story)
    does_the_same(cloud, script, empty(pace, start))


# Random walks


PACES: dict[str, SettleAfter] = {"at once": AT_ONCE, "by hand": "manual", "by time": timedelta(seconds=5)}


@pytest.mark.parametrize("pace", PACES)
def test_the_script_of_a_random_walk_records_the_same_history(pace: str) -> None:
    @settings(REPRODUCIBLE, max_examples=30)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        cloud, script = empty(PACES[pace]), Script()
        for step in network(PACES[pace]):
            do(cloud, script, step(cloud))
        scratch = empty(PACES[pace])
        for step in network(PACES[pace]):
            apply_step(scratch, step(scratch))
        for step in walk(data.draw, scratch, tuple(GENERATORS), at_least=5, at_most=15):
            do(cloud, script, step)
        does_the_same(cloud, script, empty(PACES[pace]))

    check()


# How it reads


def lines(*story: Callable[[Cloud], Step], pace: SettleAfter = AT_ONCE) -> list[str]:
    return str(told(empty(pace), story)).splitlines()


def test_variables_have_the_names_of_the_guide_with_numbers() -> None:
    vpc, vswitch, group, one, two, eni, eip = lines(
        *NETWORK, launch(), launch(), ATTACH[0], lambda cloud: c.AllocateEipAddress()
    )
    assert vpc == "vpc = cloud.execute(CreateVpc(cidr_block='10.0.0.0/16'))"
    assert vswitch.startswith("vsw = cloud.execute(CreateVSwitch(vpc_id=vpc.id, zone_id='cn-hangzhou-b', ")
    assert group == "sg = cloud.execute(CreateSecurityGroup(vpc_id=vpc.id))"
    assert one.startswith("(vm,) = cloud.execute(RunInstances(instance_type='ecs.g5.xlarge', vswitch_id=vsw.id, ")
    assert "security_group_ids=[sg.id]" in one
    assert two.startswith("(vm_2,) = ")
    assert eni.startswith("eni = ")
    assert eip == "eip = cloud.execute(AllocateEipAddress())"


def test_run_instances_of_two_assigns_two_variables() -> None:
    *_, launched, stopped = lines(*NETWORK, launch(amount=2), lambda cloud: c.StopInstance(**vm(cloud, 1)))
    assert launched.startswith("(vm, vm_2,) = cloud.execute(RunInstances(") and "amount=2" in launched
    assert stopped == "cloud.execute(StopInstance(instance_id=vm_2.id))"


def test_a_denied_command_becomes_a_comment_with_its_codes() -> None:
    *_, refused = lines(*NETWORK, lambda cloud: c.DeleteVpc(vpc_id=only("vpcs")(cloud)))
    assert refused == "# cloud.execute(DeleteVpc(vpc_id=vpc.id)): DependencyViolation.VSwitch"
    (refused,) = lines(lambda cloud: c.StopInstance(instance_id="i-none"))
    assert refused.startswith("# cloud.execute(StopInstance(instance_id='i-none')): ")


def test_a_denied_command_of_several_lines_stays_one_comment() -> None:
    """A text with a line break in it must not become code."""
    text = "i-none\nraise SystemExit"
    (refused,) = lines(lambda cloud: c.ModifyNetworkInterfaceAttribute(network_interface_id="eni-1", description=text))
    assert refused.startswith("# ")


def test_a_primary_interface_is_written_as_an_attribute_of_its_instance() -> None:
    *_, assigned = lines(
        *NETWORK,
        launch(),
        lambda cloud: c.AssignPrivateIpAddresses(
            network_interface_id=only("network_interfaces")(cloud), secondary_private_ip_address_count=2
        ),
    )
    assert "network_interface_id=vm.primary_network_interface_id, secondary_private_ip_address_count=2" in assigned


def test_a_new_interface_is_written_with_variables_and_is_an_attribute_of_its_instance() -> None:
    *_, launched, detached = lines(
        *NETWORK,
        lambda cloud: launch(network_interfaces=[c.NewNetworkInterface(**place(cloud))])(cloud),
        lambda cloud: c.DetachNetworkInterface(network_interface_id=secondary(cloud), **vm(cloud)),
    )
    assert "network_interfaces=[NewNetworkInterface(vswitch_id=vsw.id, security_group_ids=[sg.id])]" in launched
    assert "network_interface_id=vm.network_interface_ids[1], instance_id=vm.id" in detached


def test_waits_and_settles_are_lines_of_the_script() -> None:
    *_, waited, settled, one = lines(
        *network("manual"),
        launch(),
        wait(hours=6),
        settle,
        lambda cloud: Settle(only("instances")(cloud)),
        pace="manual",
    )
    assert waited == "clock.advance(timedelta(seconds=21600))"
    assert settled == "cloud.settle()"
    assert one == "cloud.settle(vm.id)"


def test_resources_from_before_the_script_are_written_as_ids() -> None:
    cloud = cloud_after(c.CreateVpc(cidr_block="10.0.0.0/16"))
    (vpc_id,) = cloud.vpcs
    script = told(cloud, [lambda cloud: c.CreateSecurityGroup(vpc_id=vpc_id)])
    assert str(script) == f"sg = cloud.execute(CreateSecurityGroup(vpc_id='{vpc_id}'))"


def test_omitted_parameters_stay_omitted() -> None:
    command: Command[Any] = c.CreateInstance(instance_type="ecs.g5.large", vswitch_id="v", security_group_ids=["s"])
    script = Script()
    script.add(command, "InvalidVSwitchId.NotFound")
    call = "CreateInstance(instance_type='ecs.g5.large', vswitch_id='v', security_group_ids=['s'])"
    assert str(script) == f"# cloud.execute({call}): InvalidVSwitchId.NotFound"


def test_an_empty_script_is_an_empty_program() -> None:
    assert (len(Script()), str(Script())) == (0, "")


def test_the_length_of_a_script_includes_denials_and_settles() -> None:
    steps = [*NETWORK, launch(amount=2), settle, lambda cloud: c.StopInstance(instance_id="i")]
    script = told(empty({"RunInstances": "manual"}), steps)
    assert len(script) == 6
    assert len(str(script).splitlines()) == 6


def test_a_transition_that_fails_is_a_line_of_the_script() -> None:
    script = Script()
    script.add(Settle("eni-1", outcome="failed"))
    script.add(Settle(outcome="stuck"))
    assert str(script) == "cloud.settle('eni-1', outcome='failed')\ncloud.settle(outcome='stuck')"


def test_a_script_can_be_printed_while_it_grows() -> None:
    cloud, script = empty(), Script()
    do(cloud, script, NETWORK[0](cloud))
    first = str(script)
    do(cloud, script, NETWORK[1](cloud))
    assert str(script).startswith(first + "\n")
    assert str(script) == str(script)
