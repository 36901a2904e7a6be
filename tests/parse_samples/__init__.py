"""Small functions for the parser, with arguments: run both ways, or refused."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

Sample = tuple[Callable[..., Any], tuple[Any, ...]]
ACCEPTED: list[Sample] = []
REFUSED: list[Sample] = []
_rng = np.random.default_rng(0)


def V(n: int) -> np.ndarray:
    """A normal vector."""
    return _rng.standard_normal(n)


def M(*shape: int) -> np.ndarray:
    """A normal matrix."""
    return _rng.standard_normal(shape)


def _register(table: list[Sample], args: tuple[Any, ...]) -> Callable[..., Any]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        table.append((function, args))
        return function

    return register


def case(*args: Any) -> Callable[..., Any]:
    """Register a function whose graph computes what the function does."""
    return _register(ACCEPTED, args)


def refused(*args: Any) -> Callable[..., Any]:
    """Register a function that is refused, with a problem and help."""
    return _register(REFUSED, args)


def load() -> None:
    """Import all samples."""
    for name in ("calls", "control", "memory", "numbers"):
        importlib.import_module(f"{__name__}.{name}")
