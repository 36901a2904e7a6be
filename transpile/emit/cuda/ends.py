"""Kernels that put together what the blocks of another one have left."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from ..c.layout import wrapped
from ..c.pieces import literal
from .prelude import NEUTRAL, SHORT


class Total(NamedTuple):
    """A number that all blocks have a part in: how it is put together, its type."""

    name: str
    way: str
    number: str


def ended(name: str, totals: Sequence[Total], starts: Mapping[str, str]) -> str:
    """Return the kernel that puts the parts of all blocks together.

    ``starts`` are the numbers to begin with, where they are known.
    """
    head, made, lines = ["const double *parts", "int64_t blocks"], [], []
    numbers = [each.number for each in totals]
    for k, (each, way, number) in zip(rows(numbers), totals, strict=False):
        short = SHORT[number]
        total = f"total_{way}_{short}({part_of('parts', k, number)}, blocks)"
        head.append(f"{number} *{each}_at")
        made.append(f"    const {number} {each}_all = {total};")
        start = f"*{each}_at"
        if each in starts:
            value = ast.literal_eval(starts[each])
            start = "0" if value == 0 else literal(value).text
        whole = f"{way}_{short}({start}, {each}_all)"
        if start == NEUTRAL[way]:
            whole = f"{each}_all"
        lines.append(f"        *{each}_at = {whole};")
    parts = [wrapped(f"KERNEL {name}({', '.join(head)})"), "{", *made]
    parts += ["    if (threadIdx.x == 0) {", *lines, "    }", "}"]
    return "\n".join(parts) + "\n"


def rows(numbers: Sequence[str]) -> list[int]:
    """Return the row where each number's parts begin, and how many rows there are.

    Examples
    --------
    >>> rows(["double", "double complex", "float"])
    [0, 1, 3, 4]
    """
    return list(accumulate((1 + (n == "double complex") for n in numbers), initial=0))


def part_of(parts: str, k: int, number: str) -> str:
    """Return where the parts of a number stand: each has a row of the memory."""
    place = f"{parts} + {k} * BLOCKS" if k > 1 else f"{parts} + BLOCKS" if k else parts
    if number == "double":
        return place
    return f"({number} *)({place})" if k else f"({number} *){place}"


def place_of(parts: str, k: int, number: str) -> str:
    """Return where a block leaves its part of a number."""
    if number != "double":
        return f"({part_of(parts, k, number)})[blockIdx.x]"
    row = f"{k} * BLOCKS + " if k > 1 else "BLOCKS + " * k
    return f"{parts}[{row}blockIdx.x]"
