"""Arrays as C has them: a pointer, lengths, and strides where memory has gaps."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ...records import record
from .kinds import C_TYPES, Array, Kind, unspelled
from .pieces import PLUS, C, call, infix, product
from .values import indices, lengths


@record()
class Ref:
    """Where the elements of an array stand. ``strides`` are None if it is packed."""

    dtype: str
    pointer: C
    lengths: tuple[C, ...]
    strides: tuple[C, ...] | None = None

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.lengths)

    @property
    def steps(self) -> tuple[C, ...]:
        """The strides, in elements."""
        if self.strides is not None:
            return self.strides
        return tuple(product(self.lengths[k + 1 :]) for k in range(self.rank))

    @property
    def c_type(self) -> str:
        """The type of the elements."""
        return C_TYPES[self.dtype]

    def offset(self, places: Sequence[C]) -> C:
        """Return how far an element, or a part, is from the first element.

        Examples
        --------
        >>> a = Ref("float64", C("a"), (C("m"), C("n")))
        >>> a.offset([C("i"), C("j")]).text
        'i * n + j'
        """
        if self.strides is None and len(places) == self.rank:
            made = places[0]
            for place, length in zip(places[1:], self.lengths[1:], strict=True):
                made = added(product([made, length]), place)
            return made
        parts = [product([p, s]) for p, s in zip(places, self.steps, strict=False)]
        made = parts[0]
        for part in parts[1:]:
            made = added(made, part)
        return made

    def moved(self, offset: C) -> C:
        """Return the pointer to what stands there."""
        return added(self.pointer, offset)


def added(a: C, b: C) -> C:
    """Return a sum, zeros left out."""
    if "0" in (a.text, b.text):
        return b if a.text == "0" else a
    return infix(a, "+", b, PLUS)


class Arrays:
    """Finds the memory of expressions; mixed into the body of a function."""

    def term(self, node: ast.expr) -> C:  # noqa: D102
        raise NotImplementedError

    def kind(self, node: ast.expr) -> Kind:  # noqa: D102
        raise NotImplementedError

    def least(self, node: ast.expr) -> int | None:  # noqa: D102
        raise NotImplementedError

    def array(self, name: str) -> Ref:  # noqa: D102
        raise NotImplementedError

    def kept(self, node: ast.expr) -> Ref:  # noqa: D102
        raise NotImplementedError

    def ref(self, node: ast.expr) -> Ref:
        """Return where an array stands; what makes one is kept in a variable first."""
        if part_of(node) is not None:
            return self.kept(node)
        match node:
            case ast.Name(id=name):
                return self.array(name)
            case ast.Attribute(value=inner, attr="T"):
                return turned(self.ref(inner))
            case ast.Attribute(value=inner, attr="real" | "imag" as part):
                return self._part(self.ref(inner), part)
            case ast.Subscript(value=inner):
                return self._cut(node, self.ref(inner))
            case ast.Call(func=ast.Attribute(value=inner, attr="transpose"), args=[]):
                return turned(self.ref(inner))
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="np"), attr="transpose"),
                args=[inner],
            ):
                return turned(self.ref(inner))
            case ast.Call(func=ast.Attribute(value=inner, attr="reshape"), args=shape):
                if ast.unparse(inner) == "np":
                    inner, shape = shape[0], shape[1:]
                return self._reshaped(self.ref(inner), shape)
            case ast.Call(func=ast.Attribute(value=inner, attr="ravel"), args=args):
                return self._raveled(args[0] if args else inner)
            case ast.Call(func=ast.Attribute(attr="ascontiguousarray"), args=[inner]):
                if isinstance(self.kind(inner), Array) and is_new(inner):
                    return self.ref(inner)
        return self.kept(node)

    def _part(self, whole: Ref, part: str) -> Ref:
        if not whole.dtype.startswith("complex"):
            return whole
        dtype = "float32" if whole.dtype == "complex64" else "float64"
        pointer = C(f"({C_TYPES[dtype]} *){whole.pointer.within(14)}", 14)
        pointer = added(pointer, C("0" if part == "real" else "1"))
        steps = tuple(product([C("2"), step]) for step in whole.steps)
        return Ref(dtype, pointer, whole.lengths, steps)

    def _reshaped(self, whole: Ref, shape: Sequence[ast.expr]) -> Ref:
        if whole.strides is not None:
            raise unspelled("a reshape of memory that is not contiguous")
        made = [self.term(each) for each in lengths(shape)]
        if any(length.text == "-1" for length in made):
            raise unspelled("a length of -1")
        return Ref(whole.dtype, whole.pointer, tuple(made))

    def _raveled(self, inner: ast.expr) -> Ref:
        whole = self.ref(inner)
        if whole.strides is not None:
            return self.kept(
                ast.Call(ast.Attribute(inner, "ravel", ast.Load()), [], [])
            )
        return Ref(whole.dtype, whole.pointer, (product(whole.lengths),))

    def place(self, node: ast.expr, length: C) -> C:
        """Return an index, counted from the front."""
        bound = self.least(node)
        made = self.term(node)
        if bound is not None and bound >= 0:
            return made
        if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
            return infix(length, "-", self.term(node.operand), PLUS)
        return call("at", made, length)

    def _cut(self, node: ast.Subscript, whole: Ref) -> Ref:
        pointer, left, steps = whole.pointer, [], []
        inside = indices(node)
        for k, each in enumerate(inside):
            length, step = whole.lengths[k], whole.steps[k]
            if not isinstance(each, ast.Slice):
                start = self.place(each, length)
            else:
                start, kept = self._span(each, length)
                left.append(kept)
                steps.append(step)
            pointer = added(
                pointer, product([start, step]) if start.text != "0" else start
            )
        left += whole.lengths[len(inside) :]
        steps += whole.steps[len(inside) :]
        kind = self.kind(node)
        packed = isinstance(kind, Array) and kind.packed
        return Ref(whole.dtype, pointer, tuple(left), None if packed else tuple(steps))

    def _span(self, each: ast.Slice, length: C) -> tuple[C, C]:
        if each.step is not None:
            raise unspelled("a slice with a step")
        if each.lower is None and each.upper is None:
            return C("0"), length
        first, last = C("0"), length
        if each.lower is not None:
            first = call("clipped", self.term(each.lower), length)
        if each.upper is not None:
            last = call("clipped", self.term(each.upper), length)
        if first.text == "0":
            return first, last
        return first, call("greatest", infix(last, "-", first, PLUS), C("0"))


def turned(whole: Ref) -> Ref:
    """Return the transpose."""
    if whole.rank < 2:
        return whole
    return Ref(whole.dtype, whole.pointer, whole.lengths[::-1], whole.steps[::-1])


def is_new(node: ast.expr) -> bool:
    """Whether an expression makes its array."""
    if part_of(node) is not None:
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return ast.unparse(node.func).startswith(NEW)
    return isinstance(node, ast.BinOp | ast.Call)


def part_of(node: ast.expr) -> tuple[ast.Call, int] | None:
    """Return the decomposition of which an expression is a part, and which part.

    Examples
    --------
    >>> call, part = part_of(ast.parse("np.linalg.qr(a)[1]", mode="eval").body)
    >>> part
    1
    """
    match node:
        case ast.Subscript(value=ast.Call(func=function) as made, slice=part):
            name = ast.unparse(function)
            if name.startswith("np.linalg.") and name != "np.linalg.slogdet":
                return made, ast.literal_eval(part)
    return None


def base_of(node: ast.expr) -> str | None:
    """Return the variable whose memory an expression is a view of, if any.

    Examples
    --------
    >>> base_of(ast.parse("a.T[i].reshape(n)", mode="eval").body)
    'a'
    """
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=inner, attr="T" | "real" | "imag"):
            return base_of(inner)
        case ast.Subscript(value=inner):
            return base_of(inner)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np")), args=[inner, *_]):
            return base_of(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr=method)):
            return base_of(inner) if method != "copy" else None
        case ast.IfExp(body=body, orelse=other):
            return base_of(body) or base_of(other)
    return None


NEW = (
    "np.empty",
    "np.zeros",
    "np.linalg",
    "np.argsort",
    "np.searchsorted",
    "np.dot",
)
