"""The target for GPUs, on the host: kernels run under a shim, thread by thread.

``pytest tests/test_gpu.py -m "slow or not slow"`` runs the whole corpus.
"""

from __future__ import annotations

import re
import shutil
from types import ModuleType
from typing import Any

import gradscribe as gs
import harness
import numpy as np
import pytest
from corpus import Case, load
from gradscribe.transpile.errors import TranspileError
from reference import cotangents

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="no g++")
# What files for GPUs have no words for yet: (the beginning of) what is said.
REFUSED = re.compile(
    r"C has no spelling for (.* on a GPU|.* on the device|[\w.]+\.shape"
    r"|memory asked for where the device decides"
    r"|np\.\w+|scipy\.special\.\w+|print|\.newaxis|transpose with axes"
    r"|an array as operand"
    r"|expm1 of a complex|a variable of type none|an array made inside|\.shape"
    r"|such an index|isnan|.*, which is of one kind here)"
)


# Each has a file to compile.
SAMPLE = harness.few(load(), 48)


def text_of(case: Case) -> tuple[str, str, list[Any], Any]:
    """Return the file for a GPU, the function's name, arguments, what it gives."""
    args = case.arguments("float64")
    wrt = harness._wrt(case)
    if harness.is_scalar(case, args):
        derivative = gs.value_and_grad(case.function, wrt=wrt, target="numpy")
        leading: tuple[Any, ...] = ()
    else:
        derivative = gs.vjp(case.function, wrt=wrt, target="numpy")
        leading = (harness.structured(case, args, cotangents(case, args)),)
    with np.errstate(all="ignore"):
        expected = derivative(*leading, *args)
    kinds = derivative._only_kinds("source")
    try:
        text = derivative.transform.source(kinds, "gpu")
    except TranspileError as error:
        if not REFUSED.match(str(error)):
            raise
        pytest.skip(str(error).partition("\n")[0])
    (made,) = derivative._made.values()
    hidden = [read() for read in made._hidden.values()]
    return text, derivative.transform.name, [*flat(leading), *args, *hidden], expected


def flat(found: Any) -> list[Any]:
    if isinstance(found, (tuple, list)):
        return [part for each in found for part in flat(each)]
    return [found]


def given(value: Any, cupy: ModuleType) -> Any:
    """Return an argument as a GPU takes it."""
    if isinstance(value, np.ndarray) and value.ndim:
        return cupy.asarray(value)
    kind = np.asarray(value).dtype.kind
    return {"f": float, "i": int, "u": int, "b": bool, "c": complex}.get(
        kind, lambda v: v
    )(value)


def check(case: Case, cupy: ModuleType) -> None:
    text, name, args, expected = text_of(case)
    if any(a is None or isinstance(a, (str, dict, list)) for a in args):
        pytest.skip("an argument that is no array or number")
    namespace: dict[str, Any] = {}
    exec(compile(text, case.name, "exec"), namespace)
    found = namespace[name](*(given(value, cupy) for value in args))
    for one, wanted in zip(flat(found), flat(expected), strict=True):
        np.testing.assert_allclose(one.get(), wanted, rtol=1e-8, atol=1e-10)
        assert one.dtype == np.asarray(wanted).dtype


@needs_compiler
@pytest.mark.parametrize("case", SAMPLE, ids=lambda c: c.name)
def test_kernels_under_the_shim(case: Case, shim: ModuleType):
    check(case, shim)
