"""Files of one pattern a line: what each pattern means, before and after the moves.

The patterns are those of gitignore(5); CODEOWNERS and .dockerignore differ from it in
where a pattern starts, .gitattributes in that a folder's pattern is not for what lies
in the folder (gitattributes(5)).
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.analysis.import_candidates import parent_folder
from treeguard.migration.context import MoveContext
from treeguard.policy import globs
from treeguard.policy.patterns import fault

IGNORE, ATTRIBUTES, OWNERS, DOCKER = "ignore", "attributes", "owners", "dockerignore"
_LINE = re.compile(r"[^\r\n]+")
_FIELDS = re.compile(r'[ \t]*("(?:[^"\\]|\\.)*"|(?:[^\s\\]|\\.)+)(.*)')
_NAMES = {
    ".gitignore": IGNORE,
    ".gitattributes": ATTRIBUTES,
    "CODEOWNERS": OWNERS,
    ".dockerignore": DOCKER,
}
# Other tools' ignore files: .npmignore, .gcloudignore, .prettierignore and more.
_LIKE_GIT = re.compile(r"\.(?!hg)[a-z]+ignore")
_OWNERS_AT = {"", ".github", "docs", ".gitlab"}


class Rule(NamedTuple):
    """One line: characters `start` to `end` are its pattern, `last` is its end.

    `rooted` is the pattern as gitignore(5) would write it in the root, and `rest` is
    what the line says of the files.
    """

    start: int
    end: int
    last: int
    pattern: str
    rooted: str
    rest: str


def kind_of(path: str) -> str | None:
    """Which of these formats a file has, by its path."""
    folder, _, name = path.rpartition("/")
    kind = _NAMES.get(name)
    if kind == OWNERS and folder not in _OWNERS_AT:
        return None
    if kind is None and name.endswith(".dockerignore"):
        return DOCKER
    return IGNORE if kind is None and _LIKE_GIT.fullmatch(name) else kind


def base_of(path: str, kind: str) -> str:
    """The folder from which the patterns of a file are told."""
    if kind == OWNERS or (kind == DOCKER and not path.endswith("/.dockerignore")):
        return ""
    return parent_folder(path)


def rules(text: str, base: str, kind: str) -> Iterator[Rule]:
    """Every pattern of a file, in order; what no tool would understand is left out."""
    for line in _LINE.finditer(text):
        start, last = line.span()
        written, rest = line[0].removeprefix("\ufeff"), ""
        start += len(line[0]) - len(written)
        if written.startswith("#") or not written.strip():
            continue
        if kind in (ATTRIBUTES, OWNERS):
            fields = _FIELDS.fullmatch(written)
            if fields is None or fields[1].startswith(("[", "!", "^[", "#")):
                continue
            rest = fields[2]
            start, written = start + fields.start(1), fields[1]
            end = start + len(written)
            if written.startswith('"'):
                written = re.sub(r"\\(.)", r"\1", written[1:-1])
        else:
            written = written.rstrip() if kind == DOCKER else written
            end = start + len(written)
        rooted = rooted_at(base, written, always=kind == DOCKER)
        if not fault(rooted) and globs.read(rooted) is not None:
            yield Rule(start, end, last, written, rooted, rest)


def rooted_at(base: str, pattern: str, always: bool = False) -> str:
    """A pattern of a file in `base` as the root's file would have to say it."""
    mark, body = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    anchored = always or "/" in body.rstrip(" ").rstrip("/")
    if not base and not always:
        return pattern
    head = f"/{base}/" if base else "/"
    return f"{mark}{head}{'' if anchored else '**/'}{body.lstrip('/')}"


def matches(rule: Rule, path: str, kind: str) -> bool:
    """True if the rule is for the file at `path`."""
    # GitHub: `docs/*` is for the files of docs, not for those of folders below.
    shallow = kind == ATTRIBUTES or (kind == OWNERS and rule.pattern.endswith("/*"))
    return _regex(rule.rooted, "(?!)" if shallow else "/").match(path) is not None


@functools.lru_cache(maxsize=4096)
def _regex(rooted: str, folder_end: str) -> re.Pattern[str]:
    glob = globs.read(rooted)
    if glob is None:
        return re.compile("(?!)")
    return re.compile(globs.path_regex(glob, itertools.count(), folder_end))


def carried(world: MoveContext, path: str) -> str | None:
    """Where a path would be if it moved with the folder around it; None: it stays."""
    if path in world.moves:
        return world.moves[path]
    folder = path
    while folder:
        if folder in world.folders:
            return world.folders[folder] + path[len(folder) :]
        folder = parent_folder(folder)
    return None


def moved_pattern(rooted: str, world: MoveContext) -> str | None:
    """What a pattern of the root has to say of the new place; None where it stays."""
    mark = "!" if rooted.startswith("!") else ""
    glob = globs.read(rooted)
    if glob is None or not glob.anchored:
        return None
    fixed = list(
        itertools.takewhile(lambda part: not set(part) & set("*?[\\"), glob.parts)
    )
    home = carried(world, "/".join(fixed)) if fixed else None
    if home is None:
        return None
    parts = [escaped(home), *glob.parts[len(fixed) :]]
    return f"{mark}/{'/'.join(parts)}{'/' if glob.folder_only else ''}"


def moved_patterns(rooted: str, world: MoveContext) -> Iterator[str]:
    """The same for each moved folder that a pattern means by its wildcards."""
    plain = moved_pattern(rooted, world)
    glob = globs.read(rooted)
    if plain is not None:
        yield plain
    elif glob is not None and glob.anchored and not glob.floats:
        mark = "!" if glob.negated else ""
        for folder, home in sorted(world.folders.items()):
            around = world.folders.get(parent_folder(folder))
            if around is not None and home.startswith(f"{around}/"):
                continue
            rest = _below(glob.parts, folder.split("/"))
            if rest is not None and _below(glob.parts, home.split("/")) != rest:
                tail = "/" if glob.folder_only or not rest else ""
                yield f"{mark}/{'/'.join([escaped(home), *rest])}{tail}"


def _below(parts: tuple[str, ...], folder: list[str]) -> list[str] | None:
    """What is left of a pattern inside of a folder; None if it is not for it."""
    deep = next((at for at, part in enumerate(parts) if part == "**"), len(parts))
    count = min(deep, len(folder))
    for part, name in zip(parts[:count], folder, strict=False):
        if not re.fullmatch(globs.part_regex(part, itertools.count()), name):
            return None
    return list(parts[count:])


def told_in(base: str, rooted: str, like: str = "") -> str | None:
    """A pattern of the root as the file of `base` has to write it, in the style of
    `like`; None where that file cannot."""
    mark, body = ("!", rooted[1:]) if rooted.startswith("!") else ("", rooted)
    head = f"/{escaped(base)}/" if base else "/"
    if not body.startswith(head):
        return None
    body = body[len(head) :]
    slash = like.lstrip("!").startswith("/") or "/" not in body.rstrip("/")
    return f"{mark}{'/' if slash else ''}{body}"


def escaped(path: str) -> str:
    """A path as a pattern that means it and nothing else."""
    return re.sub(r"[*?\[\\]", r"\\\g<0>", path)
