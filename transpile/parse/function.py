"""One function for one kind of arguments: parameters, body, results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import gast

from ..ir import (
    LEAF,
    Buffer,
    Function,
    Origin,
    Parameter,
    Region,
    Structure,
    Type,
    Value,
)
from ..linear import Atom, Linear, Size
from ..source import Constant, Source
from .context import Context
from .flow import parameters
from .frame import Frame
from .inlining import returned
from .objects import NONE, Array, Obj, Scalar, Static, Tuple, flatten, rebuild
from .renaming import Described
from .statements import block

if TYPE_CHECKING:
    from .program import Parser


@dataclass(slots=True)
class Made:
    """A function that was parsed for certain arguments, and what callers must know."""

    name: str
    function: Function
    written: tuple[int, ...]
    returns: Structure
    return_form: Obj
    return_types: tuple[Type, ...]
    aliases: bool
    params: tuple[Value, ...]
    sizes: Mapping[Atom, Linear]
    globals: tuple[tuple[str, str], ...] = ()
    meanings: Mapping[tuple[str, str], Constant] = field(default_factory=dict)
    numbers: Mapping[str, object] = field(default_factory=dict)

    @property
    def equal(self) -> list[tuple[Linear, Linear]]:
        """The lengths that have to be equal for the function to be right."""
        return [(Linear.of(size), form) for size, form in self.sizes.items()]

    def atoms(
        self, values: Sequence[Value], back: Mapping[Atom, Linear]
    ) -> dict[Atom, Linear]:
        """Return what the function's sizes and integers are for the caller."""
        mapping: dict[Atom, Linear] = dict(back)
        for param, value in zip(self.params, values, strict=True):
            if param.type.is_integer and not param.type.rank:
                mapping[param] = value.as_linear
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
        self.values: list[Value] = []
        self.buffers: dict[Buffer, tuple[int, Value]] = {}

    def parse(self, name: str) -> Made:
        """Parse the function under a name."""
        for parameter in parameters(self.node):
            self._parameter(parameter.id, self.arguments[parameter.id])
        self.context.state.exits = {"return": False}
        body = _without_docstring(self.node.body)
        found: list[Obj] = [NONE]
        self.frame.statement = self.node
        block(self.frame, body)
        self.frame.attempt(lambda: found.insert(0, returned(self.frame)))
        return self._finish(name, found[0])

    def _parameter(self, name: str, given: Described) -> None:
        values = [
            self._value(name, k, kind, given.forms[k], given.form)
            for k, kind in enumerate(given.types)
        ]
        leaves: list[Obj] = []
        rest = list(values)
        for leaf in flatten(given.form):
            leaves.append(
                self._object(rest.pop(0)) if leaf == Static("value") else leaf
            )
        self.frame.bind(name, rebuild(given.form, leaves))
        if given.numbers:
            (number,) = given.numbers
            assert isinstance(number, (bool, int, float))
            self.context.known[values[0]] = number
        self.context.parameters.append(self._declared(name, given, values))
        self.values += values

    def _value(
        self, name: str, k: int, kind: Type, form: Linear | None, whole: Obj
    ) -> Value:
        own = f"{name}_{k}" if isinstance(whole, Tuple) else name
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
        keyword = {p.id for p in self.node.args.kwonlyargs}
        kind = "keyword" if name in keyword else "positional"
        default = self.source.default(name)
        text = default.text if isinstance(default, Constant) else None
        return Parameter(name, tuple(values), kind, text, structure_of(given.form))

    # ---- results ----

    def _finish(self, name: str, found: Obj) -> Made:
        context, frame = self.context, self.frame
        start = len(context.builder.equations)
        results: list[Value] = []
        aliases = False

        def read() -> None:
            nonlocal aliases
            for leaf in flatten(found):
                if leaf == NONE:
                    continue
                value = frame.read(leaf)
                aliases = aliases or self._aliases(leaf, results)
                results.append(value)

        frame.attempt(read)
        for eq in context.builder.equations[start:]:
            assert eq.op in ("index", "transpose", "reshape", "dim", "constant"), eq
        final = context.state.contents
        written = tuple(
            place
            for buffer, (place, before) in self.buffers.items()
            if final.get(buffer) is not before
        )
        moved = [b for b in self.buffers if b not in final]
        contents = [
            final[b]
            for b, (p, _) in self.buffers.items()
            if p in written and b not in moved
        ]
        flat = [v for p in context.parameters for v in p.values]
        region = Region(
            tuple(flat), tuple(context.builder.equations), (*results, *contents)
        )
        structure = structure_of(found, returned=True)
        function = Function(
            name,
            tuple(context.parameters),
            region,
            structure,
            written,
            self._origin(),
            docstring(self.node),
            {"wishes": tuple(context.wishes)} if context.wishes else {},
        )
        sizes: dict[Atom, Linear] = {
            size: form
            for size, form in context.sizes.items()
            if size in context.own_sizes
        }
        return Made(
            name,
            function,
            written,
            structure,
            found,
            tuple(v.type for v in results),
            aliases,
            tuple(flat),
            sizes,
            tuple(context.globals),
            context.meanings,
            {n: d.numbers[0] for n, d in self.arguments.items() if d.numbers},
        )

    def _aliases(self, leaf: Obj, before: Sequence[Value]) -> bool:
        """Whether a returned array may be memory of a parameter or of another."""
        if not isinstance(leaf, Array):
            return False
        merged = self.context.merged.get(leaf.root)
        return (
            leaf.root.parameter
            or leaf.root in self.context.base_contents
            or (merged is not None and not merged.exclusive)
            or any(v.buffer is leaf.root for v in before)
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


def structure_of(obj: Obj, returned: bool = False) -> Structure:
    """Return the structure of an object."""
    if isinstance(obj, Tuple):
        return Structure("tuple", tuple(structure_of(i, returned) for i in obj.items))
    if isinstance(obj, Static) and obj != Static("value"):
        return Structure("none")
    return LEAF
