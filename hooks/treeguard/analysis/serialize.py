"""The facts of a source as plain tuples, which `marshal` can write, and back."""

from __future__ import annotations

from typing import Any

from treeguard.languages.facts import Allow
from treeguard.languages.facts import Import
from treeguard.languages.facts import SourceFacts
from treeguard.languages.facts import Undecidable


def frozen(facts: SourceFacts) -> tuple[object, ...]:
    """Return `facts` as plain tuples."""
    return (
        [tuple(item) for item in facts.imports],
        [tuple(item) for item in facts.allows],
        [tuple(item) for item in facts.undecidable],
        facts.search_path,
        facts.error,
        facts.error_line,
    )


def thawed(kept: Any) -> SourceFacts:
    """Return the facts that `frozen` made `kept` of."""
    imports, allows, undecidable, search_path, error, error_line = kept
    return SourceFacts(
        tuple(Import(*item) for item in imports),
        tuple(Allow(*item) for item in allows),
        tuple(Undecidable(*item) for item in undecidable),
        search_path,
        error,
        error_line,
    )
