"""The graph: programs of functions of regions of equations over values.

Everything here is immutable. Equations stand in program order and refer to values
by identity; ``for``, ``while`` and ``if`` are equations that hold regions. A value
is defined once on every path from the root: two regions of which neither lies in
the other may define the same value by the same equation, which is how a backward
loop recomputes what its forward loop computed.

Memory. An array value lives in a `Buffer`. An equation that writes memory
(`WRITES`) takes the old contents as its first operand and returns the new
contents, in the same buffer; after it nothing reads the old contents or a view of
them. So text with in-place stores, printed in order, means what the graph means.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import Any

from ..records import record, remembered
from .linear import Dim, Linear
from .structures import LEAF as LEAF
from .structures import Structure as Structure

_serials = itertools.count()


@record()
class Origin:
    """Where an equation comes from: a statement of the user's source.

    ``line`` and ``column`` are those of the expression (1-based, 0-based), ``text``
    is the whole statement's first line, ``statement`` the line where it starts.
    """

    file: str
    line: int
    column: int
    end_column: int
    text: str
    statement: int = 0


@record()
class Type:
    """A scalar (rank 0) or array type.

    ``dtype`` is a NumPy name (``float64``, ``int64``, ``bool``) or ``weak_int``,
    ``weak_float`` or ``weak_complex``: a Python number, which does not promote arrays
    (NEP 50).
    ``layout`` is ``C``, ``F`` or ``A`` (any strides).
    """

    dtype: str
    shape: tuple[Dim, ...] = ()
    layout: str = "C"

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def is_float(self) -> bool:
        """Whether the value is a real floating-point number."""
        return self.dtype in ("float64", "float32", "weak_float")

    @property
    def is_complex(self) -> bool:
        """Whether the value is a complex number."""
        return self.dtype in ("complex128", "complex64", "weak_complex")

    @property
    def is_inexact(self) -> bool:
        """Whether a derivative with respect to such a value makes sense."""
        return self.is_float or self.is_complex

    @property
    def is_integer(self) -> bool:
        """Whether the value can count and index."""
        return self.dtype == "weak_int" or self.dtype.startswith(("int", "uint"))

    def __str__(self) -> str:
        short = {"float": "f", "int": "i", "uint": "u", "complex": "c"}
        name = self.dtype
        for word, letter in short.items():
            if name.startswith(word) and name[len(word) :].isdigit():
                name = letter + name[len(word) :]
        if not self.shape:
            return name
        return f"{name}[{', '.join(map(str, self.shape))}]"


@record(eq=False)
class Buffer:
    """A block of memory that array values live in; compared by identity."""

    name: str = ""
    parameter: bool = False


@record(eq=False)
class Value:
    """A scalar or array at one point of the program; compared by identity.

    ``name`` is the user's name for it, or None for a part of an expression; ``hint``
    is what to call such a part where it must have a name.
    ``buffer`` is None exactly for scalars. ``linear`` is set for integer scalars
    that are a known linear form of others; ``number`` is what a real constant stands
    for.
    """

    type: Type
    name: str | None = None
    buffer: Buffer | None = None
    linear: Linear | None = None
    hint: str | None = None
    serial: int = field(default_factory=lambda: next(_serials))
    number: bool | int | float | None = None

    @property
    def sort_key(self) -> tuple[str, int]:
        """As an atom of a linear form: by age."""
        return (self.name or "~", self.serial)

    @property
    def as_linear(self) -> Linear:
        """The linear form of an integer scalar: itself, where nothing is known."""
        return Linear.of(self) if self.linear is None else self.linear

    def __str__(self) -> str:
        return self.name or f"_{self.serial}"

    def __repr__(self) -> str:
        return f"{self}: {self.type}"


# ---- index paths: how `index`, `store` and `accumulate` reach into a buffer ----


@record()
class At:
    """An integer index; ``slot`` counts the index operands of the equation."""

    slot: int


@record()
class Span:
    """A slice; each bound is the slot of an index operand, or None if left out."""

    lower: int | None = None
    upper: int | None = None
    step: int | None = None


@record()
class NewAxis:
    """``np.newaxis``."""


@record()
class Gather:
    """An integer array as index."""

    slot: int


@record()
class Mask:
    """A boolean array as index, over ``rank`` axes."""

    slot: int
    rank: int = 1


Item = At | Span | NewAxis | Gather | Mask


@record()
class Index:
    """One pair of square brackets; exactly one item for every axis it covers."""

    items: tuple[Item, ...]


@record()
class Transpose:
    """A permutation of axes inside a path."""

    axes: tuple[int, ...]


@record()
class Reshape:
    """A reshape that is a view; the slots of its lengths."""

    slots: tuple[int, ...]


Step = Index | Transpose | Reshape
Path = tuple[Step, ...]

# ---- equations ----

WRITES = frozenset({"store", "accumulate"})
# The same memory in another order, or a part of each of its numbers.
WHOLE_VIEWS = frozenset({"transpose", "real", "imag"})
EFFECTS = frozenset({"check", "print", "call", "draw"})
CONTROL = frozenset({"for", "while", "if"})
CONDITIONALS = frozenset({"if else", "and", "or"})  # spelled as an expression

PUSHED = 2

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@record(eq=False)
class Equation:
    """``results = op(operands)``, with static ``attrs`` and, for control, regions.

    ``backward`` says whether it belongs to a backward part; `PUSHED` stands for what is
    written beside a forward part, until that is tidied.
    """

    op: str
    operands: tuple[Value, ...]
    results: tuple[Value, ...]
    attrs: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    regions: tuple[Region, ...] = ()
    origin: Origin | None = None
    backward: int = False
    comment: str | None = None

    @property
    def result(self) -> Value:
        """The only result."""
        (value,) = self.results
        return value


@record(eq=False)
class Region:
    """A block: parameters, equations in order, results; what is `remembered` of it."""

    params: tuple[Value, ...]
    equations: tuple[Equation, ...]
    results: tuple[Value, ...]
    known: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def free(self) -> tuple[Value, ...]:
        """What the block reads from outside, in order, as often as it does."""
        return _taken(self)


@record()
class Packed:
    """The type of what holds parts: those of its flat values."""

    structure: Structure
    types: tuple[Type, ...]


Argument = Type | Packed


@record()
class Parameter:
    """A parameter of a function as written: its name, kind and default.

    ``kind`` is ``positional``, ``keyword`` (keyword-only), ``*`` or ``**`` (what is
    left of the arguments), or ``global`` (a module constant or captured array;
    ``default`` is then its literal text or None, and ``origin`` where it was
    defined). ``values`` are its flat values.
    """

    name: str
    values: tuple[Value, ...]
    kind: str = "positional"
    default: str | None = None
    structure: Structure = LEAF
    origin: Origin | None = None


@record(eq=False)
class Function:
    """A function: its body's parameters are the flat values of ``parameters``.

    The body's results are the flat returned values (``returns``), then the final
    contents of the parameters that are written, named by index in ``written``.
    ``doc`` is the docstring's text, ``notes`` are facts for it.
    """

    name: str
    parameters: tuple[Parameter, ...]
    body: Region
    returns: Structure = LEAF
    written: tuple[int, ...] = ()
    origin: Origin | None = None
    doc: str | None = None
    attrs: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


@record(eq=False)
class Program:
    """Functions in the order they are printed: helpers first, the entry last."""

    functions: tuple[Function, ...]

    @property
    def entry(self) -> Function:
        """The function that the program is about."""
        return self.functions[-1]

    def find(self, name: str) -> Function:
        """Return the function of that name."""
        return next(f for f in self.functions if f.name == name)

    def map(self, change: Any) -> Program:
        """Return the program with ``change`` applied to every function."""
        return Program(tuple(change(f) for f in self.functions))


def equation(
    op: str,
    operands: tuple[Value, ...],
    results: tuple[Value, ...],
    *,
    like: Equation | None = None,
    regions: tuple[Region, ...] = (),
    **attrs: Any,
) -> Equation:
    """Return an equation, with origin and side taken from ``like``."""
    made = Equation(op, operands, results, MappingProxyType(attrs), regions)
    if like is None:
        return made
    return replace(made, origin=like.origin, backward=like.backward)


def walk(region: Region) -> Iterator[Equation]:
    """Return the equations of a region and of the regions inside, in order."""
    return iter(_every(region))


@remembered
def _every(region: Region) -> list[Equation]:
    found: list[Equation] = []
    for eq in region.equations:
        found += sum(map(_every, eq.regions), [eq])
    return found


def calls_itself(function: Function) -> bool:
    """Whether a function is recursive."""
    return any(eq.attrs.get("callee") == function.name for eq in walk(function.body))


def captured(eq: Equation) -> tuple[Value, ...]:
    """Return what an equation reads: operands, and what its regions take from outside.

    Values may come more than once.
    """
    return sum((r.free for r in eq.regions), eq.operands) if eq.regions else eq.operands


@remembered
def _taken(region: Region) -> tuple[Value, ...]:
    inside = set(region.params)
    found: list[Value] = []
    for eq in region.equations:
        found += [v for v in captured(eq) if v not in inside]
        inside.update(eq.results)
    return (*found, *(v for v in region.results if v not in inside))


def is_distinct(path: Path) -> bool:
    """Whether a path reaches no element twice: it has no arrays of indices."""
    return not any(
        isinstance(item, Gather)
        for step in path
        if isinstance(step, Index)
        for item in step.items
    )


def is_view(eq: Equation) -> bool:
    """Whether the result shares memory with the first operand without writing it."""
    return (
        eq.op not in WRITES
        and eq.op != "call"
        and not eq.regions
        and len(eq.results) == 1
        and bool(eq.operands)
        and eq.result.buffer is not None
        and eq.result.buffer is eq.operands[0].buffer
    )
