"""Derivatives against differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Unpack

from ..runtime.checking import check_against_differences, inexact_places
from ..transpile.choice import choose_wrt
from .first import grad, jit, vjp
from .options import Options, Wrt


def check_grads(
    f: Callable[..., Any],
    *args: Any,
    wrt: Wrt = None,
    order: int = 1,
    modes: Sequence[str] = ("rev",),
    **options: Unpack[Options],
) -> None:
    """Compare the derivative of a function with central differences.

    Parameters
    ----------
    f : function
        The function; it may return one number or one array.
    *args
        The arguments at which to compare.
    wrt : str, int or sequence of them, optional
        The parameters to check; by default all that are floats.
    order : int
        Only 1 is supported yet.
    modes : sequence of str
        Only ``"rev"`` is supported yet.
    **options
        See `gradscribe.Options`.

    Raises
    ------
    AssertionError
        Naming the parameter, the index and both values.

    Examples
    --------
    >>> import numpy as np
    >>> import gradscribe as gs
    >>> def energy(x):
    ...     return np.sum(np.cosh(x))
    >>> gs.check_grads(energy, np.array([0.1, -2.0]), target="numpy")
    """
    if order != 1 or tuple(modes) != ("rev",):
        raise NotImplementedError("only order=1 and modes=('rev',) are supported yet")
    check_against_differences(f, args, _chosen(f, args, wrt), vjp, grad, dict(options))


def _chosen(f: Callable[..., Any], args: Sequence[Any], wrt: Wrt) -> tuple[str, ...]:
    if wrt is not None:
        return choose_wrt(f, wrt)
    return choose_wrt(f, inexact_places(jit(f), args))
