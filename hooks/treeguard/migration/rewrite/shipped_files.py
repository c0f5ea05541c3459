"""Compute what the wheel of a project has to hold after the moves.

A module that ships keeps shipping, by the name that its importers say afterwards. The
build files of the project decide what really ships: `packaging` edits them until both
are the same, and `warnings.shipped` lists what stays different.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.analysis.wheel_contents import Wheel
from treeguard.analysis.wheel_contents import wheel_contents
from treeguard.languages.build_files import BUILD_FILES
from treeguard.languages.build_files import read_build
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError

_SOURCES = (".py", ".pyi")


class ShippedFile(NamedTuple):
    """One file of a wheel: where it is installed, now and afterwards, and its path in
    the repository, before and after the moves."""

    place: str
    new_place: str
    path: str
    new_path: str


class Shipping(NamedTuple):
    """The project in `folder`, which goes to `new_folder`, and the files that ship."""

    folder: str
    new_folder: str
    build_files: Mapping[str, bytes]
    files: tuple[ShippedFile, ...]

    @property
    def wanted(self) -> dict[str, str]:
        """Map where files are to be installed to their new paths."""
        return {one.new_place: one.new_path for one in self.files}

    def contents(
        self, build_files: Mapping[str, bytes], after: TreeAnalysis
    ) -> Wheel | None:
        """Return what a wheel holds after the moves, by paths of the repository."""
        build = read_build(build_files)
        if build is None:
            return None
        wheel = wheel_contents(build, after, self.new_folder)
        return _in_repository(wheel, self.new_folder)


def is_build_file(path: str) -> bool:
    """Return True for a file that says what ships."""
    return path.rpartition("/")[2] in BUILD_FILES


def shipping(path: str, context: MoveContext) -> Shipping | None:
    """Return what ships of the project whose build file is at `path`.

    None if nothing of it moves, or if it is unknown.
    """
    folder = parent_folder(path)
    if not _moves_within(folder, context):
        return None
    files = {
        name: context.before.data(at)
        for name in BUILD_FILES
        if (entry := context.before.entry(at := _joined(folder, name))) is not None
        and entry.is_file
    }
    build = read_build(files)
    if build is None:
        return None
    wheel = _in_repository(wheel_contents(build, context.before, folder), folder)
    if wheel is None or wheel.fault or not wheel.files:
        return None
    homes = {parent_folder(context.where(_joined(folder, name))) for name in files}
    if len(homes) != 1:
        return None
    found = tuple(_afterwards(path, wheel, context))
    return Shipping(folder, homes.pop(), files, found)


def _moves_within(folder: str, context: MoveContext) -> bool:
    if not folder:
        return bool(context.moves)
    inside = f"{folder}/"
    return any(
        old.startswith(inside) or new.startswith(inside)
        for old, new in context.moves.items()
    )


def _in_repository(wheel: Wheel | None, folder: str) -> Wheel | None:
    if wheel is None or not folder:
        return wheel
    files = {place: _joined(folder, path) for place, path in wheel.files.items()}
    return Wheel(files, wheel.fault)


def _afterwards(
    build_file: str, wheel: Wheel, context: MoveContext
) -> Iterable[ShippedFile]:
    names = Names(build_file, context)
    roots: dict[str, None] = {}
    later: list[tuple[str, str]] = []
    for place, path in wheel.files.items():
        new = context.where(path)
        is_pinned = path != place and not path.endswith(f"/{place}")
        if is_pinned or new == path:
            yield ShippedFile(place, place, path, new)
            continue
        named = _named(place, path, new, names)
        if named is None:
            later.append((place, path))
        else:
            roots[new.removesuffix(named)] = None
            yield ShippedFile(place, named, path, new)
    assert context.after is not None
    all_roots = (f"{one}/" if one else "" for one in context.after.search_roots.roots)
    known = list(dict.fromkeys((*sorted(roots, key=len, reverse=True), *all_roots)))
    for place, path in later:
        new = context.where(path)
        root = next((one for one in known if new.startswith(one)), "")
        yield ShippedFile(place, new.removeprefix(root), path, new)


def _named(place: str, path: str, new: str, names: Names) -> str | None:
    """Return where a module is to be installed: what its new name spells."""
    if not place.endswith(_SOURCES):
        return None
    dotted = place.rpartition(".")[0].removesuffix("/__init__").replace("/", ".")
    if names.old_targets(Name(dotted)) != (path,):
        return None
    try:
        now = names.new_name(Name(dotted)).module.replace(".", "/")
    except UndecidedError:
        return None
    file = new.rpartition("/")[2]
    stem, _, suffix = file.rpartition(".")
    found = f"{now}/{file}" if stem == "__init__" else f"{now}.{suffix}"
    return found if new == found or new.endswith(f"/{found}") else None


class Renamed:
    """How folders are installed afterwards, and from which folder of the project."""

    def __init__(self, ships: Shipping) -> None:
        self._ships = ships
        self._places: dict[str, set[str]] = {}
        for one in ships.files:
            old, new = parent_folder(one.place), parent_folder(one.new_place)
            while old:
                self._places.setdefault(old, set()).add(new)
                if old.rpartition("/")[2] != new.rpartition("/")[2]:
                    break
                old, new = parent_folder(old), parent_folder(new)
        self._files = {one.place: one.new_place for one in ships.files}

    def place(self, folder: str) -> str:
        """Return where a folder is installed; itself if some of its files stay there,
        or if it is torn apart."""
        found = self._places.get(folder, {folder})
        return next(iter(found)) if len(found) == 1 else folder

    def name(self, dotted: str) -> str:
        """Return the new name of a package or module; what does not ship follows the
        package around it."""
        path, rest = dotted.replace(".", "/"), ""
        file = self._files.get(f"{path}.py")
        if file is not None and path not in self._places:
            return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        while path and path not in self._places:
            path, _, last = path.rpartition("/")
            rest = f"/{last}{rest}"
        return (self.place(path) + rest).strip("/").replace("/", ".")

    def pattern(self, pattern: str) -> str:
        """Return a pattern on dotted names: what is before its wildcard is a name."""
        at = next((n for n, char in enumerate(pattern) if char in "*?["), len(pattern))
        head = pattern[:at].rstrip(".")
        return self.name(head) + pattern[len(head) :] if head else pattern

    @property
    def tops(self) -> list[str]:
        """Return the top-level packages and modules, as they are to be installed."""
        found = (one.new_place.partition("/")[0] for one in self._ships.files)
        return list(dict.fromkeys(one.removesuffix(".py") for one in found))

    @property
    def root(self) -> str | None:
        """The one folder of the project that all files are installed from, if any."""
        roots = {self._root(one.new_place, one.new_path) for one in self._ships.files}
        return roots.pop() if len(roots) == 1 else None

    def source(self, path: str) -> tuple[str, str] | None:
        """Return the root and the place of what ships from a path of the project.

        None if nothing does, or not as one.
        """
        start = _joined(self._ships.folder, path)
        inside = [
            one
            for one in self._ships.files
            if one.path == start or one.path.startswith(f"{start}/")
        ]
        places, roots = set(), set()
        for one in inside:
            rest = one.path[len(start) :]
            if one.place.endswith(rest):
                places.add(one.place[: len(one.place) - len(rest)])
        if len(places) != 1:
            return None
        old = places.pop()
        new = self._files.get(old) or self.place(old)
        for one in inside:
            if one.new_place == new or one.new_place.startswith(f"{new}/"):
                roots.add(self._root(one.new_place, one.new_path))
        root = roots.pop() if len(roots) == 1 else None
        return None if root is None else (root, new)

    def _root(self, place: str, path: str) -> str | None:
        if path != place and not path.endswith(f"/{place}"):
            return None
        root = path[: len(path) - len(place)].rstrip("/")
        folder = self._ships.new_folder
        if root == folder:
            return ""
        inside = f"{folder}/" if folder else ""
        return root.removeprefix(inside) if root.startswith(inside) else None


def _joined(folder: str, path: str) -> str:
    return "/".join(filter(None, (folder, path)))
