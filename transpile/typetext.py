"""Types as text: ``w: f64[n], p: {a: f64, b: (f64[n], int)}``."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping

from .graph.ir import Argument, Packed, Type
from .graph.linear import Dim, Linear, Size, derived
from .graph.structures import Opaque, Structure

SHORT = {
    "f64": "float64",
    "f32": "float32",
    "c128": "complex128",
    "c64": "complex64",
    "i64": "int64",
    "i32": "int32",
    "i16": "int16",
    "i8": "int8",
    "u64": "uint64",
    "u32": "uint32",
    "u16": "uint16",
    "u8": "uint8",
    "bool": "bool",
    "Generator": "generator",
    "RandomState": "random_state",
    "complex": "weak_complex",
    "float": "weak_float",
    "int": "weak_int",
}
LONG = {name: name for name in SHORT.values()}
_OPEN = re.compile(r"(?<=[\[,])(\s*)(?:::1|:)(?=\s*[,\]])")
_SPEC = re.compile(r"\s*(\w+)\s*(?:\[(.*)\])?\s*$", re.DOTALL)


class BadType(ValueError):
    """The text is not a type."""


def parse_type(text: str) -> Type:
    """Return the type that a short text means.

    Examples
    --------
    >>> print(parse_type("f64[m, n + 1]"), parse_type("f32"), parse_type("int"))
    f64[m, n + 1] f32 weak_int
    """
    match = _SPEC.match(text)
    name = match.group(1) if match else ""
    dtype = SHORT.get(name) or LONG.get(name)
    if match is None or dtype is None:
        known = "f64, f64[m, n] or i64[n]"
        raise BadType(f"'{text.strip()}' is not a type such as {known}")
    inside = match.group(2)
    return Type(dtype, () if inside is None else parse_shape(inside))


def parse_types(text: str) -> dict[str, Argument]:
    """Return the types of ``"w: f64[n], X: f64[m, n]"`` by name.

    Examples
    --------
    >>> {name: str(kind) for name, kind in parse_types("a: f64, b: i64[2, k]").items()}
    {'a': 'f64', 'b': 'i64[2, k]'}
    >>> spelled(parse_types("p: {w: f64[n], b: (f64, 'text', None)}, q: P(x=f64)"))
    "p: {w: f64[n], b: (f64, 'text', None)}, q: P(x=f64)"
    """
    found: dict[str, Argument] = {}
    for part in _split(text):
        name, colon, spec = part.partition(":")
        if not colon or not name.strip().isidentifier():
            raise BadType(f"'{part.strip()}' is not of the form name: type")
        found[name.strip()] = parse_argument(_named(name.strip(), spec))
    return found


def _named(name: str, spec: str) -> str:
    """Name the axes that are written as in Numba: ``f64[:, :]`` of ``X``.

    Examples
    --------
    >>> _named("X", "f64[:, 3]"), _named("p", "(f64[:], f64[::1, n])")
    ('f64[X_0, 3]', '(f64[p_0], f64[p_1, n])')
    """
    numbers = itertools.count()
    return _OPEN.sub(lambda m: f"{m.group(1)}{name}_{next(numbers)}", spec)


def _split(text: str) -> Iterator[str]:
    """Split at commas that stand outside of brackets."""
    depth, part = 0, ""
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            yield part
            part = ""
        else:
            part += letter
    if part.strip():
        yield part


def parse_shape(text: str) -> tuple[Dim, ...]:
    """Return the dimensions of ``"m, n"`` or, as in jaxtyping, ``"m n"``."""
    parts = list(_split(text)) if "," in text else text.split()
    if "," not in text and re.search(r"[-+*]", text):
        parts = [text]
    return tuple(parse_dim(part) for part in parts if part.strip())


def parse_dim(text: str) -> Dim:
    """Return a dimension: a number, a name, or a linear form such as ``2*n - 1``.

    ``clip(n - 1)`` is ``n - 1``, or 0 where that is negative; ``ceil(n, 2)`` is half
    of ``n``, rounded up.

    Examples
    --------
    >>> print(parse_dim("2*n - 1"), parse_dim("clip(n - 1)"), parse_dim("ceil(n, 2)"))
    2*n - 1 clip(n - 1) ceil(n, 2)
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise BadType(f"'{text.strip()}' is not a dimension") from None
    return _dim(tree, text)


def _dim(node: ast.expr, text: str) -> Dim:
    match node:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return Linear.number(number)
        case ast.Name(id=name):
            return Linear.of(Size(name))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _dim(left, text) + _dim(right, text)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _dim(left, text) - _dim(right, text)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return derived("product", _dim(left, text), _dim(right, text))
        case ast.Call(func=ast.Name(id="clip"), args=[part], keywords=[]):
            return derived("clip", _dim(part, text))
        case ast.Call(
            func=ast.Name(id="ceil"), args=[part, ast.Constant(value=int(step))]
        ) if step > 0:
            return derived("ceil", _dim(part, text), step)
    raise BadType(f"'{text.strip()}' is not a dimension")


# ---- what holds parts ----


def parse_argument(text: str) -> Argument:
    """Return the type that a text means, of what may hold parts."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return parse_type(text)
    if isinstance(node, (ast.Name, ast.Subscript)):
        return parse_type(text)
    types: list[Type] = []
    return Packed(_structure(node, types), tuple(types))


def _structure(node: ast.expr, types: list[Type]) -> Structure:
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            kind = "list" if isinstance(node, ast.List) else "tuple"
            return Structure(kind, tuple(_structure(part, types) for part in parts))
        case ast.Dict(keys=keys, values=parts):
            names = tuple(map(_key, keys))
            children = tuple(_structure(part, types) for part in parts)
            return Structure("dict", children, names)
        case ast.Call(func=func, args=[], keywords=parts):
            names = tuple(str(part.arg) for part in parts)
            children = tuple(_structure(part.value, types) for part in parts)
            return Structure(UNRESOLVED, children, names, given=ast.unparse(func))
        case ast.Constant(value=str() | None):
            return Structure("none", given=node.value)
        case ast.Constant(value=value) if value is ...:
            return Structure("none", given=Opaque("not given"))
    types.append(parse_type(ast.unparse(node)))
    return Structure()


# A record whose class is known by its name only, which is what it is ``given``.
UNRESOLVED = "record"


def _key(node: ast.expr | None) -> object:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int)):
        return node.value
    raise BadType("the keys of a dict are words, text or whole numbers")


def spelled(types: Mapping[str, Argument]) -> str:
    """Return types as they are written in ``--types``.

    Examples
    --------
    >>> spelled({"x": Type("float64"), "k": Type("weak_int")})
    'x: f64, k: int'
    """
    return ", ".join(f"{name}: {spelled_type(kind)}" for name, kind in types.items())


def spelled_type(kind: Argument) -> str:
    """Return one type as it is written in ``--types``."""
    if isinstance(kind, Packed):
        return _spelled(kind.structure, list(kind.types))
    return _PYTHON_TYPES.get(str(kind), str(kind))


_PYTHON_TYPES = {"weak_float": "float", "weak_int": "int", "weak_complex": "complex"}


def _spelled(structure: Structure, types: list[Type]) -> str:
    if structure.kind == "leaf":
        return spelled_type(types.pop(0))
    if structure.kind == "none":
        given = structure.given
        return "..." if isinstance(given, Opaque) else repr(given)
    parts = [_spelled(child, types) for child in structure.children]
    if structure.kind == "tuple":
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    if structure.kind == "list":
        return f"[{', '.join(parts)}]"
    names = map(_spelled_key, structure.names)
    if structure.kind == "dict":
        return f"{{{', '.join(map(': '.join, zip(names, parts, strict=True)))}}}"
    record = structure.record
    name = structure.given if record is None else record.name
    return f"{name}({', '.join(map('='.join, zip(names, parts, strict=True)))})"


def _spelled_key(key: object) -> str:
    return key if isinstance(key, str) and key.isidentifier() else repr(key)
