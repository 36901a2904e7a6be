"""Elements put in, left out or written at several positions."""

from __future__ import annotations

from .arrays import as_array, one_axis, require_array
from .frame import Frame
from .libraries import Arguments, library
from .objects import NONE, Obj, Scalar, Span
from .sorting import places_along
from .terms import Term, along, counted

WHOLE = slice(None)


def without(x: Term, axis: int, obj: Obj) -> Obj:
    """Return an array without what stands at positions, in a slice or under a mask."""
    frame = x.frame
    if isinstance(obj, Span):
        gone: Term | slice = slice(*(_term(frame, v) for v in _ends(obj)))
    else:
        gone = Term(frame, as_array(frame, obj))
    if isinstance(gone, Term) and gone.value.type.dtype == "bool":
        kept = gone.call("logical_not")
    else:
        kept = x.length(axis).call("ones", dtype="bool")
        kept[gone] = Term(frame, Scalar(frame.constant(False)))
    return x[along(x.rank, axis, kept.call("flatnonzero"), WHOLE)].obj


def _ends(span: Span) -> tuple[Obj | None, ...]:
    bounds = (span.lower, span.upper, span.step)
    return tuple(None if bound is None else Scalar(bound) for bound in bounds)


def _term(frame: Frame, obj: Obj | None) -> Term | None:
    return None if obj is None else Term(frame, obj)


def with_several(x: Term, axis: int, obj: Obj, values: Obj) -> Obj:
    """Return an array with values put in before several of its positions."""
    frame = x.frame
    given, value = (Term(frame, as_array(frame, v)) for v in (obj, values))
    n, more = x.length(axis), given.length()
    at = (given < 0).where(given + n, given)
    order = at.call("argsort")
    place = at.call("copy")
    place[order] = at[order] + counted(frame, more)
    lengths = [x.length(k) for k in range(x.rank)]
    lengths[axis] = n + more
    kind = x.value.type.dtype
    sizes = [length.value for length in lengths]
    made = Term(frame, frame.make("empty", *sizes, dtype=kind, spelled="np.empty"))
    old = (n + more).call("ones", dtype="bool")
    old[place] = Term(frame, Scalar(frame.constant(False)))
    made[along(x.rank, axis, place, WHOLE)] = value
    made[along(x.rank, axis, old.call("flatnonzero"), WHOLE)] = x
    return made.obj


@library("np.place")
def place(frame: Frame, args: Arguments) -> Obj:
    """``np.place(x, mask, values)``: values one after the other, again and again."""
    target, mask, values = args.take(frame, "arr mask vals")
    assert target is not None and mask is not None and values is not None
    x = Term(frame, require_array(frame, target))
    test, given = (Term(frame, as_array(frame, obj)) for obj in (mask, values))
    if test.value.type.dtype != "bool":
        test = test.call("not_equal", 0)
    if given.rank > 1:
        given = given.call("ravel")
    if given.rank:
        least = given.length()
        if not frame.context.proves(least.value.as_linear - 1):
            message = "Cannot insert from an empty array!"
            frame.check((least >= 1).value, "ValueError", message)
        number = test.call("count_nonzero")
        given = given[counted(frame, number) % given.length()]
    x[test] = given
    return NONE


@library("np.put_along_axis")
def put_along_axis(frame: Frame, args: Arguments) -> Obj:
    """``np.put_along_axis(x, indices, values, axis)``, all other axes alike."""
    target, indices, values, axis = args.take(frame, "arr indices values axis")
    assert target is not None and indices is not None and values is not None
    x = Term(frame, require_array(frame, target))
    chosen = Term(frame, as_array(frame, indices))
    if axis is None or axis == NONE or x.rank != chosen.rank:
        frame.refuse("np.put_along_axis of these", "give indices with as many axes")
    at = places_along(x, chosen, one_axis(frame, axis, x.rank))
    x[at] = Term(frame, as_array(frame, values))
    return NONE
