"""The types of a compiled module's functions, as a ``.pyi`` file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...graph.structures import Structure
from .arguments import spelled
from .kinds import Array, Kind
from .python import Called, Packing

SCALARS: Mapping[str, str] = {
    "float64": "float",
    "float32": "float",
    "int64": "int",
    "bool": "bool",
    "complex128": "complex",
    "complex64": "complex",
}


def stub_text(doc: str, functions: Mapping[str, Sequence[Called]]) -> str:
    """Return the stub of a module."""
    several = any(len(every) > 1 for every in functions.values())
    parts = [f'"""{doc}"""', ""]
    parts += ["from typing import overload", ""] if several else []
    parts += ["import numpy as np", "from numpy.typing import NDArray", ""]
    for public, every in functions.items():
        for called in every:
            parts += ["@overload"] if len(every) > 1 else []
            parts += _signature(public, called)
    return "\n".join(parts)


def _signature(public: str, called: Called) -> Iterator[str]:
    entry = called.entry
    yield f"def {public}("
    kinds = [kind for _, kind in entry.parameters]
    for word, argument in spelled(called.arguments):
        if argument is None:
            yield f"    {word},"
            continue
        own = iter(kinds[argument.number :])
        default = "" if argument.default is None else f" = {argument.default}"
        yield f"    {word}: {_held(argument.structure, own)}{default},"
    yield f") -> {_given(called.packing, [r.kind for r in entry.results])}:"
    lines = entry.doc.split("\n")
    lines = ['"""' + lines[0], *lines[1:]] + (['"""'] if lines[1:] else [])
    lines[-1] += "" if lines[1:] else '"""'
    yield from (f"    {line}".rstrip() for line in lines)
    yield "    ..."
    yield ""


def _held(structure: Structure, kinds: Iterator[Kind]) -> str:
    """Return the type of an argument and of its parts, whose kinds come in order."""
    if structure.kind == "leaf":
        return _taken(next(kinds))
    return _holding(structure.kind, [_held(c, kinds) for c in structure.children])


def _holding(kind: str, parts: Sequence[str]) -> str:
    """Return the type of a tuple, list or dict of parts."""
    if kind == "tuple":
        return f"tuple[{', '.join(parts) or '()'}]"
    inside = " | ".join(dict.fromkeys(parts))
    return f"dict[str, {inside}]" if kind == "dict" else f"list[{inside}]"


def _taken(kind: Kind) -> str:
    if isinstance(kind, Array):
        return f"NDArray[np.{_numpy(kind.dtype)}]"
    return SCALARS[kind.dtype]  # type: ignore[union-attr]


def _given(packing: Packing, kinds: Sequence[Kind]) -> str:
    if packing.position < 0:
        return _holding(packing.kind, [_given(p, kinds) for p in packing.parts])
    kind = kinds[packing.position]
    if isinstance(kind, Array):
        return _taken(kind)
    return f"np.{_numpy(kind.dtype)}"  # type: ignore[union-attr]


def _numpy(dtype: str) -> str:
    return "bool_" if dtype == "bool" else dtype
