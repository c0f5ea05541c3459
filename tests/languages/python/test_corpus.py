"""Facts and candidates against `ast`, over 10,000 real files."""

from __future__ import annotations

from tests.languages.python import corpus
from tests.languages.python.reference import statement_facts
from tests.languages.python.reference import statements
from treeguard.languages.facts import Import
from treeguard.languages.facts import SourceFacts
from treeguard.languages.facts import edits_path
from treeguard.languages.python.import_scan import candidates
from treeguard.languages.python.import_scan import needs_exact
from treeguard.languages.python.import_scan import walks_from
from treeguard.languages.python.source_facts import source_facts

FILES = 10_000


def test_no_import_of_real_files_is_missed_or_invented() -> None:
    paths = corpus.files()[: FILES + 1_000]
    compared, wrong = 0, []
    for path in paths:
        with open(path, "rb") as file:
            data = file.read()
        expected = statements(data)
        if expected is None:
            continue
        compared += 1
        facts = source_facts(data, "python")
        if facts.error or statement_facts(facts) != expected:
            wrong.append(path)
        elif not needs_exact(data) and _beyond(facts, data):
            wrong.append(f"{path} (candidates)")
    assert wrong == []
    assert compared >= FILES, (
        f"only {compared} real files were found to compare with, of {FILES}: "
        'install more with `pip install -e ".[test]"`, or another Python'
    )


def _beyond(facts: SourceFacts, data: bytes) -> bool:
    """Say whether a source says anything that its candidates do not hold."""
    held = (*candidates(data), *walks_from(data))
    dynamic = any(item.kind == "dynamic" for item in facts.imports)
    more = dynamic or facts.undecidable or edits_path(facts.search_path)
    return bool(more) or not _keys(facts.imports) <= _keys(held)


def _keys(imports: tuple[Import, ...]) -> set[tuple[str, str, int, str | None]]:
    return {
        (item.kind, item.module, item.level, item.name)
        for item in imports
        if item.kind in ("import", "from", "attribute")
    }
