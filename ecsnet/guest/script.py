"""`GuestConfiguration`: the files, commands and steps that configure a guest, which print as a script or a list.

Root runs the script, so data in it must stay data, also in configurations that are built by hand: the content of a file
cannot end its here-document, a path is one word, and a note is a comment on every line. Only commands are code.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

import attrs

from ecsnet._attrs import named_converters
from ecsnet._escaping import escaped
from ecsnet.guest import checks
from ecsnet.guest.errors import GuestError


def _path(value: str) -> str:
    return checks.line("the path of a file", value)


def _content(value: str) -> str:
    return checks.lines("the content of a file", value)


def _beginnings(value: Iterable[str], name: str = "replaces") -> tuple[str, ...]:
    return tuple([checks.line("the beginning of a line", one) for one in _several(name, value)])


@attrs.frozen(kw_only=True, field_transformer=named_converters)
class File:
    """A file to write. With ``append``, the content is added to the file unless its first line is there already.

    With ``replaces`` the content takes the place of what an earlier script added: the lines of the file that begin like
    one of these texts, in which ``#`` stands for a digit and a space for the end of the line, too, are removed with the
    indented lines that follow them, and the content is added. All other lines stay. A file that is not there is written
    unless the content is empty.

    Raises `GuestError` for a path, a content or a beginning with invisible characters (controls, lone surrogates, marks
    that change the direction of writing); a content may have line breaks and tabs.
    """

    path: str = attrs.field(converter=_path)
    content: str = attrs.field(converter=_content)
    append: bool = False
    replaces: tuple[str, ...] = attrs.field(default=(), converter=_beginnings)


def _files(value: Iterable[File], name: str = "files") -> tuple[File, ...]:
    files = _several(name, value)
    for file in files:
        if not isinstance(file, File):
            raise GuestError(f"files must have a File each, not {type(file).__name__}")
    return files


def _commands(value: Iterable[str], name: str = "commands") -> tuple[str, ...]:
    return tuple([checks.lines("a command", command) for command in _several(name, value)])


def _texts(value: Iterable[str], name: str = "steps") -> tuple[str, ...]:
    return tuple([checks.text("a step or a note", text) for text in _several(name, value)])


def _several(name: str, value: Any) -> tuple[Any, ...]:
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise GuestError(f"{name} must be a tuple, not {type(value).__name__}")
    return tuple(value)


@attrs.frozen(kw_only=True, field_transformer=named_converters)
class GuestConfiguration:
    """The configuration of a guest.

    The ``files`` are written first, then the ``commands`` run in order; the first ``network_commands`` of them bring
    interfaces up and restart the network. ``steps`` are done by hand; where a configuration has both (Windows),
    commands and steps have the same effect. ``notes`` are remarks for the reader.

    ``+`` joins two configurations: first the network commands of both, of equal ones only the last, then the other
    commands of both. So no restart of the network removes the routes that another configuration has set. ``str`` gives
    a bash script, or the steps with their numbers.

    Raises `GuestError` for a command with invisible characters, and for more network commands than commands; a command
    may have several lines. In steps and notes invisible characters are shown as escapes.
    """

    files: tuple[File, ...] = attrs.field(default=(), converter=_files)
    commands: tuple[str, ...] = attrs.field(default=(), converter=_commands)
    steps: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    notes: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    network_commands: int = attrs.field(default=0)

    @network_commands.validator
    def _are_commands(self, field: attrs.Attribute[int], value: int) -> None:
        checks.number(field.name, value, 0, len(self.commands))

    def __add__(self, other: GuestConfiguration) -> GuestConfiguration:
        of_network = self.commands[: self.network_commands] + other.commands[: other.network_commands]
        of_network = tuple(reversed(dict.fromkeys(reversed(of_network))))
        rest = self.commands[self.network_commands :] + other.commands[other.network_commands :]
        return GuestConfiguration(
            files=self.files + other.files,
            commands=of_network + rest,
            steps=self.steps + other.steps,
            notes=self.notes + tuple(note for note in other.notes if note not in self.notes),
            network_commands=len(of_network),
        )

    def __str__(self) -> str:
        return "\n".join(self._numbered_steps() if self.steps else self._script()) + "\n"

    def _numbered_steps(self) -> Iterator[str]:
        yield from self._comments()
        yield from (f"{number}. {escaped(step)}" for number, step in enumerate(self.steps, start=1))
        if self.commands:
            yield "By command, as administrator, where there is one:"
            yield from (f"    {line}" for command in self.commands for line in command.split("\n"))

    def _script(self) -> Iterator[str]:
        acts = bool(self.files or self.commands)
        if acts:
            yield "#!/bin/bash"
        yield from self._comments()
        if acts:
            yield "set -eu"
        for file in self.files:
            yield from _written(file)
        yield from self.commands

    def _comments(self) -> Iterator[str]:
        yield from (f"# {escaped(line)}" for note in self.notes for line in note.split("\n"))


def _written(file: File) -> Iterator[str]:
    # An argument that begins with a hyphen would be read as an option.
    path = shlex.quote(f"./{file.path}" if file.path.startswith("-") else file.path)
    lines = file.content.removesuffix("\n").split("\n")
    end = _delimiter(lines)
    if file.replaces:
        yield from _kept(file, path)
        if not file.content:
            yield f'[ ! -e {path} ] || printf %s "$kept" > {path}'
            return
        yield f"{{ printf %s \"$kept\"; cat; }} > {path} <<'{end}'"
    elif file.append:
        first = file.content.lstrip("\n").partition("\n")[0]
        pattern = f"-e {shlex.quote(first)}" if first.startswith("-") else shlex.quote(first)
        yield f"grep -qsxF {pattern} {path} || cat >> {path} <<'{end}'"
    else:
        yield f"cat > {path} <<'{end}'"
    if file.content:
        yield from lines
    yield end


def _kept(file: File, path: str) -> Iterator[str]:
    """Yields the commands that read the lines to be kept into a variable.

    Empty lines before a removed line, and at the end of the file, are removed with it: otherwise each run of the script
    would leave one more.
    """
    removed = " | ".join(f"{_pattern(beginning)}*" for beginning in file.replaces)
    yield "kept= empty= removing="
    yield f'[ ! -e {path} ] || while IFS= read -r line || [ -n "$line" ]; do'
    yield '    case "$line " in'
    yield f"        {removed}) removing=yes empty= ;;"
    yield "        ' ') removing= empty+=$'\\n' ;;"
    yield "        [[:blank:]]*) [ -n \"$removing\" ] || { kept+=$empty$line$'\\n'; empty=; } ;;"
    yield "        *) removing= kept+=$empty$line$'\\n' empty= ;;"
    yield "    esac"
    yield f"done < {path}"


def _pattern(beginning: str) -> str:
    """Returns the pattern of bash for a beginning: ``#`` matches a digit, everything else itself."""
    return "[0-9]".join(shlex.quote(part) if part else "" for part in beginning.split("#"))


def _delimiter(lines: list[str]) -> str:
    """Returns a delimiter for a here-document of these lines that none of them equals."""
    taken = set(lines)
    return next(end for number in count() if (end := f"EOF_{number}" if number else "EOF") not in taken)
