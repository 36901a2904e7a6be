"""Logarithms and what is made of them."""

from __future__ import annotations

from .coefficients import text

LOG = text(
    '''\
    def _vlog(x):
        """log(x) as arithmetic alone, for vector code."""
        x = np.float64(x)
        low = x < 2.2250738585072014e-308
        y = np.float64(x * 18014398509481984.0 if low else x)
        # y = 2**k * (1 + f), sqrt(1/2) < 1 + f < sqrt(2)
        n = y.view(np.int64) + 0x95F619980C433
        e = np.int64(0x4330000000000000 | (n >> 52))
        k = e.view(np.float64) - (4503599627371573.0 if low else 4503599627371519.0)
        n = np.int64((n & 0xFFFFFFFFFFFFF) + 0x3FE6A09E667F3BCD)
        f = n.view(np.float64) - 1.0
        s = f / (2.0 + f)
        z = s * s
        {log}
        h = 0.5 * f * f
        y = k * 0.6931471805592082 - (
            (h - (s * (h + z * p) + k * 7.371002565167799e-13)) - f
        )
        y = y if x > 0.0 else (-np.inf if x == 0.0 else np.nan)
        return y if x < np.inf else x
    ''',
    log="z",
)

LOG1P = text(
    '''\
    def _vlog1p(x):
        """log(1 + x) as arithmetic alone, for vector code."""
        x = np.float64(x)
        u = np.float64(1.0 + x)
        # 1 + x = u + c = 2**k * (1 + f), sqrt(1/2) < 1 + f < sqrt(2)
        c = 1.0 - (u - x) if x > 1.0 else x - (u - 1.0)
        n = u.view(np.int64) + 0x95F619980C433
        e = np.int64(0x4330000000000000 | (n >> 52))
        k = e.view(np.float64) - 4503599627371519.0
        b = np.int64((2046 - (n >> 52)) << 52)
        n = np.int64((n & 0xFFFFFFFFFFFFF) + 0x3FE6A09E667F3BCD)
        f = n.view(np.float64) - 1.0 + (c * b.view(np.float64) if x < 1e17 else 0.0)
        s = f / (2.0 + f)
        z = s * s
        {log}
        h = 0.5 * f * f
        y = k * 0.6931471805592082 - (
            (h - (s * (h + z * p) + k * 7.371002565167799e-13)) - f
        )
        y = y if x > -1.0 else (-np.inf if x == -1.0 else np.nan)
        return y if x < np.inf and x != 0.0 else x
    ''',
    log="z",
)

SOFTPLUS = text('''\
    def _vsoftplus(t):
        """log(1 + exp(t)) as arithmetic alone, for vector code."""
        return (0.0 if t < 0.0 else t) + _vlog1p(_vexp(-abs(t)))
    ''')

LOG1MEXP = text('''\
    def _vlog1mexp(t):
        """log(1 - exp(t)) for t < 0 as arithmetic alone, for vector code."""
        near = _vlog(-_vexpm1(t))
        return near if t > -0.6931471805599453 else _vlog1p(-_vexp(t))
    ''')
