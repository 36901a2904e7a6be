"""How every operation is printed: one row each.

A spelling takes a `Writer`, which prints operands, and an equation. The user's own
spelling (``x.sum()``, ``np.dot(a, b)``) is kept where it still says what the
operation does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from ..ir import (
    At,
    Equation,
    Gather,
    Index,
    Item,
    Mask,
    NewAxis,
    Path,
    Reshape,
    Span,
    Step,
    Transpose,
    Value,
)
from ..ops import OPS
from .expressions import (
    Atom,
    Listing,
    Node,
    Slice,
    Tuple,
    attribute,
    binary,
    call,
    chained,
    conditional,
    dotted,
    literal,
    method,
    subscript,
    text,
    unary,
)


class Writer(Protocol):
    """What a spelling may ask: how an operand is printed, and what it is.

    ``is_double``: no number is of lower precision than float64, so that a literal
    means the same as a float64.
    """

    is_double: bool

    def node(self, value: Value) -> Node:
        """Return a value as an expression."""

    def inline(self, value: Value) -> Equation | None:
        """Return the equation of a value that is printed at its use."""

    def branch(self, eq: Equation, place: int) -> Node:
        """Return the only result of a branch as an expression."""

    def callee(self, eq: Equation) -> tuple[str, tuple[Node, ...]]:
        """Return the name of a called function and the arguments."""


Spelling = Callable[[Writer, Equation], Node]

INFIX: Mapping[str, str] = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "floor_divide": "//",
    "remainder": "%",
    "power": "**",
    "equal": "==",
    "not_equal": "!=",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "bitwise_and": "&",
    "bitwise_or": "|",
    "bitwise_xor": "^",
    "left_shift": "<<",
    "right_shift": ">>",
}
PREFIX: Mapping[str, str] = {"negative": "-", "positive": "+", "invert": "~"}
LOGIC: Mapping[str, str] = {"logical_and": "and", "logical_or": "or"}
HELPERS: Mapping[str, str] = {
    "sigmoid": "_sigmoid",
    "softplus": "_softplus",
    "log1mexp": "_log1mexp",
    "logsumexp": "_logsumexp",
}
# Python's own functions on Python's own numbers.
_BUILTIN: Mapping[str, str] = {"absolute": "abs", "maximum": "max", "minimum": "min"}
_WEAK = ("weak_int", "weak_float")


def operands(w: Writer, eq: Equation) -> list[Node]:
    """Return all operands as expressions."""
    return [w.node(v) for v in eq.operands]


def _spelled(eq: Equation) -> str | None:
    """Return the user's spelling, if it belongs to the operation."""
    written = eq.attrs.get("spelled")
    if not isinstance(written, str):
        return None
    written = written.replace("numpy.", "np.", 1)
    row = OPS[eq.op]
    source = "" if eq.origin is None else eq.origin.text
    if written in row.numpy and f"{written}(" not in source:
        # The parser knows only one of np.abs and np.absolute.
        written = next((n for n in row.numpy if f"{n}(" in source), written)
    return written if written in row.numpy or written in row.methods else None


def _function(w: Writer, eq: Equation, *rest: Node, **named: Node) -> Node | None:
    """Return the call of a function or method that the user wrote, if any."""
    written = _spelled(eq)
    if written is None:
        return None
    first, *others = operands(w, eq)
    if written.startswith("."):
        return method(first, written[1:], *others, *rest, **named)
    return call(written, first, *others, *rest, **named)


def _is_weak(eq: Equation) -> bool:
    return eq.result.type.dtype in _WEAK and not eq.result.type.rank


def elementwise(w: Writer, eq: Equation) -> Node:
    """Print an operator where there is one, else NumPy's function."""
    found = _function(w, eq)
    if found is not None:
        return found
    parts = operands(w, eq)
    if eq.op in INFIX:
        return binary(INFIX[eq.op], parts[0], parts[1])
    if eq.op in PREFIX:
        return unary(PREFIX[eq.op], *parts)
    if eq.op in _BUILTIN and (_is_weak(eq) or eq.attrs.get("spelled") == "abs"):
        return call(_BUILTIN[eq.op], *parts)
    if eq.op == "square" and _is_weak(eq):
        return binary("**", parts[0], Atom("2"))
    return call(OPS[eq.op].numpy[0], *parts)


def _logical(w: Writer, eq: Equation) -> Node:
    scalar = not eq.result.type.rank
    if eq.op in LOGIC and scalar and _spelled(eq) is None:
        left, right = operands(w, eq)
        chain = chained(left, right) if eq.op == "logical_and" else None
        return chain or binary(LOGIC[eq.op], left, right)
    return elementwise(w, eq)


def _not(w: Writer, eq: Equation) -> Node:
    if not eq.result.type.rank and _spelled(eq) is None:
        return unary("not", operands(w, eq)[0])
    return elementwise(w, eq)


def _helper(w: Writer, eq: Equation) -> Node:
    return call(HELPERS[eq.op], *operands(w, eq))


def dtype_node(dtype: str) -> Node:
    """Return a dtype as it is written in a call."""
    plain = {"bool": "bool", "weak_int": "int", "weak_float": "float"}
    return dotted(plain.get(dtype, f"np.{dtype}"))


def _cast(w: Writer, eq: Equation) -> Node:
    (value,) = operands(w, eq)
    number = w.inline(eq.operands[0])
    if number is not None and number.op == "constant" and "dtype" not in number.attrs:
        return typed_literal(w, number.attrs["value"], eq.attrs["dtype"])
    dtype = dtype_node(eq.attrs["dtype"])
    if eq.operands[0].type.rank:
        return method(value, "astype", dtype)
    return call(dtype, value)


# ---- reductions and products ----


def _axes(axes: Sequence[int]) -> Node:
    if len(axes) == 1:
        return literal(axes[0])
    return Tuple(tuple(literal(axis) for axis in axes))


def reduction_keywords(eq: Equation) -> dict[str, Node]:
    """Return the keyword arguments of a reduction that differ from the defaults."""
    axes: tuple[int, ...] = eq.attrs["axis"]
    named: dict[str, Node] = {}
    if axes != tuple(range(eq.operands[0].type.rank)):
        named["axis"] = _axes(axes)
    if eq.attrs.get("ddof"):
        named["ddof"] = literal(eq.attrs["ddof"])
    if eq.attrs.get("keepdims"):
        named["keepdims"] = Atom("True")
    return named


def _reduction(w: Writer, eq: Equation) -> Node:
    return _named_call(w, eq, reduction_keywords(eq))


def _logsumexp(w: Writer, eq: Equation) -> Node:
    return call(HELPERS[eq.op], *operands(w, eq), **reduction_keywords(eq))


def _scan(w: Writer, eq: Equation) -> Node:
    axis = eq.attrs["axis"]
    axis = axis[0] if isinstance(axis, tuple) else axis
    several = eq.operands[0].type.rank > 1
    return _named_call(w, eq, {"axis": literal(axis)} if several else {})


def _named_call(w: Writer, eq: Equation, named: Mapping[str, Node]) -> Node:
    found = _function(w, eq, **named)
    return found or call(OPS[eq.op].numpy[0], *operands(w, eq), **named)


def _product(w: Writer, eq: Equation) -> Node:
    if (
        max(v.type.rank for v in eq.operands) > 2
        and eq.attrs.get("spelled") != "np.matmul"
    ):
        return binary("@", *operands(w, eq))
    return _function(w, eq) or binary("@", *operands(w, eq))


# ---- shapes ----


def _dim(w: Writer, eq: Equation) -> Node:
    base = w.node(eq.operands[0])
    written, rank = eq.attrs.get("spelled"), eq.operands[0].type.rank
    source = "" if eq.origin is None or eq.backward else eq.origin.text
    if f"len({text(base)})" in source and eq.attrs["axis"] == 0:
        return call("len", base)
    if f"{text(base)}.size" in source:
        written = ".size"
    if rank == 1 and (written == ".size" or (eq.backward and written is None)):
        return attribute(base, "size")
    return subscript(attribute(base, "shape"), literal(eq.attrs["axis"]))


def whole_shape(w: Writer, lengths: Sequence[Value]) -> Value | None:
    """Return the array whose axes' lengths these are, if there is one."""
    found: Value | None = None
    for axis, length in enumerate(lengths):
        eq = w.inline(length)
        if eq is None or eq.op != "dim" or eq.attrs["axis"] != axis:
            return None
        if found not in (None, eq.operands[0]):
            return None
        found = eq.operands[0]
    return found if found is not None and found.type.rank == len(lengths) else None


def shape(w: Writer, lengths: Sequence[Value]) -> Node:
    """Return the lengths as one argument: a number, ``x.shape`` or a tuple."""
    like = whole_shape(w, lengths)
    if like is not None and len(lengths) > 1:
        return attribute(w.node(like), "shape")
    if len(lengths) == 1:
        return w.node(lengths[0])
    return Tuple(tuple(w.node(v) for v in lengths))


def _transpose(w: Writer, eq: Equation) -> Node:
    base, axes = w.node(eq.operands[0]), tuple(eq.attrs["axes"])
    return transposed(base, axes, str(eq.attrs.get("spelled")))


def transposed(base: Node, axes: tuple[int, ...], written: str = "") -> Node:
    """Return a permutation of axes."""
    reverse = axes == tuple(range(len(axes)))[::-1]
    if reverse and written == "np.transpose":
        return call("np.transpose", base)
    if reverse and written == ".transpose":
        return method(base, "transpose")
    if reverse:
        return attribute(base, "T")
    if written == ".transpose":
        return method(base, "transpose", *map(literal, axes))
    return call("np.transpose", base, Tuple(tuple(map(literal, axes))))


def _reshape(w: Writer, eq: Equation) -> Node:
    base, *lengths = eq.operands
    written = eq.attrs.get("spelled")
    flat = len(lengths) == 1 and base.type.rank > 1
    if written == "np.ravel" and flat:
        return call("np.ravel", w.node(base))
    if flat and written in (None, ".ravel"):
        return method(w.node(base), "ravel")
    sizes = [w.node(v) for v in lengths]
    if written == "np.reshape" and lengths:
        sizes = sizes if len(sizes) == 1 else [Tuple(tuple(sizes))]
        return call("np.reshape", w.node(base), *sizes)
    return reshaped(w.node(base), sizes)


def reshaped(base: Node, lengths: Sequence[Node]) -> Node:
    """Return a reshape to these lengths; of none, the only element."""
    if lengths:
        return method(base, "reshape", *lengths)
    return subscript(method(base, "reshape", Tuple(())), Tuple(()))


def _broadcast_to(w: Writer, eq: Equation) -> Node:
    base, *lengths = eq.operands
    return call("np.broadcast_to", w.node(base), shape(w, lengths))


def _stack(w: Writer, eq: Equation) -> Node:
    """Print ``np.array([a, b])`` of numbers, else ``np.stack``."""
    array = eq.attrs.get("spelled") == "np.array" and eq.attrs["axis"] == 0
    if eq.operands[0].type.rank and not array:
        return _joined(w, eq)
    dtype = eq.result.type.dtype
    plain = {"weak_float": "float64", "weak_int": "int64"}
    kinds = {plain.get(v.type.dtype, v.type.dtype) for v in eq.operands}
    named = {} if kinds == {dtype} else {"dtype": dtype_node(dtype)}
    return call("np.array", Listing(tuple(operands(w, eq))), **named)


def _joined(w: Writer, eq: Equation) -> Node:
    parts = Tuple(tuple(operands(w, eq)))
    named = {"axis": literal(eq.attrs["axis"])} if eq.attrs["axis"] else {}
    return call(f"np.{eq.op}", parts, **named)


def _flip(w: Writer, eq: Equation) -> Node:
    axes = tuple(eq.attrs["axis"])
    every = axes == tuple(range(eq.operands[0].type.rank))
    named = {} if every else {"axis": _axes(axes)}
    return call("np.flip", *operands(w, eq), **named)


def _copy(w: Writer, eq: Equation) -> Node:
    (base,) = operands(w, eq)
    if not eq.result.type.rank:
        return base
    if eq.attrs.get("order", "C") == "F":
        return method(base, "copy", order=Atom('"F"'))
    contiguous = eq.operands[0].type.layout == "C"
    if eq.attrs.get("spelled") == "np.copy" and contiguous:
        return call("np.copy", base)
    return method(base, "copy")


# ---- creation ----


def _dtype_keyword(dtype: str, default: str) -> dict[str, Node]:
    return {} if dtype == default else {"dtype": dtype_node(dtype)}


def _filled(w: Writer, eq: Equation) -> Node:
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


def _full(w: Writer, eq: Equation) -> Node:
    fill, *lengths = eq.operands
    natural = {"weak_float": "float64", "weak_int": "int64"}
    default = natural.get(fill.type.dtype, fill.type.dtype)
    dtype = eq.result.type.dtype
    like = whole_shape(w, lengths)
    if _prints_like(eq, like, dtype):
        assert like is not None
        return call("np.full_like", w.node(like), w.node(fill))
    named = _dtype_keyword(dtype, default)
    return call("np.full", shape(w, lengths), w.node(fill), **named)


def _eye(w: Writer, eq: Equation) -> Node:
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


def _arange(w: Writer, eq: Equation) -> Node:
    integers = all(v.type.is_integer for v in eq.operands)
    named = _dtype_keyword(eq.result.type.dtype, "int64" if integers else "float64")
    return call("np.arange", *range_arguments(w, eq.operands), **named)


def _linspace(w: Writer, eq: Equation) -> Node:
    named: dict[str, Node] = {}
    if eq.attrs.get("endpoint") is False:
        named["endpoint"] = Atom("False")
    named |= _dtype_keyword(eq.result.type.dtype, "float64")
    return call("np.linspace", *operands(w, eq), **named)


# ---- elements, constants, calls ----


_KNOWN: Mapping[float, str] = {math.pi: "np.pi", math.e: "np.e"}


def _constant(w: Writer, eq: Equation) -> Node:
    value, dtype = eq.attrs["value"], eq.attrs.get("dtype")
    if dtype is None and type(value) is float and value in _KNOWN:
        return dotted(_KNOWN[value])
    written = eq.attrs.get("spelled")
    if dtype is None:
        return literal(value, written if isinstance(written, str) else None)
    return typed_literal(w, value, dtype)


def typed_literal(w: Writer, value: bool | int | float, dtype: str) -> Node:
    """Return a number of a dtype, as a plain literal where that means the same."""
    if dtype == "bool":
        return literal(bool(value))
    if dtype == "weak_float" or (dtype == "float64" and w.is_double):
        return literal(float(value))
    if dtype == "weak_int" or (dtype == "int64" and w.is_double):
        return literal(int(value))
    return call(dtype_node(dtype), literal(value))


def slot_nodes(w: Writer, values: Iterable[Value]) -> list[Node]:
    """Return the index operands as expressions."""
    return [w.node(v) for v in values]


def item_node(item: Item, slots: Sequence[Node]) -> Node:
    """Return one index between square brackets."""
    match item:
        case At(slot) | Gather(slot) | Mask(slot):
            return slots[slot]
        case NewAxis():
            return dotted("np.newaxis")
        case Span(lower, upper, step):
            bounds = (lower, upper, step)
            return Slice(*(None if b is None else slots[b] for b in bounds))
    raise TypeError(f"no index item {item}")


def stepped(base: Node, step: Step, slots: Sequence[Node]) -> Node:
    """Return ``base`` after one step of a path."""
    match step:
        case Transpose(axes):
            return transposed(base, axes)
        case Reshape(lengths):
            return reshaped(base, [slots[s] for s in lengths])
        case Index(items):
            kept = list(items)
            added = any(isinstance(item, NewAxis) for item in items)
            while not added and len(kept) > 1 and kept[-1] == Span():
                kept.pop()
            return subscript(base, *(item_node(item, slots) for item in kept))
    raise TypeError(f"no path step {step}")


def reached(base: Node, path: Path, slots: Sequence[Node]) -> Node:
    """Return ``base`` after all steps of a path."""
    for step in path:
        base = stepped(base, step, slots)
    return base


def _index(w: Writer, eq: Equation) -> Node:
    base, *slots = operands(w, eq)
    (step,) = eq.attrs["path"]
    if not eq.result.name and all(item == Span() for item in step.items):
        return base
    return stepped(base, step, slots)


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
    **_rows(("sigmoid", "softplus", "log1mexp"), _helper),
    **_rows(("logical_and", "logical_or"), _logical),
    "logical_not": _not,
    "cast": _cast,
    **_rows(_category("reduction"), _reduction),
    "logsumexp": _logsumexp,
    **_rows(("cumsum", "cumprod"), _scan),
    **_rows(_category("product"), _product),
    "outer": lambda w, eq: call("np.outer", *operands(w, eq)),
    "dim": _dim,
    "reshape": _reshape,
    "transpose": _transpose,
    "broadcast_to": _broadcast_to,
    "concatenate": _joined,
    "stack": _stack,
    "flip": _flip,
    "copy": _copy,
    **_rows(("zeros", "ones", "empty"), _filled),
    "full": _full,
    "eye": _eye,
    "arange": _arange,
    "linspace": _linspace,
    "constant": _constant,
    "index": _index,
    "call": _call,
    "if": _if,
}
