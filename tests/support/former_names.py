"""The names that the library had before its modules and identifiers were renamed, for scripts that still use them; and
the nine columns that a row of a SQLite file had, for scripts that damage files.

`SHIM=tests/support/former_names.py ../shared/check-inputs` runs this file first in the process of each script. The
package itself has no alias. Processes that a script starts know the former names, too.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import sqlite3
import sys
import tempfile
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import attrs

import ecsnet

MODULES: Final = {
    "model": "_engine",
    "collection": "_collections",
    "catalogue": "instance_types",
    "auditing": "_audit",
    "log": "_log",
    "api": "_api",
    "arguments": "_arguments",
    "escaping": "_escaping",
    "vendor": "openapi",
    "vendor.actions": "openapi.actions",
    "vendor.answers": "openapi.responses",
    "vendor.requests": "openapi.requests",
    "importing": "openapi.imports",
    "importing.answers": "openapi.describe",
    "commands.classic": "commands.classic_link",
    "commands.public_address": "commands.public_ip commands.eip commands.instance",
    "events.classic": "events.classic_link",
    "events.imported": "events.imports",
    "events.public_address": "events.public_ip events.instance",
    "events.shared": "events.eip events.public_ip events.imports",
    "events.store": "events.stores.base events.stores.memory",
    "events.sqlite": "events.stores.sqlite",
    "events.sqlite_file": "events.stores.sqlite_file",
    "events.codec": "events.stores.codec",
    "domain.case": "domain.context",
    "domain.deciding": "domain.decide",
    "domain.folding": "domain.fold",
    "domain.passing": "domain.settle",
    "domain.world": "domain.state.world",
    "domain.tables": "domain.state.tables",
    "domain.views": "domain.state.views",
    "domain.identity": "domain.state.ids",
    "domain.address_pool": "domain.state.private_pool",
    "domain.regional_pool": "domain.state.regional_pool",
    "domain.waiting": "domain.state.pending",
    "domain.streams": "domain.state.streams",
    "domain.account": "domain.subjects.account",
    "domain.vpc": "domain.subjects.vpc",
    "domain.security_group": "domain.subjects.security_group",
    "domain.instance": "domain.subjects.instance.lifecycle",
    "domain.launching": "domain.subjects.instance.creation",
    "domain.relocation": "domain.subjects.instance.vpc_attribute",
    "domain.network_spec": "domain.subjects.instance.bandwidth",
    "domain.network_interface": "domain.subjects.network_interface.lifecycle",
    "domain.attachment": "domain.subjects.network_interface.attachment",
    "domain.private_address": "domain.subjects.network_interface.private_ips",
    "domain.public_address": "domain.subjects.public_ip",
    "domain.eip": "domain.subjects.eip",
    "domain.classic": "domain.subjects.classic_link",
    "domain.importing": "domain.subjects.imports",
    "domain.permitting": "domain.queries.permitted",
    "domain.network_facts": "domain.queries.capabilities",
    "domain.intranet": "domain.queries.intranet",
    "domain.invariants": "domain.checks.invariants",
    "domain.fingerprint": "domain.checks.state_digest",
    "domain.retelling": "domain.checks.commands_from_events",
    "plan.reading": "plan.parse",
    "plan.running": "plan.run",
    "testing.asking": "testing._generate",
    "testing.drawing": "testing._choose",
    "testing.beginning": "testing._fixtures",
    "testing.exploring": "testing._explore",
    "testing.comparing": "testing._compare",
    "testing.scenarios": "testing._scenarios",
    "testing.machine": "testing._machine",
    "testing.script": "testing._script",
    "testing.event_stores": "testing._event_stores",
}
"""Former module → the modules that have its names now, without the package's own name."""
NAMES: Final = {
    "Answer": "Response",
    "Case": "RuleContext",
    "Caller": "CommandContext",
    "Collection": "ResourceCollection",
    "Host": "AttachTarget",
    "IllegalMove": "IllegalTransition",
    "InvalidAnswer": "InvalidResponse",
    "Model": "Engine",
    "Moves": "Transitions",
    "Sight": "Inventory",
    "WaitingTable": "PendingTable",
    "answer_of": "response_of",
    "command_of": "command_for",
    "essence": "behavioural_digest",
    "every": "all_commands",
    "passing": "settle_moves",
    "read_answers": "read_responses",
    "whole": "serialized_state",
}
"""Former name → name of today, in whatever module it is."""


class _Split(ModuleType):
    """A former module whose names are in several modules now."""

    parts: tuple[ModuleType, ...] = ()

    def __getattr__(self, name: str) -> Any:
        for part in self.parts:
            if hasattr(part, name):
                return getattr(part, name)
        raise AttributeError(f"{self.__name__} had no {name}, or it is gone")


def _with_former_names(module: ModuleType) -> ModuleType:
    for former, name in NAMES.items():
        if not hasattr(module, former) and name in vars(module):
            setattr(module, former, getattr(module, name))
    return module


class _FormerModules(MetaPathFinder, Loader):
    """Finds former modules where they are now. A module with one successor *is* that successor, to be patched too."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        package, _, name = fullname.partition(".")
        return ModuleSpec(fullname, self) if package == "ecsnet" and name in MODULES else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        names = MODULES[spec.name.partition(".")[2]].split()
        parts = tuple(_with_former_names(import_module(f"ecsnet.{name}")) for name in names)
        if len(parts) == 1:
            return _Alias(spec.name, parts[0])
        split = _Split(spec.name)
        split.parts = parts
        return split

    def exec_module(self, module: ModuleType) -> None:
        if isinstance(module, _Alias):
            sys.modules[module.__name__] = module.successor


class _Alias(ModuleType):
    """Stands in for a module until it has been imported: then its successor takes its place."""

    def __init__(self, name: str, successor: ModuleType) -> None:
        super().__init__(name)
        self.successor = successor


def _make_former_names_known() -> None:
    sys.meta_path.insert(0, _FormerModules())
    for name in ("ecsnet", "ecsnet.errors", "ecsnet.testing", "ecsnet.openapi", "ecsnet.cloud"):
        _with_former_names(import_module(name))
    public: Any = ecsnet
    for former, name in NAMES.items():
        if name in public.__all__:
            setattr(public, former, getattr(public, name))
            public.__all__ = [*public.__all__, former]
    ecsnet.InvalidResponse.__name__ = ecsnet.InvalidResponse.__qualname__ = "InvalidAnswer"  # as tracebacks show it
    cloud: Any = ecsnet.Cloud
    cloud._model = property(lambda self: self._engine)
    lifecycle: Any = import_module("ecsnet.domain.lifecycle").Lifecycle
    lifecycle.moves = lambda self, event: self.table[event]


class _Violations(tuple[Any, ...]):
    """The violations of a decision, for scripts that show the first of a command that was denied once."""

    def __getitem__(self, index: Any) -> Any:
        return SimpleNamespace(message="allowed") if index == 0 and not self else super().__getitem__(index)


def _make_allowed_commands_showable() -> None:
    check = ecsnet.Cloud.check

    def check_as_before(*arguments: Any, **options: Any) -> Any:
        decision = check(*arguments, **options)
        if decision.violations or sys._getframe(1).f_globals["__name__"].startswith("ecsnet."):
            return decision
        return attrs.evolve(decision, violations=_Violations())

    cloud: Any = ecsnet.Cloud
    cloud.check = check_as_before


class _FormerColumns(sqlite3.Connection):
    """A connection of a script: its statements may know only the columns of a row without causes and hashes."""

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if re.match(r"\s*create table events\b", sql, re.IGNORECASE) and "caused_by" not in sql:
            sql = re.sub(r"command_id([^,]*),", r"command_id\1, caused_by, settles, hash,", sql, count=1)
        return super().execute(sql, *parameters)


def _make_former_columns_known() -> None:
    connect = sqlite3.connect

    def connect_as_before(*arguments: Any, **options: Any) -> Any:
        if not sys._getframe(1).f_globals["__name__"].startswith("ecsnet."):
            options.setdefault("factory", _FormerColumns)
        return connect(*arguments, **options)

    sqlite3.connect = connect_as_before


def _tell_children() -> None:
    """Make Python processes that are started from here run this file first."""
    if "ECSNET_FORMER_NAMES" in os.environ:
        return
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    site = f"import runpy; runpy.run_path({str(Path(__file__).resolve())!r})\n"
    Path(folder, "sitecustomize.py").write_text(site, encoding="utf-8")
    paths = [folder, *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ.update(ECSNET_FORMER_NAMES="1", PYTHONPATH=os.pathsep.join(paths))


_make_former_names_known()
_make_former_columns_known()
_make_allowed_commands_showable()
_tell_children()
