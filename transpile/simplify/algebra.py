"""Constants and integers: folded, shared, written shortly."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..graph.build import Number
from ..graph.ir import Equation, Value
from ..graph.linear import Linear
from ..rewrite import Editor
from .cost import cost, count, owned
from .fill import retyped

Compute = Callable[..., Any]

FOLDED: Mapping[str, Compute] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "negative": operator.neg,
    "positive": operator.pos,
    "absolute": abs,
    "square": lambda x: x * x,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "logical_not": operator.not_,
    "logical_and": lambda x, y: bool(x and y),
    "logical_or": lambda x, y: bool(x or y),
    "cast": lambda x: x,
}
# Those in which Python and NumPy compute the same complex number.
COMPLEX: Mapping[str, Compute] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "negative": operator.neg,
    "conjugate": complex.conjugate,
}
EXACT = frozenset({"weak_int", "weak_float", "float64", "bool"})


def fold_constants(editor: Editor, eq: Equation) -> bool:
    """Compute an operation on numbers."""
    if eq.op not in FOLDED or eq.result.type.rank:
        return False
    numbers = [editor.number(v) for v in eq.operands]
    if any(n is None for n in numbers) or not _is_exact(eq, numbers):
        return False
    try:
        number = FOLDED[eq.op](*numbers)
    except (ArithmeticError, ValueError):
        return False
    if not isinstance(number, (bool, int, float)):
        return False
    mark = editor.mark()
    value = retyped(editor, editor.constant(number), eq.result.type.dtype)
    return editor.become(eq, value, mark)


def fold_complex(editor: Editor, eq: Equation) -> bool:
    """Compute an operation on numbers of which one is complex."""
    compute = COMPLEX.get(eq.op)
    if compute is None:
        return False
    kind = eq.result.type
    if kind.rank or kind.dtype not in ("complex128", "weak_complex"):
        return False
    made = [editor.definition(v) for v in eq.operands]
    if any(one is None or one.op != "constant" for one in made):
        return False
    numbers = [one.attrs["value"] for one in made if one is not None]
    if not any(isinstance(number, complex) for number in numbers):
        return False
    strong = None if kind.dtype == "weak_complex" else kind.dtype
    mark = editor.mark()
    value = editor.constant(compute(*numbers), strong)
    return editor.become(eq, value, mark)


def _is_exact(eq: Equation, numbers: Sequence[Number | None]) -> bool:
    """Whether Python computes what NumPy would: not so in single precision."""
    if eq.op == "cast" and eq.operands[0].type.dtype == "float32":
        return numbers[0] == float(np.float32(numbers[0] or 0))
    return {v.type.dtype for v in (*eq.operands, *eq.results)} <= EXACT


def fold_integers(editor: Editor, eq: Equation) -> bool:
    """Write an integer by its linear form, where that is shorter."""
    if len(eq.results) != 1 or eq.op in ("constant", "dim"):
        return False
    result = eq.result
    form = result.linear
    if form is None:
        return False
    found = editor.scope.integer(result.type.dtype, form)
    if found is not None and found is not result:
        if result.name and found.name and result.name != found.name:
            return False
        return editor.become(eq, found, editor.mark())
    if result.type.dtype != "weak_int":
        return False
    own = owned(editor, eq)
    mark = editor.mark()
    value = write_linear(editor, form)
    if value is not None:
        new = cost(editor, value, editor.equations[mark:], own)
        if new < cost(editor, result, (), own):
            return editor.become(eq, value, mark)
    editor.rollback(mark)
    return False


def fold_counts(editor: Editor, eq: Equation) -> bool:
    """Write a forward integer shortly where a negative number is added to it.

    Nobody writes that: it comes from the bounds of a loop that is recorded.
    """
    if len(eq.results) != 1 or eq.result.name or eq.op not in ("add", "subtract"):
        return False
    form, number = eq.result.linear, editor.number(eq.operands[1])
    if form is None or number is None or number >= 0:
        return False
    mark = editor.mark()
    value = write_linear(editor, form)
    if value is None or count(editor.equations[mark:]) > 1:
        editor.rollback(mark)
        return False
    return editor.become(eq, value, mark)


def write_linear(editor: Editor, form: Linear) -> Value | None:
    """Emit an integer of a linear form; None if an atom of it is not at hand."""
    terms: list[tuple[Value, int]] = []
    for atom, factor in sorted(form.terms, key=lambda term: term[1] < 0):
        value = editor.scope.integer("weak_int", Linear.of(atom))
        if value is None:
            return None
        terms.append((value, factor))
    return editor.total(terms, form.constant)
