"""``ecsnet check``: a plan judged against what a real account is described to have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ecsnet import Cloud, InvalidResponse, audit
from ecsnet.cli.output import Output


def start_from(cloud: Cloud, files: Iterable[Path], output: Output) -> None:
    """Import the answers in files, an object or a list of them in each, and print what contradicts the rules in them.

    Raises `InvalidResponse`, with the file in its path.
    """
    answers: list[Any] = []
    places: list[str] = []
    for file in files:
        for number, answer in enumerate(_read(file)):
            answers.append(answer)
            places.append(f"{file}[{number}]")
    try:
        count = cloud.import_resources(answers)
    except InvalidResponse as error:
        raise InvalidResponse(error.reason, path=_place(error.path, places)) from error
    findings = audit(cloud)
    if output.as_json:
        output.value({"imported": count, "findings": findings})
        return
    output.line(f"imported {count} resources", ("; they contradict the rules:" if findings else "", "yellow"))
    for finding in findings:
        output.line((f"  {finding.rule}", "yellow"), f": {finding.message}")


def _place(path: str, places: Sequence[str]) -> str:
    """Returns where a path of the import is in the files. Ids, which may be anything, are no such path."""
    found = re.match(r"answers\[([0-9]{1,9})\]", path)
    if found is None or int(found[1]) >= len(places):
        return path
    return places[int(found[1])] + path[found.end() :]


def _read(file: Path) -> list[Any]:
    try:
        answers = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidResponse(f"cannot be read: {error.strerror}", path=str(file)) from error
    except (ValueError, RecursionError) as error:
        raise InvalidResponse(f"not JSON: {error}", path=str(file)) from error
    return answers if isinstance(answers, list) else [answers]
