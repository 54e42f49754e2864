"""`python -m tests.mutation`: see the package."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from tests.mutation.mutants import MODULES, mutants
from tests.mutation.running import Outcome, run

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("modules", nargs=-1, metavar="[MODULE]...")
@click.option("--jobs", default=2, help="How many mutants are tried at once.")
@click.option("--again", "earlier", type=PATH, help="An earlier outcome: try only what survived then.")
@click.option("--tests", multiple=True, help="A file or folder of tests; may be given several times.")
@click.option("--reach", type=PATH, help="A file with what the tests reach; it is written if it is not there.")
@click.option("--within", type=float, help="The seconds of the processor after which a mutant has survived.")
@click.option("--only-in-place", is_flag=True, help="Leave out the mutants that take an import each.")
@click.option("--every", default=1, help="Try only every N-th mutant of each module.")
@click.option("--out", type=PATH, default="mutation.jsonl", help="Where the outcomes are written.")
def main(
    modules: tuple[str, ...],
    jobs: int,
    earlier: Path | None,
    tests: tuple[str, ...],
    reach: Path | None,
    within: float | None,
    only_in_place: bool,
    every: int,
    out: Path,
) -> None:
    """Try the mutants of some MODULEs of ecsnet.domain, or of all."""
    again = None if earlier is None else {entry["id"] for entry in _read(earlier) if entry["outcome"] == "survived"}
    left_out: Counter[str] = Counter()
    made = (mutant for module in modules or MODULES for mutant in mutants(module, left_out, every))
    chosen = (mutant for mutant in made if again is None or mutant.id in again)
    outcomes: dict[str, Counter[str]] = {}
    with out.open("w", encoding="utf-8") as lines:

        def done(outcome: Outcome) -> None:
            mutant = outcome.mutant
            outcomes.setdefault(mutant.module, Counter())[outcome.outcome] += 1
            what = {"id": mutant.id, "line": mutant.line, "before": mutant.before, "after": mutant.after}
            became = {"outcome": outcome.outcome, "told": outcome.told, "seconds": round(outcome.seconds, 2)}
            print(json.dumps(what | became), file=lines, flush=True)
            if outcome.outcome == "survived":
                click.echo(f"{mutant.id} in line {mutant.line}, {outcome.told}\n- {mutant.before}\n+ {mutant.after}")

        run(chosen, jobs, done, tests=tests, kept=reach, within=within, only_in_place=only_in_place)
    if outcomes:
        outcomes["all"] = sum(outcomes.values(), Counter())
    for module, found in outcomes.items():
        noticed = found.total() - found["survived"]  # one that never ends is noticed
        click.echo(
            f"{module:<20} {found.total():>5} mutants, {found['survived']:>4} survived: {noticed / found.total():.1%}"
        )
    click.echo(f"left out: {dict(left_out)}")


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


main()
