"""The import order, the package list, one copy of everything, and sizes."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# A module imports only from modules that stand before it. A folder is one entry, but
# for those of OPEN, whose modules have places of their own.
TRANSPILE = """
    records
    linear errors literal schedule steps source lambdas library modules bindings
    outside given transforms static classes functions live language structures ir
    places custom drawn loopform affine carries buffers shapes axes check fold
    substitute
    interference variables show
    ops dtypes created solvers spectra types build rules names selection typetext
    parse inline rewrite shifts reverse forward jacobians loops stabilise signs
    simplify lower fuse versions vectorise
    order tidy separate emit annotate demands reread called lent pipeline owned
    expected together sparsefile files kinds frozen choice request standalone
""".split()
OPEN = frozenset({"graph", "read", "arrange"})
RUNTIME = """
    toolchain cells progress collector cache special load arguments interface kept parts
    frames files threads memories iterations lean marks indices extremes memory llvm cpu
    guard specialised inside derivative colours plans sparse checking directions
""".split()

LINES_OF_A_FILE, LINES_OF_A_FUNCTION = 400, 60


def modules() -> list[Path]:
    folders = [ROOT / side for side in ("transpile", "runtime", "api", "commands")]
    found = [path for folder in folders for path in folder.rglob("*.py")]
    return sorted([*found, ROOT / "__init__.py", ROOT / "__main__.py", ROOT / "cli.py"])


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """Yield what a module imports relatively, as parts below the root."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            base += tuple(node.module.split(".")) if node.module else ()
            for alias in node.names:
                inner = ROOT.joinpath(*base, alias.name)
                is_module = inner.is_dir() or inner.with_suffix(".py").is_file()
                yield (*base, alias.name) if is_module else base


def unit(parts: tuple[str, ...]) -> tuple[str, str]:
    """Return a module's side of the house and its entry in the order."""
    inside = parts[2:] if parts[1:2] and parts[1] in OPEN else parts[1:]
    name = Path(inside[0]).stem if inside else "__init__"
    return parts[0], name


ORDERS = {"transpile": TRANSPILE, "runtime": RUNTIME}


@pytest.mark.parametrize("side", ORDERS)
def test_every_module_has_a_place(side: str):
    found = {path.stem if path.is_file() else path.name for path in listed(side)}
    assert found - {"__init__"} <= set(ORDERS[side]), "give it a place in the order"


def listed(side: str) -> Iterator[Path]:
    folders = [ROOT / side, *(ROOT / side / name for name in OPEN)]
    for path in (path for f in folders if f.exists() for path in f.iterdir()):
        is_folder = (path / "__init__.py").exists() and path.name not in OPEN
        if path.suffix == ".py" or is_folder:
            yield path


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_left(path: Path):
    parts = path.relative_to(ROOT).parts
    if len(parts) == 1 or parts[0] in ("api", "commands"):
        return  # where both sides meet
    side, name = unit(parts)
    for imported in imports(path):
        assert imported and imported[0] == side, f"{path} imports {imported}"
        other = unit(imported)[1]
        if "__init__" not in (name, other) and other != name:
            order = ORDERS[side]
            assert order.index(other) < order.index(name), f"{name} imports {other}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_are_relative_and_of_the_right_side(path: Path):
    tops = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            tops |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            tops.add((node.module or "").partition(".")[0])
    assert not tops & {"gradscribe", "transpile", "runtime", "cli"}
    parts = path.relative_to(ROOT).parts
    if parts[0] == "transpile":
        assert not tops & {"numba", "scipy", "cupy"}
    if tops & {"gast", "beniget"}:
        assert parts[:2] == ("transpile", "parse")


def test_packages_are_listed():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = settings["tool"]["setuptools"]["packages"]
    folders = {path.parent for path in modules()}
    names = {".".join(["gradscribe", *f.relative_to(ROOT).parts]) for f in folders}
    assert sorted(names) == sorted(packages)


def test_nothing_else_at_the_root():
    found = {path.name for path in ROOT.glob("*.py")}
    assert found == {"__init__.py", "__main__.py", "cli.py"}


def test_one_copy_is_loaded():
    import gradscribe.transpile.rules  # noqa: F401

    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(ROOT / "transpile"):
            assert name.startswith("gradscribe.")


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_sizes(path: Path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES_OF_A_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= LINES_OF_A_FUNCTION, f"{node.name}: {length} lines"
