"""Descriptions of real networks, and what may be wrong with them: fields, ids, statuses, regions, addresses, shapes.

A description starts from a network that the model made, or from one thrown together, and is then damaged a few times.
A damage is four numbers, so that Hypothesis can make a failing description small.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any

from hypothesis import strategies as st

from ecsnet import Cloud
from ecsnet import commands as c
from tests.support.describe import describe
from tests.support.net import Net
from tests.support.setups import OPEN, SUBSCRIPTION, associated, classic, eip, enable, link

Answers = list[Any]
Node = tuple[Any, Any]
"""A place in a description: a list or an object, and the index or the field."""
REGIONS = ("cn-hangzhou", "cn-beijing", "ap-southeast-1")
STATUSES = (
    *("Pending", "Stopped", "Starting", "Running", "Stopping", "Released"),
    *("Creating", "Available", "Attaching", "InUse", "Detaching", "Deleting", "Deleted"),
    *("Associating", "Unassociating", "Releasing", "Sleeping"),
)
ADDRESSES = (
    "10.0.1.1",
    "10.0.1.2",
    "10.0.1.5",
    "10.0.1.253",
    "10.0.1.0",
    "10.0.2.1",
    "10.0.2.2",
    "10.9.9.9",
    "8.8.8.8",
)
BLOCKS = ("10.0.1.0/24", "10.0.1.8/29", "10.0.2.0/29", "10.0.2.0/30", "10.0.2.2/32", "10.0.0.0/16", "0.0.0.0/0")
WORDS = ("Primary", "Secondary", "PostPaid", "PrePaid", "EcsInstance", "SlbInstance", "cn-hangzhou-b", "cn-hangzhou-c")
TIMES = ("2019-03-11T08:00Z", "2019-03-11T08:00:00+08:00", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00")
CYCLE: dict[str, Any] = {}
CYCLE["Vpcs"] = CYCLE


@cache
def _deep() -> list[Any]:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    return deep


HOSTILE: tuple[Any, ...] = (
    *("", " ", "\x00", "\ud800x", "i-1\nEOF\ntouch /owned", "\x1b]0;x\x07", "x" * 5000, "$(touch /owned)", "`id`"),
    *("../../etc/passwd", "account/1", "'\"", "\u202e", "\u2028", "cn", "-", "*", "None", "-1", "1e400"),
    *("10.0.0.0/-100000000000", "10.0.0.0/33", "10.0.0.1/8", "300.0.0.0/8", "10.0.0.0/08", "255.255.255.255/32"),
    *("10.0.01.9", "10.0.1.9\n", "1_0.0.1.9", "\uff11\uff10.0.1.9", " 10.0.1.9", "10.0.1", "0.0.0.0", "::1"),
    *("00:16:3E:00:00:0A", "00-16-3e-00-00-0a", "00:16:3e:00:00", "00:16:3e:00:00:01\nEOF", "yesterday", "2019-03-11"),
    *(None, True, 0, -1, 10**5000, 2**63, 1.5, float("nan"), b"vpc-1", (), [], {}, ["vpc-1"], {"VpcId": "vpc-1"}),
    *(_deep(), CYCLE, object()),
)


@cache
def made() -> tuple[Answers, ...]:
    """Networks that the model made: settled, classic, over two regions, and with everything on its way."""
    net = Net()
    vm = net.run(internet_max_bandwidth_out=5, **SUBSCRIPTION)
    net.attached(vm, private_ip_addresses=["10.0.1.100", "10.0.1.101"], network_interface_name="web-1")
    net.eni(vswitch_id=net.new_vswitch("10.0.2.0/29").id, description="a spare one")
    associated(net, net.run(image_id="centos_7_3_x64"))
    eip(net)
    net.cloud.execute(c.StopInstance(instance_id=net.run(instance_type="ecs.g5.4xlarge").id))

    old = Net(**OPEN)
    enable(old)
    old.cloud.execute(link(old, classic(old, internet_max_bandwidth_out=5)))

    two = Net()
    far = two.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"))
    zone = "cn-beijing-b"
    vswitch = two.cloud.execute(c.CreateVSwitch(vpc_id=far.id, zone_id=zone, cidr_block="10.0.1.0/24"))
    group = two.cloud.execute(c.CreateSecurityGroup(vpc_id=far.id))
    two.cloud.execute(two.run_command(vswitch_id=vswitch.id, security_group_ids=[group.id]))
    two.run()
    two.eni()

    slow = Net(settle_after=timedelta(seconds=5))
    here = slow.cloud.execute(slow.run_command())[0]
    slow.clock.advance(timedelta(seconds=5))
    spare, other = (slow.cloud.execute(slow.eni_command()) for _ in "ab")
    slow.clock.advance(timedelta(seconds=5))
    address = slow.cloud.execute(c.AllocateEipAddress())
    slow.cloud.execute(c.AssociateEipAddress(allocation_id=address.id, instance_id=here.id))
    slow.cloud.execute(c.AttachNetworkInterface(network_interface_id=spare.id, instance_id=here.id))
    slow.cloud.execute(c.DeleteNetworkInterface(network_interface_id=other.id))
    slow.cloud.execute(c.ReleaseEipAddress(allocation_id=slow.cloud.execute(c.AllocateEipAddress()).id))
    slow.cloud.execute(slow.eni_command())
    slow.cloud.execute(slow.run_command())
    answers = tuple(describe(one.cloud) for one in (net, old, two, slow))
    del answers[2][2]["RegionId"]  # its groups are in two
    return answers


def thrown_together(seed: int) -> Answers:
    """A network of few resources that refer to each other at random, and mostly fit."""
    rng = Random(seed)

    def some(ids: list[str], most: int) -> list[str]:
        return rng.sample(ids, min(len(ids), rng.randint(0, most)))

    region = rng.choice((*REGIONS[:1] * 4, *REGIONS))
    ids = {kind: [f"{kind}-{n}" for n in range(rng.randint(1, 3))] for kind in ("vpc", "vsw", "sg", "i", "eni", "eip")}
    vpcs = [
        {
            "VpcId": i,
            "CidrBlock": rng.choice(("10.0.0.0/16", "10.0.0.0/23")),
            "RegionId": region,
            "SecondaryCidrBlocks": {"SecondaryCidrBlock": rng.choice(([], ["172.16.0.0/16"], ["10.0.2.0/23"]))},
        }
        for i in ids["vpc"]
    ]
    vswitches = [
        {"VSwitchId": i, "VpcId": rng.choice(ids["vpc"]), "ZoneId": f"{region}-b", "CidrBlock": f"10.0.{n + 1}.0/28"}
        for n, i in enumerate(ids["vsw"])
    ]
    vpc_of = {one["VSwitchId"]: one["VpcId"] for one in vswitches}
    groups = [
        {
            "SecurityGroupId": i,
            "VpcId": rng.choice((*ids["vpc"], "")),
            "SecurityGroupType": rng.choice(("", "normal", "normal", "enterprise")),
            "GroupToGroupRuleCount": rng.choice((0, 0, 2)),
        }
        for i in ids["sg"]
    ]
    rules: Answers = [
        {
            "SecurityGroupId": i,
            "RegionId": region,
            "InnerAccessPolicy": rng.choice(("Accept", "Accept", "Drop", "")),
            "Permissions": {
                "Permission": [
                    {
                        rng.choice(("SourceGroupId", "SourceGroupId", "DestGroupId")): other,
                        "IpProtocol": rng.choice(("ALL", "ALL", "TCP")),
                        "PortRange": rng.choice(("-1/-1", "-1/-1", "22/22")),
                        "Policy": rng.choice(("Accept", "Accept", "Drop")),
                        "Priority": rng.choice(("1", "50")),
                    }
                    for other in some([*ids["sg"], "sg-far"], 3)
                ]
            },
        }
        for i in some(ids["sg"], 2)
    ]
    in_vpc = {i: rng.choice((*ids["vsw"], "")) for i in ids["i"]}
    instances = [
        {
            "InstanceId": i,
            "Status": rng.choice(STATUSES[:5]),
            "InstanceType": rng.choice(("ecs.g5.xlarge", "ecs.t5-lc1m1.small", "ecs.unknown.large")),
            "ZoneId": f"{region}-{rng.choice('bbbc')}",
            "RegionId": region,
            "ImageId": rng.choice(("", "centos_7_2", "win2016", "ubuntu_16")),
            "VpcAttributes": {"VpcId": vpc_of[vswitch_id], "VSwitchId": vswitch_id} if vswitch_id else {},
            "InnerIpAddress": {"IpAddress": [] if vswitch_id else [f"10.200.0.{rng.randint(1, 2)}"]},
            "PublicIpAddress": {"IpAddress": rng.choice(([], [], ["198.18.0.2"], ["47.1.1.1"]))},
            "InternetMaxBandwidthOut": rng.choice((0, 5, 1000)),
            "SecurityGroupIds": {"SecurityGroupId": some(ids["sg"], 3)},
            "InstanceChargeType": rng.choice(("PostPaid", "PrePaid")),
            "ExpiredTime": rng.choice(("2019-03-12T08:00Z", "2030-01-01T00:00Z", "2000-01-01T00:00Z")),
        }
        for i, vswitch_id in in_vpc.items()
    ]
    interfaces: list[dict[str, Any]] = []

    def interface(i: str, vswitch_id: str, instance_id: str, type_: str, status: str) -> None:
        n = len(interfaces)
        own = [f"10.0.{ids['vsw'].index(vswitch_id) + 1}.{rng.randint(1, 12)}" for _ in range(rng.randint(1, 3))]
        ips = list(dict.fromkeys([*own, *some(list(ADDRESSES), 1)]))
        interfaces.append(
            {
                "NetworkInterfaceId": i,
                "VSwitchId": vswitch_id,
                "Type": type_,
                "Status": status,
                "InstanceId": instance_id,
                "MacAddress": f"00:16:3e:00:00:{n:02x}",
                "PrivateIpAddress": ips[0],
                "PrivateIpSets": {"PrivateIpSet": [{"PrivateIpAddress": ip, "Primary": ip == ips[0]} for ip in ips]},
                "SecurityGroupIds": {"SecurityGroupId": some(ids["sg"], 3)},
            }
        )

    for i, vswitch_id in in_vpc.items():
        if vswitch_id:
            interface(f"primary-of-{i}", vswitch_id, i, "Primary", "InUse")
    for i in ids["eni"]:
        vswitch_id = rng.choice(ids["vsw"])
        hosts = [i for i, own in in_vpc.items() if own and vpc_of[own] == vpc_of[vswitch_id]]
        host = rng.choice(hosts) if hosts and rng.random() < 0.6 else ""
        statuses = ("Attaching", "InUse", "Detaching") if host else ("Creating", "Available", "Deleting")
        interface(i, vswitch_id, host, "Secondary", rng.choice(statuses))
    free = [one["InstanceId"] for one in instances if not one["PublicIpAddress"]["IpAddress"]]
    eips = []
    for i in ids["eip"]:
        user = rng.choice((*free, "", ""))
        if user:
            free.remove(user)
        statuses = ("Associating", "InUse", "Unassociating") if user else ("Available", "Releasing")
        address = rng.choice(("198.18.0.1", "198.18.0.2", "47.1.1.1"))
        eips.append({"AllocationId": i, "IpAddress": address, "Status": rng.choice(statuses), "InstanceId": user})
    answers: Answers = [
        {"Vpcs": {"Vpc": vpcs}},
        {"VSwitches": {"VSwitch": vswitches}},
        {"RegionId": region, "SecurityGroups": {"SecurityGroup": groups}},
        {"Instances": {"Instance": instances}},
        {"NetworkInterfaceSets": {"NetworkInterfaceSet": interfaces}},
        {"RegionId": region, "EipAddresses": {"EipAddress": eips}},
    ]
    if rng.random() < 0.3:  # what an instance's answer says of its ENIs
        for one in instances:
            own = [eni for eni in interfaces if eni["InstanceId"] == one["InstanceId"]]
            keys = ("NetworkInterfaceId", "MacAddress", "Type", "PrivateIpSets")
            one["NetworkInterfaces"] = {"NetworkInterface": [{key: eni[key] for key in keys} for eni in own]}
        if rng.random() < 0.5:
            del answers[4]
    return [*answers, *rules]


# Damages


def _nodes(value: Any, depth: int = 0) -> Iterator[Node]:
    if depth > 8:
        return
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if type(value[key]) in (dict, list):
            yield from _nodes(value[key], depth + 1)


def _at(nodes: list[Node], number: int) -> Node | None:
    return nodes[number % len(nodes)] if nodes else None


def _leaves(answers: Answers, *endings: str) -> list[Node]:
    return [(at, key) for at, key in _nodes(answers) if isinstance(key, str) and key.endswith(endings)]


def _entries(answers: Answers) -> list[Node]:
    return [(at, key) for at, key in _nodes(answers) if isinstance(at, list) and isinstance(at[key], dict)]


def drop(answers: Answers, where: int, what: int, how: int) -> None:
    if (node := _at(list(_nodes(answers)), where)) is not None:
        del node[0][node[1]]


def spoil(answers: Answers, where: int, what: int, how: int) -> None:
    if (node := _at(list(_nodes(answers)), where)) is not None:
        node[0][node[1]] = HOSTILE[what % len(HOSTILE)]


def spoil_text(answers: Answers, where: int, what: int, how: int) -> None:
    node = _at([(at, key) for at, key in _nodes(answers) if isinstance(at[key], str)], where)
    if node is not None:
        node[0][node[1]] = HOSTILE[what % len(HOSTILE)]


def describe_twice(answers: Answers, where: int, what: int, how: int) -> None:
    if (node := _at(_entries(answers), where)) is not None:
        node[0].append(copy.copy(node[0][node[1]]))
        if how % 2:
            spoil([node[0][-1]], what, how, 0)


def cross(answers: Answers, where: int, what: int, how: int) -> None:
    """A field gets what another field of its name has."""
    if (node := _at(list(_nodes(answers)), where)) is not None and isinstance(node[1], str):
        other = _at(_leaves(answers, node[1]), what)
        if other is not None:
            node[0][node[1]] = other[0][other[1]]


def cross_ids(answers: Answers, where: int, what: int, how: int) -> None:
    """An id becomes another one, of whatever kind."""
    node, other = _at(_leaves(answers, "Id"), where), _at(_leaves(answers, "Id"), what)
    if node is not None and other is not None:
        node[0][node[1]] = other[0][other[1]]


def _change(values: tuple[str, ...], *endings: str) -> Callable[[Answers, int, int, int], None]:
    def change(answers: Answers, where: int, what: int, how: int) -> None:
        if (node := _at(_leaves(answers, *endings), where)) is not None:
            node[0][node[1]] = values[what % len(values)]

    return change


def move_to_a_region(answers: Answers, where: int, what: int, how: int) -> None:
    if (node := _at(_entries(answers), where)) is not None:
        node[0][node[1]]["RegionId"] = REGIONS[what % len(REGIONS)]


HELD: tuple[dict[str, Any], ...] = (
    *({"Type": "Trunk"}, {"Type": "Member"}, {"Type": "Balloon"}, {"Type": "Primary"}),
    *({"ServiceManaged": True}, {"Status": "CreateFailed"}, {"Status": "Migrating"}, {"InstanceId": ""}),
    *({"InstanceId": "ngw-1"}, {"InstanceId": "i-0"}, {"Attachment": {"InstanceId": "i-0"}}, {"Attachment": None}),
    *({"InstanceType": "Nat"}, {"InstanceType": "Balloon", "InstanceId": "x-1"}),
    *({"CidrBlock": "10.0.0.0/16", "OwnerId": 7}, {"VSwitchId": "vsw-0", "Status": "Frozen"}, {"OwnerId": "8"}),
    *({"AvailableIpAddressCount": 0}, {"AvailableIpAddressCount": 3}, {"AvailableIpAddressCount": 200}),
    *({"CidrBlock": "", "Status": "Available"}, {"VSwitchId": "vsw-0", "ZoneId": ""}, {"ImageId": "", "ZoneId": ""}),
    *({"VSwitchId": "vsw-none"}, {"VpcId": "vpc-none"}, {"VpcAttributes": {"VpcId": "vpc-0", "VSwitchId": "vsw-none"}}),
    {"PublicIpAddress": {"IpAddress": ["47.1.1.8", "47.1.1.9"]}},
    {"EipAddress": {"AllocationId": "eip-of-instance", "IpAddress": "47.1.1.7"}},
    {"EipAddress": {"AllocationId": "eip-0", "IpAddress": "198.18.0.1"}},
)


def hold(answers: Answers, where: int, what: int, how: int) -> None:
    """A resource gets a field that makes it held, or that tells of what is not described."""
    fitting = [one for at, key in _entries(answers) if _has_one_of(one := at[key], HELD[what % len(HELD)])]
    if fitting:
        fitting[where % len(fitting)].update(copy.deepcopy(HELD[what % len(HELD)]))


def _has_one_of(one: dict[str, Any], fields: dict[str, Any]) -> bool:
    owner = {
        "AvailableIpAddressCount": "VSwitchId",
        **dict.fromkeys(("EipAddress", "PublicIpAddress", "VpcAttributes"), "ImageId"),
    }
    return all(owner.get(field, "Status") in one for field in fields)


def nullify(answers: Answers, where: int, what: int, how: int) -> None:
    if (node := _at(list(_nodes(answers)), where)) is not None:
        node[0][node[1]] = None


def lose_some(answers: Answers, where: int, what: int, how: int) -> None:
    """Of the resources of a response, only some are described."""
    if answers:
        for at, key in list(_entries([answers[where % len(answers)]])):
            if what >> (key % 16) & 1:
                at[key] = None


def lose_a_page(answers: Answers, where: int, what: int, how: int) -> None:
    if answers:
        del answers[where % len(answers)]


def repeat_in_a_list(answers: Answers, where: int, what: int, how: int) -> None:
    lists = [(at, key) for at, key in _nodes(answers) if isinstance(at[key], list) and at[key]]
    if (node := _at(lists, where)) is not None:
        items = node[0][node[1]]
        items.append(items[what % len(items)])


DAMAGES = (
    drop,
    spoil,
    spoil_text,
    describe_twice,
    cross,
    cross_ids,
    cross_ids,
    _change(STATUSES, "Status"),
    _change(STATUSES, "Status"),
    _change(ADDRESSES, "IpAddress"),
    _change(BLOCKS, "CidrBlock"),
    _change(WORDS, "Type", "ZoneId"),
    _change(TIMES, "Time"),
    move_to_a_region,
    repeat_in_a_list,
    hold,
    hold,
    hold,
    nullify,
    lose_a_page,
    lose_a_page,
    lose_some,
)


def described(start: int, damages: list[tuple[int, int, int, int]]) -> Answers:
    """The description that numbers stand for."""
    from_model = made()
    answers = copy.deepcopy(from_model[start]) if start < len(from_model) else thrown_together(start)
    for kind, where, what, how in damages:
        DAMAGES[kind % len(DAMAGES)](answers, where, what, how)
    return answers


numbers = st.integers(0, 1 << 16)
descriptions = st.builds(
    described,
    st.one_of(st.integers(0, 3), st.integers(4, 1 << 24), st.integers(4, 1 << 24)),
    st.lists(st.tuples(st.integers(0, len(DAMAGES) - 1), numbers, numbers, st.integers(0, 3)), max_size=5),
)


def ids_of(cloud: Cloud) -> list[str]:
    """All that is there."""
    tables = (cloud.vpcs, cloud.vswitches, cloud.security_groups, cloud.instances, cloud.network_interfaces, cloud.eips)
    return [resource_id for table in tables for resource_id in table]  # type: ignore[attr-defined]
