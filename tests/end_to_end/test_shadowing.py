"""A repository's own modules never stand in for ours, nor does a PYTHONPATH."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.end_to_end.support import WAYS
from tests.end_to_end.support import Guarded
from tests.support.patch13 import KEPT
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import Edit

# Each would end the process cleanly as soon as it is imported: a guard that lets pass.
LETS_PASS = "import os\nos._exit(0)\n"
SHADOWING = (
    "hooks/__init__.py",
    "hooks/treeguard/__init__.py",
    "treeguard/__init__.py",
    "treeguard/__main__.py",
    "tests/__init__.py",
    "policy.py",
    "tomli.py",
    "pathspec.py",
    "git.py",
    "sitecustomize.py",
    "usercustomize.py",
)
SHADOWS = Edit(dict.fromkeys(SHADOWING, LETS_PASS))


@pytest.mark.parametrize("way", WAYS)
def test_our_own_code_runs(guard: Callable[..., Guarded], way: str) -> None:
    guarded = guard(way)
    assert guarded.commit(SHADOWS, "--no-verify").accepted
    # The runners are Python too and start with the user's PYTHONPATH: what would end
    # them before any hook has started is out of our hands.
    if way == "native":
        shadowed = {"PYTHONPATH": ".", "PYTHONSTARTUP": "policy.py"}
    else:
        guarded.repo.run("rm", "-q", "sitecustomize.py", "usercustomize.py", "git.py")
        shadowed = {"PYTHONPATH": "."}
    refused = guarded.commit(VIOLATIONS["preserved"], **shadowed)
    assert not refused.accepted
    assert "reports-kept" in refused.output
    guarded.repo.run("reset", "-q", "--hard")
    accepted = guarded.commit(KEPT["preserved"], **shadowed)
    assert accepted.accepted, accepted.output
