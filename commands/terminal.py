"""What is printed, in colours where that is a terminal."""

from __future__ import annotations

import sys


def show(text: str, language: str = "python") -> None:
    """Print source or a diff, highlighted on a terminal."""
    if sys.stdout.isatty():
        try:
            from pygments import highlight
            from pygments.formatters import TerminalFormatter
            from pygments.lexers import get_lexer_by_name
        except ImportError:
            pass
        else:
            lexer = get_lexer_by_name(language, stripnl=False)
            text = highlight(text, lexer, TerminalFormatter())
    sys.stdout.write(text)
    sys.stdout.flush()
