"""Raises an exception at any instruction where CPython can deliver one: by a signal, or for lack of memory.

CPython looks for signals when it enters a function, after a call and at a jump backwards. Those are counted here, and
one of them, by its number, is where the exception comes. Calls of C functions are one such place: a signal comes when
they return.
"""

from __future__ import annotations

import dis
import gc
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import ecsnet

PACKAGE = str(Path(ecsnet.__file__).parent)


@cache
def _places(code: CodeType) -> frozenset[int]:
    """The offsets of the instructions before which an exception may come: those behind a call, and jumps backwards."""
    places, behind_a_call = set(), False
    for instruction in dis.get_instructions(code):
        if instruction.opname == "CACHE":
            continue
        if behind_a_call or instruction.opname.startswith("JUMP_BACKWARD"):
            places.add(instruction.offset)
        behind_a_call = instruction.opname in ("CALL", "CALL_FUNCTION_EX", "CALL_KW", "SEND")
    return frozenset(places)


class Interrupted:
    """Runs something, and raises an exception at the ``number``-th place, counted from 1.

    ``reached`` is how many places there were until then; ``came`` whether the exception came.
    """

    def __init__(self, number: int, error: BaseException) -> None:
        self.number = number
        self.error = error
        self.reached = 0
        self.came = False
        self._tracing = self._trace  # kept: CPython keeps no reference of its own to what it calls

    def run(self, work: Callable[[], object]) -> None:
        """Do the work. What comes of it, but for the exception, is raised."""
        before, unraisable = sys.gettrace(), sys.unraisablehook
        # Where nobody could catch it, in the closing of a generator for one, CPython reports it and goes on.
        sys.unraisablehook = lambda told: None if told.exc_value is self.error else unraisable(told)
        gc.disable()  # what is thrown away would be counted too, and when that is depends on all that ran before
        sys.settrace(self._tracing)
        try:
            work()
        except type(self.error) as error:
            if error is not self.error:
                raise
        finally:
            sys.settrace(before)
            gc.enable()
            sys.unraisablehook = unraisable

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if self.came or not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        if event == "call" or (event == "opcode" and frame.f_lasti in _places(frame.f_code)):
            self.reached += 1
            if self.reached == self.number:
                self.came = True
                raise self.error
        return self._tracing
