"""Calls of the file's functions, assignments of several, returns."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from .arrays import Ref, is_new
from .infer import Typed
from .kinds import Array, Kind, Number, c_type, unspelled
from .makers import Makers, leaves
from .pieces import C, call
from .terms import converted


class Callers(Makers):
    """Writes calls and returns; mixed into the body of a function."""

    # ---- calls of the file's functions ----

    def called(self, node: ast.Call) -> C | None:
        """Return a call of a function of the file, None for another."""
        function = self.function.calls.get(id(node))
        if function is None:
            return None
        if function.is_plain:
            return call(function.name, *self._arguments(function, node))
        own = self.names.numbered("made")
        (kind,) = function.gives
        self.results(node, [(own, kind)])
        return C(own)

    def _arguments(self, function: Typed, node: ast.Call) -> Iterator[C]:
        for value, kind in zip(node.args, function.parameters.values(), strict=False):
            if isinstance(kind, Array):
                found = self.ref(value)
                yield found.pointer
                yield from found.lengths
                yield from () if kind.packed else found.steps
            else:
                assert isinstance(kind, Number)
                yield converted(value, kind, self)  # type: ignore[arg-type]

    def effect(self, node: ast.Call) -> None:
        """Write a call for what it does."""
        function = self.function.calls.get(id(node))
        if function is None:
            if ast.unparse(node.func) == "np.dot" and len(node.args) == 3:
                self._multiplied(*map(self.ref, node.args))
                return
            raise unspelled(ast.unparse(node))
        self.results(node, [(self.names.numbered("unused"), k) for k in function.gives])

    def results(self, node: ast.Call, wanted: Sequence[tuple[str, Kind]]) -> list[Ref]:
        """Write a call whose results go to new variables; return the arrays."""
        function = self.function.calls[id(node)]
        parts = [p.text for p in self._arguments(function, node)]
        refs = []
        for own, kind in wanted:
            star = "*" if isinstance(kind, Array) else ""
            self.write(f"{c_type(kind)} {star}{own};")
            parts.append(f"&{own}")
            lengths, strides = self.names.parts(own, kind)
            for part in (*lengths, *strides):
                self.write(f"int64_t {part};")
                parts.append(f"&{part}")
            if isinstance(kind, Array):
                steps = tuple(map(C, strides)) or None
                refs.append(Ref(kind.dtype, C(own), tuple(map(C, lengths)), steps))
        made = (
            f"{function.name}({', '.join([*parts, 'memory'])})"
            if function.fails
            else f"{function.name}({', '.join(parts)})"
        )
        self.write(f"TRY({made});" if function.fails else f"{made};")
        return refs

    def unpack_call(
        self, node: ast.stmt, elements: Sequence[ast.expr], value: ast.Call
    ) -> None:
        """Write the call of a function that returns several, to variables."""
        function = self.function.calls.get(id(value))
        if ast.unparse(value.func) == "np.linalg.slogdet":
            for each, made in zip(elements, self.log_determined(value), strict=True):
                assert isinstance(each, ast.Name)
                self.put(node, each.id, made)
            return
        if function is None:
            raise unspelled(ast.unparse(value))
        wanted = [(self.names.numbered("given"), kind) for kind in function.gives]
        refs = iter(self.results(value, wanted))
        for each, (own, kind) in zip(elements, wanted, strict=True):
            assert isinstance(each, ast.Name)
            if isinstance(kind, Array):
                target = self.function.kinds[each.id]
                assert isinstance(target, Array)
                self._point(node, each.id, target, next(refs))
            else:
                self.put(node, each.id, C(own))

    def exchange(
        self, node: ast.stmt, elements: Sequence[ast.expr], values: Sequence[ast.expr]
    ) -> None:
        """Write assignments that all read before any writes."""
        kept: list[C | Ref] = []
        for value in values:
            kind = self.kind(value)
            if isinstance(kind, Array):
                found = self.ref(value)
                kept.append(found if is_new(value) else self._aside(found))
                continue
            own = self.names.numbered("kept")
            self.write(f"const {c_type(kind)} {own} = {self.term(value).text};")
            kept.append(C(own))
        for each, one in zip(elements, kept, strict=True):
            if isinstance(one, C) and isinstance(each, ast.Subscript):
                self.write(f"{self.element(each).text} = {one.text};")  # type: ignore[attr-defined]
                continue
            assert isinstance(each, ast.Name)
            if isinstance(one, C):
                self.put(node, each.id, one)
            else:
                target = self.function.kinds[each.id]
                assert isinstance(target, Array)
                self._point(node, each.id, target, one)

    def _aside(self, found: Ref) -> Ref:
        own = self.names.numbered("kept")
        self.write(f"{found.c_type} *const {own} = {found.pointer.text};")
        made = []
        for length in found.lengths:
            if length.text.isdigit():
                made.append(length)
                continue
            part = self.names.numbered("kept")
            self.write(f"const int64_t {part} = {length.text};")
            made.append(C(part))
        return Ref(found.dtype, C(own), tuple(made), found.strides)

    # ---- results ----

    def give(self, value: ast.expr | None) -> None:
        """Write a return."""
        if self.function.is_plain:
            assert value is not None
            kind = self.function.gives[0]
            assert isinstance(kind, Number)
            self.write(f"return {converted(value, kind, self).text};")  # type: ignore[arg-type]
            return
        nodes = list(leaves(value)) if value is not None else []
        for k, (node, kind) in enumerate(zip(nodes, self.function.gives, strict=True)):
            self.hand_out(k, node, kind)
        self.write("return 0;" if self.function.fails else "return;")

    def hand_out(self, k: int, node: ast.expr, kind: Kind) -> None:
        """Write a result to where the caller wants it."""
        out = f"out{k + 1}"
        if not isinstance(kind, Array):
            assert isinstance(kind, Number)
            self.write(f"*{out} = {converted(node, kind, self).text};")  # type: ignore[arg-type]
            return
        found = self.ref(node)
        self.write(f"*{out} = {found.pointer.text};")
        lengths, strides = self.names.parts(out, kind)
        for part, length in zip(lengths, found.lengths, strict=True):
            self.write(f"*{part} = {length.text};")
        for part, step in zip(strides, found.steps, strict=False):
            self.write(f"*{part} = {step.text};")
