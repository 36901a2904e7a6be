"""Powers, by a logarithm of twice the usual precision."""

from __future__ import annotations

from .coefficients import text

POWER = text(
    '''\
    def _vpow(x, y):
        """x**y as arithmetic alone, for vector code."""
        x = np.float64(x)
        y = np.float64(y)
        a = abs(x)
        low = a < 2.2250738585072014e-308
        m = np.float64(a * 18014398509481984.0 if low else a)
        # a = 2**k * m, sqrt(1/2) < m < sqrt(2)
        n = m.view(np.int64) + 0x95F619980C433
        e = np.int64(0x4330000000000000 | (n >> 52))
        k = e.view(np.float64) - (4503599627371573.0 if low else 4503599627371519.0)
        n = np.int64((n & 0xFFFFFFFFFFFFF) + 0x3FE6A09E667F3BCD)
        m = n.view(np.float64)
        # s = s1 + s2 = (m - 1) / (m + 1); numbers ending in 1 have 26 bits, so that
        # their products are exact.
        f = m - 1.0
        g = np.float64(m + 1.0)
        s = np.float64(f / g)
        n = np.int64(s.view(np.int64) & -0x8000000)
        s1 = n.view(np.float64)
        n = np.int64(g.view(np.int64) & -0x8000000)
        g1 = n.view(np.float64)
        s2 = ((f - s1 * g1) - s1 * (m - (g1 - 1.0))) / g
        # t1 + t2 = 3 * atanh(s) / s
        z = s * s
        {power}
        p = z * z * p + s2 * (s1 + s)
        z = s1 * s1
        t = np.float64(3.0 + z + p)
        n = np.int64(t.view(np.int64) & -0x8000000)
        t1 = n.view(np.float64)
        t2 = p - ((t1 - 3.0) - z)
        # l1 + l2 = log2(a) = k + (t1 + t2) * (s1 + s2) * 2 / (3 * log(2))
        u = s1 * t1
        v = s2 * t1 + t2 * s
        t = np.float64(u + v)
        n = np.int64(t.view(np.int64) & -0x8000000)
        t1 = n.view(np.float64)
        t2 = v - (t1 - u)
        u = t1 * 0.9617966413497925
        v = t1 * 5.2576183124437864e-08 + t2 * 0.9617966939259757
        t = np.float64(k + u + v)
        n = np.int64(t.view(np.int64) & -0x8000000)
        l1 = n.view(np.float64)
        l2 = v - ((l1 - k) - u)
        # u + v = y * log2(a)
        t = np.float64(1e21 if y > 1e21 else (-1e21 if y < -1e21 else y))
        n = np.int64(t.view(np.int64) & -0x8000000)
        t1 = n.view(np.float64)
        u = t1 * l1
        v = (t - t1) * l1 + t * l2 if abs(u) < 1100.0 else 0.0
        u = 1100.0 if u > 1100.0 else (-1100.0 if u < -1100.0 else u)
        # 2**(u + v); the low bits of t hold the whole part + 2046.
        t = np.float64(u + v + 6755399441057790.0)
        r = (u - (t - 6755399441057790.0) + v) * 0.6931471805599453
        {exp}
        n = t.view(np.int64) & 0xFFF
        half = n >> 1
        n = np.int64((n - half) << 52)
        half = np.int64(half << 52)
        p = (1.0 + (r + r * r * p)) * half.view(np.float64) * n.view(np.float64)
        # Where a is 0 or infinite, and the signs.
        p = p if 0.0 < a < np.inf else (np.inf if (a == 0.0) == (y < 0.0) else 0.0)
        whole = np.floor(y) == y
        odd = whole and np.floor(0.5 * y) != 0.5 * y
        p = np.copysign(p, x) if odd else p
        p = np.nan if x < 0.0 and a < np.inf and not whole else p
        p = p if x == x and y == y else np.nan
        return 1.0 if x == 1.0 or y == 0.0 else p
    ''',
    power="z",
    exp="r",
)
