"""Events of every schema, as each engine stores them, are read as they were; those of a later one are refused."""

from __future__ import annotations

import doctest
import json
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ecsnet import Cloud, ReplayError
from ecsnet import commands as c
from ecsnet.events import EVENT_TYPES, EventStore, MemoryStore, export_history, import_history
from ecsnet.events.stores import codec
from ecsnet.events.stores.hashes import verify
from ecsnet.events.stores.opening import open_address
from ecsnet.events.stores.sqlite import SqliteStore
from ecsnet.testing import check_upcasters, freeze_events
from tests.attack.damage import change_history
from tests.support.engines import ENGINES
from tests.support.frozen import DUMPS, FILES, LINES, WRITTEN, examples, frozen, load_dump
from tests.support.net import Net

VPC = c.CreateVpc(cidr_block="10.0.0.0/16")
AGAIN = "python -m tests.support.frozen"


def stored_rows(address: str) -> list[Any]:
    store: Any = ENGINES["sqlite"].open(address) if "://" not in address else open_address(address)
    found = list(store.stored())
    store.close()
    return found


# Fixtures of each engine


def test_the_formats_that_are_written_have_fixtures() -> None:
    assert set(WRITTEN) <= {*FILES, *DUMPS}, AGAIN


@pytest.mark.parametrize("fixture", [LINES, *WRITTEN], ids=lambda path: path.suffix)
def test_every_event_of_an_older_schema_is_in_the_fixtures_of_each_engine(fixture: Path) -> None:
    content = fixture.read_bytes().decode(errors="replace")
    for name, version, payload in frozen():
        if version < EVENT_TYPES[name].SCHEMA:
            shown = json.dumps(payload)[1:-1] if fixture is LINES else payload
            assert shown in content, f"{name} of schema {version} is missing: {AGAIN}"


@pytest.fixture(params=[LINES, *FILES, *DUMPS], ids=lambda path: path.name)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A store with the fixture of an engine."""
    opened: EventStore
    fixture: Path = request.param
    if fixture is LINES:
        opened = MemoryStore()
        import_history(LINES.read_bytes().splitlines(keepends=True), opened)
    elif fixture in FILES:
        opened = SqliteStore(Path(shutil.copyfile(fixture, tmp_path / "network.db")), read_only=True)
    else:
        opened = open_address(load_dump(fixture, request.getfixturevalue("postgres_address")), read_only=True)
    yield opened
    opened.close()


def test_a_stored_history_with_every_event_of_every_schema_is_read_as_it_was(kept: EventStore) -> None:
    lines = [json.loads(line) for line in LINES.read_text("utf-8").splitlines()[:-1]]
    records = list(kept.read())
    assert len(records) == len(lines) > 100
    for record, line in zip(records, lines, strict=True):
        assert (record.position, record.stream, record.version) == (line["position"], line["stream"], line["version"])
        assert record.event == codec.decode(line["type"], line["schema_version"], line["payload"])
        assert (record.type, record.command_id) == (line["type"], line["command_id"])
    assert verify(kept).intact
    named = [record.position for record in records if record.event.names("a-1")]
    assert set(named) <= {record.position for record in kept.read(naming="a-1")}


def test_a_stored_history_with_every_event_is_exported_as_it_was(kept: EventStore) -> None:
    lines = b"".join(export_history(kept)).splitlines()
    wanted = LINES.read_bytes().splitlines()
    if isinstance(kept, MemoryStore):  # it keeps events, and these are today's
        assert len(lines) == len(wanted)
    else:
        assert lines[:-1] == wanted[: len(lines) - 1]
        assert len(lines) > 100


# What a later version wrote


@pytest.mark.parametrize(
    ("change", "told"),
    [("schema_version = 99", r"VpcCreated has schema version 99"), ("type = 'VpcPainted'", "VpcPainted")],
)
def test_an_event_of_a_later_version_is_refused_and_nothing_is_changed(
    shared_address: str, change: str, told: str
) -> None:
    """By a cloud that is opened then, and by one that was open while a process with a later version appended."""
    if shared_address.startswith("nats:"):
        pytest.skip("no event can be changed there: tests/attack/test_jetstream.py appends one of a later version")
    with Cloud(shared_address) as cloud, Cloud(shared_address) as later:
        cloud.execute(VPC)
        later.execute(VPC)
        assert change_history(shared_address, f"UPDATE events SET {change} WHERE position = 2")
        before = stored_rows(shared_address)
        for work in (lambda: cloud.execute(VPC), lambda: len(cloud.vpcs), lambda: Cloud(shared_address)):
            with pytest.raises(ReplayError, match=told):
                work()
        assert stored_rows(shared_address) == before
        back = "type = 'VpcCreated', schema_version = " + str(EVENT_TYPES["VpcCreated"].SCHEMA)
        assert change_history(shared_address, f"UPDATE events SET {back} WHERE position = 2")
        assert len(cloud.vpcs) == 2
        cloud.execute(VPC)


# The test kit


def test_the_upcasters_of_ecsnet_pass_the_kit_and_each_has_an_example() -> None:
    assert check_upcasters(examples(), complete=True) > 40


def test_examples_of_a_history_are_one_for_each_type_and_schema() -> None:
    net = Net()
    net.attached(net.run())
    lines = freeze_events(net.cloud.store)
    types = [json.loads(line)["type"] for line in lines]
    assert sorted(types) == sorted({record.type for record in net.cloud.history()})
    assert check_upcasters(lines) == len(lines)
    net.eni()
    created = [line for line in freeze_events(net.cloud.store, each=2) if "NetworkInterfaceCreated" in line]
    assert len(created) == 2


def test_examples_of_older_schemas_are_kept_as_they_are_stored(kept: EventStore) -> None:
    lines = freeze_events(kept)
    if isinstance(kept, MemoryStore):
        assert len(lines) == len(EVENT_TYPES)  # it keeps events, and these are today's
    else:
        assert {(one["type"], one["stored"]["schema_version"]) for one in map(json.loads, lines)} == {
            (name, version) for name, version, _ in frozen()
        }
    check_upcasters(lines)


STORED = '{"vpc_id":"vpc-1","cidr_block":"10.0.0.0/8"}'


def line(version: int, payload: str = STORED, read_as: str = STORED, name: str = "VpcCreated") -> str:
    current = {"schema_version": 2, "payload": read_as}
    return json.dumps({"type": name, "stored": {"schema_version": version, "payload": payload}, "read_as": current})


def renamed(old: dict[str, Any]) -> dict[str, Any]:
    return {**old, "vpc_id": "vpc-2"}


def changing(old: dict[str, Any]) -> dict[str, Any]:
    old["name"] = None
    return old


def counting(numbers: Any = count()) -> Callable[[dict[str, Any]], dict[str, Any]]:  # noqa: B008  # it goes on counting
    return lambda old: {**old, "name": f"vpc {next(numbers)}" if next(numbers) > 1 else None}


def failing(old: dict[str, Any]) -> dict[str, Any]:
    return {"id": old["id"]}


@pytest.mark.parametrize(
    ("upcaster", "told"),
    [
        (renamed, "line 1: VpcCreated of schema 1: it is read as another event than before: .*vpc-2"),
        (changing, "the upcaster from schema 1 changes what it is given"),
        (counting(), "gives another payload the second time"),
        (failing, "line 1: VpcCreated of schema 1: VpcCreated cannot be read: 'id'"),
        (lambda old: {**old, "colour": "red"}, "cannot be read.*colour"),
    ],
)
def test_the_kit_finds_a_broken_upcaster(monkeypatch: pytest.MonkeyPatch, upcaster: Any, told: str) -> None:
    assert check_upcasters([line(1), line(2)]) == 2
    monkeypatch.setitem(codec.UPCASTERS, ("VpcCreated", 1), upcaster)
    with pytest.raises(AssertionError, match=told):
        check_upcasters([line(1)])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no JSON", "line 1: JSON is malformed"),
        ("{}", "line 1: Object missing required field"),
        (line(3), "line 1: VpcCreated of schema 3: VpcCreated cannot be read: .*schema version 3"),
        (line(2, name="VpcPainted"), "unknown event type 'VpcPainted'"),
        (line(2, read_as=STORED.replace("vpc-1", "vpc-2")), "it is read as another event than before"),
    ],
)
def test_the_kit_names_a_line_that_is_not_read_as_before(text: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_upcasters([text])


def test_the_kit_asks_for_an_upcaster_and_a_line_of_each_older_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = examples()
    missing = next(number for number, one in enumerate(lines) if json.loads(one)["type"] == "VpcCreated")
    with pytest.raises(AssertionError, match="no line of VpcCreated of schema 1"):
        check_upcasters([*lines[:missing], *lines[missing + 1 :]], complete=True)
    monkeypatch.setitem(codec.UPCASTERS, ("VpcCreated", 7), dict)
    with pytest.raises(AssertionError, match="a schema that there is not: VpcCreated of schema 7"):
        check_upcasters(lines, complete=True)
    monkeypatch.delitem(codec.UPCASTERS, ("VpcCreated", 7))
    monkeypatch.delitem(codec.UPCASTERS, ("EipImported", 1))
    with pytest.raises(AssertionError, match="no upcaster for EipImported of schema 1"):
        check_upcasters([one for one in lines if json.loads(one)["type"] != "EipImported"], complete=True)


def test_the_example_of_the_kit_runs() -> None:
    runner, names = doctest.DocTestRunner(), {"freeze_events": freeze_events, "check_upcasters": check_upcasters}
    for example in doctest.DocTestFinder().find(freeze_events, globs=names):
        runner.run(example)
    assert runner.tries > 3
    assert not runner.failures
