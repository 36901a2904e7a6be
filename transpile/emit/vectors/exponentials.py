"""Exponentials and what is made of them."""

from __future__ import annotations

from .coefficients import by_pairs, text

EXP = text(
    '''\
    def _vexp(x):
        """exp(x) as arithmetic alone, so that loops over it become vector code."""
        x = np.float64(x)
        x = 710.0 if x > 710.0 else (-746.0 if x < -746.0 else x)
        # x = k * log(2) + r; the low bits of t hold k + 2046.
        t = np.float64(x * 1.4426950408889634 + 6755399441057790.0)
        k = t - 6755399441057790.0
        r = x - k * 0.6931471805592082 - k * 7.371002565167799e-13
        {exp}
        p = 1.0 + (r + r * r * p)
        # Two factors, since 2**k alone may be too large or too small.
        n = t.view(np.int64) & 0xFFF
        half = n >> 1
        a = np.int64(half << 52)
        b = np.int64((n - half) << 52)
        return p * a.view(np.float64) * b.view(np.float64)
    ''',
    exp="r",
)

EXPM1 = text(
    '''\
    def _vexpm1(x):
        """exp(x) - 1 as arithmetic alone, for vector code."""
        x = np.float64(x)
        c = 710.0 if x > 710.0 else (-40.0 if x < -40.0 else x)
        # c = k * log(2) + r; the low bits of t hold k + 2046.
        t = np.float64(c * 1.4426950408889634 + 6755399441057790.0)
        k = t - 6755399441057790.0
        r = c - k * 0.6931471805592082 - k * 7.371002565167799e-13
        {exp}
        # (2**k * exp(r) - 1) / 2, since 2**k alone may be too large.
        n = np.int64(((t.view(np.int64) & 0xFFF) - 1024) << 52)
        s = n.view(np.float64)
        y = 2.0 * (s * (r + r * r * p) + (s - 0.5))
        return x if abs(x) < 1e-17 else y
    ''',
    lines=by_pairs,
    exp="r",
)

TANH = text('''\
    def _vtanh(x):
        """tanh(x) as arithmetic alone, for vector code."""
        a = abs(np.float64(x))
        e = _vexpm1(44.0 if a > 22.0 else 2.0 * a)
        return np.copysign(e / (e + 2.0), x)
    ''')

SIGMOID = text('''\
    def _vsigmoid(t):
        """1 / (1 + exp(-t)) as arithmetic alone, for vector code."""
        e = _vexp(-abs(t))
        return (e if t < 0.0 else 1.0) / (1.0 + e)
    ''')
