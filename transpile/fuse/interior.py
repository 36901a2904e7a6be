"""The inside of a gathered sum: every term is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..graph.ir import Equation, Value
from ..lower.context import element_path
from .border import Axis
from .nests import Copier, around, fresh
from .terms import Term, plain_sum


def interior(
    terms: Sequence[Term], axes: Sequence[Axis], init: Value, block: Copier
) -> list[Equation]:
    """Return a nest over where all terms are, after what a block computes.

    It counts from zero: LLVM turns loops into vector code if it knows that no index
    is negative, and of those that start at two it does not.
    """
    like = terms[-1].nest.eq
    inner = Copier(like, {})
    carry, result = fresh(init), fresh(init)
    loops, at = [], []
    for old, axis in zip(terms[-1].nest.counters, axes, strict=True):
        counter, first = fresh(old), axis.low.as_linear.value
        if first is not None and first > 1:
            stop = plain_sum(block, axis.high, -first)
            loops.append((counter, block.constant(0), stop))
            at.append(inner.plus(counter, first))
        else:
            loops.append((counter, axis.low, axis.high))
            at.append(counter)
    total = _total(terms, inner, carry, at)
    path, inside = element_path(len(at))
    inner.append("store", (carry, total, *at), (result,), path=path, inbounds=inside)
    ends = (carry, result)
    nest = around(inner.equations, loops, block.constant(1), ends, like)
    nest = replace(nest, operands=(*nest.operands[:3], init))
    return [*block.equations, nest]


def _total(
    terms: Sequence[Term], block: Copier, array: Value, at: Sequence[Value]
) -> Value:
    """Append the sum of all terms; a term that sets drops those before it."""
    sets = [k for k, term in enumerate(terms) if term.nest.write.op == "store"]
    kept = list(terms[sets[-1] :] if sets else terms)
    if sets and kept[0].nest.is_zero and len(kept) > 1:
        del kept[0]
        total = kept.pop(0).value(block, at)
    elif sets:
        total = kept.pop(0).value(block, at)
    else:
        path, inside = element_path(len(at))
        total = block.emit("index", array, *at, path=path, inbounds=inside)
    for term in kept:
        total = _plus(block, total, term.value(block, at))
    return total


def _plus(block: Copier, total: Value, value: Value) -> Value:
    last = block.equations[-1] if block.equations else None
    if last is not None and last.result is value and last.op == "negative":
        return block.emit("subtract", total, last.operands[0])
    return block.emit("add", total, value)
