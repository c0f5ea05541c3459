"""Every path that an import could mean, whatever the tree holds.

What `resolve` finds in a tree is always among them, so that a file none of whose
imports could mean a forbidden path needs no closer look. Folders that the file adds to
`sys.path` are not known here: `needs_exact` sends such a file to the parser.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Generic
from typing import TypeVar

from treeguard.analysis.module_finder import MOST_LINKS
from treeguard.analysis.query import SearchRoots
from treeguard.languages.facts import PATH
from treeguard.languages.facts import Import
from treeguard.languages.python.package_init import EXTENDED

ENDINGS = (
    ".py",
    ".pyw",
    ".pyi",
    "/__init__.py",
    "/__init__.pyw",
    "/__init__.pyi",
    "/",
)
T = TypeVar("T")
GLOB = frozenset("*?[{")


def spelled(importer: str, imp: Import, search_roots: SearchRoots) -> tuple[str, ...]:
    """Return the paths that `imp`, read in the file at `importer`, means in some tree.

    A folder ends in `/`. Links of `search_roots` are followed, inside the tree only.
    """
    return tuple(
        dict.fromkeys(PossibleTargets(search_roots, _itself).of(importer, imp))
    )


class PossibleTargets(Generic[T]):
    """What `look` says of every path that imports could mean, None left out.

    The answers are kept: the imports of a repository mean the same few paths again
    and again.

    `below` says what `look` would of every path below a folder, or None where that is
    not one answer: a repository may have a hundred roots (each fixture with a
    pyproject.toml is one), and few of them hold anything that matters.
    """

    def __init__(
        self,
        search_roots: SearchRoots,
        look: Callable[[str], T | None],
        below: Callable[[str], tuple[T, ...] | None] = lambda folder: None,
    ) -> None:
        self._links = dict(search_roots.links)
        self._packages = dict(search_roots.packages)
        self._look = look
        self._below = below
        certain = {root: self._certain(root, below) for root in search_roots.roots}
        self._roots = tuple(root for root, said in certain.items() if said is None)
        self._always = tuple({one for said in certain.values() for one in said or ()})
        self._kept: dict[tuple[str, bool], tuple[T, ...]] = {}

    def of(self, importer: str, imp: Import) -> Iterator[T]:
        """Yield what is said of each path that `imp`, read in `importer`, could
        mean."""
        folder = parent_folder(importer)
        by_path = imp.kind == PATH
        if by_path:
            stems = _written(folder, imp)
        else:
            stems = _named(folder, imp, self._roots, self._packages)
        for stem in stems:
            kept = self._kept.get((stem, by_path))
            if kept is None:
                endings = ("", "/") if by_path else ENDINGS
                kept = self._kept[stem, by_path] = tuple(self._said(stem, endings))
            yield from kept
        if not by_path and not imp.level:
            yield from self._always

    def may_open(self, importer: str, imp: Import) -> bool:
        """Return True if some path below what `imp` names may be said something of.

        `from package import *` imports the submodules that the package lists.
        """
        inside = imp._replace(name=None)
        folder = parent_folder(importer)
        stems = _named(folder, inside, self._roots, self._packages)
        return any(self._below(stem) != () for stem in stems) or bool(self._always)

    def _certain(
        self, root: str, below: Callable[[str], tuple[T, ...] | None]
    ) -> tuple[T, ...] | None:
        linked = any(
            f"{link}/".startswith(f"{root}/") or f"{root}/".startswith(f"{link}/")
            for link in self._links
        )
        return None if linked or not root else below(root)

    def _said(self, stem: str, endings: tuple[str, ...]) -> Iterator[T]:
        for ending in endings:
            path = stem + ending if stem else ending.lstrip("/")
            real = followed(path, self._links) if self._links else path
            for meant in dict.fromkeys((path, real)):
                said = self._look(meant) if meant else None
                if said is not None:
                    yield said


def dotted_names(module: str) -> tuple[str, ...]:
    """Return the parts of a dotted name: what stands before a `:`, without empty
    parts."""
    return tuple(part for part in module.partition(":")[0].split(".") if part)


def names_of(item: Import) -> list[str]:
    """Return the names that an import spells, in lower case and without endings."""
    if item.kind == PATH:
        return [stem_of(part) for part in item.module.replace("\\", "/").split("/")]
    names = item.module.partition(":")[0].lower().split(".")
    if item.name:
        names.append(item.name.lower())
    return names


def stem_of(part: str) -> str:
    """Return what an import or a path spells of one part of a path, in lower case."""
    return part.lstrip(".").partition(".")[0].lower()


def parent_folder(path: str) -> str:
    """Return the folder that holds `path`; the root folder is the empty string."""
    return path.rpartition("/")[0]


def joined(folder: str, path: str) -> str:
    """Return `path` as seen from `folder`."""
    return f"{folder}/{path}" if folder else path


def seen_from(folder: str, path: str) -> tuple[str, ...]:
    """Return the folders that a path in a file of `folder` may be relative to, in
    order."""
    return ("",) if path.startswith("/") or not folder else (folder, "")


def path_as_written(imp: Import) -> str:
    """Return the path of an import of kind `path`, up to the folder before what is
    unknown."""
    path = imp.module.replace("\\", "/")
    if imp.prefix:
        path = path.rpartition("/")[0] or "."
    parts = path.split("/")
    for count, part in enumerate(parts):
        if GLOB.intersection(part):
            return "/".join(parts[:count]) or "."
    return path


def normal(path: str) -> str | None:
    """Return `path` without `.` and `..`; None if it leads out of the tree."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def followed(path: str, links: dict[str, str]) -> str | None:
    """Return `path` with its links followed; None if they lead out of it or around."""
    ending = "/" if path.endswith("/") else ""
    at: str | None = path.rstrip("/")
    for _ in range(MOST_LINKS + 1):
        if at is None:
            return None
        link = _first_link(at, links)
        if link is None:
            return at + ending
        target = links[link]
        if target.startswith("/"):
            return None
        at = normal(f"{parent_folder(link)}/{target}{at[len(link) :]}")
    return None


def _first_link(path: str, links: dict[str, str]) -> str | None:
    end = path.find("/")
    while end != -1:
        if path[:end] in links:
            return path[:end]
        end = path.find("/", end + 1)
    return path if path in links else None


def _itself(path: str) -> str:
    return path


def _written(folder: str, imp: Import) -> Iterator[str]:
    path = path_as_written(imp)
    for base in seen_from(folder, path):
        plain = normal(joined(base, path.lstrip("/")))
        if plain:
            yield plain


def _named(
    folder: str,
    imp: Import,
    roots: tuple[str, ...],
    packages: Mapping[str, tuple[str, ...]],
) -> Iterator[str]:
    names = [*dotted_names(imp.module), *([imp.name] if imp.name else [])]
    for base in _bases(folder, imp, roots):
        if imp.level:
            yield base
        stems = _with_path((base,), packages)
        for name in names:
            inner = [f"{stem}/{name}" if stem else name for stem in stems]
            yield from inner
            stems = _with_path(inner, packages)


def _with_path(
    stems: Sequence[str], packages: Mapping[str, tuple[str, ...]]
) -> Sequence[str]:
    """Return places with the folders in which packages there look submodules up."""
    if not packages:
        return stems
    added = [at for stem in stems for at in packages.get(stem, ()) if at != EXTENDED]
    return [*stems, *added] if added else stems


def _bases(folder: str, imp: Import, roots: tuple[str, ...]) -> tuple[str, ...]:
    above = [folder]
    while above[-1]:
        above.append(parent_folder(above[-1]))
    if not imp.level:
        return tuple(dict.fromkeys((*above, *roots)))
    return tuple(above[imp.level - 1 : imp.level])
