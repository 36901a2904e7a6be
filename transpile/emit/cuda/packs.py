"""Loops over arrays side by side, element by element: they go 16 bytes at once.

``y[i] = 2.0 * x[i]`` becomes a function of ``x_i`` and ``y_i``, which is called for the
elements of packs where all arrays begin at 16 bytes, and for what is left.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..c.kinds import Array, c_type
from ..c.layout import wrapped
from ..c.syntax import mentions
from ..c.values import indices
from .counts import is_simple
from .lanes import KernelBody

PACKS = """\
/* Elements side by side, which are read and written at once. */
template <class T> struct alignas(16) Pack {
    T at[16 / sizeof(T)];
};

INLINE bool aligned(const void *array)
{
    return ((uint64_t)array & 15) == 0;
}

template <class T> INLINE Pack<T> read_pack(const T *array, int64_t k)
{
    return ((const Pack<T> *)array)[k];
}

template <class T> INLINE void write_pack(T *array, int64_t k, Pack<T> pack)
{
    ((Pack<T> *)array)[k] = pack;
}
"""
# How many elements a pack has.
SIZES: Mapping[str, int] = {"float64": 2, "int64": 2, "float32": 4}
MOST = 12


class Side(NamedTuple):
    """An array whose elements an iteration reads, writes, or both."""

    name: str
    number: str
    is_read: bool
    is_written: bool


def is_flat(body: KernelBody, loops: Sequence[ast.For], counts: Sequence[str]) -> bool:
    """Whether loops inside each other go through whole arrays in the order of memory.

    ``counts`` are the numbers of iterations.
    """
    counters = [ast.unparse(loop.target) for loop in loops]
    inside = loops[-1].body
    found = [n for n in _elements(inside) if any(mentions(n, c) for c in counters)]
    if not found or not all(map(is_simple, loops)):
        return False
    for node in found:
        kind, places = body.kind(node.value), list(map(ast.unparse, indices(node)))
        if not isinstance(kind, Array) or not kind.packed or places != counters:
            return False
        lengths = [length.text for length in body.ref(node.value).lengths]
        if lengths[1:] != list(counts[1:]):
            return False
    return _only_places(inside, counters, found)


def sides(body: KernelBody, loops: Sequence[ast.For]) -> list[Side]:
    """Return the arrays of a loop if it may go by packs, nothing if it may not."""
    counters = [ast.unparse(loop.target) for loop in loops]
    statements = loops[-1].body
    if not all(map(is_simple, loops)) or not all(map(_is_plain, statements)):
        return []
    found: dict[str, Side] = {}
    moving = []
    for node, written, read in _uses(statements):
        kind, places = body.kind(node.value), list(map(ast.unparse, indices(node)))
        if places != counters:
            if written or any(mentions(node, c) for c in counters):
                return []
            continue
        if not isinstance(node.value, ast.Name) or not isinstance(kind, Array):
            return []
        if not kind.packed or kind.dtype not in SIZES:
            return []
        moving.append(node)
        old = found.get(node.value.id)
        if old is not None:
            read, written = (
                old.is_read or read and not old.is_written,
                written or old.is_written,
            )
        found[node.value.id] = Side(node.value.id, kind.dtype, read, written)
    several = {SIZES[side.number] for side in found.values()}
    if len(several) != 1 or len(found) > MOST:
        return []
    return list(found.values()) if _only_places(statements, counters, moving) else []


def write_packs(
    body: KernelBody, loops: Sequence[ast.For], found: Sequence[Side], count: str
) -> None:
    """Write an iteration as a function, and the loops that call it."""
    fresh = body.names.fresh
    counters = [ast.unparse(loop.target) for loop in loops]
    one = {s.name: fresh(f"{body.names.of(s.name)}_{''.join(counters)}") for s in found}
    each, packs, pack, lane, left = map(
        fresh, ["each", "packs", "pack", "lane", "left"]
    )
    size = SIZES[found[0].number]
    parts = [f"{_c(s)} {'&' * s.is_written}{one[s.name]}" for s in found]
    _write(body, f"const auto {each} = [&]({', '.join(parts)}) {{")
    body.elements = one
    body.inside(loops[-1].body)
    body.elements = {}
    body.write("};")
    own = {s.name: body.names.of(s.name) for s in found}
    ready = " && ".join(f"aligned({name})" for name in own.values())
    _write(body, f"const int64_t {packs} = {ready} ? {count} / {size} : 0;")
    body.write(f"FOR_EACH({pack}, {packs}) {{")
    body.depth += 1
    many = {s.name: fresh(f"{own[s.name]}_{pack}") for s in found}
    for side in found:
        first = f" = read_pack({own[side.name]}, {pack})" * side.is_read
        const = "const " * (not side.is_written)
        body.write(f"{const}Pack<{_number(side)}> {many[side.name]}{first};")
    body.write("#pragma unroll")
    body.write(f"for (int {lane} = 0; {lane} < {size}; {lane}++)")
    calls = ", ".join(f"{many[side.name]}.at[{lane}]" for side in found)
    body.depth += 1
    _write(body, f"{each}({calls});")
    body.depth -= 1
    for side in found:
        if side.is_written:
            body.write(f"write_pack({own[side.name]}, {pack}, {many[side.name]});")
    body.depth -= 1
    body.write("}")
    body.write(f"FOR_EACH({left}, {count} - {size} * {packs}) {{")
    body.depth += 1
    at = fresh(counters[0]) if len(counters) > 1 else body.names.of(counters[0])
    body.write(f"const int64_t {at} = {size} * {packs} + {left};")
    _write(body, f"{each}({', '.join(f'{name}[{at}]' for name in own.values())});")
    body.depth -= 1
    body.write("}")


def _c(side: Side) -> str:
    return ("" if side.is_written else "const ") + _number(side)


def _number(side: Side) -> str:
    return c_type(Array(side.number, 1))


def _write(body: KernelBody, line: str) -> None:
    """Write a line, in several if it is long."""
    indent = "    " * body.depth
    for each in wrapped(indent + line).split("\n"):
        body.lines.append(each)


def _is_plain(node: ast.stmt) -> bool:
    """Whether a statement sets a number or an element."""
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Name | ast.Subscript)
    return isinstance(node, ast.AugAssign)


def _elements(statements: Sequence[ast.stmt]) -> list[ast.Subscript]:
    """Return elements of arrays; lengths are none."""
    nodes = (n for s in statements for n in ast.walk(s))
    return [
        n
        for n in nodes
        if isinstance(n, ast.Subscript)
        and not (isinstance(n.value, ast.Attribute) and n.value.attr == "shape")
    ]


def _uses(statements: Sequence[ast.stmt]) -> Iterator[tuple[ast.Subscript, bool, bool]]:
    """Yield elements in order: whether they are written, and read."""
    for statement in statements:
        plain = isinstance(statement, ast.Assign)
        (target,) = getattr(statement, "targets", None) or [statement.target]  # type: ignore[attr-defined]
        yield from ((n, False, True) for n in _elements([statement]) if n is not target)
        if isinstance(target, ast.Subscript):
            yield target, True, not plain


def _only_places(
    statements: Sequence[ast.stmt],
    counters: Sequence[str],
    elements: Sequence[ast.Subscript],
) -> bool:
    """Whether counters stand nowhere but in the places of some elements."""
    every = [n.id for s in statements for n in ast.walk(s) if isinstance(n, ast.Name)]
    places = [n for e in elements for p in indices(e) for n in ast.walk(p)]
    inside = [n.id for n in places if isinstance(n, ast.Name)]
    return all(every.count(c) == inside.count(c) for c in counters)
