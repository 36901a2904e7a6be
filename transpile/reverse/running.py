"""Running positions: how many iterations a nest of loops has run.

Values are saved one after another in loops whose trips are not known beforehand:
``count += 1`` first, ``x_saved[count - 1] = x``, as the array may have to grow.
"""

from __future__ import annotations

from dataclasses import replace

from ..graph.build import Builder
from ..graph.ir import Equation, Value
from ..graph.loopform import Loop
from .insertions import Insertions


class Running:
    """The running positions of one body, and what counts them.

    ``versions`` are the new variables, for `thread`.
    """

    def __init__(self, insertions: Insertions, versions: dict[Value, object]) -> None:
        self.insertions = insertions
        self.versions = versions
        self.counters: dict[Equation, Value] = {}

    def position(self, loop: Equation, root: Equation) -> Value:
        """Return the running position of a loop's iterations, made once per loop."""
        if loop in self.counters:
            return self.counters[loop]
        if loop is root and "trips" in loop.attrs and Loop.of(loop).counter is None:
            self.counters[loop] = Loop.of(loop).carries[-1]
            return self.counters[loop]
        builder = Builder(root.origin)
        start = self.zero(builder, "count")
        self.insertions.before.setdefault(root, []).extend(builder.equations)
        body, step = loop.regions[-1], self._step(start, loop, 1)
        # First of all: what grows the arrays and what saves rely on it.
        begin = self.insertions.start.setdefault(body, [])
        begin[:0] = step
        self.counters[loop] = start
        return start

    def zero(self, builder: Builder, name: str) -> Value:
        """Emit a new variable that starts at zero."""
        zero = builder.constant(0)
        start = Value(zero.type, name)
        last = builder.equations[-1]
        builder.equations[-1] = replace(last, results=(start,))
        self.versions[start] = start
        return start

    def decrement(self, loop: Equation, like: Equation | None) -> list[Equation]:
        """Return what steps a position back, at the end of an iteration."""
        start = self.counters.get(loop)
        if start is None or start not in self.versions:
            return []
        return self._step(start, like or loop, -1)

    def index(self, builder: Builder, position: Value) -> Value:
        """Emit the index of the current iteration."""
        if position in self.versions:
            return builder.emit("subtract", position, builder.constant(1))
        return position

    def _step(self, start: Value, loop: Equation, by: int) -> list[Equation]:
        builder = Builder(loop.origin, backward=by < 0)
        amount = builder.constant(abs(by))
        after = Value(start.type, start.name)
        self.versions[after] = start
        op, sign = ("add", "+=") if by > 0 else ("subtract", "-=")
        builder.append(op, (start, amount), (after,), spelled=sign)
        return builder.equations
