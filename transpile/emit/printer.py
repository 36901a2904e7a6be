"""The statements of a function: equations in order, loops, branches, stores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from ..fold import Scope, fold
from ..ir import (
    Equation,
    Function,
    Gather,
    Index,
    Mask,
    Origin,
    Program,
    Region,
    Span,
    Structure,
    Value,
    is_view,
    walk,
)
from ..loopform import End, Loop, tail_branch
from ..names import assign_names
from .dialect import Dialect, NotPrintable, temporary
from .expressions import (
    Atom,
    Node,
    Tuple,
    binary,
    call,
    names,
    subscript,
    unary,
)
from .spell import INFIX, item_node, range_arguments, reached, slot_nodes
from .statements import Blank, Block, Comment, Simple, Statement
from .views import Views

_OPPOSITE = {
    "less": ">=",
    "less_equal": ">",
    "greater": "<=",
    "greater_equal": "<",
    "equal": "!=",
    "not_equal": "==",
}


class Printer:
    """Prints one function of a program in a dialect."""

    def __init__(self, program: Program, function: Function, dialect: Dialect) -> None:
        self.program = program
        self.function = function
        self.dialect = dialect
        self.folding = fold(function)
        taken = dialect.reserved | {f.name for f in program.functions}
        self.names = assign_names(
            function, self.folding, taken | constants(program), temporary
        )
        self.scope = Scope(self.folding)
        self.views = Views()
        self.out: list[Statement] = []
        self.used = set(_used(function.body))
        equations = list(walk(function.body))
        self.undefined = {eq.result for eq in equations if eq.op == "undefined"}
        self.has_backward = any(eq.backward for eq in equations)
        self.heading: tuple[str, int, str] | None = None
        self.handlers: Mapping[str, Callable[[Equation], None]] = {
            "for": self.loop,
            "while": self.loop,
            "if": self.choice,
            "store": self.store,
            "accumulate": self.accumulate,
            "call": self.call_statement,
            "check": self.check,
            "print": self.print_statement,
        }

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
        made = call(function.name, *arguments, **named)
        return function.name, made.arguments

    def packed(self, structure: Structure, values: list[Value]) -> Node:
        """Take the values of a structure from a list; return them as one expression."""
        if structure.kind == "leaf":
            return self.node(values.pop(0))
        if structure.kind == "none":
            return Atom("None")
        return Tuple(tuple(self.packed(c, values) for c in structure.children))

    # ---- a function's body ----

    def statements(self) -> list[Statement]:
        """Return the statements of the function's body."""
        if self.has_backward:
            self.out.append(Comment("Forward"))
        body = self.function.body
        count = self.function.returns.width
        self.tail(body, body.results[:count])
        return self.out

    def tail(self, region: Region, returned: tuple[Value, ...]) -> None:
        """Print a region that ends with the function's ``return``."""
        inline = self.scope.enter(region)
        branch = None
        if not self.has_backward:
            branch = tail_branch(region, End(None, returned), inline, returns=True)
        if branch is None or any(v.name for v in branch.results):
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
        for eq in equations:
            if eq.comment and eq.comment not in waiting:
                waiting.append(eq.comment)
            if len(eq.results) == 1 and eq.result in inline:
                continue
            start = len(self.out)
            self.announce(eq)
            place = len(self.out)
            self.handlers.get(eq.op, self.plain)(eq)
            if len(self.out) == place:
                del self.out[start:]
            elif waiting:
                self.out[place:place] = [
                    Comment(c) for w in waiting for c in w.split("\n")
                ]
                waiting = []

    @contextmanager
    def block(self) -> Iterator[list[Statement]]:
        """Collect statements in a list of their own."""
        outer, self.out = self.out, []
        before = self.heading
        try:
            yield self.out
        finally:
            self.out = outer
            self.heading = before

    # ---- headings ----

    def announce(self, eq: Equation) -> None:
        """Print the heading of a backward equation, once per run of a statement."""
        if not self.has_backward:
            return
        if eq.op in ("for", "while", "if"):
            self.heading = None
            if eq.backward:
                self.out.append(Blank())
            return
        if not eq.backward or eq.origin is None:
            self.heading = None
            return
        origin = eq.origin
        key = (origin.file, origin.statement or origin.line, origin.text)
        if key != self.heading:
            self.heading = key
            self.out.append(Comment(f"Backward: {first_line(origin)}", heading=True))

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
        self.set(variable, self.dialect.spell(eq)(self, eq), eq)

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
        wanted = eq.attrs.get("spelled")
        if wanted != f"{sign}=" and not (eq.backward and wanted is None):
            return None
        left, right = (self.node(v) for v in eq.operands)
        if left == Atom(variable):
            return f"{sign}=", right
        if right == Atom(variable) and eq.op in ("add", "multiply"):
            return f"{sign}=", left
        return None

    def copies(self, targets: Iterable[Value], sources: Iterable[Value]) -> None:
        """Print a parallel copy, in an order that needs no temporaries if there is one."""
        waiting: list[tuple[str, Node, Equation | None]] = []
        for target, source in zip(targets, sources, strict=True):
            eq = self.scope.get(source)
            if target not in self.used or self.is_undefined(source, eq):
                continue
            node, variable = self.node(source), self.names[target]
            if node != Atom(variable):
                waiting.append((variable, node, eq))
        while waiting:
            ready = next((c for c in waiting if not _is_read(c, waiting)), None)
            if ready is None:
                self.permute(waiting)
                return
            waiting.remove(ready)
            if ready[2] is not None:
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

    # ---- memory ----

    def element(self, eq: Equation) -> tuple[Node, bool]:
        """Return the target of a write, and whether it is a bare variable."""
        fixed = 2
        base, slots = eq.operands[0], eq.operands[fixed:]
        path = eq.attrs["path"]
        node, done = self.node(base), 0
        if len(path) > 1:
            found = self.views.longest(base, path, slots)
            if found is not None:
                node, done = Atom(found[0]), found[1]
        rest = path[done:]
        return reached(node, rest, slot_nodes(self, slots)), not rest

    def store(self, eq: Equation) -> None:
        """Print ``a[i] = v``."""
        if eq.attrs.get("inplace"):
            return
        target, bare = self.element(eq)
        if bare:
            rank = eq.operands[0].type.rank
            target = subscript(target, Atom(":") if rank == 1 else Atom("..."))
        value = self.node(eq.operands[1])
        self.out.append(Simple(value, target, origin=eq.origin))

    def accumulate(self, eq: Equation) -> None:
        """Print ``a[i] += v``; through index arrays, ``np.add.at``."""
        value, sign = eq.operands[1], "+"
        negated = self.scope.get(value)
        if negated is not None and negated.op == "negative":
            (value,), sign = negated.operands, "-"
        if _gathers(eq):
            self.scatter(eq, self.node(value), sign)
            return
        target, _ = self.element(eq)
        self.out.append(Simple(self.node(value), target, f"{sign}=", origin=eq.origin))

    def scatter(self, eq: Equation, value: Node, sign: str) -> None:
        """Print ``np.add.at(a, index, v)``, where repeated indices add up."""
        *path, last = eq.attrs["path"]
        slots = slot_nodes(self, eq.operands[2:])
        base = reached(self.node(eq.operands[0]), tuple(path), slots)
        items = list(last.items)
        while len(items) > 1 and items[-1] == Span():
            items.pop()
        where = [_index_object(item, slots) for item in items]
        place = where[0] if len(where) == 1 else Tuple(tuple(where))
        function = "np.add.at" if sign == "+" else "np.subtract.at"
        made = call(function, base, place, value)
        self.out.append(Simple(made, origin=eq.origin))

    # ---- effects ----

    def call_statement(self, eq: Equation) -> None:
        """Print a call with the variables that take what it returns."""
        function = self.program.find(eq.attrs["callee"])
        made = self.dialect.spell(eq)(self, eq)
        targets = list(eq.results[: function.returns.width])
        for value in targets:
            self.views.renew(value.buffer)
            self.views.bind(self.names[value], None)
        if not targets or not any(v in self.used for v in targets):
            self.out.append(Simple(made, origin=eq.origin))
            return
        target = self.packed(function.returns, targets)
        if isinstance(target, Tuple):
            target = Tuple(target.items, bare=True)
        self.out.append(Simple(made, target, origin=eq.origin))

    def check(self, eq: Equation) -> None:
        """Print ``if not condition: raise ...``."""
        message = str(eq.attrs["message"]).replace("\\", "\\\\").replace('"', '\\"')
        error = call(str(eq.attrs["exception"]), Atom(f'"{message}"'))
        raised = Simple(error, keyword="raise ", origin=eq.origin)
        test = self.negated(eq.operands[0])
        self.out.append(Block("if ", test, [raised], origin=eq.origin))

    def print_statement(self, eq: Equation) -> None:
        """Print ``print(...)``."""
        made = call("print", *(self.node(v) for v in eq.operands))
        self.out.append(Simple(made, origin=eq.origin))

    # ---- branches ----

    def negated(self, value: Value) -> Node:
        """Return the opposite of a condition."""
        eq = self.scope.get(value)
        if eq is not None and eq.op == "logical_not" and not eq.operands[0].type.rank:
            return self.node(eq.operands[0])
        if eq is not None and eq.op in _OPPOSITE:
            if all(v.type.is_integer for v in eq.operands):
                left, right = (self.node(v) for v in eq.operands)
                return binary(_OPPOSITE[eq.op], left, right)
        return unary("not", self.node(value))

    def choice(self, eq: Equation) -> None:
        """Print an ``if`` whose results are assigned in the branches."""
        test, opposite = self.node(eq.operands[0]), self.negated(eq.operands[0])
        start = self.views.copy()
        bodies, states = [], []
        for branch in eq.regions:
            self.views.restore(start)
            with self.block() as body:
                self.region(branch)
                self.copies(eq.results, branch.results)
            bodies.append(body)
            states.append(self.views.copy())
        self.views.meet(*states)
        self.chosen(test, opposite, bodies[0], bodies[1], eq.origin)

    def chosen(
        self,
        test: Node,
        opposite: Node,
        first: list[Statement],
        other: list[Statement],
        origin: Origin | None,
    ) -> None:
        """Print the branches that are not empty."""
        if first:
            self.out.append(Block("if ", test, first, other, origin))
        elif other:
            self.out.append(Block("if ", opposite, other, origin=origin))

    # ---- loops ----

    def loop(self, eq: Equation) -> None:
        """Print a loop: what its carries start as, then its header and body."""
        loop = Loop.of(eq)
        carried = [k for k in range(len(loop.carries)) if self.is_carried(loop, k)]
        self.used.update(loop.carries[k] for k in carried)
        if self.is_used(loop.exited):
            self.set(self.names[loop.exited], Atom("False"), None)
        if self.is_used(loop.trips):
            self.set(self.names[loop.trips], Atom("0"), None)
        self.copies(loop.carries, loop.inits)
        head = self.header(loop)
        swapped = [
            carry.buffer
            for carry, after in zip(loop.carries, loop.yields, strict=True)
            if carry.buffer is not after.buffer
        ]
        with self.views.repeated(self.assigned(loop), swapped):
            self.heading = None
            with self.block() as body:
                self.condition(loop)
                self.body(loop, loop.body, End(loop.exit, loop.yields))
            self.out.append(Block(*head, body, origin=eq.origin))
        self.heading = None

    def is_used(self, value: Value | None) -> bool:
        """Whether a value is read anywhere."""
        return value is not None and value in self.used

    def is_carried(self, loop: Loop, k: int) -> bool:
        """Whether a carry is read, in the loop or after it."""
        readers = [loop.carries[k], loop.finals[k]]
        if loop.condition is not None:
            readers.append(loop.condition.params[k])
        return any(v in self.used for v in readers)

    def assigned(self, loop: Loop) -> Iterator[str]:
        """Yield the variables that a loop assigns."""
        for value in loop.eq.regions[-1].params:
            yield self.names[value]
        for region in loop.eq.regions:
            for eq in walk(region):
                params = (v for inner in eq.regions for v in inner.params)
                for value in (*eq.results, *params):
                    if value in self.names:
                        yield self.names[value]

    def header(self, loop: Loop) -> tuple[str, Node]:
        """Return ``for i in`` and the range, or ``while`` and the condition."""
        if loop.counter is not None:
            bounds = range_arguments(self, loop.bounds)
            return f"for {self.names[loop.counter]} in ", call("range", *bounds)
        condition = loop.condition
        assert condition is not None
        inline = self.scope.enter(condition)
        if len(inline) < len(condition.equations):
            return "while ", Atom("True")
        return "while ", self.node(condition.results[0])

    def condition(self, loop: Loop) -> None:
        """Print a condition that takes statements, at the head of the body."""
        condition = loop.condition
        if condition is None:
            return
        inline = self.scope.enter(condition)
        if len(inline) == len(condition.equations):
            return
        self.equations(condition.equations, inline)
        test = self.negated(condition.results[0])
        self.out.append(Block("if ", test, [Simple(keyword="break")]))

    def body(self, loop: Loop, region: Region, end: End) -> None:
        """Print a region at the end of a loop's body, with its exits."""
        inline = self.scope.enter(region)
        branch = tail_branch(region, end, inline)
        if branch is None:
            self.equations(region.equations, inline)
            self.finish(loop, end)
            return
        place = region.equations.index(branch)
        self.equations(region.equations[:place], inline)
        self.ending(loop, branch, end)

    def ending(self, loop: Loop, branch: Equation, end: End) -> None:
        """Print the last ``if`` of a body, whose branches leave or go on."""
        test, opposite = (
            self.node(branch.operands[0]),
            self.negated(branch.operands[0]),
        )
        ends = [end.inside(branch, region) for region in branch.regions]
        exits = [self.truth(e.exit, r) for e, r in zip(ends, branch.regions)]
        continues = branch.attrs.get("spelled") == "continue"
        bodies = []
        state = self.views.copy()
        leaves = exits[0] is True or continues
        for region, inner, leave in zip(branch.regions, ends, exits, strict=True):
            self.views.restore(state)
            with self.block() as body:
                self.body(loop, region, inner)
                first = region is branch.regions[0]
                if first and continues and leave is not True:
                    body.append(Simple(keyword="continue"))
            bodies.append(body)
        self.views.restore({})
        if leaves:
            self.out.append(Block("if ", test, bodies[0], origin=branch.origin))
            self.out.extend(bodies[1])
        elif exits[1] is True:
            self.out.append(Block("if ", opposite, bodies[1], origin=branch.origin))
            self.out.extend(bodies[0])
        else:
            self.chosen(test, opposite, bodies[0], bodies[1], branch.origin)

    def truth(self, value: Value | None, region: Region) -> bool | None:
        """Return what a flag is, if it is a constant."""
        if value is None:
            return False
        self.scope.enter(region)
        eq = self.scope.get(value)
        if eq is None or eq.op != "constant":
            return None
        return bool(eq.attrs["value"])

    def finish(self, loop: Loop, end: End) -> None:
        """Print what happens at the end of an iteration."""
        self.copies(loop.carries, end.yields)
        if end.exit is not None:
            eq = self.scope.get(end.exit)
            if eq is None or eq.op != "constant":
                with self.block() as body:
                    self.leave(loop)
                self.out.append(Block("if ", self.node(end.exit), body))
            elif eq.attrs["value"]:
                self.leave(loop)
                return
        if self.is_used(loop.trips):
            assert loop.trips is not None
            trips = Atom(self.names[loop.trips])
            self.out.append(Simple(Atom("1"), trips, "+="))

    def leave(self, loop: Loop) -> None:
        """Print ``break``, and that the loop was left."""
        if self.is_used(loop.exited):
            assert loop.exited is not None
            self.set(self.names[loop.exited], Atom("True"), None)
        self.out.append(Simple(keyword="break"))


def constants(program: Program) -> frozenset[str]:
    """Return the names of the constants that stand at the head of the file."""
    return frozenset(p.name for p in program.entry.parameters if is_constant(p))


def is_constant(parameter: object) -> bool:
    """Whether a parameter is printed as a constant of the module."""
    kind = getattr(parameter, "kind", "")
    return kind == "global" and getattr(parameter, "default", None) is not None


def first_line(origin: Origin) -> str:
    """Return the first line of a statement; dots stand for the rest."""
    written = origin.text.strip().split("\n")[0].rstrip()
    opened = sum(written.count(c) for c in "([{")
    closed = sum(written.count(c) for c in ")]}")
    return f"{written} ..." if opened > closed else written


def _is_read(
    copy: tuple[str, Node, Equation | None],
    copies: list[tuple[str, Node, Equation | None]],
) -> bool:
    """Whether another copy still reads the variable that a copy sets."""
    return any(copy is not c and copy[0] in names(c[1]) for c in copies)


def _gathers(eq: Equation) -> bool:
    path = eq.attrs["path"]
    if not path or not isinstance(path[-1], Index):
        return False
    return any(isinstance(item, Gather | Mask) for item in path[-1].items)


def _index_object(item: object, slots: list[Node]) -> Node:
    """Return an index as an object: a slice is ``slice(...)``."""
    if not isinstance(item, Span):
        return item_node(item, slots)
    bounds = [
        None if b is None else slots[b] for b in (item.lower, item.upper, item.step)
    ]
    if bounds[2] is None:
        bounds.pop()
    if len(bounds) == 2 and bounds[0] is None:
        bounds.pop(0)
    return call("slice", *(Atom("None") if b is None else b for b in bounds))


def _used(region: Region) -> Iterator[Value]:
    yield from region.results
    for eq in region.equations:
        yield from eq.operands
        for inner in eq.regions:
            yield from _used(inner)


__all__ = ["NotPrintable", "Printer", "constants"]
