"""The graph as text, to read while working on gradscribe.

One line per equation, as in ``z: f64[m] = add (matvec X w) b   # logistic.py:5``;
an unnamed value with one use stands inside the line that uses it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..graph.ir import (
    At,
    Equation,
    Function,
    Gather,
    Index,
    Mask,
    NewAxis,
    Path,
    Program,
    Region,
    Reshape,
    Span,
    Transpose,
    Value,
)
from .fold import Folding, fold

_SILENT = frozenset({"spelled", "value", "path", "lengths"})


def show(what: Program | Function | Region) -> str:
    """Return a program, function or region as text."""
    if isinstance(what, Program):
        return "\n\n".join(show(f) for f in what.functions)
    if isinstance(what, Function):
        return "\n".join(_function(what))
    return "\n".join(_Shower(None).region(what, 0))


def _function(function: Function) -> Iterator[str]:
    parameters = ", ".join(
        f"{v.name or p.name}: {v.type}" for p in function.parameters for v in p.values
    )
    yield f"{function.name}({parameters}):"
    yield from _Shower(fold(function)).region(function.body, 1)


class _Shower:
    def __init__(self, folding: Folding | None) -> None:
        self.folding = folding
        self.inline: dict[Value, Equation] = {}

    def region(self, region: Region, depth: int) -> Iterator[str]:
        """Yield the lines of a region: its equations, then what it hands on."""
        folded = self._enter(region)
        for eq in region.equations:
            if len(eq.results) != 1 or eq.result not in folded:
                yield from self.equation(eq, depth)
        if region.results:
            yield f"{'    ' * depth}yield {' '.join(map(self.operand, region.results))}"

    def _enter(self, region: Region) -> Mapping[Value, Equation]:
        for eq in region.equations:
            for result in eq.results:
                self.inline.pop(result, None)
        if self.folding is None:
            return {}
        folded = {
            value: eq for value, eq in self.folding.of(region).items() if not eq.regions
        }
        self.inline.update(folded)
        return folded

    def equation(self, eq: Equation, depth: int) -> Iterator[str]:
        """Yield an equation, and the regions inside it."""
        results = ", ".join(f"{v}: {v.type}" for v in eq.results)
        line = f"{results} = {self.right(eq)}" if results else self.right(eq)
        place = ""
        if eq.origin is not None:
            place = f"   # {eq.origin.file.rpartition('/')[2]}:{eq.origin.line}"
        side = "'" if eq.backward else ""
        yield f"{'    ' * depth}{line}{side}{place}"
        for region in eq.regions:
            params = ", ".join(f"{v}: {v.type}" for v in region.params)
            yield f"{'    ' * depth}  ({params})"
            yield from self.region(region, depth + 1)

    def right(self, eq: Equation) -> str:
        """Return the operation, its operands and what else decides the result."""
        if eq.op == "constant":
            dtype = eq.attrs.get("dtype")
            return f"{eq.attrs['value']!r}" + (f":{dtype}" if dtype else "")
        if "path" in eq.attrs:
            return self._reach(eq)
        attrs = [f"{k}={v}" for k, v in eq.attrs.items() if k not in _SILENT]
        return " ".join([eq.op, *map(self.operand, eq.operands), *attrs])

    def _reach(self, eq: Equation) -> str:
        fixed = 1 if eq.op == "index" else 2
        slots = [self.operand(v) for v in eq.operands[fixed:]]
        base = self.operand(eq.operands[0]) + path_text(eq.attrs["path"], slots)
        rest = [self.operand(v) for v in eq.operands[1:fixed]]
        return " ".join([eq.op, base, *rest])

    def operand(self, value: Value) -> str:
        """Return a value by name, or what it is."""
        eq = self.inline.get(value)
        if eq is None:
            return str(value)
        return self.right(eq) if eq.op == "constant" else f"({self.right(eq)})"


def path_text(path: Path, slots: list[str]) -> str:
    """Return a path as it would be written behind an array."""
    return "".join(_step(step, slots) for step in path)


def _step(step: object, slots: list[str]) -> str:
    match step:
        case Transpose(axes):
            return f".transpose{axes}"
        case Reshape(lengths):
            return f".reshape({', '.join(slots[s] for s in lengths)})"
        case Index(items):
            return f"[{', '.join(_item(item, slots) for item in items)}]"
    raise TypeError(f"no path step {step}")


def _item(item: object, slots: list[str]) -> str:
    match item:
        case At(slot) | Gather(slot) | Mask(slot):
            return slots[slot]
        case NewAxis():
            return "newaxis"
        case Span(lower, upper, step):
            bounds = ["" if b is None else slots[b] for b in (lower, upper, step)]
            return ":".join(bounds if bounds[2] else bounds[:2])
    raise TypeError(f"no index item {item}")
