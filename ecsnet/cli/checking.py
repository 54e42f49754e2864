"""``ecsnet check``: a plan judged against the described network of a real account."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ecsnet import Cloud, InstanceType, InvalidResponse, Severity, audit
from ecsnet.cli.output import Output
from ecsnet.instance_types import vendor_types
from ecsnet.openapi.instance_types import read_instance_types


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
    if output.as_json:
        output.value({"imported": count, "findings": findings})
        return
    breaches = [finding for finding in findings if finding.severity is Severity.Breach]
    information = [finding for finding in findings if finding.severity is Severity.Information]
    output.line(f"imported {count} resources", ("; they contradict the rules:" if breaches else "", "yellow"))
    for finding in breaches:
        output.line((f"  {finding.rule}", "yellow"), f": {finding.message}")
    if information:
        output.line(f"{len(information)} of them are held, or in use by what is not described:")
    for finding in information:
        output.line(f"  {finding.rule}: {finding.message}")


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
