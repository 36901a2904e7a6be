"""Gradient files run with NumPy alone, and are right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from goldens import EXAMPLES, GOLDENS, Golden

# Runs in a process of its own, where gradscribe and what it needs cannot be imported.
SCRIPT = """
import sys

BLOCKED = {"gradscribe", "numba", "scipy", "gast", "beniget", "jax"}


class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"{name} is blocked")


sys.meta_path.insert(0, Blocker())
tests, folder, index = sys.argv[1:]
sys.path[:0] = [folder, tests]

import importlib
import numpy as np
from corpus import Case
from goldens import GOLDENS, small_arguments
from reference import complex_step

golden = GOLDENS[int(index)]
model = getattr(importlib.import_module(golden.example), golden.function)
generated = importlib.import_module(golden.output.removesuffix(".py"))
derivative = getattr(generated, golden.function + "_value_and_grad")
args = small_arguments(golden.example)
value, gradients = derivative(*args)
if len(golden.wrt) == 1:
    gradients = (gradients,)
case = Case(model, golden.output, args, golden.wrt)
expected = complex_step(case, args, [1.0])
np.testing.assert_allclose(value, model(*args), rtol=1e-12)
for gradient, e in zip(gradients, expected, strict=True):
    np.testing.assert_allclose(gradient, e, rtol=1e-10, atol=1e-12)
assert not BLOCKED & {name.partition(".")[0] for name in sys.modules}
print("right")
"""


@pytest.mark.parametrize("index", range(len(GOLDENS)), ids=lambda k: GOLDENS[k].output)
def test_generated_file_alone_is_right(index: int) -> None:
    golden: Golden = GOLDENS[index]
    folder = EXAMPLES / golden.example
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(Path(__file__).parent), str(folder)]
        + [str(index)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "right\n"


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda g: g.output)
def test_only_numpy_is_imported(golden: Golden) -> None:
    text = golden.path.read_text()
    imports = [
        line for line in text.splitlines() if line.startswith(("import", "from"))
    ]
    assert imports == ["import numpy as np"]
