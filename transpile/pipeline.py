"""The pipeline: source text to source text, one pass after another.

    source -> parse -> inline -> stabilise -> gradient -> simplify -> (lower) -> emit

Every pass is from graph to graph; what comes out is checked (in tests, of each pass).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from .called import read_again
from .demands import demand
from .emit import Emitted, Header
from .emit.draws import require_drawn
from .emit.numpy import emit_numpy
from .errors import refuse
from .forward import Pushed, settle_sides, tangent
from .graph.carries import classify
from .graph.check import Malformed, check
from .graph.custom import settle_custom
from .graph.drawn import loops_draw, require_known, require_once
from .graph.ir import Argument, Function, Origin, Parameter, Program, calls_itself
from .jacobians import jacobian
from .lent import lend
from .loops import (
    add_multiples,
    close_inductions,
    fill_before,
    join_sweeps,
    localise,
    open_helpers,
    open_rules,
    share_numbers,
    take_gram,
    take_panels,
)
from .parse import parse
from .read.source import Derived, Source
from .reread import reread
from .reverse import (
    Request,
    describe,
    distrust,
    gradient,
    keep_order,
    keep_written,
    leave_uncleared,
    split_loops,
)
from .schedule import Checkpoint
from .shifts import fix_shifts
from .signs import move_signs
from .simplify import simplify
from .stabilise import stabilise
from .steps import SUFFIXES, Step

Pass = Callable[[Program], Program]


@dataclass(frozen=True, slots=True)
class Options:
    """What may be asked of every transform.

    ``checkpoint``: of long loops only some states are kept, and they are run again.
    ``strict``: compiled code sums in the order written and calls the C library.
    ``parallel``: independent loops are compiled for threads.
    """

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
    steps: Sequence[Step],
    options: Options,
    target: str = "numpy",
    above: tuple[Source, ...] = (),
) -> Program:
    """Return the graph of derivatives taken one after the other.

    The mode ``primal`` stands for the function itself. Derivatives that it calls by
    name are taken for it, the function being one of those ``above``.

    Compiled code (``cpu``) may look less like the function: helpers become part of it,
    and loops whose iterations are independent go forward and backward in one sweep.
    """
    names = [source.name]
    for step in steps:
        names.append(names[-1] + SUFFIXES[step.mode])
    if source in above:
        raise refuse(f"{source.name} calls a derivative of itself")

    def inner(derived: Derived, given: Mapping[str, Argument]) -> Program:
        around = (*above, source)
        settings = derived.settings or Options()
        return derive(derived.source, given, derived.steps, settings, above=around)

    reader = functools.partial(read_again, inner)
    program = check(parse(source, types, names, reader), between=True)
    require_drawn(program, target)
    compiled = target != "numpy" and options.checkpoint is None
    compiled = compiled and not loops_draw(program)
    opened = compiled or steps[-1].mode == "pattern"  # which reads less of arguments
    passes: list[Pass] = []
    for k, (name, step) in enumerate(zip(names, steps, strict=False)):
        passes.append(functools.partial(demand, source=source, step=step, name=name))
        passes += [reread] if k and step.mode not in FORWARD else []
        passes += [open_helpers] if opened and not k else []
        for mode in PARTS.get(step.mode, (step.mode,)):
            passes += _passes(replace(step, mode=mode), name, options, compiled)
        if step.mode != "primal":
            passes.append(functools.partial(describe, primal=name, step=step))
    passes.append(open_rules if compiled else settle_custom)
    program = _run(passes, program)
    asked = {name: True for name in ("strict", "parallel") if getattr(options, name)}
    return program.map(functools.partial(_marked, asked)) if asked else program


def _run(passes: Sequence[Pass], program: Program) -> Program:
    """Return a program after some passes, checked.

    Not every function that calls itself and adds to arrays, as backward parts do, can
    be reversed.
    """
    try:
        for run in passes:
            program = check(run(program), between=True)
        return check(program)
    except Malformed:
        found = [f.name for f in program.functions if calls_itself(f)]
        if not found:
            raise
        raise refuse(
            f"reverse mode over {found[0]}, which calls itself and adds to arrays",
            "take one of the derivatives by forward mode: jvp, hvp or hessian",
        ) from None


# What a mode is made of, if not of itself.
PARTS = {"primal": (), "hvp": ("grad", "hvp"), "hessian": ("grad", "hessian")}
FORWARD = frozenset({"jvp", "hvp", "hessian", "compressed", "pattern"})
JACOBIANS = frozenset({"jacobian", "value_and_jacobian"})
TIDY: tuple[Pass, ...] = (simplify, settle_sides, keep_written, keep_order)


def _passes(step: Step, name: str, options: Options, compiled: bool) -> list[Pass]:
    """Return the passes of one derivative."""
    passes: list[Pass] = [require_known] if step.mode == "pattern" else []
    passes += [require_once] if step.mode not in FORWARD else []
    if options.stabilise:
        passes += [stabilise, move_signs, fix_shifts]
    if step.mode in FORWARD:
        pushed = Pushed.of(step, name + SUFFIXES[step.mode], options.overwrite)
        return [*passes, lambda p: tangent(p, pushed), *TIDY]
    if step.mode in JACOBIANS:
        given = options.overwrite
        return [*passes, lambda p: jacobian(p, step, given), *TIDY]
    request = Request(step.wrt, step.mode, step.single, options.overwrite, step.aux)
    if compiled:
        passes += [close_inductions, fill_before, localise, share_numbers]
        free = [add_multiples, take_gram, take_panels, join_sweeps, _compiled]
        passes += [] if options.strict else free
    if options.checkpoint is not None:
        passes.append(functools.partial(split_loops, checkpoint=options.checkpoint))
    return [*passes, lambda p: gradient(p, request), *TIDY]


def _compiled(program: Program) -> Program:
    """Return a program that knows that loops over arrays become vector code."""
    return program.map(functools.partial(_marked, {"compiled": True}))


def _marked(asked: Mapping[str, bool], function: Function) -> Function:
    attrs = {**function.attrs, **asked}
    return replace(function, attrs=MappingProxyType(attrs))


def transpile(
    source: Source,
    types: Mapping[str, Argument],
    wrt: tuple[str, ...],
    *,
    mode: str = "grad",
    single: bool = True,
    target: str = "numpy",
    options: Options | None = None,
    header: Header | None = None,
) -> Result:
    """Return the text of a derivative for a target, ``numpy`` or ``cpu``."""
    steps = (Step(mode, wrt, single),)
    program = derive(source, types, steps, options or Options(), target)
    emitted = emit(program, target, header)
    entry = program.entry
    return Result(emitted.text, emitted.lines, entry.parameters, program, entry.name)


def emit(program: Program, target: str, header: Header | None) -> Emitted:
    """Return the text of a program for a target."""
    if target == "numpy":
        return emit_numpy(check(lend(program)), header)
    from .emit.numba import emit_numba

    if target == "gpu":
        from .emit.cuda.unit import emit_cuda

        return emit_cuda(lowered_for_device(program), header)
    return emit_numba(lowered(program), header)


def lowered_for_device(program: Program) -> Program:
    """Return a program as loops of which many threads may take iterations."""
    from .fuse import fuse
    from .fuse.checks import check_once
    from .fuse.negatives import turn_signs
    from .loops import localise
    from .lower import lower

    alone = functools.partial(fuse, device=True)
    once = check_once, turn_signs, classify
    for run in (open_helpers, lend, distrust, lower, alone, localise, *once):
        program = check(run(program), between=True)
    return check(program)


def lowered(program: Program) -> Program:
    """Return a program as loops over scalars, the kinds of their carries stated."""
    from .fuse import fuse
    from .fuse.apart import apart
    from .fuse.blocks import block_loops
    from .fuse.checks import check_once
    from .fuse.columns import columns
    from .fuse.hoist import hoist
    from .fuse.interchange import interchange
    from .fuse.layout import lay_out
    from .fuse.negatives import turn_signs
    from .fuse.recurrences import keep_recurrences
    from .fuse.reuse import reuse
    from .fuse.states import keep_states
    from .fuse.threads import cut_loops
    from .fuse.totals import totals
    from .fuse.upward import count_up
    from .lower import lower
    from .vectorise import vectorise

    plain = leave_uncleared, lend, distrust, lower
    if loops_draw(program):  # the others may change the order of iterations
        passes: Sequence[Pass] = (*plain, classify, vectorise)
    else:
        passes = (
            *plain,
            fuse,
            check_once,
            block_loops,
            cut_loops,
            keep_states,
            hoist,
            interchange,
            lay_out,
            columns,
            apart,
            hoist,
            totals,
            count_up,
            reuse,
            classify,
            keep_recurrences,
            turn_signs,
            vectorise,
        )
    for run in passes:
        program = check(run(program), between=True)
    return check(program)
