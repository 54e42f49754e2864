"""Measures commands in this checkout beside another one: ``python -m benchmarks against --other DIR``.

Each round measures both, in processes of their own that import ecsnet from one checkout or the other and take turns.
Only common features are measured: commands by their public names, and a file that both can read.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks._measure import Contender, Effort, measure
from benchmarks._network import Network, build, live
from benchmarks.fold import store_history

HERE = Path(__file__).parents[1]
WORKER = """
import sys, tempfile, time
from ecsnet import Cloud
from ecsnet import commands as c
what, count = sys.argv[1], int(sys.argv[2])
folder = tempfile.TemporaryDirectory()
cloud = Cloud(folder.name + "/n.db") if what == "sqlite" else Cloud()
do = cloud.execute
vpc = do(c.CreateVpc(cidr_block="10.0.0.0/16"))
vsw = do(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.0.0/20"))
sg = do(c.CreateSecurityGroup(vpc_id=vpc.id))
(vm,) = do(c.RunInstances(instance_type="ecs.g5.4xlarge", vswitch_id=vsw.id, security_group_ids=[sg.id]))
create = c.CreateNetworkInterface(vswitch_id=vsw.id, security_group_ids=[sg.id])
enis = [do(create).id for _ in range(50)]
begin = time.perf_counter()
if what == "create":
    for _ in range(count):
        do(c.DeleteNetworkInterface(network_interface_id=do(create).id))
elif what == "check":
    attach = c.AttachNetworkInterface(network_interface_id=enis[0], instance_id=vm.id)
    for _ in range(2 * count):
        cloud.check(attach)
elif what == "fork":
    for _ in range(2 * count):
        cloud.fork()
elif what == "eip":
    for _ in range(count):
        do(c.ReleaseEipAddress(allocation_id=do(c.AllocateEipAddress()).id))
else:
    for n in range(count):
        eni = enis[n % len(enis)]
        do(c.AttachNetworkInterface(network_interface_id=eni, instance_id=vm.id))
        do(c.DetachNetworkInterface(network_interface_id=eni, instance_id=vm.id))
print((time.perf_counter() - begin) / (2 * count))
cloud.close()
"""
READER = """
import sys, time
from ecsnet import Cloud
what, path, resource_id, position = sys.argv[1:]
begin = time.perf_counter()
cloud = Cloud(path)
opened = time.perf_counter()
if what == "at":
    cloud.at(int(position))
elif what == "history":
    cloud.history(resource_id)
done = time.perf_counter()
print(opened - begin if what == "open" else done - opened)
cloud.close()
"""
MEASURED = {
    "attach + detach, in memory": ("memory", 4_000),
    "create + delete an ENI, in memory": ("create", 4_000),
    "allocate + release an EIP, in memory": ("eip", 2_000),
    "check of an attach": ("check", 4_000),
    "fork": ("fork", 4_000),
    "attach + detach, SQLite": ("sqlite", 300),
}


def run(effort: Effort) -> None:
    """Measures both checkouts and prints a table for each kind of command."""
    if effort.other is None:
        print("against: name another checkout with --other DIR")  # noqa: T201
        return
    for title, (what, count) in MEASURED.items():
        measure(
            f"{title}, per operation",
            [
                Contender("the other checkout", _worker(Path(effort.other), what, effort.of(count))),
                Contender("this checkout", _worker(HERE, what, effort.of(count)), "the other checkout", "at most 1.1"),
            ],
            effort.rounds,
        )
    network = build(1_000)
    live(network, effort.of(1_000_000))
    with TemporaryDirectory() as folder:
        path = Path(folder, "network.db")
        store_history(network.cloud.history(), path)
        for title, what in (("open", "open"), ("at(head)", "at"), ("history(id)", "history")):
            measure(
                f"{title} of a SQLite file of {network.cloud.position:,} events",
                [
                    Contender("the other checkout", _reader(Path(effort.other), what, path, network)),
                    Contender("this checkout", _reader(HERE, what, path, network), "the other checkout"),
                ],
                max(3, effort.rounds // 2),
            )


def _worker(checkout: Path, what: str, count: int) -> Callable[[], float]:
    return lambda: _run(checkout, WORKER, what, str(count))


def _reader(checkout: Path, what: str, path: Path, network: Network) -> Callable[[], float]:
    return lambda: _run(checkout, READER, what, str(path), network.free[0], str(network.cloud.position))


def _run(checkout: Path, code: str, *arguments: str) -> float:
    environment = {**os.environ, "PYTHONPATH": str(checkout.resolve())}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=checkout)
    return float(done.stdout)
