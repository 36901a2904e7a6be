"""Gradients, products with a Jacobian from the left, and the function itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack, overload

from ..runtime.derivative import Derivative
from .options import Decorator, Options, P, R, Wrt, make


@overload
def grad(
    f: Callable[P, R],
    wrt: Wrt = ...,
    *,
    has_aux: bool = ...,
    **options: Unpack[Options],
) -> Derivative[P, Any]: ...
@overload
def grad(
    f: None = ..., wrt: Wrt = ..., *, has_aux: bool = ..., **options: Unpack[Options]
) -> Decorator: ...
def grad(
    f: Any = None, wrt: Wrt = None, *, has_aux: bool = False, **options: Unpack[Options]
) -> Any:
    """Return the gradient of a function that returns one number.

    Parameters
    ----------
    f : function, optional
        A Python function written with NumPy. Without it, a decorator is returned.
    wrt : str, int or sequence of them, optional
        The parameters to differentiate by, as names or positions, or parts of them:
        ``"p.w"``, ``'p["w"]'``. By default the first, of a method the first after
        the instance. A sequence gives a tuple of gradients.
    has_aux : bool
        Whether ``f`` returns a pair: the number, and something that is handed on
        beside the gradient as it is.
    **options
        See `gradscribe.Options`.

    Returns
    -------
    Derivative
        Takes the arguments of ``f``; ``.source`` shows its text.

    Examples
    --------
    >>> import numpy as np
    >>> import gradscribe as gs
    >>> def energy(x, k):
    ...     return 0.5 * k * np.sum(x**2)
    >>> gs.grad(energy, target="numpy")(np.array([1.0, 2.0]), 3.0)
    array([3., 6.])
    """
    return make(grad, "grad", f, wrt, options, has_aux=has_aux)


@overload
def value_and_grad(
    f: Callable[P, R],
    wrt: Wrt = ...,
    *,
    has_aux: bool = ...,
    **options: Unpack[Options],
) -> Derivative[P, Any]: ...
@overload
def value_and_grad(
    f: None = ..., wrt: Wrt = ..., *, has_aux: bool = ..., **options: Unpack[Options]
) -> Decorator: ...
def value_and_grad(
    f: Any = None, wrt: Wrt = None, *, has_aux: bool = False, **options: Unpack[Options]
) -> Any:
    """Return a function that gives the value and the gradient.

    It fits ``scipy.optimize.minimize(..., jac=True)``. The parameters are those of
    `grad`; with ``has_aux`` it gives ``((value, aux), gradient)``.

    Examples
    --------
    >>> import numpy as np
    >>> import gradscribe as gs
    >>> def energy(x):
    ...     return np.sum(x**2)
    >>> value, slope = gs.value_and_grad(energy, target="numpy")(np.array([3.0]))
    >>> float(value), slope
    (9.0, array([6.]))
    """
    return make(value_and_grad, "value_and_grad", f, wrt, options, has_aux=has_aux)


@overload
def vjp(
    f: Callable[P, R], wrt: Wrt = ..., **options: Unpack[Options]
) -> Derivative[..., Any]: ...
@overload
def vjp(f: None = ..., wrt: Wrt = ..., **options: Unpack[Options]) -> Decorator: ...
def vjp(f: Any = None, wrt: Wrt = None, **options: Unpack[Options]) -> Any:
    """Return the product of a cotangent with the Jacobian of a function.

    The result takes the cotangent and then the arguments of ``f``. A cotangent has
    the structure of the outputs of ``f``: what it returns, then each array that it
    writes; a single output stands bare. The parameters are those of `grad`.

    Examples
    --------
    >>> import numpy as np
    >>> import gradscribe as gs
    >>> def square(x):
    ...     return x * x
    >>> gs.vjp(square, target="numpy")(np.array([1.0, 0.0]), np.array([3.0, 4.0]))
    array([6., 0.])
    """
    return make(vjp, "vjp", f, wrt, options)


@overload
def jit(f: Callable[P, R], **options: Unpack[Options]) -> Derivative[P, R]: ...
@overload
def jit(f: None = ..., **options: Unpack[Options]) -> Decorator: ...
def jit(f: Any = None, **options: Unpack[Options]) -> Any:
    """Return the function itself, compiled the way derivatives are.

    The caller's arrays are written where ``f`` writes them.

    Examples
    --------
    >>> import numpy as np
    >>> import gradscribe as gs
    >>> @gs.jit(target="numpy")
    ... def scaled(x, k):
    ...     return k * x
    >>> scaled(np.array([1.0, 2.0]), 3.0)
    array([3., 6.])
    """
    return make(jit, "primal", f, None, options)
