"""Rewrites deployment and CI files: what they run by `uses`, their own keys by format.

Where a format's own rewriter claims a place, what `uses` says of it is left out. The
result is parsed again: it has to be YAML still.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.languages.source_text import from_file
from treeguard.languages.yaml_tree import yaml_documents
from treeguard.migration.context import MoveContext
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite import compose_files
from treeguard.migration.rewrite import kustomize
from treeguard.migration.rewrite import references
from treeguard.migration.rewrite import workflow
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.encoded_source import EncodedSource
from treeguard.migration.rewrite.owned_spans import Claim

_ENDINGS = (".yml", ".yaml", "/Kustomization")


def may_hold(path: str) -> bool:
    """True for what `uses` reads, and for every YAML file."""
    return references.may_hold(path) or f"/{path}".endswith(_ENDINGS)


def rewrites(path: str, data: bytes, world: MoveContext) -> Iterator[Edit | Undecided]:
    """Edits of the file at `path`, its place before the moves."""
    others = (
        list(references.rewrites(path, data, world))
        if references.may_hold(path)
        else []
    )
    try:
        decoded = EncodedSource(data)
    except UnicodeDecodeError:
        yield from others
        return
    found = sorted(_claims(path, decoded, world), key=lambda one: one[:2])
    own = list(_made(path, found, decoded, world))
    edits = [one for one in own if isinstance(one, Edit)]
    if edits and yaml_documents(from_file(_result(data, edits))) is None:
        yield Undecided(path, edits[0].line, path, "the result would be no YAML")
        own = [one for one in own if isinstance(one, Undecided)]
    yield from own
    spans = {(decoded.byte(one.start), decoded.byte(one.end)) for one in found}
    lines = {decoded.line(one.start) for one in found}
    for other in others:
        if isinstance(other, Edit):
            if not any(start < other.end and other.start < end for start, end in spans):
                yield other
        elif other.line not in lines:
            yield other


def _result(data: bytes, edits: list[Edit]) -> str:
    return EncodedSource(apply_edits(data, edits)).chars


def _claims(path: str, decoded: EncodedSource, world: MoveContext) -> set[Claim]:
    chars = decoded.chars
    if not f"/{path}".endswith(_ENDINGS):
        return set()
    found: list[Claim] = list(workflow.hash_claims(path, chars, world))
    if compose_files.may_hold(path):
        found += [Claim(*place) for place in compose_files.own_places(chars)]
    for document in yaml_documents(from_file(chars)) or ():
        for module in (kustomize, workflow):
            found += module.claims(path, document, chars, world)
    return set(found)


def _made(
    path: str, found: list[Claim], decoded: EncodedSource, world: MoveContext
) -> Iterator[Edit | Undecided]:
    kind = references.kind_of(path, "yaml_files")
    if kustomize.KUSTOMIZATION.fullmatch(path):
        kind = "kustomize"
    elif kind == "yaml" and workflow.PIPELINE.fullmatch(path):
        kind = "pipeline"
    readings: dict[tuple[int, int], set[str | None]] = {}
    for one in found:
        readings.setdefault(one[:2], set()).add(one.text)
    for one in found:
        was, line = decoded.chars[one.start : one.end], decoded.line(one.start)
        if one.why:
            yield Undecided(path, line, was, one.why)
        elif len(readings[one[:2]]) > 1:
            yield Undecided(path, line, was, "it is used in two ways")
        elif one.text is not None:
            yield decoded.edit(one.start, one.end, one.text, kind)
