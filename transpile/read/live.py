"""Functions that exist: their names mean what their globals and cells hold now."""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import linecache
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..errors import TranspileError, refuse
from .classes import (
    GIVEN,
    SPECIAL,
    ClassConstants,
    Numbers,
    Watched,
    fields_of,
    literal_of,
    plain_method,
)
from .library import is_library, library_constant, library_name
from .literal import NotLiteral
from .source import (
    Constant,
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


def from_function(function: object, watch: list[Watched] | None = None) -> Source:
    """Return the source of a function object.

    ``watch`` collects the names that are looked up, so that a caller can read them
    again and tell when one of them is bound anew.
    """
    plain, watch = python_function(function), [] if watch is None else watch
    code = plain.__code__
    text = "".join(linecache.getlines(code.co_filename, plain.__globals__))
    node = _find(plain, text)
    scope = LiveScope(plain, node, text, watch)
    rules = _rules(plain, watch)
    return Source(code.co_filename, text, code.co_qualname, node.lineno, scope, rules)


def _rules(function: types.FunctionType, watch: list[Watched]) -> Rules | None:
    """Return the derivatives that `gradscribe.custom_derivative` gave to a function."""
    given = vars(function).get(GIVEN)
    if given is None:
        return None
    jvp, vjp = (f and from_function(f, watch) for f in (given.jvp, given.vjp))
    return Rules(jvp, vjp, given.wrt)


def python_function(function: object) -> types.FunctionType:
    """Return the Python function behind an object, or say why there is none."""
    while isinstance(function, (types.MethodType, functools.partial)):
        bound = isinstance(function, types.MethodType)
        function = getattr(function, "__func__" if bound else "func")
    function = getattr(function, "py_func", function)  # a Numba dispatcher
    if isinstance(function, types.FunctionType):
        return function
    name = getattr(function, "__qualname__", None) or repr(function)
    if hasattr(function, "primal"):
        help = "write it to a file with .save(...) and transform the function there"
    elif hasattr(function, "__wrapped__") and name_in_library(function) is None:
        help = f"transform the function inside: {name}.__wrapped__"
    elif _is_called(function):
        help = "pass its method: object.__call__"
    elif callable(function):
        help = f"write a function around it: def f(x): return {_call_name(function)}(x)"
    else:
        help = "pass a function that is written with def"
    raise refuse(f"{name} is not a function written in Python", help)


def _is_called(value: object) -> bool:
    """Whether a value is an object of a class with a ``__call__`` in Python."""
    method = inspect.getattr_static(type(value), "__call__", None)
    return isinstance(method, types.FunctionType)


def _call_name(function: object) -> str:
    name: str = getattr(function, "__name__", "g")
    return f"np.{name}" if getattr(np, name, None) is function else name


def _find(function: types.FunctionType, text: str) -> FunctionNode:
    """Return the syntax tree of a function, making sure that it is the right one."""
    code = function.__code__
    if function.__name__ == "<lambda>" or code.co_name == "<lambda>":
        raise refuse(
            "a lambda has no name for its derivative to be called by",
            "write it as a def with a name",
            file=f"{code.co_filename}:{code.co_firstlineno}",
        )
    if not text:
        raise refuse(
            f"the source of {function.__name__} cannot be found",
            "save the function in a file, or define it in a notebook cell: what was"
            " typed at a prompt or made by exec is not kept by Python",
            file=code.co_filename,
        )
    try:
        functions = functions_of(text)
    except SyntaxError:
        functions = ()
    for _, node in functions:
        if node.name == code.co_name and _starts_at(node, code.co_firstlineno):
            if isinstance(node, ast.AsyncFunctionDef):
                raise refuse(f"{code.co_name} is async", "write it with a plain def")
            names = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
            if tuple(names) == code.co_varnames[: code.co_argcount]:
                return node
    raise refuse(
        f"the source of {function.__name__} has changed since it was imported",
        "import the module again",
        file=code.co_filename,
    )


def _starts_at(node: FunctionNode, line: int) -> bool:
    starts = [node.lineno, *(d.lineno for d in node.decorator_list)]
    return line == min(starts)


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
                raise NameError(f"name '{name}' is not bound yet") from None
        if name in self.function.__globals__:
            return self.function.__globals__[name]
        if hasattr(builtins, name):
            return getattr(builtins, name)
        raise NameError(f"name '{name}' is not defined")

    def lookup(self, name: str) -> Resolved:
        """Return the meaning of a name or dotted name."""
        try:
            value = self.read(name)
        except (NameError, AttributeError) as error:
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
            self.watch.append(Watched(name, self._reader(name), value, home, origin))

    def _cell(self, name: str) -> types.CellType | None:
        free = self.function.__code__.co_freevars
        closure = self.function.__closure__
        return closure[free.index(name)] if closure and name in free else None

    def _home(self, name: str) -> str:
        """Return what tells the name from those of other modules and closures."""
        cell = self._cell(name.partition(".")[0])
        file = self.function.__code__.co_filename
        return file if cell is None else f"{file} cell {id(cell)}"

    def _reader(self, name: str) -> Callable[[], object]:
        """Return what reads a name again, fast where that is simple."""
        space, cell = self.function.__globals__, self._cell(name)
        if cell is not None:
            return functools.partial(getattr, cell, "cell_contents")
        if name in space:
            return functools.partial(space.__getitem__, name)
        if hasattr(builtins, name):  # what is in a library stays there
            return functools.partial(space.get, name, getattr(builtins, name))
        return functools.partial(self.read, name)

    def meaning(self, name: str, value: object) -> Resolved:
        """Return the meaning of a value that a name stands for."""
        if isinstance(value, types.ModuleType):
            return Module(value.__name__)
        if isinstance(value, (*Numbers, np.ndarray, str, tuple, type(None))):
            return self._constant(name, value)
        dotted = name_in_library(value)
        if dotted is not None:
            return library_name(dotted)
        function = getattr(value, "py_func", value)
        if isinstance(function, types.FunctionType):
            try:
                return Helper(from_function(function, self.watch))
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
            return Unknown(
                "is a derivative, which is not read in the function that calls it;"
                " write it to a file with .save(...) and import it from there"
            )
        return Unknown(f"is a {type(value).__name__}, which cannot be used here")

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
        if isinstance(value, np.ndarray):
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
            qualname = self.function.__code__.co_qualname
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


def name_in_library(value: object) -> str | None:
    """Return the dotted name of a library's function or type: ``numpy.linalg.norm``.

    Examples
    --------
    >>> import math
    >>> name_in_library(np.exp), name_in_library(len), name_in_library(math.sin)
    ('numpy.exp', 'builtins.len', 'math.sin')
    """
    module = getattr(value, "__module__", None)
    name = getattr(value, "__name__", None)
    if isinstance(value, np.ufunc) and hasattr(np, value.__name__):
        return f"numpy.{name}"
    for home in ("scipy.special", "scipy.linalg"):
        if getattr(sys.modules.get(home), str(name), None) is value:
            return f"{home}.{name}"
    if getattr(sys.modules.get("numba"), str(name), None) is value:
        return f"numba.{name}"
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    if not is_library(module) or module == "__main__":
        return None
    if module == "gradscribe" and not hasattr(sys.modules[module], name):
        return None  # written in one of its examples
    top = module.startswith("numpy") and getattr(np, name, None) is value
    public = "numpy" if top else module
    return f"{public}.{name}"
