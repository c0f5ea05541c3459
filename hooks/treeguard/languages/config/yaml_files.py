"""Which reader a YAML file is for, by its name and by what it holds."""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.languages.config import ci_pipeline
from treeguard.languages.config import compose
from treeguard.languages.config import precommit
from treeguard.languages.source_text import Text
from treeguard.languages.source_text import Use
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import yaml_documents


def uses(text: Text) -> Iterator[Use]:
    """Yield what a YAML file uses; one that does not parse is read line by line."""
    documents = yaml_documents(text)
    if documents is None:
        yield from ci_pipeline.uses_by_line(text)
    for document in documents or ():
        yield from _document(document)


def precommit_uses(text: Text) -> Iterator[Use]:
    """Yield what .pre-commit-config.yaml or .pre-commit-hooks.yaml uses."""
    documents = yaml_documents(text)
    if documents is None:
        yield from ci_pipeline.uses_by_line(text)
    for document in documents or ():
        yield from precommit.uses(document)


def _document(document: Node) -> Iterator[Use]:
    reader = compose.uses if compose.is_compose(document) else ci_pipeline.uses
    return reader(document)
