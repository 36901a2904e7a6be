"""What ``checkpoint=`` may say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What ``checkpoint=`` asks for.

    ``schedule`` is ``blocks`` (of ``size`` iterations; about the root of all, if it
    is None) or ``binomial`` (with ``size`` snapshots; about the logarithm).
    """

    schedule: str
    size: int | None = None

    def __str__(self) -> str:
        if self.schedule == "blocks":
            return "sqrt" if self.size is None else str(self.size)
        return "binomial" if self.size is None else f"binomial:{self.size}"


def checkpoint_of(given: object) -> Checkpoint:
    """Return what an option says, as written in Python or on the command line.

    >>> print(checkpoint_of(8), checkpoint_of("sqrt"), checkpoint_of(("binomial", 5)))
    8 sqrt binomial:5
    """
    if isinstance(given, Checkpoint):
        return given
    if isinstance(given, str):
        word, _, number = given.partition(":")
        given = (word, int(number)) if number.isdecimal() else given
        given = int(word) if word.isdecimal() and not number else given
    match given:
        case "sqrt":
            return Checkpoint("blocks")
        case "binomial":
            return Checkpoint("binomial")
        case ("binomial", int(size)) if type(size) is int and size > 0:
            return Checkpoint("binomial", size)
        case int(size) if type(size) is int and size > 0:
            return Checkpoint("blocks", size)
    raise ValueError(
        f"checkpoint is {given!r}; it is a number of iterations, 'sqrt', 'binomial'"
        " or ('binomial', number of snapshots)"
    )
