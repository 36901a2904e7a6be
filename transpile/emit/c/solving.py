"""Calls of solvers, decompositions, orders and searches."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from .arrays import Arrays, Ref
from .kinds import Number, c_type
from .matrices import SUFFIXES, WIDE, require_real
from .names import Names
from .pieces import C, call, narrowed

Made = tuple[Sequence[C], Callable[[Ref], None]]
SINGULAR = "Singular matrix, or not positive definite"


class Solving(Arrays):
    """Writes such calls; mixed into the body of a function."""

    names: Names
    message: Callable[[str, str], int]
    write: Callable[[str], None]

    def room(self, own: str, whole: Ref) -> None:  # noqa: D102
        raise NotImplementedError

    def each(self, to: Ref, made: Callable[[Sequence[C]], C]) -> None:  # noqa: D102
        raise NotImplementedError

    def copy(self, to: Ref, source: Ref) -> None:  # noqa: D102
        raise NotImplementedError

    # ---- precision ----

    def _wide(self, node: ast.expr) -> Ref:
        """Return an array in double precision."""
        ref = self.ref(node)
        wide = WIDE.get(ref.dtype, ref.dtype)
        if wide == ref.dtype:
            return ref
        made = self._new(Ref(wide, C(self.names.numbered("wide")), ref.lengths))
        self.copy(made, ref)
        return made

    def _new(self, whole: Ref) -> Ref:
        self.room(whole.pointer.text, whole)
        return whole

    def _filled(self, whole: Ref, name: str, *parts: C | str) -> None:
        """Write a call that fills an array; it does so in double precision."""
        wide = WIDE.get(whole.dtype, whole.dtype)
        made = whole
        if wide != whole.dtype:
            made = self._new(Ref(wide, C(self.names.numbered("wide")), whole.lengths))
        every = [part if isinstance(part, C) else C(part) for part in parts]
        every = [made.pointer if part.text == "OUT" else part for part in every]
        self.write(f"TRY({call(name, *every, 'memory').text});")
        if made is not whole:
            self.copy(whole, made)

    # ---- calls ----

    def ordered(self, node: ast.Call) -> Made:
        """Return the order of a vector."""
        a = self.ref(node.args[0])
        name = "argsort" + SUFFIXES[a.dtype]
        parts = [a.pointer, a.steps[0], a.lengths[0], C("OUT")]
        return a.lengths, lambda whole: self._filled(whole, name, *parts)

    def solved(self, node: ast.Call) -> Made:
        """Return what solves equations, an inverse, a factor, or eigenvalues."""
        short = ast.unparse(node.func).rpartition(".")[2]
        refs = [self._wide(each) for each in node.args]
        a = refs[0]
        require_real(short, a.dtype)
        name = short + SUFFIXES[a.dtype]
        matrix = [a.pointer, *a.steps]
        if short == "eigvalsh":
            return a.lengths[:1], lambda whole: self._filled(
                whole, "eigh", *matrix, a.lengths[0], "0", "OUT"
            )
        if short == "pinv":
            return a.lengths[::-1], lambda whole: self._filled(
                whole, name, *matrix, *a.lengths, "OUT"
            )
        singular = str(self.message("VALUE", SINGULAR))
        matrix.append(a.lengths[0])
        lengths: Sequence[C] = a.lengths
        if short == "solve":
            b = refs[1]
            steps = b.steps if b.rank == 2 else (b.steps[0], C("0"))
            columns = b.lengths[1] if b.rank == 2 else C("1")
            matrix += [b.pointer, *steps, columns]
            lengths = b.lengths
        return lengths, lambda whole: self._filled(
            whole, name, *matrix, "OUT", singular
        )

    def decomposed(self, node: ast.Call, part: int) -> Made:
        """Return a part of a decomposition."""
        name = ast.unparse(node.func).rpartition(".")[2]
        a = self._wide(node.args[0])
        require_real(name, a.dtype)
        rows, columns = a.lengths
        count = rows if rows.text == columns.text else call("least", rows, columns)
        lengths = {
            ("qr", 0): (rows, count),
            ("qr", 1): (count, columns),
            ("eigh", 0): (rows,),
            ("eigh", 1): (rows, rows),
            ("svd", 0): (rows, count),
            ("svd", 1): (count,),
            ("svd", 2): (count, columns),
        }[name, part]
        sizes = [rows] if name == "eigh" else [rows, columns]
        parts = [a.pointer, *a.steps, *sizes]
        return lengths, lambda whole: self._filled(
            whole, name, *parts, str(part), "OUT"
        )

    def determined(self, node: ast.Call) -> C:
        """Return a determinant."""
        kind = self.kind(node)
        assert isinstance(kind, Number)
        a = self._wide(node.args[0])
        made = self.names.numbered("det")
        self.write(f"{c_type(Number(a.dtype))} {made};")
        parts = [a.pointer, *a.steps, a.lengths[0], C(f"&{made}"), C("memory")]
        self.write(f"TRY({call('det' + SUFFIXES[a.dtype], *parts).text});")
        return narrowed(C(made), kind)

    def log_determined(self, node: ast.Call) -> tuple[C, C]:
        """Return the sign of a determinant, and the logarithm of its size."""
        a = self._wide(node.args[0])
        require_real("slogdet", a.dtype)
        made = self.names.numbered("sign"), self.names.numbered("log_size")
        self.write(f"double {made[0]}, {made[1]};")
        outs = [C(f"&{each}") for each in made]
        parts = [a.pointer, *a.steps, a.lengths[0], *outs, C("memory")]
        self.write(f"TRY({call('slogdet', *parts).text});")
        return C(made[0]), C(made[1])

    def searched(self, node: ast.Call) -> C:
        """Return the place of a number in a sorted array."""
        return self.search(node)(self.term(node.args[1]))

    def search(self, node: ast.Call) -> Callable[[C], C]:
        """Return what finds the place of a number."""
        table = self.ref(node.args[0])
        right = any(ast.unparse(k.value) == "'right'" for k in node.keywords)
        parts = [table.pointer, table.steps[0], table.lengths[0]]
        side = "true" if right else "false"
        name = "searchsorted" + SUFFIXES[table.dtype]
        return lambda value: call(name, *parts, value, side)
