"""List what a source looks for beside itself, or in a package, and no longer finds.

Nothing names it where it is found by convention: Flask's `templates` beside the module,
`files() / "x"`, `pkgutil.get_data`. The source moves away from it, or it from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.analysis.import_candidates import joined
from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import
from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.package_files import MARKS
from treeguard.languages.python.package_files import OWN
from treeguard.languages.python.package_files import STARTED
from treeguard.languages.python.package_files import TOP
from treeguard.languages.python.package_files import PackageFile
from treeguard.languages.python.package_files import package_files
from treeguard.languages.python.source import Source
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import home
from treeguard.migration.rewrite.python_names import Names
from treeguard.plans import Undecided

_INITS = ("__init__.py", "__init__.pyi")
_MARKED = re.compile(b"|".join(map(re.escape, MARKS)))


def looks_beside(data: bytes) -> bool:
    """Return True if a source may look for files in a package, or beside itself."""
    return _MARKED.search(data) is not None


def list_companions(source: Source, found: Walk, names: Names) -> Iterator[Undecided]:
    """Yield each file or folder that a source looks for and does not find any more."""
    for one in package_files(source.tree, found):
        for base in _bases(one, names):
            old = normal(joined(base.old, one.path))
            new = normal(joined(base.new, one.path))
            if not old or names.context.before.entry(old) is None:
                continue
            there = _whole_home(old, names.context)
            if there != new:
                yield Undecided(
                    names.path, one.line, one.path, _why(one, old, there, new)
                )
            break


def _why(one: PackageFile, old: str, there: str | None, new: str | None) -> str:
    looks = f"{one.caller} looks for {old} now, and afterwards for {new}"
    looks = looks if new != old else f"{one.caller} looks for {old} and will do so"
    if there is None:
        return f"{looks}: its files go to several places"
    return f"{looks}: it stays" if there == old else f"{looks}: it goes to {there}"


def _whole_home(path: str, context: MoveContext) -> str | None:
    """Return the new place of a file, or of a folder with all of its files."""
    inner = f"{path}/"
    if path not in context.folders and context.moves_at(inner):
        return None
    return home(context, path)


def _bases(one: PackageFile, names: Names) -> Iterator[Base]:
    """Yield the folders, old and new, that a path may be relative to."""
    own = Base(parent_folder(names.path), parent_folder(names.new_path))
    if one.package == OWN:
        yield own
    elif one.package == TOP:
        yield Base(
            _top(names.path, names, new=False), _top(names.new_path, names, new=True)
        )
    elif one.package == STARTED:
        yield from (Base("", ""), own)
    else:
        asked = Import(1, 1, 1, 1, IMPORT, one.package)
        for target in names.old_targets(asked)[-1:]:
            there = _new_home(target, names)
            if there is not None:
                yield Base(_folder(target), _folder(there))


def _new_home(target: str, names: Names) -> str | None:
    """Return where a package is that is named in a text: its name is rewritten."""
    if not target.endswith("/"):
        return names.context.where(target)
    there = home(names.context, target[:-1])
    return None if there is None else f"{there}/"


def _folder(target: str) -> str:
    """Return the folder of a package or module, in which its files are looked for."""
    return target[:-1] if target.endswith("/") else parent_folder(target)


def _top(path: str, names: Names, *, new: bool) -> str:
    """Return the folder of the top-level package around a source."""
    analysis = names.after if new else names.context.before
    folder = parent_folder(path)
    while folder and any(
        init in analysis.children(parent_folder(folder)) for init in _INITS
    ):
        folder = parent_folder(folder)
    return folder
