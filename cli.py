"""The command line: ``gradscribe grad``, ``build``, ``check`` and ``cache``."""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from . import __version__
from .commands import build as building
from .commands import check as checking
from .commands.terminal import show
from .runtime import cache
from .runtime import files as written
from .runtime.progress import shown
from .transpile.errors import TranspileError, refuse
from .transpile.files import Job, file_text
from .transpile.read.static import from_spec
from .transpile.schedule import Checkpoint, checkpoint_of
from .transpile.steps import Step

DONE, REFUSED, USAGE = 0, 1, 2
SPARSE = ("sparse_jacobian", "sparse_hessian")
MODES = ("reverse", "forward", "hvp", "jacobian", "hessian", *SPARSE, "primal")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    whole = argparse.ArgumentParser(
        prog="gradscribe",
        description="Derivatives of NumPy functions as readable source.",
    )
    whole.add_argument("--version", action="version", version=__version__)
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    grad = commands.add_parser("grad", help="write the gradient of functions")
    grad.set_defaults(run=run_grad)
    add_what(grad)
    add_how(grad)
    build = commands.add_parser("build", help="compile gradients to a module")
    build.set_defaults(run=run_build, target="cpu", annotate=False, parallel=False)
    add_what(build)
    add_options(build)
    building.add_arguments(build)
    check = commands.add_parser("check", help="find what was written and is stale")
    check.set_defaults(run=run_check)
    checking.add_arguments(check)
    kept = commands.add_parser("cache", help="list what is kept between processes")
    kept.set_defaults(run=run_cache)
    kept.add_argument("--clear", action="store_true", help="remove all of it")
    return whole


def add_what(grad: argparse.ArgumentParser) -> None:
    """Add what to differentiate, and which derivative."""
    grad.add_argument(
        "functions",
        nargs="+",
        metavar="FILE.py:FUNC",
        help="or FILE.py:Class.method, or pkg.module:FUNC",
    )
    grad.add_argument(
        "--wrt",
        help="parameters to differentiate by, as w,b; default: each one's first",
    )
    form = grad.add_mutually_exclusive_group()
    form.add_argument("--value", action="store_true", help="give the value too")
    form.add_argument("--vjp", action="store_true", help="take a cotangent first")
    grad.add_argument(
        "--mode",
        choices=MODES,
        default="reverse",
        help="forward: take a tangent first; hvp: the Hessian times a vector;"
        " primal: the function itself",
    )
    grad.add_argument(
        "--direction",
        choices=("auto", "forward", "reverse"),
        default="auto",
        help="of a Jacobian: columns together, or rows one by one",
    )
    grad.add_argument(
        "--has-aux", action="store_true", help="hand on the second of two results"
    )
    grad.add_argument(
        "--types", action="append", help="such as 'w: f64[n], X: f64[m, n]'"
    )


def add_options(grad: argparse.ArgumentParser) -> None:
    """Add how derivatives are made."""
    grad.add_argument("--overwrite", default="", help="arrays that need no copy: A,B")
    grad.add_argument(
        "--checkpoint",
        type=checkpoint,
        metavar="K",
        help="keep every K-th state of a loop; or sqrt, binomial, binomial:SNAPSHOTS",
    )
    grad.add_argument(
        "--no-stabilise", action="store_true", help="formulas forward as written"
    )


def add_how(grad: argparse.ArgumentParser) -> None:
    """Add how the text is made, and where it goes."""
    grad.add_argument(
        "--target",
        choices=("numpy", "cpu", "gpu"),
        default="numpy",
        help="NumPy source (the default), or loops for Numba",
    )
    add_options(grad)
    grad.add_argument("--annotate", action="store_true", help="add type hints")
    grad.add_argument(
        "--parallel",
        action="store_true",
        help="loops for threads, with --target cpu",
    )
    grad.add_argument(
        "-o",
        dest="output",
        type=Path,
        metavar="OUT.py",
        help="the file to write; without it the source goes to stdout",
    )
    grad.add_argument(
        "--force",
        action="store_true",
        help="replace a file that gradscribe did not write, or that was edited",
    )


def checkpoint(text: str) -> Checkpoint:
    """Return which states of long loops to keep."""
    try:
        return checkpoint_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status.

    It is 0 if done, 1 if refused or stale, 2 for wrong usage and what could not be
    checked.
    """
    given = understood(arguments)
    try:
        status: int = given.run(given)
        return status
    except TranspileError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"gradscribe: {error}", file=sys.stderr)
    return REFUSED


def understood(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what a command line says; say what is wrong with it, and exit."""
    whole = parser()
    given = whole.parse_args(arguments)
    if getattr(given, "parallel", False) and given.target != "cpu":
        whole.error("--parallel is for --target cpu")
    if getattr(given, "vjp", False) and given.mode != "reverse":
        whole.error("--vjp is for --mode reverse")
    if getattr(given, "value", False) and given.mode not in ("reverse", "jacobian"):
        whole.error(f"--value is not for --mode {given.mode}")
    if getattr(given, "mode", None) in SPARSE:
        if given.command == "build" or given.target != "numpy" or given.has_aux:
            whole.error(f"--mode {given.mode} is for grad, --target numpy, without aux")
    if given.command == "check" and given.force and not given.fix:
        whole.error("--force is for --fix")
    if given.command == "grad" and len(given.types or ()) > 1:
        whole.error("--types repeated is for build; name all parameters in one text")
    if given.command == "build" and not building.is_name(given.name):
        whole.error(f"--name {given.name}: a module needs a name such as gradients")
    return given


def job_of(given: argparse.Namespace, folder: Path = Path()) -> Job:
    """Return what a ``grad`` command asks for; its paths start from ``folder``."""
    (job,) = jobs_of(given, folder)
    return job


def jobs_of(given: argparse.Namespace, folder: Path = Path()) -> tuple[Job, ...]:
    """Return what a command asks for, a job for each list of types."""
    from .transpile.parse.declared import parsed_types
    from .transpile.pipeline import Options

    sources = tuple(from_spec(spec, folder) for spec in given.functions)
    names = [name.strip() for name in (given.wrt or "").split(",")]
    wrt = tuple(filter(None, names))
    firsts = {source.first_parameter for source in sources}
    if not wrt and given.mode != "primal" and len(firsts) == 1:
        (wrt,) = firsts
    parameters = [name for source in sources for name in source.parameters]
    options = Options(
        stabilise=not given.no_stabilise,
        overwrite=tuple(filter(None, given.overwrite.split(","))),
        checkpoint=given.checkpoint,
        parallel=given.parallel,
    )
    step = Step(mode_of(given), wrt, len(names) == 1, given.direction, given.has_aux)
    return tuple(
        Job(
            sources,
            step,
            options,
            given.target,
            given.annotate,
            parsed_types(types, parameters),
        )
        for types in given.types or [None]
    )


def mode_of(given: argparse.Namespace) -> str:
    """Return which derivative is asked for."""
    if given.mode == "reverse":
        return "vjp" if given.vjp else "value_and_grad" if given.value else "grad"
    mode = {"forward": "jvp"}.get(given.mode, str(given.mode))
    return f"value_and_{mode}" if given.value else mode


def run_grad(given: argparse.Namespace) -> int:
    """Print a gradient, or write it to a file."""
    with shown(f"transforming {', '.join(given.functions)}"):
        text = file_text(job_of(given), given.output)
    if given.output is None:
        show(written.sealed(text))
    else:
        written.write_source(given.output, text, given.force)
    return DONE


def run_build(given: argparse.Namespace) -> int:
    """Compile gradients to a module that needs NumPy alone."""
    building.run(given, jobs_of)
    return DONE


def run_check(given: argparse.Namespace) -> int:
    """Say what no longer is what its command writes."""
    return checking.run(given, asked)


def asked(
    words: Sequence[str], folder: Path
) -> tuple[argparse.Namespace, tuple[Job, ...]]:
    """Return what the words of a command ask for."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            given = understood(words)
            return given, jobs_of(given, folder)
    except SystemExit:
        why = said.getvalue().strip().rpartition(": error: ")[2]
        raise refuse(
            f"this gradscribe does not understand the command in its header: {why}",
            f"write it again with gradscribe {words[0]} --force -o PLACE",
        ) from None


def run_cache(given: argparse.Namespace) -> int:
    """List the texts and compiled code that are kept, or remove them."""
    found = cache.clear() if given.clear else cache.entries()
    size = sum(entry.size for entry in found)
    if not given.clear:
        for entry in found:
            print(
                f"{entry.kind}  {_bytes(entry.size):>9}  {_age(entry.age):>9}"
                f"  {entry.folder.name}  {entry.name}"
            )
    done = "removed from" if given.clear else "in"
    count = f"{len(found)} {'entry' if len(found) == 1 else 'entries'}"
    print(f"{count}, {_bytes(size)}, {done} {cache.current_folder()}")
    return DONE


def _bytes(size: float) -> str:
    """Return a size in a unit that suits it."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _age(seconds: float) -> str:
    """Return how long ago something was."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
