"""Types from text and from annotations: nothing is evaluated.

Accepted are ``"f64[m, n]"``, ``float``, ``int``, ``Annotated[NDArray[np.float64],
"m, n"]`` and jaxtyping's ``Float64[Array, "m n"]``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import gast

from ..ir import Type
from ..linear import Dim, Linear, Size, derived

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
    "complex": "weak_complex",
    "float": "weak_float",
    "int": "weak_int",
}
LONG = {name: name for name in SHORT.values()}
JAXTYPING = {
    "Float": "float64",
    "Float64": "float64",
    "Float32": "float32",
    "Complex": "complex128",
    "Complex128": "complex128",
    "Complex64": "complex64",
    "Int": "int64",
    "Int64": "int64",
    "Int32": "int32",
    "Bool": "bool",
}
PYTHON = {
    "complex": "weak_complex",
    "float": "weak_float",
    "int": "weak_int",
    "bool": "bool",
}
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


def parse_types(text: str) -> dict[str, Type]:
    """Return the types of ``"w: f64[n], X: f64[m, n]"`` by name.

    Examples
    --------
    >>> {name: str(kind) for name, kind in parse_types("a: f64, b: i64[2, k]").items()}
    {'a': 'f64', 'b': 'i64[2, k]'}
    """
    found: dict[str, Type] = {}
    for part in _split(text):
        name, colon, spec = part.partition(":")
        if not colon or not name.strip().isidentifier():
            raise BadType(f"'{part.strip()}' is not of the form name: type")
        found[name.strip()] = parse_type(spec)
    return found


def _split(text: str) -> Iterator[str]:
    """Split at commas that stand outside of brackets."""
    depth, part = 0, ""
    for letter in text:
        depth += {"[": 1, "]": -1}.get(letter, 0)
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
    """Return a dimension: a number, a name, or a linear form such as ``2*n - 1``."""
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
    raise BadType(f"'{text.strip()}' is not a dimension")


def from_annotation(node: gast.AST | None) -> Type | None:
    """Return the type that an annotation gives, or None if it gives none."""
    try:
        return None if node is None else _annotated(node)
    except BadType:
        return None


def _annotated(node: gast.AST) -> Type | None:
    if isinstance(node, gast.Constant) and isinstance(node.value, str):
        return _quoted(node.value)
    if isinstance(node, (gast.Name, gast.Attribute)):
        name = _last(node)
        dtype = PYTHON.get(name) or LONG.get(name.removesuffix("_"))
        return None if dtype is None else Type(dtype)
    if isinstance(node, gast.Subscript):
        return _subscripted(node)
    return None


def _quoted(text: str) -> Type | None:
    """Return the type in a string: a short one, or a postponed annotation."""
    try:
        return parse_type(text) if text.strip() not in PYTHON else Type(PYTHON[text])
    except BadType:
        try:
            return _annotated(gast.parse(text.strip(), mode="eval").body)
        except SyntaxError:
            return None


def _subscripted(node: gast.Subscript) -> Type | None:
    outer = _last(node.value)
    if not isinstance(node.slice, gast.Tuple) or len(node.slice.elts) < 2:
        return None
    inner, shape = node.slice.elts[:2]
    if not (isinstance(shape, gast.Constant) and isinstance(shape.value, str)):
        return None
    if outer == "Annotated":
        dtype = _array_dtype(inner)
        if dtype is None:
            return _quoted(shape.value)
        return Type(dtype, parse_shape(shape.value))
    if outer in JAXTYPING:
        return Type(JAXTYPING[outer], parse_shape(shape.value))
    return None


def _array_dtype(node: gast.AST) -> str | None:
    """Return the dtype in ``NDArray[np.float64]`` or ``np.ndarray[Any, ...]``."""
    for inner in gast.walk(node):
        if isinstance(inner, (gast.Name, gast.Attribute)):
            name = _last(inner).removesuffix("_")
            if name in LONG or name == "double":
                return LONG.get(name, "float64")
    return None


def _last(node: gast.AST) -> str:
    if isinstance(node, gast.Name):
        return str(node.id)
    return str(node.attr) if isinstance(node, gast.Attribute) else ""
