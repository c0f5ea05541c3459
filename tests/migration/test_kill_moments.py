"""A few ends of each kind that `kill_moments` makes by the hundred."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migration.acting import run_undo
from tests.migration.kill_cases import NOT_GITS
from tests.migration.kill_cases import Case
from tests.migration.kill_cases import lost
from tests.migration.kill_moments import WAYS
from tests.migration.kill_moments import Moments


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("moments"))


@pytest.mark.parametrize("name", list(WAYS))
@pytest.mark.parametrize("undoing", [False, True], ids=["apply", "undo"])
def test_one_command_settles_it(case: Case, name: str, undoing: bool) -> None:
    moments = Moments(case, seed=len(name), full_disk=None)
    # A quick machine is at the end before many of the moments: those count for nothing.
    for _ in range(60):
        moments.at_random(name, undoing)
        if sum(moments.counts.values()) == 2:
            break
    assert moments.faults == []
    assert moments.counts


def test_what_is_lost_is_seen(case: Case, tmp_path: Path) -> None:
    repo = case.fresh(applied=True)
    wanted = {"notes.txt": (0o644, "0" * 64)}
    assert list(lost(repo, wanted)) == ["notes.txt"]
    run_undo(repo)
    disk = case.old[2]
    assert isinstance(disk, dict)
    assert disk.keys() >= NOT_GITS.keys()
    assert list(lost(repo, disk)) == []
