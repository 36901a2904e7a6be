"""The engine of the rewriting passes: patterns, sweeps, and removing what is dead."""

from .dead import eliminate_dead, silent_functions
from .describe import describe, describe_value
from .editor import Editor
from .memory import Facts
from .patterns import Attr, Call, Exactly, Function, Pattern, Row, Table, Wild
from .quiet import History
from .scope import Scope
from .sweep import apply_table, sweep, until_settled

__all__ = [
    "Attr",
    "Call",
    "Editor",
    "Exactly",
    "Facts",
    "Function",
    "History",
    "Pattern",
    "Row",
    "Scope",
    "Table",
    "Wild",
    "apply_table",
    "describe",
    "describe_value",
    "eliminate_dead",
    "silent_functions",
    "sweep",
    "until_settled",
]
