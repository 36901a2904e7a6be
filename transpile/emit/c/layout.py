"""Lines of C: heads that are too long, comments, what nobody reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence


def wrapped(head: str, width: int = 90) -> str:
    """Return the head of a function, or a call, in lines of moderate length.

    Examples
    --------
    >>> print(wrapped("int f(int a, int b)", 12))
    int f(int a,
        int b)
    """
    lines = [""]
    for part in head.split(", "):
        more = f"{lines[-1]}, {part}" if lines[-1] else part
        if len(more) < width or not lines[-1]:
            lines[-1] = more
        else:
            lines[-1] += ","
            lines.append(f"    {part}")
    return "\n".join(lines)


def boxed(doc: str | None) -> list[str]:
    """Return a docstring as a comment."""
    if not doc:
        return []
    lines = safe_lines(doc)
    if len(lines) == 1:
        return [f"/* {lines[0]} */"]
    return [
        "/* " + lines[0],
        *(f"   {line}".rstrip() for line in lines[1:-1]),
        f"   {lines[-1]} */",
    ]


def safe_lines(doc: str) -> list[str]:
    """Return the lines of a docstring, for a comment."""
    return [safe(line) for line in doc.split("\n")]


def tidy(lines: Sequence[str]) -> list[str]:
    """Leave out lengths that nothing reads, and blank lines at the ends.

    Examples
    --------
    >>> tidy(["", "int64_t a_n = n;", "a[0] = 1;", ""])
    ['a[0] = 1;']
    """
    kept = list(lines)
    while True:
        read = Counter[str]()
        for line in kept:
            found = _LENGTH.fullmatch(line)
            read.update(re.findall(r"\w+", found[2] if found else line))
        left = [
            line
            for line in kept
            if not ((found := _LENGTH.fullmatch(line)) and not read[found[1]])
        ]
        if left == kept:
            break
        kept = left
    while kept and not kept[0]:
        kept = kept[1:]
    while kept and not kept[-1]:
        kept = kept[:-1]
    return [line for k, line in enumerate(kept) if line or kept[k - 1]]


_LENGTH = re.compile(r"\s*(?:const )?(?:int64_t )?(\w+_[ns]\d*_?|kept_\d+) = ([^;]*);")


def safe(text: str) -> str:
    """Return a text that ends no comment, and no string of Python around it.

    Examples
    --------
    >>> safe("of a */ b")
    'of a * / b'
    """
    return text.replace("*/", "* /").replace('"""', "'''").replace("\n", " ")
