"""Scripts that speak the former names of the library run with `tests/support/former_names.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SHIM = Path(__file__).parents[1] / "support" / "former_names.py"
SCRIPT = """
import subprocess, sys
from ecsnet import *
from ecsnet.errors import *
from ecsnet import InvalidAnswer as same, vendor
from ecsnet.catalogue import vendor_types
from ecsnet.domain.fingerprint import whole
from ecsnet.events import sqlite
from ecsnet.events.store import EventStore, MemoryStore
from ecsnet.testing import passing
import ecsnet.events.stores.sqlite

cloud = Cloud(MemoryStore())
assert whole(cloud._model.world) and not list(passing(cloud))
assert InvalidAnswer is same and vendor.request and vendor_types()
assert sqlite is ecsnet.events.stores.sqlite  # so that patching one patches the other
child = "from ecsnet import Cloud; Cloud().import_resources([{'Banana': 1}])"
done = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True)
assert "InvalidAnswer" in done.stderr, done.stderr
"""


def test_a_script_with_former_names_runs_and_so_do_its_children() -> None:
    code = f"import runpy; runpy.run_path({str(SHIM)!r})\n{SCRIPT}"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_package_itself_has_no_former_name() -> None:
    code = "import ecsnet; assert not hasattr(ecsnet, 'InvalidAnswer'); import ecsnet.catalogue"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "No module named 'ecsnet.catalogue'" in done.stderr
