"""Options of the test run."""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

# Small matrices: threads would wait for each other longer than they compute.
for library in ("OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

sys.path.insert(0, str(Path(__file__).parent))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--update-golden``."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite the generated files of examples/ and fail the run",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Leave out the slow tests unless ``-m`` says what to run; check every pass."""
    os.environ["GRADSCRIBE_CHECK"] = "1"
    config.addinivalue_line("markers", "slow: not run by default; see -m")
    config.addinivalue_line("markers", "compiled: by Numba; see loops_in_python")
    if not config.option.markexpr:
        config.option.markexpr = "not slow"


def pytest_collection_finish() -> None:
    """Look through what is collected once, not again in every full collection."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def settled() -> Iterator[None]:
    """Look through what a module leaves behind once, too: it stays."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture
def loops_in_python(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let Python run the loops for Numba, but in tests that are marked ``compiled``.

    For tests of what a text is and gives. Where the slow tests run, all are compiled.
    """
    all_of_them = request.config.option.markexpr != "not slow"
    if all_of_them or request.node.get_closest_marker("compiled"):
        return
    from gradscribe.runtime.specialised import LOADERS

    monkeypatch.setitem(LOADERS, "cpu", LOADERS["numpy"])


SHIMS = ("cupy", "cupyx")


@pytest.fixture(scope="module")
def shim() -> Iterator[ModuleType]:
    """The stand-in for CuPy, under its name, and that for its second package."""
    before = {n: m for n, m in sys.modules.items() if n.split(".")[0] in SHIMS}
    for name in SHIMS:
        path = Path(__file__).parent / "device" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    yield sys.modules["cupy"]
    for name in [n for n in sys.modules if n.split(".")[0] in SHIMS]:
        del sys.modules[name]
    sys.modules.update(before)
