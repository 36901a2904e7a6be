"""One function for one kind of arguments: parameters, body, results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gast

from ..graph.buffers import memories, written_in
from ..graph.ir import (
    LEAF,
    Buffer,
    Function,
    Origin,
    Parameter,
    Structure,
    Type,
    Value,
)
from ..graph.linear import Atom, Linear, Size
from ..graph.structures import placed, plain
from ..read.source import Constant, Source
from .constants import shared
from .context import Context, region
from .flow import parameters, stars
from .frame import Frame
from .guards import returns_guarded, without_idle
from .inlining import returned
from .objects import (
    NONE,
    PLACE,
    Array,
    Listed,
    Named,
    Obj,
    Scalar,
    Static,
    Tuple,
    flatten,
    rebuild,
)
from .order import in_order
from .parts import part_names, structure_of
from .renaming import Described
from .statements import block

if TYPE_CHECKING:
    from .program import Parser


@dataclass(frozen=True, slots=True)
class Made:
    """A function that was parsed for certain arguments, and what callers must know.

    ``form`` is what it returns, ``aliases`` whether that may be an argument's
    memory, ``shares`` whether it is a copy of what may be, ``sizes`` what its sizes
    turned out to be, ``numbers`` the arguments whose numbers it was made for,
    ``recursive`` whether it calls itself, ``types`` the flat types of its arguments
    over all sizes that it was made for, ``guarded`` whether it returns what is checked
    where it is read.
    """

    function: Function
    form: Obj
    aliases: bool
    sizes: Mapping[Atom, Linear]
    constants: Mapping[tuple[str, str], Constant]
    numbers: Mapping[str, object]
    shares: bool = False
    recursive: bool = False
    types: tuple[Type, ...] = ()
    guarded: bool = False

    @property
    def equal(self) -> list[tuple[Linear, Linear]]:
        """The lengths that have to be equal for the function to be right."""
        return [(Linear.of(size), form) for size, form in self.sizes.items()]

    @property
    def result_types(self) -> list[Type]:
        """The types of the flat results, over the function's own sizes."""
        results = self.function.body.results[: self.function.returns.width]
        return [value.type for value in results]

    def atoms(
        self, values: Sequence[Value], back: Mapping[Atom, Linear]
    ) -> dict[Atom, Linear]:
        """Return what the function's sizes and integers are for the caller.

        A recursive function may have sizes of its own where ``back`` has fewer.
        """
        mapping: dict[Atom, Linear] = dict(back)
        for param, value in zip(self.function.body.params, values, strict=True):
            if param.type.is_integer and not param.type.rank:
                mapping[param] = value.as_linear
        for kind, value in zip(self.types, values, strict=False):
            for form, length in zip(kind.shape, value.type.shape, strict=True):
                if form.terms and form == Linear.of(form.atoms[0]):
                    mapping[form.atoms[0]] = length
        return mapping


class OneFunction:
    """One function for one kind of arguments."""

    def __init__(
        self,
        parser: Parser,
        source: Source,
        node: gast.FunctionDef,
        arguments: Mapping[str, Described],
        sizes: Mapping[Atom, Linear],
    ) -> None:
        self.source = source
        self.node = node
        self.arguments = arguments
        self.context = Context(parser, source, sizes)
        self.frame = Frame(self.context, source, node)
        forms = {n: structure_of(d.form) for n, d in arguments.items()}
        self.parts = part_names(node, forms)
        self.values: list[Value] = []
        self.buffers: dict[Buffer, tuple[int, Value]] = {}

    def parse_call(self, name: str) -> Made:
        """Make a function under a name that calls the function, and no more."""
        from .calls import call_routine

        self._parameters()
        given = {name: self.frame.lookup(name) for name in self.arguments}
        found: list[Obj] = [NONE]
        self.frame.statement = self.node
        self.context.builder.origin = self._origin()
        self.frame.attempt(
            lambda: found.insert(0, call_routine(self.frame, self.source, [], given))
        )
        return self._finish(name, found[0])

    @property
    def is_entry(self) -> bool:
        """Whether it is the function that the program is about."""
        return len(self.context.parser.open) == 1

    def _parameters(self) -> None:
        for parameter in parameters(self.node):
            self._parameter(parameter.id, self.arguments[parameter.id])

    def parse(self, name: str) -> Made:
        """Parse the function under a name."""
        self._parameters()
        self.context.state.exits = {"return": False}
        body = _without_docstring(self.node.body)
        found: list[Obj] = [NONE]
        self.frame.statement = self.node
        block(self.frame, body)
        self.frame.attempt(lambda: found.insert(0, returned(self.frame)))
        for key, meaning in self.context.parser.passed.get(self.source, {}).items():
            shared(self.frame, key, meaning)
        return self._finish(name, found[0])

    def _parameter(self, name: str, given: Described) -> None:
        names = self.parts[name] if isinstance(given.form, (Tuple, Named)) else [name]
        values = [
            self._value(name, k, kind, given.forms[k], names[k])
            for k, kind in enumerate(given.types)
        ]
        leaves: list[Obj] = []
        rest = list(values)
        for leaf in flatten(given.form):
            leaves.append(self._object(rest.pop(0)) if leaf == PLACE else leaf)
        self.frame.bind(name, rebuild(given.form, leaves))
        if given.numbers:
            (number,) = given.numbers
            assert isinstance(number, (bool, int, float))
            self.context.known[values[0]] = number
        if isinstance(given.form, Named) and not self.is_entry:
            apart = (Parameter(str(value.name), (value,)) for value in values)
            self.context.parameters += apart  # a text need not know the class
        else:
            self.context.parameters.append(self._declared(name, given, values))
        self.values += values

    def _value(
        self, name: str, k: int, kind: Type, form: Linear | None, own: str
    ) -> Value:
        shape = tuple(self.context.settle(d) for d in kind.shape)
        for d in kind.shape:
            for atom in d.atoms:
                if isinstance(atom, Size) and atom not in self.context.own_sizes:
                    self.context.own_sizes.append(atom)
        kind = Type(kind.dtype, shape, kind.layout)
        buffer = Buffer(own, parameter=True) if kind.rank else None
        linear = None if form is None else self.context.settle(form)
        value = Value(kind, own, buffer, linear)
        if buffer is not None:
            self.context.state.contents[buffer] = value
            self.buffers[buffer] = (len(self.values) + k, value)
        self.context.parameter_names[value] = name
        return value

    def _object(self, value: Value) -> Obj:
        if value.buffer is None:
            return Scalar(value)
        return Array(value.buffer, value.type, name=value.name)

    def _declared(
        self, name: str, given: Described, values: Sequence[Value]
    ) -> Parameter:
        default = self.source.default(name)
        text = default.text if isinstance(default, Constant) else None
        structure, kind = placed(structure_of(given.form), name), "positional"
        if name in {p.id for p in self.node.args.kwonlyargs}:
            kind = "keyword"
        elif not self.is_entry:
            structure = plain(structure)
        elif name in stars(self.node):
            kind = stars(self.node)[name]
        return Parameter(name, tuple(values), kind, text, structure)

    # ---- results ----

    def _finish(self, name: str, found: Obj) -> Made:
        context = self.context
        results = self._results(found)
        written = self._written()
        flat = [v for p in context.parameters for v in p.values]
        contents = [context.state.contents[b] for b in written.values()]
        body = region(flat, context.builder, [*results, *contents])
        function = Function(
            name,
            tuple(context.parameters),
            without_idle(body),
            self._structure(found, len(results)),
            tuple(written),
            self._origin(),
            docstring(self.node),
            {"wishes": tuple(context.wishes)} if context.wishes else {},
        )
        return Made(
            function,
            found,
            self._any_alias(found),
            {s: f for s, f in context.sizes.items() if s in context.own_sizes},
            context.meanings,
            {n: d.numbers[0] for n, d in self.arguments.items() if d.numbers},
            context.shares,
            context.parser.open[-1].recursive,
            tuple(
                kind
                for p in parameters(self.node)
                for kind in self.arguments[p.id].types
            ),
            returns_guarded(body),
        )

    def _structure(self, found: Obj, count: int) -> Structure:
        """Return the structure of the result: of a rule, only what has a value."""
        if self.is_entry:
            return structure_of(found)
        if self.context.parser.open[-1].copies and self.source.rules is None:
            leaves = Structure("tuple", (LEAF,) * count)
            return LEAF if count == 1 else leaves
        return plain(structure_of(found))

    def _results(self, found: Obj) -> list[Value]:
        """Return the flat values that the function returns."""
        results: list[Value] = []
        if not self.is_entry and any(
            isinstance(leaf, Listed) for leaf in flatten(found)
        ):
            return results  # the caller parses the body in its own place

        def read() -> None:
            self.frame.at = self.node.body[-1]
            leaves = [leaf for leaf in flatten(found) if not isinstance(leaf, Static)]
            results.extend(map(self.frame.read, leaves))

        self.frame.attempt(read)
        return results

    def _written(self) -> dict[int, Buffer]:
        """Return the parameters' buffers that were written, by position.

        A loop in which arrays change places gives contents anew that nothing writes.
        """
        final = self.context.state.contents
        body = region((), self.context.builder, ())
        same, touched = memories(body), written_in(body)
        stored = {same.get(buffer, buffer) for buffer in touched}
        return {
            place: buffer
            for buffer, (place, before) in self.buffers.items()
            if final.get(buffer) is not before and same.get(buffer, buffer) in stored
        }

    def _any_alias(self, found: Obj) -> bool:
        """Whether results may share memory, or hide how they lie in memory.

        A recursive function copies them, as does one whose derivatives are given.
        """
        own = self.context.parser.open[-1].returns_own
        seen: list[Buffer] = []
        for leaf in flatten(found):
            if isinstance(leaf, Listed):
                return True
            if isinstance(leaf, Array) and not own:
                if self._aliases(leaf) or leaf.root in seen:
                    return True
                if not in_order(self.context, self.frame.read(leaf)):
                    return True
                seen.append(leaf.root)
        return False

    def _aliases(self, leaf: Array) -> bool:
        """Whether a returned array may be memory of an argument."""
        merged = self.context.merged.get(leaf.root)
        return (
            leaf.root.parameter
            or leaf.root in self.context.base_contents
            or (merged is not None and not merged.exclusive)
        )

    def _origin(self) -> Origin:
        start, end = self.frame.columns(self.node)
        line = self.node.lineno
        text = self.source.line_text(line).strip()
        return Origin(self.source.file, line, start, end, text, line)


def _without_docstring(body: list[gast.AST]) -> list[gast.AST]:
    return body[1:] if body and _text(body[0]) is not None else body


def docstring(node: gast.FunctionDef) -> str | None:
    """Return a function's docstring."""
    return _text(node.body[0]) if node.body else None


def _text(node: gast.AST) -> str | None:
    if isinstance(node, gast.Expr) and isinstance(node.value, gast.Constant):
        if isinstance(node.value.value, str):
            return node.value.value
    return None
