"""Few folders that hold many paths, for commands of Git that are to look no further.

Git holds each of a hundred thousand entries of the index to every pathspec, and asks
the disk about those that match: so there must be few, and none wider than need be.
"""

from __future__ import annotations

from collections.abc import Iterable

# With more, a look at everything is no dearer.
_MOST = 40


def places(paths: Iterable[str]) -> list[str]:
    """Paths that hold all of `paths`, no two in one upmost folder; none if too many."""
    ends: dict[str, tuple[str, str]] = {}
    for path in paths:
        top = path.partition("/")[0]
        first, last = ends.get(top, (path, path))
        ends[top] = (min(first, path), max(last, path))
    return [_common(*pair) for pair in ends.values()] if len(ends) <= _MOST else []


def _common(first: str, last: str) -> str:
    """What holds both of two paths, and so all that stand between them in order."""
    if first == last:
        return first
    parts = zip(first.split("/"), last.split("/"), strict=False)
    common: list[str] = []
    for one, other in parts:
        if one != other:
            break
        common.append(one)
    return "/".join(common)
