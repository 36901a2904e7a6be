"""What a function says to its derivatives."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar, overload

from ..transpile.choice import choose_wrt
from ..transpile.read.classes import GIVEN, Given
from ..transpile.read.functions import name_in_library

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
Rule = Callable[..., Any] | None
Returns = str | Sequence[str] | Callable[..., Any] | None


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
    f: F,
    *,
    jvp: Rule = ...,
    vjp: Rule = ...,
    wrt: str | Sequence[str] | None = ...,
    returns: Returns = ...,
) -> F: ...
@overload
def custom_derivative(
    f: None = ...,
    *,
    jvp: Rule = ...,
    vjp: Rule = ...,
    wrt: str | Sequence[str] | None = ...,
    returns: Returns = ...,
) -> Callable[[F], F]: ...
def custom_derivative(
    f: Any = None,
    *,
    jvp: Rule = None,
    vjp: Rule = None,
    wrt: str | Sequence[str] | None = None,
    returns: Returns = None,
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
    returns : str, sequence of str or function, optional
        With it the generated source calls ``f``, a solver or a function in C, say; it
        is not read. The type of the result, or of each (``"f64[n]"``, with lengths from
        annotations or integer parameters); or a function that gives an example.

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
        given = {"jvp": jvp, "vjp": vjp, "wrt": wrt, "returns": returns}
        return functools.partial(custom_derivative, **given)
    return _given(f, Given(jvp, vjp, _tuple(wrt), _tuple(returns)))


def _tuple(given: Any) -> Any:
    """Return several of something as a tuple, and what is no sequence as it is."""
    is_one = given is None or isinstance(given, str) or callable(given)
    return given if is_one else tuple(given)


def _given(f: Any, given: Given) -> Any:
    """Return a function like another, with what is given of its derivatives."""
    if given.jvp is None and given.vjp is None:
        raise TypeError("custom_derivative needs a jvp or a vjp")
    made, place = _made(f, given.returns)
    wrt = None if given.wrt is None else choose_wrt(made, given.wrt)
    setattr(made, GIVEN, replace(given, wrt=wrt, place=place))
    return made


def _made(f: Any, returns: Returns) -> tuple[Any, tuple[str, str] | None]:
    """Return a function like another, and where that one is if it is not Python."""
    if isinstance(f, types.FunctionType):
        return _copied(f), None
    if not callable(f):
        raise TypeError(f"{f!r} is not a function")
    if returns is None:
        raise TypeError(
            f"{f!r} is not a function written with def: say what it returns, as by"
            " returns='f64[n]'"
        )
    dotted = name_in_library(f)
    if dotted is None:
        dotted = f"{getattr(f, '__module__', '')}.{getattr(f, '__qualname__', '')}"
    module, _, name = dotted.rpartition(".")
    if getattr(sys.modules.get(module), name, None) is not f:
        raise TypeError(
            f"{f!r} is not what a module has under a name: write a function around it,"
            " and give that one its derivatives"
        )
    return _around(f, name), (module, name)


def _around(f: Any, name: str) -> Callable[..., Any]:
    """Return a function of Python that calls one which is not."""

    def around(*args: Any, **kwargs: Any) -> Any:
        return f(*args, **kwargs)

    around.__name__ = around.__qualname__ = name
    around.__doc__ = f.__doc__
    return around


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
