"""Loops as C: each case of the corpus gives the numbers that its text gives Python."""

from __future__ import annotations

import ctypes
import os
import re
import shlex
import shutil
import subprocess
from typing import Any

import gradscribe as gs
import harness
import numpy as np
import pytest
from corpus import Case, load
from gradscribe.runtime.toolchain import FLAGS
from gradscribe.transpile.emit.c.kinds import Array, number
from gradscribe.transpile.emit.c.unit import File, Text, Unit
from gradscribe.transpile.errors import TranspileError
from reference import cotangents

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
# Quick to compile: what is vectorised is for the benchmarks.
QUICK = [flag for flag in FLAGS if flag != "-O3"] + ["-O1", "-DNO_CLONES", "-w"]
# Such as -fsanitize=address, with libasan in LD_PRELOAD.
QUICK += shlex.split(os.environ.get("CFLAGS", ""))
WEAK = {"weak_float": "float64", "weak_int": "int64", "weak_complex": "complex128"}
# What C has no words for: (the beginning of) what is said.
REFUSED = re.compile(
    r"C has no spelling for (np\.linalg\.\w+|np\.arange|np\.sum|np\.lcm"
    r"|scipy\.special\.\w+"
    r"|print|\.newaxis|transpose with axes|expm1 of a complex|a variable of type none"
    r"|an array as operand|an array made inside a condition|\.shape)"
)


@pytest.mark.parametrize("case", harness.few(load(), 16), ids=lambda c: c.name)
def test_c_gives_what_the_text_gives(case: Case, tmp_path: Any):
    generated, values = _generated(case)
    kinds = [_kind(p, v) for p, v in zip(generated.parameters, values, strict=True)]
    if any(k.dtype.startswith("complex") and not isinstance(k, Array) for k in kinds):
        pytest.skip("ctypes passes no complex numbers")
    try:
        file = _file(generated, kinds)
    except TranspileError as error:
        if not REFUSED.match(str(error)):
            raise
        pytest.skip(str(error).partition("\n")[0])
    library = _compiled(file, tmp_path)
    namespace: dict[str, Any] = {}
    exec(compile(generated.text, case.name, "exec"), namespace)  # noqa: S102
    copies = [np.copy(v) if isinstance(v, np.ndarray) else v for v in values]
    with np.errstate(all="ignore"):
        expected = list(_flat(namespace[generated.name](*copies)))
    results = _call(library, file, values, kinds, expected)
    for found, wanted in zip(results, expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-11)


def _generated(case: Case) -> tuple[Any, list[Any]]:
    args = case.arguments("float64")
    if harness.is_scalar(case, args):
        derivative = gs.value_and_grad(case.function, wrt=harness._wrt(case))
        leading: tuple[Any, ...] = ()
    else:
        derivative = gs.vjp(case.function, wrt=harness._wrt(case))
        leading = (harness.structured(case, args, cotangents(case, args)),)
    made, leaves = derivative.prepared((*leading, *args), {})
    values = made._values(list(leading), leaves)
    packed = [
        np.ascontiguousarray(v) if isinstance(v, np.ndarray) and v.ndim else v
        for v in values
    ]
    return made._generated, packed


def _kind(parameter: Any, value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.ndim:
        return Array(value.dtype.name, value.ndim)
    return number(WEAK.get(parameter.dtype, parameter.dtype))


def _file(generated: Any, kinds: list[Any]) -> File:
    unit = Unit()
    name = generated.name
    leave = {what: frozenset(names) for what, names in generated.leave.items()}
    unit.add(Text(name, generated.text, name, tuple(kinds), **leave))
    return unit.file("made")


def _compiled(file: File, folder: Any) -> ctypes.CDLL:
    (folder / "made.c").write_text(file.text)
    (folder / "made.h").write_text(file.header)
    command = ["cc", *QUICK, "made.c", "-o", "made.so", "-lm"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return ctypes.CDLL(str(folder / "made.so"))


NUMBERS = {
    "float64": ctypes.c_double,
    "float32": ctypes.c_float,
    "int64": ctypes.c_int64,
    "bool": ctypes.c_bool,
}


def _call(
    library: ctypes.CDLL, file: File, values: Any, kinds: Any, expected: list[Any]
) -> list[np.ndarray[Any, Any]]:
    (entry,) = file.entries
    given: list[Any] = []
    for value, kind in zip(values, kinds, strict=True):
        if isinstance(kind, Array):
            given.append(ctypes.c_void_p(value.ctypes.data))
            given += map(ctypes.c_int64, value.shape)
        else:
            given.append(NUMBERS[kind.dtype](value))
    results = [
        np.full(np.shape(x), 7, r.kind.dtype)
        for x, r in zip(expected, entry.results, strict=True)
    ]
    given += [ctypes.c_void_p(r.ctypes.data) for r in results]
    status = getattr(library, entry.name)(*given, None)
    assert status == 0, file.messages[status - 1]
    return results


def _flat(found: Any) -> Any:
    if isinstance(found, tuple):
        for part in found:
            yield from _flat(part)
    else:
        yield found
