"""Special functions: their names, and for compiled code those that Python lacks."""

from __future__ import annotations

from collections.abc import Mapping

from ..graph.ir import Equation
from ..graph.ops import SPECIAL, special_part
from .expressions import Atom, Node, call, subscript
from .writer import Spelling, Writer, operands

# What Python has as well, for numbers only.
PYTHON: Mapping[str, str] = {
    "erf": "math.erf",
    "erfc": "math.erfc",
    "gamma": "math.gamma",
    "gammaln": "math.lgamma",
}


def scipy(w: Writer, eq: Equation) -> Node:
    """Print SciPy's function, or Python's where the user wrote that."""
    parts = operands(w, eq)
    if str(eq.attrs.get("spelled")).startswith("math.") and not eq.result.type.rank:
        return call(PYTHON[eq.op], *parts)
    name, place = special_part(eq.op)
    made = call(f"scipy.special.{name}", *parts)
    return made if place is None else subscript(made, Atom(str(place)))


def compiled(w: Writer, eq: Equation) -> Node:
    """Print Python's function, or a private one at the head of the file."""
    made = call(PYTHON.get(eq.op, f"_{eq.op}"), *operands(w, eq))
    single = eq.result.type.dtype == "float32"
    return call("np.float32", made) if single else made


def _real(w: Writer, eq: Equation) -> Node:
    """Print a function that SciPy has for complex numbers, of real ones."""
    return call("np.real", scipy(w, eq))


NUMPY: Mapping[str, Spelling] = {**dict.fromkeys(SPECIAL, scipy), "lambertw": _real}
NUMBA: Mapping[str, Spelling] = dict.fromkeys(SPECIAL, compiled)
# Of numbers.
OWN: Mapping[str, str] = {
    "lambertw": '''\
        def _lambertw(x, k):
            """The y of y * exp(y) = x, of branch 0 or -1, by steps of Halley."""
            if x == np.inf or x == 0.0:
                return x if k == 0.0 else -np.inf
            root = np.sqrt(max(0.0, 2.0 * (np.e * x + 1.0)))
            y = root - 1.0 if k == 0.0 else -1.0 - root
            if k == 0.0 and x > 3.0:
                y = np.log(x) - np.log(np.log(x))
            if k != 0.0 and x > -0.2:
                y = np.log(-x) - np.log(-np.log(-x))
            for _ in range(12):
                if y == -1.0:
                    break
                e = np.exp(y)
                gap = y * e - x
                y -= gap / (e * (y + 1.0) - 0.5 * (y + 2.0) * gap / (y + 1.0))
            return y
        ''',
    "digamma": '''\
        def _digamma(x):
            """The derivative of log(gamma(x))."""
            if x <= 0.0 and x == np.floor(x):
                return np.nan
            total = 0.0
            if x < 0.0:
                total = -np.pi / np.tan(np.pi * x)
                x = 1.0 - x
            while x < 12.0:
                total -= 1.0 / x
                x += 1.0
            z = 1.0 / (x * x)
            tail = z * (1 / 252 - z * (1 / 240 - z * (1 / 132 - z * 691 / 32760)))
            return total + np.log(x) - 0.5 / x - z * (1 / 12 - z * (1 / 120 - tail))
        ''',
    "polygamma": '''\
        def _polygamma(n, x):
            """The derivative of order n > 0 of digamma (Euler and Maclaurin)."""
            if x <= 0.0 and x == np.floor(x):
                return np.inf
            s = n + 1.0
            total = 0.0
            while x < 15.0 + n:
                total += x**-s
                x += 1.0
            total += x**-s * (x / n + 0.5)
            term = s * x ** (-s - 1.0)
            for factor in (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160):
                total += factor * term
                s += 2.0
                term *= (s - 1.0) * s / (x * x)
            return math.gamma(n + 1.0) * (total if n % 2.0 == 1.0 else -total)
        ''',
    "erfinv": '''\
        def _erfinv(x):
            """The inverse of erf: an estimate (Winitzki), and steps of Halley."""
            if not -1.0 < x < 1.0:
                return x * np.inf if abs(x) == 1.0 else np.nan
            left = 1.0 - abs(x)
            rest = np.log(left * (1.0 + abs(x)))
            half = 4.330746750799873 + 0.5 * rest
            y = np.sqrt(np.sqrt(half * half - rest / 0.147) - half)
            for _ in range(3):
                gap = left - math.erfc(y) if y > 0.5 else math.erf(y) - abs(x)
                step = 0.886226925452758 * np.exp(y * y) * gap
                y -= step / (1.0 + y * step)
            return np.copysign(y, x)
        ''',
    "ndtri": '''\
        def _ndtri(p):
            """The inverse of the normal distribution, by steps of Halley."""
            if not 0.0 < p < 1.0:
                return np.nan if p != 0.0 and p != 1.0 else (p - 0.5) * np.inf
            q = min(p, 1.0 - p)
            rest = np.log(4.0 * q * (1.0 - q))
            half = 4.330746750799873 + 0.5 * rest
            y = np.sqrt(np.sqrt(half * half - rest / 0.147) - half)
            for _ in range(4):
                gap = q - 0.5 * math.erfc(y)
                if q > 0.25:
                    gap = 0.5 * math.erf(y) - (0.5 - q)
                step = 1.772453850905516 * np.exp(y * y) * gap
                y -= step / (1.0 + y * step)
            return np.copysign(1.4142135623730951 * y, p - 0.5)
        ''',
    "ndtr": '''\
        def _ndtr(x):
            """The normal distribution up to x."""
            return 0.5 * math.erfc(-x * 0.7071067811865476)
        ''',
    "log_ndtr": '''\
        def _log_ndtr(x):
            """The logarithm of the normal distribution up to x."""
            if x > 0.0:
                return np.log1p(-0.5 * math.erfc(x * 0.7071067811865476))
            if x > -20.0:
                return np.log(0.5 * math.erfc(-x * 0.7071067811865476))
            z = 1.0 / (x * x)
            tail = z * (1.0 - z * (3.0 - z * (15.0 - z * (105.0 - z * 945.0))))
            return -0.5 * x * x - np.log(-x) - 0.9189385332046728 + np.log1p(-tail)
        ''',
    "i0": '''\
        def _i0(x):
            """The modified Bessel function of order 0, by series."""
            a = abs(x)
            total = 1.0
            term = 1.0
            k = 1.0
            if a < 30.0:
                while term > 1e-17 * total:
                    term *= 0.25 * a * a / (k * k)
                    total += term
                    k += 1.0
                return total
            while term > 1e-17 and k < 30.0:
                term *= (2.0 * k - 1.0) ** 2 / (8.0 * k * a)
                total += term
                k += 1.0
            root = np.exp(0.5 * a)
            return root * (total / np.sqrt(2.0 * np.pi * a) * root)
        ''',
    "entr": '''\
        def _entr(x):
            """-x * log(x), 0 at 0 and -inf below."""
            if x == 0.0:
                return 0.0
            return -np.inf if x < 0.0 else -x * np.log(x)
        ''',
    "rel_entr": '''\
        def _rel_entr(x, y):
            """x * log(x / y), 0 for x = 0 and inf for negative numbers."""
            if np.isnan(x) or np.isnan(y):
                return np.nan
            if x > 0.0 and y > 0.0:
                return x * np.log(x / y)
            return 0.0 if x == 0.0 and y >= 0.0 else np.inf
        ''',
    "xlogy": '''\
        def _xlogy(x, y):
            """x * log(y), 0 for x = 0."""
            return 0.0 if x == 0.0 and not np.isnan(y) else x * np.log(y)
        ''',
    "xlog1py": '''\
        def _xlog1py(x, y):
            """x * log(1 + y), 0 for x = 0."""
            return 0.0 if x == 0.0 and not np.isnan(y) else x * np.log1p(y)
        ''',
    "eval_hermite": '''\
        def _eval_hermite(n, x):
            """The Hermite polynomial of degree n, by recurrence."""
            before, y = 0.0, 1.0
            for k in range(int(n)):
                before, y = y, 2.0 * (x * y - k * before)
            return y
        ''',
    "eval_hermitenorm": '''\
        def _eval_hermitenorm(n, x):
            """The normalised Hermite polynomial of degree n, by recurrence."""
            before, y = 0.0, 1.0
            for k in range(int(n)):
                before, y = y, x * y - k * before
            return y
        ''',
    "zeta": '''\
        def _zeta(s, q):
            """The sum of (k + q)**-s (Euler and Maclaurin)."""
            if not (s > 1.0 and q > 0.0):
                return np.inf if s == 1.0 or q == 0.0 else np.nan
            total = 0.0
            while q < 15.0 + s:
                total += q**-s
                q += 1.0
            total += q**-s * (q / (s - 1.0) + 0.5)
            term = s * q ** (-s - 1.0)
            for factor in (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160):
                total += factor * term
                s += 2.0
                term *= (s - 1.0) * s / (q * q)
            return total
        ''',
}


def _in_c(op: str) -> str:
    """Return a function that SciPy's C function replaces when it is compiled."""
    words = ", ".join(SPECIAL[op])
    name, place = special_part(op)
    part = "" if place is None else f"[{place}]"
    return f'''\
        def _{op}({words}):
            """The function of SciPy, of numbers."""
            return scipy.special.{name}({words}){part}
        '''


HELPERS: Mapping[str, str] = {
    op: OWN.get(op) or _in_c(op) for op in SPECIAL if op not in PYTHON
}
