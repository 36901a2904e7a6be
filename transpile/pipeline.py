"""The pipeline: source text to source text, one pass after another.

    source -> parse -> inline -> stabilise -> gradient -> simplify -> (lower) -> emit

Every pass is from graph to graph; what comes out is checked (in tests, of each pass).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from .demands import demand
from .emit import Emitted, Header
from .emit.numpy import emit_numpy
from .graph.carries import classify
from .graph.check import check
from .graph.ir import Argument, Function, Origin, Parameter, Program
from .loops import (
    close_inductions,
    join_sweeps,
    localise,
    open_helpers,
    share_numbers,
)
from .parse import parse
from .read.source import Source
from .reverse import (
    Request,
    describe,
    distrust,
    gradient,
    keep_order,
    keep_written,
    split_loops,
)
from .schedule import Checkpoint
from .shifts import fix_shifts
from .signs import move_signs
from .simplify import simplify
from .stabilise import stabilise

Pass = Callable[[Program], Program]


@dataclass(frozen=True, slots=True)
class Options:
    """What may be asked of every transform.

    ``single``: the gradient of one parameter is bare, not a tuple of one.
    ``checkpoint``: of long loops only some states are kept, and they are run again.
    ``strict``: compiled code sums in the order written and calls the C library.
    ``parallel``: independent loops are compiled for threads.
    """

    single: bool = True
    stabilise: bool = True
    strict: bool = False
    overwrite: tuple[str, ...] = ()
    checkpoint: Checkpoint | None = None
    parallel: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """A text, and what is needed to run it and to speak of it."""

    text: str
    lines: Mapping[int, Origin]
    parameters: tuple[Parameter, ...]
    program: Program
    name: str = field(default="")


def derive(
    source: Source,
    types: Mapping[str, Argument],
    wrt: tuple[str, ...],
    mode: str,
    options: Options,
    target: str = "numpy",
) -> Program:
    """Return the graph of a derivative (mode ``primal``: of the function itself).

    Compiled code (``cpu``) may look less like the function: helpers become part of it,
    and loops whose iterations are independent go forward and backward in one sweep.
    """
    program = check(parse(source, types), between=True)
    demand(program, source, wrt, mode)
    passes: list[Pass] = []
    compiled = target != "numpy" and options.checkpoint is None
    if compiled:
        passes.append(open_helpers)
    if mode != "primal":
        request = Request(wrt, mode, options.single, options.overwrite)
        if options.stabilise:
            passes += [stabilise, move_signs, fix_shifts]
        if compiled:
            passes += [close_inductions, localise, share_numbers]
            passes += [] if options.strict else [join_sweeps]
        if options.checkpoint is not None:
            passes.append(functools.partial(split_loops, checkpoint=options.checkpoint))
        passes += [lambda p: gradient(p, request), simplify, keep_written, keep_order]
        passes.append(lambda p: describe(p, source.name, wrt, mode))
    for run in passes:
        program = check(run(program), between=True)
    check(program)
    asked = {name: True for name in ("strict", "parallel") if getattr(options, name)}
    return program.map(functools.partial(_marked, asked)) if asked else program


def _marked(asked: Mapping[str, bool], function: Function) -> Function:
    attrs = {**function.attrs, **asked}
    return replace(function, attrs=MappingProxyType(attrs))


def transpile(
    source: Source,
    types: Mapping[str, Argument],
    wrt: tuple[str, ...],
    *,
    mode: str = "grad",
    target: str = "numpy",
    options: Options | None = None,
    header: Header | None = None,
) -> Result:
    """Return the text of a derivative for a target, ``numpy`` or ``cpu``."""
    program = derive(source, types, wrt, mode, options or Options(), target)
    emitted = emit(program, target, header)
    entry = program.entry
    return Result(emitted.text, emitted.lines, entry.parameters, program, entry.name)


def emit(program: Program, target: str, header: Header | None) -> Emitted:
    """Return the text of a program for a target."""
    if target == "numpy":
        return emit_numpy(program, header)
    from .emit.numba import emit_numba

    return emit_numba(lowered(program), header)


def lowered(program: Program) -> Program:
    """Return a program as loops over scalars, the kinds of their carries stated."""
    from .fuse import fuse
    from .fuse.blocks import block_loops
    from .fuse.checks import check_once
    from .fuse.hoist import hoist
    from .fuse.interchange import interchange
    from .fuse.recurrences import keep_recurrences
    from .fuse.states import keep_states
    from .fuse.threads import cut_loops
    from .fuse.totals import totals
    from .fuse.upward import count_up
    from .lower import lower
    from .vectorise import vectorise

    for run in (
        distrust,
        lower,
        fuse,
        check_once,
        block_loops,
        cut_loops,
        keep_states,
        hoist,
        interchange,
        hoist,
        totals,
        count_up,
        classify,
        keep_recurrences,
        vectorise,
    ):
        program = check(run(program), between=True)
    return check(program)
