"""Generated text becomes a module: written once, under a name made of its content."""

from __future__ import annotations

import hashlib
import linecache
import os
import sys
import tempfile
import types
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

from . import cache, special

PREFIX = "_gradscribe_"


def key(text: str, *more: str) -> str:
    """Return a short hash of a text and of all that its compiled form depends on."""
    whole = "\0".join((text, *more))
    return hashlib.sha256(whole.encode()).hexdigest()[:24]


def write(path: Path, content: str | bytes) -> None:
    """Write a file whole, with LF ends: other processes see all of it or nothing."""
    if isinstance(content, str):
        content = content.encode()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load(text: str, name: str, *more: str) -> types.ModuleType:
    """Return the text as a module, in a file of the cache named ``name``.

    What runs is the text that is given, whatever the file holds.
    """
    identity = key(text, *more)
    module_name = f"{PREFIX}{identity}"
    known = sys.modules.get(module_name)
    if known is not None and known.__file__ is not None:
        return known
    module = types.ModuleType(module_name)
    _run(module, text, _keep(text, name, identity))
    if known is not None:
        sys.modules[module_name] = module
    return sys.modules.setdefault(module_name, module)


def _run(module: types.ModuleType, text: str, path: Path) -> None:
    """Let a module be what a text says, as if that were in a file."""
    module.__file__ = str(path)
    lines = text.splitlines(keepends=True)
    linecache.cache[str(path)] = (len(text), None, lines, str(path))
    exec(compile(text, str(path), "exec"), module.__dict__)


class Importer(MetaPathFinder, Loader):
    """Imports modules of the cache by their names.

    Numba does so where it reads back a function of the user that calls a derivative. A
    text that is not in the cache any more gives an empty module, which is all that
    compiled code needs.
    """

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        """Return how a module of the cache is loaded."""
        return ModuleSpec(name, self) if name.startswith(PREFIX) else None

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the text of a module."""
        module.__file__ = None
        place = cache.current_folder() / module.__name__.removeprefix(PREFIX)
        texts = [*place.glob("*.py")]
        text = ""
        if len(texts) == 1:
            cache.refuse_unsafe(place)
            text = texts[0].read_text(encoding="utf-8")
            _run(module, text, texts[0])
        special.announce(text)


sys.meta_path.append(Importer())


def _keep(text: str, name: str, identity: str) -> Path:
    """Write the text into the cache, unless it is there; mark it as used."""
    entry = cache.entry(identity)
    path = entry / f"{name}.py"
    try:
        same = path.read_bytes() == text.encode()
    except OSError:
        same = False
    if not same:
        write(path, text)
    # Numba compares the file's time with the one that it compiled: keep it fixed.
    os.utime(path, (0, 0))
    os.utime(entry)
    return path
