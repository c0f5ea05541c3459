"""Rewrite a path that a file names, so that it leads to the same thing afterwards.

Whatever the format, a written path is read the same way: it starts in some folder, it
names a file or folder of the old tree, and that has a home in the new one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.spans import ANYWHERE
from treeguard.languages.spans import OWN
from treeguard.languages.spans import Span
from treeguard.migration.context import MoveContext

_WILD = frozenset("*?[{")
SCATTERED = "its files move to different places"


class NewText(NamedTuple):
    """The new text of a span: `text`, or `why` it cannot be decided."""

    text: str
    why: str = ""


class Base(NamedTuple):
    """A folder that a path may be relative to, in the old tree and in the new one."""

    old: str
    new: str


def home(context: MoveContext, target: str) -> str | None:
    """Return the new place of a file or folder of the old tree; `""` is the root.

    None where the old tree has no such thing, or where no single place holds it now.
    """
    if target in context.moves:
        return context.moves[target]
    if target in context.folders:
        return context.folders[target]
    if not target:
        return ""
    if context.before.entry(target) is None:
        return None
    after = context.after
    return target if after is None or after.entry(target) is not None else None


def moved_with_folder(path: str, context: MoveContext) -> str | None:
    """Return where a path would be if it moved with the folder around it; None if it
    stays."""
    if path in context.moves:
        return context.moves[path]
    folder = path
    while folder:
        if folder in context.folders:
            return context.folders[folder] + path[len(folder) :]
        folder = parent_folder(folder)
    return None


def target_of(text: str, folder: str, context: MoveContext) -> str | None:
    """Return what a path, relative to `folder`, names in the old tree, None if nothing.

    A leading slash means the repository's root.
    """
    found = _named(text, folder)
    if not found or found in context.folders or context.before.entry(found) is not None:
        return found
    return None


def moved_path(
    text: str, folder: str, new_folder: str, context: MoveContext
) -> NewText | None:
    """Return the new text of a path that is relative to `folder`, then `new_folder`.

    None where it names nothing of the old tree, or still reads right. The style stays:
    a leading `/` (the repository's root) or `./`, a slash at the end.
    """
    if not text:
        return None
    target = target_of(text, folder, context)
    if target is None:
        return None
    there = home(context, target)
    if there is None:
        return NewText(text, SCATTERED)
    if _named(text, new_folder) == there:
        return None
    return NewText(_styled(text, new_folder, there))


def moved_head(
    pattern: str, folder: str, new_folder: str, context: MoveContext
) -> NewText | None:
    """Return the same for a pattern: the folders before its first wildcard are a path.

    None where that path stays, or where the pattern begins with a wildcard: what it
    matches is then for the caller to compare.
    """
    parts = pattern.split("/")
    wild = next((at for at, part in enumerate(parts) if _WILD & set(part)), None)
    if wild is None:
        return moved_path(pattern, folder, new_folder, context)
    head = "/".join(parts[:wild])
    if not head.strip("/"):
        return None
    new = moved_path(head, folder, new_folder, context)
    if new is None or new.why:
        return new and NewText(pattern, new.why)
    return NewText("/".join([new.text, *parts[wild:]]))


def absent_head(pattern: str, base: Base, context: MoveContext) -> NewText | None:
    """Return the new text of a path or pattern on what Git does not have.

    What is made in a folder (`lamp/_version.py`, `web/dist/*`) is made where the folder
    goes. None where it stays, where Git has it, or where something is there already.
    """
    parts = pattern.split("/")
    wild = next((at for at, part in enumerate(parts) if _WILD & set(part)), len(parts))
    head = "/".join(parts[:wild])
    meant = _named(head, base.old) if head.strip("/") else None
    if not meant or context.before.entry(meant) is not None:
        return None
    there = moved_with_folder(meant, context)
    is_taken = (
        context.after is not None and context.after.entry(there or "") is not None
    )
    if there is None or is_taken or _named(head, base.new) == there:
        return None
    return NewText("/".join([_styled(head, base.new, there), *parts[wild:]]))


def is_wild(text: str) -> bool:
    """Return whether a path is a pattern."""
    return not _WILD.isdisjoint(text)


def _named(text: str, folder: str) -> str | None:
    """Return the path of the repository that is meant, None if it leads out of it."""
    return normal(text if text.startswith("/") else f"{folder}/{text}")


def _styled(text: str, folder: str, there: str) -> str:
    if text.startswith("/"):
        new = f"/{there}"
    else:
        new = relative(there, folder)
        if text.startswith("./") and not new.startswith("."):
            new = f"./{new}"
        if text == "./" and new == ".":
            new = "./"
    return new + "/" if text.endswith("/") and not new.endswith("/") else new


def relative(path: str, folder: str) -> str:
    """Return a path of the repository, relative to a folder of it."""
    return posixpath.relpath(path or ".", folder or ".")


# What is run from the repository's root rather than from its own folder.
_FROM_ROOT = frozenset(
    {"script_files", "dockerfile", "yaml_files", "requirement_files"}
)
# What supervisor, systemd, uWSGI or alembic reads names paths from the folder in which
# the process is started; these name them from their own.
_PROJECT = re.compile(
    r"(?:pyproject|tox|pytest|ruff|poetry|uv|pdm|hatch|tach|pixi)\.toml|Pipfile"
    r"|\.\w[\w.-]*|(?:setup|tox|pytest|mypy|nose2|pylint|vale)\.(?:cfg|ini)"
)


def bases(path: str, reader: str, folder: str, context: MoveContext) -> list[Base]:
    """Return the folders that a path may be relative to, the likeliest first.

    `folder` is the base of its span: what is relative to the root, or to the file's own
    folder, has no other. Any other base is a folder that is entered from one of them.
    """
    own = Base(parent_folder(path), parent_folder(context.where(path)))
    if folder == ANYWHERE and reader == "toml_ini" and not _is_project(path):
        there = home(context, own.old)
        own = Base(own.old, own.old if there is None else there)
    root = Base("", "")
    if folder == OWN:
        return [own]
    if folder.startswith(f"{OWN}/"):
        return [_entered(own, folder[2:] or OWN, context)]
    if folder.startswith("/"):
        order = [root]
    else:
        order = [root, own] if reader in _FROM_ROOT else [own, root]
        order = order if own.old else order[:1]
        order += _between(own.old, context)
    inner = folder.strip("/")
    return [_entered(base, inner, context) for base in order] if inner else order


def _is_project(path: str) -> bool:
    return _PROJECT.fullmatch(path.rpartition("/")[2]) is not None


def _between(folder: str, context: MoveContext) -> Iterator[Base]:
    """Yield the folders around one but the root: it may be started in any of them."""
    around = parent_folder(folder)
    while around:
        there = home(context, around)
        yield Base(around, around if there is None else there)
        around = parent_folder(around)


def _entered(base: Base, folder: str, context: MoveContext) -> Base:
    """Return the folder that is entered from a base."""
    old = target_of(folder, base.old, context)
    if old is None:
        return Base(_joined(base.old, folder), _joined(base.new, folder))
    new = home(context, old)
    return Base(old, old if new is None else new)


def is_certain(path: str, reader: str, span: Span) -> bool:
    """Return whether the first base is the only one that the format knows."""
    if span.base.startswith("/"):
        return True
    return reader == "yaml_files" and path.startswith((".github/", ".gitlab-ci"))


def _joined(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path
