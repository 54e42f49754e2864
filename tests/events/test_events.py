"""Stored events: every type round-trips, and every frozen event can still be read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ecsnet.events import EVENT_TYPES, Event
from ecsnet.events.base import Moment, TagPairs
from ecsnet.events.imports import Import, NetworkInterfaceImported, ResourceRefreshed
from ecsnet.events.stores import codec
from ecsnet.values import (
    ChargeType,
    EipStatus,
    InnerAccessPolicy,
    InstanceStatus,
    InstanceType,
    NetworkInterfaceStatus,
    NetworkInterfaceType,
    SecurityGroupType,
    TaggedType,
    VpcStatus,
    VSwitchStatus,
)

FROZEN = Path(__file__).parent / "frozen_events.jsonl"
UPCAST = Path(__file__).parent / "upcast_events.jsonl"
VALUES: dict[Any, Any] = {
    str: "a-1",
    str | None: "b-1",
    Mapping[str, Any] | None: {"Status": "Sleeping"},
    Mapping[str, Any]: {"HostName": "web", "Tags": {"Tag": []}},
    InstanceStatus: InstanceStatus.Running,
    NetworkInterfaceStatus: NetworkInterfaceStatus.InUse,
    NetworkInterfaceType: NetworkInterfaceType.Primary,
    EipStatus: EipStatus.Available,
    VpcStatus: VpcStatus.Available,  # as lines have it that were written before there was a status
    VSwitchStatus: VSwitchStatus.Available,
    int: 7,
    int | None: 3,
    Moment: datetime(2019, 4, 11, tzinfo=UTC),
    bool: True,
    bool | None: False,
    TagPairs: (("k-1", "v-1"), ("k-2", "")),
    TaggedType: TaggedType.NetworkInterface,
    tuple[str, ...]: ("x", "y"),
    tuple[str, ...] | None: ("z",),
    ChargeType: ChargeType.PrePaid,
    SecurityGroupType: SecurityGroupType.Enterprise,
    InnerAccessPolicy | None: InnerAccessPolicy.Drop,
    InstanceType: InstanceType(id="ecs.g5.large", eni_quantity=2, private_ipv4_per_eni=6, nic_queues=1),
    tuple[InstanceType, ...]: (InstanceType(id="ecs.g5.large", eni_quantity=2, private_ipv4_per_eni=6, nic_queues=1),),
    **dict.fromkeys([one | None for one in Import.__subclasses__()]),  # one of them has an example below
    Moment | None: datetime(2019, 3, 11, 8, 30, 0, 123456, tzinfo=UTC),
}


def example(event_type: type[Event]) -> Event:
    fields = msgspec.structs.fields(event_type)
    values = {field.name: VALUES[field.type] for field in fields}
    if event_type is ResourceRefreshed:
        values["network_interface"] = example(NetworkInterfaceImported)
    return event_type(**values)


@pytest.mark.parametrize("event_type", EVENT_TYPES.values(), ids=EVENT_TYPES)
def test_every_event_is_decoded_as_it_was_encoded(event_type: type[Event]) -> None:
    event = example(event_type)
    assert codec.decode(event_type.__name__, event_type.SCHEMA, codec.encode(event)) == event


@pytest.mark.parametrize("line", FROZEN.read_text().splitlines())
def test_every_frozen_event_can_be_decoded(line: str) -> None:
    """One line for every event and schema version that was ever released; lines are added, never changed."""
    name, version, payload = line.split("\t")
    event = codec.decode(name, int(version), payload)
    if int(version) == EVENT_TYPES[name].SCHEMA:
        assert event == example(EVENT_TYPES[name])


@pytest.mark.parametrize("line", UPCAST.read_text(encoding="utf-8").splitlines())
def test_an_event_of_an_older_schema_is_decoded_as_one_of_today(line: str) -> None:
    """Payloads of older schemas, each with the payload that it stands for; lines are added, never changed, so one may
    lack fields with a default that came later."""
    name, version, payload, today = line.split("\t")
    event = codec.decode(name, int(version), payload)
    assert codec.decode(name, EVENT_TYPES[name].SCHEMA, today) == event


def test_every_older_schema_has_an_upcaster_and_a_frozen_example() -> None:
    older = {(name, version) for name, event in EVENT_TYPES.items() for version in range(1, event.SCHEMA)}
    assert set(codec.UPCASTERS) == older
    frozen = [line.split("\t") for line in UPCAST.read_text(encoding="utf-8").splitlines()]
    assert {(name, int(version)) for name, version, *_ in frozen} == older


def test_every_event_is_frozen() -> None:
    written = {tuple(line.split("\t")[:2]) for line in FROZEN.read_text().splitlines()}
    assert {(name, str(event_type.SCHEMA)) for name, event_type in EVENT_TYPES.items()} <= written


def test_an_older_schema_goes_through_its_upcasters(monkeypatch: pytest.MonkeyPatch) -> None:
    event_type = EVENT_TYPES["VpcCreated"]
    monkeypatch.setattr(codec, "DECODERS", type(codec.DECODERS)())
    monkeypatch.setattr(event_type, "SCHEMA", 3)
    monkeypatch.setitem(codec.UPCASTERS, ("VpcCreated", 1), lambda old: {"id": old["id"], "block": old["cidr"]})
    monkeypatch.setitem(
        codec.UPCASTERS, ("VpcCreated", 2), lambda old: {"vpc_id": old["id"], "cidr_block": old["block"]}
    )
    event = codec.decode("VpcCreated", 1, '{"id": "vpc-1", "cidr": "10.0.0.0/8"}')
    assert event == event_type(vpc_id="vpc-1", cidr_block="10.0.0.0/8")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "version", "payload"),
    [
        ("Banana", 1, "{}"),
        ("VpcCreated", 2, "{}"),
        ("VpcCreated", 0, "{}"),
        ("EipImported", 1, "{}"),
        ("VpcCreated", 1, '{"vpc_id": "vpc-1"}'),
        ("VpcCreated", 1, '{"vpc_id": "vpc-1", "cidr_block": "10.0.0.0/8", "colour": "red"}'),
        ("VpcCreated", 1, "[]"),
        ("VpcCreated", 1, None),
    ],
)
def test_an_unreadable_event_raises_unreadable_event(name: str, version: int, payload: Any) -> None:
    with pytest.raises(codec.UnreadableEvent):
        codec.decode(name, version, payload)


def test_an_event_lists_the_ids_of_resources_that_it_names() -> None:
    created = EVENT_TYPES["NetworkInterfaceCreated"](
        network_interface_id="eni-1",  # type: ignore[call-arg]
        vswitch_id="vsw-1",
        mac_address="00:16:3e:00:00:01",
        private_ip_addresses=("10.0.1.1",),
        security_group_ids=("sg-1", "sg-2", "sg-1"),
        name="vsw-2",
    )
    assert created.named_resources() == ("eni-1", "vsw-1", "sg-1", "sg-2")
    assert created.names("sg-2")
    assert not created.names("vsw-2")


@pytest.mark.parametrize(
    ("name", "field"),
    [("InstanceCreated", "zone_id"), ("InstanceCreated", "image_id"), ("SharedAddressDrawn", "region_id")],
)
def test_zones_images_and_regions_are_no_resources_that_an_event_names(name: str, field: str) -> None:
    event = msgspec.structs.replace(example(EVENT_TYPES[name]), **{field: "somewhere"})
    assert not event.names("somewhere")
