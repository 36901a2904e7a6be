"""Several functions in one file."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from .errors import refuse


def joined(texts: Sequence[str]) -> str:
    """Return texts as one: imports and constants first, equal functions once.

    Examples
    --------
    >>> print(joined(["import numpy", "import numpy", "def g(): pass"]), end="")
    import numpy
    <BLANKLINE>
    <BLANKLINE>
    def g(): pass
    """
    imports: dict[str, None] = {}
    constants: dict[str, str] = {}
    functions: dict[str, str] = {}
    for text in texts:
        for name, block in _blocks(text):
            if name is None:
                imports[block] = None
                continue
            kept = functions if block.startswith(("def ", "@")) else constants
            if kept.setdefault(name, block) != block:
                raise refuse(
                    f"two functions of the file need different '{name}'",
                    "write them to files of their own",
                )
    heads = ["\n".join(part) for part in (imports, constants.values()) if part]
    return "\n\n\n".join(["\n\n".join(heads), *functions.values()]) + "\n"


def _blocks(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield the statements of a module, each with the name that it binds."""
    lines = text.split("\n")
    for node in ast.parse(text).body:
        block = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        match node:
            case ast.FunctionDef(name=name):
                yield name, block
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name, block
            case _:
                yield None, block
