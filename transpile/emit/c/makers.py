"""What makes arrays, and calls: memory, products, copies, results."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from .arrays import Ref, base_of, is_new, part_of
from .infer import Inference, Typed
from .kinds import Array, Kind, unspelled
from .names import Names
from .pieces import UNARY, C, call, product
from .scopes import Scopes
from .solving import Solving
from .syntax import mentions

ON_STACK = 512  # elements
MATRICES = {"float64": "", "float32": "_f", "complex128": "_z", "complex64": "_c"}


class Makers(Solving):
    """Writes what makes arrays; mixed into the body of a function."""

    function: Typed
    inference: Inference
    names: Names
    scopes: Scopes
    shapes: dict[str, list[ast.expr]]
    given: Sequence[str]
    message: Callable[[str, str], int]
    write: Callable[[str], None]
    put: Callable[[ast.AST, str, C], None]

    # ---- arrays ----

    def results(  # noqa: D102
        self, node: ast.Call, wanted: Sequence[tuple[str, Kind]]
    ) -> list[Ref]:
        raise NotImplementedError

    def is_own(self, name: str) -> bool:
        """Whether nothing else has the memory of an array."""
        if name in self.scopes.parameters:
            return False
        for node in ast.walk(self.function.node):
            match node:
                case ast.Assign(targets=[ast.Name(id=other)], value=value):
                    own = is_new(value) and id(value) not in self.function.calls
                    if other == name and not own:
                        return False
                    is_array = isinstance(self.function.kinds.get(other), Array)
                    if other != name and is_array and base_of(value) == name:
                        return False
                case ast.Assign(targets=[ast.Tuple(elts=elements)], value=value):
                    if any(base_of(e) == name for e in elements):
                        return False
                    if isinstance(value, ast.Tuple) and any(
                        base_of(e) == name for e in value.elts
                    ):
                        return False
        return True

    def is_quick(self, node: ast.Call) -> bool:
        """Whether a call is a term, with nothing written before it."""
        called = self.function.calls.get(id(node))
        if called is not None:
            return called.is_plain
        name = ast.unparse(node.func)
        return not name.startswith(("np.linalg", "np.dot", "np.searchsorted"))

    def assign_array(self, node: ast.stmt, name: str, value: ast.expr) -> None:
        """Write the assignment of an array to a variable."""
        kind = self.function.kinds[name]
        assert isinstance(kind, Array)
        called = id(value) in self.function.calls and name not in self.given
        if is_new(value) and not called and not mentions(value, name):
            lengths, fill = self._made(value, kind)
            whole = self._room(node, name, kind, lengths)
            fill(whole)
            return
        self._point(node, name, kind, self.ref(value))

    def _point(self, node: ast.stmt, name: str, kind: Array, found: Ref) -> None:
        """Let a variable stand for memory that there is."""
        own = self.names.of(name)
        first = self.scopes.declares(node, name) and name not in self.scopes.parameters
        if name in self.given:
            raise unspelled("a result in memory that something else has")
        star = f"{found.c_type} *" if first else ""
        self.write(f"{star}{own} = {found.pointer.text};")
        lengths, strides = self.names.parts(own, kind)
        declared = "int64_t " if first else ""
        const = "const " if first and self.scopes.is_fixed(name) else ""
        if name not in self.shapes:
            for part, length in zip(lengths, found.lengths, strict=True):
                self.write(f"{const}{declared}{part} = {length.text};")
        for part, stride in zip(strides, found.steps, strict=False):
            self.write(f"{const}{declared}{part} = {stride.text};")

    def _room(
        self, node: ast.stmt, name: str, kind: Array, lengths: Sequence[C]
    ) -> Ref:
        """Write what gives a variable memory for an array of these lengths."""
        own, first = self.names.of(name), self.scopes.declares(node, name)
        parts, strides = self.names.parts(own, kind)
        if name not in self.shapes:
            const = "const " if first and self.scopes.is_fixed(name) else ""
            for part, length in zip(parts, lengths, strict=True):
                declared = "int64_t " if first else ""
                if part != length.text:
                    self.write(f"{const}{declared}{part} = {length.text};")
        whole = self.array(name)
        if name not in self.given:
            self._take(own, first, Ref(kind.dtype, C(own), whole.lengths), name)
        for part, step in zip(
            strides, Ref(kind.dtype, C(own), whole.lengths).steps, strict=False
        ):
            declared = "int64_t " if first else ""
            self.write(f"{declared}{part} = {step.text};")
        return Ref(kind.dtype, C(own), whole.lengths)

    def _take(self, own: str, first: bool, whole: Ref, name: str = "") -> None:
        count = product(whole.lengths)
        texts = [length.text for length in whole.lengths]
        if all(t.isdigit() for t in texts) and name and self._may_stand(name):
            total = 1
            for text in texts:
                total *= int(text)
            if 0 < total <= ON_STACK:
                self.write(f"{whole.c_type} {own}[{total}];")
                return
        star = f"{whole.c_type} *" if first else ""
        size = f"area(sizeof({whole.c_type}), {count.text})"
        self.write(f"{star}{own} = take(memory, {size});")
        self.write(f"if ({own} == NULL)")
        self.write(f"    return {self.message('MEMORY', 'out of memory')};")

    def room(self, own: str, whole: Ref) -> None:
        """Write a new array, in memory of the function's."""
        self._take(own, True, whole)

    def _may_stand(self, name: str) -> bool:
        """Whether an array may stand on the stack: it is there for the whole call."""
        home = self.scopes.uses[name].homes
        inner = not any(isinstance(k, Array) for k in self.function.gives)
        top = home == [(self.scopes.top,)]
        return (
            self.scopes.is_fixed(name)
            and top
            and inner
            and bool(self.scopes.uses[name].inline)
        )

    def kept(self, node: ast.expr) -> Ref:
        """Return a new array in a variable of its own."""
        kind = self.kind(node)
        assert isinstance(kind, Array)
        own = self.names.numbered("made")
        called = isinstance(node, ast.Call) and id(node) in self.function.calls
        if called:
            assert isinstance(node, ast.Call)
            (ref,) = self.results(node, [(own, kind)])
            return ref
        lengths, fill = self._made(node, kind)
        whole = Ref(kind.dtype, C(own), tuple(lengths))
        self._take(own, True, whole)
        fill(whole)
        return whole

    def _made(
        self, node: ast.expr, kind: Array
    ) -> tuple[Sequence[C], Callable[[Ref], None]]:
        """Return the lengths of a new array, and what writes its elements."""
        part = part_of(node)
        if part is not None:
            return self.decomposed(*part)
        match node:
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                return self._product(left, right)
            case ast.Call(func=function, args=args):
                name = ast.unparse(function)
                if name in ("np.empty", "np.zeros"):
                    found = self._shape(args[0])
                    zeros = name == "np.zeros"
                    return found, (self._clear if zeros else lambda whole: None)
                if name == "np.dot":
                    return self._product(args[0], args[1])
                if name == "np.ascontiguousarray" and is_new(args[0]):
                    return self._made(args[0], kind)
                assert isinstance(node, ast.Call)
                if name == "np.argsort":
                    return self.ordered(node)
                if name.startswith("np.linalg."):
                    return self.solved(node)
                if name == "np.searchsorted":
                    ref = self.ref(args[1])
                    search = self.search(node)
                    return ref.lengths, lambda whole: self.each(
                        whole, lambda places: search(self.at(ref, places))
                    )
                if id(node) in self.function.calls:
                    ref = self.kept(node)
                    return ref.lengths, lambda whole: self.copy(whole, ref)
                inner = args[0] if args else function.value  # type: ignore[attr-defined]
                ref = self.ref(inner)
                if name.endswith("ravel"):
                    flat_length = product(ref.lengths)
                    return [flat_length], lambda whole: self.copy(
                        Ref(whole.dtype, whole.pointer, ref.lengths), ref
                    )
                if name.endswith((".copy", ".ascontiguousarray")):
                    return ref.lengths, lambda whole: self.copy(whole, ref)
        raise unspelled(ast.unparse(node))

    def _shape(self, node: ast.expr) -> list[C]:
        if isinstance(node, ast.Attribute):
            return list(self.ref(node.value).lengths)
        every = node.elts if isinstance(node, ast.Tuple) else [node]
        return [self.term(each) for each in every]

    def _clear(self, whole: Ref) -> None:
        self.write(f"memset({whole.pointer.text}, 0, {bytes_of(whole)});")

    def copy(self, to: Ref, source: Ref) -> None:
        """Write a copy of elements."""
        if to.strides is None and source.strides is None and to.dtype == source.dtype:
            found = to.pointer.text, source.pointer.text, bytes_of(to)
            self.write(f"memcpy({', '.join(found)});")
            return
        self.each(to, lambda places: self.at(source, places))

    def fill(self, to: Ref, value: ast.expr) -> None:
        """Write an array or a number to a part of an array."""
        if isinstance(self.kind(value), Array):
            source = self.ref(value)
            if source.rank != to.rank:
                raise unspelled("an assignment that broadcasts")
            self.each(to, lambda places: self.at(source, places))
            return
        made = self.term(value)
        self.each(to, lambda places: made)

    def each(self, to: Ref, made: Callable[[Sequence[C]], C]) -> None:
        """Write loops over an array that give each element a value."""
        names = [self.names.numbered("k") for _ in to.lengths]
        for depth, (name, length) in enumerate(zip(names, to.lengths, strict=True)):
            head = f"for (int64_t {name} = 0; {name} < {length.within(11)}; {name}++)"
            self.write("    " * depth + head)
        places = list(map(C, names))
        element = self.at(to, places).text
        self.write("    " * len(names) + f"{element} = {made(places).text};")

    @staticmethod
    def at(whole: Ref, places: Sequence[C]) -> C:
        """Return an element."""
        return C(f"{whole.pointer.within(15)}[{whole.offset(places).text}]")

    # ---- library ----

    def _product(
        self, left: ast.expr, right: ast.expr
    ) -> tuple[Sequence[C], Callable[[Ref], None]]:
        a, b = self.ref(left), self.ref(right)
        lengths = [*a.lengths[:-1], *(b.lengths[1:] if b.rank == 2 else ())]
        inner = a.lengths[-1]
        if inner.text != b.lengths[0].text:
            text = "matmul: the inner lengths of the factors differ"
            number = self.message("VALUE", text)
            self.write(f"if ({inner.within(10)} != {b.lengths[0].within(10)})")
            self.write(f"    return {number}; /* ValueError: {text} */")
        return lengths, lambda whole: self._multiplied(a, b, whole)

    def _multiplied(self, a: Ref, b: Ref, out: Ref) -> None:
        suffix = MATRICES.get(a.dtype)
        if suffix is None:
            raise unspelled(f"a product of arrays of {a.dtype}")
        parts = [a.pointer, *a.steps, b.pointer, *b.steps, out.pointer, *a.lengths]
        parts += b.lengths[1:]
        name = {(2, 2): "matmul", (2, 1): "matvec", (1, 2): "vecmat"}[a.rank, b.rank]
        if out.strides is not None:
            raise unspelled("a product written to memory that is not contiguous")
        if name == "matmul":
            self.write(f"TRY({call(name + suffix, *parts, 'memory').text});")
        else:
            self.write(f"{call(name + suffix, *parts).text};")

    def dotted(self, node: ast.expr, left: ast.expr, right: ast.expr) -> C:
        """Return the product of two vectors."""
        a, b = self.ref(left), self.ref(right)
        self._product(left, right)
        name = "dot" + MATRICES[a.dtype]
        return call(name, a.pointer, a.steps[0], b.pointer, b.steps[0], a.lengths[0])


def bytes_of(whole: Ref) -> str:
    """Return the size of an array that there is."""
    count = product(whole.lengths)
    if count.text.isdigit():
        return f"sizeof({whole.c_type}) * {count.text}"
    return f"sizeof({whole.c_type}) * (size_t){count.within(UNARY)}"


def leaves(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the parts of a tuple, nested ones too."""
    if isinstance(node, ast.Tuple):
        for each in node.elts:
            yield from leaves(each)
    else:
        yield node
