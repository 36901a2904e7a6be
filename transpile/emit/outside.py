"""Calls of functions that are not read: modules are imported, results looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..graph.dtypes import strong
from ..graph.ir import Equation, Program, Type, Value, walk
from .expressions import Atom, Keyword, Node, Tuple, attribute, binary, call
from .statements import Block, Simple, Statement
from .writer import dtype_node

if TYPE_CHECKING:
    from .printer import Printer

CASTS: Mapping[str, str] = {
    "weak_float": "float",
    "weak_int": "int",
    "weak_complex": "complex",
    "float64": "float",
    "float32": "float",
    "int64": "int",
    "complex128": "complex",
    "complex64": "complex",
    "bool": "bool",
}
# A plain number of Python means the same where nothing is in single precision.
DOUBLE = frozenset({"float64", "int64", "complex128"})


def statements(p: Printer, eq: Equation) -> None:
    """Print a call, what makes numbers and new arrays of its results, and checks.

    ``x = np.array(solvers.root(a), dtype=np.float64)``, and then
    ``if x.shape != (n,): raise ValueError(...)``.
    """
    rest = list(eq.operands)
    made = _call(p, eq, rest)
    names = [p.names[v] for v in eq.results]
    for value in eq.results:
        p.views.renew(value.buffer)
        p.views.bind(p.names[value], None)
    body = list(_assignments(p, eq, made, names))
    if p.dialect.name == "numba":
        types = (
            Keyword(name, Atom(f'"{_numba(value.type)}"'))
            for name, value in zip(names, eq.results, strict=True)
        )
        body = [Block("with ", call("objmode", *types), body, origin=eq.origin)]
    p.out += body
    for name, value in zip(names, eq.results, strict=True):
        lengths = [p.node(rest.pop(0)) for _ in value.type.shape]
        if lengths:
            p.out.append(_check(eq, name, lengths))


def _call(p: Printer, eq: Equation, rest: list[Value]) -> Node:
    """Return the call; what is left of the operands are lengths."""
    given: list[Node] = []
    for key, word in eq.attrs["words"]:
        node = p.node(rest.pop(0)) if word is None else Atom(word)
        given.append(node if key is None else Keyword(key, node))
    module, name = eq.attrs["function"]
    return call(f"{spelled(p.program)[module]}.{name}", *given)


def _assignments(
    p: Printer, eq: Equation, made: Node, names: list[str]
) -> Iterator[Statement]:
    if len(names) > 1:
        targets = Tuple(tuple(map(Atom, names)), bare=True)
        yield Simple(made, targets, origin=eq.origin)
    for name, value in zip(names, eq.results, strict=True):
        given = made if len(names) == 1 else Atom(name)
        fitted = _fitted(p, given, value.type)
        yield Simple(fitted, Atom(name), origin=eq.origin)


def _fitted(p: Printer, node: Node, kind: Type) -> Node:
    """Return what makes a number, or a new array, of a dtype."""
    if kind.rank:
        words = {"dtype": dtype_node(kind.dtype)}
        words |= {"order": Atom('"C"')} if kind.rank > 1 else {}
        return call("np.array", node, **words)
    if kind.dtype in CASTS:
        node = call(CASTS[kind.dtype], node)
    strong = not kind.dtype.startswith(("weak", "bool"))
    plain = kind.dtype in DOUBLE and p.is_double
    return call(f"np.{kind.dtype}", node) if strong and not plain else node


def _check(eq: Equation, name: str, lengths: list[Node]) -> Statement:
    shape = attribute(Atom(name), "shape")
    test = binary("!=", shape, Tuple(tuple(lengths)))
    words = f"{'.'.join(eq.attrs['function'])} returned an array of another shape"
    error = call("ValueError", Atom(f'"{words}"'))
    raised = Simple(error, keyword="raise ", origin=eq.origin)
    return Block("if ", test, [raised], origin=eq.origin)


def _numba(kind: Type) -> str:
    """Return a type as Numba writes it."""
    dtype = strong(kind.dtype).replace("bool", "boolean")
    axes = ", ".join([*[":"] * (kind.rank - 1), "::1"])
    return f"{dtype}[{axes}]" if kind.rank else dtype


# ---- modules ----


def modules(program: Program) -> list[str]:
    """Return the modules whose functions are called."""
    every = (eq for f in program.functions for eq in walk(f.body))
    return sorted({eq.attrs["function"][0] for eq in every if eq.op == "outside"})


def spelled(program: Program) -> Mapping[str, str]:
    """Return what modules are called: by another name where theirs is taken."""
    taken = {f.name for f in program.functions}
    taken |= {p.name for f in program.functions for p in f.parameters}
    return {
        module: f"_{module.replace('.', '_')}"
        if module.partition(".")[0] in taken
        else module
        for module in modules(program)
    }


def roots(program: Program) -> frozenset[str]:
    """Return the names that stand for modules."""
    return frozenset(name.partition(".")[0] for name in spelled(program).values())


def import_lines(program: Program) -> list[str]:
    """Return the imports of modules whose functions are called."""
    return [
        f"import {module}" if module == name else f"import {module} as {name}"
        for module, name in spelled(program).items()
    ]
