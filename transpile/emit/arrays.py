"""How operations on whole arrays are printed: reductions, products, shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..graph.dtypes import strong
from ..graph.ir import Equation, Value
from ..graph.ops import OPS
from .expressions import (
    Atom,
    Listing,
    Node,
    Subscript,
    Tuple,
    attribute,
    binary,
    call,
    method,
    subscript,
    text,
)
from .literals import literal
from .writer import HELPERS, Writer, dtype_node, operands, written_call

# ---- reductions and products ----


def axes_node(axes: Sequence[int]) -> Node:
    """Return an ``axis`` argument: a number or a tuple."""
    if len(axes) == 1:
        return literal(axes[0])
    return Tuple(tuple(literal(axis) for axis in axes))


def reduction_keywords(eq: Equation) -> dict[str, Node]:
    """Return the keyword arguments of a reduction that differ from the defaults."""
    axes: tuple[int, ...] = eq.attrs["axis"]
    named: dict[str, Node] = {}
    if axes != tuple(range(eq.operands[0].type.rank)):
        named["axis"] = axes_node(axes)
    if eq.attrs.get("ddof"):
        named["ddof"] = literal(eq.attrs["ddof"])
    if eq.attrs.get("keepdims"):
        named["keepdims"] = Atom("True")
    return named


def reduction(w: Writer, eq: Equation) -> Node:
    """Print ``np.sum(x, axis=0)``."""
    return _named_call(w, eq, reduction_keywords(eq))


def logsumexp(w: Writer, eq: Equation) -> Node:
    """Print ``_logsumexp(x, axis=1)``."""
    return call(HELPERS[eq.op], *operands(w, eq), **reduction_keywords(eq))


def scan(w: Writer, eq: Equation) -> Node:
    """Print ``np.cumsum(x)``, with an axis where there are several."""
    axis = eq.attrs["axis"]
    axis = axis[0] if isinstance(axis, tuple) else axis
    several = eq.operands[0].type.rank > 1
    return _named_call(w, eq, {"axis": literal(axis)} if several else {})


def _named_call(w: Writer, eq: Equation, named: Mapping[str, Node]) -> Node:
    found = written_call(w, eq, **named)
    return found or call(OPS[eq.op].numpy[0], *operands(w, eq), **named)


def product(w: Writer, eq: Equation) -> Node:
    """Print ``a @ b``, or the function that the user wrote."""
    if (
        max(v.type.rank for v in eq.operands) > 2
        and eq.attrs.get("spelled") != "np.matmul"
    ):
        return binary("@", *operands(w, eq))
    return written_call(w, eq) or binary("@", *operands(w, eq))


def transform(w: Writer, eq: Equation) -> Node:
    """Print ``np.fft.fft(x, axis=0)``."""
    named: dict[str, Node] = {}
    if eq.attrs["axis"] != eq.result.type.rank - 1:
        named["axis"] = literal(eq.attrs["axis"])
    if eq.attrs["norm"] != "backward":
        named["norm"] = Atom(f'"{eq.attrs["norm"]}"')
    return call(OPS[eq.op].numpy[0], *operands(w, eq), **named)


# ---- shapes ----


def dim(w: Writer, eq: Equation) -> Node:
    """Print ``x.shape[0]``, or ``len(x)`` and ``x.size`` where the user did."""
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


def transpose(w: Writer, eq: Equation) -> Node:
    """Print ``X.T`` or ``np.transpose(x, axes)``."""
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


def part(w: Writer, eq: Equation) -> Node:
    """Print ``z.real``."""
    return attribute(w.node(eq.operands[0]), eq.op)


def reshape(w: Writer, eq: Equation) -> Node:
    """Print ``x.reshape(m, n)`` or ``x.ravel()``."""
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


def broadcast_to(w: Writer, eq: Equation) -> Node:
    """Print ``np.broadcast_to(x, shape)``."""
    base, *lengths = eq.operands
    return call("np.broadcast_to", w.node(base), shape(w, lengths))


def stack(w: Writer, eq: Equation) -> Node:
    """Print ``np.array([a, b])`` of numbers, else ``np.stack``."""
    array = eq.attrs.get("spelled") == "np.array" and eq.attrs["axis"] == 0
    if eq.operands[0].type.rank and not array:
        return joined(w, eq)
    dtype = eq.result.type.dtype
    kinds = {strong(v.type.dtype) for v in eq.operands}
    named = {} if kinds == {dtype} else {"dtype": dtype_node(dtype)}
    return call("np.array", Listing(tuple(operands(w, eq))), **named)


def joined(w: Writer, eq: Equation) -> Node:
    """Print ``np.concatenate((a, b), axis=1)`` and its like."""
    parts = Tuple(tuple(operands(w, eq)))
    named = {"axis": literal(eq.attrs["axis"])} if eq.attrs["axis"] else {}
    return call(f"np.{eq.op}", parts, **named)


def flip(w: Writer, eq: Equation) -> Node:
    """Print ``np.flip(x)``."""
    axes = tuple(eq.attrs["axis"])
    every = axes == tuple(range(eq.operands[0].type.rank))
    named = {} if every else {"axis": axes_node(axes)}
    return call("np.flip", *operands(w, eq), **named)


def copy(w: Writer, eq: Equation) -> Node:
    """Print ``x.copy()``."""
    (base,) = operands(w, eq)
    if not eq.result.type.rank:
        return base
    if eq.attrs.get("order", "C") == "F":
        return method(base, "copy", order=Atom('"F"'))
    contiguous = eq.operands[0].type.layout == "C"
    if eq.attrs.get("spelled") == "np.copy" and contiguous:
        return call("np.copy", base)
    return method(base, "copy")


# Which item of what a function returns.
ITEMS: Mapping[str, tuple[str, int]] = {
    "signdet": ("slogdet", 0),
    "phasedet": ("slogdet", 0),
    "logabsdet": ("slogdet", 1),
    "eigh": ("eigh", 1),
    "eig": ("eig", 1),
    "svd_u": ("svd", 0),
    "svd_vh": ("svd", 2),
    "qr_q": ("qr", 0),
    "qr_r": ("qr", 1),
}


def item(w: Writer, eq: Equation) -> Node:
    """Print ``np.linalg.slogdet(A)[1]``."""
    name, place = ITEMS[eq.op]
    named = {"full_matrices": Atom("False")} if name == "svd" else {}
    made = call(f"np.linalg.{name}", *operands(w, eq), **named)
    return _complex(eq, Subscript(made, (Atom(str(place)),)))


def _complex(eq: Equation, made: Node) -> Node:
    """Return a result that NumPy makes real where it can be as complex numbers."""
    if not eq.result.type.is_complex or eq.operands[0].type.is_complex:
        return made
    return method(made, "astype", dtype_node(eq.result.type.dtype))


def eigvals(w: Writer, eq: Equation) -> Node:
    """Print ``np.linalg.eigvals(A)``."""
    return _complex(eq, call("np.linalg.eigvals", *operands(w, eq)))


def svdvals(w: Writer, eq: Equation) -> Node:
    """Print ``np.linalg.svd(A, compute_uv=False)``."""
    return call("np.linalg.svd", *operands(w, eq), compute_uv=Atom("False"))


def argsort(w: Writer, eq: Equation) -> Node:
    """Print ``np.argsort(x, axis=0, kind="stable")``."""
    axis, rank = eq.attrs["axis"], eq.operands[0].type.rank
    named = {} if axis == rank - 1 else {"axis": literal(axis)}
    return call("np.argsort", *operands(w, eq), **named, kind=Atom('"stable"'))


def searchsorted(w: Writer, eq: Equation) -> Node:
    """Print ``np.searchsorted(edges, x, side="right")``."""
    named = {"side": Atom('"right"')} if eq.attrs["side"] == "right" else {}
    return call("np.searchsorted", *operands(w, eq), **named)
