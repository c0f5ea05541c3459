"""Divide moves into commits in which Git pairs every file with its source.

Git pairs a removed and an added file of equal content by name and order alone (diffcore
-rename.c, `find_identical_files`): of several equal ones each destination, in order,
takes the first unused source with its own file name, else the first unused one. Where
the plan says otherwise, `git log --follow` would show another file's history, so the
moves are divided until both agree. A destination that itself moves away is vacated by
an earlier commit, and a cycle of such moves is opened by parking one file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Sequence

from treeguard.plans import FileMove

# The most commits: beyond them equal files may be paired wrongly. Their content, which
# is the same, is kept in any case.
MOST = 8


def divide(moves: Sequence[FileMove]) -> list[list[FileMove]]:
    """Return the moves as a sequence of commits, each sorted by destination.

    Applied in this order every file ends where the plan says, through no place that is
    taken; only a file of a cycle makes a stop in between.
    """
    waiting = sorted(moves, key=lambda move: move.new)
    commits: list[list[FileMove]] = []
    while waiting:
        sources = {move.old for move in waiting}
        ready = [move for move in waiting if move.new not in sources]
        if ready:
            commits += _paired(ready)
            done = set(ready)
            waiting = [move for move in waiting if move not in done]
        else:
            first, rest = waiting[0], waiting[1:]
            stop = _free(first.new, sources)
            commits.append([first._replace(new=stop)])
            waiting = [*rest, first._replace(old=stop)]
    return commits


def _free(path: str, taken: Iterable[str]) -> str:
    stop = f"{path}.moving"
    while stop in taken:
        stop += "x"
    return stop


def _paired(moves: Sequence[FileMove]) -> list[list[FileMove]]:
    """Divide independent moves by how Git pairs equal files."""
    equal: dict[tuple[int, str], list[FileMove]] = defaultdict(list)
    for move in moves:
        equal[(move.mode & 0o170000, move.oid)].append(move)
    commits: list[list[FileMove]] = []
    for group in equal.values():
        for number, part in enumerate(_parts(group)):
            if number == len(commits):
                commits.append([])
            commits[number] += part
    return [sorted(commit, key=lambda move: move.new) for commit in commits]


def _parts(group: list[FileMove]) -> list[list[FileMove]]:
    """Divide files of equal content into few parts that Git pairs correctly."""
    if len(group) == 1 or pairs_correctly(group):
        return [group]
    parts: list[list[FileMove]] = []
    for move in group:
        for part in parts:
            if len(parts) >= MOST and part is parts[-1]:
                part.append(move)
                break
            if pairs_correctly([*part, move]):
                part.append(move)
                break
        else:
            parts.append([move])
    return parts


def pairs_correctly(moves: Sequence[FileMove]) -> bool:
    """Return True if Git pairs these moves of equal files as the plan does."""
    unused = dict.fromkeys(sorted((move.old for move in moves), key=_order))
    by_name: dict[str, list[str]] = defaultdict(list)
    for source in reversed(unused):
        by_name[_name(source)].append(source)
    for move in sorted(moves, key=lambda move: _order(move.new)):
        named = by_name[_name(move.new)]
        while named and named[-1] not in unused:
            named.pop()
        source = named[-1] if named else next(iter(unused))
        if source != move.old:
            return False
        del unused[source]
    return True


def _order(path: str) -> bytes:
    """Git compares paths as bytes."""
    return path.encode("utf-8", "surrogateescape")


def _name(path: str) -> str:
    return path.rpartition("/")[2]
