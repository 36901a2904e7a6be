"""Long loops split in blocks: equal gradients, less memory, the same file again."""

from __future__ import annotations

import tracemalloc

import gradscribe as gs
import numpy as np
import pytest
from gradscribe.cli import main

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


PROGRAMS = [
    in_place,
    new_arrays,
    swapped,
    overwritten_first,
    downwards,
    nested,
    in_a_helper,
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_blocks_give_the_same_gradients(f):
    plain = gs.value_and_grad(f, wrt=("u0", "k"), target="numpy")
    for block in (1, 4):
        split = gs.value_and_grad(f, ("u0", "k"), target="numpy", checkpoint=block)
        for n in (0, 1, 4, 13):
            value, gradient = plain(START, 0.3, n)
            again, found = split(START, 0.3, n)
            assert value == again
            for one, other in zip(gradient, found, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("f", [in_place, swapped], ids=lambda f: f.__name__)
def test_compiled_blocks(f):
    plain = gs.grad(f, wrt=("u0", "k"), target="numpy")(START, 0.3, 13)
    found = gs.grad(f, wrt=("u0", "k"), checkpoint=4)(START, 0.3, 13)
    for one, other in zip(plain, found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def _peak(f, *args) -> int:
    f(*args)
    tracemalloc.start()
    try:
        f(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_blocks_need_less_memory():
    u0 = np.linspace(0.0, 1.0, 1000)
    whole = _peak(gs.grad(in_place, target="numpy"), u0, 0.1, 400)
    split = _peak(gs.grad(in_place, target="numpy", checkpoint=20), u0, 0.1, 400)
    assert split < whole / 6


def jumps_out(x, n):
    for _ in range(n):
        x = x * x
        if x > 9.0:
            break
    return x


def test_nothing_to_split_is_refused():
    with pytest.raises(gs.TranspileError, match="no loop that can be split"):
        gs.grad(jumps_out, checkpoint=5, target="numpy")(1.5, 3)
    for bad in (0, -1, 2.0, True, "sqrt"):
        with pytest.raises(ValueError, match="number of iterations"):
            gs.grad(in_place, checkpoint=bad)  # type: ignore[arg-type]


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
    assert "--checkpoint 8" in " ".join(text.split()) and "decay_block" in text
    source.write_text(source.read_text().replace("np.sin(x)", "np.cos(x)"))
    assert main(["check", str(tmp_path)]) == 1
    assert main(["check", "--fix", str(tmp_path)]) == 0
    assert "decay_block_backward" in place.read_text()
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["grad", spec, "--checkpoint", "0"])
