"""The workloads of benchmarks/ agree with themselves, and the harness runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import gradscribe as gs
import numpy as np
import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
sys.path.append(str(FOLDER))

import compare  # noqa: E402
import report  # noqa: E402
import workloads  # noqa: E402

WRITTEN = ("for_jax", "for_torch", "for_autograd")


@pytest.mark.parametrize("name", workloads.names())
def test_gradients_agree(name: str) -> None:
    workload = workloads.load(name)
    args = workloads.arguments(workload)
    kept = [np.copy(a) for a in args]
    expected = workload.by_hand_numpy(*args)
    gradient = gs.grad(workload.primal, wrt=workload.WRT, target="numpy")
    assert compare.wrong(gradient(*args), expected) is None
    assert compare.wrong(workload.by_hand_numba(*args), expected) is None
    for before, after in zip(kept, args, strict=True):
        np.testing.assert_array_equal(before, after)
    assert all(hasattr(workload, version) for version in WRITTEN)
    assert isinstance(workload.LOOPS, bool) and workload.SIZES


def test_a_wrong_gradient_is_seen() -> None:
    exact = np.array([1.0, 1e-3])
    assert compare.wrong((exact,), (exact * (1 + 1e-12),)) is None
    assert "off by" in (compare.wrong((exact + 1e-6,), (exact,)) or "")
    assert "shape" in (compare.wrong((exact[:1],), (exact,)) or "")
    assert "off by" in (compare.wrong((exact * np.nan,), (exact,)) or "")


def test_a_run_writes_its_results(tmp_path: Path) -> None:
    command = [sys.executable, FOLDER / "run.py", "overhead", "--threads", "1"]
    tools = ["--tools", "primal", "gradscribe", "--seconds", "0.1"]
    done = subprocess.run(
        [*command, *tools, "--out", tmp_path],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads((tmp_path / "results.json").read_text())["rows"]
    for tool in ("gradscribe", "primal", "numpy", "numba"):
        assert 0 < row["tools"][tool]["min"] <= row["tools"][tool]["median"]
    assert "| overhead 200 |" in (tmp_path / "results.md").read_text()


def test_the_table_marks_what_misses_its_target() -> None:
    times = {"gradscribe": 2e-3, "primal": 1e-3, "jax": 8e-3, "numba": 1e-3}
    measured = {k: {"min": t, "peak": 3 * 2**20} for k, t in times.items()}
    measured["torch"] = {"gap": "over 60 s"}
    row = {"workload": "w", "size": "s", "threads": 1, "tools": measured}
    row |= {"loops": True, "bound": 1.3, "hand": None}
    page = report.text({"machine": {"processor": "p"}, "rows": [row]})
    assert "| w s | 2 | 8 | – | – | – | – | 1 |" in page
    assert "| 4 | 4 | **0.5** | **2** (at most 1.3) | 1 |" in page
    assert "- w s, torch: over 60 s" in page
