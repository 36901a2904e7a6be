"""Functions that exist: their names mean what their globals and cells hold now."""

from __future__ import annotations

import builtins
import difflib
import functools
import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import TranspileError, refuse
from .classes import (
    GIVEN,
    SPECIAL,
    ClassConstants,
    Given,
    Numbers,
    Watched,
    fields_of,
    literal_of,
    plain_method,
)
from .functions import file_text, find_node, name_in_library, python_function
from .lambdas import UNNAMED, as_def, find_lambda, is_lambda
from .library import is_library, library_constant, library_name
from .literal import NotLiteral
from .outside import Returns, named, outside_source
from .source import (
    DRAWN,
    GENERATORS,
    Constant,
    Derived,
    FunctionNode,
    Helper,
    Module,
    NumPyName,
    Record,
    Resolved,
    Rules,
    Source,
    Unknown,
    functions_of,
)
from .static import FunctionScope, ModuleScope

_MADE_BY = {"DUFunc": "numba.vectorize", "GUFunc": "numba.guvectorize"}

# What is a parameter where it is named, and not part of a text.
HELD = (np.ndarray, np.random.Generator, np.random.RandomState)


def from_function(
    function: object, watch: list[Watched] | None = None, name: str = UNNAMED
) -> Source:
    """Return the source of a function object.

    ``watch`` collects the names that are looked up, so that a caller can read them
    again and tell when one of them is bound anew. ``name`` is that of a lambda.
    """
    plain, watch = python_function(function), [] if watch is None else watch
    rules, given = _rules(plain, watch), _given(plain)
    if given is not None and rules is not None and given.returns is not None:
        return _outside(plain, given, rules, watch)
    return replace(_written(plain, watch, name), rules=rules)


def _given(function: types.FunctionType) -> Given | None:
    found: Given | None = vars(function).get(GIVEN)
    return found


def _rules(function: types.FunctionType, watch: list[Watched]) -> Rules | None:
    """Return the derivatives that `gradscribe.custom_derivative` gave to a function."""
    given = _given(function)
    if given is None:
        return None
    jvp, vjp = (f and from_function(f, watch) for f in (given.jvp, given.vjp))
    return Rules(jvp, vjp, given.wrt)


def _outside(
    function: types.FunctionType, given: Given, rules: Rules, watch: list[Watched]
) -> Source:
    """Return the source that stands for a function that is not read."""
    module, name = given.place or (function.__module__, function.__qualname__)
    if "<" in name:
        raise refuse(
            f"{name} is not read, and no module has it: a text cannot call it",
            "define it at the head of a file or a notebook cell",
        )
    if isinstance(given.returns, (str, tuple)):
        returns: Returns = given.returns
    else:
        returns = from_function(given.returns, watch)
    if given.place is not None:
        return outside_source(module, name, named(rules.handed), returns, rules)
    written = _written(function, watch)
    arguments = written.node.args
    return outside_source(module, name, arguments, returns, rules, written)


def _written(
    function: types.FunctionType, watch: list[Watched], name: str = UNNAMED
) -> Source:
    """Return the source of a function as it is written, without what is said of it."""
    code = function.__code__
    text = file_text(function)
    qualname = code.co_qualname
    if is_lambda(function):
        text = as_def(find_lambda(function, text), text, name)
        ((qualname, node),) = functions_of(text)
    else:
        node = find_node(function, text)
    scope = LiveScope(function, node, text, watch)
    return Source(code.co_filename, text, qualname, node.lineno, scope)


class Unbound(NameError):
    """A name means nothing; the message says what it is not."""


@dataclass(eq=False, slots=True)
class LiveScope:
    """The cells, globals and builtins of a function object."""

    function: types.FunctionType
    node: FunctionNode
    text: str
    watch: list[Watched]
    _static: FunctionScope | None = field(default=None, init=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LiveScope) and self.function is other.function

    def __hash__(self) -> int:
        return hash(self.function)

    def read(self, name: str) -> object:
        """Return the object that a name or dotted name means now."""
        first, *rest = name.split(".")
        value = self._first(first)
        for part in rest:
            value = getattr(value, part)
        return value

    def _first(self, name: str) -> object:
        cell = self._cell(name)
        if cell is not None:
            try:
                return cell.cell_contents
            except ValueError:
                raise Unbound("is not bound yet") from None
        if name in self.function.__globals__:
            return self.function.__globals__[name]
        if hasattr(builtins, name):
            return getattr(builtins, name)
        raise Unbound("is not defined")

    def _near(self, name: str) -> str:
        """Return what name may have been meant, or nothing."""
        near = difflib.get_close_matches(name, self.function.__globals__, 1)
        return f"did you mean {near[0]}?" if near else ""

    def lookup(self, name: str) -> Resolved:
        """Return the meaning of a name or dotted name."""
        try:
            value = self.read(name)
        except Unbound as error:
            return Unknown(str(error), self._near(name))
        except AttributeError as error:
            return Unknown(f"is not defined: {error}")
        meaning = self.meaning(name, value)
        home = self._home(name)
        if isinstance(meaning, Constant):
            meaning = replace(meaning, home=home)
        self._watch(name, value, home, getattr(meaning, "origin", None))
        return meaning

    def _watch(
        self, name: str, value: object, home: str, origin: tuple[str, int] | None
    ) -> None:
        """Note what a name means now; what is in a library's module stays there."""
        first = name.partition(".")[0]
        root = self._first(first)
        if isinstance(root, types.ModuleType) and is_library(root.__name__):
            name, value = first, root
        if not any(w.name == name and w.home == home for w in self.watch):
            read, space = self._reader(name)
            self.watch.append(Watched(name, read, value, home, origin, space))

    def _cell(self, name: str) -> types.CellType | None:
        free = self.function.__code__.co_freevars
        closure = self.function.__closure__
        return closure[free.index(name)] if closure and name in free else None

    def _home(self, name: str) -> str:
        """Return what tells the name from those of other modules and closures."""
        cell = self._cell(name.partition(".")[0])
        file = self.function.__code__.co_filename
        return file if cell is None else f"{file} cell {id(cell)}"

    def _reader(
        self, name: str
    ) -> tuple[Callable[[], object], Mapping[str, object] | None]:
        """Return what reads a name again, fast where that is simple; where it looks."""
        space, cell = self.function.__globals__, self._cell(name)
        if cell is not None:
            return functools.partial(getattr, cell, "cell_contents"), None
        if name in space:
            return functools.partial(space.__getitem__, name), space
        if hasattr(builtins, name):  # what is in a library stays there
            return functools.partial(space.get, name, getattr(builtins, name)), space
        return functools.partial(self.read, name), None

    def meaning(self, name: str, value: object) -> Resolved:
        """Return the meaning of a value that a name stands for."""
        if isinstance(value, types.ModuleType):
            return Module(value.__name__)
        if isinstance(value, (*Numbers, *HELD, str, tuple, slice, type(None))):
            return self._constant(name, value)
        dotted = name_in_library(value)
        if dotted is not None:
            return library_name(dotted)
        function = getattr(value, "py_func", value)
        if isinstance(function, types.FunctionType):
            try:
                last = name.rpartition(".")[2] or UNNAMED
                return Helper(from_function(function, self.watch, last))
            except TranspileError as error:
                return Unknown(f"cannot be read: {error.problems[0].message}")
        if isinstance(value, type):
            return self._class(name, value)
        made = _MADE_BY.get(type(value).__name__)
        if made is not None:
            return Unknown(
                f"is made by {made}, which cannot be read; call a function with its"
                " formula over whole arrays"
            )
        if hasattr(value, "primal") and hasattr(value, "save"):
            return self._derivative(value)
        kind = type(value).__name__
        help = DRAWN if kind in GENERATORS else ""
        return Unknown(f"is a {kind}, which cannot be used here", help)

    def _derivative(self, value: Any) -> Resolved:
        """Return what a derivative means: what it is of, and how it is taken."""
        made = value.transform
        if value.has_bound:
            return Unknown(
                "is the derivative of a bound method, or of a partial: it is called by"
                " the text with all arguments"
            )
        try:
            source = from_function(made.function, self.watch)
        except TranspileError as error:
            return Unknown(f"cannot be read: {error.problems[0].message}")
        return Derived(value.__name__, source, made.steps, made.settings())

    def _class(self, name: str, value: type) -> Record:
        """Return what a class means, with the types that its file gives to fields."""
        static = self.static.lookup(name)
        written = static.annotations if isinstance(static, Record) else {}
        return replace(self.record(value), annotations=written)

    def record(self, kind: type) -> Record:
        """Return a class as one whose instances are named values.

        NamedTuples and dataclasses can be made of their fields; others are read only.
        """
        form, fields, given = fields_of(kind)
        found = [base for base in kind.__mro__[::-1] if base is not object]
        methods: dict[str, Source] = {}
        special = {"properties": set[str](), "unbound": set[str]()}
        for name, value in (pair for base in found for pair in vars(base).items()):
            function = plain_method(value)
            source = None if function is None else self._method(kind, name, function)
            methods.pop(name, None)
            for names in special.values():
                names.discard(name)
            if source is not None:
                methods[name] = source
                special.get(SPECIAL.get(type(value), ""), set()).add(name)
        defaults = {k: Constant(v, literal_of(v)) for k, v in given.items()}
        return Record(
            kind.__qualname__,
            form,
            fields,
            defaults,
            methods,
            frozenset(special["properties"]),
            frozenset(special["unbound"]),
            ClassConstants(self.watch, kind, fields),
            made_by=kind,
        )

    def _method(
        self, kind: type, name: str, function: types.FunctionType
    ) -> Source | None:
        """Return the source of a method, if there is one; it is watched."""
        module = function.__globals__.get("__name__", "")
        if is_library(module) and module != "__main__":
            return None
        try:
            source = from_function(function, self.watch)
        except TranspileError:
            return None
        home = f"{kind.__module__}.{kind.__qualname__}"
        if not any((w.name, w.home) == (name, home) for w in self.watch):
            read = functools.partial(inspect.getattr_static, kind, name)
            self.watch.append(Watched(name, read, read(), home))
        return source

    def _constant(self, name: str, value: object) -> Resolved:
        """Return a constant, with text and place if the file shows them."""
        static = self.static.lookup(name)
        if isinstance(static, NumPyName) and _constant_value(static) is value:
            return static
        if isinstance(value, HELD):
            return Constant(value, None, getattr(static, "origin", None))
        text = literal_of(value)
        origin = None
        if isinstance(static, Constant) and _same(static.value, value):
            text, origin = static.text, static.origin
        return Constant(value, text, origin)

    def default(self, parameter: str) -> Resolved:
        """Return the default value of a parameter."""
        parameters = inspect.signature(self.function, follow_wrapped=False).parameters
        value = parameters[parameter].default
        if value is inspect.Parameter.empty:
            return Unknown("has no default")
        static = self.static.default(parameter)
        if isinstance(static, Constant) and _same(static.value, value):
            return static
        if callable(value):
            return self.meaning(parameter, value)
        return Constant(value, literal_of(value))

    @property
    def static(self) -> FunctionScope:
        """What reading the function's file says."""
        if self._static is None:
            file = self.function.__code__.co_filename
            path = Path(file) if Path(file).is_file() else None
            module = ModuleScope(file, self.text, path, {})
            own = self.function.__code__.co_qualname
            qualname = self.node.name if is_lambda(self.function) else own
            self._static = FunctionScope(module, qualname, self.node)
        return self._static


def meaning_of(source: Source, value: object) -> Resolved:
    """Return what a value means to the functions of a live source."""
    assert isinstance(source.scope, LiveScope)
    return source.scope.meaning("", value)


def record_of(source: Source, kind: type) -> Record:
    """Return a class as the functions of a live source see it."""
    assert isinstance(source.scope, LiveScope)
    return source.scope.record(kind)


def _constant_value(name: NumPyName) -> object:
    try:
        return library_constant(name.dotted)
    except NotLiteral:
        return None


def _same(a: object, b: object) -> bool:
    return type(a) is type(b) and (a is b or repr(a) == repr(b))
