"""The imports between modules, and the one home of each third-party library."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import ecsnet

ROOT = Path(ecsnet.__file__).parent
SUBJECTS = [
    "account",
    "vpc",
    "security_group",
    "instance",
    "network_interface",
    "public_ip",
    "eip",
    "classic_link",
    "tags",
    "imports",
]
LAYERS = [
    ["errors", "values", "_attrs", "_escaping", "_log", "clocks", "_arguments"],
    ["resources", "editions"],
    ["commands"],
    ["events.base"],
    [f"events.{subject}" for subject in SUBJECTS],
    ["decision"],
    ["domain.lifecycle", "domain.state.ids", "domain.state.tables", "domain.state.pending", "domain.state.records"],
    ["domain.state.world"],
    ["domain.state.views", "domain.state.private_pool", "domain.state.regional_pool", "domain.state.streams"],
    ["domain.state", "domain.context", "domain.causes"],
    ["domain.rule_parameters"],
    ["domain.rules"],
    ["domain.lookups", "domain.in_use", "domain.held"],
    ["domain.operation"],
    ["domain.attributes"],
    ["domain.subjects"],
    ["domain.queries.intranet", "domain.queries.instance", "domain.queries.capabilities", "lifecycles"],
    ["domain.rulebook", "domain.fold", "domain.settle", "domain.pace"],
    ["domain.fold_ahead"],
    ["domain.decide"],
    ["domain.queries", "domain.checks"],
    ["events.stores", "events", "instance_types"],
    ["_settling", "_options", "_collections", "_json", "_listings", "_snapshots"],
    ["openapi.held", "openapi.describe"],
    ["openapi.instance_types", "openapi.quotas", "openapi.group_rules"],
    ["openapi.collected"],
    ["openapi.left_out"],
    ["openapi.imports", "openapi.records", "openapi.selection", "openapi.actions"],
    ["openapi.describing", "openapi.refreshing", "_differences"],
    ["_engine"],
    ["_results"],
    ["cloud", "projections", "metrics"],
    ["_audit"],
    ["_api"],
    ["", "hypothesis_plugin", "pytest_plugin"],
    ["openapi"],
    ["testing._faulty", "testing._intercept"],
    ["testing.faults"],
    ["testing._aliyun"],
    ["testing._script", "testing._generate"],
    ["testing._visiting"],
    [
        "testing._fixtures",
        "testing._choose",
        "testing._compare",
        "testing._event_stores",
        "testing._explore",
        "testing._frozen",
    ],
    ["testing", "testing._scenarios", "testing._machine"],
    ["strategies"],
    ["plan", "guest"],
    ["cli"],
]
HOMES = {
    "transitions": {"domain.lifecycle"},
    "structlog": {"_log"},
    "sqlite3": {"events.stores.sqlite", "events.stores.sqlite_file", "events.stores.sqlite_index"},
    "psycopg": {"events.stores.postgres"},
    "nats": {"events.stores.jetstream_link"},
    "csv": {"instance_types"},
    "logging": {"_log"},
    "pytest": {"pytest_plugin"},
    "http": {"openapi.http"},
    "hypothesis": {"hypothesis_plugin", "strategies", "testing._choose", "testing._machine"},
}
IMPURE = {"time", "random", "secrets", "uuid", "os", "io", "pathlib", "logging", "socket", "threading", "sqlite3"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


@cache
def imports(name: str, *, for_types: bool = False) -> tuple[str, ...]:
    return tuple(imported(name, for_types))


def imported(name: str, for_types: bool) -> Iterator[str]:
    """The full names that a module imports when it runs or is used; with ``for_types`` those for type checkers too."""
    tree = ast.parse(MODULES[name].read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not for_types:
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                is_module = full.removeprefix("ecsnet.") in MODULES
                yield full if is_module else str(node.module)


def layer(name: str) -> int:
    for number, names in enumerate(LAYERS):
        if name in names:
            return number
    return layer(name.rpartition(".")[0]) if name else len(LAYERS)


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down_only(name: str) -> None:
    for imported in imports(name):
        if imported.split(".")[0] == "ecsnet":
            target = imported.partition(".")[2]
            assert layer(target) <= layer(name), f"{name or 'ecsnet'} imports {imported}"


def test_no_imports_go_in_a_circle_not_even_for_type_checkers() -> None:
    own = {
        name: {full.partition(".")[2] for full in imports(name, for_types=True) if full.split(".")[0] == "ecsnet"}
        for name in MODULES
    }
    TopologicalSorter({name: targets - {name} for name, targets in own.items()}).prepare()  # raises CycleError


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("domain")])
def test_the_domain_is_pure(name: str) -> None:
    assert not {imported.split(".")[0] for imported in imports(name)} & IMPURE


def test_every_library_has_one_home() -> None:
    for library, homes in HOMES.items():
        users = {name for name in MODULES if library in {imported.split(".")[0] for imported in imports(name)}}
        assert users == homes, library
    for name in MODULES:
        libraries = {imported.split(".")[0] for imported in imports(name)}
        assert not libraries & {"click", "rich"} or name.split(".")[0] == "cli", name


def loaded(code: str) -> set[str]:
    code += "; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_unneeded() -> None:
    assert not {name for name in loaded("import ecsnet") if name.startswith("ecsnet.")}
    used = loaded("import ecsnet; ecsnet.Cloud()") - loaded("import attrs, msgspec, transitions")
    assert "ecsnet.cloud" in used
    assert not used & {
        "hypothesis",
        "structlog",
        "sqlite3",
        "psycopg",
        "nats",
        "click",
        "rich",
        "csv",
        "json",
        "calendar",
        "ecsnet.domain.state.snapshots",
        "ecsnet.openapi.imports",
        "ecsnet.guest",
    }


@pytest.mark.parametrize("name", [name for name in MODULES if name and name.count(".") < 1])
def test_every_module_can_be_the_first_to_be_imported(name: str) -> None:
    assert f"ecsnet.{name}" in loaded(f"import ecsnet.{name}")


def test_hypothesis_is_loaded_only_where_it_is_used() -> None:
    assert "hypothesis" not in loaded("import ecsnet.testing")
    assert "hypothesis" in loaded("from ecsnet.testing import CloudMachine")


def test_the_hypothesis_plugin_loads_only_the_resources() -> None:
    own = {name for name in loaded("import hypothesis") if name.startswith("ecsnet")}
    values = {"ecsnet.resources", "ecsnet.values", "ecsnet._arguments", "ecsnet._attrs", "ecsnet._escaping"}
    assert own == {"ecsnet", "ecsnet.hypothesis_plugin", "ecsnet.errors", *values}


def test_the_package_has_the_public_names_and_no_others() -> None:
    from ecsnet import _api

    assert set(_api.__all__) <= set(dir(ecsnet))
    assert all(getattr(ecsnet, name) is getattr(_api, name) for name in _api.__all__)
    with pytest.raises(AttributeError, match="no attribute 'banana'"):
        ecsnet.banana  # noqa: B018  # asking is the test
    names: dict[str, object] = {}
    exec("from ecsnet import *", names)
    assert set(_api.__all__) <= set(names)


def test_the_median_module_is_under_200_lines() -> None:
    sizes = sorted(len(path.read_text().splitlines()) for path in MODULES.values())
    assert sizes[len(sizes) // 2] < 200


def imported_by_test(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            yield from (module + alias.name for alias in node.names)


def test_no_test_module_is_imported() -> None:
    """Code that several test modules use is in `tests.support`."""
    paths = sorted(Path(__file__).parents[1].rglob("*.py"))
    assert len(paths) > 50
    names = [(path.name, name) for path in paths for name in imported_by_test(path) if name.startswith("tests.")]
    assert len(names) > 100
    assert [(file, name) for file, name in names if any(part.startswith("test_") for part in name.split("."))] == []


PROJECT = Path(__file__).parents[2]
INTERNALS = {
    "tests/api/test_errors.py": "makes every error that there is",
    "tests/api/test_refusals.py": "holds the lock of a counter at a fork of the process",
    "tests/api/test_snapshots.py": "has snapshots kept after a few events",
    "tests/attack/test_files.py": "limits the pages of an open database",
    "tests/attack/test_terminal_output.py": "shows hostile text in every place",
    "tests/domain/state/test_regional_pool.py": "fills a pool that would take thousands of commands",
    "tests/domain/state/test_tables.py": "looks at the layers of a table",
    "tests/events/stores/test_stores.py": "asks an open database how it was opened",
    "tests/openapi/test_import.py": "makes a contradiction that no import is known to make",
    "tests/project/test_architecture.py": "compares the public names with their list",
    "tests/support/former_names.py": "gives former names to a cloud",
}
"""The tests of internals, which use underscored names of the library, and why."""
THIRD_PARTY = {
    "os._exit",
    "mutant._replace",
    "structlog._config",  # structlog has no public name for its defaults
    "builtin._BUILTIN_DEFAULT_LOGGER_FACTORY",
    "builtin._BUILTIN_DEFAULT_PROCESSORS",
    "builtin._BUILTIN_DEFAULT_WRAPPER_CLASS",
}


def package_of(path: Path) -> str:
    """The package that owns a file's underscored names; the modules right under `ecsnet` are one."""
    parts = path.relative_to(PROJECT).parts
    return "ecsnet" if parts[0] == "ecsnet" and len(parts) == 2 else "/".join(parts[: 2 if parts[0] == "ecsnet" else 1])


def is_underscored(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def defined_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self":
            yield node.attr
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def used_underscores(tree: ast.AST, package: str, own: set[str]) -> Iterator[str]:
    """The underscored attributes and names that a module uses and its package does not define."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_underscored(node.attr):
            if node.attr not in own and ast.unparse(node.value) not in ("self", "cls"):
                yield ast.unparse(node)
        elif isinstance(node, ast.ImportFrom) and node.module != package.replace("/", "."):
            yield from (f"from {node.module} import {a.name}" for a in node.names if is_underscored(a.name))


def test_nothing_uses_an_underscored_name_of_another_package() -> None:
    """The library's own testing kit can do what it does with what is public. Tests of internals are listed."""
    paths = [
        *sorted(ROOT.rglob("*.py")),
        *sorted(PROJECT.glob("tests/**/*.py")),
        *sorted(PROJECT.glob("benchmarks/*.py")),
    ]
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}
    own: dict[str, set[str]] = {}
    for path, tree in trees.items():
        own.setdefault(package_of(path), set()).update(defined_names(tree))
    users = {
        str(path.relative_to(PROJECT)): names
        for path, tree in trees.items()
        if (names := set(used_underscores(tree, package_of(path), own[package_of(path)])) - THIRD_PARTY)
    }
    assert {name: users[name] for name in users.keys() - INTERNALS.keys()} == {}
    assert users.keys() >= INTERNALS.keys()


@pytest.mark.parametrize(
    "name", [name for name in MODULES if name.split(".")[0] in ("testing", "guest", "plan", "cli")]
)
def test_packages_above_the_cloud_import_no_part_of_its_inside(name: str) -> None:
    inside = {"_audit", "_collections", "_engine", "_log", "_options", "_results", "_settling"}
    assert not {imported.removeprefix("ecsnet.").split(".")[0] for imported in imports(name)} & inside
