"""Find jobs of GitHub workflows in which the repository is not where commands start.

https://github.com/actions/checkout#usage: `path` puts a checkout below the workspace,
and `repository` checks out another one. Without either step, or without a checkout, a
job's commands start in the repository.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.facts import STRING
from treeguard.languages.source_text import SourceText
from treeguard.languages.spans import REF
from treeguard.languages.spans import ROOT
from treeguard.languages.spans import Span
from treeguard.languages.yaml_tree import Listing
from treeguard.languages.yaml_tree import Mapping
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import mappings
from treeguard.languages.yaml_tree import scalars

_CHECKOUT = "actions/checkout@"


class Elsewhere(NamedTuple):
    """A job, from the offset `start` to `end`, and where it has the repository.

    An empty folder: it has another one alone.
    """

    start: int
    end: int
    folder: str


def jobs_elsewhere(documents: list[Node]) -> Iterator[Elsewhere]:
    """Yield the jobs that have the repository in a folder, or do not have it."""
    for job in mappings(documents):
        steps = job.get("steps")
        if not isinstance(steps, Listing):
            continue
        checkouts = [step for step in steps.items if _is_checkout(step)]
        folders = [_folder(step) for step in checkouts if _is_own(step)]
        places = [one for text in scalars(job) for one in text.text.offsets]
        if checkouts and "" not in folders and places:
            yield Elsewhere(min(places), max(places) + 1, next(iter(folders), ""))


def seen_from(
    spans: Iterable[Span], jobs: list[Elsewhere], chars: str
) -> Iterator[Span]:
    """Yield the same spans, those in one of `jobs` as paths of the repository.

    What is outside of it there is no path of it, however it is spelled.
    """
    for span in spans:
        job = next((one for one in jobs if one.start <= span.start < one.end), None)
        if job is None or span.kind in (STRING, REF):
            yield span
            continue
        path = posixpath.normpath(span.text.lstrip("/"))
        rest = path.removeprefix(f"{job.folder}/")
        if job.folder and rest != path and chars[: span.end].endswith(rest):
            start = span.end - len(rest)
            yield span._replace(start=start, text=rest, base=ROOT)
            if span.start < start:
                yield span._replace(end=start, kind=REF)
        else:
            yield span._replace(kind=REF)


def _is_checkout(step: Node) -> bool:
    uses = step.get("uses") if isinstance(step, Mapping) else None
    return isinstance(uses, SourceText) and uses.chars.startswith(_CHECKOUT)


def _is_own(step: Node) -> bool:
    other = _given(step, "repository")
    return not other or "github.repository" in other


def _folder(step: Node) -> str:
    folder = posixpath.normpath(_given(step, "path") or ".")
    return "" if folder == "." else folder


def _given(step: Node, name: str) -> str:
    value = step.get("with", name) if isinstance(step, Mapping) else None
    return value.chars if isinstance(value, SourceText) else ""
