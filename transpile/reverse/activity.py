"""Activity: which values need an adjoint.

A value is active if it depends on an active input (it *varies*) and an active
output depends on it (it is *useful*), both through floating-point data only
(Griewank and Walther, "Evaluating Derivatives", 2008, section 6.2). Loop carries are
followed to a fixpoint, and so are calls of a function by itself. Where derivatives are
given, every argument is taken to move every result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ..graph.custom import custom_of
from ..graph.drawn import MOVED, refused
from ..graph.ir import Equation, Program, Region, Value
from ..graph.loopform import Loop
from ..shifts import moving

# Operations whose results do not move when their operands do a little.
Constant = Callable[[str], bool]
# What is known so far of the calls that are being followed.
Open = dict[object, frozenset[int]]


class Activity:
    """The varied and the useful values of one function."""

    def __init__(
        self, program: Program, constant: Constant, open: Open | None = None
    ) -> None:
        self.program = program
        self.constant = constant
        self.open: Open = {} if open is None else open
        self.varied: set[Value] = set()
        self.useful: set[Value] = set()

    def __contains__(self, value: Value) -> bool:
        return value in self.varied and value in self.useful

    def run(
        self, body: Region, inputs: Iterable[Value], outputs: Iterable[Value]
    ) -> None:
        """Find what is active between inputs and outputs of a function's body."""
        self.varied.update(v for v in inputs if v.type.is_inexact)
        self._forward(body)
        self.useful.update(v for v in outputs if v.type.is_inexact)
        self._backward(body)

    # ---- forward: what varies ----

    def _vary(self, targets: Sequence[Value], sources: Sequence[Value]) -> bool:
        """Mark each target whose source varies; return whether anything is new."""
        new = [
            t
            for t, s in zip(targets, sources, strict=True)
            if s in self.varied and t not in self.varied and t.type.is_inexact
        ]
        self.varied.update(new)
        return bool(new)

    def _forward(self, region: Region) -> None:
        for eq in region.equations:
            if eq.op == "if":
                for branch in eq.regions:
                    self._forward(branch)
                    self._vary(eq.results, branch.results)
            elif eq.op in ("for", "while"):
                self._forward_loop(eq)
            elif eq.op == "call":
                self._forward_call(eq)
            elif eq.op == "draw":
                self._draw(eq)
            elif not self.constant(eq.op):
                if any(v in self.varied for v in moving(eq)):
                    self.varied.update(r for r in eq.results if r.type.is_inexact)

    def _draw(self, eq: Equation) -> None:
        """Refuse a draw whose numbers would have to follow what varies."""
        if any(v in self.varied for v in eq.operands):
            raise refused(eq, *MOVED)

    def _forward_loop(self, eq: Equation) -> None:
        loop = Loop.of(eq)
        self._vary(loop.carries, loop.inits)
        while True:
            self._forward(loop.body)
            if not self._vary(loop.carries, loop.yields):
                break
        self._vary(loop.finals, loop.inits)
        self._vary(loop.finals, loop.yields)

    def _forward_call(self, eq: Equation) -> None:
        callee = self.program.find(eq.attrs["callee"])
        if custom_of(callee) is not None:
            if any(v in self.varied for v in eq.operands):
                self.varied.update(r for r in eq.results if r.type.is_inexact)
            return
        given = frozenset(k for k, v in enumerate(eq.operands) if v in self.varied)

        def follow() -> frozenset[int]:
            inner = Activity(self.program, self.constant, self.open)
            inner.varied.update(callee.body.params[k] for k in given)
            inner._forward(callee.body)
            ends = enumerate(callee.body.results)
            return frozenset(k for k, v in ends if v in inner.varied)

        found = self._settled(("varied", callee.name, given), follow)
        self.varied.update(eq.results[k] for k in found)

    def _settled(
        self, key: object, follow: Callable[[], frozenset[int]]
    ) -> frozenset[int]:
        """Return what following a call finds; inside, the same call finds it too."""
        if key in self.open:
            return self.open[key]
        self.open[key] = frozenset()
        while (found := follow()) != self.open[key]:
            self.open[key] = found
        return self.open.pop(key)

    # ---- backward: what is useful ----

    def _use(self, sources: Sequence[Value], targets: Sequence[Value]) -> bool:
        """Mark each source whose target is useful; return whether anything is new."""
        new = [
            s
            for s, t in zip(sources, targets, strict=True)
            if t in self.useful and s not in self.useful and s.type.is_inexact
        ]
        self.useful.update(new)
        return bool(new)

    def _backward(self, region: Region) -> None:
        for eq in reversed(region.equations):
            if eq.op == "if":
                for branch in eq.regions:
                    self._use(branch.results, eq.results)
                    self._backward(branch)
            elif eq.op in ("for", "while"):
                self._backward_loop(eq)
            elif eq.op == "call":
                self._backward_call(eq)
            elif not self.constant(eq.op):
                if any(r in self.useful for r in eq.results):
                    self.useful.update(v for v in moving(eq) if v.type.is_inexact)

    def _backward_loop(self, eq: Equation) -> None:
        loop = Loop.of(eq)
        self._use(loop.yields, loop.finals)
        while True:
            self._backward(loop.body)
            if not self._use(loop.yields, loop.carries):
                break
        self._use(loop.inits, loop.finals)
        self._use(loop.inits, loop.carries)

    def _backward_call(self, eq: Equation) -> None:
        callee = self.program.find(eq.attrs["callee"])
        if custom_of(callee) is not None:
            if any(r in self.useful for r in eq.results):
                self.useful.update(v for v in eq.operands if v.type.is_inexact)
            return
        given = frozenset(k for k, v in enumerate(eq.results) if v in self.useful)

        def follow() -> frozenset[int]:
            inner = Activity(self.program, self.constant, self.open)
            inner.useful.update(callee.body.results[k] for k in given)
            inner._backward(callee.body)
            starts = enumerate(callee.body.params)
            return frozenset(k for k, v in starts if v in inner.useful)

        found = self._settled(("useful", callee.name, given), follow)
        self.useful.update(eq.operands[k] for k in found)
