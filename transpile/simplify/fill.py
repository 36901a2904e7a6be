"""Making a value the shape and dtype that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..graph.dtypes import strong
from ..graph.ir import Equation, Value
from ..rewrite import Editor

# Operations that have lengths among their operands, and the place of the first.
LENGTHS = {"zeros": 0, "ones": 0, "empty": 0, "full": 1, "broadcast_to": 1}


def fitted(editor: Editor, value: Value, eq: Equation) -> Value | None:
    """Return a value with the type of an equation's result: spread, or a constant.

    None if only a conversion of computed numbers would do.
    """
    kind = eq.result.type
    value = retyped(editor, value, kind.dtype)
    if value.type.dtype != kind.dtype and strong(value.type.dtype) != kind.dtype:
        return None
    if value.type.shape != kind.shape:
        lengths = lengths_of(editor, eq.operands, kind.shape)
        return None if lengths is None else spread(editor, value, lengths, eq)
    return value if value.type.dtype == kind.dtype else None


def retyped(editor: Editor, value: Value, dtype: str) -> Value:
    """Return a constant in a dtype; anything else as it is."""
    number = editor.number(value)
    if number is None or value.type.dtype == dtype or value.type.rank:
        return value
    if dtype == "weak_float":
        return editor.constant(float(number))
    if dtype in ("float64", "float32", "complex128", "complex64"):
        return editor.constant(float(number), dtype)
    return value


def spread(
    editor: Editor, value: Value, lengths: Sequence[Value], eq: Equation
) -> Value:
    """Return a value broadcast: filled into new memory where that is needed."""
    result = eq.result
    facts = editor.facts
    bound = result.buffer in facts.written or result.buffer in facts.fixed
    if not bound or value.type.rank:
        made = editor.emit("broadcast_to", value, *lengths)
        return editor.emit("copy", made) if bound else made
    number = editor.number(value)
    dtype = result.type.dtype
    if number == 0:
        return editor.emit("zeros", *lengths, dtype=dtype)
    if number == 1:
        return editor.emit("ones", *lengths, dtype=dtype)
    return editor.emit("full", value, *lengths, dtype=dtype)


def lengths_of(
    editor: Editor, values: Iterable[Value], shape: object
) -> list[Value] | None:
    """Return integers for a shape that one of some values has; None if none has it."""
    for value in values:
        if value.type.shape != shape:
            continue
        eq = editor.definition(value)
        if eq is not None and eq.op in LENGTHS:
            found = list(eq.operands[LENGTHS[eq.op] :])
            if all(map(editor.readable, found)):
                return found
        if editor.readable(value):
            return editor.dims(value)
    return None
