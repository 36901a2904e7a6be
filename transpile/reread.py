"""A derivative read again from its own text, to be differentiated once more.

The text is inside the accepted language. Read again, it has one definition for every
value and one buffer for every array, as what a person wrote; the graph that a
backward part is made in need not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .emit.numpy import emit_numpy
from .errors import refuse
from .graph.custom import custom_of
from .graph.ir import Argument, Parameter, Program, Type, Value, walk
from .graph.linear import Linear, Size
from .parse import parse
from .read.static import from_text
from .selection import flat


def reread(program: Program) -> Program:
    """Return the program that its text means.

    Before ``for i: a = exp x[i]; ...; for i: a = exp x[i]``; after
    ``for i: a = exp x[i]; ...; for j: b = exp x[j]``.
    """
    if any(custom_of(function) for function in program.functions):
        return _required_plain(program)
    given = program.entry
    plain = flat(program)
    text = emit_numpy(plain, None).text
    source = from_text(text, plain.entry.name, f"<{plain.entry.name}>")
    types: dict[str, Argument] = {
        p.name: _type(p.name, p.values[0].type) for p in plain.entry.parameters
    }
    found = parse(source, types)
    entry = found.entry
    values = iter([v for p in entry.parameters for v in p.values])
    made = replace(
        entry,
        parameters=tuple(_over(given.parameters, values)),
        returns=given.returns,
        doc=given.doc,
        attrs=given.attrs,
    )
    return Program((*found.functions[:-1], made))


def _required_plain(program: Program) -> Program:
    """Return a program with derivatives that are given, of which its text says nothing.

    It has to have one definition for every value as it is.
    """
    for function in program.functions:
        values = [v for eq in walk(function.body) for v in eq.results]
        if len(values) != len(set(values)):
            given = ", ".join(f.name for f in program.functions if custom_of(f))
            raise refuse(
                f"reverse mode over a derivative that computes in loops, of a function"
                f" that calls {given}, whose derivatives are given",
                "take the outer derivative by forward mode: jvp, hvp or hessian",
            )
    return program


def _type(name: str, kind: Type) -> Type:
    """Return a type whose lengths name no value of the old program."""
    shape = tuple(
        Linear.of(Size(f"{name}_{k}"))
        if any(not isinstance(atom, Size) for atom in length.atoms)
        else length
        for k, length in enumerate(kind.shape)
    )
    return replace(kind, shape=shape)


def _over(
    parameters: tuple[Parameter, ...], values: Iterator[Value]
) -> Iterator[Parameter]:
    """Yield parameters as they were, over the values that were read."""
    for parameter in parameters:
        own = tuple(next(values) for _ in parameter.values)
        yield replace(parameter, values=own)
