"""Derivatives against differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Unpack

from ..runtime.checking import check_against_differences, inexact_places
from ..runtime.directions import Checked, check_cotangent, check_tangent
from ..transpile.choice import choose_wrt
from .first import grad, jit, vjp
from .higher import jvp
from .options import Options, Wrt


def check_grads(
    f: Callable[..., Any],
    *args: Any,
    wrt: Wrt = None,
    order: int = 1,
    modes: Sequence[str] = ("fwd", "rev"),
    **options: Unpack[Options],
) -> None:
    """Compare the derivatives of a function with central differences.

    Parameters
    ----------
    f : function
        The function; it may return one number or one array.
    *args
        The arguments at which to compare.
    wrt : str, int or sequence of them, optional
        The parameters to check; by default all that are floats.
    order : int
        Up to which order; the derivatives of order ``k`` are compared with
        differences of those of order ``k - 1``, along random tangents.
    modes : sequence of {"fwd", "rev"}
        The modes to check: `gradscribe.jvp`, `gradscribe.vjp` or both.
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
    >>> gs.check_grads(energy, np.array([0.1, -2.0]), order=2, target="numpy")
    """
    if order < 1:
        raise ValueError(f"order is {order}; it counts from 1")
    wrong = set(modes) - {"fwd", "rev"}
    if wrong or not modes:
        raise ValueError(f"modes are {modes!r}; they can be 'fwd' and 'rev'")
    names, given = _chosen(f, args, wrt), dict(options)
    if "rev" in modes:
        check_against_differences(f, args, names, vjp, grad, given)
    checked = Checked(f, tuple(args), names, given, jvp(f, wrt=names, **options))
    if "fwd" in modes:
        check_tangent(checked, jvp)
    for level in range(2, order + 1):
        checked = checked.derived(vjp if level == 2 else jvp)
        if "fwd" in modes:
            check_tangent(checked, jvp)
        if "rev" in modes:
            check_cotangent(checked, vjp)


def _chosen(f: Callable[..., Any], args: Sequence[Any], wrt: Wrt) -> tuple[str, ...]:
    if wrt is not None:
        return choose_wrt(f, wrt)
    return choose_wrt(f, inexact_places(jit(f), args))
