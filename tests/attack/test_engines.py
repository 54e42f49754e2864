"""Clouds on every engine that has addresses: what is kept, shared with a child, read only, and never shown."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ecsnet import Cloud, StoreError
from ecsnet import commands as c
from ecsnet.cli import main
from ecsnet.events import NewEvent
from ecsnet.events.stores.addresses import shown_address
from ecsnet.events.stores.hashes import verify
from ecsnet.events.stores.opening import open_address
from ecsnet.events.stores.sqlite import SqliteStore
from tests.attack.processes import Child
from tests.support.engines import NewAddress
from tests.support.net import Net

VPC = c.CreateVpc(cidr_block="10.0.0.0/16")


def open_to_read(address: str) -> Any:
    if "://" in address:
        return open_address(address, read_only=True)
    return SqliteStore(address, read_only=True)


def test_a_cloud_keeps_its_history_at_an_address(shared_address: str) -> None:
    with Cloud(shared_address) as cloud:
        net = Net(store=cloud.store)
        vm = net.run()
        interface = net.attached(vm)
        history = cloud.history()
    with Cloud(shared_address, verified=True) as again:
        assert again.network_interfaces[interface.id] == interface
        assert again.history() == history
        assert [record.type for record in again.history(interface.id)] == [
            "NetworkInterfaceCreated",
            "NetworkInterfaceAttached",
        ]


def test_every_engine_has_the_hashes_of_a_file(shared_address: str, tmp_path: Path) -> None:
    with Cloud(shared_address, settle_after="manual") as cloud:
        store: Any = cloud.store
        net = Net(store=store)
        net.attached(net.run())
        cloud.execute(VPC, client_token="t-1")
        cloud.execute(c.StopInstance(instance_id=next(iter(cloud.instances))))
        cloud.settle()
        verification = verify(store)
        assert verification.intact
        assert verification.unhashed == 0
        assert any(record.caused_by for record in cloud.history())
        file = SqliteStore(tmp_path / "compared.db")
        for record in cloud.history():
            new = (record.stream, record.event, record.recorded_at, record.account_id, record.command_id)
            file.append([NewEvent(*new, record.caused_by, record.settles)], {record.stream: record.version - 1})
        assert list(file.stored()) == list(store.stored())
        assert verify(file).head == verification.head
        file.close()


def test_parent_and_child_write_to_one_history(shared_address: str) -> None:
    with Cloud(shared_address) as cloud:
        cloud.execute(VPC)
        child = Child(lambda say: say(cloud.execute(VPC).id))
        mine = [cloud.execute(VPC).id for _ in range(5)]
        (theirs,) = child.lines()
        assert theirs in cloud.vpcs
        assert len(cloud.vpcs) == 7
        assert theirs not in mine
        cloud.execute(VPC)


def test_a_process_that_forks_and_closes_nothing_ends_without_a_word(shared_address: str) -> None:
    program = f"""
        import os
        from ecsnet import Cloud
        from ecsnet.commands import CreateVpc
        cloud = Cloud({shared_address!r})
        forgotten = Cloud({shared_address!r})
        cloud.execute(CreateVpc(cidr_block="10.0.0.0/16"))
        child = os.fork()
        cloud.execute(CreateVpc(cidr_block="10.0.0.0/16"))
        if child:
            os.waitpid(child, 0)
            print(len(cloud.vpcs))
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")


def test_histories_of_one_engine_are_independent(new_address: NewAddress) -> None:
    with Cloud(new_address()) as one, Cloud(new_address()) as two:
        one.execute(VPC)
        assert not two.vpcs
        assert two.position == 0


def test_a_store_that_is_read_only_writes_nothing(shared_address: str) -> None:
    with pytest.raises(StoreError):
        open_to_read(shared_address)
    with Cloud(shared_address) as cloud:
        vpc = cloud.execute(VPC)
        position = cloud.position
    store = open_to_read(shared_address)
    with Cloud(store) as cloud:
        assert list(cloud.vpcs) == [vpc.id]
        with pytest.raises(StoreError, match=r"read-?only"):
            cloud.execute(VPC)
        with pytest.raises(StoreError):
            store.restore([])
        assert store.head() == position
    store.close()


def test_the_command_line_takes_an_address(shared_address: str, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text('[{"Action": "CreateVpc", "CidrBlock": "10.0.0.0/8"}]')

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(main, arguments)

    assert run("run", str(plan), "--store", shared_address).exit_code == 0
    assert run("run", str(plan), "--store", shared_address, "--dry-run").exit_code == 0
    assert run("history", shared_address).output.count("VpcCreated") == 1
    assert "vpc-" in run("show", shared_address).output
    assert run("verify", shared_address).output.startswith("intact  1 events")


SECRETS = [
    "postgresql://me:s3cret@127.0.0.1:1/db",
    "postgresql://127.0.0.1:1/db?user=me&password=s3cret",
    "postgresql://me:s3cret@127.0.0.1:s3cret/db",
    "postgresql://me:s3cret",
    "postgresql://me:s3cret/db",
    "postgresql://me:x@s3cret@127.0.0.1:1/db",
    "postgresql://me:x/s3cret@127.0.0.1:1/db",
    "postgresql://me:s3cret/x@127.0.0.1:1/db",
    "postgresql://me:x?s3cret@127.0.0.1:1/db",
    "postgresql://me:s3cret?x@127.0.0.1:1/db",
    "postgresql://me:x#s3cret@127.0.0.1:1/db",
    "postgresql://me:s3cret#x@127.0.0.1:1/db",
    "postgresql://me:%zzs3cret@127.0.0.1:1/db",
    "postgresql://me:s3cret@127.0.0.1:1/db?s3cret=1",
    "postgresql://me:s3cret@127.0.0.1:1/db?schema=S3CRET",
    "postgresql://me:s3cret@[::1/db",
    "mysql://me:s3cret@host/db",
    "my sql://me:s3cret@host/db",
    "://me:s3cret@host/db",
    "nats://me:s3cret@127.0.0.1:1/network",
    "nats://s3cret@127.0.0.1:1/network",
    "nats://me:s3cret@127.0.0.1:1,127.0.0.1:2/network",
    "nats://me:s3cret@127.0.0.1:s3cret/network",
    "nats://me:s3cret",
    "nats://me:x@s3cret@127.0.0.1:1/network",
    "nats://me:x/s3cret@127.0.0.1:1/network",
    "nats://me:s3cret/x@127.0.0.1:1/network",
    "nats://me:x?s3cret@127.0.0.1:1/network",
    "nats://me:s3cret#x@127.0.0.1:1/network",
    "nats://me:s3cret@127.0.0.1:1/network?s3cret=1",
    "nats://me:s3cret@127.0.0.1:1/network?replicas=s3cret",
    "nats://me:s3cret@127.0.0.1:1/network#s3cret",
    "nats://me:s3cret@[::1/network",
    "tls://s3cret@127.0.0.1:1/network",
]


@pytest.mark.parametrize("address", SECRETS)
def test_a_secret_is_in_no_message(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(StoreError) as told:
        Cloud(address)
    error: BaseException | None = told.value
    while error is not None:
        assert "s3cret" not in f"{error!s} {error!r} {error.args!r}"
        error = error.__cause__ if error.__suppress_context__ else error.__context__
    assert "s3cret" not in caplog.text
    result = CliRunner().invoke(main, ["history", address])
    assert result.exit_code == 2
    assert "s3cret" not in result.output


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:pw@h1:5432,h2:5433/db?target_session_attrs=read-write", "postgresql://me@h1:5432,h2:5433/db"),
        ("postgresql:///db?host=/tmp", "postgresql:///db"),
        ("postgresql://host", "postgresql://host"),
        ("nats://me:pw@host/stream", "nats://me@host/stream"),
        ("nats://me:pw@h1:4222,h2:4223/network?replicas=3", "nats://me@h1:4222,h2:4223/network"),
        ("nats://token@host/network", "nats://host/network"),
        ("tls://host", "tls://host"),
    ],
)
def test_what_is_shown_of_an_address(address: str, shown: str) -> None:
    assert shown_address(address) == shown
