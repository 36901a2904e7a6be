"""Writing gradient files, and never over a file that is somebody's own work.

The module docstring of a generated file ends with a line ``Digest: <source>``. When
the file is written, a hash of the rest of the file is added to that line, so that an
edit by hand shows.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from .load import write

COMMAND = re.compile(r"^Command: gradscribe grad ", re.MULTILINE)
_DIGEST = re.compile(r"^(Digest: \S+)(?: (\S+))?$", re.MULTILINE)


def sealed(text: str) -> str:
    """Return a generated text with the hash of its body in its header."""
    return _DIGEST.sub(rf"\1 {body_hash(text)}", text, count=1)


def is_ours(text: str) -> bool:
    """Whether gradscribe wrote the text and nobody has edited it since."""
    found = _DIGEST.search(text)
    return found is not None and found.group(2) == body_hash(text)


def body_hash(text: str) -> str:
    """Return the hash of a file but for this hash itself, whatever its line ends."""
    body = _DIGEST.sub(r"\1", text.replace("\r\n", "\n"), count=1)
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def write_source(path: Path, text: str, force: bool = False) -> None:
    """Write a generated file; raise FileExistsError over one that is not ours."""
    text = sealed(text)
    if not path.absolute().parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}")
    if path.exists() and not force:
        if not path.is_file():
            raise FileExistsError(f"{path} is not a file")
        try:
            present = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            present = ""
        if not is_ours(present):
            why = "was edited" if _DIGEST.search(present) else "is not by gradscribe"
            raise FileExistsError(f"{path} {why}; --force (force=True) replaces it")
    write(path, text)
