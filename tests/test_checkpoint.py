"""Long loops of which some states are kept: same gradients, bounded memory and work."""

from __future__ import annotations

import itertools
import math
import tracemalloc

import gradscribe as gs
import numpy as np
import pytest
from gradscribe.cli import main
from harness import one_compiled

pytestmark = pytest.mark.usefixtures("loops_in_python")

START = np.linspace(0.2, 1.1, 7)


def in_place(u0, k, n):
    u = u0.copy()
    for _ in range(n):
        u[1:-1] = u[1:-1] + k * np.sin(u[2:] * u[:-2])
    return np.sum(u * u)


def new_arrays(u0, k, n):
    u = u0
    energy = 0.0
    for t in range(n):
        u = u + k * np.sin(u * t)
        energy += np.sum(u * u0)
    return energy


def swapped(u0, k, n):
    u = u0.copy()
    w = np.zeros_like(u)
    for _ in range(n):
        w[1:] = u[1:] * np.sin(k * u[:-1])
        u, w = w, u
    return np.sum(u)


def overwritten_first(u0, k, n):
    u = u0.copy()
    for t in range(n):
        u[t % 7] = k
        u = np.sin(u)
    return np.sum(u)


def downwards(u0, k, n):
    s = k
    for t in range(n, 2, -3):
        if s > 0.5:
            s = np.tanh(s * u0[t % 7]) + k
        else:
            s = s * s + u0[0]
    return s


def nested(u0, k, n):
    u = u0.copy()
    for _ in range(n):
        for i in range(1, u.shape[0]):
            u[i] = np.sin(u[i] * u[i - 1]) + k
    return np.sum(u)


def simulate(u, k, n):
    for t in range(n):
        u[0] = np.cos(u[0] * k + t)
    return u[0]


def in_a_helper(u0, k, n):
    u = u0 * k
    return simulate(u, k, n) if n > 3 else k


def trajectory(u0, k, n):
    u = u0.copy()
    path = np.zeros((n, u0.size))
    for t in range(n):
        u = u + k * np.sin(u)
        path[t] = u
    return np.sum(path * path)


def left_early(u0, k, n):
    u = u0.copy()
    for t in range(n):
        u[1:] = u[1:] * k + np.sin(u[:-1] + t)
        if np.sum(u * u) > 9.0:
            return np.sum(u) * k
    return np.sum(u)


def through_a_view(u0, k, n):
    u = u0 * u0
    first = u[0:2]
    s = np.sum(first * first)
    for _ in range(n):
        u *= np.cos(u)
        first = u[0:2]
        s = np.sin(s * first[0] + k)
    return s + np.sum(u)


def reset(a, b):
    b[:] = a.copy()
    a[1:] = np.sin(a[:-1]) * b[1:]


def helper_writes(u0, k, n):
    u = u0.copy()
    w = np.zeros_like(u0)
    for _ in range(n):
        reset(u, w)
        u += k * w * u
    return np.sum(u * w)


PROGRAMS = [
    in_place,
    new_arrays,
    swapped,
    overwritten_first,
    downwards,
    nested,
    in_a_helper,
    trajectory,
    left_early,
    through_a_view,
    helper_writes,
]

BLOCKS = (1, 4, "sqrt")
SNAPSHOTS = ("binomial", ("binomial", 1), ("binomial", 3))


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_schedules_give_the_same_gradients(f):
    plain = gs.value_and_grad(f, wrt=("u0", "k"), target="numpy")
    for schedule in BLOCKS if f is left_early else BLOCKS + SNAPSHOTS:
        split = gs.value_and_grad(f, ("u0", "k"), target="numpy", checkpoint=schedule)
        for n in (0, 1, 2, 4, 13):
            value, gradient = plain(START, 0.3, n)
            again, found = split(START, 0.3, n)
            assert value == again
            for one, other in zip(gradient, found, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


SCHEDULES = itertools.product([in_place, swapped], [("binomial", 3), 4, "sqrt"])


@pytest.mark.parametrize(("f", "schedule"), one_compiled(list(SCHEDULES)))
def test_compiled_schedules(f, schedule):
    plain = gs.grad(f, wrt=("u0", "k"), target="numpy")(START, 0.3, 13)
    found = gs.grad(f, wrt=("u0", "k"), checkpoint=schedule)(START, 0.3, 13)
    for one, other in zip(plain, found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


# ---- memory ----


def _peak(f, *args) -> int:
    f(*args)
    tracemalloc.start()
    try:
        f(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


ROWS = 2000


@pytest.mark.parametrize(
    ("schedule", "rows"),
    [
        (20, lambda n: n / 20 + 20),
        ("sqrt", lambda n: 2 * np.sqrt(n)),
        ("binomial", lambda n: np.ceil(np.log2(n + 1))),
        (("binomial", 5), lambda n: 5),
    ],
    ids=str,
)
def test_peak_memory_follows_the_schedule(schedule, rows):
    """Rows that are kept, besides a few for the state, its adjoint and temporaries."""
    u0 = np.linspace(0.0, 1.0, ROWS)
    derivative = gs.grad(in_place, target="numpy", checkpoint=schedule)
    for n in (100, 400):
        peak = _peak(derivative, u0, 0.1, n) / (8 * ROWS)
        assert rows(n) < peak < rows(n) + 10, (n, peak, rows(n))


def test_what_is_only_written_is_not_part_of_a_state():
    u0 = np.linspace(0.0, 1.0, 100)
    for schedule in (10, "binomial"):
        derivative = gs.grad(trajectory, target="numpy", checkpoint=schedule)
        # The path, its square, and its adjoint: three times n rows, and some.
        assert _peak(derivative, u0, 0.1, 300) < 8 * 100 * (3.5 * 300)


# ---- work ----


def least_steps(n: int, snapshots: int) -> int:
    """How often Revolve advances by a step: Griewank and Walther (2000), section 2."""
    repeats = 0
    while math.comb(snapshots + repeats, snapshots) < n:
        repeats += 1
    return repeats * n - math.comb(snapshots + repeats, snapshots + 1)


def counted(u0, n):
    u = u0
    for _ in range(n):
        u = np.arctan(u)
    return np.sum(u)


@pytest.mark.parametrize(
    ("n", "snapshots"),
    [(1, 1), (2, 1), (7, 1), (10, 2), (10, 3), (56, 5), (57, 5), (100, 4), (9, 20)],
)
def test_the_binomial_schedule_runs_as_few_steps_as_possible(n, snapshots):
    """What comes after the loop is the last step of the schedule."""
    calls = []

    class Counting:
        def __getattr__(self, name):
            if name == "arctan":
                calls.append(name)
            return getattr(np, name)

    derivative = gs.grad(counted, target="numpy", checkpoint=("binomial", snapshots))
    u0 = np.array([0.1])
    derivative(u0, 3)
    names = {}
    exec(derivative.source, names)
    names["np"] = Counting()
    names["counted_grad"](u0 * 0, n)
    assert len(calls) == least_steps(n + 1, min(n, snapshots))


# ---- what cannot be split ----


def jumps_out(x, n):
    for _ in range(n):
        x = x * x
        if x > 9.0:
            break
    return x


def converges(x):
    while x > 1e-3:
        x = np.sin(x) / 2.0
    return x


def test_what_cannot_be_split_is_refused_where_it_stands():
    with pytest.raises(gs.TranspileError, match="left early") as refused:
        gs.grad(jumps_out, checkpoint="binomial", target="numpy")(1.5, 3)
    (problem,) = refused.value.problems
    assert "checkpoint='sqrt'" in problem.help and "range(n)" in problem.text
    with pytest.raises(gs.TranspileError, match="does not know its trips"):
        gs.grad(converges, checkpoint="sqrt", target="numpy")(1.5)
    with pytest.raises(gs.TranspileError, match="has no loop"):
        gs.grad(np_free, checkpoint=5, target="numpy")(1.5)


def first_set_inside(x):
    x = x.copy()
    for i in range(4):
        for j in range(i):  # the name stays what it was if there is no trip
            x[i] *= x[j]
        if i > 0:
            x[i] *= x[j]
    return np.sum(x)


def returns_an_array(x, n):
    for t in range(n):
        x = np.sin(x)
        if x[0] < 0.5:
            return x * t
    return x


def shrinking(x, n):
    for _ in range(n):
        x = np.tanh(x[1:] * x[:-1])
    return np.sum(x)


def test_states_that_cannot_be_kept():
    with pytest.raises(gs.TranspileError, match="uses a name that it sets first"):
        gs.grad(first_set_inside, checkpoint="sqrt", target="numpy")(START)
    with pytest.raises(gs.TranspileError, match="uses a name that it sets first"):
        gs.vjp(returns_an_array, checkpoint="sqrt", target="numpy")(START, START, 9)
    with pytest.raises(gs.TranspileError, match="change their lengths"):
        gs.grad(shrinking, checkpoint="binomial", target="numpy")(START, 3)
    plain = gs.grad(shrinking, target="numpy")(START, 3)
    found = gs.grad(shrinking, checkpoint="sqrt", target="numpy")(START, 3)
    np.testing.assert_allclose(plain, found, rtol=1e-12)


def np_free(x):
    return x * x


@pytest.mark.parametrize(
    "bad", [0, -1, 2.0, True, "square", ("binomial", 0), ("sqrt", 3)], ids=str
)
def test_what_is_no_schedule_is_an_error(bad):
    with pytest.raises(ValueError, match="number of iterations"):
        gs.grad(in_place, checkpoint=bad)


@pytest.mark.parametrize("schedule", ["sqrt", "binomial", "binomial:3"])
def test_schedules_on_the_command_line(tmp_path, capsys, schedule):
    source = tmp_path / "decay.py"
    source.write_text(
        "import numpy as np\n\n\n"
        "def decay(x, n):\n"
        "    for t in range(n):\n"
        "        x = np.sin(x)\n"
        "    return np.sum(x)\n"
    )
    place = tmp_path / "decay_grad.py"
    options = ["--types", "x: f64[m], n: int", "--checkpoint", schedule]
    assert main(["grad", f"{source}:decay", *options, "-o", str(place)]) == 0
    assert f"--checkpoint {schedule}" in " ".join(place.read_text().split())
    assert main(["check", str(tmp_path)]) == 0


def test_the_command_line(tmp_path, capsys):
    source = tmp_path / "decay.py"
    source.write_text(
        "import numpy as np\n\n\n"
        "def decay(x, n):\n"
        "    for t in range(n):\n"
        "        x = np.sin(x)\n"
        "    return np.sum(x)\n"
    )
    place = tmp_path / "decay_grad.py"
    spec = f"{source}:decay"
    options = ["--types", "x: f64[m], n: int", "--checkpoint", "8", "-o", str(place)]
    assert main(["grad", spec, *options]) == 0
    text = place.read_text()
    assert "--checkpoint 8" in " ".join(text.split()) and "first = b * 8" in text
    source.write_text(source.read_text().replace("np.sin(x)", "np.cos(x)"))
    assert main(["check", str(tmp_path)]) == 1
    assert main(["check", "--fix", str(tmp_path)]) == 0
    assert "np.cos(x)" in place.read_text()
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["grad", spec, "--checkpoint", "0"])
