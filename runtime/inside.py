"""Derivatives that functions compiled by Numba call: their loops, as one more function.

Numba asks what it calls for its type. A derivative answers with a function type whose
implementation, for the types of some arguments, is the text for the target ``cpu``
behind the checks of a call, written out::

    def loss_grad(w, X):
        n = w.shape[0]
        if X.shape[1] != n:
            raise ValueError("sizes do not match: X.shape[1]")
        result = run(w, X)
        return ascontiguousarray(result)

Globals and captured values are what they are when that is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numba
import numpy as np
from numba.core import types
from numba.core.errors import TypingError
from numba.core.typing.templates import make_overload_template
from numba.extending import NativeValue, models, overload, register_model, unbox

from . import collector
from .arguments import Kind
from .cpu import Leave, compile_text
from .interface import Expected, Generated, Shape, Transform
from .kept import generated
from .parts import Taker, kind_leaves, require_floats


class Derivative(Protocol):
    """What is needed of a derivative."""

    taker: Taker
    transform: Transform
    __name__: str

    @property
    def parameters(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def names(self) -> tuple[str, ...]: ...  # noqa: D102

    def bind(  # noqa: D102
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Sequence[Any], Sequence[Any]]: ...


# Numbers of Numba that are Python's outside.
_WEAK = {
    "bool": "bool",
    "int64": "weak_int",
    "float64": "weak_float",
    "complex128": "weak_complex",
}
_CASTS = {"weak_float": "float", "weak_int": "int", "weak_complex": "complex"}
_HELP: dict[type, str] = {
    types.ListType: "np.array of it, or a tuple",
    types.List: "np.array of it, or a tuple",
    types.DictType: "a tuple or a namedtuple",
}


class DerivativeType(types.Function):
    """The type of a derivative in compiled functions."""


register_model(DerivativeType)(models.OpaqueModel)


@unbox(DerivativeType)  # type: ignore[untyped-decorator, no-untyped-call]
def _unbox(kind: object, value: object, c: Any) -> Any:
    """Hand a derivative to a compiled function; its type says all of it."""
    dummy = c.context.get_dummy_value()
    return NativeValue(dummy)  # type: ignore[no-untyped-call]


def type_of(derivative: Derivative) -> DerivativeType:
    """Return the type by which Numba knows a derivative."""

    def implementation(*args: object, **kwargs: object) -> object:
        return _implementation(derivative, args, kwargs)

    options = {"error_model": "numpy", "nogil": True}
    template = make_overload_template(  # type: ignore[no-untyped-call]
        derivative, implementation, options, False, "never"
    )
    return DerivativeType(template)


@dataclass(frozen=True, slots=True)
class _Given:
    """An argument of a call: where it stands, and its type."""

    text: str
    kind: Any


def _implementation(
    derivative: Derivative, args: Sequence[Any], kwargs: dict[str, Any]
) -> object:
    """Return the function that is compiled for arguments of some types."""
    names = derivative.parameters
    if len(args) > len(names):
        raise TypingError(f"{derivative.__name__} takes {len(names)} arguments")
    given = {name: _Given(name, kind) for name, kind in zip(names, args, strict=False)}
    keywords = {name: _Given(name, kind) for name, kind in kwargs.items()}
    try:
        leading, values = derivative.bind(list(given.values()), keywords)
        return _written(derivative, names, leading, values)
    except TypeError as error:
        raise TypingError(str(error)) from None


def _written(
    derivative: Derivative,
    names: Sequence[str],
    leading: Sequence[Any],
    values: Sequence[Any],
) -> object:
    writer = _Writer()
    own = derivative.names
    frozen = {
        name: value
        for name, value in zip(own, values, strict=True)
        if not isinstance(value, _Given)
    }
    derivative.taker.take_all(list(frozen), list(frozen.values()))
    kinds: dict[str, Kind] = {}
    leaves: list[str] = []
    for name, value in zip(own, values, strict=True):
        if isinstance(value, _Given):
            kinds[name] = _kind(name, value.kind)
            leaves += _leaves(value.text, value.kind)
            continue
        kinds[name] = derivative.taker.kind(value)
        constants: list[Any] = []
        derivative.taker.take(name, value, constants)
        leaves += [writer.constant(each) for each in constants]
    for place in derivative.transform.places:
        require_floats(kinds, place)
    with collector.paused():
        made, _ = generated(derivative.transform, kinds, "cpu")
    cotangents: list[str] = []
    for shape, given in zip(made.leading, leading, strict=True):
        cotangents += _like(shape, given.text, given.kind)
    hidden = [writer.constant(each.read()) for each in made.hidden]
    text = writer.text(made, names, cotangents, [*leaves, *hidden])
    run = compile_text(made.text, made.name, Leave.of(made.leave)).inner
    space = {**writer.space, "run": run, "np": np, "apart": _apart, "own": _own}
    exec(compile(text, f"<gradscribe: {made.name} in Numba>", "exec"), space)
    return space[made.name]


# ---- the types of arguments ----


def _parts(kind: Any) -> list[Any]:
    """Return the types of the parts of a tuple."""
    is_tuple = isinstance(kind, types.BaseTuple)
    return list(iter(kind)) if is_tuple else []


def _kind(place: str, kind: Any) -> Kind:
    """Return what a text is specialised for, from a type of Numba.

    No axis is known to have length 1: one that broadcasts is refused by its size.
    """
    kind = types.unliteral(kind)  # type: ignore[no-untyped-call]
    if isinstance(kind, types.Array):
        if not kind.ndim:
            return _kind(place, kind.dtype)
        layout = kind.layout if kind.layout in "CF" else "A"
        return Kind(str(kind.dtype), (False,) * kind.ndim, layout)
    if isinstance(kind, (types.Number, types.Boolean)):
        return Kind(_WEAK.get(str(kind), str(kind)))
    if isinstance(kind, types.NumPyRandomGeneratorType):
        return Kind("generator")
    if isinstance(kind, types.NoneType):
        return Kind("", form="none", value=None)
    if isinstance(kind, types.BaseTuple):
        pairs = enumerate(_parts(kind))
        parts = tuple(_kind(f"{place}[{k}]", part) for k, part in pairs)
        made_by = getattr(kind, "instance_class", None)
        if made_by is None:
            return Kind("", (), "C", parts, "tuple")
        return Kind("", (), "C", parts, "namedtuple", tuple(made_by._fields), made_by)
    other = _HELP.get(type(kind), "arrays, numbers and tuples of them")
    raise TypeError(f"{place} is {kind} in compiled code; pass {other}")


def _leaves(text: str, kind: Any) -> Iterator[str]:
    """Yield expressions of the arrays and numbers of an argument."""
    if isinstance(kind, types.BaseTuple):
        for k, part in enumerate(_parts(kind)):
            yield from _leaves(f"{text}[{k}]", part)
    elif isinstance(kind, types.Array) and not kind.ndim:
        yield f"{text}[()]"
    elif not isinstance(kind, types.NoneType):
        yield text


def _like(shape: Shape, text: str, kind: Any) -> Iterator[str]:
    """Yield the arrays and numbers of a cotangent, which has to be of a shape."""
    if shape.kind == "leaf":
        found = list(kind_leaves("", _kind(shape.place, kind)))
        if len(found) != 1 or found[0][0]:
            raise TypeError(f"{shape.place} must be one array or number, not {kind}")
        yield from _leaves(text, kind)
    elif shape.kind != "none":
        count = len(shape.parts)
        parts = _parts(kind)
        if len(parts) != count or not isinstance(kind, types.BaseTuple):
            raise TypeError(f"{shape.place} must be a tuple of {count}, not {kind}")
        for k, inner in enumerate(shape.parts):
            yield from _like(inner, f"{text}[{k}]", parts[k])


# ---- the function ----


@dataclass
class _Writer:
    """Writes the checks of a call, and what the names in them mean."""

    space: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    sizes: dict[str, str] = field(default_factory=dict)

    def constant(self, value: Any) -> str:
        """Return a name for a value that stays as it is."""
        name = f"constant_{len(self.space)}"
        self.space[name] = value
        return name

    def text(
        self,
        made: Generated,
        names: Sequence[str],
        cotangents: Sequence[str],
        others: Sequence[str],
    ) -> str:
        """Return the text of the function that is called."""
        passed: list[str] = []
        parameters = list(enumerate(made.parameters))
        texts = [*cotangents, *others]
        for k, expected in parameters:
            text = f"gs_{k}"
            given = self._given(expected, texts[k], k < len(cotangents))
            self.lines.append(f"{text} = {given}")
            passed.append(text)
        for k, expected in parameters:
            if not expected.dims:
                self.sizes[f"={expected.name}"] = passed[k]
        for k, expected in reversed(parameters):  # cotangents follow from the others
            self._fit(expected, passed[k])
        arrays = [passed[k] for k, expected in parameters if expected.dims]
        for k, expected in parameters:
            if expected.written:
                apart = " and ".join(
                    f"apart({passed[k]}, {other})"
                    for other in arrays
                    if other != passed[k]
                )
                self._check(f"not ({apart})" if apart else "", _shares(expected))
        self.lines.append(f"gs_result = run({', '.join(passed)})")
        self.lines.append(f"return {self._returned('gs_result', made.returned)}")
        head = ", ".join(f"{name}=None" for name in names)
        body = "\n".join(f"    {line}" for line in self.lines)
        return f"def {made.name}({head}):\n{body}\n"

    def _given(self, expected: Expected, text: str, is_cotangent: bool) -> str:
        if not expected.dims:
            return _cast(text, expected.dtype)
        if is_cotangent:
            return f"np.ascontiguousarray({text}).astype(np.{expected.dtype})"
        return text

    def _fit(self, expected: Expected, text: str) -> None:
        for axis, dim in enumerate(expected.dims):
            length = f"{text}.shape[{axis}]"
            if isinstance(dim, str):
                wanted = self.sizes.setdefault(dim, length)
            elif isinstance(dim, int):
                wanted = str(dim)
            else:
                formula = dim.written(self.sizes)
                if formula is None:
                    raise TypeError(
                        f"{expected.name}.shape[{axis}] follows from other sizes in a"
                        " way that is not checked in compiled code; call this one from"
                        " Python"
                    )
                wanted = formula
            message = f"sizes do not match: {expected.name}.shape[{axis}]"
            self._check(f"{length} != {wanted}" if length != wanted else "", message)

    def _returned(self, text: str, returned: Any) -> str:
        """Return the expression of a result, in memory of its own."""
        named = getattr(returned, "named", None)
        if isinstance(returned, tuple) or named is not None:
            held = returned if named is None else returned.parts
            every = (self._returned(f"{text}[{k}]", r) for k, r in enumerate(held))
            parts = "".join(f"{part}, " for part in every)
            return f"({parts})" if named is None else f"{self.constant(named)}({parts})"
        if returned == "new":
            return f"np.ascontiguousarray({text})"
        if returned is None:
            return f"own({text})"
        if isinstance(returned, str):
            return _cast(text, returned)
        raise TypeError(
            "a result that is no array, number or tuple cannot be made in compiled"
            " code; return a tuple, or call this one from Python"
        )

    def _check(self, test: str, message: str) -> None:
        if test:
            self.lines += [f"if {test}:", f"    raise ValueError({message!r})"]


def _shares(expected: Expected) -> str:
    return f"{expected.name} is written and shares memory with another argument"


def _cast(text: str, dtype: str) -> str:
    if dtype == "generator":
        return text
    return f"{_CASTS.get(dtype, 'bool' if dtype == 'bool' else f'np.{dtype}')}({text})"


def _own(result: Any) -> Any:
    """Return a copy of an array, and whatever else there is as it is."""
    raise NotImplementedError


@overload(_own, strict=False)
def _own_of(result: Any) -> Any:
    if isinstance(result, types.Array):
        return lambda result: result.copy()
    return lambda result: result


@numba.njit(error_model="numpy")
def _bounds(a: Any) -> Any:
    low = high = a.ctypes.data
    for axis in range(a.ndim):
        if a.shape[axis] == 0:
            return low, low
        reach = (a.shape[axis] - 1) * a.strides[axis]
        if reach < 0:
            low += reach
        else:
            high += reach
    return low, high + a.itemsize


@numba.njit(error_model="numpy")
def _apart(a: Any, b: Any) -> Any:
    """Whether no byte can belong to both arrays."""
    low_a, high_a = _bounds(a)
    low_b, high_b = _bounds(b)
    return high_a <= low_b or high_b <= low_a
