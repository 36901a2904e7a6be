"""Forward mode and second derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Unpack, overload

from ..runtime.derivative import Derivative
from .options import Decorator, Options, P, R, Wrt, make

Mode = Literal["auto", "forward", "reverse"]


@overload
def jvp(
    f: Callable[P, R], wrt: Wrt = ..., **options: Unpack[Options]
) -> Derivative[..., Any]: ...
@overload
def jvp(f: None = ..., wrt: Wrt = ..., **options: Unpack[Options]) -> Decorator: ...
def jvp(f: Any = None, wrt: Wrt = None, **options: Unpack[Options]) -> Any:
    """Return the value of a function and its Jacobian times a tangent.

    The result takes the tangent and then the arguments of ``f``, and returns the value
    and the tangent of it. A tangent has the structure of what is differentiated by:
    bare for one parameter, a tuple for a sequence. The outputs are what ``f`` returns,
    then each array that it writes. The parameters are those of `grad`.

    Examples
    --------
    >>> import numpy as np
    >>> import gradscribe as gs
    >>> def square(x):
    ...     return x * x
    >>> push = gs.jvp(square, target="numpy")
    >>> push(np.array([1.0, 0.0]), np.array([3.0, 4.0]))
    (array([ 9., 16.]), array([6., 0.]))
    """
    return make(jvp, "jvp", f, wrt, options)


@overload
def hvp(
    f: Callable[P, R], wrt: Wrt = ..., **options: Unpack[Options]
) -> Derivative[..., Any]: ...
@overload
def hvp(f: None = ..., wrt: Wrt = ..., **options: Unpack[Options]) -> Decorator: ...
def hvp(f: Any = None, wrt: Wrt = None, **options: Unpack[Options]) -> Any:
    """Return the Hessian of a function that returns one number, times a vector.

    The vector stands second, after the first parameter, as in SciPy's
    ``hessp(x, p, *args)``; it has the structure of what is differentiated by. The
    tangent of the gradient is taken (forward over reverse; Pearlmutter, "Fast exact
    multiplication by the Hessian", 1994). The parameters are those of `grad`.

    Examples
    --------
    >>> import numpy as np
    >>> import gradscribe as gs
    >>> def energy(x):
    ...     return np.sum(x**3)
    >>> product = gs.hvp(energy, target="numpy")
    >>> product(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    return make(hvp, "hvp", f, wrt, options)


@overload
def jacobian(
    f: Callable[P, R],
    wrt: Wrt = ...,
    *,
    mode: Mode = ...,
    has_aux: bool = ...,
    **options: Unpack[Options],
) -> Derivative[P, Any]: ...
@overload
def jacobian(
    f: None = ...,
    wrt: Wrt = ...,
    *,
    mode: Mode = ...,
    has_aux: bool = ...,
    **options: Unpack[Options],
) -> Decorator: ...
def jacobian(
    f: Any = None,
    wrt: Wrt = None,
    *,
    mode: Mode = "auto",
    has_aux: bool = False,
    **options: Unpack[Options],
) -> Any:
    """Return the Jacobian of a function.

    Its shape is that of the output followed by that of the parameter, as in JAX. The
    result has the structure of the outputs (what ``f`` returns, then each array that
    it writes), each in the structure of what is differentiated by. The parameters are
    those of `grad`, and ``mode``: with ``"forward"`` all columns are computed in one
    sweep, with ``"reverse"`` the backward part runs once for every output; ``"auto"``
    takes the latter where outputs are surely fewer than inputs.

    Examples
    --------
    >>> import numpy as np
    >>> import gradscribe as gs
    >>> def square(x):
    ...     return x * x
    >>> gs.jacobian(square, target="numpy")(np.array([3.0, 4.0]))
    array([[6., 0.],
           [0., 8.]])
    """
    return make(jacobian, "jacobian", f, wrt, options, mode, has_aux)


@overload
def value_and_jacobian(
    f: Callable[P, R],
    wrt: Wrt = ...,
    *,
    mode: Mode = ...,
    has_aux: bool = ...,
    **options: Unpack[Options],
) -> Derivative[P, Any]: ...
@overload
def value_and_jacobian(
    f: None = ...,
    wrt: Wrt = ...,
    *,
    mode: Mode = ...,
    has_aux: bool = ...,
    **options: Unpack[Options],
) -> Decorator: ...
def value_and_jacobian(
    f: Any = None,
    wrt: Wrt = None,
    *,
    mode: Mode = "auto",
    has_aux: bool = False,
    **options: Unpack[Options],
) -> Any:
    """Return a function that gives the value and the Jacobian.

    See `jacobian`.

    Examples
    --------
    >>> import numpy as np
    >>> import gradscribe as gs
    >>> def square(x):
    ...     return x * x
    >>> gs.value_and_jacobian(square, target="numpy")(np.array([3.0]))
    (array([9.]), array([[6.]]))
    """
    return make(
        value_and_jacobian, "value_and_jacobian", f, wrt, options, mode, has_aux
    )


@overload
def hessian(
    f: Callable[P, R], wrt: Wrt = ..., **options: Unpack[Options]
) -> Derivative[P, Any]: ...
@overload
def hessian(f: None = ..., wrt: Wrt = ..., **options: Unpack[Options]) -> Decorator: ...
def hessian(f: Any = None, wrt: Wrt = None, **options: Unpack[Options]) -> Any:
    """Return the Hessian of a function that returns one number.

    Its shape is twice that of the parameter; with several parameters it is a tuple of
    tuples. The Jacobian of the gradient is taken, all columns in one sweep. The
    parameters are those of `grad`.

    Examples
    --------
    >>> import numpy as np
    >>> import gradscribe as gs
    >>> def energy(x):
    ...     return x[0] ** 2 * x[1]
    >>> gs.hessian(energy, target="numpy")(np.array([3.0, 5.0]))
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    return make(hessian, "hessian", f, wrt, options)
