"""Random draws: calls of a generator's methods, or of np.random's functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..graph.drawn import refused
from ..graph.ir import Equation, Program, walk
from .expressions import Atom, Keyword, Node, Tuple, method
from .statements import Simple

if TYPE_CHECKING:
    from .printer import Printer


def statement(p: Printer, eq: Equation) -> None:
    """Print ``z = rng.standard_normal(n)``, without a target if nothing reads it."""
    value = eq.result
    p.views.renew(value.buffer)
    p.views.bind(p.names[value], None)
    target = Atom(p.names[value]) if value in p.used else None
    p.out.append(Simple(_call(p, eq), target, origin=eq.origin))


def _call(p: Printer, eq: Equation) -> Node:
    rest = [p.node(v) for v in eq.operands]
    owner = rest.pop(0) if eq.attrs["generator"] else Atom("np.random")
    given: list[tuple[str | None, Node]] = []
    for key, what in eq.attrs["words"]:
        if isinstance(what, int):
            lengths = tuple(rest.pop(0) for _ in range(what))
            given.append((key, lengths[0] if what == 1 else Tuple(lengths)))
        else:
            given.append((key, rest.pop(0) if what is None else Atom(what)))
    name = str(eq.attrs["method"])
    if p.dialect.name == "numba":
        name, given = _as_compiled(name, given, eq.attrs["generator"])
    parts = (node if key is None else Keyword(key, node) for key, node in given)
    return method(owner, name, *parts)


def _as_compiled(
    name: str, given: list[tuple[str | None, Node]], of_generator: bool
) -> tuple[str, list[tuple[str | None, Node]]]:
    """Return a call that Numba knows, which draws the same."""
    if of_generator and name == "choice":
        return "integers", [(None, Atom("0")), *given]
    if of_generator:
        return name, given
    left_out = [(None, Atom(text)) for text in LEFT_OUT.get(name, ())]
    return name, [*left_out, *((None, node) for _, node in given)]


# What Numba's functions of np.random have no defaults for, beside a size.
LEFT_OUT: Mapping[str, tuple[str, ...]] = {
    "laplace": ("0.0", "1.0"),
    "gumbel": ("0.0", "1.0"),
    "logistic": ("0.0", "1.0"),
    "rayleigh": ("1.0",),
}

# ---- what other targets can draw ----

# Numba's methods of generators, and its functions of np.random that draw the same
# numbers as NumPy's from one seed.
_BOTH = """
    random standard_normal standard_exponential standard_cauchy laplace logistic
    rayleigh power wald triangular poisson binomial geometric zipf logseries permutation
    choice
    """.split()
_OF_GENERATORS = """
    integers standard_gamma beta chisquare noncentral_chisquare f standard_t
    negative_binomial
    """.split()
_OF_NUMPY = "random_sample randint gumbel hypergeometric seed".split()
COMPILED = {
    True: frozenset([*_BOTH, *_OF_GENERATORS]),
    False: frozenset([*_BOTH, *_OF_NUMPY]),
}
OUTSIDE = (
    "make the generator outside and pass it: rng = np.random.default_rng(seed)",
    "take target='numpy', or draw outside and pass what is drawn",
)


def require_drawn(program: Program, target: str) -> None:
    """Refuse the draws of a program that a target cannot make."""
    for function in program.functions:
        for eq in walk(function.body):
            if eq.op == "draw" and not _is_drawn(eq, target):
                method = eq.attrs["method"]
                message = f"{method} in {PLACES[target]}"
                made = method in ("default_rng", "RandomState")
                raise refused(eq, message, OUTSIDE[not made])


PLACES = {
    "cpu": "code that Numba compiles, which does not draw as NumPy does there",
    "gpu": "code for a GPU: draws are made on the host",
    "module": "a compiled module: NumPy draws, and C has no generator of its own",
}


def _is_drawn(eq: Equation, target: str) -> bool:
    if target != "cpu":
        return target == "numpy"
    if any(v.type.rank or v.type.dtype == "random_state" for v in eq.operands):
        return False  # parameters are numbers there
    keys = {key for key, _ in eq.attrs["words"]}
    if eq.attrs["method"] == "choice":
        return keys <= {None, "size"}
    return eq.attrs["method"] in COMPILED[eq.attrs["generator"]]
