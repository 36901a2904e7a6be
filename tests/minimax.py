"""Coefficients of the vector functions, by Remez's exchange algorithm.

    python tests/minimax.py

prints each polynomial of ``transpile/emit/vectors/``, lowest power first, and the
largest weighted error it leaves, as a power of two. The exchange is the one in N. L.
Trefethen, "Approximation Theory and Approximation Practice", chapter 10: solve for the
polynomial whose weighted error alternates on n + 2 points, move the points to the
extrema of the error, repeat. The coefficients are rounded to float64 afterwards.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp

Real = Callable[[mp.mpf], mp.mpf]
mp.mp.dps = 50


def remez(f: Real, weight: Real, low: float, high: float, degree: int) -> list[mp.mpf]:
    """Return the polynomial p that minimises the largest weight * |f - p|."""
    count = 40 * (degree + 2)
    points = [
        (low + high) / mp.mpf(2)
        - (high - low) / mp.mpf(2) * mp.cospi(mp.mpf(k) / count)
        for k in range(count + 1)
    ]
    values = [f(x) for x in points]
    weights = [weight(x) for x in points]
    chosen = [round(k * count / (degree + 1)) for k in range(degree + 2)]
    for _ in range(12):
        rows = [
            [points[k] ** i for i in range(degree + 1)] + [(-1) ** n / weights[k]]
            for n, k in enumerate(chosen)
        ]
        solved = mp.lu_solve(mp.matrix(rows), mp.matrix([values[k] for k in chosen]))
        found = list(solved[: degree + 1])
        errors = [
            w * (v - mp.polyval(found[::-1], x))
            for x, v, w in zip(points, values, weights, strict=True)
        ]
        moved = _extrema(errors, degree + 2)
        if moved == chosen:
            break
        chosen = moved
    return found


def _extrema(errors: list[mp.mpf], wanted: int) -> list[int]:
    """Return where the error is largest between its changes of sign."""
    runs: list[int] = []
    for k, error in enumerate(errors):
        if runs and error * errors[runs[-1]] > 0:
            if abs(error) > abs(errors[runs[-1]]):
                runs[-1] = k
        else:
            runs.append(k)
    while len(runs) > wanted:
        runs.pop(0 if abs(errors[runs[0]]) < abs(errors[runs[-1]]) else -1)
    return runs


def fit(
    f: Real, weight: Real, low: float, high: float, degree: int, first: int = 0
) -> list[float]:
    """Return rounded coefficients.

    The first few, which weigh most, are rounded one after the other, each before the
    rest is fitted.
    """
    if not first:
        return [float(c) for c in remez(f, weight, low, high, degree)]
    start = float(remez(f, weight, low, high, degree)[0])

    def rest(x: mp.mpf) -> mp.mpf:
        return (f(x) - start) / x

    def lighter(x: mp.mpf) -> mp.mpf:
        return weight(x) * abs(x) + mp.mpf(10) ** -12

    return [start, *fit(rest, lighter, low, high, degree - 1, first - 1)]


def _even(f: Real) -> Real:
    """Return f(sqrt(z)), by its limit near zero."""
    return lambda z: f(mp.sqrt(z if z > 0 else mp.mpf(10) ** -16))


def _exp_tail(r: mp.mpf) -> mp.mpf:
    r = r if r else mp.mpf(10) ** -14
    return (mp.expm1(r) - r) / r**2


def _log_tail(s: mp.mpf) -> mp.mpf:
    return (2 * mp.atanh(s) - 2 * s) / s**3


def _power_tail(s: mp.mpf) -> mp.mpf:
    return (3 * mp.atanh(s) / s - 3 - s**2) / s**4


HALF = mp.log(2) / 2 * (1 + mp.mpf(2) ** -30)
# The largest s = f / (2 + f), squared, for 1 + f from sqrt(1/2) to sqrt(2).
SQUARE = (3 - 2 * mp.sqrt(2)) ** 2
EIGHTH = (mp.pi / 4) ** 2 * (1 + mp.mpf(2) ** -20)


def _erfc_tail(t: mp.mpf) -> mp.mpf:
    """Return (x + 2) * exp(x**2) * erfc(x) for t = (x - 2) / (x + 2)."""
    x = 2 * (1 + t) / (1 - t)
    return (x + 2) * mp.exp(x * x) * mp.erfc(x)


def _place(x: float) -> mp.mpf:
    return (mp.mpf(x) - 2) / (mp.mpf(x) + 2)


ONE: Real = lambda x: mp.mpf(1)  # noqa: E731
TABLE = {
    "exp(r) = 1 + r + r**2 * p(r)": (
        _exp_tail,
        lambda r: abs(r) + mp.mpf(10) ** -9,
        -HALF,
        HALF,
        10,
    ),
    "log((1 + s) / (1 - s)) = 2 * s + s * z * p(z), z = s**2": (
        _even(_log_tail),
        lambda z: z / 2 + mp.mpf(10) ** -9,
        mp.mpf(0),
        SQUARE,
        6,
    ),
    "3 * atanh(s) / s = 3 + z + z**2 * p(z), z = s**2": (
        _even(_power_tail),
        lambda z: z * z + mp.mpf(10) ** -9,
        mp.mpf(0),
        SQUARE,
        6,
    ),
    "sin(r) = r + r * z * p(z), z = r**2": (
        _even(lambda r: (mp.sin(r) - r) / r**3),
        lambda z: z + mp.mpf(10) ** -9,
        mp.mpf(0),
        EIGHTH,
        5,
    ),
    "cos(r) = 1 - z / 2 + z**2 * p(z), z = r**2": (
        _even(lambda r: (mp.cos(r) - 1 + r**2 / 2) / r**4),
        lambda z: z * z + mp.mpf(10) ** -9,
        mp.mpf(0),
        EIGHTH,
        5,
    ),
    "erf(x) = x * p(z), z = x**2, x < 1/2": (
        _even(lambda x: mp.erf(x) / x),
        ONE,
        mp.mpf(0),
        mp.mpf(1) / 4,
        8,
    ),
    "erfc(x) = exp(-x**2) / (x + 2) * p((x - 2) / (x + 2)), x > 1/2": (
        _erfc_tail,
        lambda t: 1 / _erfc_tail(t),
        _place(0.499),
        _place(28.0),
        22,
        3,
    ),
}


def worst(f: Real, weight: Real, low: float, high: float, found: list[float]) -> float:
    """Return log2 of the largest error of a polynomial of rounded coefficients."""
    largest = mp.mpf(0)
    for k in range(2001):
        x = low + (high - low) * mp.mpf(k) / 2000
        p = mp.polyval([mp.mpf(c) for c in reversed(found)], x)
        largest = max(largest, weight(x) * abs(f(x) - p))
    return float(mp.log(largest, 2))


def main() -> None:
    """Print all tables."""
    for name, row in TABLE.items():
        found = fit(*row)
        print(f"{name}    # error 2**{worst(*row[:4], found):.1f}")
        for c in found:
            print(f"    {c!r}")


if __name__ == "__main__":
    main()
