"""Sparse Jacobians and Hessians."""

from __future__ import annotations

import importlib.util
import pickle
from pathlib import Path
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from corpus import Case
from gradscribe.cli import main
from gradscribe.runtime.colours import coloured, find_pattern
from harness import few
from scipy.sparse import csr_array
from sparsity import check_sparse
from test_forward import REAL, SCALAR


@pytest.mark.parametrize("case", few(REAL, 24), ids=lambda case: case.name)
def test_jacobian(case: Case):
    check_sparse(case, "numpy", gs.sparse_jacobian, gs.jacobian)


@pytest.mark.parametrize("case", few(SCALAR, 24), ids=lambda case: case.name)
def test_hessian(case: Case):
    check_sparse(case, "numpy", gs.sparse_hessian, gs.hessian)


@pytest.mark.parametrize("case", few(REAL, 256), ids=lambda case: case.name)
def test_jacobian_compiled(case: Case):
    check_sparse(case, "cpu", gs.sparse_jacobian, gs.jacobian)


LINE = np.linspace(-0.4, 0.9, 11)
SQUARE = np.outer(LINE[:4], LINE[:5])


def flow(u: Any, k: float) -> Any:
    r = np.zeros_like(u)
    r[1:-1] = k * (u[2:] - 2 * u[1:-1] + u[:-2]) + np.exp(u[1:-1])
    r[0], r[-1] = u[0], u[-1] ** 2
    return r


def filled(u: Any, r: Any) -> None:
    r[0], r[-1] = u[0], np.sum(u)
    r[1:-1] = u[2:] - 2 * u[1:-1] + u[:-2] + u[1:-1] ** 3


def stepped(u: Any) -> None:
    for i in range(1, len(u)):
        u[i] -= 0.5 * u[i - 1] ** 2


def grid(u: Any) -> Any:
    r = 4.0 * u
    r[1:] -= u[:-1]
    r[:-1] -= u[1:]
    r[:, 1:] -= u[:, :-1] ** 2
    r[:, :-1] -= u[:, 1:]
    return r


def taken(x: Any) -> Any:
    return np.where(x[0] > 0, x[0] * x, x[::-1]) if x[1] > 0 else x * x


def gathered(x: Any, k: Any) -> Any:
    return x[k] ** 2


def multiplied(x: Any, a: Any) -> Any:
    return np.sin(a @ x)


def sorted_by(x: Any) -> Any:
    return np.sort(x) ** 2


def chained(x: Any) -> Any:
    return np.sum((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2)


def same(sparse: Any, dense: Any, *args: Any) -> None:
    expected = dense(*args)
    found = sparse(*args)
    tolerance = 1e-5 if found.dtype == np.float32 else 1e-13
    assert isinstance(found, csr_array) and found.has_canonical_format
    np.testing.assert_allclose(
        found.toarray(), np.reshape(expected, found.shape), tolerance
    )


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_bands_and_grids(target: str):
    x = np.linspace(-1, 2, 12)
    band = gs.sparse_jacobian(flow, target=target)
    same(band, gs.jacobian(flow, target="numpy"), x, 2.0)
    same(band, gs.jacobian(flow, target="numpy"), x.astype(np.float32), 2.0)
    assert band(x.astype(np.float32), 2.0).dtype == np.float32
    assert band.colours(x, 2.0) == 3 and band.colours(np.ones(5000), 2.0) == 3
    five = gs.sparse_jacobian(grid, target=target)
    same(five, gs.jacobian(grid, target="numpy"), x.reshape(3, 4))
    assert five.pattern(np.ones((40, 50))).nnz == 5 * 2000 - 2 * 90
    assert five.colours(np.ones((40, 50))) <= 8


def test_zeros_by_chance_are_kept():
    """A derivative that is zero at a point is a place of the pattern."""
    square = gs.sparse_jacobian(grid, target="numpy")
    found = square(np.zeros((3, 3)))
    assert found.nnz == square.pattern(np.zeros((3, 3))).nnz == 9 + 4 * 6


def test_pattern_is_found_again():
    """What a pattern follows from is looked at in every call."""
    x = np.array([1.0, 2.0, 3.0])
    for function in (taken, sorted_by):
        sparse = gs.sparse_jacobian(function, target="numpy")
        dense = gs.jacobian(function, target="numpy")
        for at in (x, -x, x[::-1].copy(), np.array([-1.0, 2.0, 0.5])):
            same(sparse, dense, at)
    sparse = gs.sparse_jacobian(gathered, target="numpy")
    dense = gs.jacobian(gathered, target="numpy")
    for k in ([0, 1, 2], [2, 2], [1, 0, 1]):
        same(sparse, dense, x, np.array(k))
    sparse = gs.sparse_jacobian(multiplied, target="numpy")
    dense = gs.jacobian(multiplied, target="numpy")
    for a in (np.eye(3), np.ones((2, 3)), np.tri(3)):
        same(sparse, dense, x, a)
    assert sparse(x, np.eye(3)).nnz == 3  # the zeros of a constant matrix count


SCALE = np.array([1.0, 0.0, 2.0])


def scaled(x: Any) -> Any:
    return np.diag(SCALE) @ x


def test_globals_are_looked_at(monkeypatch: pytest.MonkeyPatch):
    x = np.ones(3)
    sparse = gs.sparse_jacobian(scaled, target="numpy")
    np.testing.assert_array_equal(sparse(x).toarray(), np.diag(SCALE))
    monkeypatch.setitem(globals(), "SCALE", np.array([0.0, 3.0, 2.0]))
    np.testing.assert_array_equal(sparse(x).toarray(), np.diag(SCALE))


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_hessian_of_a_chain(target: str):
    x = np.linspace(-1, 1, 7)
    sparse = gs.sparse_hessian(chained, target=target)
    same(sparse, gs.hessian(chained, target="numpy"), x)
    assert sparse.colours(np.ones(3000)) == 3


def test_sizes_without_numbers():
    sparse = gs.sparse_jacobian(gathered, target="numpy")
    assert sparse(np.ones(3), np.zeros(0, int)).shape == (0, 3)
    assert sparse(np.ones(0), np.zeros(0, int)).shape == (0, 0)

    def still(x: Any) -> Any:
        return np.floor(x)

    found = gs.sparse_jacobian(still, target="numpy")(np.ones(4))
    assert found.shape == (4, 4) and found.nnz == 0


def test_numbers_and_integers():
    def power(x: float) -> float:
        return x**3

    sparse = gs.sparse_jacobian(power, target="numpy")
    assert sparse(2.0).toarray().tolist() == [[12.0]]
    assert sparse(2).toarray().tolist() == [[12.0]]


def test_it_looks_like_a_function():
    sparse = gs.sparse_jacobian(flow, "u", target="numpy")
    again = pickle.loads(pickle.dumps(sparse))
    x = np.arange(4.0)
    assert (again(x, k=2.0) != sparse(u=x, k=2.0)).nnz == 0
    assert list(sparse.__signature__.parameters) == ["u", "k"]
    sparse(x, 2.0)
    assert "def flow_compressed_jacobian(seeds, u, k):" in sparse.source
    assert "def flow_pattern(seeds, u, k):" in sparse.marks.source
    assert "exp" not in sparse.marks.source

    @gs.sparse_jacobian(target="numpy")
    def double(x: Any) -> Any:
        return 2 * x

    assert double(x).toarray().tolist() == (2 * np.eye(4)).tolist()
    x.flags.writeable = False
    assert double(x).data.flags.writeable


def test_changes_to_a_matrix_stay_there():
    sparse = gs.sparse_jacobian(grid, target="numpy")
    x = np.zeros((3, 3))
    first = sparse(x)
    first.eliminate_zeros()
    assert sparse(x).nnz > first.nnz


def test_what_is_no_matrix_is_refused():
    def two(x: Any) -> Any:
        return x, 2 * x

    with pytest.raises(gs.TranspileError, match="one array of floats"):
        gs.sparse_jacobian(two, target="numpy")(np.ones(2))
    with pytest.raises(TypeError, match="one parameter"):
        gs.sparse_jacobian(flow, ["u", "k"])
    with pytest.raises(gs.TranspileError, match="complex"):
        gs.sparse_jacobian(flow, target="numpy")(np.ones(3) + 0j, 1.0)


def loaded(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SAVED: list[tuple[Any, Any, tuple[Any, ...]]] = [
    (gs.sparse_jacobian, flow, (LINE, 0.3)),
    (gs.sparse_jacobian, flow, (LINE[:2], 0.3)),
    (gs.sparse_jacobian, filled, (LINE, 0 * LINE)),
    (gs.sparse_jacobian, stepped, (LINE,)),
    (gs.sparse_jacobian, grid, (SQUARE,)),
    (gs.sparse_jacobian, taken, (LINE + 2.0,)),
    (gs.sparse_jacobian, gathered, (LINE, np.array([3, 0, 3]))),
    (gs.sparse_jacobian, multiplied, (LINE[:4], np.diag(LINE[:4]))),
    (gs.sparse_hessian, chained, (LINE,)),
]


@pytest.mark.parametrize(("maker", "function", "args"), SAVED)
def test_saved(maker, function, args, tmp_path: Path):
    made = maker(function, target="numpy")
    path = tmp_path / "sparse_file.py"
    dense = gs.hessian if maker is gs.sparse_hessian else gs.jacobian
    same(made, dense(function, target="numpy"), *args)
    expected = made(*args)
    made.save(path)
    module, name = loaded(path), function.__name__
    fill = getattr(module, f"{name}_{maker.__name__}")
    found = fill(*args)
    assert isinstance(found, csr_array) and found.has_canonical_format
    np.testing.assert_array_equal(found.toarray(), expected.toarray())
    where = getattr(module, f"{name}_sparsity")(*args)
    again = fill(*args, sparsity=where)
    np.testing.assert_array_equal(again.toarray(), expected.toarray())
    assert "gradscribe" not in path.read_text().split('"""')[2]


CLASHING = """
def clash(rows, count, *, marks_of_the_whole_grid=2.0, sparsity_of_the_whole_grid=3.0):
    scale = marks_of_the_whole_grid * sparsity_of_the_whole_grid
    return rows * count * scale + rows[::-1]
"""


def test_written_by_command(tmp_path: Path, capsys: Any):
    """Names of parameters that the file needs itself; long lines; many functions."""
    source = tmp_path / "models.py"
    source.write_text("import numpy as np\n\nG = 2.0\n\n" + CLASHING)
    target = tmp_path / "models_sparse.py"
    types = "rows: f64[n], count: f64[n], marks_of_the_whole_grid: f64"
    types += ", sparsity_of_the_whole_grid: f64"
    command = ["grad", f"{source}:clash", "--mode", "sparse_jacobian", "--types", types]
    assert main([*command, "-o", str(target)]) == 0
    assert main(["check", str(tmp_path)]) == 0
    assert max(map(len, target.read_text().split("\n"))) <= 88
    x = np.array([1.0, 2.0, 3.0])
    found = loaded(target).clash_sparse_jacobian(x, x, marks_of_the_whole_grid=1.0)
    np.testing.assert_array_equal(found.toarray(), 3 * np.diag(x) + np.eye(3)[::-1])
    assert loaded(target).clash_sparse_jacobian(x[:0], x[:0]).shape == (0, 0)
    for wrong in (["--target", "cpu"], ["--has-aux"]):
        with pytest.raises(SystemExit):
            main([*command, *wrong])
    assert main([*command, "--wrt", "rows,count"]) == 1
    assert "it is by one array" in capsys.readouterr().err


def test_any_pattern_is_found():
    random = np.random.default_rng(0)
    for density in (0.0, 0.02, 0.3, 1.0):
        expected = random.random((40, 90)) < density
        found = find_pattern(lambda s, m=expected: m @ s, (90,))
        np.testing.assert_array_equal(
            found.filled(np.ones(len(found.rows))).toarray(), expected
        )
        for row in expected:
            own = found.colours[row]
            assert len(set(own.tolist())) == len(own)


def test_few_colours():
    rows, columns = np.nonzero(np.tri(6, dtype=bool).T & ~np.tri(6, k=-1, dtype=bool).T)
    assert coloured(rows, columns, 6, 6).max() + 1 <= 6
    arrow = np.eye(5, dtype=bool)
    arrow[:, 0] = True
    assert coloured(*np.nonzero(arrow), 5, 5).max() + 1 == 2


def reversal_rule(tangent: Any, x: Any) -> Any:
    return 2 * x[::-1] * tangent[::-1]


@gs.custom_derivative(jvp=reversal_rule)
def reversal(x: Any) -> Any:
    return x[::-1] ** 2


def with_a_rule(x: Any) -> Any:
    return reversal(x[:3]) * x[3]


def test_what_a_rule_gives_depends_on_all():
    """Nobody looks into a rule, and none is needed."""
    x = np.array([1.0, 2.0, 3.0, 4.0])
    sparse = gs.sparse_jacobian(with_a_rule, target="numpy")
    assert sparse.pattern(x).nnz == 12
    same(sparse, gs.jacobian(with_a_rule, target="numpy"), x)


# ---- by rows ----


def arrow(x):
    """Every output depends on many inputs, no input on two outputs."""
    y = np.zeros(3)
    for i in range(len(x)):
        y[i % 3] += np.sin(x[i]) * x[i]
    return y


def full_row(x):
    return np.concatenate((np.array([np.sum(x**2)]), x[:2] ** 3))


def chain_and_sum(x):
    """A band, and between its rows two that are full."""
    ends = np.array([np.sum(x**2)]), np.array([np.prod(x)])
    return np.concatenate((ends[0], x[1:] - x[:-1] ** 2, ends[1]))


def forward_only(x):
    return np.array([np.sum(reversal(x))])


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_full_rows(target: str):
    x = np.linspace(0.5, 2.0, 60)
    for function, rows in ((arrow, 1), (full_row, 2), (chain_and_sum, 4)):
        matrix = gs.sparse_jacobian(function, target=target)
        assert matrix.colours(x) == rows
        dense = gs.jacobian(function, target=target)(x)
        np.testing.assert_allclose(matrix(x).toarray(), dense, rtol=1e-14)
    single = gs.sparse_jacobian(arrow, target=target)(x.astype(np.float32))
    assert single.dtype == np.float32
    matrix = gs.sparse_jacobian(forward_only, target=target)
    assert matrix.colours(x) == len(x)  # the rule is for columns
    np.testing.assert_allclose(matrix(x).toarray(), [2 * x], rtol=1e-14)


def test_results_of_higher_precision():
    def widened(x):
        return np.concatenate((x * np.arange(30.0), np.array([np.sum(x)])))

    x = np.linspace(0.5, 2.0, 30).astype(np.float32)
    found = gs.sparse_jacobian(widened, target="numpy")(x)
    assert found.dtype == gs.jacobian(widened, target="numpy")(x).dtype
    np.testing.assert_array_equal(found.toarray()[:30], np.diag(np.arange(30.0)))
