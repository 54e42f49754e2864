"""``ecsnet check``: a plan judged against the described network of a real account."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from ecsnet import Cloud, Finding, InstanceType, InvalidResponse, Severity, audit
from ecsnet.cli.output import Output
from ecsnet.editions import EDITIONS
from ecsnet.instance_types import vendor_types
from ecsnet.openapi.instance_types import read_instance_types
from ecsnet.values import UNKNOWN_QUOTA

_MOST_IDS: Final = 5
_MOST_LINES: Final = 20


def start_from(cloud: Cloud, files: Iterable[Path], output: Output) -> None:
    """Imports the responses in files, each with one response or a list, and prints where they contradict the rules.

    Raises `InvalidResponse`, with the file in its path.
    """
    responses: list[Any] = []
    places: list[str] = []
    for file in files:
        for number, response in enumerate(_read(file)):
            responses.append(response)
            places.append(f"{file}[{number}]")
    try:
        count = cloud.import_resources(responses)
    except InvalidResponse as error:
        raise InvalidResponse(error.reason, path=_place(error.path, places)) from error
    findings = audit(cloud)
    types = sorted(one.id for one in cloud.instance_types.values() if not one.limits_known)
    default = EDITIONS[cloud.edition].quotas
    quotas = [name for name, quota in cloud.quotas.items() if quota.value is None and default[name] != UNKNOWN_QUOTA]
    if output.as_json:
        output.value(
            {"imported": count, "findings": findings, "unknown_instance_types": types, "unknown_quotas": quotas}
        )
        return
    breaches = [finding for finding in findings if finding.severity is Severity.Breach]
    information = [finding for finding in findings if finding.severity is Severity.Information]
    output.line(f"imported {count} resources", ("; they contradict the rules:" if breaches else "", "yellow"))
    for finding in breaches:
        output.line((f"  {finding.rule}", "yellow"), f": {finding.message}")
    if information:
        output.line(f"{len(information)} of them are held, or in use by what is not described:")
    for line in _summary(information):
        output.line(f"  {line}")
    if types:
        output.line(f"unknown instance types, of which only what their instances have is known: {', '.join(types)}")
    if quotas:
        output.line(f"unknown quotas, of which more is described than the default: {', '.join(quotas)}")


def _summary(information: Iterable[Finding]) -> list[str]:
    """Returns a line for each rule and message, with the ids of the resources that it is about. Of many such ids, and
    of many such lines, only the first are shown."""
    ids_of: dict[tuple[str, str], list[str]] = {}
    for finding in information:
        resource_id, _, what = finding.message.partition(" ")
        ids_of.setdefault((finding.rule, what), []).append(resource_id)
    lines = []
    for (rule, what), ids in ids_of.items():
        more = f" and {len(ids) - _MOST_IDS} more, each" if len(ids) > _MOST_IDS else ""
        lines.append(f"{rule}: {', '.join(ids[:_MOST_IDS])}{more} {what}")
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"and {len(lines) - _MOST_LINES} more lines; --json has all"]
    return lines


def types_in(file: Path | None) -> tuple[InstanceType, ...]:
    """Returns the instance types in a file with responses of DescribeInstanceTypes, none without a file.

    Raises `InvalidResponse`, with the file in its path.
    """
    if file is None:
        return ()
    responses = _read(file)
    try:
        return read_instance_types(responses, vendor_types())
    except InvalidResponse as error:
        places = [f"{file}[{number}]" for number in range(len(responses))]
        raise InvalidResponse(error.reason, path=_place(error.path, places)) from error


def _place(path: str, places: Sequence[str]) -> str:
    """Returns a path of the import as a place in the files. A path that names no response is returned unchanged."""
    found = re.match(r"responses\[([0-9]{1,9})\]", path)
    if found is None or int(found[1]) >= len(places):
        return path
    return places[int(found[1])] + path[found.end() :]


def _read(file: Path) -> list[Any]:
    try:
        responses = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidResponse(f"cannot be read: {error.strerror}", path=str(file)) from error
    except (ValueError, RecursionError) as error:
        raise InvalidResponse(f"not JSON: {error}", path=str(file)) from error
    return responses if isinstance(responses, list) else [responses]
