"""Python expressions as trees, with parentheses exactly where they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Atom:
    """A name or a literal without sign."""

    text: str

    @property
    def is_name(self) -> bool:
        """Whether the atom is an identifier."""
        return self.text.isidentifier()


@dataclass(frozen=True, slots=True)
class Paren:
    """An expression in parentheses."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x``, ``+x``, ``~x`` or ``not x``."""

    op: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and an operator, comparisons and ``and`` and ``or`` included."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Conditional:
    """``yes if test else no``."""

    test: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Keyword:
    """``name=value`` among the arguments of a call."""

    name: str
    value: Node


@dataclass(frozen=True, slots=True)
class Call:
    """``function(*arguments)``."""

    function: Node
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """``base.name``."""

    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Subscript:
    """``base[items]``."""

    base: Node
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """``lower:upper:step``, each of them optional."""

    lower: Node | None = None
    upper: Node | None = None
    step: Node | None = None


@dataclass(frozen=True, slots=True)
class Tuple:
    """A tuple; a bare one has no parentheses of its own."""

    items: tuple[Node, ...]
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """A dict, its keys written out."""

    keys: tuple[str, ...]
    items: tuple[Node, ...]


Node = (
    Atom
    | Paren
    | Unary
    | Binary
    | Conditional
    | Keyword
    | Call
    | Attribute
    | Subscript
    | Slice
    | Tuple
    | Listing
    | Entries
)

# How tightly an operator binds.
_LEVELS = (
    ("or",),
    ("and",),
    ("not",),
    ("<", "<=", ">", ">=", "==", "!=", "is", "in"),
    ("|",),
    ("^",),
    ("&",),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "/", "//", "%", "@"),
)
_BINDING = {op: level for level, ops in enumerate(_LEVELS, 2) for op in ops}
_COMPARISON = _BINDING["<"]
_UNARY = len(_LEVELS) + 2
_POWER = _UNARY + 1
_ATOM = _POWER + 1
_BINDING["**"] = _POWER


def binding(node: Node) -> int:
    """Return how tightly the outermost operator of an expression binds."""
    if isinstance(node, Binary):
        return _BINDING[node.op]
    if isinstance(node, Unary):
        return _BINDING["not"] if node.op == "not" else _UNARY
    if isinstance(node, Conditional):
        return 1
    if isinstance(node, Tuple):
        return 0 if node.bare else _ATOM
    return _ATOM


def _at_least(node: Node, level: int) -> Node:
    return node if binding(node) >= level else Paren(node)


def strip(node: Node) -> Node:
    """Return the expression without its outer parentheses."""
    return node.inner if isinstance(node, Paren) else node


def binary(op: str, left: Node, right: Node) -> Node:
    """Return ``left op right`` that is evaluated as written."""
    level = _BINDING[op]
    if op == "**":
        return Binary(op, _at_least(left, _ATOM), _at_least(right, _UNARY))
    is_product = isinstance(right, Binary)
    turned = _less_minus(right) if op == "+" and is_product else None
    if turned is not None:
        op, right = "-", turned
    if op in "+-" and isinstance(right, Unary) and right.op != "not":
        right = Paren(right)
    if op in ("*", "/", "@") and isinstance(left, Binary) and left.op in ("%", "//"):
        left = Paren(left)
    tight = level == _COMPARISON
    return Binary(op, _at_least(left, level + tight), _at_least(right, level + 1))


def _less_minus(node: Node) -> Node | None:
    """Return ``0.5 * x`` for ``-0.5 * x``, None without such a number."""
    if isinstance(node, Binary) and node.op in ("*", "/"):
        left = _less_minus(node.left)
        return None if left is None else Binary(node.op, left, node.right)
    if isinstance(node, Unary) and node.op == "-" and isinstance(node.operand, Atom):
        return node.operand if node.operand.text[0].isdigit() else None
    return None


def chained(left: Node, right: Node) -> Node | None:
    """Return ``a < b < c`` for ``a < b`` and ``b < c``."""
    if not isinstance(left, Binary) or not isinstance(right, Binary):
        return None
    if {_BINDING[left.op], _BINDING[right.op]} != {_COMPARISON}:
        return None
    if left.right != right.left:
        return None
    return Binary(right.op, left, right.right)


def unary(op: str, operand: Node) -> Node:
    """Return ``op operand``."""
    if isinstance(operand, Binary) and operand.op == "**":
        # Right without, but ruff adds them, and a reader need not know.
        return Unary(op, Paren(operand))
    return Unary(op, _at_least(operand, _BINDING["not"] if op == "not" else _UNARY))


def conditional(test: Node, yes: Node, no: Node) -> Node:
    """Return ``yes if test else no``."""
    return Conditional(_at_least(test, 2), _at_least(yes, 2), _at_least(no, 1))


def primary(node: Node) -> Node:
    """Return a node that may be followed by a dot or a bracket."""
    if isinstance(node, Atom) and node.text[0].isdigit():
        return Paren(node)
    return _at_least(node, _ATOM)


def attribute(base: Node, name: str) -> Node:
    """Return ``base.name``."""
    return Attribute(primary(base), name)


def dotted(path: str) -> Node:
    """Return a dotted name such as ``np.add.at``."""
    first, *rest = path.split(".")
    node: Node = Atom(first)
    for name in rest:
        node = Attribute(node, name)
    return node


def call(function: str | Node, *arguments: Node, **keywords: Node) -> Node:
    """Return a call; a string is a dotted name."""
    named = tuple(Keyword(name, value) for name, value in keywords.items())
    head = dotted(function) if isinstance(function, str) else function
    return Call(head, tuple(arguments) + named)


def method(base: Node, name: str, *arguments: Node, **keywords: Node) -> Node:
    """Return ``base.name(*arguments)``."""
    return call(attribute(base, name), *arguments, **keywords)


def subscript(base: Node, *items: Node) -> Node:
    """Return ``base[items]``."""
    return Subscript(primary(base), tuple(items))


def names(node: Node) -> Iterator[str]:
    """Yield the identifiers that an expression reads."""
    if isinstance(node, Atom):
        if node.is_name:
            yield node.text
        return
    for child in children(node):
        yield from names(child)


def children(node: Node) -> tuple[Node, ...]:
    """Return the direct parts of an expression."""
    parts: tuple[Node | None, ...]
    match node:
        case Atom():
            parts = ()
        case Paren(inner):
            parts = (inner,)
        case Unary(_, operand):
            parts = (operand,)
        case Binary(_, left, right):
            parts = (left, right)
        case Conditional(test, yes, no):
            parts = (yes, test, no)
        case Keyword(_, value):
            parts = (value,)
        case Call(function, arguments):
            parts = (function, *arguments)
        case Attribute(base, _):
            parts = (base,)
        case Subscript(base, items):
            parts = (base, *items)
        case Slice(lower, upper, step):
            parts = (lower, upper, step)
        case Tuple(items) | Listing(items) | Entries(_, items):
            parts = items
    return tuple(part for part in parts if part is not None)


def simple_power(node: Node) -> bool:
    """Whether an operand of ``**`` is short enough to leave out the spaces."""
    match node:
        case Atom():
            return True
        case Unary(op, operand):
            return op != "not" and simple_power(operand)
        case Attribute(base, _):
            return simple_power(strip(base))
    return False


def _hugs(left: Node, right: Node) -> bool:
    if isinstance(right, Binary):
        right = right.left
    return simple_power(left) and simple_power(right)


def _simple_bound(node: Node | None) -> bool:
    if isinstance(node, Unary):
        return node.op != "not" and _simple_bound(node.operand)
    return node is None or isinstance(node, Atom)


def text(node: Node) -> str:
    """Return an expression on one line."""
    match node:
        case Atom(written):
            return written
        case Paren(inner):
            return f"({text(inner)})"
        case Unary(op, operand):
            return ("not " if op == "not" else op) + text(operand)
        case Binary("**", left, right) if _hugs(left, right):
            return f"{text(left)}**{text(right)}"
        case Binary(op, left, right):
            return f"{text(left)} {op} {text(right)}"
        case Conditional(test, yes, no):
            return f"{text(yes)} if {text(test)} else {text(no)}"
        case Keyword(name, value):
            return f"{name}={text(value)}"
        case Call(function, arguments):
            return f"{text(function)}({', '.join(map(text, arguments))})"
        case Attribute(base, name):
            return f"{text(base)}.{name}"
        case Subscript(base, items):
            return f"{text(base)}[{', '.join(map(text, items))}]"
        case Slice():
            parts = slice_parts(node)
            return "".join(p if isinstance(p, str) else text(p) for p in parts)
        case Tuple(items, bare):
            inside = ", ".join(map(text, items)) + ("," if len(items) == 1 else "")
            return inside if bare else f"({inside})"
        case Listing(items):
            return f"[{', '.join(map(text, items))}]"
        case Entries(keys, items):
            pairs = zip(keys, map(text, items), strict=True)
            return f"{{{', '.join(f'{key}: {value}' for key, value in pairs)}}}"


def slice_parts(node: Slice) -> Iterator[Node | str]:
    """Yield the bounds, colons and spaces of a slice."""
    bounds = (node.lower, node.upper, node.step)
    gap = "" if all(map(_simple_bound, bounds)) else " "
    if node.lower is not None:
        yield node.lower
        yield gap
    yield ":"
    if node.upper is not None:
        yield gap
        yield node.upper
    if node.step is not None:
        yield (gap if node.upper is not None else "") + ":" + gap
        yield node.step
