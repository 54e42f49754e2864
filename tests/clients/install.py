"""Installs the real clients that the extra ``clients`` does not have, each unmodified, for the tests beside.

    python tests/clients/install.py [FOLDER]

The SDKs of Node come by npm; ``packer`` and ``fence_aliyun`` out of Debian's packages, which are unpacked and not
installed; Ansible with the vendor's modules by pip, into an environment of its own. What cannot be had is named on the
standard error, and its tests are skipped. The newest releases are taken, once a week.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

NODE_PACKAGES = ("@alicloud/ecs20140526", "@alicloud/vpc20160428", "@alicloud/pop-core")
DEBIAN_PACKAGES = ("packer", "fence-agents")
PYTHON_PACKAGES = ("ansible-core", "footmark", "pexpect", "pycurl", "aliyun-python-sdk-ecs")
ANSIBLE_MODULES = "ansible-alicloud"
LONGEST = 240.0
"""The seconds after which an installation is given up."""


def folder() -> Path:
    """The folder of the clients: ``ECSNET_CLIENTS``, or one of the user's cache."""
    given = os.environ.get("ECSNET_CLIENTS")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(given) if given else Path(cache) / "ecsnet" / "clients"


def run(*command: str, cwd: Path | None = None) -> None:
    """Runs a command. Raises what it wrote if it fails."""
    done = subprocess.run(
        command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-1000:]}")


def node(where: Path) -> None:
    """The SDKs of Node."""
    (where / "package.json").write_text('{"private": true}', encoding="utf-8")
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--prefer-offline")
    run("npm", "install", *options, *NODE_PACKAGES, cwd=where)


def debian(where: Path) -> None:
    """Programs of Debian."""
    try:
        run("apt-get", "download", *DEBIAN_PACKAGES, cwd=where)
    except OSError:
        run("apt-get", "update", "-qq")
        run("apt-get", "download", *DEBIAN_PACKAGES, cwd=where)
    for package in where.glob("*.deb"):
        run("dpkg-deb", "--extract", str(package), str(where))
        package.unlink()


def python(where: Path) -> None:
    """Ansible and the vendor's modules for it, and what ``fence_aliyun`` imports."""
    run(sys.executable, "-m", "venv", str(where / "venv"))
    pip = str(where / "venv" / "bin" / "pip")
    run(pip, "install", "--quiet", "--prefer-binary", "--disable-pip-version-check", *PYTHON_PACKAGES)
    sdist = where / "sdist"
    run(pip, "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(sdist), ANSIBLE_MODULES)
    (archive,) = sdist.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(sdist, filter="data")
    (made,) = sdist.glob("*/lib/ansible")
    made.rename(where / "ansible")


INSTALLATIONS: dict[str, Callable[[Path], None]] = {"node": node, "debian": debian, "python": python}


def install(name: str, where: Path) -> str | None:
    """Installs one kind of client, unless it is there already. Returns the reason if it cannot be had."""
    week = datetime.now(UTC).isocalendar()[:2]
    stamp = f"{sha256(Path(__file__).read_bytes()).hexdigest()} {week} {sys.version}"
    mark = where / "installed"
    if mark.is_file() and mark.read_text(encoding="utf-8") == stamp:
        return None
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir(parents=True)
    try:
        INSTALLATIONS[name](where)
    except (OSError, ValueError, subprocess.TimeoutExpired, tarfile.TarError) as error:
        return str(error)
    mark.write_text(stamp, encoding="utf-8")
    return None


def main(where: Path) -> None:
    """Installs all kinds at the same time."""
    with ThreadPoolExecutor() as threads:
        reasons = {name: threads.submit(install, name, where / name) for name in INSTALLATIONS}
    for name, reason in reasons.items():
        if (text := reason.result()) is not None:
            sys.stderr.write(f"the clients of {name} cannot be had here, their tests are skipped: {text}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else folder())
