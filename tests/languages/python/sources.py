"""Short ways to say what a source imports, for tables of cases."""

from __future__ import annotations

from treeguard.languages.facts import Import
from treeguard.languages.facts import SourceFacts
from treeguard.languages.python.source_facts import source_facts


def facts(source: str | bytes, language: str = "python") -> SourceFacts:
    """Facts of readable source; fails the test when it is not."""
    data = source.encode() if isinstance(source, str) else source
    found = source_facts(data, language)
    assert found.error == ""
    return found


def said(item: Import) -> str:
    """One import as a word: `from ..a.b:c`, `dynamic a.*`, `path x/y.py`."""
    module = "." * item.level + item.module + ("*" if item.prefix else "")
    name = f":{item.name}" if item.name is not None else ""
    only = " (typing)" if item.typing_only else ""
    return f"{item.kind} {module}{name}{only}"


def words(source: str | bytes, *kinds: str) -> list[str]:
    """What a source imports, in order; of these kinds only, if any are given."""
    found = facts(source).imports
    return [said(item) for item in found if not kinds or item.kind in kinds]
