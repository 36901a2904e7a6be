"""Several files that are replaced together, and never somebody's own work."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .manifest import Manifest, hashed, is_manifest, read


def require_ours(manifest: Manifest, folder: Path) -> None:
    """Raise FileExistsError if a file is there that is not by gradscribe, or edited."""
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is not a folder")
    known = _known(manifest, folder)
    for name in (*manifest.record.files, manifest.compiled, manifest.file):
        path = folder / name
        if not path.exists() or (name == manifest.file and known):
            continue
        if name not in known:
            raise FileExistsError(f"{path} is not by gradscribe; --force replaces it")
        if not _is_as_written(path, known):
            raise FileExistsError(f"{path} was edited; --force replaces it")


def _known(manifest: Manifest, folder: Path) -> Mapping[str, str]:
    """Return the hashes of the files that an earlier build wrote."""
    path = folder / manifest.file
    try:
        return read(path).record.files if is_manifest(path) else {}
    except (OSError, ValueError):
        return {}


def _is_as_written(path: Path, known: Mapping[str, str]) -> bool:
    return path.is_file() and hashed(path.read_bytes()) == known.get(path.name)


@contextmanager
def placed(folder: Path, manifest: Manifest) -> Iterator[Path]:
    """Give a folder to write to; what is in it then goes to its place, with the record.

    What an earlier build wrote and this one does not is removed, if nobody edited it.
    """
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    inside = Path(tempfile.mkdtemp(prefix=f".{manifest.name}-", dir=folder))
    try:
        yield inside
        compiled = hashed((inside / manifest.compiled).read_bytes())
        whole = manifest.with_files({manifest.compiled: compiled})
        (inside / manifest.file).write_text(
            whole.text(), encoding="utf-8", newline="\n"
        )
        known = _known(manifest, folder)
        for name in known.keys() - whole.record.files.keys():
            path = folder / Path(name).name
            if _is_as_written(path, known):
                path.unlink()
        for name in (*whole.record.files, manifest.file):
            (inside / name).replace(folder / name)
    except BaseException:
        shutil.rmtree(inside, ignore_errors=True)
        if is_new:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(inside, ignore_errors=True)
