"""Events of an import: one for each described resource of a real account, with the values of its description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ecsnet.events.base import Event, Moment, TagPairs
from ecsnet.values import (
    ChargeType,
    EipStatus,
    InnerAccessPolicy,
    InstanceStatus,
    InstanceType,
    NetworkInterfaceStatus,
    NetworkInterfaceType,
    SecurityGroupType,
    VpcStatus,
    VSwitchStatus,
)


class Import(Event, frozen=True, kw_only=True):
    """The base of all imports. Without ``created_at`` the resource counts as created when it was imported.

    ``held`` says why a resource is held, which no command changes: it is another service's, or its description is not
    understood. It is None for all others.

    ``described`` has what the description of a held resource says and the event's fields cannot: an unknown status, or
    what it is on. The names are the vendor's.

    ``ID`` is the name of the field that has the resource's id. Schemas that lack ``tags`` lack ``name`` and
    ``description`` too, but of ENIs.
    """

    ID: ClassVar[str]
    created_at: Moment | None = None
    name: str | None = None
    description: str | None = None
    tags: TagPairs = ()


class VpcImported(Import, frozen=True, kw_only=True):
    """``owner_id`` is the account that owns the VPC and shares it, None for one of the importing account.
    ``only_named`` is true of a VPC that no response describes: other resources are described as in it. ``cidr_block``
    is empty where it is not known. Schema 1 lacks ``secondary_cidr_blocks``; schemas 1 and 2 lack ``held``,
    ``described``, ``owner_id`` and ``tags``."""

    SCHEMA: ClassVar[int] = 3
    ID: ClassVar[str] = "vpc_id"
    vpc_id: str
    cidr_block: str
    status: VpcStatus = VpcStatus.Available
    secondary_cidr_blocks: tuple[str, ...] = ()
    held: str | None = None
    owner_id: str | None = None
    described: Mapping[str, Any] | None = None
    only_named: bool = False


class VSwitchImported(Import, frozen=True, kw_only=True):
    """``unseen_addresses`` is the number of addresses that are in use by what no response describes. ``zone_id`` is
    empty where it is not known; ``cidr_block``, ``owner_id`` and ``only_named`` are as those of `VpcImported`. Schema 1
    lacks ``unseen_addresses``, schemas 1 and 2 lack ``tags``, ``held``, ``described`` and ``owner_id``."""

    SCHEMA: ClassVar[int] = 3
    ID: ClassVar[str] = "vswitch_id"
    vswitch_id: str
    vpc_id: str
    zone_id: str
    cidr_block: str
    status: VSwitchStatus = VSwitchStatus.Available
    unseen_addresses: int = 0
    held: str | None = None
    owner_id: str | None = None
    described: Mapping[str, Any] | None = None
    only_named: bool = False


class SecurityGroupImported(Import, frozen=True, kw_only=True):
    """``not_modelled`` says what of the description may matter and is not modelled, None if nothing. Schema 1 lacks it
    and ``security_group_type``, schema 2 ``tags``."""

    SCHEMA: ClassVar[int] = 3
    ID: ClassVar[str] = "security_group_id"
    security_group_id: str
    vpc_id: str | None = None
    security_group_type: SecurityGroupType = SecurityGroupType.Normal
    not_modelled: str | None = None


class SecurityGroupRulesImported(Event, frozen=True, kw_only=True):
    """The rules of an imported security group were described.

    It authorizes the groups ``source_group_ids``; its other rules name ``referenced_group_ids``. ``not_modelled`` says
    what those rules are, None if there are none. ``inner_access_policy`` tells whether members of the group reach each
    other; None: as in every group of its type.
    """

    security_group_id: str
    source_group_ids: tuple[str, ...] = ()
    referenced_group_ids: tuple[str, ...] = ()
    inner_access_policy: InnerAccessPolicy | None = None
    not_modelled: str | None = None


class InstanceImported(Import, frozen=True, kw_only=True):
    """``private_ip_address`` and ``security_group_ids`` are set for classic instances, as others have ENIs, and for
    one whose primary ENI no response describes: then ``vswitch_id`` is set, too, empty where it is not known, and the
    address as far as it is known. One without a VPC and an address is in a network that is not known.
    ``zone_id`` is empty where it is not known. Schema 1 lacks ``held``, schema 2 ``deletion_protection`` and
    ``described``, and schema 3 ``tags``."""

    SCHEMA: ClassVar[int] = 4
    ID: ClassVar[str] = "instance_id"
    instance_id: str
    status: InstanceStatus
    instance_type: InstanceType
    zone_id: str
    vpc_id: str | None = None
    vswitch_id: str | None = None
    private_ip_address: str | None = None
    security_group_ids: tuple[str, ...] = ()
    charge_type: ChargeType = ChargeType.PostPaid
    expires_at: Moment | None = None
    image_id: str | None = None
    internet_max_bandwidth_out: int = 0
    public_ip_address: str | None = None
    deletion_protection: bool = False
    held: str | None = None
    described: Mapping[str, Any] | None = None


class NetworkInterfaceImported(Import, frozen=True, kw_only=True):
    """The first of ``private_ip_addresses`` is the primary address; there is none where it is not known. Schema 1 lacks
    ``held``, schema 2 ``described``, ``ipv4_prefixes`` and ``ipv6_addresses``, and schema 3 ``tags`` and
    ``delete_on_release``."""

    SCHEMA: ClassVar[int] = 4
    ID: ClassVar[str] = "network_interface_id"
    network_interface_id: str
    type: NetworkInterfaceType
    status: NetworkInterfaceStatus
    vswitch_id: str
    mac_address: str
    private_ip_addresses: tuple[str, ...]
    ipv4_prefixes: tuple[str, ...] = ()
    ipv6_addresses: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    instance_id: str | None = None
    delete_on_release: bool = True
    held: str | None = None
    described: Mapping[str, Any] | None = None


class EipImported(Import, frozen=True, kw_only=True):
    """Schema 1 lacks ``held``: an EIP that was in use without an instance was another service's. Schema 2 lacks
    ``described``, ``network_interface_id``, the ENI that the EIP is on, and ``private_ip_address``, the address of the
    ENI's, which is None for the primary one, ``charge_type`` and ``deletion_protection``; schema 3 lacks ``tags``."""

    SCHEMA: ClassVar[int] = 4
    ID: ClassVar[str] = "allocation_id"
    allocation_id: str
    ip_address: str
    status: EipStatus
    instance_id: str | None = None
    network_interface_id: str | None = None
    private_ip_address: str | None = None
    charge_type: ChargeType = ChargeType.PostPaid
    deletion_protection: bool = False
    held: str | None = None
    described: Mapping[str, Any] | None = None


class InstanceTypesImported(Event, frozen=True, kw_only=True):
    """Instance types of the account were described, or shown by its instances. Recorded in the account's stream.

    A later event replaces what an earlier one says of a type.
    """

    instance_types: tuple[InstanceType, ...]


class ResourcesImported(Event, frozen=True, kw_only=True):
    """Resources were imported into these regions; no resource of any region had their ids. Recorded in the stream of
    imports."""

    region_ids: tuple[str, ...]


class ResourceRefreshed(Event, frozen=True, kw_only=True):
    """A resource was described again, and is another than it was. One field has what it is now: that of its kind.

    A description within this event is stored with the schema of this event: one that gets another schema gives another
    to this event, too.
    """

    resource_id: str
    vpc: VpcImported | None = None
    vswitch: VSwitchImported | None = None
    security_group: SecurityGroupImported | None = None
    instance: InstanceImported | None = None
    network_interface: NetworkInterfaceImported | None = None
    eip: EipImported | None = None

    @property
    def now(self) -> Import:
        """The resource as it is now. Raises ValueError unless there is one such description."""
        (one,) = [
            one
            for one in (self.vpc, self.vswitch, self.security_group, self.instance, self.network_interface, self.eip)
            if one is not None
        ]
        return one

    def named_resources(self) -> tuple[str, ...]:
        """Returns the ids of the resources that the event names, each once."""
        return tuple(dict.fromkeys((self.resource_id, *self.now.named_resources())))


class ResourceDisappeared(Event, frozen=True, kw_only=True):
    """A resource is no longer described, by responses that describe all of its kind."""

    resource_id: str
