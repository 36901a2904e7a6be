"""One tool on one workload, in a process of its own."""

from __future__ import annotations

import ctypes
import gc
import os
import re
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import compare

REFERENCES = ("numpy", "numba")  # what the others are compared with, the first if any
SAMPLE = 1e-3  # a shorter call is repeated within a sample
STATUS = Path("/proc/self/status")


def main(pipe: Connection, name: str, size: str, tool: str, threads: int) -> None:
    """Serve the master: first ``expected``, then seconds to time for, until None."""
    if threads == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    expected = pipe.recv()
    try:
        call, seconds, answer = prepared(name, size, tool, threads > 1, expected)
    except Exception as error:
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        pipe.send({"gap": first_line[:90]})
        return
    repeats = max(1, round(SAMPLE / seconds))
    pipe.send(answer)
    while seconds := pipe.recv():
        pipe.send(samples(call, repeats, seconds))


def prepared(name: str, size: str, tool: str, parallel: bool, expected: Any) -> Any:
    """Return the call, its seconds, and what is known after the first ones."""
    import tools
    import workloads

    workload = workloads.load(name)
    args = workloads.arguments(workload, size)
    start = time.perf_counter()
    call = tools.TOOLS[tool](workload, args, parallel)
    result = call()
    first = time.perf_counter() - start
    if tool != "primal":
        judge(result, expected, tool in REFERENCES)
    result = compare.on_host(result) if tool in REFERENCES else None
    grown, seconds = peak(call)
    return call, seconds, {"first": first, "peak": grown, "result": result}


def judge(result: Any, expected: Any, may_be_first: bool) -> None:
    """Raise unless a gradient is the expected one."""
    if expected is None and not may_be_first:
        raise ValueError("nothing to compare with")
    how = expected is not None and compare.wrong(result, expected)
    if how:
        raise ValueError(f"wrong: {how}")


def peak(call: Any) -> tuple[int | None, float]:
    """Return by how many bytes a call raises the memory in use, and its seconds.

    The least of three calls, or of one that takes long. Only Linux tells the bytes.
    """
    grown, seconds = [], []
    while len(seconds) < 3 and sum(seconds) < 1.0:
        before = trimmed()
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
        if before is not None:
            grown.append(1024 * max(0, kilobytes("VmHWM") - before))
    return min(grown, default=None), min(seconds)


def trimmed() -> int | None:
    """Give freed memory back, forget the greatest use so far, return that of now."""
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
        return kilobytes("VmRSS")
    except (AttributeError, OSError):
        return None


def kilobytes(field: str) -> int:
    """Return a field of the process's status."""
    return int(re.search(rf"{field}:\s+(\d+)", STATUS.read_text())[1])


def samples(call: Any, repeats: int, seconds: float) -> list[float]:
    """Return times of the call, each the mean of so many in a row."""
    found = []
    end = time.perf_counter() + seconds
    while not found or time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(repeats):
            call()
        found.append((time.perf_counter() - start) / repeats)
    return found
