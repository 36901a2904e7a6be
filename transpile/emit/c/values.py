"""The kinds of expressions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from . import library
from .kinds import (
    BOOL,
    COMPLEX,
    INT,
    NONE,
    ORDER,
    REAL,
    Array,
    Differs,
    Kind,
    Number,
    Several,
    joined,
    number,
    promoted,
    unspelled,
)
from .matrices import MATRICES


class Asked(Protocol):
    """What an expression needs to know of its function."""

    def of_name(self, name: str) -> Kind: ...  # noqa: D102
    def of_call(self, node: ast.Call) -> Kind | None: ...  # noqa: D102
    def allocates(self) -> None: ...  # noqa: D102


def kind_of(node: ast.expr, of: Asked) -> Kind:
    """Return the kind of an expression."""
    found = FORMS.get(type(node))
    if found is None:
        raise unspelled(ast.unparse(node))
    return found(node, of)


def numbers(nodes: Sequence[ast.expr], of: Asked) -> Number:
    """Return the kind of numbers put together."""
    kind: Kind = NONE
    for node in nodes:
        one = kind_of(node, of)
        if not isinstance(one, Number):
            raise unspelled(f"an array as operand: {ast.unparse(node)}")
        kind = joined(kind, one)
    assert isinstance(kind, Number)
    return kind


def real_part(dtype: str) -> str:
    """Return the dtype of the parts of a complex number.

    Examples
    --------
    >>> real_part("complex64"), real_part("float64")
    ('float32', 'float64')
    """
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


# ---- forms ----


def _constant(node: ast.Constant, of: Asked) -> Kind:
    kinds: Mapping[type, Kind] = {
        bool: BOOL,
        int: INT,
        float: REAL,
        complex: COMPLEX,
        type(None): NONE,
    }
    found = kinds.get(type(node.value))
    if found is None:
        raise unspelled(repr(node.value))
    return found


def _binary(node: ast.BinOp, of: Asked) -> Kind:
    if isinstance(node.op, ast.MatMult):
        return _product(kind_of(node.left, of), kind_of(node.right, of), of)
    left, right = numbers([node.left], of), numbers([node.right], of)
    if isinstance(node.op, ast.Pow) and _is_whole(node.right):
        return left if left != BOOL else INT
    both = promoted(left, right)
    if isinstance(node.op, ast.BitAnd | ast.BitOr | ast.BitXor):
        return both
    if isinstance(node.op, ast.Div):
        return REAL if both in (BOOL, INT) else both
    return INT if both == BOOL else both


def _is_whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def _product(a: Kind, b: Kind, of: Asked) -> Kind:
    if not (isinstance(a, Array) and isinstance(b, Array)) or max(a.rank, b.rank) > 2:
        raise unspelled("such a product")
    if a.dtype != b.dtype:
        raise unspelled("a product of arrays of two dtypes")
    rank = a.rank + b.rank - 2
    of.allocates()
    return Array(a.dtype, rank) if rank else number(a.dtype)


def _unary(node: ast.UnaryOp, of: Asked) -> Kind:
    one = numbers([node.operand], of)
    if isinstance(node.op, ast.Not):
        return BOOL
    return INT if one == BOOL else one


def _truth(node: ast.expr, of: Asked) -> Kind:
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.expr):
            kind_of(inner, of)
    return BOOL


def _chosen(node: ast.IfExp, of: Asked) -> Kind:
    kind_of(node.test, of)
    return joined(kind_of(node.body, of), kind_of(node.orelse, of))


def _attribute(node: ast.Attribute, of: Asked) -> Kind:
    if ast.unparse(node) in library.CONSTANTS:
        return REAL
    base = kind_of(node.value, of)
    if node.attr in ("real", "imag") and not isinstance(base, Several):
        part = real_part(base.dtype)
        return (
            Array(part, base.rank, False) if isinstance(base, Array) else Number(part)
        )
    if isinstance(base, Array):
        if node.attr == "shape":
            return Several((INT,) * base.rank)
        if node.attr == "size":
            return INT
        if node.attr == "T":
            return Array(base.dtype, base.rank, base.packed and base.rank < 2)
    raise unspelled(f".{node.attr}")


def indices(node: ast.Subscript) -> list[ast.expr]:
    """Return what stands in the brackets."""
    inside = node.slice
    return list(inside.elts) if isinstance(inside, ast.Tuple) else [inside]


def _subscript(node: ast.Subscript, of: Asked) -> Kind:
    base, inside = kind_of(node.value, of), indices(node)
    if isinstance(base, Several):
        if isinstance(inside[0], ast.Constant) and isinstance(inside[0].value, int):
            return base.parts[inside[0].value]
        raise unspelled("a tuple with an index that varies")
    if not isinstance(base, Array):
        return NONE  # not known yet
    for each in inside:
        if isinstance(each, ast.Slice) or kind_of(each, of) in (INT, BOOL, NONE):
            continue
        if isinstance(each, ast.Name):
            raise Differs(each.id)
        raise unspelled(f"such an index: {ast.unparse(node)}")
    points = [not isinstance(each, ast.Slice) for each in inside]
    rank = base.rank - sum(points)
    if not rank:
        return number(base.dtype)
    return Array(base.dtype, rank, base.packed and _is_together(inside, points))


def _is_together(inside: Sequence[ast.expr], points: Sequence[bool]) -> bool:
    """Whether what indices leave of a packed array is packed."""
    first = points.index(False) if False in points else len(points)
    return all(
        isinstance(each, ast.Slice)
        and each.step is None
        and (k == 0 or (each.lower is None and each.upper is None))
        for k, each in enumerate(inside[first:])
    )


def _called(node: ast.Call, of: Asked) -> Kind:
    own = of.of_call(node)
    if own is not None:
        return own
    name = ast.unparse(node.func)
    if name in library.CASTS:
        numbers(node.args, of)
        return number(library.CASTS[name])
    short = name.removeprefix("np.").removeprefix("math.")
    if short != name and short in FUNCTIONS:
        return FUNCTIONS[short](node, of)
    if name in BUILTINS:
        return BUILTINS[name](node, of)
    if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
        return METHODS[node.func.attr](node, of)
    raise unspelled(f"{name}")


# ---- calls ----


def _real(node: ast.Call, of: Asked) -> Kind:
    short = ast.unparse(node.func).rpartition(".")[2]
    both = numbers(node.args, of)
    if both.dtype.startswith("complex"):
        if short not in library.COMPLEX:
            raise unspelled(f"{short} of a complex number")
        return both
    return REAL if both in (BOOL, INT) else both


def _same(node: ast.Call, of: Asked) -> Kind:
    both = numbers(node.args, of)
    return INT if both == BOOL else both


def _tested(node: ast.Call, of: Asked) -> Kind:
    numbers(node.args, of)
    return BOOL


def _absolute(node: ast.Call, of: Asked) -> Kind:
    one = numbers(node.args, of)
    return INT if one == BOOL else Number(real_part(one.dtype))


def _scaled(node: ast.Call, of: Asked) -> Kind:
    return _real(ast.Call(node.func, node.args[:1], []), of)


def _made(node: ast.Call, of: Asked) -> Kind:
    (shape,) = node.args
    dtype = "float64"
    for keyword in node.keywords:
        dtype = library.CASTS[ast.unparse(keyword.value)]
    of.allocates()
    kind = kind_of(shape, of)
    rank = len(kind.parts) if isinstance(kind, Several) else 1
    return Array(dtype, rank)


def _copied(node: ast.Call, of: Asked) -> Kind:
    inner = node.args[0] if node.args else node.func.value  # type: ignore[attr-defined]
    base = kind_of(inner, of)
    if not isinstance(base, Array):
        return base
    of.allocates()
    return Array(base.dtype, base.rank)


def _raveled(node: ast.Call, of: Asked) -> Kind:
    base = _copied(node, of)
    return Array(base.dtype, 1) if isinstance(base, Array) else base


def _turned(node: ast.Call, of: Asked) -> Kind:
    assert isinstance(node.func, ast.Attribute)
    if node.args:
        raise unspelled("transpose with axes")
    return _attribute(ast.Attribute(node.func.value, "T", ast.Load()), of)


def _transposed(node: ast.Call, of: Asked) -> Kind:
    if len(node.args) > 1:
        raise unspelled("transpose with axes")
    return _attribute(ast.Attribute(node.args[0], "T", ast.Load()), of)


def _reshaped(node: ast.Call, of: Asked) -> Kind:
    assert isinstance(node.func, ast.Attribute)
    if ast.unparse(node.func) == "np.reshape":
        base, shape = kind_of(node.args[0], of), node.args[1:]
    else:
        base, shape = kind_of(node.func.value, of), node.args
    if not isinstance(base, Array):
        return base
    if not base.packed:
        raise unspelled("a reshape of memory that is not contiguous")
    return Array(base.dtype, len(lengths(shape)))


def lengths(shape: Sequence[ast.expr]) -> list[ast.expr]:
    """Return the lengths of a shape given as a tuple or one by one."""
    if len(shape) == 1 and isinstance(shape[0], ast.Tuple):
        return list(shape[0].elts)
    return list(shape)


def _viewed(node: ast.Call, of: Asked) -> Kind:
    return Number(library.CASTS[ast.unparse(node.args[0])])


def _dotted(node: ast.Call, of: Asked) -> Kind:
    if len(node.args) == 3:
        of.allocates()
        return kind_of(node.args[2], of)
    return _product(kind_of(node.args[0], of), kind_of(node.args[1], of), of)


def _of_matrices(node: ast.Call, of: Asked) -> Kind:
    """Return the kind of what a solver gives, or what orders or searches."""
    name = ast.unparse(node.func)
    kinds = [kind_of(each, of) for each in node.args]
    of.allocates()
    arrays = [kind for kind in kinds if isinstance(kind, Array)]
    if not arrays:
        return NONE  # not known yet
    return MATRICES[name.removeprefix("np.")](name, arrays, kinds[-1])


FORMS: Mapping[type, Callable[..., Kind]] = {
    ast.Constant: _constant,
    ast.Name: lambda node, of: of.of_name(node.id),
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _truth,
    ast.Compare: _truth,
    ast.IfExp: _chosen,
    ast.Tuple: lambda node, of: Several(tuple(kind_of(e, of) for e in node.elts)),
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: _called,
}
FUNCTIONS: Mapping[str, Callable[[ast.Call, Asked], Kind]] = {
    **dict.fromkeys(library.REAL, _real),
    **dict.fromkeys(library.FACTORS, _real),
    **dict.fromkeys(library.OURS, _same),
    **dict.fromkeys(library.TESTS, _tested),
    "signbit": _tested,
    "conjugate": _same,
    "angle": _absolute,
    "abs": _absolute,
    "absolute": _absolute,
    "ldexp": _scaled,
    **dict.fromkeys(("empty", "zeros"), _made),
    "ascontiguousarray": _copied,
    "ravel": _raveled,
    "reshape": _reshaped,
    "transpose": _transposed,
    "dot": _dotted,
    **dict.fromkeys(MATRICES, _of_matrices),
}
BUILTINS: Mapping[str, Callable[[ast.Call, Asked], Kind]] = {
    "len": lambda node, of: INT,
    "abs": _absolute,
    "max": _same,
    "min": _same,
}
METHODS: Mapping[str, Callable[[ast.Call, Asked], Kind]] = {
    "view": _viewed,
    "copy": _copied,
    "ravel": _raveled,
    "reshape": _reshaped,
    "transpose": _turned,
}
__all__ = ["ORDER", "indices", "kind_of", "lengths", "numbers", "real_part"]
