"""Complex numbers for kernels: the functions that C has in its library, in C++."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping

from ..c.kinds import unspelled

# C's types, and what they are called here.
TYPES: Mapping[str, str] = {
    "double complex": "complex128",
    "float complex": "complex64",
}
NUMBERS = """\
/* Complex numbers; they are computed in double, and kept in either. */
template <class T> struct Complex {
    T re, im;
    Complex() = default;
    __device__ Complex(T re, T im = 0) : re(re), im(im) {}
    template <class U> __device__ Complex(Complex<U> z) : re((T)z.re), im((T)z.im) {}
};
typedef Complex<double> complex128;
typedef Complex<float> complex64;
/* The imaginary unit, which is only multiplied by. */
struct Imaginary {};
#define I Imaginary()

INLINE complex128 operator*(double y, Imaginary)
{
    return complex128(0.0, y);
}

INLINE complex128 operator-(complex128 z)
{
    return complex128(-z.re, -z.im);
}

INLINE complex128 operator+(complex128 z, complex128 w)
{
    return complex128(z.re + w.re, z.im + w.im);
}

INLINE complex128 operator-(complex128 z, complex128 w)
{
    return complex128(z.re - w.re, z.im - w.im);
}

INLINE complex128 operator*(complex128 z, complex128 w)
{
    return complex128(z.re * w.re - z.im * w.im, z.re * w.im + z.im * w.re);
}

INLINE complex128 operator*(double x, complex128 z)
{
    return complex128(x * z.re, x * z.im);
}

INLINE complex128 operator*(complex128 z, double x)
{
    return complex128(z.re * x, z.im * x);
}

INLINE complex128 operator/(complex128 z, double x)
{
    return complex128(z.re / x, z.im / x);
}

/* A quotient, scaled so that nothing overflows. */
INLINE complex128 operator/(complex128 z, complex128 w)
{
    if (fabs(w.re) >= fabs(w.im)) {
        if (w.re == 0.0 && w.im == 0.0)
            return complex128(z.re / fabs(w.re), z.im / fabs(w.re));
        const double ratio = w.im / w.re, scale = 1.0 / (w.re + w.im * ratio);
        return complex128((z.re + z.im * ratio) * scale, (z.im - z.re * ratio) * scale);
    }
    const double ratio = w.re / w.im, scale = 1.0 / (w.im + w.re * ratio);
    return complex128((z.re * ratio + z.im) * scale, (z.im * ratio - z.re) * scale);
}

INLINE bool operator==(complex128 z, complex128 w)
{
    return z.re == w.re && z.im == w.im;
}

INLINE bool operator!=(complex128 z, complex128 w)
{
    return !(z == w);
}

template <class T> INLINE void operator+=(Complex<T> &z, complex128 w)
{
    z = z + w;
}

template <class T> INLINE void operator-=(Complex<T> &z, complex128 w)
{
    z = z - w;
}

template <class T> INLINE void operator*=(Complex<T> &z, complex128 w)
{
    z = z * w;
}
"""
FUNCTIONS: Mapping[str, str] = {
    "creal": """\
        INLINE double creal(complex128 z)
        {
            return z.re;
        }
        """,
    "cimag": """\
        INLINE double cimag(complex128 z)
        {
            return z.im;
        }
        """,
    "conj": """\
        INLINE complex128 conj(complex128 z)
        {
            return complex128(z.re, -z.im);
        }
        """,
    "cabs": """\
        INLINE double cabs(complex128 z)
        {
            return hypot(z.re, z.im);
        }
        """,
    "carg": """\
        INLINE double carg(complex128 z)
        {
            return atan2(z.im, z.re);
        }
        """,
    "cexp": """\
        INLINE complex128 cexp(complex128 z)
        {
            const double size = exp(z.re);
            return z.im == 0.0 ? complex128(size, z.im)
                               : complex128(size * cos(z.im), size * sin(z.im));
        }
        """,
    "clog": """\
        /* The logarithm; near the unit circle without cancellation. */
        INLINE complex128 clog(complex128 z)
        {
            const double a = fabs(z.re), b = fabs(z.im), size = hypot(a, b);
            const double more = a > b ? a : b, less = a > b ? b : a;
            const bool near = size > 0.5 && size < 2.0;
            const double real = near
                ? 0.5 * log1p((more - 1.0) * (more + 1.0) + less * less) : log(size);
            return complex128(real, atan2(z.im, z.re));
        }
        """,
    "csqrt": """\
        INLINE complex128 csqrt(complex128 z)
        {
            const double root = sqrt(0.5 * (fabs(z.re) + hypot(z.re, z.im)));
            if (root == 0.0)
                return complex128(0.0, z.im);
            if (z.re >= 0.0)
                return complex128(root, z.im / (2.0 * root));
            return complex128(fabs(z.im) / (2.0 * root), copysign(root, z.im));
        }
        """,
    "csinh": """\
        INLINE complex128 csinh(complex128 z)
        {
            return complex128(sinh(z.re) * cos(z.im), cosh(z.re) * sin(z.im));
        }
        """,
    "ccosh": """\
        INLINE complex128 ccosh(complex128 z)
        {
            return complex128(cosh(z.re) * cos(z.im), sinh(z.re) * sin(z.im));
        }
        """,
    "ctanh": """\
        /* Kahan's way, which does not overflow. */
        INLINE complex128 ctanh(complex128 z)
        {
            if (fabs(z.re) > 22.0) {
                const double small = exp(-2.0 * fabs(z.re));
                return complex128(copysign(1.0, z.re), 2.0 * sin(2.0 * z.im) * small);
            }
            const double t = tan(z.im), s = sinh(z.re), beta = 1.0 + t * t;
            const double below = 1.0 + beta * s * s;
            return complex128(beta * sqrt(1.0 + s * s) * s / below, t / below);
        }
        """,
    "csin": """\
        INLINE complex128 csin(complex128 z)
        {
            return complex128(sin(z.re) * cosh(z.im), cos(z.re) * sinh(z.im));
        }
        """,
    "ccos": """\
        INLINE complex128 ccos(complex128 z)
        {
            return complex128(cos(z.re) * cosh(z.im), -sin(z.re) * sinh(z.im));
        }
        """,
    "ctan": """\
        INLINE complex128 ctan(complex128 z)
        {
            const complex128 w = ctanh(complex128(-z.im, z.re));
            return complex128(w.im, -w.re);
        }
        """,
    "cpow": """\
        INLINE complex128 cpow(complex128 z, complex128 w)
        {
            if (w == 0.0)
                return 1.0;
            if (z == 0.0)
                return w.re > 0.0 ? complex128(0.0) : complex128(NAN, NAN);
            return cexp(w * clog(z));
        }
        """,
}
ATOMIC = """\
INLINE void add(complex128 *place, complex128 value)
{
    atomicAdd(&place->re, value.re);
    atomicAdd(&place->im, value.im);
}

INLINE void add(complex64 *place, complex128 value)
{
    atomicAdd(&place->re, (float)value.re);
    atomicAdd(&place->im, (float)value.im);
}
"""
# C's functions of float complex: here there is one of each.
_SINGLE = re.compile(r"\b(c[a-z]+|conj)f(?=\()")
_STRANGE = re.compile(r"\b(casinh?|cacosh?|catanh?)f?\(")


def in_cplusplus(text: str) -> str:
    """Return C with complex numbers as C++.

    Examples
    --------
    >>> in_cplusplus("const float complex z = conjf(w);")
    'const complex64 z = conj(w);'
    """
    strange = _STRANGE.search(text)
    if strange:
        raise unspelled(f"{strange[1]} of a complex number on a GPU")
    for name, own in TYPES.items():
        text = text.replace(name, own)
    return _SINGLE.sub(
        lambda found: found[1] if found[1] in FUNCTIONS else found[0], text
    )


def needed(text: str) -> Iterator[str]:
    """Yield what a text needs of complex numbers, nothing if it has none."""
    if not any(own in text for own in TYPES.values()):
        return
    yield NUMBERS
    words = set(re.findall(r"\w+", text))
    for name in reversed(list(FUNCTIONS)):
        if name in words:
            words.update(re.findall(r"\w+", FUNCTIONS[name]))
    yield from (textwrap.dedent(FUNCTIONS[n]) for n in FUNCTIONS if n in words)
