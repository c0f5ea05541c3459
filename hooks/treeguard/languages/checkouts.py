"""Where a job of GitHub Actions has the repository: `path` of actions/checkout.

A job that checks the repository out into a folder of its workspace, and perhaps another
repository into the workspace itself, names every path from there: `./lamp/tests` is
`tests` of the checkout `lamp`, and `./tests` is none of ours. Without a checkout, a
job's commands start in the repository. https://github.com/actions/checkout#usage
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.facts import PATH
from treeguard.languages.source_text import SourceText
from treeguard.languages.spans import ANYWHERE
from treeguard.languages.spans import BARE
from treeguard.languages.spans import COMPOSE_FILE
from treeguard.languages.spans import DOCKERFILE
from treeguard.languages.spans import DOCKERFILE_KEY
from treeguard.languages.spans import FILE
from treeguard.languages.spans import FOLDER
from treeguard.languages.spans import GLOB
from treeguard.languages.spans import PLACE
from treeguard.languages.spans import REF
from treeguard.languages.spans import ROOT
from treeguard.languages.spans import SEARCHED
from treeguard.languages.spans import TESTS
from treeguard.languages.spans import UNSURE
from treeguard.languages.spans import WORD
from treeguard.languages.spans import Span
from treeguard.languages.yaml_tree import Listing
from treeguard.languages.yaml_tree import Mapping
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import scalars

_CHECKOUT = "actions/checkout@"
_IMPLIED = (DOCKERFILE, DOCKERFILE_KEY, COMPOSE_FILE)
_PATHS = (BARE, FILE, FOLDER, GLOB, PATH, PLACE, SEARCHED, TESTS, UNSURE, WORD)
_WILD = ("*", "?", "[")
_EXPRESSION = re.compile(r"\$\{\{[^}]*\}\}")


class Elsewhere(NamedTuple):
    """A text, from the offset `start` to `end`, of a job that does not have the
    repository in its workspace but in a `folder` of it; in an empty one, not at all."""

    start: int
    end: int
    folder: str


def texts_elsewhere(documents: list[Node]) -> list[Elsewhere]:
    """List the texts of such jobs in order."""
    found = []
    for document in documents:
        jobs = document.get("jobs") if isinstance(document, Mapping) else None
        for _name, job in jobs.items if isinstance(jobs, Mapping) else ():
            folder = _folder(job)
            for scalar in scalars(job) if folder is not None else ():
                at = scalar.text.offsets
                if at and folder is not None:
                    found.append(Elsewhere(at[0], at[-1] + 1, folder))
    return sorted(found)


def seen_from(
    spans: Iterable[Span], texts: list[Elsewhere], chars: str
) -> Iterator[Span]:
    """Yield the spans of a workflow, with each path from the repository's root.

    What is in a workspace beside the checkout names nothing of the repository, however
    it is spelled.
    """
    starts = [one.start for one in texts]
    for span in spans:
        at = bisect_right(starts, span.start) - 1
        if at < 0 or span.start > texts[at].end:
            yield span
        else:
            yield from _from_root(span, texts[at].folder, chars)


def _folder(job: Node) -> str | None:
    """Return the folder that a job has the repository in: empty if it has another one
    alone, None for the workspace itself, and where that is unknown."""
    steps = job.get("steps") if isinstance(job, Mapping) else None
    given = [
        (_given(step, "repository"), _given(step, "path"))
        for step in (steps.items if isinstance(steps, Listing) else ())
        if _is_checkout(step)
    ]
    others = [name for name, _path in given if name and "github." not in name]
    if not given or not all(_EXPRESSION.sub("", name) for name in others):
        return None
    own = {path for name, path in given if not name or "github." in name}
    folder = posixpath.normpath(own.pop() or ".") if own else ""
    is_known = not own and "${{" not in folder and not folder.startswith((".", "/"))
    return folder if is_known else None


def _is_checkout(step: Node) -> bool:
    uses = step.get("uses") if isinstance(step, Mapping) else None
    return isinstance(uses, SourceText) and uses.chars.startswith(_CHECKOUT)


def _given(step: Node, name: str) -> str:
    value = step.get("with", name) if isinstance(step, Mapping) else None
    return value.chars.strip() if isinstance(value, SourceText) else ""


def _from_root(span: Span, folder: str, chars: str) -> Iterator[Span]:
    """Yield a span of a job that has the repository in `folder`."""
    entered = span.base if span.base.startswith("/") else ROOT
    is_path = span.kind in (*_PATHS, *_IMPLIED) and span.container is None
    if not is_path or span.base not in (ANYWHERE, entered):
        yield span
        return
    inside = posixpath.relpath(entered, f"/{folder}") if folder else ".."
    if not inside.startswith(".."):
        # The command is started in the checkout, or below it.
        base = ROOT if inside == "." else f"/{inside}"
        text = span.text.removeprefix(f"/{folder}") if span.is_joined else span.text
        is_known = bool(text) or span.kind in _IMPLIED
        yield span._replace(base=base, text=text, kind=span.kind if is_known else REF)
    elif entered == ROOT and folder:
        yield from _below(span, folder, chars)
    elif span.kind not in _IMPLIED:
        yield span._replace(kind=REF)


def _below(span: Span, folder: str, chars: str) -> Iterator[Span]:
    """Yield what a path from the workspace names of the checkout in `folder`."""
    path = posixpath.normpath("/" + span.text.lstrip("/"))
    tail = path.removeprefix(f"/{folder}/")
    if span.text.startswith(_WILD):
        yield span  # in whatever is checked out
    elif tail == path:
        if span.kind not in _IMPLIED:
            yield span._replace(kind=REF)
    elif span.kind not in _IMPLIED:
        tail += "/" if span.text.endswith("/") else ""
        start = span.end - len(tail)
        if not chars[span.start : span.end].endswith(tail):
            yield span._replace(text=tail, base=ROOT, quote=None)
            return
        yield span._replace(start=start, text=tail, base=ROOT)
        if span.start < start:
            yield span._replace(kind=REF, end=start)
