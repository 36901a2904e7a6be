"""Windows of signal processing, constants of the derivative, and those on arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

from .arrays import lengths_of, one_axis, require_array
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library
from .objects import NONE, Obj, Scalar, Tuple
from .terms import Term, along, counted


def _steps(frame: Frame, m: Obj | None) -> tuple[Term, Term]:
    """Return ``1 - m, 3 - m, ..., m - 1``, and how many there are, less one."""
    assert m is not None
    count = Term(frame, m)
    whole = (count - 1).call("maximum", 1)
    return counted(frame, count) * 2 - (count - 1), whole


def _cosines(*weights: float) -> Callable[[Term, Term], Term]:
    """Return a window that is a sum of cosines."""

    def window(n: Term, whole: Term) -> Term:
        angle = math.pi * n / whole
        found = weights[1] * angle.call("cos") + weights[0]
        for k, weight in enumerate(weights[2:], 2):
            found = found + weight * (float(k) * angle).call("cos")
        return found

    return window


WINDOWS: Mapping[str, Callable[[Term, Term], Term]] = {
    "hanning": _cosines(0.5, 0.5),
    "hamming": _cosines(0.54, 0.46),
    "blackman": _cosines(0.42, 0.5, 0.08),
    "bartlett": lambda n, whole: 1.0 - n.call("abs") / whole,
}


def _window(name: str, frame: Frame, args: Arguments) -> Obj:
    (m,) = args.take(frame, "M")
    return WINDOWS[name](*_steps(frame, m)).obj


for _name in WINDOWS:
    FUNCTIONS[f"numpy.{_name}"] = partial(_window, _name)


@library("np.kaiser")
def kaiser(frame: Frame, args: Arguments) -> Obj:
    """``np.kaiser(m, beta)``."""
    m, beta = args.take(frame, "M beta")
    assert beta is not None
    n, whole = _steps(frame, m)
    ratio = n / whole
    width = (1.0 - ratio * ratio).call("maximum", 0.0).call("sqrt")
    shape = Term(frame, beta)
    return ((shape * width).call("i0") / shape.call("i0")).obj


# ---- windows on arrays ----


@library("np.lib.stride_tricks.sliding_window_view")
def sliding_window_view(frame: Frame, args: Arguments) -> Obj:
    """``sliding_window_view(x, window_shape, axis)``: copies of the windows."""
    given, window, axis = args.take(frame, "x window_shape axis?")
    assert given is not None and window is not None
    x = Term(frame, require_array(frame, given))
    rank, sizes = x.rank, lengths_of(frame, window)
    every = tuple(range(rank))
    if axis is not None and axis != NONE:
        items = axis.items if isinstance(axis, Tuple) else (axis,)
        every = tuple(one_axis(frame, item, rank) for item in items)
    if len(every) != len(sizes) or len(set(every)) < len(every):
        frame.refuse(f"{args.spelled} of these axes", "give a length for each axis")
    for place, size in zip(every, sizes, strict=True):
        width = Term(frame, Scalar(size))
        count = x.length(place) - width + 1
        message = "window shape cannot be larger than input array shape"
        frame.check((count >= 1).value, "ValueError", message)
        frame.check((width >= 0).value, "ValueError", "negative window")
        index = counted(frame, count)[:, None] + counted(frame, width)
        x = x[along(x.rank, place, index, slice(None))].call("moveaxis", place + 1, -1)
    return x.obj
