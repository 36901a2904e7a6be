"""Building equations: a `Builder` collects them, an `Expr` gives them operators.

Rules and rewrites are written over `Expr`, so that they read like the formula:
``1 - y * y`` emits a multiply and a subtract with their types inferred.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from .ir import (
    WRITES,
    At,
    Buffer,
    Equation,
    Index,
    Item,
    Origin,
    Path,
    Region,
    Span,
    Type,
    Value,
)
from .linear import Linear, derived
from .shapes import ceil_divide, surely_not_negative
from .types import infer, is_alias


class Builder:
    """An open block of equations.

    ``origin``, ``backward`` and ``comment`` are given to what is emitted next.
    """

    def __init__(self, origin: Origin | None = None, backward: int = False) -> None:
        self.equations: list[Equation] = []
        self.origin = origin
        self.backward = backward
        self.comment: str | None = None

    def emit(
        self, op: str, *operands: Value, name: str | None = None, **attrs: Any
    ) -> Value:
        """Append an equation with one result of the inferred type; return that."""
        (result_type,) = infer(op, operands, attrs)
        buffer = None
        if result_type.rank:
            shared = op in WRITES or is_alias(op, operands, attrs)
            buffer = operands[0].buffer if shared else Buffer(name or "")
        form = integer_form(op, operands, attrs)
        number = attrs["value"] if op == "constant" else None
        number = None if isinstance(number, complex) else number
        result = Value(result_type, name, buffer, form, number=number)
        self.append(op, operands, (result,), **attrs)
        return result

    def append(
        self,
        op: str,
        operands: Sequence[Value],
        results: Sequence[Value],
        regions: Sequence[Region] = (),
        **attrs: Any,
    ) -> Equation:
        """Append an equation whose results are given; return it."""
        eq = Equation(
            op,
            tuple(operands),
            tuple(results),
            MappingProxyType(attrs),
            tuple(regions),
            self.origin,
            self.backward,
            self.comment,
        )
        self.equations.append(eq)
        return eq

    def constant(self, value: Number | complex, dtype: str | None = None) -> Value:
        """Return a scalar constant: weak, unless a dtype is given."""
        attrs = {"value": value} if dtype is None else {"value": value, "dtype": dtype}
        return self.emit("constant", **attrs)

    def total(self, terms: Iterable[tuple[Value, int]], number: int) -> Value:
        """Return the sum of integers, each so many times, and of a number."""
        made: Value | None = None
        for value, factor in terms:
            if abs(factor) != 1:
                value = self.emit("multiply", self.constant(abs(factor)), value)
            if made is None:
                made = value if factor > 0 else self.emit("negative", value)
            else:
                made = self.emit("add" if factor > 0 else "subtract", made, value)
        if made is None:
            return self.constant(number)
        if number:
            op = "add" if number > 0 else "subtract"
            made = self.emit(op, made, self.constant(abs(number)))
        return made

    def dim(self, array: Value, axis: int) -> Value:
        """Return the length of an axis as an integer."""
        length = array.type.shape[axis].value
        if length is not None:
            return self.constant(length)
        return self.emit("dim", array, axis=axis)

    def dims(self, array: Value) -> list[Value]:
        """Return the lengths of all axes."""
        return [self.dim(array, axis) for axis in range(array.type.rank)]

    def index(self, array: Value, items: Sequence[Item], *slots: Value) -> Value:
        """Return ``array[items]``."""
        return self.emit("index", array, *slots, path=(Index(tuple(items)),))

    def store(self, array: Value, value: Value, path: Path, *slots: Value) -> Value:
        """Return the array after ``array[path] = value``."""
        return self.emit("store", array, value, *slots, path=path)

    def accumulate(
        self, array: Value, value: Value, path: Path, *slots: Value
    ) -> Value:
        """Return the array after ``array[path] += value``; repeats add up."""
        return self.emit("accumulate", array, value, *slots, path=path)

    @contextmanager
    def at(self, origin: Origin | None) -> Iterator[None]:
        """Emit with another origin for a while."""
        before, self.origin = self.origin, origin
        try:
            yield
        finally:
            self.origin = before


def integer_form(
    op: str, operands: Sequence[Value], attrs: dict[str, Any]
) -> Linear | None:
    """Return the linear form of an integer scalar that an equation computes."""
    if any(v.type.rank or not v.type.is_integer for v in operands if op != "dim"):
        return None
    if op == "constant":
        value = attrs["value"]
        is_int = isinstance(value, int) and not isinstance(value, bool)
        return Linear.number(value) if is_int else None
    if op == "dim":
        axis: int = attrs["axis"]
        return operands[0].type.shape[axis]
    forms = [v.as_linear for v in operands]
    if op == "add":
        return forms[0] + forms[1]
    if op == "subtract":
        return forms[0] - forms[1]
    if op == "negative":
        return -forms[0]
    if op in ("copy", "positive"):
        return forms[0]
    if op == "multiply":
        for one, other in (forms, forms[::-1]):
            if one.value is not None:
                return other * one.value
        if all(map(surely_not_negative, forms)):
            return derived("product", *forms)
    if op == "maximum" and Linear.number(0) in forms:
        return derived("clip", forms[1 if forms[0].value == 0 else 0])
    if op == "floor_divide":
        return _quotient(*forms)
    return None


def _quotient(form: Linear, divisor: Linear) -> Linear | None:
    """Return ``form // divisor`` for a length and a positive number."""
    by = divisor.value
    if by is None or by <= 0 or not surely_not_negative(form):
        return None
    if all(factor % by == 0 for _, factor in form.terms):
        terms = ((atom, factor // by) for atom, factor in form.terms)
        return Linear.collect(terms, form.constant // by)
    return ceil_divide(form - (by - 1), by)


Number = bool | int | float


class Expr:
    """A value with operators that emit into a builder."""

    __slots__ = ("builder", "value")

    def __init__(self, builder: Builder, value: Value) -> None:
        self.builder = builder
        self.value = value

    @property
    def type(self) -> Type:
        """The type of the value."""
        return self.value.type

    def lift(self, other: Expr | Value | Number | complex) -> Expr:
        """Return an expression in the same builder."""
        if isinstance(other, Expr):
            return other
        if isinstance(other, Value):
            return Expr(self.builder, other)
        return Expr(self.builder, self.builder.constant(other))

    def op(
        self, name: str, *others: Expr | Value | Number | complex, **attrs: Any
    ) -> Expr:
        """Return ``name(self, *others)``."""
        values = [self.lift(o).value for o in others]
        return Expr(self.builder, self.builder.emit(name, self.value, *values, **attrs))

    def called(self, hint: str) -> Expr:
        """Return the expression just made, with what to call it if it needs a name."""
        last = self.builder.equations[-1]
        assert last.results == (self.value,)
        value = replace(self.value, hint=hint)
        self.builder.equations[-1] = replace(last, results=(value,))
        return Expr(self.builder, value)

    def __add__(self, other: Expr | Number) -> Expr:
        return self.op("add", other)

    def __radd__(self, other: Number) -> Expr:
        return self.lift(other).op("add", self)

    def __sub__(self, other: Expr | Number) -> Expr:
        return self.op("subtract", other)

    def __rsub__(self, other: Number) -> Expr:
        return self.lift(other).op("subtract", self)

    def __mul__(self, other: Expr | Number | complex) -> Expr:
        return self.op("multiply", other)

    def __rmul__(self, other: Number | complex) -> Expr:
        return self.lift(other).op("multiply", self)

    def __truediv__(self, other: Expr | Number) -> Expr:
        return self.op("divide", other)

    def __rtruediv__(self, other: Number) -> Expr:
        return self.lift(other).op("divide", self)

    def __pow__(self, other: Expr | Number) -> Expr:
        return self.op("power", other)

    def __rpow__(self, other: Number) -> Expr:
        return self.lift(other).op("power", self)

    def __neg__(self) -> Expr:
        return self.op("negative")

    def __lt__(self, other: Expr | Number) -> Expr:
        return self.op("less", other)

    def __le__(self, other: Expr | Number) -> Expr:
        return self.op("less_equal", other)

    def __gt__(self, other: Expr | Number) -> Expr:
        return self.op("greater", other)

    def __ge__(self, other: Expr | Number) -> Expr:
        return self.op("greater_equal", other)

    def equals(self, other: Expr | Number) -> Expr:
        """Return the elementwise ``==`` (the operator itself compares objects)."""
        return self.op("equal", other)

    def where(self, yes: Expr | Number, no: Expr | Number) -> Expr:
        """Return ``np.where(self, yes, no)``."""
        return self.op("where", yes, no)


__all__ = ["At", "Builder", "Expr", "Span", "integer_form"]
