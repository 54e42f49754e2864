"""Measures the import of ecsnet beside three well-known libraries alone, each time in a fresh interpreter.

The time is taken inside the interpreter, around the import, so it does not include the start of Python. All rows read
byte code: pip compiles what it installs, and the first import of a checkout compiles ecsnet. structlog imports rich if
that is installed, which takes longer than the rest of it, so rich is hidden in all rows but the one that names it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from benchmarks._measure import Contender, Effort, measure

LIBRARIES = "attrs, transitions, structlog"
HIDE_RICH = "import sys; sys.modules['rich'] = None; "


def run(effort: Effort) -> None:
    """Measures imports and prints the table."""
    _importing("ecsnet", "ecsnet.Cloud()")()  # the first import compiles
    measure(
        "import, in a fresh interpreter",
        [
            Contender(LIBRARIES, _importing(LIBRARIES)),
            Contender("ecsnet", _importing("ecsnet"), LIBRARIES),
            Contender(
                "ecsnet, and a first Cloud()", _importing("ecsnet", "ecsnet.Cloud()"), LIBRARIES, "at most twice"
            ),
            Contender("msgspec alone", _importing("msgspec"), LIBRARIES),
            Contender("transitions alone", _importing("transitions"), LIBRARIES),
            Contender(f"{LIBRARIES}, and rich", _importing(LIBRARIES, before=""), LIBRARIES),
        ],
        2 * effort.rounds + 1,
    )


def _importing(modules: str, then: str = "pass", before: str = HIDE_RICH) -> Callable[[], float]:
    timed = f"from time import perf_counter as now; begin = now(); import {modules}; {then}; print(now() - begin)"

    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run() -> float:
        program = [sys.executable, "-c", before + timed]
        done = subprocess.run(program, check=True, capture_output=True, text=True, env=environment)
        return float(done.stdout)

    return run
