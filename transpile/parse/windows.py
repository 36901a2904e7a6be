"""Windows of signal processing: constants of the derivative."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library
from .objects import Obj
from .terms import Term, counted


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
