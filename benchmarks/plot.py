"""The plot of ratios: a row for each workload, a dot for each tool."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from ratios import Row, time_of
from report import NAMES

# Colours that people with any kind of colour vision can tell apart (Okabe and Ito),
# and a shape for each as well.
LOOK = {
    "jax": ("#0072B2", "o"),
    "torch": ("#D55E00", "s"),
    "torch.compile": ("#E69F00", "D"),
    "autograd": ("#CC79A7", "^"),
    "numpy": ("#56B4E9", "v"),
    "numba": ("#000000", "|"),
}


def draw(rows: list[Row], path: Path) -> None:
    """Write the plot as PNG and SVG; rows without gradscribe's time are left out."""
    rows = [row for row in rows if time_of(row, "gradscribe")]
    if not rows:
        return
    figure, axes = plt.subplots(figsize=(8, 1.6 + 0.26 * len(rows)))
    for tool, (colour, shape) in LOOK.items():
        points = [
            (time / time_of(row, "gradscribe"), y)
            for y, row in enumerate(rows)
            if (time := time_of(row, tool))
        ]
        size = {"s": 90, "linewidths": 2} if shape == "|" else {"s": 32}
        label = "PyTorch compiled" if tool == "torch.compile" else NAMES[tool]
        axes.scatter(
            *zip(*points, strict=True) if points else ((), ()),
            color=colour,
            marker=shape,
            label=label,
            zorder=3,
            **size,
        )
    furnish(axes, rows)
    figure.savefig(path.with_suffix(".png"), dpi=160, bbox_inches="tight")
    figure.savefig(path.with_suffix(".svg"), bbox_inches="tight")
    plt.close(figure)


def furnish(axes: plt.Axes, rows: list[Row]) -> None:
    """Label the axes and draw the line where gradscribe stands."""
    axes.axvline(1.0, color="#009E73", linewidth=2, label=NAMES["gradscribe"])
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=ticks(axes.get_xlim())))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    names = [f"{row['workload']} {row['size']}" for row in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=8)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="both", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    threads = rows[0]["threads"]
    some = "one thread" if threads == 1 else f"{threads} threads"
    axes.set_xlabel(f"time of the gradient over gradscribe's ({some}, log scale)")
    axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=4, fontsize=8)


def ticks(limits: tuple[float, float]) -> tuple[float, ...]:
    """Return which multiples of the powers of ten are labelled."""
    return (1.0,) if limits[1] > 1000 * limits[0] else (1.0, 2.0, 5.0)
