"""Rewrites what a kustomization names, told from its own folder, and a chart's file://.

The fields are those of https://kubectl.docs.kubernetes.io/references/kustomize.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import word_set
from treeguard.languages.yaml_tree import Mapping
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import mappings
from treeguard.languages.yaml_tree import texts
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.owned_spans import Claim
from treeguard.migration.rewrite.owned_spans import path_claim
from treeguard.migration.rewrite.paths import Base

KUSTOMIZATION = re.compile(r"(?:.*/)?(?:kustomization\.ya?ml|Kustomization)")
CHART = re.compile(r"(?:.*/)?(?:Chart|requirements)\.ya?ml")
_TOP = word_set(
    "resources bases components crds configurations generators transformers validators"
    " patchesStrategicMerge"
)
_ANYWHERE = word_set("path valuesFile additionalValuesFiles chartHome")
_GENERATORS = ("configMapGenerator", "secretGenerator")


def claims(
    path: str, document: Node, chars: str, world: MoveContext
) -> Iterator[Claim]:
    """Every path of a kustomization, or of a chart's dependencies."""
    base = Base(parent_folder(path), parent_folder(world.where(path)))
    if not isinstance(document, Mapping):
        return
    if CHART.fullmatch(path):
        for text in (
            t for m in mappings([document]) for t in texts(m.get("repository"))
        ):
            if text.chars.startswith("file://"):
                yield from path_claim(text.part(7), base, chars, world)
    if not KUSTOMIZATION.fullmatch(path):
        return
    for text in _named(document):
        # `---` begins a patch that is written here, and an address is no path.
        if "\n" not in text.chars and "://" not in text.chars:
            yield from path_claim(text, base, chars, world)


def _named(document: Mapping) -> Iterator[SourceText]:
    for key, value in document.items:
        if key in _TOP:
            yield from texts(value)
    for mapping in mappings([document]):
        for key, value in mapping.items:
            # Within a JSON patch `path: /spec/x` is no file.
            if key in _ANYWHERE:
                yield from (t for t in texts(value) if t.chars[:1] != "/")
    for key in _GENERATORS:
        generators = document.get(key)
        for mapping in mappings([generators] if generators is not None else []):
            for name in ("files", "envs", "env"):
                for text in texts(mapping.get(name)):
                    yield text.part(text.chars.find("=") + 1)
