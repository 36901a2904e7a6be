"""Triangular products, row by row, as products of matrices for 32 rows at once.

Before, where row ``i`` is added to before any row that reads it::

    for i in range(n):
        b[i] += a[i + 1 :, i] @ b[i + 1 :]

after, with loops in the triangle beside the diagonal and the library below it::

    old = b.copy()
    for p in range(0, n, 32):
        q = min(p + 32, n)
        for i in range(p, q):
            b[i] += a[i + 1 : p + 32, i] @ old[i + 1 : p + 32]
        b[p:q] += a[p + 32 :, p:q].T @ old[p + 32 :]

and in the same way with what is above the diagonal, element by element, and where the
matrix is read along its rows. The product of whole matrices would take a triangle of
zeros along, which an infinite number makes nan. Only outside other loops, and not with
``strict=True``: sums are taken in another order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import permutations

from ..graph.buffers import written, written_in
from ..graph.build import Builder
from ..graph.ir import At, Equation, Function, Index, Item, Program, Region, Span, Value
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..graph.ops import ELEMENTWISE

WIDTH = 32
SIMPLE = ELEMENTWISE | {"constant", "dim", "index", "check", "dot", "vecmat"}
ALL = Span()


def take_panels(program: Program) -> Program:
    """Return the program with such loops in panels."""
    return program.map(_function)


def _function(function: Function) -> Function:
    equations: list[Equation] = []
    changed = written_in(function.body)
    copied = {
        eq.result: eq.operands[0]
        for eq in function.body.equations
        if eq.op == "copy" and eq.operands[0].buffer not in changed
    }
    for eq in function.body.equations:
        rows = _Rows.of(eq) if eq.op == "for" else None
        equations += [eq] if rows is None else rows.panels(copied)
    return replace(function, body=replace(function.body, equations=tuple(equations)))


@dataclass(frozen=True, slots=True)
class _Rows:
    """A loop over rows, each with a triangular product that is added or stored.

    ``inner`` goes over the elements of a row, if there is such a loop; ``line`` is read
    from the triangle along ``axis``, ``part`` from the other matrix: what is before the
    counter where ``above`` is set, else what is behind it.
    """

    loop: Loop
    inner: Loop | None
    added: Equation
    product: Equation
    line: Equation
    part: Equation
    axis: int
    above: bool

    @staticmethod
    def of(eq: Equation) -> _Rows | None:
        """Return a loop as such rows, if it is that."""
        loop = Loop.of(eq)
        if not _is_plain(loop):
            return None
        last = loop.body.equations[-1]
        inner = Loop.of(last) if last.op == "for" else None
        if inner is not None and not (_is_plain(inner) and loop.yields == inner.finals):
            return None
        innermost = loop if inner is None else inner
        *simple, added = innermost.body.equations
        simple += loop.body.equations[:-1] if inner is not None else ()
        makers = {r: e for e in simple for r in e.results}
        product = makers.get(added.operands[1]) if len(added.operands) > 1 else None
        if product is None or any(e.op not in SIMPLE for e in simple):
            return None
        for rows in _readings(loop, inner, added, product, makers):
            if rows._is_added() and rows._is_apart(simple) and rows._is_whole():
                return rows
        return None

    def _is_added(self) -> bool:
        """Whether the product goes to the counter's row, or an element of it."""
        added, inner = self.added, self.inner
        innermost = self.loop if inner is None else inner
        slots = [v.counter for v in (self.loop, inner) if v is not None]
        paths = [(At(0), At(1))] if inner is not None else [(At(0),), (At(0), ALL)]
        return (
            added.op in ("store", "accumulate")
            and added.operands[0] is innermost.carries[0]
            and innermost.yields == added.results
            and list(added.operands[2:]) == slots
            and added.attrs["path"] in [(Index(items),) for items in paths]
        )

    def _is_apart(self, simple: list[Equation]) -> bool:
        """Whether nothing else reads what is written, and what is read stays.

        A row of the written array itself must be read before it is written.
        """
        source, carry = self.part.operands[0], self.added.operands[0]
        own = carry.buffer
        others = [e for e in simple if e not in (self.part, self.product)]
        read = [v for e in others if e.op != "dim" for v in e.operands if v.type.rank]
        if any(v.buffer is own for v in (*read, self.line.operands[0])):
            return False
        if sum(e.operands.count(self.product.result) for e in simple):
            return False
        if source.buffer is own:
            return source is carry and self.above == self._falls()
        return source.buffer not in written(self.loop.eq)

    def _is_whole(self) -> bool:
        """Whether rows are counted from an end, and taken whole, in one precision."""
        loop, inner = self.loop, self.inner
        start, stop, step = (v.as_linear for v in loop.bounds)
        ends = {1: start == Linear.number(0), -1: stop == Linear.number(-1)}
        types = [
            v.type
            for v in (
                self.added.operands[0],
                self.part.operands[0],
                self.line.operands[0],
            )
        ]
        width = types[0].shape[-1]
        same = types[0].is_float and len({t.dtype for t in types}) == 1
        if not ends.get(step.value or 0, False) or not same or types[0].rank != 2:
            return False
        if inner is not None and [v.as_linear for v in inner.bounds] != [
            Linear.number(0),
            width,
            Linear.number(1),
        ]:
            return False
        return types[1].shape[-1] == width

    def _falls(self) -> bool:
        return self.loop.bounds[2].as_linear.value == -1

    def panels(self, copied: Mapping[Value, Value]) -> list[Equation]:
        """Return the equations that stand for the loop."""
        b = Builder(self.added.origin, self.added.backward)
        loop, source = self.loop, self.part.operands[0]
        init = loop.inits[0]
        if source is self.added.operands[0]:
            source = copied[init] if init in copied else b.emit("copy", init)
        count, bounds = self._bounds(b)
        assert loop.counter is not None
        first, carry = Value(loop.counter.type), _again(init)
        inside = Builder(b.origin, b.backward)
        width = inside.constant(WIDTH)
        behind = inside.emit("add", first, width)
        rows = first, inside.emit("minimum", behind, count)
        edge = first if self.above else behind
        done = self._beside(inside, carry, source, rows, edge)
        yields = self._away(inside, done, source, rows, edge)
        body = Region((first, carry), tuple(inside.equations), (yields,))
        b.append("for", (*bounds, init), loop.finals, (body,), exits=False)
        return b.equations

    def _bounds(self, b: Builder) -> tuple[Value, tuple[Value, Value, Value]]:
        """Emit how many rows there are, none where they are empty, and the panels."""
        start, stop, _ = self.loop.bounds
        zero, one, width = (b.constant(n) for n in (0, 1, WIDTH))
        count = b.emit("add", start, one) if self._falls() else stop
        if self.inner is not None:
            filled = b.emit("less", zero, b.dim(self.loop.inits[0], 1))
            count = b.emit("where", filled, count, zero)
        if not self._falls():
            return count, (zero, count, width)
        panel = b.emit("floor_divide", b.emit("subtract", count, one), width)
        start = b.emit("multiply", panel, width)
        return count, (start, b.constant(-1), b.constant(-WIDTH))

    def _beside(
        self,
        b: Builder,
        carry: Value,
        source: Value,
        rows: tuple[Value, Value],
        edge: Value,
    ) -> Value:
        """Emit the loop over a panel's rows, with what lies beside the diagonal."""
        (first, last), loop = rows, self.loop
        bounds: tuple[Value, ...] = (first, last, b.constant(1))
        if self._falls():
            down = b.constant(-1)
            bounds = b.emit("add", last, down), b.emit("add", first, down), down
        inside = Builder(self.product.origin, self.product.backward)
        parts = {}
        for eq, axis in ((self.line, self.axis), (self.part, 0)):
            array = source if eq is self.part else eq.operands[0]
            items = list(eq.attrs["path"][0].items)
            span, slot = items[axis], len(eq.operands) - 1
            assert isinstance(span, Span)
            items[axis] = (
                Span(slot, span.upper) if self.above else Span(span.lower, slot)
            )
            slots = (*eq.operands[1:], edge)
            path, sure = (Index(tuple(items)),), eq.attrs["inbounds"]
            emitted = inside.emit("index", array, *slots, path=path, inbounds=sure)
            parts[eq.result] = emitted
        operands = tuple(parts[v] for v in self.product.operands)
        product = replace(self.product, operands=operands)
        new = (*inside.equations, product)
        body = _replaced(loop.body, self.product, new)
        done = _again(loop.finals[0])
        operands = (*bounds, carry)
        b.equations.append(
            replace(loop.eq, operands=operands, results=(done,), regions=(body,))
        )
        return done

    def _away(
        self,
        b: Builder,
        done: Value,
        source: Value,
        rows: tuple[Value, Value],
        edge: Value,
    ) -> Value:
        """Emit the product with what lies away from the diagonal."""
        rest = Span(None, 0) if self.above else Span(0, None)
        items: list[Item] = [Span(1, 2), Span(1, 2)]
        items[self.axis] = rest
        block = b.index(self.line.operands[0], items, edge, *rows)
        if self.axis == 0:
            block = b.emit("transpose", block, axes=(1, 0))
        others = b.index(source, (rest, ALL), edge)
        path = (Index((Span(0, 1), ALL)),)
        return b.accumulate(done, b.emit("matmul", block, others), path, *rows)


def _is_plain(loop: Loop) -> bool:
    """Whether a loop counts, and carries one array."""
    eq = loop.eq
    odd = eq.attrs.get("exits") or eq.attrs.get("count")
    return len(loop.carries) == 1 and not odd and bool(loop.body.equations)


def _readings(
    loop: Loop,
    inner: Loop | None,
    added: Equation,
    product: Equation,
    makers: Mapping[Value, Equation],
) -> Iterator[_Rows]:
    """Yield how a product reads a triangle along its edge and the rows beside it."""
    if product.op != ("dot" if inner is not None else "vecmat"):
        return
    pairs = permutations(product.operands) if inner is not None else [product.operands]
    for operands in pairs:
        line, part = (makers.get(v) for v in operands)
        if line is None or part is None or {line.op, part.op} != {"index"}:
            continue
        if {line.operands[0], part.operands[0]} & makers.keys():
            continue
        for axis in (0, 1):
            side = _side(line, axis, loop.counter)
            other = _side(part, 0, inner.counter if inner else None, loop.counter)
            if side is not None and side == other:
                yield _Rows(loop, inner, added, product, line, part, axis, side)


def _side(
    eq: Equation, axis: int, at: Value | None, counter: Value | None = None
) -> bool | None:
    """Return whether an equation reads what is before a counter along an axis.

    False if it reads what is behind it, None for anything else. On the other axis it
    reads at an index, or everything where there is none.
    """
    counter = counter or at
    slots, (step, *more) = eq.operands[1:], eq.attrs["path"]
    if more or not isinstance(step, Index) or len(step.items) != 2 or counter is None:
        return None
    span, other = step.items[axis], step.items[1 - axis]
    reads = other == ALL if at is None else isinstance(other, At)
    if isinstance(other, At):
        reads = reads and slots[other.slot] is at
    if not reads or not isinstance(span, Span) or span.step is not None:
        return None
    here = counter.as_linear
    lower, upper = (None if k is None else slots[k] for k in (span.lower, span.upper))
    if lower is None and upper is not None and upper.as_linear == here:
        return True
    below = lower is not None and upper is None and lower.as_linear == here + 1
    return False if below else None


def _replaced(region: Region, old: Equation, new: tuple[Equation, ...]) -> Region:
    """Return a region with equations for one of its own, or of a loop inside."""
    equations: list[Equation] = []
    for eq in region.equations:
        if eq.regions:
            inside = tuple(_replaced(r, old, new) for r in eq.regions)
            eq = replace(eq, regions=inside)
        equations += new if eq is old else (eq,)
    return replace(region, equations=tuple(equations))


def _again(value: Value) -> Value:
    """Return another value in the same place."""
    return replace(value, serial=Value(value.type).serial)
