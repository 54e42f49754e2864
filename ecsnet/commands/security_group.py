"""Commands on security groups and their members."""

from __future__ import annotations

from ecsnet.commands.base import Command
from ecsnet.resources import Instance, SecurityGroup


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
