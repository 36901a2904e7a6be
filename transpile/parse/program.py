"""Whole programs: a function and the functions that it calls."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import gast

from .. import language
from ..errors import Problem, TranspileError
from ..ir import Function, Program, Type
from ..linear import Atom, Linear
from ..source import Source
from .context import NeedsNumber
from .function import Made, OneFunction
from .renaming import Described
from .signature import Signature

MOST_ROUNDS = 20


@functools.lru_cache(maxsize=64)
def _tree(text: str) -> gast.Module:
    return gast.parse(text)


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
        try:
            made = self._parse(source, node, arguments, source.name)
        except NeedsNumber as needed:
            raise TranspileError(needed.problem) from None
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
            sizes: dict[Atom, Linear] = {}
            for _ in range(MOST_ROUNDS):
                functions = list(self.functions)
                one = OneFunction(self, source, node, arguments, sizes)
                made = one.parse(name)
                if not one.context.unified:
                    break
                sizes = one.context.sizes
                self.functions = functions
                self.made = {
                    key: old
                    for key, old in self.made.items()
                    if old.function in functions
                }
        finally:
            self.open.pop()
        for problem in one.context.problems:
            if problem not in self.problems:
                self.problems.append(problem)
        return made


def parse(source: Source, types: Mapping[str, Type]) -> Program:
    """Return the graph of a function and of what it calls.

    ``types`` gives the types of parameters; annotations and defaults the others.
    """
    return Parser().entry(source, types)
