"""The documents show the real output of a runner."""

from __future__ import annotations

from collections.abc import Callable

import yaml

from tests.end_to_end.support import Guarded
from tests.support.documents import is_shown
from tests.support.documents import parts
from tests.support.patch13 import VIOLATIONS
from tests.support.project import ROOT


def shown(name: str, language: str) -> str:
    """Return the only block of this language in a document."""
    text = (ROOT / name).read_text(encoding="utf-8")
    [block] = [part.value for part in parts(text) if part.name == language]
    return block


def test_the_documents_show_one_configuration_of_the_runners() -> None:
    assert shown("README.md", "yaml") == shown("docs/install.md", "yaml")


def test_the_refusal_by_a_runner_is_shown_as_it_is(
    guard: Callable[..., Guarded],
) -> None:
    [repository] = yaml.safe_load(shown("docs/install.md", "yaml"))["repos"]
    ids = [hook["id"] for hook in repository["hooks"]]
    outcome = guard("pre-commit", *ids).commit(VIOLATIONS["preserved"])
    assert is_shown(shown("docs/install.md", "text"), outcome.output)
    assert "[reports-kept]" in outcome.output
