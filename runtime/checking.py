"""Derivatives against central differences."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .arguments import RANDOM
from .derivative import Derivative
from .parts import Taker, form_of

Maker = Callable[..., Derivative[..., Any]]
# The arrays and numbers of all arguments, by their places.
Leaves = Mapping[str, Any]
# Of larger arrays, so many elements are compared.
MOST_ELEMENTS = 48
# Parts of the first step that are tried where it gives something else.
SHORTER = (1.0, 0.1, 1e-2, 1e-3, 1e-4)


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
    product = vjp(f, wrt=wrt, **options)
    bound = product.bound(args)
    written = product.written_by(bound.arguments)
    taker, plain = product.taker, product.plain

    def outputs(changed: Leaves) -> tuple[Any, list[Any]]:
        moved = {
            name: taker.rebuilt(name, value, lambda place, leaf: _moved(changed, place))
            for name, value in bound.arguments.items()
        }
        after = taker.leaves(moved)
        call = type(bound)(bound.signature, moved)
        return plain(*call.args, **call.kwargs), [after[place] for place in written]

    leaves = taker.leaves(bound.arguments)
    returned, after = outputs(leaves)
    random = np.random.default_rng(0)
    seeds = [
        taker.rebuilt("", part, lambda place, leaf: random_like(leaf, random))
        for part in (returned, *after)
    ]
    if not written and isinstance(returned, (float, np.floating)):
        seeds = [1.0]
        found = grad(f, wrt=wrt, **options)(*renewed(taker, args))
    else:
        given = [s for s in seeds if taker.leaves({"": s})]
        seed = given[0] if len(given) == 1 else tuple(given)
        found = product(seed, *renewed(taker, args))

    def weighted(changed: Leaves) -> float:
        returned, after = outputs(changed)
        pairs = zip((returned, *after), seeds, strict=True)
        both = ((taker.leaves({"": o}), taker.leaves({"": s})) for o, s in pairs)
        return sum(_weighted(out[k], seed[k]) for out, seed in both for k in seed)

    for place, slope in zip(wrt, found, strict=True):
        for inner, part in taker.leaves({place: slope}).items():
            _check_leaf(weighted, leaves, inner, part, random)


def inexact_places(function: Derivative[..., Any], args: Sequence[Any]) -> list[str]:
    """Return the parameters that hold floats only, and the float parts of others."""
    found: list[str] = []
    bound = function.bound(args).arguments
    shown = len(bound) - len(function.__signature__.parameters)
    for name, value in list(bound.items())[max(shown, 0) :]:
        inexact = {
            place: np.asarray(leaf).dtype.kind in "fc"
            for place, leaf in function.taker.leaves({name: value}).items()
        }
        whole = inexact and all(inexact.values()) and form_of(type(value)) != "object"
        found += [name] if whole else [place for place in inexact if inexact[place]]
    return found


def _moved(changed: Leaves, place: str) -> Any:
    return copied(changed[place])


def copied(leaf: Any) -> Any:
    """Return a copy of what a function may change: of an array, or of a generator.

    So every evaluation draws the same numbers.
    """
    if isinstance(leaf, RANDOM):
        return copy.deepcopy(leaf)
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def renewed(taker: Taker, args: Sequence[Any]) -> list[Any]:
    """Return arguments of which a call changes nothing."""
    return [taker.rebuilt("", arg, lambda _, leaf: copied(leaf)) for arg in args]


def random_like(out: Any, random: np.random.Generator) -> Any:
    """Return random numbers of the shape and dtype of an array or a number."""
    dtype = np.asarray(out).dtype
    found = random.standard_normal(np.shape(out))
    if dtype.kind == "c":
        return (found + 1j * random.standard_normal(np.shape(out))).astype(dtype)[()]
    return np.asarray(found).astype(dtype)[()]


def _weighted(out: Any, seed: Any) -> float:
    kind = np.complex128 if np.iscomplexobj(out) else np.float64
    return float(np.real(np.sum(np.asarray(out, dtype=kind) * np.conj(seed))))


def _check_leaf(
    f: Callable[[Leaves], float],
    leaves: Leaves,
    place: str,
    slope: Any,
    random: np.random.Generator,
) -> None:
    value = np.array(leaves[place])
    if value.dtype.kind not in "fc":
        value = value.astype(np.float64)
    if np.shape(slope) != value.shape:
        raise AssertionError(
            f"{place}: the gradient has shape {np.shape(slope)}, not {value.shape}"
        )
    indices = list(np.ndindex(value.shape))
    if len(indices) > MOST_ELEMENTS:
        chosen = random.choice(len(indices), MOST_ELEMENTS, replace=False)
        indices = [indices[k] for k in sorted(chosen)]
    units = (1.0, 1j) if value.dtype.kind == "c" else (1.0,)
    for index in indices:
        for unit in units:
            part = np.asarray(slope)[index]
            got = float(np.real(part) if unit == 1.0 else np.imag(part))
            expected = _other(got, _differences(f, leaves, place, value, index, unit))
            if expected is not None:
                where = f"[{', '.join(map(str, index))}]" if index else ""
                raise AssertionError(
                    f"d/d{place}{where}: the derivative is {got!r},"
                    f" central differences give {expected!r}"
                )


def _other(got: float, differences: Iterator[tuple[float, float]]) -> float | None:
    """Return the first difference where a derivative agrees with none of them."""
    first = None
    for expected, allowed in differences:
        if abs(got - expected) <= allowed:
            return None
        first = expected if first is None else first
    return first


def _differences(
    f: Callable[[Leaves], float],
    leaves: Leaves,
    place: str,
    value: np.ndarray,
    index: tuple[int, ...],
    unit: complex,
) -> Iterator[tuple[float, float]]:
    """Give central differences of fourth order, and what they may be wrong by.

    The steps after the first are shorter, for what bends or ends near to ``value``.
    They count as far as rounding is small beside the difference.
    """
    precision = float(np.finfo(value.dtype).eps)

    def at(shift: float) -> float:
        moved = value.copy()
        moved[index] += shift * unit
        try:
            with np.errstate(all="ignore"):
                return f(
                    {**leaves, place: moved if moved.ndim else moved.dtype.type(moved)}
                )
        except (ArithmeticError, ValueError):
            return np.nan

    for shorter in SHORTER:
        step = float(precision ** (1 / 4) * max(1.0, abs(value[index]))) * shorter
        near, far = (at(step) - at(-step)), (at(2 * step) - at(-2 * step))
        noise = 8 * precision * abs(at(0.0)) / step
        expected = float((8 * near - far) / (12 * step))
        if shorter == 1.0 or noise <= 1e-3 * abs(expected):
            yield expected, 20 * precision ** (2 / 3) * (1 + abs(expected)) + noise
