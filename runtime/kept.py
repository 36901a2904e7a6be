"""What was generated before, by this process or another, for the same function."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from . import cache
from .interface import Frozen, Generated, Kinds, Transform
from .load import write

log = logging.getLogger("gradscribe")


def generated(
    transform: Transform, kinds: Kinds, target: str
) -> tuple[Generated, bool]:
    """Return what to run for arguments of some kinds, and whether it was kept."""
    frozen = transform.frozen(kinds, target)
    if frozen is None:
        return transform(kinds, target), False
    path = cache.current_folder() / frozen.digest / f"{transform.name}.pickle"
    found = _found(frozen, path)
    if found is not None:
        return found, True
    made = transform(kinds, target)
    content = frozen.pack(made)
    if content is not None:
        cache.entry(frozen.digest)
        write(path, content)
    return made, False


def _found(frozen: Frozen, path: Path) -> Generated | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    cache.refuse_unsafe(path.parent)
    os.utime(path.parent)  # it is in use
    try:
        return frozen.unpack(content)
    except Exception as error:  # half a file, say; it is written again
        log.warning("%s cannot be read (%s)", path, error)
        return None
