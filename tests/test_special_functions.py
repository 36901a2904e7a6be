"""Derivatives of special functions against 30 digits, also where formulas cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradscribe as gs
import mpmath as mp
import numpy as np
import pytest
import scipy.special as sc
from gradscribe.runtime import special
from gradscribe.transpile.emit.special import OWN, PYTHON
from gradscribe.transpile.graph.ops import SPECIAL

Function = Callable[[Any], Any]
ROWS: list[tuple[Function, Function, list[float]]] = []


def row(exact: Function, *points: float) -> Callable[[Function], Function]:
    """Enter a function, what it is, and where to look at its derivatives."""

    def enter(function: Function) -> Function:
        ROWS.append((function, exact, list(points)))
        return function

    return enter


@row(lambda x: mp.besseli(0, x) * mp.exp(-abs(x)), -30.0, -1.0, 1e-5, 2.0, 1e3, 1e8)
def i0e(x: Any) -> Any:
    return sc.i0e(x)


@row(lambda x: mp.besseli(1, x) * mp.exp(-abs(x)), -30.0, -1.0, 1e-5, 2.0, 1e3, 1e8)
def i1e(x: Any) -> Any:
    return sc.i1e(x)


@row(lambda x: mp.besselk(0, x) * mp.exp(x), 1e-5, 0.5, 10.0, 24.9, 25.1, 1e3, 1e8)
def k0e(x: Any) -> Any:
    return sc.k0e(x)


@row(lambda x: mp.besselk(1, x) * mp.exp(x), 1e-5, 0.5, 10.0, 24.9, 25.1, 1e3, 1e8)
def k1e(x: Any) -> Any:
    return sc.k1e(x)


@row(lambda x: mp.re(mp.lambertw(x)), -0.36, -0.2, 0.0, 1e-8, 2.0, 1e10)
def lambert(x: Any) -> Any:
    return sc.lambertw(x).real


@row(lambda x: mp.re(mp.lambertw(x, -1)), -0.36, -0.2, -1e-3)
def lower_branch(x: Any) -> Any:
    return sc.lambertw(x, -1).real


@row(lambda x: mp.sqrt(mp.pi / 2 / x) * mp.besselj(3.5, x), 1e-2, 0.5, 3.0, 30.0)
def spherical(x: Any) -> Any:
    return sc.spherical_jn(3, x)


@row(lambda x: mp.besselj(1, x), -30.0, 0.0, 1e-3, 2.0, 500.0)
def j1(x: Any) -> Any:
    return sc.j1(x)


@row(lambda x: mp.besselj(0.5, x), 1e-3, 1.0, 20.0, 300.0)
def half_order(x: Any) -> Any:
    return sc.jv(0.5, x)


@row(lambda x: mp.exp(x * x) * mp.erfc(x), -5.0, 0.0, 0.5, 6.9, 7.1, 50.0, 1e6)
def scaled_tail(x: Any) -> Any:
    return sc.erfcx(x)


@row(
    lambda x: mp.exp(-x * x) * mp.erfi(x) * mp.sqrt(mp.pi) / 2,
    -5.0,
    0.0,
    0.9,
    2.0,
    12.0,
)
def dawson(x: Any) -> Any:
    return sc.dawsn(x)


@row(lambda x: mp.expm1(x) / x, -700.0, -5.0, -1e-3, 1e-7, 1.0, 100.0)
def exprel(x: Any) -> Any:
    return sc.exprel(x)


@row(lambda x: mp.polylog(2, 1 - x).real, 1e-8, 0.49, 0.51, 0.9, 1.1, 1.49, 1.51, 1e4)
def spence(x: Any) -> Any:
    return sc.spence(x)


@row(lambda x: mp.ellipk(x), -1e4, -1.0, 0.0, 1e-6, 0.9, 0.9999)
def elliptic_k(x: Any) -> Any:
    return sc.ellipk(x)


@row(lambda x: mp.ellipe(x), -1e4, -1.0, 0.0, 1e-6, 0.9, 0.9999)
def elliptic_e(x: Any) -> Any:
    return sc.ellipe(x)


@row(lambda x: mp.ellipk(1 - x), 1e-12, 1e-4, 0.5, 1.0, 100.0)
def elliptic_near_one(x: Any) -> Any:
    return sc.ellipkm1(x)


@row(lambda x: mp.rgamma(x), -3.5, -2.0, 0.0, 0.49, 0.51, 100.0)
def inverse_gamma(x: Any) -> Any:
    return sc.rgamma(x)


@row(lambda x: (mp.mpf(1.7) ** x - 1) / x, -50.0, -1.0, 1e-9, 1e-3, 30.0)
def box_and_cox(x: Any) -> Any:
    return sc.boxcox(1.7, x)


@row(lambda x: (1 + x * mp.mpf(1.7)) ** (1 / x), -0.5, 1e-9, 1e-3, 30.0)
def back_from_them(x: Any) -> Any:
    return sc.inv_boxcox(1.7, x)


@row(lambda x: mp.gammainc(2.5, 0, x, regularized=True), 1e-5, 0.1, 1.0, 30.0)
def fraction(x: Any) -> Any:
    return sc.gammainc(2.5, x)


@row(
    lambda x: (
        mp.quad(
            lambda t: mp.exp(-(mp.mpf(0.7) ** 2) * (1 + t * t) / 2) / (1 + t * t),
            [0, x],
        )
        / (2 * mp.pi)
    ),
    -2.0,
    0.0,
    1.0,
)
def owen(x: Any) -> Any:
    return sc.owens_t(0.7, x)


@row(lambda x: mp.expint(1, x), 0.1, 1.0, 30.0)
def tail(x: Any) -> Any:
    return sc.expn(1, x)


@row(lambda x: mp.legendre(2, x), -3.0, 0.0, 0.4)
def legendre(x: Any) -> Any:
    return sc.eval_legendre(2, x)


@pytest.mark.parametrize(
    ("function", "exact", "points"), ROWS, ids=lambda v: getattr(v, "__name__", "")
)
def test_first_and_second(
    function: Function, exact: Function, points: list[float]
) -> None:
    slope = gs.grad(function, target="numpy")
    bend = gs.hessian(function, target="numpy")
    with mp.workdps(30):
        for x in points:
            step = mp.mpf(10) ** -14 * max(abs(x), 1e-6)
            for order, derivative in enumerate((slope, bend), 1):
                want = mp.diff(exact, mp.mpf(x), order, h=step)
                with np.errstate(all="ignore"):
                    found = float(derivative(x))
                assert found == pytest.approx(float(want), rel=2e-12, abs=1e-30)


def test_compiled_functions_are_found() -> None:
    """Every function without a text of its own has one in C."""
    for op in SPECIAL.keys() - OWN.keys() - PYTHON.keys():
        assert special.in_c(op, len(SPECIAL[op])) is not None


def test_unknown_name() -> None:
    with pytest.raises(NotImplementedError, match="no frobnicate"):
        special.in_c("frobnicate", 1)


def incomplete(a: Any, x: Any) -> Any:
    return sc.gammainc(a, x)


@pytest.mark.parametrize("transform", [gs.grad, gs.jacobian])
def test_no_closed_form(transform: Any) -> None:
    """Refused where the parameter moves; right where it does not."""
    with pytest.raises(gs.TranspileError, match="gammainc has no derivative .* to a"):
        transform(incomplete, wrt="a", target="numpy")(1.0, 2.0)
    x = transform(incomplete, wrt="x", target="numpy")(1.0, 2.0)
    assert x == pytest.approx(np.exp(-2.0))


@pytest.mark.parametrize("function", [sc.jv, sc.gammainc, sc.expn, sc.zeta, sc.hyp0f1])
def test_dtypes(function: Any) -> None:
    """Those of SciPy: for some a Python number is a double."""
    x = np.full(2, 2.5, np.float32)

    def by_number(x: Any) -> Any:
        return function(2, x)

    push = gs.jvp(by_number, target="numpy")
    value, tangent = push(x, x)
    assert value.dtype == function(2, x).dtype == tangent.dtype
