"""Which findings come first, and which make the check fail."""

from __future__ import annotations

import pytest

from tests.formats.reports import CELL
from tests.formats.reports import CHAIN
from tests.formats.reports import DELETION
from tests.formats.reports import IMPORT
from tests.formats.reports import WAIVED
from tests.formats.reports import a_report
from treeguard.formats.text_parts import blocks
from treeguard.formats.text_parts import existing_blocks
from treeguard.formats.text_parts import ranked


def test_the_gravest_come_first_and_else_nothing_moves() -> None:
    given = [WAIVED, CELL, CHAIN, IMPORT, DELETION]
    assert ranked(given) == [IMPORT, DELETION, CHAIN, CELL, WAIVED]


@pytest.mark.parametrize(("blocking", "expected"), [(1, False), (2, True)])
def test_whether_existing_findings_block_is_seen_from_the_count(
    blocking: int, expected: bool
) -> None:
    report = a_report(IMPORT, CHAIN, CELL)._replace(blocking=blocking)
    assert existing_blocks(report) is expected


def test_what_makes_the_check_fail() -> None:
    found = [blocks(f, False) for f in (IMPORT, CHAIN, CELL, WAIVED)]
    assert found == [True, False, False, False]
    assert blocks(CHAIN, True)
