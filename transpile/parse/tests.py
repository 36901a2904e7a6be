"""Conditions: truth values and short circuits."""

from __future__ import annotations

from collections.abc import Callable

import gast

from ..ir import Value
from .branches import choose
from .frame import Frame, expression
from .objects import Array, Closure, Library, Obj, Routine, Scalar, Static, Tuple


def truth(frame: Frame, node: gast.AST) -> Value:
    """Parse a condition; return it as a truth value."""
    if isinstance(node, gast.BoolOp):
        return _short_circuit(frame, node)
    return truth_of(frame, frame.evaluate(node), node)


def truth_of(frame: Frame, obj: Obj, node: gast.AST | None = None) -> Value:
    """Return whether an object counts as true."""
    if isinstance(obj, (Static, Tuple, Closure, Routine, Library)):
        return frame.constant(_python_truth(obj))
    if isinstance(obj, Array):
        frame.refuse(
            "the truth of an array with several elements",
            "say which is meant: np.any(...) or np.all(...)",
            node,
        )
    value = frame.read(obj)
    if value.type.dtype == "bool":
        return value
    known = frame.context.number(value)
    if known is not None:
        return frame.constant(bool(known))
    return frame.emit("not_equal", value, frame.constant(0), spelled="bool")


def _python_truth(obj: Obj) -> bool:
    if isinstance(obj, Static):
        return bool(obj.value)
    return bool(obj.items) if isinstance(obj, Tuple) else True


@expression("BoolOp")
def boolean(frame: Frame, node: gast.BoolOp) -> Obj:
    """Parse ``and`` and ``or`` outside of a condition: of truth values only."""
    return Scalar(_short_circuit(frame, node, strict=True))


def _short_circuit(frame: Frame, node: gast.BoolOp, strict: bool = False) -> Value:
    is_and = isinstance(node.op, gast.And)
    result: Value | None = None
    for part in node.values:
        known = None if result is None else frame.context.number(result)
        if known is not None and bool(known) != is_and:
            break
        result = _add_part(frame, result if known is None else None, part, is_and)
        if strict and result.type.dtype != "bool":
            frame.refuse("and, or of numbers", "write x if c else y", part)
    assert result is not None
    return result


def _add_part(
    frame: Frame, result: Value | None, part: gast.AST, is_and: bool
) -> Value:
    if result is None:
        return truth(frame, part)
    if not _may_fail(part):
        op, word = ("logical_and", "and") if is_and else ("logical_or", "or")
        return frame.emit(op, result, truth(frame, part), spelled=word)
    more: Callable[[], Obj] = lambda: Scalar(truth(frame, part))  # noqa: E731
    done: Callable[[], Obj] = lambda: Scalar(frame.constant(not is_and))  # noqa: E731
    sides = (more, done) if is_and else (done, more)
    return frame.read(choose(frame, result, *sides, spelled="and" if is_and else "or"))


_FAILING = (gast.Subscript, gast.Call, gast.Div, gast.FloorDiv, gast.Mod, gast.Pow)


def _may_fail(node: gast.AST) -> bool:
    return any(isinstance(inner, _FAILING) for inner in gast.walk(node))
