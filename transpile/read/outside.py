"""Functions that are called and not read.

For such a function stands a text that says where it is and what it returns, as types
or by an example, which is not computed::

    def root(a, n):
        return gradscribe.outside("solvers", "root", "f64[n]", a, n)
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from .library import library_name
from .source import Helper, Module, Resolved, Rules, Scope, Source, Unknown

EXAMPLE = "_example"
Returns = str | tuple[str, ...] | Source


@dataclass(frozen=True, slots=True)
class OutsideScope:
    """The names in such a text: those around the function, and a few more."""

    outer: Scope | None
    example: Source | None

    def lookup(self, name: str) -> Resolved:
        """Return the meaning of a name or dotted name."""
        first, _, rest = name.partition(".")
        if first == "gradscribe":
            return library_name(name) if rest else Module(name)
        if name == EXAMPLE and self.example is not None:
            return Helper(self.example)
        return Unknown() if self.outer is None else self.outer.lookup(name)

    def default(self, parameter: str) -> Resolved:
        """Return the default value of a parameter."""
        if self.outer is None:
            return Unknown("has no default")
        return self.outer.default(parameter)


def outside_source(
    module: str,
    name: str,
    parameters: ast.arguments,
    returns: Returns,
    rules: Rules,
    written: Source | None = None,
) -> Source:
    """Return the source that stands for a function of a module.

    ``written`` is its own, if it is written in Python: the other stands in its place.
    """
    passed = _passed(parameters)
    example = returns if isinstance(returns, Source) else None
    shown = repr(returns) if example is None else f"{EXAMPLE}({', '.join(passed)})"
    words = ", ".join([repr(module), repr(name), shown, *passed])
    own = name.rpartition(".")[2]
    head = f"def {own}({ast.unparse(parameters)}):"
    note = f'"""The result of {module}.{name}, which is not read here."""'
    text = f"{head}\n    {note}\n    return gradscribe.outside({words})\n"
    if written is None:
        scope = OutsideScope(None, example)
        return Source(f"<{module}.{name}>", text, own, 1, scope, rules)
    text = "\n" * (written.line - 1) + text
    scope = OutsideScope(written.scope, example)
    return Source(written.file, text, own, written.line, scope, rules)


def _passed(parameters: ast.arguments) -> list[str]:
    """Return the arguments of a call that hands all parameters on."""
    positional = [a.arg for a in (*parameters.posonlyargs, *parameters.args)]
    return [*positional, *(f"{a.arg}={a.arg}" for a in parameters.kwonlyargs)]


def named(names: Sequence[str]) -> ast.arguments:
    """Return parameters of which nothing but the names is known."""
    found = ast.parse(f"def f({', '.join(names)}): pass").body[0]
    assert isinstance(found, ast.FunctionDef)
    return found.args
