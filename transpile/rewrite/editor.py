"""Rewriting one region: a builder that knows what is in scope and may take back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ..graph.build import Builder, Expr, Number
from ..graph.ir import Buffer, Equation, Value, is_view
from ..graph.types import infer, is_alias
from .memory import Facts
from .patterns import constant_of
from .scope import Scope


class Editor(Builder):
    """A region under construction.

    What is emitted is defined in ``scope``; an operation that is at hand already is
    not emitted again.
    """

    def __init__(self, scope: Scope, facts: Facts) -> None:
        super().__init__()
        self.scope = scope
        self.facts = facts
        self.pending: dict[Value, str] = {}

    # ---- knowledge (a `Matcher`) ----

    def lookup(self, value: Value) -> tuple[Equation, ...]:
        """Return the equations known to define a value, its own first."""
        return self.scope.definitions.get(value, ())

    def definition(self, value: Value) -> Equation | None:
        """Return the equation that defines a value, if that is not control."""
        return self.scope.definition(value)

    def same(self, one: Value, other: Value) -> bool:
        """Whether two values are surely equal."""
        return self.scope.same(one, other)

    def readable(self, value: Value) -> bool:
        """Whether a value is in scope and its memory still holds it."""
        return self.scope.readable(value)

    def number(self, value: Value) -> Number | None:
        """Return the number that a value is a constant of, None if it is not one."""
        return constant_of(value, self)

    def expr(self, value: Value) -> Expr:
        """Return a value with operators."""
        return Expr(self, value)

    # ---- emitting ----

    def emit(
        self, op: str, *operands: Value, name: str | None = None, **attrs: Any
    ) -> Value:
        """Return the value of an operation, emitted if it is not at hand."""
        folded = self.negated(operands[0]) if op == "negative" else None
        if folded is not None:
            return folded
        found = self.scope.find(op, operands, attrs)
        if found is not None and found.type == infer(op, operands, attrs)[0]:
            self.facts.shared.add(found)
            return found
        value = super().emit(op, *operands, name=name, **attrs)
        self.facts.uses.update(operands)
        self._define(self.equations[-1])
        return value

    def negated(self, value: Value) -> Value | None:
        """Return a value negated without an operation, if that is possible."""
        number = self.number(value)
        if number is not None and value.type.dtype.startswith("weak"):
            return self.constant(-number)
        eq = self.definition(value)
        if eq is None or not all(map(self.readable, eq.operands)):
            return None
        if eq.op == "negative":
            return eq.operands[0]
        if eq.op == "multiply":
            number = self.number(eq.operands[0])
            if number is not None and number < 0:
                minus = self.negated(eq.operands[0])
                return minus and self.emit("multiply", minus, eq.operands[1])
        return None

    @contextmanager
    def like(self, eq: Equation, comment: str | None = None) -> Iterator[None]:
        """Emit with an equation's origin and side for a while."""
        before = self.origin, self.backward, self.comment
        self.origin, self.backward, self.comment = eq.origin, eq.backward, comment
        try:
            yield
        finally:
            self.origin, self.backward, self.comment = before

    def mark(self) -> int:
        """Return the place to which `rollback` can return."""
        return len(self.equations)

    def rollback(self, mark: int) -> None:
        """Take back the equations emitted since a mark."""
        for eq in reversed(self.equations[mark:]):
            self.scope.forget(eq)
            self.facts.uses.subtract(eq.operands)
        del self.equations[mark:]

    # ---- keeping ----

    def keep(self, eq: Equation) -> None:
        """Append an equation as it is."""
        self.equations.append(eq)
        self._define(eq)

    def _define(self, eq: Equation) -> None:
        self.scope.write(self.facts.gone(eq))
        self.scope.define(eq)

    def resolved(self, eq: Equation) -> Equation:
        """Return an equation with its operands replaced as far as possible."""
        operands = tuple(map(self.scope.resolve, eq.operands))
        if operands == eq.operands:
            return eq
        made = self._retyped(replace(eq, operands=operands), eq)
        if made is None:
            made = self._kept_apart(eq, operands)
            operands = made.operands
        if made.operands != eq.operands:
            self.facts.changes += 1
            self.facts.uses.subtract(eq.operands)
            self.facts.uses.update(operands)
        for value in eq.operands:
            told = self.pending.pop(value, None)
            made = replace(made, comment=made.comment or told)
        return made

    def _kept_apart(self, eq: Equation, operands: Sequence[Value]) -> Equation:
        """Return an equation whose result must stay in its own memory.

        It reads arrays as before. Where one is not there any more, and its substitute
        would share memory with the result, the result is a copy.
        """
        scalars = zip(operands, eq.operands, strict=True)
        as_before = tuple(old if new.type.rank else new for new, old in scalars)
        if all(map(self.readable, as_before)):
            return replace(eq, operands=as_before)
        with self.like(eq):
            shared = self.emit(eq.op, *operands, **eq.attrs)
        nothing: Mapping[str, Any] = MappingProxyType({})
        return replace(eq, op="copy", operands=(shared,), attrs=nothing)

    def _retyped(self, eq: Equation, before: Equation) -> Equation | None:
        """Return an equation with the result's layout and buffer that operands imply.

        None if that would have to move memory that is written or fixed elsewhere.
        """
        if not is_simple(eq) or not eq.result.type.rank:
            return eq
        result = eq.result
        layout = infer(eq.op, eq.operands, eq.attrs)[0].layout
        buffer = result.buffer
        shared = is_alias(eq.op, eq.operands, eq.attrs)
        if shared or is_alias(before.op, before.operands, before.attrs):
            buffer = eq.operands[0].buffer if shared else Buffer(result.name or "")
        if buffer is result.buffer and layout == result.type.layout:
            return eq
        if result.buffer in self.facts.written or buffer in self.facts.written:
            return None
        if buffer is not result.buffer and result.buffer in self.facts.fixed:
            return None
        return replace(eq, results=(self._renewed(result, layout, buffer),))

    def _renewed(
        self, result: Value, layout: str, buffer: Buffer | None, name: str | None = None
    ) -> Value:
        """Return a value that stands in for another one of a different layout."""
        kind = replace(result.type, layout=layout)
        value = Value(
            kind,
            result.name or name,
            buffer,
            result.linear,
            result.hint,
            number=result.number,
        )
        self.scope.replaced[result] = value
        return value

    def rename(self, value: Value, name: str) -> None:
        """Give a value of this region a name, if its equation can be changed still."""
        place = self._place(value, 0)
        if place is not None and is_simple(self.equations[place]):
            kind = value.type
            renamed = Value(kind, name, value.buffer, value.linear, number=value.number)
            self.scope.replaced[value] = renamed
            self._redefine(place, renamed)

    def withdraw(self, eq: Equation) -> None:
        """Take back a write of this region that only the present equation reads."""
        self.equations.remove(eq)
        self.scope.forget(eq)
        self.scope.bear(eq.operands[:1])

    # ---- replacing ----

    def become(
        self, eq: Equation, value: Value, mark: int, comment: str | None = None
    ) -> bool:
        """Let a value stand for an equation's result; return whether that is possible.

        Equations emitted since ``mark`` may hold the value's own; on failure they
        are taken back, and the equation has still to be kept.
        """
        result = eq.result
        if value is not result and fits(value, result):
            place = self._place(value, mark)
            if place is not None:
                done = self._adopt(eq, place, comment)
            elif not result.type.rank or value.buffer is result.buffer:
                done = self._stand_in(eq, value, comment)
            else:
                done = self._move(eq, value, comment)
            if done:
                return True
        self.rollback(mark)
        return False

    def _bound(self, value: Value) -> bool:
        """Whether an array's memory is written or fixed."""
        return value.buffer in self.facts.written or value.buffer in self.facts.fixed

    def _place(self, value: Value, mark: int) -> int | None:
        """Return where since the mark a value was emitted, None if before."""
        for place in range(mark, len(self.equations)):
            if value in self.equations[place].results:
                return place if not is_view(self.equations[place]) else None
        return None

    def _adopt(self, eq: Equation, place: int, comment: str | None) -> bool:
        """Let the equation at a place define the result of another one."""
        made, result = self.equations[place], eq.result
        layout = made.result.type.layout
        if is_view(eq) or layout != result.type.layout:
            if self._bound(result):
                return False
            buffer = made.result.buffer if is_view(eq) else result.buffer
            result = self._renewed(result, layout, buffer)
        self._redefine(place, result, comment)
        self.scope.equate(result, (eq, *self.lookup(eq.result)))
        self.facts.changes += 1
        return True

    def _redefine(self, place: int, result: Value, comment: str | None = None) -> None:
        """Give the equation at a place another result."""
        made = self.equations[place]
        known = self.lookup(made.result)[1:]
        self.scope.forget(made)
        old = made.result
        made = replace(made, results=(result,), comment=comment or made.comment)
        self.equations[place] = made
        for later in range(place + 1, len(self.equations)):
            after = self.equations[later]
            if old in after.operands:
                operands = tuple(result if v is old else v for v in after.operands)
                self.equations[later] = replace(after, operands=operands)
        self._define(made)
        self.scope.equate(result, known)

    def _stand_in(self, eq: Equation, value: Value, comment: str | None) -> bool:
        """Let later uses of an equation's result read an equal value."""
        self.scope.replaced[eq.result] = value
        self.scope.equate(value, (eq,))
        self.facts.shared.add(value)
        if comment:
            self.pending[eq.result] = comment
        if not eq.result.type.rank:
            self.facts.changes += 1
        return True

    def _move(self, eq: Equation, value: Value, comment: str | None) -> bool:
        """Let an array in other memory stand for an equation's result."""
        if self._hand_over(eq, value):
            return True
        if not self._bound(eq.result):
            self._stand_in(eq, value, comment)
            self.keep(eq)
            return True
        if eq.op == "copy" or is_view(eq) or eq.result.type.layout != "C":
            return False
        with self.like(eq, comment):
            self.append("copy", (value,), (eq.result,))
        self.facts.uses[value] += 1
        self.scope.define(self.equations[-1])
        self.facts.changes += 1
        return True

    def _hand_over(self, eq: Equation, value: Value) -> bool:
        """Let an operand's own equation define the result, if nothing else reads it."""
        alone = self.facts.uses[value] == 1 and value in eq.operands
        if not alone or value in self.facts.shared or self._bound(value):
            return False
        if value.type.layout != eq.result.type.layout or is_view(eq):
            return False
        place = self._place(value, 0)
        if place is None or not is_simple(self.equations[place]):
            return False
        after = self.equations[place + 1 :]
        if any(value.buffer is r.buffer for q in after for r in q.results):
            return False
        result = eq.result
        if result.name is None and value.name is not None:
            result = self._renewed(
                result, result.type.layout, result.buffer, value.name
            )
        self._redefine(place, result)
        self.facts.changes += 1
        return True


def is_simple(eq: Equation) -> bool:
    """Whether an equation has one result whose type is inferred."""
    return len(eq.results) == 1 and not eq.regions and eq.op != "call"


def fits(value: Value, result: Value) -> bool:
    """Whether a value has the type that another's uses expect, but for its layout."""
    one, other = value.type, result.type
    return one.dtype == other.dtype and one.shape == other.shape
