"""Measure gradscribe against other tools and gradients written by hand.

    python benchmarks/run.py                       # everything, one thread and all
    python benchmarks/run.py jacobi_2d gmm --threads 1 --tools gradscribe jax numba

Each tool runs in a process of its own for each workload; the processes are timed in
turns, so that a slow moment of the machine meets all. A tool that is not installed, is
wrong, or takes longer than --limit to compile and run once leaves a gap.

Writes results.json, results.md and, where matplotlib is installed, a plot for each
number of threads (PNG and SVG) into --out.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import ratios
import report
import tools
import workloads
from processes import PAUSE, Worker, alternate, limit_threads
from worker import REFERENCES


def row(
    name: str, size: str, threads: int, slow: set[tuple[str, str]], options: Any
) -> dict[str, Any]:
    """Return the measurements of a workload at a size.

    ``slow`` has the tools and workloads that took too long, here or before.
    """
    found: dict[str, Any] = {}
    ready: dict[str, Worker] = {}
    expected = None
    try:
        for tool in dict.fromkeys([*REFERENCES, *options.tools]):
            if (tool, name) in slow:
                found[tool] = {"gap": f"over {options.limit:g} s before"}
                continue
            ready[tool] = Worker(name, size, tool, threads, limit=options.limit)
            answer = found[tool] = ready[tool].ask(expected)
            result = answer.pop("result", None)
            expected = expected or result
            if "gap" in answer:
                ready.pop(tool).stop()
            if answer.get("gap", "").startswith("over"):
                slow.add((tool, name))
        alternate(ready, found, options.seconds, PAUSE if threads > 1 else 0.0)
    finally:
        for process in ready.values():
            process.stop()
    workload = workloads.load(name)
    about = {"workload": name, "size": size, "threads": threads, "tools": found}
    bounds = {k: getattr(workload, k.upper(), None) for k in ("bound", "hand")}
    return {**about, "loops": workload.LOOPS, **bounds}


def main() -> None:
    """Measure what is asked for, and write the results after each row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=workloads.names())
    parser.add_argument("--threads", nargs="*", default=["1", "all"])
    parser.add_argument("--seconds", type=float, default=2.0, help="for each tool")
    parser.add_argument("--limit", type=float, default=60.0, help="of a first call")
    parser.add_argument("--tools", nargs="*", default=list(tools.TOOLS))
    parser.add_argument("--sizes", nargs="*", help="only these sizes")
    parser.add_argument("--out", type=Path, default=Path("benchmark-results"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows, slow = [], set()
    for threads in options.threads:
        count = os.cpu_count() or 1 if threads == "all" else int(threads)
        limit_threads(count)
        for name in options.names:
            for size in workloads.load(name).SIZES:
                if options.sizes and size not in options.sizes:
                    continue
                print(f"{name} {size}, threads: {count}", file=sys.stderr, flush=True)
                rows.append(row(name, size, count, slow, options))
                results = {"machine": ratios.machine(), "rows": rows}
                report.write(results, options.out, final=False)
    report.write(results, options.out)
    print((options.out / "results.md").read_text())


if __name__ == "__main__":
    main()
