"""Find the name by which a file imports, after the moves, what it imported before.

No name is derived from paths alone: the `Resolver` of the tree after the moves decides
which of the candidates is the first that leads where the old name led.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.analysis.import_candidates import dotted_names
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import
from treeguard.languages.facts import SearchPath
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.importers import importers_of
from treeguard.migration.rewrite.namespaces import Owner
from treeguard.migration.rewrite.namespaces import owner_of

_SOURCES = (".py", ".pyw", ".pyi", ".pyc")


class Name(NamedTuple):
    """The names of an import: `import module`, or with `name`, `from ... import name`.

    `module` holds no leading dots; their number is `level`.
    """

    module: str
    level: int = 0
    name: str | None = None

    @property
    def written(self) -> str:
        """Return the module with its dots."""
        return "." * self.level + self.module


class UndecidedError(Exception):
    """The new text of an import is unknown; the message says why."""


class Names:
    """The imports of one file, before and after the moves."""

    def __init__(
        self, path: str, context: MoveContext, search_path: SearchPath = ()
    ) -> None:
        assert context.after is not None
        self.path = path
        self.new_path = context.where(path)
        self.context = context
        self.after = context.after
        self._search_path = self.search_path_now = search_path
        self._kept: dict[tuple[Name, str], Name] = {}

    def old_targets(self, name: Name | Import, kind: str = "") -> tuple[str, ...]:
        """Return the files that a name or an import led to in the old tree."""
        item = _import(name, kind)
        return self.context.before.resolve(self.path, item, self._search_path).targets

    def new_targets(
        self,
        name: Name | Import,
        kind: str = "",
        search_path: SearchPath | None = None,
    ) -> tuple[str, ...]:
        """Return the files that a name or an import leads to in the new tree."""
        folders = self.search_path_now if search_path is None else search_path
        return self.after.resolve(self.new_path, _import(name, kind), folders).targets

    def new_places(self, targets: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return the new places of old targets; None for a folder torn apart."""
        found = []
        for target in targets:
            if not target.endswith("/"):
                found.append(self.context.where(target))
                continue
            folder = target[:-1]
            home = self.context.folders.get(folder, folder)
            if home == folder and self.after.entry(folder) is None:
                return None
            found.append(f"{home}/")
        return tuple(found)

    def is_of_root(self, target: str) -> bool:
        """Return True if what a first name led to is in a source root."""
        return parent_folder(_stem(target)) in self.context.before.search_roots.roots

    def new_name(self, name: Name, kind: str = "") -> Name:
        """Return how `name` is written now; itself where nothing has to change.

        Raises `UndecidedError`.
        """
        key = (name, kind)
        if key not in self._kept:
            self._kept[key] = self._find_name(name, kind)
        return self._kept[key]

    def _find_name(self, name: Name, kind: str) -> Name:
        targets = self.old_targets(name, kind)
        if not targets:
            return name
        expected = self.new_places(targets)
        if expected is None:
            raise UndecidedError(f"the files of {targets[0]} go to several places")
        is_right = self.new_targets(name, kind) == expected
        if is_right and not self.is_private(name):
            return name
        for candidate in self._candidates(name, expected[0]):
            reached = self.new_targets(candidate, kind) == expected
            if reached and not self.is_private(candidate):
                if self._stays_in_package(name, candidate):
                    package = self.new_name(name._replace(name=None), kind)
                    return package._replace(name=name.name)
                return candidate
        if is_right:
            return name
        raise UndecidedError(self._why(name, targets[0], expected[0]))

    def is_private(self, name: Name | Import) -> bool:
        """Return True if a name is right for this file alone: it leads there from the
        file's own folder, and others import that folder's modules by other names."""
        first = Name(name.module.partition(".")[0])
        # What a file adds to `sys.path` by itself holds for whoever imports it.
        is_own = name.level or self._search_path
        found = () if is_own else self.new_targets(first)
        roots = self.context.before.search_roots.roots
        root = self._root(first)
        if not found or root not in roots:
            return False
        folder = parent_folder(_stem(found[0]))
        moved = self.context.folders.get(root)
        if folder in self.after.search_roots.roots or folder == moved:
            return False
        return importers_of(self.context).need_new_names(folder, self.new_path)

    def _stays_in_package(self, name: Name, candidate: Name) -> bool:
        """Return True if `from p import s` means what the package binds to `s`, and
        goes on doing so.

        It does not matter while the package and its module move together. Raises
        `UndecidedError` where it may be either.
        """
        package = self.old_targets(name._replace(name=None))
        if self.new_places(package) == self.new_targets(candidate._replace(name=None)):
            return False
        owner = self.owner(name)
        if owner is Owner.UNKNOWN:
            raise UndecidedError(f"{package[0]} binds `{name.name}` to something else")
        return owner is Owner.PACKAGE

    def is_attribute(self, item: Import) -> bool:
        """Return True if an import names a submodule and means what hides that in its
        package."""
        name = Name(item.module, item.level, item.name)
        return item.kind == FROM and self.owner(name) is Owner.PACKAGE

    def owner(self, name: Name) -> Owner:
        """Return what `from p import s` means where p has a submodule `s`."""
        if name.name is None or not self._is_submodule(name):
            return Owner.MODULE
        inner, package = self.old_targets(name), name._replace(name=None)
        inits = self.old_targets(package)
        found = [owner_of(self.context, path, name.name, inner) for path in inits]
        return next((one for one in found if one is not Owner.MODULE), Owner.MODULE)

    def imports_by_name(self, init: str, name: str) -> list[Import]:
        """Return the imports of a package that bind `name`; a folder has none."""
        facts = None if init.endswith("/") else self.context.before.source(init)
        imports = facts.imports if facts is not None else ()
        return [one for one in imports if one.kind == FROM and one.name == name]

    def _why(self, name: Name, target: str, home: str) -> str:
        root = self._root(name)
        if not name.level and root not in self.context.before.search_roots.roots:
            return f"{target} is found only beside the script"
        return f"no name leads to {home} from {self.new_path}"

    def depth(self, name: Name) -> int:
        """Return how many parts of the module lead to a file or folder of their own."""
        parts, count = dotted_names(name.module), 0
        last = self.old_targets(Name("", name.level)) if name.level else ()
        for at in range(1, len(parts) + 1):
            here = self.old_targets(Name(".".join(parts[:at]), name.level))
            if not here or here == last:
                break
            count, last = at, here
        return count

    def _candidates(self, name: Name, home: str) -> Iterator[Name]:
        """Yield names for `home`, in the manner of `name`, the likeliest first."""
        parts = dotted_names(name.module)
        known = self.depth(name)
        tail = parts[known:]
        is_submodule = not tail and name.name is not None and self._is_submodule(name)
        for level, stem in self._stems(name, home, is_submodule):
            module = [*stem, *tail]
            if not is_submodule:
                yield Name(".".join(module), level, name.name)
            elif stem:
                yield Name(".".join(stem[:-1]), level, stem[-1])

    def _is_submodule(self, name: Name) -> bool:
        """Return True if `from module import name` leads deeper than `module`."""
        assert name.name is not None
        inner = self.old_targets(name)
        return name.name != "*" and inner != self.old_targets(name._replace(name=None))

    def _stems(
        self, name: Name, home: str, is_submodule: bool
    ) -> Iterator[tuple[int, list[str]]]:
        """Yield the level and the parts of dotted names for `home`."""
        path = _stem(home)
        if name.level:
            yield from self._relative(path, is_submodule)
        for root in self._roots(name, path):
            parts = _below(path, root)
            if parts and all(map(_is_identifier, parts)):
                yield 0, parts

    def _relative(
        self, path: str, is_submodule: bool
    ) -> Iterator[tuple[int, list[str]]]:
        package = parent_folder(self.new_path)
        base = parent_folder(path) if is_submodule else path
        common, level = package, 1
        while common and base != common and not base.startswith(f"{common}/"):
            common, level = parent_folder(common), level + 1
        parts = _below(path, common) if path != common else []
        inside = len(common) > len(self._top(package))
        if inside and parts is not None and all(map(_is_identifier, parts)):
            yield level, parts

    def _top(self, package: str) -> str:
        """Return the folder that holds the top-level package of the importing file."""
        holder, folder = "", package
        while folder:
            # A plain folder inside a package is a part of it (PEP 420).
            if any(f"__init__{end}" in self.after.children(folder) for end in _SOURCES):
                holder = parent_folder(folder)
            folder = parent_folder(folder)
        return max(holder, self.after.search_roots.around(package), key=len)

    def _roots(self, name: Name, path: str) -> list[str]:
        """Return the roots of the new name of `path`: that of the old one, then all
        others.

        What was called by its innermost root is so afterwards: `slicer` becomes
        `cutter` in `src/cutter`, where `src` is a root, not `src.cutter`.
        """
        roots = self.after.search_roots.roots
        if name.level:
            own = self._top(parent_folder(self.new_path))
            return list(dict.fromkeys((own, *roots)))
        root = self._root(name)
        moved = self.context.folders.get(root, root)
        if root in self.context.before.search_roots.roots:
            inner = self._innermost(name, root, path)
            return list(dict.fromkeys((*inner, moved, *roots)))
        # A script's own folder is on the path only while that script runs.
        own = self._top(parent_folder(self.new_path))
        in_package = "__init__.py" in self.context.before.children(
            parent_folder(self.path)
        )
        return list(dict.fromkeys((moved, own))) if in_package else [moved]

    def _innermost(self, name: Name, root: str, path: str) -> list[str]:
        """Return the innermost root around a new path, if the old name is one below the
        innermost root of its time, which the path has left."""
        [target, *_] = self.old_targets(name) or ("",)
        was = self.context.before.search_roots.around(parent_folder(_stem(target)))
        now = self.after.search_roots.around(parent_folder(path))
        is_package = "__init__.py" in self.after.children(now)
        return [now] if was == root != now and not is_package else []

    def _root(self, name: Name | Import) -> str:
        """Return the folder in which the first part of an absolute name was found."""
        first = dotted_names(name.module)[:1]
        targets = self.old_targets(Name(first[0])) if first else ()
        return parent_folder(_stem(targets[0])) if targets else ""


def _import(name: Name | Import, kind: str) -> Import:
    if isinstance(name, Import):
        return name
    spoken = kind or (IMPORT if name.name is None and not name.level else FROM)
    return Import(1, 1, 1, 1, spoken, name.module, name.level, name.name)


def _stem(path: str) -> str:
    """Return the path that a module's dotted name spells: no suffix, no `__init__`."""
    if path.endswith("/"):
        return path[:-1]
    folder, _, file = path.rpartition("/")
    base = next((file[: -len(end)] for end in _SOURCES if file.endswith(end)), file)
    if base == "__init__":
        return folder
    return f"{folder}/{base}" if folder else base


def _below(path: str, folder: str) -> list[str] | None:
    """Return the parts of `path` below `folder`; None if it is not below."""
    if not folder:
        return path.split("/") if path else []
    return path[len(folder) + 1 :].split("/") if path.startswith(f"{folder}/") else None


def _is_identifier(part: str) -> bool:
    return part.isidentifier() and not keyword.iskeyword(part)
