"""Tracebacks that end at the user's line, without gradscribe's own frames."""

from __future__ import annotations

import ast
import os
import types
from collections.abc import Iterator, Mapping
from pathlib import Path

from .interface import Place

_OURS = Path(__file__).parents[1]


def wanted() -> bool:
    """Whether gradscribe's own frames are to be shown."""
    return os.environ.get("GRADSCRIBE_TRACEBACK", "") not in ("", "0")


def is_bug(error: BaseException) -> bool:
    """Whether an error of the transformation is not one that it reports itself."""
    last = None
    for tb in _chain(error.__traceback__):
        last = tb
    if last is None or hasattr(error, "problems"):
        return False
    return Path(last.tb_frame.f_code.co_filename).is_relative_to(_OURS / "transpile")


def clean(
    error: BaseException, file: str, lines: Mapping[int, Place], name: str
) -> types.TracebackType | None:
    """Return the traceback of an error without our frames.

    ``file`` is the generated module; if the error arose at a line of it that comes
    from a line of the user's, that line of function ``name`` comes last.
    """
    kept = [tb for tb in _chain(error.__traceback__) if not _is_ours(tb, file)]
    inside = [tb for tb in kept if tb.tb_frame.f_code.co_filename == file]
    place = lines.get(inside[-1].tb_lineno) if inside else None
    last = None if place is None or _is_at(kept[-1], place) else _at(place, name)
    for tb in reversed(kept):
        last = types.TracebackType(last, tb.tb_frame, tb.tb_lasti, tb.tb_lineno)
    return last


def _chain(tb: types.TracebackType | None) -> Iterator[types.TracebackType]:
    while tb is not None:
        yield tb
        tb = tb.tb_next


def _is_ours(tb: types.TracebackType, generated: str) -> bool:
    file = tb.tb_frame.f_code.co_filename
    if file == generated:
        return False
    path = Path(file)
    runtime = path.is_relative_to(_OURS / "runtime") or path == _OURS / "__init__.py"
    return runtime or path.is_relative_to(_OURS / "transpile")


def _is_at(tb: types.TracebackType, place: Place) -> bool:
    """Whether a frame stands at an expression of the user's, cleaned before."""
    file = tb.tb_frame.f_code.co_filename
    return (file, tb.tb_lineno) == (place.file, place.line)


def _at(place: Place, name: str) -> types.TracebackType | None:
    """Return a traceback of one frame that stands at an expression of the user's.

    The frame is that of a ``raise`` which the compiler believes to stand there.
    """
    tree = ast.parse("raise Exception")
    for node in ast.walk(tree):
        if isinstance(node, (ast.stmt, ast.expr)):
            node.lineno = node.end_lineno = place.line
            node.col_offset = place.column
            node.end_col_offset = max(place.end_column, place.column + 1)
    code = compile(tree, place.file, "exec").replace(co_name=name, co_qualname=name)
    try:
        exec(code, {})
    except Exception as stop:
        return stop.__traceback__ and stop.__traceback__.tb_next
    return None
