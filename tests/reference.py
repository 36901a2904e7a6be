"""Reference derivatives of the corpus, made without gradscribe.

A function's outputs are what it returns, then the parameters it writes; they are
made a scalar by a cotangent. Complex step gives derivatives to rounding where the
function runs with complex numbers, with the few NumPy functions that make or need
real arrays replaced; central differences, extrapolated twice, do elsewhere.
"""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from corpus import Case

STEP = 1e-30


class _ComplexNumpy(types.ModuleType):
    """NumPy, making complex arrays; ``abs`` and others are the analytic ones."""

    def __init__(self) -> None:
        super().__init__("complex_numpy")
        for name in ("zeros", "ones", "empty", "full", "eye", "linspace", "ndarray"):
            setattr(self, name, _widened(getattr(np, name)))
        for name in ("zeros_like", "ones_like", "empty_like", "full_like"):
            setattr(self, name, _widened_like(getattr(np, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


def _widened(make: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, dtype: Any = None, **kwargs: Any) -> Any:
        real = dtype is None or np.issubdtype(dtype, np.inexact)
        return make(*args, dtype=np.complex128 if real else dtype, **kwargs)

    return wrapped


def _widened_like(make: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(prototype: Any, *args: Any, **kwargs: Any) -> Any:
        if np.issubdtype(prototype.dtype, np.inexact):
            kwargs["dtype"] = np.complex128
        return make(prototype, *args, **kwargs)

    return wrapped


def complex_version(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, and those of its module that it calls, over complex NumPy."""
    scope = dict(function.__globals__, np=_ComplexNumpy())
    for name, item in list(scope.items()):
        if isinstance(item, types.FunctionType) and item.__globals__ is (
            function.__globals__
        ):
            scope[name] = _rebind(item, scope)
    return _rebind(function, scope)


def _rebind(function: types.FunctionType, scope: dict[str, Any]) -> Any:
    return types.FunctionType(
        function.__code__,
        scope,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )


def outputs(
    case: Case, args: tuple[Any, ...], function: Callable[..., Any] | None = None
) -> list[Any]:
    """Run on copies of the arguments: the returned values, then what was written."""
    copies = tuple(
        each.copy() if isinstance(each, np.ndarray) else each for each in args
    )
    result = (function or case.function)(*copies)
    flat = list(result) if isinstance(result, tuple) else [result]
    written = [copies[case.parameters.index(name)] for name in case.writes]
    return [each for each in flat if each is not None] + written


def cotangents(case: Case, args: tuple[Any, ...]) -> list[Any]:
    """Random seeds shaped like the outputs."""
    rng = np.random.default_rng(case.digest + 1)
    seeds = []
    for each in outputs(case, args):
        seed = np.asarray(rng.standard_normal(np.shape(each)))
        if np.iscomplexobj(each):
            seed = seed + 1j * rng.standard_normal(np.shape(each))
        seeds.append(seed if np.shape(each) else seed.item())
    return seeds


def pair(seeds: list[Any], results: list[Any]) -> Any:
    """The scalar that cotangents make of outputs: its real part counts."""
    pairs = zip(seeds, results, strict=True)
    return sum(np.sum(np.conj(s) * np.asarray(r)) for s, r in pairs)


def elements(value: Any) -> Iterator[tuple[int, ...]]:
    """All indices of an array; the empty one for a scalar."""
    return np.ndindex(*np.shape(value))


def moved(args: tuple[Any, ...], position: int, at: tuple[int, ...], by: Any) -> Any:
    """The arguments with one element moved; complex where ``by`` is."""
    changed = list(args)
    value = args[position]
    if np.shape(value):
        value = value.astype(np.result_type(value, type(by)))
        value[at] += by
    else:
        value = np.result_type(float, type(value), type(by)).type(value) + by
    changed[position] = value
    return tuple(changed)


def complex_step(case: Case, args: tuple[Any, ...], seeds: list[Any]) -> list[Any]:
    """The gradient by complex step, per parameter of ``case.wrt``."""
    function = complex_version(case.function)
    complexes = tuple(
        each.astype(complex) if getattr(each, "dtype", None) == np.float64 else each
        for each in args
    )

    def partial(position: int, at: tuple[int, ...]) -> float:
        changed = moved(complexes, position, at, STEP * 1j)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            return float(np.imag(pair(seeds, outputs(case, changed, function))) / STEP)

    return _gradients(case, args, partial)


def differences(
    case: Case, args: tuple[Any, ...], seeds: list[Any], step: float = 2e-3
) -> list[Any]:
    """The gradient by central differences with two extrapolations.

    That of a complex argument is dL/dx + i dL/dy.
    """

    def partial(position: int, at: tuple[int, ...]) -> complex:
        along = slope_along(position, at, 1.0)
        if not np.iscomplexobj(args[position]):
            return along
        return along + 1j * slope_along(position, at, 1j)

    def slope_along(position: int, at: tuple[int, ...], unit: complex) -> float:
        def slope(h: float) -> Any:
            up = outputs(case, moved(args, position, at, h * unit))
            down = outputs(case, moved(args, position, at, -h * unit))
            return np.real(pair(seeds, up) - pair(seeds, down)) / (2 * h)

        with np.errstate(all="ignore"):
            a, b, c = slope(step), slope(step / 2), slope(step / 4)
        first, second = (4 * b - a) / 3, (4 * c - b) / 3
        return float((16 * second - first) / 15)

    return _gradients(case, args, partial)


def _gradients(
    case: Case,
    args: tuple[Any, ...],
    partial: Callable[[int, tuple[int, ...]], complex],
) -> list[Any]:
    gradients = []
    for name in case.wrt:
        position = case.parameters.index(name)
        is_complex = np.iscomplexobj(args[position])
        gradient = np.zeros(np.shape(args[position]), complex if is_complex else float)
        for at in elements(gradient):
            gradient[at] = partial(position, at)
        gradients.append(gradient)
    return gradients


def reference(case: Case, args: tuple[Any, ...], seeds: list[Any]) -> list[Any]:
    """The gradient by the better of the two methods."""
    method = complex_step if case.analytic else differences
    return method(case, args, seeds)
