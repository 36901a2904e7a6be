"""docs/operations.md: every function that is understood, and how it is differentiated.

The page is made from the tables of operations, rules and library functions:
``python tests/operations.py`` writes it, `test_operations` compares it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import gradscribe.transpile.parse  # registers the functions  # noqa: F401
from gradscribe.transpile.graph.ops import OPS
from gradscribe.transpile.parse.libraries import FUNCTIONS as REGISTERED
from gradscribe.transpile.parse.libraries import METHODS
from gradscribe.transpile.rules import RULES

# One is written by gradscribe, in the place of what is not read; classes of NumPy are
# known by where they are defined, too.
FUNCTIONS = {
    name
    for name in REGISTERED
    if name != "gradscribe.outside" and not any(p in name for p in ("._", ".mtrand."))
}

PAGE = Path(__file__).resolve().parent.parent / "docs" / "operations.md"
HEAD = """\
# Operations

Made by `python tests/operations.py` from the tables of operations, rules and library
functions. A rule has one row, from which both modes follow: `vjp` and `jvp` take
whatever stands here, also again and again. What does not stand here is refused by name.

"""
# How a kind of rule gives both modes.
KINDS = {
    "Elementwise": "partial derivatives, times the tangent or the adjoint",
    "Weighted": "a reduction: the weights of its elements",
    "LinearRule": "linear: itself, or its transpose",
    "Bilinear": "a product: linear in each factor",
    "Custom": "both modes written out",
    "Structural": "memory and control flow, differentiated by the passes",
    "Constant": "constant: nothing flows through",
}
MODES = {"Constant": "constant"}
LIBRARIES = (
    "numpy",
    "numpy.linalg",
    "numpy.fft",
    "numpy.random",
    "scipy",
    "math",
    "cmath",
    "builtins",
)


def spelled(dotted: str) -> str:
    """Return a function as people write it."""
    if dotted.startswith("numpy."):
        return "np." + dotted.removeprefix("numpy.")
    return dotted.removeprefix("builtins.")


def library(dotted: str) -> str:
    """Return the heading that a function stands under."""
    found = [name for name in LIBRARIES if dotted.startswith(f"{name}.")]
    return max(found, key=len) if found else "others"


def rules() -> Iterator[str]:
    """Yield the table of rules."""
    yield "| rule | operations | modes |"
    yield "| --- | --- | --- |"
    for kind, words in KINDS.items():
        ops = sorted(op for op, rule in RULES.items() if type(rule).__name__ == kind)
        modes = MODES.get(kind, "reverse, forward")
        yield f"| {words} ({len(ops)}) | {listed(ops)} | {modes} |"


def listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def functions() -> Iterator[str]:
    """Yield the functions of each library: those with rules, and those made of them."""
    own = {name: op for op in OPS.values() for name in op.numpy}
    groups: dict[str, list[str]] = defaultdict(list)
    for dotted in sorted(FUNCTIONS):
        groups[library(dotted)].append(dotted)
    for name in (*LIBRARIES, "others"):
        names = [spelled(dotted) for dotted in groups[name]]
        direct = [n for n in names if n in own]
        made = [n for n in names if n not in own]
        yield f"## {name} ({len(names)})"
        yield ""
        if direct:
            yield f"An operation each: {listed(direct)}."
            yield ""
        if made:
            words = "Made of operations" if direct else "Made of the operations above"
            yield f"{words}: {listed(made)}."
            yield ""


def page() -> str:
    """Return the text of the page."""
    smooth = sum(type(rule).__name__ not in MODES for rule in RULES.values())
    counts = (
        f"{len(FUNCTIONS)} functions, of {len(RULES)} operations: {smooth} with a"
        f" derivative, {len(RULES) - smooth} constant."
    )
    methods = ", ".join(f"`.{name}`" for name in sorted(METHODS) if "." not in name)
    lines = [HEAD + counts, "", *rules(), "", *functions()]
    lines += ["## Methods of arrays", ""]
    lines += [f"{methods}, and every function above that arrays have as a method."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
