"""Sine and cosine, near enough to zero for a reduction in three steps."""

from __future__ import annotations

from .coefficients import text

# The multiple of pi / 2 has at most 20 bits, so that abs(x) < 1.6e6.
REDUCTION = """\
        x = np.float64(x)
        # x = k * pi / 2 + r + low; pi / 2 has parts of 32 bits, so that their products
        # with k are exact. The low bits of t hold k.
        t = np.float64(x * 0.6366197723675814 + 6755399441055744.0)
        k = t - 6755399441055744.0
        a = x - k * 1.5707963267341256
        b = k * 6.07710050359346e-11
        c = k * 2.912732056084878e-20
        d = a - b
        r = d - c
        v = d - a
        low = (a - (d - v)) - (b + v)
        v = r - d
        low += (d - (r - v)) - (c + v) - k * 8.4784276603689e-32
        v = r + low
        low += r - v
        r = v
        z = r * r
        {sin}
        s = r + (r * z * p + low * (1.0 - 0.5 * z))
        {cos}
        h = 0.5 * z
        v = 1.0 - h
        c = v + ((1.0 - v - h) + (z * z * p - r * low))
"""
SIN = text(
    '''\
    def _vsin(x):
        """sin(x) for abs(x) < 1.6e6 as arithmetic alone, for vector code."""
'''
    + REDUCTION
    + """\
        n = t.view(np.int64)
        y = c if n & 1 else s
        y = -y if n & 2 else y
        return x if abs(x) < 1e-9 else y
    """,
    sin="z",
    cos="z",
)
COS = text(
    '''\
    def _vcos(x):
        """cos(x) for abs(x) < 1.6e6 as arithmetic alone, for vector code."""
'''
    + REDUCTION
    + """\
        n = t.view(np.int64)
        y = s if n & 1 else c
        return -y if (n + 1) & 2 else y
    """,
    sin="z",
    cos="z",
)
