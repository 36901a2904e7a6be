"""What is told of the measurements: ratios, and the machine."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path
from typing import Any

Row = dict[str, Any]
PEERS = ("jax", "torch", "torch.compile", "autograd", "numpy")
PACKAGES = ("numpy", "numba", "scipy", "jax", "torch", "autograd")
MEBIBYTE = 2**20


def machine() -> dict[str, str]:
    """Return the processor and the versions."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            pass
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return {"processor": (models or [platform.processor()])[0], **found}


def time_of(row: Row, tool: str) -> float | None:
    """Return the least time of a tool, or None for a gap."""
    return row["tools"].get(tool, {}).get("min")


def faster(row: Row, *others: str) -> float | None:
    """Return how many times faster gradscribe is than the fastest of some tools."""
    times = [t for t in (time_of(row, tool) for tool in others) if t]
    ours = time_of(row, "gradscribe")
    return min(times) / ours if times and ours else None


def memory(row: Row) -> float | None:
    """Return gradscribe's peak of memory over that of Numba by hand."""
    tools = (row["tools"].get(tool, {}) for tool in ("gradscribe", "numba"))
    peaks = [tool.get("peak") if "min" in tool else None for tool in tools]
    if None in peaks:
        return None
    ours, hand = (max(peak, MEBIBYTE) for peak in peaks)
    return ours / hand


def primal(row: Row) -> float | None:
    """Return the gradient's time over that of the function."""
    ours, own = time_of(row, "gradscribe"), time_of(row, "primal")
    return ours / own if ours and own else None


def by_threads(results: dict[str, Any]) -> dict[int, list[Row]]:
    """Return the rows of each number of threads."""
    counts = dict.fromkeys(row["threads"] for row in results["rows"])
    return {n: [r for r in results["rows"] if r["threads"] == n] for n in counts}
