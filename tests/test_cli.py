"""The command line: text on stdout, exit status, files that are kept, no user code."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import gradscribe
import numpy as np
import pytest
from gradscribe.cli import main
from gradscribe.runtime.progress import shown

LOSS = """
raise SystemExit("imported!")
# Copyright 2026 somebody
import numpy as np
from helpers import residual

G = 9.81


def loss(w, X, y):
    r = residual(w, X, y)
    return G * np.sum(r * r)


def energy(x):
    return np.sum(x * x)


def silent(x):
    x *= 2.0


def nothing():
    return 1.0


@some.decorator
def decorated(x):
    return np.sum(x * x)


def chosen(x, k):
    return x[k] * x[0]
"""
HELPERS = """
raise SystemExit("imported!")


def residual(w, X, y):
    return X @ w - y
"""
TYPES = "w: f64[n], X: f64[m, n], y: f64[m]"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "loss.py").write_text(LOSS)
    (tmp_path / "helpers.py").write_text(HELPERS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    return main(list(arguments))


def gradient(text: str, name: str):
    space: dict = {}
    exec(text, space)
    return space[name]


def check_gradient(text: str):
    w, X, y = np.array([1.0, 2.0]), np.arange(6.0).reshape(3, 2), np.ones(3)
    found = gradient(text, "loss_grad")(w, X, y)
    np.testing.assert_allclose(found, 2 * 9.81 * X.T @ (X @ w - y))


def test_source_on_stdout(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert run("grad", "loss.py:loss", "--wrt", "w", "--types", TYPES) == 0
    out, err = capsys.readouterr()
    assert err == ""
    check_gradient(out)
    assert "G = 9.81  # from loss.py:7" in out
    assert f'gradscribe grad loss.py:loss --wrt w --types "{TYPES}"' in " ".join(
        out.split()
    )


def test_output_file(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "out").mkdir()
    command = ["grad", "loss.py:loss", "--types", TYPES, "-o", "out/loss_grad.py"]
    assert run(*command) == 0
    path = folder / "out" / "loss_grad.py"
    assert b"\r" not in path.read_bytes()
    text = path.read_text()
    assert "../loss.py:loss" in text
    check_gradient(text)
    assert run(*command) == 0 and path.read_text() == text
    assert [p.name for p in path.parent.iterdir()] == ["loss_grad.py"]
    assert capsys.readouterr().out == ""


def test_same_bytes_from_everywhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory
):
    texts = []
    for place, prefix in ((folder, ""), (folder.parent, f"{folder.name}/")):
        monkeypatch.chdir(place)
        out = folder / "loss_grad.py"
        spec = f"{prefix}loss.py:loss"
        assert run("grad", spec, "--types", TYPES, "-o", str(out)) == 0
        texts.append(out.read_bytes())
        out.unlink()
    assert texts[0] == texts[1]


def test_files_of_others_are_kept(folder: Path, capsys: pytest.CaptureFixture[str]):
    out = folder / "mine.py"
    command = ["grad", "loss.py:energy", "--types", "x: f64[n]", "-o", "mine.py"]
    out.write_text("mine = 1\n")
    assert run(*command) == 1
    assert out.read_text() == "mine = 1\n"
    assert "--force" in capsys.readouterr().err
    assert run(*command, "--force") == 0
    edited = out.read_text() + "# edited\n"
    out.write_text(edited)
    assert run(*command) == 1
    assert out.read_text() == edited


def test_several_functions(folder: Path, capsys: pytest.CaptureFixture[str]):
    types = TYPES + ", x: f64[n]"
    specs = ["loss.py:loss", "loss.py:energy"]
    assert run("grad", *specs, "--wrt", "w", "--types", types) == 1
    assert "energy has no parameter 'w'" in capsys.readouterr().err
    assert run("grad", *specs, "--types", types, "-o", "both.py") == 0
    text = (folder / "both.py").read_text()
    assert "Gradient of loss and energy with respect to their first" in text
    assert "--wrt" not in text and run("check", "both.py") == 0
    capsys.readouterr()
    check_gradient(text)
    np.testing.assert_allclose(gradient(text, "energy_grad")(np.ones(2)), [2.0, 2.0])
    (folder / "two.py").write_text(
        "import numpy as np\n\n\ndef f(x):\n    return np.sum(x)\n\n\n"
        "def g(x):\n    return np.sum(np.tanh(x))\n"
    )
    assert run("grad", "two.py:f", "two.py:g", "--types", "x: f64[n]") == 0
    out = capsys.readouterr().out
    assert out.count("import numpy as np") == 1
    np.testing.assert_allclose(gradient(out, "f_grad")(np.ones(2)), np.ones(2))
    np.testing.assert_allclose(gradient(out, "g_grad")(np.zeros(2)), np.ones(2))


def test_constants_assigned_together(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "two.py").write_text(
        "import numpy as np\n\nFIRST, (LAST, *REST) = 0, (1, 2)\nA = B = 3.0\n"
        "START, (STOP, STEP) = 0, (4, 2)\n\n\n"
        "def f(x):\n    return A * B * np.sum(x[START:STOP:STEP])\n\n\n"
        "def g(x):\n    return np.sum(x) * LAST\n"
    )
    assert run("grad", "two.py:f", "--types", "x: f64[n]") == 0
    out = capsys.readouterr().out
    assert "STOP = 4  # from two.py:5" in out and "B = 3.0  # from two.py:4" in out
    found = gradient(out, "f_grad")(np.ones(5))
    np.testing.assert_allclose(found, [9.0, 0.0, 9.0, 0.0, 0.0])
    assert run("grad", "two.py:g", "--types", "x: f64[n]") == 1
    assert "not assigned by a plain statement" in capsys.readouterr().err


def test_annotate(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert run("grad", "loss.py:loss", "--types", TYPES, "--value", "--annotate") == 0
    out = capsys.readouterr().out
    assert "from numpy.typing import NDArray" in out
    assert "w: NDArray[np.float64]" in out
    assert "-> tuple[float, NDArray[np.float64]]:" in out
    gradient(out, "loss_value_and_grad")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["loss.py:los"], "did you mean loss"),
        (["los.py:loss"], "did you mean loss.py"),
        (["loss.py"], "write loss.py:loss or loss.py:energy or loss.py:silent"),
        (["loss"], "write FILE.py:FUNC, FILE.py:Class.method or pkg.module:FUNC"),
        (["loss.py:energy"], "in a program types="),
        (["loss.py:energy", "--types", "x: f99[n]"], "f99"),
        (["loss.py:energy", "--types", "z: f64[n]"], "no parameter 'z'"),
        (["loss.py:energy", "--wrt", "z", "--types", "x: f64[n]"], "parameter 'z'"),
        (["loss.py:energy", "--wrt", "x,x", "--types", "x: f64[n]"], "not different"),
        (["loss.py:nothing"], "nothing has no parameters"),
        (["loss.py:silent", "--types", "x: f64[n]"], "help: return a number, or use"),
        (["loss.py:decorated", "--types", "x: f64[n]"], "@some.decorator"),
        (
            ["loss.py:chosen", "--wrt", "k", "--types", "x: f64[n], k: int"],
            "with respect to k, which is int",
        ),
    ],
)
def test_refused(folder: Path, capsys, arguments: list[str], message: str):
    assert run("grad", *arguments, "-o", "out.py") == 1
    out, err = capsys.readouterr()
    assert out == "" and message in err and "Traceback" not in err
    assert not (folder / "out.py").exists()


def test_version(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"{gradscribe.__version__}\n"


def test_usage(capsys: pytest.CaptureFixture[str]):
    wrong = [[], ["grad"], ["grad", "a.py:f", "--target", "tpu"]]
    for arguments in [*wrong, ["grad", "a.py:f", "--parallel"]]:
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
    assert capsys.readouterr().out == ""


def test_parallel_loops_are_checked_as_they_were_made(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    how = ("--types", TYPES, "--target", "cpu", "--parallel", "-o", "loss_grad.py")
    assert run("grad", "loss.py:loss", *how) == 0
    text = (folder / "loss_grad.py").read_text()
    assert "--target cpu --parallel" in text.replace("\n    ", " ")
    assert "prange(chunks)" in text
    assert run("check") == 0
    assert capsys.readouterr().err == "1 file: 1 fresh\n"


def test_without_numba_and_scipy(folder: Path):
    code = textwrap.dedent("""
        import sys
        for name in ("numba", "scipy", "llvmlite"):
            sys.modules[name] = None
        from gradscribe.cli import main
        sys.exit(main(sys.argv[1:]))
    """)
    command = [sys.executable, "-c", code]
    arguments = ["grad", "loss.py:loss", "--types", TYPES, "-o", "loss_grad.py"]
    env = {**os.environ, "PYTHONHASHSEED": "1"}
    for more in (
        arguments,
        ["check"],
        [*arguments[:-1], "loops.py", "--target", "cpu"],
    ):
        done = subprocess.run(
            [*command, *more], capture_output=True, text=True, env=env
        )
        said = "1 file: 1 fresh\n" if more == ["check"] else ""
        assert (done.returncode, done.stdout, done.stderr) == (0, "", said)
    check_gradient((folder / "loss_grad.py").read_text())


def test_module_and_script(folder: Path):
    script = Path(sys.executable).with_name("gradscribe")
    for command in ([sys.executable, "-m", "gradscribe"], [str(script)]):
        if len(command) == 1 and not script.exists():
            continue
        done = subprocess.run([*command, "--help"], capture_output=True, text=True)
        assert done.returncode == 0 and "grad" in done.stdout


# ---- the cache, and signs of life ----


def test_the_cache_is_listed_and_cleared(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    place = folder / "cache"
    monkeypatch.setenv("GRADSCRIBE_CACHE_DIR", str(place))
    assert main(["cache"]) == 0
    assert capsys.readouterr().out.startswith("0 entries, 0 B, in ")
    inner = next(place.iterdir())
    for name, file in (("a" * 32, "loss_grad.pickle"), ("b" * 24, "loss_grad.py")):
        (inner / name).mkdir()
        (inner / name / file).write_text("x" * 1500)
    (inner / "notes").mkdir()
    assert main(["cache"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[0] for line in lines) == ["code", "text"]
    assert all(line.endswith("  loss_grad") and "2 kB" in line for line in lines)
    assert last == f"2 entries, 3 kB, in {inner}"
    assert main(["cache", "--clear"]) == 0
    assert "2 entries, 3 kB, removed from" in capsys.readouterr().out
    assert [path.name for path in inner.iterdir()] == ["notes"]


def test_a_sign_of_life(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("rich")
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    with shown("short"):
        pass
    assert not terminal.getvalue()
    with shown("long", patience=0.0):
        while "long" not in terminal.getvalue():
            time.sleep(0.01)
    written = len(terminal.getvalue())
    monkeypatch.setattr(terminal, "isatty", lambda: False)
    with shown("file", patience=0.0):
        time.sleep(0.05)
    assert len(terminal.getvalue()) == written
