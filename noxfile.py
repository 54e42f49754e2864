"""The checks of a change, each in an environment of its own: ``nox``, ``nox --list``, ``nox --session lint``.

The sessions need nothing but nox: ``pipx run nox``, or the extra ``dev``. All of them take more than an hour on two
cores; ``nox --session 'tests-3.12(lowest)' -- tests/plan`` runs a part. A Python that is not on the machine is skipped.
With pyenv, ``PYENV_VERSION=3.11.7:3.12.1:3.13.0 nox`` shows nox several at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nox
from packaging.requirements import Requirement
from packaging.version import Version

PYPROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)
EXTRAS = ("cli", "testing", "postgres", "nats", "test")
ON_EVERY_CORE = ("-n", "auto", "--dist", "worksteal")
WITHOUT_ATTACKS = ("--ignore", "tests/attack")
"""The attack tests take most of the time, and the gate, ``.ci/run``, runs them: here they would run six times."""
OF_ENGINES = tuple(f"tests/attack/test_{name}.py" for name in ("event_stores", "postgres", "jetstream"))
"""These take a minute, and hardly any other test reaches what they measure."""
WITHOUT_SHRINKING = ("--ignore", "tests/testing/test_broken_systems.py")
"""These tests shrink what they find, which takes many minutes under a tracer."""

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "tests", "coverage", "sdist", "project"]


@nox.session
def lint(session: nox.Session) -> None:
    """Lint and formatting."""
    session.install("-e", ".[test]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Types, the library's own and a user's."""
    session.install("-e", ".[test]")
    session.run("mypy")


@nox.session(python=PYTHONS)
@nox.parametrize("dependencies", ["lowest", "newest"], ids=["lowest", "newest"])
def tests(session: nox.Session, dependencies: str) -> None:
    """The tests but the attacks, with the lowest or the newest dependencies; arguments go to pytest."""
    if dependencies == "lowest":
        constraints = Path(session.create_tmp()) / "lowest.txt"
        constraints.write_text("".join(f"{line}\n" for line in lowest(str(session.python))), encoding="utf-8")
        session.install("-e", ".[test]", "--constraint", str(constraints))
    else:
        session.install("--upgrade", "--upgrade-strategy", "eager", "-e", ".[test]")
    session.run("python", "-m", "pytest", "-q", *ON_EVERY_CORE, *(session.posargs or WITHOUT_ATTACKS))


@nox.session
def coverage(session: nox.Session) -> None:
    """Branch coverage of the tests but the attacks and the shrinking, and of those of the engines, which are among the
    attacks; fails below the floor in pyproject.toml."""
    session.install("-e", ".[test]", "coverage>=7.2")
    session.run("coverage", "run", "-m", "pytest", "-q", *(session.posargs or [*WITHOUT_ATTACKS, *WITHOUT_SHRINKING]))
    if not session.posargs:
        session.run("coverage", "run", "--append", "-m", "pytest", "-q", *OF_ENGINES)
    session.run("coverage", "report")


@nox.session
def sdist(session: nox.Session) -> None:
    """The source distribution is unpacked elsewhere and passes its own tests, installed as the README says."""
    session.install("build")
    folder = Path(session.create_tmp()).resolve()
    session.run("python", "-m", "build", "--sdist", "--outdir", str(folder), ".", silent=True)
    (archive,) = folder.glob("*.tar.gz")
    session.run("python", "-m", "tarfile", "--extract", str(archive), str(folder), silent=True)
    session.chdir(folder / archive.name.removesuffix(".tar.gz"))
    session.run("python", "-m", "venv", ".venv", silent=True)
    session.run(".venv/bin/pip", "install", "-q", "-e", ".[test]", external=True)
    session.run(
        ".venv/bin/python", "-m", "pytest", "-q", *ON_EVERY_CORE, *(session.posargs or WITHOUT_ATTACKS), external=True
    )


PROJECT_TEST = """
from alibabacloud_ecs20140526.client import Client
from alibabacloud_ecs20140526.models import CreateSecurityGroupRequest, DescribeInstancesRequest
from alibabacloud_tea_openapi.utils_models import Config
from ecsnet.commands import CreateVpc


def test_the_code_of_the_project(aliyun):
    ecs = Client(Config("id", "secret", region_id="cn-hangzhou", endpoint="ecs.cn-hangzhou.aliyuncs.com"))
    vpc = aliyun.cloud.execute(CreateVpc(cidr_block="10.0.0.0/8"))
    group = ecs.create_security_group(CreateSecurityGroupRequest(region_id="cn-hangzhou", vpc_id=vpc.id)).body
    assert group.security_group_id in aliyun.cloud.security_groups


def test_another_test_has_a_fresh_cloud(aliyun):
    ecs = Client(aliyun.config())
    assert ecs.describe_instances(DescribeInstancesRequest(region_id="cn-hangzhou")).body.total_count == 0
    assert [call.action for call in aliyun.calls] == ["DescribeInstances"]
"""


@nox.session
@nox.parametrize("archive", ["wheel", "sdist"], ids=["wheel", "sdist"])
def project(session: nox.Session, archive: str) -> None:
    """A project of its own uses the fixture ``aliyun`` with nothing but ``ecsnet[testing]``, one SDK and pytest."""
    folder = Path(session.create_tmp()).resolve()
    for former in [*folder.glob("*.whl"), *folder.glob("*.tar.gz")]:
        former.unlink()
    session.install("build")
    session.run("python", "-m", "build", f"--{archive}", "--outdir", str(folder), ".", silent=True)
    (built,) = [*folder.glob("*.whl"), *folder.glob("*.tar.gz")]
    session.chdir(folder)
    session.run("python", "-m", "venv", "--clear", ".venv", silent=True)
    packages = (f"ecsnet[testing] @ {built.as_uri()}", "alibabacloud-ecs20140526", "pytest")
    session.run(".venv/bin/pip", "install", "-q", *packages, external=True)
    Path("test_project.py").write_text(PROJECT_TEST, encoding="utf-8")
    Path("pytest.ini").write_text("[pytest]\n", encoding="utf-8")  # without it the settings of this project hold
    session.run(".venv/bin/python", "-m", "pytest", "-q", "test_project.py", external=True)


def lowest(python: str) -> Iterator[str]:
    """Yields a constraint for each dependency: the lowest version that pyproject.toml allows on a Python."""
    project = PYPROJECT["project"]
    texts = [*project["dependencies"], *(text for extra in EXTRAS for text in project["optional-dependencies"][extra])]
    bounds: dict[str, Version] = {}
    for requirement in map(Requirement, texts):
        if requirement.name == project["name"]:
            continue  # an extra that takes in another one
        if requirement.marker is None or requirement.marker.evaluate({"python_version": python}):
            versions = [Version(one.version) for one in requirement.specifier if one.operator in (">=", "==", "~=")]
            bounds[requirement.name] = max([*versions, bounds.get(requirement.name, Version("0"))])
    for name, version in sorted(bounds.items()):
        yield f"{name}=={version}"
