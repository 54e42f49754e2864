"""A network namespace as a guest: interfaces of its own, and files of its own in place of /etc.

Where the kernel or the machine does not allow that, the test is skipped and says why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from ecsnet.guest import GuestConfiguration

NO_TMPFS = 77


def tool(name: str) -> str:
    """Returns the path of a program, which may be in a folder of root's programs."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"there is no {name} here")
    return path


class Namespace:
    """A guest with eth0, eth1 and eth2, which are nobody else's."""

    def __init__(self, name: str, ip: str) -> None:
        self.name = name
        self.ip = ip

    def run(
        self, script: str, *, check: bool = True, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [self.ip, "netns", "exec", self.name, "bash", "-euc", script],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **(environment or {})},
        )
        assert done.returncode == 0 or not check, done.stderr
        return done

    def lines(self, command: str) -> list[str]:
        """Returns the output of a command, with each run of white space as one space."""
        return [" ".join(line.split()) for line in self.run(command).stdout.splitlines()]


_numbers = count()


@contextmanager
def network_namespace(interfaces: int = 3) -> Iterator[Namespace]:
    """A guest in which DHCP has given eth0 its address and the default route."""
    ip = tool("ip")
    if os.geteuid() != 0:
        pytest.skip("only root may make a network namespace")
    space = Namespace(f"ecsnet-guest-{os.getpid()}-{next(_numbers)}", ip)
    made = subprocess.run([ip, "netns", "add", space.name], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no network namespace can be made here: {made.stderr.strip()}")
    try:
        links = "".join(
            f"ip link add eth{n} type veth peer name far{n}; ip link set far{n} up; ip link set eth{n} up; "
            for n in range(interfaces)
        )
        done = space.run(f"{links} ip link set lo up", check=False)
        if done.returncode:
            pytest.skip(f"no interfaces can be made in a namespace here: {done.stderr.strip()}")
        space.run("ip addr add 10.0.0.19/24 dev eth0; ip route add default via 10.0.0.253 dev eth0")
        yield space
    finally:
        subprocess.run([ip, "netns", "delete", space.name], check=True)


def run_script(configuration: GuestConfiguration, folder: Path) -> str:
    path = folder / "script"
    path.write_text(str(configuration), encoding="utf-8")
    return f"bash {path}"


def in_place_of_etc(namespace: Namespace, folder: Path, script: str, **environment: str) -> None:
    """Run it where /etc is another one, with the folders that the distributions have; what it leaves there goes to
    ``folder/etc``."""
    tool("unshare")
    mount = f"mount -t tmpfs tmpfs /etc || exit {NO_TMPFS}"
    folders = "mkdir -p /etc/network /etc/sysconfig/network /etc/sysconfig/network-scripts"
    existing = "printf 'auto lo\\niface lo inet loopback' > /etc/network/interfaces"
    inner = f"{mount}; {folders}; {existing}; {script}; cp -r /etc {folder}/etc"
    (folder / "inner").write_text(inner, encoding="utf-8")
    done = namespace.run(f"unshare --mount bash -eu {folder}/inner", check=False, environment=environment)
    if done.returncode == NO_TMPFS:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
