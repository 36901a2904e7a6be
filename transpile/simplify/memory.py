"""Adjoint memory: zeros that are added to, elements written and read again."""

from __future__ import annotations

from typing import Any

from ..graph.build import Expr
from ..graph.ir import Equation, Gather, Index, Mask, Path, Value, is_distinct
from ..graph.ops import ELEMENTWISE
from ..graph.shapes import TypeRefused
from ..graph.types import infer
from ..rewrite import Editor, Row, Table
from ..rewrite.patterns import Attr
from ..rewrite.words import ANY, A, B, accumulate, broadcast_to, index, store
from .fill import fitted

PART: dict[str, Any] = {"path": Attr("path"), "rest": "slots"}
FILLS = {"zeros": 0.0, "ones": 1.0}


def fill_of(editor: Editor, value: Value) -> Value | None:
    """Return what an array repeats along new or stretched axes, None if it does not."""
    eq = editor.definition(value)
    if eq is None or not value.type.rank:
        return None
    if eq.op in ("broadcast_to", "full") and editor.readable(eq.operands[0]):
        return eq.operands[0]
    if eq.op in FILLS and value.type.is_inexact:
        return editor.constant(FILLS[eq.op])
    return None


def is_zero(editor: Editor, value: Value) -> bool:
    """Whether a value is zero everywhere by its definition."""
    source: Value | None = value
    while source is not None:
        number = editor.number(source)
        if number is not None:
            return number == 0
        eq = editor.definition(source)
        if eq is not None and eq.op == "zeros":
            return True
        if eq is not None and eq.op == "store" and not eq.attrs["path"]:
            source = eq.operands[1]
        else:
            source = fill_of(editor, source)
    return False


def _is_basic(path: Path) -> bool:
    return all(
        not isinstance(item, (Gather, Mask))
        for step in path
        if isinstance(step, Index)
        for item in step.items
    )


def _only_here(editor: Editor, eq: Equation) -> bool:
    return editor.facts.uses[eq.operands[0]] == 1


def _same_place(
    editor: Editor,
    path: Path,
    written: Path,
    slots: tuple[Value, ...],
    places: tuple[Value, ...],
) -> bool:
    return (
        path == written
        and _is_basic(path)
        and all(editor.same(p, q) for p, q in zip(slots, places, strict=True))
    )


def _again(
    op: Any, a: Expr, b: Expr, path: Path, slots: tuple[Value, ...], eq: Equation
) -> Expr:
    more = {"lengths": eq.attrs["lengths"]} if "lengths" in eq.attrs else {}
    made: Expr = op(a, b, *slots, path=path, **more)
    return made


def _written(editor: Editor, eq: Equation, path: Path) -> bool:
    """Whether the array that is added to is new and zero."""
    made = editor.definition(eq.operands[0])
    return made is not None and made.op == "zeros" and bool(path) and is_distinct(path)


ROWS = (
    Row(
        "zeros += x",
        accumulate(A, B, path=()),
        lambda editor, eq, b: fitted(editor, b.value, eq),
        only=lambda editor, eq: (
            _only_here(editor, eq) and is_zero(editor, eq.operands[0])
        ),
    ),
    Row(
        "x += 0",
        accumulate(A, B, **PART),
        lambda a: a,
        only=lambda editor, b: is_zero(editor, b.value),
    ),
    Row(
        "zeros[i] += x",
        accumulate(A, B, **PART),
        lambda a, b, path, slots, eq: _again(store, a, b, path, slots, eq),
        only=_written,
    ),
    Row(
        "x[i] = broadcast_to y",
        store(A, broadcast_to(B, rest="lengths"), **PART),
        lambda a, b, path, slots, eq: _again(store, a, b, path, slots, eq),
    ),
    Row(
        "x[i] += broadcast_to y",
        accumulate(A, broadcast_to(B, rest="lengths"), **PART),
        lambda a, b, path, slots, eq: _again(accumulate, a, b, path, slots, eq),
    ),
    Row(
        "x[i] = y, then x[i]",
        index(store(ANY, B, path=Attr("written"), rest="places"), **PART),
        lambda b: b,
        only=_same_place,
    ),
    Row(
        "zeros[i]",
        index(A, **PART),
        lambda editor, eq: _element(editor, eq),
    ),
)

TABLE = Table(ROWS)


def _element(editor: Editor, eq: Equation) -> Value | None:
    """Return an element of an array that repeats one number."""
    source = fill_of(editor, eq.operands[0])
    if source is None or source.type.rank:
        return None
    return fitted(editor, source, eq)


def drop_broadcasts(editor: Editor, eq: Equation) -> bool:
    """Leave out a broadcast that an elementwise operation does anyway, or delay it."""
    if eq.op not in ELEMENTWISE or not eq.result.type.rank:
        return False
    sources = [fill_of(editor, v) for v in eq.operands]
    if all(s is None for s in sources):
        return False
    mark = editor.mark()
    operands = [s or v for s, v in zip(sources, eq.operands, strict=True)]
    attrs = {k: v for k, v in eq.attrs.items() if k != "spelled"}
    try:
        infer(eq.op, operands, attrs)
        inner = editor.emit(eq.op, *operands, **attrs)
        value = fitted(editor, inner, eq)
    except TypeRefused:
        value = None
    if value is None:
        editor.rollback(mark)
        return False
    return editor.become(eq, value, mark)


def pass_name(editor: Editor, eq: Equation) -> bool:
    """Name the number that a named adjoint only repeats: the array will not be made."""
    name = eq.result.name if len(eq.results) == 1 else None
    if eq.op != "broadcast_to" or name is None:
        return False
    source, *lengths = eq.operands
    made = editor.definition(source)
    if made is None or not made.backward or source.name or source.type.rank:
        return False
    if (
        made.op == "constant"
        or not editor.facts.readers.get(eq.result, set()) <= ELEMENTWISE
    ):
        return False
    editor.rename(source, name)
    editor.keep(editor.resolved(eq))
    return True


def fill_ones(editor: Editor, eq: Equation) -> bool:
    """Make an array of ones or zeros where it has to exist, not a broadcast number."""
    if eq.op != "broadcast_to" or not eq.result.type.is_inexact:
        return False
    if editor.facts.readers.get(eq.result, set()) <= ELEMENTWISE:
        return False
    source, *lengths = eq.operands
    number = editor.number(source)
    if number not in (0, 1) or source.type.rank:
        return False
    op = "ones" if number else "zeros"
    mark = editor.mark()
    filled = editor.emit(op, *lengths, dtype=eq.result.type.dtype)
    return editor.become(eq, filled, mark)


def _statement(eq: Equation) -> tuple[str, int] | None:
    return None if eq.origin is None else (eq.origin.file, eq.origin.statement)


def join_additions(editor: Editor, eq: Equation) -> bool:
    """Add to the same place once: what one statement adds to ``x[i]`` twice."""
    before = editor.definition(eq.operands[0]) if eq.op == "accumulate" else None
    if before is None or before.op != "accumulate" or not before.backward:
        return False
    path, slots = eq.attrs["path"], eq.operands[2:]
    alone = editor.facts.uses[before.result] == 1 and before in editor.equations
    if not alone or path != before.attrs["path"] or not is_distinct(path):
        return False
    if _statement(eq) != _statement(before):
        return False
    same = all(map(editor.same, slots, before.operands[2:]))
    base, first = before.operands[:2]
    if not same or not path or not editor.readable(first):
        return False
    if first.type.shape != eq.operands[1].type.shape:
        return False
    editor.withdraw(before)
    mark = editor.mark()
    total = editor.emit("add", first, eq.operands[1])
    joined = editor.emit("accumulate", base, total, *slots, **eq.attrs)
    return editor.become(eq, joined, mark)


def _adds_to_part(editor: Editor, eq: Equation) -> bool:
    """Whether an equation adds to a part of an array, which may be zeros so far."""
    if eq.op == "store":
        return _written(editor, eq, eq.attrs["path"])
    return eq.op == "accumulate" and bool(eq.attrs["path"])


def fill_first(editor: Editor, eq: Equation) -> bool:
    """Add what is added to a whole array of zeros before what is added to parts.

    Before ``x = zeros; x[i] += y; x += z``; after ``x = z; x[i] += y``.
    """
    if eq.op != "accumulate" or eq.attrs["path"]:
        return False
    parts: list[Equation] = []
    base = editor.definition(eq.operands[0])
    while base is not None and _adds_to_part(editor, base):
        inputs = base.operands[1:]
        alone = editor.facts.uses[base.result] == 1 and base in editor.equations
        if not (alone and base.backward and all(map(editor.readable, inputs))):
            return False
        parts.append(base)
        base = editor.definition(base.operands[0])
    if not parts or base is None or base.op != "zeros":
        return False
    if editor.facts.uses[base.result] > 1:
        return False
    for part in parts:
        editor.withdraw(part)
    mark = editor.mark()
    made = editor.emit("accumulate", base.result, eq.operands[1], **eq.attrs)
    for part in reversed(parts):
        with editor.like(part):
            made = editor.emit("accumulate", made, *part.operands[1:], **part.attrs)
    return editor.become(eq, made, mark)
