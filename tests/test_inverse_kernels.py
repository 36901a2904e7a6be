"""The compiled spelling of inverse distributions, against 40 digits."""

import math
import textwrap
from typing import Any

import mpmath
import numpy as np
import pytest
from gradscribe.transpile.emit.special import HELPERS

NEAR = [5e-8, 1e-3, 0.1, 0.25, 0.3, 0.5, 0.9, 0.99, 1 - 1e-6, 1 - 1e-12, 1 - 1e-15]
LOW = [1e-308, 1e-300, 1e-100, 1e-20, 1e-9, 0.01, 0.2, 0.2499, 0.26, 0.49]


def kernel(name: str) -> Any:
    names: dict[str, Any] = {"np": np, "math": math}
    exec(textwrap.dedent(HELPERS[name]), names)
    return names[f"_{name}"]


@pytest.mark.parametrize("x", [*NEAR, 1e-300, 0.0, -0.7])
def test_erfinv(x: float) -> None:
    with mpmath.workdps(40):
        assert float(kernel("erfinv")(x)) == pytest.approx(
            float(mpmath.erfinv(mpmath.mpf(x))), rel=4e-16, abs=0.0
        )


@pytest.mark.parametrize("p", [*LOW, 0.5, 0.5000001, 0.6, 0.9, 1 - 1e-14])
def test_ndtri(p: float) -> None:
    """The distribution at the result is p, to the accuracy of the result."""
    y = float(kernel("ndtri")(p))
    with mpmath.workdps(40):
        z = mpmath.mpf(y)
        gap = mpmath.ncdf(z) - mpmath.mpf(p)
        assert abs(gap / mpmath.npdf(z)) <= 5e-16 * abs(z)


def test_ends() -> None:
    with np.errstate(all="ignore"):
        assert kernel("erfinv")(1.0) == np.inf and kernel("erfinv")(-1.0) == -np.inf
        assert kernel("ndtri")(0.0) == -np.inf and kernel("ndtri")(1.0) == np.inf
        for name in ("erfinv", "ndtri"):
            assert np.isnan(kernel(name)(-2.0)) and np.isnan(kernel(name)(np.nan))
