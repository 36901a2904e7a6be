"""What may be asked of every transform, and how one is made."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal, ParamSpec, TypedDict, TypeVar

from ..runtime.derivative import Derivative
from ..transpile.choice import choose_wrt, uncompiled
from ..transpile.errors import nearest
from ..transpile.request import Request
from ..transpile.schedule import checkpoint_of
from ..transpile.steps import Step

P = ParamSpec("P")
R = TypeVar("R")
DIRECTIONS = "'auto', 'forward' or 'reverse'"
Wrt = str | int | Sequence[str | int] | None


class Options(TypedDict, total=False):
    """The options that every transform takes, all of them optional.

    Attributes
    ----------
    types : str
        Types of parameters, such as ``"w: f64[n], X: f64[m, n]"``, for the source
        that is asked for before any call.
    target : {"cpu", "numpy", "gpu"}
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
    target: Literal["numpy", "cpu", "gpu"]
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


def make(
    maker: Callable[..., Any],
    mode: str,
    f: Any,
    wrt: Wrt,
    options: Options,
    direction: str | None = None,
    has_aux: bool = False,
) -> Any:
    """Return the transform of ``f``, or a decorator if ``f`` is left out."""
    _check(options)
    given: dict[str, Any] = dict(options)
    if mode != "primal":
        given["wrt"] = wrt
    if direction is not None:
        given["mode"] = direction
        if direction not in ("auto", "forward", "reverse"):
            raise ValueError(f"mode is {direction!r}; it can be {DIRECTIONS}")
    if has_aux:
        given["has_aux"] = True
    if f is None:
        return Decorator(maker, given)
    if isinstance(f, Derivative) and mode == "primal":
        return f  # compiled as it is
    f = _of_a_derivative(f) or f
    names = choose_wrt(f, () if mode == "primal" else wrt)
    if mode != "primal" and not names:
        raise ValueError("wrt names no parameter")
    single = wrt is None or isinstance(wrt, (str, int))
    if "overwrite" in options:
        options["overwrite"] = _overwritten(f, options["overwrite"])
    step = Step(mode, names, single, direction or "auto", has_aux)
    is_partial = isinstance(f, functools.partial)
    request = Request(uncompiled(f) if is_partial else f, step, options)
    if isinstance(f, Derivative) and isinstance(f.transform, Request):
        request = f.transform.then(request)
    target = str(request.options.get("target", "cpu"))
    return Derivative(f, request, maker, given, target, fixed=mode == "pattern")


def _of_a_derivative(f: Any) -> Any:
    """Return a partial of a derivative as the derivative of a partial."""
    if not isinstance(f, functools.partial) or not isinstance(f.func, Derivative):
        return None
    inner = f.func
    if inner.besides or not isinstance(inner.transform, Request):
        return None
    options = inner.maker_options
    if "wrt" in options:
        names = inner.transform.step.wrt
        options["wrt"] = names[0] if inner.transform.step.single else names
    primal = functools.partial(inner.primal, *f.args, **f.keywords)
    return inner.maker(primal, **options)


def _overwritten(f: Any, names: Sequence[str]) -> tuple[str, ...]:
    return choose_wrt(f, [names] if isinstance(names, str) else list(names))


def _check(options: Options) -> None:
    unknown = sorted(options.keys() - Options.__annotations__)
    if unknown:
        known = ["wrt", *Options.__annotations__]
        near = nearest(unknown[0], known)
        these = f"there are {', '.join(known)}"
        help = f"did you mean {near[0]}?" if len(near) == 1 else these
        raise TypeError(f"there is no option {unknown[0]}; {help}")
    if options.get("checkpoint") is not None:
        checkpoint_of(options["checkpoint"])
    target = options.get("target", "cpu")
    if target not in ("numpy", "cpu", "gpu"):
        raise ValueError(f"target is {target!r}; it can be 'numpy', 'cpu' or 'gpu'")
