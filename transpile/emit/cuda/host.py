"""The host's part: Python that asks for memory and starts kernels, in order."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Collection, Iterator, Sequence

from ..c.arrays import base_of, is_new
from ..c.infer import Typed
from ..c.kinds import Array, unspelled
from ..c.values import lengths
from .kernel import Kernel, Kernels, names_in, stored_in
from .loops import Shared, independent, live
from .places import is_device

TAB = "    "
PRODUCTS = {"_matmul": "cp.matmul", "_matvec": "cp.matmul", "_vecmat": "cp.matmul"}
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
        for line in ast.unparse(_for_cupy(node)).split("\n"):
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
            case ast.AugAssign(target=ast.Name(id=name)):
                return name in self.device
            case ast.Assign(targets=[ast.Subscript()]) | ast.AugAssign():
                return True
            case ast.If(test=test, body=body, orelse=other):
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
                self.write(f"if {ast.unparse(_for_cupy(test))}:")
                self._inside(node.body, later)
                if node.orelse:
                    self.write("else:")
                    self._inside(node.orelse, later)
            case ast.While(test=test) if not self._on_device(test):
                self.write(f"while {ast.unparse(_for_cupy(test))}:")
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
            case ast.Assign(targets=[ast.Tuple()], value=value) if self._on_device(value):
                raise unspelled(f"{ast.unparse(node)} on a GPU")
            case ast.Assign() | ast.Raise() | ast.AugAssign():
                known = set(self.device) & _numbers_read(node)
                if known and _is_memory(node):
                    # The length is not known before the device has got there.
                    self.plain(_with_lengths(node, known))
                    return
                if _calls_functions(node) or known:
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

    def _on_device(self, node: ast.AST) -> bool:
        return is_device(node, self.arrays, self.device)

    # ---- loops ----

    def _loop(self, node: ast.For, later: Collection[str]) -> None:
        if self._on_device(node.iter):
            self._one([node], later)
            return
        found = self._parallel(node, later)
        if found is not None:
            self.start(found)
            return
        if self._has_parallel(node.body, later) or _has_memory(node):
            self.write(f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}:")
            self._inside(node.body, live([node], later))
            return
        self._one([node], later)

    def _parallel(self, node: ast.For, later: Collection[str]) -> Kernel | None:
        """Return a kernel for a loop whose iterations may run side by side."""
        groups = self.kernels.groups
        shared = independent(node, groups, later)
        other = _turned(node)
        if other is not None and (shared is None or shared.scattered):
            turned = independent(other, groups, later)
            if turned is not None and not turned.scattered:
                node, shared = other, turned
        if shared is None:
            return None
        loops = self._nest(node, shared, groups, later)
        inner = loops[-1].body
        can_share = not shared.scattered and not _raises(inner) and len(loops) == 1
        if can_share and any(self._for_lanes(s) for s in inner):
            return self.kernels.warps(node, shared, later)
        return self.kernels.threads(loops, shared, later)

    def _nest(
        self, node: ast.For, shared: Shared, groups: object, later: Collection[str]
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
            found = independent(inner, self.kernels.groups, later)
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
        found = independent(node, self.kernels.groups, ())
        return found is not None and not found.scattered

    def _has_parallel(
        self, statements: Sequence[ast.stmt], later: Collection[str]
    ) -> bool:
        """Whether something in a loop is for many threads."""
        every = set(names_in(statements)) | set(later)
        for statement in statements:
            if isinstance(statement, ast.For) and not self._on_device(statement.iter):
                if independent(statement, self.kernels.groups, ()) is not None:
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
        arrays = Memory(statements, self.arrays, self._on_device)
        for line in arrays.lines:
            self.write(line)
        statements = arrays.statements
        if _has_memory(*statements):
            raise unspelled("memory asked for where the device decides")
        kernel = self.kernels.one(statements, later)
        self.start(kernel)

    def start(self, kernel: Kernel) -> None:
        """Write the start of a kernel, and of what puts its parts together."""
        self.made.append(kernel)
        arguments = ", ".join(kernel.arguments)
        comma = "," if len(kernel.arguments) == 1 else ""
        if kernel.count is None:
            self.write(f'_start("{kernel.name}", 1, ({arguments}{comma}))')
            return
        count = f"32 * ({kernel.count})" if kernel.warps else kernel.count
        if not kernel.parts:
            self.write(f'_start("{kernel.name}", {count}, ({arguments}{comma}))')
            return
        names = ", ".join(f'("{way}", {name})' for name, way, _ in kernel.parts)
        more = "," if len(kernel.parts) == 1 else ""
        self.write(
            f'_reduce("{kernel.name}", {count}, ({arguments}{comma}), ({names}{more}))'
        )

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
            return ast.unparse(_for_cupy(node))
        if self._on_device(node):
            raise unspelled(f"return {ast.unparse(node)} on a GPU")
        return f"cp.asarray({ast.unparse(_for_cupy(node))})"


def _is_memory(node: ast.stmt) -> bool:
    """Whether a statement asks for memory."""
    match node:
        case ast.Assign(value=ast.Call(func=function)):
            return ast.unparse(function) in ("np.empty", "np.zeros")
    return False


class _Lengths(ast.NodeTransformer):
    """Reads numbers of the device where they are lengths."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self.names:
            return node
        return ast.parse(f"int({node.id}[0])", mode="eval").body


def _with_lengths(node: ast.stmt, names: Collection[str]) -> ast.stmt:
    made = copy.deepcopy(node)
    assert isinstance(made, ast.Assign)
    made.value = _Lengths(names).visit(made.value)
    return made


class Memory:
    """Statements for the device whose arrays are made before them, by the host.

    So it can be where the lengths are the host's, and an array has one length only and
    its memory to itself.
    """

    def __init__(
        self,
        statements: Sequence[ast.stmt],
        arrays: Collection[str],
        on_device: Callable[[ast.AST], bool],
    ) -> None:
        self.lines: list[str] = []
        self.statements = statements
        found: dict[str, list[ast.Assign]] = {}
        for statement in statements:
            for node in ast.walk(statement):
                match node:
                    case ast.Assign(targets=[ast.Name(id=name)]) if name in arrays:
                        found.setdefault(name, []).append(node)
        if not all(_is_movable(nodes, on_device) for nodes in found.values()):
            return
        stored = stored_in(statements)
        for nodes in found.values():
            if set(names_in([n.value for n in nodes])) & stored:
                return
        for name, nodes in found.items():
            call = nodes[0].value
            assert isinstance(call, ast.Call)
            empty = ast.Call(ast.Name("cp.empty"), call.args, call.keywords)
            self.lines.append(f"{name} = {ast.unparse(empty)}")
        if found:
            mover = _Moved(found)
            self.statements = [
                made
                for statement in copy.deepcopy(list(statements))
                for made in _listed(mover.visit(statement))
            ]


def _listed(made: object) -> list[ast.stmt]:
    return made if isinstance(made, list) else [made]  # type: ignore[list-item]


def _is_movable(
    nodes: Sequence[ast.Assign], on_device: Callable[[ast.AST], bool]
) -> bool:
    if not all(_is_memory(node) for node in nodes):
        return False
    shapes = {ast.unparse(n.value.args[0]) for n in nodes}  # type: ignore[attr-defined]
    return len(shapes) == 1 and not on_device(nodes[0].value)


class _Moved(ast.NodeTransformer):
    """Leaves memory out; what was to be zeros is set so."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = names

    def visit_Assign(self, node: ast.Assign) -> object:
        target = node.targets[0]
        if not isinstance(target, ast.Name) or target.id not in self.names:
            return node
        assert isinstance(node.value, ast.Call)
        if ast.unparse(node.value.func) == "np.empty":
            return ast.copy_location(ast.Pass(), node)
        shape = lengths(node.value.args)
        counters = [f"{target.id}_{k}" for k in range(len(shape))]
        place = ", ".join(counters)
        text = f"{target.id}[{place}] = 0"
        made: ast.stmt = ast.parse(text).body[0]
        for counter, length in zip(reversed(counters), reversed(shape), strict=True):
            loop = ast.parse(f"for {counter} in range({ast.unparse(length)}): pass")
            outer = loop.body[0]
            assert isinstance(outer, ast.For)
            outer.body = [made]
            made = outer
        for inner in ast.walk(made):
            ast.copy_location(inner, node)
        return made


def _numbers_read(node: ast.AST) -> set[str]:
    return {
        n.id
        for n in ast.walk(node)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    }


def _raises(statements: Sequence[ast.stmt]) -> bool:
    return any(isinstance(n, ast.Raise) for s in statements for n in ast.walk(s))


def _has_memory(*statements: ast.stmt) -> bool:
    """Whether statements ask for memory, or for a product of the library."""
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                if name.startswith(("np.empty", "np.zeros", "np.dot", "np.linalg")):
                    return True
                if name in PRODUCTS:
                    return True
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
                return True
    return False


def _calls_functions(node: ast.AST) -> bool:
    return any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id.startswith("_")
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


class _Renamed(ast.NodeTransformer):
    """Writes CuPy's names for NumPy's, where these make arrays."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = ast.unparse(node.func)
        makers = ("np.empty", "np.zeros", "np.dot", "np.linalg.", "np.ascontiguousarray", "np.reshape", "np.ravel")
        if name.startswith(makers):
            node.func = ast.Name(name.replace("np.", "cp.", 1))
        return node


def _for_cupy(node: ast.AST) -> ast.AST:
    return _Renamed().visit(copy.deepcopy(node))


def groups_of(entry: Typed) -> dict[str, str]:
    """Return for each array the name of the memory that it may share with others."""
    found = {n: n for n, kind in entry.kinds.items() if isinstance(kind, Array)}

    def unite(a: str, b: str) -> None:
        old, new = found[b], found[a]
        for name, group in found.items():
            if group == old:
                found[name] = new

    for node in ast.walk(entry.node):
        for name, value in _bound(node):
            base = base_of(value)
            if name in found and base in found and not is_new(value):
                unite(base, name)
    return found


def _bound(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            for target, value in zip(targets, values, strict=True):
                if isinstance(target, ast.Name):
                    yield target.id, value


