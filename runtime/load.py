"""Generated text becomes a module: written once, under a name made of its content."""

from __future__ import annotations

import hashlib
import linecache
import os
import sys
import tempfile
import types
from pathlib import Path

from . import cache


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
    module_name = f"_gradscribe_{identity}"
    if module_name in sys.modules:
        return sys.modules[module_name]
    path = _keep(text, name, identity)
    module = types.ModuleType(module_name)
    module.__file__ = str(path)
    lines = text.splitlines(keepends=True)
    linecache.cache[str(path)] = (len(text), None, lines, str(path))
    exec(compile(text, str(path), "exec"), module.__dict__)
    return sys.modules.setdefault(module_name, module)


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
