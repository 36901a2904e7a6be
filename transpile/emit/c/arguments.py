"""Arguments as Python gives them: by name, with defaults, tuples and dicts of parts."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Sequence

from ...errors import refuse
from ...graph.ir import Parameter
from ...graph.structures import Structure, leaves, placed
from ...records import record

HOLDING: Mapping[str, str] = {"leaf": " ", "tuple": "t", "list": "t", "dict": "d"}


@record()
class Argument:
    """A parameter of a function of Python: its default as text, its parts.

    ``number`` says which of the function's numbers and arrays is its first.
    """

    name: str
    number: int
    structure: Structure
    is_keyword: bool = False
    default: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is an array or a number."""
        return self.structure.kind == "leaf"

    @property
    def places(self) -> list[str]:
        """What messages call its numbers and arrays."""
        return [leaf.place for leaf in leaves(self.structure)]


def arguments_of(parameters: Sequence[Parameter]) -> tuple[Argument, ...]:
    """Return how a function is called; refuse what has no place in a module."""
    found: list[Argument] = []
    number = 0
    for parameter in parameters:
        structure = placed(parameter.structure, parameter.name)
        _require_parts(parameter, structure)
        default = _literal(parameter.default) if structure.kind == "leaf" else None
        is_keyword = parameter.kind == "keyword"
        one = Argument(parameter.name, number, structure, is_keyword, default)
        found.append(one)
        number += structure.width
    return tuple(found)


def _require_parts(parameter: Parameter, structure: Structure) -> None:
    is_known = structure.kind in HOLDING and parameter.kind in ("positional", "keyword")
    if not is_known or not all(isinstance(n, str) for n in _keys(structure)):
        raise refuse(
            f"{structure.place} is not an array, a number, or a tuple or dict of them",
            "write a function that takes its parts one by one",
        )
    for child in structure.children:
        _require_parts(parameter, child)


def _keys(structure: Structure) -> Sequence[object]:
    return structure.names if structure.kind == "dict" else ()


def _literal(text: str | None) -> str | None:
    """Return a default that is a number, None for others: they must be given."""
    try:
        value = ast.literal_eval(text) if text is not None else None
    except ValueError:
        return None
    is_number = isinstance(value, bool | int | float | complex)
    return text if is_number else None


def preset(default: str, dtype: str) -> str:
    """Return what a number is that is not given, as fields of a struct.

    Examples
    --------
    >>> preset("2", "float64"), preset("True", "bool")
    ('1, 0, 2.0, 0.0', '1, 1, 0.0, 0.0')
    """
    value = complex(ast.literal_eval(default))
    if dtype in ("int64", "bool"):
        return f"1, {int(value.real)}, 0.0, 0.0"
    return f"1, 0, {value.real!r}, {value.imag!r}"


def signature(arguments: Sequence[Argument]) -> str:
    """Return parameters as Python writes them.

    Examples
    --------
    >>> signature([Argument("x", 0, Structure()),
    ...            Argument("k", 1, Structure(), True, "2")])
    'x, *, k=2'
    """
    return ", ".join(
        word + (f"={argument.default}" if argument and argument.default else "")
        for word, argument in spelled(arguments)
    )


def spelled(arguments: Sequence[Argument]) -> Iterator[tuple[str, Argument | None]]:
    """Yield the names of parameters, and the star before those given by name only."""
    starred = False
    for argument in arguments:
        if argument.is_keyword and not starred:
            starred = True
            yield "*", None
        yield argument.name, argument


def parts_table(arguments: Sequence[Argument]) -> Iterator[str]:
    """Yield the rows of a table of what holds what, a whole before its parts."""
    for argument in arguments:
        yield from _rows(argument.structure, "NULL")


def _rows(structure: Structure, key: str) -> Iterator[str]:
    letter = HOLDING[structure.kind]
    count = len(structure.children)
    yield f"    {{{json.dumps(structure.place)}, '{letter}', {count}, {key}}},"
    keys = _keys(structure) or [None] * count
    for child, own in zip(structure.children, keys, strict=True):
        yield from _rows(child, "NULL" if own is None else json.dumps(own))


PARTS = r"""
/* A tuple or list ('t'), a dict ('d') or a leaf (' '): what messages call it, how many
   parts it has, its key in the dict that it is in. A whole stands before its parts. */
struct part {
    const char *place;
    char kind;
    int count;
    const char *key;
};

static PyObject *item_of(PyObject *whole, const struct part *own, int k,
                         const char *key)
{
    if (own->kind == 't')
        return PySequence_GetItem(whole, k);
    PyObject *item = PyMapping_GetItemString(whole, key);
    if (item == NULL)
        PyErr_Format(PyExc_KeyError, "%s has no '%s'", own->place, key);
    return item;
}

/* Take an argument apart: new references to its leaves, and how many rows it takes. */
static int parted(PyObject *given, const struct part *own, PyObject ***leaf)
{
    if (own->kind == ' ') {
        *(*leaf)++ = Py_XNewRef(given);
        return 1;
    }
    const int is_tuple = PyTuple_Check(given) || PyList_Check(given);
    if (own->kind == 't' ? !is_tuple : !PyDict_Check(given)) {
        PyErr_Format(PyExc_TypeError, "%s: expected a %s, got %R", own->place,
                     own->kind == 't' ? "tuple" : "dict", (PyObject *)Py_TYPE(given));
        return 0;
    }
    if (PyObject_Size(given) != own->count) {
        PyErr_Format(PyExc_ValueError, "%s: expected %d items, got %zd", own->place,
                     own->count, PyObject_Size(given));
        return 0;
    }
    int rows = 1;
    for (int k = 0; k < own->count; k++) {
        PyObject *item = item_of(given, own, k, own[rows].key);
        const int more = item == NULL ? 0 : parted(item, own + rows, leaf);
        Py_XDECREF(item);
        if (more == 0)
            return 0;
        rows += more;
    }
    return rows;
}
"""
