"""Compiled modules: found by their manifest, checked by repeating its command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..runtime import toolchain
from ..transpile.errors import refuse
from .build import module_of, texts_of, written
from .freshness import Checked, Kind, Record, State, state_of
from .manifest import Manifest, hashed, is_manifest, read, recorded
from .replay import Asked, jobs_from


def check_module(path: Path, asked: Asked) -> Checked:
    """Return what became of a module and of all that was written with it.

    Its C is written again in memory and not compiled.
    """
    try:
        then = read(path)
    except ValueError as error:
        raise refuse(str(error), "build the module again, with --force") from None
    folder = path.parent
    given, jobs = jobs_from(then.record.command, path, asked)
    module = module_of(given, jobs)
    texts = texts_of(module, folder)
    now = recorded(given, module, texts, folder)
    present = {n: folder / n for n in then.record.files if (folder / n).is_file()}
    hashes = {name: hashed(file.read_bytes()) for name, file in present.items()}
    state = state_of(then.record, hashes, _compared(then, now))

    def write() -> None:
        compiler = toolchain.require()
        written(compiler, now, texts, folder)

    return Checked(
        _told(state, then, now),
        {folder / name: _text(folder / name) for name in texts},
        {folder / name: text for name, text in texts.items()},
        write,
    )


def _compared(then: Manifest, now: Manifest) -> Record:
    """Return the record of now; a file that is not written any more differs."""
    gone = then.record.files.keys() - now.record.files.keys() - {then.compiled}
    return replace(now.record, files={**now.record.files, **dict.fromkeys(gone, "")})


def _told(state: State, then: Manifest, now: Manifest) -> State:
    """Return a state; texts have lines of the source, so functions that moved count."""
    moved = then.places != now.places
    return State.CHANGED if state is State.DIFFERS and moved else state


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


MODULE: Kind[Asked] = Kind(".json", is_manifest, check_module)
