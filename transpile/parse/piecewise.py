"""Functions that take functions: pieces by masks, lines along an axis, places."""

from __future__ import annotations

from collections.abc import Sequence

from .arrays import as_array, one_axis
from .calls import apply
from .frame import Frame
from .libraries import Arguments, call_library, call_method, library
from .objects import Array, Dim, Library, Obj, Scalar, Tuple
from .routines import run
from .sorting import places
from .terms import Term


@library("np.piecewise")
def piecewise(frame: Frame, args: Arguments) -> Obj:
    """``np.piecewise(x, conditions, functions, *more)``: each where its mask holds."""
    given, masks, functions, *more = args.positional
    if not isinstance(functions, Tuple) or not functions.items:
        frame.refuse("np.piecewise without a list of functions", "write a list")
    x = Term(frame, as_array(frame, given))
    line = x if x.rank else x.call("atleast_1d")
    found = line.call("zeros_like")
    tests = _tests(frame, masks, line)
    if len(functions.items) == len(tests) + 1:
        tests.append(_none_of(tests))
    if len(functions.items) != len(tests):
        frame.refuse("np.piecewise with other than a function for each condition")
    for mask, function in zip(tests, functions.items, strict=True):
        if isinstance(function, (Scalar, Array, Dim)):
            found[mask] = Term(frame, function)
        else:
            inside = [line[mask].obj, *more]
            made = apply(frame, function, inside, args.keywords)
            found[mask] = Term(frame, made)
    return (found if x.rank else found[0]).obj


def _tests(frame: Frame, masks: Obj, x: Term) -> list[Term]:
    items = masks.items if isinstance(masks, Tuple) else (masks,)
    found = [Term(frame, as_array(frame, item)) for item in items]
    tests = [mask.call("atleast_1d") if not mask.rank else mask for mask in found]
    if any(t.value.type.dtype != "bool" or t.rank != x.rank for t in tests):
        frame.refuse("np.piecewise by these conditions", "give a list of masks")
    return tests


def _none_of(tests: Sequence[Term]) -> Term:
    found = tests[0]
    for test in tests[1:]:
        found = found.call("logical_or", test)
    return found.call("logical_not")


ALONG = '''\
import numpy as np


def {name}(rows, function):
    """np.apply_along_axis(function, -1, rows) of a matrix."""
    return np.array([function(rows[i]) for i in range(len(rows))])
'''


@library("np.apply_along_axis")
def apply_along_axis(frame: Frame, args: Arguments) -> Obj:
    """``np.apply_along_axis(function, axis, x, *more)``: of every line."""
    function, axis, given, *more = args.positional
    x = Term(frame, as_array(frame, given))
    place = one_axis(frame, axis, x.rank)
    if more or args.keywords:
        frame.refuse(
            "np.apply_along_axis with more arguments", "write a lambda that has them"
        )
    if x.rank == 1:
        return apply(frame, function, [x.obj], {})
    lines = x.call("moveaxis", place, -1)
    outside = [lines.length(k) for k in range(x.rank - 1)]
    if x.rank > 2:
        lines = lines.call("reshape", (-1, lines.length(x.rank - 1)))
    made = run(frame, ALONG, "apply_along_axis", [lines.obj, function])
    found = Term(frame, made)
    inside = [found.length(k) for k in range(1, found.rank)]
    if x.rank > 2:
        found = found.call("reshape", (*outside, *inside))
    for k in range(len(inside)):
        found = found.call("moveaxis", len(outside) + k, place + k)
    return found.obj


@library("np.apply_over_axes")
def apply_over_axes(frame: Frame, args: Arguments) -> Obj:
    """``np.apply_over_axes(function, x, axes)``: over one axis after another."""
    function, given, axes = args.take(frame, "func a axes")
    assert function is not None and given is not None and axes is not None
    x = Term(frame, as_array(frame, given))
    for item in axes.items if isinstance(axes, Tuple) else (axes,):
        place = one_axis(frame, item, x.rank)
        number = Scalar(frame.constant(place))
        found = Term(frame, apply(frame, function, [x.obj, number], {}))
        x = found if found.rank == x.rank else found.call("expand_dims", place)
    return x.obj


# ---- of places ----


@library("np.fromfunction")
def fromfunction(frame: Frame, args: Arguments) -> Obj:
    """``np.fromfunction(function, shape, dtype=float)``: of a grid for each axis."""
    rest = dict(args.keywords)
    dtype = rest.pop("dtype", Library("builtins.float"))
    named = Arguments(args.name, args.positional, {}, args.spelled)
    function, shape = named.take(frame, "function shape")
    assert function is not None and shape is not None
    grids = call_library(frame, "numpy.indices", [shape], {})
    assert isinstance(grids, Tuple)
    given = [call_method(frame, grid, "astype", [dtype], {}) for grid in grids.items]
    return apply(frame, function, given, rest)


@library("np.mask_indices")
def mask_indices(frame: Frame, args: Arguments) -> Obj:
    """``np.mask_indices(n, function, k)``: where it leaves ones of a square."""
    n, function, k = args.take(frame, "n mask_func k?")
    assert n is not None and function is not None
    square = Term(frame, Tuple((n, n))).call("ones")
    diagonal = Scalar(frame.constant(0)) if k is None else k
    kept = Term(frame, apply(frame, function, [square.obj, diagonal], {}))
    found = places(frame, kept.call("not_equal", 0).obj)
    return Tuple(tuple(place.obj for place in found))
