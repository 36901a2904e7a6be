"""Loop nests as Python that Numba compiles and that Python runs as well.

The graph has been lowered: scalars, elements, loops, and products that a library
does. Literals and conversions are written out, so that no promotion but NumPy's own
is relied on.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from ..graph.ir import WHOLE_VIEWS, Equation, Function, Parameter, Program, walk
from ..graph.ops import ELEMENTWISE, OPS
from ..selection import flat
from . import matrices, packing, products, special, vectors
from .arrays import ITEMS
from .dialect import PYTHON, Dialect
from .expressions import (
    Atom,
    Call,
    Node,
    Subscript,
    binary,
    call,
    conditional,
    dotted,
    method,
    unary,
)
from .fourier import FOURIER
from .literals import literal
from .numpy import (
    Emitted,
    Header,
    docstring,
    function_lines,
    imports,
    wrapper_lines,
)
from .printer import Printer, is_constant
from .spell import HELPERS as NAMES
from .spell import INFIX, LOGIC, NUMPY, PREFIX, Spelling, Writer, operands, shape
from .statements import Line, Statement

# One number in, one out; computed in float64 where a literal is one.
HELPERS: Mapping[str, str] = {
    "sigmoid": '''\
        def _sigmoid(t):
            """1 / (1 + exp(-t)), without overflow."""
            e = np.exp(-abs(t))
            return (e if t < 0 else 1.0) / (1.0 + e)
        ''',
    "softplus": '''\
        def _softplus(t):
            """log(1 + exp(t)), without overflow."""
            return np.maximum(t, 0.0) + np.log1p(np.exp(-abs(t)))
        ''',
    "log1mexp": '''\
        def _log1mexp(t):
            """log(1 - exp(t)) for t < 0, without cancellation."""
            if t > -0.6931471805599453:
                return np.log(-np.expm1(t))
            return np.log1p(-np.exp(t))
        ''',
    **special.HELPERS,
}
ROWS_ARGSORT = '''\
    def _argsort(x):
        """The stable order of each row."""
        order = np.empty(x.shape, dtype=np.int64)
        for i in range(len(x)):
            order[i] = np.argsort(x[i], kind="mergesort")
        return order
    '''
# Compiled code computes all smaller integers as int64.
NARROW = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32))
INTEGER_FUNCTIONS: Mapping[str, str] = {
    "maximum": "max",
    "minimum": "min",
    "fmax": "max",
    "fmin": "min",
}


def _elementwise(w: Writer, eq: Equation) -> Node:
    dtype = eq.result.type.dtype
    made = _operation(w, eq)
    return call(f"np.{dtype}", made) if dtype in NARROW else made


def _operation(w: Writer, eq: Equation) -> Node:
    parts = operands(w, eq)
    if eq.op in INFIX:
        return binary(INFIX[eq.op], *parts)
    if eq.op in PREFIX:
        return unary(PREFIX[eq.op], *parts)
    if eq.op in LOGIC:
        return binary(LOGIC[eq.op], *parts)
    if eq.op == "absolute":
        return call("abs", *parts)
    if eq.op in INTEGER_FUNCTIONS and eq.result.type.is_integer:
        return _extreme(INTEGER_FUNCTIONS[eq.op], parts)
    return call(f"np.{eq.op}", *parts)


def _extreme(name: str, parts: Iterable[Node]) -> Node:
    """Return the least or greatest of several: ``min(a, b, c)``."""
    found: list[Node] = []
    for part in parts:
        same = isinstance(part, Call) and part.function == dotted(name)
        found += part.arguments if same else [part]  # type: ignore[union-attr]
    return call(name, *found)


def _where(w: Writer, eq: Equation) -> Node:
    return conditional(*operands(w, eq))


def _helper(w: Writer, eq: Equation) -> Node:
    made = call(NAMES[eq.op], *operands(w, eq))
    single = eq.result.type.dtype == "float32"
    return call("np.float32", made) if single else made


def _cast(w: Writer, eq: Equation) -> Node:
    plain = {
        "weak_int": "int",
        "weak_float": "float",
        "weak_complex": "complex",
        "bool": "bool",
    }
    dtype = eq.attrs["dtype"]
    return call(plain.get(dtype, f"np.{dtype}"), *operands(w, eq))


def _constant(w: Writer, eq: Equation) -> Node:
    value, dtype = eq.attrs["value"], eq.attrs.get("dtype")
    written = eq.attrs.get("spelled")
    number = literal(value, written if isinstance(written, str) else None)
    if dtype in ("weak_complex", "complex128"):
        return literal(complex(value))
    plain = dtype in (None, "weak_int", "weak_float", "float64", "int64", "bool")
    return number if plain else call(f"np.{dtype}", number)


def _allocation(w: Writer, eq: Equation) -> Node:
    dtype = eq.attrs["dtype"]
    name = "np.bool_" if dtype == "bool" else f"np.{dtype}"
    named = {} if dtype == "float64" else {"dtype": dotted(name)}
    return call(f"np.{eq.op}", shape(w, eq.operands), **named)


def _product(w: Writer, eq: Equation) -> Node:
    return binary("@", *operands(w, eq))


def _solver(w: Writer, eq: Equation) -> Node:
    """Print a call of LAPACK, whose result is stored by columns, in rows again."""
    made = call(OPS[eq.op].numpy[0], *_matrices(w, eq))
    return call("np.ascontiguousarray", made) if eq.result.type.rank else made


def _matrices(w: Writer, eq: Equation) -> list[Node]:
    """Return the operands; complex where the result is, which Numba expects."""
    found = operands(w, eq)
    if eq.result.type.is_complex and not eq.operands[0].type.is_complex:
        found = [
            method(node, "astype", dotted(f"np.{eq.result.type.dtype}"))
            for node in found
        ]
    return found


def _item(w: Writer, eq: Equation) -> Node:
    """Print one of the arrays that a call of LAPACK returns, in rows again."""
    name, place = ITEMS.get(eq.op, ("svd", 1))
    few = [Atom("False")] if name == "svd" else []
    made = call(f"np.linalg.{name}", *_matrices(w, eq), *few)
    return call("np.ascontiguousarray", Subscript(made, (Atom(str(place)),)))


def _transform(w: Writer, eq: Equation) -> Node:
    """Print a call of the private function that transforms rows."""
    (rows,) = operands(w, eq)
    return call("_fft", rows, literal(eq.op == "ifft"))


def _argsort(w: Writer, eq: Equation) -> Node:
    """Print the stable order under the name that Numba knows, or that of rows."""
    if eq.operands[0].type.rank > 1:
        return call("_argsort", *operands(w, eq))
    return call("np.argsort", *operands(w, eq), kind=Atom('"mergesort"'))


def _xor(w: Writer, eq: Equation) -> Node:
    return binary("!=", *operands(w, eq))


NUMBERS = ("signdet", "phasedet", "logabsdet")
KEPT = (
    "dim",
    "reshape",
    *WHOLE_VIEWS,
    "index",
    "call",
    "if",
    "searchsorted",
    *NUMBERS,
)
SOLVERS = ("cholesky", "solve", "inv", "det", "pinv", "eigvalsh", "eigvals")
NUMBA: Mapping[str, Spelling] = {
    **{op: NUMPY[op] for op in KEPT},
    **dict.fromkeys(ELEMENTWISE, _elementwise),
    **dict.fromkeys(("sigmoid", "softplus", "log1mexp"), _helper),
    **special.NUMBA,
    "stop_gradient": lambda w, eq: w.node(eq.operands[0]),
    "argsort": _argsort,
    "where": _where,
    "logical_xor": _xor,
    "logical_not": NUMPY["logical_not"],
    "cast": _cast,
    "constant": _constant,
    **dict.fromkeys(("empty", "zeros"), _allocation),
    **dict.fromkeys(("dot", "matvec", "vecmat", "matmul"), _product),
    **dict.fromkeys(SOLVERS, _solver),
    **dict.fromkeys(ITEMS.keys() - NUMBERS, _item),
    "svdvals": _item,
    **dict.fromkeys(matrices.FUNCTIONS, matrices.private),
    **dict.fromkeys(("fft", "ifft"), _transform),
}
NUMBA = {**NUMBA, **{op: vectors.either(NUMBA[op]) for op in vectors.HELPERS}}
RESERVED = PYTHON | frozenset(
    {
        *NAMES.values(),
        *(f"_{op}" for op in special.HELPERS),
        *vectors.NAMES,
        *products.INTO.values(),
        "_argsort",
        "_butterflies",
        *(f"_{op}" for op in matrices.FUNCTIONS),
        "_fft",
        "MemoryError",
        "objmode",
        "prange",
    }
)
NUMBA_DIALECT = Dialect("numba", NUMBA, RESERVED, typed=True, into=products.INTO)


class LoopPrinter(Printer):
    """Prints loops that stand for an array operation under one heading."""

    def __init__(self, program: Program, function: Function, dialect: Dialect) -> None:
        super().__init__(program, function, dialect)
        self.made = False
        self.inner = {
            inner
            for eq in walk(self.function.body)
            if eq.op in ("for", "if") and "stands_for" in eq.attrs
            for region in eq.regions
            for inner in walk(region)
        }

    def announce(self, eq: Equation) -> None:
        """Print the heading of a statement before its first loop, not inside."""
        if eq in self.inner:
            return
        made = "stands_for" in eq.attrs
        super().announce(replace(eq, op="store") if made else eq)
        if len(eq.results) != 1 or self.scope.get(eq.result) is not eq:
            self.made = made

    def augmented(self, variable: str, eq: Equation) -> tuple[str, Node] | None:
        """Return ``+=`` and what is added; not where the sum is to be converted."""
        if eq.result.type.dtype in NARROW:
            return None
        return super().augmented(variable, eq)

    @contextmanager
    def block(self) -> Iterator[list[Statement]]:
        """Collect statements; after a loop of ours the heading still holds."""
        made, heading = self.made, self.heading
        with super().block() as out:
            yield out
        if made:
            self.heading = heading


def emit_numba(
    program: Program,
    header: Header | None = None,
    dialect: Dialect = NUMBA_DIALECT,
) -> Emitted:
    """Return a lowered program as the text of a file for Numba."""
    public = program.entry
    if packing.is_packed(public):
        program = flat(program, f"_{public.name}")
    program = _positional(program)
    blocks = [
        list(function_lines(program, f, dialect, LoopPrinter))
        for f in program.functions
    ]
    if packing.is_packed(public):
        blocks.append(list(wrapper_lines(public, program.entry)))
    blocks = [*_helper_blocks(program), *blocks]
    found = list(_head(program, header, blocks))
    for block in blocks:
        found += [("", None), ("", None), *block] if found else block
    text = "\n".join(line for line, _ in found) + "\n"
    origins = {k: o for k, (_, o) in enumerate(found, 1) if o is not None}
    return Emitted(text, origins)


def _all(program: Program) -> Iterator[Equation]:
    return (eq for f in program.functions for eq in walk(f.body))


def _head(
    program: Program, header: Header | None, blocks: list[list[Line]]
) -> Iterator[Line]:
    parts = [list(docstring(header))] if header is not None else []
    parts += imports([line for block in blocks for line, _ in block], program)
    constants = [
        f"{p.name} = {p.default}" for p in program.entry.parameters if is_constant(p)
    ]
    parts += [constants] if constants else []
    for number, part in enumerate(parts):
        if number:
            yield "", None
        yield from ((line, None) for line in part)


def _helper_blocks(program: Program) -> Iterator[list[Line]]:
    used: set[str] = set()
    wide: set[str] = set()
    for eq in (eq for f in program.functions for eq in walk(f.body)):
        (wide if vectors.is_vector(eq) else used).add(eq.op)
    wanted = [source for op, source in HELPERS.items() if op in used]
    wanted += vectors.needed(wide)
    wanted += [products.HELPERS[op] for op in products.needed(_all(program))]
    if used & {"fft", "ifft"}:
        wanted += FOURIER
    wanted += matrices.needed(used)
    if any(eq.op == "argsort" and eq.attrs.get("rows") for eq in _all(program)):
        wanted.append(ROWS_ARGSORT)
    for source in wanted:
        lines = textwrap.dedent(source).strip().split("\n")
        yield [(line, None) for line in lines]


def _positional(program: Program) -> Program:
    """Return the program with positional parameters only: Numba takes no others."""
    entry = program.entry

    def change(function: Function) -> Function:
        constant = is_constant if function is entry else (lambda p: False)
        parameters = tuple(
            p if constant(p) else replace(p, kind="positional")
            for p in function.parameters
        )
        return replace(function, parameters=_with_defaults_last(parameters))

    return program.map(change)


def _with_defaults_last(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """Drop defaults that parameters without one follow."""
    found: list[Parameter] = []
    allowed = True
    for parameter in reversed(parameters):
        if is_constant(parameter):
            found.append(parameter)
            continue
        allowed = allowed and parameter.default is not None
        found.append(parameter if allowed else replace(parameter, default=None))
    found.reverse()
    return tuple(found)
