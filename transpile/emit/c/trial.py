"""The test that goes with a compiled module: against the NumPy files beside it."""

from __future__ import annotations

import json
import keyword
from collections.abc import Iterable, Iterator, Sequence

from ...graph.ir import Type
from ...graph.linear import Derived, Dim, Linear, Size
from ...graph.structures import Structure
from ...records import record
from .arguments import Argument

WEAK = {"weak_float": "float64", "weak_int": "int64", "weak_complex": "complex128"}
# What the arguments that have lengths of the data's take.
FALLBACK = "3"
TAKEN = {"made", "max", "random", "size", *keyword.kwlist}


@record()
class Tried:
    """A function, its name among those of the test, its NumPy file, its arguments.

    ``types`` are those of all its arrays and numbers.
    """

    public: str
    own: str
    reference: str
    arguments: tuple[Argument, ...]
    types: tuple[Type, ...]


def test_text(module: str, every: Iterable[Tried], with_scipy: bool) -> str:
    """Return a test file; ``with_scipy`` says that the NumPy files need SciPy."""
    tried = list(every)
    references = sorted({one.reference for one in tried})
    cases = "\n".join(
        f'    ("{one.public}", {one.reference}, {one.own}_arguments),' for one in tried
    )
    arguments = "\n\n\n".join("\n".join(_arguments(one)) for one in tried)
    return TEST % {
        "module": module,
        "needs": "pytest, NumPy and SciPy" if with_scipy else "pytest and NumPy",
        "skip": SKIP if with_scipy else "",
        "imports": "\n".join(f"import {name}  # noqa: E402" for name in references),
        "arguments": arguments,
        "cases": cases,
    }


def _arguments(one: Tried) -> Iterator[str]:
    """Yield a function that makes arguments for the lengths of axes, as text."""
    sizes = sorted({n for type in one.types for n in _sizes(type.shape)})
    words = {size: f"{size}_" if size in TAKEN else size for size in sizes}
    whole = sum(not type.rank and type.is_integer for type in one.types)
    yield f"def {one.own}_arguments(random, size):"
    for k, size in enumerate(sizes):
        yield f"    {words[size]} = size" + (f" + {k}" if k else "")
    yield "    return {"
    made = iter([_made(type, words, whole) for type in one.types])
    for argument in one.arguments:
        yield f'        "{argument.name}": {_held(argument.structure, made)},'
    yield "    }"


def _held(structure: Structure, made: Iterator[str]) -> str:
    """Return an argument as text, with its parts."""
    if structure.kind == "leaf":
        return next(made)
    parts = [_held(child, made) for child in structure.children]
    if structure.kind == "dict":
        pairs = zip(structure.names, parts, strict=True)
        return f"{{{', '.join(f'{json.dumps(k)}: {part}' for k, part in pairs)}}}"
    return f"({', '.join(parts)}{',' * (len(parts) == 1)})"


def _made(type: Type, words: dict[str, str], whole: int) -> str:
    dtype = WEAK.get(type.dtype, type.dtype)
    lengths = [_text(dim, words, whole) for dim in type.shape]
    inside = ", ".join(["random", f'"{dtype}"', *lengths])
    plain = ".item()" if type.dtype in ("weak_float", "weak_complex") else ""
    return f"made({inside}){plain}"


def _sizes(shape: Sequence[Dim]) -> Iterator[str]:
    for dim in shape:
        for atom in dim.atoms:
            if isinstance(atom, Size):
                yield atom.name
            elif isinstance(atom, Derived):
                yield from _sizes([p for p in atom.parts if isinstance(p, Linear)])


def _text(dim: Linear, words: dict[str, str], whole: int) -> str:
    """Return a length as Python; an integer argument, which is 2, stands for itself."""
    made = [str(dim.constant)] if dim.constant or not dim.terms else []
    for atom, factor in dim.terms:
        text = _atom(atom, words, whole)
        made.append(text if factor == 1 else f"{factor} * {text}")
    return " + ".join(reversed(made))


def _atom(atom: object, words: dict[str, str], whole: int) -> str:
    if isinstance(atom, Size):
        return words[atom.name]
    if not isinstance(atom, Derived):
        return "2"
    parts = [
        f"({_text(part, words, whole)})" if isinstance(part, Linear) else str(part)
        for part in atom.parts
    ]
    made = {
        "clip": "max({0}, 0)",
        "product": " * ".join(parts),
        "series": "{0} * {1} // 2",
    }.get(atom.kind, FALLBACK)
    return f"({made.format(*parts)})"


SKIP = 'pytest.importorskip("scipy")  # the NumPy file takes functions of it\n'
TEST = '''\
"""The functions of %(module)s against the same in NumPy.

It needs %(needs)s only.
"""

import inspect
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

%(skip)simport %(module)s  # noqa: E402
%(imports)s


def made(random, dtype, *lengths):
    if dtype == "bool":
        return random.random(lengths) < 0.5 if lengths else True
    if np.issubdtype(dtype, np.integer):
        return random.integers(0, 2, lengths).astype(dtype) if lengths else 2
    numbers = random.uniform(0.5, 1.5, lengths).astype(dtype)
    if len(lengths) == 1:
        numbers.sort()  # it may be a table that is searched
    return numbers if lengths else np.dtype(dtype).type(numbers)


%(arguments)s


CASES = [
%(cases)s
]


def copied(given):
    if isinstance(given, dict):
        return {name: copied(part) for name, part in given.items()}
    if isinstance(given, tuple):
        return tuple(map(copied, given))
    return given.copy() if isinstance(given, np.ndarray) else given


def leaves(found):
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, tuple | list):
        return [leaf for part in found for leaf in leaves(part)]
    return [found]


def expected_of(reference, name, arguments):
    """Return what NumPy gives, or the kind of error that it raises."""
    with np.errstate(all="ignore"):
        try:
            return leaves(getattr(reference, name)(**copied(arguments)))
        except Exception as error:
            return ValueError if isinstance(error, ValueError) else type(error)


def compare(function, arguments, expected):
    if isinstance(expected, type):
        with pytest.raises(expected):
            function(**arguments)
        return
    for one, wanted in zip(leaves(function(**arguments)), expected, strict=True):
        wanted = np.asarray(wanted)
        assert np.shape(one) == wanted.shape
        assert one.dtype == wanted.dtype
        single = wanted.dtype in (np.float32, np.complex64)
        tolerance = 1e-3 if single else 1e-8
        known = np.abs(wanted[np.isfinite(wanted)])
        scale = tolerance * float(known.max(initial=0))
        np.testing.assert_allclose(one, wanted, rtol=tolerance, atol=scale)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 33])
@pytest.mark.parametrize(("name", "reference", "arguments"), CASES)
def test_numbers(name, reference, arguments, size):
    given = arguments(np.random.default_rng(size), size)
    expected = expected_of(reference, name, given)
    compare(getattr(%(module)s, name), given, expected)


@pytest.mark.parametrize(("name", "reference", "arguments"), CASES)
def test_memory_that_is_not_contiguous(name, reference, arguments):
    given = arguments(np.random.default_rng(7), 4)
    expected = expected_of(reference, name, given)
    for each, value in given.items():
        if isinstance(value, np.ndarray):
            wide = np.repeat(value, 2, axis=-1)[..., ::2]
            try:
                compare(getattr(%(module)s, name), {**given, each: wide}, expected)
            except ValueError as error:
                assert f"{each}: expected contiguous" in str(error)


@pytest.mark.parametrize(("name", "reference", "arguments"), CASES)
def test_wrong_arguments(name, reference, arguments):
    function = getattr(%(module)s, name)
    given = arguments(np.random.default_rng(7), 4)
    for each, value in given.items():
        if isinstance(value, np.ndarray):
            for wrong in (value.astype("S8"), value[..., None, None, None], None):
                with pytest.raises(TypeError, match=each):
                    function(**{**given, each: wrong})
        rest = {key: other for key, other in given.items() if key != each}
        parameter = inspect.signature(function).parameters[each]
        if parameter.default is inspect.Parameter.empty:
            with pytest.raises(TypeError, match=each):
                function(**rest)
'''
