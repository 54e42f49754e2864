"""Visits all states of a small world, and prints how many there are, how long it took and how much memory."""

from __future__ import annotations

import argparse
import resource
import sys
import time

from ecsnet.testing import InvariantBroken, explore
from tests.exploration.world import small_world


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.exploration", description=__doc__)
    for name, default in {"instances": 2, "interfaces": 3, "addresses": 2, "eips": 2, "processes": 2}.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"how many (default: {default})")
    parser.add_argument("--depth", type=int, help="the most moves (default: until no state is new)")
    options = vars(parser.parse_args())
    depth, processes = options.pop("depth"), options.pop("processes")
    began = time.monotonic()
    try:
        seen = explore(*small_world(**options), depth=depth, processes=processes)
    except InvariantBroken as broken:
        sys.stdout.write(f"{broken}\n")
        return 1
    seconds = time.monotonic() - began
    used = [resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    sys.stdout.write(
        f"{seen}\n{seconds:,.0f} s, {seen.states / seconds:,.0f} states/s; at most {used[0]:,} MB here"
        f" and {used[1]:,} MB in a process besides\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
