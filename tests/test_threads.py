"""``parallel=True``: what is cut in chunks, the text, and calls in all weathers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import corpus
import gradscribe as gs
import harness
import numpy as np
import pytest
from gradscribe.runtime import specialised
from gradscribe.transpile.fuse import rounds, threads, work
from reference import cotangents

# ---- what is cut ----


def elementwise_sum(x, a):
    return np.sum(np.tanh(a * x) * x)


def rows(A, b):
    total = 0.0
    for i in range(A.shape[0]):
        p = 0.0
        for j in range(A.shape[1]):
            p += A[i, j] * b[j]
        total += p * p
    return total


def heat(u, steps):
    for _ in range(steps):
        v = u.copy()
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                v[i, j] += 0.1 * (u[i - 1, j] + u[i + 1, j] - 2.0 * u[i, j])
        u = v
    return np.sum(u)


def backwards(x):
    y = np.zeros(x.size)
    for i in range(x.size - 1, -1, -1):
        y[i] = np.sin(x[i])
    return np.sum(y * y)


def recurrence(x):
    h = 0.0
    for i in range(x.size):
        h = np.tanh(h + x[i])
    return h


def left_early(x):
    s = 0.0
    for i in range(x.size):
        if x[i] > 10.0:
            break
        s += x[i] * x[i]
    return s


def printing(x):
    s = 0.0
    for i in range(x.size):
        if x[i] > 10.0:
            print(i)
        s += x[i] * x[i]
    return s


def solving(A, b):
    s = 0.0
    for i in range(b.shape[0]):
        s += np.sum(np.linalg.solve(A, b[i]))
    return s


def ring(x):
    y = np.zeros(x.size)
    for i in range(x.size):
        y[i - 1] = x[i] * x[i]
    return y


def shifted(x):
    y = np.zeros(x.size)
    for i in range(1, x.size):
        y[i - 1] = x[i] * x[i]
    return y


def short(x):
    s = 0.0
    for i in range(3):
        for j in range(x.size):
            s += x[j] ** i
    return s


def filled(x):
    y = np.zeros(1000)
    for i in range(1000):
        y[i] = x[0] * i
    return y


def text(function, **options) -> str:
    types = {"x": "x: f64[n]", "A": "A: f64[m, n]", "u": "u: f64[m, n]"}
    names = {
        **types,
        "a": "a: f64",
        "b": "b: f64[k, n]" if function is solving else "b: f64[n]",
        "steps": "steps: int",
    }
    if function is solving:
        names["A"] = "A: f64[n, n]"
    wanted = function.__code__.co_varnames[: function.__code__.co_argcount]
    made = gs.jit(
        function, types=", ".join(names[n] for n in wanted), parallel=True, **options
    )
    return made.source_for("cpu")


CUT = [elementwise_sum, rows, heat, backwards, shifted]
# Dependent, left early, with effects that threads lose; the last element may be the
# first one's; three iterations; too little work to be worth it at any size.
LEFT = [recurrence, left_early, printing, solving, ring, filled]


@pytest.mark.parametrize("function", CUT)
def test_independent_loops_are_cut(function) -> None:
    assert "in prange(chunks)" in text(function)


@pytest.mark.parametrize("function", LEFT)
def test_other_loops_stay(function) -> None:
    assert "prange" not in text(function)


def test_of_a_few_iterations_those_inside_are_cut() -> None:
    _, outer = text(short).split("    for i in range(3):")
    assert "_short_threads(chunks, " in outer


def test_strict_sums_keep_their_order() -> None:
    assert "prange" not in text(rows, strict=True)
    assert "prange" in text(backwards, strict=True)


def test_without_the_option_nothing_is_cut() -> None:
    made = gs.jit(rows, types="A: f64[m, n], b: f64[n]")
    assert "prange" not in made.source_for("cpu")


TEXT = '''\
import numpy as np
from numba import prange


def _rows_part(first, last, A, b, total):
    """Run the iterations of a loop of rows from first to last - 1."""
    # Not below zero, where an index would count from the end
    start = max(first, 0)
    for k in range(last - start):
        i = start + k
        p = 0.0
        for j in range(A.shape[1]):
            p += A[i, j] * b[j]
        total += p * p
    return total


def _rows_threads(chunks, trips, A, b, total_parts):
    """Run the chunks of such a loop in threads."""
    for c in prange(chunks):
        # Numba counts chunks without a sign
        chunk = np.int64(c)
        total_part = _rows_part(
            chunk * trips // chunks, (chunk + 1) * trips // chunks, A, b, 0.0
        )
        total_parts[chunk] = total_part


def rows(A, b):
    total = 0.0
    chunks = min(4 * A.shape[0] * A.shape[1] // 32768, A.shape[0], 64)
    if chunks >= 8:
        total_parts = np.empty(chunks)
        _rows_threads(chunks, A.shape[0], A, b, total_parts)
        for c in range(chunks):
            total += total_parts[c]
    else:
        total = _rows_part(np.int64(0), A.shape[0], A, b, total)
    return total
'''


def test_the_text() -> None:
    assert text(rows) == TEXT


# ---- what is computed ----

LAYERS = ["omp", "workqueue"]


@pytest.fixture
def everything_cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Cut loops of any size, and run the text without Numba."""
    monkeypatch.setenv("GRADSCRIBE_CACHE_DIR", str(tmp_path))
    for module in (work, threads):
        monkeypatch.setattr(module, "LEAST", 1)
    for module in (rounds, threads):
        monkeypatch.setattr(module, "FEWEST_CHUNKS", 1)
    monkeypatch.setattr(threads, "is_small", lambda *given: False)
    monkeypatch.setitem(specialised.LOADERS, "cpu", specialised.LOADERS["numpy"])


@pytest.mark.parametrize(
    "case",
    [
        case if case.digest % 32 == 3 else pytest.param(case, marks=pytest.mark.slow)
        for case in corpus.load()
    ],
    ids=lambda case: case.name,
)
@pytest.mark.usefixtures("everything_cut")
def test_chunks_give_what_the_loop_gives(case: corpus.Case) -> None:
    whole, chunks = (derivative(case, parallel) for parallel in (False, True))
    for one, other in zip(whole, chunks, strict=True):
        assert one.dtype == other.dtype
        finite = one[np.isfinite(one)]
        scale = 1.0 + np.max(np.abs(finite), initial=0.0)
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-11 * scale)


def derivative(case: corpus.Case, parallel: bool) -> list[np.ndarray]:
    """Return the numbers of a derivative, or the error it raises."""
    args = case.arguments()
    with np.errstate(all="ignore"):
        scalar = harness.is_scalar(case, args)
        make = gs.value_and_grad if scalar else gs.vjp
        made = make(case.function, wrt=case.wrt, parallel=parallel)
        seeds = (
            [] if scalar else [harness.structured(case, args, cotangents(case, args))]
        )
        return list(numbers(made(*seeds, *args)))


def numbers(result):
    """Yield the arrays and numbers of a result."""
    if isinstance(result, dict):
        result = tuple(result.values())
    if isinstance(result, (tuple, list)):
        for part in result:
            yield from numbers(part)
    elif hasattr(result, "__dict__") and not isinstance(result, np.ndarray):
        yield from numbers(tuple(vars(result).values()))
    elif result is not None:
        yield np.asarray(result)


# ---- compiled ----

SCRIPT = Path(__file__).parent / "threads_script.py"


def run(task: str, **environment: str) -> str:
    """Run a task of the script; return what it prints."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), task],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a cache folder for all subprocesses."""
    return str(tmp_path_factory.mktemp("cache"))


def test_eight_first_calls_at_once_compile_once(folder: str) -> None:
    assert run("first", GRADSCRIBE_CACHE_DIR=folder) == "1 result, compiled 1 times"


@pytest.mark.parametrize("layer", LAYERS)
def test_two_threads_call_at_once(layer: str, folder: str) -> None:
    done = run("at_once", NUMBA_THREADING_LAYER=layer, GRADSCRIBE_CACHE_DIR=folder)
    assert done == "1 result"


@pytest.mark.parametrize("layer", LAYERS)
def test_a_fork_after_a_call(layer: str, folder: str) -> None:
    done = run("fork", NUMBA_THREADING_LAYER=layer, GRADSCRIBE_CACHE_DIR=folder)
    assert done == "the same, exit 0, the same, exits [0, 0, 0, 0, 0]"


def test_the_number_of_threads_changes_no_bit(folder: str) -> None:
    made = {
        run("digest", NUMBA_NUM_THREADS=count, GRADSCRIBE_CACHE_DIR=folder)
        for count in ("1", "2", "4")
    }
    assert len(made) == 1


def test_neither_do_runs_nor_places_in_memory(folder: str) -> None:
    assert run("again", GRADSCRIBE_CACHE_DIR=folder) == "1 result"


def test_the_first_failing_check_raises_at_its_line(folder: str) -> None:
    assert run("errors", GRADSCRIBE_CACHE_DIR=folder) == "\n".join(
        [
            "IndexError at s += np.sin(x[first[i]])",
            "IndexError at s += np.cos(x[second[i]])",
            "IndexError at s += np.sin(x[first[i]])",
        ]
    )
