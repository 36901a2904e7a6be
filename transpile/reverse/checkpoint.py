"""Checkpointing: of a long loop only some states are kept, the rest is run again.

Two schedules (Griewank and Walther, "Evaluating Derivatives", 2008, chapter 12):
`blocks` of equal length, of which the first state is kept, and a stack of `snapshots`
that are placed binomially.
"""

from __future__ import annotations

from dataclasses import replace

from ..errors import Problem, TranspileError, refuse
from ..graph.drawn import drawing, first_draw
from ..graph.ir import Equation, Program, Region, Value
from ..graph.loopform import Loop
from ..schedule import Checkpoint
from .blocks import in_blocks
from .parts import UNSET, parts_of, unsplit
from .snapshots import state_of, with_snapshots
from .stride import stride_function

SPLITS = {"blocks": in_blocks, "binomial": with_snapshots}


def split_loops(program: Program, checkpoint: Checkpoint) -> Program:
    """Return the program with the outermost ``for`` loops of its functions split.

    Those that cannot be split are left as they are; a program without any other is
    refused.
    """
    splitter = _Splitter(checkpoint, drawing(program))
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

    def __init__(self, checkpoint: Checkpoint, drawing: frozenset[str]) -> None:
        self.checkpoint = checkpoint
        self.drawing = drawing
        self.count = 0
        self.problems: list[Problem] = []
        self.unset: set[Value] = set()  # values that no statement has given yet

    def region(self, region: Region) -> Region:
        """Return a region with its outermost loops split."""
        equations: list[Equation] = []
        for eq in region.equations:
            if eq.op == "undefined":
                self.unset.update(eq.results)
            if eq.op == "if":
                eq = replace(eq, regions=tuple(map(self.region, eq.regions)))
            equations += self._loop(eq) if eq.op in ("for", "while") else [eq]
        return replace(region, equations=tuple(equations))

    def _loop(self, eq: Equation) -> list[Equation]:
        parts = parts_of(eq)
        reason = self._reason(eq)
        if reason is None and parts is not None:
            self.count += 1
            unset = tuple(k for k, v in enumerate(parts.loop.inits) if v in self.unset)
            parts = replace(parts, unset=unset)
            return SPLITS[self.checkpoint.schedule](parts, self.checkpoint.size)
        self.problems.append(unsplit(eq, *(reason or NAMES)))
        return [eq]

    def _reason(self, eq: Equation) -> tuple[str, str] | None:
        """Return why a loop cannot be split, and what to do; None if it can."""
        if first_draw(Loop.of(eq).body, self.drawing) is not None:
            return DRAWS
        if eq.op == "while":
            return WHILE
        if eq.operands[2].as_linear.value is None:
            return STEP
        if self.checkpoint.schedule == "blocks":
            unset = [v for v in Loop.of(eq).inits if v in self.unset]
            return UNSET if any(v.type.rank for v in unset) else None
        if eq.attrs.get("exits"):
            return BREAK
        inits = Loop.of(eq).inits
        if any(inits[k] in self.unset for k in state_of(eq)):
            return UNSET
        return None if _is_steady(eq) else SHAPE


NAMES = ("two of its names are one array", "copy the array")
WHILE = ("it does not know its trips", "write for ... in range(...), with a break")
DRAWS = (
    "it draws random numbers, which would be drawn again",
    "draw them before the loop: z = rng.standard_normal(n), and read z[i]",
)
STEP = ("its step is not a constant", "give range(...) a constant step")
BREAK = ("it may be left early", "take checkpoint='sqrt', which needs no known end")
SHAPE = ("its arrays change their lengths", "take checkpoint='sqrt', which allows it")


def _is_steady(eq: Equation) -> bool:
    """Whether the arrays of a loop's state have the same lengths all the time."""
    loop = Loop.of(eq)
    return all(
        loop.inits[k].type.shape == each.type.shape
        for k in state_of(eq)
        for each in (loop.carries[k], loop.yields[k])
    )
