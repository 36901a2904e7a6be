"""Differences of neighbours, and slopes made of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from .arrays import as_array, known_integer, one_axis
from .frame import Frame
from .libraries import Arguments, library
from .objects import NONE, Obj, Scalar, Tuple
from .terms import Term, along

WHOLE = slice(None)


def _is_given(obj: Obj | None) -> bool:
    return obj is not None and obj != NONE


def _cut(x: Term, axis: int, start: int | None, stop: int | None) -> Term:
    return x[along(x.rank, axis, slice(start, stop), WHOLE)]


def _joined(parts: Sequence[Term], axis: int) -> Term:
    values = [part.value for part in parts]
    frame = parts[0].frame
    made = frame.make("concatenate", *values, axis=axis, spelled="np.concatenate")
    return Term(frame, made)


@library("np.diff")
def diff(frame: Frame, args: Arguments) -> Obj:
    """``np.diff(x, n, axis, prepend, append)``: x[1:] - x[:-1]."""
    x, times, axis, before, after = args.take(frame, "a n? axis? prepend? append?")
    assert x is not None
    found = Term(frame, as_array(frame, x))
    if not found.rank:
        frame.refuse("np.diff of a number")
    place = found.rank - 1 if axis is None else one_axis(frame, axis, found.rank)
    ends = [
        [_end(found, place, obj)] if obj is not None and obj != NONE else []
        for obj in (before, after)
    ]
    if any(ends):
        found = _joined([*ends[0], found, *ends[1]], place)
    count = 1 if times is None else known_integer(frame, frame.read(times), "n")
    for _ in range(count):
        found = _cut(found, place, 1, None) - _cut(found, place, None, -1)
    return found.obj


def _end(x: Term, axis: int, obj: Obj) -> Term:
    """Return what stands before or after an array; a number stands in every line."""
    end = Term(x.frame, as_array(x.frame, obj))
    if end.rank:
        return end
    lengths: list[Term] = [x.length(k) for k in range(x.rank)]
    lengths[axis] = Term(x.frame, Scalar(x.frame.constant(1)))
    return end.call("broadcast_to", tuple(lengths))


@library("np.ediff1d")
def ediff1d(frame: Frame, args: Arguments) -> Obj:
    """``np.ediff1d(x, to_end, to_begin)``: the differences of neighbours."""
    x, to_end, to_begin = args.take(frame, "ary to_end? to_begin?")
    assert x is not None
    flat = _row(Term(frame, as_array(frame, x)))
    found = flat[1:] - flat[:-1]
    begin, end = (
        [_row(Term(frame, as_array(frame, obj))).cast(flat.value.type.dtype)]
        if obj is not None and obj != NONE
        else []
        for obj in (to_begin, to_end)
    )
    return (_joined([*begin, found, *end], 0) if begin or end else found).obj


def _row(x: Term) -> Term:
    if not x.rank:
        return x.call("atleast_1d")
    return x if x.rank == 1 else x.call("ravel")


# ---- slopes ----


@library("np.gradient")
def gradient(frame: Frame, args: Arguments) -> Obj:
    """``np.gradient(f, *spacing, axis, edge_order)``: one slope for each axis."""
    rest = Arguments(args.name, args.positional[:1], args.keywords, args.spelled)
    given, axis, order = rest.take(frame, "f axis? edge_order?")
    spacing = args.positional[1:]
    assert given is not None
    f = Term(frame, as_array(frame, given))
    if not f.rank:
        frame.refuse("np.gradient of a number", "give an array")
    axes = tuple(range(f.rank))
    if _is_given(axis):
        assert axis is not None
        items = axis.items if isinstance(axis, Tuple) else (axis,)
        axes = tuple(one_axis(frame, item, f.rank) for item in items)
    edge = 1 if order is None else known_integer(frame, frame.read(order), "edge_order")
    if edge not in (1, 2):
        frame.refuse("this edge_order= of np.gradient", "write 1 or 2")
    steps = [Term(frame, as_array(frame, obj)) for obj in spacing]
    steps = steps or [Term(frame, Scalar(frame.constant(1.0)))]
    if len(steps) == 1 and not steps[0].rank:
        steps *= len(axes)
    if len(steps) != len(axes) or any(h.rank > 1 for h in steps):
        frame.refuse("this spacing of np.gradient", "give a number or points per axis")
    pairs = zip(steps, axes, strict=True)
    found = tuple(_slopes(f, h, place, edge).obj for h, place in pairs)
    return found[0] if len(found) == 1 else Tuple(found)


def _slopes(f: Term, h: Term, axis: int, edge: int) -> Term:
    """Return central differences, one-sided at both ends."""
    least = edge + 1
    message = f"np.gradient needs {'two' if edge == 1 else 'three'} elements"
    enough = (f.length(axis) >= least).value
    f.frame.check(enough, "ValueError", f"{message} along an axis")
    inner = _uneven if h.rank else _even
    first, last = _ends(f, h, axis) if edge == 1 else _curved_ends(f, h, axis)
    return _joined([first, inner(f, h, axis), last], axis)


def _even(f: Term, h: Term, axis: int) -> Term:
    return (_cut(f, axis, 2, None) - _cut(f, axis, None, -2)) / (2.0 * h)


def _ends(f: Term, h: Term, axis: int) -> tuple[Term, Term]:
    start = _cut(f, axis, 1, 2) - _cut(f, axis, 0, 1)
    stop = _cut(f, axis, -1, None) - _cut(f, axis, -2, -1)
    if h.rank:
        return start / (h[1] - h[0]), stop / (h[-1] - h[-2])
    return start / h, stop / h


def _uneven(f: Term, at: Term, axis: int) -> Term:
    """Return slopes of the parabolas through three points each."""
    frame, shape = f.frame, along(f.rank, axis, WHOLE, None)
    same = at.length().call("equal", f.length(axis))
    message = "when 1d, distances must match the length of the corresponding dimension"
    frame.check(same.value, "ValueError", message)
    width = at[1:] - at[:-1]
    left, right = width[:-1], width[1:]
    parts = _weights(left, right)
    shifted = ((None, -2), (1, -1), (2, None))
    terms = [
        weight[shape] * _cut(f, axis, *ends)
        for weight, ends in zip(parts, shifted, strict=True)
    ]
    return reduce(Term.__add__, terms)


def _weights(
    left: Term, right: Term, at: Term | None = None
) -> tuple[Term, Term, Term]:
    """Return what three values weigh in the slope of their parabola.

    The points are ``-left``, 0 and ``right``; the slope is taken at ``at``, or at 0.
    """
    both = left + right
    tops = (-right, right - left, left)
    if at is not None:
        twice = 2.0 * at
        tops = (twice - right, right - left - twice, twice + left)
    return tops[0] / (left * both), tops[1] / (left * right), tops[2] / (right * both)


def _curved_ends(f: Term, h: Term, axis: int) -> tuple[Term, Term]:
    """Return the slopes at both ends of the parabolas through three points."""
    first = [_cut(f, axis, k, k + 1) for k in range(3)]
    last = [_cut(f, axis, k, k + 1 if k < -1 else None) for k in (-3, -2, -1)]
    if not h.rank:
        start = -1.5 * first[0] + 2.0 * first[1] - 0.5 * first[2]
        stop = 0.5 * last[0] - 2.0 * last[1] + 1.5 * last[2]
        return start / h, stop / h
    widths = (h[1] - h[0], h[2] - h[1]), (h[-2] - h[-3], h[-1] - h[-2])
    slopes = [
        _weights(left, right, at)
        for (left, right), at in zip(widths, (-widths[0][0], widths[1][1]), strict=True)
    ]
    start, stop = (
        reduce(Term.__add__, [w * x for w, x in zip(weights, values, strict=True)])
        for weights, values in zip(slopes, (first, last), strict=True)
    )
    return start, stop
