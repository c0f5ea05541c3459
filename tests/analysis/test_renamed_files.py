"""Files of an old tree found again by their blob alone, one for one."""

from __future__ import annotations

import pytest

from tests.support.memory import MemorySnapshot
from treeguard.analysis.renamed_files import renames
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param({"a": "x"}, {"b": "x"}, {"b": "a"}, id="moved"),
        pytest.param({"a": "x"}, {"b": "y"}, {}, id="moved and edited"),
        pytest.param({"a": "x"}, {"a": "x", "b": "x"}, {}, id="copied"),
        pytest.param({"a": "x", "b": "x"}, {"c": "x"}, {"c": "a"}, id="two into one"),
        pytest.param({"a": "x"}, {"b": "x", "c": "x"}, {"b": "a"}, id="one into two"),
        pytest.param({"a": "x", "b": "y"}, {"a": "y", "b": "x"}, {}, id="swapped"),
        pytest.param({}, {"a": "x"}, {}, id="from nothing"),
    ],
)
def test_renames(
    old: dict[str, str], new: dict[str, str], expected: dict[str, str]
) -> None:
    store = Store(None)
    before = MemorySnapshot(old)
    after = MemorySnapshot(new, earlier=before)
    found = renames(analyze(before, (), store), analyze(after, (), store))
    assert found == expected
