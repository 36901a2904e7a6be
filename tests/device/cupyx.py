"""As much of CuPy's second package as generated files use."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from cupy import errstate, ndarray
from scipy.linalg import expm as expm_of_scipy

__all__ = ["errstate", "scipy"]
__path__: list[str] = []


def expm(value: ndarray) -> ndarray:
    """Return the exponential of a matrix."""
    return ndarray(expm_of_scipy(value.held))


scipy: Any = ModuleType("cupyx.scipy")
scipy.linalg, scipy.__path__ = ModuleType("cupyx.scipy.linalg"), []
scipy.linalg.expm = expm
sys.modules.update({"cupyx.scipy": scipy, "cupyx.scipy.linalg": scipy.linalg})
