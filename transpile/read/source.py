"""A function's source: its text, its place, and what the names in it mean.

`Source` says nothing about how names are found: `live` reads the globals and cells
of a function object, `static` reads files and runs nothing. Both give a `Scope`.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..errors import Problem
from ..steps import Step

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """The name is a module: ``np`` is ``Module("numpy")``."""

    name: str


@dataclass(frozen=True, slots=True)
class NumPyName:
    """The name is a library's: ``numpy.exp``, ``math.pi``, ``builtins.len``."""

    dotted: str


@dataclass(frozen=True, slots=True)
class Helper:
    """The name is another function of the user."""

    source: Source


@dataclass(frozen=True, slots=True)
class Derived:
    """The name is a derivative of a function: ``steps`` say which.

    ``settings`` are the options of the pipeline, None for those by default.
    """

    name: str
    source: Source
    steps: tuple[Step, ...]
    settings: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """The name is a value.

    ``text`` is the expression to write for it, None for an array; ``origin`` the
    file and line where it was defined, if known; ``home`` tells apart names that are
    spelled alike in different modules and closures.
    """

    value: object
    text: str | None = None
    origin: tuple[str, int] | None = None
    home: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """The name is a class whose instances are named values.

    ``kind`` is ``namedtuple``, ``dataclass`` or ``object`` (any other class of the
    user, whose instances are never made, only read). ``methods`` are those with a
    text, ``properties`` those that are read without a call, ``unbound`` those that
    are not given the instance; ``constants`` what the class itself holds;
    ``annotations`` the types of fields as far as they are written; ``made_by`` is the
    class, where it exists.
    """

    name: str
    kind: str
    fields: tuple[str, ...]
    defaults: Mapping[str, Resolved] = field(compare=False)
    methods: Mapping[str, Source] = field(compare=False)
    properties: frozenset[str] = field(default=frozenset(), compare=False)
    unbound: frozenset[str] = field(default=frozenset(), compare=False)
    constants: Mapping[str, Resolved] = field(default_factory=dict, compare=False)
    annotations: Mapping[str, ast.expr] = field(default_factory=dict, compare=False)
    made_by: Callable[..., object] | None = None


# Draws are constants of the derivative, made by NumPy's generators.
DRAWN = "pass rng = np.random.default_rng(seed), and draw from it"
GENERATORS = frozenset({"Random"})


@dataclass(frozen=True, slots=True)
class Unknown:
    """The name means nothing that can be used: why, and what to do about it."""

    reason: str = "is not defined"
    help: str = ""

    def advice(self, name: str) -> str:
        """Return what to do about the name."""
        return self.help or f"define '{name}' or pass it in"


Resolved = Module | NumPyName | Helper | Derived | Constant | Record | Unknown


class Scope(Protocol):
    """What the names that a function does not bind itself mean."""

    def lookup(self, name: str) -> Resolved:
        """Return the meaning of a name or of a dotted name."""

    def default(self, parameter: str) -> Resolved:
        """Return the default value of a parameter, as `Constant` or `Unknown`."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the user says that the derivatives of a function are.

    ``vjp`` takes a cotangent and then the function's arguments, ``jvp`` a tangent;
    ``wrt`` names the parameters with derivatives, None for all that can vary. With
    ``alone`` the vjp takes the cotangent and nothing else.
    """

    jvp: Source | None = None
    vjp: Source | None = None
    wrt: tuple[str, ...] | None = None
    alone: bool = False

    @property
    def sources(self) -> tuple[Source, ...]:
        """The functions that are given."""
        return tuple(rule for rule in (self.jvp, self.vjp) if rule is not None)

    @property
    def handed(self) -> tuple[str, ...]:
        """The names that a rule gives to the arguments of the function."""
        names = next((rule.parameters[1:] for rule in self.sources), ())
        return names[names[:1] == ("result",) :]


@dataclass(frozen=True, slots=True)
class Source:
    """A function in a module's text; ``line`` is that of its ``def``.

    ``module`` is what the module is imported as, if that is known.
    """

    file: str
    module_text: str
    qualname: str
    line: int
    scope: Scope
    rules: Rules | None = None
    module: str | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The function's own name."""
        return self.qualname.rpartition(".")[2]

    @property
    def node(self) -> FunctionNode:
        """The function's syntax tree (of `ast`, lines as in the file)."""
        for _, node in functions_of(self.module_text):
            if node.lineno == self.line and node.name == self.name:
                return node
        raise LookupError(f"no function {self.qualname} at {self.file}:{self.line}")

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of all parameters, in order."""
        every = self.node.args
        named = [*every.posonlyargs, *every.args]
        named += [every.vararg] if every.vararg else []
        named += every.kwonlyargs
        named += [every.kwarg] if every.kwarg else []
        return tuple(a.arg for a in named)

    @property
    def first_parameter(self) -> tuple[str, ...]:
        """The first parameter, of a method the first after the instance."""
        names = self.parameters
        return names[1:2] if names[:1] == ("self",) and names[1:] else names[:1]

    @property
    def text(self) -> str:
        """The function from ``def`` to its end, dedented, with LF ends."""
        node = self.node
        lines = lines_of(self.module_text)[node.lineno - 1 : node.end_lineno]
        return textwrap.dedent("\n".join(lines)) + "\n"

    def lookup(self, name: str) -> Resolved:
        """Return what a name that the function does not bind means.

        A dotted name goes through user modules: ``helpers.step``.
        """
        return self.scope.lookup(name)

    def default(self, parameter: str) -> Resolved:
        """Return the default value of a parameter, as `Constant` or `Unknown`."""
        return self.scope.default(parameter)

    def line_text(self, line: int) -> str:
        """Return a line of the file, indentation included."""
        lines = lines_of(self.module_text)
        return lines[line - 1] if 0 < line <= len(lines) else ""

    def problem(
        self,
        line: int,
        column: int,
        end_column: int,
        message: str,
        help: str | None = None,
    ) -> Problem:
        """Return a problem at a place in this file."""
        text = self.line_text(line)
        return Problem(self.file, line, column, end_column, message, help, text)

    def __repr__(self) -> str:
        return f"Source({self.file}:{self.line} {self.qualname})"


@functools.lru_cache(maxsize=64)
def lines_of(text: str) -> tuple[str, ...]:
    """Split at line ends as Python does, not at form feeds and the like."""
    return tuple(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def written(text: str, node: ast.expr) -> str:
    """Return an expression as it is written in a module, on one line."""
    if node.end_lineno != node.lineno:
        return ast.unparse(node)
    line = lines_of(text)[node.lineno - 1].encode()
    return line[node.col_offset : node.end_col_offset].decode()


@functools.lru_cache(maxsize=128)
def tree_of(text: str) -> ast.Module:
    """Return the syntax tree of a module; not to be changed."""
    return ast.parse(text)


@functools.lru_cache(maxsize=128)
def functions_of(text: str) -> tuple[tuple[str, FunctionNode], ...]:
    """Return every function of a module with its qualified name."""
    return tuple(_functions(tree_of(text), ""))


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, FunctionNode]]:
    for child in ast.iter_child_nodes(node):
        inner = prefix
        if isinstance(child, FunctionNode):
            yield f"{prefix}{child.name}", child
            inner = f"{prefix}{child.name}.<locals>."
        elif isinstance(child, ast.ClassDef):
            inner = f"{prefix}{child.name}."
        yield from _functions(child, inner)


def named_fields(node: ast.ClassDef) -> tuple[str, dict[str, ast.expr | None]]:
    """Return the kind, fields and defaults of a NamedTuple or dataclass, else ""."""
    marks = [*node.bases, *map(_bare_decorator, node.decorator_list)]
    words = {ast.unparse(mark).rpartition(".")[2] for mark in marks}
    names = [n.name for n in node.body if isinstance(n, FunctionNode)]
    if len(marks) != 1 or any(name.startswith("__") for name in names):
        return "", {}
    if not words & {"NamedTuple", "dataclass"}:
        return "", {}
    fields = [n for n in node.body if isinstance(n, ast.AnnAssign)]
    known = {ast.unparse(n.target): n.value for n in fields}
    return "namedtuple" if "NamedTuple" in words else "dataclass", known


# What a dataclass decorator may be told without changing how instances are made.
_HARMLESS = {"frozen", "eq", "order", "slots", "repr", "unsafe_hash", "match_args"}


def _bare_decorator(node: ast.expr) -> ast.expr:
    """Return a decorator without arguments that do not matter here."""
    if isinstance(node, ast.Call) and not node.args:
        if {keyword.arg for keyword in node.keywords} <= _HARMLESS:
            return node.func
    return node


def constant_text(module: str, node: ast.expr, value: object) -> str | None:
    """Return the text for a constant: as written, if it is made of literals alone."""
    if isinstance(value, (bool, int, float, complex, str, tuple, type(None))):
        parts = list(ast.walk(node))
        names = {part.id for part in parts if isinstance(part, ast.Name)}
        called = any(isinstance(part, ast.Call) for part in parts)
        if called or names - {"np"}:
            return repr(value)
        return written(module, node)
    return None


def free_names(source: Source) -> list[str]:
    """Return the dotted names that a function reads and does not bind, sorted."""
    node = source.node
    bound = set(source.parameters)
    read: set[str] = set()
    for part in (inner for statement in node.body for inner in ast.walk(statement)):
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            bound.add(part.id)
        elif isinstance(part, (ast.Name, ast.Attribute)):
            read.add(ast.unparse(part))
    dotted = {name for name in read if all(map(str.isidentifier, name.split(".")))}
    return sorted(name for name in dotted if name.partition(".")[0] not in bound)


def attributes_of(source: Source) -> frozenset[str]:
    """Return the names of all attributes that a function reads."""
    parts = ast.walk(source.node)
    return frozenset(part.attr for part in parts if isinstance(part, ast.Attribute))


def with_helpers(source: Source) -> tuple[Source, ...]:
    """Return a function and every function of the user that it calls, in turn."""
    found: dict[tuple[str, int], Source] = {}
    waiting = [source]
    while waiting:
        here = waiting.pop(0)
        if (here.file, here.line) in found:
            continue
        found[here.file, here.line] = here
        if here.rules is not None:
            waiting += here.rules.sources
        meanings = map(here.lookup, free_names(here))
        for meaning in meanings:
            if isinstance(meaning, (Helper, Derived)):
                waiting.append(meaning.source)
            elif isinstance(meaning, Record):
                waiting += meaning.methods.values()
    return tuple(found.values())


def digest(sources: Iterable[Source]) -> str:
    """Return a hash of functions' texts and of the constants that they read.

    It depends on nothing else: not on the Python version, on paths, or on what
    stands between the functions.
    """
    whole = hashlib.sha256()
    for source in sources:
        whole.update(source.text.encode())
        for name in (*free_names(source), *_annotated_names(source)):
            meaning = source.lookup(name)
            if isinstance(meaning, Constant) and meaning.text is not None:
                whole.update(f"{name} = {meaning.text}\n".encode())
            elif isinstance(meaning, Derived):
                whole.update(f"{name} = {meaning.name} {meaning.steps}\n".encode())
            elif isinstance(meaning, Record):
                whole.update(_class_text(name, meaning).encode())
    return whole.hexdigest()


def _annotated_names(source: Source) -> list[str]:
    """Return the names in the annotations of parameters, and that of a class."""
    every = source.node.args
    arguments = (*every.posonlyargs, *every.args, *every.kwonlyargs)
    notes = [a.annotation for a in arguments if a.annotation is not None]
    names = {n.id for note in notes for n in ast.walk(note) if isinstance(n, ast.Name)}
    outer = source.qualname.rpartition(".")[0]
    return sorted(names | ({outer} if outer.isidentifier() else set()))


def _class_text(name: str, record: Record) -> str:
    fields = {k: ast.unparse(v) for k, v in record.annotations.items()}
    return f"{name}: {record.kind} {record.fields} {fields}\n"
