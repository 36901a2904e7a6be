"""Upper bounds of lengths over loops: how long a saved row may become.

``j`` of ``for i in range(n): for j in range(i)`` is at most ``n - 2``: a counter is
replaced by its last value, inner loops first, where the length grows with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..graph.ir import Equation
from ..graph.linear import Atom, Derived, Linear, derived
from ..graph.loopform import Loop


def longest(
    form: Linear, loops: Sequence[Equation], known: Callable[[Atom], bool]
) -> Linear | None:
    """Return a form over known atoms that a length never exceeds, None if unknown."""
    for eq in reversed(loops):
        form = _over(form, Loop.of(eq))
    total = Linear.number(form.constant)
    for atom, factor in form.terms:
        if known(atom):
            total = total + Linear.of(atom) * factor
        elif isinstance(atom, Derived) and factor > 0:
            inside = _derived(atom, loops, known)
            if inside is None:
                return None
            total = total + inside * factor
        else:
            return None
    return total


def least(forms: Sequence[Linear]) -> Linear:
    """Return the least of some forms, as far as one is surely less than another."""
    kept: list[Linear] = []
    for form in sorted(forms, key=lambda f: f.value is None):
        over = [(form - other).value for other in kept]
        if form.value is None and any(f.value is not None for f in kept):
            continue
        if any(n is not None and n >= 0 for n in over):
            continue
        kept = [f for f, n in zip(kept, over, strict=True) if n is None or n > 0]
        kept.append(form)
    return derived("min", *kept) if len(kept) > 1 else kept[0]


def _derived(
    atom: Derived, loops: Sequence[Equation], known: Callable[[Atom], bool]
) -> Linear | None:
    """Bound a length that is not linear: a slice by what it is a slice of."""
    forms = [p for p in atom.parts if isinstance(p, Linear)]
    if atom.kind in ("slice", "ceil", "min") and forms:
        return longest(forms[-1] if atom.kind == "slice" else forms[0], loops, known)
    if atom.kind == "clip":
        inside = longest(forms[0], loops, known)
        return None if inside is None else derived("clip", inside)
    if atom.kind in ("product", "series"):
        bounds = [longest(f, loops, known) for f in forms]
        if all(b is not None for b in bounds):
            return derived(atom.kind, *(b for b in bounds if b is not None))
    return None


def _over(form: Linear, loop: Loop) -> Linear:
    """Replace a loop's counter by the end of its range where the form is largest."""
    counter = loop.counter
    if counter is None:
        return form
    factor = dict(form.terms).get(counter, 0)
    step = loop.bounds[2].as_linear.value
    if not factor or step is None:
        return form
    start, stop, _ = (v.as_linear for v in loop.bounds)
    rising = (factor > 0) == (step > 0)
    end = (stop - 1 if step > 0 else stop + 1) if rising else start
    return form.substitute({counter: end})
