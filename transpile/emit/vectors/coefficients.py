"""The coefficients of the polynomials, and how they get into a text.

They come from ``tests/minimax.py``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping

COEFFICIENTS: Mapping[str, tuple[float, ...]] = {
    # exp(r) = 1 + r + r**2 * p(r)
    "exp": (
        0.5,
        0.16666666666666677,
        0.0416666666666667,
        0.008333333333321626,
        0.0013888888888866746,
        0.00019841269886131463,
        2.4801587360696127e-05,
        2.7557244212021407e-06,
        2.75572426632087e-07,
        2.5109033490722282e-08,
        2.0924468185995332e-09,
    ),
    # log((1 + s) / (1 - s)) = 2 * s + s * z * p(z), z = s**2
    "log": (
        0.6666666666666734,
        0.39999999999414704,
        0.2857142874238391,
        0.22222198573451382,
        0.18183564317596237,
        0.15314050643177252,
        0.1479594996132301,
    ),
    # 3 * atanh(s) / s = 3 + z + z**2 * p(z), z = s**2
    "power": (
        0.6000000000000338,
        0.4285714285515028,
        0.3333333377971029,
        0.27272676566884213,
        0.23080135207243316,
        0.19885245951320182,
        0.19794305542892995,
    ),
    # sin(r) = r + r * z * p(z), z = r**2
    "sin": (
        -0.16666666666666632,
        0.008333333333322425,
        -0.00019841269829816907,
        2.75573136951855e-06,
        -2.5050758644467188e-08,
        1.58968273244353e-10,
    ),
    # cos(r) = 1 - z / 2 + z**2 * p(z), z = r**2
    "cos": (
        0.0416666666666666,
        -0.0013888888888874138,
        2.4801587289491888e-05,
        -2.7557314355252255e-07,
        2.087572368480766e-09,
        -1.1359669836432293e-11,
    ),
    # erf(x) = x * p(z), z = x**2, x < 1/2
    "erf": (
        1.1283791670955126,
        -0.376126389031827,
        0.11283791670857835,
        -0.026866170610628633,
        0.005223977014309878,
        -0.0008548266476910264,
        0.00012051828790926914,
        -1.4808162871069878e-05,
        1.434357625225801e-06,
    ),
    # erfc(x) = exp(-x**2) / (x + 2) * p((x - 2) / (x + 2)), x > 1/2
    "erfc": (
        1.021582705242023,
        -0.6871606844138106,
        0.27947209255604955,
        -0.03644223150685453,
        -0.02151066188912945,
        0.00647918506635695,
        0.003090612050610786,
        -0.0008372960326455761,
        -0.000663073416382731,
        3.437112284490652e-05,
        0.00014447038085395228,
        3.4150498812991756e-05,
        -2.169644222463918e-05,
        -1.612318444512503e-05,
        -1.1191614837192067e-06,
        3.6285059338498835e-06,
        1.988558411956678e-06,
        8.360770996538337e-08,
        -5.957808617100534e-07,
        -4.76489522961991e-07,
        1.1785121544113145e-07,
        2.0761877467853864e-07,
        -7.118856053783231e-08,
    ),
}


def by_horner(name: str, variable: str) -> str:
    """Return lines that leave a polynomial in ``p`` (Horner's scheme)."""
    first, second, *rest = reversed(COEFFICIENTS[name])
    lines = [f"p = {first!r} * {variable} + {second!r}"]
    lines += [f"p = p * {variable} + {c!r}" for c in rest]
    return "\n    ".join(line.replace("+ -", "- ") for line in lines)


def by_pairs(name: str, variable: str) -> str:
    """Return lines that leave a polynomial in ``p``: pairs of terms, then of those.

    That waits for four operations one after the other where Horner's scheme waits for
    ten, and takes two more: for what a recurrence waits for.
    """
    level = [repr(c) for c in COEFFICIENTS[name]]
    lines: list[str] = []
    power, degree = variable, 1
    while len(level) > 1:
        if degree > 1:
            lines.append(f"{variable}{degree} = {power} * {power}")
            power = f"{variable}{degree}"
        pairs = [
            f"{a} + {b} * {power}"
            for a, b in zip(level[::2], level[1::2], strict=False)
        ]
        odd = level[len(pairs) * 2 :]
        names = [f"p{degree}_{k}" for k in range(len(pairs))]
        if len(pairs) + len(odd) == 1:
            names = ["p"]
        lines += [f"{n} = {pair}" for n, pair in zip(names, pairs, strict=True)]
        level = names + odd
        degree *= 2
    return "\n    ".join(lines)


def text(
    source: str, lines: Callable[[str, str], str] = by_horner, **polynomials: str
) -> str:
    """Return the text of a helper; ``{exp}`` stands for a polynomial of that name."""
    made = textwrap.dedent(source)
    for name, variable in polynomials.items():
        made = made.replace(f"{{{name}}}", lines(name, variable))
    return made
