"""What the runtime needs of a transform, whoever makes it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from .arguments import Kind

Kinds = Mapping[str, Kind]


class Length(Protocol):
    """A length that follows from others."""

    def __call__(self, sizes: Mapping[str, int]) -> int | None:
        """Return the length, None if it cannot be known."""

    def written(self, sizes: Mapping[str, str]) -> str | None:
        """Return it as text over texts of the sizes, None if it cannot be written."""


class Repacked(Protocol):
    """What is made of parts that come back as a tuple."""

    @property
    def make(self) -> Callable[[list[object]], object]: ...  # noqa: D102
    @property
    def parts(self) -> Sequence[Returned]: ...  # noqa: D102
    @property
    def named(self) -> Callable[..., object] | None:
        """The class of a NamedTuple whose parts all have values."""


Returned = str | None | tuple["Returned", ...] | Repacked


class Place(Protocol):
    """An expression of the user's file."""

    @property
    def file(self) -> str:
        """The file."""

    @property
    def line(self) -> int:
        """The line, from 1."""

    @property
    def column(self) -> int:
        """The column where the expression starts, from 0."""

    @property
    def end_column(self) -> int:
        """The column after its end."""


class Expected(Protocol):
    """What a text takes for one parameter.

    ``dims`` holds, for each axis, the length, the name of a size that must be the
    same everywhere, or a function of the sizes and of integer arguments (under their
    names after ``=``).
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def dtype(self) -> str: ...  # noqa: D102
    @property
    def dims(self) -> Sequence[int | str | Length]: ...  # noqa: D102
    @property
    def written(self) -> bool: ...  # noqa: D102


class Shape(Protocol):
    """The nest of tuples and the like that a cotangent has to be."""

    @property
    def place(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def names(self) -> tuple[object, ...]: ...  # noqa: D102
    @property
    def parts(self) -> Sequence[Shape]: ...  # noqa: D102


class Hidden(Protocol):
    """A global or a captured value, to be read at every call."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def read(self) -> Callable[[], object]: ...  # noqa: D102


class Watched(Protocol):
    """A name that a text relies on: what reads it, and what it meant.

    ``space``: the dict that has it, or that comes before what is built in.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def space(self) -> Mapping[str, object] | None: ...  # noqa: D102
    @property
    def read(self) -> Callable[[], object]: ...  # noqa: D102
    @property
    def value(self) -> object: ...  # noqa: D102


class Relied(Protocol):
    """All names that a text relies on; whether they mean the same still."""

    @property
    def watched(self) -> Sequence[Watched]: ...  # noqa: D102
    def __call__(self) -> bool: ...  # noqa: D102


class Generated(Protocol):
    """What a transform returns: the text, and what is needed to run it.

    The text's function takes ``parameters`` by position: the arrays and numbers of
    what stands before the arguments, of ``leading`` shapes, those of the arguments,
    and ``hidden``, which are read at every call. ``returned`` has the dtype of each
    scalar that comes back, None for an array, ``new`` for one in memory of its own.
    ``signature`` has the name and the types, to speak of. ``lines`` gives the
    user's line for lines of the text. ``is_current`` says whether what the text relies
    on (helpers, settings) is still bound to the same objects. ``keeps_effects``: the
    caller's arrays are written, as by the primal. ``leave`` has the names of
    functions by what a compiler may do in them (`gradscribe.runtime.cpu.Leave`).
    ``reads`` says of each parameter whether more than its lengths is read.
    """

    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def signature(self) -> str: ...  # noqa: D102
    @property
    def parameters(self) -> Sequence[Expected]: ...  # noqa: D102
    @property
    def leading(self) -> Sequence[Shape]: ...  # noqa: D102
    @property
    def returned(self) -> Returned: ...  # noqa: D102
    @property
    def hidden(self) -> Sequence[Hidden]: ...  # noqa: D102
    @property
    def lines(self) -> Mapping[int, Place]: ...  # noqa: D102
    @property
    def leave(self) -> Mapping[str, Sequence[str]]: ...  # noqa: D102
    @property
    def is_current(self) -> Relied: ...  # noqa: D102
    @property
    def keeps_effects(self) -> bool: ...  # noqa: D102
    @property
    def reads(self) -> Sequence[bool]: ...  # noqa: D102


class Frozen(Protocol):
    """Keeps what was generated, for whoever asks for the same."""

    @property
    def digest(self) -> str:
        """A hash of all that the text depends on."""

    def pack(self, generated: Any) -> bytes | None:
        """Return what was generated in bytes, None if it cannot be kept."""

    def unpack(self, content: bytes) -> Generated:
        """Return what was generated in another process."""


class Transform(Protocol):
    """Makes texts; given by those who know how to transform."""

    @property
    def name(self) -> str:
        """The name of the function that is made."""

    @property
    def function(self) -> Callable[..., object]:
        """The function that all derivatives are of."""

    @property
    def besides(self) -> tuple[tuple[str, int], ...]:
        """The parameters that are not the primal's, each with its position.

        They are put in one after the other.
        """

    @property
    def places(self) -> tuple[str, ...]:
        """The places of arguments that are differentiated by: ``p``, ``p.w``."""

    def attributes(self, kinds: Collection[type]) -> frozenset[str]:
        """Return the names of the attributes that may be read of some classes."""

    def __call__(self, kinds: Kinds, target: str) -> Generated:
        """Return what to run for arguments of these kinds."""

    def frozen(self, kinds: Kinds, target: str) -> Frozen | None:
        """Return what keeps that for other processes, None if nothing does."""

    def source(self, kinds: Kinds | None, target: str) -> str:
        """Return the readable text (kinds None: for the annotated types)."""

    def signature(self, kinds: Kinds) -> str:
        """Return the types of the parameters as text."""

    def file_text(self, kinds: Kinds | None, path: Path) -> str:
        """Return the text of a file that stands alone."""
