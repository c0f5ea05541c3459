"""Decide what becomes of an address in a document: relative, or of the repository's
site.

A relative address starts in the document's folder, one with a leading slash in the
repository's root (as on GitHub). Of the absolute ones only those of a branch follow:
what names a commit or a version still shows what it showed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote
from urllib.parse import unquote

from treeguard.languages.documents import Link
from treeguard.languages.documents import Published
from treeguard.languages.documents import is_path
from treeguard.languages.documents import path_of
from treeguard.languages.markdown import written
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import NewText
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import target_of

# What the planner keeps in the context: the addresses of the clone's remotes.
REMOTES = "remotes"
_NAMES = "project names"
_LASTING = re.compile(r"[0-9a-f]{7,64}|v?\d+(?:\.\d+)+\S*|refs")
_BRANCHES = {"main", "master", "HEAD", "develop", "dev", "trunk"}
_OWN = re.compile(r"github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?(?=[/\"'\s#?]|$)")
_URLS = re.compile(
    r"^\[(?:project\.urls|tool\.poetry(?:\.urls)?)\]\s*$(.*?)(?=^\[|\Z)"
    r"|^(?:url|project_urls|repository)\b(.*?)(?=^\S|\Z)"
    r"|\"(?:repository|homepage)\"\s*:([^}]*?)[,}]",
    re.MULTILINE | re.DOTALL,
)
# The name of a project in pyproject.toml, setup.cfg and package.json.
_PROJECT = re.compile(
    r"^\[(?:project|tool\.poetry|metadata)\]\s*$(?:(?!^\[).)*?"
    r"^name\s*=\s*[\"']?([\w.-]+)|\A\s*\{[^{}]*?\"name\"\s*:\s*\"([\w./@-]+)\"",
    re.MULTILINE | re.DOTALL,
)
_METADATA = ("pyproject.toml", "setup.cfg", "package.json")
_SAFE = "!$'*+,;=:@-._~"


def own_names(context: MoveContext) -> frozenset[str]:
    """Return `owner/name` of this repository: from its own metadata, which must not
    name two, and from the remotes of the clone."""
    found: set[str] = set()
    for text in _metadata(context):
        for section in _URLS.finditer(text):
            urls = section[section.lastindex or 0]
            found |= {name.lower() for name in _OWN.findall(urls)}
    kept = {} if context.kept is None else context.kept
    urls = kept.get(REMOTES, ())
    assert isinstance(urls, tuple)
    remotes = (_OWN.search(url) for url in urls)
    own = found if len(found) == 1 else set()
    return frozenset(own | {match[1].lower() for match in remotes if match})


def project_names(context: MoveContext) -> frozenset[str]:
    """Return what a clone of this repository may be called: as the repository is, or as
    the project is."""
    kept = {} if context.kept is None else context.kept
    found = kept.get(_NAMES)
    if not isinstance(found, frozenset):
        found = frozenset(_project_names(context))
        kept[_NAMES] = found
    return found


def _project_names(context: MoveContext) -> Iterator[str]:
    for name in own_names(context):
        yield name.rpartition("/")[2]
    for text in _metadata(context):
        match = _PROJECT.search(text)
        if match:
            yield (match[1] or match[2]).rpartition("/")[2]


def _metadata(context: MoveContext) -> Iterator[str]:
    for path in _METADATA:
        entry = context.before.entry(path)
        if entry is not None and entry.is_file:
            yield context.before.data(path).decode("utf-8", "replace")


def relative_now(link: Link, base: Base, context: MoveContext) -> NewText | None:
    """Return how a relative address reads afterwards; None if it stays or leads
    nowhere."""
    if not is_path(link.url):
        return None
    end = re.search(r"[?#]|\Z", link.raw)
    assert end is not None
    raw, rest = link.raw[: end.start()], link.raw[end.start() :]
    now = moved_path(path_of(link.url), base.old, base.new, context)
    if now is None:
        return None
    if now.why:
        return NewText(link.raw, now.why)
    if set(raw) & set("\\&"):
        return NewText(link.raw, "its path is written with escapes")
    return NewText(written(link, encoded(now.text, raw) + rest))


def published_now(
    address: Published, own: frozenset[str], context: MoveContext
) -> NewText | None:
    """Return how the path of an absolute address reads afterwards.

    None if it stays: another repository, a commit, a version, nothing that moves.
    """
    if (own and address.name not in own) or _LASTING.fullmatch(address.ref):
        return None
    path, is_branch = unquote(address.raw), address.ref in _BRANCHES
    if not is_branch and "/" in path and not target_of(f"/{path}", "", context):
        # A branch whose name has a slash.
        path = path.partition("/")[2]
    now = moved_path(path, "", "", context)
    if now is None:
        return None
    if not own:
        why = "nothing says that this is the address of this repository"
        return NewText(address.raw, why)
    if not is_branch:
        return NewText(address.raw, "it may name a tag or a branch that stays as it is")
    return now if now.why else NewText(encoded(now.text, address.raw))


def encoded(path: str, raw: str) -> str:
    """Return `path` as part of an address, each name written as in `raw`, if there."""
    written = {unquote(part): part for part in raw.split("/")}
    return "/".join(written.get(part, _quoted(part)) for part in path.split("/"))


def _quoted(part: str) -> str:
    return "".join(
        character if ord(character) > 127 else quote(character, safe=_SAFE)
        for character in part
    )
