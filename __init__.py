"""Derivatives of NumPy functions, as readable source and as compiled code.

>>> import numpy as np
>>> import gradscribe as gs
>>> def loss(w, X, y):
...     r = X @ w - y
...     return np.sum(r * r)
>>> dloss = gs.grad(loss, wrt="w", target="numpy")
>>> dloss(np.ones(2), np.eye(2), np.zeros(2))
array([2., 2.])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, ParamSpec, TypedDict, TypeVar, Unpack, overload

from .runtime.checking import check_against_differences, inexact_places
from .runtime.derivative import Derivative
from .transpile.errors import Problem, TranspileError
from .transpile.request import Request, choose_wrt
from .transpile.schedule import checkpoint_of

__version__ = "0.1.0"
__all__ = [
    "Derivative",
    "Problem",
    "TranspileError",
    "check_grads",
    "grad",
    "jit",
    "value_and_grad",
    "vjp",
]

P = ParamSpec("P")
R = TypeVar("R")
Wrt = str | int | Sequence[str | int] | None


class Options(TypedDict, total=False):
    """The options that every transform takes, all of them optional.

    Attributes
    ----------
    types : str
        Types of parameters, such as ``"w: f64[n], X: f64[m, n]"``, for the source
        that is asked for before any call.
    target : {"cpu", "numpy"}
        What a call runs: loops compiled by Numba (the default), or the NumPy source.
    overwrite : sequence of str
        Array parameters that ``f`` writes and that need not be copied before.
    strict : bool
        Whether compiled sums keep the order of IEEE arithmetic, unvectorised, and
        ``exp`` and its like are the C library's; False by default. Arithmetic other
        than plain sums always keeps the order.
    stabilise : bool
        Whether to rewrite formulas that overflow or cancel, such as
        ``log(1 + exp(x))``, in the forward part too; True by default.
    checkpoint : int, "sqrt", "binomial" or ("binomial", int)
        Keep only some states of each outermost ``for`` loop and run what lies
        between again on the way back: less memory for more time. A number is the
        length of the blocks of iterations of which the first state is kept;
        ``"sqrt"`` takes the square root of the number of iterations. With
        ``"binomial"`` so many states are kept at any time (by default about the
        binary logarithm of the number of iterations), and as few iterations run
        again as is possible with them (Revolve, of Griewank and Walther).
    parallel : bool
        Whether compiled code runs independent outer loops in threads; False by
        default. The result is the same for any number of threads, and that of the
        serial code up to rounding. ``NUMBA_NUM_THREADS`` and
        ``numba.set_num_threads`` set the number.
    """

    types: str | None
    target: Literal["numpy", "cpu"]
    overwrite: Sequence[str]
    strict: bool
    stabilise: bool
    checkpoint: int | Literal["sqrt", "binomial"] | tuple[str, int] | None
    parallel: bool


class Decorator:
    """A transform that waits for its function."""

    def __init__(self, maker: Callable[..., Any], options: dict[str, Any]) -> None:
        self._maker = maker
        self._options = options

    def __call__(self, f: Callable[P, R]) -> Derivative[P, Any]:
        """Transform a function."""
        made: Derivative[P, Any] = self._maker(f, **self._options)
        return made


def _make(
    maker: Callable[..., Any], mode: str, f: Any, wrt: Wrt, options: Options
) -> Any:
    """Return the transform of ``f``, or a decorator if ``f`` is left out."""
    _check(options)
    given: dict[str, Any] = dict(options)
    if mode != "primal":
        given["wrt"] = wrt
    if f is None:
        return Decorator(maker, given)
    names = choose_wrt(f, () if mode == "primal" else wrt)
    if mode != "primal" and not names:
        raise ValueError("wrt names no parameter")
    single = wrt is None or isinstance(wrt, (str, int))
    if "overwrite" in options:
        options["overwrite"] = _overwritten(f, options["overwrite"])
    request = Request(f, mode, names, single, options)
    return Derivative(f, request, maker, given, options.get("target", "cpu"))


def _overwritten(f: Any, names: Sequence[str]) -> tuple[str, ...]:
    return choose_wrt(f, [names] if isinstance(names, str) else list(names))


def _check(options: Options) -> None:
    unknown = sorted(options.keys() - Options.__annotations__)
    if unknown:
        raise TypeError(f"there is no option {', '.join(unknown)}")
    if options.get("checkpoint") is not None:
        checkpoint_of(options["checkpoint"])
    target = options.get("target", "cpu")
    if target not in ("numpy", "cpu"):
        raise ValueError(f"target is {target!r}; it can be 'numpy' or 'cpu'")


@overload
def grad(
    f: Callable[P, R], wrt: Wrt = ..., **options: Unpack[Options]
) -> Derivative[P, Any]: ...
@overload
def grad(f: None = ..., wrt: Wrt = ..., **options: Unpack[Options]) -> Decorator: ...
def grad(f: Any = None, wrt: Wrt = None, **options: Unpack[Options]) -> Any:
    """Return the gradient of a function that returns one number.

    Parameters
    ----------
    f : function, optional
        A Python function written with NumPy. Without it, a decorator is returned.
    wrt : str, int or sequence of them, optional
        The parameters to differentiate by, as names or positions, or parts of them:
        ``"p.w"``, ``'p["w"]'``. By default the first, of a method the first after
        the instance. A sequence gives a tuple of gradients.
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
    return _make(grad, "grad", f, wrt, options)


@overload
def value_and_grad(
    f: Callable[P, R], wrt: Wrt = ..., **options: Unpack[Options]
) -> Derivative[P, Any]: ...
@overload
def value_and_grad(
    f: None = ..., wrt: Wrt = ..., **options: Unpack[Options]
) -> Decorator: ...
def value_and_grad(f: Any = None, wrt: Wrt = None, **options: Unpack[Options]) -> Any:
    """Return a function that gives the value and the gradient.

    It fits ``scipy.optimize.minimize(..., jac=True)``. The parameters are those of
    `grad`.

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
    return _make(value_and_grad, "value_and_grad", f, wrt, options)


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
    return _make(vjp, "vjp", f, wrt, options)


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
    return _make(jit, "primal", f, None, options)


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
