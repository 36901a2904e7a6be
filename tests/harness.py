"""Check one case of the corpus: values, gradients, types, shapes and memory."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from contextlib import (
    AbstractContextManager,
    chdir,
    redirect_stderr,
    redirect_stdout,
)
from pathlib import Path
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from corpus import Case
from gradscribe.cli import main
from reference import cotangents, outputs, reference

Gradients = list[Any]
DOUBLE: dict[Any, Any] = {
    np.dtype("float32"): np.float64,
    np.dtype("complex64"): np.complex128,
}


def some(cases: Sequence[Case]) -> list[Any]:
    """The core and a fixed twenty-fourth of the cases; the others are marked slow.

    The core and half of the others are compiled: Numba takes seconds a case.
    """
    compiled = {case.name for case in cases if case.core or case.digest % 48 == 0}
    return [
        pytest.param(each, marks=pytest.mark.compiled)
        if isinstance(each, Case) and each.name in compiled
        else each
        for each in few(cases, 24, lambda case: case.core)
    ]


def few(
    cases: Sequence[Case], one_in: int, always: Callable[[Case], bool] | None = None
) -> list[Any]:
    """A fixed part of the cases, without heavy ones; the others are marked slow."""

    def kept(case: Case) -> bool:
        chosen = case.digest % one_in == 0 and not case.heavy
        return chosen or (always is not None and always(case))

    slow = pytest.mark.slow
    return [case if kept(case) else pytest.param(case, marks=slow) for case in cases]


def one_compiled(cases: Sequence[Any]) -> list[Any]:
    """Mark the first of some cases as one that Numba compiles; see conftest.py."""
    first, *others = cases
    values = first if isinstance(first, tuple) else (first,)
    return [pytest.param(*values, marks=pytest.mark.compiled), *others]


def command(folder: Path, *words: str) -> str:
    """Run gradscribe's command line in a folder; return what it prints."""
    out = io.StringIO()
    with chdir(folder), redirect_stdout(out), redirect_stderr(out):
        main(list(words))
    return out.getvalue()


def check(case: Case, target: str, dtype: str = "float64") -> None:
    """Check the derivative of a case against its reference, called twice."""
    with np.errstate(all="ignore"):
        _check(case, target, dtype)


def _check(case: Case, target: str, dtype: str) -> None:
    args = case.arguments(dtype)
    before = [np.copy(each) for each in args]
    scalar = is_scalar(case, args)
    seeds = [1.0] if scalar else cotangents(case, args)
    drawn = [np.copy(each) for each in seeds]
    call = _value_and_grad(case, target) if scalar else _vjp(case, args, seeds, target)
    with _strictness(case, args):
        value, gradients = call(*args)
        _, again = call(*args)
    for name, old, new in zip(case.parameters, before, args, strict=False):
        np.testing.assert_array_equal(old, new, err_msg=f"{name} was changed")
    for old, new in zip(drawn, seeds, strict=True):
        np.testing.assert_array_equal(old, new, err_msg="a cotangent was changed")
    _check_value(case, args, value)
    _check_memory(case, args, gradients, again)
    _check_numbers(case, args, seeds, gradients)


def _value_and_grad(case: Case, target: str) -> Callable[..., tuple[Any, Gradients]]:
    derivative = gs.value_and_grad(case.function, wrt=_wrt(case), target=target)

    def call(*args: Any) -> tuple[Any, Gradients]:
        value, gradient = derivative(*args)
        return value, _as_list(case, gradient)

    return call


def _vjp(
    case: Case, args: tuple[Any, ...], seeds: list[Any], target: str
) -> Callable[..., tuple[Any, Gradients]]:
    derivative = gs.vjp(case.function, wrt=_wrt(case), target=target)
    seed = structured(case, args, seeds)
    return lambda *args: (None, _as_list(case, derivative(seed, *args)))


def _wrt(case: Case) -> str | tuple[str, ...]:
    return case.wrt if len(case.wrt) > 1 else case.wrt[0]


def _as_list(case: Case, gradient: Any) -> Gradients:
    return list(gradient) if len(case.wrt) > 1 else [gradient]


def is_scalar(case: Case, args: tuple[Any, ...]) -> bool:
    results = outputs(case, args)
    one = not case.writes and len(results) == 1 and np.shape(results[0]) == ()
    return one and not np.iscomplexobj(results[0])


def structured(case: Case, args: tuple[Any, ...], seeds: list[Any]) -> Any:
    """The seeds as `gs.vjp` takes them: what is returned, then writes; bare if one."""
    typed = tuple(
        np.asarray(seed, dtype=np.asarray(out).dtype) if np.shape(out) else seed
        for seed, out in zip(seeds, outputs(case, args), strict=True)
    )
    count = len(typed) - len(case.writes)
    if count > 1 and case.writes:
        typed = (typed[:count], *typed[count:])
    return typed[0] if len(typed) == 1 else typed


def _strictness(case: Case, args: tuple[Any, ...]) -> AbstractContextManager[None]:
    """Floating point errors raise where the function itself has none."""
    try:
        with np.errstate(all="raise", under="ignore"):
            outputs(case, args)
    except FloatingPointError:
        return np.errstate(all="ignore")
    return np.errstate(all="raise", under="ignore")


def _check_value(case: Case, args: tuple[Any, ...], value: Any) -> None:
    if value is None:
        return
    (expected,) = outputs(case, args)
    assert np.ndim(value) == 0
    if not _has_number(case, args):
        assert np.asarray(value).dtype == np.asarray(expected).dtype
    if np.isfinite(expected):
        single = is_single(args)
        tolerance = 2e-5 if single else 1e-12
        np.testing.assert_allclose(value, expected, rtol=tolerance, atol=tolerance)


def is_single(args: Sequence[Any]) -> bool:
    """Whether an array is of single precision."""
    return any(getattr(a, "dtype", None) in DOUBLE for a in args)


def as_double(value: Any) -> Any:
    """An array of single precision in double precision."""
    dtype = DOUBLE.get(getattr(value, "dtype", None))
    return value if dtype is None else value.astype(dtype)


def _has_number(case: Case, args: tuple[Any, ...]) -> bool:
    """Whether ``wrt`` has a Python number, which is a double and not weak."""
    return any(
        isinstance(arg, (float, complex))
        for name, arg in zip(case.parameters, args, strict=False)
        if name in case.wrt
    )


def _check_memory(
    case: Case, args: tuple[Any, ...], gradients: Gradients, again: Gradients
) -> None:
    others = [each for each in (*args, *again) if isinstance(each, np.ndarray)]
    for position, (name, gradient) in enumerate(zip(case.wrt, gradients, strict=True)):
        arg = args[case.parameters.index(name)]
        np.testing.assert_array_equal(gradient, again[position])
        if not isinstance(arg, np.ndarray):
            kind = complex if isinstance(arg, complex) else float
            assert isinstance(gradient, kind), type(gradient)
            continue
        assert isinstance(gradient, np.ndarray), type(gradient)
        assert gradient.shape == arg.shape, name
        assert gradient.dtype == arg.dtype, name
        assert gradient.flags.writeable and gradient.flags.c_contiguous, name
        rest = [g for k, g in enumerate(gradients) if k != position]
        for other in others + [g for g in rest if isinstance(g, np.ndarray)]:
            assert not np.shares_memory(gradient, other), name


def _check_numbers(
    case: Case, args: tuple[Any, ...], seeds: list[Any], gradients: Gradients
) -> None:
    if case.check is not None:
        case.check(args, gradients)
        return
    single = is_single(args)
    doubles = tuple(map(as_double, args))
    rtol, atol = (1e-10, 1e-11) if case.analytic else (1e-6, 1e-7)
    if single:
        rtol, atol = 3e-4, 1e-4
    expected = reference(case, doubles, seeds)
    for name, gradient, e in zip(case.wrt, gradients, expected, strict=True):
        scale = case.loose * max(1.0, np.max(np.abs(e), initial=0.0))
        np.testing.assert_allclose(
            gradient, e, rtol=case.loose * rtol, atol=atol * scale, err_msg=name
        )
