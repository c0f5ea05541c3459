from __future__ import annotations

import pytest

from treeguard.migration.rewrite.edits import blob_id


@pytest.mark.parametrize(
    ("data", "like", "expected"),
    [
        (b"", "0" * 40, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
        (b"hello\n", "0" * 40, "ce013625030ba8dba906f756967f9e9ca394464a"),
        (
            b"",
            "0" * 64,
            "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
        ),
    ],
)
def test_the_id_is_git_s(data: bytes, like: str, expected: str) -> None:
    assert blob_id(data, like) == expected
