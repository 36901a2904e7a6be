"""The folder of generated modules and compiled code.

Numba's cache is unpickled, so the folder must belong to the user alone.
"""

from __future__ import annotations

import atexit
import functools
import logging
import os
import re
import shutil
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_dir

log = logging.getLogger("gradscribe")

LAYOUT = "v1"  # changes when entries of older releases cannot be used
KEPT_ENTRIES = 1024  # a function takes two: its text, and what it became
_IS_ENTRY = re.compile("[0-9a-f]{24,32}")
_KINDS = {".pickle": "text", ".py": "code"}
KEPT_SECONDS = 90 * 24 * 3600.0


class UnsafeCache(PermissionError):
    """Another user owns the cache folder or may write it."""


@functools.lru_cache(maxsize=8)
def folder(chosen: str | None = None) -> Path:
    """Return the cache folder, made if need be.

    ``chosen`` is the value of ``GRADSCRIBE_CACHE_DIR``; without it the folder is
    the platform's. A home that cannot be written gives a temporary folder.
    """
    place = Path(chosen or user_cache_dir("gradscribe", appauthor=False))
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        refuse_unsafe(place)
        inner = place / LAYOUT
        inner.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=inner):
            pass
    except UnsafeCache:
        raise
    except OSError as error:
        return _temporary(error)
    prune(inner)
    return inner


def current_folder() -> Path:
    """Return the cache folder that the environment asks for."""
    return folder(os.environ.get("GRADSCRIBE_CACHE_DIR") or None)


def entry(name: str) -> Path:
    """Return the folder of that name in the cache, made if need be."""
    place = current_folder() / name
    place.mkdir(mode=0o700, exist_ok=True)
    refuse_unsafe(place)
    return place


def refuse_unsafe(place: Path) -> None:
    """Raise unless the folder is the user's and nobody else may write it."""
    if not hasattr(os, "getuid"):
        return
    status = place.stat()
    if status.st_uid != os.getuid():
        raise UnsafeCache(f"{place} belongs to another user; set GRADSCRIBE_CACHE_DIR")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UnsafeCache(f"other users may write {place}; run: chmod go-w '{place}'")


def _temporary(error: OSError) -> Path:
    place = Path(tempfile.mkdtemp(prefix="gradscribe-"))
    log.warning("no cache folder (%s); compiled code is kept in %s", error, place)
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # not in a forked child
            shutil.rmtree(place, ignore_errors=True)

    atexit.register(remove)
    return place


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept: the text or the compiled code of a function."""

    folder: Path
    name: str
    kind: str
    size: int
    age: float


def entries() -> list[Entry]:
    """Return what is in the cache, what was used last first."""
    now, found = time.time(), list[Entry]()
    for place in current_folder().iterdir():
        if not _IS_ENTRY.fullmatch(place.name):
            continue
        try:
            files = sorted(place.iterdir())
            size = sum(file.stat().st_size for file in files)
            age = now - place.stat().st_mtime
        except OSError:  # another process removed it
            continue
        named = [file for file in files if file.suffix in _KINDS]
        for file in named[:1]:
            found.append(Entry(place, file.stem, _KINDS[file.suffix], size, age))
    return sorted(found, key=lambda entry: (entry.age, entry.name))


def clear() -> list[Entry]:
    """Remove what is in the cache; return what that was."""
    found = entries()
    for each in found:
        shutil.rmtree(each.folder, ignore_errors=True)
    return found


def prune(place: Path, now: float | None = None) -> None:
    """Remove the entries that were not used for long, and the oldest of too many."""
    now = time.time() if now is None else now
    ages: list[tuple[float, Path]] = []
    for entry in place.iterdir():
        try:
            ages.append((now - entry.stat().st_mtime, entry))
        except OSError:  # another process removed it
            continue
    ages.sort(key=lambda pair: pair[0])
    for position, (age, entry) in enumerate(ages):
        if position >= KEPT_ENTRIES or age > KEPT_SECONDS:
            shutil.rmtree(entry, ignore_errors=True)
