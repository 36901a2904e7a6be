"""Loops as C."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Sequence

from .callers import Callers
from .inverses import steady_divisors
from .kinds import NONE, SINGLE, Array, Kind, c_type
from .pieces import TIMES, C, call, infix
from .sums import extreme, extreme_lines, scalar_product, summed
from .syntax import assigns, ranged
from .values import indices

TAB = "    "


class Loops(Callers):
    """Writes loops; mixed into the body of a function."""

    reassociate: bool
    loose: bool = False  # whether the compiler may reorder all sums of the function
    divides: bool = True  # whether quotients have to be quotients
    lines: list[str]
    depth: int
    inverses: dict[str, str]
    looping: bool = False

    def inside(self, statements: Sequence[ast.stmt]) -> None:  # noqa: D102
        raise NotImplementedError

    def in_front(self, node: ast.expr) -> bool:  # noqa: D102
        raise NotImplementedError

    # ---- loops ----

    def _for(self, node: ast.For) -> None:
        """Write a loop, and before it the inverses of what it divides by."""
        before, outside = self.inverses, self.looping
        if not self.divides:
            self.inverses = before | dict(self._inverted(node))
        self.looping = True
        self._loop(node)
        self.inverses, self.looping = before, outside

    def inverse_of(self, number: float) -> C | None:
        """Return 1 over a number, for loops; powers of 2 divide as quickly."""
        is_power = abs(math.frexp(number)[0]) == 0.5
        if self.divides or not self.looping or is_power or not number:
            return None
        return infix(C("1.0"), "/", C(repr(number)), TIMES)

    def _inverted(self, node: ast.For) -> Iterator[tuple[str, str]]:
        for text, divisor in steady_divisors(node, self).items():
            if text in self.inverses:
                continue
            kind = self.kind(divisor)
            own = self.names.numbered("inverse")
            one = "1.0f" if kind == SINGLE else "1.0"
            made = self.term(divisor).within(TIMES + 1)
            self.write(f"const {c_type(kind)} {own} = {one} / {made};")
            yield text, own

    def _loop(self, node: ast.For) -> None:
        assert isinstance(node.target, ast.Name)
        own = self.scopes.declares(node, node.target.id)
        counts = isinstance(node.iter, ast.Call)
        plain = own and counts and not assigns(node.body, {node.target.id})
        name = self.names.of(node.target.id)
        counter = name if plain else self.names.numbered(name)
        if isinstance(node.iter, ast.Tuple):
            head = self._through(node.iter, counter)
            first = f"{name} = {self.chosen_from}[{counter}];"
        else:
            assert isinstance(node.iter, ast.Call)
            head = self._counting(node, node.iter.args, counter)
            first = f"{name} = {counter};"
        found = extreme(node, self) if plain else None
        if found is not None:
            name, sign, value = found
            fresh = self.names.numbered("nan"), self.names.numbered("each")
            each = self.term(value).text
            for line in extreme_lines(head, self.names.of(name), sign, each, fresh):
                self.write(line)
            return
        if plain and self.reassociate and not self.loose and self._is_product(node):
            return
        names = summed(node, self) if self.reassociate else None
        if names:
            sums = ", ".join(map(self.names.of, names))
            told = f"SUM({sums})" if self.loose else None
            self.write(told or f"#pragma omp simd reduction(+ : {sums})")
        self.write(head)
        if not plain:
            kind = self.function.kinds[node.target.id]
            declared = f"{c_type(kind)} " if own else ""
            self.depth += 1
            self.write(declared + first)
            self.depth -= 1
        self._repeated(node.body, node.body)

    def _is_product(self, node: ast.For) -> bool:
        """Write a loop that is a scalar product as a call, which is better vector code.

        What is inlined here does not let the compiler reorder sums.
        """
        found = scalar_product(node, self)
        if found is None:
            return False
        total, a, b, stop = found
        rows = [part for each in (a, b) for part in (self._start(each), "1")]
        made = call("dot", *rows, self.term(stop)).text
        self.write(f"{self.names.of(total.id)} += {made};")
        return True

    def _start(self, element: ast.Subscript) -> C:
        """Return the pointer to an element."""
        whole = self.ref(element.value)
        return whole.moved(
            whole.offset(list(map(self.place, indices(element), whole.lengths)))
        )

    def _through(self, node: ast.Tuple, counter: str) -> str:
        kind: Kind = NONE
        for each in node.elts:
            kind = self.kind(each) if kind == NONE else kind
        self.chosen_from = self.names.numbered("each")
        values = ", ".join(self.term(each).text for each in node.elts)
        count = len(node.elts)
        self.write(f"const {c_type(kind)} {self.chosen_from}[] = {{{values}}};")
        return f"for (int64_t {counter} = 0; {counter} < {count}; {counter}++) {{"

    def _counting(self, node: ast.For, args: Sequence[ast.expr], name: str) -> str:
        start, stop, step = ranged(args)
        first = self.term(start).text
        last = self._bound(node, stop)
        if isinstance(step, int):
            sign = "<" if step > 0 else ">"
            move = {1: f"{name}++", -1: f"{name}--"}.get(step)
            move = move or f"{name} += {step}"
            return f"for (int64_t {name} = {first}; {name} {sign} {last}; {move}) {{"
        by = self._bound(node, step)
        test = f"{by} > 0 ? {name} < {last} : {name} > {last}"
        return f"for (int64_t {name} = {first}; {test}; {name} += {by}) {{"

    def _bound(self, node: ast.For, bound: ast.expr) -> str:
        """Return a bound that stays as it is while the loop runs."""
        made = self.term(bound)
        read = {n.id for n in ast.walk(bound) if isinstance(n, ast.Name)}
        if not assigns(node.body, read):
            return made.within(11)
        kept = self.names.numbered("stop")
        self.write(f"const int64_t {kept} = {made.text};")
        return kept

    def _repeated(
        self, body: Sequence[ast.stmt], statements: Sequence[ast.stmt]
    ) -> None:
        """Write the body of a loop; give memory back where an iteration keeps none."""
        at = len(self.lines) - 1
        while self.lines[at].strip().endswith(";") and at > 0:
            at -= 1
        self.inside(statements)
        asks = any("memory" in line for line in self.lines[at:])
        if asks and not self._escapes(body):
            mark = self.names.numbered("start")
            pad = TAB * self.depth
            head = at
            if self.lines[at - 1].strip().startswith(("#pragma", "SUM(")):
                head = at - 1
            self.lines.insert(at + 1, f"{pad}{TAB}release(memory, {mark});")
            self.lines.insert(head, f"{pad}const struct mark {mark} = marked(memory);")
        self.write("}")

    def _escapes(self, body: Sequence[ast.stmt]) -> bool:
        """Whether an array made in a loop may be used after the iteration."""
        inside = self.scopes.of(body)
        for statement in body:
            for node in ast.walk(statement):
                if not isinstance(node, ast.Name) or not isinstance(
                    node.ctx, ast.Store
                ):
                    continue
                if not isinstance(self.function.kinds.get(node.id), Array):
                    continue
                homes = self.scopes.uses[node.id].homes
                if not any(inside in path for path in homes):
                    return True
        return False
