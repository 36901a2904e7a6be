"""The programs that are measured, one module each.

A module has

``SIZES``
    ``{"small": {"n": 100}}``: keyword arguments of ``data``; the first is what
    ``check.py`` takes.
``TINY``
    Optional: a size for the tests. Without it, the first size with every number cut
    to at most seven.
``WRT``, ``LOOPS``
    The parameters that are differentiated; whether it is a loop program (sequential
    loops, in-place writes).
``BOUND``
    Optional: the most that the gradient may take, as a multiple of ``primal``.
``HAND``
    Optional: the most that it may take, as a multiple of ``by_hand_numba``; 1.1 if
    it is left out.
``data(rng, **size)``
    The arguments. Python ``int`` ones are static for JAX.
``primal``
    The function as a user of NumPy writes it, with one number as its result.
``by_hand_numpy``, ``by_hand_numba``
    Its gradient, a tuple in the order of ``WRT``; the second undecorated, with the
    functions of the module that it calls, and ``prange`` where threads pay.
``for_jax(np, lax)``, ``for_torch(torch)``, ``for_autograd(np)``
    Return ``primal`` as a user of that library writes it; ``None`` where it cannot be
    written, or would take more than about 20 seconds a call.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Any

import numpy as np

SEED = 20


def names() -> list[str]:
    """Return the names of all workloads."""
    return sorted(info.name for info in pkgutil.iter_modules(__path__))


def load(name: str) -> ModuleType:
    """Return the module of a workload."""
    return importlib.import_module(f"{__name__}.{name}")


def size(workload: ModuleType, name: str | None = None) -> dict[str, Any]:
    """Return the size of that name, or the tiny one."""
    if name is not None:
        return workload.SIZES[name]
    first = next(iter(workload.SIZES.values()))
    return getattr(workload, "TINY", {key: min(n, 7) for key, n in first.items()})


def arguments(workload: ModuleType, name: str | None = None) -> tuple[Any, ...]:
    """Return the arguments of a size, the same in every process."""
    return workload.data(np.random.default_rng(SEED), **size(workload, name))
