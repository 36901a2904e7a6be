"""Gradients on a GPU: ours against JAX and PyTorch, in one process, alternating.

    python benchmarks/gpu.py [WORKLOAD ...]

writes docs/benchmarks/gpu.md. Times are of calls that end when the device has finished,
the least of alternated runs; every gradient is compared with that of the loops for the
CPU first. Beside them stands how much of the copy bandwidth a call has that reads its
arguments once and writes its results once in that time. ``--dry-run`` takes tiny sizes
and writes nothing; it runs on the host if the folder tests/device is on PYTHONPATH:

    PYTHONPATH=tests/device python benchmarks/gpu.py --dry-run
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

# JAX would take most of the device's memory at its first use.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import time
from collections.abc import Callable, Iterator
from typing import Any

import compare
import numpy as np
import tools
import workloads

# What fills a GPU, beside the smallest size, where launching is what takes the time.
LARGE: dict[str, dict[str, int]] = {
    "tanh_sum": {"n": 1 << 26},
    "black_scholes": {"n": 1 << 24},
    "logistic": {"m": 1_000_000, "n": 100},
    "mlp": {"batch": 8192, "inputs": 784, "hidden": 256, "classes": 10},
    "softmax": {"m": 65_536, "classes": 1000},
    "jacobi_2d": {"n": 4000, "steps": 100},
    "heat_3d": {"n": 250, "steps": 30},
    "gmm": {"d": 10, "k": 25, "n": 100_000},
    "logsumexp": {"n": 1 << 26},
}
SECONDS = 1.0
REFERENCE = "cpu"
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks" / "gpu.md"
Run = Callable[[], Any]


def ours(workload: Any, args: tuple[Any, ...]) -> Run:
    """Return a call of our gradient that ends when the device has finished."""
    import cupy
    import gradscribe as gs

    derivative = gs.grad(workload.primal, wrt=workload.WRT, target="gpu")
    on = [cupy.asarray(a) if isinstance(a, np.ndarray) else a for a in args]

    def run() -> Any:
        found = derivative(*on)
        cupy.cuda.get_current_stream().synchronize()
        return found

    return run


def in_jax(workload: Any, args: tuple[Any, ...]) -> Run:
    """Return a call of JAX's gradient; its first device is the GPU."""
    return tools.jax(workload, args, False)


def in_torch(workload: Any, args: tuple[Any, ...]) -> Run:
    """Return a call of the gradient of PyTorch's compiled function."""
    import torch

    torch.set_default_device("cuda")
    function = torch.compile(tools.version(workload, "for_torch")(torch))
    wrt = tools.places(workload)
    on = [torch.as_tensor(a) if isinstance(a, np.ndarray) else a for a in args]
    for k in wrt:
        on[k] = torch.as_tensor(args[k], device="cuda").requires_grad_()
    inputs = [on[k] for k in wrt]

    def run() -> Any:
        found = torch.autograd.grad(function(*on), inputs)
        torch.cuda.synchronize()
        return found

    return run


TOOLS = {"gradscribe": ours, "JAX": in_jax, "PyTorch (compile)": in_torch}


def on_host(found: Any) -> tuple[Any, ...]:
    """Return results as NumPy arrays."""
    many = found if isinstance(found, (tuple, list)) else (found,)
    return tuple(
        part.get()
        if hasattr(part, "get")
        else part.cpu().numpy()
        if hasattr(part, "cpu")
        else np.asarray(part)
        for part in many
    )


def timed(runs: dict[str, Run], seconds: float) -> dict[str, float]:
    """Return the least time of each in seconds, alternating."""
    for run in runs.values():
        run()
    least = dict.fromkeys(runs, float("inf"))
    end = time.perf_counter() + seconds * len(runs)
    while time.perf_counter() < end:
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            least[name] = min(least[name], time.perf_counter() - start)
    return least


def bandwidth(count: int, seconds: float) -> float:
    """Return how many bytes the device reads and writes in a second."""
    import cupy

    source = cupy.ones(count)
    target = cupy.empty_like(source)

    def run() -> object:
        target[...] = source
        cupy.cuda.get_current_stream().synchronize()
        return target

    return 2.0 * source.nbytes / timed({"copy": run}, seconds)["copy"]


def prepared(
    name: str, workload: Any, args: tuple[Any, ...]
) -> tuple[dict[str, Run], int]:
    """Return the calls of all tools that are right, and the bytes of a gradient."""
    import gradscribe as gs

    expected = gs.grad(workload.primal, wrt=workload.WRT, target=REFERENCE)(*args)
    expected = compare.on_host(expected)
    runs: dict[str, Run] = {}
    for tool, make in TOOLS.items():
        try:
            run = make(workload, args)
            how = compare.wrong(on_host(run()), expected)
            if how is not None:
                raise ValueError(how)
        except Exception as error:  # a gap in the table
            print(f"{name}, {tool}: {type(error).__name__}: {error}"[:300])
        else:
            runs[tool] = run
    given = [a.nbytes for a in args if isinstance(a, np.ndarray)]
    return runs, sum(given) + sum(part.nbytes for part in expected)


def rows(names: list[str], dry: bool, copied: float, seconds: float) -> Iterator[str]:
    """Yield the rows of the table."""
    for name in names:
        workload = workloads.load(name)
        small = next(iter(workload.SIZES.values()))
        sizes = [workloads.size(workload)] if dry else [small, LARGE[name]]
        for size in sizes:
            args = workload.data(np.random.default_rng(workloads.SEED), **size)
            runs, moved = prepared(name, workload, args)
            least = timed(runs, seconds) if runs else {}
            cells = [f"{1e3 * least[t]:.3g}" if t in least else "" for t in TOOLS]
            share = moved / copied / least.get("gradscribe", float("inf"))
            said = ", ".join(f"{key} {value}" for key, value in size.items())
            yield f"| {name} ({said}) | {' | '.join(cells)} | {share:.0%} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workloads", nargs="*", default=list(LARGE))
    parser.add_argument("--dry-run", action="store_true")
    given = parser.parse_args()
    try:
        import cupy

        name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    except Exception as error:
        raise SystemExit(f"there is no GPU that CuPy can use: {error}") from None
    seconds = 0.01 if given.dry_run else SECONDS
    copied = bandwidth(1 << 10 if given.dry_run else 1 << 27, seconds)
    columns = [f"ms on {name}", *TOOLS, "of the copy bandwidth"]
    head = f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}"
    found = list(rows(given.workloads, given.dry_run, copied, seconds))
    text = "\n".join([head, *found])
    print(text)
    if not given.dry_run:
        said = f"Copying moves {copied / 1e9:.0f} GB/s."
        PAGE.write_text(f"# Gradients on a GPU\n\n{text}\n\n{said}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
