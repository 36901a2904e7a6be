"""Regions: equations one by one, control flow with its regions lowered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from ..graph.affine import least_gap
from ..graph.ir import Equation, Region, Value
from ..graph.linear import Linear
from ..graph.ops import ELEMENTWISE, OPS, REDUCTIONS, SCANS
from . import indexing, joining, lines, products, reduce, spectra
from .context import Lowering
from .elements import DEFER, array, defer, materialised
from .folding import deferred, is_deferrable_view
from .integers import extent, known
from .scalars import apply, cast
from .solvers import solved

Lower = Callable[[Lowering, Equation], None]


def lower_equations(lo: Lowering, region: Region) -> None:
    """Lower the equations of a region into the open block."""
    outer, lo.lazy = lo.lazy, deferred(region, lo.same)
    for eq in region.equations:
        rule = LOWER.get(eq.op)
        if rule is None:
            raise NotImplementedError(f"lowering of {eq.op}")
        lo.block.origin, lo.block.backward = eq.origin, eq.backward
        lo.label, lo.operands = eq.op, eq.operands
        if eq.comment is not None:
            lo.block.comment = eq.comment
        rule(lo, eq)
    lo.lazy = outer


def lower_region(
    lo: Lowering,
    region: Region,
    targets: Sequence[Value],
    facts: Sequence[Linear] = (),
) -> Region:
    """Return a region lowered, its results in the types of ``targets``."""
    with lo.scope() as block:
        lo.facts += facts
        for value in region.params:
            lo.visible[value] = True
        lower_equations(lo, region)
        fixed = len(region.results) - len(targets)
        results = [lo.get(v) for v in region.results[:fixed]]
        results += [
            like(lo, value, target)
            for value, target in zip(region.results[fixed:], targets, strict=True)
        ]
    return Region(region.params, tuple(block.equations), tuple(results))


def like(lo: Lowering, value: Value, target: Value) -> Value:
    """Return a value in memory, or a scalar in the dtype of another."""
    if value.type.rank:
        return array(lo, value)
    return cast(lo, lo.get(value), target.type.dtype)


def _for(lo: Lowering, eq: Equation) -> None:
    (body,) = eq.regions
    counter, *carries = body.params
    start, stop, step = (lo.get(v) for v in eq.operands[:3])
    inits = [like(lo, v, c) for v, c in zip(eq.operands[3:], carries, strict=True)]
    facts = _range_facts(counter, start, stop, step)
    name = counter.name or ""
    lo.open_counters.append(name)
    region = lower_region(lo, body, carries, facts)
    lo.open_counters.pop()
    lo.block.append(
        "for", (start, stop, step, *inits), eq.results, (region,), **eq.attrs
    )
    _visible(lo, eq)


def _range_facts(
    counter: Value, start: Value, stop: Value, step: Value
) -> list[Linear]:
    """Return what is known of a counter inside its loop."""
    by, at = known(step), counter.as_linear
    if by is None or by == 0:
        return []
    first, end = start.as_linear, stop.as_linear
    gap = least_gap(first, end, by)
    return [at - first, end - gap - at] if by > 0 else [first - at, at - end - gap]


def _while(lo: Lowering, eq: Equation) -> None:
    condition, body = eq.regions
    carries = body.params
    inits = [like(lo, v, c) for v, c in zip(eq.operands, carries, strict=True)]
    tested = lower_region(lo, condition, [])
    region = lower_region(lo, body, carries)
    lo.block.append("while", inits, eq.results, (tested, region), **eq.attrs)
    _visible(lo, eq)


def _if(lo: Lowering, eq: Equation) -> None:
    condition = cast(lo, lo.get(eq.operands[0]), "bool")
    regions = [lower_region(lo, region, eq.results) for region in eq.regions]
    lo.block.append("if", (condition,), eq.results, regions, **eq.attrs)
    _visible(lo, eq)


def _visible(lo: Lowering, eq: Equation) -> None:
    for value in eq.results:
        lo.visible[value] = True


def _call(lo: Lowering, eq: Equation) -> None:
    operands = [array(lo, v) for v in eq.operands]
    moved = {
        old.buffer: new.buffer
        for old, new in zip(eq.operands, operands, strict=True)
        if old.buffer is not new.buffer
    }
    for value in eq.results:
        if value.buffer in moved:
            lo.values[value] = replace(value, buffer=moved[value.buffer])
    results = [lo.get(v) for v in eq.results]
    lo.block.append(eq.op, operands, results, **eq.attrs)
    _visible(lo, eq)


def _effect(lo: Lowering, eq: Equation) -> None:
    lo.block.append(eq.op, [array(lo, v) for v in eq.operands], (), **eq.attrs)


# ---- the rest ----


def _kept(lo: Lowering, eq: Equation) -> None:
    """Lower an equation that stays as it is."""
    lo.block.append(eq.op, [lo.get(v) for v in eq.operands], eq.results, **eq.attrs)
    _visible(lo, eq)


def _constant(lo: Lowering, eq: Equation) -> None:
    _kept(lo, eq)
    lo.constants[eq.result] = eq.attrs["value"]


def _dim(lo: Lowering, eq: Equation) -> None:
    base, axis = eq.operands[0], eq.attrs["axis"]
    if eq.result.name is not None and base not in lo.sources:
        lo.block.append("dim", (array(lo, base),), eq.results, axis=axis)
        lo.lengths[base.type.shape[axis]] = eq.result
        _visible(lo, eq)
        return
    lo.define(eq.result, extent(lo, base, axis))


def _deferrable(lo: Lowering, eq: Equation) -> None:
    """Lower elementwise operations and the like: now, or when they are read."""
    result = eq.result
    if not result.type.rank:
        scalars = [lo.get(v) for v in eq.operands]
        found = apply(lo, eq.op, scalars, result.type.dtype, eq.attrs)
        lo.define(result, found)
        _keep_spelling(lo, eq)
        return
    source, view = defer(lo, eq), is_deferrable_view(eq)
    lo.sources[result] = replace(source, view=eq) if view else source
    if eq.result in lo.lazy or view:
        return
    lo.values[result] = materialised(lo, result, source.element)
    del lo.sources[result]


def _keep_spelling(lo: Lowering, eq: Equation) -> None:
    """Let ``s += x`` be printed as such again."""
    last = lo.block.equations[-1] if lo.block.equations else None
    if last is not None and last.op == eq.op and last.results == eq.results:
        spelled = eq.attrs.get("spelled")
        if spelled in ("+=", "-=", "*=", "/="):
            attrs = MappingProxyType({**last.attrs, "spelled": spelled})
            lo.block.equations[-1] = replace(last, attrs=attrs)


def _copy(lo: Lowering, eq: Equation) -> None:
    if not eq.result.type.rank:
        lo.define(eq.result, lo.get(eq.operands[0]))
    else:
        _deferrable(lo, eq)


def _allocation(lo: Lowering, eq: Equation) -> None:
    lengths = [lo.get(v) for v in eq.operands]
    lo.block.append(eq.op, lengths, eq.results, **eq.attrs)
    lo.facts += [length.as_linear for length in lengths]  # or it has raised
    lo.axes.update({(eq.result, axis): v for axis, v in enumerate(lengths)})
    if eq.op == "empty":
        lo.blank.add(eq.result)


def _zeros(lo: Lowering, eq: Equation) -> None:
    (_deferrable if eq.result in lo.lazy else _allocation)(lo, eq)


def _full(lo: Lowering, eq: Equation) -> None:
    fill, *lengths = eq.operands
    number = lo.constants.get(lo.get(fill))
    if eq.result in lo.lazy or number != 0 or str(number).startswith("-"):
        _deferrable(lo, eq)
        return
    made = [lo.get(v) for v in lengths]
    lo.block.append("zeros", made, eq.results, dtype=eq.result.type.dtype)


LOWER: Mapping[str, Lower] = {
    "for": _for,
    "while": _while,
    "if": _if,
    "call": _call,
    "outside": _call,
    "draw": _call,
    "check": _effect,
    "print": _effect,
    "constant": _constant,
    "undefined": _kept,
    "dim": _dim,
    **dict.fromkeys(DEFER, _deferrable),
    **dict.fromkeys(ELEMENTWISE, _deferrable),
    "copy": _copy,
    "full": _full,
    "empty": _allocation,
    "zeros": _zeros,
    **dict.fromkeys(REDUCTIONS - SCANS, reduce.reduce),
    **dict.fromkeys(SCANS, reduce.scan),
    **dict.fromkeys(("dot", "matvec", "vecmat", "matmul"), products.product),
    **dict.fromkeys(
        (op.name for op in OPS.values() if op.category == "solver"), solved
    ),
    **dict.fromkeys(
        ("fft", "ifft", "rfft", "irfft"),
        lambda lo, eq: spectra.transform(lower_equations, lo, eq),
    ),
    "searchsorted": products.search,
    "argsort": lambda lo, eq: lines.argsort(lower_equations, lo, eq),
    "reshape": joining.reshape,
    "concatenate": joining.concatenate,
    "stack": joining.stack,
    "index": indexing.read,
    "store": indexing.write,
    "accumulate": indexing.write,
}

__all__ = ["lower_equations", "lower_region"]
