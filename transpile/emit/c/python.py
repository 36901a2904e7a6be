"""The part of a Python module in C that its functions decide."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from ...records import record
from .glue import GLUE, MATMUL, MODULE
from .kinds import Array, c_type
from .library import ERRORS
from .unit import Entry, File

FORMATS: Mapping[str, str] = {
    "float64": "d",
    "float32": "f",
    "int64": "l",
    "bool": "?",
    "complex128": "Zd",
    "complex64": "Zf",
    "int32": "i",
    "int16": "h",
    "int8": "b",
    "uint8": "B",
    "uint16": "H",
    "uint32": "I",
}
KINDS = (
    "MEMORY INDEX VALUE OVERFLOW RECURSION DIVISION TYPE ASSERTION RUNTIME KEY FLOATING"
    " ARITHMETIC MISSING"
).split()
assert set(KINDS) == set(ERRORS.values())


@record()
class Packing:
    """How results come back: a position, or a tuple of packings."""

    position: int = -1
    parts: tuple[Packing, ...] = ()


@record()
class Called:
    """A function for Python: its C function, and lengths in terms of arguments.

    ``lengths`` has for each parameter, for each axis, what it must be (None: anything);
    ``results`` for each result its lengths. Both are C, with ``v[k]`` for arguments.
    """

    entry: Entry
    signature: str
    lengths: tuple[tuple[str | None, ...], ...]
    results: tuple[tuple[str, ...], ...]
    packing: Packing


def module_text(
    name: str,
    doc: str,
    file: File,
    functions: Mapping[str, Sequence[Called]],
    strict: bool,
) -> str:
    """Return the C of a Python module around a file of C functions."""
    kinds = ", ".join(str(KINDS.index(kind)) for kind, _ in file.messages)
    texts = ",\n    ".join(json.dumps(text) for _, text in file.messages)
    library = "memory->matmul" in file.text
    parts = [
        f"/* The Python module {name}, around the functions of {name}.c. */",
        GLUE.split("struct state {")[0],
        f'#include "{name}.h"\n\nstatic const int message_kinds[] = {{{kinds}}};',
        f"static const char *const message_texts[] = {{\n    {texts}}};\n",
        "struct state {" + GLUE.split("struct state {")[1],
    ]
    parts += [MATMUL] if library else []
    for called in (one for every in functions.values() for one in every):
        parts.append("\n".join(_function(name, called, library, strict)))
    for public, every in functions.items():
        parts.append("\n".join(_choice(public, every)))
    parts.append("\n".join(_methods(functions)))
    parts.append(MODULE % {"name": name, "doc": json.dumps(doc)})
    return "\n".join(parts)


def _function(name: str, called: Called, library: bool, strict: bool) -> Iterator[str]:
    entry = called.entry
    count = len(entry.parameters)
    own = entry.name
    yield f"static const struct parameter {own}_parameters[] = {{"
    for parameter, kind in entry.parameters:
        rank = kind.rank if isinstance(kind, Array) else 0
        dtype = kind.dtype  # type: ignore[union-attr]
        written = int(parameter in entry.written)
        letters = FORMATS[dtype]
        yield f'    {{"{parameter}", "{dtype}", "{letters}", {rank}, {written}}},'
    yield "    {NULL, NULL, NULL, 0, 0}};"
    yield ""
    yield f"static PyObject *python_{own}(struct state *state, PyObject **found)"
    yield "{"
    yield f"    struct value v[{count + 1}] = {{{{{{0}}}}}};"
    yield f"    PyObject *made_here[{len(entry.results) + 1}] = {{NULL}};"
    yield "    PyObject *result = NULL;"
    yield "    int status = 0;"
    yield from _declared(entry)
    yield f"    if (!taken(state, {own}_parameters, {count}, found, v, {int(strict)}))"
    yield "        goto done;"
    yield from _compared(called)
    yield from _prepared(called)
    yield "    {"
    yield "        struct workspace memory = {0};"
    if library:
        yield "        struct caller caller = {state, NULL};"
        yield "        memory.matmul = multiplied;"
        yield "        memory.caller = &caller;"
        yield "        caller.thread = PyEval_SaveThread();"
    else:
        yield "        PyThreadState *thread = PyEval_SaveThread();"
    yield f"        status = {own}({', '.join(_arguments(entry))}, &memory);"
    yield f"        {name}_free(&memory);"
    yield f"        PyEval_RestoreThread({'caller.thread' if library else 'thread'});"
    yield "    }"
    yield "    if (status != 0) {"
    yield "        raised(status);"
    yield "        goto done;"
    yield "    }"
    yield from _returned(called)
    yield "done:"
    yield f"    dropped(v, {count});"
    yield f"    for (int k = 0; k < {len(entry.results)}; k++)"
    yield "        Py_XDECREF(made_here[k]);"
    yield "    return result;"
    yield "}"
    yield ""


def _declared(entry: Entry) -> Iterator[str]:
    for k, result in enumerate(entry.results):
        star = "*" if isinstance(result.kind, Array) else ""
        zero = "NULL" if star else "0"
        yield f"    {c_type(result.kind)} {star}r{k} = {zero};"


def _compared(called: Called) -> Iterator[str]:
    for k, (name, _) in enumerate(called.entry.parameters):
        for axis, wanted in enumerate(called.lengths[k]):
            if wanted is not None:
                found = f"v[{k}].view.shape[{axis}]"
                yield f'    if (!same_length({found}, {wanted}, "{name}", {axis}))'
                yield "        goto done;"


def _prepared(called: Called) -> Iterator[str]:
    for k, result in enumerate(called.entry.results):
        if isinstance(result.kind, Array):
            lengths = ", ".join(called.results[k])
            shape = f"(int64_t[]){{{lengths}}}"
            dtype, rank = result.kind.dtype, result.kind.rank
            make = f'made(state, "{dtype}", {rank}, {shape}, &made_here[{k}])'
            yield f"    if ((r{k} = {make}) == NULL)"
            yield "        goto done;"


def _arguments(entry: Entry) -> Iterator[str]:
    for k, (_, kind) in enumerate(entry.parameters):
        if isinstance(kind, Array):
            yield f"v[{k}].view.buf"
            yield from (f"v[{k}].view.shape[{axis}]" for axis in range(kind.rank))
        elif kind.dtype.startswith("complex"):  # type: ignore[union-attr]
            yield f"v[{k}].real + v[{k}].imaginary * I"
        elif kind.dtype in ("int64", "bool"):  # type: ignore[union-attr]
            yield f"v[{k}].whole"
        else:
            yield f"v[{k}].real"
    for k, result in enumerate(entry.results):
        yield f"r{k}" if isinstance(result.kind, Array) else f"&r{k}"


def _returned(called: Called) -> Iterator[str]:
    for k, result in enumerate(called.entry.results):
        if isinstance(result.kind, Array):
            continue
        dtype = result.kind.dtype  # type: ignore[union-attr]
        if dtype.startswith("complex"):
            number = f"PyComplex_FromDoubles(creal(r{k}), cimag(r{k}))"
        elif dtype in ("int64", "bool"):
            number = f"PyLong_FromLongLong(r{k})"
        else:
            number = f"PyFloat_FromDouble(r{k})"
        yield f'    if ((made_here[{k}] = scalar(state, "{dtype}", {number})) == NULL)'
        yield "        goto done;"
    yield f"    result = {_packed(called.packing)};"


def _packed(packing: Packing) -> str:
    if not packing.parts:
        return f"Py_NewRef(made_here[{packing.position}])"
    letters, values = _format(packing)
    return f'Py_BuildValue("{letters}", {", ".join(values)})'


def _format(packing: Packing) -> tuple[str, list[str]]:
    if not packing.parts:
        return "O", [f"made_here[{packing.position}]"]
    inner = [_format(part) for part in packing.parts]
    letters = "".join(text for text, _ in inner)
    return f"({letters})", [value for _, values in inner for value in values]


def _choice(public: str, every: Sequence[Called]) -> Iterator[str]:
    first = every[0].entry
    count = len(first.parameters)
    yield f"static PyObject *choose_{public}(PyObject *module, PyObject *const *args,"
    yield "    Py_ssize_t count, PyObject *names)"
    yield "{"
    yield f"    PyObject *found[{count + 1}];"
    yield f'    if (!bound("{public}", {first.name}_parameters, {count}, args, count,'
    yield "               names, found))"
    yield "        return NULL;"
    yield "    struct state *state = PyModule_GetState(module);"
    if len(every) == 1:
        yield f"    return python_{first.name}(state, found);"
    else:
        yield "    /* The first that fits, or fits the most arguments and says more. */"
        yield "    int best = 0, most = -1, fit;"
        for k, called in enumerate(every):
            fit = f"fitting({called.entry.name}_parameters, {count}, found)"
            yield f"    if ((fit = {fit}) > most) {{"
            yield f"        best = {k};"
            yield "        most = fit;"
            yield "    }"
        yield "    switch (best) {"
        for k, called in enumerate(every[1:], 1):
            yield f"    case {k}:"
            yield f"        return python_{called.entry.name}(state, found);"
        yield "    default:"
        yield f"        return python_{first.name}(state, found);"
        yield "    }"
    yield "}"
    yield ""


def _methods(functions: Mapping[str, Sequence[Called]]) -> Iterator[str]:
    yield "static PyMethodDef methods[] = {"
    for public, every in functions.items():
        entry = every[0].entry
        names = ", ".join(name for name, _ in entry.parameters)
        head = f"{public}($module, {names})\\n--\\n\\n" if names else ""
        doc = json.dumps(entry.doc)[1:-1]
        yield f'    {{"{public}", (PyCFunction)(void (*)(void))choose_{public},'
        yield f'     METH_FASTCALL | METH_KEYWORDS, "{head}{doc}"}},'
    yield "    {NULL, NULL, 0, NULL}};"
