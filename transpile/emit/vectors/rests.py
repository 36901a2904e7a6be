"""An index around the end of an axis; a division takes longer than all else."""

from __future__ import annotations

from .coefficients import text

REST = text('''\
    def _around(i, n):
        """Return i % n, at once where that is i."""
        return i if 0 <= i < n else i % n
    ''')
