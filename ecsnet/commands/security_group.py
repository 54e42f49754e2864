"""Commands on security groups and their members."""

from __future__ import annotations

import attrs

from ecsnet.commands import fields
from ecsnet.commands.base import Command, operation
from ecsnet.resources import Instance, SecurityGroup
from ecsnet.values import NO_TAGS, SecurityGroupType, Tags


@operation(kw_only=True)
class CreateSecurityGroup(Command[SecurityGroup]):
    """CreateSecurityGroup; without ``vpc_id`` a group of the classic network, in ``region_id`` or the cloud's own.
    ``security_group_type`` is ``"normal"`` or ``"enterprise"``, kept as a `SecurityGroupType`."""

    vpc_id: str | None = attrs.field(default=None, converter=fields.optional_identifier)
    security_group_type: SecurityGroupType = attrs.field(
        default=SecurityGroupType.Normal, converter=fields.security_group_type
    )
    region_id: str | None = attrs.field(default=None, converter=fields.optional_region)
    security_group_name: str | None = attrs.field(default=None, converter=fields.optional_interface_name)
    description: str | None = attrs.field(default=None, converter=fields.optional_description)
    tags: Tags = attrs.field(default=NO_TAGS, converter=fields.tags)


@operation(kw_only=True)
class ModifySecurityGroupAttribute(Command[SecurityGroup]):
    """ModifySecurityGroupAttribute: another name, another description."""

    security_group_id: str = attrs.field(converter=fields.identifier)
    security_group_name: str | None = attrs.field(default=None, converter=fields.optional_interface_name)
    description: str | None = attrs.field(default=None, converter=fields.optional_description)

    def __attrs_post_init__(self) -> None:
        fields.must_modify(self, "security_group_name", "description")


@operation(kw_only=True)
class DeleteSecurityGroup(Command[SecurityGroup]):
    """DeleteSecurityGroup: only one without members that no other group authorizes."""

    security_group_id: str = attrs.field(converter=fields.identifier)


@operation(kw_only=True)
class AuthorizeSecurityGroup(Command[SecurityGroup]):
    """AuthorizeSecurityGroup with a source group: its members may reach the members of ``security_group_id``.

    ``source_account_id`` (the API's SourceGroupOwnerId) is the account that owns the source group; without it, the
    source group is looked for among the caller's own. While the group is authorized, its owner cannot delete it.
    Authorizing a group twice is accepted and changes nothing, as in the real API.
    """

    security_group_id: str = attrs.field(converter=fields.identifier)
    source_group_id: str = attrs.field(converter=fields.identifier)
    source_account_id: str | None = attrs.field(default=None, converter=fields.optional_account)


@operation(kw_only=True)
class RevokeSecurityGroup(Command[SecurityGroup]):
    """RevokeSecurityGroup: what `AuthorizeSecurityGroup` allowed, with the same parameters.

    Revoking what was never authorized is accepted and changes nothing, as in the real API.
    """

    security_group_id: str = attrs.field(converter=fields.identifier)
    source_group_id: str = attrs.field(converter=fields.identifier)
    source_account_id: str | None = attrs.field(default=None, converter=fields.optional_account)


@operation(kw_only=True)
class JoinSecurityGroup(Command[Instance]):
    """JoinSecurityGroup: the instance's primary ENI enters the group."""

    security_group_id: str = attrs.field(converter=fields.identifier)
    instance_id: str = attrs.field(converter=fields.identifier)


@operation(kw_only=True)
class LeaveSecurityGroup(Command[Instance]):
    """LeaveSecurityGroup: the instance's primary ENI leaves the group; the last one cannot be left."""

    security_group_id: str = attrs.field(converter=fields.identifier)
    instance_id: str = attrs.field(converter=fields.identifier)
