"""The greater and the lesser of two; `runtime.extremes` says what is compiled."""

from __future__ import annotations

from .coefficients import text

MAXIMUM = text('''\
    def _vmax(x, y):
        """Return the greater, or nan; one instruction where it is compiled."""
        return np.maximum(x, y)
    ''')

MINIMUM = text('''\
    def _vmin(x, y):
        """Return the lesser, or nan; one instruction where it is compiled."""
        return np.minimum(x, y)
    ''')
