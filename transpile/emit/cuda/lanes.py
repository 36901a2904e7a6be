"""Statements for the threads of a kernel: elements, sums, the lanes of a warp."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ..c import library
from ..c.arrays import Ref
from ..c.body import Body
from ..c.comments import Comments
from ..c.infer import Inference, Typed
from ..c.kinds import c_type, unspelled
from ..c.layout import safe
from ..c.names import Names
from ..c.pieces import C
from ..c.syntax import ranged
from ..c.values import indices
from .loops import Shared, independent
from .prelude import RESERVED, SHORT, neutral
from .shapes import Shapes, own_length


class KernelBody(Body):
    """Prints statements for the threads of a kernel."""

    def __init__(
        self,
        function: Typed,
        inference: Inference,
        message: Callable[[str, str], int],
        comments: Comments,
        front: bool,
        groups: Mapping[str, str],
    ) -> None:
        super().__init__(function, inference, message, comments, (False, front))
        others = {other.name for other in inference}
        self.names = Names(function, RESERVED | others)
        self.known: Shapes = {}
        # Elements that a loop goes through: a name for each, or one place of all.
        self.elements: Mapping[str, str] = {}
        self.flat: tuple[Sequence[str], str] = ((), "")
        self.groups = groups
        self.lanes = False  # whether lanes of a warp share inner loops
        self.alone = False  # whether one thread runs everything
        self.reductions: set[tuple[str, str, bool]] = set()
        self.scattered: set[str] = set()
        self.may_fail = False

    def array(self, name: str) -> Ref:
        """Return where a variable's array stands, with lengths by their first names."""
        ref = super().array(name)
        known = self.known.get(name, ())
        if len(known) != ref.rank:
            return ref
        lengths = [
            own
            if each is None or own_length(name, k) == ast.unparse(each)
            else self.term(each)
            for k, (each, own) in enumerate(zip(known, ref.lengths, strict=True))
        ]
        return replace(ref, lengths=tuple(lengths))

    def element(self, node: ast.Subscript) -> C:
        """Return an element of an array."""
        counters, place = self.flat
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        places = [ast.unparse(each) for each in indices(node)]
        if name in self.elements and places == list(counters):
            return C(self.elements[name])
        if place and places == list(counters):
            return C(f"{self.names.of(name)}[{place}]")
        return super().element(node)

    def _raise(self, name: str, text: str) -> None:
        if name not in library.ERRORS or self.lanes:
            raise unspelled(f"raise {name} on the device")
        self.may_fail = True
        number = self.message(library.ERRORS[name], text)
        self.write(f"failed(status, {number}); /* {name}: {safe(text)} */")
        self.write("return;" if self.alone else "goto next;")

    def _take(self, own: str, first: bool, whole: object, name: str = "") -> None:
        raise unspelled("memory asked for on the device")

    def _augment(self, node: ast.AugAssign) -> None:
        target = node.target
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            if target.value.id in self.scattered:
                minus = "-" if isinstance(node.op, ast.Sub) else ""
                value = self.number(node.value, self.kind(node.value))
                text = value.within(14) if minus else value.text
                self.write(f"add(&{self.element(target).text}, {minus}{text});")
                return
        if not self.lanes or not isinstance(target, ast.Subscript):
            super()._augment(node)
            return
        self._by_one_lane(lambda: super(KernelBody, self)._augment(node))

    def assign(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> None:
        """Write an assignment; of an element, by the first lane of a warp."""
        if self.lanes and isinstance(target, ast.Subscript):
            self._by_one_lane(
                lambda: super(KernelBody, self).assign(node, target, value)
            )
            return
        super().assign(node, target, value)

    def _by_one_lane(self, write: Callable[[], None]) -> None:
        """Write what one lane does, after all have read what it may overwrite."""
        self.write("__syncwarp();")
        self.write("if (LANE == 0) {")
        self.depth += 1
        write()
        self.depth -= 1
        self.write("}")
        self.write("__syncwarp();")

    def _for(self, node: ast.For) -> None:
        shared = self._in_lanes(node) if self.lanes else None
        if shared is None:
            super()._for(node)
            return
        assert isinstance(node.target, ast.Name) and isinstance(node.iter, ast.Call)
        start, stop, step = ranged(node.iter.args)
        name = self.names.of(node.target.id)
        first = self.term(start).text
        first = "LANE" if first == "0" else f"{first} + LANE"
        last = self._bound(node, stop)
        kinds = self.function.kinds
        every = shared.reduced
        for each, way in every:
            own, kind = self.names.of(each), c_type(kinds[each])
            if kind not in SHORT:
                raise unspelled(f"{each}, a {kind} that lanes share, on a GPU")
            self.write(f"{kind} {own}_part = {neutral(way, kind)};")
            self.reductions.add((way, kind, False))
        self.write(f"for (int64_t {name} = {first}; {name} < {last}; {name} += 32) {{")
        self.lanes = False
        before = dict(self.names._own)
        for each, _ in every:
            self.names._own[each] += "_part"
        self.inside(node.body)
        self.names._own = before
        self.lanes = True
        self.write("}")
        for each, way in every:
            own, short = self.names.of(each), SHORT[c_type(kinds[each])]
            whole = f"warp_{way}_{short}({own}_part)"
            joined = f"{way}_{short}({own}, {whole})"
            self.write(f"{own} += {whole};" if way == "sum" else f"{own} = {joined};")
        self.write("__syncwarp();")

    def _in_lanes(self, node: ast.For) -> Shared | None:
        """Return what iterations share if lanes may run them, else None."""
        if not isinstance(node.iter, ast.Call):
            return None
        _, _, step = ranged(node.iter.args)
        shared = independent(node, self.groups, (), self.in_front)
        if shared is None or step != 1 or shared.scattered:
            return None
        if not self.scopes.declares(node, node.target.id):  # type: ignore[attr-defined]
            return None
        return shared
