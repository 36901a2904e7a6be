"""Derivatives taken one after the other: what each is, and what it takes besides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# What a derivative of ``f`` is called, by its mode.
SUFFIXES = {
    "grad": "_grad",
    "value_and_grad": "_value_and_grad",
    "vjp": "_vjp",
    "jvp": "_jvp",
    "hvp": "_hvp",
    "jacobian": "_jacobian",
    "value_and_jacobian": "_value_and_jacobian",
    "hessian": "_hessian",
    "compressed": "_compressed_jacobian",
    "pattern": "_pattern",
    "primal": "",
}
# What its caller gives besides the arguments of ``f``, and at which position.
GIVEN = {
    "vjp": ("cotangent", 0),
    "jvp": ("tangent", 0),
    "hvp": ("vector", 1),
    "compressed": ("seeds", 0),
    "pattern": ("seeds", 0),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One derivative: its ``mode`` is a key of `SUFFIXES`, ``wrt`` are places.

    With ``single`` what belongs to the only one is bare rather than in a tuple.
    ``direction`` is that of a Jacobian: ``forward``, ``reverse`` or ``auto``. With
    ``aux`` the function returns a pair, of which the second is handed on as it is.
    """

    mode: str
    wrt: tuple[str, ...]
    single: bool = True
    direction: str = "auto"
    aux: bool = False


def given_besides(
    steps: Sequence[Step], names: Sequence[str]
) -> Iterator[tuple[str, int]]:
    """Yield the names of what derivatives take besides ``names``, and their positions.

    They are put in one after the other.

    Examples
    --------
    >>> list(given_besides([Step("hvp", ("x",)), Step("vjp", ("x",))], ["x", "k"]))
    [('vector', 1), ('cotangent', 0)]
    """
    taken = list(names)
    for step in steps:
        if step.mode in GIVEN:
            name, place = GIVEN[step.mode]
            place += place > 0 and taken[:1] == ["self"]
            name = free(name, taken)
            taken.insert(place, name)
            yield name, place


def free(name: str, taken: Sequence[str]) -> str:
    """Return a name that is not taken yet.

    Examples
    --------
    >>> free("vector", ["x", "vector"])
    'vector_2'
    """
    count, made = 1, name
    while made in taken:
        count += 1
        made = f"{name}_{count}"
    return made
