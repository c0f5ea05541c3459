"""Ignore rules and attributes that stop matching because what they name has moved.

gitignore(5): the files of deeper folders come later, and the last match decides. All of
one tree are read as one list here, each pattern told from the root.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.facts.knowledge import Knowledge
from treeguard.facts.spelled import parent_folder
from treeguard.migration.model import SideEffect
from treeguard.migration.world import World
from treeguard.policy import globs
from treeguard.policy.patterns import Patterns
from treeguard.policy.patterns import fault

_ATTRIBUTE = re.compile(r'("(?:[^"\\]|\\.)*"|\S+)[ \t]+(.*)')
# What decides which bytes lie on disk (gitattributes(5)).
_CONVERTING = {"filter", "eol", "text", "working-tree-encoding", "ident", "binary"}


class Line(NamedTuple):
    """One pattern: where it stands, as written, and as told from the root."""

    path: str
    number: int
    written: str
    rooted: str
    rest: str = ""


def lost_ignores(world: World, after: Knowledge) -> Iterator[SideEffect]:
    """Patterns below a folder that moves: the same file would be added afterwards."""
    old, new = _ignores(world.before), _ignores(after)
    before = Patterns([line.rooted for line in old])
    now = Patterns([line.rooted for line in new])
    for line in old:
        sample = _sample(line.rooted)
        home = _carried(world, sample) if sample else None
        if sample is None or home is None or not before.match(sample):
            continue
        if not now.match(home):
            folder = line.rooted.endswith("/")
            shown = parent_folder(home) + "/" if folder else home
            yield SideEffect(
                world.where(line.path),
                line.number,
                f"{line.written} does not cover {shown}, where its files are to be: "
                "`git add` would take them",
                f"add a line that ignores /{shown}, and keep the old one",
            )


def lost_attributes(world: World, after: Knowledge) -> Iterator[SideEffect]:
    """Files that would be converted otherwise at their new place, told once a line."""
    old, new = _attributes(world.before), _attributes(after)
    told: dict[Line, list[str]] = {}
    if old or new:
        for path, home in world.moves.items():
            was, now = _said(old, path), _said(new, home)
            for name, line in was.items():
                if name not in now or now[name].rest != line.rest:
                    told.setdefault(line, []).append(path)
    for line, paths in told.items():
        files = dict.fromkeys(paths)
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        yield SideEffect(
            world.where(line.path),
            line.number,
            f"{line.written} {line.rest} no longer holds for {paths[0]}{more}",
            f"let a line match {world.where(paths[0])} as well",
        )


def _ignores(known: Knowledge) -> list[Line]:
    lines = _lines(known, ".gitignore")
    return [line for line in lines if not fault(line.rooted)]


def _attributes(known: Knowledge) -> list[tuple[Line, Patterns]]:
    found = []
    for line in _lines(known, ".gitattributes"):
        is_plain = not line.written.startswith(("!", "[attr]"))
        names = {word.lstrip("-!").partition("=")[0] for word in line.rest.split()}
        if is_plain and names & _CONVERTING and not fault(line.rooted):
            found.append((line, Patterns((line.rooted,))))
    return found


def _said(lines: Iterable[tuple[Line, Patterns]], path: str) -> dict[str, Line]:
    """The line that decides each converting attribute of a path."""
    found: dict[str, Line] = {}
    for line, patterns in lines:
        if patterns.match(path):
            for word in line.rest.split():
                name = word.lstrip("-!").partition("=")[0]
                if name in _CONVERTING:
                    found[name] = line
    return found


def _lines(known: Knowledge, name: str) -> list[Line]:
    """The patterns of every file of that name, those of outer folders first."""
    paths = [
        path
        for path, entry in known.snapshot.files()
        if path.endswith(name) and f"/{path}".endswith(f"/{name}") and entry.is_file
    ]
    paths.sort(key=lambda path: (path.count("/"), path))
    return [line for path in paths for line in _read(path, known.data(path))]


def _read(path: str, data: bytes) -> Iterator[Line]:
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    for number, written in enumerate(text.split("\n"), 1):
        pattern, rest = written.rstrip("\r"), ""
        if path.endswith(".gitattributes"):
            found = _ATTRIBUTE.fullmatch(pattern.strip())
            pattern, rest = (found[1].strip('"'), found[2]) if found else ("", "")
        if pattern.strip() and not pattern.startswith("#"):
            yield Line(
                path, number, pattern, _rooted(parent_folder(path), pattern), rest
            )


def _rooted(folder: str, pattern: str) -> str:
    if not folder:
        return pattern
    mark = "!" if pattern.startswith("!") else ""
    body = pattern.removeprefix("!")
    anchored = "/" in body.rstrip(" ").rstrip("/")
    return f"{mark}/{folder}/{'' if anchored else '**/'}{body.lstrip('/')}"


def _sample(rooted: str) -> str | None:
    """A path that the pattern means; None for one that is no help here."""
    glob = globs.read(rooted)
    if glob is None or glob.negated or not glob.anchored:
        return None
    if any(set("[\\") & set(part) for part in glob.parts):
        return None
    parts = [part.replace("*", "x").replace("?", "x") for part in glob.parts]
    return "/".join([*parts, "x"] if glob.folder_only else parts)


def _carried(world: World, path: str) -> str | None:
    """Where a path would be if it moved with the folder around it; None: it stays."""
    if path in world.moves:
        return world.moves[path]
    folder = path
    while folder:
        if folder in world.folders:
            return world.folders[folder] + path[len(folder) :]
        folder = parent_folder(folder)
    return None
