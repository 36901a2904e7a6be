"""Classes of fields that are set once."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")
R = TypeVar("R")

# Python needs ten times as long to make what it then guards from being changed.
GUARDED = bool(os.environ.get("GRADSCRIBE_CHECK"))


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(*, eq: bool = True) -> Callable[[type[T]], type[T]]:
    """Return a decorator for classes whose objects are never changed.

    mypy sees to it; Python does too where ``GRADSCRIBE_CHECK`` is set, as in tests.
    Without ``eq`` objects are compared by identity.
    """
    return dataclass(frozen=GUARDED, slots=True, eq=eq, unsafe_hash=eq and not GUARDED)


def remembered(find: Callable[[Any], R]) -> Callable[[Any], R]:
    """Return a function of a record that looks each one over once.

    What it finds is kept with the record, in ``known``, a dict.
    """

    @wraps(find)
    def found(record: Any) -> R:
        known = record.known
        if find in known:
            value: R = known[find]
        else:
            value = known[find] = find(record)
        return value

    return found
