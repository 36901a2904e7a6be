"""Cases of the corpus that gradscribe refuses: the name, then part of the message.

A case leaves this table when it is accepted; the tests say so when one does.
"""

from __future__ import annotations

REFUSED: dict[str, str] = {}
