"""What a transform returns: a function that is made at its first call."""

from __future__ import annotations

import functools
import inspect
import logging
import os
import sys
import threading
import time
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from . import collector, frames
from .cells import remember, texts_of
from .guard import Ways
from .interface import Kinds, Transform
from .kept import generated
from .parts import Callee, Taker, bound_arguments, require_floats
from .specialised import LOADERS, Specialised

log = logging.getLogger("gradscribe")

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class Called(Generic[P, R_co]):
    """What does by a call what it was last told to do.

    ``__call__`` is a slot, so Python calls what stands there at once.
    """

    __slots__ = ("__call__",)
    if TYPE_CHECKING:

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...  # noqa: D102


class Derivative(Callee, Called[P, R_co]):
    """A transformed function; compiled for the kinds of its arguments when called.

    It has the primal's signature (a `vjp` takes the cotangent before), binds as a
    method, and pickles as a reference to the transform and the primal.

    Attributes
    ----------
    primal : callable
        The function that was transformed.
    plain : function
        The Python function behind it, of a bound method for example.
    """

    def __init__(
        self,
        primal: Callable[P, object],
        transform: Transform,
        maker: Callable[..., Any],
        options: Mapping[str, object],
        target: str,
        fixed: bool = False,
    ) -> None:
        self.primal = primal
        self.plain, given, named = bound_arguments(transform.function)
        self._bound = given, named
        self.taker = Taker(transform.attributes)
        self.__name__ = transform.name
        self.__module__ = getattr(primal, "__module__", "__main__")
        outer = getattr(primal, "__qualname__", transform.name).rpartition(".")[0]
        self.__qualname__ = f"{outer}.{transform.name}" if outer else transform.name
        self.__doc__ = f"{transform.name}: made by gradscribe at its first call."
        self.transform = transform
        self._maker = maker
        self._options = dict(options)
        self._target, self._fixed = target, fixed
        self._made: dict[object, Specialised] = {}
        self._latest: Specialised | None = None
        self._lock = threading.RLock()
        self.__call__ = self._call  # type: ignore[method-assign]

    # ---- calling ----

    def _call(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the transformed function the long way."""
        __tracebackhide__ = True
        made = None
        try:
            leading, values = self.bind(args, kwargs)
            key, leaves = self.taker.take_all(self.names, values)
            made = self._made.get(key)
            if made is None or not made.is_current():
                made, leaves = self._specialised(values)
            result = made(leading, leaves)
            self._remember(made, (*leading, *values))
            return result  # type: ignore[no-any-return]
        except Exception as error:
            self._shorten(made, error)
            raise

    def _remember(self, made: Specialised, values: Sequence[Any]) -> None:
        """Let the next call like one that went well be a short one."""
        if self._latest is not made and not any(self._bound):
            names = [*self.besides, *self.names]
            ways = Ways(self._call, functools.partial(self._shorten, made))
            guard = made.guarded(self._full, names, values, ways)
            self._latest = made
            self.__call__ = guard or self._call  # type: ignore[assignment,method-assign]

    def _shorten(self, made: Specialised | None, error: BaseException) -> None:
        """Leave our frames out of an error's traceback."""
        if not frames.wanted() and not frames.is_bug(error):
            file, lines = ("", {}) if made is None else (made.file, made.lines)
            name = getattr(self.primal, "__name__", "")
            error.__traceback__ = frames.clean(error, file, lines, name)

    @property
    def given(self) -> tuple[object, ...]:
        """The arguments that are bound, by position."""
        return self._bound[0]

    @property
    def maker(self) -> Callable[..., Any]:
        """The transform that made it."""
        return self._maker

    @property
    def maker_options(self) -> dict[str, Any]:
        """What that was given besides the primal."""
        return dict(self._options)

    @property
    def has_bound(self) -> bool:
        """Whether some arguments are given already, as of a bound method."""
        return any(self._bound)

    @property
    def besides(self) -> tuple[str, ...]:
        """The parameters that the primal does not have."""
        return tuple(name for name, _ in self.transform.besides)

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """The parameters of the plain function, those that are bound included."""
        return tuple(name for name in self._full.parameters if name not in self.besides)

    @functools.cached_property
    def _full(self) -> inspect.Signature:
        """The signature of the plain function, and of what the transform takes."""
        return self._signature(self.plain, len(self._bound[0]))

    @functools.cached_property
    def _own(self) -> tuple[int, ...]:
        """The positions of the plain function's parameters."""
        names = enumerate(self._full.parameters)
        return tuple(k for k, name in names if name not in self.besides)

    @functools.cached_property
    def _besides(self) -> tuple[int, ...]:
        """The positions of what the transform takes, in its order."""
        names = list(self._full.parameters)
        return tuple(map(names.index, self.besides))

    @functools.cached_property
    def _by_position(self) -> int:
        """How many arguments are all there are, -1 if that varies."""
        every = self._full.parameters.values()
        place = (
            inspect.Parameter.POSITIONAL_ONLY,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
        )
        varies = any(parameter.kind not in place for parameter in every)
        return -1 if varies or self._bound[1] else len(every)

    def bind(
        self, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> tuple[Sequence[Any], Sequence[Any]]:
        """Return what the transform takes, and then an argument for each parameter."""
        given, named = self._bound
        if given:
            both = list(args)
            for place, value in zip(self._own, given, strict=False):
                both.insert(place, value)
            args = both
        if kwargs or len(args) != self._by_position:
            try:
                bound = self._full.bind(*args, **{**named, **kwargs})
            except TypeError as error:
                names = ", ".join(self._full.parameters)
                call = f"{self.__name__}({names})"
                raise TypeError(f"{error}; it is called as {call}") from None
            bound.apply_defaults()
            args = tuple(bound.arguments.values())
        if not self._besides:
            return (), args
        return [args[k] for k in self._besides], [args[k] for k in self._own]

    def prepared(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Specialised, list[Any]]:
        """Return what is made for such arguments, and their arrays and numbers."""
        _, values = self.bind(args, kwargs)
        return self._specialised(values)

    def _specialised(self, values: Sequence[Any]) -> tuple[Specialised, list[Any]]:
        """Return what is made for such arguments, and their arrays and numbers."""
        with self._lock:
            self.taker.forget()  # what may be read may have changed
            key, leaves = self.taker.take_all(self.names, values)
            made = self._made.get(key)
            if made is None or not made.is_current():
                kinds = map(self.taker.kind, values)
                made = self._make(dict(zip(self.names, kinds, strict=True)))
                self._made[key] = made
            return made, leaves

    def _make(self, kinds: Kinds) -> Specialised:
        target = self._target
        if not self._fixed:
            target = os.environ.get("GRADSCRIBE_TARGET") or target
        if target not in LOADERS:
            raise ValueError(
                f"GRADSCRIBE_TARGET is {target!r}; it can be {' or '.join(LOADERS)}"
            )
        start = time.perf_counter()
        whole = [require_floats(kinds, place) for place in self.transform.places]
        try:
            with collector.paused():
                made, kept = generated(self.transform, kinds, target)
        except Exception as error:
            for place in (place for places in whole for place in places):
                error.add_note(f"{place} is in wrt: the int was taken as a float")
            raise
        log.info(
            "%s: text for %s %s in %.2f s",
            made.signature,
            target,
            "found" if kept else "made",
            time.perf_counter() - start,
        )
        specialised = Specialised(made, kinds, target)
        self.__doc__ = specialised.doc
        return specialised

    def bound(self, args: Sequence[Any]) -> inspect.BoundArguments:
        """Return the arguments by the parameters of the plain function."""
        given, named = self._bound
        signature = inspect.signature(self.plain, follow_wrapped=False)
        found = signature.bind(*given, *args, **named)
        found.apply_defaults()
        return found

    def written_by(self, arguments: Mapping[str, Any]) -> list[str]:
        """Return the places of what the primal writes, given such arguments."""
        self.taker.take_all(list(arguments), list(arguments.values()))
        kinds = {name: self.taker.kind(value) for name, value in arguments.items()}
        made = self.transform(kinds, "numpy")
        return [p.name for p in made.parameters if p.written]

    @functools.cached_property
    def _numba_type_(self) -> Any:
        """The type by which compiled functions know this one, once Numba asks."""
        if "numba" not in sys.modules:
            raise AttributeError("_numba_type_")
        from .inside import type_of

        return type_of(self)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of what it is called with."""
        return tuple(self.__signature__.parameters)

    # ---- source ----

    @property
    def source(self) -> str:
        """The readable NumPy source."""
        return self.source_for("numpy")

    def source_for(self, target: str) -> str:
        """Return the source for a target: ``"numpy"``, or ``"cpu"`` for the loops.

        Before any call, the types come from annotations and ``types=``.
        """
        if target not in LOADERS:
            raise ValueError(f"{target!r} is no target; it is {' or '.join(LOADERS)}")
        with collector.paused():
            return self.transform.source(self._only_kinds("source"), target)

    @property
    def sources(self) -> dict[str, str]:
        """The NumPy source of every specialisation, by its signature."""
        every = [made.kinds for made in self._made.values()]
        make = self.transform
        return {make.signature(kinds): make.source(kinds, "numpy") for kinds in every}

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the readable NumPy source as a file that stands alone.

        Raises FileExistsError rather than replace a file that gradscribe did not
        write or that was edited since, unless ``force`` is set.
        """
        from .files import write_source

        kinds = self._only_kinds("save")
        write_source(Path(path), self.transform.file_text(kinds, Path(path)), force)

    def _only_kinds(self, what: str) -> Kinds | None:
        kinds = [made.kinds for made in self._made.values()]
        make = self.transform
        if len(kinds) > 1 and len({make.source(k, "numpy") for k in kinds}) > 1:
            shown = "\n  ".join(map(make.signature, kinds))
            raise ValueError(
                f"{self.__name__} was called with arguments of several kinds, so"
                f" .{what} is not unique; see .sources:\n  {shown}"
            )
        return next(iter(kinds), None)

    # ---- looking like a function ----

    @functools.cached_property
    def __signature__(self) -> inspect.Signature:
        """The signature of the primal, after what the transform takes first."""
        function = self.transform.function
        return self._signature(getattr(function, "py_func", function))

    def _signature(self, function: Any, bound: int = 0) -> inspect.Signature:
        signature = inspect.signature(function, follow_wrapped=False)
        parameters = list(signature.parameters.values())
        kinds = inspect.Parameter
        for name, place in self.transform.besides:
            kind = kinds.POSITIONAL_OR_KEYWORD if place else kinds.POSITIONAL_ONLY
            at = place + bound if place else 0
            parameters.insert(at, inspect.Parameter(name, kind))
        return signature.replace(
            parameters=parameters, return_annotation=inspect.Signature.empty
        )

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """Bind as a method."""
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<gradscribe.Derivative {self.__qualname__}>"

    # ---- pickling, by reference ----

    def __reduce__(self) -> str | tuple[Any, ...]:
        name = getattr(self.primal, "__qualname__", "")
        if _resolve(self.__module__, name) is self:  # a decorator put us there
            if self.__module__ != "__main__":
                return str(name)
            self.primal.__qualname__ = f"{name}.primal"
        return reduced(self._maker, self.primal, self._options)


def reduced(
    maker: Callable[..., Any], primal: object, options: Mapping[str, Any]
) -> tuple[Any, ...]:
    """Return what pickles a transform of a function, with the texts of its cells."""
    return _remake, (maker, primal, options, texts_of(primal))


def _remake(
    maker: Callable[..., Any],
    primal: object,
    options: Mapping[str, Any],
    texts: Mapping[str, str],
) -> Any:
    remember(texts)
    return maker(primal, **options)


def _resolve(module: str, name: str) -> object:
    value: object = sys.modules.get(module)
    for part in name.split("."):
        value = getattr(value, part, None)
    return value
