"""Memory of the device: who asks for it, under which names it is known."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence

from ..c.arrays import base_of, is_new
from ..c.infer import Typed
from ..c.kinds import Array, unspelled
from ..c.syntax import names_in, stored_in
from ..c.values import lengths

PRODUCTS = {"_matmul": "cp.matmul", "_matvec": "cp.matmul", "_vecmat": "cp.matmul"}


# Functions of the text, and what CuPy calls instead.
ROUTINES = {
    "_fft": "cp.fft.fft({0})",
    "_argsort": "cp.argsort({0}, axis=1)",
    "_expm": "cupyx.scipy.linalg.expm({0})",
}
BACK = "cp.fft.ifft({0}, norm='forward')"


# What CuPy makes under the same name, and what it sees in another way.
LIBRARY = ("np.empty", "np.zeros", "np.dot", "np.linalg.", "np.argsort")
FACTORED = {
    f"np.linalg.{name}"
    for name in ("solve inv cholesky svd eigh eigvalsh pinv qr det slogdet").split()
}
VIEWS = ("np.ascontiguousarray", "np.reshape", "np.ravel", "np.transpose")
SEARCHED = ("np.searchsorted",)


def has_memory(*statements: ast.stmt) -> bool:
    """Whether statements ask for memory, or for a product of the library."""
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                if name.startswith(LIBRARY):
                    return True
                if name in PRODUCTS or name in ROUTINES:
                    return True
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
                return True
    return False


def is_memory(node: ast.stmt) -> bool:
    """Whether a statement asks for memory."""
    match node:
        case ast.Assign(value=ast.Call(func=function)):
            return ast.unparse(function) in ("np.empty", "np.zeros")
    return False


class Memory:
    """Statements for the device whose arrays are made before them, by the host.

    So it can be where the lengths are the host's, and an array has one length only and
    its memory to itself.
    """

    def __init__(
        self,
        statements: Sequence[ast.stmt],
        arrays: Mapping[str, Array],
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
            mover = Moved({name: arrays[name].rank for name in found})
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
    if not all(is_memory(node) for node in nodes):
        return False
    shapes = {ast.unparse(n.value.args[0]) for n in nodes}  # type: ignore[attr-defined]
    return len(shapes) == 1 and not on_device(nodes[0].value)


def shape_of(call: ast.Call, rank: int) -> list[str]:
    """Return the lengths of the memory that a call makes."""
    if isinstance(call.args[0], ast.Attribute):
        return [f"{ast.unparse(call.args[0])}[{k}]" for k in range(rank)]
    return [ast.unparse(each) for each in lengths(call.args[:1])]


class Moved(ast.NodeTransformer):
    """Leaves memory out; what was to be zeros is set so. ``ranks`` tells the names."""

    def __init__(self, ranks: Mapping[str, int]) -> None:
        self.ranks = ranks

    def visit_Assign(self, node: ast.Assign) -> object:  # noqa: D102
        target = node.targets[0]
        if not isinstance(target, ast.Name) or target.id not in self.ranks:
            return node
        assert isinstance(node.value, ast.Call)
        if ast.unparse(node.value.func) == "np.empty":
            return ast.copy_location(ast.Pass(), node)
        shape = shape_of(node.value, self.ranks[target.id])
        counters = [f"{target.id}_{k}" for k in range(len(shape))]
        place = ", ".join(counters)
        text = f"{target.id}[{place}] = 0"
        made: ast.stmt = ast.parse(text).body[0]
        for counter, length in zip(reversed(counters), reversed(shape), strict=True):
            loop = ast.parse(f"for {counter} in range({length}): pass")
            outer = loop.body[0]
            assert isinstance(outer, ast.For)
            outer.body = [made]
            made = outer
        for inner in ast.walk(made):
            ast.copy_location(inner, node)
        return made


class _Renamed(ast.NodeTransformer):
    """Writes CuPy's names for NumPy's, where these make arrays."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = ast.unparse(node.func)
        if name in ROUTINES:
            return _routine(name, node.args)
        if name.startswith("np.linalg") and name not in FACTORED:
            raise unspelled(f"{name} on a GPU")
        if name.startswith((*LIBRARY, *VIEWS, *SEARCHED)):
            node.func = ast.Name(name.replace("np.", "cp.", 1))
        if name == "np.argsort":  # CuPy's order is always stable
            node.keywords = [k for k in node.keywords if k.arg != "kind"]
        return node


def _routine(name: str, args: Sequence[ast.expr]) -> ast.expr:
    """Return CuPy's call for that of a function of the text.

    Examples
    --------
    >>> (call,) = [ast.parse("_fft(rows, True)", mode="eval").body]
    >>> ast.unparse(_routine("_fft", call.args))
    "cp.fft.ifft(rows, norm='forward')"
    """
    first, *rest = map(ast.unparse, args)
    form = BACK if name == "_fft" and rest == ["True"] else ROUTINES[name]
    return ast.parse(form.format(first), mode="eval").body


def for_cupy(node: ast.AST) -> ast.AST:
    """Return a piece of Python with CuPy's names for NumPy's."""
    made: ast.AST = _Renamed().visit(copy.deepcopy(node))
    return made


def groups_of(entry: Typed) -> dict[str, str]:
    """Return for each array the name of the memory that it may share with others."""
    found = {n: n for n, kind in entry.kinds.items() if isinstance(kind, Array)}

    def unite(a: str, b: str) -> None:
        old, new = found[b], found[a]
        for name, group in found.items():
            if group == old:
                found[name] = new

    for node in ast.walk(entry.node):
        for name, value in bound(node):
            base = base_of(value)
            if name in found and base in found and not is_new(value):
                unite(base, name)
    return found


def bound(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the variables that a statement assigns, each with what it then is."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.Assign(
            targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)
        ):
            for target, value in zip(targets, values, strict=True):
                if isinstance(target, ast.Name):
                    yield target.id, value
