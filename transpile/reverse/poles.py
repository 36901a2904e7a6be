"""Which values may be infinite or nan although all that was given is finite.

An adjoint that is zero by structure, times such a value, would be nan: there a
product is guarded as an operation with an infinite partial is.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from ..graph.ir import Equation, Value
from ..graph.linear import Size
from ..graph.ops import OPS

POLES = frozenset(
    """arccos arccosh arcsin arctanh beta betaln betaincinv betainccinv binom boxcox
    boxcox1p cotdg digamma divide ellipk ellipkm1 entr exp1 expi expn float_power gamma
    gammaincinv gammainccinv gammaln hyp2f1 hyperu inv_boxcox inv_boxcox1p iv jv k0 k0e
    k1 k1e kv kve log log10 log1p log2 ndtri_exp poch polygamma power powm1 reciprocal
    rel_entr shichi_1 sici_1 sqrt stdtrit struve tandg xlog1py xlogy y0 y1
    yv zeta""".split()
)
PASSING = ("elementwise", "shape", "index")
# Operations that leave a mask a mask.
MIXING = frozenset({"cast", "copy", "multiply", "subtract"})
DEPTH = 8


def may_be_infinite(
    value: Value,
    makers: Mapping[Value, Equation],
    depth: int = DEPTH,
    poles: Set[str] = POLES,
) -> bool:
    """Whether a value comes from an operation with a pole, overflow aside."""
    eq = makers.get(value)
    if eq is None or not depth or value.type.is_integer or value.type.dtype == "bool":
        return False
    if eq.op in poles and not _is_harmless(eq, makers):
        return True
    if OPS[eq.op].category not in PASSING or eq.op == "where":
        return False
    return any(may_be_infinite(v, makers, depth - 1, poles) for v in eq.operands)


def _is_harmless(eq: Equation, makers: Mapping[Value, Equation]) -> bool:
    """Whether the operands keep an operation away from its pole."""
    if eq.op == "sqrt":
        (x,) = eq.operands
        return is_norm(x, makers) or is_positive(x, makers, or_zero=True)
    if eq.op in ("power", "float_power"):
        return is_smooth_power(eq)
    if eq.op in ("log", "log10"):
        return is_positive(eq.operands[0], makers)
    if eq.op == "divide":
        divisor = eq.operands[1]
        return divisor.number not in (None, 0) or is_positive(divisor, makers)
    return False


def is_positive(
    value: Value,
    makers: Mapping[Value, Equation],
    *,
    or_zero: bool = False,
    depth: int = DEPTH,
) -> bool:
    """Whether a value is above zero, or not below it, whatever was given.

    So are lengths: where one is 0 there are no elements either.
    """
    if value.number is not None and not isinstance(value.number, complex):
        return value.number > 0 or (or_zero and value.number == 0)
    eq = makers.get(value)
    if eq is None or not depth:
        return _is_length(value)
    found = [
        is_positive(v, makers, or_zero=or_zero, depth=depth - 1) for v in eq.operands
    ]
    if eq.op == "maximum":
        return any(found)
    if eq.op in ("multiply", "divide", "sqrt", "cast", "copy", "minimum"):
        return all(found)
    if eq.op == "add":
        sizes = (
            is_positive(v, makers, or_zero=True, depth=depth - 1) for v in eq.operands
        )
        return all(found) or (any(found) and all(sizes))
    real = not value.type.dtype.startswith("complex")
    least = eq.op in ("absolute", "square") or is_square(value, makers)
    return (or_zero and least and real) or _is_length(value)


def _is_length(value: Value) -> bool:
    """Whether a value is a sum of lengths of the arguments."""
    form = value.as_linear if value.type.is_integer else None
    if form is None or form.constant < 0 or not form.terms:
        return False
    return all(isinstance(atom, Size) and factor > 0 for atom, factor in form.terms)


def may_be_mask(
    value: Value, makers: Mapping[Value, Equation], depth: int = DEPTH
) -> bool:
    """Whether a factor takes elements out: truths, whole numbers, `np.eye`, zeros.

    So do what such are cast to, a number less them, and their parts and products.
    """
    if value.type.dtype == "bool" or value.type.rank and not value.type.is_inexact:
        return True
    eq = makers.get(value)
    if eq is None or not depth:
        return False
    if eq.op == "where":
        return any(is_zero(v, makers) for v in eq.operands[1:])
    if eq.op == "subtract" and eq.operands[0].number is None:
        return False
    if eq.op in MIXING or OPS[eq.op].category in ("shape", "index"):
        return any(may_be_mask(v, makers, depth - 1) for v in eq.operands)
    return eq.op == "eye"


def is_smooth_power(eq: Equation) -> bool:
    """Whether an equation is a power whose partial is finite everywhere."""
    if eq.op != "power":
        return False
    exponent = eq.operands[1].number
    if exponent is None:
        exponent = eq.operands[1].as_linear.value
    return exponent is not None and exponent >= 1


def is_root(eq: Equation, makers: Mapping[Value, Equation]) -> bool:
    """Whether an operation makes a sum of squares a norm, or a higher power of it."""
    if eq.op == "power":
        exponent = makers.get(eq.operands[1])
        number = None if exponent is None else exponent.attrs.get("value")
        return isinstance(number, float) and 0.5 <= number < 1
    return eq.op == "sqrt"


def is_norm(value: Value, makers: Mapping[Value, Equation]) -> bool:
    """Whether a value is a sum of squares: its root has its kink at zero.

    There the derivative is zero, as for ``abs``: the squares' own is.
    """
    eq = makers.get(value)
    if eq is None or value.type.dtype.startswith("complex"):
        return False
    if eq.op in ("sum", "mean", "copy", "index", "reshape"):
        return is_norm(eq.operands[0], makers)
    if eq.op == "add":
        return all(is_norm(v, makers) for v in eq.operands)
    if eq.op == "where":
        return all(is_norm(v, makers) or is_zero(v, makers) for v in eq.operands[1:])
    if eq.op == "for":
        return _sums_squares(eq, value, makers)
    return is_square(value, makers)


def _sums_squares(eq: Equation, value: Value, makers: Mapping[Value, Equation]) -> bool:
    """Whether a loop adds squares to zero."""
    place = eq.results.index(value) - len(eq.results)
    (body,) = eq.regions
    starts = is_zero(eq.operands[place], makers)
    return starts and _adds_squares(body.results[place], body.params[place], makers)


def _adds_squares(value: Value, start: Value, makers: Mapping[Value, Equation]) -> bool:
    """Whether a value is another with squares added to it, maybe by loops inside."""
    eq = makers.get(value)
    if value is start or eq is None:
        return value is start
    if eq.op == "add":
        one, other = eq.operands
        return (_adds_squares(one, start, makers) and is_norm(other, makers)) or (
            is_norm(one, makers) and _adds_squares(other, start, makers)
        )
    if eq.op != "for":
        return False
    place = eq.results.index(value) - len(eq.results)
    (body,) = eq.regions
    inside = _adds_squares(body.results[place], body.params[place], makers)
    return inside and _adds_squares(eq.operands[place], start, makers)


def is_zero(value: Value, makers: Mapping[Value, Equation]) -> bool:
    """Whether a value is the number zero."""
    eq = makers.get(value)
    if eq is not None and eq.op == "cast":
        return is_zero(eq.operands[0], makers)
    return eq is not None and eq.op == "constant" and eq.attrs["value"] == 0


def is_square(value: Value, makers: Mapping[Value, Equation]) -> bool:
    """Whether a value is the square of another."""
    eq = makers.get(value)
    if eq is None:
        return False
    if eq.op in ("multiply", "dot"):
        return eq.operands[0] is eq.operands[1]
    if eq.op == "power":
        exponent = makers.get(eq.operands[1])
        return exponent is not None and exponent.attrs.get("value") == 2
    return eq.op == "square"
