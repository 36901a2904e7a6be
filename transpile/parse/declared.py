"""The types that a function's annotations and ``types=`` declare."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import gast

from ..errors import nearest, refuse
from ..ir import Type
from ..source import Source
from .annotations import BadType, from_annotation, parse_types


def declared_types(source: Source, text: str | None) -> dict[str, Type]:
    """Return the types that ``types=`` and annotations give.

    A name in ``types=`` that is no parameter is an error.
    """
    every = source.node.args
    found = {}
    for argument in (*every.posonlyargs, *every.args, *every.kwonlyargs):
        if argument.annotation is not None:
            written = gast.parse(ast.unparse(argument.annotation), mode="eval")
            annotated = from_annotation(written.body)
            if annotated is not None:
                found[argument.arg] = annotated
    return found | parsed_types(text, source.parameters)


def parsed_types(text: str | None, parameters: Sequence[str]) -> dict[str, Type]:
    """Return the types that a text gives to some of the parameters."""
    try:
        types = parse_types(text or "")
    except BadType as error:
        help = "write them as in 'w: f64[n], X: f64[m, n], k: i64, lr: float'"
        raise refuse(f"types: {error}", help) from None
    for name in types:
        if name not in parameters:
            near = " or ".join(nearest(name, parameters))
            raise refuse(f"types: no parameter '{name}'", f"did you mean {near}?")
    return types
