"""Calls: of libraries, of the user's functions, of nested ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import gast

from ..graph.ir import Buffer, Type, Value
from ..graph.linear import Atom, Derived, Linear
from ..read.source import Source
from . import constants
from .arguments import bind_arguments, with_closure_defaults, with_defaults
from .arrays import spread
from .comprehensions import comprehended
from .context import NeedsNumber
from .custom import call_custom
from .derivatives import bound
from .frame import Frame, expression
from .indexing import place_of
from .inlining import inline
from .lengths import require_equal
from .libraries import call_library, call_method, call_private
from .objects import (
    Array,
    Bound,
    Closure,
    Conflict,
    Differentiated,
    Dim,
    Library,
    Maker,
    Method,
    Named,
    Obj,
    Routine,
    Scalar,
    Static,
    flatten,
    rebuild,
)
from .order import known_orders
from .records import call_record
from .records import made as made_record
from .recursion import (
    is_alike,
    itself,
    note_shared,
    refuse_overlap,
    require_direct,
    require_new,
)
from .renaming import Described, Renaming, shape_only
from .writes import may_overlap, place_attrs, require_writable, write

if TYPE_CHECKING:
    from .function import Made


@expression("Call")
def call(frame: Frame, node: gast.Call) -> Obj:
    """Parse a call."""
    function = frame.evaluate(node.func)
    positional = _positional(frame, node, function)
    keywords: dict[str, Obj] = {}
    for keyword in node.keywords:
        if keyword.arg is None:
            frame.refuse("** in a call", "write the arguments out", node)
        keywords[keyword.arg] = frame.evaluate(keyword.value)
    return apply(frame, function, positional, keywords)


def _positional(frame: Frame, node: gast.Call, function: Obj) -> list[Obj]:
    found: list[Obj] = []
    for part in node.args:
        if isinstance(part, gast.GeneratorExp) and _uses_up(function):
            found.append(comprehended(frame, part))
            continue
        found += spread(frame, [part])
    return found


def _uses_up(function: Obj) -> bool:
    """Whether a function goes once through what it is given."""
    return isinstance(function, Library) and function.dotted.startswith("builtins.")


def apply(
    frame: Frame, function: Obj, positional: Sequence[Obj], keywords: Mapping[str, Obj]
) -> Obj:
    """Return the result of calling an object."""
    if isinstance(function, Library):
        return call_library(frame, function.dotted, positional, keywords)
    if isinstance(function, Method) and isinstance(function.receiver, Named):
        receiver = function.receiver
        return call_record(frame, receiver, function.name, positional, keywords)
    if isinstance(function, Method):
        return call_method(
            frame, function.receiver, function.name, positional, keywords
        )
    if isinstance(function, Closure):
        given = bind_arguments(frame, function.node, positional, keywords)
        given = with_closure_defaults(frame, function, given)
        source = function.frame.source
        return inline(frame, source, function.node, given, function.frame)
    if isinstance(function, Routine):
        return call_routine(frame, function.source, positional, keywords)
    if isinstance(function, Differentiated):
        source, given = bound(frame, function.derived, positional, keywords)
        return call_routine(frame, source, [], given)
    if isinstance(function, Maker):
        return made_record(frame, function.record, positional, keywords)
    if isinstance(function, Named) and function.record is not None:
        method = function.record.methods.get("__call__")
        if method is not None:
            arguments = [function, *positional]
            return call_routine(frame, method, arguments, keywords)
    if isinstance(function, Bound):
        arguments = [function.receiver, *positional]
        return call_routine(frame, function.source, arguments, keywords)
    if isinstance(function, Conflict):
        frame.read(function)
    frame.refuse("this cannot be called", "only functions can")


# ---- the user's functions ----


def call_routine(
    frame: Frame, source: Source, positional: Sequence[Obj], keywords: Mapping[str, Obj]
) -> Obj:
    """Return the result of a function of the user: a call, or its body inlined."""
    parser = frame.context.parser
    node = parser.node_of(source)
    op = parser.private_operation(source)
    given = bind_arguments(frame, node, positional, keywords)
    if op is not None:
        return call_private(frame, op, given)
    given = with_defaults(frame, source, node, given)
    arguments = Call(frame, source, node, given)
    if source.rules is not None:
        return call_custom(arguments)
    if parser.is_open(source):
        found = arguments.recursion()
        if found is not None:
            return found
    if arguments.simple and known_orders(frame, arguments.leaves):
        made = arguments.specialised()
        if made is not None and not (made.aliases or made.guarded):
            if arguments.apart(made):
                return arguments.emit(made)
            if made.recursive:
                refuse_overlap(frame, source)
    return inline(frame, source, node, given, None)


class Call:
    """One call of a user's function with its arguments."""

    def __init__(
        self,
        frame: Frame,
        source: Source,
        node: gast.FunctionDef,
        given: Mapping[str, Obj],
    ) -> None:
        self.frame = frame
        self.source = source
        self.node = node
        self.given = {name: _settled(frame, obj) for name, obj in given.items()}
        self.leaves = [
            (name, leaf)
            for name, obj in self.given.items()
            for leaf in flatten(obj)
            if isinstance(leaf, (Scalar, Array))
        ]

    @property
    def simple(self) -> bool:
        """Whether all arguments are numbers, arrays, None or text."""
        return all(
            isinstance(leaf, (Scalar, Array, Static))
            for obj in self.given.values()
            for leaf in flatten(obj)
        )

    # ---- the function specialised for the arguments ----

    def specialised(self) -> Made | None:
        """Return the function made for such arguments; None if it must be inlined."""
        numbers: dict[str, object] = {}
        while True:
            described, back = self._describe(numbers)
            try:
                return self.frame.context.parser.specialise(
                    self.source, self.node, described, back
                )
            except NeedsNumber as needed:
                known = self._number(needed.parameter)
                numbers[needed.parameter] = known

    def _number(self, name: str) -> object:
        """Return the number that an argument is; it has to be known."""
        value = self.frame.read(self.given[name])
        known = self.frame.context.number(value)
        if known is None:
            self.frame.require_known(value)
            self.frame.refuse(
                f"the argument '{name}' must be a number in the source",
                f"{self.source.name} uses it as an axis or the like",
            )
        return known

    def _describe(
        self, numbers: Mapping[str, object]
    ) -> tuple[dict[str, Described], dict[Atom, Linear]]:
        """Return the arguments' types over sizes of the function's own.

        Also returns what these sizes are here.
        """
        renamed = Renaming(self.frame)
        for _, leaf in self.leaves:
            if isinstance(leaf, Array):
                renamed.note(leaf.type)
        described = {}
        for name, obj in self.given.items():
            leaves = [x for x in flatten(obj) if isinstance(x, (Scalar, Array))]
            values = [self.frame.read(x) for x in leaves]
            types = tuple(renamed.type(name, v.type) for v in values)
            forms = tuple(renamed.form(v) for v in values)
            fixed = (numbers[name],) if name in numbers else ()
            described[name] = Described(shape_only(obj), types, forms, fixed)
        return described, renamed.back

    def recursion(self) -> Obj | None:
        """Return the result of a call of the function that is being parsed.

        None for another kind of arguments: that is another function.
        """
        frame, made_for = self.frame, require_direct(self.frame, self.source)
        if not self.simple:
            frame.refuse(
                f"a function or a list as an argument where '{self.source.name}' calls"
                " itself",
                "pass numbers and arrays, and call a function of the module",
            )
        fixed = [name for name, given in made_for.items() if given.numbers]
        described, _ = self._describe({name: self._number(name) for name in fixed})
        if not is_alike(made_for, described):
            require_new(frame, self.source, described)
            return None
        made = itself(frame, self.source, described)
        if not self.apart(made):
            refuse_overlap(frame, self.source)
        return self.emit(made)

    # ---- the call ----

    def apart(self, made: Made) -> bool:
        """Whether no written argument overlaps another one."""
        for k in made.function.written:
            root = self._array(k).root
            for j, (_, leaf) in enumerate(self.leaves):
                if j == k or not isinstance(leaf, Array):
                    continue
                if may_overlap(self.frame, root, leaf.root):
                    return False
        return True

    def _array(self, k: int) -> Array:
        array = self.leaves[k][1]
        assert isinstance(array, Array)
        return array

    def emit(self, made: Made) -> Obj:
        """Emit the call; return what it returns."""
        frame, function = self.frame, made.function
        for k in function.written:
            require_writable(frame, self._array(k))
        values = [frame.read(leaf) for _, leaf in self.leaves]
        for key, meaning in made.constants.items():
            values.append(frame.read(constants.shared(frame, key, meaning)))
        values = list(map(self._fitting, values, function.body.params))
        mapping = made.atoms(values, self._describe(made.numbers)[1])
        for d, e in made.equal:
            pair = d.substitute(mapping), e.substitute(mapping)
            require_equal(frame, [pair], values, "call")
        if made.recursive:
            self._copy_views(made, values)
        returns = [self._result(kind, mapping) for kind in made.result_types]
        contents = [
            _written(self._array(k), values[k], made.recursive)
            for k in function.written
        ]
        frame.context.builder.append(
            "call", values, [*returns, *contents], callee=function.name
        )
        for value in returns:
            if value.buffer is not None:
                frame.state.contents[value.buffer] = value
        for k, value in zip(function.written, contents, strict=True):
            self._write_back(self._array(k), value, made.recursive)
        leaves = self._objects(made.form, returns)
        if made.shares:
            note_shared(frame, [leaf for _, leaf in self.leaves], leaves)
        return rebuild(made.form, leaves)

    def _fitting(self, value: Value, param: Value) -> Value:
        """Return a number in the dtype of a parameter that takes several."""
        if value.type.rank:
            return value
        return self.frame.cast(value, param.type.dtype)

    def _objects(self, form: Obj, returns: Sequence[Value]) -> list[Obj]:
        """Return the leaves of the result: what is None stays None."""
        values = iter(returns)
        return [
            leaf if isinstance(leaf, Static) else self.frame.fresh(next(values))
            for leaf in flatten(form)
        ]

    def _result(self, kind: Type, mapping: Mapping[Atom, Linear]) -> Value:
        shape = tuple(self._length(d, mapping) for d in kind.shape)
        return Value(replace(kind, shape=shape), None, Buffer() if kind.rank else None)

    def _length(self, d: Linear, mapping: Mapping[Atom, Linear]) -> Linear:
        found = d.substitute(mapping)
        foreign = [a for a in d.atoms if a not in mapping]
        if any(
            isinstance(a, (Value, Derived)) and _is_local(a, mapping) for a in foreign
        ):
            serial = self.frame.context.next_serial()
            return Linear.of(Derived("result", (serial,)))
        return found

    def _copy_views(self, made: Made, values: list[Value]) -> None:
        """Let a recursive function write into copies of views, stored back after.

        Its body cannot stand in the call's place where its writes are undone.
        """
        for k in made.function.written:
            if self._array(k).parent is not None:
                values[k] = self.frame.emit("copy", values[k], implicit=True)

    def _write_back(self, leaf: Array, value: Value, copied: bool) -> None:
        """Take over what the call left in an argument's memory, or in a copy of it."""
        frame = self.frame
        if leaf.parent is None:
            frame.state.contents[leaf.root] = value
            return
        place = place_of(frame, leaf)
        attrs = place_attrs(frame, leaf, place)
        if not copied:
            attrs["inplace"] = True
        write(frame, "store", leaf, None, value, place, attrs)


def _is_local(atom: Atom, mapping: Mapping[Atom, Linear]) -> bool:
    """Whether an atom means something inside the called function only."""
    if isinstance(atom, Value):
        return atom not in mapping
    if isinstance(atom, Derived):
        if atom.kind in ("count", "joined", "result", "arange"):
            return True
        parts = [p for p in atom.parts if isinstance(p, Linear)]
        return any(_is_local(a, mapping) for p in parts for a in p.atoms)
    return False


def _written(leaf: Array, value: Value, copied: bool) -> Value:
    """Return the value for what a call leaves in an argument.

    That of a view is a value apart, which a store then makes part of the whole.
    """
    buffer = value.buffer if leaf.parent is None or copied else Buffer()
    return Value(value.type, value.name, buffer)


def _settled(frame: Frame, obj: Obj) -> Obj:
    leaves: list[Obj] = [
        Scalar(frame.read(leaf)) if isinstance(leaf, Dim) else leaf
        for leaf in flatten(obj)
    ]
    return rebuild(obj, leaves)
