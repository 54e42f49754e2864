"""Measures the import of described networks of several sizes, and checks of commands on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks._measure import Contender, Effort, measure, stopwatch
from ecsnet import Cloud
from ecsnet.commands import AttachNetworkInterface, Command, CreateNetworkInterface

ZONE = "cn-hangzhou-b"


def run(effort: Effort) -> None:
    """Measures imports of several sizes, and checks of commands on them, and prints the tables."""
    small, large, times = 100, effort.of(10_000), 1_000
    sizes = sorted({small, 1_000, large})  # a quick run has no larger one
    base = f"{small} ENIs described"
    described = {size: _described(size) for size in sizes}
    huge = effort.of(100_000)
    measure(
        "import a description, per ENI",
        [
            *(
                Contender(f"{size:,} ENIs described", _importing(described[size], size), "" if size == small else base)
                for size in sizes
            ),
            Contender(f"{huge:,} ENIs described", _importing(_described(huge), huge), base, "flat, at most 25 µs"),
        ],
        effort.rounds,
    )
    attached = {size: _described(size, attached=True) for size in sizes}
    measure(
        "import a description whose ENIs are all on one instance, per ENI",
        [
            Contender(f"{size:,} ENIs described", _importing(attached[size], size), "" if size == small else base)
            for size in sizes
        ],
        effort.rounds,
    )
    measure(
        f"check {times:,} commands against what was imported, per command",
        [
            Contender(
                f"{size:,} ENIs described",
                _checking(described[size], times),
                "" if size == small else base,
                "flat",
            )
            for size in sizes
        ],
        effort.rounds,
    )


def _described(interfaces: int, *, attached: bool = False) -> list[dict[str, Any]]:
    """Returns responses that describe a VPC with two VSwitches, a group, an instance, and ENIs, free or attached."""
    free = [
        {
            "NetworkInterfaceId": f"eni-{number:020}",
            "Type": "Secondary",
            "Status": "InUse" if attached else "Available",
            "InstanceId": "i-1" if attached else "",
            "VSwitchId": "vsw-1",
            "MacAddress": f"00:16:3e:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}",
            "PrivateIpAddress": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
            "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]},
        }
        for number in range(1, interfaces + 1)
    ]
    primary = {
        "NetworkInterfaceId": "eni-primary",
        "Type": "Primary",
        "Status": "InUse",
        "VSwitchId": "vsw-2",
        "MacAddress": "00:16:3e:ff:ff:ff",
        "PrivateIpAddress": "10.16.0.1",
        "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]},
        "InstanceId": "i-1",
    }
    vswitches = [
        {"VSwitchId": f"vsw-{n}", "VpcId": "vpc-1", "ZoneId": ZONE, "CidrBlock": cidr_block}
        for n, cidr_block in ((1, "10.0.0.0/12"), (2, "10.16.0.0/16"))
    ]
    instance = {
        "InstanceId": "i-1",
        "Status": "Running",
        "ZoneId": ZONE,
        "InstanceType": "ecs.g5.xlarge",
        "VpcAttributes": {"VpcId": "vpc-1", "VSwitchId": "vsw-2"},
    }
    return [
        {"Vpcs": {"Vpc": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/8"}]}},
        {"VSwitches": {"VSwitch": vswitches}},
        {"SecurityGroups": {"SecurityGroup": [{"SecurityGroupId": "sg-1", "VpcId": "vpc-1"}]}},
        {"Instances": {"Instance": [instance]}},
        {"NetworkInterfaceSets": {"NetworkInterfaceSet": [primary, *free]}},
    ]


def _importing(responses: list[dict[str, Any]], interfaces: int) -> Callable[[], float]:
    def run() -> float:
        with stopwatch() as watch:
            Cloud().import_resources(responses)
        return watch.seconds / interfaces

    return run


def _checking(responses: list[dict[str, Any]], times: int) -> Callable[[], float]:
    cloud = Cloud()
    cloud.import_resources(responses)
    ids = [interface.id for interface in cloud.network_interfaces.where(status="Available")]
    commands: list[Command[Any]] = [
        AttachNetworkInterface(network_interface_id=ids[number % len(ids)], instance_id="i-1")
        if number % 2
        else CreateNetworkInterface(vswitch_id="vsw-2", security_group_ids=("sg-1",))
        for number in range(times)
    ]

    def run() -> float:
        with stopwatch() as watch:
            for command in commands:
                cloud.check(command)
        return watch.seconds / times

    return run
