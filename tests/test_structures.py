"""Parameters and results that hold parts: tuples, lists, dicts, records, methods."""

from __future__ import annotations

import copy
import functools
import importlib.util
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import gradscribe as gs
import numpy as np
import pytest
from harness import command, one_compiled

pytestmark = pytest.mark.usefixtures("loops_in_python")

TARGETS = ("numpy", "cpu")
RANDOM = np.random.default_rng(0)
W, X = RANDOM.standard_normal(3), RANDOM.standard_normal((4, 3))


class Layer(NamedTuple):
    w: np.ndarray
    b: float

    def apply(self, x):
        return np.tanh(x @ self.w + self.b)


@dataclass(frozen=True)
class Model:
    w: np.ndarray
    b: float
    kind: str = "tanh"
    note: str | None = None

    @property
    def scale(self):
        return 2.0 * self.b

    def apply(self, x):
        z = x @ self.w + self.b
        return np.tanh(z) * self.scale if self.kind == "tanh" else z


@dataclass
class Config:
    steps: int
    rate: float
    weights: np.ndarray
    names: list[str] = field(default_factory=list)


def of_record(p, x):
    return np.sum(np.tanh(x @ p.w + p.b))


def of_dict(p, x):
    w = p["w"]
    return np.sum(np.tanh(x @ w + p["b"]))


def of_tuple(pair, x):
    w, b = pair
    return np.sum(np.tanh(x @ w + b))


def of_layers(layers, x):
    h = x
    for w, b in layers:
        h = np.tanh(h @ w + b)
    return np.sum(h * h)


def of_dict_of_dicts(p, x):
    h = np.tanh(x @ p["first"]["w"] + p["first"]["b"])
    return np.sum(h * p["second"]["w"]) + p["second"]["b"]


def of_two(p, q, x):
    return np.sum(p.w * q.w) * p.b + np.sum(x @ q.w) * q.b


def of_method(p, x):
    return np.sum(p.apply(x) ** 2)


def of_rest(*xs):
    total = 0.0
    for x in xs:
        total = total + np.sum(x * x)
    return total


def of_named(x, *, scale=2.0, **more):
    return np.sum(x * more["w"]) * scale + more["b"] ** 2


def of_config(c, x):
    for _ in range(c.steps):
        x = x - c.rate * c.weights * x
    return np.sum(x**3)


def of_floats(xs):
    return xs[0] * xs[1] + np.exp(xs[2])


def layers() -> list[tuple[np.ndarray, np.ndarray]]:
    normal = np.random.default_rng(1).standard_normal
    return [(normal((3, 3)), normal(3)), (normal((3, 2)), normal(2))]


def nested() -> dict[str, Any]:
    normal = np.random.default_rng(2).standard_normal
    second = {"w": normal((4, 2)), "b": 0.3}
    return {"first": {"w": normal((3, 2)), "b": normal(2)}, "second": second}


CASES: dict[str, tuple[Callable[..., Any], Any, tuple[Any, ...]]] = {
    "NamedTuple": (of_record, "p", (Layer(W, 0.5), X)),
    "dataclass": (of_record, "p", (Model(W, 0.5), X)),
    "dict": (of_dict, "p", ({"w": W, "b": 0.5}, X)),
    "tuple": (of_tuple, "pair", ((W, 0.5), X)),
    "list": (of_tuple, "pair", ([W, 0.5], X)),
    "layers": (of_layers, "layers", (layers(), X)),
    "dicts": (of_dict_of_dicts, "p", (nested(), X)),
    "two": (of_two, ("q", "p"), (Layer(W, 0.5), Model(2 * W, 0.1), X)),
    "methods": (of_method, "p", (Layer(W, 0.5), X)),
    "property": (of_method, "p", (Model(W, 0.5), X)),
    "part": (of_config, ("c.weights", "x"), (Config(3, 0.1, W), W)),
    "rest": (of_rest, "xs", (W, X)),
    "floats": (of_floats, "xs", ([0.5, 2.0, -1.0],)),
    "constant": (of_config, "x", (Config(2, 0.1, W, ["a"]), W)),
}
cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def same(found: Any, like: Any) -> None:
    """Whether a gradient has the structure, types and shapes of what it is of."""
    if isinstance(like, np.ndarray):
        assert type(found) is np.ndarray and found.shape == like.shape
        assert found.flags.c_contiguous and found.flags.writeable
    elif isinstance(like, dict):
        assert type(found) is dict and list(found) == list(like)
        for key in like:
            same(found[key], like[key])
    elif isinstance(like, (tuple, list)):
        assert type(found) is type(like) and len(found) == len(like)
        for a, b in zip(found, like, strict=True):
            same(a, b)
    elif isinstance(like, (Model, Config)):
        assert type(found) is type(like)
        same(list(vars(found).values()), list(vars(like).values()))
    elif isinstance(like, float):
        assert isinstance(found, float)
    else:
        assert found == like


@cases
def test_gradients(case):
    function, wrt, args = case
    gs.check_grads(function, *args, wrt=wrt, target="numpy")


@pytest.mark.parametrize(
    "name", one_compiled(["NamedTuple", "property", "layers", "dicts", "rest"])
)
def test_gradients_compiled(name: str):
    function, wrt, args = CASES[name]
    gs.check_grads(function, *args, wrt=wrt)


@cases
def test_structure_of_gradients(case):
    function, wrt, args = case
    value, gradient = gs.value_and_grad(function, wrt, target="numpy")(*args)
    np.testing.assert_allclose(value, function(*args))
    if isinstance(wrt, str) and wrt != "xs":
        names = function.__code__.co_varnames[: len(args)]
        same(gradient, args[names.index(wrt)])


def load(text: str, name: str, folder: Path) -> Callable[..., Any]:
    """Return a function of a text, from a file in which it stands alone."""
    path = folder / f"alone_{len(list(folder.iterdir()))}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(f"{folder.name}_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


def equal(a: Any, b: Any) -> None:
    """Whether two results are the same structure with nearly the same numbers."""
    assert type(a) is type(b) or isinstance(a, float)
    if isinstance(a, dict):
        a, b = list(a.items()), list(b.items())
    if isinstance(a, (Model, Config)):
        a, b = list(vars(a).values()), list(vars(b).values())
    if isinstance(a, (tuple, list)):
        for x, y in zip(a, b, strict=True):
            equal(x, y)
    elif isinstance(a, (float, np.ndarray)):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    else:
        assert a == b


@cases
def test_texts_stand_alone(case, tmp_path: Path):
    """The text takes and returns structures itself, and is read again as it is."""
    function, wrt, args = case
    gradient = gs.grad(function, wrt, target="numpy")
    expected = gradient(*args)
    for target in TARGETS:
        alone = load(gradient.source_for(target), gradient.__name__, tmp_path)
        equal(alone(*args), expected)
    again = load(gradient.source, gradient.__name__, tmp_path)
    equal(gs.jit(again, target="numpy")(*args), expected)


def test_texts():
    def text(name: str) -> str:
        function, wrt, args = CASES[name]
        gradient = gs.grad(function, wrt, target="numpy")
        gradient(*args)
        return gradient.source

    assert "def of_record_grad(p, x):" in text("NamedTuple")
    assert "    w, b = p\n" in text("NamedTuple")
    assert "    return type(p)(w_bar, b_bar)\n" in text("NamedTuple")
    assert "    w, b = p.w, p.b\n" in text("dataclass")
    assert 'return type(p)(w_bar, b_bar, "tanh", None)' in text("dataclass")
    assert '    w, b = p["w"], p["b"]\n' in text("dict")
    assert 'return {"w": w_bar, "b": b_bar}' in text("dict")
    assert "    (w_0, b_0), (w_1, b_1) = layers\n" in text("layers")
    assert "return [(w_0_bar, b_0_bar), (w_1_bar, b_1_bar)]" in text("layers")
    assert "def of_rest_grad(*xs):" in text("rest")


def test_text_is_for_one_kind(tmp_path: Path):
    gradient = gs.grad(of_method, "p", target="numpy")
    gradient(Model(W, 0.5), X)
    alone = load(gradient.source, gradient.__name__, tmp_path)
    with pytest.raises(ValueError, match=r"p\.kind must be 'tanh'"):
        alone(Model(W, 0.5, "linear"), X)


# ---- what a call specialises for ----


def test_structures_that_change():
    gradient = gs.grad(of_layers, "layers", target="numpy")
    one, two = layers()[:1], layers()
    assert len(gradient(one, X)) == 1 and len(gradient(two, X)) == 2
    assert len(gradient(one, X)) == 1
    inner = gradient([list(pair) for pair in two], X)
    assert isinstance(inner[0], list)
    by_text = gs.grad(of_method, "p", target="numpy")
    slopes = [by_text(Model(W, 0.5, kind), X) for kind in ("tanh", "linear")]
    assert [s.kind for s in slopes] == ["tanh", "linear"]
    assert not np.allclose(slopes[0].w, slopes[1].w)


def test_numbers_do_not_specialise():
    gradient = gs.grad(of_config, "x", target="numpy")
    for steps in (0, 1, 3):
        expected = 3 * W**2 * (1 - 0.1 * W) ** (3 * steps)
        np.testing.assert_allclose(gradient(Config(steps, 0.1, W), W), expected)
    assert len(gradient.sources) == 1


def test_parts_are_checked_by_name():
    gradient = gs.grad(of_record, "p", target="numpy")
    for p, message in (
        (Layer(W.astype(int), 0.5), r"p\.w, which is int64.* wrt='p\.b'"),
        (Layer("w", 0.5), "text|neither|number"),
        (Layer(W.astype(">f8"), 0.5), r"p\.w has foreign byte order"),
        (Layer(np.ma.masked_array(W), 0.5), r"p\.w\.filled"),
    ):
        with pytest.raises((TypeError, gs.TranspileError), match=message):
            gradient(p, X)
    with pytest.raises(ValueError, match=r"p\.w\.shape\[0\]|X|x\.shape\[1\]"):
        gradient(Layer(np.ones(5), 0.5), X)
    with pytest.raises(TypeError, match=r"p\[\"w\"\]"):
        gs.grad(of_dict, "p", target="numpy")({"w": W.astype(bool), "b": 1.0}, X)
    with pytest.raises(gs.TranspileError, match=r"p\.b is an object"):
        gs.grad(of_record, "p.w", target="numpy")(Layer(W, object()), X)
    with pytest.raises(TypeError, match="no array or number"):
        gs.grad(of_layers, "layers", target="numpy")([], X)
    with pytest.raises(TypeError, match=r"np\.array\(xs\)"):
        gs.grad(of_floats, target="numpy")([1.0] * 1000)


def cubes(x):
    return x**3


def activated(p, x, last=np.tanh):
    return np.sum(last(p["act"](x * p["w"])))


def layered(x, act=np.sin):
    return np.sum(act(x))


def of_default(x):
    return layered(x) + layered(x, np.cos)


def test_functions_are_called(tmp_path: Path):
    gradient = gs.grad(activated, "x", target="numpy")
    for act in (np.tanh, cubes):
        for rest in ((), (np.exp,)):
            args = ({"w": W, "act": act}, X[0], *rest)
            gs.check_grads(activated, *args, wrt=("x", 'p["w"]'), target="numpy")
            gradient(*args)
    assert gs.grad(activated, "p", target="numpy")(*args)["act"] is None
    gs.check_grads(of_default, X[0], target="numpy")
    single = gs.grad(activated, "x", target="numpy")
    single(*args)
    with pytest.raises(gs.TranspileError, match="is a function, and a text is made"):
        single.save(tmp_path / "g.py")
    with pytest.raises(gs.TranspileError, match="function that cannot be read"):
        gradient({"w": W, "act": eval("lambda x: x")}, X[0])


def test_ints_of_a_structure():
    slope = gs.grad(of_record, "p", target="numpy")(Layer(W, 1), X)
    assert isinstance(slope.b, float)
    with pytest.raises(gs.TranspileError, match="c.steps is in wrt|is not an int"):
        gs.grad(of_config, "c", target="numpy")(Config(2, 0.1, W), W)


def test_what_cannot_be_differentiated_by():
    for wrt, error, message in (
        ("p.v", TypeError, "no array or number"),
        ("q.w", ValueError, "did you mean p"),
        (("p", "p.w"), ValueError, "not different"),
        ("p..w", ValueError, "no parameter"),
    ):
        with pytest.raises(error, match=message):
            gs.grad(of_record, wrt, target="numpy")(Layer(W, 0.5), X)


# ---- results, cotangents and effects ----


def packed(x, y):
    return {"sum": x + y, "both": [x * y, (np.sum(x), None)]}


def stepped(state, dt):
    return Layer(state.w + dt * state.b, state.b * dt)


def written_list(arrays, x):
    a, _ = arrays
    a[0] = np.sum(x)
    return a * x, np.sum(a)


def no_result(p, x):
    p["w"][:] = p["w"] * x


@pytest.mark.parametrize("target", TARGETS)
def test_results(target: str):
    found = gs.jit(packed, target=target)(W, 2 * W)
    equal(found, packed(W, 2 * W))
    moved = gs.jit(stepped, target=target)(Layer(W, 2.0), 0.5)
    equal(moved, stepped(Layer(W, 2.0), 0.5))
    p = {"w": W.copy()}
    assert gs.jit(no_result, target=target)(p, X[0]) is None
    np.testing.assert_allclose(p["w"], W * X[0])


def test_cotangents_have_the_structure_of_results():
    product = gs.vjp(packed, ("x", "y"), target="numpy")
    seed = {"sum": W, "both": [2 * W, (3.0, None)]}
    dx, dy = product(seed, W, X[0])
    np.testing.assert_allclose(dx, W + 2 * W * X[0] + 3.0)
    np.testing.assert_allclose(dy, W + 2 * W * W)
    for wrong in (W, {"sum": W}, {"sum": W, "both": [W]}):
        with pytest.raises(TypeError, match="cotangent"):
            product(wrong, W, X[0])
    product = gs.vjp(stepped, "state", target="numpy")
    slope = product(Layer(W, 1.0), Layer(W, 2.0), 0.5)
    equal(slope, Layer(W, 0.5 * np.sum(W) + 0.5))


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (packed, (W, X[0])),
        (stepped, (Layer(W, 2.0), 0.5)),
        (written_list, ((W, 1.0), X[0])),
        (no_result, ({"w": W}, X[0])),
    ],
)
def test_jacobians_of_structures_in_both_directions(function, args):
    for transform in (gs.jacobian, gs.value_and_jacobian):
        columns = transform(function, (0, 1), mode="forward", target="numpy")(*args)
        made = transform(function, (0, 1), mode="reverse", target="numpy")
        equal(made(*args), columns)
        equal(from_text(made)(*args), columns)
    push = gs.jvp(function, (0, 1), target="numpy")
    tangent = copy.deepcopy(args)
    moved = push(tangent, *args)
    equal(from_text(push)(tangent, *args), moved)


def from_text(made):
    """Return the function that stands in the text of a transform."""
    names: dict[str, object] = {}
    exec(made.source, names)  # the text is what a file would have
    return names[made.__name__]


def test_cotangents_of_what_is_written():
    """What the function returns is one part, then each array that it writes."""
    product = gs.vjp(written_list, ("arrays", "x"), target="numpy")
    first = (W, 1.0)
    (da, other), dx = product((first, X[0]), (X[1], 3.0), X[2])
    a = X[1].copy()
    a[0] = np.sum(X[2])
    bar = W * X[2] + 1.0 + X[0]
    np.testing.assert_allclose(dx, W * a + bar[0])
    bar[0] = 0.0
    np.testing.assert_allclose(da, bar)
    assert other == 0.0
    with pytest.raises(TypeError, match="tuple of 2"):
        product((W, 1.0, X[0]), (X[1], 3.0), X[2])
    for function, args in (
        (written_list, ((X[1], 3.0), X[2])),
        (no_result, ({"w": W}, X[0])),
        (packed, (W, X[0])),
        (stepped, (Layer(W, 2.0), 0.5)),
    ):
        gs.check_grads(function, *args, target="numpy")


def test_written_parts():
    before = W.copy()
    product = gs.vjp(no_result, "p", target="numpy")
    np.testing.assert_allclose(product(X[0], {"w": before}, X[1])["w"], X[0] * X[1])
    np.testing.assert_array_equal(before, W)
    with pytest.raises(ValueError, match=r'p\["w"\] is written and shares memory'):
        gs.jit(no_result, target="numpy")({"w": before}, before)


# ---- arguments ----


def test_keyword_arguments():
    gradient = gs.grad(of_named, ("x", "more"), target="numpy")
    dx, more = gradient(W, w=X[0], b=2.0)
    np.testing.assert_allclose(dx, 2 * X[0])
    equal(more, {"w": 2 * W, "b": 4.0})
    dx, more = gradient(W, b=2.0, w=X[0], scale=3.0)
    np.testing.assert_allclose(dx, 3 * X[0])
    assert list(more) == ["b", "w"]


@pytest.mark.parametrize("target", TARGETS)
def test_partial(target: str):
    bound = functools.partial(of_record, x=X)
    slope = gs.grad(bound, "p", target=target)(Layer(W, 0.5))
    equal(slope, gs.grad(of_record, "p", target="numpy")(Layer(W, 0.5), X))
    twice = functools.partial(functools.partial(of_two, Layer(W, 0.5)), x=X)
    np.testing.assert_allclose(
        gs.grad(twice, "q.w", target=target)(Layer(W, 2.0)),
        0.5 * W + 2.0 * np.sum(X, axis=0),
    )
    with pytest.raises(ValueError, match="no parameter 'p'"):
        gs.grad(twice, "p")


# ---- methods ----


class Inner:
    def __init__(self, gain):
        self.gain = gain

    def __call__(self, x):
        return self.gain * np.tanh(x)


class Machine:
    offset = 0.5

    def __init__(self, k):
        self.k = k
        self.a = np.arange(3.0)
        self.inner = Inner(2.0)
        self.history: list[float] = []
        self.call_back = print

    def energy(self, x):
        return np.sum(self.k * x * x * self.a) + self.offset * np.sum(x)

    def step(self, x, n=2):
        for _ in range(n):
            x = self._push(x)
        return self.energy(x) * self.double

    def _push(self, x):
        return self.inner(x) + self.shifted(x)

    @staticmethod
    def shifted(x):
        return 0.1 * x

    @property
    def double(self):
        return 2.0 * self.k

    @gs.grad(wrt="x", target="numpy")
    def slope(self, x):
        return self.energy(x)

    def spoils(self, x):
        self.a[0] = x[0]
        return np.sum(self.a * x)

    def rebinds(self, x):
        self.k = x
        return np.sum(x)


@pytest.mark.parametrize("target", TARGETS)
def test_bound_methods(target: str):
    machine = Machine(3.0)
    gradient = gs.grad(machine.energy, target=target)
    np.testing.assert_allclose(gradient(W), 2 * 3.0 * W * machine.a + 0.5)
    machine.k, machine.a = 4.0, np.ones(3)
    machine.history.append(1.0)
    np.testing.assert_allclose(gradient(W), 8.0 * W + 0.5)
    assert len(gradient.sources) == 1
    assert list(gradient.__signature__.parameters) == ["x"]


def test_methods_that_call_others():
    machine = Machine(3.0)
    gs.check_grads(machine.step, W, target="numpy")
    gs.check_grads(Machine.step, machine, W, wrt="x", target="numpy")
    unbound = gs.grad(Machine.step, target="numpy")
    np.testing.assert_allclose(
        unbound(machine, W), gs.grad(machine.step, target="numpy")(W)
    )
    assert "a, k, offset" in unbound.source or "self.offset" in unbound.source
    slope = gs.grad(Machine.energy, "self.k", target="numpy")(machine, W)
    np.testing.assert_allclose(slope, np.sum(W * W * machine.a))


def test_decorated_methods():
    machine = Machine(3.0)
    np.testing.assert_allclose(machine.slope(W), 6.0 * W * machine.a + 0.5)
    np.testing.assert_allclose(Machine.slope(machine, W), machine.slope(W))
    assert "def slope_grad(self, x):" in Machine.slope.source


def applied(p, x):
    return np.tanh(x @ p.w + p.b)


def test_methods_of_records():
    with pytest.raises(gs.TranspileError, match="needs one"):
        gs.grad(Layer(W, 0.5).apply, target="numpy")(X)
    product = gs.vjp(Layer.apply, "self", target="numpy")
    expected = gs.vjp(applied, "p", target="numpy")
    equal(*(d(X[:, 0], Layer(W, 0.5), X) for d in (product, expected)))
    bound = gs.vjp(Layer(W, 0.5).apply, target="numpy")
    np.testing.assert_allclose(
        bound(X[:, 0], X),
        gs.vjp(applied, "x", target="numpy")(X[:, 0], Layer(W, 0.5), X),
    )


def test_methods_that_write():
    machine = Machine(3.0)
    with pytest.raises(gs.TranspileError, match="writes self.a, which belongs"):
        gs.grad(machine.spoils, target="numpy")(W)
    with pytest.raises(gs.TranspileError, match="assignment to an attribute"):
        gs.grad(machine.rebinds, target="numpy")(W)
    with pytest.raises(gs.TranspileError, match="a Machine cannot be made"):
        gs.grad(Machine.energy, "self", target="numpy")(machine, W)


def reads_a(m, x):
    return np.sum(x) * m.a


def reads_b(m, x):
    return np.sum(x) * m.b


class Rebound:
    factor = 2.0

    def __init__(self):
        self.a, self.b = 2.0, 3.0

    def value(self, x):
        return helper(self, x) * self.part(x)

    def part(self, x):
        return self.factor


helper = reads_a


def test_what_methods_use_may_be_bound_anew(monkeypatch: pytest.MonkeyPatch):
    gradient = gs.grad(Rebound().value, target="numpy")
    np.testing.assert_allclose(gradient(W), np.full(3, 4.0))
    monkeypatch.setattr(sys.modules[__name__], "helper", reads_b)
    np.testing.assert_allclose(gradient(W), np.full(3, 6.0))
    monkeypatch.setattr(Rebound, "factor", 5.0)
    np.testing.assert_allclose(gradient(W), np.full(3, 15.0))
    monkeypatch.setattr(Rebound, "part", one)
    np.testing.assert_allclose(gradient(W), np.full(3, 3.0))


def one(self, x):
    return 1.0


def test_methods_pickle():
    machine = Machine(3.0)
    machine.call_back = None  # type: ignore[assignment]
    gradient = pickle.loads(pickle.dumps(gs.grad(machine.energy, target="numpy")))
    np.testing.assert_allclose(gradient(W), 6.0 * W * machine.a + 0.5)


# ---- files ----

FILE = """
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = 3


class Params(NamedTuple):
    w: Annotated[NDArray[np.float64], "n"]
    b: float


@dataclass(frozen=True)
class Net:
    first: Params
    rate: float

    def loss(self, x: Annotated[NDArray[np.float64], "m, n"]):
        return np.sum(np.tanh(x @ self.first.w + self.first.b)) * self.rate


class Plain:
    k: float
    a: Annotated[NDArray[np.float64], "n"]

    def __init__(self, k, a):
        self.k, self.a = k, a

    def energy(self, x: Annotated[NDArray[np.float64], "n"]):
        return np.sum(self.k * self.a * x * x)


def loss(p: Params, x: Annotated[NDArray[np.float64], "m, n"]):
    return np.sum(np.tanh(x @ p.w + p.b))


def untyped(p, x):
    w, b = p["w"], p["b"]
    return np.sum(np.tanh(x @ w + b))
"""


@pytest.mark.parametrize(
    ("arguments", "call"),
    [
        (["m.py:loss", "--wrt", "p"], "loss_grad(m.Params(W, 0.5), X)"),
        (["m.py:loss", "--wrt", "p.w,x"], "loss_grad(m.Params(W, 0.5), X)"),
        (
            ["m.py:untyped", "--wrt", "p", "--types"]
            + ["p: {w: f64[n], b: float}, x: f64[m, n]"],
            "untyped_grad(dict(w=W, b=0.5), X)",
        ),
        (["m.py:Net.loss"], "loss_grad(NET, X)"),
        (["m.py:Net.loss", "--wrt", "self"], "loss_grad(NET, X)"),
        (["m.py:Plain.energy", "--wrt", "x"], "energy_grad(m.Plain(2.0, W), X[0])"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_files(arguments: list[str], call: str, tmp_path: Path):
    (tmp_path / "m.py").write_text(FILE)
    for target in TARGETS:
        name = f"g_{target}.py"
        command(tmp_path, "grad", *arguments, "--target", target, "-o", name)
    checked = command(tmp_path, "check", "g_numpy.py", "g_cpu.py")
    assert checked == "2 files: 2 fresh\n"
    code = (
        f"import numpy as np, m, g_numpy, g_cpu\nW = np.array({W.tolist()})\n"
        f"X = np.array({X.tolist()})\nNET = m.Net(m.Params(W, 0.5), 2.0)\n"
        f"print(g_numpy.{call})\nprint(g_cpu.{call})\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stderr
    found = re.findall(r"-?\d+\.\d*(?:e[-+]\d+)?", ran.stdout)
    half = len(found) // 2
    first, second = (list(map(float, part)) for part in (found[:half], found[half:]))
    np.testing.assert_allclose(first, second, rtol=1e-6)


def test_saved_files_are_made_again(tmp_path: Path):
    (tmp_path / "m.py").write_text(FILE)
    code = (
        "import numpy as np, gradscribe as gs, m\n"
        "d = gs.grad(m.loss, 'p', target='numpy')\n"
        "d(m.Params(np.ones(3), 0.5), np.ones((4, 3)))\n"
        "d.save('g.py')\n"
        "e = gs.grad(m.loss, 'p', target='numpy')\n"
        "assert 'w, b = p' in e.source\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stderr
    assert command(tmp_path, "check", "g.py") == "1 file: 1 fresh\n"
