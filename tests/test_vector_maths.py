"""The functions for vector code: at most 4 ulp, vectorised, and where they are used."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import gradscribe as gs
import mpmath as mp
import numba
import numpy as np
import pytest
from gradscribe.runtime import cpu
from gradscribe.runtime.extremes import INSTRUCTIONS, extreme
from gradscribe.transpile.emit import vectors
from gradscribe.transpile.emit.vectors.coefficients import COEFFICIENTS
from gradscribe.transpile.vectorise import EXTREMES, VECTORS
from gradscribe.transpile.versions import CIRCULAR, LIMIT

MOST = 4.0
FREE = cpu.ALWAYS | cpu.SUMS | cpu.QUOTIENTS
BOTH = [np.float64, np.float32]
ROUNDED = [op for op in vectors.HELPERS if op not in vectors.EXACT]
UNARY = [op for op in ROUNDED if op != "power"]
REFERENCE: dict[str, Callable[..., Any]] = {
    "exp": mp.exp,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": mp.log1p,
    "tanh": mp.tanh,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "log1mexp": lambda x: mp.log(-mp.expm1(x)) if x > -1 else mp.log1p(-mp.exp(x)),
    "erf": mp.erf,
    "erfc": mp.erfc,
    "sin": mp.sin,
    "cos": mp.cos,
}
# At both zeros, at both infinities; None: there is none.
LIMITS: dict[str, list[float]] = {
    "exp": [1.0, 1.0, np.inf, 0.0],
    "expm1": [0.0, -0.0, np.inf, -1.0],
    "log": [-np.inf, -np.inf, np.inf, np.nan],
    "log1p": [0.0, -0.0, np.inf, np.nan],
    "tanh": [0.0, -0.0, 1.0, -1.0],
    "sigmoid": [0.5, 0.5, 1.0, 0.0],
    "softplus": [np.log(2.0), np.log(2.0), np.inf, 0.0],
    "log1mexp": [-np.inf, -np.inf, np.nan, -0.0],
    "erf": [0.0, -0.0, 1.0, -1.0],
    "erfc": [1.0, 1.0, 0.0, 2.0],
    "sin": [0.0, -0.0, np.nan, np.nan],
    "cos": [1.0, 1.0, np.nan, np.nan],
}
# Beyond these arguments the value is the limit to every digit, or out of range.
FAR = {"exp", "expm1", "tanh", "sigmoid", "erf", "erfc"}


# ---- compiling and measuring ----

FREE = cpu.ALWAYS | cpu.SUMS | cpu.QUOTIENTS


@functools.cache
def functions(op: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the function of an operation, as text runs it and compiled."""
    plain: dict[str, Any] = {"np": np}
    made: dict[str, Any] = {"np": np}
    compiler = numba.njit(
        error_model="numpy", fastmath=set(cpu.ALWAYS), forceinline=True
    )
    name = ""
    for text in vectors.HELPERS[op]:
        exec(text, plain)
        exec(text, made)
        name = re.match(r"def (\w+)", text)[1]
        made[name] = compiler(made[name])
    return plain[name], made[name]


@functools.cache
def loop(op: str, dtype: type, flags: frozenset[str] = FREE) -> Any:
    """Return a compiled loop over the function, as the emitter writes one."""
    f = functions(op)[1]

    def unary(x, out):
        for i in range(x.shape[0]):
            out[i] = dtype(f(x[i]))

    def binary(x, y, out):
        for i in range(x.shape[0]):
            out[i] = dtype(f(x[i], y[i]))

    chosen = binary if op == "power" else unary
    return numba.njit(error_model="numpy", fastmath=set(flags))(chosen)


def computed(op: str, *arguments: np.ndarray, **how: Any) -> np.ndarray:
    out = np.empty_like(arguments[0])
    loop(op, out.dtype.type, **how)(*arguments, out)
    return out


def ulps(found: float, exact: mp.mpf, dtype: type) -> float:
    """Return how far a number is from the exact value, in units of the last place."""
    info = np.finfo(dtype)
    largest = mp.mpf(float(info.max))
    if abs(exact) > largest:
        return 0.0 if abs(found) >= largest and (found > 0) == (exact > 0) else mp.inf
    if not np.isfinite(found):
        return mp.inf
    exponent = mp.frexp(exact)[1] - 1 if exact else info.minexp
    return abs(mp.mpf(found) - exact) / mp.mpf(2) ** (
        max(exponent, info.minexp) - info.nmant
    )


def bits(rng: np.random.Generator, dtype: type, count: int) -> np.ndarray:
    """Return numbers of random bits: every exponent is as likely."""
    integer = np.int64 if dtype is np.float64 else np.int32
    limits = np.iinfo(integer)
    found = rng.integers(limits.min, limits.max, count, integer).view(dtype)
    return found[np.isfinite(found)]


def arguments(op: str, dtype: type, count: int) -> np.ndarray:
    rng = np.random.default_rng(7)
    info = np.finfo(dtype)
    edges = [info.smallest_subnormal, info.tiny, info.max, info.eps, 1 / info.eps]
    edges += [1.0, 0.5, 0.25, 2.0, np.log(2.0) / 2, 0.5 - 1e-9, 22.0, 28.0, 709.78]
    edges += [709.79, 708.4, 745.1, 745.2, 88.72, 88.73, 87.3, 103.9, 104.0, 26.55]
    with np.errstate(all="ignore"):
        parts = [
            bits(rng, dtype, count),
            np.array([*edges, *(-e for e in edges)]),
            rng.normal(size=count),
            rng.normal(size=count) * 1e-3,
            rng.uniform(-30, 30, count),
            rng.uniform(-750, 720, count),
            1 + rng.normal(size=count) * 1e-6,
            *near_multiples(op),
        ]
        x = np.concatenate([p.astype(dtype) for p in parts])
    if op in CIRCULAR:
        return x[abs(x) < LIMIT]
    if op in ("log", "log1mexp"):
        x = np.copysign(x, 1.0 if op == "log" else -1.0)
    return x[x > -1] if op == "log1p" else x


def near_multiples(op: str) -> Iterator[np.ndarray]:
    """Yield the numbers next to multiples of pi / 2."""
    if op in CIRCULAR:
        whole = np.concatenate([np.arange(1, 200), np.arange(1, 2**20, 3001)])
        yield np.array([float(mp.pi / 2 * k) for k in whole.tolist()])


def exact(op: str, x: float) -> mp.mpf:
    if op in FAR and abs(x) > 800:
        limit = LIMITS[op][2 if x > 0 else 3]
        return mp.mpf(limit) if np.isfinite(limit) else mp.mpf(10) ** 400
    if op == "softplus" and x > 800 or op == "log1mexp" and x < -800:
        return mp.mpf(max(x, 0.0))
    large = 0 < abs(x) < 1e-5 or x < -50
    with mp.workprec(2400 if large else 250):
        return REFERENCE[op](mp.mpf(x))


# ---- how far off ----


def worst(op: str, dtype: type, count: int) -> float:
    x = arguments(op, dtype, count)
    found = computed(op, x)
    pairs = zip(x.tolist(), found.tolist(), strict=True)
    return float(max(ulps(y, exact(op, x), dtype) for x, y in pairs))


@pytest.mark.parametrize("dtype", BOTH)
@pytest.mark.parametrize("op", UNARY)
def test_error(op: str, dtype: type):
    assert worst(op, dtype, 400) <= MOST


@pytest.mark.parametrize("dtype", BOTH)
@pytest.mark.parametrize("op", UNARY)
def test_limits(op: str, dtype: type):
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan], dtype)
    found = computed(op, x)
    expected = np.array([*LIMITS[op], np.nan], dtype)
    np.testing.assert_allclose(found, expected, rtol=1e-6 if dtype is np.float32 else 0)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found)[known], np.signbit(expected)[known])


@pytest.mark.parametrize("op, below", [("log", 0.0), ("log1p", -1.0)])
def test_logarithm_of_a_negative_number(op: str, below: float):
    x = np.array([np.nextafter(below, -2.0), -2.0, -5e-324 + below, -1e300])
    expected = np.isnan(np.array([1.0, 1.0, op == "log" or np.nan, 1.0]) * np.nan)
    expected[2] = op == "log"
    np.testing.assert_array_equal(np.isnan(computed(op, x)), expected)


def powers(dtype: type, count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    many = [
        (np.exp(rng.uniform(-3, 3, count)), rng.normal(size=count) * 3),
        (np.exp(rng.uniform(-85, 85, count)), rng.uniform(-1, 1, count)),
        (1 + rng.normal(size=count) * 1e-3, rng.normal(size=count) * 1e5),
        (1 + rng.normal(size=count) * 1e-12, rng.normal(size=count) * 3e14),
        (-np.exp(rng.uniform(-3, 3, count)), np.round(rng.normal(size=count) * 20)),
        (rng.uniform(0, 1e-305, count), rng.uniform(-2, 2, count)),
        (np.exp2(rng.uniform(-0.5, 0.5, count)), rng.uniform(-2e3, 2e3, count)),
    ]
    x, y = (np.concatenate(part).astype(dtype) for part in zip(*many, strict=True))
    return x, y


def worst_power(dtype: type, count: int) -> float:
    largest = 0.0
    x, y = powers(dtype, count)
    found = computed("power", x, y)
    for base, exponent, z in zip(x.tolist(), y.tolist(), found.tolist(), strict=True):
        if base:
            with mp.workprec(250):
                value = mp.power(abs(mp.mpf(base)), mp.mpf(exponent))
            value = -value if base < 0 and exponent % 2 else value
            largest = max(largest, float(ulps(z, value, dtype)))
    return largest


@pytest.mark.parametrize("dtype", BOTH)
def test_power(dtype: type):
    assert worst_power(dtype, 400) <= MOST


def special_powers() -> tuple[np.ndarray, np.ndarray]:
    some = [0.0, 1.0, 0.5, 2.0, 3.0, 2.5, np.inf, 5e-324, 1e308, 1e22, 2.0**53 - 1]
    some += [np.nan, 1 - 2.0**-53, 1 + 2.0**-52, 2.0**52 - 0.5]
    x, y = np.meshgrid(*2 * [[*some, *(-v for v in some)]])
    return x.ravel(), y.ravel()


def test_special_powers():
    x, y = special_powers()
    found = computed("power", x, y)
    with np.errstate(all="ignore"):
        expected = np.power(x, y)
    np.testing.assert_allclose(found, expected, rtol=1e-15)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found)[known], np.signbit(expected)[known])


@pytest.mark.parametrize("op", ROUNDED)
def test_runs_as_python(op: str):
    x = powers(np.float64, 3) if op == "power" else (arguments(op, np.float64, 20),)
    with np.errstate(all="ignore"):
        found = [functions(op)[0](*v) for v in zip(*x, strict=True)]
    # Fused multiply-adds, and which of the numbers next to a result is taken.
    np.testing.assert_allclose(found, computed(op, *x), rtol=4e-16, atol=1e-323)


# ---- compiled ----


@pytest.mark.parametrize("op", ROUNDED)
def test_flags_of_the_caller_change_no_bit(op: str):
    x = powers(np.float64, 50) if op == "power" else (arguments(op, np.float64, 50),)
    strict, free = (computed(op, *x, flags=f) for f in (cpu.ALWAYS, FREE))
    np.testing.assert_array_equal(strict.view(np.int64), free.view(np.int64))


@pytest.mark.parametrize("op", ROUNDED)
def test_one_number_gives_what_it_gives_among_others(op: str):
    x = powers(np.float64, 9) if op == "power" else (arguments(op, np.float64, 9),)
    alone = [computed(op, *(v[k : k + 1] for v in x)) for k in range(x[0].size)]
    np.testing.assert_array_equal(np.concatenate(alone), computed(op, *x))


@pytest.mark.skipif("x86" not in os.uname().machine, reason="reads x86 assembly")
@pytest.mark.parametrize("op", ROUNDED)
def test_becomes_vector_code(op: str):
    computed(op, *[np.ones(9)] * (2 if op == "power" else 1))
    compiled = loop(op, np.float64)
    (assembly,) = compiled.inspect_asm().values()
    assert re.search(r"v?f?n?m(ul|add\d+)pd", assembly)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["x86-64", "x86-64-v3"])
def test_other_processors(name: str):
    """Without AVX-512, and without fused multiply-adds."""
    environment = {**os.environ, "NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ""}
    run = subprocess.run([sys.executable, __file__], env=environment, check=False)
    assert run.returncode == 0


def main() -> None:
    """Fail unless every function is near enough, compiled for this process's CPU."""
    found = {op: worst(op, np.float64, 100) for op in UNARY}
    found["power"] = worst_power(np.float64, 100)
    print(found)
    assert max(found.values()) <= MOST
    test_special_powers()


# ---- where they are used ----


def test_names_agree():
    assert set(vectors.NAMES) <= cpu.INLINED | INSTRUCTIONS.keys()
    assert set(vectors.HELPERS) == VECTORS | EXTREMES | {"remainder"}


def text(f: Callable[..., Any], types: str = "x: f64[n]", **options: Any) -> str:
    return gs.jit(f, types=types, **options).source_for("cpu")


def loops(x):
    h = 0.0
    for i in range(len(x)):
        h = np.sin(h + x[i])
    return h * np.sum(np.exp(x)) + np.exp(h)


def test_only_in_independent_iterations():
    found = text(loops)
    assert "np.sin(h + x[i])" in found
    assert "_vexp(x[" in found
    assert "np.exp(h)" in found


def recurrence(x):
    h = 0.0
    for i in range(len(x)):
        h = np.tanh(h + x[i])
    return h


def falling(x):
    v = 1.0
    for i in range(x.size):
        v = (v * v + x[i]) ** -1.5 + v**0.3
    return v


def test_short_powers_in_every_loop():
    assert "** -1.5" not in text(falling)
    assert "v**0.3" in text(falling)
    assert "** -1.5" in text(falling, strict=True)


def test_tanh_in_every_loop():
    assert "_vtanh(h + x[i])" in text(recurrence)
    assert "np.tanh(h + x[i])" in text(recurrence, strict=True)


def test_strict_calls_the_library():
    found = text(loops, strict=True)
    assert "_vexp" not in found
    assert "np.exp(x[" in found


def last_but_least(x):
    return np.argmin(np.exp(x)) * x[0]


def largest(x):
    return np.max(np.exp(x))


def lowest(x):
    least = np.inf
    for i in range(len(x)):
        least = np.minimum(x[i], least)
    return least


@pytest.mark.parametrize("f, name", [(largest, "_vmax"), (lowest, "_vmin")])
def test_extremes(f: Callable[..., Any], name: str):
    assert f" = {name}(" in text(f)
    assert name not in text(f, strict=True)
    for dtype in BOTH:
        x = np.random.default_rng(3).standard_normal(999).astype(dtype)
        for place in (0, 500, 998):
            for number in (np.inf, -np.inf, np.nan, -np.nan):
                x[place] = number
                np.testing.assert_allclose(gs.jit(f)(x), f(x), rtol=1e-6)
                x[place] = 0.0


@pytest.mark.skipif("x86" not in os.uname().machine, reason="reads x86 assembly")
def test_extremes_become_vector_code():
    least = extreme("_vmin")

    @numba.njit(error_model="numpy", fastmath=set(cpu.ALWAYS))
    def lowest_of(x):
        found = x[0]
        for i in range(x.shape[0]):
            found = least(found, x[i])
        return found

    lowest_of(np.ones(9))
    (assembly,) = lowest_of.inspect_asm().values()
    assert "minpd" in assembly


def few(x):
    return np.sum(np.exp(x))


@pytest.mark.parametrize("f, size", [(last_but_least, "n"), (few, "3")])
def test_not_in_other_loops(f: Callable[..., Any], size: str):
    assert "_vexp" not in text(f, f"x: f64[{size}]")


EXPONENTS = [-4.0, -3.5, -2.0, -1.5, -1.0, -0.5, 1.5, 2.5, 4.0]


def short(x, out):
    for i in range(len(x)):
        out[0, i] = x[i] ** -4.0
        out[1, i] = x[i] ** -3.5
        out[2, i] = x[i] ** -2.0
        out[3, i] = x[i] ** -1.5
        out[4, i] = x[i] ** -1.0
        out[5, i] = x[i] ** -0.5
        out[6, i] = x[i] ** 1.5
        out[7, i] = x[i] ** 2.5
        out[8, i] = x[i] ** 4.0


def test_short_powers_are_products():
    assert "**" not in re.sub(
        r"\*\* ?\d", "", text(short, "x: f64[n], out: f64[9, n]").split("for i")[1]
    )
    rng = np.random.default_rng(0)
    x = np.concatenate([np.exp(rng.uniform(-200, 200, 500)), [0.0, np.inf, 5e-324]])
    out = np.empty((9, x.size))
    gs.jit(short)(x, out)
    for row, exponent in zip(out, EXPONENTS, strict=True):
        for v, z in zip(x[:-3].tolist(), row.tolist(), strict=False):
            assert ulps(z, mp.power(mp.mpf(v), exponent), np.float64) <= MOST
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(row[-3:], x[-3:] ** exponent, rtol=1e-14)


def waves(x, a):
    return np.sum(np.sin(a * x) + np.cos(a * x))


def test_sines_in_two_versions():
    found = text(waves, "x: f64[n], a: f64")
    assert found.count("abs(a * x[i]) >") == 1
    assert "_vsin(a * x[i]) + _vcos(a * x[i])" in found
    assert "np.sin(a * x[i]) + np.cos(a * x[i])" in found


@pytest.mark.parametrize("far", [1.0, 1e7, 6381956970095103.0 * 2.0**797, np.inf])
def test_sine_far_from_zero(far: float):
    x = np.array([0.5, far, 1.0, np.nextafter(LIMIT, 0)])
    found = gs.jit(sines)(x, np.empty(4))
    with mp.workprec(1200):
        for v, y in zip(x.tolist(), found.tolist(), strict=True):
            assert np.isnan(y) if np.isinf(v) else ulps(y, mp.sin(v), np.float64) <= 1


def sines(x, out):
    for i in range(len(x)):
        out[i] = np.sin(x[i])
    return out


def lagging(x, out):
    for i in range(1, len(x)):
        out[i] = np.sin(out[i - 1] + x[i])
    return out


def replaced(x):
    x = x.copy()
    for i in range(len(x)):
        x[i] = np.sin(x[i])
    return x


def test_sines_of_what_the_loop_writes_are_the_library_s():
    assert "_vsin" not in text(lagging, "x: f64[n], out: f64[n]")
    assert "_vsin" not in text(replaced)
    np.testing.assert_array_equal(gs.jit(replaced)(np.ones(9)), np.sin(np.ones(9)))


@pytest.mark.slow
def test_coefficients():
    import minimax

    for (name, found), row in zip(
        COEFFICIENTS.items(), minimax.TABLE.values(), strict=True
    ):
        fitted = tuple(minimax.fit(*row))
        assert found == fitted, name


if __name__ == "__main__":
    main()


def inverse_cube(d):
    return (d * d + 0.1) ** -1.5


def of_arrays(x):
    d = inverse_cube(x)
    for _ in range(3):
        d = d * inverse_cube(d)
    return np.sum(d)


def test_short_powers_of_arrays_are_products():
    derivative = gs.grad(of_arrays, target="numpy")
    derivative(np.linspace(0.5, 2.0, 9))
    for found in (gs.jit(of_arrays, target="numpy"), derivative):
        found(np.linspace(0.5, 2.0, 9))
        assert "_vpow" not in found.source_for("cpu")
