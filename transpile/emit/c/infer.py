"""The kinds of all variables of a function, for the kinds of its arguments.

As Numba does it: a function is read once for each list of kinds that it is called with;
a variable that holds an integer here and a float there is a float.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ...errors import TranspileError
from .kinds import (
    INT,
    NONE,
    Array,
    Differs,
    Kind,
    Number,
    Several,
    joined,
    unspelled,
)
from .reserved import TAKEN
from .scopes import split
from .syntax import loaded
from .values import kind_of


class Typed:
    """A function for arguments of some kinds; ``name`` is the one in C."""

    def __init__(self, node: ast.FunctionDef, kinds: Sequence[Kind]) -> None:
        self.node = node
        self.name = node.name
        self.parameters = {
            a.arg: k for a, k in zip(node.args.args, kinds, strict=False)
        }
        self.kinds: dict[str, Kind] = dict(self.parameters)
        self.result: Kind = NONE
        self.calls: dict[int, Typed] = {}
        self.refuses = False

    @property
    def fails(self) -> bool:
        """Whether it may raise, or run out of memory; then it returns a status."""
        seen: set[int] = set()

        def failing(one: Typed) -> bool:
            if id(one) in seen:
                return False
            seen.add(id(one))
            return one.refuses or any(map(failing, one.calls.values()))

        return failing(self)

    @property
    def gives(self) -> tuple[Kind, ...]:
        """What it returns, one after the other."""
        if self.result == NONE:
            return ()
        return tuple(flat(self.result))

    @property
    def is_plain(self) -> bool:
        """Whether it returns one number and cannot fail: a function as in C."""
        one = len(self.gives) == 1 and isinstance(self.gives[0], Number)
        return one and not self.fails


def flat(kind: Kind) -> Iterator[Kind]:
    """Yield the parts of what a function returns."""
    if isinstance(kind, Several):
        for part in kind.parts:
            yield from flat(part)
    else:
        yield kind


class Inference:
    """All functions of a text for the kinds that they are called with, in order."""

    def __init__(self, text: str) -> None:
        tree = ast.parse(text)
        self.functions = {
            n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)
        }
        self.constants: dict[str, ast.expr] = {
            n.targets[0].id: n.value
            for n in tree.body
            if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)
        }
        self.made: dict[tuple[str, tuple[Kind, ...]], Typed] = {}

    def typed(self, name: str, kinds: Sequence[Kind]) -> Typed:
        """Return a function for arguments of such kinds."""
        key = name, tuple(kinds)
        found = self.made.get(key)
        if found is not None:
            return found
        one = self.made[key] = Typed(self.functions[name], kinds)
        while not self._settled(one):
            pass
        del self.made[key]  # callees come before it
        self.made[key] = one
        one.name = self._own_name(one)
        return one

    def _settled(self, one: Typed) -> bool:
        """Read a function until nothing changes; False if a name had to be split."""
        one.kinds, one.result = dict(one.parameters), NONE
        try:
            for _ in range(8):
                before = dict(one.kinds), one.result
                Reader(self, one).block(one.node.body)
                if before == (one.kinds, one.result):
                    break
        except Differs as error:
            if not split(one.node, error.name):
                raise
            return False
        return True

    def _own_name(self, one: Typed) -> str:
        """Return the C name: without the underscore, with a number if it is taken."""
        plain = name = one.node.name.lstrip("_")
        taken = {other.name for other in self.made.values() if other is not one}
        taken |= TAKEN
        count = 1
        while name in taken:
            count += 1
            name = f"{plain}_{count}"
        return name

    def __iter__(self) -> Iterator[Typed]:
        yield from self.made.values()


class Reader:
    """Reads the statements of one function."""

    def __init__(self, inference: Inference, function: Typed) -> None:
        self.inference = inference
        self.function = function

    # ---- what `values` asks ----

    def of_name(self, name: str) -> Kind:
        """Return the kind of a variable, so far."""
        constant = self.inference.constants.get(name)
        if name not in self.function.kinds and constant is not None:
            return self.kind(constant)
        return self.function.kinds.get(name, NONE)

    def of_call(self, node: ast.Call) -> Kind | None:
        """Return what a call of a function of the text gives, None for another."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in self.inference.functions:
            return None
        kinds = [self.kind(a) for a in node.args]
        if NONE in kinds:
            return NONE  # inside a loop or a recursion that is not read to its end
        called = self.inference.typed(name, kinds)
        self.function.calls[id(node)] = called
        return called.result

    def allocates(self) -> None:
        """Take notice that memory is asked for."""
        self.function.refuses = True

    # ---- statements ----

    def kind(self, node: ast.expr) -> Kind:
        """Return the kind of an expression."""
        return kind_of(node, self)

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Read statements in order."""
        for statement in statements:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        """Read one statement."""
        match node:
            case ast.Assign(targets=[target], value=value):
                self.bind(target, self.kind(value))
            case ast.AugAssign(target=target, op=op, value=value):
                made = ast.BinOp(loaded(target), op, value)
                self.bind(target, self.kind(made))
            case ast.For(target=ast.Name(id=name), iter=iterated, body=body):
                self.widen(name, self._counted(iterated))
                self.block(body)
            case ast.While(test=test, body=body):
                self.kind(test)
                self.block(body)
            case ast.If(test=test, body=body, orelse=other):
                self.kind(test)
                self.block(body)
                self.block(other)
            case ast.Return(value=value):
                if value is not None:
                    given = self.kind(value)
                    self.function.result = joined(self.function.result, given)
            case ast.Raise():
                self.function.refuses = True
            case ast.Expr(value=value):
                if not isinstance(value, ast.Constant):
                    self.kind(value)
            case ast.Pass() | ast.Break() | ast.Continue():
                pass
            case _:
                raise unspelled(f"a statement such as {ast.unparse(node)}")

    def _counted(self, iterated: ast.expr) -> Kind:
        if isinstance(iterated, ast.Tuple):
            kind: Kind = NONE
            for each in iterated.elts:
                kind = joined(kind, self.kind(each))
            return kind
        if isinstance(iterated, ast.Call):
            for each in iterated.args:
                self.kind(each)
        return INT

    def bind(self, target: ast.expr, kind: Kind) -> None:
        """Give a target what it holds."""
        match target:
            case ast.Name(id=name):
                self.widen(name, kind)
            case ast.Tuple(elts=elements):
                if isinstance(kind, Several):
                    for each, part in zip(elements, kind.parts, strict=True):
                        self.bind(each, part)
            case ast.Subscript():
                self.kind(target)
            case _:
                raise unspelled(f"an assignment to {ast.unparse(target)}")

    def widen(self, name: str, kind: Kind) -> None:
        """Let a variable hold that too."""
        if isinstance(kind, Several) and any(isinstance(p, Array) for p in kind.parts):
            raise unspelled("a tuple of arrays that is kept")
        kinds = self.function.kinds
        try:
            kinds[name] = joined(kinds.get(name, NONE), kind)
        except TranspileError:
            raise Differs(name) from None
