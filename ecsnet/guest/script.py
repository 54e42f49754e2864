"""`GuestConfiguration`: what is to be done inside a guest, as a value; printed, it is a script or a list of steps."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import msgspec


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file: all of it, or, with ``append``, what is added to it unless its first line is there already."""

    path: str
    content: str
    append: bool = False


class GuestConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done inside a guest.

    First the ``files`` are written, then the ``commands`` run, in order. ``steps`` are done by hand; where a
    configuration has both (Windows), the commands do the same as steps. ``notes`` tell what to know. Configurations
    are put together with ``+``; ``str`` gives a bash script, or the steps with their numbers.
    """

    files: tuple[File, ...] = ()
    commands: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: GuestConfiguration) -> GuestConfiguration:
        return GuestConfiguration(
            files=self.files + other.files,
            commands=self.commands + other.commands,
            steps=self.steps + other.steps,
            notes=self.notes + tuple(note for note in other.notes if note not in self.notes),
        )

    def __str__(self) -> str:
        return "\n".join(self._by_hand() if self.steps else self._script()) + "\n"

    def _by_hand(self) -> Iterator[str]:
        yield from (f"# {note}" for note in self.notes)
        yield from (f"{number}. {step}" for number, step in enumerate(self.steps, start=1))
        if self.commands:
            yield "By command, as administrator, where there is one:"
            yield from (f"    {command}" for command in self.commands)

    def _script(self) -> Iterator[str]:
        acts = bool(self.files or self.commands)
        if acts:
            yield "#!/bin/bash"
        yield from (f"# {note}" for note in self.notes)
        if acts:
            yield "set -eu"
        for file in self.files:
            yield from _written(file)
        yield from self.commands


def _written(file: File) -> Iterator[str]:
    path = shlex.quote(file.path)
    if file.append:
        first = shlex.quote(file.content.lstrip("\n").partition("\n")[0])
        yield f"grep -qsxF {first} {path} || cat >> {path} <<'EOF'"
    else:
        yield f"cat > {path} <<'EOF'"
    yield file.content.removesuffix("\n")
    yield "EOF"
