"""What a function says to its derivatives."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def stop_gradient(x: T) -> T:
    """Return x, which every derivative takes for a constant.

    Parameters
    ----------
    x : array or number
        What is not to be differentiated through.

    Returns
    -------
    array or number
        A copy of an array, the same number.

    Examples
    --------
    >>> import numpy as np
    >>> import gradscribe as gs
    >>> def pulled(x):
    ...     return np.sum((x - gs.stop_gradient(x)) * x)
    >>> gs.grad(pulled, target="numpy")(np.array([2.0, 3.0]))
    array([2., 3.])
    """
    return +x  # type: ignore[operator, no-any-return]


stop_gradient.__module__ = "gradscribe"
