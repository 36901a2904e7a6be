"""The texts of functions that no file has: of cells, which a pickle takes along."""

from __future__ import annotations

import contextlib
import functools
import linecache
import os
import types
from collections.abc import Iterator, Mapping


def texts_of(function: object) -> dict[str, str]:
    """Return the texts of the cells in which a function and its helpers stand."""
    texts: dict[str, str] = {}
    waiting, seen = [function], set[int]()
    while waiting:
        value = waiting.pop()
        if id(value) not in seen:
            seen.add(id(value))
            waiting += _below(value)
            file = _cell(value)
            if file is not None:
                texts[file] = "".join(linecache.getlines(file))
    return {file: text for file, text in texts.items() if text}


def remember(texts: Mapping[str, str]) -> None:
    """Let texts be found by the names of their files, as Python finds a cell's."""
    for file, text in texts.items():
        lines = text.splitlines(keepends=True)
        linecache.cache[file] = (len(text), None, lines, file)


def _cell(value: object) -> str | None:
    """Return what the cell is called in which a function stands, None for files."""
    if not isinstance(value, types.FunctionType):
        return None
    file = value.__code__.co_filename
    return None if os.path.exists(file) else file


def _below(value: object) -> Iterator[object]:
    """Yield what stands behind a value, and what a function of a cell names."""
    if isinstance(value, functools.partial):
        yield value.func
    elif isinstance(value, types.MethodType):
        yield from (value.__func__, type(value.__self__))
    elif isinstance(value, type):
        yield from vars(value).values()
    elif not isinstance(value, types.FunctionType):
        yield getattr(value, "primal", getattr(value, "py_func", None))
    else:
        for cell in value.__closure__ or ():
            with contextlib.suppress(ValueError):  # it is not bound yet
                yield cell.cell_contents
        if _cell(value) is not None:
            yield from map(value.__globals__.get, _names(value.__code__))


def _names(code: types.CodeType) -> Iterator[str]:
    """Yield the names that a function reads, and those inside it."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _names(inner)
