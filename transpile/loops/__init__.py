"""Loops made ready for compiled code, before they are reversed."""

from .gram import take_gram
from .helpers import open_helpers, open_rules
from .inductions import close_inductions
from .joint import join_sweeps
from .localise import localise
from .multiples import add_multiples
from .panels import take_panels
from .repeats import share_numbers
from .steady import fill_before

__all__ = [
    "add_multiples",
    "close_inductions",
    "fill_before",
    "join_sweeps",
    "localise",
    "open_helpers",
    "open_rules",
    "share_numbers",
    "take_gram",
    "take_panels",
]
