"""What a transform returns: calls, argument rules, pickling, tracebacks, threads."""

from __future__ import annotations

import copy
import inspect
import linecache
import math
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import traceback
from pathlib import Path

import gradscribe as gs
import numpy as np
import pytest
from gradscribe.runtime import cpu
from gradscribe.runtime.cache import UnsafeCache, folder, prune

TARGETS = ("numpy", "cpu")
SCALE = 2.0
OFFSETS = np.array([1.0, 2.0, 3.0, 4.0, 5.0])


def square(x):
    return x * x


def loss(w, X, y, power=2):
    """Return a loss."""
    r = X @ w - y
    return SCALE * np.sum(r * r) + power


def with_helper(x):
    return np.sum(square(x))


def shifted(x):
    return np.sum(x * x * OFFSETS)


def pick(x, k):
    y = x * 2.0
    return y[k] * x[0]


def overwritten(A, b):
    A[0] = A[0] * b[0]
    return np.sum(A * A)


def positive_squares(x):
    y = x[x > 0]
    return y * y


def added_at(x, k):
    y = np.zeros(3)
    np.add.at(y, k, x[1:])
    return y


def scaled_in_place(A, k):
    for i in range(A.shape[0]):
        A[i] = A[i] * k
    return A[0]


@gs.grad(wrt="x", target="numpy")
def decorated(x):
    return np.sum(x * x)


DLOSS = gs.grad(loss, wrt="w", target="numpy")
W, X, Y = np.array([1.0, -2.0]), np.array([[1.0, 2], [3, 4], [5, 6]]), np.ones(3)
EXPECTED = 4.0 * X.T @ (X @ W - Y)


# ---- calls ----


@pytest.mark.parametrize("target", TARGETS)
def test_call(target: str):
    dloss = gs.grad(loss, wrt="w", target=target)
    np.testing.assert_allclose(dloss(W, X, Y), EXPECTED)
    np.testing.assert_allclose(dloss(W, y=Y, X=X, power=3), EXPECTED)
    assert dloss.__name__ == "loss_grad"
    assert dloss.primal is loss
    assert inspect.signature(dloss) == inspect.signature(loss)
    assert not hasattr(dloss, "__wrapped__")
    with pytest.raises(TypeError):
        dloss(W, X)


def test_wrt():
    both = gs.grad(loss, wrt=("y", "w"), target="numpy")(W, X, Y)
    assert isinstance(both, tuple)
    np.testing.assert_allclose(both[0], -4.0 * (X @ W - Y))
    np.testing.assert_allclose(both[1], EXPECTED)
    one = gs.grad(loss, wrt=("w",), target="numpy")(W, X, Y)
    assert isinstance(one, tuple) and len(one) == 1
    np.testing.assert_allclose(gs.grad(loss, 0, target="numpy")(W, X, Y), EXPECTED)
    with pytest.raises(ValueError, match="did you mean w"):
        gs.grad(loss, wrt="ww")


def test_value_and_grad_and_vjp():
    value, slope = gs.value_and_grad(loss, target="numpy")(W, X, Y)
    assert float(value) == loss(W, X, Y) and np.ndim(value) == 0
    np.testing.assert_allclose(slope, EXPECTED)
    product = gs.vjp(square, target="numpy")
    assert list(inspect.signature(product).parameters) == ["cotangent", "x"]
    np.testing.assert_allclose(product(np.ones(2), W), 2 * W)


@pytest.mark.parametrize("target", TARGETS)
def test_cotangents_have_the_shape_of_the_value(target: str):
    product = gs.vjp(positive_squares, target=target)
    x = np.array([1.0, -2.0, 3.0])
    np.testing.assert_array_equal(product(np.array([1.0, 2.0]), x), [2.0, 0.0, 12.0])
    for length in (1, 3):
        with pytest.raises(ValueError, match="shape of what the function returns"):
            product(np.ones(length), x)
    product = gs.vjp(added_at, target=target)
    k = np.array([2, 0])
    np.testing.assert_array_equal(product(np.arange(3.0), x, k), [0.0, 2.0, 0.0])
    with pytest.raises(ValueError, match="sizes do not match"):
        product(np.arange(2.0), x, k)
    with pytest.raises(ValueError, match="sizes do not match"):
        product(np.arange(3.0), x, np.array([0, 1, 2]))


@pytest.mark.parametrize("target", TARGETS)
def test_jit_keeps_effects(target: str):
    A = np.arange(1.0, 4.0)
    assert gs.jit(scaled_in_place, target=target)(A, 2.0) == 2.0
    np.testing.assert_array_equal(A, [2.0, 4.0, 6.0])
    A.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        gs.jit(scaled_in_place, target=target)(A, 2.0)


@pytest.mark.parametrize("target", TARGETS)
def test_new_dtypes_and_layouts_specialise(target: str):
    dsum = gs.grad(with_helper, target=target)
    for x in (
        np.arange(3.0),
        np.arange(3, dtype=np.float32),
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(12.0)[::2],
        np.arange(0.0),
    ):
        found = dsum(x)
        assert found.dtype == x.dtype and found.flags.c_contiguous
        np.testing.assert_allclose(found, 2 * x)
    locked = np.arange(3.0)
    locked.flags.writeable = False
    np.testing.assert_allclose(dsum(locked), 2 * locked)
    assert type(dsum(3)) in (float, np.float64) and dsum(3) == 6.0
    with pytest.raises(ValueError, match="several kinds"):
        _ = dsum.source
    assert len(dsum.sources) >= 4


def test_memory_maps(tmp_path: Path):
    mapped = np.memmap(tmp_path / "x", np.float64, "w+", shape=(3,))
    mapped[:] = 1.0
    found = gs.grad(with_helper, target="numpy")(mapped)
    assert type(found) is np.ndarray


@pytest.mark.parametrize("target", TARGETS)
def test_results_are_fresh(target: str):
    dloss = gs.grad(loss, wrt=("w", "y"), target=target)
    first, second = dloss(W, X, Y), dloss(W, X, Y)
    arrays = [*first, *second, W, X, Y]
    for k, array in enumerate(first):
        assert array.flags.writeable and array.flags.c_contiguous
        assert not any(
            np.shares_memory(array, other) for n, other in enumerate(arrays) if n != k
        )


def test_strict_keeps_the_order_of_sums():
    def flags(**options):
        d = gs.value_and_grad(with_helper, **options)
        d(W)
        (made,) = d._made.values()
        return made._function.dispatcher.targetoptions["fastmath"]

    assert "reassoc" in flags() and "reassoc" not in flags(strict=True)


# ---- argument rules ----


class Frame:
    def to_numpy(self):
        return W


@pytest.mark.parametrize(
    ("value", "conversion"),
    [
        ([1.0] * 500, "np.array(w)"),
        (np.ma.masked_array(W, [0, 1]), "w.filled(...)"),
        (W.view(np.matrix), "np.asarray(w)"),
        (Frame(), "w.to_numpy()"),
        (W.astype(">f8"), "newbyteorder"),
        (W.astype(np.float16), "astype(np.float64)"),
        (W.astype(int), "w.astype(np.float64)"),
        (None, "an array or a number"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_refused_arguments(value: object, conversion: str):
    with pytest.raises(TypeError) as caught:
        DLOSS(value, X, Y)
    assert conversion in str(caught.value) and "w" in str(caught.value)


def chosen(x, weights=None, kind="sum"):
    y = x * x if weights is None else x * weights
    return np.sum(y) if kind == "sum" else np.mean(y)


@pytest.mark.parametrize("target", TARGETS)
def test_none_and_strings(target: str):
    d = gs.grad(chosen, target=target)
    np.testing.assert_allclose(d(W), 2 * W)
    np.testing.assert_allclose(d(W, None, "sum"), 2 * W)
    np.testing.assert_allclose(d(W, weights=Y[:2]), Y[:2])
    np.testing.assert_allclose(d(W, kind="mean"), 2 * W / W.size)
    with pytest.raises(TypeError, match="None"):
        d(None)


@pytest.mark.parametrize("target", TARGETS)
def test_sizes_that_do_not_match(target: str):
    dloss = gs.grad(loss, wrt="w", target=target)
    dloss(W, X, Y)
    with pytest.raises(ValueError, match="do not match"):
        dloss(np.ones(3), X, Y)
    with pytest.raises(ValueError, match="do not match"):
        dloss(W, X, np.ones(2))


@pytest.mark.parametrize("target", TARGETS)
def test_overlap_with_a_written_array(target: str):
    d = gs.grad(overwritten, wrt="A", target=target)
    A, b = np.arange(1.0, 4.0), np.array([2.0])
    np.testing.assert_allclose(d(A, b), [8.0, 4.0, 6.0])
    np.testing.assert_array_equal(A, [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"b.copy\(\)"):
        d(A, A[1:2])


# ---- names are read live ----


@pytest.mark.parametrize("target", TARGETS)
def test_globals_are_read_at_every_call(target, monkeypatch):
    dloss, dshift = gs.grad(loss, target=target), gs.grad(shifted, target=target)
    np.testing.assert_allclose(dloss(W, X, Y), EXPECTED)
    monkeypatch.setitem(globals(), "SCALE", 4.0)
    np.testing.assert_allclose(dloss(W, X, Y), 2 * EXPECTED)
    monkeypatch.setitem(globals(), "SCALE", 4)
    np.testing.assert_allclose(dloss(W, X, Y), 2 * EXPECTED)
    x = np.ones(5)
    np.testing.assert_allclose(dshift(x), 2 * OFFSETS)
    monkeypatch.setitem(globals(), "OFFSETS", OFFSETS + 1)
    np.testing.assert_allclose(dshift(x), 2 * OFFSETS)


@pytest.mark.parametrize("target", TARGETS)
def test_a_helper_bound_anew(target, monkeypatch):
    d = gs.grad(with_helper, target=target)
    np.testing.assert_allclose(d(W), 2 * W)
    monkeypatch.setitem(globals(), "square", np.exp)
    np.testing.assert_allclose(d(W), np.exp(W))


@pytest.mark.parametrize("target", TARGETS)
def test_cells(target: str):
    def make(c):
        def scaled(x):
            return c * np.sum(x * x)

        return scaled

    for number in (2.0, 3.0):
        d = gs.grad(make(number), target=target)
        np.testing.assert_allclose(d(W), 2 * number * W)


def test_two_closures_of_one_function():
    def make(c):
        def scaled(x):
            return c * x

        return scaled

    double, triple = make(2.0), make(3.0)

    def both(x):
        return np.sum(double(x) * triple(x))

    np.testing.assert_allclose(gs.grad(both, target="numpy")(W), 12 * W)


# ---- errors at a call ----


@pytest.mark.parametrize("target", TARGETS)
def test_index_errors_have_the_users_line(target: str):
    d = gs.grad(pick, wrt="x", target=target)
    d(np.arange(3.0), 1)
    with pytest.raises(IndexError) as caught:
        d(np.arange(3.0), 5)
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert frames[0].filename == __file__  # this test
    assert frames[-1].filename == __file__ and frames[-1].name == "pick"
    assert "y[k]" in (frames[-1].line or "")
    ours = str(Path(gs.__file__).parent / "runtime")
    assert not any(frame.filename.startswith(ours) for frame in frames)


def test_all_frames_on_request(monkeypatch):
    monkeypatch.setenv("GRADSCRIBE_TRACEBACK", "1")
    with pytest.raises(TypeError) as caught:
        DLOSS(W.astype(int), X, Y)
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert any("runtime" in frame.filename for frame in frames)


# ---- behaving like a function ----


def test_pickle_and_copy():
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    again = pickle.loads(pickle.dumps(DLOSS))
    assert again.primal is loss
    np.testing.assert_allclose(again(W, X, Y), EXPECTED)
    for made in (copy.copy(DLOSS), copy.deepcopy(DLOSS)):
        np.testing.assert_allclose(made(W, X, Y), EXPECTED)


def test_cloudpickle_and_joblib():
    cloudpickle = pytest.importorskip("cloudpickle")
    joblib = pytest.importorskip("joblib")

    def local(x):
        return np.sum(x * x)

    d = gs.grad(local, target="numpy")
    np.testing.assert_allclose(cloudpickle.loads(cloudpickle.dumps(d))(W), 2 * W)
    with joblib.Parallel(2, backend="threading") as run:
        for found in run(joblib.delayed(d)(W) for _ in range(4)):
            np.testing.assert_allclose(found, 2 * W)


def test_pickle_in_main(tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
        import pickle
        import cloudpickle
        import gradscribe as gs
        import numpy as np

        @gs.grad(target="numpy")
        def decorated(x):
            return np.sum(x * x)

        for tool in (pickle, cloudpickle):
            print(tool.loads(tool.dumps(decorated))(np.ones(2)))
        """)
    )
    out = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True
    )
    assert out.stdout == "[2. 2.]\n[2. 2.]\n"


def test_a_pickle_takes_the_texts_of_cells_along():
    """Joblib's workers have no notebook: the texts are read from what is sent."""
    cloudpickle = pytest.importorskip("cloudpickle")
    space: dict = {"np": np}
    cells = {
        "<cell 1>": "def helper(x):\n    return x * x\n",
        "<cell 2>": "def energy(x):\n    return np.sum(helper(x))\n",
    }
    for name, text in cells.items():
        lines = text.splitlines(keepends=True)
        linecache.cache[name] = (len(text), None, lines, name)
        exec(compile(text, name, "exec"), space)
    sent = cloudpickle.dumps(gs.grad(space["energy"], target="numpy"))
    for name in cells:
        del linecache.cache[name]
    np.testing.assert_allclose(pickle.loads(sent)(W), 2 * W)


def test_binds_as_a_method():
    class Model:
        slope = staticmethod(DLOSS)
        bound = gs.grad(loss, wrt="X", target="numpy")

    np.testing.assert_allclose(Model().slope(W, X, Y), EXPECTED)
    assert Model().bound.__self__.__class__ is Model  # type: ignore[attr-defined]
    assert isinstance(Model.bound, gs.Derivative)


def test_threads_share_the_first_call():
    d = gs.grad(with_helper, target="numpy")
    found: list = []
    threads = [threading.Thread(target=lambda: found.append(d(W))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(d.sources) == 1


def test_calls_that_do_not_fit_say_what_is_taken():
    pull = gs.vjp(square, target="numpy")
    with pytest.raises(TypeError, match=r"called as square_vjp\(cotangent, x\)"):
        pull(W)


def test_options_are_checked():
    with pytest.raises(ValueError, match="target"):
        gs.grad(loss, target="fpga")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no option"):
        gs.grad(loss, tagret="cpu")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="no option argnums; there are wrt, types"):
        gs.grad(loss, argnums=0)  # type: ignore[call-arg]


# ---- source ----


def test_source_from_types():
    d = gs.grad(with_helper, types="x: f64[n]", target="numpy")
    assert "def with_helper_grad(x):" in d.source
    space: dict = {}
    exec(d.source, space)
    np.testing.assert_allclose(space["with_helper_grad"](W), 2 * W)


def test_source_without_types():
    with pytest.raises(gs.TranspileError):
        _ = gs.grad(with_helper).source


def test_save(tmp_path: Path):
    d = gs.grad(loss, wrt="w", target="numpy")
    d(W, X, Y)
    path = tmp_path / "loss_grad.py"
    d.save(path)
    d.save(path)  # ours, unchanged
    text = path.read_text()
    assert "gradscribe grad" in text and "import gradscribe" not in text
    path.write_text(text + "# mine\n")
    with pytest.raises(FileExistsError, match="edited"):
        d.save(path)
    path.write_text("mine = 1\n")
    with pytest.raises(FileExistsError, match="not by gradscribe"):
        d.save(path)
    assert path.read_text() == "mine = 1\n"
    d.save(path, force=True)
    assert path.read_text() == text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["loss_grad.py"]


# ---- check_grads ----


def test_check_grads():
    gs.check_grads(loss, W, X, Y, wrt=("w", "X", "y"), target="numpy")
    gs.check_grads(square, W, target="numpy")


def test_check_grads_near_the_end_of_a_domain():
    def entropy(p):
        return p * math.log(p) + math.sqrt(p)

    gs.check_grads(entropy, 1e-5, target="numpy")
    gs.check_grads(entropy, 1e-3, target="numpy")


def test_check_grads_names_what_is_wrong(monkeypatch):
    class Wrong(gs.Derivative):
        def __call__(self, *args):
            return (np.array([6.0, 9.0]),)

    def wrong(f, wrt, **options):
        made = gs.grad(f, wrt)
        made.__class__ = Wrong
        return made

    from gradscribe.runtime.checking import check_against_differences

    def energy(x):
        return np.sum(x**2)

    with pytest.raises(AssertionError, match=r"d/dx\[1\].*9.0") as caught:
        check_against_differences(
            energy, [np.array([3.0, 4.0])], ("x",), wrong, wrong, {}
        )
    assert "8.0" in str(caught.value) or "7.99" in str(caught.value)


# ---- the cache, and what is imported ----


def test_cache_folder(tmp_path: Path):
    place = folder(str(tmp_path / "a" / "b"))
    assert place.stat().st_mode & 0o777 == 0o700
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    with pytest.raises(UnsafeCache, match="chmod go-w"):
        folder(str(open_to_all))
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert folder(str(blocked / "x")).name.startswith("gradscribe-")


def test_prune(tmp_path: Path):
    for name, age in (("old", 1e8), ("new", 10.0)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    prune(tmp_path, now=1e9)
    assert [p.name for p in tmp_path.iterdir()] == ["new"]


def test_import_is_light():
    code = (
        "import sys, gradscribe;"
        "heavy = 'numba', 'llvmlite', 'cupy', 'scipy', 'gast', 'beniget', 'rich';"
        "print([m for m in heavy if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"


def test_numpy_target_without_numba(tmp_path: Path):
    (tmp_path / "f.py").write_text(
        "import numpy as np\n\ndef f(x):\n    return np.sum(x * x)\n"
    )
    code = textwrap.dedent("""
        import sys
        sys.modules["numba"] = sys.modules["scipy"] = None
        import gradscribe as gs, numpy as np, f
        print(gs.grad(f.f, target="numpy")(np.ones(2)))
    """)
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env
    )
    assert out.stdout == "[2. 2.]\n", out.stderr


def test_docstring_with_quotes_at_its_ends():
    def f(x):
        '"quoted"'
        return x * 2.0

    made = gs.jit(f, target="numpy")
    assert made(1.5) == 3.0
    assert '""" "quoted" """' in made.source_for("numpy")


@pytest.mark.parametrize("seed", [0.5, 2, np.float64(1.5), float("nan")])
def test_any_cotangent_of_a_whole_number(seed):
    def f(x):
        n = 0
        while n < 3 and x[0] > n:
            n += 1
        return x * 2.0, n

    made = gs.vjp(f, target="numpy")((np.ones(2), seed), np.ones(2))
    np.testing.assert_array_equal(made, [2.0, 2.0])


def test_a_compiler_may_call_itself_deeply():
    def compiled(depth):
        return 0 if depth == 0 else 1 + compiled(depth - 1)

    limit = sys.getrecursionlimit()
    assert cpu._patiently(compiled, (5 * limit,)) == 5 * limit
    assert sys.getrecursionlimit() == limit


# ---- lambdas ----

squared = lambda x: x * x  # noqa: E731
TWO = 2.0


def of_squares(x):
    return np.sum(squared(x) * TWO)


def test_lambdas():
    k = 3.0
    gradient = gs.grad(lambda x: np.sum(x**3) * k * TWO, target="numpy")
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(gradient(x), 18.0 * x**2)
    assert gradient.__name__ == "function_grad"
    assert "def function_grad(x):" in gradient.source
    found = gs.hessian(lambda x, y: np.sum(x * x * y), target="numpy")(x, x)
    np.testing.assert_array_equal(found, np.diag(2 * x))
    several = [gs.grad(lambda x: x**2, target="numpy"), gs.grad(lambda x: x**3)]
    assert several[0](3.0) == 6.0
    assert several[1](3.0) == 27.0
    long = gs.grad(
        lambda a, b=2.0: (
            a**2  # by two
            * b
        ),
        target="numpy",
    )
    assert long(3.0) == 12.0
    helped = gs.grad(of_squares, target="numpy")
    np.testing.assert_array_equal(helped(x), 4.0 * x)


def test_lambdas_that_are_refused(tmp_path):
    with pytest.raises(gs.TranspileError, match="cannot be found"):
        gs.grad(eval("lambda x: x**2"), target="numpy")(1.0)
    one = gs.grad(lambda x: x**2, types="x: f64")
    with pytest.raises(gs.TranspileError, match="no name by which a file"):
        one.save(tmp_path / "one.py")
