"""Which Python sources move together with everything that they refer to.

Such a source says the same in its new place, so it is not parsed: where a whole folder
moves, that is nearly all of them. What is asked here is asked of bytes, and a doubt
sends the source to the parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.languages.python.import_scan import needs_exact
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.python_strings import names_moved_file
from treeguard.migration.rewrite.registry import REWRITERS
from treeguard.repository.grep import WORD

SOURCES = (".py", ".pyi", ".pyw")
_MANY = 300
_GAP = rb"(?:[ \t\f]|\\\r?\n)*"
_RELATIVE = re.compile(rb"from" + _GAP + rb"((?:\." + _GAP + rb")+)")
_UPWARDS = re.compile(rb"""\.\.[/\\'"]""")


def outermost(world: MoveContext, path: str) -> str:
    """The largest folder around `path` that moves as one; empty if none does."""
    found, folder = "", parent_folder(path)
    while folder in world.folders:
        if world.where(path) != f"{world.folders[folder]}{path[len(folder) :]}":
            break
        found, folder = folder, parent_folder(folder)
    return found


def takes_all_along(world: MoveContext) -> Callable[[str, bytes], bool]:
    """A test for the path and bytes of a file that moves and that mentions no needle.

    True only where no rewriter could want to change or to tell anything.
    """
    depths: dict[str, int] = {}
    strange: dict[str, Callable[[bytes], object]] = {}

    def test(path: str, data: bytes) -> bool:
        folder = parent_folder(path)
        if not path.endswith(SOURCES) or not data.isascii():
            return False
        if folder not in depths:
            depths[folder], words = _depth(world, path)
            strange[folder] = _any_of(words)
        return (
            depths[folder] >= 0
            and _is_python_alone(path)
            and b"__file__" not in data
            and not _leaves(data, depths[folder])
            and not strange[folder](data)
            and not needs_exact(data)
            and not names_moved_file(data, world)
        )

    return test


def _leaves(data: bytes, depth: int) -> bool:
    """True where a relative import or path could lead out of the folder that moves."""
    if _UPWARDS.search(data):
        return True
    found = _RELATIVE.findall(data) if b"from" in data else []
    return any(dots.count(b".") > depth + 1 for dots in found)


def _is_python_alone(path: str) -> bool:
    return [name for name, one in REWRITERS.items() if one.may_hold(path)] == ["python"]


def _any_of(words: frozenset[str]) -> Callable[[bytes], object]:
    plain = sorted(word.encode() for word in words if word.isascii())
    if not plain:
        return lambda _data: False
    return re.compile(WORD % b"|".join(map(re.escape, plain))).search


def _depth(world: MoveContext, path: str) -> tuple[int, frozenset[str]]:
    """How deep the file's folder is below the one that moves as a whole, and names
    that mean something there that they did not mean before.

    -1 where any absolute name could.
    """
    around, folder = outermost(world, path), parent_folder(path)
    strange = _strange_names(world, folder, around) if around else None
    if strange is None or len(strange) > _MANY:
        return -1, frozenset()
    return folder[len(around) :].count("/"), strange


def _strange_names(
    world: MoveContext, folder: str, around: str
) -> frozenset[str] | None:
    """Absolute names that begin at another place after the move; None: perhaps any.

    As `resolve` says, they are looked up in the file's own root, then in the roots.
    """
    assert world.after is not None
    before, after = world.before, world.after
    was, now = own_root(before, folder), own_root(after, world.folders[folder])
    roots = before.search_roots.roots
    for root in (*roots, *after.search_roots.roots):
        if root and any(f"{one}/".startswith(f"{root}/") for one in (was, now)):
            return None
    if was == now == roots[0]:
        return frozenset()
    if was == roots[0]:
        return _names(after, now)
    inside = was == around or was.startswith(f"{around}/")
    if not inside or world.folders.get(was) != now:
        return None
    return _names(after, now) - _names(before, was)


def _names(analysis: TreeAnalysis, folder: str) -> frozenset[str]:
    return frozenset(name.partition(".")[0] for name in analysis.children(folder))


def own_root(analysis: TreeAnalysis, folder: str) -> str:
    """The nearest folder, at or above, that has no `__init__.py`."""
    while folder and "__init__.py" in analysis.children(folder):
        folder = parent_folder(folder)
    return folder
