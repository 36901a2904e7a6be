"""The error function and its complement."""

from __future__ import annotations

from .coefficients import text

ERFC_TAIL = text(
    '''\
    def _verfc_tail(x):
        """erfc(x) for x > 1/2: exp(-x**2) times what changes little."""
        x = np.float64(28.0 if x > 28.0 else x)
        t = (x - 2.0) / (x + 2.0)
        {erfc}
        w = p / (x + 2.0)
        # x**2 = h**2 - d; the square of h, which has 26 bits, is exact.
        n = np.int64(x.view(np.int64) & -0x8000000)
        h = n.view(np.float64)
        d = (h - x) * (h + x)
        # -x**2 = k * log(2) + r; the low bits of t hold k + 2046.
        t = np.float64(-h * h * 1.4426950408889634 + 6755399441057790.0)
        k = t - 6755399441057790.0
        r = -h * h - k * 0.6931471805592082 + (d - k * 7.371002565167799e-13)
        {exp}
        p = 1.0 + (r + r * r * p)
        n = t.view(np.int64) & 0xFFF
        half = n >> 1
        a = np.int64(half << 52)
        b = np.int64((n - half) << 52)
        return p * w * a.view(np.float64) * b.view(np.float64)
    ''',
    erfc="t",
    exp="r",
)
ERF = text(
    '''\
    def _verf(x):
        """erf(x) as arithmetic alone, for vector code."""
        x = np.float64(x)
        z = x * x
        {erf}
        y = np.copysign(1.0 - _verfc_tail(abs(x)), x)
        return x * p if abs(x) < 0.5 else y
    ''',
    erf="z",
)

ERFC = text(
    '''\
    def _verfc(x):
        """1 - erf(x) as arithmetic alone, for vector code."""
        x = np.float64(x)
        z = x * x
        {erf}
        y = _verfc_tail(abs(x))
        y = 2.0 - y if x < 0.0 else y
        return 1.0 - x * p if abs(x) < 0.5 else y
    ''',
    erf="z",
)
