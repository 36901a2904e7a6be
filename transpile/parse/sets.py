"""Sets of numbers, in order: ``np.unique`` and what is made of it.

A number of a set is read at its first place, so that is where a derivative goes. Which
places these are is constant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial, reduce

from .arrays import as_array, known_flag, one_axis, require_array
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library
from .objects import NONE, Named, Obj, Tuple
from .routines import run
from .sorting import order_of
from .terms import Term, counted

ROWS = '''\
import numpy as np


def {name}(rows):
    """The order of the rows of a matrix, by their first elements first."""
    order = np.arange(len(rows))
    for k in range(rows.shape[1] - 1, -1, -1):
        order = order[np.argsort(rows[order, k], kind="stable")]
    return order
'''
UNIQUE = ("return_index", "return_inverse", "return_counts")


class Distinct:
    """The distinct elements, or rows, of an array: where each stands first."""

    def __init__(self, x: Term, *, equal_nan: bool = True) -> None:
        frame = x.frame
        self.x = x
        rows = x.rank == 2
        if rows:
            self.order = Term(frame, run(frame, ROWS, "row_order", [x.obj]))
        else:
            self.order = order_of(x, 0)
        ordered = x[self.order]
        ones = frame.make("ones", self.length.value, dtype="bool", spelled="np.ones")
        self.new = Term(frame, ones)
        pair = ordered[1:].value, ordered[:-1].value
        changes = Term(frame, frame.make("not_equal", *pair, spelled="!="))
        if rows:
            changes = changes.call("any", axis=1)
        elif x.value.type.is_inexact and equal_nan:
            changes = changes & ~ordered[:-1].call("isnan")
        self.new[1:] = changes

    @property
    def length(self) -> Term:
        """How many elements there are."""
        return self.x.length()

    def index(self) -> Term:
        """Return the first places of the distinct elements."""
        return self.order[self.new]

    def values(self) -> Term:
        """Return the distinct elements."""
        return self.x[self.index()]

    def inverse(self) -> Term:
        """Return for each element which of the distinct ones it is."""
        frame = self.x.frame
        found = frame.make(
            "empty", self.length.value, dtype="int64", spelled="np.empty"
        )
        places = Term(frame, found)
        places[self.order] = self.new.call("cumsum") - 1
        return places

    def counts(self) -> Term:
        """Return how often each of the distinct elements stands there."""
        frame = self.x.frame
        starts = counted(frame, self.length)[self.new]
        parts = [starts.value, self.length.call("atleast_1d").value]
        ends = Term(frame, frame.make("concatenate", *parts, axis=0))
        return ends[1:] - ends[:-1]


def _flat(frame: Frame, obj: Obj | None) -> Term:
    assert obj is not None
    x = Term(frame, as_array(frame, obj))
    return x if x.rank == 1 else x.call("atleast_1d").call("ravel")


@library("np.unique")
def unique(frame: Frame, args: Arguments) -> Obj:
    """``np.unique(x, return_index, return_inverse, return_counts, axis)``."""
    words = " ".join(f"{name}?" for name in UNIQUE)
    taken = args.take(frame, f"ar {words} axis? equal_nan? sorted?")
    given, axis, equal = taken[0], taken[4], taken[5]
    assert given is not None
    wanted = [
        obj is not None and known_flag(frame, obj, f"{name}=")
        for name, obj in zip(UNIQUE, taken[1:4], strict=True)
    ]
    same = equal is None or known_flag(frame, equal, "equal_nan=")
    if axis is not None and axis != NONE:
        found = _by_axis(frame, given, axis, wanted)
    else:
        flat = Distinct(_flat(frame, given), equal_nan=same)
        found = [flat.values(), *_asked(flat, wanted, Term(frame, given))]
    return found[0].obj if len(found) == 1 else Tuple(tuple(t.obj for t in found))


def _asked(
    found: Distinct, wanted: Sequence[bool], shaped: Term | None = None
) -> list[Term]:
    """Return the places and counts that are asked for."""
    index, inverse, counts = wanted
    asked = [found.index()] if index else []
    if inverse:
        places = found.inverse()
        if shaped is not None:
            array = Term(places.frame, as_array(places.frame, shaped.obj))
            lengths = tuple(array.length(k) for k in range(array.rank))
            places = places if array.rank == 1 else places.call("reshape", lengths)
        asked.append(places)
    return [*asked, found.counts()] if counts else asked


def _by_axis(frame: Frame, given: Obj, axis: Obj, wanted: Sequence[bool]) -> list[Term]:
    """Return what is distinct along an axis."""
    x = Term(frame, require_array(frame, given))
    place = one_axis(frame, axis, x.rank)
    first = x.call("moveaxis", place, 0) if place else x
    rows = first
    if x.rank > 2:
        lengths = [first.length(k) for k in range(1, x.rank)]
        rows = first.call("reshape", (first.length(), reduce(Term.__mul__, lengths)))
    found = Distinct(rows, equal_nan=False)
    values = first[found.index()]
    values = values.call("moveaxis", 0, place) if place else values
    return [values, *_asked(found, wanted)]


# As the array API has it: the results, and which of them `np.unique` is asked for.
PARTS: Mapping[str, tuple[tuple[str, ...], tuple[bool, bool, bool]]] = {
    "unique_all": (
        ("values", "indices", "inverse_indices", "counts"),
        (True, True, True),
    ),
    "unique_counts": (("values", "counts"), (False, False, True)),
    "unique_inverse": (("values", "inverse_indices"), (False, True, False)),
    "unique_values": (("values",), (False, False, False)),
}


def _parts(
    names: tuple[str, ...], wanted: tuple[bool, ...], frame: Frame, args: Arguments
) -> Obj:
    """Return ``np.unique_all(x)`` and its like."""
    (x,) = args.take(frame, "x")
    assert x is not None
    flat = Distinct(_flat(frame, x), equal_nan=False)
    found = [flat.values(), *_asked(flat, wanted, Term(frame, x))]
    if len(found) == 1:
        return found[0].obj
    return Named("namedtuple", names, tuple(t.obj for t in found))


for _name, (_names, _wanted) in PARTS.items():
    FUNCTIONS[f"numpy.{_name}"] = partial(_parts, _names, _wanted)


# ---- sets of two arrays ----


def _found(x: Term, tests: Term) -> Term:
    """Return which elements are among others; nan never is."""
    ordered = tests[order_of(tests, 0)]
    ends = [
        ordered.call("searchsorted", x, side=side).value for side in ("left", "right")
    ]
    inside = Term(x.frame, x.frame.make("less", *ends, spelled="<"))
    if not x.value.type.is_inexact:
        return inside
    return inside & ~x.call("isnan")


@library("np.isin", "np.in1d")
def isin(frame: Frame, args: Arguments) -> Obj:
    """``np.isin(x, tests, invert=...)``."""
    given, tests, _, invert, _ = args.take(
        frame, "element test_elements assume_unique? invert? kind?"
    )
    assert given is not None
    x = Term(frame, as_array(frame, given))
    x = _flat(frame, given) if args.name == "numpy.in1d" else x
    inside = _found(x, _flat(frame, tests))
    if invert is not None and known_flag(frame, invert, "invert="):
        inside = ~inside
    return inside.obj


def _pair(frame: Frame, args: Arguments, more: str) -> tuple[list[Term], list[Obj]]:
    """Return two arrays as sets, unless they are said to be, and other arguments."""
    taken = args.take(frame, f"ar1 ar2 assume_unique? {more}")
    flag = taken[2]
    known = flag is not None and known_flag(frame, flag, "assume_unique=")
    flat = [_flat(frame, obj) for obj in taken[:2]]
    sets = flat if known else [Distinct(x).values() for x in flat]
    return sets, [NONE if obj is None else obj for obj in taken[3:]]


@library("np.intersect1d")
def intersect1d(frame: Frame, args: Arguments) -> Obj:
    """``np.intersect1d(x, y, return_indices=...)``: what is in both, in order."""
    (x, y), (indices,) = _pair(frame, args, "return_indices?")
    if indices != NONE and known_flag(frame, indices, "return_indices="):
        return _with_places(*(_flat(frame, obj) for obj in args.positional[:2]))
    both = x[_found(x, y)]
    return both[order_of(both, 0)].obj


def _with_places(x: Term, y: Term) -> Obj:
    """Return the numbers that are in both, and where they stand first in each."""
    firsts = [Distinct(a).index() for a in (x, y)]
    inside = [
        places[_found(a[places], b)]
        for places, a, b in zip(firsts, (x, y), (y, x), strict=True)
    ]
    return Tuple((x[inside[0]].obj, inside[0].obj, inside[1].obj))


@library("np.setdiff1d")
def setdiff1d(frame: Frame, args: Arguments) -> Obj:
    """``np.setdiff1d(x, y)``: the numbers of x that are not in y."""
    (x, y), _ = _pair(frame, args, "")
    return x[~_found(x, y)].obj


@library("np.setxor1d")
def setxor1d(frame: Frame, args: Arguments) -> Obj:
    """``np.setxor1d(x, y)``: the numbers that are in one of both, in order."""
    (x, y), _ = _pair(frame, args, "")
    parts = [a[~_found(a, b)].value for a, b in ((x, y), (y, x))]
    either = Term(frame, frame.make("concatenate", *parts, axis=0))
    return either[order_of(either, 0)].obj


@library("np.union1d")
def union1d(frame: Frame, args: Arguments) -> Obj:
    """``np.union1d(x, y)``: the numbers that are in any of both, in order."""
    parts = [_flat(frame, obj).value for obj in args.take(frame, "ar1 ar2")]
    whole = Term(frame, frame.make("concatenate", *parts, axis=0))
    return Distinct(whole).values().obj
