"""What a function says to its derivatives."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, overload

from ..transpile.choice import choose_wrt
from ..transpile.read.classes import GIVEN, Given

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
Rule = Callable[..., Any] | None


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


@overload
def custom_derivative(
    f: F, *, jvp: Rule = ..., vjp: Rule = ..., wrt: str | Sequence[str] | None = ...
) -> F: ...
@overload
def custom_derivative(
    f: None = ...,
    *,
    jvp: Rule = ...,
    vjp: Rule = ...,
    wrt: str | Sequence[str] | None = ...,
) -> Callable[[F], F]: ...
def custom_derivative(
    f: Any = None,
    *,
    jvp: Rule = None,
    vjp: Rule = None,
    wrt: str | Sequence[str] | None = None,
) -> Any:
    """Return a function whose derivatives are what the user says.

    Called directly it is the function. The rules are functions like any other: their
    text becomes a part of the generated source, and second derivatives are taken by
    differentiating them.

    Parameters
    ----------
    f : function, optional
        The function. Without it, a decorator is returned.
    jvp : function, optional
        Takes a tangent and then the arguments of ``f``, and returns the tangent of the
        result. The tangent is that of the parameter in ``wrt``, of several a tuple.
        Without it there is no forward mode.
    vjp : function, optional
        Takes a cotangent, in the structure of what ``f`` returns, and then the
        arguments of ``f``; returns the adjoint of the parameter in ``wrt``, of several
        a tuple, with None where there is none. Without it there is no reverse mode.
    wrt : str or sequence of str, optional
        The parameters with derivatives, by default all that are floats. Others must
        not depend on what is differentiated by.

    Returns
    -------
    function
        The same function, with derivatives of its own.

    Examples
    --------
    >>> import numpy as np
    >>> import gradscribe as gs
    >>> def smooth_abs_vjp(cotangent, x):
    ...     return cotangent * x / np.sqrt(x * x + 0.01)
    >>> @gs.custom_derivative(vjp=smooth_abs_vjp)
    ... def smooth_abs(x):
    ...     return np.abs(x)
    >>> gs.vjp(smooth_abs, target="numpy")(np.ones(2), np.array([0.0, 3.0]))
    array([0.        , 0.99944491])
    """
    if f is None:
        return functools.partial(custom_derivative, jvp=jvp, vjp=vjp, wrt=wrt)
    if jvp is None and vjp is None:
        raise TypeError("custom_derivative needs a jvp or a vjp")
    if not isinstance(f, types.FunctionType):
        raise TypeError(f"{f!r} is not a function written with def")
    names = None
    if wrt is not None:
        names = choose_wrt(f, [wrt] if isinstance(wrt, str) else list(wrt))
    made = _copied(f)
    setattr(made, GIVEN, Given(jvp, vjp, names))
    return made


def _copied(f: types.FunctionType) -> types.FunctionType:
    """Return a function like another, of which something else can be said."""
    made = types.FunctionType(
        f.__code__, f.__globals__, f.__name__, f.__defaults__, f.__closure__
    )
    made.__kwdefaults__ = f.__kwdefaults__
    functools.update_wrapper(made, f)
    vars(made).pop("__wrapped__", None)
    return made


def edit_gradient(x: T, edit: Callable[..., Any]) -> T:
    """Return x; in the backward part its adjoint becomes ``edit(adjoint)``.

    Forward mode passes tangents on as they are.

    Parameters
    ----------
    x : array or number
        What to return.
    edit : function
        Takes an adjoint of the shape of ``x``, and returns the one to go on with. It
        is a function of a module, like any other, and part of the generated source.

    Returns
    -------
    array or number
        A copy of an array, the same number.

    Examples
    --------
    >>> import numpy as np
    >>> import gradscribe as gs
    >>> def within_one(adjoint):
    ...     return np.clip(adjoint, -1, 1)
    >>> def bent(x):
    ...     y = gs.edit_gradient(x, within_one)
    ...     return np.sum(y * y)
    >>> gs.grad(bent, target="numpy")(np.array([0.1, 3.0]))
    array([0.2, 1. ])
    """
    return +x  # type: ignore[operator, no-any-return]


for _public in (stop_gradient, custom_derivative, edit_gradient):
    _public.__module__ = "gradscribe"
