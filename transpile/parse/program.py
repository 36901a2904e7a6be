"""Whole functions: parameters, body, results; and the functions that they call."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import gast

from .. import language
from ..errors import Problem, TranspileError
from ..ir import (
    LEAF,
    Buffer,
    Function,
    Origin,
    Parameter,
    Program,
    Region,
    Structure,
    Type,
    Value,
)
from ..linear import Atom, Linear, Size
from ..source import Constant, Source
from . import annotations
from .calls import Described
from .constants import WEAK
from .context import Context
from .flow import parameters
from .frame import Frame
from .inlining import returned
from .objects import NONE, Array, Obj, Scalar, Static, Tuple, flatten, rebuild
from .statements import block

MOST_ROUNDS = 20


@functools.lru_cache(maxsize=64)
def _tree(text: str) -> gast.Module:
    return gast.parse(text)


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
    sizes: Mapping[Size, Linear]
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


class Parser:
    """A program under construction: its functions, by what they are made for."""

    def __init__(self) -> None:
        self.made: dict[object, Made] = {}
        self.functions: list[Function] = []
        self.problems: list[Problem] = []
        self.open: list[Source] = []

    # ---- sources ----

    def node_of(self, source: Source) -> gast.FunctionDef:
        """Return the syntax tree of a function."""
        for node in gast.walk(_tree(source.module_text)):
            if isinstance(node, gast.FunctionDef) and node.lineno == source.line:
                if node.name == source.name:
                    return node
        raise TranspileError(
            source.problem(source.line, 0, 0, f"no function {source.qualname} here")
        )

    def private_operation(self, source: Source) -> str | None:
        """Return the operation of a private function of a generated file."""
        op = language.HELPER_NAMES.get(source.name)
        if op is not None and source.text.strip() == language.HELPERS[op].strip():
            return op
        return None

    def is_open(self, source: Source) -> bool:
        """Whether a function is being parsed, so that a call is a recursion."""
        return any(s.file == source.file and s.line == source.line for s in self.open)

    # ---- functions ----

    def entry(self, source: Source, types: Mapping[str, Type]) -> Program:
        """Return the program about a function with parameters of given types."""
        node = self.node_of(source)
        arguments = Signature(source, node).described(types)
        made = self._parse(source, node, arguments, source.name)
        if self.problems:
            raise TranspileError(self.problems)
        return Program((*self.functions, made.function))

    def specialise(
        self,
        source: Source,
        node: gast.FunctionDef,
        arguments: Mapping[str, Described],
        back: Mapping[Atom, Linear],
    ) -> Made:
        """Return a function parsed for certain arguments, the same for the same."""
        key = (source, tuple(arguments.items()))
        if key not in self.made:
            name = self._unique(source.name)
            made = self._parse(source, node, arguments, name)
            self.made[key] = made
            if not made.aliases:
                self.functions.append(made.function)
        return self.made[key]

    def _unique(self, name: str) -> str:
        taken = [s.name for s in self.open] + [f.name for f in self.functions]
        count, found = 1, name
        while found in taken:
            count += 1
            found = f"{name}_{count}"
        return found

    def _parse(
        self,
        source: Source,
        node: gast.FunctionDef,
        arguments: Mapping[str, Described],
        name: str,
    ) -> Made:
        """Parse a function until no more of its sizes turn out to be equal."""
        self.open.append(source)
        try:
            sizes: dict[Size, Linear] = {}
            for _ in range(MOST_ROUNDS):
                functions = list(self.functions)
                one = OneFunction(self, source, node, arguments, sizes)
                made = one.parse(name)
                if not one.context.unified:
                    break
                sizes = one.context.sizes
                self.functions = functions
                self.made = {
                    key: old for key, old in self.made.items()
                    if old.function in functions
                }
        finally:
            self.open.pop()
        for problem in one.context.problems:
            if problem not in self.problems:
                self.problems.append(problem)
        return made


class OneFunction:
    """One function for one kind of arguments."""

    def __init__(
        self,
        parser: Parser,
        source: Source,
        node: gast.FunctionDef,
        arguments: Mapping[str, Described],
        sizes: Mapping[Size, Linear],
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
        return Parameter(
            name, tuple(values), kind, text, structure_of(given.form)
        )

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
        contents = [final[b] for b, (p, _) in self.buffers.items() if p in written and b not in moved]
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
        )
        sizes = {s: f for s, f in context.sizes.items() if s in context.own_sizes}
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


# ---- the entry's parameters ----


class Signature:
    """The parameters of the function that a program is about."""

    def __init__(self, source: Source, node: gast.FunctionDef) -> None:
        self.source = source
        self.node = node
        self.missing: list[str] = []

    def described(self, types: Mapping[str, Type]) -> dict[str, Described]:
        """Return what the function is specialised for, or say what is missing."""
        every = self.node.args
        for star in (every.vararg, every.kwarg):
            if star is not None:
                raise TranspileError(
                    self._problem(star, "a star in the parameters", "name them")
                )
        found = {p.id: self._one(p, types) for p in parameters(self.node)}
        if self.missing:
            self._refuse_missing(types)
        return {name: given for name, given in found.items() if given is not None}

    def _one(self, parameter: gast.Name, types: Mapping[str, Type]) -> Described | None:
        kind = types.get(parameter.id) or annotations.from_annotation(
            parameter.annotation
        )
        if kind is not None:
            return Described(Static("value"), (kind,), (None,), ())
        default = self.source.default(parameter.id)
        if isinstance(default, Constant):
            value = default.value
            if type(value) in WEAK:
                kind = Type(WEAK[type(value)])
                return Described(Static("value"), (kind,), (None,), ())
            if value is None or isinstance(value, str):
                return Described(Static(value), (), (), ())
        self.missing.append(parameter.id)
        return None

    def _refuse_missing(self, types: Mapping[str, Type]) -> None:
        wanted = ", ".join(f"{name}: f64[n]" for name in self.missing)
        known = [f"{name}: {kind}" for name, kind in types.items()]
        names = " and ".join([", ".join(self.missing[:-1]), self.missing[-1]][-2:])
        names = names.removeprefix(" and ")
        text = ", ".join([*known, wanted])
        problem = self._problem(
            self.node,
            f"the types of {names} are not known",
            f'complete: --types "{text}" (f64 for a number, f64[m, n] for a matrix)',
        )
        raise TranspileError(problem)

    def _problem(self, node: gast.AST, message: str, help: str) -> Problem:
        line = self.source.line_text(node.lineno)
        start = node.col_offset
        end = node.end_col_offset if node.end_lineno == node.lineno else len(line)
        return self.source.problem(node.lineno, start, end, message, help)


def parse(source: Source, types: Mapping[str, Type]) -> Program:
    """Return the graph of a function and of what it calls.

    ``types`` gives the types of parameters; annotations and defaults the others.
    """
    return Parser().entry(source, types)
