"""moto's EC2 as the peer of `operations`: its bare backend, without HTTP, and through boto3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3  # type: ignore[import-untyped]
from moto.ec2.models import ec2_backends

from benchmarks._measure import spread, stopwatch

ACCOUNT = "123456789012"


@dataclass(frozen=True)
class MotoNetwork:
    """A region of moto's with one subnet, one security group, one instance and many ENIs."""

    client: Any
    backend: Any
    subnet_id: str
    group_id: str
    instance_id: str
    interface_ids: tuple[str, ...]


def build(region: str, interfaces: int) -> MotoNetwork:
    """Returns a network in a region of its own. The caller must be within `moto.mock_aws`, also when it uses it."""
    client: Any = boto3.client("ec2", region_name=region, aws_access_key_id="testing", aws_secret_access_key="testing")
    backend: Any = ec2_backends[ACCOUNT][region]
    vpc_id = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet_id = client.create_subnet(VpcId=vpc_id, CidrBlock="10.0.0.0/16")["Subnet"]["SubnetId"]
    group_id = client.create_security_group(GroupName="all", Description="all", VpcId=vpc_id)["GroupId"]
    reservation = client.run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=subnet_id, SecurityGroupIds=[group_id]
    )
    interface_ids = tuple(
        backend.create_network_interface(subnet_id, None, group_ids=[group_id]).id for _ in range(interfaces)
    )
    return MotoNetwork(client, backend, subnet_id, group_id, reservation["Instances"][0]["InstanceId"], interface_ids)


def attach_detach_bare(network: MotoNetwork, pairs: int) -> Callable[[], float]:
    """Returns a round of attaching and detaching in the backend, in seconds per call."""
    backend, interface_ids = network.backend, spread(network.interface_ids, pairs)

    def run() -> float:
        with stopwatch() as watch:
            for interface_id in interface_ids:
                attachment = backend.attach_network_interface(interface_id, network.instance_id, 1)
                backend.detach_network_interface(attachment.attachment_id)
        return watch.seconds / (2 * pairs)

    return run


def create_delete_bare(network: MotoNetwork, pairs: int) -> Callable[[], float]:
    """Returns a round of creating and deleting in the backend, in seconds per call."""
    backend = network.backend

    def run() -> float:
        with stopwatch() as watch:
            for _ in range(pairs):
                interface = backend.create_network_interface(network.subnet_id, None, group_ids=[network.group_id])
                backend.delete_network_interface(interface.id)
        return watch.seconds / (2 * pairs)

    return run


def attach_detach_boto3(network: MotoNetwork, pairs: int) -> Callable[[], float]:
    """Returns a round of attaching and detaching through boto3, in seconds per call."""
    client, interface_ids = network.client, spread(network.interface_ids, pairs)

    def run() -> float:
        with stopwatch() as watch:
            for interface_id in interface_ids:
                attached = client.attach_network_interface(
                    NetworkInterfaceId=interface_id, InstanceId=network.instance_id, DeviceIndex=1
                )
                client.detach_network_interface(AttachmentId=attached["AttachmentId"])
        return watch.seconds / (2 * pairs)

    return run


def create_delete_boto3(network: MotoNetwork, pairs: int) -> Callable[[], float]:
    """Returns a round of creating and deleting through boto3, in seconds per call."""
    client = network.client

    def run() -> float:
        with stopwatch() as watch:
            for _ in range(pairs):
                created = client.create_network_interface(SubnetId=network.subnet_id, Groups=[network.group_id])
                interface_id = created["NetworkInterface"]["NetworkInterfaceId"]
                client.delete_network_interface(NetworkInterfaceId=interface_id)
        return watch.seconds / (2 * pairs)

    return run
