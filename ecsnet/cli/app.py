"""The commands, their options and their exit codes: 0 as expected, 1 not as expected, 2 nothing could be done."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import click

from ecsnet import Cloud, EcsnetError, ManualClock, __version__
from ecsnet._escaping import escaped
from ecsnet._snapshots import verify_all
from ecsnet.cli import checking, differing, histories, outcomes, rulebook, serving, tree
from ecsnet.cli import guest as guests
from ecsnet.cli.output import Output
from ecsnet.clocks import utc_now
from ecsnet.editions import EDITIONS
from ecsnet.events import export_history, import_history
from ecsnet.events.stores.addresses import shown_address
from ecsnet.events.stores.opening import open_address
from ecsnet.guest import guest_configuration
from ecsnet.plan import PlanError, read_plan, run_plan
from ecsnet.plan.settings import parse_settle_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecsnet.clocks import SettleAfter
    from ecsnet.events.stores.base import EventStore

_HELP: Final[tuple[type[click.ClickException], ...]] = (
    (click.exceptions.NoArgsIsHelpError,) if hasattr(click.exceptions, "NoArgsIsHelpError") else ()
)
"""The exceptions by which click, from 8.2 on, prints the help when there are no arguments."""
AS_EXPECTED, NOT_AS_EXPECTED, UNUSABLE = 0, 1, 2
DEFAULT_ACCOUNT_ID: Final = "1234567890123456"


class _Unusable(click.ClickException):
    """Ends the command with exit code 2 and prints a line for each problem."""

    exit_code = UNUSABLE

    def __init__(self, *problems: str) -> None:
        self._lines = [f"ecsnet: {escaped(problem)}" for problem in problems]
        super().__init__("\n".join(self._lines))
        self.args = problems  # copy and pickle pass these to the constructor

    def show(self, file: IO[Any] | None = None) -> None:
        for line in self._lines:
            click.echo(line, file=file or sys.stderr)


class _Group(click.Group):
    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _errors_as_exit_code():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _errors_as_exit_code():
            return super().invoke(ctx)


@contextmanager
def _errors_as_exit_code() -> Iterator[None]:
    """Turns every error about unusable input into exit code 2. No value in a message can break its line."""
    try:
        yield
    except click.ClickException as error:
        if not isinstance(error, (_Unusable, *_HELP)):
            error.message = escaped(error.message)  # type: ignore[misc]  # it quotes arguments as they were typed
        raise
    except PlanError as error:
        raise _Unusable(*(f"{error.source}: {problem}" for problem in error.problems)) from error
    except EcsnetError as error:
        raise _Unusable(str(error)) from error
    except BrokenPipeError:
        raise  # the reader of the output has gone: click ends quietly
    except OSError as error:
        reason = error.strerror or str(error)
        raise _Unusable(reason if error.filename is None else f"{error.filename}: {reason}") from error
    except UnicodeEncodeError as error:
        near = error.object[max(0, error.start - 20) : error.end + 20]
        raise _Unusable(f"text that cannot be encoded: {near!r}") from error
    except (ValueError, OverflowError) as error:
        raise _Unusable(f"a value that cannot be used: {error}") from error
    except RecursionError as error:
        raise _Unusable("the input is nested too deeply") from error
    except MemoryError as error:
        raise _Unusable("the input does not fit into memory") from error


def _parsed_settle_after(context: click.Context, parameter: click.Parameter, value: str | None) -> SettleAfter | None:
    try:
        if value is None or "=" not in value:
            return None if value is None else parse_settle_after(value)
        kinds = [one.strip().partition("=") for one in value.split(",")]
        return parse_settle_after({kind: duration for kind, _, duration in kinds})
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _clock(context: click.Context, parameter: click.Parameter, value: str | None) -> ManualClock | None:
    if value is None:
        return None
    try:
        start = datetime.fromisoformat(value)
        return ManualClock(start if start.tzinfo is not None else start.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{value!r} is no ISO 8601 time, such as 2019-03-11T08:00:00+08:00") from None


def _store(value: str) -> Path | str:
    """Returns the path of a file, or the address of a database."""
    return value if "://" in value else Path(value)


def _moment(context: click.Context, parameter: click.Parameter, value: str | None) -> int | datetime | None:
    try:
        return None if value is None else differing.moment(value)
    except (ValueError, OverflowError):
        reason = f"{value!r} is neither a position nor an ISO 8601 time, such as 2019-03-11T08:00:00+08:00"
        raise click.BadParameter(reason) from None


_MOMENT: Final = "A position in the history, or a time in ISO 8601, UTC if it has no offset."
_FILE = click.Path(path_type=Path)
_instance_types = click.option(
    "--instance-types",
    "types_file",
    metavar="FILE",
    type=_FILE,
    help="Responses of DescribeInstanceTypes: the types in it are added to the catalogue or replace its own.",
)
_edition = click.option(
    "--edition",
    type=click.Choice(list(EDITIONS)),
    help="What the vendor's documentation says at a time. Default: that of FILE or of the history, or 2019-03.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, one value a line.")


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ecsnet")
def main() -> None:
    """An Alibaba Cloud ECS network that behaves like the real thing."""


@main.command()
@click.argument("file", type=_FILE)
@click.option(
    "--store",
    metavar="FILE|ADDRESS",
    type=_store,
    help="The history to append to, created if missing: a file, or the address of a database, such as "
    "postgresql://user@host/database or nats://host1,host2,host3/stream. Default: in memory.",
)
@click.option("--dry-run", is_flag=True, help="Judge the whole plan without recording anything.")
@click.option(
    "--settle-after",
    metavar="SECONDS|manual",
    callback=_parsed_settle_after,
    help="Duration of transitional states; manual: until a Settle in FILE. Also for single operations, as in "
    "AttachNetworkInterface=3,DeleteInstance=manual. Default: that of FILE, or 0.",
)
@click.option(
    "--start",
    "clock",
    metavar="TIME",
    callback=_clock,
    help="Time at which FILE begins, in ISO 8601, UTC if it has no offset; only a Wait in FILE then advances the "
    "clock. Default: that of FILE, or the system's clock.",
)
@click.option("--account-id", help=f"Account that gives the commands. Default: that of FILE, or {DEFAULT_ACCOUNT_ID}.")
@_instance_types
@_edition
@_json
def run(
    file: Path,
    store: Path | str | None,
    dry_run: bool,
    settle_after: SettleAfter | None,
    clock: ManualClock | None,
    account_id: str | None,
    types_file: Path | None,
    edition: str | None,
    as_json: bool,
) -> None:
    """Run the operations in FILE, a JSON list of actions and parameters of the vendor's OpenAPI.

    FILE may also be an object with the list under "operations", and with "start", "settle_after", "account_id" and
    "edition", which these options override.

    Exits 0 if every outcome is as FILE expects, 1 if not, and 2, before anything runs, if FILE is malformed.
    """
    plan = read_plan(file)
    if clock is None and plan.start is not None:
        clock = ManualClock(plan.start)
    if clock is None and (wait := plan.first_wait()) is not None:
        reason = 'the clock can be moved only with a "start" in the file, or --start TIME'
        raise _Unusable(f"{file}: entry {wait.entry} ({wait.action}): {reason}")
    if settle_after is None:
        settle_after = plan.settle_after or timedelta(0)
    if account_id is None:
        account_id = plan.account_id or DEFAULT_ACCOUNT_ID
    output = Output(as_json)
    types = checking.types_in(types_file)
    history = _store_to_run_on(store, dry_run)
    with Cloud(
        history,
        settle_after=settle_after,
        account_id=account_id,
        clock=clock or utc_now,
        instance_types=types,
        edition=edition or plan.edition,
    ) as cloud:
        summary = outcomes.Summary(dry_run)
        for outcome in run_plan(plan, cloud.fork() if dry_run else cloud):
            summary.count(outcome)
            outcomes.show(outcome, output, dry_run)
        summary.show(output)
    sys.exit(AS_EXPECTED if summary.as_expected else NOT_AS_EXPECTED)


@main.command()
@click.argument("responses", type=_FILE, nargs=-1, required=True)
@click.argument("plan", type=_FILE)
@click.option("--account-id", help=f"Account of the network. Default: that of PLAN, or {DEFAULT_ACCOUNT_ID}.")
@_instance_types
@_edition
@_json
def check(
    responses: tuple[Path, ...],
    plan: Path,
    account_id: str | None,
    types_file: Path | None,
    edition: str | None,
    as_json: bool,
) -> None:
    """Judge the operations in PLAN against a real network, described by the RESPONSES of Describe actions.

    RESPONSES are files with the JSON responses of DescribeVpcs, DescribeVSwitches, DescribeSecurityGroups,
    DescribeInstances, DescribeNetworkInterfaces, DescribeEipAddresses, DescribeSecurityGroupAttribute and
    DescribeInstanceTypes. Each file has one response or a list of them; an action may have any number of pages. The
    exit code is that of run; nothing is recorded.
    """
    operations = read_plan(plan)
    if (wait := operations.first_wait()) is not None:
        raise _Unusable(f"{plan}: entry {wait.entry} ({wait.action}): a real network goes by the real clock")
    if operations.start is not None:
        raise _Unusable(f"{plan}: start: a real network goes by the real clock")
    if account_id is None:
        account_id = operations.account_id or DEFAULT_ACCOUNT_ID
    output = Output(as_json)
    types = checking.types_in(types_file)
    cloud = Cloud(
        account_id=account_id,
        settle_after=operations.settle_after or timedelta(0),
        instance_types=types,
        edition=edition or operations.edition,
    )
    checking.start_from(cloud, responses, output)
    summary = outcomes.Summary(dry_run=True)
    for outcome in run_plan(operations, cloud):
        summary.count(outcome)
        outcomes.show(outcome, output, dry_run=True)
    summary.show(output)
    sys.exit(AS_EXPECTED if summary.as_expected else NOT_AS_EXPECTED)


def _store_to_run_on(store: Path | str | None, dry_run: bool) -> EventStore | Path | str | None:
    if store is None or not dry_run:
        return store
    if isinstance(store, Path) and not store.exists():
        return None  # a dry run must not even create the file
    return _to_read(store)


def _to_read(store: Path | str) -> EventStore:
    if isinstance(store, str):
        return open_address(store, read_only=True)
    from ecsnet.events.stores.sqlite import SqliteStore

    return SqliteStore(store, read_only=True)


def _to_write(store: Path | str) -> EventStore:
    if isinstance(store, str):
        return open_address(store)
    from ecsnet.events.stores.sqlite import SqliteStore

    return SqliteStore(store)


@main.command()
@click.option(
    "--store",
    metavar="FILE|ADDRESS",
    type=_store,
    help="The history to go on from, created if missing. Default: in memory.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on. Default: any free one.")
@click.option(
    "--settle-after",
    metavar="SECONDS|manual",
    callback=_parsed_settle_after,
    default="0",
    help="Duration of transitional states. Default: 0.",
)
@click.option(
    "--polls",
    type=click.IntRange(min=1),
    help="Transitional states end after so many Describe calls of the resource instead.",
)
@click.option("--faults", "faults_file", metavar="FILE", type=_FILE, help="Faults to inject, a JSON list.")
@click.option("--seed", type=int, default=0, help="Seed of the faults that have a probability. Default: 0.")
@click.option("--strict", is_flag=True, help="Refuse parameters that nothing is done with.")
@click.option("--region-id", default="cn-hangzhou", show_default=True, help="Region of requests that name none.")
@click.option("--account-id", default=DEFAULT_ACCOUNT_ID, show_default=True, help="Account of the requests.")
@click.option("--log", is_flag=True, help="Write each call and each command to the standard error, a line of JSON.")
@_instance_types
@_edition
def serve(
    store: Path | str | None,
    host: str,
    port: int,
    settle_after: SettleAfter,
    polls: int | None,
    faults_file: Path | None,
    seed: int,
    strict: bool,
    region_id: str,
    account_id: str,
    log: bool,
    types_file: Path | None,
    edition: str | None,
) -> None:
    """Answer the vendor's clients over HTTP, until interrupted.

    Prints one line of JSON with the endpoint, and with the environment that makes clients use it. What the server tells
    and does besides the vendor's API is under /_ecsnet/: health, history, calls, why, reset, fork, clock.
    """
    types = checking.types_in(types_file)
    serving.check(polls, settle_after)
    with Cloud(
        store,
        settle_after="manual" if polls is not None else settle_after,
        region_id=region_id,
        account_id=account_id,
        clock=serving.clock(),
        instance_types=types,
        edition=edition,
    ) as cloud:
        serving.serve(
            cloud,
            host=host,
            port=port,
            polls=polls,
            faults=serving.faults_in(faults_file, seed),
            strict=strict,
            may_reset=store is None,
            log=log,
        )


@main.command()
@click.argument("store", metavar="FILE|ADDRESS", type=_store)
@click.argument("resource_id", metavar="[ID]", required=False)
@_json
def history(store: Path | str, resource_id: str | None, as_json: bool) -> None:
    """Print the events in a store in order, or those that concern the resource ID."""
    output = Output(as_json)
    with Cloud(_to_read(store)) as cloud:
        records = cloud.history(resource_id)
        if resource_id is not None and not records:
            raise _Unusable(
                f"{shown_address(store) if isinstance(store, str) else store}: no event concerns {resource_id}"
            )
        for record in records:
            histories.show(record, output)


@main.command()
@click.argument("store", metavar="FILE|ADDRESS", type=_store)
@click.option(
    "--expect", metavar="HEAD", help="The head that an earlier verification printed: its events must be there."
)
@_json
def verify(store: Path | str, expect: str | None, as_json: bool) -> None:
    """Verify the hashes of the events in a store, and print the head, which stands for all of them.

    Exits 0 if every event is as it was recorded, and 1 if not: the first that was altered, is missing, was inserted or
    was exchanged is printed, or the first snapshot of the state that is not what the events lead to. Without --expect,
    a history whose last events were removed cannot be told from one that never had them.
    """
    opened = _to_read(store)
    try:
        verification = verify_all(opened, expect=expect)
    finally:
        opened.close()
    histories.show_verification(verification, Output(as_json))
    sys.exit(AS_EXPECTED if verification.intact else NOT_AS_EXPECTED)


@main.command()
@click.argument("store", metavar="FILE|ADDRESS", type=_store)
@click.option("--output", "-o", metavar="LINES", type=_FILE, help="The file to write. Default: standard output.")
def export(store: Path | str, output: Path | None) -> None:
    """Write the events of a store as lines of JSON, with their hashes, for import-history.

    The lines of equal histories are equal, whatever the store. A damaged history is not exported.
    """
    opened = _to_read(store)
    try:
        histories.write_lines(export_history(opened), output)
    finally:
        opened.close()


@main.command("import-history")
@click.argument("lines", type=click.File("rb"))
@click.argument("store", metavar="FILE|ADDRESS", type=_store)
def import_history_command(lines: IO[bytes], store: Path | str) -> None:
    """Store the events in LINES, which export wrote, in an empty store, which is created if it is missing.

    All of them are stored, with their hashes, or none: a line that is damaged, incomplete or missing is named. LINES
    is - for standard input.
    """
    opened = _to_write(store)
    try:
        count = import_history(lines, opened)
    finally:
        opened.close()
    Output(False).line(f"{count} events")


@main.command()
@click.argument("store", metavar="FILE|ADDRESS", type=_store)
@click.option(
    "--settle-after",
    metavar="SECONDS|manual",
    callback=_parsed_settle_after,
    default="manual",
    help="Duration of transitional states. Default: manual, which shows them as they were recorded.",
)
@_json
def show(store: Path | str, settle_after: SettleAfter, as_json: bool) -> None:
    """Print the resources that exist now in a store, by region, VPC, VSwitch, instance and network interface."""
    output = Output(as_json)
    with Cloud(_to_read(store), settle_after=settle_after) as cloud:
        tree.show(cloud, output)


@main.command()
@click.argument("store", metavar="FILE|ADDRESS", type=_store)
@click.option("--since", metavar="POSITION|TIME", required=True, callback=_moment, help=_MOMENT)
@click.option("--until", metavar="POSITION|TIME", callback=_moment, help=f"{_MOMENT} Default: the end of the history.")
@_json
def diff(store: Path | str, since: int | datetime, until: int | datetime | None, as_json: bool) -> None:
    """Print the resources that changed, appeared or disappeared in a store since a moment, such as the last import."""
    with Cloud(_to_read(store), settle_after="manual") as cloud:
        differing.show(cloud if until is None else cloud.at(until), since, Output(as_json))


@main.command()
@click.argument("store", metavar="FILE|ADDRESS", type=_store)
@click.argument("network_interface_id", metavar="ENI")
@click.option("--image", help="Image of the instance, such as 'centos 7.2' or an image id. Default: its own image.")
@click.option("--rps", is_flag=True, help="Also spread the work of the receive queues over CPUs.")
@_json
def guest(store: Path | str, network_interface_id: str, image: str | None, rps: bool, as_json: bool) -> None:
    """Print the script, or on Windows the steps, that configures the attached ENI inside its instance."""
    with Cloud(_to_read(store), settle_after="manual") as cloud:
        guests.show(guest_configuration(cloud, network_interface_id, image, rps=rps), Output(as_json))


@main.command()
@click.argument("rule_id", metavar="[ID]", required=False)
@_json
def rules(rule_id: str | None, as_json: bool) -> None:
    """Print the rulebook, or the rule ID in full."""
    output = Output(as_json)
    if rule_id is None:
        rulebook.show_all(output)
    elif not rulebook.show_one(rule_id, output):
        raise _Unusable(rulebook.unknown(rule_id))
