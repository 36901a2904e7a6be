"""Tables of what run.py measured.

python benchmarks/report.py DIR     # write the tables and plots anew
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from ratios import PEERS, Row, by_threads, faster, memory, primal, time_of

NAMES = {
    "gradscribe": "gradscribe",
    "jax": "JAX",
    "torch": "PyTorch",
    "torch.compile": "compiled",
    "autograd": "autograd",
    "numpy": "NumPy by hand",
    "numba": "Numba by hand",
}
HAND = 1.1
LEGEND = """\
Milliseconds of one gradient, the least of alternated samples. "Times faster" is the
other's time over gradscribe's; the fastest peer is that of JAX, PyTorch, autograd and
NumPy by hand. Memory is the peak of a call above what was in use before it, over that
of Numba by hand; less than 1 MiB counts as 1 MiB. Bold misses its target.
"""


def cell(value: float | None, missed: bool | None = False) -> str:
    """Return a number of three digits, bold where it misses its target."""
    if value is None:
        return "–"
    text = f"{value:.3g}" if value < 1000 else f"{value:.0f}"
    return f"**{text}**" if missed else text


def cells(row: Row) -> list[str]:
    """Return a line of the table."""
    times = [time_of(row, tool) for tool in NAMES]
    peer, jax, hand = faster(row, *PEERS), faster(row, "jax"), faster(row, "numba")
    ratio, space, bound = primal(row), memory(row), row["bound"]
    limit = f" (at most {bound:g})" if bound and ratio else ""
    return [
        f"{row['workload']} {row['size']}",
        *(cell(t and 1e3 * t) for t in times),
        cell(peer, peer and peer < 1),
        cell(jax),
        cell(hand, hand and hand < 1 / (row["hand"] or HAND)),
        cell(ratio, ratio and bound and ratio > bound) + limit,
        cell(space, space and space > 1.2),
    ]


def mean(rows: list[Row], target: float, *others: str) -> str:
    """Return the geometric mean of how many times faster gradscribe is."""
    found = [r for r in (faster(row, *others) for row in rows) if r]
    if not found:
        return "–"
    value = math.exp(sum(map(math.log, found)) / len(found))
    return f"{cell(value, value < target)} (of {len(found)})"


def means(rows: list[Row], what: str, jax_target: float) -> list[str]:
    """Return the line of geometric means."""
    peer, jax = mean(rows, 1, *PEERS), mean(rows, jax_target, "jax")
    blanks = [""] * len(NAMES)
    return [what, *blanks, peer, jax, mean(rows, 1 / HAND, "numba"), "", ""]


def gaps(rows: list[Row]) -> list[str]:
    """Return a line for each gap, with its reason."""
    return [
        f"- {row['workload']} {row['size']}, {tool}: {found['gap']}"
        for row in rows
        for tool, found in row["tools"].items()
        if "gap" in found
    ]


def table(rows: list[Row]) -> list[str]:
    """Return the lines of one table."""
    ratios = ["fastest peer", "JAX", "Numba by hand"]
    heads = ["workload", *NAMES.values(), *(f"times faster than {r}" for r in ratios)]
    heads += ["gradient / primal", "memory / Numba by hand"]
    loops = [row for row in rows if row["loops"]]
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *map(cells, rows)]
    lines.append(means(rows, "geometric mean", 3.0))
    lines.append(means(loops, "geometric mean of the loop programs", 30.0))
    return ["| " + " | ".join(line) + " |" for line in lines]


def text(results: dict[str, Any], plotted: bool = False) -> str:
    """Return the page of results, in Markdown."""
    about = ", ".join(f"{k} {v}" for k, v in results["machine"].items())
    lines = [about.removeprefix("processor ") + ".", "", LEGEND]
    for count, rows in by_threads(results).items():
        lines += [f"## {count} thread" + "s" * (count > 1), ""]
        if plotted:
            lines += [f"![Ratios of the times](ratios-{count}.svg)", ""]
        lines += [*table(rows), ""]
        if reasons := gaps(rows):
            lines += ["Gaps:", "", *reasons, ""]
    return "\n".join(lines)


def plots(results: dict[str, Any], folder: Path) -> bool:
    """Draw the ratios for each number of threads, where matplotlib is installed."""
    try:
        import plot
    except ModuleNotFoundError as missing:
        print(f"no plot: {missing}", file=sys.stderr)
        return False
    for count, rows in by_threads(results).items():
        plot.draw(rows, folder / f"ratios-{count}")
    return True


def write(results: dict[str, Any], folder: Path, final: bool = True) -> None:
    """Write the results, the page, and in the end the plots."""
    plotted = final and plots(results, folder)
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "results.md").write_text(text(results, plotted))


if __name__ == "__main__":
    write(json.loads(Path(sys.argv[1], "results.json").read_text()), Path(sys.argv[1]))
