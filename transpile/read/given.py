"""Derivatives that `custom_derivative` gives to a function, as its call is written."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from .literal import NotLiteral, dotted_name
from .outside import Returns, named, outside_source
from .source import Helper, NumPyName, Resolved, Rules, Source, Unknown

CUSTOM = "gradscribe.custom_derivative"
Lookup = Callable[[str], Resolved]


class BadRules(Exception):
    """What is given cannot be read; the message follows a function's name."""


def with_rules(lookup: Lookup, meaning: Resolved, call: ast.Call) -> Resolved:
    """Return a function with the derivatives that a call gives it."""
    if not isinstance(meaning, (Helper, NumPyName)):
        return meaning
    try:
        rules, returns = given_rules(lookup, call), given_returns(lookup, call)
    except BadRules as error:
        return Unknown(str(error))
    if isinstance(meaning, Helper):
        return Helper(given_source(replace(meaning.source, rules=rules), returns))
    if returns is None:
        return Unknown(f"is {meaning.dotted}: say returns=, what it gives")
    module, _, name = meaning.dotted.rpartition(".")
    return Helper(outside_source(module, name, named(rules.handed), returns, rules))


def marked(source: Source, mark: ast.expr) -> Source:
    """Return a function with what a decorator says of its derivatives."""
    rules = given_rules(source.lookup, mark)
    returns = given_returns(source.lookup, mark)
    return given_source(replace(source, rules=rules), returns)


def given_source(source: Source, returns: Returns | None) -> Source:
    """Return a function with rules, or what stands for one that is not read."""
    if returns is None or source.rules is None:
        return source
    if source.module is None or "<" in source.qualname:
        raise BadRules("is not read, and no module has it: a text cannot call it")
    name, arguments = source.qualname, source.node.args
    rules = source.rules
    return outside_source(source.module, name, arguments, returns, rules, source)


def given_returns(lookup: Lookup, call: ast.expr) -> Returns | None:
    """Return what ``returns=`` says: types as text, or the function of an example."""
    keywords = call.keywords if isinstance(call, ast.Call) else []
    node = next((k.value for k in keywords if k.arg == "returns"), None)
    if node is None:
        return None
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return _rule(lookup, "returns", node)
    parts = (value,) if isinstance(value, str) else value
    if value is None or all(isinstance(part, str) for part in parts):
        return value if value is None or isinstance(value, str) else tuple(value)
    raise BadRules("has a returns that is not made of types")


def given_rules(lookup: Lookup, call: ast.expr) -> Rules:
    """Return what ``custom_derivative(jvp=..., vjp=..., wrt=...)`` says.

    ``lookup`` tells what names mean where it is written.
    """
    keywords = call.keywords if isinstance(call, ast.Call) else []
    given = {keyword.arg: keyword.value for keyword in keywords}
    jvp, vjp = (_rule(lookup, kind, given.get(kind)) for kind in ("jvp", "vjp"))
    return Rules(jvp, vjp, _names(given.get("wrt")))


def _rule(lookup: Lookup, kind: str, node: ast.expr | None) -> Source | None:
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return None
    try:
        meaning = lookup(dotted_name(node))
    except NotLiteral:
        raise BadRules(f"has a {kind} that is not named: {ast.unparse(node)}") from None
    if not isinstance(meaning, Helper):
        raise BadRules(f"has a {kind} that cannot be read: {ast.unparse(node)}")
    return meaning.source


def _names(node: ast.expr | None) -> tuple[str, ...] | None:
    if node is None:
        return None
    try:
        value = ast.literal_eval(node)
    except ValueError:
        raise BadRules("has a wrt that is not written out") from None
    if value is None:
        return None
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, (tuple, list)) or not all(
        isinstance(name, str) for name in names
    ):
        raise BadRules("has a wrt that is not made of names")
    return tuple(names)
