"""The tangent of a function: seeds, the body with its tangents, what is returned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..graph.build import Builder
from ..graph.custom import callees
from ..graph.dtypes import strong
from ..graph.ir import (
    PUSHED,
    At,
    Buffer,
    Function,
    Index,
    Parameter,
    Program,
    Region,
    Span,
    Structure,
    Type,
    Value,
    is_view,
    walk,
)
from ..graph.linear import Linear, Size
from ..graph.structures import placed
from ..reverse.activity import Activity
from ..reverse.adjoint import dtype_of
from ..reverse.gradient import (
    attributes,
    chosen_parts,
    outputs_of,
    own_writes,
    without_calls_on_views,
)
from ..reverse.rows import each_leaf
from ..rules import is_constant
from ..selection import Selected
from ..steps import GIVEN, Step, free
from .marks import Marker, Marks, without_checks
from .push import Pusher
from .scope import Scope, Written, dot_name
from .seeds import Seeds

JACOBIANS = ("jacobian", "value_and_jacobian")
SEEDED = ("compressed", "pattern")


@dataclass(frozen=True, slots=True)
class Pushed:
    """What to push tangents through a function for.

    ``mode`` is ``jvp`` (the value and its tangent), ``hvp`` (the tangent alone),
    ``jacobian`` or ``value_and_jacobian`` (the tangents of all unit vectors),
    ``compressed`` (those of given seeds), or ``pattern`` (marks instead of tangents).
    The parameter that holds the tangent is called ``given`` and has the number
    ``place``: first, but second for `hvp`, as in SciPy's ``hessp(x, p)``. With
    ``single`` what belongs to one parameter is bare rather than a tuple.
    """

    wrt: tuple[str, ...]
    mode: str = "jvp"
    single: bool = True
    overwrite: tuple[str, ...] = ()
    name: str = ""
    given: str = "tangent"
    place: int = 0
    aux: bool = False

    @staticmethod
    def of(step: Step, name: str, overwrite: tuple[str, ...]) -> Pushed:
        """Return what a step asks for; ``hessian`` is a gradient's Jacobian."""
        mode = "jacobian" if step.mode == "hessian" else step.mode
        given, place = GIVEN.get(mode, ("tangent", 0))
        wrt, single = step.wrt, step.single
        return Pushed(wrt, mode, single, overwrite, name, given, place, step.aux)


def tangent(program: Program, request: Pushed) -> Program:
    """Return the program that pushes tangents through a program's entry.

    Before ``y = f(x)``; after ``y, y_dot = f_jvp(x_dot, x)``.
    """
    program = without_calls_on_views(program)
    function = own_writes(program.entry, request.overwrite)
    function, aside = _parted(function) if request.aux else (function, None)
    parts = chosen_parts(function, request.wrt)
    wrt = [v for part in parts for v in part.values]
    active = Activity(program, is_constant)
    active.run(function.body, wrt, function.body.results)
    makers = {r: eq for eq in walk(function.body) for r in eq.results}
    kind = Marker if request.mode == "pattern" else Pusher
    pusher = kind(program, active, makers=makers)
    start = Start(function, request, parts)
    scope = start.scope()
    body = function.body
    pusher.push(without_checks(body) if kind is Marker else body, scope)
    dots = [_given(scope, v) for v in function.body.results]
    entry = _assembled(function, request, parts, start, scope, dots)
    if aside is not None:
        entry = _with_aux(entry, *aside)
    known = {f.name: f for f in (*program.functions, *pusher.made.values())}
    return Program((*callees(entry, known, {}), entry))


Aside = tuple[Structure, Sequence[Value]]


def _parted(function: Function) -> tuple[Function, Aside]:
    """Return a function without the second thing that it returns, and that."""
    first, second = function.returns.children
    results, cut = function.body.results, first.width
    end = cut + second.width
    body = replace(function.body, results=(*results[:cut], *results[end:]))
    return replace(function, body=body, returns=first), (second, results[cut:end])


def _with_aux(
    function: Function, structure: Structure, values: Sequence[Value]
) -> Function:
    """Return a function that hands something on besides: beside the value, if any."""
    body, returns = function.body, function.returns
    if function.attrs["mode"] == "value_and_jacobian":
        first, second = returns.children
        cut = first.width
        results = (*body.results[:cut], *values, *body.results[cut:])
        returns = Structure("tuple", (Structure("tuple", (first, structure)), second))
    else:
        results = (*body.results, *values)
        returns = Structure("tuple", (returns, structure))
    return replace(function, body=replace(body, results=results), returns=returns)


class Start:
    """The tangents of the parameters: one that is given, or all unit vectors."""

    def __init__(
        self, function: Function, request: Pushed, parts: Sequence[Selected]
    ) -> None:
        self.function = function
        self.values = [v for part in parts for v in part.values]
        self.builder = Builder(backward=PUSHED)
        self.seeds = Seeds()
        self.parameters: list[Parameter] = []
        self.starts: list[Value] = []
        self.place, self.given = 0, ""
        if request.mode in JACOBIANS:
            self.dots = self._units()
        else:
            self.place, self.given = _place(function, request)
            if request.mode in SEEDED:
                self.seeds = self._counted(request.mode)
            self.dots = self._parameter(request, parts)
            self._count()

    def scope(self) -> Scope:
        """Return the scope of the function's body, with the tangents of parameters."""
        outer = Scope(self.seeds, Written.of(self.function.body))
        outer.dots.update(zip(self.values, self.dots, strict=True))
        if self.seeds.count is not None:
            outer.sparse.update(self.dots)
        scope = outer.inner()
        scope.builder.equations += self.builder.equations
        return scope

    def _counted(self, mode: str) -> Seeds:
        """Return seeds whose number is the length of the last axis of what is given."""
        form = Linear.of(Size("colours"))
        count = Value(Type("weak_int"), "colours", linear=form)
        return Marks(count) if mode == "pattern" else Seeds(count)

    def _count(self) -> None:
        """Define the number of seeds."""
        if self.seeds.count is not None:
            axis = self.values[0].type.rank
            self.builder.append("dim", self.dots[:1], (self.seeds.count,), axis=axis)

    def _parameter(self, request: Pushed, parts: Sequence[Selected]) -> list[Value]:
        """Return the values of a parameter that holds a tangent."""
        shapes = tuple(part.structure for part in parts)
        whole = shapes[0] if request.single and shapes[1:] == () else None
        whole = placed(whole or Structure("tuple", shapes), self.given)
        bare = whole.kind == "leaf"
        dots = []
        for value in self.values:
            name = self.given if bare else str(dot_name(value))
            kind = value.type
            if self.seeds.count is not None:
                kind = self.seeds.type(replace(kind, dtype=strong(kind.dtype)))
            buffer = Buffer(name, True) if kind.rank else None
            dots.append(Value(replace(kind, layout="C"), name, buffer))
        self.parameters.append(Parameter(self.given, tuple(dots), structure=whole))
        return dots

    def _units(self) -> list[Value]:
        """Return the tangents for all unit vectors, side by side."""
        b = self.builder
        if len(self.values) == 1 and not self.values[0].type.rank:
            return [b.constant(1.0, dtype_of(self.values[0].type))]
        sizes = [_size(b, v) for v in self.values]
        self.starts = [b.constant(0)]
        for size in sizes:
            self.starts.append(_sum(b, self.starts[-1], size))
        self.seeds = Seeds(self.starts[-1])
        return [self._unit(k, v, sizes[k]) for k, v in enumerate(self.values)]

    def _unit(self, k: int, value: Value, size: Value) -> Value:
        b, count, dtype = self.builder, self.starts[-1], strong(value.type.dtype)
        first, last = self.starts[k : k + 2]
        if not value.type.rank:
            zeros = b.emit("zeros", count, dtype=dtype)
            one = b.constant(1.0, dtype_of(value.type))
            made = b.store(zeros, one, (Index((At(0),)),), first)
        else:
            made = b.emit("eye", size, size, k=0, dtype=dtype)
            if len(self.values) > 1:
                zeros = b.emit("zeros", size, count, dtype=dtype)
                columns = (Index((Span(), Span(0, 1))),)
                made = b.store(zeros, made, columns, first, last)
            if value.type.rank > 1:
                made = b.emit("reshape", made, *b.dims(value), count)
        return replace_last(b, made, dot_name(value))

    def parts_of(self, builder: Builder, value: Value, dot: Value) -> Iterator[Value]:
        """Yield the derivatives of a result by each parameter."""
        if self.seeds.count is None:
            yield dot
            return
        every = [Span()] * value.type.rank
        for k, by in enumerate(self.values):
            first, last = self.starts[k : k + 2]
            made = dot
            if not by.type.rank:
                made = builder.index(dot, [*every, At(0)], first)
            elif len(self.values) > 1:
                made = builder.index(dot, [*every, Span(0, 1)], first, last)
            if made is not dot and made.type.rank:
                made = builder.emit("copy", made)
            if by.type.rank > 1:
                lengths = [*builder.dims(value), *builder.dims(by)]
                made = builder.emit("reshape", made, *lengths)
            yield made


def _place(function: Function, request: Pushed) -> tuple[int, str]:
    """Return where the tangent stands among the parameters, and what it is called."""
    names = [p.name for p in function.parameters]
    method = request.place > 0 and names[:1] == ["self"]
    return request.place + method, free(request.given, names)


def replace_last(builder: Builder, made: Value, name: str | None) -> Value:
    """Name what was emitted last."""
    named = replace(made, name=name)
    last = builder.equations[-1]
    builder.equations[-1] = replace(last, results=(named,))
    return named


def _size(builder: Builder, value: Value) -> Value:
    """Return the number of elements."""
    count = builder.constant(1)
    for length in builder.dims(value):
        one = count.number == 1
        count = length if one else builder.emit("multiply", count, length)
    return count


def _sum(builder: Builder, start: Value, size: Value) -> Value:
    return size if start.number == 0 else builder.emit("add", start, size)


def _given(scope: Scope, value: Value) -> Value:
    """Return the tangent of a result, in memory that nothing else is in."""
    dot = scope.dots.get(value)
    return scope.zeros(value) if dot is None else dot


def _own(builder: Builder, values: Sequence[Value]) -> list[Value]:
    """Return results of which no two, and no parameter, share memory."""
    seen: set[Buffer] = set()
    made = []
    for value in values:
        if value.buffer is not None:
            shared = value.buffer in seen or value.buffer.parameter
            whole = any(
                value in eq.results and not is_view(eq) and eq.op != "broadcast_to"
                for eq in builder.equations
            )
            if shared or not whole or value.type.layout != "C":
                value = builder.emit("copy", value)
            assert value.buffer is not None
            seen.add(value.buffer)
        made.append(value)
    return made


def _assembled(
    function: Function,
    request: Pushed,
    parts: Sequence[Selected],
    start: Start,
    scope: Scope,
    dots: Sequence[Value],
) -> Function:
    """Return the function with what it is to give."""
    builder, results = scope.builder, function.body.results
    builder.origin, builder.backward = None, PUSHED
    outputs = outputs_of(function)
    shape = outputs
    if request.mode in JACOBIANS:
        shapes = tuple(part.structure for part in parts)
        by = Structure("tuple", shapes)
        by = shapes[0] if request.single and len(shapes) == 1 else by
        shape = each_leaf(outputs, by)
        pairs = zip(results, dots, strict=True)
        dots = [d for v, dot in pairs for d in start.parts_of(builder, v, dot)]
    given, returns = list(dots), shape
    if request.mode in ("jvp", "value_and_jacobian"):
        given, returns = [*results, *dots], Structure("tuple", (outputs, shape))
    made = _own(builder, given)
    parameters = list(function.parameters)
    parameters[start.place : start.place] = start.parameters
    body = Region(
        tuple(v for p in parameters for v in p.values),
        tuple(builder.equations),
        tuple(made),
    )
    return replace(
        function,
        name=request.name or f"{function.name}_{request.mode}",
        parameters=tuple(parameters),
        body=body,
        returns=returns,
        written=(),
        doc=None,
        attrs=MappingProxyType(attributes(function, request.wrt, request.mode)),
    )


def settle_sides(program: Program) -> Program:
    """Return the program with what was pushed as a part of where it stands."""
    return program.map(lambda f: replace(f, body=_settled(f.body)))


def _settled(region: Region) -> Region:
    equations = (
        replace(
            eq,
            backward=eq.backward != PUSHED and eq.backward,
            regions=tuple(map(_settled, eq.regions)),
        )
        for eq in region.equations
    )
    return replace(region, equations=tuple(equations))
