"""How every operation is printed: one row each.

A spelling takes a `Writer`, which prints operands, and an equation. The user's own
spelling (``x.sum()``, ``np.dot(a, b)``) is kept where it still says what the
operation does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..graph.ir import Equation
from ..graph.ops import OPS
from . import arrays, creation, elements, matrices, special
from .arrays import shape
from .expressions import (
    Atom,
    Node,
    binary,
    call,
    chained,
    conditional,
    method,
    unary,
)
from .writer import (
    BUILTIN,
    HELPERS,
    INFIX,
    LOGIC,
    PREFIX,
    Spelling,
    Writer,
    is_integer,
    is_weak,
    operands,
    spelled,
    written_call,
)

__all__ = [
    "HELPERS",
    "INFIX",
    "LOGIC",
    "NUMPY",
    "PREFIX",
    "Spelling",
    "Writer",
    "operands",
    "shape",
]


def elementwise(w: Writer, eq: Equation) -> Node:
    """Print an operator where there is one, else NumPy's function."""
    found = written_call(w, eq)
    if found is not None:
        return found
    parts = operands(w, eq)
    if eq.op in INFIX:
        return binary(INFIX[eq.op], parts[0], parts[1])
    if eq.op in PREFIX:
        return unary(PREFIX[eq.op], *parts)
    if eq.op in BUILTIN and (is_integer(eq) or eq.attrs.get("spelled") == "abs"):
        return call(BUILTIN[eq.op], *parts)
    if eq.op == "square" and is_weak(eq):
        return binary("**", parts[0], Atom("2"))
    return call(OPS[eq.op].numpy[0], *parts)


def _logical(w: Writer, eq: Equation) -> Node:
    scalar = not eq.result.type.rank
    if eq.op in LOGIC and scalar and spelled(eq) is None:
        left, right = operands(w, eq)
        chain = chained(left, right) if eq.op == "logical_and" else None
        return chain or binary(LOGIC[eq.op], left, right)
    return elementwise(w, eq)


def _where(w: Writer, eq: Equation) -> Node:
    """Print ``a if c else b`` of numbers in a backward part, if that is a float64."""
    _, *sides = (v.type.dtype for v in eq.operands)
    if eq.result.type.rank or not eq.backward or "float64" not in sides:
        return elementwise(w, eq)
    test, *nodes = operands(w, eq)
    yes, no = (
        Atom(repr(float(v.number))) if isinstance(v.number, int) else node
        for v, node in zip(eq.operands[1:], nodes, strict=True)
    )
    return conditional(test, yes, no)


def _conjugate(w: Writer, eq: Equation) -> Node:
    """Print the function, or the method where a number is to stay Python's own."""
    if is_weak(eq):
        return method(w.node(eq.operands[0]), "conjugate")
    return elementwise(w, eq)


def _not(w: Writer, eq: Equation) -> Node:
    if not eq.result.type.rank and spelled(eq) is None:
        return unary("not", operands(w, eq)[0])
    return elementwise(w, eq)


def _helper(w: Writer, eq: Equation) -> Node:
    return call(HELPERS[eq.op], *operands(w, eq))


def _call(w: Writer, eq: Equation) -> Node:
    name, arguments = w.callee(eq)
    return call(name, *arguments)


def _if(w: Writer, eq: Equation) -> Node:
    """Print ``a if c else b``, or ``c and a`` and ``c or b``."""
    test = w.node(eq.operands[0])
    if eq.attrs.get("spelled") == "and":
        return binary("and", test, w.branch(eq, 0))
    if eq.attrs.get("spelled") == "or":
        return binary("or", test, w.branch(eq, 1))
    return conditional(test, w.branch(eq, 0), w.branch(eq, 1))


def _rows(names: Iterable[str], spelling: Spelling) -> dict[str, Spelling]:
    return dict.fromkeys(names, spelling)


def _category(name: str) -> list[str]:
    return [op.name for op in OPS.values() if op.category == name]


NUMPY: Mapping[str, Spelling] = {
    **_rows(_category("elementwise"), elementwise),
    **_rows(("stop_gradient", "sigmoid", "softplus", "log1mexp"), _helper),
    **special.NUMPY,
    **_rows(("logical_and", "logical_or"), _logical),
    "logical_not": _not,
    "where": _where,
    "conjugate": _conjugate,
    "cast": creation.cast,
    **_rows(_category("reduction"), arrays.reduction),
    "logsumexp": arrays.logsumexp,
    **_rows(("cumsum", "cumprod"), arrays.scan),
    **_rows(_category("product"), arrays.product),
    "outer": lambda w, eq: call("np.outer", *operands(w, eq)),
    **_rows(_category("solver"), elementwise),
    **_rows(_category("transform"), arrays.transform),
    **_rows(arrays.ITEMS, arrays.item),
    "svdvals": arrays.svdvals,
    **_rows(matrices.FUNCTIONS, matrices.function),
    "eigvals": arrays.eigvals,
    "searchsorted": arrays.searchsorted,
    "argsort": arrays.argsort,
    "dim": arrays.dim,
    "reshape": arrays.reshape,
    "transpose": arrays.transpose,
    **_rows(("real", "imag"), arrays.part),
    "broadcast_to": arrays.broadcast_to,
    "concatenate": arrays.joined,
    "stack": arrays.stack,
    "flip": arrays.flip,
    "copy": arrays.copy,
    **_rows(("zeros", "ones", "empty"), creation.filled),
    "full": creation.full,
    "eye": creation.eye,
    "arange": creation.arange,
    "linspace": creation.linspace,
    "constant": creation.constant,
    "index": elements.index,
    "call": _call,
    "if": _if,
}
