"""One kernel: statements of the loops, as a function that many threads run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping, Sequence

from ...records import record
from ..c.bounds import least_of, least_values
from ..c.comments import Comments
from ..c.infer import Inference, Typed
from ..c.kinds import INT, Array, Kind, Number, c_type, unspelled
from ..c.layout import tidy, wrapped
from ..c.pieces import C
from ..c.syntax import names_in, ranged, stored_in
from .lanes import KernelBody
from .loops import Shared, is_set
from .prelude import COMBINED, SHORT
from .questions import (
    Wanted,
    assigned_first,
    counters_in,
    uses,
)


@record()
class Kernel:
    """A kernel: its text, what it is given, and how many threads it is for.

    ``count`` is the number of iterations as Python, None for one thread; ``warps``:
    each iteration is for a warp. ``parts`` are reductions: the name of the number,
    the way they are put together and the dtype.
    """

    name: str
    text: str
    arguments: tuple[str, ...]
    count: str | None
    warps: bool = False
    parts: tuple[tuple[str, str, str], ...] = ()
    reductions: frozenset[tuple[str, str]] = frozenset()
    may_fail: bool = False


class Kernels:
    """Makes the kernels of one function."""

    def __init__(
        self,
        entry: Typed,
        inference: Inference,
        comments: Callable[[], Comments],
        device: Collection[str],
        groups: Mapping[str, str],
        front: bool,
        message: Callable[[str, str], int],
    ) -> None:
        self.entry, self.inference = entry, inference
        self.comments, self.device, self.groups = comments, device, groups
        self.front, self.message = front, message
        self.count = 0
        self.bounds = least_values(entry.node)

    def in_front(self, node: ast.expr) -> bool:
        """Whether an index is surely not negative."""
        bound = least_of(node, self.bounds)
        return self.front or (bound is not None and bound >= 0)

    def require(self, name: str) -> None:
        """Raise unless a number is known to be the device's."""
        if name not in self.device:
            raise Wanted(name)

    def one(self, statements: Sequence[ast.stmt], later: Collection[str]) -> Kernel:
        """Return a kernel for one thread that runs statements in order."""
        stored = stored_in(statements)
        outs = [n for n in names_in(statements) if n in stored and n in later]
        for name in outs:
            if name in self.entry.kinds and name not in self.groups:
                self.require(name)
        body, head, arguments = self._begin(statements, outs, alone=True)
        body.alone = True
        body.block(body.function.node.body)
        for name in outs:
            if not isinstance(self.entry.kinds[name], Array):
                body.write(f"*{name}_at = {body.names.of(name)};")
        return self._end(body, head, arguments, None)

    def threads(self, loops: Sequence[ast.For], shared: Shared) -> Kernel:
        """Return a kernel whose threads run iterations of loops inside each other."""
        inner = loops[-1].body
        reduced = shared.reduced
        for name, _ in reduced:
            self.require(name)
        body, head, arguments = self._begin([loops[0]], [], [n for n, _ in reduced])
        body.scattered = set(shared.scattered)
        counts = self._counters(body, loops, "FOR_EACH")
        self._iteration(body, inner)
        parts = self._parts(body, reduced)
        return self._end(body, head, arguments, counts, parts=parts)

    def warps(self, loop: ast.For, shared: Shared) -> Kernel:
        """Return a kernel whose warps run the iterations of a loop."""
        reduced = shared.reduced
        for name, _ in reduced:
            self.require(name)
        body, head, arguments = self._begin([loop], [], [n for n, _ in reduced])
        body.lanes = True
        counts = self._counters(body, [loop], "FOR_EACH_WARP")
        self._iteration(body, loop.body)
        if reduced:
            body.write("if (LANE != 0) {")
            for name, way in reduced:
                body.write(f"    {body.names.of(name)} = {COMBINED[way][1]};")
            body.write("}")
        parts = self._parts(body, reduced)
        return self._end(body, head, arguments, counts, True, parts)

    # ---- parts ----

    def _begin(
        self,
        statements: Sequence[ast.stmt],
        outs: Sequence[str],
        reduced: Sequence[str] = (),
        alone: bool = False,
    ) -> tuple[KernelBody, list[str], list[str]]:
        """Return the body of a kernel, its parameters, and its arguments as Python."""
        kinds = self.entry.kinds
        for counter in counters_in(statements):
            kinds.setdefault(counter, INT)
        used = [n for n in names_in(statements) if n in kinds]
        stored = stored_in(statements)
        fresh = assigned_first(statements, stored)
        fresh -= {name for name in outs if not is_set(statements, name)}
        taken = {
            n: kinds[n]
            for n in used
            if isinstance(kinds[n], Array) or (n not in fresh and n not in reduced)
        }
        node = ast.FunctionDef(
            name="kernel",
            args=ast.arguments([], [ast.arg(n) for n in taken], None, [], [], None, []),
            body=[*statements, *uses(outs, statements[-1])],
            decorator_list=[],
        )
        function = Typed(node, list(taken.values()))
        function.kinds = {n: kinds[n] for n in used}
        function.calls = self.entry.calls
        body = KernelBody(
            function,
            self.inference,
            self.message,
            self.comments(),
            self.front,
            self.groups,
        )
        head: list[str] = []
        arguments: list[str] = []
        for name, kind in taken.items():
            self._taken(body, name, kind, head, arguments, name in stored)
        for name in outs:
            if name not in taken and not isinstance(kinds[name], Array):
                head.append(f"{c_type(kinds[name])} *{name}_at")
                arguments.append(name)
        for name in reduced:
            body.write(f"{c_type(kinds[name])} {body.names.of(name)} = 0;")
        if not alone:
            self._declared(body, reduced)
        return body, head, arguments

    @staticmethod
    def _declared(body: KernelBody, reduced: Sequence[str]) -> None:
        """Declare what several iterations of a thread may use."""
        block: Sequence[ast.stmt] = body.function.node.body
        while True:
            for names in body.scopes.of(block).before.values():
                for name in names:
                    if name not in reduced and name in body.function.kinds:
                        body.declare(name)
            if len(block) != 1 or not isinstance(block[0], ast.For):
                return
            block = block[0].body
            if len(block) != 1 or not isinstance(block[0], ast.For):
                return

    def _taken(
        self,
        body: KernelBody,
        name: str,
        kind: Kind,
        head: list[str],
        arguments: list[str],
        stored: bool,
    ) -> None:
        own = body.names.of(name)
        if isinstance(kind, Array):
            head.append(f"{c_type(kind)} *__restrict__ {own}")
            arguments.append(name)
            lengths, strides = body.names.parts(own, kind)
            head += [f"int64_t {part}" for part in (*lengths, *strides)]
            arguments += [f"{name}.shape[{k}]" for k in range(kind.rank)]
            if strides:
                size = f"{name}.itemsize"
                arguments += [
                    f"{name}.strides[{k}] // {size}" for k in range(kind.rank)
                ]
            return
        if name in self.device:
            head.append(f"{c_type(kind)} *{name}_at")
            const = "" if stored else "const "
            body.write(f"{const}{c_type(kind)} {own} = *{name}_at;")
        else:
            head.append(f"{c_type(kind)} {own}")
        arguments.append(name)

    def _counters(self, body: KernelBody, loops: Sequence[ast.For], macro: str) -> str:
        """Write the loop over all iterations, and what each counter then is."""
        names = []
        counts: list[C] = []
        texts: list[str] = []
        for loop in loops:
            assert isinstance(loop.target, ast.Name) and isinstance(loop.iter, ast.Call)
            names.append(body.names.of(loop.target.id))
            start, stop, step = ranged(loop.iter.args)
            counts.append(_count(body, start, stop, step))
            texts.append(_python_count(start, stop, step))
        one = names[0] if len(loops) == 1 and _is_simple(loops[0]) else "number"
        whole = [body.names.numbered("count") for _ in loops]
        for name, count in zip(whole, counts, strict=True):
            body.write(f"const int64_t {name} = {count.text};")
        body.write(f"{macro}({one}, {' * '.join(whole)}) {{")
        body.depth += 1
        if one == "number":
            self._decoded(body, loops, names, whole)
        return " * ".join(texts)

    @staticmethod
    def _decoded(
        body: KernelBody,
        loops: Sequence[ast.For],
        names: Sequence[str],
        whole: Sequence[str],
    ) -> None:
        left = "number"
        for k in range(len(loops) - 1, -1, -1):
            place = left if k == 0 else f"{left} % {whole[k]}"
            call = loops[k].iter
            assert isinstance(call, ast.Call)
            start, _, step = ranged(call.args)
            first = body.term(start)
            value = (
                place
                if step == 1
                else f"{place} * {step}"
                if k == 0
                else f"({place}) * {step}"
            )
            made = value if first.text == "0" else f"{first.within(12)} + {value}"
            body.write(f"const int64_t {names[k]} = {made};")
            if k:
                body.write(f"const int64_t rest_{k} = {left} / {whole[k]};")
                left = f"rest_{k}"

    @staticmethod
    def _iteration(body: KernelBody, statements: Sequence[ast.stmt]) -> None:
        """Write what each thread does with its iteration."""
        at = len(body.lines)
        body.depth += 1
        body.block(statements)
        body.depth -= 1
        lines = body.lines[at:]
        del body.lines[at:]
        if any("goto next;" in line for line in lines):
            body.write("{")
            body.lines += lines
            body.write("}")
            body.write("next:;")
        else:
            body.lines += [line.replace("    ", "", 1) for line in lines]
        body.depth -= 1
        body.write("}")

    def _parts(
        self, body: KernelBody, reduced: Sequence[tuple[str, str]]
    ) -> tuple[tuple[str, str, str], ...]:
        """Write what puts the threads' numbers together, block by block."""
        made = []
        for name, way in reduced:
            kind = self.entry.kinds[name]
            assert isinstance(kind, Number)
            number, own = c_type(kind), body.names.of(name)
            body.reductions.add((way, number))
            body.write(f"{own} = block_{way}_{SHORT[number]}({own});")
            body.write("if (threadIdx.x == 0)")
            body.write(f"    {name}_parts[blockIdx.x] = {own};")
            made.append((name, f"finish_{way}_{SHORT[number]}", kind.dtype))
            for k, line in enumerate(body.lines):
                if line == f"    {number} {own} = 0;":
                    body.lines[k] = f"    {number} {own} = {COMBINED[way][1]};"
        return tuple(made)

    def _end(
        self,
        body: KernelBody,
        head: list[str],
        arguments: list[str],
        count: str | None,
        warps: bool = False,
        parts: tuple[tuple[str, str, str], ...] = (),
    ) -> Kernel:
        self.count += 1
        name = f"{self.entry.name}_{self.count}"
        if body.may_fail:
            head, arguments = [*head, "int *status"], [*arguments, "status"]
        head += [f"{c_type(self.entry.kinds[n])} *{n}_parts" for n, _, _ in parts]
        text = wrapped(f"KERNEL {name}({', '.join(head)})")
        text = "\n".join([text, "{", *tidy(body.lines), "}"]) + "\n"
        return Kernel(
            name,
            text,
            tuple(arguments),
            count,
            warps,
            parts,
            frozenset(body.reductions),
            body.may_fail,
        )


def _is_simple(loop: ast.For) -> bool:
    assert isinstance(loop.iter, ast.Call)
    start, _, step = ranged(loop.iter.args)
    return step == 1 and isinstance(start, ast.Constant) and start.value == 0


def _count(
    body: KernelBody, start: ast.expr, stop: ast.expr, step: int | ast.expr
) -> C:
    """Return how many iterations a loop has; fewer than one is none."""
    first, last = body.term(start), body.term(stop)
    if step == 1:
        return last if first.text == "0" else C(f"{last.text} - {first.within(13)}", 12)
    if step == -1:
        return C(f"{first.text} - {last.within(13)}", 12)
    raise unspelled("such a range on the device")


def _python_count(start: ast.expr, stop: ast.expr, step: int | ast.expr) -> str:
    first, last = (start, stop) if step == 1 else (stop, start)
    if isinstance(first, ast.Constant) and first.value == 0:
        return f"max({ast.unparse(last)}, 0)"
    return f"max({ast.unparse(last)} - ({ast.unparse(first)}), 0)"
