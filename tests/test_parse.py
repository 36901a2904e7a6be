"""The parser: graphs that compute what the source does, and what it refuses."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import parse_samples
import pytest
from gradscribe.transpile.errors import TranspileError
from gradscribe.transpile.graph.check import check
from gradscribe.transpile.graph.ir import Program, Type, walk
from gradscribe.transpile.graph.linear import Linear, Size
from gradscribe.transpile.parse import parse, parse_type, parse_types
from gradscribe.transpile.parse.loops import Loop
from gradscribe.transpile.read.language import HELPERS
from gradscribe.transpile.read.live import from_function
from gradscribe.transpile.read.source import Constant
from gradscribe.transpile.read.static import from_text
from interpreter import run

parse_samples.load()


def type_of(name: str, value: Any) -> Type:
    """The type of an argument of a first call: every length a symbol of its own."""
    if isinstance(value, (bool, int, float)):
        weak = {bool: "bool", int: "weak_int", float: "float64"}
        return Type(weak[type(value)])
    shape = tuple(
        Linear.number(1) if n == 1 else Linear.of(Size(f"{name}_{k}"))
        for k, n in enumerate(value.shape)
    )
    layout = "C" if value.flags.c_contiguous else "F"
    layout = layout if layout == "C" or value.flags.f_contiguous else "A"
    return Type(value.dtype.name, shape, layout)


def parsed(function: Callable[..., Any], args: tuple[Any, ...]) -> Program:
    names = inspect.signature(function).parameters
    types = {n: type_of(n, a) for n, a in zip(names, args, strict=False)}
    return check(parse(from_function(function), types))


def hidden(program: Program, function: Callable[..., Any], given: int) -> list[Any]:
    """The values of the parameters that were not given."""
    source = from_function(function)
    found = []
    for parameter in program.entry.parameters[given:]:
        if not parameter.values:
            continue
        if parameter.kind == "global":
            meaning = source.lookup(parameter.name)
        else:
            meaning = source.default(parameter.name)
        assert isinstance(meaning, Constant)
        found.append(meaning.value)
    return found


def flat(value: Any) -> list[Any]:
    if isinstance(value, tuple):
        return [leaf for item in value for leaf in flat(item)]
    return [] if value is None else [value]


@pytest.mark.parametrize(
    ("function", "args"),
    parse_samples.ACCEPTED,
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_the_graph_computes_what_the_source_does(function, args):
    program = parsed(function, args)
    extra = hidden(program, function, len(args))
    got = run(program, *copy.deepcopy(args), *extra)
    theirs = copy.deepcopy(args)
    expected = flat(function(*theirs))
    expected += [theirs[k] for k in program.entry.written]
    for k, (before, after) in enumerate(zip(args, theirs, strict=True)):
        if k not in program.entry.written:
            np.testing.assert_array_equal(before, after)
    assert len(got) == len(expected)
    for ours, wanted in zip(got, expected, strict=True):
        assert np.shape(ours) == np.shape(wanted)
        single = getattr(wanted, "dtype", None) == np.float32
        np.testing.assert_allclose(ours, wanted, rtol=1e-5 if single else 1e-12)


@pytest.mark.parametrize(
    ("function", "args"),
    parse_samples.REFUSED,
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_refused_with_help(function, args):
    with pytest.raises(TranspileError) as caught:
        parsed(function, args)
    for problem in caught.value.problems:
        assert problem.line and problem.message and problem.help


# ---- structure ----


def graph(text: str, types: str) -> Program:
    return check(parse(from_text(text, "f"), parse_types(types)))


def operations(program: Program) -> list[str]:
    return [eq.op for eq in walk(program.entry.body)]


def proofs(text: str, types: str) -> list[tuple[bool, ...]]:
    """What is proved of the indices, in order."""
    return [
        eq.attrs["inbounds"]
        for eq in walk(graph(text, types).entry.body)
        if eq.attrs.get("inbounds")
    ]


def test_names_over_one_buffer():
    text = (
        "def f(x):\n    y = x * x\n    z = y[1:]\n"
        "    z[0] = 1.0\n    return y[0] + z[1]"
    )
    equations = graph(text, "x: f64[n]").entry.body.equations
    store = next(eq for eq in equations if eq.op == "store")
    views = [eq for eq in equations if eq.result.name == "z"]
    assert len(store.attrs["path"]) == 2
    assert store.result.name == "y"
    assert len(views) == 2  # made again from the new contents
    assert views[1].operands[0] is store.result


def test_an_exchange_is_a_permutation_of_carries():
    text = """
def f(x, n):
    a = x.copy()
    b = x * 2
    for i in range(n):
        a[0] += b[1]
        a, b = b, a
    return a - b
"""
    loop = next(
        eq
        for eq in graph(text, "x: f64[m], n: int").entry.body.equations
        if eq.op == "for"
    )
    (body,) = loop.regions
    a, b = body.params[1:]
    assert [v.buffer for v in body.results] == [b.buffer, a.buffer]
    assert len({v.buffer for v in (a, b, *loop.results)}) == 4


def test_break_is_the_first_result_of_a_body():
    text = """
def f(x):
    s = 0.0
    for v in range(10):
        s += x
        if s > 3.0:
            break
        s *= 2.0
    return s
"""
    loop = next(
        eq for eq in graph(text, "x: f64").entry.body.equations if eq.op == "for"
    )
    assert loop.attrs["exits"]
    (body,) = loop.regions
    assert body.equations[-1].op == "if"
    assert body.results[0] is body.equations[-1].results[0]
    assert body.equations[-1].attrs["spelled"] == "break"


def test_a_carry_that_starts_an_integer_is_float_throughout():
    text = (
        "def f(x):\n    s = 0\n    for i in range(3):\n        s += x[i]\n    return s"
    )
    for dtype in ("f64", "f32"):
        program = graph(text, f"x: {dtype}[n]")
        loop = next(eq for eq in program.entry.body.equations if eq.op == "for")
        (result,) = loop.results
        assert str(result.type) == dtype
        assert str(loop.regions[0].params[1].type) == dtype


def test_helpers_are_specialised_and_shared():
    text = """
def step(a, w):
    a[1:] = a[:-1] * w
    return a[0]

def f(x, w):
    y = x.copy()
    s = step(y, w) + step(y, 2 * w)
    z = np.outer(x, x)
    return s + step(z[0], w)
"""
    program = graph("import numpy as np\n" + text, "x: f64[n], w: f64")
    assert [f.name for f in program.functions] == ["step", "f"]
    assert program.functions[0].written == (0,)
    assert operations(program).count("call") == 3
    inplace = [eq for eq in walk(program.entry.body) if eq.attrs.get("inplace")]
    assert len(inplace) == 1


def test_module_constants_are_parameters():
    text = "G = 9.81\nN = 3\n\ndef f(x):\n    return x[N] * G"
    entry = graph(text, "x: f64[n]").entry
    kinds = [(p.name, p.kind, p.default) for p in entry.parameters]
    assert kinds[1:] == [("N", "global", "3"), ("G", "global", "9.81")]
    assert entry.parameters[2].origin is not None
    assert entry.parameters[2].origin.line == 1


def test_indices_are_proved_in_range():
    text = """
def f(x, y):
    n = len(x)
    s = 0.0
    for i in range(1, n - 1):
        s += x[i - 1] + x[i + 1] + x[-1] + y[i]
    return s
"""
    assert proofs(text, "x: f64[n], y: f64[m]") == [(True,), (True,), (True,), (False,)]
    assert proofs(text, "x: f64[n], y: f64[n]")[-1] == (True,)


def test_a_counter_of_a_while_is_proved_in_range():
    text = """
def f(x):
    i = 0
    s = 0.0
    while i < len(x) and x[i] > 0.0:
        s += x[i]
        i += 1
    return s
"""
    assert proofs(text, "x: f64[n]") == [(True,), (True,)]


def test_lengths_unify_where_an_operation_demands_it():
    text = "def f(x, y):\n    return x @ y"
    program = graph(text, "x: f64[a], y: f64[b]")
    x, y = program.entry.body.params
    assert x.type == y.type
    assert operations(program) == ["dot"]


def test_sizes_whose_equality_would_spare_checks_are_noted():
    text = """
def f(A):
    s = 0.0
    for i in range(A.shape[0]):
        s += A[i, i]
    return s
"""
    entry = graph(text, "A: f64[m, n]").entry
    assert entry.attrs["wishes"] == ((Size("m"), Size("n")),)
    assert not graph(text, "A: f64[n, n]").entry.attrs


def test_what_cannot_be_proved_is_checked():
    text = "def f(x, k):\n    return x[:k] + x[1:]"
    assert "check" in operations(graph(text, "x: f64[n], k: int"))


def test_a_generated_private_function_is_an_operation():
    from gradscribe.transpile.read.language import HELPERS

    for op, source in HELPERS.items():
        text = f"import numpy as np\n\n{source}\n\ndef f(x):\n    return _{op}(x)"
        assert operations(graph(text, "x: f64[n]")) == [op]


# ---- types in text ----


def test_types_in_text():
    assert str(parse_type("f64[m, 2*n + 1]")) == "f64[m, 2*n + 1]"
    assert parse_type("float").dtype == "weak_float"
    assert list(parse_types("w: f64[n], X: f64[m, n], k: int")) == ["w", "X", "k"]


@pytest.mark.parametrize(
    "annotation",
    [
        'Annotated[NDArray[np.float64], "m, n"]',
        '"f64[m, n]"',
        'Float64[Array, "m n"]',
        "\"Annotated[NDArray[np.float64], 'm, n']\"",
    ],
)
def test_annotations(annotation):
    text = f"def f(x: {annotation}):\n    return x[0, 0]"
    assert str(graph(text, "").entry.body.params[0].type) == "f64[m, n]"


# ---- refusals ----

REFUSALS = [
    ("return y", "'y' is not defined"),
    ("return np.linalg.solve(x, x)", "solve of 1 axes and 1 axes"),
    ("x = {1: 2}\nreturn x[3]", "a key that is not known"),
    ("with x:\n    pass\nreturn x", "with: a context manager"),
    ("global q\nreturn x", "global"),
    ("if x > 0:\n    return 1.0", "truth of an array"),
    ("if x[0] > 0:\n    return 1.0", "may end without a return"),
    ("if x[0] > 0:\n    return 1.0\nreturn x, x", "returns of this function differ"),
    ("if x[0] > 0:\n    y = 1.0\nreturn x[1.5]", "an index of type"),
    ("return x[0, 0]", "too many indices"),
    ("return np.sum(x, axis=1)", "axis 1 is out of bounds"),
    ("k = np.arange(3)\nk += 0.5\nreturn k", "in-place operation"),
    ("return f(x)", "calls itself"),
    ("for i in x:\n    match i:\n        case _:\n            pass\nreturn x", "match"),
    ("return x + [i for i in x]", "a tuple or list where a number"),
    ("return np.array([i for i in x if i > 0])", "a list comprehension with"),
    ("a, b = x[0], x[1], x[2]\nreturn a", "3 values for 2 names"),
    ("x = x + (x if x[0] > 0 else 2.0)\nreturn x", "this conditional expression is of"),
    ("x[1:] += x[:2] if x[0] > 0 else 2.0\nreturn x", "this conditional expression is"),
    ("try:\n    return x\nexcept ValueError:\n    return x", "try is not supported"),
]


@pytest.mark.parametrize(("body", "message"), REFUSALS, ids=[m for _, m in REFUSALS])
def test_refusals(body, message):
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    text = f"import numpy as np\n\ndef f(x):\n{lines}"
    with pytest.raises(TranspileError) as caught:
        graph(text, "x: f64[n]")
    problems = caught.value.problems
    assert any(message in p.message for p in problems)
    for problem in problems:
        assert problem.line >= 3 and problem.text


def test_a_name_and_an_element_in_one_assignment():
    def f(x):
        z = x * 2.0
        a = z[1] = x[2] * z[3]
        return z * a

    (x,) = args = (np.arange(1.0, 5.0),)
    np.testing.assert_array_equal(run(parsed(f, args), x)[0], f(x))


def test_records_of_a_file():
    text = (
        "from dataclasses import dataclass\nfrom typing import NamedTuple\n\n"
        "class P(NamedTuple):\n    u: float\n    v: float = 2.0\n\n"
        "    def total(self):\n        return self.u + self.v\n\n"
        "@dataclass\nclass Q:\n    p: P\n\n"
        "def f(x):\n    q = Q(P(x))\n    return q.p.total() * q.p[1]\n"
    )
    assert run(graph(text, "x: f64"), 3.0)[0] == 10.0


def test_print_keeps_its_text():
    text = 'def f(x):\n    print(f"{x:.2f} of", x, "a{b}")\n    return x'
    (eq,) = (eq for eq in walk(graph(text, "x: f64").entry.body) if eq.op == "print")
    assert eq.attrs["parts"] == (("{:.2f} of", 1), ("{}", 1), ("a{{b}}", 0))


def test_private_logsumexp_is_read_again():
    text = "import numpy as np\n\n" + HELPERS["logsumexp"]
    text += "\n\ndef f(x):\n    return _logsumexp(x, axis=1, keepdims=True)\n"
    made = [eq for eq in walk(graph(text, "x: f64[m, n]").entry.body)]
    (eq,) = (eq for eq in made if eq.op == "logsumexp")
    assert eq.attrs["axis"] == (1,) and eq.attrs["keepdims"]


def test_all_problems_at_once():
    text = (
        "def f(x):\n    a = undefined1\n    b = a + 1\n"
        "    c = undefined2\n    return b + c"
    )
    with pytest.raises(TranspileError) as caught:
        graph(text, "x: f64")
    assert [p.line for p in caught.value.problems] == [2, 4]
    assert [p.column for p in caught.value.problems] == [8, 8]


def test_a_missing_type_prints_the_text_to_complete():
    text = "def f(w, X, k=2.0):\n    return X @ w * k"
    with pytest.raises(TranspileError) as caught:
        graph(text, "w: f64[n]")
    (problem,) = caught.value.problems
    assert re.search(r'--types "w: f64\[n\], X: f64\[n\]"', problem.help or "")


def test_columns_count_characters():
    text = 'def f(x):\n    s = "äöü"; y = x + undefined\n    return y'
    with pytest.raises(TranspileError) as caught:
        graph(text, "x: f64")
    assert caught.value.problems[0].column == text.split("\n")[1].index("undefined")


def deep(x, n):
    s = 0.0
    for a in range(n):
        for b in range(n):
            for c in range(n):
                for d in range(n):
                    for e in range(n):
                        for f in range(n):
                            s += x[a] * x[b] * x[c] * x[d] * x[e] * x[f]
                            x[a] = s
    return s


def test_deep_loops_are_not_parsed_again_at_every_level(monkeypatch):
    made = []
    begin = Loop.__init__
    monkeypatch.setattr(
        Loop, "__init__", lambda self, *args: (made.append(self), begin(self, *args))[1]
    )
    x = Type("float64", (Linear.of(Size("n")),))
    parse(from_function(deep), {"x": x, "n": Type("int64")})
    assert len(made) <= 40  # 6 levels; 2 ** 7 if each began anew
