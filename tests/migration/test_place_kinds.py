"""What sort of place something undecided is at."""

from __future__ import annotations

import pytest

from treeguard.migration.plan.place_kinds import Places
from treeguard.plans import CODE
from treeguard.plans import COMMENTS
from treeguard.plans import CONFIGURATION
from treeguard.plans import PROSE
from treeguard.plans import Undecided

NAMED = "it names lamp.old, which moves away; it is left as it is"
ROWS = [
    ("releasenotes/notes/fix-1a2b.yaml", "fixes:\n  - Ship lamp.old.\n", PROSE),
    ("lib/releasenotes/notes/fix-1a2b.yml", "fixes:\n  - Ship lamp.old.\n", PROSE),
    ("changelogs/fragments/12.yml", "bugfixes:\n  - lamp.old - it works\n", PROSE),
    ("CHANGES", "x\nlamp.old works\n", PROSE),
    ("GO", "#!/bin/sh\nlamp.old\n", CONFIGURATION),
    ("requirements.txt", "x\nlamp.old\n", CONFIGURATION),
    ("releasenotes/config.yaml", "x:\n  lamp.old\n", CONFIGURATION),
    ("changelogs/config.yaml", "x:\n  lamp.old\n", CONFIGURATION),
    ("notes.yaml", "x: y\nz: w  # of lamp.old\n", COMMENTS),
    ("run.py", "x = 1\ny = 'lamp.old'\n", CODE),
]


@pytest.mark.parametrize(("path", "text", "kind"), ROWS)
def test_a_place_is_as_risky_as_what_reads_it(path: str, text: str, kind: str) -> None:
    one = Undecided(path, 2, "lamp.old", NAMED)
    assert Places(path, text.encode()).kind(one) == kind
