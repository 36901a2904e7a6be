"""Forward mode, Jacobians and second derivatives of the corpus, each against another.

A product with a tangent and a product with a cotangent meet in one number; a Jacobian
times a tangent is the first; a Hessian times a vector is a difference of gradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradscribe as gs
import numpy as np
from corpus import Case
from harness import _as_list, _wrt, is_scalar, is_single, structured
from reference import cotangents, outputs

STEPS = (1e-3, 1e-4, 3e-5)


def tangents(case: Case, args: Sequence[Any]) -> list[Any]:
    """Return random tangents of what a case is differentiated by."""
    rng = np.random.default_rng(case.digest + 1)
    made = []
    for name in case.wrt:
        value = args[case.parameters.index(name)]
        dtype = np.asarray(value).dtype
        drawn = rng.standard_normal(np.shape(value))
        if dtype.kind == "c":
            drawn = drawn + 1j * rng.standard_normal(np.shape(value))
        made.append(np.asarray(drawn).astype(dtype)[()])
    return made


def bare(case: Case, given: Sequence[Any]) -> Any:
    return tuple(given) if len(case.wrt) > 1 else given[0]


def flat(value: Any) -> list[Any]:
    """Return the arrays and numbers of nested tuples."""
    if isinstance(value, (tuple, list)):
        return [leaf for part in value for leaf in flat(part)]
    return [value]


def paired(first: Sequence[Any], second: Sequence[Any]) -> tuple[float, float]:
    """Return the real scalar product, and the sum of its terms' magnitudes."""
    terms = [np.real(np.conj(a) * b) for a, b in zip(first, second, strict=True)]
    return sum(float(np.sum(t)) for t in terms), sum(
        float(np.sum(np.abs(t))) for t in terms
    )


def check_forward(case: Case, target: str, dtype: str = "float64") -> None:
    """Compare forward with reverse mode."""
    with np.errstate(all="ignore"):
        args = case.arguments(dtype)
        before = [np.copy(each) for each in args]
        push = tangents(case, args)
        value, dots = gs.jvp(case.function, wrt=_wrt(case), target=target)(
            bare(case, push), *args
        )
        for old, new in zip(before, args, strict=True):
            np.testing.assert_array_equal(old, new, err_msg="an argument was changed")
        _check_values(case, args, value)
        _check_pairing(case, args, push, flat(dots))


def _check_values(case: Case, args: tuple[Any, ...], value: Any) -> None:
    rtol = 2e-4 if is_single(args) else 1e-11
    for got, expected in zip(flat(value), outputs(case, args), strict=True):
        if not np.all(np.isfinite(expected)):
            continue  # the value is stabilised
        scale = np.max(np.abs(expected), initial=1.0)
        np.testing.assert_allclose(got, expected, rtol=rtol, atol=rtol * scale)


def _check_pairing(
    case: Case, args: tuple[Any, ...], push: list[Any], dots: list[Any]
) -> None:
    seeds = [1.0] if is_scalar(case, args) else cotangents(case, args)
    if is_scalar(case, args):
        slopes = _as_list(
            case, gs.grad(case.function, _wrt(case), target="numpy")(*args)
        )
    else:
        seed = structured(case, args, seeds)
        product = gs.vjp(case.function, wrt=_wrt(case), target="numpy")
        slopes = _as_list(case, product(seed, *args))
    for out, dot in zip(outputs(case, args), dots, strict=True):
        assert np.shape(out) == np.shape(dot)
    one, size = paired(seeds, dots)
    other, _ = paired(slopes, push)
    if np.isfinite(other) or np.isfinite(one):
        rtol = 1e-3 if is_single(args) else 1e-9
        assert abs(one - other) <= case.loose * rtol * (1 + size), (one, other)


def check_jacobian(case: Case, target: str, mode: str = "forward") -> None:
    """Compare a Jacobian times a tangent with the tangent of the result."""
    with np.errstate(all="ignore"):
        args = case.arguments()
        push = tangents(case, args)
        transform = gs.jacobian(case.function, _wrt(case), mode=mode, target=target)
        made = transform(*args)
        _, dots = gs.jvp(case.function, wrt=_wrt(case), target="numpy")(
            bare(case, push), *args
        )
        parts, count = flat(made), len(case.wrt)
        for k, dot in enumerate(flat(dots)):
            own = parts[k * count : (k + 1) * count]
            total: Any = 0.0
            size: Any = 0.0
            for part, by in zip(own, push, strict=True):
                assert np.shape(part) == np.shape(dot) + np.shape(by)
                axes = np.ndim(by)
                total = total + np.tensordot(part, by, axes)
                size = size + np.tensordot(np.abs(part), np.abs(by), axes)
            scale = 1e-9 * (1 + np.max(np.abs(size), initial=0.0))
            np.testing.assert_allclose(total, dot, rtol=1e-9, atol=scale)


def check_hvp(case: Case, target: str) -> None:
    """Compare a Hessian times a vector with a difference of gradients."""
    with np.errstate(all="ignore"):
        args = case.arguments()
        push = tangents(case, args)
        slope = gs.grad(case.function, wrt=_wrt(case), target="numpy")
        hvp = gs.hvp(case.function, wrt=_wrt(case), target=target)
        got = flat(hvp(args[0], bare(case, push), *args[1:]))
        errors = []
        for step in STEPS:
            ahead, behind = (
                flat(_as_list(case, slope(*_moved(case, args, push, side * step))))
                for side in (1, -1)
            )
            errors.append(
                max(
                    float(
                        np.max(np.abs(g - (a - b) / (2 * step)), initial=0.0)
                        / (1 + np.max(np.abs(g), initial=0.0))
                    )
                    for g, a, b in zip(got, ahead, behind, strict=True)
                )
            )
        assert min(errors) <= 1e-5 * case.loose, errors


def _moved(
    case: Case, args: tuple[Any, ...], push: Sequence[Any], by: float
) -> list[Any]:
    moved = list(args)
    for name, dot in zip(case.wrt, push, strict=True):
        place = case.parameters.index(name)
        moved[place] = moved[place] + by * dot
    return moved
