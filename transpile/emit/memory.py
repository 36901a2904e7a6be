"""Writes to memory: stores, additions to elements, scatters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..graph.ir import Equation, Index, Item, Path, Span, Value, is_distinct
from .elements import item_node, reached, slot_nodes
from .expressions import Atom, Node, Slice, Tuple, call, method, subscript
from .statements import Simple
from .writer import INFIX

if TYPE_CHECKING:
    from .printer import Printer


def element(p: Printer, eq: Equation) -> tuple[Node, bool]:
    """Return the target of a write, and whether it is a bare variable."""
    fixed = 2
    base, slots = eq.operands[0], eq.operands[fixed:]
    path = shortened(eq.attrs["path"])
    node, done = p.node(base), 0
    if len(path) > 1 or (path and len(eq.attrs["path"]) > 1):
        found = p.views.longest(base, path, slots)
        if found is not None:
            node, done = Atom(found[0]), found[1]
    rest = path[done:]
    target = reached(node, rest, slot_nodes(p, slots))
    if rest and not isinstance(rest[-1], Index):
        # An attribute or a call cannot be assigned to: ``a.T[:] = v``.
        return subscript(target, Slice()), False
    return target, not rest


def shortened(path: Path) -> Path:
    """Return a path without a last step that takes everything."""
    if path and isinstance(path[-1], Index):
        if all(item == Span() for item in path[-1].items):
            return shortened(path[:-1])
    return path


def store(p: Printer, eq: Equation) -> None:
    """Print ``a[i] = v``, or ``a[i] *= v`` where the user wrote that."""
    if eq.attrs.get("inplace"):
        return
    target, bare = element(p, eq)
    augmented = updated(p, eq, target)
    if augmented is not None:
        operator, value = augmented
        p.out.append(Simple(value, target, operator, origin=eq.origin))
        return
    made = p.inline(eq.operands[1])
    if bare and made is not None and made.op in p.dialect.into:
        factors = (p.node(v) for v in made.operands)
        library = made.attrs.get("into") == "library"
        name = "np.dot" if library else p.dialect.into[made.op]
        written = call(name, *factors, target)
        p.out.append(Simple(written, origin=eq.origin))
        return
    if bare:
        dots = eq.attrs.get("spelled") == "..."
        target = subscript(target, Atom("...") if dots else Slice())
    value = p.node(source(p, eq.operands[1]))
    p.out.append(Simple(value, target, origin=eq.origin))


def source(p: Printer, value: Value) -> Value:
    """Return what is written, without a copy that the user did not write.

    The parser made it where the right side may overlap the left.
    """
    eq = p.inline(value)
    if eq is None or eq.op != "copy" or not eq.attrs.get("implicit"):
        return value
    return eq.operands[0] if p.dialect.overlaps else value


def updated(p: Printer, eq: Equation, target: Node) -> tuple[str, Node] | None:
    """Return ``*=`` and the other factor, if that is how a store was written."""
    made, operator = p.inline(eq.operands[1]), str(eq.attrs.get("spelled"))
    if made is None or f"{INFIX.get(made.op)}=" != operator:
        return None
    before, value = (p.node(v) for v in made.operands)
    return (operator, value) if before == target else None


def accumulate(p: Printer, eq: Equation) -> None:
    """Print ``a[i] += v``; through index arrays, ``np.add.at``."""
    value, sign = eq.operands[1], "+"
    negated = p.scope.get(value)
    if negated is not None and negated.op == "negative":
        (value,), sign = negated.operands, "-"
    if not is_distinct(eq.attrs["path"][-1:]):
        scatter(p, eq, p.node(value), sign)
        return
    target, _ = element(p, eq)
    added = p.node(source(p, value))
    p.out.append(Simple(added, target, f"{sign}=", origin=eq.origin))


def scatter(p: Printer, eq: Equation, value: Node, sign: str) -> None:
    """Print ``np.add.at(a, index, v)``, where repeated indices add up."""
    *path, last = eq.attrs["path"]
    slots = slot_nodes(p, eq.operands[2:])
    base = reached(p.node(eq.operands[0]), tuple(path), slots)
    items = list(last.items)
    while len(items) > 1 and items[-1] == Span():
        items.pop()
    where = [_index_object(item, slots) for item in items]
    place = where[0] if len(where) == 1 else Tuple(tuple(where))
    function = "np.add.at" if sign == "+" else "np.subtract.at"
    made = call(function, base, place, value)
    p.out.append(Simple(made, origin=eq.origin))


def _index_object(item: Item, slots: list[Node]) -> Node:
    """Return an index as an object: a slice is ``slice(...)``."""
    if not isinstance(item, Span):
        return item_node(item, slots)
    bounds = [
        None if b is None else slots[b] for b in (item.lower, item.upper, item.step)
    ]
    if bounds[2] is None:
        bounds.pop()
    if len(bounds) == 2 and bounds[0] is None:
        bounds.pop(0)
    return call("slice", *(Atom("None") if b is None else b for b in bounds))


# What NumPy gives as a view of its operand, and the graph as an array of its own.
SHARING = frozenset({"flip"})


def own(node: Node, eq: Equation) -> Node:
    """Return what is assigned: a copy of a view that the user gave no name.

    The operand, or the view, may be written while the other is still read. Where the
    user gives a name to a view, such writes were refused.
    """
    ours = eq.backward or eq.result.name is None
    if eq.op in SHARING and ours and eq.result.type.rank:
        return method(node, "copy")
    return node
