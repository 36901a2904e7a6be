"""Expressions: literals, names, operators, comparisons, choices."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

import gast

from ..graph.ir import Value
from ..graph.linear import Linear
from ..read import language
from .arrays import spread
from .attributes import attribute_of
from .branches import choose
from .frame import Frame, expression
from .libraries import library_constant
from .objects import (
    NONE,
    Array,
    Bound,
    Closure,
    Dim,
    Library,
    Named,
    Obj,
    Scalar,
    Static,
    Tuple,
)
from .operators import binary_operator, unary_operator
from .tests import truth


@expression("Constant")
def literal(frame: Frame, node: gast.Constant) -> Obj:
    """Parse a number, True, None or text."""
    value = node.value
    if isinstance(value, (bool, int, float, complex)):
        return Scalar(frame.constant(value, frame.text(node)))
    if value is None or value is Ellipsis or isinstance(value, (str, bytes)):
        return Static(value)
    frame.refuse(f"a constant of type {type(value).__name__}", "use real numbers")


@expression("Name")
def name(frame: Frame, node: gast.Name) -> Obj:
    """Parse a name."""
    return frame.lookup(node.id)


@expression("Tuple")
def tuple_(frame: Frame, node: gast.Tuple) -> Obj:
    """Parse a tuple."""
    return Tuple(tuple(spread(frame, node.elts)))


@expression("List")
def list_(frame: Frame, node: gast.List) -> Obj:
    """Parse a list."""
    items = tuple(spread(frame, node.elts))
    return Tuple(items, True, frame.context.next_serial())


@expression("Lambda")
def lambda_(frame: Frame, node: gast.Lambda) -> Obj:
    """Parse a lambda: its body is parsed where it is called."""
    return Closure(node, frame)


@expression("NamedExpr")
def walrus(frame: Frame, node: gast.NamedExpr) -> Obj:
    """Parse ``name := value``."""
    found = frame.evaluate(node.value)
    frame.bind(node.target.id, found)
    return found


@expression("Attribute")
def attribute(frame: Frame, node: gast.Attribute) -> Obj:
    """Parse ``a.b``: of a module, or of an array."""
    base = _of_module(frame, node)
    if base is not None:
        return base
    base = frame.evaluate(node.value)
    if isinstance(base, Library):
        return library_constant(frame, f"{base.dotted}.{node.attr}")
    found = attribute_of(frame, base, node.attr)
    if isinstance(found, Bound) and found.is_property:
        from .calls import apply  # which is written over expressions

        return apply(frame, found, (), {})
    return found


def _of_module(frame: Frame, node: gast.Attribute) -> Obj | None:
    """Return what a dotted name means that goes through a module."""
    parts = [node.attr]
    inner = node.value
    while isinstance(inner, gast.Attribute):
        parts.append(inner.attr)
        inner = inner.value
    if not isinstance(inner, gast.Name) or frame.is_local(inner.id):
        return None
    found = frame.free(".".join([inner.id, *parts[::-1]]))
    if isinstance(found, Library):
        return library_constant(frame, found.dotted)
    return found


# ---- operators ----


@expression("BinOp")
def binary(frame: Frame, node: gast.BinOp) -> Obj:
    """Parse ``x + y`` and its like."""
    left, right = frame.evaluate(node.left), frame.evaluate(node.right)
    return binary_operator(frame, type(node.op).__name__, left, right)


@expression("UnaryOp")
def unary(frame: Frame, node: gast.UnaryOp) -> Obj:
    """Parse ``-x`` and its like."""
    kind = type(node.op).__name__
    if kind == "Not":
        return Scalar(_negated(frame, node))
    folded = _signed_literal(frame, node)
    if folded is not None:
        return folded
    return unary_operator(frame, kind, frame.evaluate(node.operand))


def _signed_literal(frame: Frame, node: gast.UnaryOp) -> Obj | None:
    inner = node.operand
    if not isinstance(node.op, gast.USub) or not isinstance(inner, gast.Constant):
        return None
    if isinstance(inner.value, bool) or not isinstance(inner.value, (int, float)):
        return None
    return Scalar(frame.constant(-inner.value, frame.text(node)))


def _negated(frame: Frame, node: gast.UnaryOp) -> Value:
    inner = truth(frame, node.operand)
    known = frame.context.number(inner)
    if known is not None:
        return frame.constant(not known)
    return frame.emit("logical_not", inner, spelled="not")


@expression("Compare")
def compare(frame: Frame, node: gast.Compare) -> Obj:
    """Parse a comparison, chained or not."""
    objects = [frame.evaluate(part) for part in (node.left, *node.comparators)]
    kinds = [type(op).__name__ for op in node.ops]
    parts = [
        _comparison(frame, kind, objects[k], objects[k + 1])
        for k, kind in enumerate(kinds)
    ]
    result = parts[0]
    for part in parts[1:]:
        if result.type.rank or part.type.rank:
            frame.refuse("a chained comparison of arrays", "write (a < b) & (b < c)")
        result = frame.emit("logical_and", result, part, spelled="and")
    return frame.fresh(result)


def _comparison(frame: Frame, kind: str, left: Obj, right: Obj) -> Value:
    if isinstance(left, Tuple) and isinstance(right, Tuple) and kind in _EQUALITY:
        return _equal_tuples(frame, kind, left, right)
    if isinstance(right, Tuple) and kind in ("In", "NotIn") and _is_number(left):
        return _member(frame, kind, left, right)
    known = _known_comparison(frame, kind, left, right)
    if known is not None:
        return frame.constant(known)
    if kind not in language.COMPARISONS:
        frame.refuse(
            f"'{_WORDS.get(kind, kind)}' of numbers or arrays", "use == or a loop"
        )
    values = frame.read(left), frame.read(right)
    op = language.COMPARISONS[kind]
    return frame.emit(op, *values, spelled=language.SYMBOLS[kind])


_EQUALITY = {"Eq": ("logical_and", "and"), "NotEq": ("logical_or", "or")}


def _equal_tuples(frame: Frame, kind: str, left: Tuple, right: Tuple) -> Value:
    """Return whether tuples are equal, such as shapes, or whether they are not."""
    if len(left.items) != len(right.items) or left.is_list != right.is_list:
        return frame.constant(kind == "NotEq")
    pairs = zip(left.items, right.items, strict=True)
    parts = [_comparison(frame, kind, x, y) for x, y in pairs]
    return _combined(frame, _EQUALITY[kind], parts, frame.constant(kind == "Eq"))


def _combined(
    frame: Frame, operation: tuple[str, str], parts: Sequence[Value], empty: Value
) -> Value:
    """Return the parts connected by ``and`` or ``or``, known ones left out."""
    op, word = operation
    found: Value | None = None
    for part in parts:
        known = frame.context.number(part)
        if known is not None and bool(known) == (op == "logical_or"):
            return part
        if known is None:
            found = part if found is None else frame.emit(op, found, part, spelled=word)
    return empty if found is None else found


def _is_number(obj: Obj) -> bool:
    return isinstance(obj, (Scalar, Dim))


def _member(frame: Frame, kind: str, item: Obj, group: Tuple) -> Value:
    """Return whether a number is one of a few, or is not."""
    equality = "Eq" if kind == "In" else "NotEq"
    if not all(map(_is_number, group.items)):
        frame.refuse("'in' of a number and other things", "use ==")
    parts = [_comparison(frame, equality, item, other) for other in group.items]
    operation = ("logical_or", "or") if kind == "In" else ("logical_and", "and")
    return _combined(frame, operation, parts, frame.constant(kind == "NotIn"))


_WORDS = {"Is": "is", "IsNot": "is not", "In": "in", "NotIn": "not in"}


def _known_comparison(frame: Frame, kind: str, left: Obj, right: Obj) -> bool | None:
    """Return what a comparison gives, if the parser knows it."""
    if kind in ("Is", "IsNot") and NONE in (left, right):
        return (left == right) == (kind == "Is")
    if kind in ("In", "NotIn") and isinstance(right, Named):
        right = Tuple(tuple(map(Static, right.names)))
    if kind in ("In", "NotIn") and isinstance(right, Tuple):
        return _known_member(frame, left, right, kind == "In")
    if isinstance(left, Static) and isinstance(right, Static):
        equal = {"Eq": True, "NotEq": False}.get(kind)
        return None if equal is None else (left.value == right.value) == equal
    if isinstance(left, (Static, Library)) or isinstance(right, (Static, Library)):
        return {"Eq": left == right, "NotEq": left != right}.get(kind)
    if isinstance(left, (Array, Tuple)) or isinstance(right, (Array, Tuple)):
        return None
    return _known_order(frame, kind, frame.read(left), frame.read(right))


def _known_member(frame: Frame, item: Obj, group: Tuple, wanted: bool) -> bool | None:
    if isinstance(item, Static) and all(isinstance(i, Static) for i in group.items):
        return (item in group.items) == wanted
    return None


_ORDER: dict[str, Callable[..., bool]] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
}


def _known_order(frame: Frame, kind: str, left: Value, right: Value) -> bool | None:
    if kind not in _ORDER:
        return None
    if not (left.type.is_integer and right.type.is_integer):
        numbers = frame.context.number(left), frame.context.number(right)
        return None if None in numbers else _ORDER[kind](*numbers)
    difference: Linear = left.as_linear - right.as_linear
    number = frame.context.settle(difference).value
    return None if number is None else _ORDER[kind](number, 0)


@expression("IfExp")
def conditional(frame: Frame, node: gast.IfExp) -> Obj:
    """Parse ``x if c else y``."""
    test = truth(frame, node.test)
    return choose(
        frame,
        test,
        lambda: frame.evaluate(node.body),
        lambda: frame.evaluate(node.orelse),
    )
