"""JetStream: what is refused, answers and servers that are lost, leaders that are killed, and processes that race."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import nats as client
import pytest

from ecsnet import Cloud, CommandDenied, ReplayError, StoreError, VersionConflict
from ecsnet import commands as c
from ecsnet.events import EventStore, MemoryStore, NewEvent, subscribe
from ecsnet.events.stores import jetstream_link, jetstream_log
from ecsnet.events.stores.hashes import verify
from ecsnet.events.stores.jetstream import JetStreamStore
from ecsnet.events.stores.jetstream_link import Link, Lost, Outgoing
from ecsnet.events.stores.snapshots import Snapshot
from ecsnet.events.stores.sqlite import SqliteStore
from ecsnet.events.vpc import VpcDeleted
from ecsnet.testing import check_event_store
from tests.attack.processes import Child
from tests.attack.racing import all_is_well
from tests.support import nats
from tests.support.nats import Server
from tests.support.net import Net

NOW = datetime(2019, 3, 11, 8, 0, tzinfo=UTC)
VPC = c.CreateVpc(cidr_block="10.0.0.0/16")


@pytest.fixture
def address(nats_address: str) -> str:
    """The address of a stream that does not exist yet."""
    return nats.fresh(nats_address)


@contextmanager
def opened(address: str, **options: Any) -> Iterator[JetStreamStore]:
    store = JetStreamStore(address, **options)
    try:
        yield store
    finally:
        store.close()


def news(stream: str, *names: str, command_id: str = "c") -> list[NewEvent]:
    return [NewEvent(stream, VpcDeleted(vpc_id=name), NOW, "1", command_id) for name in names]


def asked(address: str, subject: str, question: Any = None, **headers: str) -> Any:
    """Returns the answer of the engine to somebody else, who asks for a stream (``{}``) or publishes in it."""
    servers, _, name = address.rpartition("/")

    async def ask() -> Any:
        connection = await client.connect(servers.split(",")[0])
        data = question if isinstance(question, bytes) else b"" if question is None else json.dumps(question).encode()
        answer = await connection.request(subject.format(name), data, timeout=10, headers=headers or None)
        await connection.close()
        return json.loads(answer.data)

    return asyncio.run(ask())


def test_the_engine_refuses_to_delete_events(address: str) -> None:
    with opened(address) as store:
        recorded = list(store.append(news("a", "1", "2"), {"a": 0}))
        for subject, question in (("MSG.DELETE", {"seq": 1}), ("PURGE", {})):
            answer = asked(address, f"$JS.API.STREAM.{subject}.{{}}", question)
            assert "not permitted" in answer["error"]["description"]
        config = asked(address, "$JS.API.STREAM.INFO.{}")["config"]
        answer = asked(address, "$JS.API.STREAM.UPDATE.{}", {**config, "deny_delete": False, "deny_purge": False})
        assert "can not cancel deny" in answer["error"]["description"]
        assert list(store.read()) == recorded


def test_each_region_has_a_subject(address: str) -> None:
    streams = ["cn-hangzhou", "account/1234567890123456", "addresses/public/21", "a.b c*>~%", "名", ""]
    with opened(address) as store:
        for stream in streams:
            store.append(news(stream, "1"), {stream: 0})
            store.append(news(stream, "2"), {stream: 1})
        state = asked(address, "$JS.API.STREAM.INFO.{}", {"subjects_filter": ">"})["state"]
        assert sorted(state["subjects"].values()) == [2] * len(streams)
        name = address.rpartition("/")[2]
        assert state["subjects"][f"ecsnet.events.{name}.cn-hangzhou"] == 2
        assert [(record.stream, record.version) for record in store.read()] == [(s, v) for s in streams for v in (1, 2)]


def test_an_append_to_several_regions_needs_the_version_of_each(address: str) -> None:
    """The expected sequence of a subject would compare one; that of the whole stream stands for all."""
    with opened(address) as one, opened(address) as other:
        one.append([*news("a", "1"), *news("b", "1"), *news("c", "1")], {"a": 0, "b": 0, "c": 0})
        other.append(news("b", "2"), {"b": 1})
        with pytest.raises(VersionConflict) as told:
            one.append([*news("a", "2"), *news("b", "3")], {"a": 1, "b": 1, "c": 1})
        assert (told.value.stream, told.value.expected, told.value.actual) == ("b", 1, 2)
        other.append(news("c", "2"), {"c": 1})
        with pytest.raises(VersionConflict):
            one.append([*news("a", "2"), *news("b", "3")], {"a": 1, "b": 2, "c": 1})
        one.append([*news("a", "2"), *news("b", "3")], {"a": 1, "b": 2, "c": 2})
        assert [record.event.vpc_id for record in other.read(after=3)] == ["2", "2", "2", "3"]  # type: ignore[attr-defined]


def test_a_message_of_somebody_else_is_found(address: str) -> None:
    with opened(address) as store:
        store.append(news("a", "1"), {"a": 0})
        line = json.dumps(
            {
                "position": 2,
                "stream": "a",
                "version": 2,
                "type": "VpcDeleted",
                "schema_version": 1,
                "payload": '{"vpc_id":"2"}',
                "recorded_at": "2019-03-11T08:00:00Z",
                "account_id": "1",
                "command_id": "c",
                "caused_by": None,
                "settles": None,
                "hash": "0" * 64,
            }
        ).encode()
        assert asked(address, "ecsnet.events.{}.a", line)["seq"] == 2
        fault = verify(store).fault
        assert fault is not None
        assert (fault.kind, fault.position) == ("altered", 2)
        assert asked(address, "ecsnet.events.{}.a", b"{}")["seq"] == 3
        with pytest.raises(ReplayError, match="sequence 3 cannot be read"):
            store.head()


@pytest.mark.parametrize(
    ("type_name", "schema", "told"),
    [("VpcCreated", 99, "VpcCreated has schema version 99"), ("VpcPainted", 1, "VpcPainted")],
)
def test_an_event_of_a_later_version_is_refused(address: str, type_name: str, schema: int, told: str) -> None:
    """By a cloud that is opened then, and by one that was open while a process with a later version appended."""
    with Cloud(address) as cloud:
        cloud.execute(VPC)
        last = cloud.history()[-1]
        line = json.dumps(
            {
                "position": last.position + 1,
                "stream": last.stream,
                "version": last.version + 1,
                "type": type_name,
                "schema_version": schema,
                "payload": "{}",
                "recorded_at": "2030-03-11T08:00:00Z",
                "account_id": last.account_id,
                "command_id": "later",
                "caused_by": None,
                "settles": None,
                "hash": "0" * 64,
            }
        ).encode()
        assert "seq" in asked(address, f"ecsnet.events.{{}}.{last.stream}", line)
        for work in (lambda: cloud.execute(VPC), lambda: len(cloud.vpcs), lambda: Cloud(address)):
            with pytest.raises(ReplayError, match=told):
                work()
        assert cloud.store.head() == last.position + 1


# Reading


def test_reading_from_any_position_is_the_same_as_in_memory(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few events are kept in memory here, so that they are looked for in the stream, in appends of very different
    sizes."""
    monkeypatch.setattr(jetstream_log, "_MOST_RECENT", 3)
    monkeypatch.setattr(jetstream_log, "_AT_ONCE", 7)
    monkeypatch.setattr(jetstream_log, "_MOST_NEWS", 5)
    random, memory = Random(7), MemoryStore()
    with opened(address) as writer:
        versions = Counter[str]()
        for number in range(60):
            names = [f"{number}/{n}" for n in range(random.choice([1, 1, 1, 2, 40]))]
            streams = random.sample(["a", "b", "c"], random.choice([1, 1, 3]))
            events = [new for stream in streams for new in news(stream, *names)]
            expected = {stream: versions[stream] for stream in streams}
            assert list(writer.append(events, expected)) == list(memory.append(events, expected))
            versions.update(new.stream for new in events)
        for reader in (writer, JetStreamStore(address)):
            assert list(reader.read()) == list(memory.read())
            for _ in range(40):
                after, size = random.randrange(memory.head()), random.choice([1, 1, 5, 100])
                expected_events = list(memory.read(after=after, until=after + size))
                assert list(reader.read(after=after, until=after + size)) == expected_events
            for name in ("3/0", "59/0", "never"):
                assert list(reader.read(naming=name)) == list(memory.read(naming=name))
        reader.append(news("a", "last"), {"a": versions["a"]})
        assert [record.position for record in writer.read(after=memory.head())] == [memory.head() + 1]
        assert [record.position for record in writer.read(naming="last")] == [memory.head() + 1]
        reader.close()


def test_the_digest_of_a_history_is_that_of_a_file_at_any_position(address: str, tmp_path: Path) -> None:
    """The last event of each stream up to a position is looked for in the stream, among appends of all sizes."""
    random, versions = Random(3), Counter[str]()
    with opened(address) as writer, closing(SqliteStore(tmp_path / "network.db")) as file:
        for number in range(60):
            names = [f"{number}/{n}" for n in range(random.choice([1, 1, 1, 2, 40]))]
            streams = random.sample(["a", "b", "c"], random.choice([1, 1, 3]))
            events = [new for stream in streams for new in news(stream, *names)]
            writer.append(events, {stream: versions[stream] for stream in streams})
            versions.update(new.stream for new in events)
        file.restore(writer.stored())
        at, ends = 0, dict[str, int]()
        with opened(address) as reader:
            for record in writer.read():
                at, ends[record.stream] = record.position, record.version
                if random.random() < 0.1 or at == writer.head():
                    digest = file.history_digest(ends)
                    assert digest is not None
                    assert reader.history_digest(ends) == writer.history_digest(ends) == digest
            for missing in ({"a": versions["a"] + 1}, {"never": 1}, {"a": 1, "b": 0}):
                assert reader.history_digest(missing) is None


# Snapshots


def test_a_snapshot_of_which_a_message_is_missing_is_passed_over(address: str) -> None:
    small, large = Snapshot("k", 1, 1, b"small"), Snapshot("k", 2, 2, bytes(3_000_000))
    with opened(address) as store:
        store.append(news("a", "1", "2"), {"a": 0})
        assert store.keep_snapshot(small)
        assert store.keep_snapshot(large)
        with opened(address, read_only=True) as reader:
            assert (reader.snapshot("k", until=2), reader.snapshot("k", until=1)) == (large, small)
            assert not reader.keep_snapshot(small)
        asked(address, "$JS.API.STREAM.PURGE.{}-snapshots", {"filter": "ecsnet.snapshots.*.k.2.2.*.1"})
        assert store.snapshot("k", until=2) == small
        assert store.snapshot_positions("k") == [1]


def test_a_stream_of_another_program_is_no_place_for_snapshots(address: str) -> None:
    _, _, name = address.rpartition("/")
    other = {"name": f"{name}-snapshots", "subjects": [f"theirs.{name}"], "storage": "memory"}
    with opened(address) as store:
        asked(address, "$JS.API.STREAM.CREATE.{}-snapshots", other)
        store.append(news("a", "1"), {"a": 0})
        with pytest.raises(StoreError, match="has no snapshots"):
            store.keep_snapshot(Snapshot("k", 1, 1, b"state"))
        with pytest.raises(StoreError, match="has no snapshots"):
            store.snapshot("k", until=1)
        assert len(list(store.read())) == 1
        assert asked(address, "$JS.API.STREAM.INFO.{}-snapshots")["config"]["subjects"] == other["subjects"]


def test_a_store_that_falls_far_behind_goes_on_at_the_end(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jetstream_log, "_MOST_NEWS", 5)
    with opened(address) as store, opened(address) as other:
        store.append(news("a", "1"), {"a": 0})
        store.append(news("b", "1"), {"b": 0})
        for version in range(1, 20):
            other.append(news("a", str(version)), {"a": version})
        assert store.head() == 21
        store.append([*news("b", "2"), *news("a", "20")], {"b": 1, "a": 20})
        assert verify(other).intact


# Answers that are lost


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("streams", [["a"], ["a", "b"]])
def test_an_append_whose_answer_was_lost_is_recorded_once(
    address: str, when: str, streams: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    published, cut = Link.published, [when]

    async def cutting(link: Link, messages: Sequence[Outgoing]) -> None:
        lost = cut.pop() if cut else None
        if lost != "before":
            await published(link, messages)
        if lost is not None:
            raise Lost("the answer is lost")

    with opened(address) as store:
        store.append(news("z", "1"), {"z": 0})
        monkeypatch.setattr(Link, "published", cutting)
        events = [new for stream in streams for new in news(stream, "2", "3")]
        recorded = store.append(events, dict.fromkeys(streams, 0))
        assert [record.position for record in recorded] == list(range(2, 2 + len(events)))
        assert list(store.read(after=1)) == list(recorded)
        cut.append(when)
        with pytest.raises(VersionConflict):
            store.append(news("a", "2", "3"), {"a": 0})
        assert store.head() == 1 + len(events)


def test_an_append_that_is_lost_while_another_is_made_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    published = Link.published
    with opened(address) as store, opened(address) as other:
        store.append(news("a", "1"), {"a": 0})

        async def losing(link: Link, messages: Sequence[Outgoing]) -> None:
            monkeypatch.setattr(Link, "published", published)
            await asyncio.get_running_loop().run_in_executor(None, lambda: other.append(news("a", "2"), {"a": 1}))
            raise Lost("the question is lost")

        monkeypatch.setattr(Link, "published", losing)
        with pytest.raises(VersionConflict):
            store.append(news("a", "3"), {"a": 1})
        assert [record.event.vpc_id for record in store.read()] == ["1", "2"]  # type: ignore[attr-defined]


@pytest.fixture
def outrun(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[JetStreamStore], None]]:
    """Has a store append right before the next two appends of others, which then ask it to append for them."""
    published, appended, busy = Link.published, list[int](), list[bool]()

    def begin(other: JetStreamStore) -> None:
        async def late(link: Link, messages: Sequence[Outgoing]) -> None:
            if not busy and len(appended) < 2:
                busy.append(True)
                version = len(appended)
                await asyncio.to_thread(other.append, news("other", str(version)), {"other": version})
                appended.append(version)
                busy.clear()
            await published(link, messages)

        monkeypatch.setattr(Link, "published", late)

    yield begin
    assert appended == [0, 1]


Outrun = Callable[[JetStreamStore], None]


def test_writers_that_meet_append_together(address: str) -> None:
    count = 40
    with opened(address) as one, opened(address) as two, opened(address) as three:

        def write(stream: str, store: JetStreamStore) -> Callable[[], None]:
            def run() -> None:
                for version in range(count):
                    store.append(news(stream, f"{stream}/{version}"), {stream: version})

            return run

        threads = [Thread(target=write(name, store)) for name, store in (("1", one), ("2", two), ("3", three))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [record.position for record in one.read()] == list(range(1, 3 * count + 1))
        assert verify(two).intact
        assert asked(address, "$JS.API.STREAM.INFO.{}")["state"]["last_seq"] == 3 * count


def test_an_append_that_is_outrun_is_made_by_the_writer_that_was_faster(address: str, outrun: Outrun) -> None:
    with opened(address) as one, opened(address) as other:
        one.head()
        outrun(other)
        (recorded,) = one.append(news("one", "1"), {"one": 0})
        assert recorded.position == 3
        assert list(one.read(after=2)) == [recorded]
        message = asked(address, "$JS.API.STREAM.MSG.GET.{}", {"seq": 3})["message"]
        assert b"Ecsnet-Writer" in base64.b64decode(message["hdrs"])
        other.append(news("one", "2"), {"one": 1})
        with pytest.raises(VersionConflict) as told:
            one.append(news("one", "x"), {"one": 1})
        assert (told.value.stream, told.value.expected, told.value.actual) == ("one", 1, 2)
        assert verify(one).intact


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_append_is_recorded_once_though_the_writer_that_was_faster_does_not_answer(
    address: str, when: str, outrun: Outrun, monkeypatch: pytest.MonkeyPatch
) -> None:
    replied, calls = Link.replied, list[str]()

    async def losing(link: Link, subject: str, question: bytes) -> bytes:
        calls.append(subject)
        if when == "after":
            await replied(link, subject, question)
        raise Lost("nobody answers")

    monkeypatch.setattr(Link, "replied", losing)
    with opened(address) as one, opened(address) as other:
        one.head()
        outrun(other)
        one.append(news("one", "1"), {"one": 0})
        one.append(news("one", "2"), {"one": 1})
        assert calls
        assert [record.stream for record in other.read()] == ["other", "other", "one", "one"]
        assert verify(one).intact


def test_an_append_is_found_though_much_was_appended_since(
    address: str, outrun: Outrun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jetstream_log, "_MOST_RECENT", 3)
    monkeypatch.setattr(jetstream_log, "_MOST_NEWS", 3)
    monkeypatch.setattr(jetstream_log, "_AT_ONCE", 4)
    replied = Link.replied

    async def losing(link: Link, subject: str, question: bytes) -> bytes:
        await replied(link, subject, question)
        for version in range(2, 14):
            await asyncio.to_thread(other.append, news("other", "x"), {"other": version})
        raise Lost("the answer is lost")

    monkeypatch.setattr(Link, "replied", losing)
    with opened(address) as one, opened(address) as other:
        one.head()
        outrun(other)
        (recorded,) = one.append(news("one", "1"), {"one": 0})
        assert recorded.position == 3
        assert one.head() == 15


# Processes


def test_a_cluster_of_three_keeps_each_promise(three_servers: nats.Cluster) -> None:
    addresses: dict[EventStore, str] = {}

    def open_at(address: str) -> EventStore:
        store = JetStreamStore(address)
        assert store.replicas == 3
        addresses[store] = address
        return store

    check_event_store(
        lambda: open_at(nats.fresh(three_servers.address)), open_again=lambda store: open_at(addresses[store])
    )


# Servers that are killed or cut off


def create_interfaces(address: str, vswitch: str, group: str, say: Any) -> None:
    """Creates ENIs until the quota denies one, and says which, and the longest time that one took."""
    longest = 0.0
    with Cloud(address) as cloud:
        command = c.CreateNetworkInterface(vswitch_id=vswitch, security_group_ids=[group])
        while True:
            begin = time.monotonic()
            try:
                say(cloud.execute(command).id)
            except CommandDenied as denied:
                say(f"{denied.code} {longest}")
                return
            longest = max(longest, time.monotonic() - begin)


def test_leaders_that_are_killed_or_cut_off_lose_and_double_no_acknowledged_event(three_servers: nats.Cluster) -> None:
    """Three processes create ENIs while the leader of the stream is killed, and while the next one is cut off, which
    takes itself for the leader when it is heard again."""
    address = nats.fresh(three_servers.address)
    with Cloud(address) as cloud:
        net = Net(store=cloud.store)
        vswitch = cloud.execute(net.vswitch_command("10.0.128.0/17")).id
        # neither the group nor the quota is to end the children before the servers were killed, however fast they are
        group = cloud.execute(c.CreateSecurityGroup(vpc_id=net.vpc.id, security_group_type="enterprise")).id
        cloud.execute(c.SetQuota(name="interfaces-per-region", value=30_000))
        children = [Child(lambda say: create_interfaces(address, vswitch, group, say)) for _ in range(3)]
        for end in (Server.kill, Server.pause):
            begin, deadline = cloud.store.head(), time.monotonic() + 60
            while (leader := three_servers.leader(address.rpartition("/")[2])) is None:
                assert time.monotonic() < deadline
            while cloud.store.head() < begin + 20:
                assert time.monotonic() < deadline
            end(leader)
            try:
                while cloud.store.head() < begin + 60:  # without the server
                    assert time.monotonic() < deadline
            finally:
                if end is Server.pause:
                    leader.go_on()
            three_servers.start()
        quota = len(cloud.network_interfaces) + 200
        cloud.execute(c.SetQuota(name="interfaces-per-region", value=quota))
        decided = cloud.history(type="QuotaSet")[-1].position  # others may have created more than 200 until then
        most = max(quota, len(cloud.at(decided).network_interfaces))
        said = [line for child in children for line in child.lines()]
        made = [line for line in said if line.startswith("eni-")]
        denied = [line for line in said if not line.startswith("eni-")]
        assert [line.split()[0] for line in denied] == ["MaxEniCountExceeded"] * 3
        assert max(float(line.split()[1]) for line in denied) < 30
        assert len(made) == len(set(made)) == len(cloud.network_interfaces) == most
        assert set(made) == set(cloud.network_interfaces)
        assert cloud.verify().intact
        all_is_well(cloud)


@pytest.mark.parametrize("number", range(3))
def test_a_history_is_opened_though_one_of_the_servers_does_not_answer(
    three_servers: nats.Cluster, number: int
) -> None:
    address = nats.fresh(three_servers.address)
    with Cloud(address) as cloud:
        cloud.execute(VPC)
        three_servers.servers[number].pause()
        try:
            with Cloud(address) as other:
                other.execute(VPC)
                assert len(other.vpcs) == 2
        finally:
            three_servers.servers[number].go_on()
        assert len(cloud.vpcs) == 2


def test_a_server_without_the_others_records_nothing(
    three_servers: nats.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Cloud(nats.fresh(three_servers.address)) as cloud:
        vpc = cloud.execute(VPC)
        _, *others = three_servers.servers
        with monkeypatch.context() as patch:
            patch.setattr(jetstream_link, "_HEALING", 1.0)
            for server in others:
                server.pause()
            try:
                with pytest.raises(StoreError):
                    cloud.execute(VPC)
            finally:
                for server in others:
                    server.go_on()
        last = cloud.execute(VPC)
        assert {vpc.id, last.id} <= set(cloud.vpcs)  # the one between them may be there: its answer was lost
        assert len(cloud.vpcs) in (2, 3)
        assert cloud.verify().intact


def test_a_server_that_cannot_be_reached_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jetstream_link, "_HEALING", 0.3)
    monkeypatch.setattr(jetstream_link, "_ANSWERING", 0.3)
    with nats.cluster(1) as servers:
        address = nats.fresh(servers.address)
        with Cloud(address) as cloud:
            vpc = cloud.execute(VPC)
            servers.stop()
            with pytest.raises(StoreError, match=r"127\.0\.0\.1"):
                cloud.execute(VPC)
            with pytest.raises(StoreError, match=r"127\.0\.0\.1"):
                cloud.store.append(news("a", "1"), {"a": 0})
            with pytest.raises(StoreError, match=r"127\.0\.0\.1"):
                Cloud(address)
            servers.start()
            assert list(cloud.vpcs) == [vpc.id]
            cloud.execute(VPC)
            assert cloud.verify().intact


def test_an_append_of_which_nothing_is_known_says_so(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jetstream_link, "_HEALING", 0.1)

    async def losing(link: Link, messages: Sequence[Outgoing]) -> None:
        raise Lost("the answer is lost")

    with opened(address) as store:
        monkeypatch.setattr(Link, "published", losing)
        with pytest.raises(StoreError, match="whether the events were recorded is not known"):
            store.append(news("a", "1"), {"a": 0})


def test_another_history_in_the_place_of_the_stream_is_noticed(address: str) -> None:
    for vpcs in (0, 1, 3):
        with Cloud(address) as cloud:
            vpc = cloud.execute(VPC)
            with emptied(address) as other:
                for number in range(vpcs):
                    other.execute(c.CreateVpc(cidr_block=f"10.{number}.0.0/16"))
            with pytest.raises(ReplayError):
                cloud.execute(c.DeleteVpc(vpc_id=vpc.id))
        emptied(address).close()


def test_a_child_notices_another_history_of_the_same_length(address: str) -> None:
    with Cloud(address) as cloud:
        cloud.execute(VPC)
        with emptied(address) as other:
            other.execute(VPC)

            def look(say: Callable[[str], None]) -> None:
                try:
                    say(f"{len(cloud.vpcs)} VPCs")
                except ReplayError:
                    say("another history")

            assert Child(look).lines() == ["another history"]


def emptied(address: str) -> Cloud:
    """Deletes a stream and returns a cloud at its address, whose history is empty. A server that is very busy may have
    the messages of the deleted stream in the new one."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert asked(address, "$JS.API.STREAM.DELETE.{}")["success"]
        cloud = Cloud(address)
        if not cloud.position:
            return cloud
        cloud.close()
    raise AssertionError("the server does not delete the stream")


# Streams and addresses


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"metadata": {}}, "another program"),
        ({"metadata": {"ecsnet.format": "99"}}, "has format 99; this ecsnet knows 1"),
        ({"max_age": 10**15}, "has max_age 1000000000000000; a history needs 0"),
        ({"discard": "old"}, "has discard 'old'"),
        ({"deny_purge": False}, "has deny_purge False"),
        ({"storage": "memory"}, "has storage 'memory'"),
    ],
)
def test_a_stream_that_is_no_history_is_refused_and_unchanged(
    nats_address: str, address: str, change: dict[str, Any], reason: str
) -> None:
    model = nats.fresh(nats_address)
    JetStreamStore(model).close()
    name, other = (one.rpartition("/")[2] for one in (address, model))
    config = json.loads(json.dumps(asked(model, "$JS.API.STREAM.INFO.{}")["config"]).replace(other, name))
    created = asked(address, "$JS.API.STREAM.CREATE.{}", {**config, **change})
    for read_only in (False, True):
        with pytest.raises(StoreError, match=reason):
            JetStreamStore(address, read_only=read_only)
    assert asked(address, "$JS.API.STREAM.INFO.{}")["config"] == created["config"]


def test_a_stream_has_as_many_replicas_as_are_asked_for(nats_address: str, three_servers: nats.Cluster) -> None:
    with opened(nats.fresh(nats_address)) as store:
        assert store.replicas == 1
    with pytest.raises(StoreError, match="replicas"):
        JetStreamStore(f"{nats.fresh(nats_address)}?replicas=3")
    with opened(f"{nats.fresh(three_servers.address)}?replicas=1") as store:
        assert store.replicas == 1


def test_an_append_larger_than_an_atomic_batch_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def small(link: Link) -> int:
        return 2_048 + 100

    monkeypatch.setattr(Link, "largest", small)
    with opened(address) as store:
        with pytest.raises(StoreError, match="too large"):
            store.append(news("a", "x" * 101_000), {"a": 0})
        assert store.head() == 0
        store.append([*news("a", "x" * 20_000), *news("b", "y" * 20_000)], {"a": 0, "b": 0})
        assert [len(record.event.vpc_id) for record in store.read()] == [20_000] * 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("config", "right", "wrong"),
    [
        ("authorization { user: me, password: s3cret }", "me:s3cret@", "me:other@"),
        ("authorization { user: me, password: 's3@:/cret' }", "me:s3%40%3A%2Fcret@", "me:s3cret@"),
        ('authorization { token: "s3cret" }', "s3cret@", ""),
    ],
)
def test_a_store_logs_in(config: str, right: str, wrong: str) -> None:
    with nats.cluster(1, config) as servers:
        address = nats.fresh(servers.address)
        with Cloud(address.replace("nats://", f"nats://{right}")) as cloud:
            cloud.execute(VPC)
            assert "s3" not in repr(cloud.store)
        with pytest.raises(StoreError, match=r"(?i)authorization"):
            Cloud(address.replace("nats://", f"nats://{wrong}"))


CERTIFICATE = Path(__file__).parents[1] / "fixtures" / "tls" / "server.pem"
ENCRYPTED = f'tls {{ cert_file: "{CERTIFICATE}", key_file: "{CERTIFICATE.with_suffix(".key")}" }}\n'


@pytest.mark.parametrize("scheme", ["nats://", "tls://"])
def test_an_encrypted_connection_is_used_and_made_again_without_a_warning(
    scheme: str, caplog: pytest.LogCaptureFixture
) -> None:
    trusting = {"tls": ssl.create_default_context(cafile=CERTIFICATE)}
    with nats.cluster(1, ENCRYPTED) as servers:
        address = nats.fresh(servers.address).replace("nats://", scheme)
        with opened(address, options=trusting) as store, Cloud(store) as cloud:
            cloud.execute(VPC)
            servers.stop()
            servers.start()
            cloud.execute(VPC)
            assert len(cloud.vpcs) == 2
        with pytest.raises(StoreError, match="CERTIFICATE_VERIFY_FAILED"):
            Cloud(address)
    assert not [record for record in caplog.records if record.name == "asyncio"]


RIGHTS = """
authorization {
  users: [
    { user: me, password: pw, permissions: {
        publish: ["ecsnet.events.network.>", "ecsnet.append.network.>", "$JS.API.STREAM.CREATE.network",
                  "$JS.API.STREAM.INFO.network", "$JS.API.STREAM.MSG.GET.network", "$JS.API.DIRECT.GET.network",
                  "ecsnet.snapshots.network-snapshots.>", "$JS.API.STREAM.CREATE.network-snapshots",
                  "$JS.API.STREAM.INFO.network-snapshots", "$JS.API.STREAM.MSG.GET.network-snapshots",
                  "$JS.API.STREAM.PURGE.network-snapshots", "_INBOX.>"]
        subscribe: ["ecsnet.append.network.>", "ecsnet.recorded.network.>", "_INBOX.>"] } }
  ]
}
"""


def test_a_user_needs_no_other_rights_than_the_documented_ones(outrun: Outrun, monkeypatch: pytest.MonkeyPatch) -> None:
    with nats.cluster(1, RIGHTS) as servers:
        address = servers.address.replace("nats://", "nats://me:pw@") + "/network"
        with opened(address) as one, opened(address) as other:
            one.head()
            outrun(other)
            one.append(news("one", "1"), {"one": 0})
            with closing(subscribe(one, after=2)) as subscription:
                assert [record.stream for record in subscription.poll(10)] == ["one"]
                begin = time.monotonic()
                thread = Thread(target=other.append, args=(news("one", "2"), {"one": 1}))
                thread.start()
                assert len(subscription.poll(30)) == 1
                assert time.monotonic() - begin < 20
                thread.join(60)
            assert len(list(one.read(naming="1"))) == 2
            assert one.keep_snapshot(Snapshot("k", 2, 2, b"state"))
            assert other.snapshot("k", until=2) == Snapshot("k", 2, 2, b"state")
            monkeypatch.setattr(jetstream_link, "_HEALING", 1.0)  # what is not allowed is never answered
            with pytest.raises(StoreError):
                JetStreamStore(address.replace("/network", "/other"))


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("nats://127.0.0.1:1/a.b", "a stream has"),
        ("nats://127.0.0.1:1/a/b", "a stream has"),
        ("nats://127.0.0.1:1/network?replicas=0", "replicas, from 1 to 5"),
        ("nats://127.0.0.1:1/network?other=1", "the only parameter"),
        ("nats:///network", "no address of a NATS stream"),
        ("nats://127.0.0.1:1,,127.0.0.1:2/network", "no address of a NATS stream"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(address: str, reason: str) -> None:
    with pytest.raises(StoreError, match=reason):
        Cloud(address)
