"""The part of a Python module in C that its functions decide."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from ...records import record
from .arguments import PARTS, Argument, parts_table, preset, signature
from .glue import GLUE, MATMUL, MODULE
from .kinds import Array, c_type
from .library import ERRORS
from .support import pruned
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
    """How results come back: a position, or a tuple, list or dict of packings."""

    position: int = -1
    parts: tuple[Packing, ...] = ()
    kind: str = "tuple"
    keys: tuple[str, ...] = ()


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
    arguments: tuple[Argument, ...]


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
    several = [one for every in functions.values() for one in every]
    parts = ["\n".join(_function(name, one, library, strict)) for one in several]
    for public, every in functions.items():
        parts.append("\n".join(_choice(public, every)))
    parts.append("\n".join(_methods(functions)))
    parts.append(MODULE % {"name": name, "doc": json.dumps(doc)})
    rest = "\n".join(parts)
    first, second = GLUE.split("struct state {")
    glue = ["struct state {" + second, MATMUL * library]
    glue += [PARTS] * any(map(_has_parts, several))
    head = [
        f"/* The Python module {name}, around the functions of {name}.c. */",
        first,
        f'#include "{name}.h"\n\nstatic const int message_kinds[] = {{{kinds}}};',
        f"static const char *const message_texts[] = {{\n    {texts}}};\n",
        pruned("\n".join(filter(None, glue)), rest),
        rest,
    ]
    return "\n".join(head)


def _function(name: str, called: Called, library: bool, strict: bool) -> Iterator[str]:
    entry = called.entry
    count = len(entry.parameters)
    own = entry.name
    yield f"static const struct parameter {own}_parameters[] = {{"
    places = [(p, a) for a in called.arguments for p in a.places]
    for (place, argument), (parameter, kind) in zip(
        places, entry.parameters, strict=True
    ):
        rank = kind.rank if isinstance(kind, Array) else 0
        dtype = kind.dtype  # type: ignore[union-attr]
        written = int(parameter in entry.written)
        letters = FORMATS[dtype]
        rest = "0, 0, 0.0, 0.0"
        if argument.default is not None:
            rest = preset(argument.default, dtype)
        head = f'{json.dumps(place)}, "{dtype}", "{letters}", {rank}, {written}'
        yield f"    {{{head}, {rest}}},"
    yield "    {NULL, NULL, NULL, 0, 0, 0, 0, 0.0, 0.0}};"
    yield ""
    yield f"static PyObject *python_{own}(struct state *state, PyObject **found)"
    yield "{"
    yield f"    struct value v[{count + 1}] = {{0}};"
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
    if packing.position >= 0:
        return f"Py_NewRef(made_here[{packing.position}])"
    letters, values = _format(packing)
    return f"Py_BuildValue({', '.join([json.dumps(letters), *values])})"


def _format(packing: Packing) -> tuple[str, list[str]]:
    if packing.position >= 0:
        return "O", [f"made_here[{packing.position}]"]
    inner = [_format(part) for part in packing.parts]
    if packing.kind == "dict":
        letters = ", ".join(f"s: {text}" for text, _ in inner)
        pairs = zip(packing.keys, inner, strict=True)
        values = [v for key, (_, vs) in pairs for v in (json.dumps(key), *vs)]
        return f"{{{letters}}}", values
    letters = "".join(text for text, _ in inner)
    around = "[]" if packing.kind == "list" else "()"
    return around[0] + letters + around[1], [v for _, vs in inner for v in vs]


def _has_parts(called: Called) -> bool:
    return not all(argument.is_whole for argument in called.arguments)


def _naming(public: str, called: Called) -> Iterator[str]:
    """Yield what a function's parameters are called, as a table."""
    arguments = called.arguments
    count = len(arguments)
    names = "".join(f'"{argument.name}", ' for argument in arguments)
    optional = "".join(str(int(a.default is not None)) for a in arguments)
    free = sum(not argument.is_keyword for argument in arguments)
    yield f"static const char *const {public}_names[] = {{{names}NULL}};"
    yield f"static const struct naming {public}_naming = {{"
    yield f'    "{public}", {count}, {free}, {public}_names, "{optional}"}};'
    if _has_parts(called):
        yield ""
        yield f"static const struct part {public}_parts[] = {{"
        yield from parts_table(arguments)
        yield "};"
    yield ""


def _choice(public: str, every: Sequence[Called]) -> Iterator[str]:
    first = every[0]
    count = len(first.arguments)
    leaves = len(first.entry.parameters)
    yield from _naming(public, first)
    yield f"static PyObject *choose_{public}(PyObject *module, PyObject *const *args,"
    yield "    Py_ssize_t count, PyObject *names)"
    yield "{"
    whole = "whole" if _has_parts(first) else "found"
    yield f"    PyObject *{whole}[{count + 1}];"
    yield f"    if (!bound(&{public}_naming, args, count, names, {whole}))"
    yield "        return NULL;"
    yield "    struct state *state = PyModule_GetState(module);"
    if not _has_parts(first):
        yield from _chosen(every, "return ")
        yield "}"
        yield ""
        return
    yield "    PyObject *result = NULL;"
    yield f"    PyObject *found[{leaves + 1}] = {{NULL}}, **leaf = found;"
    yield "    int row = 0, more = 1;"
    yield f"    for (int k = 0; more && k < {count}; k++)"
    yield f"        row += more = parted(whole[k], {public}_parts + row, &leaf);"
    yield "    if (!more)"
    yield "        goto done;"
    yield from _chosen(every, "result = ")
    yield "done:"
    yield f"    for (int k = 0; k < {leaves}; k++)"
    yield "        Py_XDECREF(found[k]);"
    yield "    return result;"
    yield "}"
    yield ""


def _chosen(every: Sequence[Called], give: str) -> Iterator[str]:
    """Yield the call of the function that fits the arguments."""
    count = len(every[0].entry.parameters)
    if len(every) == 1:
        yield f"    {give}python_{every[0].entry.name}(state, found);"
        return
    yield "    /* The first that fits, or fits the most arguments and says more. */"
    yield "    int best = 0, most = -1, fit;"
    for k, called in enumerate(every):
        fit = f"fitting({called.entry.name}_parameters, {count}, found)"
        yield f"    if ((fit = {fit}) > most) {{"
        yield f"        best = {k};"
        yield "        most = fit;"
        yield "    }"
    names = ", ".join(f"python_{called.entry.name}" for called in every)
    yield "    PyObject *(*const every[])(struct state *, PyObject **) = {"
    yield f"        {names}}};"
    yield f"    {give}every[best](state, found);"


def _methods(functions: Mapping[str, Sequence[Called]]) -> Iterator[str]:
    yield "static PyMethodDef methods[] = {"
    for public, every in functions.items():
        entry = every[0].entry
        names = signature(every[0].arguments)
        head = f"{public}($module, {names})\\n--\\n\\n" if names else ""
        doc = json.dumps(entry.doc)[1:-1]
        yield f'    {{"{public}", (PyCFunction)(void (*)(void))choose_{public},'
        yield f'     METH_FASTCALL | METH_KEYWORDS, "{head}{doc}"}},'
    yield "    {NULL, NULL, 0, NULL}};"
