"""The types of Fourier transforms along one axis.

``fft`` and ``ifft`` take the numbers and, where they are to be padded with zeros, the
length; ``rfft`` takes real numbers, ``irfft`` half a spectrum and the length.
"""

from __future__ import annotations

from .created import Attrs, Operands
from .dtypes import real
from .ir import Type
from .linear import Dim
from .shapes import TypeRefused, ceil_divide

NORMS = ("backward", "ortho", "forward")


def transformed(op: str, operands: Operands, attrs: Attrs) -> Type:
    """Return the type of a transform."""
    x, axis = operands[0].type, attrs["axis"]
    if not 0 <= axis < x.rank or attrs["norm"] not in NORMS:
        raise TypeRefused(f"{op} along axis {axis} of {x.rank} axes")
    if op == "rfft" and x.is_complex:
        raise TypeRefused("rfft of complex numbers", "use np.fft.fft")
    single = real(x.dtype) == "float32"
    dtype = "complex64" if single else "complex128"
    if op == "irfft":
        dtype = real(dtype)
    shape = list(x.shape)
    shape[axis] = _length(op, operands, x.shape[axis])
    return Type(dtype, tuple(shape))


def _length(op: str, operands: Operands, given: Dim) -> Dim:
    if op == "rfft":
        return ceil_divide(given - 1, 2) + 1
    return operands[1].as_linear if len(operands) > 1 else given
