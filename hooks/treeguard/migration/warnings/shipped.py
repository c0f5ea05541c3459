"""Compare what the wheel of each project holds before and after the moves.

Every build file is edited by now, as far as that has one answer. What is different all
the same breaks nothing in the repository, and everything where it is installed.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping

from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.tree_analysis import PROJECTS
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.languages.build_files import BUILD_FILES
from treeguard.languages.build_files import read_build
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.search_folders import leaving
from treeguard.migration.rewrite.shipped_files import Shipping
from treeguard.migration.rewrite.shipped_files import shipping
from treeguard.plans import FileEdit
from treeguard.plans import SideEffect

_SOURCES = (".py", ".pyi")
_INITS = ("__init__.py", "__init__.pyi")
_LIST_THEM = "list them: [tool.setuptools.packages.find] with `include`"
_SELECT = "let the build file select it, or leave it where it ships"


def differences_of_wheels(
    context: MoveContext, after: TreeAnalysis, edits: Iterable[FileEdit]
) -> Iterator[SideEffect]:
    """Yield each project whose wheel does not hold what it held, once for each way."""
    edited = {file.new_path for file in edits}
    projects = context.before.ask(PROJECTS)
    # A setup.cfg alone makes a project as well, of the repository itself.
    for folder in sorted({"", *map(parent_folder, projects)}):
        inside = context.before.children(folder)
        names = [one for one in BUILD_FILES if one in inside]
        if not names:
            continue
        path = f"{folder}/{names[0]}" if folder else names[0]
        ships = shipping(path, context)
        if ships is not None:
            yield from _differences(path, ships, context, after, edited)
        elif _is_computed(folder, names, context):
            yield SideEffect(
                context.where(path),
                None,
                "what the build ships is computed, and some of it may move",
                "build a wheel before and after, and compare what they hold",
            )


def _is_computed(folder: str, names: list[str], context: MoveContext) -> bool:
    """Return True if packages move whose build file computes what ships."""
    inside = f"{folder}/" if folder else ""
    moving = (
        old
        for old in context.moves
        if old.startswith(inside) and old.endswith("/__init__.py")
    )
    if next(moving, None) is None:
        return False
    build = read_build({one: context.before.data(inside + one) for one in names})
    return build is not None and not build.is_known


def _differences(
    path: str,
    ships: Shipping,
    context: MoveContext,
    after: TreeAnalysis,
    edited: set[str],
) -> Iterator[SideEffect]:
    inside = f"{ships.new_folder}/" if ships.new_folder else ""
    files = {name: after.data(inside + name) for name in ships.build_files}
    wheel = ships.contents(files, after)
    place = context.where(path)
    if wheel is None:
        return
    if wheel.fault:
        is_several = wheel.fault.startswith("several top-level")
        advice = _LIST_THEM if is_several else "let the build file name the new places"
        message = f"the build fails: {wheel.fault}"
        yield SideEffect(place, None, message, advice)
        return
    wanted, held = ships.wanted, dict(wheel.files)
    lost = {at: one for at, one in wanted.items() if held.get(at) != one}
    more = {
        at: one
        for at, one in held.items()
        if wanted.get(at) != one and not _makes_package(at, one, wanted, context)
    }
    if lost:
        yield _lost(place, lost, set(held.values()), context, after, edited)
    if more:
        first = _shown(sorted(more.items()))
        yield SideEffect(
            place,
            None,
            f"the wheel holds {first}, which did not ship before",
            "leave it out of what the build file selects, if it is not to ship",
        )


def _makes_package(
    place: str, path: str, wanted: Mapping[str, str], context: MoveContext
) -> bool:
    """Return True for an `__init__.py` that the migration adds around what ships."""
    folder, _, name = place.rpartition("/")
    if name not in _INITS or context.before.entry(path) is not None:
        return False
    is_added = path not in context.moves.values()
    return is_added and any(at.startswith(f"{folder}/") for at in wanted)


def _lost(
    place: str,
    lost: dict[str, str],
    held: set[str],
    context: MoveContext,
    after: TreeAnalysis,
    edited: set[str],
) -> SideEffect:
    message = f"the wheel no longer holds {_shown(sorted(lost.items()))}"
    candidates = sorted((edited | set(context.moves.values())) & held)
    user = _importer(candidates, set(lost.values()), after)
    if user is not None:
        message += f", and {user} imports it: that fails where it is installed"
    return SideEffect(place, None, message, _SELECT)


def _importer(
    candidates: Iterable[str], lost: set[str], after: TreeAnalysis
) -> str | None:
    """Return a file that ships, and imports what does not."""
    for path in candidates:
        facts = after.source(path) if path.endswith(_SOURCES) else None
        for item in facts.imports if facts is not None else ():
            if not lost.isdisjoint(after.resolve(path, item).targets):
                return f"{path}:{item.line}"
    return None


def _shown(files: list[tuple[str, str]]) -> str:
    place, path = files[0]
    name = place.removesuffix("/__init__.py").removesuffix(".py")
    shown = name.replace("/", ".") if place.endswith(".py") else place
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{shown} ({path}){more}"


def left_search_folders(
    context: MoveContext, after: TreeAnalysis
) -> Iterator[SideEffect]:
    """Yield folders that modules are found in now, and no longer where they were.

    An installed project finds them once it is installed anew; whatever relied on the
    folder that it is started in does not.
    """
    for root in context.before.search_roots.roots:
        left = leaving(root, Names(_inside(root, "setup.py"), context))
        for home in left.folders:
            tops = sorted(top for top, one in left.homes.items() if one == home)
            beside = list(_importers_beside(root, tops, after))
            started = (
                f"what is started there ({_few(beside)})"
                if beside
                else ("what is started there")
            )
            yield SideEffect(
                home or root,
                None,
                f"{_few(tops)} is found in {home or 'the root'} now, and no longer in "
                f"{root or 'the root'}: {started} and an editable install of the old "
                "layout do not find it",
                f"install the project again, or set PYTHONPATH={home or '.'}",
            )


def _importers_beside(root: str, tops: list[str], after: TreeAnalysis) -> Iterator[str]:
    for name, entry in sorted(after.children(root).items()):
        path = _inside(root, name)
        if entry.is_file and name.endswith(".py"):
            items = after.imports_of(path)
            if any(item.module.partition(".")[0] in tops for item in items):
                yield path


def _inside(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _few(names: list[str]) -> str:
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more
