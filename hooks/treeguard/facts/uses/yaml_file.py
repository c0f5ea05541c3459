"""Which reader a YAML file is for, by its name and by what it holds."""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.facts.uses import compose
from treeguard.facts.uses import pipeline
from treeguard.facts.uses import precommit
from treeguard.facts.uses.nodes import Node
from treeguard.facts.uses.nodes import yaml_documents
from treeguard.facts.uses.text import Text
from treeguard.facts.uses.text import Use


def uses(text: Text) -> Iterator[Use]:
    """Yield what a YAML file uses; one that does not parse is read line by line."""
    documents = yaml_documents(text)
    if documents is None:
        yield from pipeline.uses_by_line(text)
    for document in documents or ():
        yield from _document(document)


def precommit_uses(text: Text) -> Iterator[Use]:
    """Yield what .pre-commit-config.yaml or .pre-commit-hooks.yaml uses."""
    documents = yaml_documents(text)
    if documents is None:
        yield from pipeline.uses_by_line(text)
    for document in documents or ():
        yield from precommit.uses(document)


def _document(document: Node) -> Iterator[Use]:
    reader = compose.uses if compose.is_compose(document) else pipeline.uses
    return reader(document)
