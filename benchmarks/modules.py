"""Compiled modules against Numba's code: every workload, in one process, by turns.

``python benchmarks/modules.py [NAME ...]`` builds each workload as a module in a
temporary folder, compares the numbers, and times both on the last size. Without names
it writes ``docs/benchmarks/modules.md``.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

for library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import gradscribe as gs  # noqa: E402
import numpy as np  # noqa: E402
from compare import wrong  # noqa: E402
from gradscribe.cli import jobs_of, parser  # noqa: E402
from gradscribe.runtime import toolchain  # noqa: E402
from gradscribe.transpile.errors import TranspileError  # noqa: E402
from gradscribe.transpile.standalone import Module, module_files  # noqa: E402

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "benchmarks" / "modules.md"
LEFT_OUT = {"__init__", "hand"}
SECONDS = 1.0
HEAD = """\
# Compiled modules against Numba

Gradients of the benchmark's workloads at their last size, by `python
benchmarks/modules.py`: the module that `gradscribe build` writes, and the same loops
compiled by Numba, called by turns in one process; the least of many calls, in
milliseconds, both with the checks of their arguments. {machine}, one thread.

| workload | size | Numba | module | Numba / module |
| --- | --- | ---: | ---: | ---: |
"""


@dataclass
class Row:
    """What was measured of a workload; ``said`` instead, if it cannot be built."""

    name: str
    size: str
    numba: float = 0.0
    module: float = 0.0
    said: str = ""

    def __str__(self) -> str:
        if self.said:
            return f"| {self.name} | {self.size} | | | {self.said} |"
        times = f"{self.numba * 1e3:.4g} | {self.module * 1e3:.4g}"
        ratio = self.numba / self.module
        return f"| {self.name} | {self.size} | {times} | {ratio:.2f} |"


def measured(name: str) -> Row:
    """Build a workload and time it."""
    workload: Any = importlib.import_module(f"workloads.{name}")
    size = list(workload.SIZES)[-1]
    args = workload.data(np.random.default_rng(0), **workload.SIZES[size])
    gradient = gs.grad(workload.primal, wrt=workload.WRT)
    expected = gradient(*args)
    try:
        function = built(name, workload, args)
    except TranspileError as error:
        return Row(name, size, said=str(error).partition("\n")[0])
    differs = wrong(function(*args), expected)
    if differs:
        return Row(name, size, said=differs)
    numba, module = alternating(gradient, function, args)
    return Row(name, size, numba, module)


def built(name: str, workload: Any, args: Sequence[Any]) -> Callable[..., Any]:
    """Return the function of a module that is built for such arguments."""
    wrt = workload.WRT
    names = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    types = types_of(workload.primal, args)
    spec = f"{HERE / 'workloads' / name}.py:{workload.primal.__name__}"
    words = ["build", spec, "--wrt", ",".join(names), "--types", types, "-o", "."]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        jobs = jobs_of(parser().parse_args(words))
        for file, text in module_files(Module(f"b_{name}", jobs), folder).items():
            (folder / file).write_text(text)
        target = folder / f"b_{name}.abi3.so"
        sources = [folder / f"b_{name}.c", folder / f"b_{name}_python.c"]
        toolchain.build(toolchain.require(), sources, target)
        loader = ExtensionFileLoader(f"b_{name}", str(target))
        found = spec_from_loader(f"b_{name}", loader)
        assert found is not None
        module = module_from_spec(found)
        loader.exec_module(module)
    return getattr(module, f"{workload.primal.__name__}_grad")  # type: ignore[no-any-return]


def types_of(function: Callable[..., Any], args: Sequence[Any]) -> str:
    """Return the types of arguments, every length one of its own."""
    names = function.__code__.co_varnames
    said = []
    for name, value in zip(names, args, strict=False):
        array = np.asarray(value)
        if array.ndim:
            lengths = ", ".join(f"{name}_{axis}" for axis in range(array.ndim))
            said.append(f"{name}: {array.dtype.name}[{lengths}]")
        else:
            said.append(f"{name}: {'int' if array.dtype.kind in 'iu' else 'f64'}")
    return ", ".join(said)


def alternating(
    first: Callable[..., Any], second: Callable[..., Any], args: Sequence[Any]
) -> tuple[float, float]:
    """Return the least time of each of two functions, called by turns."""
    least = [np.inf, np.inf]
    start, count = time.perf_counter(), 0
    while count < 5 or (time.perf_counter() - start < SECONDS and count < 1000):
        count += 1
        for k, function in enumerate((first, second)):
            before = time.perf_counter()
            function(*args)
            least[k] = min(least[k], time.perf_counter() - before)
    return least[0], least[1]


def rows(names: Sequence[str]) -> Iterator[Row]:
    """Yield what was measured of each workload, and say it."""
    for name in names:
        row = measured(name)
        print(row, flush=True)
        yield row


def machine() -> str:
    """Return the processor's name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.processor()


def main() -> None:
    """Measure what is named, or all."""
    every = sorted(p.stem for p in (HERE / "workloads").glob("*.py"))
    found = list(rows(sys.argv[1:] or [n for n in every if n not in LEFT_OUT]))
    if not sys.argv[1:]:
        table = "\n".join(map(str, found))
        PAGE.write_text(HEAD.format(machine=machine()) + table + "\n")


if __name__ == "__main__":
    main()
