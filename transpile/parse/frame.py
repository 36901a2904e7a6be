"""A function's activation while it is parsed: names, origins, emission."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import gast

from ..errors import Problem
from ..graph.ir import WRITES, Equation, Origin, Region, Type, Value
from ..graph.types import TypeRefused, infer, is_alias, unproved
from ..read import language
from ..read.source import Constant, Source, Unknown, lines_of
from . import constants
from .context import Context, NeedsNumber, Refused, State
from .facts import facts_of
from .flow import FunctionNode, Liveness, locals_of
from .lengths import of_length_one, require_equal
from .objects import (
    KINDS,
    Array,
    Conflict,
    Dim,
    Listed,
    Obj,
    Scalar,
    Tuple,
    View,
    flatten,
    named_outside,
    rebuild,
)

Handler = Callable[..., Any]
EXPRESSIONS: dict[str, Handler] = {}
STATEMENTS: dict[str, Handler] = {}


def expression(*kinds: str) -> Callable[[Handler], Handler]:
    """Register a handler ``(frame, node) -> Obj`` for kinds of expressions."""
    return lambda handler: _register(EXPRESSIONS, kinds, handler)


def statement(*kinds: str) -> Callable[[Handler], Handler]:
    """Register a handler ``(frame, node) -> None`` for kinds of statements."""
    return lambda handler: _register(STATEMENTS, kinds, handler)


def _register(
    table: dict[str, Handler], kinds: Sequence[str], handler: Handler
) -> Handler:
    table.update(dict.fromkeys(kinds, handler))
    return handler


class Frame:
    """One activation: its names, its source, and the function it adds equations to.

    ``outer`` is the activation in which a nested function was defined, ``path`` the
    places of the calls that were inlined to get here.
    """

    def __init__(
        self,
        context: Context,
        source: Source,
        node: FunctionNode,
        outer: Frame | None = None,
        path: tuple[object, ...] = (),
    ) -> None:
        self.context = context
        self.source = source
        self.node = node
        self.outer = outer
        self.path = path
        self.locals = locals_of(node)
        self.live = Liveness.of(node)
        self.scope = context.scopes
        context.scopes += 1
        self.loops: list[gast.AST] = []
        self.since: list[int] = []
        self.exited: Value | None = None
        self.rewritten: dict[gast.AST, gast.AST] = {}
        self.at: gast.AST = node
        self.statement: gast.AST = node

    @property
    def state(self) -> State:
        """What is known here."""
        return self.context.state

    # ---- places and problems ----

    def columns(self, node: gast.AST) -> tuple[int, int]:
        """Return where a node begins and ends on its first line, in characters."""
        line = self._line(node.lineno)
        ends_here = node.end_lineno == node.lineno
        end = node.end_col_offset if ends_here else None
        if line.isascii():
            return node.col_offset, len(line) if end is None else end
        raw = line.encode()
        start = len(raw[: node.col_offset].decode(errors="ignore"))
        return start, len(raw[:end].decode(errors="ignore"))

    def _line(self, line: int) -> str:
        lines = lines_of(self.source.module_text)
        return lines[line - 1] if 0 < line <= len(lines) else ""

    def origin(self, node: gast.AST) -> Origin:
        """Return where an expression stands."""
        start, end = self.columns(node)
        line = self.statement.lineno
        text = self._line(line).strip()
        return Origin(self.source.file, node.lineno, start, end, text, line)

    def text(self, node: gast.AST) -> str:
        """Return the source text of an expression that stands on one line."""
        start, end = self.columns(node)
        return self._line(node.lineno)[start:end]

    def refuse(
        self, message: str, help: str | None = None, node: gast.AST | None = None
    ) -> NoReturn:
        """Raise a problem at a node (else at the expression under way)."""
        node = self.at if node is None else node
        if not hasattr(node, "lineno"):
            node = self.statement
        place = (node.lineno, *self.columns(node))
        raise Refused(self.source.problem(*place, message, help))

    def attempt(self, action: Callable[[], None]) -> bool:
        """Do something; note the problem if it is refused. Return whether it went."""
        try:
            action()
        except Refused as refused:
            problem = refused.problem
            if not (problem or self.context.problems or self.context.parser.problems):
                problem = self._problem("this cannot be read", "write it in steps")
            self.context.note(problem)
            return False
        return True

    def _problem(self, message: str, help: str) -> Problem:
        """Return a problem with the statement under way."""
        place = (self.statement.lineno, *self.columns(self.statement))
        return self.source.problem(*place, message, help)

    # ---- names ----

    def bind(self, name: str, obj: Obj) -> None:
        """Let a name of this activation stand for something."""
        leaves = [self._present(leaf) for leaf in flatten(obj)]
        self.state.names[self.scope, name] = rebuild(obj, leaves)

    def _present(self, leaf: Obj) -> Obj:
        """Return a number as it is called now: a target may have named it."""
        if not isinstance(leaf, Scalar) or leaf.value not in self.context.renamed:
            return leaf
        return Scalar(self.context.present(leaf.value))

    def bound(self, name: str) -> Obj | None:
        """Return what a name of this activation stands for, if it is bound."""
        return self.state.names.get((self.scope, name))

    def lookup(self, name: str) -> Obj:
        """Return what a name means here."""
        found = self._local(name)
        if found is None and name in self.locals:
            self.refuse(
                f"'{name}' may be read before it has a value",
                f"give '{name}' a value first, on every path",
            )
        if found is None:
            found = self._free(name)
        if isinstance(found, Conflict):
            self.read(found)
        return found

    def _local(self, name: str) -> Obj | None:
        frame: Frame | None = self
        while frame is not None:
            found = frame.bound(name)
            if found is not None or name in frame.locals:
                return found
            frame = frame.outer
        return None

    def is_local(self, name: str) -> bool:
        """Whether a name is bound by this function or by one around it."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.locals:
                return True
            frame = frame.outer
        return False

    def free(self, name: str) -> Obj | None:
        """Return what a name of the module means, None if it is unknown."""
        meaning = self.source.lookup(name)
        return None if isinstance(meaning, Unknown) else self._free(name)

    def _free(self, name: str) -> Obj:
        meaning = self.source.lookup(name)
        if isinstance(meaning, Unknown):
            self.refuse(f"'{name}' {meaning.reason}", meaning.advice(name))
        if isinstance(meaning, Constant):
            return constants.module_constant(self, name, meaning)
        return named_outside(meaning)

    def live_now(self) -> frozenset[str]:
        """Return the names that may be read after the statement under way."""
        return self.live.after(self.statement)

    # ---- evaluation ----

    def evaluate(self, node: gast.AST) -> Obj:
        """Parse an expression."""
        kind = type(node).__name__
        handler = EXPRESSIONS.get(kind)
        if handler is None:
            refusal = language.EXPRESSIONS.get(kind)
            what = refusal.message if refusal else kind
            help = refusal.help if refusal else None
            self.refuse(f"{what} is not supported", help, node)
        outside = self.at
        self.at = node
        builder = self.context.builder
        before, builder.origin = builder.origin, self.origin(node)
        try:
            found: Obj = handler(self, node)
            return found
        finally:
            self.at = outside
            builder.origin = before

    def value(self, node: gast.AST) -> Value:
        """Parse an expression that is a scalar or array; return its value."""
        return self.read(self.evaluate(node))

    def read(self, obj: Obj) -> Value:
        """Return the present value of a scalar or array."""
        if isinstance(obj, Scalar):
            return self.context.present(obj.value)
        if isinstance(obj, Array):
            return self._resolve(obj)
        if isinstance(obj, Dim):
            return self.length_of(self._resolve(obj.array), obj.axis)
        if isinstance(obj, Conflict) and obj.message:
            self.refuse(obj.message, obj.help)
        if isinstance(obj, Conflict):
            raise Refused()
        kind = KINDS.get(type(obj), "this")
        help = "use a number or an array here"
        if isinstance(obj, (Tuple, Listed)):
            help = "make an array of it: np.array(...)"
        self.refuse(f"{kind} where a number or an array is needed", help)

    def _resolve(self, array: Array) -> Value:
        if array.parent is None or array.view is None:
            found = self.state.contents.get(array.root)
            if found is None:
                found = self.context.base_contents.get(array.root)
            if found is None:
                self.refuse(
                    self.context.moved.get(array.root, "an array that is out of reach"),
                    "copy the array first, with .copy()",
                )
            return found
        base = self._resolve(array.parent)
        made = self.state.views.get(array)
        if made is not None and made[0] is base:
            return made[1]
        view = array.view
        value = self._append(view.op, (base, *view.slots), dict(view.attrs), array.name)
        self.state.views[array] = (base, value)
        return value

    # ---- emission ----

    def emit(self, op: str, *operands: Value, **attrs: Any) -> Value:
        """Emit an equation with one result, and the checks that it needs first."""
        return self.emit_checked(op, operands, attrs, None)

    def emit_checked(
        self,
        op: str,
        operands: Sequence[Value],
        attrs: Mapping[str, Any],
        witness: Callable[[], Value] | None,
    ) -> Value:
        """Emit an equation; ``witness`` has the lengths that no operand shows."""
        try:
            if op in WRITES:
                operands = of_length_one(self, operands, attrs)
            infer(op, operands, attrs)
            pairs = unproved(op, operands, attrs)
        except TypeRefused as refused:
            self.refuse(refused.message, refused.help or None)
        pairs = [p for p in pairs if not self.context.makes_equal(*p)]
        shown = [*operands, witness()] if pairs and witness is not None else operands
        require_equal(self, pairs, shown, op)
        return self._append(op, operands, attrs)

    def _append(
        self,
        op: str,
        operands: Sequence[Value],
        attrs: Mapping[str, Any],
        name: str | None = None,
    ) -> Value:
        value = self.context.builder.emit(op, *operands, name=name, **attrs)
        self.context.note_bounds(op, value, operands)
        if value.buffer is not None:
            self.context.note_maker(value)
            if not is_alias(op, operands, attrs):
                self.state.contents[value.buffer] = value
        return value

    def fresh(self, value: Value) -> Obj:
        """Return the object for a value just made, or of a view that is there."""
        if value.buffer is None:
            return Scalar(value)
        return self.state.view_of(value) or Array(value.buffer, value.type)

    def make(self, op: str, *operands: Value, **attrs: Any) -> Obj:
        """Emit an equation that makes a new number or array."""
        return self.fresh(self.emit(op, *operands, **attrs))

    def view(self, base: Array, view: View) -> Array:
        """Return a view of an array, with its equation emitted."""
        value = self.emit(view.op, self.read(base), *view.slots, **dict(view.attrs))
        array = Array(base.root, value.type, base, view)
        self.state.views[array] = (self.read(base), value)
        return array

    def constant(self, number: complex, spelled: str | None = None) -> Value:
        """Return a constant of the source."""
        attrs: dict[str, Any] = {"value": number}
        if spelled is not None:
            attrs["spelled"] = spelled
        value = self._append("constant", (), attrs)
        if not isinstance(number, complex):
            self.context.known[value] = number
        return value

    def control(
        self,
        op: str,
        operands: Sequence[Value],
        results: Sequence[Value],
        regions: Sequence[Region],
        **attrs: Any,
    ) -> Equation:
        """Emit a loop or a branch, with the origin of its statement."""
        with self.context.builder.at(self.origin(self.statement)):
            return self.context.builder.append(op, operands, results, regions, **attrs)

    # ---- lengths ----

    def length_of(self, array: Value, axis: int) -> Value:
        """Return the length of an axis."""
        return self.context.builder.dim(array, axis)

    def check(self, condition: Value, exception: str, message: str) -> None:
        """Emit what raises if a condition does not hold; it holds from here on."""
        context = self.context
        if context.number(condition):
            return
        context.builder.append(
            "check", [condition], [], exception=exception, message=message
        )
        known = facts_of(context.builder.equations, condition, True)
        context.facts = [*context.facts, *known]

    def cast(self, value: Value, dtype: str) -> Value:
        """Return a value in a dtype; no equation where it has it."""
        if value.type.dtype == dtype:
            return value
        return self._append("cast", (value,), {"dtype": dtype, "implicit": True})

    def require_known(self, value: Value) -> None:
        """Ask for a parameter's number, if that is what the value is."""
        name = self.context.parameter_names.get(value)
        if name is not None:
            what = f"'{name}' must be a number in the source here"
            help = "write the number, or give it in a call from another function"
            raise NeedsNumber(name, self._problem(what, help))

    def undefined(self, kind: Type) -> Value:
        """Return a value that is never read."""
        made = self._append("undefined", (), {"type": kind})
        self.context.unbound.add(made)
        return made
