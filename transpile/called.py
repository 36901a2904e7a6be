"""Derivatives that a function calls by name, as functions of a text of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from .emit.numpy import emit_numpy
from .errors import refuse
from .graph.ir import Argument, Parameter, Program
from .parse.derivatives import Keys, constants_of
from .read.source import Constant, Derived, NumPyName, Source, free_names, with_helpers
from .read.static import from_text

Derive = Callable[[Derived, Mapping[str, Argument]], Program]


def read_again(
    derive: Derive, derived: Derived, types: Mapping[str, Argument]
) -> tuple[Source, Keys]:
    """Return a derivative for types of arguments as the source of a function.

    What it reads of modules, and captured values, it takes as keywords, which are told
    beside it.
    """
    require_plain(derived)
    program = derive(derived, types)
    entry = program.entry
    shown = [replace(p, default=None) if _is_global(p) else p for p in entry.parameters]
    entry = replace(entry, parameters=tuple(shown))
    text = emit_numpy(Program((*program.functions[:-1], entry)), None).text
    known = list(constants_of(derived.source))
    keys = {}
    for parameter in filter(_is_global, entry.parameters):
        found = next((pair for pair in known if _is(parameter, pair)), None)
        if found is None:
            raise refuse(
                f"{derived.name}, called by name, reads {parameter.name}",
                f"pass it to {derived.source.name} as a parameter",
            )
        keys[parameter.name] = found
    return from_text(text, entry.name, f"<{entry.name}>"), keys


def _is_global(parameter: Parameter) -> bool:
    return parameter.kind == "global"


def _is(parameter: Parameter, pair: tuple[tuple[str, str], Constant]) -> bool:
    """Whether a parameter, renamed where names clashed, is a constant."""
    (_, name), meaning = pair
    last, origin = name.rpartition(".")[2], parameter.origin
    place = None if origin is None else (origin.file, origin.line)
    renamed = parameter.name.startswith(f"{last}_")
    return (parameter.name == last or renamed) and meaning.origin == place


def require_plain(derived: Derived) -> None:
    """Raise for functions whose derivatives are given: a text says nothing of those."""
    for source in with_helpers(derived.source):
        edited = any(
            source.lookup(name) == NumPyName("gradscribe.edit_gradient")
            for name in free_names(source)
        )
        if source.rules is not None or edited:
            raise refuse(
                f"{derived.name}, called by name, is the derivative of a function that"
                f" calls {source.name}, whose derivatives are given",
                "take derivatives of derivatives by transforms: gs.hvp, gs.hessian",
                file=f"{source.file}:{source.line}",
            )
