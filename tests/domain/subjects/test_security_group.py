"""Security groups: membership and authorizations."""

from __future__ import annotations

from typing import Any

from ecsnet import Command
from ecsnet import commands as c
from tests.support.net import Net
from tests.support.setups import other_vpc_group


def test_the_code_for_a_group_of_another_network_depends_on_group_and_command(net: Net) -> None:
    classic = net.cloud.execute(c.CreateSecurityGroup()).id
    elsewhere = other_vpc_group(net)

    def answered(command: Command[Any]) -> tuple[str, int, Any]:
        (violation,) = net.cloud.check(command).violations
        return violation.code, violation.http_status, violation.facts["security_group_ids"]

    mismatch, no_vpc = ("InvalidOperation.VpcMismatch", 403), ("InvalidSecurityGroupId.NotVpc", 403)
    both = [elsewhere, classic]
    assert answered(net.eni_command(security_group_ids=both)) == (*mismatch, tuple(both))
    assert answered(net.eni_command(security_group_ids=both[::-1])) == (*no_vpc, tuple(both[::-1]))
    assert answered(net.run_command(security_group_ids=[classic])) == ("InvalidParameter.Mismatch", 400, (classic,))


def test_a_command_that_leaves_no_group_has_the_count_0(net: Net) -> None:
    vm = net.run()
    for command, code, http_status in (
        (net.eni_command(security_group_ids=[]), "MissingParameter", 400),
        (c.LeaveSecurityGroup(security_group_id=net.group.id, instance_id=vm.id), None, None),
    ):
        violation = next(v for v in net.cloud.check(command).violations if v.rule == "interface.security-groups.count")
        assert violation.facts == {"count": 0, "quota": 5}
        if code is not None:
            assert (violation.code, violation.http_status) == (code, http_status)


def test_a_denied_authorization_names_both_networks(net: Net) -> None:
    classic = net.cloud.execute(c.CreateSecurityGroup()).id
    for group_id, source_id, networks in (
        (net.group.id, classic, (net.vpc.id, "the classic network")),
        (classic, net.group.id, ("the classic network", net.vpc.id)),
    ):
        command = c.AuthorizeSecurityGroup(security_group_id=group_id, source_group_id=source_id)
        (violation,) = net.cloud.check(command).violations
        assert (violation.facts["vpc_id"], violation.facts["source_vpc_id"]) == networks
