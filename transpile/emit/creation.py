"""How new arrays and numbers are printed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ..graph.dtypes import strong
from ..graph.ir import Equation, Value
from .arrays import shape, whole_shape
from .expressions import Atom, Node, call, dotted, method
from .literals import literal
from .writer import Writer, dtype_node, operands, typed_literal


def _dtype_keyword(dtype: str, default: str) -> dict[str, Node]:
    return {} if dtype == default else {"dtype": dtype_node(dtype)}


def filled(w: Writer, eq: Equation) -> Node:
    """Print ``np.zeros(n)``, or ``np.zeros_like(x)`` where the shape is x's."""
    like = whole_shape(w, eq.operands)
    dtype = eq.attrs["dtype"]
    if _prints_like(eq, like, dtype):
        assert like is not None
        return call(f"np.{eq.op}_like", w.node(like))
    named = _dtype_keyword(dtype, "float64")
    return call(f"np.{eq.op}", shape(w, eq.operands), **named)


def _prints_like(eq: Equation, like: Value | None, dtype: str) -> bool:
    plain = eq.attrs.get("spelled") == f"np.{eq.op}"
    if like is None or plain:
        return False
    return like.type.dtype == dtype and like.type.layout == "C"


def full(w: Writer, eq: Equation) -> Node:
    """Print ``np.full(shape, v)`` or ``np.full_like(x, v)``."""
    fill, *lengths = eq.operands
    default = strong(fill.type.dtype)
    dtype = eq.result.type.dtype
    like = whole_shape(w, lengths)
    if _prints_like(eq, like, dtype):
        assert like is not None
        return call("np.full_like", w.node(like), w.node(fill))
    named = _dtype_keyword(dtype, default)
    return call("np.full", shape(w, lengths), w.node(fill), **named)


def eye(w: Writer, eq: Equation) -> Node:
    """Print ``np.eye(n)``."""
    rows, columns = eq.operands
    named: dict[str, Node] = {}
    if eq.attrs.get("k"):
        named["k"] = literal(eq.attrs["k"])
    named |= _dtype_keyword(eq.attrs["dtype"], "float64")
    n, m = w.node(rows), w.node(columns)
    return call("np.eye", n, *(() if n == m else (m,)), **named)


def _is_number(w: Writer, value: Value, number: int) -> bool:
    eq = w.inline(value)
    if eq is None or eq.op != "constant" or "dtype" in eq.attrs:
        return False
    return type(eq.attrs["value"]) is int and eq.attrs["value"] == number


def range_arguments(w: Writer, bounds: Sequence[Value]) -> list[Node]:
    """Return the arguments of ``range`` without those that it assumes."""
    start, stop, step = bounds
    if not _is_number(w, step, 1):
        return [w.node(v) for v in bounds]
    if not _is_number(w, start, 0):
        return [w.node(start), w.node(stop)]
    return [w.node(stop)]


def arange(w: Writer, eq: Equation) -> Node:
    """Print ``np.arange(n)``."""
    integers = all(v.type.is_integer for v in eq.operands)
    named = _dtype_keyword(eq.result.type.dtype, "int64" if integers else "float64")
    return call("np.arange", *range_arguments(w, eq.operands), **named)


def linspace(w: Writer, eq: Equation) -> Node:
    """Print ``np.linspace(a, b, n)``."""
    named: dict[str, Node] = {}
    if eq.attrs.get("endpoint") is False:
        named["endpoint"] = Atom("False")
    named |= _dtype_keyword(eq.result.type.dtype, "float64")
    return call("np.linspace", *operands(w, eq), **named)


_KNOWN: Mapping[float, str] = {math.pi: "np.pi", math.e: "np.e"}


def constant(w: Writer, eq: Equation) -> Node:
    """Print a number, in the user's spelling where that is one of Python's."""
    value, dtype = eq.attrs["value"], eq.attrs.get("dtype")
    if dtype is None and type(value) is float and value in _KNOWN:
        return dotted(_KNOWN[value])
    written = eq.attrs.get("spelled")
    if dtype is None:
        return literal(value, written if isinstance(written, str) else None)
    return typed_literal(w, value, dtype)


def cast(w: Writer, eq: Equation) -> Node:
    """Print ``x.astype(dtype)``, or ``dtype(x)`` of a number."""
    (value,) = operands(w, eq)
    number = w.inline(eq.operands[0])
    if number is not None and number.op == "constant" and "dtype" not in number.attrs:
        return typed_literal(w, number.attrs["value"], eq.attrs["dtype"])
    dtype = dtype_node(eq.attrs["dtype"])
    if eq.operands[0].type.rank:
        return method(value, "astype", dtype)
    return call(dtype, value)
