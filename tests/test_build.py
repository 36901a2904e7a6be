"""Compiled modules: they need NumPy alone, give its numbers, say what is wrong."""

from __future__ import annotations

import ctypes
import inspect
import json
import os
import pickle
import platform
import resource
import shutil
import subprocess
import sys
import sysconfig
import textwrap
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from gradscribe.cli import main

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
SOURCE = """
import numpy as np


def loss(w, b, X, y):
    z = X @ w + b
    return np.mean(np.logaddexp(0.0, z) - y * z)


def picked(x: "f64[n]", index: "i64[m]"):
    total = 0.0
    for i in range(len(index)):
        total += x[index[i]] ** 2
    return total


def apart(x: "f64[n]", y: "f64[n]"):
    return np.sum((x - y) ** 2)


def turned(x: "c128[n]"):
    return np.sum(np.abs(x) ** 2)


def late(x: "f64[n]", steps: "int"):
    total = 0.0
    for k in range(steps):
        for i in range(len(x)):
            total += np.sin(x[i] + k)
    return total


def cube(x: "f64"):
    return x ** 3


def total(x: "f64[n]"):
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))
"""
OTHER = """
import numpy as np


def field(x: "f64[n]"):
    return np.sin(x) * x[0]


def bowl(x: "f64[n]"):
    return np.sum(x**4) / 12 + x[0] * x[-1]


def cube(x: "f64"):
    return -x


def step(x: "f64[n]", restrict: "f64"):
    return x + restrict * np.sin(x)


def named(double: "f64[n]", int: "f64[n]"):
    restrict = np.sum(int * double)
    return restrict * restrict
"""
LINEAR = """
import numpy as np


def normal(A: "f64[n, n]", x: "f64[n]"):
    sign, size = np.linalg.slogdet(A)
    return 0.5 * sign * size + 0.5 * x @ np.linalg.solve(A, x)


def size(A: "f64[n, n]"):
    return np.linalg.slogdet(A)[1]


def between(x: "f64[n]", places: "f64[m]", values: "f64[m]"):
    return np.sum(np.interp(x, places, values) ** 2)
"""
ALL = ("loss", "picked", "apart", "turned", "late", "cube", "total")
TYPES = (
    "w: f64[n], b: float, X: f64[m, n], y: f64[m]",
    "w: f32[n], b: f32, X: f32[m, n], y: f32[m]",
)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    (folder / "loss.py").write_text(SOURCE)
    (folder / "other.py").write_text(OTHER)
    return folder


@pytest.fixture(scope="module")
def place(sources: Path) -> Path:
    """Where the module is that most tests use."""
    types = [word for text in TYPES for word in ("--types", text)]
    specs = [f"{sources / 'loss.py'}:{name}" for name in ALL]
    words = ["build", *specs, "--value", *types, "--name", "lossy", "--with-test"]
    assert main([*words, "-o", str(sources / "out")]) == 0
    return sources / "out"


@pytest.fixture(scope="module")
def lossy(place: Path) -> ModuleType:
    return loaded(place, "lossy")


def loaded(place: Path, name: str) -> ModuleType:
    from importlib.machinery import ExtensionFileLoader
    from importlib.util import module_from_spec, spec_from_loader

    loader = ExtensionFileLoader(name, str(place / f"{name}.abi3.so"))
    spec = spec_from_loader(name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    sys.modules[name] = module
    return module


def arguments(dtype: str = "float64", m: int = 7, n: int = 3) -> dict[str, Any]:
    random = np.random.default_rng(m)
    kind = np.dtype(dtype).type
    return {
        "w": random.normal(size=n).astype(dtype),
        "b": kind(0.25),
        "X": random.normal(size=(m, n)).astype(dtype),
        "y": (random.random(m) < 0.5).astype(dtype),
    }


def by_hand(w: Any, b: Any, X: Any, y: Any) -> tuple[Any, Any]:
    z = X @ w + b
    value = np.mean(np.logaddexp(0, z) - y * z)
    return value, X.T @ ((1 / (1 + np.exp(-z)) - y) / len(y))


# ---- what is written ----


def test_it_needs_numpy_alone(place: Path):
    program = """
        import sys
        class Blocked:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in ("numba", "gradscribe", "scipy"):
                    raise ImportError(name)
        sys.meta_path.insert(0, Blocked())
        import lossy
        assert abs(lossy.cube_value_and_grad(2.0)[1] - 12.0) < 1e-12
        assert not {"numba", "gradscribe"} & sys.modules.keys()
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True)
    assert not done.returncode, done.stderr


def test_the_files_are_there_and_recorded(place: Path):
    names = {p.name for p in place.iterdir() if p.is_file()}
    beside = {f"lossy{end}" for end in (".abi3.so", ".c", ".h", ".pyi", "_python.c")}
    numpy_files = {"lossy_numpy.py", "lossy_numpy_2.py", "test_lossy.py"}
    assert names == beside | numpy_files | {"lossy.json"}
    said = json.loads((place / "lossy.json").read_text())
    assert set(said["files"]) == names - {"lossy.json"}
    assert said["command"].startswith("gradscribe build ../loss.py:loss ")


def test_the_test_beside_it_passes(place: Path):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "test_lossy.py"], cwd=place, capture_output=True, text=True
    )
    assert not done.returncode, done.stdout


# ---- numbers ----


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_numbers_and_dtypes(lossy: ModuleType, dtype: str):
    given = arguments(dtype)
    value, gradient = lossy.loss_value_and_grad(**given)
    wanted = by_hand(**given)
    close = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(value, wanted[0], rtol=close)
    np.testing.assert_allclose(gradient, wanted[1], rtol=close, atol=close)
    assert value.dtype == gradient.dtype == dtype
    assert gradient.flags.writeable
    assert gradient.flags.c_contiguous


@pytest.mark.parametrize("m", [0, 1])
def test_empty_and_single(lossy: ModuleType, m: int):
    random = np.random.default_rng(0)
    x, y = random.normal(size=(2, m))
    value, gradient = lossy.apart_value_and_grad(x, y)
    np.testing.assert_allclose(value, np.sum((x - y) ** 2))
    np.testing.assert_allclose(gradient, 2 * (x - y))
    assert gradient.shape == (m,)


def test_complex(lossy: ModuleType):
    x = np.array([1 + 2j, -3j])
    value, gradient = lossy.turned_value_and_grad(x)
    import gradscribe as gs

    with np.errstate(all="ignore"):
        wanted = gs.value_and_grad(lambda x: np.sum(np.abs(x) ** 2), target="numpy")(x)
    np.testing.assert_allclose(value, wanted[0])
    np.testing.assert_allclose(gradient, wanted[1])


@pytest.mark.parametrize("place_of_nan", [0, 1, 16, 36])
def test_the_greatest_number_may_be_nan(lossy: ModuleType, place_of_nan: int):
    x = np.linspace(-3, 3, 37)
    value, gradient = lossy.total_value_and_grad(x)
    np.testing.assert_allclose(value, np.log(np.sum(np.exp(x))), rtol=1e-14)
    np.testing.assert_allclose(gradient, np.exp(x - value), rtol=1e-13)
    assert lossy.total_value_and_grad(x[::-1])[0] == pytest.approx(value)
    x[place_of_nan] = np.nan
    assert np.isnan(lossy.total_value_and_grad(x)[0])
    with pytest.raises(ValueError, match="zero-size array"):
        lossy.total_value_and_grad(x[:0])


def test_layouts(lossy: ModuleType):
    given = arguments(m=6, n=4)
    wanted = by_hand(**given)[1]
    fortran = np.asfortranarray(given["X"])
    strided = np.repeat(given["X"], 2, axis=1)[:, ::2]
    backwards = given["X"][::-1][::-1]
    frozen = given["X"].copy()
    frozen.flags.writeable = False
    for X in (fortran, strided, backwards, frozen):
        found = lossy.loss_value_and_grad(**{**given, "X": X})[1]
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


# ---- what is wrong ----


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"X": np.ones((7, 3), "int64")}, TypeError, "X: expected an array of float64"),
        ({"X": np.ones(3)}, TypeError, "X: expected an array of float64 with 2 axes"),
        ({"X": [[1.0]]}, TypeError, r"X: expected a NumPy array.*numpy.asarray\(X\)"),
        ({"y": np.ones(6)}, ValueError, r"y.shape\[0\] is 6, but 7"),
        ({"w": np.ones(9)}, ValueError, r"shape\[.\]"),
        ({"b": "one"}, TypeError, "b: expected a number"),
        ({"w": np.ones(3, ">f8")}, TypeError, "w: expected an array of float64"),
        ({"q": 1}, TypeError, "unexpected keyword argument 'q'"),
    ],
)
def test_errors_name_the_argument(
    lossy: ModuleType, change: dict[str, Any], error: type[Exception], text: str
):
    with pytest.raises(error, match=text):
        lossy.loss_value_and_grad(**{**arguments(), **change})


def test_missing_and_repeated_arguments(lossy: ModuleType):
    with pytest.raises(TypeError, match="missing argument 'y'"):
        lossy.apart_value_and_grad(np.ones(2))
    with pytest.raises(TypeError, match="multiple values for argument 'x'"):
        lossy.apart_value_and_grad(np.ones(2), x=np.ones(2))
    with pytest.raises(TypeError, match="takes 2 positional arguments but 3"):
        lossy.apart_value_and_grad(np.ones(2), np.ones(2), np.ones(2))


def test_an_index_out_of_range_names_the_line(lossy: ModuleType):
    with pytest.raises(IndexError, match=r"loss.py:13"):
        lossy.picked_value_and_grad(np.ones(3), np.array([0, 3]))
    value, gradient = lossy.picked_value_and_grad(np.ones(3), np.array([0, 0, -1]))
    assert value == 3
    np.testing.assert_array_equal(gradient, [4, 0, 2])


def test_memory_that_is_not_aligned_is_an_error(lossy: ModuleType):
    raw = np.zeros(33, "u1")
    x = raw[1:].view("f8")
    with pytest.raises(ValueError, match="x: expected aligned memory"):
        lossy.apart_value_and_grad(x, np.ones(4))


# ---- as other Python functions ----


def test_it_is_a_function_like_others(lossy: ModuleType):
    function = lossy.apart_value_and_grad
    assert list(inspect.signature(function).parameters) == ["x", "y"]
    assert "with respect to x" in function.__doc__
    assert pickle.loads(pickle.dumps(function)) is function


def test_other_threads_run_during_a_call(lossy: ModuleType):
    """A thread that waits for the lock makes progress while C runs."""
    done = threading.Event()
    x = np.ones(1000)

    def work() -> None:
        lossy.late_value_and_grad(x, 2000)
        done.set()

    interval = sys.getswitchinterval()
    thread = threading.Thread(target=work)
    seen = 0
    try:
        thread.start()
        while not done.is_set():
            seen += 1
    finally:
        sys.setswitchinterval(interval)
        thread.join()
    # With the lock held, this thread would run a few bytecodes before and after.
    assert seen > 1000


@pytest.mark.slow
def test_a_million_calls_leak_nothing(lossy: ModuleType):
    given = arguments()
    x = np.ones(3)

    def several(count: int) -> int:
        for _ in range(count):
            lossy.cube_value_and_grad(2.0)
            lossy.apart_value_and_grad(x, y=x[::-1])
            lossy.loss_value_and_grad(**given)
            try:
                lossy.apart_value_and_grad(x, given["w"][:2])
            except ValueError:
                pass
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = several(20_000)
    counts = [sys.getrefcount(one) for one in (x, given["X"], np.float64)]
    assert several(250_000) - before < 2000
    after = [sys.getrefcount(one) for one in (x, given["X"], np.float64)]
    np.testing.assert_allclose(after, counts, atol=20)


# ---- from C ----

PROGRAM = """
#include <stdio.h>
#include "lossy.h"

int main(void)
{
    struct workspace memory = {0};
    const double w[] = {1.0, 2.0}, X[] = {1.0, 0.0, 0.5, -1.0}, y[] = {1.0, 0.0};
    double value, w_bar[2], x[] = {1.0};
    const int64_t far[] = {4};
    for (int k = 0; k < 3; k++) {
        if (loss_value_and_grad(w, 2, 0.5, X, 2, 2, y, 2, &value, w_bar, &memory) != 0)
            return 1;
    }
    printf("%.12g %.12g %.12g\\n", value, w_bar[0], w_bar[1]);
    const int status = picked_value_and_grad(x, 1, far, 1, &value, w_bar, NULL);
    printf("%s\\n", lossy_message(status));
    lossy_free(&memory);
    return 0;
}
"""


def test_a_program_in_c(place: Path, tmp_path: Path):
    (tmp_path / "main.c").write_text(PROGRAM)
    strict = "cc -std=c99 -Wall -Wextra -Werror -fopenmp-simd -DNO_CLONES -c".split()
    files = [f"-I{place}", "main.c", str(place / "lossy.c")]
    subprocess.run([*strict, "-pedantic", *files], cwd=tmp_path, check=True)
    headers = f"-I{sysconfig.get_path('include')}"
    around = [headers, str(place / "lossy_python.c")]
    subprocess.run([*strict, *around], cwd=tmp_path, check=True)
    link = ["cc", "main.o", "lossy.o", "-o", "main", "-lm"]
    subprocess.run(link, cwd=tmp_path, check=True)
    done = subprocess.run(["./main"], cwd=tmp_path, capture_output=True, text=True)
    numbers, message = done.stdout.splitlines()
    X, y = np.array([[1.0, 0.0], [0.5, -1.0]]), np.array([1.0, 0.0])
    value, gradient = by_hand(np.array([1.0, 2.0]), 0.5, X, y)
    np.testing.assert_allclose(np.fromstring(numbers, sep=" "), [value, *gradient])
    assert message.startswith("loss.py:13: ")


def test_a_header_for_cpp(place: Path, tmp_path: Path):
    if shutil.which("c++") is None:
        pytest.skip("no C++ compiler")
    (tmp_path / "main.cc").write_text('#include "lossy.h"\nint main() { return 0; }\n')
    subprocess.run(
        ["c++", "-Wall", "-Werror", f"-I{place}", "-c", "main.cc"],
        cwd=tmp_path,
        check=True,
    )


def test_ctypes(place: Path):
    library = ctypes.CDLL(str(place / "lossy.abi3.so"))
    result = ctypes.c_double(), ctypes.c_double()
    status = library.cube_value_and_grad(
        ctypes.c_double(2.0), *map(ctypes.byref, result), None
    )
    assert (status, result[0].value, result[1].value) == (0, 8.0, 12.0)


# ---- other modes ----


MODES = {
    "vjp": (["--vjp"], "field", (np.array([1.0, 2.0, 3.0]),)),
    "jvp": (["--mode", "forward"], "field", (np.array([1.0, 2.0, 3.0]),)),
    "jacobian": (["--mode", "jacobian"], "field", ()),
    "hvp": (["--mode", "hvp"], "bowl", (np.array([1.0, 2.0, 3.0]),)),
    "hessian": (["--mode", "hessian"], "bowl", ()),
    "primal": (["--mode", "primal"], "field", ()),
}


@pytest.mark.parametrize("mode", MODES)
def test_modes(sources: Path, tmp_path: Path, mode: str, monkeypatch: Any):
    monkeypatch.setenv("CFLAGS", "-O1 -DNO_CLONES")
    words, function, more = MODES[mode]
    spec, name = f"{sources / 'other.py'}:{function}", f"m_{mode}"
    assert main(["build", spec, *words, "--name", name, "-o", str(tmp_path)]) == 0
    monkeypatch.syspath_prepend(str(tmp_path))
    reference = __import__(f"{name}_numpy")
    (public,) = (n for n in dir(reference) if n.startswith(function))
    x = np.array([0.3, -0.7, 1.1])
    # The vector of a Hessian stands second, as in SciPy.
    given = (x, *more) if mode == "hvp" else (*more, x)
    found = getattr(loaded(tmp_path, name), public)(*given)
    wanted = getattr(reference, public)(*given)
    for one, other in zip(leaves(found), leaves(wanted), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def leaves(found: Any) -> list[Any]:
    if isinstance(found, tuple):
        return [leaf for part in found for leaf in leaves(part)]
    return [found]


def test_determinants_and_tables(sources: Path, tmp_path: Path, monkeypatch: Any):
    monkeypatch.setenv("CFLAGS", "-O1 -DNO_CLONES")
    (sources / "linear.py").write_text(LINEAR)
    specs = [f"{sources / 'linear.py'}:{n}" for n in ("normal", "size", "between")]
    words = ["build", *specs, "--value", "--name", "linear", "-o", str(tmp_path)]
    assert main(words) == 0
    monkeypatch.syspath_prepend(str(tmp_path))
    reference, module = __import__("linear_numpy"), loaded(tmp_path, "linear")
    random = np.random.default_rng(0)
    for n in (1, 2, 5):
        A, x = random.normal(size=(n, n)), random.normal(size=n)
        table = np.sort(random.normal(size=9)), random.normal(size=9)
        for name, given in {
            "normal": (A, x),
            "size": (A,),
            "between": (x, *table),
        }.items():
            found = getattr(module, f"{name}_value_and_grad")(*given)
            wanted = getattr(reference, f"{name}_value_and_grad")(*given)
            for one, other in zip(leaves(found), leaves(wanted), strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_names_of_c_and_of_its_library(sources: Path, tmp_path: Path, monkeypatch: Any):
    """Also ``step``, which glibc has: a module calls its own."""
    monkeypatch.setenv("CFLAGS", "-O1 -DNO_CLONES")
    specs = [f"{sources / 'other.py'}:{name}" for name in ("step", "named")]
    words = ["build", *specs, "--mode", "primal", "--name", "own", "-o", str(tmp_path)]
    assert main(words) == 0
    module, x = loaded(tmp_path, "own"), np.arange(3.0)
    np.testing.assert_allclose(module.step(x, restrict=0.5), x + 0.5 * np.sin(x))
    assert module.named(x, x) == 25


def test_strict(sources: Path, tmp_path: Path, monkeypatch: Any):
    monkeypatch.setenv("CFLAGS", "-O1 -DNO_CLONES")
    spec = f"{sources / 'other.py'}:bowl"
    words = ["build", spec, "--strict", "--name", "tight", "-o", str(tmp_path)]
    assert main(words) == 0
    module = loaded(tmp_path, "tight")
    with pytest.raises(ValueError, match="x: expected contiguous memory"):
        module.bowl_grad(np.ones(6)[::2])
    assert module.bowl_grad(np.ones(6)).shape == (6,)


# ---- the command ----


def refused(capsys: pytest.CaptureFixture[str], words: list[str], folder: Path) -> str:
    assert main(["build", *words, "-o", str(folder)]) == 1
    assert not folder.exists()
    return capsys.readouterr().err


def test_without_a_compiler_nothing_is_written(
    sources: Path, tmp_path: Path, monkeypatch: Any, capsys: Any
):
    words = [f"{sources / 'other.py'}:bowl"]
    monkeypatch.setenv("CC", "no-such-compiler")
    told = refused(capsys, words, tmp_path / "out")
    assert "no-such-compiler" in told
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "modules are built on Linux" in refused(capsys, words, tmp_path / "out")


def test_all_refusals_come_at_once(tmp_path: Path, capsys: Any):
    (tmp_path / "bad.py").write_text(
        "import numpy as np\n\n\n"
        'def one(x: "f64[n]"):\n    return open(x)\n\n\n'
        'def two(x: "f64[n]"):\n    return np.nothing(x)\n'
    )
    words = [f"{tmp_path / 'bad.py'}:{name}" for name in ("one", "two")]
    told = refused(capsys, words, tmp_path / "out")
    assert "bad.py:5" in told
    assert "bad.py:9" in told


def test_what_c_lacks_is_said_with_the_function(tmp_path: Path, capsys: Any):
    line = '(x: "f64[n, n]"):\n    return np.sum(np.abs(np.linalg.eigvals(x)))\n\n\n'
    text = f"import numpy as np\n\n\ndef one{line}def two{line}"
    (tmp_path / "bad.py").write_text(text)
    words = [f"{tmp_path / 'bad.py'}:{name}" for name in ("one", "two")]
    told = refused(capsys, words, tmp_path / "out")
    assert "bad.py:4: C has no spelling for np.linalg.eigvals" in told
    assert "bad.py:8: C has no spelling for np.linalg.eigvals" in told
    assert "gradscribe grad --target cpu" in told


def test_narrow_numbers_are_refused(tmp_path: Path, capsys: Any):
    text = 'def one(x: "f64", k: "i32"):\n    return x * k\n'
    (tmp_path / "bad.py").write_text(text)
    told = refused(capsys, [f"{tmp_path / 'bad.py'}:one"], tmp_path / "out")
    assert "bad.py:1: C has no spelling for a number of type int32" in told


def test_equal_names_from_two_files(sources: Path, tmp_path: Path, capsys: Any):
    words = [f"{sources / name}.py:cube" for name in ("loss", "other")]
    told = refused(capsys, words, tmp_path / "out")
    assert "cube_grad would be of" in told
    assert "rename one of the two" in told


@pytest.mark.parametrize("name", ["my-module", "class", "3d", "straße"])
def test_a_name_has_to_be_one(sources: Path, tmp_path: Path, name: str):
    words = ["build", f"{sources / 'other.py'}:bowl", "--name", name]
    with pytest.raises(SystemExit) as stopped:
        main([*words, "-o", str(tmp_path / "out")])
    assert stopped.value.code == 2


def test_a_compiler_that_refuses_leaves_nothing(
    sources: Path, tmp_path: Path, monkeypatch: Any, capsys: Any
):
    monkeypatch.setenv("CFLAGS", "--no-such-flag")
    words = [f"{sources / 'other.py'}:bowl"]
    assert "refused the file" in refused(capsys, words, tmp_path / "out")


def test_files_of_others_are_kept_and_check_says_what_is_stale(
    tmp_path: Path, monkeypatch: Any, capsys: Any
):
    monkeypatch.setenv("CFLAGS", "-O0 -DNO_CLONES")
    monkeypatch.chdir(tmp_path)
    source = Path("other.py")
    source.write_text(OTHER)
    words = ["build", "other.py:bowl", "--name", "kept", "-o", "out"]
    assert main(words) == 0
    assert main(["check"]) == 0
    # Edited.
    header = Path("out/kept.h")
    header.write_text(header.read_text() + "/* mine */\n")
    assert main(words) == 1
    assert "kept.h was edited" in capsys.readouterr().err
    assert main(["check"]) == 1
    said = capsys.readouterr()
    assert "kept.json: edited by hand" in said.err
    assert "-/* mine */" in said.out
    assert main([*words, "--force"]) == 0
    assert main(["check"]) == 0
    # The source is another one.
    source.write_text(OTHER.replace("/ 12", "/ 6"))
    capsys.readouterr()
    assert main(["check"]) == 1
    assert "kept.json: source changed" in capsys.readouterr().err
    assert main(["check", "--fix"]) == 0
    np.testing.assert_allclose(loaded(Path("out"), "kept").bowl_grad(np.ones(1)), 8 / 3)
    # This gradscribe writes it differently.
    manifest = Path("out/kept.json")
    said = json.loads(manifest.read_text())
    header.write_text("/* older */\n")
    import hashlib

    digest = hashlib.sha256(header.read_bytes()).hexdigest()
    said["files"]["kept.h"] = digest[: len(said["files"]["kept.h"])]
    manifest.write_text(json.dumps(said, indent=2))
    capsys.readouterr()
    assert main(["check"]) == 1
    assert "kept.json: source unchanged, this grad" in capsys.readouterr().err
    # The source is gone, and a file of somebody else's.
    os.remove(source)
    assert main(["check"]) == 2
    source.write_text(OTHER)
    manifest.write_text("{}")
    assert main(words) == 1
    assert "is not by gradscribe; --force replaces it" in capsys.readouterr().err


def test_loops_are_vector_code(tmp_path: Path, monkeypatch: Any):
    """Also those over masks, and those that divide by what stays the same."""
    text = (
        "import numpy as np\n\n\n"
        'def scaled(x: "f64[n]", m: "bool[n]", s: "f64"):\n'
        "    return np.sum(np.where(m, x, 0.0) ** 2 / s) / 9.0\n"
    )
    (tmp_path / "loop.py").write_text(text)
    words = ["build", f"{tmp_path}/loop.py:scaled", "--mode", "primal"]
    monkeypatch.setenv("CFLAGS", "-O1 -DNO_CLONES")
    assert main([*words, "--name", "vec", "-o", str(tmp_path)]) == 0
    own = (tmp_path / "vec.c").read_text()
    assert "is_set(&m[i]) ? x[i]" in own
    assert "LOOSE int scaled_run" in own
    command = [*"cc -O3 -std=c99 -DNO_CLONES -fno-math-errno".split(), "-fopenmp-simd"]
    command += ["-fno-trapping-math", "-fopt-info-vec", "-c", str(tmp_path / "vec.c")]
    if platform.machine() == "x86_64":
        command += ["-march=x86-64-v3"]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert "loop vectorized" in done.stderr
    x, m = np.arange(5.0), np.array([True, False, True, True, False])
    found = loaded(tmp_path, "vec").scaled(x, m, 3.0)
    np.testing.assert_allclose(found, np.sum(x[m] ** 2) / 3.0 / 9.0, rtol=1e-14)


def test_a_source_that_moved_is_told_how_to_go_on(tmp_path: Path, capsys: Any):
    (tmp_path / "cube.py").write_text('def cube(x: "f64"):\n    return x**3\n')
    place = tmp_path / "fast"
    assert main(["build", f"{tmp_path}/cube.py:cube", "-o", str(place)]) == 0
    (tmp_path / "cube.py").rename(tmp_path / "other.py")
    assert main(["check", str(place)]) == 2
    told = capsys.readouterr().err
    assert "gradscribe build NEW/cube.py:cube" in told
    assert f"--name gradients -o {place}\n" in told
