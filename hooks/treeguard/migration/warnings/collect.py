"""Collect the side effects of moves, which the plan lists and nothing edits.

Each is something that no test of the repository notices on the day of the move.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.languages.source_text import from_file
from treeguard.languages.yaml_tree import mappings
from treeguard.languages.yaml_tree import texts
from treeguard.languages.yaml_tree import yaml_documents
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.docker import COMPOSE_NAMES
from treeguard.migration.rewrite.docker import holds_some
from treeguard.migration.rewrite.file_relative_paths import KIND
from treeguard.migration.rewrite.importers import importers_of
from treeguard.migration.warnings.fixtures_left import lost_fixtures
from treeguard.migration.warnings.hidden_modules import hidden_modules
from treeguard.migration.warnings.ignore_rules import hidden_places
from treeguard.migration.warnings.ignore_rules import hidden_sources
from treeguard.migration.warnings.ignore_rules import left_ignore_files
from treeguard.migration.warnings.ignore_rules import lost_attributes
from treeguard.migration.warnings.ignore_rules import lost_ignores
from treeguard.migration.warnings.import_cycles import import_cycles
from treeguard.migration.warnings.mypy_names import lost_overrides
from treeguard.migration.warnings.scripts_left import left_scripts
from treeguard.migration.warnings.shipped import differences_of_wheels
from treeguard.migration.warnings.shipped import left_search_folders
from treeguard.migration.warnings.terraform import changed_modules
from treeguard.plans import FileEdit
from treeguard.plans import SideEffect
from treeguard.policy.patterns import Patterns
from treeguard.policy.patterns import fault
from treeguard.trees import folders_above

_COMPOSE = re.compile(r"(?:docker-)?compose(?:[.-][^/]*)?\.ya?ml")
_NAMED = re.compile(rb"^name[ \t]*:", re.MULTILINE)
_WORKFLOWS = ".github/workflows"
_INITS = {"__init__.py", "__init__.pyi"}


def side_effects(
    context: MoveContext, after: TreeAnalysis, edits: Iterable[FileEdit] = ()
) -> tuple[SideEffect, ...]:
    """Return all side effects in order. `after` is the tree with all edits made."""
    found = [
        *_compose(context, after),
        *_packages(context, after),
        *differences_of_wheels(context, after, edits),
        *left_search_folders(context, after),
        *_lost_inits(context, after),
        *_unlisted_roots(context, after, edits),
        *_two_names(context),
        *hidden_modules(context),
        *import_cycles(context, after),
        *left_scripts(context),
        *lost_fixtures(context, after),
        *lost_in_images(context, edits),
        *_filters(context, after),
        *lost_ignores(context, after),
        *hidden_places(context, after),
        *lost_attributes(context, after),
        *hidden_sources(context, after),
        *left_ignore_files(context),
        *changed_modules(context, edits),
        *lost_overrides(context, after, edits),
    ]
    return tuple(sorted(found, key=lambda one: (one.path, one.line or 0, one.message)))


def _compose(context: MoveContext, after: TreeAnalysis) -> Iterator[SideEffect]:
    """Yield compose projects that change: a project is named after its folder, and
    reads the `.env` there.

    One per folder, for its first file: an override makes no project.
    """
    seen: set[tuple[str, str]] = set()
    for old, new in sorted(context.moves.items(), key=_main_first):
        was, now = parent_folder(old), parent_folder(new)
        is_compose = _COMPOSE.fullmatch(old.rpartition("/")[2])
        if was == now or not is_compose or (was, now) in seen:
            continue
        is_same = was.rpartition("/")[2] == now.rpartition("/")[2]
        if is_same and context.folders.get(was) == now:
            continue
        seen.add((was, now))
        if not is_same and not _NAMED.search(after.data(new)):
            called = f'"{was.rpartition("/")[2]}"' if was else "its checkout's folder"
            yield SideEffect(
                new,
                None,
                f'the compose project was named after {called}, and is now "'
                f'{now.rpartition("/")[2]}": its volumes and networks seem lost',
                "add a top-level `name:` with the old name to keep them",
            )
        yield SideEffect(
            new,
            None,
            f"compose reads .env and overrides of {now or 'the root'} now, no longer "
            f"those of {was or 'the root'}",
            "pass `--env-file` and every `-f`, or move them along",
        )


def _main_first(move: tuple[str, str]) -> tuple[bool, tuple[str, str]]:
    """Sort compose files with plain names before their overrides."""
    return move[0].rpartition("/")[2] not in COMPOSE_NAMES, move


def _packages(context: MoveContext, after: TreeAnalysis) -> Iterator[SideEffect]:
    """Yield new folders inside a package that are no packages themselves."""
    # A folder that was no package before either is unchanged.
    seen = {
        there
        for folder, there in context.folders.items()
        if _INITS.isdisjoint(context.before.children(folder))
        and not _INITS.isdisjoint(context.before.children(parent_folder(folder)))
    }
    for new in sorted(context.moves.values()):
        if not new.endswith((".py", ".pyi")):
            continue
        for folder in folders_above(new):
            if folder in seen or context.before.entry(folder) is not None:
                continue
            seen.add(folder)
            outer = after.children(parent_folder(folder))
            is_plain = _INITS.isdisjoint(after.children(folder))
            if is_plain and not _INITS.isdisjoint(outer):
                yield SideEffect(
                    folder,
                    None,
                    "is a new folder of a package without `__init__.py`: setuptools' "
                    "find_packages() would leave out everything below it",
                    f'add a [[migration.create]] with path = "{folder}/__init__.py" '
                    'and text = ""',
                )


def _lost_inits(context: MoveContext, after: TreeAnalysis) -> Iterator[SideEffect]:
    """Yield packages whose `__init__.py` moves while modules of theirs stay: a pattern
    such as `_*.py` matches it."""
    for old, new in sorted(context.moves.items()):
        folder, _, name = old.rpartition("/")
        left = after.children(folder) if name in _INITS and folder else {}
        sources = [one for one in left if one.endswith((".py", ".pyi"))]
        if sources and _INITS.isdisjoint(left):
            yield SideEffect(
                folder,
                None,
                f"is no package any more: its {name} goes to {new}, and "
                f"{min(sources)} and others stay",
                "leave it out of the move (`_[!_]*.py` matches no `__init__.py`), or "
                f'add a [[migration.create]] with path = "{old}"',
            )


def _unlisted_roots(
    context: MoveContext, after: TreeAnalysis, edits: Iterable[FileEdit]
) -> Iterator[SideEffect]:
    """Yield top-level packages that move into a plain folder and keep their name: it
    may be a new root of absolute imports, as `src` is. Only where imports name it."""
    roots = context.before.search_roots.roots
    for old, new in sorted(context.folders.items()):
        folder, name = parent_folder(new), new.rpartition("/")[2]
        was_top = parent_folder(old) in roots and old not in roots
        if not was_top or old.rpartition("/")[2] != name or not folder:
            continue
        if any(init in after.children(folder) for init in _INITS) or folder in roots:
            continue
        spelled = folder.removeprefix(f"{parent_folder(old)}/").replace("/", ".")
        count = _spellings(edits, f"{spelled}.{name}".encode())
        if count and not _INITS.isdisjoint(after.children(new)):
            yield SideEffect(
                folder,
                None,
                f"is no root of the policy, so what led to `{name}` says "
                f"`{spelled}.{name}` now ({count} edits)",
                f'add "{folder}" to policy.roots if imports are to go on saying '
                f"`{name}`",
            )


def _two_names(context: MoveContext) -> Iterator[SideEffect]:
    """Yield plain folders whose modules a script in them and a file outside of them
    call by different names: no name is right for both."""
    for one in importers_of(context).two_names():
        spelled = one.folder.replace("/", ".")
        yield SideEffect(
            one.folder,
            None,
            f"{one.script} imports `{one.module}` from its own folder, for "
            f"{one.outsider} it is `{spelled}.{one.module}` now: what both use finds "
            "its neighbours for one of them alone",
            f'add "{one.folder}" to policy.roots, and to the search path of '
            f"{one.outsider}",
        )


def _spellings(edits: Iterable[FileEdit], name: bytes) -> int:
    found = (
        edit.text for file in edits for edit in file.edits if edit.kind == "import"
    )
    return sum(text == name or text.startswith(name + b".") for text in found)


def _filters(context: MoveContext, after: TreeAnalysis) -> Iterator[SideEffect]:
    """Yield workflows' path filters that matched a file before, and match none now."""
    paths: list[str] = []
    for name, entry in sorted(after.children(_WORKFLOWS).items()):
        path = f"{_WORKFLOWS}/{name}"
        if not entry.is_file or not name.endswith((".yml", ".yaml")):
            continue
        for line, pattern in path_filters(after.data(path).decode("utf-8", "replace")):
            patterns = _patterns(pattern)
            if patterns is None or not any(map(patterns.match, context.moves)):
                continue
            paths = paths or [*after.snapshot.paths()]
            if not any(map(patterns.match, paths)):
                yield SideEffect(
                    path,
                    line,
                    f"the path filter {pattern} matches nothing any more: a required "
                    "check that never starts stays pending forever",
                    "let it name the new place",
                )


def _patterns(pattern: str) -> Patterns | None:
    if not pattern or pattern.startswith("!"):
        return None
    rooted = f"/{pattern.lstrip('/')}"
    return None if fault(rooted) else Patterns((rooted,))


def lost_in_images(
    context: MoveContext, edits: Iterable[FileEdit]
) -> Iterator[SideEffect]:
    """Yield code that looks for a file at its new path in an image of the old layout.

    A Dockerfile that copies a folder by its name still puts it at the old path, and a
    path built from `__file__` follows the move: it is right in the repository and wrong
    in the image, and no test outside of the image fails. One per line.
    """
    seen: set[tuple[str, int]] = set()
    kept: dict[str, bool] = {}
    for file in edits:
        for edit in file.edits:
            place = file.new_path, edit.line
            if edit.kind != KIND or place in seen:
                continue
            for old, new in _meant(edit.text.decode("utf-8", "replace"), context):
                if old not in kept:
                    kept[old] = holds_some(old, context)
                if kept[old]:
                    seen.add(place)
                    yield SideEffect(
                        *place,
                        f"it looks for {new} now, and a Dockerfile that copies {old} "
                        "by its name still puts it where it did",
                        "copy it to its new place in the image too, or give the code "
                        "its path by a variable",
                    )
                    break


def _meant(text: str, context: MoveContext) -> Iterator[tuple[str, str]]:
    """Yield what moves to the path that an edited literal ends in: old and new."""
    end = text.strip("\"'").lstrip("./")
    if "/" in end:
        for old, new in (*context.folders.items(), *context.moves.items()):
            if new == end or new.endswith(f"/{end}"):
                yield old, new


def path_filters(chars: str) -> Iterator[tuple[int, str]]:
    """Yield every pattern of a `paths` or `paths-ignore` key, with its 1-based line."""
    for mapping in mappings(yaml_documents(from_file(chars)) or []):
        for key, value in mapping.items:
            is_filter = key.chars in ("paths", "paths-ignore")
            for pattern in texts(value) if is_filter else ():
                line = chars.count("\n", 0, pattern.offsets[0]) + 1
                yield line, pattern.chars
