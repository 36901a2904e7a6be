"""The types of results: dtypes as NumPy promotes them (NEP 50), shapes, layouts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .created import CREATED, Attrs, Operands, Rule, lengths_of
from .dtypes import (
    DTYPES,
    REDUCED,
    elementwise_dtype,
    is_bool,
    keep_imaginary,
    promote,
    real,
    require_complex,
    strong,
)
from .ir import WHOLE_VIEWS, Index, Type
from .linear import Dim, Linear
from .ops import OPS
from .shapes import (
    ONE,
    Pair,
    TypeRefused,
    broadcast,
    broadcast_pairs,
    equal_pairs,
    is_basic,
    product,
    same,
    section,
    section_pairs,
    text,
    transposed,
)
from .solvers import pairs as solver_pairs
from .solvers import searched, solved
from .spectra import transformed

__all__ = [
    "TypeRefused",
    "broadcast",
    "infer",
    "is_alias",
    "promote",
    "same",
    "section",
    "unproved",
]


def _elementwise(op: str, operands: Operands, attrs: Attrs) -> Type:
    shape = broadcast([v.type.shape for v in operands])
    dtypes = [v.type.dtype for v in operands]
    if op in ("add", "multiply") and not shape and is_bool(*dtypes):
        raise TypeRefused(
            f"{op} of two truth values: Python and NumPy disagree on the result",
            "use and, or; or convert with int()",
        )
    if op == "power" and all(d == "weak_int" for d in dtypes):
        exponent = operands[1].as_linear.value
        if exponent is not None and exponent < 0:
            return Type("weak_float")
    return Type(elementwise_dtype(op, dtypes, attrs), shape)


def _cast(op: str, operands: Operands, attrs: Attrs) -> Type:
    dtype = attrs["dtype"]
    if dtype not in DTYPES:
        promote(dtype)
    keep_imaginary(operands[0].type.dtype, dtype, "a conversion")
    return Type(dtype, operands[0].type.shape)


# ---- reductions ----


def _reduction(op: str, operands: Operands, attrs: Attrs) -> Type:
    (x,) = operands
    axes = attrs["axis"]
    if x.type.is_complex:
        require_complex(op)
    if any(not 0 <= axis < x.type.rank for axis in axes):
        raise TypeRefused(
            f"axis {axes} of an array with {x.type.rank} axes",
            f"axes count from 0 to {x.type.rank - 1}",
        )
    shape: list[Dim] = []
    for axis, length in enumerate(x.type.shape):
        if axis not in axes:
            shape.append(length)
        elif attrs.get("keepdims", False):
            shape.append(ONE)
    if op in ("argmax", "argmin") and len(axes) not in (1, x.type.rank):
        raise TypeRefused(f"{op} over several axes", "reshape first")
    return Type(REDUCED[op](x.type.dtype), tuple(shape))


def _scan(op: str, operands: Operands, attrs: Attrs) -> Type:
    (x,) = operands
    if not 0 <= attrs["axis"] < x.type.rank:
        raise TypeRefused(f"axis {attrs['axis']} of an array with {x.type.rank} axes")
    return Type(REDUCED[op](x.type.dtype), x.type.shape)


# ---- products ----

# op -> ranks of the operands, or None for any.
RANKS: Mapping[str, tuple[int, int]] = {
    "dot": (1, 1),
    "matvec": (2, 1),
    "vecmat": (1, 2),
    "outer": (1, 1),
}


def _contracted(op: str, x: Type, y: Type) -> Pair | None:
    """Return the two lengths that a product sums over."""
    if op == "outer":
        return None
    return x.shape[-1], y.shape[0 if y.rank == 1 else -2]


def _product(op: str, operands: Operands, attrs: Attrs) -> Type:
    x, y = (v.type for v in operands)
    ranks = RANKS.get(op)
    if (x.rank, y.rank) != ranks and (ranks or min(x.rank, y.rank) < 2):
        raise TypeRefused(f"{op} of arrays with {x.rank} and {y.rank} axes")
    dtype = strong(promote(x.dtype, y.dtype))
    if dtype == "bool":
        raise TypeRefused(f"{op} of boolean arrays", "convert with .astype first")
    pair = _contracted(op, x, y)
    if pair is not None and same(*pair) is False:
        raise TypeRefused(
            f"shapes {text(x.shape)} and {text(y.shape)} don't fit a product",
            f"{pair[0]} and {pair[1]} would have to be equal",
        )
    if op == "matmul":
        batch = broadcast([x.shape[:-2], y.shape[:-2]])
        return Type(dtype, (*batch, x.shape[-2], y.shape[-1]))
    shapes = {
        "dot": (),
        "matvec": x.shape[:-1],
        "vecmat": y.shape[1:],
        "outer": x.shape + y.shape,
    }
    return Type(dtype, shapes[op])


# ---- shapes ----


def _reshape(op: str, operands: Operands, attrs: Attrs) -> Type:
    x, shape = operands[0].type, lengths_of(operands[1:])
    if same(product(x.shape), product(shape)) is False:
        raise TypeRefused(
            f"cannot reshape an array of shape {text(x.shape)} into {text(shape)}",
            "the number of elements must stay the same",
        )
    return Type(strong(x.dtype) if shape else x.dtype, shape)


def _transpose(op: str, operands: Operands, attrs: Attrs) -> Type:
    x, axes = operands[0].type, attrs["axes"]
    if sorted(axes) != list(range(x.rank)):
        raise TypeRefused(f"axes {axes} of an array with {x.rank} axes")
    return transposed(x, axes)


def _part(op: str, operands: Operands, attrs: Attrs) -> Type:
    x = operands[0].type
    if not x.is_complex:
        raise TypeRefused(f"{op} of {x.dtype}", "leave it out: the numbers are real")
    return Type(real(x.dtype), x.shape, "A" if x.rank else "C")


def _broadcast_to(op: str, operands: Operands, attrs: Attrs) -> Type:
    x, shape = operands[0].type, lengths_of(operands[1:])
    reach = broadcast([x.shape, shape])
    if x.rank > len(shape) or any(
        d == ONE and e != ONE for d, e in zip(shape, reach, strict=True)
    ):
        raise TypeRefused(f"cannot broadcast {text(x.shape)} to {text(shape)}")
    # Any strides: what NumPy returns repeats elements in memory.
    return Type(strong(x.dtype), shape, "A") if shape else x


def _concatenate(op: str, operands: Operands, attrs: Attrs) -> Type:
    types, axis = [v.type for v in operands], attrs["axis"]
    dtype = strong(promote(*(t.dtype for t in types)))
    if len({t.rank for t in types}) != 1 or not 0 <= axis < types[0].rank:
        raise TypeRefused(
            "concatenate of arrays with "
            + ", ".join(str(t.rank) for t in types)
            + f" axes along axis {axis}",
            "give all of them the same number of axes",
        )
    _refuse_different(op, _side_pairs([t.shape for t in types], axis))
    shape = list(types[0].shape)
    for t in types[1:]:
        shape[axis] = shape[axis] + t.shape[axis]
    return Type(dtype, tuple(shape))


def _stack(op: str, operands: Operands, attrs: Attrs) -> Type:
    types, axis = [v.type for v in operands], attrs["axis"]
    dtype = strong(promote(*(t.dtype for t in types)))
    if len({t.rank for t in types}) != 1 or not 0 <= axis <= types[0].rank:
        raise TypeRefused("stack of arrays of different shapes")
    _refuse_different(op, _side_pairs([t.shape for t in types], None))
    shape = list(types[0].shape)
    shape.insert(axis, Linear.number(len(types)))
    return Type(dtype, tuple(shape))


def _side_pairs(shapes: Sequence[tuple[Dim, ...]], axis: int | None) -> list[Pair]:
    first, *others = shapes
    return [
        (d, e)
        for other in others
        for place, (d, e) in enumerate(zip(first, other, strict=True))
        if place != axis
    ]


def _refuse_different(op: str, pairs: Sequence[Pair]) -> None:
    for d, e in pairs:
        if same(d, e) is False:
            raise TypeRefused(f"{op} of arrays whose lengths differ: {d} and {e}")


def _flip(op: str, operands: Operands, attrs: Attrs) -> Type:
    return Type(operands[0].type.dtype, operands[0].type.shape)


def _copy(op: str, operands: Operands, attrs: Attrs) -> Type:
    x, order = operands[0].type, attrs.get("order", "C")
    if order not in ("C", "F"):
        raise TypeRefused(f"copy in order {order!r}", "use order 'C' or 'F'")
    return Type(x.dtype, x.shape, "F" if order == "F" and x.rank > 1 else "C")


def _dim(op: str, operands: Operands, attrs: Attrs) -> Type:
    if not 0 <= attrs["axis"] < operands[0].type.rank:
        raise TypeRefused(
            f"axis {attrs['axis']} of an array with {operands[0].type.rank} axes"
        )
    return Type("weak_int")


# ---- elements ----


def _index(op: str, operands: Operands, attrs: Attrs) -> Type:
    base, *slots = operands
    if len(attrs["path"]) != 1:
        raise TypeRefused("a read through more than one index step")
    found = section(base.type, attrs["path"], slots)
    lengths = attrs.get("lengths")
    return found if lengths is None else Type(found.dtype, lengths, found.layout)


def _write(op: str, operands: Operands, attrs: Attrs) -> Type:
    base, value, *slots = operands
    keep_imaginary(value.type.dtype, base.type.dtype, "a store")
    shape = attrs.get("lengths") or section(base.type, attrs["path"], slots).shape
    extra = value.type.rank - len(shape)
    inner = value.type.shape[max(extra, 0) :]
    reach = broadcast([inner, shape])
    grows = any(d == ONE and e != ONE for d, e in zip(shape, reach, strict=True))
    if grows or any(d != ONE for d in value.type.shape[: max(extra, 0)]):
        raise TypeRefused(
            f"cannot store an array of shape {text(value.type.shape)}"
            f" into one of shape {text(shape)}"
        )
    return base.type


RULES: dict[str, Rule] = {
    "cast": _cast,
    "cumsum": _scan,
    "cumprod": _scan,
    "dim": _dim,
    "reshape": _reshape,
    "transpose": _transpose,
    "real": _part,
    "imag": _part,
    "broadcast_to": _broadcast_to,
    "concatenate": _concatenate,
    "stack": _stack,
    "flip": _flip,
    "copy": _copy,
    **CREATED,
    "index": _index,
    "store": _write,
    "accumulate": _write,
}
BY_CATEGORY: Mapping[str, Rule] = {
    "elementwise": _elementwise,
    "reduction": _reduction,
    "product": _product,
    "solver": solved,
    "transform": transformed,
    "search": searched,
}


def infer(op: str, operands: Operands, attrs: Attrs) -> tuple[Type, ...]:
    """Return the type of the one result of an operation.

    Lengths whose equality is unknown are taken to be equal; `unproved` lists them.
    """
    row = OPS.get(op)
    rule = RULES.get(op) or BY_CATEGORY.get(row.category if row else "")
    if row is None or rule is None:
        raise TypeRefused(f"an operation {op} with no result type of its own")
    if row.arity not in (None, len(operands)):
        raise TypeRefused(f"{op} takes {row.arity} operands, not {len(operands)}")
    return (rule(op, operands, attrs),)


def is_alias(op: str, operands: Operands, attrs: Attrs) -> bool:
    """Return whether the result is a view of the first operand's memory."""
    if op not in ("index", "reshape", *WHOLE_VIEWS) or not operands[0].type.rank:
        return False
    if op == "reshape":
        return operands[0].type.layout == "C" and len(operands) > 1
    if op == "index":
        (step,) = attrs["path"]
        kept = section(operands[0].type, (step,), operands[1:]).rank
        return isinstance(step, Index) and is_basic((step,)) and kept > 0
    return True


def unproved(op: str, operands: Operands, attrs: Attrs) -> list[Pair]:
    """Return the pairs of lengths that must be equal and are not provably so."""
    row = OPS[op]
    shapes = [v.type.shape for v in operands]
    if row.category == "elementwise":
        return broadcast_pairs(shapes)
    if row.category == "product":
        pair = _contracted(op, operands[0].type, operands[1].type)
        batch = broadcast_pairs([s[:-2] for s in shapes]) if op == "matmul" else []
        return equal_pairs([pair] if pair else []) + batch
    if row.category == "solver":
        batch = broadcast_pairs([s[:-2] for s in shapes]) if op == "solve" else []
        return equal_pairs(solver_pairs(op, operands)) + batch
    if op in ("concatenate", "stack"):
        return equal_pairs(_side_pairs(shapes, attrs["axis"] if op[0] == "c" else None))
    if op == "reshape":
        new = lengths_of(operands[1:])
        return equal_pairs([(product(shapes[0]), product(new))])
    if op == "broadcast_to":
        return broadcast_pairs([shapes[0], lengths_of(operands[1:])])
    if op == "index":
        return section_pairs(operands[0].type, attrs["path"], operands[1:])
    if op in ("store", "accumulate"):
        base, value, *slots = operands
        shape = attrs.get("lengths") or section(base.type, attrs["path"], slots).shape
        inner = value.type.shape[-len(shape) :] if shape else ()
        found = section_pairs(base.type, attrs["path"], slots)
        return found + broadcast_pairs([shape, inner])
    return []
