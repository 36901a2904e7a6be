"""Types from annotations: nothing is evaluated.

Accepted are ``"f64[m, n]"``, ``float``, ``int``, ``Annotated[NDArray[np.float64],
"m, n"]`` and jaxtyping's ``Float64[Array, "m n"]``.
"""

from __future__ import annotations

import gast

from ..graph.ir import Type
from ..typetext import LONG, BadType, parse_shape, parse_type

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
    "Generator": "generator",
    "RandomState": "random_state",
}


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
