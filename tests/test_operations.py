"""The page of operations is what the tables say, and its numbers are right."""

from __future__ import annotations

import re

from gradscribe.transpile.rules import RULES
from operations import FUNCTIONS, PAGE, page


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), "python tests/operations.py"


def test_the_numbers_of_the_page():
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(r"(\d+) functions, of (\d+) operations: (\d+) with a", text)
    assert found is not None
    functions, operations, smooth = map(int, found.groups())
    constant = [op for op, rule in RULES.items() if rule.kind == "constant"]
    assert functions == len(FUNCTIONS)
    assert operations == len(RULES)
    assert smooth == len(RULES) - len(constant)
