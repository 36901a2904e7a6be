"""Functions of NumPy written as loops: parsed like functions of the user.

They stand in the generated file under their names. Here are methods of ufuncs that are
no reduction or scan of their own: what `np.hypot.reduce`, `np.maximum.accumulate` do
along the first axis, and `np.multiply.at` for a vector of indices.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from ..read.source import Source
from ..read.static import from_text
from .calls import call_routine
from .frame import Frame
from .objects import Obj

REDUCE = '''\
import numpy as np


def {name}_reduce(x):
    """np.{name}.reduce(x) along the first axis."""
    total = +x[0]
    for i in range(1, len(x)):
        total = np.{name}(total, x[i])
    return total
'''
ACCUMULATE = '''\
import numpy as np


def {name}_accumulate(x):
    """np.{name}.accumulate(x) along the first axis."""
    found = x.copy()
    for i in range(1, len(x)):
        found[i] = np.{name}(found[i - 1], x[i])
    return found
'''
AT_EACH = '''\
import numpy as np


def {name}_at(x, indices):
    """np.{name}.at(x, indices): repeated indices count as often."""
    for k in range(len(indices)):
        i = indices[k]
        x[i] = np.{name}(x[i])
'''
AT_WITH_ONE = '''\
import numpy as np


def {name}_at(x, indices, value):
    """np.{name}.at(x, indices, value): repeated indices count as often."""
    for k in range(len(indices)):
        i = indices[k]
        x[i] = np.{name}(x[i], value)
'''
AT_WITH_MANY = '''\
import numpy as np


def {name}_at(x, indices, values):
    """np.{name}.at(x, indices, values): repeated indices count as often."""
    for k in range(len(indices)):
        i = indices[k]
        x[i] = np.{name}(x[i], values[k])
'''
SEGMENTS = '''\
import numpy as np


def {name}_reduceat(x, starts):
    """np.{name}.reduceat(x, starts) along the first axis."""
    found = x[starts]
    for k in range(len(starts)):
        stop = starts[k + 1] if k + 1 < len(starts) else len(x)
        if starts[k] < stop:
            found[k] = np.{name}.reduce(x[starts[k] : stop])
    return found
'''
SEGMENTS_BY_ELEMENT = '''\
import numpy as np


def {name}_reduceat(x, starts):
    """np.{name}.reduceat(x, starts) along the first axis."""
    found = x[starts]
    for k in range(len(starts)):
        stop = starts[k + 1] if k + 1 < len(starts) else len(x)
        for i in range(starts[k] + 1, stop):
            found[k] = np.{name}(found[k], x[i])
    return found
'''


@functools.cache
def _source(template: str, name: str) -> Source:
    text = template.format(name=name)
    function = text.partition("def ")[2].partition("(")[0]
    return from_text(text, function, file=f"{function}.py")


def run(frame: Frame, template: str, name: str, given: Sequence[Obj]) -> Obj:
    """Return what a template makes of arguments, for a ufunc."""
    return call_routine(frame, _source(template, name), given, {})
