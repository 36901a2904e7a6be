"""``print``: kept, with the text around the values."""

from __future__ import annotations

import string

import gast

from ..graph.ir import Value
from .arrays import as_array
from .frame import Frame, expression
from .libraries import Arguments, library, method
from .objects import NONE, Formatted, Listed, Obj, Static, Tuple

WORDS = ("sep", "end")


@expression("JoinedStr")
def formatted(frame: Frame, node: gast.JoinedStr) -> Obj:
    """Parse an f-string: its text with places for values, as for ``str.format``."""
    text, values = "", []
    for part in node.values:
        if isinstance(part, gast.Constant):
            text += _escaped(str(part.value))
            continue
        inner, found = _shown(frame, frame.evaluate(part.value))
        how = _how(frame, part)
        if how and inner != "{}":
            frame.refuse("a format for something that is not a number", node=part)
        text += "{" + how + "}" if inner == "{}" else inner
        values += found
    return Formatted(text, tuple(values))


@method("str.format")
def format_(frame: Frame, args: Arguments) -> Obj:
    """``"text {:.3f}".format(value)``."""
    base, *given = args.positional
    text = str(getattr(base, "value", ""))
    try:
        places = [p for p in string.Formatter().parse(text) if p[1] is not None]
    except ValueError:
        places = [("", "?", None, None)]
    if args.keywords or len(places) != len(given) or any(p[1] for p in places):
        frame.refuse("this use of .format", "write an f-string")
    return Formatted(text, tuple(frame.read(obj) for obj in given))


def _how(frame: Frame, part: gast.FormattedValue) -> str:
    conversion = f"!{chr(part.conversion)}" if part.conversion >= 0 else ""
    if part.format_spec is None:
        return conversion
    texts = part.format_spec.values
    if not all(isinstance(text, gast.Constant) for text in texts):
        frame.refuse("a format that is computed", "write the format itself", part)
    return conversion + ":" + "".join(str(text.value) for text in texts)


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _shown(frame: Frame, obj: Obj) -> tuple[str, list[Value]]:
    """Return a text with places, and the values for them."""
    if isinstance(obj, Formatted):
        return obj.text, list(obj.values)
    if isinstance(obj, Static):
        return _escaped(str(obj.value)), []
    if isinstance(obj, Tuple):
        parts = [_shown(frame, item) for item in obj.items]
        ends = "[]" if obj.is_list else "()"
        inner = ", ".join(text for text, _ in parts)
        comma = "," if len(parts) == 1 and not obj.is_list else ""
        return ends[0] + inner + comma + ends[1], [v for _, vs in parts for v in vs]
    if isinstance(obj, Listed):
        obj = as_array(frame, obj)
    return "{}", [frame.read(obj)]


@library("builtins.print")
def print_(frame: Frame, args: Arguments) -> Obj:
    """``print(...)``: kept in the forward part."""
    words = []
    for name, obj in args.keywords.items():
        text = getattr(obj, "value", None)
        if name == "flush":
            continue
        if name not in WORDS or not isinstance(text, str):
            frame.refuse(f"the argument {name}= of print", "leave it out")
        words.append((name, text))
    shown = [_shown(frame, obj) for obj in args.positional]
    values = [value for _, found in shown for value in found]
    parts = tuple((text, len(found)) for text, found in shown)
    frame.context.builder.append("print", values, [], parts=parts, words=tuple(words))
    return NONE
