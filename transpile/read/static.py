"""Functions read from files. Nothing here imports or runs the user's code."""

from __future__ import annotations

import ast
import builtins
import difflib
import sys
import tokenize
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import TranspileError, refuse
from .bindings import assigned, bindings_of, default_of, names_bound_by
from .given import CUSTOM, BadRules, marked, with_rules
from .lambdas import as_def
from .library import is_library, library_constant, library_name
from .literal import NotLiteral, dotted_name, evaluate
from .modules import (
    SPEC_HELP,
    file_help,
    find_module,
    module_of,
    package_of,
    shown,
    syntax_problem,
)
from .source import (
    Constant,
    FunctionNode,
    Helper,
    Module,
    NumPyName,
    Record,
    Resolved,
    Source,
    Unknown,
    constant_text,
    functions_of,
    named_fields,
    tree_of,
)
from .transforms import derived, mode_of

# What leaves a function's meaning alone when it decorates or wraps it.
TRANSPARENT = (
    "numba.",
    "gradscribe.jit",
    "builtins.staticmethod",
    "functools.cache",
    "functools.lru_cache",
    CUSTOM,
)


def from_spec(spec: str, folder: Path = Path()) -> Source:
    """Return the function that ``FILE.py:FUNC`` or ``pkg.mod:Class.method`` names.

    The paths of files start from ``folder``.
    """
    place, _, qualname = spec.rpartition(":")
    if not place or not qualname:
        raise refuse(f"'{spec}' does not name a function", _named(folder / spec))
    path: Path | None = shown(folder / place)
    if not place.endswith(".py"):
        path = find_module(place, (Path.cwd(), *map(Path, sys.path)))
    if path is None or not path.is_file():
        raise refuse(f"there is no file or module '{place}'", file_help(Path(place)))
    return from_file(path, qualname)


def _named(path: Path) -> str:
    """Return how to name a function, with those of the file if it is one."""
    if path.suffix != ".py" or not path.is_file():
        return SPEC_HELP
    path = shown(path)
    names = [name for name, _ in ModuleScope.read(path, {}).functions]
    specs = [f"{path.as_posix()}:{name}" for name in names if "<locals>" not in name]
    return f"write {' or '.join(specs[:3])}" if specs else "the file has no functions"


def from_file(path: Path, qualname: str) -> Source:
    """Return a function of a file."""
    return ModuleScope.read(path, {}).source(qualname)


def from_text(text: str, qualname: str, file: str = "<text>") -> Source:
    """Return a function of a module given as text."""
    return ModuleScope(file, text, None, {}).source(qualname)


@dataclass(eq=False, slots=True)
class ModuleScope:
    """The names of one module, found by reading its text.

    ``modules`` are the modules read so far, shared by all of one run.
    """

    file: str
    text: str
    path: Path | None
    modules: dict[Path, ModuleScope]
    resolving: set[str] = field(default_factory=set)

    @staticmethod
    def read(path: Path, modules: dict[Path, ModuleScope]) -> ModuleScope:
        """Return the module of a file."""
        key = path.resolve()
        if key not in modules:
            try:
                with tokenize.open(path) as file:
                    text = file.read()
            except (SyntaxError, UnicodeDecodeError) as error:
                raise refuse(f"cannot read it: {error}", file=str(path)) from None
            modules[key] = ModuleScope(path.as_posix(), text, path, modules)
        return modules[key]

    def source(self, qualname: str) -> Source:
        """Return a function of the module, or say which names are near."""
        found = [node for name, node in self.functions if name == qualname]
        if not found:
            names = [name for name, _ in self.functions]
            near = difflib.get_close_matches(qualname, names, 3, 0.5) or names[:5]
            help = f"did you mean {' or '.join(near)}?" if near else None
            raise refuse(f"there is no function '{qualname}'", help, file=self.file)
        self._refuse_decorated(qualname, found[-1])
        return self._make(qualname, found[-1])

    def _refuse_decorated(self, qualname: str, node: FunctionNode) -> None:
        """Raise if a decorator may make another function of one to be transformed."""
        for decorator in node.decorator_list:
            if not self._transparent(decorator, (*TRANSPARENT, "gradscribe.")):
                raise refuse(
                    f"'{qualname}' is decorated with @{ast.unparse(decorator)}, which"
                    " may change it",
                    "transform a function without the decorator",
                    file=f"{self.file}:{node.lineno}",
                )

    def _make(self, qualname: str, node: FunctionNode) -> Source:
        scope = FunctionScope(self, qualname, node)
        marks = (m for m in node.decorator_list if self._transparent(m, (CUSTOM,)))
        mark = next(marks, None)
        place = self.file, self.text, qualname, node.lineno
        made = Source(*place, scope, module=self.module)
        return made if mark is None else marked(made, mark)

    @property
    def functions(self) -> tuple[tuple[str, FunctionNode], ...]:
        """Every function of the module with its qualified name."""
        try:
            return functions_of(self.text)
        except SyntaxError as error:
            raise TranspileError(syntax_problem(error, self.file, self.text)) from None

    def lookup(self, name: str) -> Resolved:
        """Return the meaning of a name or dotted name at the module's level."""
        first, _, rest = name.partition(".")
        if first in self.resolving:
            return Unknown("is defined in terms of itself")
        self.resolving.add(first)
        try:
            meaning = self._lookup(first)
        finally:
            self.resolving.discard(first)
        if not rest:
            return meaning
        if isinstance(meaning, Module):
            return self.member(meaning.name, rest)
        if isinstance(meaning, NumPyName):
            return library_name(f"{meaning.dotted}.{rest}")
        return Unknown(f"is an attribute of {first}, which is not a module")

    def _lookup(self, name: str) -> Resolved:
        statements = self.bindings.get(name)
        if statements is None:
            return self._unbound(name)
        meanings = [self._bound(name, statement) for statement in statements]
        known = [m for m in meanings if not isinstance(m, Unknown)]
        if len(meanings) == 1 or all(m == known[0] for m in known[1:]):
            return known[0] if known else meanings[0]
        return Unknown("is bound more than once")

    def _unbound(self, name: str) -> Resolved:
        for statement in tree_of(self.text).body:
            if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
                meaning = self.member(self.absolute(statement), name)
                if not isinstance(meaning, Unknown):
                    return meaning
        if hasattr(builtins, name):
            return NumPyName(f"builtins.{name}")
        return Unknown()

    def _bound(self, name: str, statement: ast.stmt) -> Resolved:
        match statement:
            case ast.Import(names=aliases):
                for alias in aliases:
                    if alias.asname == name:
                        return Module(alias.name)
                return Module(name)
            case ast.ImportFrom(names=aliases):
                real = next(a.name for a in aliases if (a.asname or a.name) == name)
                return self.member(self.absolute(statement), real)
            case ast.FunctionDef():
                return self.function(name, statement)
            case ast.ClassDef():
                return self.record(statement)
        value = assigned(statement, name)
        if isinstance(value, ast.Lambda):
            return self._lambda(name, value)
        if value is not None:
            return self.value(value)
        return Unknown("is not assigned by a plain statement of the module")

    def function(self, qualname: str, node: FunctionNode) -> Resolved:
        """Return a function as a helper, unless a decorator may change its meaning."""
        for decorator in node.decorator_list:
            if not self._transparent(decorator):
                text = ast.unparse(decorator)
                return Unknown(f"is decorated with @{text}, which may change it")
        try:
            return Helper(self._make(qualname, node))
        except BadRules as error:
            return Unknown(str(error))

    def _lambda(self, name: str, node: ast.Lambda) -> Resolved:
        """Return a lambda as the function with the name that it is assigned to."""
        text = as_def(node, self.text, name)
        ((_, made),) = functions_of(text)
        scope = FunctionScope(self, name, made)
        return Helper(Source(self.file, text, name, node.lineno, scope))

    def record(self, node: ast.ClassDef) -> Resolved:
        """Return a class: a NamedTuple, a dataclass, or one that is only read."""
        kind, known = named_fields(node)
        defaults = {k: self.value(v) for k, v in known.items() if v is not None}
        fields = [n for n in node.body if isinstance(n, ast.AnnAssign)]
        held = [n for n in node.body if isinstance(n, ast.Assign)]
        constants = {
            ast.unparse(target): self.value(n.value)
            for n in held
            for target in n.targets
        }
        methods, special = {}, {"property": set[str](), "staticmethod": set[str]()}
        for n in node.body:
            if isinstance(n, FunctionNode):
                marks = [ast.unparse(mark) for mark in n.decorator_list]
                if marks in ([], ["property"], ["staticmethod"]):
                    methods[n.name] = self._make(f"{node.name}.{n.name}", n)
                    special.get("".join(marks), set()).add(n.name)
        return Record(
            node.name,
            kind or "object",
            tuple(known),
            defaults,
            methods,
            frozenset(special["property"]),
            frozenset(special["staticmethod"]),
            constants,
            {ast.unparse(n.target): n.annotation for n in fields},
        )

    def value(self, node: ast.expr) -> Resolved:
        """Return the meaning of the right-hand side of an assignment."""
        if isinstance(node, (ast.Name, ast.Attribute)):
            try:
                return self.lookup(dotted_name(node))
            except NotLiteral:
                return Unknown("is not a constant")
        mode = mode_of(self.lookup, node)
        if mode is not None and isinstance(node, ast.Call):
            return derived(self.value(node.args[0]), mode, node)
        if isinstance(node, ast.Call) and len(node.args) == 1:
            inner = node.args[0]
            named = isinstance(inner, (ast.Name, ast.Attribute))
            if named and self._transparent(node.func):
                found = self.value(inner)
                given = self._transparent(node, (CUSTOM,))
                return with_rules(self.lookup, found, node) if given else found
        try:
            value = evaluate(node, self._constant)
        except NotLiteral as error:
            return Unknown(f"is not a constant that can be read: {error}")
        text = constant_text(self.text, node, value)
        return Constant(value, text, (self.file, node.lineno))

    def _constant(self, name: str) -> object:
        meaning = self.lookup(name)
        if isinstance(meaning, Constant):
            return meaning.value
        if isinstance(meaning, NumPyName):
            return library_constant(meaning.dotted)
        raise NotLiteral(name)

    def _transparent(
        self, decorator: ast.expr, known: tuple[str, ...] = TRANSPARENT
    ) -> bool:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        try:
            meaning = self.lookup(dotted_name(called))
        except NotLiteral:
            return False
        if not isinstance(meaning, NumPyName):
            return False
        return meaning.dotted.startswith(known)

    def member(self, module: str, name: str) -> Resolved:
        """Return the meaning of a dotted name in a module."""
        if is_library(module):
            return library_name(f"{module}.{name}")
        first, _, rest = name.partition(".")
        path = find_module(module, self.roots)
        if path is not None:
            scope = ModuleScope.read(path, self.modules)
            if scope is not self and (first in scope.bindings or scope.stars):
                return scope.lookup(name)
        inner = f"{module}.{first}"
        folders = [root / Path(*inner.split(".")) for root in self.roots]
        if find_module(inner, self.roots) or any(f.is_dir() for f in folders):
            return self.member(inner, rest) if rest else Module(inner)
        return Unknown(f"is not found in the module {module}")

    @property
    def stars(self) -> bool:
        """Whether the module imports ``*`` from another."""
        body = tree_of(self.text).body
        froms = (s for s in body if isinstance(s, ast.ImportFrom))
        return any(s.names[0].name == "*" for s in froms)

    def absolute(self, statement: ast.ImportFrom) -> str:
        """Return the module that a ``from`` import names, without leading dots."""
        if not statement.level:
            return statement.module or ""
        package = self.package[1]
        package = package[: len(package) - (statement.level - 1)]
        return ".".join([*package, *filter(None, [statement.module])])

    @property
    def package(self) -> tuple[Path, tuple[str, ...]]:
        """The folder that the module's package lies in, and the package's parts."""
        return package_of(self.path or Path("_"))

    @property
    def module(self) -> str | None:
        """What the module is imported as."""
        return None if self.path is None else module_of(self.path)

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders that absolute imports start from."""
        own = () if self.path is None else (self.package[0],)
        return (*own, *map(Path, sys.path))

    @property
    def bindings(self) -> dict[str, list[ast.stmt]]:
        """The statements that bind each name of the module."""
        return bindings_of(self.text)


@dataclass(frozen=True, slots=True)
class FunctionScope:
    """The names that one function of a module sees."""

    module: ModuleScope
    qualname: str
    node: FunctionNode

    def lookup(self, name: str) -> Resolved:
        """Return the meaning of a name or dotted name."""
        outer = self.qualname.rpartition(".<locals>.")[0]
        if outer:
            return self._enclosing(outer, name)
        return self.module.lookup(name)

    def _enclosing(self, qualname: str, name: str) -> Resolved:
        functions = dict(self.module.functions)
        inner = functions.get(f"{qualname}.<locals>.{name}")
        if inner is not None:
            return self.module.function(f"{qualname}.<locals>.{name}", inner)
        node = functions[qualname]
        if name.partition(".")[0] in names_bound_by(node):
            return Unknown(f"is a variable of {qualname}, known only when it runs")
        return FunctionScope(self.module, qualname, node).lookup(name)

    def default(self, parameter: str) -> Resolved:
        """Return the default value of a parameter."""
        node = default_of(self.node, parameter)
        if node is None:
            return Unknown("has no default")
        return self.module.value(node)
