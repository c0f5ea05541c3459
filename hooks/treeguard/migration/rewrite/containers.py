"""Find what a path or a dotted name means in a container, before and after the moves.

`COPY` and `ADD`, stages and mounts say which files of the repository are where in an
image, `WORKDIR`, `working_dir` and PYTHONPATH where a command looks for them. Where
only the source of a copy moves, the image keeps its layout, and so does the command.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages import dockerfile
from treeguard.languages.dockerfile import Copy
from treeguard.languages.dockerfile import Stage
from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import from_file
from treeguard.languages.spans import Container
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.docker import DOCKERFILES
from treeguard.migration.rewrite.paths import bases
from treeguard.migration.rewrite.paths import home
from treeguard.migration.rewrite.paths import target_of
from treeguard.trees import TREE
from treeguard.trees import folders_above

_WILD = re.compile(r"[*?\[]")
_MODULE_FILES = (".py", "/__init__.py", "")


class Held(NamedTuple):
    """A file or folder of the repository in an image: where it is, and will be.

    `new` is where it goes if its source moves, at `new_source`; None where the source
    is scattered. What hides an image has no source at all.
    """

    place: str
    source: str | None
    new_place: str
    new_source: str | None


class Found(NamedTuple):
    """A place of an image after the moves; None where the image no longer has it."""

    place: str | None
    source: str


class Image:
    """What one image holds of the repository, later copies hiding earlier ones."""

    def __init__(
        self, folder: str, held: Iterable[Held], installs: bool, context: MoveContext
    ) -> None:
        self.folder = folder
        self.installs = installs
        self._held = list(held)[::-1]
        self._context = context

    def find(self, place: str) -> Found | None:
        """Return where a place of the image is afterwards; None if it holds nothing of
        the repository there."""
        for one in self._held:
            rest = _below(place, one.place)
            if rest is None:
                continue
            if one.source is None:
                return None
            source = _joined(one.source, rest)
            if not source or self._context.before.entry(source) is not None:
                return Found(self._place_of(source, place), source)
        return None

    def _place_of(self, source: str, before: str) -> str | None:
        moved = home(self._context, source)
        if moved is None:
            return None
        places = [
            _joined(one.new_place, rest)
            for one in self._held
            if one.new_source is not None
            and (rest := _below(moved, one.new_source)) is not None
        ]
        return before if before in places else next(iter(places), None)

    def folders(self) -> list[str]:
        """List the folders of the image in or below which it holds something."""
        places = [one.place for one in self._held if posixpath.isabs(one.place)]
        above = [folder for place in places for folder in folders_above(place)]
        return sorted({*places, *above} - {""})

    def folder_now(self, place: str) -> str:
        """Return where a folder is afterwards; one that only the image has stays."""
        found = self.find(place)
        return place if found is None or found.place is None else found.place

    def find_module(self, dotted: str, roots: Iterable[str]) -> Found | None:
        """Return how a dotted name reads afterwards, if a root of it has the module."""
        roots, parts = list(roots), dotted.split(".")
        for root in roots:
            for count in range(len(parts), 0, -1):
                for ending in _MODULE_FILES:
                    place = _joined(root, "/".join(parts[:count])) + ending
                    found = self.find(place)
                    if found is None or not self._is(found.source, ending):
                        continue
                    name = self._name(found.place, ending, [root, *roots])
                    rest = parts[count:]
                    return found._replace(place=name and ".".join([name, *rest]))
        return None

    def _is(self, source: str, ending: str) -> bool:
        entry = self._context.before.entry(source)
        return entry is not None and (bool(ending) or entry.mode == TREE)

    def _name(self, place: str | None, ending: str, roots: list[str]) -> str | None:
        for root in roots:
            rest = place and _below(place, self.folder_now(root))
            if rest:
                return rest.removesuffix(ending).replace("/", ".")
        return None


def images(path: str, container: Container, context: MoveContext) -> list[Image]:
    """Return the images in which a command of the file at `path` may run.

    One where the file says which; else those of all Dockerfiles of the tree.
    """
    mounts = list(_mounted(path, container, context))
    if container.build is not None:
        own = parent_folder(path)
        folder, named, target = container.build
        root = target_of(folder, own, context)
        there = None if root is None else posixpath.join(root, named or "Dockerfile")
        if there is None or context.before.entry(posixpath.normpath(there)) is None:
            return [Image("", mounts, False, context)] if mounts else []
        there = posixpath.normpath(there)
        return [_image(there, target, root, mounts, context)]
    every = context.before.ask(DOCKERFILES)
    assert not isinstance(every, int)
    if container.stage and path in every:
        return [_image(path, container.stage, None, mounts, context)]
    found = [_image(one, "", None, mounts, context) for one in sorted(every)]
    return found or ([Image("", mounts, False, context)] if mounts else [])


def _mounted(path: str, container: Container, context: MoveContext) -> Iterator[Held]:
    own = parent_folder(path)
    for place, written in container.mounts:
        source = target_of(written, own, context) if written else None
        there = None if source is None else home(context, source)
        place = posixpath.normpath(place)
        yield Held(place, source, place, there)


def _image(
    path: str,
    stage: str,
    folder: str | None,
    mounts: list[Held],
    context: MoveContext,
) -> Image:
    """Return the image of a stage, by its name or the place of its `FROM`."""
    data = context.before.data(path).decode("utf-8", "replace")
    stages = dockerfile.stages(from_file(data.removeprefix("\ufeff")))
    by_start = [one for one in stages if stage in (str(one.start), *one.names)]
    meant = by_start[0] if by_start else stages[-1]
    builder = _Builder(path, stages, folder, context)
    return Image(meant.folder, [*builder.held(meant), *mounts], meant.installs, context)


class _Builder:
    """Works out what the stages of one Dockerfile hold."""

    def __init__(
        self, path: str, stages: list[Stage], folder: str | None, context: MoveContext
    ) -> None:
        self._stages = stages
        self._context = context
        tried = bases(path, "dockerfile", "", context)
        self._folders = [base.old for base in tried] if folder is None else [folder]

    def held(self, stage: Stage) -> list[Held]:
        """Return what a stage holds, in the order of its instructions."""
        found: list[Held] = []
        for copy in stage.copies:
            for source in copy.sources:
                if copy.stage:
                    found += self._from_stage(copy, source, stage)
                else:
                    found += self._from_context(copy, source)
        return found

    def _from_context(self, copy: Copy, written: str) -> Iterator[Held]:
        written = written.lstrip("/") or "."
        for folder in self._folders:
            sources = list(self._matches(written, folder))
            for source in sources:
                yield self._copied(copy, source, folder)
            if sources:
                return

    def _matches(self, written: str, folder: str) -> Iterator[str]:
        if not _WILD.search(written):
            found = target_of(written, folder, self._context)
            if found is not None:
                yield found
            return
        above, _, pattern = written.rpartition("/")
        inside = target_of(above or ".", folder, self._context)
        if inside is None or _WILD.search(above):
            return
        for name in self._context.before.children(inside):
            if fnmatchcase(name, pattern):
                yield _joined(inside, name)

    def _copied(self, copy: Copy, source: str, folder: str) -> Held:
        there = home(self._context, source)
        target = _norm(copy.target.rstrip("/") or "/")
        entry = self._context.before.entry(source) if source else None
        if copy.parents:
            kept = _below(source, folder) or ""
            now = _below(there or source, home(self._context, folder) or folder) or ""
            return Held(_joined(target, kept), source, _joined(target, now), there)
        is_file = entry is not None and entry.mode != TREE
        if is_file and (copy.target.endswith("/") or self._is_folder(target)):
            names = (posixpath.basename(one) for one in (source, there or source))
            old, new = (_joined(target, name) for name in names)
            return Held(old, source, new, there)
        return Held(target, source, target, there)

    def _is_folder(self, target: str) -> bool:
        """Return whether a place is a folder that commands start in."""
        return any(one.folder == target for one in self._stages)

    def _from_stage(self, copy: Copy, written: str, stage: Stage) -> Iterator[Held]:
        """Yield what another stage has at a place; the place may move in that."""
        known = self._stages[: self._stages.index(stage)]
        other = next((one for one in known if copy.stage in one.names), None)
        if other is None:
            return
        source = posixpath.normpath(posixpath.join("/", written))
        target = _norm(copy.target.rstrip("/") or "/")
        held = self.held(other)
        now = Image(other.folder, held, False, self._context).folder_now(source)
        for one in held:
            inner, outer = _below(one.place, source), _below(source, one.place)
            if inner is not None:
                after = _below(one.new_place, now)
                to = _joined(target, inner if after is None else after)
                yield one._replace(place=_joined(target, inner), new_place=to)
            elif outer is not None and one.source is not None:
                there = _joined(one.source, outer)
                if self._context.before.entry(there) is not None:
                    new = home(self._context, there)
                    yield Held(target, there, target, new)


def start_of(image: Image, container: Container) -> str:
    """Return the folder in which a command of a container starts; empty if unknown."""
    return _norm(posixpath.join(image.folder, container.roots[0]))


def roots_of(image: Image, container: Container) -> list[str]:
    """Return where a command of a container looks for modules."""
    start = start_of(image, container)
    return [start, *(_norm(posixpath.join(start, one)) for one in container.roots[1:])]


def _norm(path: str) -> str:
    if not path or UNKNOWN in path:
        return ""
    found = posixpath.normpath(path)
    return "" if found == "." else found


def _below(path: str, folder: str) -> str | None:
    """Return a path relative to a folder, None if it is not in it."""
    if path == folder:
        return ""
    if not folder:
        return None if path.startswith("/") else path
    start = folder if folder.endswith("/") else f"{folder}/"
    return path[len(start) :] if path.startswith(start) else None


def _joined(folder: str, rest: str) -> str:
    if not folder or not rest:
        return folder or rest
    return f"{folder.rstrip('/')}/{rest}"
