"""What a text depends on, in writing, so that it can be kept from process to process.

A text follows from the function and its helpers, from what the names in them mean,
from the kinds of arguments, and from gradscribe itself. `Meanings` writes all of that
down; whoever finds the same written down needs not transform again. What a text reads
at every call is kept by its place in the list of names that were looked up.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import io
import os
import pickle
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import records
from .kinds import Kind
from .read.classes import Numbers, Watched
from .read.live import LiveScope, meaning_of, record_of
from .read.source import (
    Constant,
    Derived,
    Helper,
    Module,
    NumPyName,
    Record,
    Resolved,
    Source,
    Unknown,
    free_names,
)

# Captured arrays of more bytes are not compared with what was kept.
MOST_BYTES = 1 << 26


class Unfit(Exception):
    """Something cannot be written down, so that nothing is kept."""


class Meanings:
    """Writes down what functions, the names in them and kinds of arguments are.

    ``watched`` are the names that were looked up, ``classes`` those of the user, both
    in an order that is the same wherever the same is written down.
    """

    def __init__(self, source: Source, watched: list[Watched]) -> None:
        self.watched = watched
        self.classes: dict[type, int] = {}
        self._homes: dict[str, int] = {}
        self._functions: dict[object, int] = {}
        self._waiting: list[Source] = []
        self._written = hashlib.sha256()
        self._function(source)
        self._drain()

    def write(self, *words: object) -> None:
        """Write down words that stand for themselves."""
        self._written.update("\0".join(map(str, words)).encode() + b"\n")

    def kind(self, source: Source, name: object, kind: Kind) -> None:
        """Write down the kind of an argument or a part."""
        self.write("kind", repr(name), kind.dtype, kind.ones, kind.layout, kind.form)
        if isinstance(kind.value, type):
            self.write(self._meaning(record_of(source, kind.value)))
        elif kind.form == "function":
            self.write(self._meaning(meaning_of(source, kind.value)))
        else:
            self.write(_value(kind.value))
        self.write(len(kind.parts))
        names = kind.names or range(len(kind.parts))
        for inner, part in zip(names, kind.parts, strict=True):
            self.kind(source, inner, part)
        self._drain()

    def digest(self) -> str:
        """Return a hash of all that was written down."""
        return self._written.hexdigest()[:32]

    def same(self) -> bool:
        """Whether all names still mean what they did."""
        return not any(each.changed for each in self.watched)

    def _function(self, source: Source) -> str:
        """Return a function's number; what it is will be written down in turn."""
        function: object = source
        if isinstance(source.scope, LiveScope):
            function = source.scope.function
        if function not in self._functions:
            self._functions[function] = len(self._functions)
            self._waiting.append(source)
        return f"function {self._functions[function]}"

    def _drain(self) -> None:
        while self._waiting:
            source = self._waiting.pop(0)
            text = hashlib.sha256(source.module_text.encode()).hexdigest()
            self.write(source.file, source.line, source.qualname, text)
            if source.rules is not None:
                given = source.rules.jvp, source.rules.vjp
                numbers = [rule and self._function(rule) for rule in given]
                self.write("rules", *numbers, source.rules.wrt)
            for parameter in source.parameters:
                self.write(parameter, self._meaning(source.default(parameter)))
            for name in dict.fromkeys((*free_names(source), *_outside(source))):
                self.write(name, self._meaning(source.lookup(name)))

    def _meaning(self, meaning: Resolved) -> str:
        match meaning:
            case Module(name) | NumPyName(name) | Unknown(name):
                return f"{type(meaning).__name__} {name}"
            case Helper(source):
                return self._function(source)
            case Derived(name, source, steps, settings):
                return f"derivative {name} {self._function(source)} {steps} {settings}"
            case Constant(value, text, origin, home):
                number = self._homes.setdefault(home, len(self._homes))
                return f"constant {_value(value)} {text!r} {origin} {number}"
            case Record():
                return "\n".join(self._record(meaning))

    def _record(self, record: Record) -> Iterator[str]:
        """Yield what a class is, in words; of one that is known its number alone."""
        assert record.made_by is not None and isinstance(record.made_by, type)
        known = record.made_by in self.classes
        number = self.classes.setdefault(record.made_by, len(self.classes))
        yield f"class {number}"
        if known:
            return
        yield f"{record.name} {record.kind} {record.fields}"
        yield f"{sorted(record.properties)} {sorted(record.unbound)}"
        for name, default in record.defaults.items():
            yield f"default {name} {self._meaning(default)}"
        for name, method in record.methods.items():
            yield f"method {name} {self._function(method)}"
        for name, constant in record.constants.items():
            yield f"constant {name} {self._meaning(constant)}"
        for name, annotation in record.annotations.items():
            yield f"annotation {name} {ast.dump(annotation)}"


def _outside(source: Source) -> Iterator[str]:
    """Yield the names in decorators, defaults and annotations."""
    node = source.node
    every = (node.args, *node.decorator_list, node.returns)
    for part in (inner for each in every if each for inner in ast.walk(each)):
        if isinstance(part, (ast.Name, ast.Attribute)):
            name = ast.unparse(part)
            if all(map(str.isidentifier, name.split("."))):
                yield name


def _value(value: object) -> str:
    """Return a value in words that no other value has."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject or value.nbytes > MOST_BYTES:
            raise Unfit(kind)
        content = hashlib.sha256(np.ascontiguousarray(value).data).hexdigest()
        layout = value.flags.c_contiguous, value.flags.f_contiguous
        return f"{kind} {value.dtype.str} {value.shape} {layout} {content}"
    if isinstance(value, tuple):
        return f"{kind} ({', '.join(map(_value, value))})"
    if isinstance(value, (*Numbers, str, type(None))):
        return f"{kind} {value!r}"
    raise Unfit(kind)


@functools.cache
def version() -> str:
    """Return what stands for gradscribe itself: its files as they are, and Python.

    What is made of guarded records (`records.GUARDED`) is read into such alone.
    """
    whole = hashlib.sha256()
    root = Path(__file__).parent
    for folder, _, names in sorted(os.walk(root)):
        for name in sorted(name for name in names if name.endswith(".py")):
            status = os.stat(os.path.join(folder, name))
            place = os.path.relpath(folder, root)
            whole.update(
                f"{place} {name} {status.st_size} {status.st_mtime_ns}\n".encode()
            )
    python = f"{platform.python_version()} {np.__version__}"
    return f"{whole.hexdigest()} {python} {records.GUARDED}"


# ---- keeping ----


def packed(made: object, meanings: Meanings) -> bytes | None:
    """Return what was made in bytes, None if it holds what cannot be kept."""
    file = io.BytesIO()
    try:
        _Pickler(file, meanings).dump(made)
    except (Unfit, pickle.PicklingError, TypeError, AttributeError):
        return None
    return file.getvalue()


def unpacked(content: bytes, meanings: Meanings) -> Any:
    """Return what was packed where the meanings were the same."""
    return _Unpickler(io.BytesIO(content), meanings).load()


class _Pickler(pickle.Pickler):
    """Leaves out names and the user's classes, but for their places in lists."""

    def __init__(self, file: io.BytesIO, meanings: Meanings) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._classes = meanings.classes
        places = enumerate(meanings.watched)
        self._places = {(each.name, each.home): k for k, each in places}

    def persistent_id(self, found: Any) -> tuple[str, int] | None:
        """Return the list and the place of what is not put into the bytes."""
        if isinstance(found, Watched):
            if (found.name, found.home) not in self._places:
                raise Unfit(found.name)
            return "watched", self._places[found.name, found.home]
        if isinstance(found, type) and found in self._classes:
            return "classes", self._classes[found]
        if isinstance(found, (Source, LiveScope)) or _is_foreign(found):
            raise Unfit(repr(found))
        return None


_OURS = (__name__.partition(".")[0], "builtins", "functools", "numpy")


def _is_foreign(found: object) -> bool:
    """Whether something would be kept as a name, but in a module of the user."""
    module = getattr(found, "__module__", None) if callable(found) else None
    return isinstance(module, str) and module.partition(".")[0] not in _OURS


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, meanings: Meanings) -> None:
        super().__init__(file)
        self._lists: dict[str, Sequence[object]] = {
            "watched": meanings.watched,
            "classes": list(meanings.classes),
        }

    def persistent_load(self, place: tuple[str, int]) -> object:
        """Return what stands at a place of a list."""
        name, k = place
        return self._lists[name][k]
