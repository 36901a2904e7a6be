"""Whole programs: a function and the functions that it calls."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

import gast

from ..errors import Problem, TranspileError
from ..graph.custom import custom_of, reached, with_custom
from ..graph.ir import Argument, Function, Program, Region
from ..graph.linear import Atom, Linear
from ..read import language
from ..read.source import Constant, Derived, Source
from .context import Endless, NeedsNumber, Unified
from .custom import Unpassed, with_rules
from .derivatives import Keys, Reader
from .frame import Frame
from .function import Made, OneFunction
from .recursion import Open, Recursive, Widened, endless, printing, unsettled
from .renaming import Described
from .signature import Signature

MOST_ROUNDS = 20
# So often parsing begins anew at once where sizes turn out to be equal. That spares
# the rest of a function, if it is the larger part.
MOST_HASTE = 4


@functools.lru_cache(maxsize=64)
def _tree(text: str) -> gast.Module:
    return gast.parse(text)


class Parser:
    """A program under construction: its functions, by what they are made for."""

    def __init__(
        self, reserved: Collection[str] = (), reader: Reader | None = None
    ) -> None:
        self.reserved = reserved
        self.reader = reader
        self.read: dict[object, tuple[Source, Keys]] = {}  # texts of derivatives
        self.made: dict[object, Made] = {}
        self.functions: list[Function] = []
        self.problems: list[Problem] = []
        self.open: list[Open] = []
        self.bases: dict[str, str] = {}  # names before they were numbered
        # What rules read besides what their functions do.
        self.passed: dict[Source, dict[tuple[str, str], Constant]] = {}

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

    def read_derivative(
        self, frame: Frame, derived: Derived, types: Mapping[str, Argument]
    ) -> tuple[Source, Keys]:
        """Return the text of a derivative for types, the same for the same."""
        key = derived, tuple(types.items())
        if self.reader is None or self.is_open(derived.source):
            frame.refuse(f"{derived.name} in the function that it is the derivative of")
        if key not in self.read:
            self.read[key] = self.reader(derived, types)
        return self.read[key]

    def private_operation(self, source: Source) -> str | None:
        """Return the operation of a private function of a generated file."""
        op = language.HELPER_NAMES.get(source.name)
        if op is not None and source.text.strip() == language.HELPERS[op].strip():
            return op
        return None

    def is_open(self, source: Source) -> bool:
        """Whether a function is being parsed, so that a call is a recursion."""
        return any(one.is_of(source) for one in self.open)

    # ---- functions ----

    def entry(self, source: Source, types: Mapping[str, Argument]) -> Program:
        """Return the program about a function with parameters of given types."""
        node = self.node_of(source)
        arguments = Signature(source, node).described(types)
        this = Open(source, None)
        try:
            made = self._entry(this, node, arguments)
        except NeedsNumber as needed:
            raise TranspileError(needed.problem) from None
        if self.problems:
            raise TranspileError(self.problems)
        return self._named_anew(Program((*self.functions, made.function)))

    def _named_anew(self, program: Program) -> Program:
        """Return a program without what no attempt kept, nor gaps in its names."""
        called = {f.name for f in reached(program).functions}
        names = {program.entry.name: program.entry.name}
        for function in program.functions[:-1]:
            if function.name in called:
                base = self.bases.get(function.name, function.name)
                taken = [*names.values(), *self.reserved]
                names[function.name] = _free(base, taken)
        kept = (f for f in program.functions if f.name in names)
        return Program(tuple(_renamed(f, names) for f in kept))

    def _entry(
        self, this: Open, node: gast.FunctionDef, arguments: Mapping[str, Described]
    ) -> Made:
        """Return the function that a program is about.

        One that calls itself, or whose derivatives are given, becomes a function
        apart, which this one calls.
        """
        try:
            if this.source.rules is not None:
                raise Recursive
            return self._parse(this, node, arguments, this.source.name)
        except Recursive:
            self._forget([])
            this.around = True
            return self._parse(this, node, arguments, this.source.name)

    def specialise(
        self,
        source: Source,
        node: gast.FunctionDef,
        arguments: Mapping[str, Described],
        back: Mapping[Atom, Linear],
        copies: bool = False,
    ) -> Made:
        """Return a function parsed for certain arguments, the same for the same.

        With ``copies`` it returns copies of what may be an argument's memory.
        """
        copies = copies or source.rules is not None
        key = (source, tuple(arguments.items()), copies)
        while key not in self.made:
            this, before = Open(source, arguments, copies=copies), [*self.functions]
            around = self.open[0].around and self.open[0].source == source
            name = self._unique(f"_{source.name}" if around else source.name)
            made = self._parse(this, node, arguments, name)
            wider = (source, tuple(this.made_for.items()), copies)
            if wider not in self.made:
                self.made[wider] = made
                if not made.aliases:
                    self.functions.append(made.function)
            self.made[key] = self.made[wider]
            if source.rules is not None and not self.problems:
                self._add_rules(source, node, arguments, self.made[key], before)
        return self.made[key]

    def _add_rules(
        self,
        source: Source,
        node: gast.FunctionDef,
        arguments: Mapping[str, Described],
        made: Made,
        before: list[Function],
    ) -> None:
        """Add the rules of a function whose derivatives are given.

        They may call the function itself, which is known by now. Where they read what
        it is not handed yet, it is forgotten, and made once more.
        """
        try:
            whole = with_rules(self, source, node, arguments, made)
        except Unpassed as more:
            self.passed.setdefault(source, {}).update(more.constants)
            self._forget(before)
            return
        except BaseException:
            self._forget(before)
            raise
        old, new = made.function, whole.function
        self.functions = [new if f is old else f for f in self.functions]
        self.made = {k: whole if m is made else m for k, m in self.made.items()}

    def _unique(self, name: str) -> str:
        taken = [one.name for one in self.open]
        taken += [f.name for f in self.functions]
        found = _free(name, taken)
        self.bases[found] = name
        return found

    def _parse(
        self,
        this: Open,
        node: gast.FunctionDef,
        arguments: Mapping[str, Described],
        name: str,
    ) -> Made:
        """Parse a function until nothing more turns out about it."""
        this.name = name
        self.open.append(this)
        try:
            one, made = self._settled(this, node, arguments, name)
        finally:
            self.open.pop()
        for problem in one.context.problems:
            if problem not in self.problems:
                self.problems.append(problem)
        return made

    def _settled(
        self,
        this: Open,
        node: gast.FunctionDef,
        arguments: Mapping[str, Described],
        name: str,
    ) -> tuple[OneFunction, Made]:
        """Parse until no more sizes are equal, and calls of itself give the same."""
        sizes: dict[Atom, Linear] = {}
        for turn in range(MOST_ROUNDS):
            functions = list(self.functions)
            one = OneFunction(self, this.source, node, arguments, sizes)
            if turn < MOST_HASTE and not this.recursive:
                one.context.hasty = _first_half(node)
            try:
                made = one.parse_call(name) if this.around else one.parse(name)
            except Unified:
                sizes = one.context.sizes
            except Widened as wider:
                arguments = this.arguments = wider.arguments
                sizes, this.known = {}, None
            except Endless:
                raise TranspileError(endless(this.source)) from None
            else:
                if one.context.unified:
                    sizes = one.context.sizes
                elif this.settles(made) or one.context.problems:
                    if this.recursive:
                        found = printing(this.source, made.function, self.functions)
                        one.context.note(found)
                    return one, made
                this.known = made
            self._forget(functions)
        if this.recursive:
            raise TranspileError(unsettled(this.source))
        return one, made

    def _forget(self, functions: list[Function]) -> None:
        """Go back to fewer functions: the others were made for what was wrong."""
        self.functions = functions
        self.made = {
            key: old for key, old in self.made.items() if old.function in functions
        }


def _first_half(node: gast.FunctionDef) -> range:
    return range(node.lineno, (node.lineno + node.end_lineno) // 2)


def parse(
    source: Source,
    types: Mapping[str, Argument],
    reserved: Collection[str] = (),
    reader: Reader | None = None,
) -> Program:
    """Return the graph of a function and of what it calls.

    ``types`` gives the types of parameters; annotations and defaults the others. What
    is called has none of the ``reserved`` names. A ``reader`` reads derivatives.
    """
    return Parser(reserved, reader).entry(source, types)


def _free(name: str, taken: Collection[str]) -> str:
    """Return a name, numbered if it is taken."""
    count, found = 1, name
    while found in taken:
        count += 1
        found = f"{name}_{count}"
    return found


def _renamed(function: Function, names: Mapping[str, str]) -> Function:
    """Return a function with other names for itself and what it calls."""
    name, body = names[function.name], _calling(function.body, names)
    custom = custom_of(function)
    if custom is not None:
        function = with_custom(function, custom.renamed(names))
    return replace(function, name=name, body=body)


def _calling(region: Region, names: Mapping[str, str]) -> Region:
    equations = []
    for eq in region.equations:
        regions = tuple(_calling(r, names) for r in eq.regions)
        attrs = eq.attrs
        if eq.op == "call":
            attrs = MappingProxyType({**attrs, "callee": names[attrs["callee"]]})
        equations.append(replace(eq, regions=regions, attrs=attrs))
    return replace(region, equations=tuple(equations))
