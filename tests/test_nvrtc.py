"""The target for GPUs: kernels through NVIDIA's compiler, and on a GPU if there is one.

What needs CuPy, NVRTC or a GPU is skipped, and said so, where there is none. On a
machine with one: ``pytest tests/test_nvrtc.py -m "slow or not slow"`` runs all.
"""

from __future__ import annotations

import ast
import importlib
import operator
from typing import Any

import pytest
from corpus import Case
from test_gpu import SAMPLE, check, text_of

ARCHITECTURES = ("sm_80", "sm_90", "sm_100")
# What CuPy tells the compiler beside what it is told.
CUPYS = ("--device-as-default-execution-space", "-ftz=true")


# ---- the compiler of CUDA ----


def compiler() -> Any:
    cupy = pytest.importorskip("cupy")
    nvrtc = cupy.cuda.nvrtc
    try:
        nvrtc.getVersion()
    except Exception:
        pytest.skip("NVRTC is not installed (nvidia-cuda-nvrtc)")
    return nvrtc


def compile_for(code: str, architecture: str) -> bytes:
    nvrtc = compiler()
    program = nvrtc.createProgram(code, "made.cu", [], [])
    options = [f"-arch={architecture}", "--std=c++17", *CUPYS]
    try:
        nvrtc.compileProgram(program, options)
    except nvrtc.NVRTCError:
        pytest.fail(nvrtc.getProgramLog(program))
    made: bytes = nvrtc.getCUBIN(program)
    return made


def code_of(text: str) -> str:
    return text.partition('_CODE = r"""')[2].partition('"""')[0]


@pytest.mark.parametrize("case", SAMPLE, ids=lambda c: c.name)
def test_kernels_compile(case: Case):
    compiler()
    text = text_of(case)[0]
    for architecture in ARCHITECTURES if case.core else ("sm_90",):
        assert compile_for(code_of(text), architecture)


@pytest.mark.parametrize("case", SAMPLE, ids=lambda c: c.name)
def test_cupy_has_what_the_host_calls(case: Case):
    packages = {
        "cp": pytest.importorskip("cupy"),
        "cupyx": importlib.import_module("cupyx"),
    }
    for node in ast.walk(ast.parse(text_of(case)[0])):
        if isinstance(node, ast.Attribute):
            first, *rest = ast.unparse(node).split(".")
            if first in packages and all(map(str.isidentifier, rest)):
                operator.attrgetter(".".join(rest))(packages[first])


# ---- a GPU ----


@pytest.mark.parametrize("case", SAMPLE, ids=lambda c: c.name)
def test_on_a_gpu(case: Case):
    cupy = pytest.importorskip("cupy")
    try:
        cupy.cuda.runtime.getDeviceCount()
    except Exception:
        pytest.skip("there is no GPU")
    check(case, cupy)
