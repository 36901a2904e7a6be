"""Numba's passes made shorter: what they answer stays the same."""

import importlib
from typing import Any

import numpy as np
import pytest
from gradscribe.runtime import lean
from gradscribe.runtime.indices import compiler

numba = pytest.importorskip("numba")
analysis: Any = importlib.import_module("numba.core.analysis")
BaseFunction: Any = importlib.import_module("numba.core.types.functions").BaseFunction
flow: Any = importlib.import_module("numba.core.controlflow")


def graph(rng: np.random.Generator, size: int) -> Any:
    """Return a graph of blocks with loops and exits, as programs have."""
    made = flow.CFGraph()
    for block in range(size):
        made.add_node(block)
    for block in range(size - 1):
        made.add_edge(block, block + 1)
        if rng.random() < 0.5:
            made.add_edge(block, int(rng.integers(1, size)))
    made.set_entry_point(0)
    made.process()
    return made


@pytest.mark.parametrize("seed", range(40))
def test_the_same_variables_are_alive(seed):
    rng = np.random.default_rng(seed)
    cfg = graph(rng, int(rng.integers(2, 12)))
    names = [f"v{k}" for k in range(8)]
    blocks = {block: None for block in sorted(cfg.nodes())}
    uses, defs = (
        {b: {n for n in names if rng.random() < share} for b in blocks}
        for share in (0.3, 0.2)
    )
    expected = analysis.compute_live_map(cfg, blocks, uses, defs)
    assert lean.live_map(cfg, blocks, uses, defs) == expected


def test_numba_has_its_own_again():
    numbas, found = analysis.compute_live_map, BaseFunction.get_call_type
    with pytest.raises(KeyError), lean.compiling():
        with lean.compiling():
            assert analysis.compute_live_map is lean.live_map
        assert analysis.compute_live_map is lean.live_map
        raise KeyError
    assert analysis.compute_live_map is numbas
    assert BaseFunction.get_call_type is found


def mixed(k, x, flag):
    return k * x, k / k, x**2, x < k, (k + flag) // 2, -flag + 1.0, k * k, x * x


def test_the_types_of_calls():
    """What is remembered of one function type holds for the next."""
    given = 3, 2.0, True
    with lean.compiling():
        found = numba.njit(mixed)(*given)
    expected = mixed(*given)
    assert found == expected
    assert [type(one) for one in found] == [type(one) for one in expected]


def loops(x):
    total = 0.0
    for value in x:
        total += value * value
    return total


def whole_arrays(x):
    y = np.array([x[0], 2.0, 3.0])
    return np.sum(np.sin(x[:3]) * y + 1.0) + sum([v * v for v in x])


def closures(x):
    scale = x[0]

    def scaled(value):
        return scale * value

    return scaled(x[1]) + scaled(x[2])


@pytest.mark.parametrize(
    ("function", "needed"),
    [
        (loops, set()),
        (whole_arrays, {"InlineClosureLikes", "NopythonRewrites"}),
        (closures, {"InlineClosureLikes"}),
    ],
)
def test_passes_run_where_they_have_work(function, needed, monkeypatch):
    ran = set()
    for numbas in lean.leaner():

        def noting(self, state, own=numbas.run_pass, name=numbas.__name__):
            ran.add(name)
            return own(self, state)

        monkeypatch.setattr(numbas, "run_pass", noting)
    x = np.linspace(0.1, 0.9, 5)
    compiled = numba.njit(function, pipeline_class=compiler(False, False))
    with lean.compiling():
        assert np.isclose(compiled(x), function(x))
    assert ran == needed
