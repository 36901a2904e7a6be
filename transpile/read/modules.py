"""Modules and their files, found by name; nothing is imported."""

from __future__ import annotations

import difflib
from pathlib import Path

from ..errors import Problem

SPEC_HELP = "write FILE.py:FUNC, FILE.py:Class.method or pkg.module:FUNC"


def find_module(dotted: str, roots: tuple[Path, ...]) -> Path | None:
    """Return the file of a module below one of the folders; imports nothing."""
    relative = Path(*dotted.split("."))
    for root in roots:
        for file in (relative.with_suffix(".py"), relative / "__init__.py"):
            if (root / file).is_file():
                return shown(root / file)
    return None


def package_of(path: Path) -> tuple[Path, tuple[str, ...]]:
    """Return the folder that a file's package lies in, and the package's parts."""
    folder = path.resolve().parent
    parts: list[str] = []
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return folder, tuple(parts)


def module_of(path: Path) -> str:
    """Return what a file is imported as."""
    own = [path.stem] if path.stem != "__init__" else []
    return ".".join([*package_of(path)[1], *own])


def file_help(path: Path) -> str | None:
    """Return which files have names like one that is not there."""
    names = [p.name for p in path.parent.glob("*.py")] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, 3, 0.5)
    if not near:
        return SPEC_HELP
    return f"did you mean {' or '.join(str(path.parent / n) for n in near)}?"


def shown(path: Path) -> Path:
    """Return the path as a person would write it: relative, if it lies below here."""
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path


def syntax_problem(error: SyntaxError, file: str, text: str) -> Problem:
    """Return where a file is not valid Python."""
    line, column = error.lineno or 1, max((error.offset or 1) - 1, 0)
    end = max((error.end_offset or 0) - 1, 0)
    lines = text.split("\n")
    shown = lines[line - 1] if line <= len(lines) else ""
    message = f"not valid Python: {error.msg}"
    return Problem(file, line, column, end, message, None, shown)
