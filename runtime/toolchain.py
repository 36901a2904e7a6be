"""The C compiler: whether there is one, and a shared library from files of C."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

FLAGS = (
    "-O3 -std=c99 -fPIC -shared -fopenmp-simd -ffp-contract=fast -fno-math-errno"
    " -fno-trapping-math -fno-split-loops -Werror=incompatible-pointer-types"
    " -Werror=implicit-function-declaration -Wl,-Bsymbolic"
).split()
MACHINES = ("x86_64", "aarch64")


class CannotBuild(OSError):
    """There is no compiler, or none for this machine."""


def require() -> list[str]:
    """Return the command of the C compiler; raise CannotBuild if one cannot be had."""
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        here = f"{platform.system()} on {platform.machine()}"
        raise CannotBuild(
            f"modules are built on Linux (x86_64, aarch64), not on {here}"
        )
    wanted = os.environ.get("CC", "")
    for command in (shlex.split(wanted), ["cc"], ["gcc"], ["clang"]):
        if command and shutil.which(command[0]):
            return command
        if command and wanted:
            raise CannotBuild(f"there is no {wanted}, which CC names")
    raise CannotBuild("there is no C compiler (cc, gcc or clang); CC can name one")


def headers() -> Path:
    """Return the folder of Python's headers."""
    folder = Path(sysconfig.get_path("include"))
    if not (folder / "Python.h").is_file():
        raise CannotBuild(f"Python's headers are not in {folder}; install them first")
    return folder


def build(compiler: Sequence[str], sources: Sequence[Path], target: Path) -> None:
    """Compile C files to a module of Python."""
    extra = shlex.split(os.environ.get("CFLAGS", ""))
    command = [*compiler, *FLAGS, *extra, f"-I{headers()}", *map(str, sources)]
    libraries = shlex.split(os.environ.get("LDLIBS", ""))
    done = subprocess.run(
        [*command, "-o", str(target), *libraries, "-lm"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotBuild(f"{compiler[0]} refused the file:\n{done.stderr.strip()}")
