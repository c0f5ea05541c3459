"""Rewrites the path filters, inputs and hashes of a CI pipeline, told from the root.

Filters and their `!` are those of
https://docs.github.com/actions/writing-workflows/workflow-syntax-for-github-actions;
what a pipeline runs is read by `uses`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import lines
from treeguard.languages.source_text import word_set
from treeguard.languages.yaml_tree import Mapping
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import mappings
from treeguard.languages.yaml_tree import texts
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.owned_spans import Claim
from treeguard.migration.rewrite.owned_spans import pattern_claim
from treeguard.migration.rewrite.paths import Base
from treeguard.policy.patterns import Patterns
from treeguard.policy.patterns import fault

PIPELINE = re.compile(
    r"\.github/(?:workflows|actions)/.*\.ya?ml|(?:.*/)?action\.ya?ml"
    r"|\.gitlab-ci\.ya?ml|(?:.*/)?\.gitlab/.*\.ya?ml|azure-pipelines.*\.ya?ml"
)
DEPENDABOT = re.compile(r"\.github/dependabot\.ya?ml")
ROOT = Base("", "")
_FILTERS = word_set("paths paths-ignore changes exists files")
_INPUTS = word_set(
    "path file context dockerfile cache-dependency-path python-version-file config"
    " node-version-file go-version-file config-file configFile directory requirements"
    " files script manifest manifests chart working-directory workdir entrypoint"
)
_ITEM = re.compile(r"\s*-\s+(?:\w+:\s+)?(['\"]?)(?P<glob>[^'\"#]*?)\1\s*(?:#.*)?$")
_HASHES = re.compile(r"hashFiles\(([^()\n]*)\)")
_QUOTED = re.compile(r"'([^']*)'")


def claims(
    path: str, document: Node, chars: str, world: MoveContext
) -> Iterator[Claim]:
    """Every filter and input of a pipeline, or what dependabot looks after."""
    if DEPENDABOT.fullmatch(path):
        for mapping in mappings([document]):
            for key in ("directory", "directories"):
                for text in texts(mapping.get(key)):
                    yield from pattern_claim(text, ROOT, chars, world)
    if not PIPELINE.fullmatch(path):
        return
    for mapping in mappings([document]):
        for key, value in mapping.items:
            if key in _FILTERS:
                for text in texts(value):
                    yield from _filter(text, chars, world)
        inputs = mapping.get("with")
        if isinstance(inputs, Mapping) and mapping.get("uses") is not None:
            yield from _inputs(inputs, chars, world)


def hash_claims(path: str, chars: str, world: MoveContext) -> Iterator[Claim]:
    """The patterns of `hashFiles('...')`, wherever an expression holds it."""
    for call in _HASHES.finditer(chars) if PIPELINE.fullmatch(path) else ():
        for found in _QUOTED.finditer(chars, *call.span(1)):
            text = SourceText(found[1], range(*found.span(1)))
            yield from _filter(text, chars, world)


def _filter(text: SourceText, chars: str, world: MoveContext) -> Iterator[Claim]:
    """One pattern; told where it no longer matches all that it did."""
    inner = text.part(1) if text.chars.startswith("!") else text
    for made in pattern_claim(inner, ROOT, chars, world):
        now = inner.chars if made.text is None else made.text
        if not made.why and not _keeps(inner.chars, now, world):
            made = made._replace(text=None, why="some of what it matches moves away")
        yield made


def _keeps(old: str, new: str, world: MoveContext) -> bool:
    before, after = _patterns(old), _patterns(new)
    if before is None or after is None:
        return True
    return all(
        after.match(there) for path, there in world.moves.items() if before.match(path)
    )


def _patterns(pattern: str) -> Patterns | None:
    rooted = f"/{pattern.removeprefix('./').lstrip('/')}"
    return None if fault(rooted) else Patterns((rooted,))


def _inputs(inputs: Mapping, chars: str, world: MoveContext) -> Iterator[Claim]:
    """Inputs of actions; under a key that is not known a path is only told."""
    for key, value in inputs.items:
        for text in texts(value):
            for line in lines(text):
                if not line.chars or "://" in line.chars:
                    continue
                if key == "filters":
                    yield from _listed(line, chars, world)
                else:
                    yield from _input(key, line, chars, world)


def _listed(line: SourceText, chars: str, world: MoveContext) -> Iterator[Claim]:
    """A line of filters that are YAML within YAML (dorny/paths-filter)."""
    found = _ITEM.match(line.chars)
    if found:
        yield from _filter(line.group(found, "glob"), chars, world)


def _input(
    key: str, line: SourceText, chars: str, world: MoveContext
) -> Iterator[Claim]:
    for made in pattern_claim(line, ROOT, chars, world):
        is_path = "/" in line.chars or "." in line.chars
        if made.text is not None and key not in _INPUTS:
            if is_path:
                why = f"whether the input `{key}` is a path is not known"
                yield made._replace(text=None, why=why)
        elif made.text is not None or made.why:
            yield made
