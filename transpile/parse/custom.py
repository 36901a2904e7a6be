"""Functions whose derivatives are given: their calls, and their rules made for them.

A rule is a function like any other, parsed for the arguments of the function that it
belongs to and a cotangent or tangents before them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import gast

from ..errors import TranspileError
from ..graph.custom import Custom, Rule, with_custom
from ..graph.dtypes import strong
from ..graph.ir import Type
from ..graph.linear import Atom, Linear, Size
from ..graph.shapes import same
from ..graph.shapes import text as shape_text
from ..read.source import Constant, Rules, Source
from ..read.static import from_text
from .context import NeedsNumber
from .flow import parameters
from .frame import Frame
from .libraries import Arguments, library
from .objects import NONE, PLACE, Array, Obj, Routine, Scalar, Tuple, flatten
from .order import in_order
from .renaming import Described, shape_only

if TYPE_CHECKING:
    from .calls import Call
    from .function import Made
    from .program import Parser


def call_custom(call: Call) -> Obj:
    """Emit the call of a function whose derivatives are given."""
    frame, name = call.frame, call.source.name
    if frame.context.parser.is_open(call.source):
        frame.refuse(
            f"'{name}', whose derivatives are given, calls itself",
            "let it call a function that calls itself",
        )
    if not call.simple:
        frame.refuse(
            f"a function or a list as an argument of '{name}', whose derivatives are"
            " given",
            "pass numbers and arrays",
        )
    call.leaves = [(own, _in_order(frame, leaf)) for own, leaf in call.leaves]
    made = call.specialised()
    assert made is not None
    return call.emit(made)


def _in_order(frame: Frame, leaf: Scalar | Array) -> Scalar | Array:
    """Return an argument laid out as its type says, copied if need be."""
    if isinstance(leaf, Array) and leaf.type.layout == "C":
        if not in_order(frame.context, frame.read(leaf)):
            copied = frame.make("copy", frame.read(leaf))
            assert isinstance(copied, Array)
            return copied
    return leaf


RESULT = "result"
IDENTITY = """\
def edited(x):
    return x


def passed(tangent, x):
    return tangent
"""


@library("gradscribe.edit_gradient")
def edit_gradient(frame: Frame, args: Arguments) -> Obj:
    """``edit_gradient(x, edit)``: x, whose adjoint ``edit`` changes."""
    from .calls import call_routine

    x, edit = args.take(frame, "x edit")
    if not isinstance(x, (Scalar, Array)):
        frame.refuse("edit_gradient of something that is no array", "edit its parts")
    if not isinstance(edit, Routine):
        frame.refuse(
            "edit_gradient by something that is no function of a module",
            "define the function outside, with def",
        )
    identity, passed = (from_text(IDENTITY, name) for name in ("edited", "passed"))
    rules = Rules(passed, edit.source, alone=True)
    return call_routine(frame, replace(identity, rules=rules), [x], {})


class Unpassed(Exception):
    """A rule reads constants that its function must be handed, too."""

    def __init__(self, constants: Mapping[tuple[str, str], Constant]) -> None:
        super().__init__()
        self.constants = constants


def with_rules(
    parser: Parser,
    source: Source,
    node: gast.FunctionDef,
    arguments: Mapping[str, Described],
    made: Made,
) -> Made:
    """Return a function that was parsed, with the rules for its arguments."""
    assert source.rules is not None
    maker = _Maker(parser, source, node, arguments, made)
    if not maker.wrt:
        return replace(made, function=with_custom(made.function, Custom(())))
    jvp, vjp = maker.jvp(source.rules.jvp), maker.vjp(source.rules.vjp)
    if parser.problems:
        return made
    wrt = tuple(k for name in maker.wrt for k in maker.places[name])
    function = with_custom(made.function, Custom(wrt, jvp, vjp))
    return replace(made, function=function, sizes=maker.sizes)


class _Maker:
    """Makes the rules of one function.

    ``places`` are the operands that belong to a parameter.
    """

    def __init__(
        self,
        parser: Parser,
        source: Source,
        node: gast.FunctionDef,
        arguments: Mapping[str, Described],
        made: Made,
    ) -> None:
        self.parser, self.source, self.made = parser, source, made
        self.names = [p.id for p in parameters(node)]
        self.sizes: dict[Atom, Linear] = dict(made.sizes)
        self.arguments: dict[str, Described] = {}
        self.places: dict[str, list[int]] = {}
        self.types: list[Type] = []
        self.new: dict[Linear, Linear] = {}  # sizes for lengths of results alone
        for name in self.names:
            given = arguments[name]
            first = len(self.types)
            self.places[name] = list(range(first, first + len(given.types)))
            values = [made.function.body.params[k] for k in self.places[name]]
            self.types += [value.type for value in values]
            self.arguments[name] = replace(
                given,
                types=tuple(value.type for value in values),
                forms=tuple(value.linear for value in values),
            )
        params = made.function.body.params
        self.own = {a for v in params for d in v.type.shape for a in d.atoms}
        if made.function.written:
            self._refuse(
                source,
                f"'{source.name}', whose derivatives are given, writes an argument",
                "let it return a new array",
            )

    @property
    def wrt(self) -> list[str]:
        """The parameters that have derivatives."""
        assert self.source.rules is not None
        chosen = self.source.rules.wrt
        if chosen is None:
            return [n for n in self.names if self._varies(self.arguments[n].types)]
        for name in chosen:
            if name not in self.names:
                message = (
                    f"'{self.source.name}' has no parameter '{name}', named in wrt"
                )
                self._refuse(self.source, message)
        return list(chosen)

    @staticmethod
    def _varies(types: Sequence[Type]) -> bool:
        return any(kind.is_inexact for kind in types)

    # ---- the two kinds of rules ----

    def vjp(self, rule: Source | None) -> Rule | None:
        """Return the rule that gives adjoints of the arguments."""
        if rule is None:
            return None
        results = self.made.result_types
        form = shape_only(self.made.form)
        made = self._made(rule, "vjp", form, results)
        if made is None:
            return None
        wanted, parts = self.wrt, [made.form]
        if len(wanted) != 1 or _is_alone(made.form, self.arguments[wanted[0]].form):
            found = made.form
            if not isinstance(found, Tuple) or len(found.items) != len(wanted):
                self._refuse(
                    rule,
                    f"'{rule.name}' must return {self._expected(wanted)}",
                    "return one for each, or name in wrt those that have one",
                )
            parts = list(found.items)
        places: list[int] = []
        for name, part in zip(wanted, parts, strict=True):
            places += self._paired(rule, part, self.places[name], name)
        kinds = made.result_types
        return self._rule(rule, made, places, kinds, self.types, "adjoint")

    def jvp(self, rule: Source | None) -> Rule | None:
        """Return the rule that gives the tangents of the results."""
        if rule is None:
            return None
        forms = [self.arguments[name].form for name in self.wrt]
        types = [self.types[k] for name in self.wrt for k in self.places[name]]
        form = forms[0] if len(forms) == 1 else Tuple(tuple(forms))
        made = self._made(rule, "jvp", form, types)
        if made is None:
            return None
        results = self.made.result_types
        places = self._paired(rule, made.form, list(range(len(results))), "the result")
        if any(t.is_inexact and k not in places for k, t in enumerate(results)):
            self._refuse(rule, f"'{rule.name}' returns None for a tangent")
        return self._rule(rule, made, places, made.result_types, results, "tangent")

    def _expected(self, wanted: Sequence[str]) -> str:
        adjoints = [f"{name}_bar" for name in wanted]
        return f"({', '.join(adjoints)})" if len(wanted) != 1 else adjoints[0]

    # ---- parsing ----

    def _made(
        self, rule: Source, kind: str, form: Obj, types: Sequence[Type]
    ) -> Made | None:
        """Return a rule made for the function's arguments."""
        node = self.parser.node_of(rule)
        names = [p.id for p in parameters(node)]
        handed = self._handed(kind)
        if self._takes_result(rule):
            handed = {RESULT: self._result()} | handed
        if len(names) != len(handed) + 1:
            first = "cotangent" if kind == "vjp" else "tangent"
            self._refuse(
                rule,
                f"'{rule.name}' is the {kind} of '{self.source.name}', and has"
                f" {len(names)} parameters",
                f"let it take {', '.join([first, *handed])}",
            )
        given = tuple(self._type(names[0], k, t) for k, t in enumerate(types))
        every = {names[0]: Described(form, given, (None,) * len(given), ())}
        every.update(zip(names[1:], handed.values(), strict=True))
        try:
            made = self.parser.specialise(rule, node, every, {}, copies=True)
        except NeedsNumber as needed:
            besides = len(names) - len(self._handed(kind))
            if needed.parameter in names[:besides]:
                raise TranspileError(needed.problem) from None
            own = self.names[names.index(needed.parameter) - besides]
            raise NeedsNumber(own, needed.problem) from None
        if self.parser.problems:
            return None
        if not made.constants.keys() <= self.made.constants.keys():
            raise Unpassed(made.constants)
        if made.function.written:
            self._refuse(
                rule,
                f"'{rule.name}' writes an argument",
                "copy it first: cotangent.copy()",
            )
        for size, length in made.sizes.items():
            if size not in self.own or not self.own.issuperset(length.atoms):
                self._refuse(
                    rule,
                    f"'{rule.name}' only works for some lengths of what"
                    f" '{self.source.name}' returns",
                    "use the shapes of the arguments",
                )
            self.sizes.setdefault(size, length)
        return made

    def _handed(self, kind: str) -> dict[str, Described]:
        """Return the arguments that a rule takes, too."""
        assert self.source.rules is not None
        return {} if kind == "vjp" and self.source.rules.alone else self.arguments

    def _takes_result(self, rule: Source) -> bool:
        """Whether a rule takes what the function returned, before its arguments."""
        named = rule.parameters[1:2] == (RESULT,) and RESULT not in self.names
        return named and len(rule.parameters) == len(self.names) + 2

    def _result(self) -> Described:
        types = [self._type(RESULT, k, t) for k, t in enumerate(self.made.result_types)]
        form = shape_only(self.made.form)
        return Described(form, tuple(types), (None,) * len(types), ())

    def _type(self, name: str, leaf: int, kind: Type) -> Type:
        """Return the type of a cotangent or tangent, over the function's own sizes."""
        shape = tuple(
            d
            if self.own.issuperset(d.atoms)
            else self.new.setdefault(d, Linear.of(Size(f"{name}_{leaf}_{axis}")))
            for axis, d in enumerate(kind.shape)
        )
        dtype = strong(kind.dtype) if kind.is_inexact else kind.dtype
        return Type(dtype, shape, "A" if shape else "C")

    # ---- what a rule returns ----

    def _paired(
        self, rule: Source, part: Obj, places: Sequence[int], what: str
    ) -> list[int]:
        """Return, for each value that a rule returns of a part, where it belongs."""
        leaves = flatten(part)
        if leaves == [NONE]:
            return []
        if len(leaves) != len(places):
            self._refuse(rule, f"'{rule.name}' returns something else for {what}")
        pairs = zip(leaves, places, strict=True)
        return [place for leaf, place in pairs if leaf != NONE]

    def _rule(
        self,
        source: Source,
        made: Made,
        places: Sequence[int],
        kinds: Sequence[Type],
        wanted: Sequence[Type],
        what: str,
    ) -> Rule:
        for place, kind in zip(places, kinds, strict=True):
            self._compare(source, kind, wanted[place], what)
        count, keys = len(self.types), list(self.made.constants)
        alone = what == "adjoint" and not self._handed("vjp")
        operands = [] if alone else list(range(count))
        operands += [count + keys.index(key) for key in made.constants]
        if self._takes_result(source):
            first = len(self.made.function.body.params)
            last = first + len(self.made.result_types)
            operands = [*range(first, last), *operands]
        return Rule(made.function.name, tuple(operands), tuple(places))

    def _compare(self, rule: Source, kind: Type, wanted: Type, what: str) -> None:
        """Raise if an adjoint or a tangent has not the type that it must have."""
        if not wanted.is_inexact:
            return
        settled = [d.substitute(self.sizes) for d in kind.shape]
        needed = [d.substitute(self.sizes) for d in wanted.shape]
        alike = len(settled) == len(needed) and all(
            same(d, e) is True for d, e in zip(settled, needed, strict=True)
        )
        if not alike:
            self._refuse(
                rule,
                f"'{rule.name}' returns an {what} of shape {shape_text(kind.shape)}"
                f" where {shape_text(wanted.shape)} is due",
                "return it in that shape, as by .reshape(x.shape)",
            )
        if kind.is_complex and not wanted.is_complex:
            message = f"'{rule.name}' returns a complex {what} of something real"
            self._refuse(rule, message, "return its real part")

    def _refuse(self, at: Source, message: str, help: str | None = None) -> NoReturn:
        line = at.line_text(at.line)
        start = line.find(at.name)
        raise TranspileError(
            at.problem(at.line, start, start + len(at.name), message, help)
        )


def _is_alone(found: Obj, argument: Obj) -> bool:
    """Whether a rule returns the adjoint of its only parameter in a tuple."""
    return isinstance(found, Tuple) and argument == PLACE
