"""Ignore rules and attributes that stop matching because what they name has moved.

gitignore(5): the files of deeper folders come later, and the last match decides. All of
one tree are read as one list here, each pattern told from the root.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.migration.context import MoveContext
from treeguard.migration.context import paths_called
from treeguard.migration.rewrite import ignore_lines
from treeguard.migration.rewrite.data_paths import DOCKERFILES
from treeguard.migration.rewrite.ignore_lines import carried
from treeguard.plans import SideEffect
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


def lost_ignores(world: MoveContext, after: TreeAnalysis) -> Iterator[SideEffect]:
    """Patterns below a folder that moves: the same file would be added afterwards."""
    old, new = _ignores(world.before), _ignores(after)
    before = Patterns([line.rooted for line in old])
    now = Patterns([line.rooted for line in new])
    for line in old:
        sample = _sample(line.rooted)
        home = carried(world, sample) if sample else None
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


def lost_attributes(world: MoveContext, after: TreeAnalysis) -> Iterator[SideEffect]:
    """Files that would be converted otherwise at their new place, told once a line."""
    old, new = _attributes(world.before), _attributes(after)
    told: dict[Line, list[str]] = {}
    if old or new:
        for path, home in world.moves.items():
            was, now = _said(old, path), _said(new, home)
            for name, line in was.items():
                if name not in now or _word(now[name], name) != _word(line, name):
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


def hidden_sources(world: MoveContext, after: TreeAnalysis) -> Iterator[SideEffect]:
    """What a Dockerfile copies, and a .dockerignore would hide at its new place."""
    for path in _files_called(world.before, ".dockerignore"):
        kind = ignore_lines.kind_of(path)
        if kind != ignore_lines.DOCKER or after.entry(world.where(path)) is None:
            continue
        was = _docker_rules(world.before, path)
        now = _docker_rules(after, world.where(path))
        for dockerfile, source in _copied(world, path):
            home = carried(world, source) or source
            line = _hides(now, home)
            if line is not None and _hides(was, source) is None:
                message = (
                    f"{world.where(path)} hides {home}, which {dockerfile} copies: "
                    "the image would not build"
                )
                advice = f"narrow the pattern {line}, or add a line `!{home}`"
                yield SideEffect(world.where(path), None, message, advice)


def _copied(world: MoveContext, ignore_file: str) -> Iterator[tuple[str, str]]:
    """Dockerfiles that this file is for, and each moving path that they copy."""
    known = world.before
    own = ignore_file.removesuffix(".dockerignore")
    named = bool(own) and not own.endswith("/")
    for dockerfile in known.ask(DOCKERFILES):
        if named and dockerfile != own:
            continue
        sources: set[str] = set()
        for item in known.references(dockerfile):
            targets = known.resolve(dockerfile, item).targets
            sources |= {target.rstrip("/") for target in targets}
        for source in sorted(sources):
            if source and carried(world, source) is not None:
                yield dockerfile, source


def _docker_rules(analysis: TreeAnalysis, path: str) -> list[ignore_lines.Rule]:
    text = analysis.data(path).decode("utf-8", "surrogateescape")
    base = ignore_lines.base_of(path, ignore_lines.DOCKER)
    return list(ignore_lines.rules(text, base, ignore_lines.DOCKER))


def _hides(rules: list[ignore_lines.Rule], path: str) -> str | None:
    """The pattern that hides a path from the build; the last one decides."""
    found: str | None = None
    for rule in rules:
        plain = rule._replace(rooted=rule.rooted.removeprefix("!"))
        if ignore_lines.matches(plain, path, ignore_lines.DOCKER):
            found = None if rule.pattern.startswith("!") else rule.pattern
    return found


def _ignores(analysis: TreeAnalysis) -> list[Line]:
    lines = _lines(analysis, ".gitignore")
    return [line for line in lines if not fault(line.rooted)]


def _attributes(analysis: TreeAnalysis) -> list[Line]:
    found = []
    for line in _lines(analysis, ".gitattributes"):
        is_plain = not line.written.startswith(("!", "[attr]"))
        names = {word.lstrip("-!").partition("=")[0] for word in line.rest.split()}
        if is_plain and names & _CONVERTING and not fault(line.rooted):
            found.append(line)
    return found


def _said(lines: Iterable[Line], path: str) -> dict[str, Line]:
    """The line that decides each converting attribute of a path."""
    found: dict[str, Line] = {}
    for line in lines:
        rule = ignore_lines.Rule(0, 0, 0, line.written, line.rooted, line.rest)
        if ignore_lines.matches(rule, path, ignore_lines.ATTRIBUTES):
            for word in line.rest.split():
                name = word.lstrip("-!").partition("=")[0]
                if name in _CONVERTING:
                    found[name] = line
    return found


def _word(line: Line, name: str) -> str:
    """What a line says of one attribute; the last word of it counts."""
    words = line.rest.split()
    return [one for one in words if one.lstrip("-!").partition("=")[0] == name][-1]


def _lines(analysis: TreeAnalysis, name: str) -> list[Line]:
    """The patterns of every file of that name, those of outer folders first."""
    paths = [
        path
        for path in _files_called(analysis, name)
        if f"/{path}".endswith(f"/{name}")
    ]
    paths.sort(key=lambda path: (path.count("/"), path))
    return [line for path in paths for line in _read(path, analysis.data(path))]


def _files_called(analysis: TreeAnalysis, ending: str) -> list[str]:
    """The regular files whose path ends so, sorted."""
    every = paths_called(analysis.snapshot, ending)
    paths = sorted(path for path in every if path.endswith(ending))
    entries = ((path, analysis.entry(path)) for path in paths)
    return [path for path, entry in entries if entry is not None and entry.is_file]


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
