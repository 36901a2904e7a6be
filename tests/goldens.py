"""The generated files of examples/: how each is made, and arguments to try it on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

EXAMPLES = Path(__file__).parents[1] / "examples"


@dataclass(frozen=True)
class Golden:
    """A generated file: example, function, parameters, further options, name."""

    example: str
    function: str
    wrt: tuple[str, ...]
    output: str
    options: tuple[str, ...] = ()

    @property
    def arguments(self) -> list[str]:
        """The command line after ``gradscribe``, run beside the source."""
        source = f"{self.example}.py:{self.function}"
        names = ",".join(self.wrt)
        return ["grad", source, "--wrt", names, "--value", *self.options]

    @property
    def path(self) -> Path:
        """The committed file."""
        return EXAMPLES / self.example / self.output


CPU = ("--target", "cpu")
LOGISTIC = Golden("logistic", "logistic_loss", ("w", "b"), "logistic_grad.py")
GOLDENS = (
    LOGISTIC,
    Golden("mlp", "cross_entropy", ("W1", "b1", "W2", "b2"), "mlp_grad.py"),
    Golden("heat", "misfit", ("T0",), "heat_grad.py"),
    Golden("heat", "misfit", ("T0",), "heat_loops.py", CPU),
    Golden("recurrence", "prediction_error", ("a", "b", "c"), "recurrence_grad.py"),
    Golden(
        "recurrence",
        "prediction_error",
        ("a", "b", "c"),
        "recurrence_loops.py",
        CPU,
    ),
    Golden(
        "gmm",
        "negative_log_likelihood",
        ("logits", "means", "log_scales"),
        "gmm_grad.py",
    ),
    Golden("phylogeny", "surprise", ("log_lengths",), "phylogeny_grad.py"),
    Golden("phylogeny", "surprise", ("log_lengths",), "phylogeny_loops.py", CPU),
)


def generate(
    golden: Golden, folder: Path, elsewhere: bool = False, **env: str
) -> bytes:
    """Make a golden file anew in a copy of its example under ``folder``.

    With ``elsewhere`` the command runs in another directory, by absolute path.
    """
    copy = folder / golden.example
    if not copy.exists():
        copy.mkdir(parents=True)
        shutil.copy(EXAMPLES / golden.example / f"{golden.example}.py", copy)
    arguments = golden.arguments
    if elsewhere:
        arguments[1] = str(copy / arguments[1])
    subprocess.run(
        [sys.executable, "-m", "gradscribe", *arguments]
        + ["-o", str(copy / golden.output)],
        cwd=folder if elsewhere else copy,
        env={**os.environ, **env},
        check=True,
    )
    return (copy / golden.output).read_bytes()


def small_arguments(example: str) -> tuple[Any, ...]:
    """Random arguments of an example's function."""
    rng = np.random.default_rng(11)

    def normal(*shape: int) -> Any:
        return rng.standard_normal(shape)

    table = {
        "logistic": lambda: (
            normal(3),
            0.2,
            normal(5, 3),
            np.array([0.0, 1.0, 1.0, 0.0, 1.0]),
            0.1,
        ),
        "mlp": lambda: (
            normal(4, 3),
            normal(3),
            normal(3, 2),
            normal(2),
            normal(5, 4),
            np.array([0, 1, 1, 0, 1]),
        ),
        "heat": lambda: (normal(5, 6), normal(5, 6), 0.2, 3),
        "recurrence": lambda: (0.7, 0.4, -0.1, normal(6), normal(6)),
        "gmm": lambda: (normal(3), normal(3, 2), 0.3 * normal(3, 2), normal(5, 2)),
        "phylogeny": lambda: (
            normal(5),
            np.array([[-1, -1], [-1, -1], [-1, -1], [0, 1], [3, 2]]),
            np.eye(4)[rng.integers(0, 4, (3, 6))],
        ),
    }
    return table[example]()
