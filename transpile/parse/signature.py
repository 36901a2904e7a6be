"""The parameters of the function that a program is about."""

from __future__ import annotations

from collections.abc import Mapping

import gast

from ..errors import Problem, TranspileError
from ..graph.ir import Argument, Packed, Type
from ..graph.structures import placed
from ..read.source import Constant, Source
from ..typetext import spelled_type
from .constants import WEAK
from .declared import annotated_types, packed_constant, resolved_structure
from .flow import parameters
from .objects import PLACE, Static
from .parts import form_of
from .renaming import Described


class Signature:
    """The parameters of the function that a program is about."""

    def __init__(self, source: Source, node: gast.FunctionDef) -> None:
        self.source = source
        self.node = node
        self.missing: list[str] = []
        self.annotated = annotated_types(source)

    def described(self, types: Mapping[str, Argument]) -> dict[str, Described]:
        """Return what the function is specialised for, or say what is missing."""
        found = {p.id: self._one(p, types) for p in parameters(self.node)}
        if self.missing:
            self._refuse_missing(types)
        return {name: given for name, given in found.items() if given is not None}

    def _one(
        self, parameter: gast.Name, types: Mapping[str, Argument]
    ) -> Described | None:
        kind = types.get(parameter.id) or self.annotated.get(parameter.id)
        if isinstance(kind, Packed):
            structure = resolved_structure(kind.structure, self.source)
            form = form_of(placed(structure, parameter.id))
            return Described(form, kind.types, (None,) * len(kind.types), ())
        if kind is not None:
            return Described(PLACE, (kind,), (None,), ())
        default = self.source.default(parameter.id)
        if isinstance(default, Constant):
            value = default.value
            if type(value) in WEAK:
                kind = Type(WEAK[type(value)])
                return Described(PLACE, (kind,), (None,), ())
            if value is None or isinstance(value, str):
                return Described(Static(value), (), (), ())
            packed = packed_constant(value)
            if packed is not None:
                form = form_of(placed(packed.structure, parameter.id))
                return Described(form, packed.types, (None,) * len(packed.types), ())
        self.missing.append(parameter.id)
        return None

    def _refuse_missing(self, types: Mapping[str, Argument]) -> None:
        wanted = ", ".join(f"{name}: f64[n]" for name in self.missing)
        known = [f"{name}: {spelled_type(kind)}" for name, kind in types.items()]
        names = " and ".join([", ".join(self.missing[:-1]), self.missing[-1]][-2:])
        names = names.removeprefix(" and ")
        text = ", ".join([*known, wanted])
        problem = self._problem(
            self.node,
            f"the types of {names} are not known",
            f'complete: --types "{text}" (f64 for a number, f64[m, n] for a matrix),'
            " in a program types=, or call it first",
        )
        raise TranspileError(problem)

    def _problem(self, node: gast.AST, message: str, help: str) -> Problem:
        line = self.source.line_text(node.lineno)
        start = node.col_offset
        end = node.end_col_offset if node.end_lineno == node.lineno else len(line)
        return self.source.problem(node.lineno, start, end, message, help)
