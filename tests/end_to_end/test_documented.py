"""What the README shows of a runner is what the runner says."""

from __future__ import annotations

from collections.abc import Callable

import yaml

from tests.end_to_end.support import Guarded
from tests.support.documents import parts
from tests.support.patch13 import VIOLATIONS
from tests.support.project import ROOT


def shown(language: str) -> str:
    """The only block of this language in the README."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [block] = [part.value for part in parts(readme) if part.name == language]
    return block


def test_the_refusal_by_a_runner_is_shown_as_it_is(
    guard: Callable[..., Guarded],
) -> None:
    [repository] = yaml.safe_load(shown("yaml"))["repos"]
    ids = [hook["id"] for hook in repository["hooks"]]
    outcome = guard("pre-commit", *ids).commit(VIOLATIONS["preserved"])
    assert outcome.output == shown("text")
