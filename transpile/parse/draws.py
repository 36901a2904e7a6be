"""Random draws: effects that give numbers, which are constants of the derivative.

A draw happens once, where it is written: nothing shares it, moves it past another,
leaves it out or makes it again on the way back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..graph.drawn import GENERATOR
from ..graph.ir import Buffer, Type, Value
from ..graph.shapes import broadcast, broadcast_pairs
from ..graph.types import TypeRefused
from .arrays import as_value, dtype_of, lengths_of
from .frame import Frame
from .lengths import length, require_equal
from .libraries import FUNCTIONS, Arguments, library
from .objects import NONE, Obj, Scalar

OF_GENERATORS = "numpy.random.Generator"
OF_STATES = "numpy.random.RandomState"
OF_NUMPY = "numpy.random"  # one of these for all, which np.random.seed sets
# Draws of which the first argument is a parameter, and may be left out.
LOCATED = frozenset({"laplace", "gumbel", "logistic", "rayleigh"})
# What is drawn is called by its usual letter, or after its distribution.
NAMES: Mapping[str, str] = {
    "default_rng": "rng",
    "RandomState": "rng",
    "standard_normal": "z",
    "standard_exponential": "e",
    "random": "u",
    "random_sample": "u",
    "permutation": "order",
    "choice": "places",
}
# What stands in a call besides parameters and sizes: a keyword and text.
Words = Sequence[tuple[str, str]]
Handler = Callable[["Draws"], Obj]


class Draws:
    """One call: the generator, if it is a method of one, and the arguments."""

    def __init__(self, frame: Frame, args: Arguments) -> None:
        self.frame = frame
        given = list(args.positional)
        self.owner: Value | None = None
        if args.name.startswith((OF_GENERATORS, OF_STATES)):
            self.owner = frame.read(given.pop(0))
        self.is_new = args.name.startswith(OF_GENERATORS)
        self.method = args.name.rpartition(".")[2]
        self.args = Arguments(args.name, given, args.keywords, args.spelled)

    def take(self, signature: str, more: str = "") -> list[Obj | None]:
        """Return the arguments, None for None; generators may take ``more``."""
        if self.is_new:
            signature = f"{signature} {more}"
        found = self.args.take(self.frame, signature)
        return [None if obj == NONE else obj for obj in found]

    def draw(
        self,
        method: str,
        dtypes: tuple[str, str],
        lengths: Sequence[Value],
        values: Sequence[Value] = (),
        named: Mapping[str, Value] | None = None,
        words: Words = (),
        rows: bool = False,
    ) -> Obj:
        """Emit a draw; ``dtypes`` are those of an array and of a number.

        ``values`` are parameters by position, ``named`` those by keyword. ``rows``:
        what is drawn each time is as long as a row of the last parameter.
        """
        given = [] if self.owner is None else [self.owner]
        parts: list[tuple[str | None, str | int | None]] = [(None, None)] * len(values)
        parts += [(key, None) for key in named or ()]
        if lengths:
            first = not parts and method not in LOCATED
            parts.append((None if first else "size", len(lengths)))
        row = values[-1].type.shape[-1:] if rows else ()
        shape = (*(v.as_linear for v in lengths), *row)
        kind = Type(dtypes[not shape], shape)
        name = NAMES.get(method, method)
        value = Value(kind, None, Buffer() if shape else None, hint=name)
        context = self.frame.context
        context.builder.append(
            "draw",
            [*given, *values, *(named or {}).values(), *lengths],
            [value],
            method=method,
            dtype=kind.dtype,
            rows=rows,
            generator=self.owner is not None,
            words=(*parts, *words),
        )
        if value.buffer is not None:
            context.note_maker(value)
            self.frame.state.contents[value.buffer] = value
        return self.frame.fresh(value)

    def lengths(self, size: Obj | None, values: Sequence[Value] = ()) -> list[Value]:
        """Return how many numbers are drawn: those of ``size``, or of parameters."""
        shapes = [v.type.shape for v in values]
        try:
            shape = broadcast(shapes)
            if size is None:
                return [length(self.frame, d, values) for d in shape]
            lengths = lengths_of(self.frame, size)
            wanted = tuple(v.as_linear for v in lengths)
            both = broadcast([wanted, shape])
        except TypeRefused as refused:
            self.frame.refuse(refused.message, refused.help)
        pairs = broadcast_pairs([wanted, shape])
        require_equal(self.frame, pairs, [*values, *lengths], "add")
        if len(both) > len(wanted) or any(
            e.value == 1 and d.value != 1 for d, e in zip(both, wanted, strict=True)
        ):
            self.frame.refuse(
                f"a size of {self.args.spelled} that its parameters do not fit",
                "leave it out: as many numbers are drawn as there are parameters",
            )
        return lengths


def draws(methods: str, *owners: str) -> Callable[[Handler], Handler]:
    """Register a handler for methods of generators, and functions of np.random."""

    def register(handler: Handler) -> Handler:
        every = owners or (OF_GENERATORS, OF_NUMPY)
        for owner in (*every, *([OF_STATES] if OF_NUMPY in every else [])):
            for method in methods.split():
                FUNCTIONS[f"{owner}.{method}"] = lambda frame, args: handler(
                    Draws(frame, args)
                )
        return handler

    return register


FLOATS = "float64", "weak_float"


def standard(call: Draws, method: str, lengths: Sequence[Value]) -> Obj:
    """Emit a draw without parameters, in double precision."""
    if not call.is_new and method in ("random", "ranf", "sample"):
        method = "random_sample"
    return call.draw(method, FLOATS, lengths)


@draws("standard_normal standard_exponential random", OF_GENERATORS)
def _standard_of_a_dtype(call: Draws) -> Obj:
    """``rng.standard_normal(size, dtype)`` and its like."""
    size, dtype = call.take("size? dtype?")
    lengths = call.lengths(size)
    if dtype is None or dtype_of(call.frame, dtype) != "float32":
        return standard(call, call.method, lengths)
    words = [("dtype", "np.float32")]
    return call.draw(call.method, ("float32", "weak_float"), lengths, words=words)


@draws("standard_cauchy", OF_GENERATORS)
@draws(
    """standard_normal standard_exponential standard_cauchy random random_sample ranf
    sample""",
    OF_NUMPY,
)
def _standard(call: Draws) -> Obj:
    """``np.random.standard_normal(size)`` and its like."""
    (size,) = call.take("size?")
    return standard(call, call.method, call.lengths(size))


@draws("randn rand", OF_NUMPY)
def _by_lengths(call: Draws) -> Obj:
    """``np.random.randn(m, n)``, ``np.random.rand(m, n)``."""
    method = {"randn": "standard_normal", "rand": "random"}[call.method]
    return standard(call, method, lengths_of(call.frame, call.args.positional))


# ---- generators ----


# The classes of NumPy say of themselves where they are defined.
@library("np.random.default_rng", "np.random.PCG64", "np.random._pcg64.PCG64")
def default_rng(frame: Frame, args: Arguments) -> Obj:
    """``np.random.default_rng(seed)``; a generator is given back as it is."""
    (seed,) = args.take(frame, "seed?")
    if is_generator(seed):
        assert seed is not None
        return seed
    return _seeded(frame, "default_rng", GENERATOR, seed)


def is_generator(obj: Obj | None) -> bool:
    """Whether an object is a generator."""
    return isinstance(obj, Scalar) and obj.value.type.dtype == GENERATOR


def _seeded(frame: Frame, method: str, dtype: str, seed: Obj | None) -> Obj:
    given = [] if seed is None or seed == NONE else [as_value(frame, seed)]
    if not all(value.type.is_integer for value in given):
        frame.refuse("a seed that is no whole number", "write an int, or pass one")
    call = Draws(frame, Arguments(method, (), {}, method))
    return call.draw(method, (dtype, dtype), (), given)


@library("np.random.RandomState", "np.random.mtrand.RandomState")
def random_state(frame: Frame, args: Arguments) -> Obj:
    """``np.random.RandomState(seed)``."""
    (seed,) = args.take(frame, "seed?")
    return _seeded(frame, "RandomState", "random_state", seed)


@library("np.random.Generator", "np.random._generator.Generator")
def generator(frame: Frame, args: Arguments) -> Obj:
    """``np.random.Generator(np.random.PCG64(seed))``: that of ``default_rng(seed)``."""
    (given,) = args.take(frame, "bit_generator")
    if given is None or not is_generator(given):
        frame.refuse("a generator of these bits", "write np.random.default_rng(seed)")
    return given


@library("np.random.seed")
def seed(frame: Frame, args: Arguments) -> Obj:
    """``np.random.seed(n)``: from here on the functions of np.random draw anew."""
    (given,) = args.take(frame, "seed?")
    _seeded(frame, "seed", "bool", given)
    return NONE
