"""Which reader a YAML file is for, by its name and by what it holds."""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.languages.config import ci_pipeline
from treeguard.languages.config import compose
from treeguard.languages.config import precommit
from treeguard.languages.source_text import SourceText
from treeguard.languages.spans import Span
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import yaml_documents


def spans(text: SourceText) -> Iterator[Span]:
    """Yield what a YAML file uses; one that does not parse is read line by line."""
    documents = yaml_documents(text)
    if documents is None:
        yield from ci_pipeline.spans_by_line(text)
    for document in documents or ():
        yield from _document(document)


def precommit_spans(text: SourceText) -> Iterator[Span]:
    """Yield what .pre-commit-config.yaml or .pre-commit-hooks.yaml uses."""
    documents = yaml_documents(text)
    if documents is None:
        yield from ci_pipeline.spans_by_line(text)
    for document in documents or ():
        yield from precommit.spans(document)


def _document(document: Node) -> Iterator[Span]:
    reader = compose.spans if compose.is_compose(document) else ci_pipeline.spans
    return reader(document)
