"""Numbers as Python writes them."""

from __future__ import annotations

import cmath
import math
import re

from .expressions import Atom, Node, Unary, binary, call, dotted


def literal(value: bool | int | float | complex, written: str | None = None) -> Node:
    """Return a number as Python writes it; ``written`` is the user's spelling.

    Examples
    --------
    >>> from .expressions import text
    >>> text(literal(-1e-08)), text(literal(float("inf"))), text(literal(-2j))
    ('-1e-8', 'np.inf', '-2j')
    """
    if isinstance(value, bool):
        return Atom(str(value))
    if isinstance(value, complex):
        return _complex(value, written)
    if isinstance(value, float) and math.isnan(value):
        return dotted("np.nan")
    if math.copysign(1.0, value) < 0:
        return Unary("-", literal(-value, (written or "").removeprefix("-") or None))
    if isinstance(value, float) and math.isinf(value):
        return dotted("np.inf")
    plain = _plain(value)
    if written is not None and _same_number(written, plain):
        return Atom(written)
    return Atom(plain)


_IMAGINARY = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:e[-+]?\d+)?j")


def _complex(value: complex, written: str | None) -> Node:
    """Return ``2j``, ``1.0 - 2j``, or a call of ``complex`` for what has no literal."""
    if written is not None and _IMAGINARY.fullmatch(written):
        if complex(written) == value:
            return Atom(written)
    if not cmath.isfinite(value):
        return call("complex", literal(value.real), literal(value.imag))
    size = Atom(f"{_plain(abs(value.imag)).removesuffix('.0')}j")
    negative = math.copysign(1.0, value.imag) < 0
    if value.real:
        return binary("-" if negative else "+", literal(value.real), size)
    return Unary("-", size) if negative else size


def _plain(value: int | float) -> str:
    digits, mark, exponent = repr(value).partition("e")
    return digits + mark + (str(int(exponent)) if mark else "")


def _same_number(written: str, plain: str) -> bool:
    if written != written.lower() or not written[0].isdigit() or written[-1] == ".":
        return False
    if ".e" in written or "x" in written or "j" in written:
        return False
    kind = type(_number(plain))
    try:
        number = _number(written)
    except (ValueError, SyntaxError):
        return False
    return type(number) is kind and number == _number(plain)


def _number(written: str) -> int | float:
    try:
        return int(written)
    except ValueError:
        return float(written)
