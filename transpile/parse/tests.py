"""Conditions: truth values and short circuits."""

from __future__ import annotations

from collections.abc import Callable

import gast

from ..graph.ir import Value
from .branches import choose
from .frame import Frame, expression
from .objects import (
    Array,
    Closure,
    Differentiated,
    Library,
    Obj,
    Routine,
    Scalar,
    Static,
    Tuple,
)


def truth(frame: Frame, node: gast.AST) -> Value:
    """Parse a condition; return it as a truth value."""
    if isinstance(node, gast.BoolOp):
        return _short_circuit(frame, node)
    return truth_of(frame, frame.evaluate(node), node)


def truth_of(frame: Frame, obj: Obj, node: gast.AST | None = None) -> Value:
    """Return whether an object counts as true."""
    if isinstance(obj, (Static, Tuple, Closure, Routine, Differentiated, Library)):
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
    """Parse ``and`` and ``or`` outside of a condition: the part that decides."""
    found = frame.evaluate(node.values[0])
    for part in node.values[1:]:
        found = _deciding(frame, found, part, isinstance(node.op, gast.And))
    return found


def _deciding(frame: Frame, before: Obj, part: gast.AST, is_and: bool) -> Obj:
    """Return what stood before, or a part where that does not decide."""
    test = truth_of(frame, before, part)
    known = frame.context.number(test)
    if known is not None:
        return frame.evaluate(part) if bool(known) == is_and else before
    if test is frame.read(before):
        return Scalar(_add_part(frame, test, part, is_and, _truth_value))
    sides = (lambda: frame.evaluate(part)), (lambda: before)
    return choose(frame, test, *(sides if is_and else sides[::-1]))


def _truth_value(frame: Frame, node: gast.AST) -> Value:
    value = frame.value(node)
    if value.type.dtype != "bool":
        frame.refuse("and, or of truth values and numbers", "write x if c else y", node)
    return value


def _short_circuit(frame: Frame, node: gast.BoolOp) -> Value:
    is_and = isinstance(node.op, gast.And)
    result = truth(frame, node.values[0])
    for part in node.values[1:]:
        known = frame.context.number(result)
        if known is None:
            result = _add_part(frame, result, part, is_and, truth)
        elif bool(known) == is_and:
            result = truth(frame, part)
    return result


def _add_part(
    frame: Frame,
    result: Value,
    part: gast.AST,
    is_and: bool,
    read: Callable[[Frame, gast.AST], Value],
) -> Value:
    if not _may_fail(part):
        more = read(frame, part)
        known = frame.context.number(more)
        if known is not None:
            return result if bool(known) == is_and else more
        op, word = ("logical_and", "and") if is_and else ("logical_or", "or")
        return frame.emit(op, result, more, spelled=word)
    asked: Callable[[], Obj] = lambda: Scalar(read(frame, part))  # noqa: E731
    done: Callable[[], Obj] = lambda: Scalar(frame.constant(not is_and))  # noqa: E731
    sides = (asked, done) if is_and else (done, asked)
    return frame.read(choose(frame, result, *sides, spelled="and" if is_and else "or"))


_FAILING = (gast.Subscript, gast.Call, gast.Div, gast.FloorDiv, gast.Mod, gast.Pow)


def _may_fail(node: gast.AST) -> bool:
    return any(isinstance(inner, _FAILING) for inner in gast.walk(node))
