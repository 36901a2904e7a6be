"""Draws of integers, of elements and of orders: places, which have no derivative."""

from __future__ import annotations

from ..graph.ir import Value
from .arrays import as_array, as_value, dtype_of, known_flag, lengths_of
from .draws import OF_GENERATORS, OF_NUMPY, Draws, draws
from .objects import NONE, Array, Obj
from .terms import Term

PLACES = "int64", "weak_int"


@draws("integers", OF_GENERATORS)
@draws("randint", OF_NUMPY)
def _integers(call: Draws) -> Obj:
    """``rng.integers(low, high, size)``, ``np.random.randint(low, high, size)``."""
    frame = call.frame
    low, high, size, dtype, *closed = call.take("low high? size? dtype?", "endpoint?")
    values = [as_value(frame, obj) for obj in (low, high) if obj is not None]
    if high is None:
        values.insert(0, frame.constant(0))
    lengths = call.lengths(size, values)
    wanted = "int64" if dtype is None else str(dtype_of(frame, dtype))
    words = []
    if wanted != "int64":
        words.append(("dtype", "bool" if wanted == "bool" else f"np.{wanted}"))
    if closed and closed[0] and known_flag(frame, closed[0], "endpoint="):
        words.append(("endpoint", "True"))
    number = "weak_int" if not call.is_new and dtype is None else wanted
    return call.draw(call.method, (wanted, number), lengths, values, words=words)


@draws("choice")
def _choice(call: Draws) -> Obj:
    """``rng.choice(a, size)``: of an array, elements at drawn places."""
    frame = call.frame
    a, size, replace, p, *rest = call.take("a size? replace? p?", "axis? shuffle?")
    assert a is not None
    axis, shuffle = rest or (None, None)
    _require_first(call, axis)
    chosen = as_array(frame, a)
    array = Term(frame, chosen) if isinstance(chosen, Array) else None
    count = as_value(frame, a) if array is None else array.length().value
    named = {} if p is None else {"p": as_value(frame, p)}
    flags = {"replace": replace, "shuffle": shuffle}
    words = [
        (name, "False")
        for name, flag in flags.items()
        if flag is not None and not known_flag(frame, flag, f"{name}=")
    ]
    lengths = call.lengths(size)
    found = call.draw("choice", PLACES, lengths, [count], named, words)
    return found if array is None else array[Term(frame, found)].obj


@draws("permutation")
def _permutation(call: Draws) -> Obj:
    """``rng.permutation(x)``: of an array, its elements in a drawn order."""
    x, *axis = call.take("x", "axis?")
    assert x is not None
    _require_first(call, *axis)
    chosen = as_array(call.frame, x)
    if not isinstance(chosen, Array):
        return _order(call, lengths_of(call.frame, x)[0])
    array = Term(call.frame, chosen)
    return array[Term(call.frame, _order(call, array.length().value))].obj


@draws("shuffle")
def _shuffle(call: Draws) -> Obj:
    """``rng.shuffle(x)``: the elements change places, in a drawn order."""
    x, *axis = call.take("x", "axis?")
    _require_first(call, *axis)
    if not isinstance(x, Array):
        call.frame.refuse("a list that is shuffled", "make an array: np.array(...)")
    array = Term(call.frame, x)
    array[:] = array[Term(call.frame, _order(call, array.length().value))]
    return NONE


def _order(call: Draws, count: Value) -> Obj:
    return call.draw("permutation", PLACES, [count])


def _require_first(call: Draws, axis: Obj | None = None) -> None:
    if axis is not None and call.frame.context.number(call.frame.read(axis)) != 0:
        call.frame.refuse(
            f"the argument axis= of {call.args.spelled}",
            "draw rng.permutation(n) and index that axis by it",
        )
