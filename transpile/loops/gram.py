"""The products of a matrix's columns with each other, taken at once before a loop.

Before, with a pass over half of the matrix for every column::

    for i in range(x.shape[1]):
        c[i, i:] = x[:, i] @ x[:, i:]

after::

    gram = x.T @ x
    for i in range(x.shape[1]):
        c[i, i:] = gram[i, i:]

and in the same way with rows. The library takes twice as many products in a fifth of
the time, and the adjoint of ``x`` is one product, ``x @ (gram_bar + gram_bar.T)``.

That is done where the loop goes over all columns, each with all from it on, or up to
it: then no element of that sum is zero by structure, which would make an infinite ``x``
nan. And only where the loop fills an array as large as ``gram``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..graph.buffers import buffers, written
from ..graph.build import Builder
from ..graph.ir import WRITES, At, Equation, Index, Program, Region, Span, Value, walk
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..graph.substitute import substitute

PRODUCTS = {"vecmat": (0, 1), "matvec": (1, 0)}  # places of the vector and the matrix
ALL = Span()


def take_gram(program: Program) -> Program:
    """Return the program with such products of a loop taken before it."""
    return program.map(lambda f: replace(f, body=_region(f.body)))


def _region(region: Region) -> Region:
    equations: list[Equation] = []
    for eq in region.equations:
        if eq.op == "for" and not eq.attrs.get("exits"):
            before, eq = _before(eq)
            equations += before
        regions = tuple(map(_region, eq.regions))
        equations.append(replace(eq, regions=regions) if regions else eq)
    return replace(region, equations=tuple(equations))


def _before(eq: Equation) -> tuple[list[Equation], Equation]:
    """Return what is computed before a loop, and the loop that reads it."""
    loop = Loop.of(eq)
    makers = {e.result: e for e in loop.body.equations if len(e.results) == 1}
    changed = written(eq) | buffers(loop.yields)
    builder = Builder(eq.origin, eq.backward)
    grams: dict[tuple[Value, int], Value] = {}
    instead: dict[Equation, Equation] = {}
    for each in loop.body.equations:
        row = _Row.of(each, makers, loop)
        if row is None or {each.result.buffer, row.matrix.buffer} & changed:
            continue
        key = row.matrix, row.axis
        if key not in grams:
            grams[key] = _gram(builder, *key)
        instead[each] = row.read(grams[key])
    equations = tuple(instead.get(e, e) for e in loop.body.equations)
    renamed = {e.result: made.result for e, made in instead.items()}
    body = substitute(replace(loop.body, equations=equations), renamed)
    return builder.equations, replace(eq, regions=(body,)) if instead else eq


def _gram(b: Builder, matrix: Value, axis: int) -> Value:
    """Emit the products of all columns (axis 1) or rows of a matrix.

    ``gram`` says which operand is the matrix itself; the other one is its transpose.
    """
    turned = b.emit("transpose", matrix, axes=(1, 0))
    pair = (turned, matrix) if axis else (matrix, turned)
    return b.emit("matmul", *pair, gram=axis)


@dataclass(frozen=True, slots=True)
class _Row:
    """A product of one column (axis 1) or row with those from it on, or up to it.

    ``bounds`` are the slots of the slice, of which one is None.
    """

    eq: Equation
    matrix: Value
    axis: int
    counter: Value
    bounds: tuple[Value | None, Value | None]

    @staticmethod
    def of(eq: Equation, makers: Mapping[Value, Equation], loop: Loop) -> _Row | None:
        """Return an equation as such a product, if it is one."""
        if eq.op not in PRODUCTS or not eq.result.type.is_float:
            return None
        vector, part = (makers.get(eq.operands[k]) for k in PRODUCTS[eq.op])
        if vector is None or part is None or (vector.op, part.op) != ("index", "index"):
            return None
        axis, matrix, counter = PRODUCTS[eq.op][1], vector.operands[0], loop.counter
        bounds = _bounds(part, axis)
        if counter is None or bounds is None or matrix is not part.operands[0]:
            return None
        if matrix in makers or not _is_line(vector, axis, counter):
            return None
        row = _Row(eq, matrix, axis, counter, bounds)
        return row if row._is_triangle(loop) else None

    def _is_triangle(self, loop: Loop) -> bool:
        """Whether all columns are taken, each with those on one side and itself."""
        lower, upper = self.bounds
        length, here = self.matrix.type.shape[self.axis], self.counter.as_linear
        near = lower.as_linear == here if lower is not None else upper is not None
        if upper is not None:
            near = lower is None and upper.as_linear == here + 1
        start, stop, step = (v.as_linear for v in loop.bounds)
        ends = {1: (start, stop), -1: (stop + 1, start + 1)}.get(step.value or 0)
        return near and ends == (Linear.number(0), length) and self._is_kept(loop)

    def _is_kept(self, loop: Loop) -> bool:
        """Whether a part as long is written of what belongs to this column or row."""
        return any(
            eq.operands[0].type.rank > 1
            and eq.operands[1].type.shape == self.eq.result.type.shape
            and self.counter in eq.operands[2:]
            for eq in walk(loop.body)
            if eq.op in WRITES
        )

    def read(self, gram: Value) -> Equation:
        """Return the equation that reads the products."""
        slots = [v for v in self.bounds if v is not None]
        lower, upper = self.bounds
        span = Span(1, None) if upper is None else Span(None, 1)
        old = self.eq.result
        made = replace(old, buffer=gram.buffer, serial=Value(old.type).serial)
        builder = Builder(self.eq.origin, self.eq.backward)
        return builder.append(
            "index",
            (gram, self.counter, *slots),
            (made,),
            path=(Index((At(0), span)),),
            inbounds=(True,),
            lengths=old.type.shape,
        )


def _is_line(eq: Equation, axis: int, counter: Value) -> bool:
    """Whether an equation takes the column or row of a counter from a matrix."""
    items = (ALL, At(0)) if axis else (At(0), ALL)
    return eq.attrs["path"] == (Index(items),) and eq.operands[1] is counter


def _bounds(eq: Equation, axis: int) -> tuple[Value | None, Value | None] | None:
    """Return the bounds of the columns or rows that an equation takes from a matrix."""
    (step, *more), slots = eq.attrs["path"], eq.operands[1:]
    if more or not isinstance(step, Index) or len(step.items) != 2:
        return None
    whole, part = step.items[1 - axis], step.items[axis]
    if whole != ALL or not isinstance(part, Span) or part.step is not None:
        return None
    lower, upper = (None if k is None else slots[k] for k in (part.lower, part.upper))
    return lower, upper
