"""Checkpointing: of a long loop only some states are kept, the rest is run again.

Two schedules (Griewank and Walther, "Evaluating Derivatives", 2008, chapter 12):
`blocks` of equal length, of which the first state is kept, and a stack of `snapshots`
that are placed binomially.
"""

from __future__ import annotations

from dataclasses import replace

from ..errors import Problem, TranspileError, refuse
from ..ir import Equation, Program, Region
from ..schedule import Checkpoint
from .blocks import in_blocks
from .parts import parts_of
from .snapshots import with_snapshots
from .stride import stride_function

SPLITS = {"blocks": in_blocks, "binomial": with_snapshots}


def split_loops(program: Program, checkpoint: Checkpoint) -> Program:
    """Return the program with the outermost ``for`` loops of its functions split.

    Those that cannot be split are left as they are; a program without any other is
    refused.
    """
    splitter = _Splitter(checkpoint)
    functions = [replace(f, body=splitter.region(f.body)) for f in program.functions]
    if not splitter.count:
        name = f"checkpoint={checkpoint}"
        if splitter.problems:
            raise TranspileError(splitter.problems)
        raise refuse(f"{name}: {program.entry.name} has no loop", "leave it out")
    helpers = [stride_function()] if checkpoint.schedule == "binomial" else []
    return Program((*helpers, *functions))


class _Splitter:
    """Splits the outermost loops of regions, counts them, and says why not others."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.count = 0
        self.problems: list[Problem] = []

    def region(self, region: Region) -> Region:
        """Return a region with its outermost loops split."""
        equations: list[Equation] = []
        for eq in region.equations:
            if eq.op == "if":
                eq = replace(eq, regions=tuple(map(self.region, eq.regions)))
            equations += self._loop(eq) if eq.op in ("for", "while") else [eq]
        return replace(region, equations=tuple(equations))

    def _loop(self, eq: Equation) -> list[Equation]:
        parts = parts_of(eq)
        reason = _reason(eq, self.checkpoint.schedule)
        if reason is None and parts is not None:
            self.count += 1
            return SPLITS[self.checkpoint.schedule](parts, self.checkpoint.size)
        self.problems.append(_problem(eq, self.checkpoint, reason or NAMES))
        return [eq]


NAMES = ("two of its names are one array", "copy the array")
WHILE = ("it does not know its trips", "write for ... in range(...), with a break")
STEP = ("its step is not a constant", "give range(...) a constant step")
BREAK = ("it may be left early", "take checkpoint='sqrt', which needs no known end")


def _reason(eq: Equation, schedule: str) -> tuple[str, str] | None:
    """Return why a loop cannot be split, and what to do; None if it can."""
    if eq.op == "while":
        return WHILE
    if eq.operands[2].as_linear.value is None:
        return STEP
    return BREAK if schedule == "binomial" and eq.attrs.get("exits") else None


def _problem(eq: Equation, checkpoint: Checkpoint, reason: tuple[str, str]) -> Problem:
    why, help = reason
    message = f"checkpoint={checkpoint}: this loop cannot be split: {why}"
    at = eq.origin
    if at is None:
        return Problem("", 0, 0, 0, message, help)
    return Problem(at.file, at.line, at.column, at.end_column, message, help, at.text)
