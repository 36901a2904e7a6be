"""Random programs: a few statements over scalars, arrays, views and helpers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

HEAD = """import numpy as np


def mix(u, w, c):
    for i in range(len(u)):
        old = u[i]
        u[i] = np.sin(old) + c * w[i]
        w[i] = old * w[i]


def scale(u, c):
    u *= c * u
    return u.sum()


def first(u, c):
    for i in range(len(u)):
        if u[i] > c:
            return u[i] * c
    return u[0] - c


def blend(u, c):
    w = u * c
    w[0] = w[1] * u[0]
    return w


def push(u, i, c):
    u[i] = u[i] * c
    u[1:] += u[:-1] * c


"""


@dataclass
class Writer:
    """Writes one program; ``ints`` are the names that may be an index."""

    rng: np.random.Generator
    ints: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    loops: int = 0
    budget: int = 14
    writable: tuple[str, ...] = ("p", "q", "r")
    answer: str = "p"

    def any(self, *choices: Any) -> Any:
        return choices[self.rng.integers(len(choices))]

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    # ---- expressions ----

    def index(self) -> str:
        if self.ints and self.chance(0.7):
            name = self.any(*self.ints)
            return str(self.any(name, name, f"({name} + 1) % 5", f"k[{name}]"))
        return str(self.any("0", "1", "2", "4", "-1", "k[1]"))

    def name(self) -> str:
        return str(self.any("p", "q", "r", "x", "y"))

    def number(self) -> str:
        return str(self.any("0.5", "1.3", "-0.7", "2.0"))

    def scalar(self, depth: int = 2) -> str:
        leaf = self.any(
            self.number,
            lambda: self.any("s", "t", "a"),
            lambda: f"{self.name()}[{self.index()}]",
            lambda: f"{self.name()}[{self.index()}]",
            lambda: f"{self.any(*'AB')}[{self.any(0, 1, 2)}, {self.index()}]",
            lambda: f"v[{self.any(0, 1, 2)}]",
            lambda: f"{self.name()}[{self.any('1:', ':3', '::2')}].sum()",
        )
        if depth == 0 or self.chance(0.3):
            return str(leaf())
        one, two = self.scalar(depth - 1), self.scalar(depth - 1)
        return str(
            self.any(
                f"{one} * {two}",
                f"({one} + {two})",
                f"({one} - {two})",
                f"np.sin({one})",
                f"np.tanh({one} * {two})",
                f"({one}) ** 2",
                f"{one} / (2.0 + np.cos({two}))",
                f"({one} if {two} > 0.1 else {two})",
            )
        )

    def array(self, n: int, depth: int = 1) -> str:
        """Return an expression for an array of 5 or 3 elements."""
        if n == 3:
            cut = self.any("[1:4]", "[:3]", "[2:]", "[::2]", "[3:0:-1]", "[[1, 0, 1]]")
            one = self.any(self.name() + cut, "v", self.any("A[:, 1]", "B[:, 2]"))
        else:
            one = self.any(
                self.name(),
                self.name(),
                self.any("A[1]", "B[0]", "B[2]"),
                self.name() + "[::-1]",
            )
            one = self.any(one, one, one, self.name() + "[k]")
        if depth == 0 or self.chance(0.3):
            return str(one)
        two = self.array(n, depth - 1)
        return str(
            self.any(
                f"{one} * {two}",
                f"({one} + {self.scalar(1)} * {two})",
                f"np.sin({one})",
                f"{one} / (1.5 + {two} * {two})",
                f"np.where({one} > 0.1, {two}, {one} * {one})",
                f"np.maximum({one}, {two})",
                f"{self.scalar(1)} * {one}",
            )
        )

    def condition(self) -> str:
        left = self.scalar(1)
        if self.ints and self.chance(0.3):
            return f"{self.any(*self.ints)} {self.any('>', '<', '==')} 2"
        return f"{left} {self.any('>', '<')} {self.any('0.11', '-0.23', '0.71')}"

    # ---- statements ----

    def put(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def simple(self) -> str:
        to = self.any(*self.writable)
        op = self.any("=", "=", "+=", "*=", "-=", "/=")
        by = "(1.5 + np.sin({}))" if op == "/=" else "{}"
        one, three, five = self.scalar(), self.array(3), self.array(5)
        at, to_at = self.index(), self.index()
        row = self.any(*"012", f"{at} % 3")
        cut = self.any("1:4", ":3", "2:", "::2", "3:0:-1")
        return str(
            self.any(
                f"s {op} {by.format(one)}",
                f"t {op} {by.format(one)}",
                f"s = t * {one}",
                f"{to} = {five}",
                f"{to} = {self.any('p', 'q', 'r')}",
                f"{to} = {self.name()}.copy()",
                f"{to}[{at}] {op} {by.format(one)}",
                f"{to}[{at}] {op} {by.format(one)}",
                f"{to}[{at}] {op} {by.format(one)}",
                f"{to}[{cut}] {op} {by.format(three)}",
                f"{to}[{cut}] {op} {by.format(three)}",
                f"{to}[:] = {five}",
                f"{to}[k] {self.any('=', '+=', '*=')} {five}",
                f"{to}[{to} > 0.13] {self.any('=', '*=')} {one}",
                f"{to} {self.any('*=', '+=', '-=')} {five}",
                f"{to}[{at}], {to}[{to_at}] = {to}[{to_at}], {to}[{at}]",
                f"v = {to}[{cut}]",
                f"v = {three}",
                f"v[{self.any(0, 1, 2)}] {op} {by.format(one)}",
                f"v {self.any('*=', '+=')} {three}",
                f"v[1:] {self.any('=', '+=', '*=')} v[:-1] * {one}",
                f"{to} = np.zeros(5)",
                f"{self.any('p, q = q, p', 'q, r = r, q', 'p, q, r = q, r, p')}",
                f"mix({self.any('p, q', 'q, r', 'r, p')}, {one})",
                f"s = scale({to}, {one})",
                f"t = first({to}, {one})",
                f"{to} = blend({to}, {one})",
                f"B[{row}] {op} {by.format(five)}",
                f"B[{row}, {at}] {op} {by.format(one)}",
                f"B[:, {at}] {self.any('=', '+=', '*=')} {three}",
                f"B[1:, {cut}] {self.any('*=', '+=', '-=')} {three}",
                f"B {self.any('*=', '+=')} {self.any(one, five)}",
                f"B = B * {one}",
                "B = np.zeros((3, 5))",
                f"{to} = B[{row}]",
                f"s = scale(B[{row}], {one})",
                f"mix({to}, B[{row}], {one})",
                f"push({to}, {at}, {one})",
                f"push({to}[1:4], {self.any(0, 1)}, {one})",
            )
        )

    def block(self, depth: int, loop: str = "") -> None:
        """Write some statements; ``loop`` tells what may leave the loop around."""
        for _ in range(self.rng.integers(1, 4)):
            if self.budget <= 0:
                break
            self.budget -= 1
            kind = self.rng.random()
            if depth < 4 and kind < 0.16:
                self.branch(depth, loop)
            elif depth < 4 and kind < 0.36:
                self.for_loop(depth)
            elif depth < 4 and kind < 0.44:
                self.while_loop(depth)
            elif loop and kind < 0.56:
                self.leave(depth, loop)
            else:
                self.put(depth, self.simple())
        if not self.lines[-1].startswith("    " * depth):
            self.put(depth, self.simple())

    def leave(self, depth: int, loop: str) -> None:
        self.put(depth, f"if {self.condition()}:")
        if self.chance(0.4):
            self.put(depth + 1, self.simple())
        how = self.any(*loop.split(), "return")
        self.put(depth + 1, f"return {self.answer}" if how == "return" else how)

    def branch(self, depth: int, loop: str) -> None:
        self.put(depth, f"if {self.condition()}:")
        self.scoped(depth + 1, loop)
        if self.chance(0.6):
            self.put(depth, "else:")
            self.scoped(depth + 1, loop)

    def scoped(self, depth: int, loop: str) -> None:
        names = list(self.ints)
        before = len(self.lines)
        self.block(depth, loop)
        if len(self.lines) == before:
            self.put(depth, self.simple())
        self.ints = names

    def for_loop(self, depth: int) -> None:
        counter = f"i{self.loops}"
        self.loops += 1
        if self.chance(0.15):
            self.long_loop(depth, counter)
            return
        bounds = ["3", "n", "4, -1, -1", "1, 5, 2", "k[0]"]
        bounds += [f"{i}" for i in self.ints] + [f"{i}, 5" for i in self.ints]
        bound = self.any(*bounds)
        self.put(depth, f"for {counter} in range({bound}):")
        names = list(self.ints)
        self.ints.append(counter)
        self.scoped(depth + 1, "break continue")
        sure = bound in ("3", "n", "4, -1, -1", "1, 5, 2")
        self.ints = [*names, counter] if sure and self.chance(0.3) else names

    def long_loop(self, depth: int, counter: str) -> None:
        """Write a loop of up to 24 trips; what it saves may have to grow."""
        self.put(depth, f"for {counter} in range(6 * k[{self.any(0, 1)}]):")
        names = list(self.ints)
        self.put(depth + 1, f"j{counter} = {counter} % 5")
        self.ints.append(f"j{counter}")
        self.scoped(depth + 1, "break continue")
        self.ints = names

    def while_loop(self, depth: int) -> None:
        counter = f"i{self.loops}"
        self.loops += 1
        self.put(depth, f"{counter} = 0")
        test = self.any("", "", f" and {self.condition()}")
        self.put(depth, f"while {counter} < {self.any(3, 4, 'n')}{test}:")
        names = list(self.ints)
        self.ints.append(counter)
        early = self.chance(0.5)
        if early:
            self.put(depth + 1, f"{counter} += 1")
        self.scoped(depth + 1, "break continue" if early else "break")
        if not early:
            self.put(depth + 1, f"{counter} += 1")
        self.ints = names

    def program(self) -> str:
        if self.chance(0.3):
            self.writable += (self.any("x", "y"),)
        self.answer = self.any("p", "s", "q * s", "(s, p)", "v", "(q, t)", "r + p", "B")
        start = "p = x * a; q = np.sin(y); r = np.ones(5); v = y[1:4] * x[0]"
        for each in (*start.split("; "), "s = 0.3", "t = x[0] * a", "B = A * a"):
            self.put(1, each)
        while self.budget > 0:
            self.block(1)
        self.put(1, f"return {self.answer}")
        return "def f(x, y, A, a, k, n):\n" + "\n".join(self.lines) + "\n"


def program(seed: int) -> str:
    """Return the text of a random function ``f(x, y, A, a, k, n)``."""
    rng = np.random.default_rng(seed)
    return HEAD + Writer(rng, budget=int(rng.integers(4, 16))).program()


def arguments(seed: int) -> tuple[Any, ...]:
    """Return arguments for the program of a seed."""
    rng = np.random.default_rng(seed + 1_000_000)
    x, y, A = (0.9 * rng.standard_normal(s) for s in ((5,), (5,), (3, 5)))
    return x, y, A, float(rng.normal(1.0, 0.3)), rng.integers(0, 5, 5), 3
