"""What was found of a loop when it was parsed before, with the like around it.

A body is parsed again until the guess of its carries holds. If the loops inside began
anew each time, the time would grow with every level as a power does. ``recall`` gives
the guess that held for the same loop where names stood for the same types; it is
tried like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import gast

from .carries import Guess
from .context import Context, State
from .objects import Array, Obj, Scalar, flatten

Picture = tuple[object, ...]
Part = tuple[int, int]  # the place of a name among all, and of a leaf in what it names


@dataclass(frozen=True, slots=True)
class Remembered:
    """A guess, its written memory by the names for it; what the picture speaks of."""

    guess: Guess
    written: tuple[Part, ...]
    pictured: tuple[Obj, ...]


def remember(context: Context, node: gast.AST, before: State, guess: Guess) -> None:
    """Keep a guess that held, if it speaks of nothing that is made anew each time."""
    if guess.slots or guess.conflicts or guess.loose or guess.swapped:
        return
    shapes = [kind.rank for kind in guess.types.values()]
    leaves = [leaf for form in guess.forms.values() for leaf in flatten(form)]
    if any(shapes) or not all(isinstance(leaf, Scalar) for leaf in leaves):
        return
    named = {leaf.root: part for part, leaf in _arrays(before)}
    if not named.keys() >= guess.written.keys():
        return
    written = tuple(named[buffer] for buffer in guess.written)
    kept = replace(guess, written={})
    objects = tuple(before.names.values())
    key = (node, _picture(before))
    context.guesses[key] = Remembered(kept, written, objects)


def recall(context: Context, node: gast.AST, before: State) -> Guess | None:
    """Return a guess that held for a loop where names stood for the same types."""
    known = context.guesses.get((node, _picture(before)))
    if not isinstance(known, Remembered):
        return None
    roots = {part: leaf.root for part, leaf in _arrays(before)}
    guess = known.guess
    return replace(
        guess,
        types=dict(guess.types),
        forms=dict(guess.forms),
        slots={},
        written={roots[part]: None for part in known.written},
        conflicts={},
        rising=dict(guess.rising),
        loose=set(),
    )


def _arrays(state: State) -> list[tuple[Part, Array]]:
    return [
        ((at, k), leaf)
        for at, obj in enumerate(state.names.values())
        for k, leaf in enumerate(flatten(obj))
        if isinstance(leaf, Array)
    ]


def _picture(state: State) -> Picture:
    """Return what names stand for: types, and which share memory."""
    roots: dict[object, int] = {}
    found: list[object] = []
    for (_, name), obj in state.names.items():
        found.append(name)
        for leaf in flatten(obj):
            if isinstance(leaf, Array):
                first = roots.setdefault(leaf.root, len(roots))
                found.append((leaf.type, leaf.parent is None, first))
            elif isinstance(leaf, Scalar):
                form = leaf.value.as_linear if leaf.value.type.is_integer else None
                found.append((leaf.value.type, None if form is None else form.value))
            else:
                found.append(id(leaf))
    return tuple(found)
