"""Elementary functions in the forms that become vector code, where that pays.

Before ``for i: y[i] = exp(x[i]) * x[i] ** -1.5``; after, ``exp`` is marked as
``vector`` (the printer writes ``_vexp``) and the power is ``1.0 / x[i] / sqrt(x[i])``.

It pays in innermost loops whose iterations are independent up to sums that may be
reordered. Elsewhere the library's functions stay: one call of them takes less time from
argument to result, which is what a recurrence waits for. Not so ``tanh``, short powers
and indices around an axis, which have their forms in every loop. The greatest number of
a row is found with ``_vmax``, and those of the rows of many samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from .graph.build import Builder
from .graph.carries import classify
from .graph.ir import Equation, Function, Program, Region, Value, walk
from .graph.ops import CHEAP
from .versions import CIRCULAR, in_two_versions

# Operations that have a form for vector code; see `emit.vectors`.
VECTORS = frozenset(
    "exp expm1 log log1p tanh sigmoid softplus log1mexp sin cos erf erfc power".split()
)
# Operations that have one where they combine a row.
EXTREMES = frozenset({"maximum", "minimum"})
# Those whose form is the quicker one also where one result waits for another.
QUICKER = frozenset({"tanh"})
# What else a loop may hold and be vectorised.
PLAIN = CHEAP | {"sqrt", "store", "accumulate", "if"}
# A loop that runs fewer times than there are numbers in a register gains nothing.
FEWEST = 8
# Constant exponents of which the power is a product, and no more than 4 ulp off.
SHORT = frozenset(k / 2 for k in range(-8, 9)) - {0.0, 1.0}

Factors = dict[tuple[Value, str], Value]  # of which powers of a number are products


def vectorise(program: Program) -> Program:
    """Return the program with elementary functions marked; strict ones stay.

    A loop in two versions is a branch to the loop around it, which then carries
    something else.
    """
    made = program.map(lambda f: f if f.attrs.get("strict") else _function(f))
    return classify(made)


def _function(function: Function) -> Function:
    reorder = bool(function.attrs.get("reassoc"))
    body = _quicker(function.body)
    return replace(function, body=_region(body, reorder))


def _quicker(region: Region) -> Region:
    """Return a region with what is always quicker marked in its loops."""
    return replace(
        region,
        equations=tuple(
            replace(eq, regions=tuple(_marked(r, QUICKER) for r in eq.regions))
            if eq.op in ("for", "while")
            else replace(eq, regions=tuple(map(_quicker, eq.regions)))
            for eq in region.equations
        ),
    )


def _region(region: Region, reorder: bool) -> Region:
    made = [made for eq in region.equations for made in _equation(eq, reorder)]
    return replace(region, equations=tuple(made))


def _equation(eq: Equation, reorder: bool) -> Iterator[Equation]:
    if eq.op == "for" and _pays(eq, reorder):
        body = _reduced(eq.regions[0], eq.attrs.get("stands_for") == "lanes")
        near = replace(eq, regions=(_marked(body, VECTORS),))
        alike = replace(eq, regions=(_marked(body, VECTORS - CIRCULAR),))
        yield from in_two_versions(eq, near) or [alike]
    else:
        yield replace(eq, regions=tuple(_region(r, reorder) for r in eq.regions))


def _pays(loop: Equation, reorder: bool) -> bool:
    """Whether a loop is likely to become vector code."""
    body = loop.regions[0]
    start, stop, step = (v.as_linear for v in loop.operands[:3])
    trips = (stop - start).value
    few = trips is not None and step.value in (1, -1) and abs(trips) < FEWEST
    if few or loop.attrs.get("exits"):
        return False
    if any(eq.op not in VECTORS | PLAIN for eq in walk(body)):
        return False
    carries = zip(body.params[1:], body.results, loop.attrs["kinds"], strict=True)
    return all(
        new is old or _is_independent(old, kind, reorder) for old, new, kind in carries
    )


def _is_independent(carry: Value, kind: str, reorder: bool) -> bool:
    if kind in ("reduce(add)", "reduce(multiply)"):
        return reorder or not carry.type.is_inexact
    return kind in ("private", "disjoint", "reduce(maximum)", "reduce(minimum)")


def _reduced(body: Region, every: bool) -> Region:
    """Return the body of a loop with the extremes that it carries marked, or all."""

    def is_carried(eq: Equation) -> bool:
        both = zip(body.params[1:], body.results, strict=True)
        return any(v in eq.operands and eq.result is new for v, new in both)

    return replace(
        body,
        equations=tuple(
            _vector(eq)
            if eq.op in EXTREMES
            and eq.result.type.is_float
            and (every or is_carried(eq))
            else eq
            for eq in body.equations
        ),
    )


def _marked(region: Region, ops: frozenset[str]) -> Region:
    known: Factors = {}
    equations = [made for eq in region.equations for made in _forms(eq, ops, known)]
    return replace(region, equations=tuple(equations))


def _forms(eq: Equation, ops: frozenset[str], known: Factors) -> Iterator[Equation]:
    """Yield what stands in the place of an equation in a loop.

    A branch within the loop keeps the sines that `in_two_versions` does not look at.
    """
    if eq.regions:
        inner = (_marked(r, ops - CIRCULAR) for r in eq.regions)
        yield replace(eq, regions=tuple(inner))
    elif eq.op == "remainder":
        yield _vector(eq) if _is_around(eq) else eq
    elif eq.op not in (*ops, "power") or not eq.result.type.is_float:
        yield eq
    elif eq.op != "power":
        yield _vector(eq)
    elif eq.operands[1].type.is_integer:
        yield eq  # compiled as products
    elif _is_short(eq):
        yield from _product(eq, known)
    else:
        yield _vector(eq) if "power" in ops else eq


def _vector(eq: Equation) -> Equation:
    return replace(eq, attrs=MappingProxyType({**eq.attrs, "vector": True}))


def _is_around(eq: Equation) -> bool:
    """Whether a rest may be an index around an axis, whose length is not known."""
    scalar = eq.result.type.is_integer and not eq.result.type.rank
    return scalar and eq.operands[1].as_linear.value is None


def _is_short(eq: Equation) -> bool:
    """Whether a power is a short product of the base, its root and its inverse."""
    base, exponent = eq.operands
    return exponent.number in SHORT and base.type.dtype == eq.result.type.dtype


def _product(eq: Equation, known: Factors) -> Iterator[Equation]:
    """Yield a power with a constant exponent as products, root and quotient.

    The inverse is taken first: ``x**3`` may be too large where ``(1 / x)**3`` is a
    subnormal number. So ``x**-2.5`` is ``x**-1.5 * (1 / x)``: powers of one base share
    their ``known`` factors.
    """
    b = Builder(eq.origin, eq.backward)
    base, exponent = eq.operands[0], eq.operands[1].number
    assert exponent is not None
    whole, half = divmod(abs(exponent), 1)
    inverse = exponent < 0

    def shared(name: str, op: str, *operands: Value) -> Value:
        if (base, name) not in known:
            known[base, name] = b.emit(op, *operands)
        return known[base, name]

    found = factor = b.constant(1.0, base.type.dtype) if inverse else base
    if inverse and whole:
        found = factor = shared("inverse", "divide", factor, base)
    if half:
        found = root = shared("root", "sqrt", base)
        if inverse and whole:
            found = shared("inverse / root", "divide", factor, root)
        elif inverse:
            found = b.emit("divide", factor, root)
        elif whole:
            found = shared("base * root", "multiply", factor, root)
    again = whole - 1 if half else whole
    if again > 1:
        factor = b.emit("power", factor, b.constant(int(again)))
    if again > 0:
        found = b.emit("multiply", found, factor) if half else factor
    if not b.equations or found not in b.equations[-1].results:
        b.emit("positive", found)  # it was computed before
    *rest, last = b.equations
    known.update((key, eq.result) for key, value in known.items() if value is found)
    yield from (*rest, replace(last, results=eq.results))
