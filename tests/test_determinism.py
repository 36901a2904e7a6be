"""The same text in every process, under every hash seed, from every directory."""

from __future__ import annotations

from pathlib import Path

import pytest
from goldens import GOLDENS, Golden, generate

CHOSEN = [g for g in GOLDENS if g.example in ("mlp", "gmm")]


@pytest.mark.parametrize("golden", CHOSEN, ids=lambda g: g.output)
def test_hash_seed_and_directory_do_not_matter(golden: Golden, tmp_path: Path) -> None:
    one = generate(golden, tmp_path / "one", PYTHONHASHSEED="1")
    two = generate(golden, tmp_path / "two", elsewhere=True, PYTHONHASHSEED="4242")
    assert one == two
