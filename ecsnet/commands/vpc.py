"""Commands on VPCs and VSwitches."""

from __future__ import annotations

from ecsnet.commands.base import Command
from ecsnet.resources import Vpc, VSwitch


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
