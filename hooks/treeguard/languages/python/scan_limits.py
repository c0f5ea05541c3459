"""Whether a source is made to be slow to search: imports within lists of imports."""

from __future__ import annotations

import re

_OPENED = re.compile(rb"import[\s\\]*\(")
_CLOSED_OR_COMMENT = re.compile(rb"\)|#[^\n\v]*")
# So many words `import` in one pair of brackets are no list of names with comments.
CROWD = 100


def is_crowded(data: bytes) -> bool:
    """Say whether lists of imported names seem to hold many imports themselves.

    Reading each of them to its end would take time with the square of their number.
    """
    if data.count(b"import") <= CROWD:
        return False
    return any(_holds_many(data, found.end()) for found in _OPENED.finditer(data))


def _holds_many(data: bytes, at: int) -> bool:
    """Say whether more imports than a crowd stand before the bracket closes."""
    count = 0
    while count <= CROWD:
        mark = _CLOSED_OR_COMMENT.search(data, at)
        if mark is None:
            return count + data.count(b"import", at) > CROWD
        count += data.count(b"import", at, mark.end())
        if mark[0] == b")":
            break
        at = mark.end()
    return count > CROWD
