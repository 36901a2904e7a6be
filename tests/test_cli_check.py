"""``gradscribe check``: what became of gradient files, and writing them again."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import gradscribe as gs
import numpy as np
import pytest
from gradscribe.cli import main
from gradscribe.commands import check as checking
from gradscribe.commands.freshness import Record, State, state_of

LOSS = """\
import numpy as np
from helpers import residual

G = 9.81


def loss(w: "f64[n]", X: "f64[m, n]", y: "f64[m]"):
    r = residual(w, X, y)
    return G * np.sum(r * r)


def energy(x: "f64[n]"):
    return np.sum(x * x)


def pair(x: "f64[n]"):
    return np.sum(x * x), x * 2.0


def flow(x: "f64[n]", k):
    for i in range(k):
        x = x * x
    return np.sum(x)


def shifted(A: "f64[n]", x: "f64[n]"):
    A *= 2.0
    return np.sum(A * x)


def chosen(x, y: "f64[n]" = None, kind="mean"):
    s = np.sum(x * x)
    if y is not None:
        s = s + np.sum(y * x)
    return s / len(x) if kind == "mean" else s


def slopes(x, h, k):
    return np.sum((x[1:] - x[:-1]) / h) + np.sum(x[::2] * k)


def outer():
    def inner(x: "f64[n]"):
        return np.sum(x)

    return inner
"""
HELPERS = """\
def residual(w, X, y):
    return X @ w - y
"""
SOURCE_CHANGED = "source changed"
EDITED = "edited by hand"
BOTH = "source changed, and edited by hand"
DIFFERS = "source unchanged, this gradscribe writes it differently"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "loss.py").write_text(LOSS)
    (tmp_path / "helpers.py").write_text(HELPERS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def written(folder: Path) -> Path:
    return write("loss.py:loss", "loss_grad.py")


def write(spec: str, name: str, *options: str) -> Path:
    assert main(["grad", spec, *options, "-o", name]) == 0
    return Path(name)


def change(path: str | Path, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))


def age(path: Path) -> None:
    """Make a file look as if another version had written it."""
    from gradscribe.runtime.files import sealed

    text = path.read_text().replace("# Backward", "# Going back")
    head, _, rest = text.partition("Digest: ")
    digest, _, rest = rest.partition(" ")
    path.write_text(sealed(f"{head}Digest: {digest}\n{rest.partition(chr(10))[2]}"))


class Said:
    """The output of one run of the command."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        capsys.readouterr()
        self.status = main(["check", *arguments])
        self.out, self.err = capsys.readouterr()


# ---- the states ----


def test_fresh(written: Path, capsys):
    Path("notes.py").write_text('"""Run `gradscribe grad loss.py:loss`."""')
    said = Said(capsys)
    assert (said.status, said.out) == (0, "")
    assert said.err == "1 file: 1 fresh\n"


def test_a_helper_changed(written: Path, capsys):
    change("helpers.py", "X @ w - y", "X @ w - 2.0 * y")
    said = Said(capsys, ".")
    assert said.status == 1
    assert said.err.startswith(f"loss_grad.py: {SOURCE_CHANGED}\n")
    assert "help: gradscribe check --fix writes them again" in said.err
    assert said.out.startswith("--- loss_grad.py\n+++ loss_grad.py\n@@ ")
    assert (
        "\n-Digest: " in said.out
        and "\n+    # Backward: return X @ w - 2.0 * y" in said.out
    )


def test_the_diff_can_be_applied(written: Path, capsys):
    change("helpers.py", "X @ w - y", "X @ w - 2.0 * y")
    written.write_text(written.read_text().rstrip("\n"))  # and no line end
    said = Said(capsys)
    assert "\n\\ No newline at end of file\n" in said.out
    patch = ["patch", "-p0", "--quiet"]
    try:
        subprocess.run(patch, input=said.out, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("there is no patch")
    assert Said(capsys).status == 0


def test_a_constant_moved(written: Path, capsys):
    assert "G = 9.81  # from loss.py:4" in written.read_text()
    change("loss.py", "import numpy", "\nimport numpy")
    said = Said(capsys)
    assert said.status == 1 and f": {SOURCE_CHANGED}\n" in said.err
    assert "+G = 9.81  # from loss.py:5" in said.out


def test_what_is_beside_a_function_may_change(written: Path, capsys):
    change("loss.py", "x * 2.0", "x * 3.0")
    assert Said(capsys).status == 0


def test_edited_by_hand(written: Path, capsys):
    change(written, "return ", "return 2 * ")
    mine = written.read_text()
    said = Said(capsys)
    assert said.status == 1 and said.err.startswith(f"loss_grad.py: {EDITED}\n")
    assert "-    return 2 * " in said.out and "--fix --force" in said.err
    said = Said(capsys, "--fix")
    assert said.status == 1 and said.out == "" and written.read_text() == mine
    change("helpers.py", "X @ w - y", "X @ w - 2.0 * y")
    said = Said(capsys, "--fix")
    assert said.status == 1 and f": {BOTH}\n" in said.err
    assert written.read_text() == mine
    assert Said(capsys, "--fix", "--force").status == 0
    assert Said(capsys).status == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import numpy as np", "import numpy as np\nthis is no Python ("),
        ("Digest: ", "<<<<<<< ours\nDigest: 1 2\n=======\nDigest: "),
        ("Digest: ", "Digested: "),
    ],
)
def test_broken_by_hand(written: Path, capsys, old: str, new: str):
    before = written.read_text()
    change(written, old, new)
    said = Said(capsys)
    assert said.status == 1 and "edited by hand" in said.err
    assert Said(capsys, "--fix", "--force").status == 0
    assert written.read_text() == before


def test_by_another_version(written: Path, capsys):
    before = written.read_text()
    age(written)
    said = Said(capsys)
    assert said.status == 1 and said.err.startswith(f"loss_grad.py: {DIFFERS}\n")
    assert "-    # Going back" in said.out and "+    # Backward" in said.out
    said = Said(capsys, "--fix")
    assert said.status == 0 and said.err.startswith(
        f"loss_grad.py: {DIFFERS}; written again\n1 file: 1 written again"
    )
    assert written.read_text() == before


# ---- what could not be checked ----


def failed(capsys, *arguments: str) -> str:
    said = Said(capsys, *arguments)
    assert said.status == 2 and said.out == "" and "could not check: " in said.err
    assert "Traceback" not in said.err
    return said.err


def test_the_source_is_gone(written: Path, capsys):
    before = written.read_text()
    Path("loss.py").rename("losses.py")
    said = failed(capsys, "--fix")
    assert "its source loss.py is not there" in said
    assert "gradscribe grad NEW/loss.py:loss --wrt w -o loss_grad.py" in said
    assert written.read_text() == before


def test_the_function_is_gone(written: Path, capsys):
    change("loss.py", "def loss(", "def losses(")
    said = failed(capsys)
    assert "there is no function 'loss'" in said and "did you mean losses" in said


def test_the_function_is_refused_now(written: Path, capsys):
    before = written.read_text()
    change("loss.py", "return G * np.sum(r * r)", "return G * np.sum(open(r))")
    said = failed(capsys, "--fix")
    assert "loss.py:9:" in said and "^" in said
    assert written.read_text() == before


def test_a_parameter_is_gone(folder: Path, capsys):
    write("loss.py:energy", "energy_grad.py", "--types", "x: f32[n]")
    change("loss.py", 'energy(x: "f64[n]"):', 'energy(y: "f64[n]"):\n    x = y')
    assert "no parameter 'x'" in failed(capsys)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("gradscribe grad loss.py:loss --unheard-of", "--unheard-of"),
        ("gradscribe grad loss.py:loss --value --vjp", "not allowed with"),
        ("gradscribe grad loss.py:loss --parallel", "--parallel is for --target cpu"),
        ("gradscribe grad 'loss.py:loss", "cannot be read"),
        ("gradscribe grad loss", "does not name a function"),
    ],
)
def test_commands_not_understood(written: Path, capsys, command: str, message: str):
    change(written, "gradscribe grad loss.py:loss --wrt w", command)
    assert message in failed(capsys)


def test_files_that_cannot_be_read(written: Path, capsys, monkeypatch):
    assert "missing.py: could not check: No such file" in failed(capsys, "missing.py")
    assert "no header of a gradient file" in failed(capsys, "loss.py")
    written.write_bytes(written.read_bytes() + b"# \xe9\n")
    assert "can't decode" in failed(capsys)

    def refused(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    kind = replace(checking.GRADIENT, recognise=refused)
    monkeypatch.setattr(checking, "KINDS", (kind,))
    assert "loss.py: could not check: Permission denied" in failed(capsys)


def test_folders_that_cannot_be_read(folder: Path, capsys, monkeypatch):
    def refused(path: object):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refused)
    assert ".: could not check: Permission denied" in failed(capsys)


def test_a_mistake_of_ours_hides_nothing(written: Path, capsys, monkeypatch):
    write("loss.py:energy", "energy_grad.py")

    def wrong(path: Path, job_of):
        if path.name == "energy_grad.py":
            raise AssertionError("wrong")
        return checking.GRADIENT.check(path, job_of)

    kind = replace(checking.GRADIENT, check=wrong)
    monkeypatch.setattr(checking, "KINDS", (kind,))
    said = Said(capsys)
    assert said.status == 2 and "internal error" in said.err
    assert "2 files: 1 fresh; 1 could not be checked" in said.err


# ---- which files ----


def test_several_files(written: Path, capsys):
    Path("sub").mkdir()
    write("loss.py:energy", "sub/energy_grad.py")
    write("loss.py:pair", "pair_vjp.py", "--vjp")
    change("loss.py", "return np.sum(x * x)\n", "return np.sum(x * x * x)\n")
    change("pair_vjp.py", "return ", "return 2 * ")
    said = Said(capsys)
    assert said.status == 1
    lines = said.err.splitlines()
    assert lines[:2] == [
        f"pair_vjp.py: {EDITED}",
        f"{Path('sub', 'energy_grad.py')}: {SOURCE_CHANGED}",
    ]
    assert lines[2] == (f"3 files: 1 fresh; 1 {SOURCE_CHANGED}; 1 {EDITED}")
    assert said.out.count("\n+++ ") == 2
    said = Said(capsys, "--fix", "sub", "loss_grad.py")
    assert said.status == 0
    assert "2 files: 1 fresh; 1 written again" in said.err
    Path("helpers.py").unlink()  # one that cannot be checked outweighs a stale one
    assert Said(capsys).status == 2


def test_no_file(folder: Path, capsys):
    said = Said(capsys)
    assert (said.status, said.out) == (0, "")
    assert said.err == "no gradient files found\n"


def test_folders_that_are_left_out(written: Path, capsys):
    for name in (".hidden", "build", "env", "a.egg-info", "sub/node_modules"):
        Path(name).mkdir(parents=True)
        Path(name, "loss_grad.py").write_text(written.read_text())
    Path("env", "pyvenv.cfg").touch()
    Path(".#loss_grad.py").write_text(written.read_text())
    Path("dangling_grad.py").symlink_to("nowhere.py")
    assert Said(capsys).err == "1 file: 1 fresh\n"
    said = Said(capsys, "build")  # not, if it is named
    assert "its source build/loss.py is not there" in said.err


def test_windows_newlines(folder: Path, capsys):
    for name in ("loss.py", "helpers.py"):
        Path(name).write_bytes(Path(name).read_bytes().replace(b"\n", b"\r\n"))
    path = write("loss.py:loss", "loss_grad.py")
    plain = path.read_bytes()
    assert b"\r" not in plain
    path.write_bytes(plain.replace(b"\n", b"\r\n"))
    assert Said(capsys).status == 0
    path.write_bytes(b"\xef\xbb\xbf" + plain)
    assert Said(capsys).status == 0
    change("helpers.py", "X @ w - y", "X @ w - 2.0 * y")
    assert Said(capsys).out.count("\n") < 30
    assert Said(capsys, "--fix").status == 0
    assert Said(capsys).status == 0


def test_moved_folders(folder: Path, capsys, monkeypatch):
    (folder / "old" / "made").mkdir(parents=True)
    for name in ("loss.py", "helpers.py"):
        (folder / name).rename(folder / "old" / name)
    path = write("old/loss.py:loss", "old/made/loss_grad.py")
    (folder / "old").rename(folder / "new name")
    assert Said(capsys).status == 0
    for place in (folder.parent, folder / "new name", folder / "new name" / "made"):
        monkeypatch.chdir(place)
        assert Said(capsys, str(folder)).status == 0
    monkeypatch.chdir(folder)
    path = folder / "new name" / "made" / "loss_grad.py"
    path.rename(folder / "loss_grad.py")
    said = failed(capsys)
    assert "its source ../loss.py is not there" in said
    assert "-o loss_grad.py" in said


# ---- the command in the header makes the file again, whatever it was ----


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        ("loss", ["--value"]),
        ("loss", ["--wrt", "w,X", "--types", "w: f32[n], X: f32[m, n], y: f32[m]"]),
        ("loss", ["--wrt", "w,"]),
        ("loss", ["--mode", "forward", "--wrt", "X"]),
        ("loss", ["--mode", "hvp"]),
        ("loss", ["--mode", "hessian", "--no-stabilise", "--annotate"]),
        ("loss", ["--mode", "primal", "--target", "cpu"]),
        ("loss", ["--target", "cpu", "--parallel", "--value"]),
        ("pair", ["--has-aux", "--value"]),
        ("pair", ["--vjp"]),
        ("pair", ["--mode", "jacobian", "--value", "--direction", "reverse"]),
        ("pair", ["--mode", "jacobian", "--direction", "forward"]),
        ("flow", ["--checkpoint", "binomial:4", "--types", "k: int"]),
        ("flow", ["--checkpoint", "sqrt", "--types", "k: int"]),
        ("flow", ["--checkpoint", "8", "--types", "k: int"]),
        ("shifted", ["--wrt", "x", "--overwrite", "A"]),
        ("outer.<locals>.inner", []),
    ],
)
def test_every_option_is_recorded(folder: Path, capsys, spec: str, options: list[str]):
    path = write(f"loss.py:{spec}", "made.py", *options)
    before = path.read_bytes()
    said = Said(capsys)
    assert said.status == 0, said.out
    change(path, "# ", "# # ") if "# " in path.read_text() else path.write_text(
        path.read_text() + "#\n"
    )
    assert Said(capsys, "--fix", "--force").status == 0
    assert path.read_bytes() == before


def test_what_a_program_saved(folder: Path, capsys, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "loss", raising=False)
    monkeypatch.delitem(sys.modules, "helpers", raising=False)
    import loss

    gs.jit(loss.energy).save("energy_again.py")
    gs.grad(loss.pair, has_aux=True).save("pair_grad.py")
    gs.grad(loss.energy, parallel=True, strict=True).save("energy_grad.py")
    d = gs.jacobian(loss.flow, wrt="x", mode="forward", target="numpy")
    d(np.ones(3), 2)
    d.save("flow_jacobian.py")
    one = np.ones(3)
    for k, arguments in enumerate([(one,), (one, one), (one, None, "it's a $um")]):
        d = gs.grad(loss.chosen, target="numpy")
        d(*arguments)
        d.save(f"chosen_{k}.py")
    d = gs.grad(loss.slopes, target="numpy")
    d(one, one[1:], one[1:])
    d.save("slopes_grad.py")
    sizes = "h: f64[clip(x_0 - 1)], k: f64[ceil(x_0, 2)]"
    assert sizes in Path("slopes_grad.py").read_text().replace("\n   ", "")
    said = Said(capsys)
    assert said.err == "8 files: 8 fresh\n", said.out


def test_annotations_are_followed(folder: Path, capsys):
    path = write("loss.py:energy", "energy_grad.py")
    assert "--types" not in path.read_text()
    change("loss.py", 'energy(x: "f64[n]")', 'energy(x: "f64")')
    assert Said(capsys, "--fix").status == 0
    assert "x_bar = 2 * x" in path.read_text()
    change("loss.py", 'energy(x: "f64")', "energy(x)")
    assert "the types of x are not known" in failed(capsys)


# ---- the command itself ----


def test_force_is_for_fix(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["check", "--force"])
    assert caught.value.code == 2
    assert "--force is for --fix" in capsys.readouterr().err


def test_help_says_what_is_never_written(capsys):
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    said = capsys.readouterr().out
    assert "0 all fresh, 1 something is stale, 2" in said
    assert "edited by hand" in said and "--force" in said


def test_colours_on_terminals_only(written: Path, capsys, monkeypatch):
    pytest.importorskip("pygments")
    change("helpers.py", "X @ w - y", "X @ w - 2.0 * y")
    assert "\x1b[" not in Said(capsys).out
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", terminal)
    assert main(["check"]) == 1
    assert "\x1b[" in terminal.getvalue()


def test_the_status_of_the_process(written: Path):
    command = [sys.executable, "-m", "gradscribe", "check"]
    for status, prepare in enumerate(
        (
            lambda: None,
            lambda: change("helpers.py", "X @ w - y", "X @ w - 2.0 * y"),
            lambda: os.remove("loss.py"),
        )
    ):
        prepare()
        assert subprocess.run(command, capture_output=True).returncode == status


def test_the_hook():
    text = (Path(__file__).parents[1] / ".pre-commit-hooks.yaml").read_text()
    found = dict(
        line.lstrip("- ").split(": ", 1)
        for line in text.splitlines()
        if ": " in line and not line.startswith("#")
    )
    assert found["id"] == "gradscribe-check"
    assert found["entry"] == "gradscribe check"
    assert found["language"] == "python"
    assert found["pass_filenames"] == "false"


# ---- any kind of thing that was written ----


@pytest.mark.parametrize(
    ("sources", "present", "now", "state"),
    [
        ({"f": "1"}, {"a": "1", "b": "1"}, {"a": "1"}, State.FRESH),
        ({"f": "2"}, {"a": "1", "b": "1"}, {"a": "2"}, State.CHANGED),
        ({"f": "1"}, {"a": "1", "b": "2"}, {"a": "1"}, State.EDITED),
        ({"f": "2"}, {"a": "2", "b": "1"}, {"a": "2"}, State.BOTH),
        ({"f": "1"}, {"a": "1"}, {"a": "1"}, State.MISSING),
        ({"f": "1"}, {"a": "1", "b": "1"}, {"a": "2"}, State.DIFFERS),
        ({"f": "1"}, {"a": "1", "b": "1"}, {"a": "1", "c": "1"}, State.DIFFERS),
    ],
)
def test_states(sources, present, now, state: State):
    then = Record({"f": "1"}, {"a": "1", "b": "1"})
    assert state_of(then, present, Record(sources, now)) is state
