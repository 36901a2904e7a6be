"""A file of C: the functions of one or more texts, and what they need."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from ...records import record
from . import linear, support
from .arrays import base_of, is_new
from .body import Body, safe
from .comments import Comments
from .infer import Inference, Typed
from .kinds import Array, Kind, Number, c_type
from .makers import _leaves
from .names import Names
from .terms import C, converted


@record()
class Result:
    """One result of an entry: its name, and whether it is an array."""

    name: str
    kind: Kind


@record()
class Entry:
    """A function of the file that others may call; ``parameters`` in order."""

    name: str
    parameters: tuple[tuple[str, Kind], ...]
    results: tuple[Result, ...]
    prototype: str
    doc: str
    written: tuple[str, ...] = ()


@record()
class Text:
    """A text of loops: its entry, the kinds of arguments, what may be done to sums."""

    name: str
    text: str
    function: str
    kinds: tuple[Kind, ...]
    reassociate: frozenset[str] = frozenset()
    from_front: frozenset[str] = frozenset()


@record()
class File:
    """The C of several texts."""

    text: str
    entries: tuple[Entry, ...]
    messages: tuple[tuple[str, str], ...]


class Unit:
    """Collects the functions of a file."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = [("MEMORY", "out of memory")]
        self.functions: dict[str, str] = {}
        self.entries: list[Entry] = []

    def message(self, kind: str, text: str) -> int:
        """Return the number of an error."""
        if (kind, text) not in self.messages:
            self.messages.append((kind, text))
        return self.messages.index((kind, text)) + 1

    def add(self, given: Text) -> None:
        """Add the functions of a text, its entry last."""
        inference = Inference(given.text)
        entry = inference.typed(given.function, given.kinds)
        entry.refuses = True
        names = {one.name: one.name for one in inference if one is not entry}
        for one in inference:
            if one is not entry:
                self._helper(one, inference, given, names)
        self._entry(entry, inference, given)

    # ---- functions ----

    def _body(
        self, one: Typed, inference: Inference, given: Text, results: Sequence[str] = ()
    ) -> Body:
        lines = given.text.split("\n")
        comments = Comments(lines)
        first = one.node.body[0]
        documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        comments.start(first.end_lineno if documented else one.node.lineno)  # type: ignore[arg-type]
        own = one.node.name
        leave = own in given.reassociate, own in given.from_front
        return Body(one, inference, self.message, comments, leave, results)

    def _helper(
        self, one: Typed, inference: Inference, given: Text, names: dict[str, str]
    ) -> None:
        body = self._body(one, inference, given)
        parts = list(_parameters(one, body.names))
        if one.is_plain:
            kind = one.gives[0]
            head = f"INLINE {c_type(kind)} {one.name}({', '.join(parts) or 'void'})"
            if any(callee is one for callee in one.calls.values()):
                head = head.replace("INLINE", "static CLONES")
        else:
            parts += _outs(one, body.names)
            parts += ["struct workspace *memory"] * one.fails
            word = "int" if one.fails else "void"
            head = f"static CLONES {word} {one.name}({', '.join(parts)})"
        body.block(one.node.body)
        if not one.gives and one.fails:
            body.write("return 0;")
        text = "\n".join([*_remark(one.node), head, "{", *tidy(body.lines), "}"]) + "\n"
        kept = self.functions.setdefault(one.name, text)
        if kept != text:
            raise AssertionError(f"two functions {one.name}")

    def _entry(self, one: Typed, inference: Inference, given: Text) -> None:
        results = _results(one)
        direct = [n for n in results if n and _is_direct(one, n, results)]
        body = Giving(self._body(one, inference, given, direct), one, direct)
        shown = [
            _shown(k, name, body.body.names, name in direct)
            for k, name in enumerate(results)
        ]
        inputs = list(_parameters(one, body.body.names, body.written()))
        outs = [
            f"{c_type(kind)} *{name}" for name, kind in zip(shown, one.gives, strict=True)
        ]
        body.outs = shown
        lines = body.lines()
        every = [*inputs, *outs]
        inner = [p.replace(" *", " *restrict ") for p in every]
        arguments = ", ".join(p.split()[-1].lstrip("*") for p in every)
        name = given.name
        head = f"static CLONES int {name}_run(" + ", ".join([*inner, "struct workspace *memory"]) + ")"
        prototype = f"int {name}(" + ", ".join([*every, "struct workspace *memory"]) + ")"
        doc = ast.get_docstring(one.node) or ""
        text = "\n".join([head, "{", *tidy(lines), "}", "", *_remark(one.node), prototype, *(OUTER % {"name": name, "arguments": arguments}).split("\n")])
        self.functions[name] = text
        made = tuple(Result(n, k) for n, k in zip(shown, one.gives, strict=True))
        self.entries.append(
            Entry(name, tuple(one.parameters.items()), made, prototype, doc, tuple(body.written()))
        )

    def file(self) -> File:
        """Return the whole."""
        own = "\n".join(self.functions.values())
        library = "\n".join(linear.needed(own))
        helpers = "\n".join(support.needed(library + own))
        parts = [support.HEAD, support.MEMORY, helpers, library, own]
        if "cblas_" in library:
            parts.insert(1, "#ifdef USE_CBLAS\n#include <cblas.h>\n#endif\n")
        text = "\n".join(part for part in parts if part)
        return File(text, tuple(self.entries), tuple(self.messages))


OUTER = """\
{
    if (memory != NULL)
        return %(name)s_run(%(arguments)s, memory);
    struct workspace own = {0};
    const int status = %(name)s_run(%(arguments)s, &own);
    free_all(&own);
    return status;
}
"""


class Giving:
    """The body of an entry, which writes results where the caller made room."""

    def __init__(self, body: Body, function: Typed, direct: Sequence[str]) -> None:
        self.body, self.function, self.direct = body, function, direct
        self.outs: list[str] = []
        body.hand_out = self._hand_out  # type: ignore[method-assign]

    def lines(self) -> list[str]:
        """Return the statements."""
        self.body.block(self.function.node.body)
        return self.body.lines

    def written(self) -> list[str]:
        """Return the parameters that the function writes."""
        found = []
        for name, kind in self.function.parameters.items():
            if isinstance(kind, Array) and _is_written(self.function, name):
                found.append(name)
        return found

    def _hand_out(self, k: int, node: ast.expr, kind: Kind) -> None:
        body, out = self.body, self.outs[k]
        if isinstance(kind, Array):
            if isinstance(node, ast.Name) and node.id in self.direct:
                return
            found = body.ref(node)
            body.copy(type(found)(kind.dtype, C(out), found.lengths), found)
            return
        assert isinstance(kind, Number)
        body.write(f"*{out} = {converted(node, kind, body).text};")


def _is_written(
    function: Typed, name: str, seen: frozenset[tuple[str, str]] = frozenset()
) -> bool:
    """Whether a function may write the memory of a parameter."""
    if (function.name, name) in seen:
        return False
    seen |= {(function.name, name)}
    aliases = {name}
    for _ in range(4):
        for node in ast.walk(function.node):
            match node:
                case ast.Assign(targets=[ast.Name(id=other)], value=value):
                    if base_of(value) in aliases:
                        aliases.add(other)
                case ast.Assign(targets=[ast.Tuple(elts=elements)], value=value):
                    parts = value.elts if isinstance(value, ast.Tuple) else []
                    if any(base_of(part) in aliases for part in parts):
                        aliases |= {e.id for e in elements if isinstance(e, ast.Name)}
    return any(_writes(node, aliases, function, seen) for node in ast.walk(function.node))


def _writes(
    node: ast.AST, aliases: set[str], function: Typed, seen: frozenset[tuple[str, str]]
) -> bool:
    """Whether a node writes the memory that some variables have."""
    match node:
        case ast.Subscript(value=value, ctx=ast.Store()):
            return base_of(value) in aliases
        case ast.Call(args=args):
            called = function.calls.get(id(node))
            if called is None:
                into = len(args) == 3 and ast.unparse(node.func) == "np.dot"
                return into and base_of(args[2]) in aliases
            return any(
                isinstance(kind, Array)
                and base_of(each) in aliases
                and _is_written(called, inner, seen)
                for each, (inner, kind) in zip(
                    args, called.parameters.items(), strict=False
                )
            )
    return False


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _parameters(
    function: Typed, names: Names, written: Sequence[str] | None = None
) -> Iterator[str]:
    for name, kind in function.parameters.items():
        own = names.of(name)
        if not isinstance(kind, Array):
            yield f"{c_type(kind)} {own}"
            continue
        const = "const " if written is not None and name not in written else ""
        yield f"{const}{c_type(kind)} *{own}"
        lengths, strides = names.parts(own, kind)
        yield from (f"int64_t {part}" for part in (*lengths, *strides))


def _outs(function: Typed, names: Names) -> Iterator[str]:
    for k, kind in enumerate(function.gives):
        star = "**" if isinstance(kind, Array) else "*"
        yield f"{c_type(kind)} {star}out{k + 1}"
        lengths, strides = names.parts(f"out{k + 1}", kind)
        yield from (f"int64_t *{part}" for part in (*lengths, *strides))


def _results(function: Typed) -> list[str]:
    """Return the names of what is returned, empty where it has none in all returns."""
    found: list[list[str]] = []
    for node in ast.walk(function.node):
        if isinstance(node, ast.Return) and node.value is not None:
            leaves = _leaves(node.value)
            found.append([n.id if isinstance(n, ast.Name) else "" for n in leaves])
    return [ns[0] if len(set(ns)) == 1 else "" for ns in zip(*found, strict=True)]


def _is_direct(function: Typed, name: str, results: Sequence[str]) -> bool:
    """Whether a result can be made in the caller's memory."""
    if name in function.parameters or list(results).count(name) > 1:
        return False
    kind = function.kinds[name]
    if not isinstance(kind, Array) or not kind.packed:
        return False
    for node in ast.walk(function.node):
        match node:
            case ast.Assign(targets=[ast.Name(id=other)], value=value) if other == name:
                if not is_new(value) or id(value) in function.calls:
                    return False
            case ast.Assign(targets=[ast.Tuple()]) if name in _names(node):
                if not isinstance(node.value, ast.Attribute):
                    return False
            case ast.Assign(targets=[ast.Name(id=other)], value=value):
                # Memory that changes hands may be written again for another purpose.
                if isinstance(function.kinds.get(other), Array) and base_of(value) == name:
                    return False
            case ast.For() | ast.While():
                for inner in ast.walk(node):
                    match inner:
                        case ast.Assign(targets=[ast.Name(id=other)]) if other == name:
                            return False
    return True


def _shown(k: int, name: str, names: Names, direct: bool) -> str:
    """Return the name of what a result is written to."""
    if not name:
        return names.fresh(f"result{k + 1}")
    own = names.of(name)
    return own if direct else names.fresh(f"{own}_out")


def _remark(node: ast.FunctionDef) -> list[str]:
    doc = ast.get_docstring(node)
    if not doc:
        return []
    lines = safe_lines(doc)
    if len(lines) == 1:
        return [f"/* {lines[0]} */"]
    return ["/* " + lines[0], *(f"   {line}".rstrip() for line in lines[1:-1]), f"   {lines[-1]} */"]


def safe_lines(doc: str) -> list[str]:
    """Return the lines of a docstring, for a comment."""
    return [safe(line) for line in doc.split("\n")]


def tidy(lines: Sequence[str]) -> list[str]:
    """Leave out lengths that nothing uses, and blank lines at the ends."""
    import re

    kept = list(lines)
    while True:
        text = "\n".join(kept)
        count = _counted(text)
        left = [
            line
            for line in kept
            if not (
                (m := re.match(r"\s*(?:const )?int64_t (\w+_[ns]\d*_?) = [^;]*;$", line))
                and count.get(m[1], 0) == 1
            )
        ]
        if left == kept:
            break
        kept = left
    while kept and not kept[0]:
        kept = kept[1:]
    while kept and not kept[-1]:
        kept = kept[:-1]
    return [line for k, line in enumerate(kept) if line or kept[k - 1]]


def _counted(text: str) -> Mapping[str, int]:
    import re
    from collections import Counter

    return Counter(re.findall(r"\w+", text))
