"""Time what comes before the first gradient, and around every call.

    python benchmarks/latency.py            # print the table
    python benchmarks/latency.py --write    # and put it into docs/latency.md

Every number is the least of several: of processes of their own, with bytecode and
without what other runs have kept, or of calls that alternate with those of Numba.
"""

from __future__ import annotations

import argparse
import functools
import os
import re
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from latency_model import arguments, fitted_epidemic

ROOT = Path(__file__).parents[1]
WRT = ("rates", "contacts", "start")
PROCESSES = 5
HEADER = "<!-- measured by benchmarks/latency.py -->"

# ---- in processes of their own ----

IMPORT = """
import time, numpy
start = time.perf_counter()
import gradscribe
print(time.perf_counter() - start)
"""
FIRST = """
import time, numpy
start = time.perf_counter()
import gradscribe as gs
from {module} import {function} as f, arguments
gs.grad(f, wrt={wrt})(*arguments())
print(time.perf_counter() - start)
"""
NUMBA = """
import time, numpy
start = time.perf_counter()
import numba
numba.njit(lambda x: x)(numpy.ones(1))
print(time.perf_counter() - start)
"""
SMALL = """
import numpy as np

def f(x, k):
    return np.sum(np.sin(k * x)) ** 2

def arguments():
    return np.linspace(0.0, 1.0, 10), 0.5
"""


def least(code: str, folder: Path, cache: Path | None = None) -> float:
    """Return the least of the times that processes print.

    Without ``cache`` each has an empty one.
    """
    times, paths = [], (str(folder), str(Path(__file__).parent))
    for k in range(PROCESSES):
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")]),
            "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
            "GRADSCRIBE_CACHE_DIR": str(cache or folder / f"cache{len(code)}_{k}"),
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-c", code]
        run = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        times.append(float(run.stdout))
    return min(times)


# ---- in this process ----


def transpiled() -> dict[str, float]:
    """Return the seconds that the texts of the model take, after a first time."""
    import gradscribe as gs

    given, found = arguments(), {}
    for target in ("numpy", "cpu"):
        gradient = gs.grad(fitted_epidemic, wrt=WRT, target=target)
        bound = gradient.bound(given).arguments
        gradient.taker.take_all(list(bound), list(bound.values()))
        kinds = {name: gradient.taker.kind(value) for name, value in bound.items()}
        make = gradient.transform
        found[target] = quickest(functools.partial(make, kinds, target), 7)
    return found


def quickest(call: Callable[[], Any], times: int) -> float:
    """Return the least seconds of some calls."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return min(found)


def squares(x, k):
    total = 0.0
    for i in range(len(x)):
        total += np.sin(k * x[i])
    return total


def squares_by_hand(x, k):
    x_bar = np.empty(len(x))
    for i in range(len(x)):
        x_bar[i] = k * np.cos(k * x[i])
    return x_bar


def calls(length: int) -> tuple[float, float]:
    """Return the seconds of a call, of gradscribe and of Numba by hand, in turns."""
    import gradscribe as gs
    import numba

    ours = gs.grad(squares, strict=True)
    hand = numba.njit(error_model="numpy")(squares_by_hand)
    x, k = np.linspace(0.0, 1.0, length), 0.5
    assert np.allclose(ours(x, k), hand(x, k))
    timers = [timeit.Timer(lambda f=f: f(x, k)) for f in (ours, hand)]
    best = [float("inf")] * 2
    for _ in range(60):
        for k_, timer in enumerate(timers):
            best[k_] = min(best[k_], timer.timeit(2000) / 2000)
    return best[0], best[1]


# ---- the table ----


def rows() -> list[tuple[str, str]]:
    """Return what was measured and the numbers."""
    found: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "small_model.py").write_text(SMALL)
        small = FIRST.format(module="small_model", function="f", wrt="'x'")
        model = FIRST.format(
            module="latency_model", function="fitted_epidemic", wrt=WRT
        )
        least(IMPORT, folder)  # writes the bytecode
        found.append(
            ("`import gradscribe`, after NumPy", seconds(least(IMPORT, folder)))
        )
        found.append(("import and start Numba", seconds(least(NUMBA, folder))))
        for what, code in (("three lines", small), ("fifty lines", model)):
            kept = folder / f"kept{len(code)}"
            first, again = least(code, folder), least(code, folder, kept)
            found.append((f"first gradient, {what}", seconds(first)))
            found.append((f"the same in a second process, {what}", seconds(again)))
    for target, needed in transpiled().items():
        found.append((f"text of fifty lines for {target}", seconds(needed)))
    for length in (2, 800):
        ours, hand = calls(length)
        shown = f"{1e6 * ours:.2f} us, Numba by hand {1e6 * hand:.2f} us"
        found.append((f"a call with {length} numbers", f"{shown} ({ours / hand:.2f})"))
    return found


def seconds(value: float) -> str:
    """Return seconds as text."""
    return f"{value:.3f} s" if value < 1 else f"{value:.2f} s"


def main() -> None:
    """Print the table; with ``--write`` put it into the page."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--write", action="store_true")
    given = options.parse_args()
    lines = ["| what | time |", "| --- | --- |"]
    lines += [f"| {what} | {numbers} |" for what, numbers in rows()]
    print("\n".join(lines))
    if given.write:
        page = ROOT / "docs" / "latency.md"
        text = page.read_text(encoding="utf-8")
        table = "\n".join([HEADER, *lines, ""])
        pattern = re.compile(re.escape(HEADER) + r"\n(\|.*\n)*")
        page.write_text(pattern.sub(lambda _: table, text), encoding="utf-8")


if __name__ == "__main__":
    main()
