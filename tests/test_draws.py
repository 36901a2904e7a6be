"""Random draws: constants of the derivative, made once and in their order."""

from __future__ import annotations

import importlib.util
import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradscribe as gs
import numba
import numpy as np
import pytest
from harness import one_compiled

X = np.array([0.3, 0.7, -0.2, 1.1])
Function = Callable[..., Any]


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


# ---- functions of (x, s, rng): two numbers, or an array and a number ----


def families(x, s, rng):
    y = rng.normal(x, s, 3).sum() + rng.uniform(x, x + s) + rng.exponential(s)
    y += rng.laplace(x, s, 3).sum() * rng.gumbel(x, s) + rng.logistic(x, s)
    y += rng.rayleigh(s) * rng.lognormal(x, s) + rng.gamma(2.0, s, size=2).sum()
    y += rng.weibull(s) + rng.pareto(s) * rng.integers(1, 5) * rng.poisson(3.0)
    return y * rng.binomial(4, 0.5)


def through_a_loop(x, s, rng):
    for _ in range(6):
        x += s * x * rng.normal()
    return x


def while_small(x, s, rng):
    n = 0
    while x < 3.0 and n < 20:
        x += s * rng.exponential()
        n += 1
    return x * x


def branching(x, s, rng):
    u = rng.random()
    if u < 0.5:
        return rng.normal(x, s) * u
    for _ in range(2):
        if rng.random() < 0.7:
            x = np.sin(x) * rng.uniform(s, 2.0)
    return x * x


def scaled(x, rng, n):
    return x * rng.standard_normal(n)


def in_helpers(x, s, rng):
    y = 0.0
    for _ in range(3):
        y = np.tanh(scaled(x * y + s, rng, 4).sum()) + y * x
    return y


def moved_or_squared(v, rng):
    if rng.random() < 0.5:
        return v * rng.normal()
    return v * v


def branching_helpers(x, s, rng):
    """Tests that look alike, and are of different numbers."""
    return moved_or_squared(x, rng) * moved_or_squared(s, rng) - moved_or_squared(
        x, rng
    )


def lasting(x, s, rng):
    """Draws in conditions, in bounds of loops and in lists."""
    total = 0.0
    for _ in range(rng.poisson(4.0)):
        if s > 0.5 and rng.random() < 0.3:
            continue
        x = x * np.cos(s) + (rng.exponential(s) if rng.random() < 0.8 else x)
        total += sum([x * rng.normal() for _ in range(2)])
        if rng.random() < 0.1:
            break
    while rng.random() < 0.7:
        total *= rng.uniform(s, 2.0)
    return total


def stored(x, s, rng):
    y = x.copy()
    for _ in range(5):
        z = rng.standard_normal(len(x))
        y = y * (1 + 0.1 * s) + np.sin(y) * s * z
        if rng.random() < 0.5:
            y[1:] *= rng.uniform(0.5, s, len(x) - 1)
    return (y**2).sum()


def of_shapes(x, s, rng):
    y = rng.normal(x[:, None], s, size=(len(x), 3))
    z, w = rng.normal(x, s), rng.uniform(x, x + 2.0)
    return (y**2).sum() + (z**3).sum() + (w * z).sum()


def chosen(x, s, rng):
    places = rng.choice(len(x), 3, replace=False)
    y = rng.permutation(x)
    w = x.copy()
    rng.shuffle(w)
    rest = (rng.choice(x, size=4, p=np.full(4, 0.25)) ** 2).sum() + rng.choice(x) * s
    return (x[places] ** 2).sum() + ((y * s + w**2) * np.arange(len(x))).sum() + rest


def own_generators(x, s, rng):
    first, second = np.random.default_rng(42), np.random.default_rng(42)
    third = np.random.Generator(np.random.PCG64(1))
    z = first.normal(size=(3, 2)) - s * second.random((3, 2))
    return (x * z).sum() * x + third.normal(x)


def of_numpy(x, s, rng):
    np.random.seed(3)
    a = np.random.normal(x, s, 5)
    b = np.random.randn(5) * x + np.random.rand(5) * s
    c = np.random.uniform(x, x + s, 5)[np.random.permutation(5)]
    i = np.random.randint(0, 5)
    return (a * b).sum() + a[i] + c[1] * np.random.exponential(s) + np.random.choice(a)


def vectors(x, s, rng):
    cov = np.diag(np.arange(1.0, 5.0)) + 0.1
    y = rng.multivariate_normal(x, cov, size=3) * rng.multivariate_normal(s * x, cov)
    counts = rng.multinomial(5, np.full(4, 0.25), size=(2, 3))
    return (y**2).sum() + (counts * rng.dirichlet(np.ones(4), 3) * x * s).sum()


def autoencoder(x, s, rng):
    mean, log_var = np.tanh(s * x), 0.1 * x * s
    z = rng.normal(mean, np.exp(0.5 * log_var))
    kl = 0.5 * (np.exp(log_var) + mean**2 - 1.0 - log_var).sum()
    return ((x - s * z) ** 2).sum() + kl


NUMBERS = [
    families,
    through_a_loop,
    while_small,
    branching,
    in_helpers,
    branching_helpers,
    lasting,
    own_generators,
    of_numpy,
]
ARRAYS = [stored, of_shapes, chosen, vectors, autoencoder]
EVERY: list[Any] = [
    *(pytest.param(f, 0.3, id=f.__name__) for f in NUMBERS),
    *(pytest.param(f, X, id=f.__name__) for f in ARRAYS),
]


def differences(f: Function, x: Any, s: float, h: float = 1e-6) -> list[Any]:
    """Return differences by x and s, with the same numbers drawn at each place."""
    x = np.asarray(x, dtype=float)
    by_x = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[at] = h
        by_x[at] = (f((x + step)[()], s, rng()) - f((x - step)[()], s, rng())) / (2 * h)
    return [by_x, (f(x[()], s + h, rng()) - f(x[()], s - h, rng())) / (2 * h)]


def compare(f: Function, x: Any, target: str) -> None:
    value, gradient = gs.value_and_grad(f, ("x", "s"), target=target)(x, 0.8, rng())
    assert value == pytest.approx(f(x, 0.8, rng()), rel=1e-14)
    for found, expected in zip(gradient, differences(f, x, 0.8), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("f", "x"), EVERY)
def test_gradients(f: Function, x: Any):
    compare(f, x, "numpy")


@pytest.mark.parametrize(("f", "x"), EVERY)
def test_both_modes_and_second_order(f: Function, x: Any):
    reverse = gs.grad(f, "x", target="numpy")(x, 0.8, rng())
    columns = gs.jacobian(f, "x", target="numpy", mode="forward")(x, 0.8, rng())
    np.testing.assert_allclose(columns, reverse, rtol=1e-12, atol=1e-14)
    v = np.ones_like(x)[()]
    _, dot = gs.jvp(f, "x", target="numpy")(v, x, 0.8, rng())
    assert dot == pytest.approx(np.sum(reverse), rel=1e-12)
    gradient = gs.grad(f, "x", target="numpy")
    ends = [gradient(x + h, 0.8, rng()) for h in (1e-6, -1e-6)]
    product = gs.hvp(f, "x", target="numpy")(x, v, 0.8, rng())
    expected = (np.asarray(ends[0]) - ends[1]) / 2e-6
    np.testing.assert_allclose(product, expected, rtol=1e-5, atol=1e-7)


def compiled(x, s, rng):
    """Draws outside loops, in one and in a helper, with parameters and without."""
    y = rng.normal(x, s, 3).sum() + rng.laplace(x, s, size=(2, 2)).sum()
    y += rng.integers(5) * rng.choice(4) * rng.poisson(2.0) * x
    y *= rng.gamma(2.0, s) + rng.standard_normal(dtype=np.float32)
    return y + (rng.permutation(np.array([x, s, x * s])) * np.arange(3)).sum()


CASES = [(compiled, 0.3), (branching_helpers, 0.3), (of_numpy, 0.3), (stored, X)]
CASES += [(in_helpers, 0.3), (lasting, 0.3)]


@pytest.mark.usefixtures("loops_in_python")
@pytest.mark.parametrize(("f", "x"), one_compiled(CASES))
def test_compiled(f: Function, x: Any):
    compare(f, x, "cpu")


# ---- the same numbers, once, in their order ----

FAMILIES = [
    "normal(0.3, 1.7, 50)",
    "uniform(0.3, 1.7, 50)",
    "exponential(1.7, 50)",
    "laplace(0.3, 1.7, 50)",
    "gumbel(0.3, 1.7, 50)",
    "logistic(0.3, 1.7, 50)",
    "rayleigh(1.7, 50)",
    "gamma(2.5, 1.7, 50)",
    "normal([0.1, 0.2], [[0.3], [0.4]])",
    "choice([1.5, 2.5, 3.5], 50)",
    "permutation(50)",
]


@pytest.mark.parametrize("call", FAMILIES)
@pytest.mark.parametrize("owner", ["rng", "np.random"])
def test_numbers_are_the_same_to_the_last_bit(call: str, owner: str, tmp_path: Path):
    text = f"import numpy as np\ndef f(rng):\n    return {owner}.{call}\n"
    f = module(tmp_path / "drawn.py", text).f
    np.random.seed(5)
    expected = f(rng())
    np.random.seed(5)
    np.testing.assert_array_equal(gs.jit(f, target="numpy")(rng()), expected)


def module(path: Path, text: str) -> Any:
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def unused(x, rng):
    rng.random(7)
    rng.normal(size=3)
    rng.normal(x, 2.0)
    if rng.random() < 2.0:
        rng.permutation(4)
    for _ in range(3):
        rng.exponential()
    return x * x


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_what_nothing_reads_is_drawn(target: str):
    """The generator is afterwards where the function leaves it."""
    after, here = rng(), rng()
    unused(0.5, after)
    assert gs.grad(unused, "x", target=target)(0.5, here) == 1.0
    assert here.bit_generator.state == after.bit_generator.state


def rows(x, rng):
    return np.array([rng.normal(x[0], x[1]), x[0] * rng.normal(), x[1] * rng.normal()])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobians_draw_once(mode: str):
    here, after = rng(), rng()
    z = after.standard_normal(3)
    found = gs.jacobian(rows, "x", target="numpy", mode=mode)(X[:2].copy() ** 2, here)
    np.testing.assert_allclose(found, [[1, z[0]], [z[1], 0], [0, z[2]]], rtol=1e-14)
    assert here.bit_generator.state == after.bit_generator.state


HELD = np.random.default_rng(5)


def of_module(x, generators):
    y = x * HELD.normal()
    for one in generators:
        y += np.sin(x) * one.normal()
    return y


def test_generators_of_modules_and_in_lists():
    global HELD
    z = [np.random.default_rng(k).normal() for k in (5, 1, 2)]
    given = [np.random.default_rng(1), np.random.default_rng(2)]
    HELD = np.random.default_rng(5)
    found = gs.grad(of_module, "x", target="numpy")(0.5, given)
    assert found == pytest.approx(z[0] + math.cos(0.5) * (z[1] + z[2]), rel=1e-14)


def test_check_grads_draws_the_same_each_time():
    gs.check_grads(through_a_loop, 0.3, 0.8, rng(), order=2, target="numpy")


inner = gs.grad(through_a_loop, "x")


@numba.njit
def several(x, rng):
    total = 0.0
    for _ in range(3):
        total += inner(x, 0.8, rng)
    return total


def test_a_gradient_that_draws_inside_numba():
    one, other = rng(), rng()
    expected = sum(inner(0.3, 0.8, other) for _ in range(3))
    assert several(0.3, one) == pytest.approx(expected, rel=1e-14)


def two_loops(x, s, rng):
    noise = 0.0
    for _ in range(3):
        noise += s * rng.normal()
    for _ in range(9):
        x = np.sin(x) + 0.1 * noise * x
    return x


def test_checkpoints_of_loops_that_do_not_draw():
    plain = gs.grad(two_loops, ("x", "s"), target="numpy")(0.3, 0.8, rng())
    split = gs.grad(two_loops, ("x", "s"), target="numpy", checkpoint="sqrt")
    np.testing.assert_allclose(split(0.3, 0.8, rng()), plain, rtol=1e-14)


def of_a_state(x, s, state):
    y = state.normal(x, s, 3).sum() * state.rand() + state.randn(2, 3).sum() * x
    own = np.random.RandomState(7)
    return y * state.randint(1, 5) + state.choice(3) * own.uniform(s, x)


def test_random_states():
    def at(x, s):
        return of_a_state(x, s, np.random.RandomState(3))

    state = np.random.RandomState(3)
    derivative = gs.value_and_grad(of_a_state, ("x", "s"), target="numpy")
    value, gradient = derivative(0.3, 0.8, state)
    assert value == at(0.3, 0.8)
    ends = [(at(0.3 + h, 0.8), at(0.3, 0.8 + h)) for h in (1e-6, -1e-6)]
    expected = (np.array(ends[0]) - ends[1]) / 2e-6
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)
    with pytest.raises(gs.TranspileError, match="code that Numba compiles"):
        gs.grad(of_a_state, "x", target="cpu")(0.3, 0.8, state)


def single(x, rng):
    return x * rng.normal(x, np.float32(1.0), 4) + rng.normal(np.float32(0.5))


def test_single_precision_stays():
    """Draws are doubles, and numbers among them are Python's."""
    x = np.array([0.5], dtype=np.float32)
    assert gs.jit(single, target="numpy")(x, rng()).dtype == single(x, rng()).dtype

    def f(x, rng):
        return x * rng.normal(2.0) + rng.uniform()

    made = gs.jit(f, target="numpy")(x, rng())
    assert made.dtype == np.float32 and made == f(x, rng())


# ---- programs ----


def call_price(spot, volatility, strike, rate, years, steps, paths, rng):
    """A European call, by Euler steps of the logarithm: exact in distribution."""
    dt = years / steps
    value = np.full(paths, spot)
    for _ in range(steps):
        z = rng.standard_normal(paths)
        drift = (rate - 0.5 * volatility**2) * dt
        value = value * np.exp(drift + volatility * np.sqrt(dt) * z)
    return np.exp(-rate * years) * np.maximum(value - strike, 0.0).mean()


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_delta_and_vega_of_an_option(target: str):
    spot, volatility, strike, rate, years = 100.0, 0.2, 105.0, 0.03, 1.0
    found = gs.value_and_grad(call_price, ("spot", "volatility"), target=target)(
        spot, volatility, strike, rate, years, 8, 40_000, rng()
    )
    spread = volatility * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + volatility**2 / 2) * years) / spread
    below = [0.5 * math.erfc(-d / math.sqrt(2)) for d in (d1, d1 - spread)]
    price = spot * below[0] - strike * math.exp(-rate * years) * below[1]
    vega = spot * math.sqrt(years) * math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
    value, gradient = found
    assert value == pytest.approx(price, rel=0.02)
    assert gradient[0] == pytest.approx(below[0], rel=0.02)
    assert gradient[1] == pytest.approx(vega, rel=0.03)


def test_a_saved_file_is_differentiated_again(tmp_path: Path):
    derivative = gs.grad(through_a_loop, "x", target="numpy")
    derivative(0.3, 0.8, rng())
    derivative.save(tmp_path / "through_grad.py")
    text = (tmp_path / "through_grad.py").read_text()
    again = module(tmp_path / "again.py", text).through_a_loop_grad
    assert again(0.3, 0.8, rng()) == derivative(0.3, 0.8, rng())
    _, second = gs.jvp(again, "s", target="numpy")(1.0, 0.3, 0.8, rng())
    ends = [derivative(0.3, s, rng()) for s in (0.8 + 1e-6, 0.8 - 1e-6)]
    assert second == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6)


# ---- what is raised and refused ----


def negative(x, s, rng):
    return rng.normal(x, s)


def test_a_negative_scale_raises_as_in_numpy():
    with pytest.raises(ValueError, match="scale < 0"):
        gs.grad(negative, "x", target="numpy")(1.0, -1.0, rng())


def counted(x, rng):
    return x * rng.poisson(x)


def held(x, rng):
    return x * rng.poisson(gs.stop_gradient(x))


def permuted_in_loop(x, n, rng):
    for _ in range(n):
        x = np.sin(x) + rng.normal()
    return x


def again(x, n, rng):
    if n == 0:
        return x
    return again(np.sin(x) * rng.normal(), n - 1, rng)


def gumbel(x, rng):
    return rng.gumbel(x, 2.0)


def own(x):
    return x * np.random.default_rng(3).normal()


REFUSED: list[Any] = [
    (counted, (3.0,), {}, "whose parameter depends on what is differentiated"),
    (permuted_in_loop, (3.0, 4), {"checkpoint": "sqrt"}, "it draws random numbers"),
    (again, (3.0, 4), {}, "calls itself and draws random numbers"),
    (gumbel, (3.0,), {"target": "cpu"}, "gumbel in code that Numba compiles"),
    (own, (3.0,), {"target": "cpu"}, "pass it: rng = np.random.default_rng"),
    (gumbel, (3.0,), {"target": "gpu"}, "code for a GPU"),
]


@pytest.mark.parametrize(("f", "given", "options", "message"), REFUSED)
def test_refused(f: Function, given: Any, options: Any, message: str):
    made = gs.grad(f, "x", **{"target": "numpy", **options})
    generators = [rng()] * ("rng" in inspect.signature(f).parameters)
    with pytest.raises(gs.TranspileError, match=message):
        made(*given, *generators)


def test_counts_of_a_parameter_that_is_held_fixed():
    assert gs.grad(held, "x", target="numpy")(3.0, rng()) == rng().poisson(3.0)
    _, dot = gs.jvp(held, "x", target="numpy")(1.0, 3.0, rng())
    assert dot == rng().poisson(3.0)


def test_a_generator_has_no_derivative():
    with pytest.raises(TypeError, match="cannot differentiate with respect to rng"):
        gs.grad(negative, "rng", target="numpy")(1.0, 1.0, rng())


def annotated(x: float, rng: np.random.Generator) -> float:
    return x * rng.normal()


def test_types_of_generators():
    for types in ("", "x: f64, rng: Generator"):
        source = gs.grad(annotated, target="numpy", types=types).source
        assert "z = rng.standard_normal()" in source


def test_a_sparse_jacobian_is_refused():
    with pytest.raises(gs.TranspileError, match="draw them before, and pass them"):
        gs.sparse_jacobian(rows, "x", target="numpy")(X[:2], rng())
