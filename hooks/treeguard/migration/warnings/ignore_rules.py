"""Warn of ignore rules and attributes that stop matching what they name.

gitignore(5): the files of deeper folders come later, and the last match decides. All of
one tree are read as one list here, each pattern as the root would write it.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.query import FileQuery
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.languages.ignore_files import ATTRIBUTES
from treeguard.languages.ignore_files import DOCKER
from treeguard.languages.ignore_files import IGNORE
from treeguard.languages.ignore_files import Rule
from treeguard.languages.ignore_files import attribute_name
from treeguard.languages.ignore_files import base_of
from treeguard.languages.ignore_files import given
from treeguard.languages.ignore_files import ignoring
from treeguard.languages.ignore_files import kind_of
from treeguard.languages.ignore_files import read
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.docker import DOCKERFILES
from treeguard.migration.rewrite.paths import moved_with_folder
from treeguard.plans import SideEffect
from treeguard.policy import globs
from treeguard.trees import Entry

# What decides which bytes lie on disk (gitattributes(5)).
_CONVERTING = {"filter", "eol", "text", "working-tree-encoding", "ident", "binary"}


def lost_ignores(context: MoveContext, after: TreeAnalysis) -> Iterator[SideEffect]:
    """Yield patterns for a folder that moves, where `git add` would take the same file
    afterwards."""
    old, new = _all(context.before, IGNORE), _all(after, IGNORE)
    before, now = list(old), list(new)
    for rule, path in old.items():
        sample = _sample(rule.rooted)
        home = moved_with_folder(sample, context) if sample else None
        if sample is None or home is None or ignoring(before, sample) is None:
            continue
        if ignoring(now, home) is None:
            folder = rule.rooted.endswith("/")
            shown = parent_folder(home) + "/" if folder else home
            yield SideEffect(
                context.where(path),
                rule.line,
                f"{rule.pattern} does not cover {shown}, where its files are to be: "
                "`git add` would take them",
                f"add a line that ignores /{shown}, and keep the old one",
            )


def hidden_places(context: MoveContext, after: TreeAnalysis) -> Iterator[SideEffect]:
    """Yield patterns that hide a new file beside a moved one, as they did not before.

    Git keeps what it has, so nobody notices until `git add` passes over a new file.
    """
    old, new = _all(context.before, IGNORE), _all(after, IGNORE)
    before, now = list(old), list(new)
    hidden: dict[Rule, dict[str, None]] = {}
    moved = {(_sibling(was), _sibling(there)) for was, there in context.moves.items()}
    for was, there in sorted(moved) if new else ():
        rule = ignoring(now, there)
        if rule is not None and ignoring(before, was) is None:
            hidden.setdefault(rule, {})[parent_folder(there) or "the root"] = None
    for rule, folders in hidden.items():
        more = f" and {len(folders) - 2} more" if len(folders) > 2 else ""
        yield SideEffect(
            new[rule],
            rule.line,
            f"{rule.pattern} hides new files in {', '.join(list(folders)[:2])}{more}: "
            "`git add` would pass over them",
            f"take the folder back with lines that begin with !, or narrow "
            f"{rule.pattern}",
        )


def _sibling(path: str) -> str:
    """Return a path that a new file beside another one could have."""
    folder, _, name = path.rpartition("/")
    ending = name[name.rfind(".") :] if "." in name else ""
    return f"{folder}/new-file{ending}" if folder else f"new-file{ending}"


def lost_attributes(context: MoveContext, after: TreeAnalysis) -> Iterator[SideEffect]:
    """Yield lines of .gitattributes that no longer convert the files that move."""
    old, new = _all(context.before, ATTRIBUTES), _all(after, ATTRIBUTES)
    was_rules, now_rules = _converting(old), _converting(new)
    lost: dict[Rule, list[str]] = {}
    for path, home in context.moves.items() if was_rules or now_rules else ():
        now = given(now_rules, home)
        for name, (rule, word) in given(was_rules, path).items():
            stays = name in now and now[name][1] == word
            if name in _CONVERTING and not stays:
                lost.setdefault(rule, []).append(path)
    for rule, paths in lost.items():
        files = dict.fromkeys(paths)
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        yield SideEffect(
            context.where(old[rule]),
            rule.line,
            f"{rule.pattern} {rule.rest.strip()} no longer holds for {paths[0]}{more}",
            f"let a line match {context.where(paths[0])} as well",
        )


def hidden_sources(context: MoveContext, after: TreeAnalysis) -> Iterator[SideEffect]:
    """Yield what a Dockerfile copies, and a .dockerignore would hide at its new
    place."""
    for path in _files_ending(context.before, ".dockerignore"):
        if kind_of(path) != DOCKER or after.entry(context.where(path)) is None:
            continue
        was = _rules(context.before, path, DOCKER)
        now = _rules(after, context.where(path), DOCKER)
        for dockerfile, source in _copied(context, path):
            home = moved_with_folder(source, context) or source
            pattern = _hides(now, home)
            if pattern is not None and _hides(was, source) is None:
                message = (
                    f"{context.where(path)} hides {home}, which {dockerfile} copies: "
                    "the image would not build"
                )
                advice = f"narrow the pattern {pattern}, or add a line `!{home}`"
                yield SideEffect(context.where(path), None, message, advice)


def left_ignore_files(context: MoveContext) -> Iterator[SideEffect]:
    """Yield ignore files of one Dockerfile that it leaves behind.

    BuildKit looks for `web.Dockerfile.dockerignore` beside `web.Dockerfile`, and reads
    the one of the build's context where there is none.
    """
    for old, new in sorted(context.moves.items()):
        own = f"{old}.dockerignore"
        if context.before.entry(own) is not None:
            there = context.where(own)
            if there != f"{new}.dockerignore":
                yield SideEffect(
                    there,
                    None,
                    f"docker no longer reads it: it is for {old}, which moves to {new}",
                    f"move it to {new}.dockerignore",
                )


def _copied(context: MoveContext, ignore_file: str) -> Iterator[tuple[str, str]]:
    """Yield Dockerfiles that this file is for, and each moving path that they copy."""
    known = context.before
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
            if source and moved_with_folder(source, context) is not None:
                yield dockerfile, source


def _hides(rules: list[Rule], path: str) -> str | None:
    """Return the pattern that hides a path from the build; the last one decides."""
    for rule in reversed(rules):
        if rule.matches(path):
            return None if rule.pattern.startswith("!") else rule.pattern
    return None


def _converting(rules: Iterable[Rule]) -> list[Rule]:
    return [
        rule
        for rule in rules
        if not _CONVERTING.isdisjoint(map(attribute_name, rule.words()))
    ]


def _all(analysis: TreeAnalysis, kind: str) -> dict[Rule, str]:
    """Return the rules of every file that Git reads, those of outer folders first, each
    with its file."""
    name = f".git{kind}"
    paths = [
        path
        for path in _files_ending(analysis, name)
        if f"/{path}".endswith(f"/{name}")
    ]
    paths.sort(key=lambda path: (path.count("/"), path))
    return {rule: path for path in paths for rule in _rules(analysis, path, kind)}


def _files_ending(analysis: TreeAnalysis, ending: str) -> list[str]:
    """Return the regular files whose path ends with `ending`, sorted."""

    def means(path: str, mode: int) -> bool:
        return path.endswith(ending) and Entry(mode, "").is_file

    def alike(_folder: str, other: str, mode: int) -> bool:
        return other == ending and Entry(mode, "").is_file

    query = FileQuery(f"ends with {ending}", lambda _: None, means, alike=alike)
    return list(analysis.ask(query))


def _rules(analysis: TreeAnalysis, path: str, kind: str) -> list[Rule]:
    text = analysis.data(path).decode("utf-8", "surrogateescape")
    return list(read(text, base_of(path, kind), kind))


def _sample(rooted: str) -> str | None:
    """Return a path that the pattern matches; None for one that is no help here."""
    glob = globs.read(rooted)
    if glob is None or glob.negated or not glob.anchored:
        return None
    if any(set("[\\") & set(part) for part in glob.parts):
        return None
    parts = [part.replace("*", "x").replace("?", "x") for part in glob.parts]
    return "/".join([*parts, "x"] if glob.folder_only else parts)
