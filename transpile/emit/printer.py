"""The statements of a function: equations in order, loops, branches, stores."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from ..arrange.fold import Scope
from ..arrange.names import name_all
from ..arrange.separate import separate
from ..arrange.tidy import tidy
from ..graph.drawn import acting, marked
from ..graph.ir import (
    Equation,
    Function,
    Origin,
    Program,
    Region,
    Structure,
    Value,
    is_view,
    walk,
)
from ..graph.loopform import End, tail_branch
from . import draws, effects, flow, memory, outside, packing
from .dialect import Dialect, temporary
from .expressions import Atom, Keyword, Node, Tuple, names
from .statements import Blank, Block, Comment, Simple, Statement
from .unpacking import unpacked
from .views import Views
from .writer import INFIX


class Printer:
    """Prints one function of a program in a dialect."""

    def __init__(self, program: Program, function: Function, dialect: Dialect) -> None:
        function = marked(tidy(separate(function)), acting(program))
        self.program = program
        self.function = function
        self.dialect = dialect
        taken = dialect.reserved | outside.roots(program)
        taken |= {f.name for f in program.functions}
        taken |= packing.needed_at_end(function)
        self.folding, self.names = name_all(
            function, taken | constants(program), temporary, dialect.typed
        )
        self.scope = Scope(self.folding)
        self.views = Views()
        self.out: list[Statement] = []
        self.used = set(_used(function.body))
        equations = list(walk(function.body))
        self.undefined = {eq.result for eq in equations if eq.op == "undefined"}
        types = {v.type.dtype for eq in equations for v in eq.results}
        types |= {v.type.dtype for v in function.body.params}
        self.is_double = not types & {"float16", "float32", "complex64"}
        self.has_backward = any(eq.backward for eq in equations)
        self.heading: tuple[str, int, str] | None = None
        self.printed: tuple[str, int, str] | None = None

    # ---- expressions (spell.Writer) ----

    def node(self, value: Value) -> Node:
        """Return a value as an expression."""
        eq = self.scope.get(value)
        if eq is None:
            return Atom(self.names[value])
        return self.dialect.spell(eq)(self, eq)

    def inline(self, value: Value) -> Equation | None:
        """Return the equation of a value that is printed at its use."""
        return self.scope.get(value)

    def branch(self, eq: Equation, place: int) -> Node:
        """Return the only result of a branch as an expression."""
        region = eq.regions[place]
        self.scope.enter(region)
        (result,) = region.results
        return self.node(result)

    def callee(self, eq: Equation) -> tuple[str, tuple[Node, ...]]:
        """Return the name of a called function and the arguments."""
        function = self.program.find(eq.attrs["callee"])
        rest = list(eq.operands)
        arguments: list[Node] = []
        named: dict[str, Node] = {}
        for parameter in function.parameters:
            node = self.packed(parameter.structure, rest)
            if parameter.kind == "positional" and not named:
                arguments.append(node)
            else:
                named[parameter.name] = node
        keywords = (Keyword(name, node) for name, node in named.items())
        return function.name, (*arguments, *keywords)

    def packed(self, structure: Structure, values: list[Value]) -> Node:
        """Take the values of a structure from a list; return them as one expression."""
        if structure.kind == "leaf":
            return self.node(values.pop(0))
        items = tuple(self.packed(child, values) for child in structure.children)
        return packing.packed(structure, items, self.function.parameters)

    # ---- a function's body ----

    def statements(self) -> list[Statement]:
        """Return the statements of the function's body."""
        self.unpack()
        body = self.function.body
        count = self.function.returns.width
        self.tail(body, body.results[:count])
        first = next((s for s in self.out if not isinstance(s, Blank)), None)
        turned = isinstance(first, Comment) and first.heading
        if self.has_backward and not turned and not isinstance(self.out[0], Blank):
            self.out.insert(0, Comment("Forward"))
        return self.out

    def unpack(self) -> None:
        """Print the parts of a parameter that holds some: ``a, b = pair``."""
        for parameter in self.function.parameters:
            names = map(self.names.__getitem__, parameter.values)
            unused = (v for v in parameter.values if v not in self.used)
            self.out += packing.unpack(parameter, list(names), set(unused))

    def tail(self, region: Region, returned: tuple[Value, ...]) -> None:
        """Print a region that ends with the function's ``return``."""
        inline = self.scope.enter(region)
        branch = None
        if returned and not self.has_backward:
            branch = tail_branch(region, End(None, returned), inline, returns=True)
        chosen = set() if branch is None else set(branch.results) & set(returned)
        if branch is None or not chosen or any(v.name for v in chosen):
            self.equations(region.equations, inline)
            self.return_statement(returned)
            return
        place = region.equations.index(branch)
        self.equations(region.equations[:place], inline)
        test = self.node(branch.operands[0])
        end = End(None, returned)
        first, other = branch.regions
        with self.block() as body:
            self.tail(first, end.inside(branch, first).yields)
        self.out.append(Block("if ", test, body, origin=branch.origin))
        self.tail(other, end.inside(branch, other).yields)

    def return_statement(self, returned: tuple[Value, ...]) -> None:
        """Print ``return`` and the structure of the returned values."""
        structure = self.function.returns
        if structure.kind == "none":
            return
        node = self.packed(structure, list(returned))
        if isinstance(node, Tuple) and len(node.items) > 1:
            node = Tuple(node.items, bare=True)
        if self.has_backward:
            self.out.append(Blank())
        self.out.append(Simple(node, keyword="return ", origin=self.function.origin))

    def region(self, region: Region) -> None:
        """Print the equations of a region."""
        self.equations(region.equations, self.scope.enter(region))

    def equations(
        self, equations: Iterable[Equation], inline: Mapping[Value, Equation]
    ) -> None:
        """Print equations that are statements."""
        waiting: list[str] = []
        begin = len(self.out)
        for eq in equations:
            if eq.comment and eq.comment not in waiting:
                waiting.append(eq.comment)
            if len(eq.results) == 1 and eq.result in inline:
                self.views.note(eq)
                continue
            start = len(self.out)
            self.announce(eq)
            place = len(self.out)
            handler = HANDLERS.get(eq.op)
            if handler is None:
                self.plain(eq)
            else:
                handler(self, eq)
            if len(self.out) == place:
                del self.out[start:]
            elif waiting:
                self.out[place:place] = [
                    Comment(c) for w in waiting for c in w.split("\n")
                ]
                waiting = []
        self.out[begin:] = unpacked(self.out[begin:])

    @contextmanager
    def block(self) -> Iterator[list[Statement]]:
        """Collect statements in a list of their own."""
        outer, self.out = self.out, []
        self.heading = self.printed = None
        try:
            yield self.out
        finally:
            self.out = outer
            self.heading = self.printed = None

    # ---- headings ----

    def announce(self, eq: Equation) -> None:
        """Print the heading of a backward equation, once per run of a statement."""
        if not self.has_backward:
            return
        before, self.heading = self.heading, statement_of(eq)
        if eq.op in ("for", "while", "if"):
            if eq.backward and before != self.heading:
                self.out.append(Blank())
        elif self.heading == _LOOSE != before:
            self.out.append(Blank())
        elif self.heading not in (None, before) and eq.origin is not None:
            self.headline(eq.origin)

    def headline(self, origin: Origin) -> None:
        """Print which statement the following is for, unless that stands there."""
        if self.heading == self.printed:
            while self.out and isinstance(self.out[-1], Blank):
                self.out.pop()
            return
        self.printed = self.heading
        written = f"Backward: {first_line(origin)}"
        self.out.append(Comment(written, heading=True))

    # ---- assignments ----

    def plain(self, eq: Equation) -> None:
        """Print an assignment, unless the variable is that view already."""
        if eq.op == "undefined":
            return
        variable = self.names[eq.result]
        if is_view(eq):
            self.views.note(eq)
            if self.views.holds(variable, eq.result):
                return
        elif eq.result.buffer is not None:
            self.views.renew(eq.result.buffer)
        self.set(variable, memory.own(self.dialect.spell(eq)(self, eq), eq), eq)

    def set(self, variable: str, node: Node, eq: Equation | None) -> None:
        """Print ``variable = node``, or ``variable += ...``."""
        augmented = None if eq is None else self.augmented(variable, eq)
        operator, value = augmented or ("=", node)
        origin = None if eq is None else eq.origin
        self.out.append(Simple(value, Atom(variable), operator, origin=origin))
        self.views.bind(variable, None if eq is None else eq.results[0])

    def augmented(self, variable: str, eq: Equation) -> tuple[str, Node] | None:
        """Return ``+=`` and what is added, for a scalar that is updated."""
        if eq.op not in INFIX or eq.result.type.rank:
            return None
        sign = INFIX[eq.op]
        if not eq.backward and f"{sign}=" != _written_operator(eq):
            return None
        left, right = (self.node(v) for v in eq.operands)
        if left == Atom(variable):
            return f"{sign}=", right
        if eq.backward and right == Atom(variable) and eq.op in ("add", "multiply"):
            return f"{sign}=", left
        return None

    def copies(
        self,
        targets: Iterable[Value],
        sources: Iterable[Value],
        order: Sequence[str] = (),
    ) -> None:
        """Print a parallel copy, as one statement only where no order will do.

        What is computed comes first, then copies of variables, in a given order:
        read again, the text gives the same order.
        """
        waiting: list[tuple[str, Node, Equation | None]] = []
        for target, source in zip(targets, sources, strict=True):
            eq = self.scope.get(source)
            if target not in self.used or self.is_undefined(source, eq):
                continue
            node, variable = self.node(source), self.names[target]
            if node != Atom(variable):
                waiting.append((variable, node, eq))
        place = {name: k for k, name in enumerate(order)}
        given = list(waiting)
        waiting.sort(key=lambda c: (_is_name(c[1]), place.get(c[0], len(place))))
        while waiting:
            ready = next((c for c in waiting if not _is_read(c, waiting)), None)
            if ready is None:
                self.permute([c for c in given if c in waiting])
                return
            waiting.remove(ready)
            if ready[2] is not None and statement_of(ready[2]) != _LOOSE:
                self.announce(ready[2])
            self.set(*ready)

    def is_undefined(self, source: Value, eq: Equation | None) -> bool:
        """Whether a value is one that is never read."""
        if eq is not None:
            return eq.op == "undefined"
        return source in self.undefined

    def permute(self, copies: list[tuple[str, Node, Equation | None]]) -> None:
        """Print ``A, B = B, A``."""
        left = Tuple(tuple(Atom(variable) for variable, _, _ in copies), bare=True)
        right = Tuple(tuple(node for _, node, _ in copies), bare=True)
        self.out.append(Simple(right, left))
        for variable, _, _ in copies:
            self.views.bind(variable, None)


def constants(program: Program) -> frozenset[str]:
    """Return the names of the constants that stand at the head of the file."""
    return frozenset(p.name for p in program.entry.parameters if is_constant(p))


def is_constant(parameter: object) -> bool:
    """Whether a parameter is printed as a constant of the module."""
    kind = getattr(parameter, "kind", "")
    return kind == "global" and getattr(parameter, "default", None) is not None


# The adjoints that a loop or branch adds to are set before it, under no heading.
_LOOSE = ("", 0, "")
_HEADERS = ("for ", "while ", "if ", "elif ", "else", "def ")


def statement_of(eq: Equation) -> tuple[str, int, str] | None:
    """Return which statement of the user's a backward equation belongs to."""
    origin = eq.origin
    if not eq.backward:
        return None
    if origin is None or origin.text.lstrip().startswith(_HEADERS):
        return _LOOSE
    if eq.op == "dim" or (eq.results and _computes_again(eq, origin)):
        return _LOOSE
    return origin.file, origin.statement or origin.line, origin.text


def _computes_again(eq: Equation, origin: Origin) -> bool:
    """Whether an equation sets again the integer that its statement sets."""
    name, kind = eq.results[0].name, eq.results[0].type
    if name is None or kind.rank or not kind.is_integer:
        return False
    return origin.text.lstrip().startswith(f"{name} =")


def _written_operator(eq: Equation) -> str | None:
    """Return the operator of the user's augmented assignment, if it is one."""
    if str(eq.attrs.get("spelled")) in _OPERATORS:
        return str(eq.attrs["spelled"])
    if eq.origin is None or eq.result.name is None:
        return None
    found = _AUGMENTED.match(eq.origin.text)
    return f"{found[2]}=" if found and found[1] == eq.result.name else None


_OPERATORS = frozenset(f"{sign}=" for sign in INFIX.values())
_AUGMENTED = re.compile(r"\s*(\w+) *(\+|-|\*\*?|//?|%|@|&|\||\^|<<|>>)= ")


def first_line(origin: Origin) -> str:
    """Return the first line of a statement; dots stand for the rest."""
    written = origin.text.strip().split("\n")[0].rstrip()
    opened = sum(written.count(c) for c in "([{")
    closed = sum(written.count(c) for c in ")]}")
    return f"{written} ..." if opened > closed else written


def _is_name(node: Node) -> bool:
    return isinstance(node, Atom) and node.is_name


def _is_read(
    copy: tuple[str, Node, Equation | None],
    copies: list[tuple[str, Node, Equation | None]],
) -> bool:
    """Whether another copy still reads the variable that a copy sets."""
    return any(copy is not c and copy[0] in names(c[1]) for c in copies)


def _used(region: Region) -> Iterator[Value]:
    yield from region.results
    for eq in region.equations:
        yield from eq.operands
        for inner in eq.regions:
            yield from _used(inner)


HANDLERS: Mapping[str, Callable[[Printer, Equation], None]] = {
    "for": flow.loop,
    "while": flow.loop,
    "if": flow.choice,
    "store": memory.store,
    "accumulate": memory.accumulate,
    "call": effects.call_statement,
    "outside": outside.statements,
    "draw": draws.statement,
    "check": effects.check,
    "print": effects.print_statement,
}
