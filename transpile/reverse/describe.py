"""The docstring of a gradient: what it returns, what is constant, what is stored."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from ..graph.custom import rules_of
from ..graph.ir import (
    Buffer,
    Equation,
    Function,
    Parameter,
    Program,
    Region,
    Value,
    captured,
    walk,
)
from ..graph.linear import Atom, Derived, Linear, Size
from ..graph.structures import identifier, is_at
from ..selection import places
from ..steps import Step

ITEM_SIZE = {"bool": 1, "float32": 4, "int32": 4, "complex64": 8, "complex128": 16}
WHAT = {
    "grad": "Gradient of {name} with respect to {wrt}.",
    "value_and_grad": "Value of {name} and its gradient with respect to {wrt}.",
    "vjp": "Cotangent times the Jacobian of {name} with respect to {wrt}.",
    "jvp": "Value of {name}, and its Jacobian by {wrt} times a tangent.",
    "hvp": "Hessian of {name} with respect to {wrt} times a vector.",
    "jacobian": "Jacobian of {name} with respect to {wrt}.",
    "value_and_jacobian": "Value of {name} and its Jacobian with respect to {wrt}.",
    "hessian": "Hessian of {name} with respect to {wrt}.",
    "compressed": "Jacobian of {name} with respect to {wrt}, times a matrix of seeds.",
    "pattern": "Which elements of {name} depend on which sets (seeds) of {wrt}.",
}


UNKNOWN = "arrays whose length depends on the data"
HALF = "//2"
LIMITS = {"clip": "max(0, {})", "min": "min({})"}
# The length of an array that doubles when it is full, of 16 rows at first.
DOUBLED = "max(16, 2*trips)"
PARTS = {
    "_forward": "Forward part of {name}: its value and what its backward part needs.",
    "_backward": "Backward part of {name}: what it adds to the adjoints.",
    "_jvp": "What {name} does, and its tangents.",
    "_pattern": "What {name} does, and which results depend on what.",
    "_forward_jvp": "Forward part of {name}, and its tangents.",
    "_backward_jvp": "Backward part of {name}, and its tangents.",
}
AGAIN = (
    "Every level runs {name} again for the levels below: the time is that of {name}"
    " times the number of levels, at most."
)
# Of a docstring in a function; the quotes stand on the first line.
WIDTH = 84
QUOTES = 3


def describe(program: Program, primal: str, step: Step) -> Program:
    """Return the program with a docstring for its entry and the parts of helpers."""
    entry, wrt, mode = program.entry, step.wrt, step.mode
    names = wrt[0] if len(wrt) == 1 else f"({', '.join(wrt)})"
    lines = _wrapped(WHAT[mode].format(name=primal, wrt=names))
    facts = list(_facts(entry, wrt))
    if facts:
        lines += ["", *facts]
    given = {name for f in program.functions for name in rules_of(f)}
    helpers = [f if f.name in given else _described(f) for f in program.functions[:-1]]
    return Program((*helpers, _documented(entry, lines)))


def _documented(function: Function, lines: list[str]) -> Function:
    attrs = MappingProxyType({**function.attrs, "docstring": lines})
    return replace(function, attrs=attrs)


def _described(function: Function) -> Function:
    """Return a helper with a docstring, if it is a part of a user's function."""
    found = re.fullmatch(
        r"(\w+?)((?:_forward|_backward)?_jvp|_pattern|_forward|_backward)(?:_\d+)?",
        function.name,
    )
    if found is None or function.doc:
        return function
    lines = _wrapped(PARTS[found[2]].format(name=found[1]))
    calls = {eq.attrs.get("callee") for eq in walk(function.body)}
    if calls >= {function.name, found[1]}:
        lines += ["", *textwrap.wrap(AGAIN.format(name=found[1]), WIDTH)]
    return _documented(function, lines)


def _wrapped(summary: str) -> list[str]:
    """Return the first paragraph of a docstring, whose quotes stand around it."""
    wrapped = textwrap.wrap(" " * QUOTES + summary, WIDTH - QUOTES)
    return [wrapped[0][QUOTES:], *wrapped[1:]]


def _facts(entry: Function, wrt: tuple[str, ...]) -> Iterator[str]:
    known = (*wrt, "cotangent", "tangent", "vector", "seeds")
    others = [p for p in entry.parameters if p.name not in known]
    constant = [c for p in others if p.kind != "global" for c in _constants(p, wrt)]
    stored = stored_bytes(entry)
    sentences = []
    if constant:
        sentences.append(f"Constant: {', '.join(constant)}.")
    if stored:
        sentences.append(f"Stored for the backward part: {stored}.")
    line = "  ".join(sentences)
    if len(line) <= WIDTH:
        yield from filter(None, [line])
        return
    for sentence in sentences:
        yield from textwrap.wrap(
            sentence, WIDTH, break_long_words=False, break_on_hyphens=False
        )


def _constants(parameter: Parameter, wrt: tuple[str, ...]) -> Iterator[str]:
    """Yield a parameter, or those of its parts that are not differentiated by."""
    if not any(is_at(place, parameter.name) for place in wrt):
        yield _constant(parameter)
        return
    for place, _ in places(parameter):
        if not any(is_at(place, chosen) for chosen in wrt):
            yield place


def _constant(parameter: Parameter) -> str:
    if parameter.structure.kind != "leaf":
        return parameter.name
    kinds = {v.type.dtype for v in parameter.values}
    for word in ("int", "uint", "bool", "weak_int"):
        if any(kind.startswith(word) for kind in kinds):
            return f"{parameter.name} ({'boolean' if word == 'bool' else 'integer'})"
    return parameter.name


def stored_bytes(function: Function) -> str:
    """Return how much the forward part keeps for the backward part, as a formula.

    Counted are arrays that the forward part makes and the backward part reads, but
    for its own copies of parameters, and what iterations that are run again keep.
    """
    body = function.body
    kept: dict[Buffer | None, Value] = {}
    made: dict[Buffer | None, Value] = {}
    growing: set[Buffer] = set()
    for eq in body.equations:
        if eq.attrs.get("once"):
            kept[eq.result.buffer] = eq.result
        elif eq.backward:
            for value in captured(eq):
                if value.buffer in made:
                    kept[value.buffer] = made[value.buffer]
        elif not _copies_parameter(eq, body):
            for value in eq.results:
                if value.buffer is not None and not value.buffer.parameter:
                    made.setdefault(value.buffer, value)
            growing |= {b for b in _grown(eq) if b is not None}
    sizes = _Sizes(function)
    total: dict[str | None, int] = {}
    for value in kept.values():
        size, text = sizes.of(value, value.buffer in growing)
        total[text] = total.get(text, 0) + size
    opaque = total.pop(None, 0)
    parts = [f"{size}*{text}" if text else f"{size}" for text, size in total.items()]
    parts = [part.removeprefix("1*") for part in parts]
    bound = "at most " if growing.intersection(kept) else ""
    found = [f"{bound}{' + '.join(parts)} bytes"] if parts else []
    return ", and ".join(found + [UNKNOWN] * bool(opaque))


def _copies_parameter(eq: Equation, body: Region) -> bool:
    return eq.op == "copy" and eq.operands[0] in body.params


def _grown(eq: Equation) -> Iterator[Buffer | None]:
    for region in eq.regions:
        for inner in region.equations:
            if inner.op == "concatenate":
                yield inner.result.buffer
            yield from _grown(inner)


class _Sizes:
    """Writes the sizes of arrays in terms of a function's parameters."""

    def __init__(self, function: Function) -> None:
        self.names: dict[Atom, str] = {}
        self.whole: dict[tuple[str, ...], str] = {}
        for parameter in function.parameters:
            for place, value in places(parameter):
                if value.name is not None and value.type.rank:
                    self._learn(value.name, identifier(place), value.type.shape)

    def _learn(self, name: str, place: str, shape: tuple[Linear, ...]) -> None:
        """Read the sizes that have no name of their own from a parameter."""
        for axis, form in enumerate(shape):
            anonymous = Linear.of(Size(f"{place}_{axis}"))
            if form == anonymous:
                one = len(shape) == 1
                text = f"{name}.size" if one else f"{name}.shape[{axis}]"
                self.names.setdefault(anonymous.atoms[0], text)
        factors = [self.form(form) for form in shape]
        if len(shape) > 1 and all(f and f.startswith(f"{name}.") for f in factors):
            self.whole[tuple(sorted(f for f in factors if f))] = f"{name}.size"

    def of(self, value: Value, growing: bool) -> tuple[int, str | None]:
        """Return the bytes of an item and the number of items; None if not known."""
        size = ITEM_SIZE.get(value.type.dtype, 8)
        shape = value.type.shape[growing:]
        factors: list[str | None] = [DOUBLED] if growing else []
        for form in shape:
            if form.value is not None:
                size *= form.value
            else:
                factors.append(self.form(form, factor=True))
        known = [f for f in factors if f is not None]
        if len(known) < len(factors):
            return size, None
        text = self.whole.get(tuple(sorted(known)), "*".join(known))
        if HALF in text and size % 2 == 0:
            return size // 2, text.replace(HALF, "", 1)
        return size, text

    def form(self, form: Linear, factor: bool = False) -> str | None:
        """Return a length as text, in parentheses where it is to be a factor."""
        text = ""
        for atom, count in form.terms:
            name = self.atom(atom)
            if name is None:
                return None
            sign = " - " if count < 0 else " + "
            text += sign + (f"{abs(count)}*" if abs(count) != 1 else "") + name
        if form.constant or not text:
            text += f" {'-' if form.constant < 0 else '+'} {abs(form.constant)}"
        text = text.removeprefix(" + ")
        text = f"-{text[3:]}" if text.startswith(" - ") else text
        sums = len(form.terms) + bool(form.constant) > 1
        return f"({text})" if factor and sums else text

    def atom(self, atom: Atom) -> str | None:
        """Return what one size is called, None if a reader would not know it."""
        if isinstance(atom, Value):
            return atom.name
        if isinstance(atom, Derived):
            return self.derived(atom)
        return self.names.get(atom, str(atom))

    def derived(self, atom: Derived) -> str | None:
        """Return a length that is no sum as text."""
        forms = [p for p in atom.parts if isinstance(p, Linear)]
        if atom.kind == "ceil" and (length := self.form(forms[0], factor=True)):
            return f"ceil({length}/{atom.parts[1]})"
        product = atom.kind in ("product", "series")
        parts = [self.form(p, factor=product) for p in forms]
        known = [p for p in parts if p is not None]
        if len(known) < len(atom.parts) or not (product or atom.kind in LIMITS):
            return None
        half = HALF if atom.kind == "series" else ""
        if product:
            return "*".join(known) + half
        return LIMITS[atom.kind].format(", ".join(known))
