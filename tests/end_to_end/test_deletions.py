"""How a loss is told; which changes are one stands in the table of `test_gates`."""

from __future__ import annotations

import os
from collections.abc import Callable

from tests.end_to_end.changes import REMOVE
from tests.end_to_end.changes import A
from tests.end_to_end.changes import commit
from tests.end_to_end.support import Guarded

Guard = Callable[..., Guarded]


def test_a_copy_elsewhere_is_not_called_a_move(guard: Guard) -> None:
    guarded = guard("native")
    guarded.repo.write("garbage/run_1.json", (guarded.repo.path / A).read_bytes())
    guarded.repo.stage("garbage")
    REMOVE(guarded.repo)
    outcome = guarded.commit()
    assert not outcome.accepted
    assert "rename" not in outcome.output


def test_a_terminal_sees_names_escaped(guard: Guard) -> None:
    guarded = guard("native")
    path = "reports/a\nb\x1b[31m.json"
    commit(guarded.repo, lambda repo: [repo.write(path, "odd\n"), repo.stage()])
    guarded.repo.run("rm", "-q", "--", path)
    outcome = guarded.commit()
    assert not outcome.accepted
    assert "\x1b" not in outcome.output
    assert "a\nb" not in outcome.output
    assert os.linesep in outcome.output


def test_27_an_amend_sees_only_what_it_changes_itself(guard: Guard) -> None:
    """HEAD has lost the file already: the push tells, and `treeguard audit`."""
    guarded = guard("native")
    commit(guarded.repo, REMOVE)
    assert guarded.git("commit", "--amend", "-m", "again").accepted
