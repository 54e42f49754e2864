"""``python -m benchmarks [name ...] [--quick] [--rounds N]``."""

from __future__ import annotations

import argparse
from importlib import import_module

from benchmarks._measure import Effort

NAMES = (
    "against",
    "operations",
    "check",
    "clients",
    "engines",
    "fold",
    "fork",
    "history",
    "importing",
    "imports",
    "store",
    "testing",
)


def main() -> None:
    """Runs the named benchmarks, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}; all of them if none is given")
    parser.add_argument("--quick", action="store_true", help="networks and histories of a tenth of the size")
    parser.add_argument("--rounds", type=int, default=7, help="number of measurements of each contender")
    parser.add_argument("--other", metavar="DIR", help="another checkout, for `against`")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    effort = Effort(rounds=arguments.rounds, quick=arguments.quick, other=arguments.other)
    for name in arguments.names or NAMES:
        import_module(f"benchmarks.{name}").run(effort)


if __name__ == "__main__":
    main()
