"""Moves a service from a failed instance to its standby by moving its ENI, through the vendor's Python SDK.

Without arguments it runs against a fresh cloud of ecsnet, in this process, on a network that it builds there. With
``--region R --eni ENI --standby INSTANCE`` it runs against the real cloud, with the credentials of the environment
(``ALIBABA_CLOUD_ACCESS_KEY_ID``, ``ALIBABA_CLOUD_ACCESS_KEY_SECRET``); nothing else differs. It needs
``alibabacloud-ecs20140526``: ``pip install 'ecsnet[clients]'``.
"""

# ruff: noqa: T201  # it tells what it does

from __future__ import annotations

import argparse
import os
import time
from typing import Any

from alibabacloud_ecs20140526 import models as m
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.utils_models import Config


def interface(ecs: Client, region: str, eni: str) -> Any:
    request = m.DescribeNetworkInterfacesRequest(region_id=region, network_interface_id=[eni])
    (found,) = ecs.describe_network_interfaces(request).body.network_interface_sets.network_interface_set
    return found


def wait_for(ecs: Client, region: str, eni: str, status: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while interface(ecs, region, eni).status != status:
        if time.monotonic() > until:
            raise TimeoutError(f"{eni} is not {status}")
        time.sleep(0.2)


def fail_over(ecs: Client, region: str, eni: str, standby: str) -> None:
    """Detaches the ENI from wherever it is, and attaches it to the standby."""
    failed = interface(ecs, region, eni).instance_id
    if failed:
        ecs.detach_network_interface(
            m.DetachNetworkInterfaceRequest(region_id=region, network_interface_id=eni, instance_id=failed)
        )
        wait_for(ecs, region, eni, "Available")
    ecs.attach_network_interface(
        m.AttachNetworkInterfaceRequest(region_id=region, network_interface_id=eni, instance_id=standby)
    )
    wait_for(ecs, region, eni, "InUse")
    print(f"{eni} moved from {failed or 'nowhere'} to {standby}, with {interface(ecs, region, eni).private_ip_address}")


def in_ecsnet() -> None:
    """Builds a network in a fresh cloud, whose transitions take two polls, and lets the service move."""
    from ecsnet import Cloud
    from ecsnet.commands import (
        AttachNetworkInterface,
        CreateNetworkInterface,
        CreateSecurityGroup,
        CreateVpc,
        CreateVSwitch,
        RunInstances,
    )
    from ecsnet.testing import aliyun

    built = Cloud()
    vpc = built.execute(CreateVpc(cidr_block="10.0.0.0/8"))
    vsw = built.execute(CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.1.0/24"))
    sg = built.execute(CreateSecurityGroup(vpc_id=vpc.id))
    active, standby = built.execute(
        RunInstances(instance_type="ecs.g5.xlarge", vswitch_id=vsw.id, security_group_ids=[sg.id], amount=2)
    )
    eni = built.execute(CreateNetworkInterface(vswitch_id=vsw.id, security_group_ids=[sg.id]))
    built.execute(AttachNetworkInterface(network_interface_id=eni.id, instance_id=active.id))
    with aliyun(built.fork(settle_after="manual"), settle_after=2) as api:
        fail_over(Client(api.config()), "cn-hangzhou", eni.id, standby.id)
        assert api.cloud.network_interfaces[eni.id].instance_id == standby.id
        print(f"{len(api.calls)} calls, {sum(len(call.events) for call in api.calls)} events")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--region")
    parser.add_argument("--eni")
    parser.add_argument("--standby")
    given = parser.parse_args()
    if given.eni is None:
        in_ecsnet()
        return
    config = Config(
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        endpoint=f"ecs.{given.region}.aliyuncs.com",
    )
    fail_over(Client(config), given.region, given.eni, given.standby)


if __name__ == "__main__":
    main()
