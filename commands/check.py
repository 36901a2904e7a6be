"""``gradscribe check``: find what gradscribe wrote, and say what became of it."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..runtime.progress import shown
from ..transpile.errors import TranspileError
from .freshness import Checked, Kind, State
from .gradients import GRADIENT
from .modules import MODULE
from .replay import Asked
from .terminal import show

# What is looked for.
KINDS: tuple[Kind[Asked], ...] = (GRADIENT, MODULE)
FRESH, STALE, FAILED = 0, 1, 2
UNKNOWN = "it has no header of a gradient file, nor is it the manifest of a module"
FAILURE, WRITTEN = "could not be checked", "written again"
STALE_STATES = tuple(state for state in State if state is not State.FRESH)
ORDER = (State.FRESH.value, WRITTEN, *(s.value for s in STALE_STATES), FAILURE)
FIX = "help: gradscribe check --fix writes them again"
FORCE = (
    "help: --fix leaves what was edited by hand, or by a formatter, alone;"
    " --fix --force\n    writes it again and loses the edits"
)
# Folders that hold copies of files, or nothing that a person wrote.
SKIPPED = frozenset(("build", "dist", "node_modules", "site-packages", "__pycache__"))
ENVIRONMENTS = ("pyvenv.cfg", "conda-meta")

DESCRIPTION = """\
Write every gradient file anew in memory, as the command in its header says, and the
sources of every compiled module, as the one in its manifest says, and compare. What
would change is printed as a diff."""
EPILOG = """\
exit status: 0 all fresh, 1 something is stale, 2 something could not be checked

A file that was edited by hand (a formatter is a hand) is never written without
--force. Nothing of yours is imported or run."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``gradscribe check`` takes."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="files, or folders to search (default: the working directory); hidden"
        " folders, virtual environments and build folders in them are left out",
    )
    parser.add_argument("--fix", action="store_true", help="write stale files again")
    parser.add_argument(
        "--force", action="store_true", help="with --fix: also those edited by hand"
    )


def run(given: argparse.Namespace, asked: Asked) -> int:
    """Check files and folders; return the exit status."""
    check = Check(asked, given.fix, given.force)
    for path in given.paths or [Path()]:
        if path.is_dir():
            for file in files_below(path, check.failed):
                check.file(file, named=False)
        else:
            check.file(path, named=True)
    print(check.summary, file=sys.stderr)
    return check.status


def files_below(folder: Path, failed: Callable[[OSError], None]) -> Iterator[Path]:
    """Yield the files of a tree that may be ours, without what is not its own."""
    suffixes = {kind.suffix for kind in KINDS}
    for here, folders, names in os.walk(folder, onerror=failed):
        inner = (name for name in sorted(folders) if not _is_skipped(Path(here, name)))
        folders[:] = inner
        for name in sorted(names):
            path = Path(here, name)
            dangles = path.is_symlink() and not path.exists()
            if path.suffix in suffixes and not name.startswith(".") and not dangles:
                yield path


def _is_skipped(folder: Path) -> bool:
    if folder.name.startswith(".") or folder.name in SKIPPED:
        return True
    marks = (folder / mark for mark in ENVIRONMENTS)
    return folder.suffix == ".egg-info" or any(mark.exists() for mark in marks)


@dataclass
class Check:
    """One run of the command, and what it has found so far."""

    asked: Asked
    fix: bool
    force: bool
    tally: Counter[str] = field(default_factory=Counter)

    def file(self, path: Path, named: bool) -> None:
        """Check a file, if it is ours; one that is ``named`` has to be."""
        try:
            path.stat()
            kind = next((k for k in KINDS if k.recognises(path)), None)
            if kind is not None:
                with shown(f"checking {path}"):
                    checked = kind.check(path, self.asked)
                self._tell(path, checked)
            elif named:
                self._fail(path, UNKNOWN)
        except OSError as error:
            self.failed(error, path)
        except (TranspileError, UnicodeDecodeError) as error:
            self._fail(path, str(error))
        except Exception:  # one file must not hide the others, nor look like stale
            self._fail(path, f"internal error\n{traceback.format_exc()}")

    def failed(self, error: OSError, path: Path | None = None) -> None:
        """Say what could not be read or written."""
        self._fail(path or Path(error.filename), error.strerror or str(error))

    def _tell(self, path: Path, checked: Checked) -> None:
        state = checked.state
        if state is State.FRESH:
            self.tally[state.value] += 1
        elif self.fix and (self.force or not state.is_edited):
            checked.write()
            self._say(path, state.value + "; written again", WRITTEN)
        else:
            self._say(path, state.value, state.value)
            if not self.fix:
                show(checked.diff, "diff")

    def _fail(self, path: Path, why: str) -> None:
        self._say(path, f"could not check: {why}", FAILURE)

    def _say(self, path: Path, what: str, counted: str) -> None:
        self.tally[counted] += 1
        print(f"{path}: {what}", file=sys.stderr, flush=True)

    @property
    def status(self) -> int:
        """The exit status."""
        if self.tally[FAILURE]:
            return FAILED
        return STALE if any(self.tally[s.value] for s in STALE_STATES) else FRESH

    @property
    def summary(self) -> str:
        """How many files are in which state, and what to do about those not fresh."""
        count = sum(self.tally.values())
        if not count:
            return "no gradient files found"
        files = f"{count} {'file' if count == 1 else 'files'}"
        found = [f"{self.tally[name]} {name}" for name in ORDER if self.tally[name]]
        edited = any(self.tally[s.value] for s in STALE_STATES if s.is_edited)
        stale = any(self.tally[s.value] for s in STALE_STATES if not s.is_edited)
        hints = [FIX] if stale else []
        hints += [FORCE] if edited else []
        return "\n".join([f"{files}: {'; '.join(found)}", *hints])
