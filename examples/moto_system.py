"""moto's EC2 beside the model: each command is the AWS action that is its nearest relative, called through boto3.

Where the vendors differ by design there is nothing to compare:

- addresses that the system chose are not observed, only counted, in the VSwitch and in the security group;
- AWS keeps five addresses of a subnet, Alibaba Cloud four: the free ones are given with one more;
- an ENI is detached, and an EIP unassociated, by the id of the attachment. It is looked up by all that the command
  names; where there is none, there is nothing to call, which is a refusal;
- ENIs go with their instance, so AWS is asked for that when they are attached;
- to AWS no security group means the default one, so an empty list is a refusal;
- a terminated instance is gone, though AWS shows it for an hour.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import count
from traceback import walk_tb
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import ClientError  # type: ignore[import-untyped]
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.moto_api._internal import mock_random

from ecsnet import NewNetworkInterface
from ecsnet import commands as c
from ecsnet.values import ChargeType

REGION = "us-east-1"
"""It stands for cn-hangzhou, with zones a to f."""

INSTANCE_TYPES = {"ecs.t5-lc2m1.nano": "t3.nano", "ecs.g5.large": "m3.medium", "ecs.g5.xlarge": "m5.large"}
"""The types of AWS that take as many ENIs, with as many addresses each. Others keep their name."""

BY_DESIGN = frozenset(
    {
        "account.eip-quota",
        "account.interface-quota",
        "account.security-group-quota",
        "address.private.reserved",
        "eip.associate.duplicate",  # to AWS the second replaces the first
        "instance.create.one-secondary",
        "instance.reboot.state",
        "instance.release.state",
        "instance.start.state",
        "instance.stop.state",
        "interface.assign.available-limit",
        "interface.assign.limit",
        "interface.attach.stopped-only-type",
        "interface.modify.primary",
        "security-group.address-quota",
        "vpc.create.cidr",
        "vpc.vswitch-quota",
    }
)
"""The rules that AWS does not have, or has otherwise: a command that breaks one of them says nothing about moto."""


class Refused(Exception):
    """AWS said no, for the reason that ``code`` names; or moto crashed, and it names the exception."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MotoSystem:
    """A region of moto's, empty when it is made; one at a time. From the first one on, boto3 reaches moto only."""

    def __init__(self) -> None:
        self.ec2: Any = _client()
        region = ec2_backends[DEFAULT_ACCOUNT_ID][REGION]
        mock_random.seed(0)  # so that a failing test fails the same way twice
        region.reset()
        region.subnets.clear()  # those of the default VPC, only to be faster
        self._group_names = map("group-{}".format, count())
        self._described: dict[str, dict[str, Any]] = {}
        self.named: set[str] = set()
        """The ENIs whose addresses were all named by commands, so that moto's are the model's."""

    def execute(self, command: c.Command[Any]) -> object:
        """Raises `Refused`. To be given only what `has_relative`."""
        try:
            answer = _ACTIONS[type(command)](self, command)
        except ClientError as error:
            raise Refused(error.response["Error"]["Code"]) from error
        except Exception as error:
            if _is_of_moto(error):
                raise Refused(_crash(error)) from error
            raise
        finally:
            self._described.clear()
        return answer if isinstance(answer, str | list) else None

    def observe(self, resource_id: str) -> Mapping[str, object] | None:
        """Returns what moto shows. A crash stands in place of the id, so that it differs."""
        kind = resource_id.partition("-")[0]
        if kind not in _KINDS:  # an id of the model's, of which moto has shown no relative
            return None
        try:
            there = self._all(kind).get(resource_id)
            return None if there is None else _KINDS[kind][-1](self, there)
        except Exception as error:
            if _is_of_moto(error):
                return {"id": _crash(error)}
            raise

    def chose(self, address: str) -> bool:
        """Returns whether moto gave this address to an ENI by itself."""
        unnamed = [each for each in self._all("eni").values() if each["NetworkInterfaceId"] not in self.named]
        return any(one["PrivateIpAddress"] == address for each in unnamed for one in each["PrivateIpAddresses"])

    def _all(self, kind: str) -> dict[str, Any]:
        """All resources of a kind as they are described, once after each command."""
        if kind not in self._described:
            action, field, key, _ = _KINDS[kind]
            found = getattr(self.ec2, action)()[field]
            if field == "Reservations":
                found = [instance for reservation in found for instance in reservation["Instances"]]
            self._described[kind] = {each[key]: each for each in found}
        return self._described[kind]

    def _create_vswitch(self, command: c.CreateVSwitch) -> object:
        zone = command.zone_id.replace("cn-hangzhou-", REGION)  # another region's stays as it is, to be refused
        subnet = self.ec2.create_subnet(VpcId=command.vpc_id, AvailabilityZone=zone, CidrBlock=command.cidr_block)
        return subnet["Subnet"]["SubnetId"]

    def _create_security_group(self, command: c.CreateSecurityGroup) -> object:
        name = next(self._group_names)
        return self.ec2.create_security_group(GroupName=name, Description=name, VpcId=command.vpc_id)["GroupId"]

    def _run_instances(self, command: c.RunInstances) -> object:
        groups = _groups(command.security_group_ids)
        placed: dict[str, Any] = {"SubnetId": command.vswitch_id}
        placed |= _given(PrivateIpAddress=command.private_ip_address)
        if command.network_interface_ids or command.network_interfaces:
            there = [{"NetworkInterfaceId": interface_id} for interface_id in command.network_interface_ids]
            there += [_described(new, command) for new in command.network_interfaces]
            every = enumerate([{**placed, "Groups": groups}, *there])
            placed = {"NetworkInterfaces": [{"DeviceIndex": index, **interface} for index, interface in every]}
        else:
            placed["SecurityGroupIds"] = groups
        name = INSTANCE_TYPES.get(command.instance_type, command.instance_type)
        number = {"MinCount": command.amount, "MaxCount": command.amount}
        instances = self.ec2.run_instances(ImageId="ami-12c6146b", InstanceType=name, **number, **placed)["Instances"]
        for instance in instances:
            primary, *others = sorted(instance["NetworkInterfaces"], key=_device_index)
            if command.private_ip_address:
                self.named.add(primary["NetworkInterfaceId"])
            for interface in others:
                self._goes_with_its_instance(interface["NetworkInterfaceId"], interface["Attachment"]["AttachmentId"])
                if any(new.primary_ip_address for new in command.network_interfaces):
                    self.named.add(interface["NetworkInterfaceId"])
        return [instance["InstanceId"] for instance in instances]

    def _create_network_interface(self, command: c.CreateNetworkInterface) -> object:
        interface_id: str = self.ec2.create_network_interface(
            SubnetId=command.vswitch_id,
            Groups=_groups(command.security_group_ids),
            **_given(
                PrivateIpAddress=command.primary_ip_address,
                PrivateIpAddresses=[{"PrivateIpAddress": ip, "Primary": False} for ip in command.private_ip_addresses],
                SecondaryPrivateIpAddressCount=command.secondary_private_ip_address_count,
                Description=command.description,
            ),
        )["NetworkInterface"]["NetworkInterfaceId"]
        if command.primary_ip_address and not command.secondary_private_ip_address_count:
            self.named.add(interface_id)
        return interface_id

    def _attach_network_interface(self, command: c.AttachNetworkInterface) -> None:
        there = [_device_index(each) for each in self._attached_to(command.instance_id)]
        attached = self.ec2.attach_network_interface(
            NetworkInterfaceId=command.network_interface_id,
            InstanceId=command.instance_id,
            DeviceIndex=1 + max(there, default=0),  # never one that became free: they tell the order of attaching
        )
        self._goes_with_its_instance(command.network_interface_id, attached["AttachmentId"])

    def _goes_with_its_instance(self, interface_id: str, attachment_id: str) -> None:
        attachment = {"AttachmentId": attachment_id, "DeleteOnTermination": True}
        self.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface_id, Attachment=attachment)

    def _detach_network_interface(self, command: c.DetachNetworkInterface) -> None:
        there = {each["NetworkInterfaceId"]: each["Attachment"] for each in self._attached_to(command.instance_id)}
        if command.network_interface_id not in there:
            raise Refused("InvalidAttachmentID.NotFound")
        self.ec2.detach_network_interface(AttachmentId=there[command.network_interface_id]["AttachmentId"])

    def _attached_to(self, instance_id: str) -> list[Any]:
        interfaces = self._all("eni").values()
        return [each for each in interfaces if each.get("Attachment", {}).get("InstanceId") == instance_id]

    def _modify_network_interface(self, command: c.ModifyNetworkInterfaceAttribute) -> None:
        # AWS takes one attribute at a time, and the name is a tag: what may be refused comes first.
        interface_id = command.network_interface_id
        if command.security_group_ids is not None:
            groups = _groups(command.security_group_ids)
            self.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface_id, Groups=groups)
        if command.description:
            description = {"Value": command.description}
            self.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface_id, Description=description)
        if command.network_interface_name:
            tags = [{"Key": "Name", "Value": command.network_interface_name}]
            self.ec2.create_tags(Resources=[interface_id], Tags=tags)

    def _assign_private_ip_addresses(self, command: c.AssignPrivateIpAddresses) -> None:
        addresses, number = list(command.private_ip_addresses), command.secondary_private_ip_address_count
        wanted = _given(PrivateIpAddresses=addresses, SecondaryPrivateIpAddressCount=number)
        self.ec2.assign_private_ip_addresses(NetworkInterfaceId=command.network_interface_id, **wanted)
        if number:
            self.named.discard(command.network_interface_id)

    def _unassociate_eip(self, command: c.UnassociateEipAddress) -> None:
        address = self._all("eipalloc").get(command.allocation_id, {})
        if "AssociationId" not in address or command.instance_id not in (None, address.get("InstanceId")):
            raise Refused("InvalidAssociationID.NotFound")
        self.ec2.disassociate_address(AssociationId=address["AssociationId"])

    def _vswitch(self, subnet: Any) -> Mapping[str, object]:
        cidr_block, available = subnet["CidrBlock"], subnet["AvailableIpAddressCount"] + 1
        return {"vpc_id": subnet["VpcId"], "cidr_block": cidr_block, "available_ip_address_count": available}

    def _security_group(self, group: Any) -> Mapping[str, object]:
        members = [each for each in self._all("eni").values() if group["GroupId"] in _group_ids(each["Groups"])]
        return {"vpc_id": group["VpcId"], "private_ip_count": sum(len(each["PrivateIpAddresses"]) for each in members)}

    def _instance(self, instance: Any) -> Mapping[str, object] | None:
        if instance["State"]["Name"] in ("shutting-down", "terminated"):
            return None
        interfaces = sorted(instance["NetworkInterfaces"], key=_device_index)
        primaries = [each["NetworkInterfaceId"] for each in interfaces if _device_index(each) == 0]
        eips = {eip.get("InstanceId"): eip_id for eip_id, eip in self._all("eipalloc").items()}
        return {
            "status": _status(instance["State"]["Name"]),
            "vpc_id": instance["VpcId"],
            "vswitch_id": instance["SubnetId"],
            "primary_network_interface_id": primaries[0] if primaries else None,
            "network_interface_ids": [each["NetworkInterfaceId"] for each in interfaces],
            "security_group_ids": _group_ids(instance["SecurityGroups"]),
            "eip_id": eips.get(instance["InstanceId"]),
        }

    def _network_interface(self, interface: Any) -> Mapping[str, object]:
        attachment = interface.get("Attachment", {})
        primary = attachment.get("DeviceIndex") == 0
        seen: dict[str, object] = {
            "type": "Primary" if primary else "Secondary",
            "status": _status(interface["Status"]),
            "instance_id": attachment.get("InstanceId"),
            "vpc_id": interface["VpcId"],
            "vswitch_id": interface["SubnetId"],
            "security_group_ids": _group_ids(interface["Groups"]),
        }
        if not primary:  # AWS describes that one itself
            seen["description"] = interface["Description"] or None
        if interface["NetworkInterfaceId"] in self.named:
            seen["primary_private_ip"] = interface.get("PrivateIpAddress")
            seen["private_ips"] = [address["PrivateIpAddress"] for address in interface["PrivateIpAddresses"]]
        return seen

    def _eip(self, address: Any) -> Mapping[str, object]:
        status = "InUse" if "AssociationId" in address else "Available"
        return {"status": status, "instance_id": address.get("InstanceId") or None}


@cache
def _client() -> Any:
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # they take 50 ms of each new region
    mock_aws().start()
    credentials = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    return boto3.client("ec2", REGION, config=config, **credentials)


def _is_of_moto(error: Exception) -> bool:
    return any(frame.f_globals["__name__"].startswith("moto.") for frame, _ in walk_tb(error.__traceback__))


def _crash(error: Exception) -> str:
    return f"a crash, {type(error).__name__}"


def _given(**parameters: Any) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value}


def _described(new: NewNetworkInterface, command: c.RunInstances) -> dict[str, Any]:
    group_ids = command.security_group_ids if new.security_group_ids is None else new.security_group_ids
    return _given(
        SubnetId=new.vswitch_id or command.vswitch_id,
        Groups=_groups(group_ids),
        PrivateIpAddress=new.primary_ip_address,
        Description=new.description,
    )


def _group_ids(groups: Sequence[Mapping[str, str]]) -> set[str]:
    return {group["GroupId"] for group in groups}


def _groups(group_ids: Sequence[str]) -> list[str]:
    if not group_ids:
        raise Refused("MissingParameter")
    return list(group_ids)


def _device_index(interface: Mapping[str, Any]) -> int:
    return int(interface["Attachment"]["DeviceIndex"])


def _status(name: str) -> str:
    """``in-use`` is InUse."""
    return name.title().replace("-", "")


_ACTIONS: dict[type[c.Command[Any]], Callable[[MotoSystem, Any], object]] = {
    c.CreateVpc: lambda moto, it: moto.ec2.create_vpc(CidrBlock=it.cidr_block)["Vpc"]["VpcId"],
    c.DeleteVpc: lambda moto, it: moto.ec2.delete_vpc(VpcId=it.vpc_id),
    c.CreateVSwitch: MotoSystem._create_vswitch,
    c.DeleteVSwitch: lambda moto, it: moto.ec2.delete_subnet(SubnetId=it.vswitch_id),
    c.CreateSecurityGroup: MotoSystem._create_security_group,
    c.DeleteSecurityGroup: lambda moto, it: moto.ec2.delete_security_group(GroupId=it.security_group_id),
    c.RunInstances: MotoSystem._run_instances,
    c.StartInstance: lambda moto, it: moto.ec2.start_instances(InstanceIds=[it.instance_id]),
    c.StopInstance: lambda moto, it: moto.ec2.stop_instances(InstanceIds=[it.instance_id]),
    c.RebootInstance: lambda moto, it: moto.ec2.reboot_instances(InstanceIds=[it.instance_id]),
    c.DeleteInstance: lambda moto, it: moto.ec2.terminate_instances(InstanceIds=[it.instance_id]),
    c.CreateNetworkInterface: MotoSystem._create_network_interface,
    c.AttachNetworkInterface: MotoSystem._attach_network_interface,
    c.DetachNetworkInterface: MotoSystem._detach_network_interface,
    c.DeleteNetworkInterface: lambda moto, it: moto.ec2.delete_network_interface(
        NetworkInterfaceId=it.network_interface_id
    ),
    c.ModifyNetworkInterfaceAttribute: MotoSystem._modify_network_interface,
    c.AssignPrivateIpAddresses: MotoSystem._assign_private_ip_addresses,
    c.UnassignPrivateIpAddresses: lambda moto, it: moto.ec2.unassign_private_ip_addresses(
        NetworkInterfaceId=it.network_interface_id, PrivateIpAddresses=list(it.private_ip_addresses)
    ),
    c.AllocateEipAddress: lambda moto, _: moto.ec2.allocate_address(Domain="vpc")["AllocationId"],
    c.AssociateEipAddress: lambda moto, it: moto.ec2.associate_address(
        AllocationId=it.allocation_id, InstanceId=it.instance_id, AllowReassociation=False
    ),
    c.UnassociateEipAddress: MotoSystem._unassociate_eip,
    c.ReleaseEipAddress: lambda moto, it: moto.ec2.release_address(AllocationId=it.allocation_id),
}
SUPPORTED = frozenset(_ACTIONS)
"""The commands that have a relative in AWS."""


def has_relative(command: c.Command[Any]) -> bool:
    """Returns whether AWS has what a command asks for: no classic network, subscriptions or bandwidth to be bought."""
    if isinstance(command, c.RunInstances):
        plain = command.instance_charge_type == ChargeType.PostPaid and not command.internet_max_bandwidth_out
        return plain and command.vswitch_id is not None
    if isinstance(command, c.CreateSecurityGroup):
        return command.vpc_id is not None
    return type(command) in SUPPORTED


_KINDS: dict[str, tuple[str, str, str, Callable[[MotoSystem, Any], Mapping[str, object] | None]]] = {
    "vpc": ("describe_vpcs", "Vpcs", "VpcId", lambda moto, vpc: {"cidr_block": vpc["CidrBlock"]}),
    "subnet": ("describe_subnets", "Subnets", "SubnetId", MotoSystem._vswitch),
    "sg": ("describe_security_groups", "SecurityGroups", "GroupId", MotoSystem._security_group),
    "i": ("describe_instances", "Reservations", "InstanceId", MotoSystem._instance),
    "eni": ("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId", MotoSystem._network_interface),
    "eipalloc": ("describe_addresses", "Addresses", "AllocationId", MotoSystem._eip),
}
"""The prefix of ids, the method that describes all of the kind, and what is shown of one."""
