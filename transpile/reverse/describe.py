"""The docstring of a gradient: what it returns, what is constant, what is stored."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from ..ir import Buffer, Equation, Function, Parameter, Program, Region, Value, captured
from ..linear import Derived, Linear

ITEM_SIZE = {"bool": 1, "float32": 4, "int32": 4, "complex64": 8, "complex128": 16}
WHAT = {
    "grad": "Gradient of {name} with respect to {wrt}.",
    "value_and_grad": "Value of {name} and its gradient with respect to {wrt}.",
    "vjp": "Product of a cotangent with the Jacobian of {name} with respect to {wrt}.",
}


def describe(program: Program, primal: str, wrt: tuple[str, ...], mode: str) -> Program:
    """Return the program with a docstring for its entry."""
    entry = program.entry
    names = wrt[0] if len(wrt) == 1 else f"({', '.join(wrt)})"
    lines = textwrap.wrap(WHAT[mode].format(name=primal, wrt=names), 84)
    facts = list(_facts(entry, wrt))
    if facts:
        lines += ["", *facts]
    attrs = MappingProxyType({**entry.attrs, "docstring": lines})
    return Program((*program.functions[:-1], replace(entry, attrs=attrs)))


def _facts(entry: Function, wrt: tuple[str, ...]) -> Iterator[str]:
    others = [p for p in entry.parameters if p.name not in (*wrt, "cotangent")]
    constant = [_constant(p) for p in others if p.kind != "global"]
    stored = stored_bytes(entry.body)
    sentences = []
    if constant:
        sentences.append(f"Constant: {', '.join(constant)}.")
    if stored:
        sentences.append(f"Stored for the backward part: {stored}.")
    if sentences:
        line = "  ".join(sentences)
        if len(line) <= 84:
            yield line
        else:
            yield from sentences


def _constant(parameter: Parameter) -> str:
    kinds = {v.type.dtype for v in parameter.values}
    for word in ("int", "uint", "bool", "weak_int"):
        if any(kind.startswith(word) for kind in kinds):
            return f"{parameter.name} ({'boolean' if word == 'bool' else 'integer'})"
    return parameter.name


def stored_bytes(body: Region) -> str:
    """Return how much the forward part keeps for the backward part, as a formula.

    Counted are arrays that the forward part makes and the backward part reads, but
    for its own copies of parameters.
    """
    kept: dict[Buffer, Value] = {}
    made: dict[Buffer, Value] = {}
    growing: set[Buffer] = set()
    for eq in body.equations:
        if eq.backward:
            for value in captured(eq):
                if value.buffer in made:
                    kept[value.buffer] = made[value.buffer]
        elif not _copies_parameter(eq, body):
            for value in eq.results:
                if value.buffer is not None and not value.buffer.parameter:
                    made.setdefault(value.buffer, value)
            growing |= {b for b in _grown(eq) if b is not None}
    terms = [_bytes(v, v.buffer in growing) for v in kept.values()]
    total: dict[str, int] = {}
    for size, text in terms:
        total[text] = total.get(text, 0) + size
    parts = [f"{size}*{text}" if text else f"{size}" for text, size in total.items()]
    return f"{' + '.join(parts)} bytes" if parts else ""


def _copies_parameter(eq: Equation, body: Region) -> bool:
    return eq.op == "copy" and eq.operands[0] in body.params


def _grown(eq: Equation) -> Iterator[Buffer | None]:
    for region in eq.regions:
        for inner in region.equations:
            if inner.op == "concatenate":
                yield inner.result.buffer
            yield from _grown(inner)


def _bytes(value: Value, growing: bool) -> tuple[int, str]:
    size = ITEM_SIZE.get(value.type.dtype, 8)
    shape = value.type.shape
    factors = []
    if growing:
        factors.append("trips")
        shape = shape[1:]
    for form in shape:
        if form.value is not None:
            size *= form.value
        else:
            factors.append(_text(form))
    return size, "*".join(factors)


def _text(form: Linear) -> str:
    text = str(form)
    plain = len(form.terms) == 1 and form.constant == 0
    if plain and isinstance(form.atoms[0], Derived):
        parts = form.atoms[0].parts
        inside = [_text(p) if isinstance(p, Linear) else str(p) for p in parts]
        if form.atoms[0].kind == "product":
            return "*".join(inside)
        if form.atoms[0].kind == "clip":
            return f"max({', '.join(['0', *(str(p) for p in parts)])})"
    return text if plain else f"({text})"
