"""What a piece of graph costs, to compare two ways of writing the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ..graph.ir import Equation, Value, is_view
from ..graph.ops import CHEAP
from ..rewrite import Editor

SCALAR, ARRAY = 4, 32
DEAR = 4
FREE = frozenset({"constant", "dim"})
# Operations that a reader would rather not see between a value and its use.
CLUTTER = frozenset({"negative", "broadcast_to"})


def weight(eq: Equation) -> int:
    """Return the cost of one equation: an array's is that of several scalars'."""
    if eq.op in FREE:
        return 0
    if is_view(eq) or eq.op == "broadcast_to":
        return SCALAR
    size = ARRAY if any(v.type.rank for v in (*eq.operands, *eq.results)) else SCALAR
    if eq.op == "negative":
        return size // 2
    return size if eq.op in CHEAP or is_added(eq) else size * DEAR


def is_added(eq: Equation) -> bool:
    """Whether an equation adds to a whole array in place."""
    return eq.op == "accumulate" and not eq.attrs["path"]


def owned(editor: Editor, root: Equation) -> dict[Value, Equation]:
    """Return the backward equations of this region that only serve a root, and it."""
    found: dict[Value, Equation] = {root.result: root}
    reads: Counter[Value] = Counter()
    work = [root]
    while work:
        for value in work.pop().operands:
            reads[value] += 1
            eq = editor.definition(value)
            if eq is None or not eq.backward or not editor.scope.local(value):
                continue
            if reads[value] >= editor.facts.uses[value] and value not in found:
                found[value] = eq
                work.append(eq)
    return found


def cost(
    editor: Editor, value: Value, new: Sequence[Equation], own: dict[Value, Equation]
) -> int:
    """Return what a value costs: new and owned equations, and clutter that it reads."""
    defined = {eq.result: eq for eq in new} | own
    total, seen, work = 0, {value}, [value]
    while work:
        part = work.pop()
        eq = defined.get(part)
        if eq is None:
            known = editor.definition(part)
            if known is not None and known.backward and known.op in CLUTTER:
                total += (ARRAY if part.type.rank else SCALAR) // 4
            continue
        total += weight(eq)
        if eq.op in FREE:
            continue
        fresh = [v for v in eq.operands if v not in seen]
        seen.update(fresh)
        work.extend(dict.fromkeys(fresh))
    return total


def count(equations: Iterable[Equation]) -> int:
    """Return the number of equations that are not free."""
    return sum(eq.op not in FREE for eq in equations)
