"""The words of an agent's shell command, and the files that they may mean.

Nothing is run: a variable has the value that the command itself gives it, or none that
is known (`UNKNOWN` stands for it), and a glob is matched against the files there are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from collections.abc import Mapping
from fnmatch import fnmatchcase

from treeguard.errors import TreeguardError
from treeguard.languages.shell.lexer import Variable
from treeguard.languages.shell.lexer import Word
from treeguard.stages.agents.virtual_worktree import Ground
from treeguard.trees import TREE

UNKNOWN = "\x01"
_MAGIC = re.compile(r"[*?\[]")
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_MOST = 200
_LONGEST = 1 << 16


class RefusedError(TreeguardError):
    """A call that the policy forbids; `hint` is what to do instead."""


def spelled(word: Word, variables: Mapping[str, tuple[str, ...]]) -> list[str]:
    """What a word may be, braces expanded; several where a variable has more values."""
    found = [""]
    for piece in word:
        if isinstance(piece, Variable):
            values = variables.get(piece.name, ())
            if not values and piece.default is not None:
                values = (piece.default.chars,)
            options = values or (UNKNOWN,)
        else:
            options = (piece.chars,)
        found = [f + option for f in found for option in options][:_MOST]
        if isinstance(piece, Variable):
            found = list(map(_short, found))
    # `$'...'`: the lexer leaves the dollar where it stood.
    whole = len(word) == 1 and not isinstance(word[0], Variable)
    found = [f[1:] if whole and f[:1] == "$" and len(f) > 1 else f for f in found]
    return [each for f in found for each in _braces(f)][:_MOST]


def _short(word: str) -> str:
    """A word that a variable has made longer than any path is not known any more."""
    return word if len(word) <= _LONGEST else UNKNOWN


def _braces(word: str) -> list[str]:
    """`a{b,c}` as `ab` and `ac`."""
    done: list[str] = []
    waiting = [word]
    while waiting and len(done) + len(waiting) <= _MOST:
        each = waiting.pop()
        found = _BRACES.search(each)
        if found is None:
            done.append(each)
            continue
        start, end = found.span()
        parts = found[1].split(",")
        waiting += [each[:start] + part + each[end:] for part in parts]
    return done + waiting


def place(pattern: str, cwd: str | None, ground: Ground) -> str | None:
    """A path or glob from the top of the work tree; None if it leads outside.

    Raises `RefusedError` where it leads to Git's own hooks. What follows an unknown
    folder counts from the top: `$ROOT/reports/x` nearly always means that.
    """
    if pattern.startswith(UNKNOWN):
        rest = pattern.lstrip(UNKNOWN)
        return UNKNOWN if not rest.startswith("/") else _normal(rest)
    if cwd is None and not os.path.isabs(pattern):
        return _normal(pattern)
    full = os.path.join(cwd or "/", os.path.expanduser(pattern))
    if ground.is_gits_own(full):
        raise RefusedError(
            f"{pattern} is part of the guard (Git's hooks and configuration)",
            "leave it to a person",
        )
    return ground.inside(full)


def _normal(path: str) -> str:
    found = os.path.normpath("/" + path.lstrip("/"))
    return found.strip("/")


def matching(pattern: str, ground: Ground) -> Iterator[str]:
    """The topmost files and folders that a path or glob from the top may mean."""
    waiting = [("", pattern.split("/") if pattern else [])]
    while waiting:
        folder, parts = waiting.pop()
        if not parts:
            yield folder
            continue
        part, rest = parts[0], parts[1:]
        for name in _named(part, folder, ground):
            path = f"{folder}/{name}" if folder else name
            whole = part == "**" or UNKNOWN in part
            waiting.append((path, [] if whole else rest))


def _named(part: str, folder: str, ground: Ground) -> Iterator[str]:
    path = f"{folder}/{part}" if folder else part
    if ground.kind(path):
        yield part
    elif UNKNOWN in part or _MAGIC.search(part):
        glob = part.partition(UNKNOWN)[0] + "*" if UNKNOWN in part else part
        if ground.kind(folder) == TREE:
            for name in sorted(ground.names(folder)):
                if fnmatchcase(name, glob):
                    yield name
