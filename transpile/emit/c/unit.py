"""A file of C: the functions of one or more texts, and what they need."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Sequence

from ...records import record
from . import header, linear, support
from .comments import Comments
from .host import HostBody, is_exact
from .infer import Inference, Typed
from .kinds import Array, Kind, Number, c_type
from .layout import boxed, tidy, wrapped
from .names import Names
from .pieces import C
from .results import is_direct, is_written, results_of
from .terms import converted


@record()
class Result:
    """One result of an entry: its name, and whether it is an array."""

    name: str
    kind: Kind


@record()
class Entry:
    """A function of the file that others may call; ``parameters`` in order.

    ``room`` says what its callers have to make room for.
    """

    name: str
    parameters: tuple[tuple[str, Kind], ...]
    results: tuple[Result, ...]
    prototype: str
    doc: str
    room: str
    written: tuple[str, ...] = ()


@record()
class Text:
    """A text of loops: its entry, the kinds of arguments, what may be done to sums.

    ``wanted`` are lengths that must agree: a parameter's position, an axis, and what
    the length must be; ``sizes`` are the lengths of results. In both ``@1.0@`` stands
    for the first length of the second parameter, ``@1@`` for that parameter.
    """

    name: str
    text: str
    function: str
    kinds: tuple[Kind, ...]
    reassociate: frozenset[str] = frozenset()
    reciprocal: frozenset[str] = frozenset()
    from_front: frozenset[str] = frozenset()
    wanted: tuple[tuple[int, int, str], ...] = ()
    sizes: tuple[tuple[str, ...], ...] = ()


@record()
class File:
    """The C of several texts."""

    text: str
    header: str
    entries: tuple[Entry, ...]
    messages: tuple[tuple[str, str], ...]


MEMORY = "struct workspace *memory"


class Unit:
    """Collects the functions of a file; ``reserved`` are names of their entries."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self.reserved = frozenset(reserved)
        self.messages: list[tuple[str, str]] = [("MEMORY", "out of memory")]
        self.functions: dict[str, str] = {}
        self.entries: list[Entry] = []
        self.is_loose = True

    def message(self, kind: str, text: str) -> int:
        """Return the number of an error."""
        if (kind, text) not in self.messages:
            self.messages.append((kind, text))
        return self.messages.index((kind, text)) + 1

    def add(self, given: Text) -> None:
        """Add the functions of a text, its entry last."""
        self.is_loose &= given.function in given.reciprocal
        inference = Inference(given.text)
        entry = inference.typed(given.function, given.kinds)
        entry.refuses = True
        for one in inference:
            if one is not entry:
                self._helper(one, inference, given)
        self._entry(entry, inference, given)

    # ---- functions ----

    def _body(
        self, one: Typed, inference: Inference, given: Text, results: Sequence[str] = ()
    ) -> HostBody:
        lines = given.text.split("\n")
        comments = Comments(lines)
        first = one.node.body[0]
        documented = isinstance(first, ast.Expr) and isinstance(
            first.value, ast.Constant
        )
        comments.start(first.end_lineno if documented else one.node.lineno)  # type: ignore[arg-type]
        own = one.node.name
        leave = own in given.reassociate, own in given.from_front
        body = HostBody(one, inference, self.message, comments, leave, results)
        body.loose = leave[0] and is_exact(one, given.reassociate)
        body.divides = own not in given.reciprocal
        return body

    def _helper(self, one: Typed, inference: Inference, given: Text) -> None:
        """Add a helper, under another name if there is one that does something else."""
        plain, count = one.name, 1
        while True:
            text = self._helper_text(one, inference, given)
            is_free = one.name not in self.reserved
            if is_free and self.functions.setdefault(one.name, text) == text:
                return
            count += 1
            taken = {other.name for other in inference}
            while f"{plain}_{count}" in taken:
                count += 1
            one.name = f"{plain}_{count}"

    def _helper_text(self, one: Typed, inference: Inference, given: Text) -> str:
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
            clones = "CLONES LOOSE" if body.loose else "CLONES"
            head = f"static {clones} {word} {one.name}({', '.join(parts)})"
        body.block(one.node.body)
        if not one.gives and one.fails:
            body.write("return 0;")
        return "\n".join([*_remark(one.node), head, "{", *tidy(body.lines), "}"]) + "\n"

    def _entry(self, one: Typed, inference: Inference, given: Text) -> None:
        results = results_of(one)
        direct = [n for n in results if n and is_direct(one, n, results)]
        body = Giving(self._body(one, inference, given, direct), one, direct)
        shown = [
            _shown(k, name, body.body.names, name in direct)
            for k, name in enumerate(results)
        ]
        inputs = list(_parameters(one, body.body.names, body.written()))
        outs = [
            f"{c_type(kind)} *{name}"
            for name, kind in zip(shown, one.gives, strict=True)
        ]
        body.outs = shown
        lines = body.lines()
        every = [*inputs, *outs]
        inner = [p.replace(" *", " *restrict ") for p in every]
        arguments = ", ".join(p.split()[-1].lstrip("*") for p in every)
        name = given.name
        asks = any("memory" in line for line in lines)
        inner += [MEMORY] * asks
        clones = "CLONES LOOSE" if body.body.loose else "CLONES"
        head = wrapped(f"static {clones} int {name}_run({', '.join(inner)})")
        prototype = f"int {name}({', '.join([*every, MEMORY])})"
        doc = ast.get_docstring(one.node) or ""
        inner_call = f"{name}_run({arguments}{', used' * asks});"
        spell = Spelled(one, body.body.names)
        checks = [line for each in given.wanted for line in self._agreed(each, spell)]
        outer = (WITH_MEMORY if asks else OUTER) % {
            "checks": "".join(f"    {line}\n" for line in checks),
            "call": wrapped(inner_call).replace("\n", "\n    "),
        }
        public = [*_remark(one.node), wrapped(prototype), outer]
        text = "\n".join([head, "{", *tidy(lines), "}", "", *public])
        self.functions[name] = text
        made = tuple(Result(n, k) for n, k in zip(shown, one.gives, strict=True))
        self.entries.append(
            Entry(
                name,
                tuple(one.parameters.items()),
                made,
                prototype,
                doc,
                spell.results(shown, one, given.sizes),
                tuple(body.written()),
            )
        )

    def _agreed(self, wanted: tuple[int, int, str], spell: Spelled) -> Iterator[str]:
        """Yield what makes sure of a length."""
        k, axis, length = wanted
        found = spell(f"@{k}.{axis}@")
        text = f"{spell(f'@{k}@')}.shape[{axis}] does not fit the other arguments"
        number = self.message("VALUE", text)
        yield f"if ({found} != {spell(length)})"
        yield f"    return {number}; /* ValueError: {text} */"

    def file(self, name: str, remark: str = "") -> File:
        """Return the whole: a file and its header, ``name.c`` and ``name.h``."""
        own = "\n".join(self.functions.values())
        library = "\n".join(linear.needed(own))
        helpers = "\n".join(support.needed(library + own))
        blas = "#ifdef USE_CBLAS\n#include <cblas.h>\n#endif\n"
        head = support.HEAD.replace(
            "#include <string.h>", f'#include <string.h>\n\n#include "{name}.h"'
        )
        head += support.TRY * ("TRY(" in library + own)
        parts = [f"/* {remark} */\n" if remark else "", head]
        parts += [support.RECIPROCAL] if self.is_loose else []
        parts += [support.LOOSE] if "LOOSE" in library + own else []
        parts += [blas] if "cblas_" in library else []
        last = [part for part in (helpers, library, own, self._told(name)) if part]
        rest = "\n".join(last)
        parts += [support.pruned(support.MEMORY, rest), rest]
        text = "\n".join(part for part in parts if part)
        return File(
            text,
            self._head_text(name, remark),
            tuple(self.entries),
            tuple(self.messages),
        )

    def _told(self, name: str) -> str:
        texts = ",\n        ".join(json.dumps(text) for _, text in self.messages)
        return header.TOLD % {"name": name, "texts": texts, "count": len(self.messages)}

    def _head_text(self, name: str, remark: str) -> str:
        functions = "\n\n".join(map(_declaration, self.entries))
        return header.HEADER % {
            "name": name,
            "guard": name.upper() + "_H",
            "remark": remark,
            "workspace": support.WORKSPACE,
            "functions": functions,
        }


def _declaration(entry: Entry) -> str:
    """Return a function's place in the header; C++ has no complex numbers of C."""
    doc = "\n\n".join(filter(None, [entry.doc, entry.room]))
    text = "\n".join([*boxed(doc), wrapped(entry.prototype) + ";"])
    if " complex " in entry.prototype:
        return f"#ifndef __cplusplus\n{text}\n#endif"
    return text


OUTER = """\
{
%(checks)s    return %(call)s
}
"""
WITH_MEMORY = """\
{
%(checks)s    struct workspace own = {0}, *used = memory != NULL ? memory : &own;
    const struct mark start = marked(used);
    const int status = %(call)s
    release(used, start);
    free_all(&own);
    return status;
}
"""


class Spelled:
    """Puts the names of a function's parameters for their places."""

    def __init__(self, function: Typed, names: Names) -> None:
        self.names: dict[str, str] = {}
        for k, (name, kind) in enumerate(function.parameters.items()):
            own = names.of(name)
            self.names[f"@{k}@"] = own
            for axis, part in enumerate(names.parts(own, kind)[0]):
                self.names[f"@{k}.{axis}@"] = part

    def __call__(self, text: str) -> str:
        """Return a text with names."""
        return re.sub(r"@[\d.]+@", lambda found: self.names[found[0]], text)

    def results(
        self, shown: Sequence[str], function: Typed, sizes: Sequence[Sequence[str]]
    ) -> str:
        """Return what to make room for."""
        found = []
        for name, kind, size in zip(shown, function.gives, sizes, strict=False):
            if isinstance(kind, Array):
                found.append(f"{name}[{' * '.join(map(self, size))}]")
            else:
                found.append(f"*{name}")
        return f"Results: {', '.join(found)}." if found else ""


class Giving:
    """The body of an entry, which writes results where the caller made room."""

    def __init__(self, body: HostBody, function: Typed, direct: Sequence[str]) -> None:
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
            if isinstance(kind, Array) and is_written(self.function, name):
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


def _shown(k: int, name: str, names: Names, direct: bool) -> str:
    """Return the name of what a result is written to."""
    if not name:
        return names.fresh(f"result{k + 1}")
    own = names.of(name)
    return own if direct else names.fresh(f"{own}_out")


def _remark(node: ast.FunctionDef) -> list[str]:
    return boxed(ast.get_docstring(node))
