"""What is done to loops for compiled code: helpers, inductions, privacy, one sweep."""

from __future__ import annotations

import gradscribe as gs
import numpy as np
import pytest
from gradscribe.transpile import pipeline
from gradscribe.transpile.graph.ir import Program, Type, walk
from gradscribe.transpile.graph.linear import Linear, Size
from gradscribe.transpile.read.live import from_function
from gradscribe.transpile.steps import Step

pytestmark = pytest.mark.usefixtures("loops_in_python")


def packed_rows(a, n):
    """A triangle stored row by row, read by a running index."""
    at = 2
    total = 0.0
    for i in range(n):
        for _j in range(i + 1, n):
            total += a[at] * a[at] * (i + 1)
            at += 1
    return total


def private(x, k):
    terms = np.empty(3)
    total = 0.0
    for i in range(len(x)):
        for j in range(3):
            terms[j] = np.sin(x[i] * (j + k))
        total += np.prod(terms)
    return total


def kept(x):
    """The array is what one iteration leaves for the next."""
    terms = np.ones(3)
    total = 0.0
    for i in range(len(x)):
        for j in range(2):
            terms[j] = terms[j + 1] * x[i]
        total += np.sum(terms)
    return total


def squared(x):
    total = 0.0
    for i in range(len(x)):
        total += np.exp(x[i]) * x[i]
    return total * total


def scaled(x, c):
    total = 0.0
    for i in range(len(x)):
        total += np.exp(x[i]) * x[i]
    return 3.0 - total / (2.0 * c)


def square(u):
    return u * u


def helped(x):
    total = 0.0
    for i in range(len(x)):
        total += square(np.sin(x[i]))
    return total


X = np.array([0.4, -0.7, 1.1, 0.2, 0.9, -0.3, 0.5, 0.8, 0.1])


def derived(f, *args, mode="value_and_grad") -> Program:
    types = {}
    source = from_function(f)
    for name, arg in zip(source.parameters, args, strict=True):
        dims = tuple(Linear.of(Size(f"{name}_{k}")) for k in range(np.ndim(arg)))
        types[name] = Type(str(np.asarray(arg).dtype), dims)
    wrt = (next(iter(source.parameters)),)
    options = pipeline.Options()
    return pipeline.derive(source, types, (Step(mode, wrt),), options, "cpu")


def ops(program: Program) -> list[str]:
    return [eq.op for f in program.functions for eq in walk(f.body)]


CASES = [
    (packed_rows, (X, 4)),
    (private, (X, 1.5)),
    (kept, (X,)),
    (squared, (X,)),
    (scaled, (X, 0.7)),
    (helped, (X,)),
]


@pytest.mark.parametrize("f, args", CASES, ids=lambda c: getattr(c, "__name__", ""))
def test_values_and_gradients_are_those_of_the_numpy_text(f, args):
    ours = gs.value_and_grad(f)(*args)
    theirs = gs.value_and_grad(f, target="numpy")(*args)
    for got, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-13)


def test_an_index_that_runs_is_not_saved():
    assert "empty" not in ops(derived(packed_rows, X, 4))


@pytest.mark.parametrize("f, args", [CASES[1], CASES[4], CASES[5]])
def test_independent_iterations_take_one_sweep(f, args):
    program = derived(f, *args)
    outer = [eq for eq in program.entry.body.equations if eq.op == "for"]
    assert len(outer) == 1
    assert "call" not in ops(program)


@pytest.mark.parametrize("f, args", [CASES[2], CASES[3]])
def test_what_needs_two_sweeps_takes_two(f, args):
    outer = [eq for eq in derived(f, *args).entry.body.equations if eq.op == "for"]
    assert len(outer) == 2


def test_strict_keeps_the_order_of_sums():
    source = gs.grad(scaled, strict=True)
    np.testing.assert_allclose(source(X, 0.7), gs.grad(scaled)(X, 0.7), rtol=1e-13)


def test_an_index_out_of_range_is_reported_from_a_joint_loop():
    def beyond(x, n):
        total = 0.0
        for i in range(n):
            total += x[i] * x[i]
        return total

    with pytest.raises(IndexError, match="index out of range"):
        gs.grad(beyond)(X, 12)


def layered(x, k):
    total = 0.0
    for i in range(len(x)):
        terms = np.zeros(k)
        for j in range(k):
            terms[j] += np.sin(x[i] * j)
        total += np.prod(terms + 2.0)
    return total


def text_of(f, *args):
    gradient = gs.grad(f)
    gradient(*args)
    return gradient.source_for("cpu")


def test_memory_is_made_once_and_cleared_in_every_iteration():
    before, loop = text_of(layered, X, 3).split("    for i in range(x.shape[0]):")
    assert "np.empty" in before
    assert "= np.empty" not in loop and "] = 0.0" in loop
    numpy_text = gs.grad(layered, target="numpy")
    np.testing.assert_allclose(gs.grad(layered)(X, 3), numpy_text(X, 3), rtol=1e-13)


def test_a_check_of_the_counter_stands_before_the_loops():
    def rows(A, w, n):
        total = 0.0
        for i in range(n):
            for j in range(len(w)):
                total += A[i, j] * w[j] * w[j]
        return total

    A = np.arange(6.0).reshape(2, 3)
    gradient = gs.grad(rows, wrt="w")
    np.testing.assert_allclose(gradient(A, np.ones(3), 2), [6.0, 10.0, 14.0])
    before, loop = gradient.source_for("cpu").split("        for j in range(")
    assert before.count("raise IndexError") == 2
    assert "raise" not in loop
    with pytest.raises(IndexError):
        gradient(A, np.ones(3), 3)
    with pytest.raises(IndexError):
        gradient(A, np.ones(4), 2)
    # No iteration, no error: NumPy reads nothing either.
    np.testing.assert_array_equal(gradient(A, np.ones(4), 0), np.zeros(4))


def stages(y, c, h, steps):
    """Each stage reads elements of its point more than once."""
    for _ in range(steps):
        k = np.array([y[1] * y[0], c * y[0] - y[1]])
        z = y + h * k
        y = y + h * np.array([z[1] * z[0], c * z[0] - z[1]])
    return np.sum(y * y)


def test_an_element_read_twice_is_saved_once():
    dstages = gs.grad(stages, wrt=("y", "c"))
    args = np.array([0.3, 0.7]), 0.5, 0.1, 4
    got, want = dstages(*args), gs.grad(stages, wrt=("y", "c"), target="numpy")(*args)
    for one, other in zip(got, want, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)
    text = dstages.source_for("cpu")
    assert "16 + 32*max(0, steps) bytes" in text  # two numbers of y, two of z
