"""Random nests of loops over vectors and matrices, checked as `fuzz` checks programs.

    python tests/fuzz_nests.py [FIRST [COUNT [numpy|cpu|text|loops|large]]]

Triangles, shifted indices, stencils in place, sums kept in a number, rows written by
helpers. ``large`` compares compiled code with NumPy's text on arrays of about 40.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

import fuzz
import gradscribe as gs
import numpy as np

HEAD = """import numpy as np


def fill(u, w):
    for i in range(1, len(u)):
        u[i] = 0.5 * u[i - 1] * w[i] + u[i]


def dot(u, w):
    s = 0.0
    for i in range(len(u)):
        s += u[i] * w[i]
    return s


def bend(v):
    if v > 0.5:
        return v * v
    return 0.25 + 0.5 * v


def f(x, y, A, a, k, n):
"""
START = (
    "p = x * a; q = np.zeros({n}); B = np.outer(x, y); D = np.ones(({n}, {n})) * a; "
    "C = {C}; s = 0.0; t = a"
)
ANSWERS = (
    "s + C.sum() + B.sum() + p @ q",
    "p, q, B, C, s",
    "C",
    "s * t",
    "t + q.sum()",
    "p[1] + C[1].sum() + s",
)
WHOLE = (
    "np.sin(C) * A",
    "C @ B * 0.3",
    "C + A[::-1]",
    "np.cumsum(C, axis=1) * 0.3",
    "C[:, ::-1] * a",
    "C - C.mean(axis=0)",
)


@dataclass
class Writer:
    """Writes one program over vectors of ``n`` and matrices of ``n - 2`` rows, or n.

    ``counters`` are those of the loops around, each with one more than it reaches.
    """

    rng: np.random.Generator
    n: int = 5
    lines: list[str] = field(default_factory=list)
    counters: list[tuple[str, int]] = field(default_factory=list)
    budget: int = 10

    def any(self, *choices: Any) -> Any:
        return choices[self.rng.integers(len(choices))]

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def put(self, depth: int, line: str) -> None:
        self.lines.append("    " * depth + line)

    # ---- elements and sections ----

    def index(self, length: int) -> str:
        """Return an index of an axis; at 0 the one before counts from the end."""
        choices = [str(self.rng.integers(length)), "-1"]
        for name, end in self.counters:
            if end <= length:
                choices += [name] * 3 + [f"{name} - 1", f"{length - 1} - {name}"]
            if end < length:
                choices.append(f"{name} + 1")
        return str(self.any(*choices))

    def vector_name(self) -> str:
        return str(self.any("x", "y", "p", "q"))

    def matrix(self, names: str = "ABCD") -> tuple[str, int]:
        """Return a matrix and its number of rows."""
        name = self.any(*names)
        return name, self.n if name in "BD" else self.n - 2

    def row(self, names: str = "ABCD", columns: str = "") -> str:
        name, rows = self.matrix(names)
        return f"{name}[{self.index(rows)}{columns}]"

    def column(self, name: str, rows: str = ":") -> str:
        return f"{name}[{rows}, {self.index(self.n)}]"

    def element(self, vectors: str = "xypq", matrices: str = "ABCD") -> str:
        if self.chance(0.45):
            return f"{self.any(*vectors)}[{self.index(self.n)}]"
        return self.row(matrices, f", {self.index(self.n)}")

    def written(self) -> str:
        """Return an element that may be written."""
        return self.element("pq", "BCD")

    def number(self) -> str:
        return str(self.any("s", "t"))

    def target(self, less: int) -> str:
        """Return a section, shorter than a vector by so much, that may be written."""
        v = self.any("p", "q")
        choices = {
            0: (f"{v}[:]", self.row("BCD"), self.column("B")),
            1: (f"{v}[1:]", f"{v}[:-1]", self.row("BCD", ", 1:"), f"{v}[:0:-1]"),
            2: (f"{v}[1:-1]", self.column("C")),
        }
        return str(self.any(*choices[less]))

    def section(self, less: int) -> str:
        v = self.vector_name()
        choices = {
            0: (v, self.row(), self.column("B"), f"{v}[::-1]"),
            1: (
                *(f"{v}[1:]", f"{v}[:-1]", self.row("ABCD", ", 1:")),
                *(self.column("B", ":-1"), f"{v}[:0:-1]"),
            ),
            2: (
                *(f"{v}[1:-1]", self.row("ABCD", ", 2:"), self.column("C")),
                *(self.column("A"), f"{v}[k[:{self.n - 2}]]"),
            ),
        }
        return str(self.any(*choices[less]))

    # ---- expressions ----

    def vector(self, less: int, depth: int = 1) -> str:
        """Return an expression of a vector."""
        if depth == 0 or self.chance(0.35):
            return self.section(less)
        part = self.vector(less, depth - 1)
        kind = self.rng.integers(5)
        if kind == 0:
            return f"np.sin({part})"
        if kind == 1:
            return f"{part} * {self.term(0)}"
        if kind == 2:
            return f"np.where({self.section(less)} > 0.2, {part}, 0.5)"
        return f"({part} {self.any(*'+-*')} {self.vector(less, depth - 1)})"

    def reduction(self) -> str:
        less = self.any(0, 1, 2)
        one, other = self.section(less), self.section(less)
        whole = f"np.sum({self.vector(less)})"
        choices = (
            whole,
            f"({one} @ {other})",
            f"dot({one}, {other})",
            f"np.max({one})",
        )
        return str(self.any(*choices))

    def term(self, depth: int = 2) -> str:
        """Return an expression of a number."""
        if depth == 0 or self.chance(0.2):
            element = self.element()
            return str(self.any(element, element, self.number(), "a", "0.7"))
        one, other = self.term(depth - 1), self.term(depth - 1)
        product = f"{one} * {other}"
        forms = [product, product, f"({one} - {other})", f"({one} + {other})"]
        forms += [f"np.tanh({one})", f"bend({one})", f"max({self.term(0)}, {other})"]
        return str(self.any(*forms, self.reduction()))

    def bounded(self, text: str) -> str:
        return f"0.5 * np.sin({text})" if self.chance(0.5) else text

    # ---- statements ----

    def statement(self, depth: int) -> None:
        self.budget -= 1
        forms = [self.store] * 4 + [self.scalar] * 2 + [self.vectors] * 2
        forms += [self.branch, self.helper, self.block, self.whole, self.view]
        if self.counters:
            forms.append(self.swap)
        if len(self.counters) < 3:
            forms += [self.total] * 3 + [self.nest] * 4 + [self.temporary]
        if not self.counters:
            forms += [self.steps] * 2
        self.any(*forms)(depth)

    def store(self, depth: int) -> None:
        sign = self.any("=", "+=", "-=", "+=")
        self.put(depth, f"{self.written()} {sign} {self.bounded(self.term())}")

    def scalar(self, depth: int) -> None:
        sign = self.any("=", "+=", "*=")
        self.put(depth, f"{self.number()} {sign} {self.bounded(self.term(1))}")

    def total(self, depth: int) -> None:
        """Write a sum in a loop, and what it is for."""
        name = self.number()
        self.put(depth, f"{name} = {self.any('0.0', '0.0', self.term(0))}")
        self.loop(depth)
        self.put(depth + 1, f"{name} += {self.term(1)} * {self.term(0)}")
        if self.chance(0.3):
            self.store(depth + 1)
        self.counters.pop()
        if self.chance(0.7):
            sign = self.any("=", "+=")
            self.put(depth, f"{self.written()} {sign} {self.bounded(name)}")

    def nest(self, depth: int) -> None:
        self.loop(depth)
        for _ in range(self.rng.integers(1, 4)):
            self.statement(depth + 1)
        self.counters.pop()

    def vectors(self, depth: int) -> None:
        less, sign = self.any(0, 1, 2), self.any("=", "+=", "-=")
        self.put(depth, f"{self.target(less)} {sign} ({self.vector(less, 2)}) * 1.0")

    def branch(self, depth: int) -> None:
        self.put(depth, f"if {self.term(1)} > 0.3:")
        self.statement(depth + 1)
        if self.chance(0.4):
            self.put(depth, "else:")
            self.statement(depth + 1)

    def helper(self, depth: int) -> None:
        written = self.any("p", "q", self.row("BCD"), self.column("B"))
        self.put(depth, f"fill({written}, {self.any('x', 'y')})")

    def block(self, depth: int) -> None:
        rows, columns = self.any("1:", "1:-1", ":"), self.any("1:", ":")
        self.put(depth, f"B[{rows}, {columns}] *= {self.term(1)}")

    def whole(self, depth: int) -> None:
        self.put(depth, f"C = {self.any(*WHOLE)}")

    def view(self, depth: int) -> None:
        self.put(depth, f"r = {self.any('B', 'C')}[{self.index(3)}]")
        self.put(depth, f"r[1:] {self.any('+=', '*=', '=')} 1.0 * {self.vector(1)}")

    def swap(self, depth: int) -> None:
        self.put(depth, self.any("p, q = q, p", "B, D = D, B"))

    def temporary(self, depth: int) -> None:
        """Write memory that is filled here, and what is read of it."""
        self.put(depth, f"w = np.{self.any('zeros', 'empty')}({self.n})")
        if self.lines[-1].endswith(f"empty({self.n})"):
            self.put(depth, f"w[:] = {self.vector(0)}")
        self.loop(depth)
        at, sign = self.index(self.n), self.any("=", "+=")
        self.put(depth + 1, f"w[{at}] {sign} {self.bounded(self.term(1))}")
        self.counters.pop()
        read = self.any(
            f"w[{self.index(self.n)}]", f"(w @ {self.section(0)})", "w.sum()"
        )
        self.put(depth, f"{self.written()} += {self.bounded(read)}")

    def steps(self, depth: int) -> None:
        """Write steps of time over a stencil, of arrays that change places."""
        self.put(depth, f"for step in range({self.any('2', 'n')}):")
        inside = f"range(1, {self.n} - 1)"
        self.put(depth + 1, f"for i in {inside}:")
        self.put(depth + 2, f"for j in {inside}:")
        near = "B[i - 1, j] + B[i + 1, j] + B[i, j - 1]"
        self.counters += [("i", self.n - 1), ("j", self.n - 1)]
        self.put(depth + 3, f"D[i, j] = 0.25 * ({near} + {self.term(1)})")
        self.counters.clear()
        if self.chance(0.4):
            self.statement(depth + 1)
        self.put(depth + 1, self.any("B, D = D, B", "B[1:-1, 1:-1] = D[1:-1, 1:-1]"))

    def loop(self, depth: int) -> None:
        """Write the head of a loop, over an axis or a part of it."""
        name = "ijl"[len(self.counters)]
        size = self.any(self.n - 2, self.n, self.n)
        heads = [(f"range({size})", size)] * 2 + [(f"range(1, {size})", size)]
        heads += [
            (f"range({size} - 1, -1, -1)", size),
            (f"range({size} - 1)", size - 1),
        ]
        for outer, end in self.counters:
            top = max(end, self.n - 2)
            heads += [(f"range({outer})", end - 1), (f"range({outer} + 1)", end)]
            heads += [(f"range({outer} + 1, {top})", top)]
        head, end = self.any(*heads)
        self.put(depth, f"for {name} in {head}:")
        self.counters.append((name, max(end, 1)))

    def program(self) -> str:
        zeros = f"np.zeros(({self.n - 2}, {self.n}))"
        start = START.format(n=self.n, C=self.any("A.copy()", zeros))
        for each in start.split("; "):
            self.put(1, each)
        while self.budget > 0:
            self.statement(1)
        self.put(1, f"return {self.any(*ANSWERS)}")
        return HEAD + "\n".join(self.lines) + "\n"


def program(seed: int, n: int = 5) -> str:
    """Return the text of a random function ``f(x, y, A, a, k, n)``."""
    rng = np.random.default_rng(seed)
    return Writer(rng, n, budget=int(rng.integers(6, 16))).program()


def compared(seed: int, n: int = 41) -> str:
    """Return how compiled code and NumPy's text agree on arrays of ``n``."""
    rng = np.random.default_rng(seed)
    shapes = ((n,), (n,), (n - 2, n))
    x, y, A = (
        scale * rng.standard_normal(s)
        for s, scale in zip(shapes, (0.9, 0.9, 0.5), strict=True)
    )
    args = (x, y, A, float(rng.normal(1.0, 0.3)), rng.integers(0, n - 2, n), n - 2)
    f = fuzz.load(program(seed, n))
    try:
        results = fuzz._run(f, args, [])
        seeds: list[Any] = [rng.standard_normal(r.shape) for r in results]
        seeds = [s if s.shape else float(s) for s in seeds]
        seed_of = seeds[0] if len(seeds) == 1 else tuple(seeds)
        with np.errstate(all="ignore"):
            plain, compiled = (
                gs.vjp(f, wrt=fuzz.WRT, target=target)(seed_of, *fuzz._copies(args))
                for target in ("numpy", "cpu")
            )
    except fuzz.Unfit as error:
        return f"unfit: {error}"
    except gs.TranspileError as error:
        return "refused: " + str(error).splitlines()[0].partition(": ")[2]
    except Exception as error:
        return f"crash: {type(error).__name__}: {error}"
    for name, one, other in zip(fuzz.WRT, plain, compiled, strict=True):
        largest = float(np.max(np.abs(one), initial=0.0))
        if not largest < 1e8:
            return "unfit: large gradient"
        if not np.max(np.abs(one - other), initial=0.0) <= 1e-6 * largest:
            return f"wrong: gradient of {name}"
    return "ok"


def main(first: int = 0, count: int = 300, target: str = "numpy") -> int:
    """Run some programs."""

    def outcome(seed: int) -> str:
        if target == "large":
            return compared(seed)
        return fuzz.trial(program(seed), seed, target)

    return fuzz.tally(range(first, first + count), outcome)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3]), *sys.argv[3:]))
