"""Gradients on a GPU: ours against JAX and PyTorch, in one process, alternating.

    python benchmarks/gpu.py [WORKLOAD ...]

writes docs/benchmarks/gpu.md. Times are of calls that end when the device has finished,
the minimum of alternated runs; the copy bandwidth of the device stands beside them.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradscribe as gs
import numpy as np

WORKLOADS = (
    "tanh_sum black_scholes logistic mlp softmax jacobi_2d heat_3d gmm logsumexp"
).split()
SECONDS = 1.0
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks" / "gpu.md"


def ours(workload: Any, args: tuple[Any, ...]) -> Callable[[], object]:
    import cupy

    derivative = gs.grad(workload.primal, wrt=workload.WRT, target="gpu")
    on = [cupy.asarray(a) if isinstance(a, np.ndarray) else a for a in args]

    def run() -> object:
        found = derivative(*on)
        cupy.cuda.get_current_stream().synchronize()
        return found

    return run


def in_jax(workload: Any, args: tuple[Any, ...]) -> Callable[[], object]:
    import jax
    from jax import lax

    jax.config.update("jax_enable_x64", True)
    places = [list(workload.primal.__code__.co_varnames).index(n) for n in workload.WRT]
    made = workload.for_jax(jax.numpy, lax)
    derivative = jax.jit(jax.grad(made, argnums=tuple(places)))
    on = [jax.numpy.asarray(a) if isinstance(a, np.ndarray) else a for a in args]
    return lambda: jax.block_until_ready(derivative(*on))


def in_torch(workload: Any, args: tuple[Any, ...]) -> Callable[[], object]:
    import torch

    names = list(workload.primal.__code__.co_varnames)
    on = [
        torch.as_tensor(a, device="cuda") if isinstance(a, np.ndarray) else a
        for a in args
    ]
    for name in workload.WRT:
        place = names.index(name)
        on[place] = torch.as_tensor(on[place], device="cuda").requires_grad_()
    made = torch.compile(workload.for_torch(torch))
    active = [on[names.index(name)] for name in workload.WRT]

    def run() -> object:
        found = torch.autograd.grad(made(*on), active)
        torch.cuda.synchronize()
        return found

    return run


TOOLS = {"gradscribe": ours, "JAX": in_jax, "PyTorch (compile)": in_torch}


def timed(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the least time of each in seconds, alternating."""
    for run in runs.values():
        run()
    least = dict.fromkeys(runs, float("inf"))
    end = time.perf_counter() + SECONDS * len(runs)
    while time.perf_counter() < end:
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            least[name] = min(least[name], time.perf_counter() - start)
    return least


def bandwidth() -> float:
    """Return how many bytes the device copies in a second."""
    import cupy

    source = cupy.ones(1 << 26)
    target = cupy.empty_like(source)

    def run() -> object:
        target[...] = source
        cupy.cuda.get_current_stream().synchronize()
        return target

    return 2.0 * source.nbytes / timed({"copy": run})["copy"]


def rows(names: list[str]) -> Iterator[str]:
    """Yield the rows of the table."""
    for name in names:
        workload = importlib.import_module(f"workloads.{name}")
        size = list(workload.SIZES)[-1]
        args = workload.data(np.random.default_rng(0), **workload.SIZES[size])
        runs = {}
        for tool, make in TOOLS.items():
            try:
                runs[tool] = make(workload, args)
                runs[tool]()
            except Exception as error:  # a gap in the table
                print(f"{name}, {tool}: {error}")
                runs.pop(tool, None)
        least = timed(runs)
        cells = [f"{1e3 * least[t]:.3g}" if t in least else "" for t in TOOLS]
        yield f"| {name} ({size}) | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workloads", nargs="*", default=WORKLOADS)
    given = parser.parse_args()
    try:
        import cupy

        name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    except Exception as error:
        raise SystemExit(f"there is no GPU that CuPy can use: {error}") from None
    head = f"| ms on {name} | {' | '.join(TOOLS)} |\n| --- | {'--- | ' * len(TOOLS)}"
    found = list(rows(given.workloads))
    text = "\n".join([head.rstrip(), *found])
    copied = f"Copy bandwidth: {bandwidth() / 1e9:.0f} GB/s."
    PAGE.write_text(f"# Gradients on a GPU\n\n{text}\n\n{copied}\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
