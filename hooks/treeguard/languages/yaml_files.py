"""YAML files: which readers the documents of a file are for."""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.languages import checkouts
from treeguard.languages import ci_config
from treeguard.languages import compose
from treeguard.languages import known_keys
from treeguard.languages.source_text import SourceText
from treeguard.languages.spans import Span
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import yaml_documents

_PRE_COMMIT = (".pre-commit-config.", ".pre-commit-hooks.")


def spans(text: SourceText, path: str) -> Iterator[Span]:
    """Yield the spans of a YAML file; one that does not parse is read line by line."""
    documents = yaml_documents(text)
    if documents is None:
        yield from ci_config.spans_by_line(text, path)
        return
    found = _spans_of(documents, text, path)
    if path.startswith(".github/") and "actions/checkout" in text.chars:
        elsewhere = checkouts.texts_elsewhere(documents)
        found = checkouts.seen_from(found, elsewhere, text.chars)
    yield from found


def _spans_of(documents: list[Node], text: SourceText, path: str) -> Iterator[Span]:
    others = []
    for document in documents:
        if compose.is_compose(path, document):
            yield from compose.spans(document)
        elif path.rpartition("/")[2].startswith(_PRE_COMMIT):
            yield from ci_config.precommit_spans(document)
            others.append(document)
        else:
            yield from ci_config.spans(document, path)
            others.append(document)
    yield from known_keys.spans(path, others)
    if known_keys.is_in("pipeline", path):
        yield from ci_config.hash_spans(text)
