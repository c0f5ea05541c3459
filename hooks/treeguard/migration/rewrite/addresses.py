"""What becomes of an address in a document: a path, or one of the repository's site.

A relative address is read from the document's folder, one with a leading slash from
the repository's root (as GitHub does), and both are told from the new places. Of the
absolute ones only those of a branch follow: what names a commit or a version still
shows what it showed.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote
from urllib.parse import unquote

from treeguard.analysis.import_candidates import parent_folder
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.paths import Told
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import target_of
from treeguard.migration.verify.markdown_links import is_path

HOSTED = re.compile(
    r"https?://(?:(?:www\.)?github\.com/(?P<o>[\w.-]+/[\w.-]+)/(?:blob|tree|raw|edit|blame)"
    r"|raw\.githubusercontent\.com/(?P<r>[\w.-]+/[\w.-]+))"
    r"/(?:refs/heads/)?(?P<ref>[^\s/()<>\"'`]+)/(?P<path>[^\s()<>\[\]\"'`|?#\\]+)"
)
_LASTING = re.compile(r"[0-9a-f]{7,64}|v?\d+(?:\.\d+)+\S*|refs")
_BRANCHES = {"main", "master", "HEAD", "develop", "dev", "trunk"}
_OWN = re.compile(r"github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?(?=[/\"'\s#?]|$)")
_URLS = re.compile(
    r"^\[(?:project\.urls|tool\.poetry(?:\.urls)?)\]\s*$(.*?)(?=^\[|\Z)"
    r"|^(?:url|project_urls|repository)\b(.*?)(?=^\S|\Z)"
    r"|\"(?:repository|homepage)\"\s*:([^}]*?)[,}]",
    re.MULTILINE | re.DOTALL,
)
_SAFE = "!$&'()*+,;=:@-._~"


class Address(NamedTuple):
    """An address as written, and the document that holds it, before and after."""

    url: str
    raw: str
    folder: str
    new_folder: str


def own_names(world: MoveContext) -> frozenset[str]:
    """`owner/name` of this repository, as its own metadata tells: none or one."""
    found: set[str] = set()
    for path in ("pyproject.toml", "setup.cfg", "package.json"):
        entry = world.before.entry(path)
        if entry is not None and entry.is_file:
            text = world.before.data(path).decode("utf-8", "replace")
            for section in _URLS.finditer(text):
                said = next(group for group in section.groups() if group is not None)
                found |= {name.lower() for name in _OWN.findall(said)}
    return frozenset(found) if len(found) == 1 else frozenset()


def told_address(address: Address, world: MoveContext) -> Told | None:
    """How a relative address reads afterwards; None where it stays or leads nowhere."""
    if not is_path(address.url):
        return None
    end = _path_end(address.raw)
    raw, rest = address.raw[:end], address.raw[end:]
    path = unquote(address.url[: _path_end(address.url)])
    told = moved_path(path, address.folder, address.new_folder, world)
    if told is None:
        return None
    if told.why:
        return Told(address.raw, told.why)
    if set(raw) & set("\\&"):
        return Told(address.raw, "its path is written with escapes")
    return Told(encoded(told.text, raw) + rest)


def told_hosted(
    found: re.Match[str], own: frozenset[str], world: MoveContext
) -> tuple[int, int, Told] | None:
    """Where the path of an absolute address stands, and how it reads afterwards.

    None where it stays: another repository, a commit, a version, nothing that moves.
    """
    name, ref = (found["o"] or found["r"]).lower(), found["ref"]
    raw = found["path"].rstrip(".,;:!*")
    start = found.start("path")
    if (own and name not in own) or _LASTING.fullmatch(ref):
        return None
    path = unquote(raw)
    target = target_of(f"/{path}", "", world)
    if not target and "/" in raw and ref not in _BRANCHES:
        path = path.partition("/")[2]
        if not target_of(f"/{path}", "", world):
            return None
        ref = ""
    told = moved_path(path, "", "", world)
    if told is None:
        return None
    if not own:
        told = Told(raw, "nothing says that this is the address of this repository")
    elif ref not in _BRANCHES:
        told = Told(raw, "it may name a tag or a branch that stays as it is")
    elif not told.why:
        told = Told(encoded(told.text, raw))
    return start, start + len(raw), told


def encoded(path: str, raw: str) -> str:
    """`path` as part of an address, each name written as `raw` writes it if it does."""
    written = {unquote(part): part for part in raw.split("/")}
    return "/".join(written.get(part, _quoted(part)) for part in path.split("/"))


def _quoted(part: str) -> str:
    safe = _SAFE.replace("(", "").replace(")", "").replace("&", "")
    return "".join(
        character if ord(character) > 127 else quote(character, safe=safe)
        for character in part
    )


def _path_end(url: str) -> int:
    found = re.search(r"[?#]", url)
    return found.start() if found else len(url)


def names_moved(text: str, folder: str, new_folder: str, world: MoveContext) -> bool:
    """True if a path, read from the root or from `folder`, names what moves away.

    So does a file that Git does not have, in a folder that moves; behind a slash it is
    one of the machine: `/etc/localtime`.
    """
    if target_of(f"/{text}", "", world):
        return moved_path(f"/{text.lstrip('/')}", "", "", world) is not None
    if text.startswith("/"):
        return False
    if target_of(text, folder, world):
        return moved_path(text, folder, new_folder, world) is not None
    around = parent_folder(text.strip("/"))
    while around:
        if around in world.folders:
            return True
        around = parent_folder(around)
    return False


def names_moved_module(text: str, world: MoveContext) -> bool:
    """True if a dotted name is that of a module or package that moves."""
    return any(
        _moves_away(root, text.split("."), world)
        for root in world.before.search_roots.roots
    )


def _moves_away(root: str, parts: list[str], world: MoveContext) -> bool:
    for count in range(len(parts), 1, -1):
        stem = "/".join([root, *parts[:count]] if root else parts[:count])
        for path in (f"{stem}.py", stem):
            if world.before.entry(path) is not None:
                return path in world.moves or path in world.folders
    return False


def document_folders(path: str, world: MoveContext) -> tuple[str, str]:
    """The folder of a document before and after the moves."""
    return parent_folder(path), parent_folder(world.where(path))
