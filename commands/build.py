"""``gradscribe build``: gradients as a compiled module that needs NumPy alone."""

from __future__ import annotations

import argparse
import keyword
from collections.abc import Callable, Sequence
from pathlib import Path

from ..runtime import toolchain
from ..runtime.files import sealed
from ..runtime.progress import shown
from ..transpile.files import Job
from ..transpile.standalone import Module, module_files
from .manifest import Manifest, recorded
from .placing import placed, require_ours

DESCRIPTION = """\
Write a Python module in C with the derivatives of functions, and compile it. It needs
NumPy alone. Beside it: its C, a header for C programs, types (.pyi), the same functions
in NumPy, and a manifest (.json) by which gradscribe check knows the module."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``gradscribe build`` takes besides what to differentiate."""
    parser.description = DESCRIPTION
    parser.add_argument(
        "-o",
        dest="output",
        type=Path,
        metavar="DIR",
        required=True,
        help="the folder to write to; it is made if there is none",
    )
    parser.add_argument(
        "--name", default="gradients", help="of the module (default: gradients)"
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="an array that is not contiguous is an error, not copied",
    )
    parser.add_argument(
        "--with-test",
        action="store_true",
        help="write a test too, which needs pytest and NumPy alone",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace files that gradscribe did not write, or that were edited",
    )


def is_name(name: str) -> bool:
    """Whether a module may be called so, in Python and in C."""
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name)


def run(
    given: argparse.Namespace,
    jobs_of: Callable[[argparse.Namespace], tuple[Job, ...]],
) -> None:
    """Compile a module."""
    compiler = toolchain.require()
    toolchain.headers()
    folder: Path = given.output
    with shown(f"transforming {', '.join(given.functions)}"):
        module = module_of(given, jobs_of(given))
        texts = texts_of(module, folder)
    manifest = recorded(given, module, texts, folder)
    if not given.force:
        require_ours(manifest, folder)
    written(compiler, manifest, texts, folder)


def module_of(given: argparse.Namespace, jobs: Sequence[Job]) -> Module:
    """Return the module that a command asks for."""
    return Module(given.name, tuple(jobs), given.strict, given.with_test)


def texts_of(module: Module, folder: Path) -> dict[str, str]:
    """Return the texts of a module, its gradient files with the hash of themselves."""
    texts = module_files(module, folder)
    return {n: sealed(t) if n.endswith(".py") else t for n, t in texts.items()}


def written(
    compiler: Sequence[str], manifest: Manifest, texts: dict[str, str], folder: Path
) -> None:
    """Write the texts of a module to a folder, what is compiled of them, and a record.

    All of it is made in a folder beside them first: an error leaves what is there.
    """
    name = manifest.name
    with placed(folder, manifest) as inside:
        for file, text in texts.items():
            (inside / file).write_text(text, encoding="utf-8", newline="\n")
        sources = [inside / f"{name}.c", inside / f"{name}_python.c"]
        with shown(f"compiling {name}"):
            toolchain.build(compiler, sources, inside / manifest.compiled)
