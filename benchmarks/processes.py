"""The processes of the tools, and their turns."""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from typing import Any

import worker

TURN = 0.05  # seconds that a tool is timed before the next has its turn
PAUSE = 0.03  # seconds until the idle threads of the last tool stop spinning
POOLS = ("OMP", "MKL", "OPENBLAS", "NUMBA")


class Worker:
    """The process of a tool."""

    def __init__(self, *what: Any, limit: float) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=worker.main, args=(theirs, *what))
        self.process.start()
        theirs.close()
        self.limit = limit
        self.times: list[float] = []

    def ask(self, message: Any) -> Any:
        """Send something and return the answer, or a gap."""
        try:
            self.pipe.send(message)
            if self.pipe.poll(self.limit):
                return self.pipe.recv()
            return {"gap": f"over {self.limit:g} s"}
        except (EOFError, OSError):
            self.process.join()
            return {"gap": f"ended with status {self.process.exitcode}"}

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()


def limit_threads(threads: int) -> None:
    """Set the number of threads of the processes that are started from now on."""
    for pool in POOLS:
        os.environ[f"{pool}_NUM_THREADS"] = str(threads)
    eigen = "true" if threads > 1 else "false"
    os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={eigen}"
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"


def alternate(
    ready: dict[str, Worker], found: dict[str, Any], seconds: float, pause: float
) -> None:
    """Time the tools in turns until each has had its seconds."""
    spent = dict.fromkeys(ready, 0.0)
    while left := [tool for tool in ready if spent[tool] < seconds]:
        for tool in left:
            time.sleep(pause)
            times = ready[tool].ask(TURN)
            if isinstance(times, dict):
                found[tool], spent[tool] = times, seconds
                ready[tool].times.clear()
                continue
            ready[tool].times += times
            spent[tool] += max(TURN, sum(times))
    for tool, process in ready.items():
        if process.times:
            found[tool]["min"] = min(process.times)
            found[tool]["median"] = statistics.median(process.times)
            found[tool]["samples"] = len(process.times)
