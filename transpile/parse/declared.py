"""The types that a function's annotations and ``types=`` declare."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

import gast

from ..errors import nearest, refuse
from ..graph.ir import Argument, Packed, Structure, Type
from ..read.literal import NotLiteral, dotted_name
from ..read.source import Record, Source
from ..typetext import UNRESOLVED, BadType, parse_types
from .annotations import from_annotation
from .constants import WEAK


def declared_types(source: Source, text: str | None) -> dict[str, Argument]:
    """Return the types that ``types=`` and annotations give.

    A name in ``types=`` that is no parameter is an error.
    """
    types = parsed_types(text, source.parameters)
    given = {name: resolved(kind, source) for name, kind in types.items()}
    return annotated_types(source) | given


def annotated_types(source: Source) -> dict[str, Argument]:
    """Return the types that the annotations of parameters give."""
    every = source.node.args
    found = {}
    for argument in (*every.posonlyargs, *every.args, *every.kwonlyargs):
        if argument.annotation is not None:
            annotated = _annotated(argument.annotation, source)
            if annotated is not None:
                found[argument.arg] = annotated
    receiver = _receiver(source)
    if receiver is not None:
        found = {source.parameters[0]: receiver} | found
    return found


def _receiver(source: Source) -> Argument | None:
    """Return the type of the instance, for a method of a class with typed fields."""
    outer, _, _ = source.qualname.rpartition(".")
    decorated = any(
        ast.unparse(d) == "staticmethod" for d in source.node.decorator_list
    )
    if not outer or outer.endswith("<locals>") or decorated or not source.parameters:
        return None
    return _record(outer.rpartition(".")[2], source)


def _annotated(node: ast.expr, source: Source) -> Argument | None:
    """Return the type that an annotation gives, also of what holds parts."""
    written = gast.parse(ast.unparse(node), mode="eval").body
    kind = from_annotation(written)
    if kind is not None:
        return kind
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return _annotated(ast.parse(node.value.strip(), mode="eval").body, source)
        except SyntaxError:
            return None
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) in _TUPLES:
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _packed("tuple", [_annotated(part, source) for part in parts])
    try:
        return _record(dotted_name(node), source)
    except NotLiteral:
        return None


_TUPLES = ("tuple", "Tuple", "typing.Tuple")


def _record(name: str, source: Source) -> Argument | None:
    """Return the type of a class whose fields are annotated."""
    record = source.lookup(name)
    if not isinstance(record, Record) or not record.annotations:
        return None
    fields = record.fields or tuple(record.annotations)
    if not all(field in record.annotations for field in fields):
        return None
    parts = [_annotated(record.annotations[field], source) for field in fields]
    return _packed(record.kind, parts, fields, record)


def _packed(
    kind: str,
    parts: Sequence[Argument | None],
    names: tuple[object, ...] = (),
    record: Record | None = None,
) -> Packed | None:
    children: list[Structure] = []
    types: list[Type] = []
    for part in parts:
        if part is None:
            return None
        whole = part if isinstance(part, Packed) else Packed(Structure(), (part,))
        children.append(whole.structure)
        types += whole.types
    return Packed(Structure(kind, tuple(children), names, record), tuple(types))


def packed_constant(value: object) -> Packed | None:
    """Return the type of a tuple or list of numbers, None and text; else None."""
    if not isinstance(value, (tuple, list)):
        return None
    return _packed(type(value).__name__, list(map(_of_constant, value)))


def _of_constant(value: object) -> Argument | None:
    if value is None or isinstance(value, str):
        return Packed(Structure("none", given=value), ())
    kind = WEAK.get(type(value))
    return packed_constant(value) if kind is None else Type(kind)


def resolved(kind: Argument, source: Source) -> Argument:
    """Return a type in which the classes of records are known, not only named."""
    if not isinstance(kind, Packed):
        return kind
    return Packed(resolved_structure(kind.structure, source), kind.types)


def resolved_structure(structure: Structure, source: Source) -> Structure:
    """Return a structure with the classes of its records."""
    children = tuple(resolved_structure(child, source) for child in structure.children)
    if structure.kind != UNRESOLVED:
        return replace(structure, children=children)
    name = str(structure.given)
    record = source.lookup(name)
    if not isinstance(record, Record):
        raise refuse(f"types: '{name}' is no class of {source.file}")
    return Structure(record.kind, children, structure.names, record)


def parsed_types(text: str | None, parameters: Sequence[str]) -> dict[str, Argument]:
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
