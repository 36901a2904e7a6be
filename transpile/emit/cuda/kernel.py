"""One kernel: statements of the loops, as a function that many threads run."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ...records import record
from ..c.bounds import least_of, least_values
from ..c.comments import Comments
from ..c.infer import Inference, Typed
from ..c.kinds import INT, Array, Kind, c_type, unspelled
from ..c.layout import tidy, wrapped
from ..c.pieces import C
from ..c.syntax import names_in, stored_in
from .counts import count_in, decoded, is_simple, is_whole, python_counts
from .ends import Total, ended, place_of, rows
from .lanes import KernelBody
from .loops import Shared, is_set
from .packs import is_flat, sides, write_packs
from .prelude import SHORT, neutral
from .questions import Wanted, assigned_first, counters_in, uses, written_in
from .shapes import Shapes, made_of, with_owners
from .sharing import Sharing


@record()
class Kernel:
    """A kernel: its text, what it is given, and how many threads it is for.

    ``count`` is the number of iterations as Python, None for one thread; ``warps``:
    each iteration is for a warp. ``results`` are the numbers that its blocks leave
    parts of; another kernel, whose name ends in ``_end``, puts them together.
    """

    name: str
    text: str
    arguments: tuple[str, ...]
    count: str | None
    warps: bool = False
    results: tuple[str, ...] = ()
    reductions: frozenset[tuple[str, str, bool]] = frozenset()
    may_fail: bool = False


# What makes a number of the host as wide as kernels take it, where it might not be.
CASTS = {
    "bool": "np.bool_",
    "float": "np.float32",
    "double complex": "complex",
    "float complex": "np.complex64",
}


class Given(NamedTuple):
    """A parameter of a kernel: its type and name in CUDA, and what it is in Python."""

    type: str
    name: str
    python: str


class Kernels:
    """Makes the kernels of one function."""

    def __init__(
        self,
        entry: Typed,
        inference: Inference,
        comments: Callable[[], Comments],
        device: Collection[str],
        groups: dict[str, str],
        front: bool,
        message: Callable[[str, str], int],
    ) -> None:
        self.entry, self.inference = entry, inference
        self.comments, self.device, self.groups = comments, device, groups
        self.front, self.message = front, message
        self.sharing = Sharing(entry.node.body, list(groups))
        self.count = 0
        self.shapes: Shapes = {}
        self.bounds = least_values(entry.node)

    def in_front(self, node: ast.expr) -> bool:
        """Whether an index is surely not negative."""
        bound = least_of(node, self.bounds)
        return self.front or (bound is not None and bound >= 0)

    def know(self, made: Mapping[str, str]) -> None:
        """Take notice of the lengths of new arrays, given by what makes them."""
        for name, text in made.items():
            shape = ast.parse(text, mode="eval").body.args[0]  # type: ignore[attr-defined]
            self.shapes[name] = made_of(shape, len(shape.elts), self.shapes)

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
        body, given = self._begin(statements, outs, alone=True)
        body.alone = True
        body.block(body.function.node.body)
        for name in outs:
            if not isinstance(self.entry.kinds[name], Array):
                body.write(f"*{name}_at = {body.names.of(name)};")
        return self._end(body, given, None)

    def threads(
        self, loops: Sequence[ast.For], shared: Shared, starts: Mapping[str, str]
    ) -> Kernel:
        """Return a kernel whose threads run iterations of loops inside each other.

        ``starts`` are the numbers that sums begin with, where they are known.
        """
        for name, _ in shared.reduced:
            self.require(name)
        body, given = self._begin([loops[0]], [], shared.reduced)
        body.scattered = set(shared.scattered)
        count = python_counts(loops)
        total = self._total(body, loops)
        few = total is None or total.isdigit()
        found = [] if shared.scattered or few else sides(body, loops)
        if found:
            assert total is not None
            body.flat = [ast.unparse(loop.target) for loop in loops], ""
            write_packs(body, loops, found, total)
        else:
            self._counters(body, loops, "FOR_EACH", total)
            self._iteration(body, loops[-1].body)
        return self._end(body, given, count, False, shared, starts)

    def warps(
        self, loops: Sequence[ast.For], shared: Shared, starts: Mapping[str, str]
    ) -> Kernel:
        """Return a kernel whose warps run the iterations of a loop."""
        (loop,) = loops
        for name, _ in shared.reduced:
            self.require(name)
        body, given = self._begin([loop], [], shared.reduced)
        body.lanes = True
        count = python_counts([loop])
        self._counters(body, [loop], "FOR_EACH_WARP", None)
        self._iteration(body, loop.body)
        if shared.reduced:
            body.write("if (LANE != 0) {")
            for name, way in shared.reduced:
                nothing = neutral(way, self._number(name))
                body.write(f"    {body.names.of(name)} = {nothing};")
            body.write("}")
        return self._end(body, given, count, True, shared, starts)

    def _numbers(self, reduced: Sequence[tuple[str, str]]) -> list[Total]:
        return [Total(name, way, self._number(name)) for name, way in reduced]

    def _number(self, name: str) -> str:
        """Return the type in CUDA of a number that is put together."""
        made = c_type(self.entry.kinds[name])
        if made not in SHORT:
            raise unspelled(f"{name}, a {made} that threads share, on a GPU")
        return made

    # ---- parts ----

    def _begin(
        self,
        statements: Sequence[ast.stmt],
        outs: Sequence[str],
        reduced: Sequence[tuple[str, str]] = (),
        alone: bool = False,
    ) -> tuple[KernelBody, list[Given]]:
        """Return the body of a kernel, and its parameters."""
        kinds = self.entry.kinds
        for counter in counters_in(statements):
            kinds.setdefault(counter, INT)
        used = [n for n in names_in(statements) if n in kinds]
        used = with_owners(used, self.shapes)
        stored = stored_in(statements)
        fresh = assigned_first(statements, stored)
        fresh -= {name for name in outs if not is_set(statements, name)}
        taken = {
            n: kinds[n]
            for n in used
            if isinstance(kinds[n], Array) or n not in {*fresh, *dict(reduced)}
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
            self.groups if alone else self.sharing.at(statements[0]),
        )
        body.known = self.shapes
        given: list[Given] = []
        for name, kind in taken.items():
            self._taken(body, name, kind, given, statements)
        for name in outs:
            if name not in taken and not isinstance(kinds[name], Array):
                given.append(Given(f"{c_type(kinds[name])} *", f"{name}_at", name))
        for name, way in reduced:
            number = self._number(name)
            nothing = neutral(way, number)
            body.write(f"{number} {body.names.of(name)} = {nothing};")
        if not alone:
            self._declared(body, [n for n, _ in reduced])
        return body, given

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
        given: list[Given],
        statements: Sequence[ast.stmt],
    ) -> None:
        own = body.names.of(name)
        if isinstance(kind, Array):
            given.append(
                Given(self._pointer(name, kind, statements, body.groups), own, name)
            )
            lengths, strides = body.names.parts(own, kind)
            for k, part in enumerate(lengths):
                given.append(Given("int64_t ", part, f"{name}.shape[{k}]"))
            for k, part in enumerate(strides):
                step = f"{name}.strides[{k}] // {name}.itemsize"
                given.append(Given("int64_t ", part, step))
            return
        number = c_type(kind)
        if name in self.device:
            is_stored = name in stored_in(statements)
            const = "" if is_stored else "const "
            given.append(Given(f"{const}{number} *", f"{name}_at", name))
            body.write(f"{const}{number} {own} = *{name}_at;")
            return
        made = CASTS.get(number)
        fits = not made or name in self.entry.parameters
        given.append(Given(f"{number} ", own, name if fits else f"{made}({name})"))

    @staticmethod
    def _pointer(
        name: str,
        kind: Array,
        statements: Sequence[ast.stmt],
        groups: Mapping[str, str],
    ) -> str:
        """Return the type of an array: const if it is only read."""
        written = {groups.get(n) for n in written_in(statements)}
        const = "" if groups[name] in written else "const "
        others = set(names_in(statements)) & set(groups) - {name}
        alone = all(groups[n] != groups[name] for n in others)
        return f"{const}{c_type(kind)} *{'__restrict__ ' * (alone or bool(const))}"

    @staticmethod
    def _total(body: KernelBody, loops: Sequence[ast.For]) -> str | None:
        """Return how many iterations there are if one index goes through all arrays."""
        counts = [count_in(body, loop) for loop in loops]
        if len(loops) > 1 and not is_flat(body, loops, [c.text for c in counts]):
            return None
        if not all(map(is_simple, loops)):
            return None
        whole = [
            count if is_whole(loop) else C(f"greatest({count.text}, 0)")
            for count, loop in zip(counts, loops, strict=True)
        ]
        return " * ".join(each.within(13) for each in whole)

    @staticmethod
    def _counters(
        body: KernelBody, loops: Sequence[ast.For], macro: str, total: str | None
    ) -> None:
        """Write the loop over all iterations, and what each counter then is."""
        names = [body.names.of(ast.unparse(loop.target)) for loop in loops]
        counts = [count_in(body, loop) for loop in loops]
        one = names[0]
        if len(loops) > 1 or not is_simple(loops[0]):
            one = body.names.fresh("number")
        if len(loops) > 1 and total is not None:
            body.flat = [ast.unparse(loop.target) for loop in loops], one
            body.write(f"{macro}({one}, {total}) {{")
            body.depth += 1
            return
        whole = [counts[0].within(13)]
        if len(loops) > 1:
            whole = [body.names.numbered("count") for _ in loops]
            for name, loop, count in zip(whole, loops, counts, strict=True):
                text = count.text if is_whole(loop) else f"greatest({count.text}, 0)"
                body.write(f"const int64_t {name} = {text};")
        body.write(f"{macro}({one}, {' * '.join(whole)}) {{")
        body.depth += 1
        if one != names[0]:
            decoded(body, loops, names, whole, one)

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

    def _end(
        self,
        body: KernelBody,
        given: list[Given],
        count: str | None,
        warps: bool = False,
        shared: Shared | None = None,
        starts: Mapping[str, str] = MappingProxyType({}),
    ) -> Kernel:
        """Return a kernel whose body is written."""
        self.count += 1
        name = f"{self.entry.name}_{self.count}"
        reduced = shared.reduced if shared is not None else []
        if body.may_fail:
            given = [*given, Given("int *", "status", "status")]
        if reduced:
            parts = body.names.fresh("parts")
            self._leave_parts(body, reduced, parts)
            given = [*given, Given("double *", parts, "")]
        words = set(re.findall(r"\w+", re.sub(r"/\*.*?\*/", "", "\n".join(body.lines))))
        given = [each for each in given if each.name in words]
        head = wrapped(
            f"KERNEL {name}({', '.join(each.type + each.name for each in given)})"
        )
        text = "\n".join([head, "{", *tidy(body.lines), "}"]) + "\n"
        if reduced:
            text += "\n" + ended(f"{name}_end", self._numbers(reduced), starts)
        return Kernel(
            name,
            text,
            tuple(each.python for each in given if each.python),
            count,
            warps,
            tuple(name for name, _ in reduced),
            frozenset(body.reductions),
            body.may_fail,
        )

    def _leave_parts(
        self, body: KernelBody, reduced: Sequence[tuple[str, str]], parts: str
    ) -> None:
        """Write what leaves the numbers of a block, each in a row of its own."""
        for name, way in reduced:
            own, number = body.names.of(name), self._number(name)
            body.reductions.add((way, number, True))
            body.write(f"{own} = block_{way}_{SHORT[number]}({own});")
        first = rows([self._number(name) for name, _ in reduced])
        lines = [
            f"    {place_of(parts, k, self._number(name))} = {body.names.of(name)};"
            for k, (name, _) in zip(first, reduced, strict=False)
        ]
        one = len(lines) == 1
        body.write("if (threadIdx.x == 0)" + " {" * (not one))
        for line in [*lines, *["}"] * (not one)]:
            body.write(line)
