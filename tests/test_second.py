"""The output is inside the accepted language: differentiated again."""

from __future__ import annotations

import importlib.util
import types
from pathlib import Path

import gradscribe as gs
import numpy as np
import pytest
from corpus import Case, load
from reference import differences

NAMES = (
    "elementwise.all_scalars",
    "reductions.variance",
    "reductions.geometric_mean",
    "products.dot_vectors",
    "reductions.log_sum_exp_plain",
    "products.quadratic_form_twice",
    "stats.least_squares",
    "stats.logistic_likelihood",
    "loops.running_sum",
    "loops.triangular_nest",
    "branches.branch_in_loop",
    "exits.break_on_sum",
    "whiles.newton_while",
    "recurrences.tanh_scalar",
    "linalg.log_determinant",
    "recursion.power",
    "recursion.product_of_sines",
    "recursion.pairwise",
    "recursion.remembered",
    "views.write_both_names",
)
CASES = {case.name: case for case in load()}
SCALARS = [CASES[name] for name in NAMES]

DIRECTIONAL = """

def directional({parameters}, directions):
    gradient = {name}({parameters})
    return np.sum(gradient * directions)
"""


def _module(text: str, folder: Path) -> types.ModuleType:
    path = folder / "first_gradient.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location("first_gradient", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("case", SCALARS, ids=lambda case: case.name)
def test_gradient_of_the_gradient_file(case: Case, tmp_path: Path) -> None:
    args = case.arguments()
    wrt = case.wrt[0]
    first = gs.grad(case.function, wrt=wrt, target="numpy")
    directions = np.random.default_rng(3).standard_normal(np.shape(first(*args)))
    name = first.__name__
    text = (
        "import numpy as np\n\n"
        + first.source
        + DIRECTIONAL.format(name=name, parameters=", ".join(case.parameters))
    )
    directional = _module(text, tmp_path).directional
    if not np.shape(directions):
        directions = float(directions)
    second = gs.grad(directional, wrt=wrt, target="numpy")(*args, directions)
    again = Case(directional, case.name, (), (wrt,))
    (expected,) = differences(again, (*args, directions), [1.0])
    scale = max(1.0, np.max(np.abs(expected)))
    np.testing.assert_allclose(second, expected, rtol=1e-5, atol=1e-6 * scale)
