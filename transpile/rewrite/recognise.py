"""Predicates about how values are computed, for conditions of rows."""

from __future__ import annotations

import cmath
from collections.abc import Collection, Iterator

from ..graph.ir import At, Equation, Index, NewAxis, Span, Value
from ..graph.linear import Linear
from ..graph.shapes import ONE
from .patterns import Matcher, constant_of

# Operations whose result may be infinite at a finite operand, or overflow.
UNBOUNDED = frozenset(
    """log log2 log10 log1p log1mexp divide reciprocal power float_power exp exp2 expm1
    tan arctanh sinh cosh""".split()
)
# Operations whose result is infinite only if an operand is.
PASSING = frozenset(
    """add subtract multiply negative positive absolute square where maximum minimum
    index transpose reshape broadcast_to cast copy real imag conjugate""".split()
)
# Operations whose result is finite at every finite operand.
BOUNDED = frozenset("sigmoid softplus tanh sin cos arctan sign matvec dot sum".split())
# Those of them that have poles in the complex plane.
POLES = frozenset({"tanh", "arctan"})


def through_views(value: Value, known: Matcher) -> Value:
    """Return what a value takes its elements from, without picking any out."""
    while True:
        found = known.lookup(value)
        if not found or found[0].op not in ("index", "reshape", "broadcast_to"):
            return value
        if found[0].op == "index" and _picks(found[0]):
            return value
        value = found[0].operands[0]


def _picks(eq: Equation) -> bool:
    """Whether an index leaves elements out or reorders them."""
    shape = list(eq.operands[0].type.shape)
    for step in eq.attrs["path"]:
        if not isinstance(step, Index):
            return True
        for item in step.items:
            if isinstance(item, NewAxis):
                continue
            length = shape.pop(0)
            if item != Span() and not (isinstance(item, At) and length == ONE):
                return True
    return len(eq.attrs["path"]) != 1


def is_shifted(known: Matcher, value: Value) -> bool:
    """Whether a value is a difference from a maximum: safe to exponentiate."""
    for eq in known.lookup(value):
        if eq.op == "subtract":
            less = through_views(eq.operands[1], known)
            ops = {"max", "maximum", "fmax", "logsumexp", "logaddexp"}
            if any(each.op in ops for each in known.lookup(less)):
                return True
    return False


def summed_exponentials(known: Matcher, total: Value, x: Value) -> Equation | None:
    """Return the ``sum`` of ``exp(x)`` that a value broadcasts along the axes it sums.

    ``total`` may be the sum with its axes kept, or given back by an index or reshape.
    """
    source = through_views(total, known)
    for eq in known.lookup(source):
        if eq.op != "sum" or not _lines_up(total, x, eq.attrs["axis"]):
            continue
        for inner in known.lookup(eq.operands[0]):
            if inner.op == "exp" and known.same(inner.operands[0], x):
                return eq
    return None


def _lines_up(total: Value, x: Value, axes: tuple[int, ...]) -> bool:
    shape = [ONE if k in axes else d for k, d in enumerate(x.type.shape)]
    while len(shape) > total.type.rank:
        if shape.pop(0) != ONE:
            return False
    return tuple(shape) == total.type.shape


def exponents(known: Matcher, total: Value) -> list[Value] | None:
    """Return what the terms of a sum are exponentials of, None if one is not."""
    found: list[Value] = []
    for term in _terms(known, total, 8):
        inner = [eq.operands[0] for eq in known.lookup(term) if eq.op == "exp"]
        if not inner or is_shifted(known, inner[0]) or not inner[0].type.is_float:
            return None
        found.append(inner[0])
    return found if len(found) > 1 else None


def _terms(known: Matcher, value: Value, depth: int) -> Iterator[Value]:
    found = known.lookup(value)
    if depth and found and found[0].op == "add":
        for operand in found[0].operands:
            yield from _terms(known, operand, depth - 1)
    else:
        yield value


def may_be_infinite(known: Matcher, value: Value, depth: int = 4) -> bool:
    """Whether an operation near a value's definition may overflow or divide by zero."""
    found = known.lookup(value)
    if not found or not depth:
        return False
    eq = found[0]
    if eq.op in ("power", "float_power"):
        exponent = constant_of(eq.operands[1], known)
        if exponent is not None and exponent >= 0:
            return may_be_infinite(known, eq.operands[0], depth - 1)
    if eq.op == "divide" and constant_of(eq.operands[1], known):
        return may_be_infinite(known, eq.operands[0], depth - 1)
    if eq.op in UNBOUNDED:
        return True
    return eq.op in PASSING and any(
        may_be_infinite(known, v, depth - 1) for v in eq.operands
    )


def surely_finite(
    known: Matcher, value: Value, given: Collection[Value], depth: int = 8
) -> bool:
    """Whether a value is finite wherever the given ones are, overflow aside."""
    if value in given:
        return True
    found = known.lookup(value)
    if not found or not depth:
        return False
    eq = found[0]
    if eq.op == "constant":
        return cmath.isfinite(eq.attrs["value"])
    if eq.op == "divide" and not constant_of(eq.operands[1], known):
        return False
    if eq.op == "power":
        exponent = constant_of(eq.operands[1], known)
        if exponent is None or exponent < 0:
            return False
    if eq.op in POLES and value.type.is_complex:
        return False
    if eq.op not in PASSING | BOUNDED | {"divide", "power", "dim"}:
        return False
    return all(surely_finite(known, v, given, depth - 1) for v in eq.operands)


def depends_on(known: Matcher, value: Value, source: Value, depth: int = 4) -> bool:
    """Whether a value is computed from another one in a few steps."""
    if value is source:
        return True
    found = known.lookup(value)
    return bool(
        found
        and depth
        and any(depends_on(known, v, source, depth - 1) for v in found[0].operands)
    )


def count_form(x: Value, axes: tuple[int, ...]) -> Linear | None:
    """Return the number of elements along axes, if it is one length or a number."""
    factor, form = 1, None
    for axis in axes:
        length = x.type.shape[axis]
        if length.value is not None:
            factor *= length.value
        elif form is None:
            form = length
        else:
            return None
    return Linear.number(factor) if form is None else form * factor
