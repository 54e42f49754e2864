"""Runs tests against mutants, each in a fork.

What is inside a function is changed in place, in a fork of a pytest session that has collected every test. The rest,
tables and rules, takes an import, and so does what survives in a function that an import runs: it happens in a fork of
a process that has the libraries loaded, but nothing of ecsnet.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import click.testing  # noqa: F401  # loaded once, before the forks
import coverage
import hypothesis.stateful  # noqa: F401
import msgspec.json  # noqa: F401
import pytest
import rich.console  # noqa: F401
import structlog  # noqa: F401
import transitions  # noqa: F401
from coverage.exceptions import CoverageWarning
from hypothesis import HealthCheck, Phase, settings

from tests.mutation.mutants import DOMAIN, MODULES, Mutant

FOLDERS = ("domain", "events", "openapi", "plan")
OTHERS = (
    *("api/test_cloud.py", "attack/test_clocks.py", "project/test_examples.py"),
    *("testing/test_explore.py", "testing/test_scenario.py"),
    *("project/test_docs.py", "properties/test_laws.py", "properties/test_machine.py", "properties/test_twins.py"),
)
TESTS = Path(__file__).parents[1]
FILES = [
    *(
        str(path.relative_to(TESTS.parent))
        for folder in FOLDERS
        for path in sorted((TESTS / folder).rglob("test_*.py"))
    ),
    *(f"tests/{name}" for name in OTHERS),
]
PAGES = ("tests/domain/test_rulebook.py", "tests/project/test_docs.py")
"""They hold the registry to lists and pages that are written down: they come when no story noticed."""
LAST = ("tests/properties/",)
LIMIT = 120
"""The processor's seconds for the tests of one mutant; what takes longer does not end."""
SPARE = 15
"""The seconds that a test may take which has begun when a mutant's time is over."""
WAITING = 10 * LIMIT
"""The seconds after which a mutant does not end that uses no processor."""
BROKEN = 99
"""The exit status of a fork in which the runner failed, and not a test."""


class Test(NamedTuple):
    """The seconds that a test took, and the lines of each module that it reached."""

    seconds: float
    lines: Mapping[str, list[int]]


class Outcome(NamedTuple):
    """The end of a mutant: killed, survived or timeout; with the test and error, or the number of tests that passed."""

    mutant: Mutant
    outcome: str
    told: str
    seconds: float


Reach = dict[str, Test]
IMPORT = ""
"""The name under which a `Reach` has what importing reaches."""
Attempt = Callable[[Mutant], tuple[int, str]]


class Session:
    """A pytest plugin: few examples, the same each time; only the chosen tests, the fastest first."""

    def __init__(self, chosen: Mapping[str, Test] | None = None) -> None:
        self.chosen = chosen
        self.killer: tuple[str, str] | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        settings.register_profile(
            "mutation",
            max_examples=30,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        settings.load_profile("mutation")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.chosen is not None:
            items[:] = self.choose(items, self.chosen)

    def choose(self, items: list[pytest.Item], chosen: Mapping[str, Test]) -> list[pytest.Item]:
        found = [item for item in items if item.nodeid in chosen]
        return sorted(found, key=lambda item: (_rank(item.nodeid), chosen[item.nodeid].seconds))

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> None:
        if call.excinfo is not None and self.killer is None and call.excinfo.typename != "Skipped":
            self.killer = item.nodeid, call.excinfo.typename


class Reaching(Session):
    """Notes which lines each test reaches, and before them the import of it all."""

    def __init__(self) -> None:
        super().__init__()
        self.coverage = coverage.Coverage(data_file=None, source=[str(DOMAIN)])
        self.reach: Reach = {}
        self.begin()

    def begin(self) -> None:
        self.coverage.erase()
        self.coverage.start()
        self.start = time.perf_counter()

    def end(self, name: str) -> None:
        seconds = time.perf_counter() - self.start
        self.coverage.stop()
        with warnings.catch_warnings(category=CoverageWarning, action="ignore"):
            data = self.coverage.get_data()
        lines = {name: data.lines(str(path)) or [] for name, path in MODULES.items()}
        self.reach[name] = Test(seconds, lines)

    def pytest_collection_finish(self) -> None:
        self.end(IMPORT)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.begin()
        try:
            return (yield)
        finally:
            self.end(item.nodeid)


class Forking(Session):
    """Instead of running the tests that it has collected, tries mutants in forks."""

    def __init__(
        self,
        mutants: Iterable[Mutant],
        reached: Reach,
        jobs: int,
        done: Callable[[Outcome], None],
        within: float | None = None,
    ) -> None:
        super().__init__()
        self.mutants, self.reached, self.jobs, self.done, self.within = mutants, reached, jobs, done, within

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        def attempt(mutant: Mutant) -> tuple[int, str]:
            _change_in_place(mutant)
            items = self.choose(session.items, _reaching(mutant, self.reached))
            for n, item in enumerate(items):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=(*items, None)[n + 1])
                if self.killer is not None:
                    return 1, "; ".join(self.killer)
                if self.within is not None and time.process_time() > self.within:
                    return 0, f"{n + 1} of {len(items)} tests"
            return 0, f"{len(items)} tests"

        limit = LIMIT if self.within is None else round(self.within) + SPARE
        for outcome in _fork(self.mutants, attempt, self.jobs, limit):
            self.done(outcome)
        return True


class Changed(SourceFileLoader):
    """Gives the mutant's code for its module."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(f"ecsnet.domain.{mutant.module}", str(MODULES[mutant.module]))
        self.mutant = mutant

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.mutant.code, self.path, "exec")


def run(
    mutants: Iterable[Mutant],
    jobs: int,
    done: Callable[[Outcome], None],
    *,
    tests: Sequence[str] = (),
    kept: Path | None = None,
    within: float | None = None,
    only_in_place: bool = False,
) -> None:
    """Try each mutant with some of the tests, or with all. Raises RuntimeError if a test fails without any mutant.

    What each test reaches is read from the file ``kept``, or written to it. ``within`` is how many of the processor's
    seconds a mutant may take that is tried in place: it survives those tests that were run by then. The others take an
    import each, and are left out if ``only_in_place`` is true.
    """
    files = list(tests or FILES)
    if kept is not None and kept.exists():
        reached = _decoded(kept.read_text("utf-8"))
    else:
        told = _reach(files)
        reached = _decoded(told)
        if kept is not None:
            kept.write_text(told, "utf-8")
    imported = reached.pop(IMPORT)
    in_place: list[Mutant] = []
    to_import: list[Mutant] = []
    for mutant in mutants:
        (in_place if _fits_in_place(mutant) else to_import).append(mutant)

    def done_in_place(outcome: Outcome) -> None:
        mutant = outcome.mutant
        if outcome.outcome == "survived" and not only_in_place and _reaches(imported, mutant):
            to_import.append(mutant._replace(lines=None))  # what it did when it ran any test may notice
        else:
            done(outcome)

    def attempt(mutant: Mutant) -> tuple[int, str]:
        chosen = _reaching(mutant, reached)
        session = Session(chosen)
        changed = Changed(mutant)
        sys.meta_path.insert(0, changed)
        code = _pytest(session, sorted({test.partition("::")[0] for test in chosen}))
        if chosen and getattr(sys.modules.get(changed.name), "__loader__", changed) is not changed:
            raise RuntimeError("another loader gave the module's code, without the change")
        return code, "; ".join(session.killer) if session.killer else f"{len(chosen)} tests"

    if in_place:
        for outcome in _changed_in_place(in_place, reached, jobs, within, files):
            done_in_place(outcome)
    if not only_in_place:
        for outcome in _fork(to_import, attempt, jobs):
            done(outcome)


def _changed_in_place(
    mutants: Sequence[Mutant], reached: Reach, jobs: int, within: float | None, files: Sequence[str]
) -> Iterator[Outcome]:
    """Tries mutants in forks of a fork: it imports ecsnet, which the process that forks for imports must not have."""
    numbers = {mutant.id: number for number, mutant in enumerate(mutants)}
    reading, writing = os.pipe()
    if not (child := os.fork()):
        os.close(reading)
        code = 1
        try:
            with os.fdopen(writing, "w") as pipe:

                def tell(outcome: Outcome) -> None:
                    print(json.dumps([numbers[outcome.mutant.id], *outcome[1:]]), file=pipe, flush=True)

                code = _pytest(Forking(mutants, reached, jobs, tell, within), files)
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        for line in pipe:
            number, ended, told, seconds = json.loads(line)
            yield Outcome(mutants[number], ended, told, seconds)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("the tests could not be collected, or a mutant not be tried: run pytest")


def _reach(files: Sequence[str]) -> str:
    reading, writing = os.pipe()
    if not (child := os.fork()):
        session = Reaching()
        _silence()
        code = _pytest(session, files)
        with os.fdopen(writing, "w") as pipe:
            json.dump(session.reach, pipe)
        os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    if os.waitpid(child, 0)[1]:
        raise RuntimeError(f"a test does not pass without a mutant: {list(json.loads(told))[-1:]}")
    return told


def _decoded(told: str) -> Reach:
    return {test: Test(*entry) for test, entry in json.loads(told).items()}


def _pytest(session: Session, files: Iterable[str]) -> int:
    options = ["-x", "-s", "-qq", "-p", "no:cacheprovider", "--assert=plain"]  # or pytest loads ecsnet, not `Changed`
    loaded = "ignore::pytest.PytestAssertRewriteWarning"
    return int(pytest.main([*options, "-W", loaded, *files], plugins=[session]))


def _silence() -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)


def _fork(mutants: Iterable[Mutant], attempt: Attempt, jobs: int, limit: int = LIMIT) -> Iterator[Outcome]:
    """The outcomes of the attempts, each of which has a process of its own."""
    running: dict[int, tuple[Mutant, int, float]] = {}
    for mutant in mutants:
        if len(running) == jobs:
            yield _wait(running)
        reading, writing = os.pipe()
        if not (child := os.fork()):
            _try(mutant, attempt, writing, limit)
        os.close(writing)
        running[child] = mutant, reading, time.perf_counter()
    while running:
        yield _wait(running)


def _wait(running: dict[int, tuple[Mutant, int, float]]) -> Outcome:
    child, status = os.wait()
    mutant, reading, start = running.pop(child)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    code = os.waitstatus_to_exitcode(status)
    if code == BROKEN:
        raise RuntimeError(f"{mutant.id} could not be tried: {told}")
    outcome = "timeout" if code in (-signal.SIGALRM, -signal.SIGXCPU) else "killed" if code else "survived"
    return Outcome(mutant, outcome, told, time.perf_counter() - start)


def _try(mutant: Mutant, attempt: Attempt, writing: int, limit: int) -> None:
    """In the fork: never returns."""
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    signal.alarm(WAITING)
    _silence()
    code, told = BROKEN, ""
    try:
        code, told = attempt(mutant)
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is told
        told = repr(error)
    finally:
        os.write(writing, told.encode())
        os._exit(code)


def _fits_in_place(mutant: Mutant) -> bool:
    if mutant.lines is None or mutant.function is None:
        return False
    if "." not in mutant.function:
        return True
    path = MODULES[mutant.module]  # a method that says ``super`` has a variable of its class, or loses it
    before, after = (_code_of(mutant.function, code) for code in (path.read_text("utf-8"), mutant.code))
    return before.co_freevars == after.co_freevars


def _code_of(function: str, module: str) -> CodeType:
    code = compile(module, "", "exec")
    for name in function.split("."):
        code = next(part for part in code.co_consts if isinstance(part, CodeType) and part.co_name == name)
    return code


def _change_in_place(mutant: Mutant) -> None:
    """Give the function that is there the mutant's code."""
    assert mutant.function is not None
    found: Any = importlib.import_module(f"ecsnet.domain.{mutant.module}")
    for name in mutant.function.split("."):
        found = vars(found)[name]
    while not isinstance(found, FunctionType):
        found = found.fget if isinstance(found, property) else getattr(found, "__wrapped__", None) or found.__func__
    found.__code__ = _code_of(mutant.function, mutant.code)


def _reaching(mutant: Mutant, reached: Reach) -> Reach:
    return {name: test for name, test in reached.items() if _could_notice(name, test, mutant)}


def _could_notice(name: str, test: Test, mutant: Mutant) -> bool:
    in_a_table = mutant.lines is None or (mutant.function is None and name.startswith(PAGES))
    return in_a_table or _reaches(test, mutant)


def _rank(name: str) -> int:
    return 2 if name.startswith(LAST) else int(name.startswith(PAGES))


def _reaches(test: Test, mutant: Mutant) -> bool:
    assert mutant.lines is not None
    first, last = mutant.lines
    return any(first <= line <= last for line in test.lines.get(mutant.module, ()))
