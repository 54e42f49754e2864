"""Commands on EIPs."""

from __future__ import annotations

import attrs

from ecsnet.commands import fields
from ecsnet.commands.base import Command, operation
from ecsnet.resources import Eip
from ecsnet.values import NO_TAGS, EipInstanceType, Tags


@operation(kw_only=True)
class AllocateEipAddress(Command[Eip]):
    """AllocateEipAddress, in ``region_id`` or the cloud's own."""

    region_id: str | None = attrs.field(default=None, converter=fields.optional_region)
    name: str | None = attrs.field(default=None, converter=fields.optional_label)
    description: str | None = attrs.field(default=None, converter=fields.optional_long_label)
    tags: Tags = attrs.field(default=NO_TAGS, converter=fields.tags)


@operation(kw_only=True)
class ModifyEipAddressAttribute(Command[Eip]):
    """ModifyEipAddressAttribute: another name, another description."""

    allocation_id: str = attrs.field(converter=fields.identifier)
    name: str | None = attrs.field(default=None, converter=fields.optional_label)
    description: str | None = attrs.field(default=None, converter=fields.optional_long_label)

    def __attrs_post_init__(self) -> None:
        fields.must_modify(self, "name", "description")


@operation(kw_only=True)
class AssociateEipAddress(Command[Eip]):
    """AssociateEipAddress with an instance, or with a secondary ENI.

    ``instance_type`` tells what ``instance_id`` is the id of: ``"EcsInstance"``, or ``"NetworkInterface"``.
    ``private_ip_address`` is one of the ENI's private addresses, the primary one if it is None; an instance has only
    its primary one for that."""

    allocation_id: str = attrs.field(converter=fields.identifier)
    instance_id: str = attrs.field(converter=fields.identifier)
    instance_type: EipInstanceType = attrs.field(
        default=EipInstanceType.EcsInstance, converter=fields.eip_instance_type
    )
    private_ip_address: str | None = attrs.field(default=None, converter=fields.optional_ipv4)


@operation(kw_only=True)
class UnassociateEipAddress(Command[Eip]):
    """UnassociateEipAddress, from the instance or the ENI it is named with, if one is.

    ``instance_type`` tells what ``instance_id`` is the id of, and means nothing without it.
    """

    allocation_id: str = attrs.field(converter=fields.identifier)
    instance_id: str | None = attrs.field(default=None, converter=fields.optional_identifier)
    instance_type: EipInstanceType = attrs.field(
        default=EipInstanceType.EcsInstance, converter=fields.eip_instance_type
    )
    private_ip_address: str | None = attrs.field(default=None, converter=fields.optional_ipv4)


@operation(kw_only=True)
class ReleaseEipAddress(Command[Eip]):
    """ReleaseEipAddress."""

    allocation_id: str = attrs.field(converter=fields.identifier)
