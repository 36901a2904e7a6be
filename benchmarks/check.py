"""Compare every version of workloads with the NumPy gradient by hand.

    python benchmarks/check.py [NAME...] [--size SIZE] [--tools TOOL...]

Without --size, at the first size of each workload.
"""

from __future__ import annotations

import argparse
import time

import compare
import tools
import workloads


def checked(name: str, size: str | None, chosen: list[str]) -> bool:
    """Print a line for each tool; return whether none is wrong."""
    workload = workloads.load(name)
    args = workloads.arguments(workload, size or next(iter(workload.SIZES)))
    expected = tools.numpy(workload, args, False)()
    right = True
    for tool in chosen:
        start = time.perf_counter()
        try:
            call = tools.TOOLS[tool](workload, args, False)
            verdict = compare.wrong(call(), expected) if tool != "primal" else call()
            right = right and (verdict is None or tool == "primal")
        except (tools.Missing, ModuleNotFoundError) as reason:
            verdict = reason
        except Exception as error:
            verdict, right = f"{type(error).__name__}: {error}", False
        verdict = "agrees" if verdict is None else verdict
        print(f"{name:14} {tool:14} {time.perf_counter() - start:6.2f} s  {verdict}")
    return right


def main() -> None:
    """Check the workloads that are named, or all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=workloads.names())
    parser.add_argument("--size")
    parser.add_argument("--tools", nargs="*", default=list(tools.TOOLS))
    options = parser.parse_args()
    results = [checked(n, options.size, options.tools) for n in options.names]
    raise SystemExit(not all(results))


if __name__ == "__main__":
    main()
