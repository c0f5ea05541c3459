"""Whether Git treats the moved files as before: attributes hang on paths.

After a move that loses `filter=lfs` the work tree holds what the repository should, or
the reverse, and `git status` stays silent about it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Mapping

from treeguard.errors import UsageError
from treeguard.migration.apply.objects_writer import index_path
from treeguard.plans import Plan
from treeguard.repository.plumbing import Git
from treeguard.repository.process import printable

# What decides which bytes lie on disk (gitattributes(5)).
_CONVERTING = ("filter", "working-tree-encoding", "ident", "eol", "text")


def refuse_other_attributes(git: Git, index: str, plan: Plan) -> None:
    """Refuse a move after which a file is converted otherwise than before.

    `index` is the path of an index that holds the tree after the migration.
    """
    if not plan.moves:
        return
    # Preflight has seen that the index is the tree of the base.
    before = _said(git, index_path(git), [move.old for move in plan.moves])
    after = _said(git, index, [move.new for move in plan.moves])
    if before[2::3] == after[2::3]:
        return
    old, new = _by_path(before), _by_path(after)
    for move in plan.moves:
        was, now = old[move.old], new[move.new]
        if was != now:
            name = next(key for key in _CONVERTING if was[key] != now[key])
            shown = printable(os.fsencode(move.old))
            message = (
                f"{shown} has {name}={was[name]}, and would have {name}={now[name]}"
            )
            hint = f"let .gitattributes match {printable(os.fsencode(move.new))} too"
            raise UsageError(f"{message} at its new place", f"{hint}, and commit that")


def attributes(
    git: Git, index: str, paths: Iterable[str]
) -> Mapping[str, dict[str, str]]:
    """The converting attributes of each path, by the .gitattributes of an index."""
    return _by_path(_said(git, index, paths))


def _said(git: Git, index: str, paths: Iterable[str]) -> list[bytes]:
    """Path, name and value for each path and attribute, all in the order asked for."""
    args = ("check-attr", "--cached", "--stdin", "-z", *_CONVERTING)
    listing = b"".join(os.fsencode(path) + b"\0" for path in paths)
    return git.run(*args, stdin=listing, env={"GIT_INDEX_FILE": index}).split(b"\0")


def _by_path(fields: list[bytes]) -> Mapping[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path, name, value in zip(fields[::3], fields[1::3], fields[2::3], strict=False):
        said = found.setdefault(os.fsdecode(path), {})
        said[name.decode()] = value.decode("utf-8", "replace")
    return found
