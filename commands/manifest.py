"""The manifest of a compiled module: what was written, from what, by which command."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .. import __version__
from ..transpile.files import WORDS, job_digest, source_path
from ..transpile.standalone import Module
from .freshness import Record

COMMAND = "gradscribe build "
_HEAD = re.compile(rb'\s*\{\s*"command": "gradscribe build ')


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is recorded of a module; ``places`` has the line of each function."""

    name: str
    version: str
    record: Record
    places: Mapping[str, int]

    @property
    def file(self) -> str:
        """The name of its own file."""
        return f"{self.name}.json"

    @property
    def compiled(self) -> str:
        """The name of the compiled module."""
        return f"{self.name}.abi3.so"

    def text(self) -> str:
        """Return it as a file."""
        said = {
            "command": self.record.command,
            "gradscribe": self.version,
            "module": self.name,
            "sources": self.record.sources,
            "lines": self.places,
            "files": dict(sorted(self.record.files.items())),
        }
        return json.dumps(said, indent=2) + "\n"

    def with_files(self, hashes: Mapping[str, str]) -> Manifest:
        """Return it with the hashes of more files."""
        files = {**self.record.files, **hashes}
        return replace(self, record=replace(self.record, files=files))


def is_manifest(path: Path) -> bool:
    """Whether a file is the manifest of a module."""
    with path.open("rb") as file:
        return bool(_HEAD.match(file.read(256)))


def read(path: Path) -> Manifest:
    """Return what a manifest says; raise ValueError if it cannot be understood."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        record = Record(dict(said["sources"]), dict(said["files"]), said["command"])
        return Manifest(said["module"], said["gradscribe"], record, dict(said["lines"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the manifest cannot be read: {error!r}") from None


def recorded(
    given: argparse.Namespace, module: Module, texts: Mapping[str, str], folder: Path
) -> Manifest:
    """Return the record of a module but for its compiled part."""
    place = folder / f"{module.name}.json"
    sources, places = {}, {}
    for source in module.jobs[0].sources:
        name = f"{source_path(source.file, place)}:{source.qualname}"
        sources[name] = job_digest((source,))
        places[name] = source.line
    files = {name: hashed(text.encode()) for name, text in texts.items()}
    command = " ".join(_words(given, module, list(sources)))
    return Manifest(module.name, __version__, Record(sources, files, command), places)


def _words(
    given: argparse.Namespace, module: Module, specs: list[str]
) -> Iterator[str]:
    """Yield the command in fixed order, defaults left out, for the module's folder."""
    yield COMMAND.strip()
    yield from map(shlex.quote, specs)
    if given.wrt:
        yield from ("--wrt", shlex.quote(given.wrt))
    yield from WORDS.get(module.jobs[0].step.mode, [])
    if given.direction != "auto":
        yield from ("--direction", given.direction)
    for types in given.types or []:
        yield from ("--types", shlex.quote(types))
    if given.overwrite:
        yield from ("--overwrite", shlex.quote(given.overwrite))
    if given.checkpoint is not None:
        yield from ("--checkpoint", str(given.checkpoint))
    flags = ("has_aux", "no_stabilise", "strict", "with_test")
    yield from ("--" + f.replace("_", "-") for f in flags if getattr(given, f))
    yield from ("--name", module.name, "-o", ".")


def hashed(content: bytes) -> str:
    """Return the hash of a file."""
    return hashlib.sha256(content).hexdigest()[:32]
