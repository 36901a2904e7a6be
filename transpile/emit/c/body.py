"""The statements of a function as C."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from . import library
from .arrays import Ref
from .bounds import least_of, least_values
from .comments import Comments
from .infer import Inference, Reader, Typed
from .kinds import INT, REAL, Array, Kind, Number, c_type, unspelled
from .layout import safe
from .loops import TAB, Loops
from .names import Names
from .pieces import C
from .scopes import Block, Scopes
from .shapes import known_shapes
from .syntax import loaded
from .terms import converted, term
from .values import indices, kind_of


class Body(Loops):
    """Writes one function, line by line.

    ``outside`` are the names that the file has; ``message`` gives a number for an
    error and its text. ``given`` are results that the caller made room for.
    """

    def __init__(
        self,
        function: Typed,
        inference: Inference,
        message: Callable[[str, str], int],
        comments: Comments,
        leave: tuple[bool, bool],
        given: Sequence[str] = (),
    ) -> None:
        self.function, self.inference, self.message = function, inference, message
        self.comments, self.given = comments, given
        self.reassociate, self.from_front = leave
        self.scopes = Scopes(function.node)
        names = frozenset(other.name for other in inference)
        self.names = Names(function, names)
        self.reader = Reader(inference, function)
        self.bounds = least_values(function.node)
        self.kinds: dict[int, tuple[ast.expr, Kind]] = {}
        self.lines: list[str] = []
        self.depth = 1
        self.shapes = known_shapes(function, self.scopes)
        self.inverses: dict[str, str] = {}

    # ---- what expressions ask ----

    def kind(self, node: ast.expr) -> Kind:
        """Return the kind of an expression."""
        found = self.kinds.get(id(node))
        if found is None:
            found = self.kinds[id(node)] = node, kind_of(node, self.reader)
        return found[1]

    def term(self, node: ast.expr) -> C:
        """Return an expression of a number."""
        return term(node, self)

    def least(self, node: ast.expr) -> int | None:
        """Return a lower bound of an integer."""
        return least_of(node, self.bounds)

    def place(self, node: ast.expr, length: C) -> C:
        """Return an index, counted from the front."""
        return self.term(node) if self.from_front else super().place(node, length)

    def in_front(self, node: ast.expr) -> bool:
        """Whether an index is surely not negative."""
        bound = self.least(node)
        return self.from_front or (bound is not None and bound >= 0)

    def variable(self, name: str) -> C:
        """Return a variable, or a constant of the file."""
        if name in self.function.kinds:
            return C(self.names.of(name))
        return self.term(self.inference.constants[name])

    def inverse(self, divisor: ast.expr, kind: Kind) -> C | None:
        """Return 1 over a divisor, if a product with it may stand for the quotient."""
        if isinstance(divisor, ast.Constant):
            found = divisor.value
            is_real = kind == REAL and isinstance(found, int | float)
            return self.inverse_of(float(found)) if is_real else None  # type: ignore[arg-type]
        own = self.inverses.get(ast.unparse(divisor)) if self.inverses else None
        return C(own) if own is not None and self.kind(divisor) == kind else None

    def rank(self, node: ast.expr) -> int:
        """Return the number of axes of an array."""
        kind = self.kind(node)
        return kind.rank if isinstance(kind, Array) else 0

    def length(self, node: ast.expr, axis: int) -> C:
        """Return a length of an array."""
        return self.ref(node).lengths[axis]

    def element(self, node: ast.Subscript) -> C:
        """Return an element of an array."""
        whole = self.ref(node.value)
        places = list(map(self.place, indices(node), whole.lengths))
        made = f"{whole.pointer.within(15)}[{whole.offset(places).text}]"
        narrow = whole.dtype.startswith(("int", "uint")) and whole.dtype != "int64"
        loaded = isinstance(node.ctx, ast.Load) and narrow
        return C(f"(int64_t){made}", 14) if loaded else C(made)

    def array(self, name: str) -> Ref:
        """Return where a variable's array stands."""
        kind = self.function.kinds[name]
        if not isinstance(kind, Array):
            raise unspelled(f"{name} as an array")
        lengths, strides = self.names.parts(self.names.of(name), kind)
        known = self.shapes.get(name)
        made = (
            [C(n) for n in lengths] if known is None else [self.term(n) for n in known]
        )
        steps = tuple(map(C, strides)) or None
        return Ref(kind.dtype, C(self.names.of(name)), tuple(made), steps)

    def only_if(self, part: Callable[[], C]) -> C:
        """Return a part of an expression that is not always computed."""
        before = len(self.lines)
        made = part()
        if len(self.lines) != before:
            raise unspelled("an array made inside a condition")
        return made

    # ---- lines ----

    def write(self, line: str) -> None:
        """Add a line."""
        self.lines.append(TAB * self.depth + line if line else "")

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Write statements in order, and the variables declared before each."""
        scope: Block = self.scopes.of(statements)
        for k, statement in enumerate(statements):
            self.comments.before(statement.lineno, self.write)
            for name in scope.before.get(k, ()):
                self.declare(name)
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        """Write one statement."""
        match node:
            case ast.Assign(targets=[target], value=value):
                self.assign(node, target, value)
            case ast.AugAssign():
                self._augment(node)
            case ast.For():
                self._for(node)
            case ast.While(test=test, body=body):
                head = self.only_if(lambda: self.term(test)).text
                self.write(f"while ({head}) {{")
                self._repeated(node.body, body)
            case ast.If():
                self._if(node, "if")
            case ast.Return(value=value):
                self.give(value)
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=[text])):
                self._raise(name, str(ast.literal_eval(text)))
            case ast.Expr(value=ast.Call() as made):
                self.effect(made)
            case ast.Break():
                self.write("break;")
            case ast.Continue():
                self.write("continue;")

    def _raise(self, name: str, text: str) -> None:
        if name not in library.ERRORS:
            raise unspelled(f"raise {name}")
        number = self.message(library.ERRORS[name], text)
        self.write(f"return {number}; /* {name}: {safe(text)} */")

    def _if(self, node: ast.If, word: str) -> None:
        head = self.term(node.test).text
        self.write(f"{word} ({head}) {{")
        self.inside(node.body)
        match node.orelse:
            case [ast.If() as inner] if self._is_pure(inner.test):
                self._if(inner, "} else if")
                return
            case [_, *_]:
                self.write("} else {")
                self.inside(node.orelse)
        self.write("}")

    def _is_pure(self, test: ast.expr) -> bool:
        """Whether a condition is written in one piece."""
        lines, self.lines = self.lines, []
        try:
            self.term(test)
            return not self.lines
        finally:
            self.lines = lines

    def inside(self, statements: Sequence[ast.stmt]) -> None:
        """Write a block, indented."""
        self.depth += 1
        self.block(statements)
        self.depth -= 1

    # ---- assignments ----

    def declare(self, name: str) -> None:
        """Declare a variable that gets its value later."""
        kind = self.function.kinds[name]
        own = self.names.of(name)
        if isinstance(kind, Array):
            if name not in self.given:
                self.write(f"{c_type(kind)} *{own} = NULL;")
            if name not in self.shapes:
                for part in (p for parts in self.names.parts(own, kind) for p in parts):
                    self.write(f"int64_t {part} = 0;")
            return
        zero = "false" if kind == Number("bool") else "0" if kind == INT else "0.0"
        self.write(f"{c_type(kind)} {own} = {zero};")

    def assign(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> None:
        """Write an assignment."""
        match target:
            case ast.Name(id=name):
                if isinstance(self.function.kinds[name], Array):
                    self.assign_array(node, name, value)
                else:
                    self.put(node, name, self.number(value, self.function.kinds[name]))
            case ast.Tuple(elts=elements):
                self._unpack(node, elements, value)
            case ast.Subscript():
                if isinstance(self.kind(target), Array):
                    self.fill(self.ref(target), value)
                    return
                made = self.number(value, None)
                self.write(f"{self.element(target).text} = {made.text};")

    def number(self, value: ast.expr, kind: Kind | None) -> C:
        """Return the value of a number, as the kind that a variable has."""
        if isinstance(kind, Number):
            return converted(value, kind, self)
        return self.term(value)

    def put(self, node: ast.AST, name: str, value: C) -> None:
        """Write a number to its variable."""
        kind = self.function.kinds[name]
        own = self.names.of(name)
        if name in self.scopes.parameters or not self.scopes.declares(node, name):
            self.write(f"{own} = {value.text};")
            return
        const = "const " if self.scopes.is_fixed(name) else ""
        self.write(f"{const}{c_type(kind)} {own} = {value.text};")

    def _unpack(
        self, node: ast.stmt, elements: Sequence[ast.expr], value: ast.expr
    ) -> None:
        if isinstance(value, ast.Attribute) and value.attr == "shape":
            for k, each in enumerate(elements):
                assert isinstance(each, ast.Name)
                self.put(node, each.id, self.length(value.value, k))
            return
        if isinstance(value, ast.Call):
            self.unpack_call(node, elements, value)
            return
        if not isinstance(value, ast.Tuple):
            raise unspelled(ast.unparse(value))
        self.exchange(node, elements, value.elts)

    def _augment(self, node: ast.AugAssign) -> None:
        target = node.target
        signs = {
            ast.Add: "+",
            ast.Sub: "-",
            ast.Mult: "*",
            ast.BitXor: "^",
            ast.BitOr: "|",
        }
        sign = signs.get(type(node.op))
        kind = self.kind(loaded(target))
        if isinstance(kind, Array):
            raise unspelled(f"{ast.unparse(node)}, for whole arrays")
        if sign is None or kind.dtype == "bool":  # type: ignore[union-attr]
            made = ast.BinOp(loaded(target), node.op, node.value)
            self.assign(node, target, made)
            return
        assert isinstance(kind, Number)
        value = converted(node.value, kind, self)
        if isinstance(target, ast.Name):
            place = C(self.names.of(target.id))
        else:
            assert isinstance(target, ast.Subscript)
            place = self.element(target)
        if value.text == "1" and kind == INT and sign in "+-":
            self.write(f"{place.text}{sign * 2};")
            return
        self.write(f"{place.text} {sign}= {value.text};")
