"""The host's part: Python that asks for memory and starts kernels, in order."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence

from ..c.arrays import is_new
from ..c.infer import Reader, Typed
from ..c.kinds import Array, Kind, unspelled
from ..c.syntax import names_in, read_in, stored_in
from .columns import Columns, apart, column_sums, nest_of
from .dealing import Dealing, Dealt
from .determinants import decomposed, is_determinant, with_determinants
from .graphs import is_fixed
from .kernel import Kernel, Kernels
from .launches import TAB, started
from .loops import Shared, leaves, live
from .memory import PRODUCTS, Memory, for_cupy, has_memory
from .private import private
from .questions import (
    calls_functions,
    filled,
    is_empty,
    is_number,
    is_strange,
    outside,
)
from .reads import read, require_readable


class Host:
    """Writes the body of the function that users call."""

    def __init__(
        self, entry: Typed, kernels: Kernels, device: Collection[str], text: str
    ) -> None:
        self.entry, self.kernels, self.device = entry, kernels, device
        self.dealing = Dealing(kernels, device)
        self.arrays = self.dealing.arrays
        self.source = text.split("\n")
        self.lines: list[str] = []
        self.made: list[Kernel] = []
        self.depth = 1
        self.written = 0
        self.used: set[str] = set()
        # What is read where a loop that is left early goes on.
        self.leaving: set[str] = set()
        self.steps = 0
        self.parts, self.status = self.fresh("parts"), self.fresh("status")

    def fresh(self, wanted: str) -> str:
        """Return a name that no variable has."""
        while wanted in self.entry.kinds:
            wanted += "_"
        return wanted

    # ---- lines ----

    def write(self, line: str) -> None:
        """Add a line."""
        self.lines.append(TAB * self.depth + line if line else "")

    def remarks(self, line: int) -> None:
        """Write the comments that stand before a line of the loops."""
        first = line - 1
        while first > self.written and self._is_remark(self.source[first - 1]):
            first -= 1
        for text in self.source[first : line - 1]:
            self.write(text.strip())
        self.written = max(self.written, line)

    @staticmethod
    def _is_remark(line: str) -> bool:
        return not line.strip() or line.strip().startswith("#")

    def plain(self, node: ast.stmt) -> None:
        """Write a statement as it is, with CuPy for NumPy."""
        for line in ast.unparse(for_cupy(node)).split("\n"):
            self.write(line)

    # ---- statements ----

    def block(self, statements: Sequence[ast.stmt], later: Collection[str]) -> None:
        """Write statements in order; ``later`` are the variables read after them."""
        waiting: list[ast.stmt] = []
        statements = [e for s in statements for e in with_determinants(s, self.fresh)]
        for k, statement in enumerate(statements):
            if is_determinant(statement):
                self._one(waiting, live(statements[k:], later) | self.leaving)
                self._determined(statement)
                waiting = []
                continue
            if is_number(statement, self.device, self.arrays):
                waiting.append(statement)
                continue
            before = live(statements[k:], later) | self.leaving
            after = live(statements[k + 1 :], later) | self.leaving
            if isinstance(statement, ast.For):
                self._loop(statement, after, waiting, before)
            else:
                self._one(waiting, before)
                self.remarks(statement.lineno)
                self.statement(statement, after)
            waiting = []
        self._one(waiting, {*later, *self.leaving})

    def _determined(self, node: ast.stmt) -> None:
        """Write a number that the library computes of a matrix."""
        assert isinstance(node, ast.Assign)
        self.remarks(node.lineno)
        place = ast.unparse(self._place(node.targets[0], node.value))
        self.write(f"{place} = {ast.unparse(for_cupy(node.value))}")

    def _place(self, target: ast.expr, value: ast.expr) -> ast.expr:
        """Return where such a number goes, in the device's memory."""
        match target:
            case ast.Tuple(elts=[sign, size]):
                return ast.Tuple([self._place(sign, value), self._place(size, value)])
            case ast.Subscript():
                return ast.Subscript(target.value, self.read(target.slice))
            case ast.Name(id=name):
                if name not in self.entry.kinds:
                    reader = Reader(self.kernels.inference, self.entry)
                    self.entry.kinds[name] = reader.kind(value)
                self.kernels.require(name)
                self.used.add(name)
        return ast.Subscript(target, ast.Slice())

    def statement(self, node: ast.stmt, later: Collection[str]) -> None:
        """Write one statement."""
        match node:
            case ast.If(test=test) if not self.dealing.on_device(test):
                self._branch(node, for_cupy(test), later)
            case ast.If(test=test, body=body, orelse=other):
                every = [*body, *other]
                if not leaves(every) and not self.dealing.is_for_host(every, later):
                    self._one([node], later)
                else:
                    self._branch(node, self.test(test), later)
            case ast.While(test=test, body=body):
                after = live([node], later)
                if self.dealing.decides(test, body):
                    if not self.dealing.is_for_host(body, after):
                        self._one([node], later)
                        return
                self.write(f"while {ast.unparse(self.test(test))}:")
                self._repeated(body, after)
            case ast.Break() | ast.Continue() | ast.Pass():
                self.write(ast.unparse(node))
            case ast.Return(value=value):
                self._return(value)
            case ast.Expr(value=ast.Call(func=function, args=args)):
                name = ast.unparse(function)
                product = PRODUCTS.get(name, "cp.matmul" if name == "np.dot" else None)
                if product is None or len(args) != 3:
                    raise unspelled(f"{name} on a GPU")
                first, second, out = (ast.unparse(for_cupy(each)) for each in args)
                self.write(f"{product}({first}, {second}, out={out})")
            case ast.Assign(targets=[target], value=value):
                found = stored_in([target])
                strange = calls_functions(for_cupy(node)) or is_strange(
                    node, self.arrays
                )
                if strange or (
                    self.dealing.on_device(value) and found - set(self.arrays)
                ):
                    raise unspelled(f"{ast.unparse(node)} on a GPU")
                text = f"{ast.unparse(target)} = {ast.unparse(self.read(value))}"
                self.write(decomposed(node) or text)
            case ast.AugAssign() | ast.Raise():
                if calls_functions(node) or set(self.device) & read_in([node]):
                    raise unspelled(f"{ast.unparse(node)} on a GPU")
                self.plain(node)
            case _:
                raise unspelled(f"{ast.unparse(node)} on a GPU")

    def _inside(self, statements: Sequence[ast.stmt], later: Collection[str]) -> None:
        self.depth += 1
        before = len(self.lines)
        self.block(statements, later)
        if len(self.lines) == before:
            self.write("pass")
        self.depth -= 1

    def _branch(self, node: ast.If, test: ast.AST, later: Collection[str]) -> None:
        self.write(f"if {ast.unparse(test)}:")
        self._inside(node.body, later)
        if node.orelse:
            self.write("else:")
            self._inside(node.orelse, later)

    def test(self, node: ast.expr) -> ast.expr:
        """Return a condition for the host."""
        require_readable(node, self.arrays)
        return self.read(node)

    def read(self, node: ast.expr) -> ast.expr:
        """Return an expression for the host; what the device knows is read."""
        self.used |= set(self.device) & read_in([node])
        return read(node, self.entry.kinds, self.device)

    # ---- loops ----

    def _loop(
        self,
        node: ast.For,
        later: Collection[str],
        waiting: Sequence[ast.stmt],
        before: Collection[str],
    ) -> None:
        """Write a loop, and the numbers computed before it that ``waiting`` are."""
        if is_empty(node):
            self._one(waiting, before)
            return
        columns = self._columns(node, later)
        if columns is not None:
            self._one(waiting, before)
            self._sum_columns(*columns, later)
            return
        dealt, made = self._dealt(node, later)
        starts: dict[str, str] = {}
        if dealt is not None:
            names = {n for n, _ in dealt.shared.reduced}
            found = [f for s in waiting if (f := filled(s)) and f[0] in names]
            starts = {
                n: v for n, v in found if sum(n in names_in([s]) for s in waiting) == 1
            }
        rest = [s for s in waiting if (filled(s) or ("",))[0] not in starts]
        self._one(rest, before)
        self.remarks(node.lineno)
        if dealt is not None:
            for line in made:
                self.write(line)
            make = self.kernels.warps if dealt.warps else self.kernels.threads
            self.start(make(dealt.loops, dealt.shared, starts))
            return
        alone = self.dealing.alone(node, later)
        if alone is None:
            self._in_order(node, later)
            return
        for line in alone.lines:
            self.write(line)
        self._one([alone.loop], later)

    def _columns(
        self, node: ast.For, later: Collection[str]
    ) -> tuple[Sequence[ast.For], Columns] | None:
        """Return the rest of a loop, and what stands for its sums along columns."""
        shared = self.dealing.free(node, later)
        if shared is None or not shared.scattered:
            return None
        *rest, last = apart(node, shared.scattered)
        every = [self.dealing.free(loop, later) for loop in nest_of(last)]
        if any(f is None or f.reduced or f.scattered[1:] for f in every):
            return None
        found = column_sums(last, shared.scattered, self.entry.kinds, self.fresh)
        return None if found is None else (rest, found)

    def _sum_columns(
        self, rest: Sequence[ast.For], columns: Columns, later: Collection[str]
    ) -> None:
        """Write sums along columns: parts of them by many threads, then the whole."""
        self._know(columns.kinds)
        self.remarks(columns.total.lineno)
        for loop in rest:
            self._loop(loop, later, (), ())
        for statement in columns.head:
            self.plain(statement)
        self.start(self.kernels.threads(columns.loops, Shared(), {}))
        self._loop(columns.total, later, (), ())

    def _dealt(
        self, node: ast.For, later: Collection[str]
    ) -> tuple[Dealt | None, Sequence[str]]:
        """Return what to deal out of a loop, and what makes memory before that."""
        if self.dealing.decides(node.iter, node.body):
            return None, ()
        found = self.dealing.dealt(node, later)
        if found is not None or stored_in([node]) & set(self.arrays) & set(later):
            return found, ()
        elsewhere, kinds = outside(self.entry.node, node), self.entry.kinds
        for last in (False, True):
            own = private(node, kinds, elsewhere, self.fresh, last)
            if own is None:
                return None, ()
            before = {name: kinds.get(name) for name in own.kinds}
            self._know(own.kinds)
            self.kernels.know(own.made)
            found = self.dealing.dealt(own.loop, later)
            if found is not None and found.warps != last:
                return found, [f"{name} = {made}" for name, made in own.made.items()]
            self._know(before)
        return None, ()

    def _know(self, kinds: Mapping[str, Kind | None]) -> None:
        """Take notice of what variables are, None for nothing."""
        for name, kind in kinds.items():
            if kind is None:
                for known in (self.entry.kinds, self.arrays, self.kernels.groups):
                    del known[name]
                continue
            self.entry.kinds[name] = kind
            if isinstance(kind, Array):
                self.arrays[name] = kind
                self.kernels.groups[name] = name
                self.kernels.sharing.add(name)

    def _in_order(self, node: ast.For, later: Collection[str]) -> None:
        """Write a loop of the host; one whose steps are all alike may be a graph."""
        counter = ast.unparse(node.target)
        host = self.fresh(f"{counter}_") if counter in self.device else counter
        iterated = ast.unparse(self.read(node.iter))
        at = len(self.lines)
        self.write(f"for {host} in {iterated}:")
        if host != counter:
            self.used.add(counter)
            self.write(f"{TAB}{counter}.fill({host})")
        self._repeated(node.body, live([node], later))
        if counter in self.device or set(stored_in(node.body)) & set(later):
            return
        if is_fixed(self.lines[at + 1 :], host):
            self.steps += 1
            name = self.fresh(f"step_{self.steps}")
            self.lines[at] = TAB * self.depth + f"def {name}():"
            self.write("")
            assert isinstance(node.iter, ast.Call)
            one = len(node.iter.args) == 1
            count = ast.unparse(node.iter.args[0]) if one else f"len({iterated})"
            self.write(f"_repeat({name}, {count})")

    def _repeated(self, body: Sequence[ast.stmt], later: Collection[str]) -> None:
        """Write the body of a loop of the host."""
        before = self.leaving
        if leaves(body):
            self.leaving = before | set(later)
        self._inside(body, later)
        self.leaving = before

    # ---- kernels ----

    def _one(self, statements: Sequence[ast.stmt], later: Collection[str]) -> None:
        """Write the start of a kernel for one thread."""
        if not statements:
            return
        self.remarks(statements[0].lineno)
        for statement in statements:
            self.written = max(self.written, statement.end_lineno or 0)
        fills = [filled(statement) for statement in statements]
        if all(fills):
            for name, value in filter(None, fills):
                self.kernels.require(name)
                self.used.add(name)
                self.write(f"{name}.fill({value})")
            return
        arrays = Memory(statements, self.arrays, self.dealing.on_device)
        for line in arrays.lines:
            self.write(line)
        statements = arrays.statements
        if has_memory(*statements):
            raise unspelled("memory asked for where the device decides")
        if self.dealing.rebound(statements, later):
            raise unspelled("an array chosen where the device decides")
        self.start(self.kernels.one(statements, later))

    def start(self, kernel: Kernel) -> None:
        """Write the start of a kernel."""
        self.made.append(kernel)
        for line in started(kernel, self.parts, self.depth):
            self.write(line)

    def _return(self, value: ast.expr | None) -> None:
        if any(kernel.may_fail for kernel in self.made):
            self.write(f"_check({self.status})")
        if value is not None:
            self.write(f"return {self._given(value)}")

    def _given(self, node: ast.expr) -> str:
        match node:
            case ast.Tuple(elts=elements):
                inner = ", ".join(map(self._given, elements))
                return f"({inner},)" if len(elements) == 1 else f"({inner})"
            case ast.Name(id=name) if name in self.arrays:
                return name
            case ast.Name(id=name) if name in self.device:
                return f"{name}.reshape(())"
            case ast.Name(id=name):
                return f"cp.asarray({name})"
            case ast.Call(cast, [ast.Name(name)]) if ast.unparse(cast) == "np.float32":
                if name in self.device:
                    return f"{name}.reshape(()).astype(np.float32)"
        if isinstance(self.entry.kinds.get("", None), Array) or is_new(node):
            return ast.unparse(for_cupy(node))
        if isinstance(node, ast.Subscript) and self.dealing.on_device(node):
            node.slice = self.read(node.slice)
            return f"{ast.unparse(node)}.copy()"
        if self.dealing.on_device(node):
            raise unspelled(f"return {ast.unparse(node)} on a GPU")
        return f"cp.asarray({ast.unparse(for_cupy(node))})"
