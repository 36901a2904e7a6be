"""The lines of Python that start kernels."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from .kernel import Kernel

TAB = "    "
WIDTH = 88


def started(kernel: Kernel, parts: str, depth: int) -> Iterator[str]:
    """Yield what starts a kernel, and what puts its parts together."""
    given = tupled(kernel.arguments)
    name = f'"{kernel.name}"'
    if kernel.count is None:
        yield from _call(f"_kernel({name})", ["(1,)", "(1,)", given], depth)
        return
    count = kernel.count
    if kernel.warps:
        count = f"32 * {count}" if " " not in count else f"32 * ({count})"
    if not kernel.results:
        yield from _call("_start", [name, count, given], depth)
        return
    results = tupled(kernel.results)
    yield from _call("_reduce", [name, count, given, parts, results], depth)


def tupled(parts: Sequence[str]) -> str:
    """Return the text of a tuple."""
    return f"({', '.join(parts)}{',' * (len(parts) == 1)})"


def _call(function: str, arguments: Sequence[str], depth: int) -> Iterator[str]:
    """Yield a call, in several lines if it is long."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) + len(TAB) * depth <= WIDTH:
        yield line
        return
    yield f"{function}("
    for argument in arguments:
        room = WIDTH - len(TAB) * depth
        yield from textwrap.wrap(
            argument + ",",
            room,
            initial_indent=TAB,
            subsequent_indent=TAB + " ",
            break_long_words=False,
        )
    yield ")"
