"""Operations over shapes and layouts that hypothesis draws, to second order.

Forward mode against reverse mode in one number, both against differences; a Hessian
times a vector against differences of gradients. Arrays are 0-d, empty, of length one
along some axes, parts of larger ones, in Fortran order, and run backwards.
"""

from __future__ import annotations

import linecache
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
import scipy.special
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

Function = Callable[..., Any]

UNARY = """
    np.exp(x) | np.log(x) | np.sqrt(x) | np.sin(x) | np.tanh(x) | np.arcsin(x) | abs(x)
    np.square(x) | np.reciprocal(x) | np.expm1(x) | np.log1p(x) | np.cbrt(x) | x**2.5
    x**3 | 2.0**x | np.sinc(x) | np.clip(x, 0.4, 0.8) | np.where(x > 0.5, x, x * x)
    np.maximum(x, 0.5) | -x | 1.0 / x | scipy.special.erf(x) | scipy.special.j0(x)
    np.nan_to_num(x) | x.copy() | np.logaddexp(0.0, x) | np.positive(x) - np.sign(x)
    """
BINARY = """
    x + y | x - y | x * y | x / y | x**y | np.arctan2(x, y) | np.hypot(x, y)
    np.logaddexp(x, y) | np.maximum(x, y) | np.minimum(x, y) | np.copysign(x, y)
    np.where(x > y, x, y * y) | np.where(y > 0.5, x, 1.0) | np.clip(x, y, 0.8)
    scipy.special.xlogy(x, y) | scipy.special.beta(x, y) | np.fmax(x, y) | x * x - y * x
    """
REDUCED = """
    sum mean prod max min var std median ptp average cumsum cumprod logsumexp norm
    nansum nanmax quantile any_sum
    """
SHAPED = """
    x.T | np.ravel(x) | x.reshape(-1) | x[...] | x[None] | x[..., None] | np.copy(x)
    np.stack((x, 2.0 * x)) | np.stack((x, x), axis=-1) | np.squeeze(x) | x.flatten()
    np.broadcast_to(x, (2, *x.shape)) | np.tile(x, 2) | np.array([x, x])
    x.reshape(x.shape) | np.expand_dims(x, 0) | np.zeros_like(x) + x | np.ones_like(x)
    np.atleast_1d(x) | np.atleast_2d(x) | np.atleast_3d(x) | np.ravel(x) ** 2
    np.meshgrid(x.ravel(), x.ravel())[0]
    """
ALONG = """
    np.flip(x, {a}) | np.roll(x, 1, {a}) | np.concatenate((x, x * x), axis={a})
    np.moveaxis(x, {a}, 0) | np.swapaxes(x, {a}, -1) | np.repeat(x, 2, axis={a})
    np.diff(x, axis={a}) | np.sort(x, axis={a}) | np.take(x, [0, -1], axis={a})
    np.rollaxis(x, {a}) | np.delete(x, 0, axis={a}) | np.gradient(x, axis={a})
    np.append(x, x, axis={a}) | np.expand_dims(x, {a}) | np.trapezoid(x, axis={a})
    np.array_split(x, 2, axis={a})[0] | np.pad(x, 1) | np.pad(x, 1, mode="edge")
    """
MATRICES = """
    np.triu(x) | np.tril(x, -1) | np.diagonal(x) | np.trace(x) | np.rot90(x)
    np.fliplr(x) | np.flipud(x) | np.hstack((x, x)) | np.vstack((x, x)) | x[:, ::-1]
    x[1:] - x[:-1] | x[:, 0] | x[-1] | x[::2, ::-1] | x @ x.swapaxes(-1, -2)
    np.einsum("i...,j...->ij...", x, x)
    """


def written(text: str) -> list[str]:
    """Return the expressions that stands in one of the lists above."""
    return [
        each.strip() for line in text.strip().split("\n") for each in line.split("|")
    ]


SPECIAL = {
    "logsumexp": "scipy.special.logsumexp(x, axis={a}, keepdims={k})",
    "norm": "np.linalg.norm(x, axis={a}, keepdims={k})",
    "average": "np.average(x, axis={a}, keepdims={k})",
    "quantile": "np.quantile(x, 0.3, axis={a}, keepdims={k})",
    "cumsum": "np.cumsum(x, {a})",
    "cumprod": "np.cumprod(x, {a})",
    "any_sum": "np.sum(x, axis={a}, keepdims={k}, where=x > 0.5)",
}


# What is left out of empty axes: means of nothing, and what SciPy makes of nothing.
UNLESS_EMPTY = {"average", "median", "var", "std", "logsumexp", "quantile"}


@cache
def made(expression: str, names: str, outer: str = "{}") -> Function:
    """Return a function of an expression, with a source that can be found."""
    text = f"def f({names}):\n    return {outer.format(expression)}\n"
    file = f"<{expression} in {outer}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    space: dict[str, Any] = {"np": np, "scipy": scipy}
    exec(compile(text, file, "exec"), space)
    function: Function = space["f"]
    return function


@dataclass(frozen=True)
class Drawn:
    """An expression and its arguments."""

    expression: str
    arguments: tuple[Any, ...]

    def __repr__(self) -> str:
        kinds = [
            f"{np.shape(a)} strides {np.asarray(a).strides}" for a in self.arguments
        ]
        return f"{self.expression} of {', '.join(kinds)}"


LAYOUTS = ["C", "F", "part", "backwards", "number"]


def laid_out(numbers: Any, layout: str) -> Any:
    """Return an array in another place: its numbers stay."""
    if layout == "F":
        return np.asfortranarray(numbers)
    if layout == "part":
        wide = np.full([2 * n + 1 for n in numbers.shape], np.nan)
        part = wide[(*(slice(1, None, 2) for _ in numbers.shape), ...)]
        part[...] = numbers
        return part
    if layout == "backwards":
        turned = tuple(slice(None, None, -1) for _ in numbers.shape)
        return np.ascontiguousarray(numbers[turned]).reshape(numbers.shape)[turned]
    return numbers[()] if layout == "number" else numbers


@st.composite
def arrays(draw: st.DrawFn, shape: tuple[int, ...], seed: int) -> Any:
    """Return an array of that shape; no two of its numbers are near each other."""
    size = int(np.prod(shape))
    rng = np.random.default_rng((seed, size))
    numbers = 0.31 + 0.013 * seed + 0.6 * (rng.permutation(size) + 0.5) / max(size, 1)
    return laid_out(numbers.reshape(shape), draw(st.sampled_from(LAYOUTS)))


def shapes(least: int = 0) -> st.SearchStrategy[tuple[int, ...]]:
    sides = st.sampled_from([0, 1, 1, 2, 3])
    return st.lists(sides, min_size=least, max_size=3).map(tuple)


@st.composite
def elementwise(draw: st.DrawFn) -> Drawn:
    if draw(st.booleans()):
        expression = draw(st.sampled_from(written(UNARY)))
        return Drawn(expression, (draw(arrays(draw(shapes()), 1)),))
    expression = draw(st.sampled_from(written(BINARY)))
    pair = mutually_broadcastable_shapes(
        num_shapes=2, max_dims=3, max_side=3, min_side=0
    )
    found = draw(pair).input_shapes
    return Drawn(expression, tuple(draw(arrays(s, k)) for k, s in enumerate(found)))


@st.composite
def reductions(draw: st.DrawFn) -> Drawn:
    shape = draw(shapes())
    names = set(REDUCED.split())
    names -= UNLESS_EMPTY if 0 in shape else set()
    names -= set() if shape else {"median", "quantile", "logsumexp"}
    name = draw(st.sampled_from(sorted(names)))
    axes: list[Any] = [None, *range(-len(shape), len(shape))]
    if len(shape) > 1 and name not in ("cumsum", "cumprod"):
        axes += [(0, -1), (1, 0)]
    axis, keep = draw(st.sampled_from(axes)), draw(st.booleans())
    template = SPECIAL.get(name, f"np.{name}(x, axis={{a}}, keepdims={{k}})")
    return Drawn(template.format(a=axis, k=keep), (draw(arrays(shape, 2)),))


@st.composite
def moves(draw: st.DrawFn) -> Drawn:
    kind = draw(st.sampled_from([SHAPED, ALONG, MATRICES]))
    shape = draw(shapes([SHAPED, ALONG, MATRICES].index(kind)))
    expression = draw(st.sampled_from(written(kind)))
    if kind is ALONG:
        axis = draw(st.integers(-len(shape), len(shape) - 1))
        expression = expression.format(a=axis)
    return Drawn(expression, (draw(arrays(shape, 3)),))


# ---- the checks ----

RAISED = (ValueError, IndexError, TypeError, ZeroDivisionError)


def check(drawn: Drawn) -> None:
    """Check both modes to second order; what NumPy refuses is refused."""
    names = "xy"[: len(drawn.arguments)]
    wrt = bare(tuple(names))
    function = made(drawn.expression, ", ".join(names))
    loss = made(drawn.expression, ", ".join(names), "np.sum(np.sin({}))")
    args = drawn.arguments
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        try:
            value = np.asarray(function(*args))
        except RAISED:
            with pytest.raises((*RAISED, gs.TranspileError)):
                gs.jvp(function, wrt=wrt, target="numpy")(bare(args), *args)
            return
        if not np.all(np.isfinite(value)):
            return
        try:
            first_order(function, wrt, args, value)
            second_order(loss, wrt, args)
        except (ValueError, IndexError):  # of nothing: an axis too short for a part
            assert not value.size


def directions(args: Sequence[Any], seed: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    return tuple(rng.standard_normal(np.shape(a))[()] for a in args)


def paired(one: Sequence[Any], other: Sequence[Any]) -> float:
    """Return the scalar product."""
    return float(sum(np.sum(a * b) for a, b in zip(one, other, strict=True)))


def moved(args: Sequence[Any], by: float, way: Sequence[Any]) -> list[Any]:
    return [a + by * v for a, v in zip(args, way, strict=True)]


def bare(values: Sequence[Any]) -> Any:
    return values if len(values) > 1 else values[0]


def together(values: Any, count: int) -> tuple[Any, ...]:
    return tuple(values) if count > 1 else (values,)


def first_order(
    function: Function, wrt: str | tuple[str, ...], args: tuple[Any, ...], value: Any
) -> None:
    way = directions(args, 1)
    (bar,) = directions([value], 2)
    got, tangent = gs.jvp(function, wrt=wrt, target="numpy")(bare(way), *args)
    np.testing.assert_allclose(got, value, rtol=1e-13)
    assert np.shape(tangent) == value.shape
    pulled = together(gs.vjp(function, wrt=wrt, target="numpy")(bar, *args), len(args))
    assert [np.shape(p) for p in pulled] == [np.shape(a) for a in args]
    assert paired([bar], [tangent]) == pytest.approx(
        paired(pulled, way), rel=1e-10, abs=1e-10
    )
    ahead, behind = (np.asarray(function(*moved(args, s, way))) for s in (STEP, -STEP))
    np.testing.assert_allclose(
        tangent, (ahead - behind) / (2 * STEP), rtol=2e-6, atol=2e-6
    )


STEP = 1e-5


def second_order(
    loss: Function, wrt: str | tuple[str, ...], args: tuple[Any, ...]
) -> None:
    way, other = directions(args, 3), directions(args, 4)
    slope = gs.grad(loss, wrt=wrt, target="numpy")
    ahead, behind = (
        together(slope(*moved(args, s, way)), len(args)) for s in (STEP, -STEP)
    )
    push = gs.hvp(loss, wrt=wrt, target="numpy")
    product = together(push(args[0], bare(way), *args[1:]), len(args))
    for found, plus, minus in zip(product, ahead, behind, strict=True):
        expected = (plus - minus) / (2 * STEP)
        scale = np.max(np.abs(expected), initial=1.0)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * scale)
    across = together(push(args[0], bare(other), *args[1:]), len(args))
    assert paired(product, other) == pytest.approx(
        paired(across, way), rel=1e-8, abs=1e-8
    )


FAMILIES = {"elementwise": elementwise, "reductions": reductions, "moves": moves}


def run(family: str, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(FAMILIES[family]())
    def each(drawn: Drawn) -> None:
        check(drawn)

    each()


@pytest.mark.parametrize("family", FAMILIES)
def test_shapes(family: str) -> None:
    run(family, 75)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_more_shapes(family: str) -> None:
    run(family, 2000)


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_a_covariance_of_too_few(target: str) -> None:
    """NumPy divides by zero, never by a negative number of degrees of freedom."""

    def spread(x: Any) -> Any:
        return 2.0 * np.cov(x, ddof=2)

    with np.errstate(all="ignore"):
        for count in (0, 1, 2, 4):
            x = np.arange(count) ** 2.0
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected = spread(x)
            value, slope = gs.value_and_grad(spread, target=target)(x)
            np.testing.assert_allclose(value, expected)
            assert slope.shape == x.shape
