"""Commands on VPCs and VSwitches."""

from __future__ import annotations

import attrs

from ecsnet.commands import fields
from ecsnet.commands.base import Command, operation
from ecsnet.resources import Vpc, VSwitch
from ecsnet.values import NO_TAGS, Tags


@operation(kw_only=True)
class CreateVpc(Command[Vpc]):
    """CreateVpc. Without ``region_id`` in the cloud's own region."""

    cidr_block: str = attrs.field(converter=fields.cidr_block)
    region_id: str | None = attrs.field(default=None, converter=fields.optional_region)
    vpc_name: str | None = attrs.field(default=None, converter=fields.optional_label)
    description: str | None = attrs.field(default=None, converter=fields.optional_long_label)
    tags: Tags = attrs.field(default=NO_TAGS, converter=fields.tags)


@operation(kw_only=True)
class ModifyVpcAttribute(Command[Vpc]):
    """ModifyVpcAttribute: another name, another description."""

    vpc_id: str = attrs.field(converter=fields.identifier)
    vpc_name: str | None = attrs.field(default=None, converter=fields.optional_label)
    description: str | None = attrs.field(default=None, converter=fields.optional_long_label)

    def __attrs_post_init__(self) -> None:
        fields.must_modify(self, "vpc_name", "description")


@operation(kw_only=True)
class DeleteVpc(Command[Vpc]):
    """DeleteVpc: only an empty one goes."""

    vpc_id: str = attrs.field(converter=fields.identifier)


@operation(kw_only=True)
class AssociateVpcCidrBlock(Command[Vpc]):
    """AssociateVpcCidrBlock: the VPC has another block of IPv4 addresses, in which VSwitches can be created."""

    vpc_id: str = attrs.field(converter=fields.identifier)
    secondary_cidr_block: str = attrs.field(converter=fields.cidr_block)


@operation(kw_only=True)
class UnassociateVpcCidrBlock(Command[Vpc]):
    """UnassociateVpcCidrBlock: only a secondary block without VSwitches goes."""

    vpc_id: str = attrs.field(converter=fields.identifier)
    secondary_cidr_block: str = attrs.field(converter=fields.cidr_block)


@operation(kw_only=True)
class CreateVSwitch(Command[VSwitch]):
    """CreateVSwitch, in a zone of the VPC's region and in one of the VPC's blocks."""

    vpc_id: str = attrs.field(converter=fields.identifier)
    zone_id: str = attrs.field(converter=fields.identifier)
    cidr_block: str = attrs.field(converter=fields.cidr_block)
    vswitch_name: str | None = attrs.field(default=None, converter=fields.optional_label)
    description: str | None = attrs.field(default=None, converter=fields.optional_long_label)
    tags: Tags = attrs.field(default=NO_TAGS, converter=fields.tags)


@operation(kw_only=True)
class ModifyVSwitchAttribute(Command[VSwitch]):
    """ModifyVSwitchAttribute: another name, another description."""

    vswitch_id: str = attrs.field(converter=fields.identifier)
    vswitch_name: str | None = attrs.field(default=None, converter=fields.optional_label)
    description: str | None = attrs.field(default=None, converter=fields.optional_long_label)

    def __attrs_post_init__(self) -> None:
        fields.must_modify(self, "vswitch_name", "description")


@operation(kw_only=True)
class DeleteVSwitch(Command[VSwitch]):
    """DeleteVSwitch: only an empty one goes."""

    vswitch_id: str = attrs.field(converter=fields.identifier)
