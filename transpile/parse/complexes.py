"""Complex numbers: their parts, conjugates and angles, and how they are made."""

from __future__ import annotations

from functools import partial

from ..graph.ir import Value
from .arrays import as_value, dtype_of, known_flag, require_array
from .attributes import PROPERTIES
from .elementwise import into
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library, method
from .objects import NONE, Array, Obj, Scalar, View
from .operators import product
from .shaping import ravel

# ---- parts ----


def _part(op: str, frame: Frame, base: Obj) -> Obj:
    """Return ``z.real`` or ``z.imag``: views of the numbers of an array."""
    value = frame.read(base)
    if value.type.is_complex:
        if isinstance(base, Array):
            return frame.view(base, View(op))
        return frame.make(op, value)
    if op == "real":
        return base
    if not value.type.rank:
        return Scalar(frame.cast(frame.constant(0), value.type.dtype))
    lengths = [frame.length_of(value, axis) for axis in range(value.type.rank)]
    return frame.make("zeros", *lengths, dtype=value.type.dtype)


def _part_function(op: str, frame: Frame, args: Arguments) -> Obj:
    (x,) = args.take(frame, "val")
    assert x is not None
    base = x if isinstance(x, Array) else frame.fresh(as_value(frame, x))
    return _part(op, frame, base)


for _op in ("real", "imag"):
    PROPERTIES[_op] = partial(_part, _op)
    FUNCTIONS[f"numpy.{_op}"] = partial(_part_function, _op)


@library("np.conj", "np.conjugate")
@method("conj", "conjugate")
def conj(frame: Frame, args: Arguments) -> Obj:
    """``np.conj(z)``; of real numbers, these themselves (the function copies)."""
    x, out, where, dtype = args.take(frame, "x out? where? dtype?")
    assert x is not None
    value = as_value(frame, x)
    if dtype is not None and dtype != NONE:
        value = frame.cast(value, dtype_of(frame, dtype) or value.type.dtype)
    if value.type.is_complex:
        made = frame.make("conjugate", value, spelled=args.spelled)
    elif args.spelled.startswith(".") or not value.type.rank:
        return x
    else:
        made = frame.make("copy", value)
    return into(frame, made, out, where)


@library("np.angle")
def angle(frame: Frame, args: Arguments) -> Obj:
    """``np.angle(z, deg=False)``."""
    z, deg = args.take(frame, "z deg?")
    assert z is not None
    value = as_value(frame, z)
    if value.type.is_complex:
        found = frame.emit("angle", value, spelled="np.angle")
    else:
        zero = frame.constant(0.0)
        found = frame.emit("arctan2", zero, value, spelled="np.arctan2")
    if deg is not None and known_flag(frame, deg, "deg"):
        found = frame.emit("rad2deg", found, spelled="np.rad2deg")
    return frame.fresh(found)


# ---- numbers ----


@library("builtins.complex")
def complex_(frame: Frame, args: Arguments) -> Obj:
    """``complex(x)`` or ``complex(x, y)``: a Python number."""
    real, imag = args.take(frame, "real? imag?")
    x = frame.constant(0.0) if real is None else _number(frame, real)
    if imag is not None:
        x = frame.emit("add", x, _turned(frame, _number(frame, imag)), spelled="+")
    if x.type.dtype == "weak_complex":
        return Scalar(x)
    return frame.make("cast", x, dtype="weak_complex", spelled="complex")


def _turned(frame: Frame, y: Value) -> Value:
    """Return a number times the imaginary unit."""
    known = frame.context.number(y)
    if known is not None:
        return frame.constant(complex(0, known))
    return frame.emit("multiply", y, frame.constant(1j), spelled="*")


def _number(frame: Frame, obj: Obj) -> Value:
    value = frame.read(obj)
    if value.type.rank:
        frame.refuse("complex() of an array", "write x + 1j * y")
    return value


_CMATH = """sqrt exp log log10 sin cos tan sinh cosh tanh asin=arcsin acos=arccos
    atan=arctan asinh=arcsinh acosh=arccosh atanh=arctanh""".split()


def _cmath(op: str, frame: Frame, args: Arguments) -> Obj:
    (x,) = args.take(frame, "z")
    assert x is not None
    value = frame.cast(_number(frame, x), "weak_complex")
    return frame.make(op, value, spelled=f"np.{op}")


for _word in _CMATH:
    _python, _, _numpy = _word.partition("=")
    FUNCTIONS[f"cmath.{_python}"] = partial(_cmath, _numpy or _python)
FUNCTIONS["cmath.phase"] = angle


def _is_complex(wanted: bool, frame: Frame, args: Arguments) -> Obj:
    (x,) = args.take(frame, "x")
    assert x is not None
    return Scalar(frame.constant(as_value(frame, x).type.is_complex == wanted))


FUNCTIONS["numpy.iscomplexobj"] = partial(_is_complex, True)
FUNCTIONS["numpy.isrealobj"] = partial(_is_complex, False)

# ---- products ----


@library("np.vdot")
def vdot(frame: Frame, args: Arguments) -> Obj:
    """``np.vdot(x, y)``: conjugates the first, takes matrices as vectors."""
    x, y = (_flat(frame, obj, args) for obj in args.take(frame, "a b"))
    value = frame.read(x)
    if value.type.is_complex:
        x = frame.make("conjugate", value, spelled="np.conj")
    return product(frame, x, y, "np.dot")


def _flat(frame: Frame, obj: Obj | None, args: Arguments) -> Obj:
    assert obj is not None
    found = frame.fresh(as_value(frame, obj)) if not isinstance(obj, Array) else obj
    if not isinstance(found, Array):
        return found
    array = require_array(frame, found)
    return ravel(frame, Arguments(args.name, [array], {}, "np.ravel"))
