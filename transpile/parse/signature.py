"""The parameters of the function that a program is about."""

from __future__ import annotations

from collections.abc import Mapping

import gast

from ..errors import Problem, TranspileError
from ..ir import Type
from ..source import Constant, Source
from .annotations import from_annotation
from .constants import WEAK
from .flow import parameters
from .objects import Static
from .renaming import Described


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
        kind = types.get(parameter.id) or from_annotation(parameter.annotation)
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
