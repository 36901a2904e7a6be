"""A nest over a range that is a known distance from another's: over the same.

Before ``for i in range(n - 2): t[i] = a[i + 1]`` and ``for i in range(1, n - 1):
b[i] = t[i - 1]``; after, the second is ``for i in range(n - 2): b[i + 1] = t[i]``, and
can run with the first.
"""

from __future__ import annotations

from dataclasses import replace

from ..graph.ir import WRITES, Equation, Region
from ..graph.linear import Derived, Linear
from ..graph.loopform import Loop
from .nests import Copier
from .pair import is_number, is_plain


def over_range_of(first: Equation, second: Equation) -> Equation | None:
    """Return a loop over the range of another, if that is surely as long."""
    one, other = _range(first), _range(second)
    if one is None or other is None:
        return None
    gap = (other[0] - one[0]).value
    if gap is None or gap != (other[1] - one[1]).value:
        return None
    return _moved(second, Loop.of(first), gap)


def _range(eq: Equation) -> tuple[Linear, Linear] | None:
    """Return where a loop that counts up starts and stops; not before it starts."""
    start, stop, step = (v.as_linear for v in eq.operands[:3])
    if step.value != 1:
        return None
    atom = stop.atoms[0] if len(stop.atoms) == 1 and not stop.constant else None
    if start.value == 0 and isinstance(atom, Derived) and atom.kind == "clip":
        (inside,) = atom.parts
        if isinstance(inside, Linear) and stop.terms[0][1] == 1:
            stop = inside
    return start, stop


def _moved(eq: Equation, like: Loop, gap: int) -> Equation | None:
    """Return a loop whose counter is less by a number, over the range of another."""
    loop = Loop.of(eq)
    body = loop.body.equations
    if not is_plain(eq) or not all(is_number(e, writes=True) for e in body):
        return None
    counter = like.counter
    assert loop.counter is not None and counter is not None
    copier = Copier(eq, {})
    at = copier.plus(counter, gap)
    copier.mapping[loop.counter] = at
    copier.forms[loop.counter] = at.as_linear
    for each in body:
        if each.op not in WRITES:
            copier.copy(each)
            continue
        operands = tuple(copier.mapping.get(v, v) for v in each.operands)
        copier.equations.append(replace(each, operands=operands))
    region = Region((counter, *loop.carries), tuple(copier.equations), loop.yields)
    operands = (*like.bounds, *loop.inits)
    return replace(eq, operands=operands, regions=(region,))
