"""Sums along the columns of an array: in parts, that are added up in order.

Before::

    for i in range(n):
        for j in range(m):
            s[j] += f(i, j)

after, many threads may share the work and yet the order of the sum is fixed::

    chunks = max(min(n, 256, 65536 // max(m, 1)), 1)
    rows = (n + chunks - 1) // chunks
    s_parts = np.empty((chunks, m))
    for chunk in range(chunks):
        for j in range(m):
            s_part = 0.0
            for i in range(max(chunk * rows, 0), min(chunk * rows + rows, n)):
                s_part += f(i, j)
            s_parts[chunk, j] = s_part
    for j in range(m):
        for chunk in range(chunks):
            s[j] += s_parts[chunk, j]
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ..c.arrays import base_of
from ..c.kinds import INT, Array, Kind, number
from ..c.syntax import mentions, names_in, ranged, stored_in
from ..c.values import indices


class Columns(NamedTuple):
    """What stands for a loop: numbers and memory, loops for threads, the last sum.

    ``kinds`` are those of the new variables.
    """

    head: Sequence[ast.stmt]
    loops: Sequence[ast.For]
    total: ast.For
    kinds: dict[str, Kind]


def apart(loop: ast.For, scattered: Sequence[str]) -> list[ast.For]:
    """Return a loop as two, the second with all that is added to some arrays.

    The iterations are independent but for these sums.
    """
    adds = [s for s in loop.body if any(mentions(s, name) for name in scattered)]
    rest = [s for s in loop.body if s not in adds]
    if not rest or len(adds) != 1 or not isinstance(adds[0], ast.For):
        return [loop]
    if stored_in(rest) & set(names_in(adds)):
        return [loop]
    made = [ast.For(loop.target, loop.iter, part, []) for part in (rest, adds)]
    return [ast.copy_location(each, loop) for each in made]


def column_sums(
    loop: ast.For,
    scattered: Sequence[str],
    kinds: Mapping[str, Kind],
    fresh: Callable[[str], str],
) -> Columns | None:
    """Return what stands for loops that add to an array under some counters."""
    nest = nest_of(loop)
    add = _only_add(nest[-1].body, scattered)
    if add is None or not _is_rectangular(nest):
        return None
    assert isinstance(add.target, ast.Subscript)
    places = list(map(ast.unparse, indices(add.target)))
    counters = [ast.unparse(each.target) for each in nest]
    kept = [each for each, c in zip(nest, counters, strict=True) if c in places]
    summed = [each for each, c in zip(nest, counters, strict=True) if c not in places]
    kind = kinds[scattered[0]]
    known = all(p in counters or p.isdigit() for p in places)
    if not known or not summed or not isinstance(kind, Array):
        return None
    own = [f"{scattered[0]}_{word}" for word in ("part", "parts")]
    chunks, rows, chunk, part, parts = map(fresh, ["chunks", "rows", "chunk", *own])
    first, last = _ends(summed[0])
    count = last if first == "0" else f"({last} - ({first}))"
    lengths = [_count(each) for each in kept]
    dtype = "" if kind.dtype == "float64" else f", dtype=np.{kind.dtype}"
    place = ", ".join([chunk, *(ast.unparse(each.target) for each in kept)])
    text = f"""
{chunks} = max(min({count}, 256, 65536 // max({" * ".join(lengths) or "1"}, 1)), 1)
{rows} = ({count} + {chunks} - 1) // {chunks}
{parts} = np.empty(({", ".join([chunks, *lengths, ""])}){dtype})
{part} = 0.0
{parts}[{place}] = {part}
{ast.unparse(add.target)} += {parts}[{place}]
"""
    *head, start, end, add_up = ast.parse(text.strip()).body
    begin = f"{chunk} * {rows}" if first == "0" else f"{first} + {chunk} * {rows}"
    bounds = f"range(max({begin}, {first}), min({begin} + {rows}, {last}))"
    inner = _part_of(nest, summed, scattered, part, bounds)
    loops, total = _around(kept, [start, *inner, end], add_up, chunk, chunks)
    for node in (n for s in (*head, loops[0], total) for n in ast.walk(s)):
        if "lineno" in node._attributes:
            ast.copy_location(node, loop)
    new: dict[str, Kind] = dict.fromkeys((chunks, rows, chunk), INT)
    new |= {part: number(kind.dtype), parts: Array(kind.dtype, len(kept) + 1)}
    return Columns(head, loops, total, new)


def _part_of(
    nest: Sequence[ast.For],
    summed: Sequence[ast.For],
    scattered: Sequence[str],
    part: str,
    bounds: str,
) -> list[ast.stmt]:
    """Return the loops of a chunk, which add to a number of its own."""
    body = copy.deepcopy(nest[-1].body)
    moved = _only_add(body, scattered)
    assert moved is not None
    moved.target = ast.Name(part, ast.Store())
    for each in reversed(summed):
        head = each.iter if each is not summed[0] else _expression(bounds)
        body = [ast.For(each.target, head, body, [])]
    return body


def _around(
    kept: Sequence[ast.For],
    body: list[ast.stmt],
    total: ast.stmt,
    chunk: str,
    chunks: str,
) -> tuple[list[ast.For], ast.For]:
    """Return the loops around what a chunk does, and those of the last sum."""
    again = _loop(chunk, f"range({chunks})", [total])
    loops: list[ast.For] = []
    for each in reversed(kept):
        again = ast.For(each.target, each.iter, [again], [])
        loops.insert(0, ast.For(each.target, each.iter, body, []))
        body = [loops[0]]
    return [_loop(chunk, f"range({chunks})", body), *loops], again


def nest_of(loop: ast.For) -> list[ast.For]:
    """Return a loop and those that stand alone in each other."""
    loops = [loop]
    while len(loops[-1].body) == 1 and isinstance(loops[-1].body[0], ast.For):
        loops.append(loops[-1].body[0])
    return loops


def _only_add(
    body: Sequence[ast.stmt], scattered: Sequence[str]
) -> ast.AugAssign | None:
    """Return the statement that adds to the one array, None if there is more."""
    if len(scattered) != 1:
        return None
    found = [s for s in body if mentions(s, scattered[0])]
    match found:
        case [ast.AugAssign(target=ast.Subscript() as target, op=ast.Add(), value=e)]:
            if base_of(target) == scattered[0] and not mentions(e, scattered[0]):
                return found[0]  # type: ignore[return-value]
    return None


def _is_rectangular(loops: Sequence[ast.For]) -> bool:
    """Whether no loop depends on what the others do, and all go upwards one by one."""
    inside = stored_in(loops)
    return all(
        isinstance(each.target, ast.Name)
        and isinstance(each.iter, ast.Call)
        and ranged(each.iter.args)[2] == 1
        and not inside & set(names_in([each.iter]))
        for each in loops
    )


def _ends(loop: ast.For) -> tuple[str, str]:
    assert isinstance(loop.iter, ast.Call)
    start, stop, _ = ranged(loop.iter.args)
    return ast.unparse(start), ast.unparse(stop)


def _count(loop: ast.For) -> str:
    """Return a number that the counter stays below; memory has room for 0 to it."""
    return f"max({_ends(loop)[1]}, 0)" if " " in _ends(loop)[1] else _ends(loop)[1]


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _loop(counter: str, iterated: str, body: list[ast.stmt]) -> ast.For:
    target = ast.Name(counter, ast.Store())
    return ast.For(target, _expression(iterated), body, [])
