"""Products of vectors, matrices and arrays with more axes."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.linear import Linear
from .arrays import as_array, known_integer, one_axis, require_array
from .elementwise import into
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library
from .objects import NONE, Obj
from .operators import product
from .subscripts import tensor_product
from .terms import Term, along

THREE = Linear.number(3)


def _product(frame: Frame, args: Arguments) -> Obj:
    x, y, out, axes = args.take(frame, "a b out? axes?")
    assert x is not None and y is not None
    if axes is not None and axes != NONE:
        return into(
            frame, _along_axes(frame, args, Term(frame, x), Term(frame, y)), out
        )
    spelled = "np.matmul" if args.spelled.endswith(".matmul") else args.spelled
    return into(frame, product(frame, x, y, spelled), out)


def _along_axes(frame: Frame, args: Arguments, x: Term, y: Term) -> Obj:
    """Return ``np.matmul(x, y, axes=[(m, k), (k, n), (m, n)])``."""
    axes = args.keywords.get("axes")
    pairs = [getattr(item, "items", ()) for item in getattr(axes, "items", ())]
    if "matmul" not in args.name or [len(pair) for pair in pairs] != [2, 2, 2]:
        frame.refuse(f"these axes= of {args.spelled}", "give three pairs for matrices")
    first, second, last = (
        tuple(Term(frame, place) for place in pair) for pair in pairs
    )
    turned = (x.call("moveaxis", first, (-2, -1)), y.call("moveaxis", second, (-2, -1)))
    made = Term(frame, product(frame, turned[0].obj, turned[1].obj, "np.matmul"))
    return made.call("moveaxis", (-2, -1), last).obj


for _name in ("dot", "matmul", "linalg.matmul"):
    FUNCTIONS[f"numpy.{_name}"] = _product


def _pair(frame: Frame, args: Arguments, signature: str) -> tuple[Term, Term]:
    x, y = args.take(frame, signature)
    assert x is not None and y is not None
    return Term(frame, as_array(frame, x)), Term(frame, as_array(frame, y))


@library("np.inner")
def inner(frame: Frame, args: Arguments) -> Obj:
    """``np.inner(x, y)``: sums over the last axis of both."""
    x, y = _pair(frame, args, "a b")
    if max(x.rank, y.rank) < 2 or not (x.rank and y.rank):
        return product(frame, x.obj, y.obj, args.spelled)
    arrays = require_array(frame, x.obj), require_array(frame, y.obj)
    return tensor_product(frame, *arrays, [(x.rank - 1, y.rank - 1)])


@library("np.outer", "np.linalg.outer")
def outer(frame: Frame, args: Arguments) -> Obj:
    """``np.outer(x, y)``, of the elements in order."""
    a, b, out = args.take(frame, "a b out?")
    assert a is not None and b is not None
    terms = [Term(frame, as_array(frame, obj)) for obj in (a, b)]
    flat = [t.call("ravel") if t.rank > 1 else t.call("atleast_1d") for t in terms]
    values = [t.value for t in flat]
    return into(frame, frame.make("outer", *values, spelled="np.outer"), out)


@library("np.vdot")
def vdot(frame: Frame, args: Arguments) -> Obj:
    """``np.vdot(x, y)``: the first one conjugated, both in order."""
    x, y = _pair(frame, args, "a b")
    flat = [t if t.rank < 2 else t.call("ravel") for t in (x, y)]
    return product(frame, _conjugated(flat[0]).obj, flat[1].obj, "np.dot")


@library("np.vecdot", "np.linalg.vecdot")
def vecdot(frame: Frame, args: Arguments) -> Obj:
    """``np.vecdot(x, y, axis)``: the first one conjugated, one axis summed."""
    a, b, axis = args.take(frame, "x1 x2 axis?")
    assert a is not None and b is not None
    x, y = Term(frame, as_array(frame, a)), Term(frame, as_array(frame, b))
    place = -1
    if axis is not None:
        place = known_integer(frame, frame.read(axis), "an axis")
    if x.rank == y.rank == 1:
        return product(frame, _conjugated(x).obj, y.obj, "@")
    if place >= 0:
        x, y = x.call("moveaxis", place, -1), y.call("moveaxis", place, -1)
        place = -1
    return (_conjugated(x) * y).call("sum", axis=place).obj


def _conjugated(x: Term) -> Term:
    return x.call("conj") if x.value.type.is_complex else x


@library("np.matvec")
def matvec(frame: Frame, args: Arguments) -> Obj:
    """``np.matvec(A, x)``: the product of each matrix with each vector."""
    x, y = _pair(frame, args, "x1 x2")
    if y.rank == 1:
        return (x @ y).obj
    return (x @ y[..., None])[..., 0].call("copy").obj


@library("np.vecmat")
def vecmat(frame: Frame, args: Arguments) -> Obj:
    """``np.vecmat(x, A)``: the product of each vector, conjugated, with each matrix."""
    x, y = _pair(frame, args, "x1 x2")
    if x.rank == 1 and y.rank == 2:
        return (_conjugated(x) @ y).obj
    return (_conjugated(x)[..., None, :] @ y)[..., 0, :].call("copy").obj


@library("np.kron")
def kron(frame: Frame, args: Arguments) -> Obj:
    """``np.kron(a, b)``: a block of b for each element of a."""
    x, y = _pair(frame, args, "a b")
    rank = max(x.rank, y.rank)
    if not (x.rank and y.rank):
        return (x * y).obj
    x, y = (
        t[(None,) * (rank - t.rank) + (...,)] if t.rank < rank else t for t in (x, y)
    )
    lengths = tuple((x.length(k) * y.length(k)) for k in range(rank))
    every = slice(None)
    blocks = x[(every, None) * rank] * y[(None, every) * rank]
    return blocks.call("reshape", lengths).obj


@library("np.cross", "np.linalg.cross")
def cross(frame: Frame, args: Arguments) -> Obj:
    """``np.cross(a, b, axisa, axisb, axisc, axis)``."""
    a, b, *axes = args.take(frame, "a b axisa? axisb? axisc? axis?")
    if args.spelled == "np.linalg.cross":
        a, b, axis = args.take(frame, "x1 x2 axis?")
        axes = [None, None, None, axis]
    assert a is not None and b is not None
    x, y = Term(frame, as_array(frame, a)), Term(frame, as_array(frame, b))
    places = axes[:3] if axes[3] is None or axes[3] == NONE else [axes[3]] * 3
    one: list[Term | None] = [*_components(frame, x, places[0])]
    other: list[Term | None] = [*_components(frame, y, places[1])]
    if len(one) == len(other) == 2:
        return _minor([None, *one], [None, *other], 0).obj
    one, other = ((parts + [None])[:3] for parts in (one, other))
    made = [_minor(one, other, k) for k in range(3)]
    rank = made[0].rank + 1
    last = rank - 1 if places[2] is None else one_axis(frame, places[2], rank)
    values = [part.value for part in made]
    return frame.make("stack", *values, axis=last, spelled="np.stack")


def _components(frame: Frame, x: Term, axis: Obj | None) -> list[Term]:
    """Return the two or three components along an axis; unless known, three."""
    place = x.rank - 1 if axis is None else one_axis(frame, axis, x.rank)
    length = x.value.type.shape[place]
    count = 3 if length.value is None else length.value
    if count not in (2, 3):
        frame.refuse(f"np.cross of vectors with {count} components")
    if length.value is None and not frame.context.proves_equal(length, THREE):
        frame.check(
            x.length(place).call("equal", 3).value,
            "ValueError",
            "np.cross takes vectors with three components here",
        )
    return [x[along(x.rank, place, k, slice(None))] for k in range(count)]


def _minor(one: Sequence[Term | None], other: Sequence[Term | None], k: int) -> Term:
    i, j = (k + 1) % 3, (k + 2) % 3
    found: Term | None = None
    for sign, a, b in ((1, one[i], other[j]), (-1, one[j], other[i])):
        if a is not None and b is not None:
            part = a * b
            if found is None:
                found = part if sign > 0 else -part
            else:
                found = found - part
    assert found is not None
    return found
