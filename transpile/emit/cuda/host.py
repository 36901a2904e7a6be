"""The host's part: Python that asks for memory and starts kernels, in order."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Collection, Sequence

from ..c.arrays import base_of, is_new
from ..c.infer import Typed
from ..c.kinds import Array, unspelled
from ..c.syntax import names_in, read_in, stored_in
from .kernel import Kernel, Kernels
from .loops import Shared, independent, leaves, live
from .memory import PRODUCTS, Memory, for_cupy, has_memory, is_memory, with_lengths
from .places import is_device

TAB = "    "
WIDTH = 88
DEEPEST = 3


class Host:
    """Writes the body of the function that users call."""

    def __init__(
        self, entry: Typed, kernels: Kernels, device: Collection[str], text: str
    ) -> None:
        self.entry, self.kernels, self.device = entry, kernels, device
        self.arrays = {n: k for n, k in entry.kinds.items() if isinstance(k, Array)}
        self.source = text.split("\n")
        self.lines: list[str] = []
        self.made: list[Kernel] = []
        self.depth = 1
        self.written = 0
        self.used: set[str] = set()

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
        for k, statement in enumerate(statements):
            rest = statements[k + 1 :]
            after = live(rest, later)
            if self._is_number(statement):
                waiting.append(statement)
                continue
            if waiting:
                self._one(waiting, live(statements[k:], later))
                waiting = []
            self.remarks(statement.lineno)
            self.statement(statement, after)
        if waiting:
            self._one(waiting, later)

    def _is_number(self, node: ast.stmt) -> bool:
        """Whether a statement computes numbers that the device knows."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]):
                return name in self.device and name not in self.arrays
            case ast.Assign(targets=[ast.Tuple(elts=elements)], value=ast.Tuple()):
                names = {e.id for e in elements if isinstance(e, ast.Name)}
                return bool(names & set(self.device)) and not names & set(self.arrays)
            case ast.AugAssign(target=ast.Name(id=name)):
                return name in self.device
            case ast.Assign(targets=[ast.Subscript()]) | ast.AugAssign():
                return True
            case ast.If(body=body, orelse=other):
                inner = [*body, *other]
                every = all(self._is_number(s) for s in inner)
                return every and bool(inner)
        return False

    def statement(self, node: ast.stmt, later: Collection[str]) -> None:
        """Write one statement."""
        match node:
            case ast.For():
                self._loop(node, later)
            case ast.If(test=test) if not self._on_device(test):
                self.write(f"if {ast.unparse(for_cupy(test))}:")
                self._inside(node.body, later)
                if node.orelse:
                    self.write("else:")
                    self._inside(node.orelse, later)
            case ast.While(test=test) if not self._decides(test, node.body):
                self.write(f"while {ast.unparse(for_cupy(test))}:")
                self._inside(node.body, live([node], later))
            case ast.If() | ast.While():
                self._one([node], later)
            case ast.Return(value=value):
                self._return(value)
            case ast.Expr(value=ast.Call(func=function, args=args)):
                name = ast.unparse(function)
                product = PRODUCTS.get(name, "cp.matmul" if name == "np.dot" else None)
                if product is None or len(args) != 3:
                    raise unspelled(f"{name} on a GPU")
                first, second, out = map(ast.unparse, args)
                self.write(f"{product}({first}, {second}, out={out})")
            case ast.Assign(targets=[ast.Tuple()], value=value) if self._on_device(
                value
            ):
                raise unspelled(f"{ast.unparse(node)} on a GPU")
            case ast.Assign() | ast.Raise() | ast.AugAssign():
                known = set(self.device) & read_in([node])
                if known and is_memory(node):
                    # The length is not known before the device has got there.
                    self.plain(with_lengths(node, known))
                    return
                if _calls_functions(node) or known or self._is_strange(node):
                    raise unspelled(f"{ast.unparse(node)} on a GPU")
                self.plain(node)
            case _:
                raise unspelled(f"{ast.unparse(node)} on a GPU")

    def _is_strange(self, node: ast.stmt) -> bool:
        """Whether a statement gives an array to a function that CuPy may not have."""
        for inner in ast.walk(for_cupy(node)):
            if isinstance(inner, ast.Call):
                name = ast.unparse(inner.func)
                given = {base_of(each) for each in inner.args} & set(self.arrays)
                if name.startswith("np.") and given:
                    return True
        return False

    def _inside(self, statements: Sequence[ast.stmt], later: Collection[str]) -> None:
        self.depth += 1
        before = len(self.lines)
        self.block(statements, later)
        if len(self.lines) == before:
            self.write("pass")
        self.depth -= 1

    def _on_device(self, node: ast.AST) -> bool:
        return is_device(node, self.arrays, self.device)

    # ---- loops ----

    def _decides(self, head: ast.AST, body: Sequence[ast.stmt]) -> bool:
        """Whether the device decides how often a loop runs."""
        if self._on_device(head):
            return True
        for inner in (s for s in body if isinstance(s, ast.If)):
            every = [*inner.body, *inner.orelse]
            if leaves(every) and self._decides(inner.test, every):
                return True
        return False

    def _loop(self, node: ast.For, later: Collection[str]) -> None:
        if self._decides(node.iter, node.body):
            self._one([node], later)
            return
        found = self._parallel(node, later)
        if found is not None:
            self.start(found)
            return
        if self._has_parallel(node.body, later) or has_memory(node):
            self.write(f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}:")
            self._inside(node.body, live([node], later))
            return
        self._one([node], later)

    def _parallel(self, node: ast.For, later: Collection[str]) -> Kernel | None:
        """Return a kernel for a loop whose iterations may run side by side."""
        shared = self._free(node, later)
        other = _turned(node)
        if other is not None and (shared is None or shared.scattered):
            turned = self._free(other, later)
            if turned is not None and not turned.scattered:
                node, shared = other, turned
        if shared is None:
            return None
        loops = self._nest(node, shared, later)
        inner = loops[-1].body
        can_share = not shared.scattered and not _raises(inner) and len(loops) == 1
        if can_share and any(self._for_lanes(s) for s in inner):
            return self.kernels.warps(node, shared)
        return self.kernels.threads(loops, shared)

    def _free(self, loop: ast.For, later: Collection[str] = ()) -> Shared | None:
        """Return what the iterations of a loop share, None if their order matters."""
        kernels = self.kernels
        return independent(loop, kernels.groups, later, kernels.in_front)

    def _nest(
        self, node: ast.For, shared: Shared, later: Collection[str]
    ) -> list[ast.For]:
        """Return loops, one directly inside the other, that may all be dealt out."""
        loops = [node]
        while len(loops) < DEEPEST and len(loops[-1].body) == 1:
            inner = loops[-1].body[0]
            if not isinstance(inner, ast.For) or shared.scattered:
                break
            counters = {n for loop in loops for n in names_in([loop.target])}
            if counters & set(names_in([inner.iter])) or self._on_device(inner.iter):
                break
            found = self._free(inner, later)
            if found is None or found.scattered:
                break
            loops.append(inner)
        return loops

    def _for_lanes(self, node: ast.stmt) -> bool:
        """Whether the lanes of a warp may share a loop, and it is worth it."""
        if not isinstance(node, ast.For) or not isinstance(node.iter, ast.Call):
            return False
        if all(isinstance(a, ast.Constant) for a in node.iter.args):
            return False
        found = self._free(node)
        return found is not None and not found.scattered

    def _has_parallel(
        self, statements: Sequence[ast.stmt], later: Collection[str]
    ) -> bool:
        """Whether something in a loop is for many threads."""
        every = set(names_in(statements)) | set(later)
        for statement in statements:
            if isinstance(statement, ast.For) and not self._on_device(statement.iter):
                if self._free(statement) is not None:
                    return True
                if self._has_parallel(statement.body, every):
                    return True
            if isinstance(statement, ast.If) and not self._on_device(statement.test):
                if self._has_parallel([*statement.body, *statement.orelse], every):
                    return True
        return False

    # ---- kernels ----

    def _one(self, statements: Sequence[ast.stmt], later: Collection[str]) -> None:
        """Write the start of a kernel for one thread."""
        self.remarks(statements[0].lineno)
        for statement in statements:
            self.written = max(self.written, statement.end_lineno or 0)
        fills = [_filled(statement) for statement in statements]
        if all(fills):
            for name, value in filter(None, fills):
                self.kernels.require(name)
                self.used.add(name)
                self.write(f"{name}.fill({value})")
            return
        arrays = Memory(statements, self.arrays, self._on_device)
        for line in arrays.lines:
            self.write(line)
        statements = arrays.statements
        if has_memory(*statements):
            raise unspelled("memory asked for where the device decides")
        kernel = self.kernels.one(statements, later)
        self.start(kernel)

    def start(self, kernel: Kernel) -> None:
        """Write the start of a kernel, and of what puts its parts together."""
        self.made.append(kernel)
        given = tupled(kernel.arguments)
        name = f'"{kernel.name}"'
        if kernel.count is None:
            self.call("_start", name, "1", given)
            return
        count = f"32 * ({kernel.count})" if kernel.warps else kernel.count
        if not kernel.parts:
            self.call("_start", name, count, given)
            return
        parts = tupled([f'("{way}", {name})' for name, way, _ in kernel.parts])
        self.call("_reduce", name, count, given, parts)

    def call(self, function: str, *arguments: str) -> None:
        """Write a call, in several lines if it is long."""
        line = f"{function}({', '.join(arguments)})"
        if len(line) + 4 * self.depth <= WIDTH:
            self.write(line)
            return
        self.write(f"{function}(")
        for argument in arguments:
            inner = TAB * (self.depth + 1)
            self.lines += textwrap.wrap(
                argument + ",",
                WIDTH,
                initial_indent=inner,
                subsequent_indent=inner + " ",
            )
        self.write(")")

    def _return(self, value: ast.expr | None) -> None:
        if any(kernel.may_fail for kernel in self.made):
            self.write("_check(status)")
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
        if isinstance(self.entry.kinds.get("", None), Array) or is_new(node):
            return ast.unparse(for_cupy(node))
        if self._on_device(node):
            raise unspelled(f"return {ast.unparse(node)} on a GPU")
        return f"cp.asarray({ast.unparse(for_cupy(node))})"


def tupled(parts: Sequence[str]) -> str:
    """Return the text of a tuple."""
    return f"({', '.join(parts)}{',' * (len(parts) == 1)})"


def _filled(node: ast.stmt) -> tuple[str, str] | None:
    """Return the variable and number of an assignment of a number, else None."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant() as value):
            return name, ast.unparse(value)
    return None


def _raises(statements: Sequence[ast.stmt]) -> bool:
    return any(isinstance(n, ast.Raise) for s in statements for n in ast.walk(s))


def _calls_functions(node: ast.AST) -> bool:
    return any(
        isinstance(n, ast.Call)
        and isinstance(n.func, ast.Name)
        and n.func.id.startswith("_")
        for n in ast.walk(node)
    )


def _turned(node: ast.For) -> ast.For | None:
    """Return a loop directly around another one with the two exchanged."""
    if len(node.body) != 1 or not isinstance(node.body[0], ast.For):
        return None
    inner = node.body[0]
    if set(names_in([node.target])) & set(names_in([inner.iter])):
        return None
    if set(stored_in(node.body)) & set(names_in([inner.iter])):
        return None
    below = ast.For(node.target, node.iter, inner.body, [])
    made = ast.For(inner.target, inner.iter, [below], [])
    for new in (below, made):
        ast.copy_location(new, inner)
    return made
