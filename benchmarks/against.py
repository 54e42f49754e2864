"""Measures commands in this checkout beside another one: ``python -m benchmarks against --other DIR``.

Each round measures both, in processes of their own that import ecsnet from one checkout or the other and take turns.
Only common features are measured, by their public names. Each checkout reads a file that it wrote itself, as the format
may differ.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks._measure import Contender, Effort, measure

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
def pairs(count):
    for n in range(count):
        eni = enis[n % len(enis)]
        do(c.AttachNetworkInterface(network_interface_id=eni, instance_id=vm.id))
        do(c.DetachNetworkInterface(network_interface_id=eni, instance_id=vm.id))
for _ in range(20):  # what is made on first use is made before
    do(c.DeleteNetworkInterface(network_interface_id=do(create).id))
    do(c.ReleaseEipAddress(allocation_id=do(c.AllocateEipAddress()).id))
    cloud.fork()
pairs(count if what == "fold" else 20)
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
elif what == "fold":
    cloud.at(2 * count)
else:
    pairs(count)
print((time.perf_counter() - begin) / (2 * count))
cloud.close()
"""
IMPORTER = """
import sys, time
sys.modules["rich"] = None
begin = time.perf_counter()
import ecsnet
ecsnet.Cloud()
print(time.perf_counter() - begin)
"""
WRITER = """
import sys
from ecsnet import Cloud
from ecsnet import commands as c
path, count = sys.argv[1], int(sys.argv[2])
cloud = Cloud(path)
do = cloud.execute
vpc = do(c.CreateVpc(cidr_block="10.0.0.0/16"))
vsw = do(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.0.0/20"))
sg = do(c.CreateSecurityGroup(vpc_id=vpc.id))
(vm,) = do(c.RunInstances(instance_type="ecs.g5.4xlarge", vswitch_id=vsw.id, security_group_ids=[sg.id]))
enis = [do(c.CreateNetworkInterface(vswitch_id=vsw.id, security_group_ids=[sg.id])).id for _ in range(90)]
for n in range(count // 2):
    eni = enis[n % len(enis)]
    do(c.AttachNetworkInterface(network_interface_id=eni, instance_id=vm.id))
    do(c.DetachNetworkInterface(network_interface_id=eni, instance_id=vm.id))
cloud.close()
print(0.0)
"""
READER = """
import sys, time
from ecsnet import Cloud
what, path = sys.argv[1:]
begin = time.perf_counter()
cloud = Cloud(path)
opened = time.perf_counter()
eni = next(iter(cloud.network_interfaces))
head = cloud.history(eni)[-1].position
read = time.perf_counter()
if what == "at":
    opened = read
    cloud.at(head)
elif what == "history":
    opened = read
    cloud.history(eni)
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
    "fold of events in memory": ("fold", 10_000),
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
            _contenders(Path(effort.other), partial(_worker, what, effort.of(count)), "at most 1.1"),
            effort.rounds,
        )
    measure(
        "import ecsnet and a first Cloud()",
        _contenders(Path(effort.other), lambda checkout: lambda: _run(checkout, IMPORTER)),
        3 * effort.rounds,
    )
    events = effort.of(1_000_000)
    with TemporaryDirectory() as folder:
        for checkout in (Path(effort.other), HERE):
            _run(checkout, WRITER, _file(folder, checkout), str(events))
        for title, what in (("open", "open"), ("at(head)", "at"), ("history(id)", "history")):
            measure(
                f"{title} of a SQLite file of {events:,} events",
                _contenders(Path(effort.other), partial(_reader, folder, what)),
                max(3, effort.rounds // 2),
            )


def _contenders(other: Path, running: Callable[[Path], Callable[[], float]], target: str = "") -> list[Contender]:
    return [
        Contender("the other checkout", running(other)),
        Contender("this checkout", running(HERE), "the other checkout", target),
    ]


def _file(folder: str, checkout: Path) -> str:
    return str(Path(folder, "this.db" if checkout == HERE else "other.db"))


def _worker(what: str, count: int, checkout: Path) -> Callable[[], float]:
    return lambda: _run(checkout, WORKER, what, str(count))


def _reader(folder: str, what: str, checkout: Path) -> Callable[[], float]:
    return lambda: _run(checkout, READER, what, _file(folder, checkout))


def _run(checkout: Path, code: str, *arguments: str) -> float:
    environment = {**os.environ, "PYTHONPATH": str(checkout.resolve())}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=checkout)
    return float(done.stdout)
