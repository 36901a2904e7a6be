"""Graphs built by hand, with the text that they should come out as."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from gradscribe.transpile.emit.expressions import (
    Atom,
    Node,
    Slice,
    Tuple,
    attribute,
    binary,
    call,
    conditional,
    method,
    subscript,
    unary,
)
from gradscribe.transpile.emit.layout import layout_call
from gradscribe.transpile.emit.literals import literal
from gradscribe.transpile.emit.statements import Block, Simple, Statement, lines
from gradscribe.transpile.graph.build import Builder
from gradscribe.transpile.graph.ir import (
    LEAF,
    At,
    Buffer,
    Function,
    Index,
    Origin,
    Parameter,
    Program,
    Region,
    Span,
    Structure,
    Type,
    Value,
)
from gradscribe.transpile.graph.linear import Linear, Size

M, N = Linear.of(Size("m")), Linear.of(Size("n"))
FLOAT, WEAK, INT, BOOL = (
    Type(dtype) for dtype in ("float64", "weak_float", "weak_int", "bool")
)
VECTOR = Type("float64", (N,))
Arguments = list[tuple[object, ...]]


@dataclass(frozen=True)
class Sample:
    """A program, arguments to run it with, and its text."""

    name: str
    program: Callable[[], Program]
    arguments: Callable[[], Arguments]
    text: str


SAMPLES: list[Sample] = []


def sample(
    text: str, *arguments: tuple[object, ...]
) -> Callable[[Callable[[], Program]], Callable[[], Program]]:
    """Add a sample."""

    def add(make: Callable[[], Program]) -> Callable[[], Program]:
        SAMPLES.append(Sample(make.__name__, make, lambda: list(arguments), text))
        return make

    return add


def array(name: str, *shape: Linear) -> Value:
    return Value(Type("float64", shape or (N,)), name, Buffer(name, True))


def scalar(name: str, kind: Type = FLOAT) -> Value:
    return Value(kind, name)


def tuple_of(*children: Structure) -> Structure:
    return Structure("tuple", children)


def region(params: Sequence[Value], b: Builder, *results: Value) -> Region:
    return Region(tuple(params), tuple(b.equations), results)


def program(
    name: str,
    params: Sequence[Value],
    b: Builder,
    *results: Value,
    returns: Structure | None = None,
    written: tuple[int, ...] = (),
) -> Program:
    return Program(
        (function(name, params, b, *results, returns=returns, written=written),)
    )


def function(
    name: str,
    params: Sequence[Value],
    b: Builder,
    *results: Value,
    returns: Structure | None = None,
    written: tuple[int, ...] = (),
) -> Function:
    count = len(results) - len(written)
    default = LEAF if count == 1 else tuple_of(*[LEAF] * count)
    if not count:
        default = Structure("none")
    named = tuple(Parameter(str(p), (p,)) for p in params)
    return Function(
        name, named, region(params, b, *results), returns or default, written
    )


def at(line: int, text: str) -> Origin:
    return Origin("logistic.py", line, 4, 8, text, line)


def element(b: Builder, base: Value, place: Value, name: str | None = None) -> Value:
    return b.emit("index", base, place, name=name, path=(Index((At(0),)),))


def put(b: Builder, base: Value, value: Value, place: Value) -> Value:
    return b.store(base, value, (Index((At(0),)),), place)


def ones(*shape: int) -> np.ndarray:
    return 1 + np.arange(np.prod(shape), dtype=float).reshape(shape) / 7


# ---- straight lines ----


@sample(
    """
    def logistic(w, b, X, y):
        # Forward
        z = X @ w + b
        losses = np.logaddexp(0.0, z) - y * z
        value = np.mean(losses)

        # Backward: return np.mean(losses)
        losses_bar = 1.0 / z.size

        # Backward: losses = np.logaddexp(0.0, z) - y * z
        z_bar = losses_bar * (_sigmoid(z) - y)

        # Backward: z = X @ w + b
        w_bar = X.T @ z_bar
        b_bar = np.sum(z_bar)

        return value, (w_bar, b_bar)
    """,
    (ones(3), 0.5, ones(4, 3), ones(4)),
)
def logistic() -> Program:
    w, c, x, y = array("w"), scalar("b"), array("X", M, N), array("y", M)
    b = Builder(at(2, "z = X @ w + b"))
    z = b.emit("add", b.emit("matvec", x, w), c, name="z")
    soft = b.emit("logaddexp", b.constant(0.0), z)
    losses = b.emit("subtract", soft, b.emit("multiply", y, z), name="losses")
    value = b.emit("mean", losses, axis=(0,), keepdims=False, name="value")
    b.backward, b.origin = True, at(4, "return np.mean(losses)")
    bar = b.emit("divide", b.constant(1.0), b.dim(z, 0), name="losses_bar")
    b.origin = at(3, "losses = np.logaddexp(0.0, z) - y * z")
    error = b.emit("subtract", b.emit("sigmoid", z), y)
    z_bar = b.emit("multiply", bar, error, name="z_bar")
    b.origin = at(2, "z = X @ w + b")
    turned = b.emit("transpose", x, axes=(1, 0))
    w_bar = b.emit("matvec", turned, z_bar, name="w_bar")
    b_bar = b.emit("sum", z_bar, axis=(0,), keepdims=False, name="b_bar")
    shape = tuple_of(LEAF, tuple_of(LEAF, LEAF))
    return program("logistic", (w, c, x, y), b, value, w_bar, b_bar, returns=shape)


@sample(
    """
    def temporaries(x, lambda_, tanh_1):
        tanh_2 = np.tanh(x)
        print_ = tanh_2 * lambda_
        return tanh_2 + print_, tanh_1
    """,
    (ones(3), 2.0, 1.0),
)
def temporaries() -> Program:
    x, c, taken = array("x"), scalar("lambda_"), scalar("tanh_1")
    b = Builder()
    y = b.emit("tanh", x)
    z = b.emit("multiply", y, c, name="print")
    return program("temporaries", (x, c, taken), b, b.emit("add", y, z), taken)


@sample(
    """
    def shadows(x):
        y = x * 2.0
        y_2 = y + 1.0
        y = y * y_2
        return y
    """,
    (ones(3),),
)
def shadows() -> Program:
    x = array("x")
    b = Builder()
    y = b.emit("multiply", x, b.constant(2.0), name="y")
    other = b.emit("add", y, b.constant(1.0), name="y")
    return program("shadows", (x,), b, b.emit("multiply", y, other, name="y"))


@sample(
    """
    def delayed(x):
        item_1 = x[0]
        x[0] = 3.0
        return item_1 + x[0]
    """,
    (ones(3),),
)
def delayed() -> Program:
    x = array("x")
    b = Builder()
    zero = b.constant(0)
    old = element(b, x, zero)
    after = put(b, x, b.constant(3.0), zero)
    total = b.emit("add", old, element(b, after, zero))
    return program("delayed", (x,), b, total, after, written=(0,))


@sample(
    """
    def views(y):
        z = y[1:]
        z[0] = 2.0
        y[1] = y[1] + 1.0
        z *= 3.0
        z += z[0]
        return np.sum(z)
    """,
    (ones(3),),
)
def views() -> Program:
    y = array("y")
    b = Builder()
    one, zero = b.constant(1), b.constant(0)
    tail, first = Index((Span(0),)), Index((At(1),))
    view = b.emit("index", y, one, name="z", path=(tail,))
    y1 = b.store(y, b.constant(2.0), (tail, first), one, zero)
    more = b.emit("add", element(b, y1, one), b.constant(1.0))
    y2 = put(b, y1, more, one)
    view = b.emit("index", y2, one, name="z", path=(tail,))
    scaled = b.emit("multiply", view, b.constant(3.0), spelled="*=")
    y3 = b.emit("store", y2, scaled, one, path=(tail, Index((Span(),))), spelled="*=")
    view = b.emit("index", y3, one, name="z", path=(tail,))
    y4 = b.accumulate(y3, element(b, view, zero), (tail, Index((Span(),))), one)
    view = b.emit("index", y4, one, name="z", path=(tail,))
    total = b.emit("sum", view, axis=(0,), keepdims=False)
    return program("views", (y,), b, total, y4, written=(0,))


# ---- loops ----


def loop(
    b: Builder,
    start: Value,
    stop: Value,
    step: Value,
    inits: Sequence[Value],
    body: Region,
    finals: Sequence[Value],
    **attrs: object,
) -> None:
    b.append("for", (start, stop, step, *inits), finals, (body,), **attrs)


@sample(
    """
    def recurrence(x, w):
        # Forward
        n = x.shape[0]
        h_saved = np.empty(n)
        h = 0.0
        for t in range(n):
            h = np.tanh(w * h + x[t])
            h_saved[t] = h

        x_bar = np.empty(n)
        h_bar = 1.0
        for t in range(n - 1, -1, -1):
            # Backward: h = np.tanh(w * h + x[t])
            tanh_bar = h_bar * (1 - h_saved[t] ** 2)
            x_bar[t] = tanh_bar
            h_bar = w * tanh_bar

        return h, x_bar
    """,
    (ones(4), 0.9),
    (ones(0), 0.9),
)
def recurrence() -> Program:
    x, w = array("x"), scalar("w")
    b = Builder(at(2, "for t in range(n):"))
    n = b.emit("dim", x, axis=0, name="n")
    zero, one, minus = b.constant(0), b.constant(1), b.constant(-1)
    saved = b.emit("empty", n, dtype="float64", name="h_saved")
    t, h, s = scalar("t", INT), scalar("h"), Value(saved.type, "h_saved", saved.buffer)
    inner = Builder(at(3, "h = np.tanh(w * h + x[t])"))
    mixed = inner.emit("add", inner.emit("multiply", w, h), element(inner, x, t))
    h1 = inner.emit("tanh", mixed, name="h")
    s1 = put(inner, s, h1, t)
    h2, s2 = scalar("h"), Value(saved.type, "h_saved", saved.buffer)
    inits = (b.constant(0.0), saved)
    loop(b, zero, n, one, inits, region((t, h, s), inner, h1, s1), (h2, s2))
    b.backward = True
    x_bar = b.emit("empty", n, dtype="float64", name="x_bar")
    g, xs = scalar("h_bar"), Value(x_bar.type, "x_bar", x_bar.buffer)
    back = Builder(at(3, "h = np.tanh(w * h + x[t])"), backward=True)
    square = back.emit("power", element(back, s2, t), back.constant(2))
    slope = back.emit("subtract", back.constant(1), square)
    bar = back.emit("multiply", g, slope, name="tanh_bar")
    xs1 = put(back, xs, bar, t)
    g1 = back.emit("multiply", w, bar, name="h_bar")
    g2, xs2 = scalar("h_bar"), Value(x_bar.type, "x_bar", x_bar.buffer)
    last = b.emit("subtract", n, one)
    inits = (b.constant(1.0), x_bar)
    loop(b, last, minus, minus, inits, region((t, g, xs), back, g1, xs1), (g2, xs2))
    return program("recurrence", (x, w), b, h2, xs2)


@sample(
    """
    def swaps(a, n):
        A = a * 2.0
        B = a + 1.0
        for k in range(n):
            A[0] = B[0] + 1.0
            A, B = B, A
        return A, B
    """,
    (ones(3), 0),
    (ones(3), 1),
    (ones(3), 4),
)
def swaps() -> Program:
    x, n = array("a"), scalar("n", INT)
    b = Builder()
    zero, one = b.constant(0), b.constant(1)
    first = b.emit("multiply", x, b.constant(2.0), name="A")
    second = b.emit("add", x, b.constant(1.0), name="B")
    k, p, q = scalar("k", INT), array("A"), array("B")
    inner = Builder()
    more = inner.emit("add", element(inner, q, zero), inner.constant(1.0))
    p1 = put(inner, p, more, zero)
    finals = array("A"), array("B")
    loop(b, zero, n, one, (first, second), region((k, p, q), inner, q, p1), finals)
    return program("swaps", (x, n), b, *finals)


@sample(
    """
    def leaves(x, limit):
        done = False
        trips = 0
        s = 0.0
        for i in range(1, x.shape[0]):
            s += x[i]
            if s > limit:
                s = 2.0 * s
                done = True
                break
            s = s + 1.0
            trips += 1
        return s, trips, done
    """,
    (ones(6), 3.0),
    (ones(6), 100.0),
    (ones(1), 1.0),
)
def leaves() -> Program:
    x, limit = array("x"), scalar("limit")
    b = Builder()
    one = b.constant(1)
    i, s = scalar("i", INT), scalar("s")
    inner = Builder()
    s1 = inner.emit("add", s, element(inner, x, i), name="s", spelled="+=")
    over = inner.emit("greater", s1, limit)
    yes, no = Builder(), Builder()
    s2 = yes.emit("multiply", yes.constant(2.0), s1, name="s")
    s3 = no.emit("add", s1, no.constant(1.0), name="s")
    flag, merged = Value(BOOL), scalar("s")
    branches = (
        region((), yes, yes.constant(True), s2),
        region((), no, no.constant(False), s3),
    )
    branches = tuple(
        Region((), tuple(made.equations), r.results)
        for made, r in zip((yes, no), branches, strict=True)
    )
    inner.append("if", (over,), (flag, merged), branches, spelled="break")
    exited, trips, total = Value(BOOL), Value(INT), scalar("s")
    body = region((i, s), inner, flag, merged)
    finals = (exited, trips, total)
    loop(
        b,
        one,
        b.dim(x, 0),
        one,
        (b.constant(0.0),),
        body,
        finals,
        exits=True,
        count=True,
    )
    return program("leaves", (x, limit), b, total, trips, exited)


@sample(
    """
    def newton(a, limit):
        x = a
        while True:
            step = (x * x - a) / (2.0 * x)
            if not step > limit:
                break
            x = x - (x * x - a) / (2.0 * x)
        return x
    """,
    (2.0, 1e-12),
    (1.0, 1e-12),
)
def newton() -> Program:
    a, limit = scalar("a"), scalar("limit")
    b = Builder()
    x, c = scalar("x"), scalar("x")
    test = Builder()
    square = test.emit("subtract", test.emit("multiply", c, c), a)
    twice = test.emit("multiply", test.constant(2.0), c)
    step = test.emit("divide", square, twice, name="step")
    holds = test.emit("greater", step, limit)
    inner = Builder()
    square = inner.emit("subtract", inner.emit("multiply", x, x), a)
    again = inner.emit("divide", square, inner.emit("multiply", inner.constant(2.0), x))
    x1 = inner.emit("subtract", x, again, name="x")
    final = scalar("x")
    regions = (region((c,), test, holds), region((x,), inner, x1))
    b.append("while", (a,), (final,), regions)
    return program("newton", (a, limit), b, final)


@sample(
    """
    def chosen(x, c):
        if c > 1.0:
            y = np.exp(x)
        elif c > 0.0:
            y = x
        else:
            y = -x
        if not c > 2.0:
            y = y + c
        return y
    """,
    (2.0, 3.0),
    (2.0, 1.0),
    (2.0, 0.5),
    (2.0, -1.0),
)
def chosen() -> Program:
    x, c = scalar("x"), scalar("c")
    b = Builder()
    one, two, three = Builder(), Builder(), Builder()
    y1 = one.emit("exp", x, name="y")
    inner = scalar("y")
    y3 = three.emit("negative", x, name="y")
    second = two.emit("greater", c, two.constant(0.0))
    empty = Region((), (), (x,))
    two.append("if", (second,), (inner,), (empty, region((), three, y3)))
    y = scalar("y")
    first = b.emit("greater", c, b.constant(1.0))
    b.append("if", (first,), (y,), (region((), one, y1), region((), two, inner)))
    other = Builder()
    more = other.emit("add", y, c, name="y")
    z = scalar("y")
    last = b.emit("greater", c, b.constant(2.0))
    regions = (Region((), (), (y,)), region((), other, more))
    b.append("if", (last,), (z,), regions)
    return program("chosen", (x, c), b, z)


@sample(
    """
    def helped(a, b):
        b, count = mix(b, a, 2.0)
        return np.sum(a) + count, b
    """,
    (ones(3), ones(3) * 2),
)
def helped() -> Program:
    p, q, c = array("p"), array("q"), scalar("c")
    h = Builder()
    q1 = put(h, q, c, h.constant(0))
    made = h.emit("multiply", p, c)
    helper = function("mix", (p, q, c), h, made, c, q1, written=(1,))
    x, y = array("a"), array("b")
    b = Builder()
    mixed, count = Value(VECTOR, "b", Buffer("b")), Value(FLOAT, "count")
    x1 = Value(VECTOR, "a", x.buffer)
    b.append("call", (y, x, b.constant(2.0)), (mixed, count, x1), callee="mix")
    total = b.emit("add", b.emit("sum", x1, axis=(0,), keepdims=False), count)
    main = function("helped", (x, y), b, total, mixed, x1, written=(0,))
    return Program((helper, main))


# ---- statements at random, for the breaking of lines ----

WORDS = (
    "x y w_bar eta losses_bar some_long_name_here quite_a_long_variable i mu "
    "sigma_saved hidden_state_bar"
).split()


class Random:
    """Expressions and statements at random."""

    def __init__(self, source: random.Random) -> None:
        self.source = source

    def atom(self) -> Node:
        numbers = [1, 2, 0.5, 1e-8, -1.0]
        if self.source.random() < 0.3:
            return literal(self.source.choice(numbers))
        return Atom(self.source.choice(WORDS))

    def operator(self) -> str:
        usual = ["+", "-", "*", "*", "/", "@", "**"]
        return self.source.choice([*usual, *usual, "<", "and", "&"])

    def several(self, depth: int, counts: Sequence[int]) -> list[Node]:
        return [self.node(depth) for _ in range(self.source.choice(counts))]

    def node(self, depth: int) -> Node:
        if depth <= 0:
            return self.atom()
        makers: list[tuple[float, Callable[[], Node]]] = [
            (5.0, lambda: self.binary(depth - 1)),
            (0.8, lambda: unary(self.source.choice("--~"), self.node(depth - 1))),
            (0.2, lambda: unary("not", self.node(depth - 1))),
            (2.0, lambda: self.call(depth - 1)),
            (0.6, lambda: self.element(depth - 1)),
            (0.3, lambda: attribute(self.node(depth - 1), "T")),
            (0.4, lambda: self.method(depth - 1)),
            (0.3, lambda: conditional(*(self.node(depth - 1) for _ in range(3)))),
            (0.2, lambda: Tuple(tuple(self.several(depth - 1, [1, 2, 3])))),
        ]
        weights, functions = zip(*makers, strict=True)
        return self.source.choices(functions, weights)[0]()

    def binary(self, depth: int) -> Node:
        return binary(self.operator(), self.node(depth), self.node(depth))

    def call(self, depth: int) -> Node:
        name = self.source.choice(["np.exp", "np.sum", "f", "np.logaddexp"])
        axis = {"axis": literal(0)} if self.source.random() < 0.3 else {}
        return call(name, *self.several(depth, [1, 1, 2, 3]), **axis)

    def method(self, depth: int) -> Node:
        name = self.source.choice(["reshape", "sum", "astype"])
        return method(self.node(depth), name, *self.several(depth - 1, [0, 1, 2]))

    def element(self, depth: int) -> Node:
        count = self.source.choice([1, 2, 3])
        base = Atom(self.source.choice(WORDS))
        return subscript(base, *(self.place(depth) for _ in range(count)))

    def place(self, depth: int) -> Node:
        if self.source.random() < 0.6:
            return self.node(min(depth, 1))
        bounds = [self.node(1) if self.source.random() < 0.6 else None for _ in "ab"]
        return Slice(bounds[0], bounds[1])

    def statement(self, depth: int = 0) -> Statement:
        node = self.node(self.source.choice([1, 2, 3, 3, 4, 4, 5]))
        name = Atom(self.source.choice(WORDS))
        kind = self.source.choices(range(5), [5, 2, 1, 1, 2])[0]
        if kind == 1:
            target = self.element(2)
            return Simple(node, target, self.source.choice(["=", "-="]))
        if kind == 2:
            return Simple(node, keyword="return ")
        if kind == 3:
            items = tuple(self.node(3) for _ in range(3))
            return Simple(Tuple(items, bare=True), keyword="return ")
        if kind == 4 and depth < 4:
            keyword = self.source.choice(["if ", "while ", "for i in "])
            inner = [self.statement(depth + 1) for _ in range(2)]
            return Block(keyword, self.node(3), inner)
        return Simple(node, name, self.source.choice(["=", "=", "+="]))


def expression_file(source: random.Random) -> str:
    """Return many functions of random statements, as one file."""
    made = Random(source)
    out: list[str] = []
    for k in range(60):
        count = source.choice([1, 3, 8, 12])
        names = [Atom(f"{source.choice(WORDS)}_{j}") for j in range(count)]
        out += ["", "", *layout_call(f"def f{k}", names, ":")]
        out += [t for t, _ in lines([made.statement() for _ in range(3)], 4)]
    return "\n".join(out[2:]) + "\n"
