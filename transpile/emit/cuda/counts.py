"""How many iterations a loop has, for a kernel and for the host that starts it."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from ..c.body import Body
from ..c.kinds import unspelled
from ..c.pieces import C
from ..c.syntax import ranged


def is_simple(loop: ast.For) -> bool:
    """Whether a loop counts upwards from 0, one by one."""
    assert isinstance(loop.iter, ast.Call)
    start, _, step = ranged(loop.iter.args)
    return step == 1 and isinstance(start, ast.Constant) and start.value == 0


def is_whole(loop: ast.For) -> bool:
    """Whether a loop has as many iterations as an array is long, or the text says."""
    assert isinstance(loop.iter, ast.Call)
    match loop.iter.args:
        case [ast.Constant()]:
            return True
        case [ast.Subscript(value=ast.Attribute(attr="shape"))]:
            return True
        case [ast.Attribute(attr="size")]:
            return True
    return False


def count_of(body: Body, start: ast.expr, stop: ast.expr, step: int | ast.expr) -> C:
    """Return how many iterations a loop has; fewer than one is none."""
    first, last = body.term(start), body.term(stop)
    if step == 1:
        return last if first.text == "0" else C(f"{last.text} - {first.within(13)}", 12)
    if step == -1:
        return C(f"{first.text} - {last.within(13)}", 12)
    raise unspelled("such a range on the device")


def python_count(start: ast.expr, stop: ast.expr, step: int | ast.expr) -> str:
    """Return how many iterations a loop has, or fewer than one."""
    first, last = (start, stop) if step == 1 else (stop, start)
    if isinstance(first, ast.Constant) and first.value == 0:
        return ast.unparse(last)
    return ast.unparse(ast.BinOp(last, ast.Sub(), first))


def decoded(
    body: Body,
    loops: Sequence[ast.For],
    names: Sequence[str],
    whole: Sequence[str],
    left: str,
) -> None:
    """Write the counters that the number of an iteration stands for."""
    for k in range(len(loops) - 1, -1, -1):
        call = loops[k].iter
        assert isinstance(call, ast.Call)
        start, _, step = ranged(call.args)
        first = body.term(start)
        place = left
        if k:
            rest = names[0] if k == 1 and is_simple(loops[0]) else ""
            rest = rest or body.names.numbered("rest")
            body.write(f"const int64_t {rest} = {left} / {whole[k]};")
            place, left = f"{left} - {rest} * {whole[k]}", rest
        if place == names[k]:
            continue
        if step != 1:
            place = f"({place}) * {step}" if k else f"{place} * {step}"
        made = place if first.text == "0" else f"{first.within(12)} + {place}"
        body.write(f"const int64_t {names[k]} = {made};")


def count_in(body: Body, loop: ast.For) -> C:
    """Return how many iterations a loop has, in a kernel; fewer than one is none."""
    assert isinstance(loop.iter, ast.Call)
    return count_of(body, *ranged(loop.iter.args))


def python_counts(loops: Sequence[ast.For]) -> str:
    """Return how many iterations loops inside each other have, for the host."""
    texts = []
    for loop in loops:
        assert isinstance(loop.iter, ast.Call)
        texts.append(python_count(*ranged(loop.iter.args)))
    if len(texts) == 1:
        return texts[0]
    return " * ".join(t if re.fullmatch(r"[\w.\[\]]+", t) else f"({t})" for t in texts)
