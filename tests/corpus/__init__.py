"""The corpus: small NumPy programs, each registered with arguments to run it on.

A module holds functions as a scientist writes them; `case` registers one and leaves
it as it is. Arguments are drawn from a generator seeded by the case's name, so they
are the same in every process. A tuple stands for a normal array of that shape, a
number for itself, anything else is a maker: ``rng -> argument``.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

Maker = Callable[[np.random.Generator], Any]
_registered: list[Case] = []
SINGLE = {"float64": "float32", "complex128": "complex64"}


@dataclass(frozen=True)
class Case:
    """A function of the corpus and how to test it.

    ``analytic``: complex step works. ``writes``: the parameters it writes, which
    are outputs. ``check``: replaces the comparison with a reference where the
    derivative is a choice (ties, kinks); it takes (arguments, gradients).
    ``core``: runs on every target by default; ``heavy``: on NumPy only.
    """

    function: Callable[..., Any]
    name: str
    args: tuple[Any, ...]
    wrt: tuple[str, ...]
    writes: tuple[str, ...] = ()
    analytic: bool = True
    float32: bool = False
    core: bool = False
    heavy: bool = False
    check: Callable[..., None] | None = None
    loose: float = 1.0

    @property
    def digest(self) -> int:
        """A number that depends on the name only."""
        return zlib.crc32(self.name.encode())

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the function's parameters."""
        return tuple(inspect.signature(self.function).parameters)

    def arguments(self, dtype: str = "float64") -> tuple[Any, ...]:
        """New arguments; floating arrays have the given dtype."""
        rng = np.random.default_rng(self.digest)
        return tuple(_convert(_make(each, rng), dtype) for each in self.args)


def _make(maker: Any, rng: np.random.Generator) -> Any:
    if isinstance(maker, tuple):
        return rng.standard_normal(maker)
    return maker(rng) if callable(maker) else maker


def _convert(value: Any, dtype: str) -> Any:
    if isinstance(value, np.ndarray) and dtype == "float32":
        return value.astype(SINGLE.get(value.dtype.name, value.dtype))
    return value


def case(
    *args: Any, wrt: str | None = None, label: str = "", **options: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function; without ``wrt`` all its floating arguments are taken."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        module = function.__module__.rpartition(".")[2]
        name = f"{module}.{function.__name__}" + (f"-{label}" if label else "")
        names = wrt.split(",") if wrt else _floats(function, args)
        options["writes"] = tuple(options.get("writes", ()))
        _registered.append(Case(function, name, args, tuple(names), **options))
        return function

    return register


def _floats(function: Callable[..., Any], args: Sequence[Any]) -> list[str]:
    rng = np.random.default_rng(0)
    made = [_make(each, rng) for each in args]
    return [
        name
        for name, value in zip(
            inspect.signature(function).parameters, made, strict=False
        )
        if isinstance(value, (float, complex)) or _is_inexact(value)
    ]


def _is_inexact(value: Any) -> bool:
    return getattr(value, "dtype", None) in (np.float64, np.complex128)


@lru_cache
def load() -> tuple[Case, ...]:
    """Import every module of the corpus; all cases in a fixed order."""
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
    names = [each.name for each in _registered]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"registered twice: {repeated}")
    return tuple(sorted(_registered, key=lambda each: each.name))


# ---- makers ----


def positive(*shape: int) -> Maker:
    """Uniform in [0.5, 2)."""
    return lambda rng: rng.uniform(0.5, 2.0, shape)


def unit(*shape: int) -> Maker:
    """Uniform in [0.1, 0.9)."""
    return lambda rng: rng.uniform(0.1, 0.9, shape)


def normal(*shape: int, scale: float = 1.0) -> Maker:
    """Normal, scaled."""
    return lambda rng: scale * rng.standard_normal(shape)


def plane(*shape: int, scale: float = 1.0) -> Maker:
    """Complex numbers, normal in both parts, scaled."""

    def make(rng: np.random.Generator) -> Any:
        return scale * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape))

    return make


def integers(low: int, high: int, *shape: int) -> Maker:
    """Integers in [low, high)."""
    return lambda rng: rng.integers(low, high, shape)


def mask(*shape: int) -> Maker:
    """Booleans."""
    return lambda rng: rng.random(shape) < 0.5


def exactly(values: Any, dtype: str = "float64") -> Maker:
    """An array of the given values."""
    return lambda rng: np.array(values, dtype=dtype)


def spd(n: int) -> Maker:
    """A symmetric positive definite matrix."""

    def make(rng: np.random.Generator) -> Any:
        a = rng.standard_normal((n, n))
        return a @ a.T + n * np.eye(n)

    return make


def dominant(n: int) -> Maker:
    """A matrix with a dominant diagonal."""
    return lambda rng: rng.standard_normal((n, n)) + 2 * n * np.eye(n)
