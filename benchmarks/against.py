"""What a command costs in this checkout, beside another one: ``python -m benchmarks against --other DIR``.

Each round measures both, in processes of their own that import ecsnet from one checkout or the other and take turns.
Only what both have in common is measured: commands by the public names.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

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
MEASURED = {
    "attach + detach, in memory": ("memory", 4_000),
    "create + delete an ENI, in memory": ("create", 4_000),
    "allocate + release an EIP, in memory": ("eip", 2_000),
    "check of an attach": ("check", 4_000),
    "fork": ("fork", 4_000),
    "attach + detach, SQLite": ("sqlite", 300),
}


def run(effort: Effort) -> None:
    """Measure both checkouts and print a table for each kind of command."""
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


def _worker(checkout: Path, what: str, count: int) -> Callable[[], float]:
    environment = {**os.environ, "PYTHONPATH": str(checkout.resolve())}

    def run() -> float:
        command = [sys.executable, "-c", WORKER, what, str(count)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=checkout)
        return float(done.stdout)

    return run
