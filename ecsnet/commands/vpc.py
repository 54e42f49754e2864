"""Commands on VPCs, VSwitches and security groups, and the one that raises a quota."""

from __future__ import annotations

from ecsnet.commands.base import Command
from ecsnet.resources import Instance, Quota, SecurityGroup, Vpc, VSwitch


class CreateVpc(Command[Vpc], frozen=True, kw_only=True):
    """CreateVpc. Without ``region_id`` in the cloud's own region."""

    cidr_block: str
    region_id: str | None = None


class DeleteVpc(Command[Vpc], frozen=True, kw_only=True):
    """DeleteVpc: only an empty one goes."""

    vpc_id: str


class CreateVSwitch(Command[VSwitch], frozen=True, kw_only=True):
    """CreateVSwitch, in a zone of the VPC's region."""

    vpc_id: str
    zone_id: str
    cidr_block: str


class DeleteVSwitch(Command[VSwitch], frozen=True, kw_only=True):
    """DeleteVSwitch: only an empty one goes."""

    vswitch_id: str


class CreateSecurityGroup(Command[SecurityGroup], frozen=True, kw_only=True):
    """CreateSecurityGroup; without ``vpc_id`` a group of the classic network, in ``region_id`` or the cloud's own."""

    vpc_id: str | None = None
    region_id: str | None = None


class DeleteSecurityGroup(Command[SecurityGroup], frozen=True, kw_only=True):
    """DeleteSecurityGroup: only one without members that no other group authorizes."""

    security_group_id: str


class AuthorizeSecurityGroup(Command[SecurityGroup], frozen=True, kw_only=True):
    """AuthorizeSecurityGroup with a source group: its members may reach the members of ``security_group_id``.

    ``source_account_id`` (the API's SourceGroupOwnerId) is the account that owns the source group; without it, the
    source group is looked for among the caller's own. While the group is authorized, its owner cannot delete it.
    Authorizing a group twice is accepted and changes nothing, as in the real API.
    """

    security_group_id: str
    source_group_id: str
    source_account_id: str | None = None


class RevokeSecurityGroup(Command[SecurityGroup], frozen=True, kw_only=True):
    """RevokeSecurityGroup: what `AuthorizeSecurityGroup` allowed, with the same parameters.

    Revoking what was never authorized is accepted and changes nothing, as in the real API.
    """

    security_group_id: str
    source_group_id: str
    source_account_id: str | None = None


class JoinSecurityGroup(Command[Instance], frozen=True, kw_only=True):
    """JoinSecurityGroup: the instance's primary ENI enters the group."""

    security_group_id: str
    instance_id: str


class LeaveSecurityGroup(Command[Instance], frozen=True, kw_only=True):
    """LeaveSecurityGroup: the instance's primary ENI leaves the group; the last one cannot be left."""

    security_group_id: str
    instance_id: str


class SetQuota(Command[Quota], frozen=True, kw_only=True):
    """What a ticket to the vendor does: another limit for the account in a region (`ecsnet.values.QUOTAS` names them).

    A lower limit than what is in use takes nothing away; it only refuses more.
    """

    name: str
    value: int
    region_id: str | None = None
