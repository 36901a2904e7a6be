"""Derivatives against central differences."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .derivative import Derivative

Maker = Callable[..., Derivative[..., Any]]
# Of larger arrays, so many elements are compared.
MOST_ELEMENTS = 48


def check_against_differences(
    f: Callable[..., Any],
    args: Sequence[Any],
    wrt: tuple[str, ...],
    vjp: Maker,
    grad: Maker,
    options: Mapping[str, Any],
) -> None:
    """Raise AssertionError where a derivative differs from central differences.

    What ``f`` returns and writes is weighted by a random cotangent.
    """
    bound = inspect.signature(f).bind(*args)
    bound.apply_defaults()
    names, values = list(bound.arguments), list(bound.arguments.values())
    product = vjp(f, wrt=wrt, **options)
    written = [names.index(name) for name in product.written_by(names, values)]

    def outputs(arguments: Sequence[Any]) -> Any:
        given = list(map(_copied, arguments))
        return _outputs(f(*given), [given[k] for k in written])

    out = outputs(values)
    random = np.random.default_rng(0)
    if not isinstance(out, tuple) and np.ndim(out) == 0:
        seed: Any = 1.0
        found = grad(f, wrt=wrt, **options)(*values)
    else:
        seed = _seed(out, random)
        found = product(seed, *values)

    def weighted(arguments: Sequence[Any]) -> float:
        return _weighted(outputs(arguments), seed)

    for name, slope in zip(wrt, found, strict=True):
        _check_parameter(weighted, values, names.index(name), name, slope, random)


def _outputs(out: Any, written: Sequence[Any]) -> Any:
    """Return what a function returned and then what it wrote, bare if it is one."""
    if not written:
        return out
    returned = () if out is None else out if isinstance(out, tuple) else (out,)
    every = (*returned, *written)
    return every if len(every) > 1 else every[0]


def _seed(out: Any, random: np.random.Generator) -> Any:
    """Return a random cotangent of the structure of an output."""
    if isinstance(out, tuple):
        return tuple(_seed(part, random) for part in out)
    shape, dtype = np.shape(out), np.asarray(out).dtype
    return random.standard_normal(shape).astype(dtype)[()]


def _weighted(out: Any, seed: Any) -> float:
    if isinstance(out, tuple):
        return sum(_weighted(part, s) for part, s in zip(out, seed, strict=True))
    return float(np.sum(np.asarray(out, dtype=np.float64) * seed))


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def _check_parameter(
    f: Callable[[Sequence[Any]], float],
    values: Sequence[Any],
    position: int,
    name: str,
    slope: Any,
    random: np.random.Generator,
) -> None:
    value = np.array(values[position])
    if value.dtype.kind != "f":
        value = value.astype(np.float64)
    if np.shape(slope) != value.shape:
        raise AssertionError(
            f"{name}: the gradient has shape {np.shape(slope)}, not {value.shape}"
        )
    places = list(np.ndindex(value.shape))
    if len(places) > MOST_ELEMENTS:
        chosen = random.choice(len(places), MOST_ELEMENTS, replace=False)
        places = [places[k] for k in sorted(chosen)]
    precision = np.finfo(value.dtype).eps
    for place in places:
        expected, noise = _difference(f, values, position, value, place)
        got = float(np.asarray(slope)[place])
        allowed = 20 * precision ** (2 / 3) * (1 + abs(expected)) + noise
        if not abs(got - expected) <= allowed:
            where = f"[{', '.join(map(str, place))}]" if place else ""
            raise AssertionError(
                f"d/d{name}{where}: the derivative is {got!r},"
                f" central differences give {expected!r}"
            )


def _difference(
    f: Callable[[Sequence[Any]], float],
    values: Sequence[Any],
    position: int,
    value: np.ndarray,
    place: tuple[int, ...],
) -> tuple[float, float]:
    """Return a central difference of fourth order, and the size of its rounding."""
    precision = np.finfo(value.dtype).eps
    step = float(precision ** (1 / 4) * max(1.0, abs(float(value[place]))))

    def at(shift: float) -> float:
        moved = value.copy()
        moved[place] += shift
        arguments = list(values)
        arguments[position] = moved if moved.ndim else moved.dtype.type(moved)
        return f(arguments)

    near, far = (at(step) - at(-step)), (at(2 * step) - at(-2 * step))
    noise = 8 * precision * abs(at(0.0)) / step
    return float((8 * near - far) / (12 * step)), float(noise)
