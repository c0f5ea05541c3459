"""What may be wrong with one object, for callers who tell these faults apart."""

from __future__ import annotations

from treeguard.errors import GitError

_MEND = "run `git fsck --full`; a partial clone: `git fetch --refetch --no-filter`"


class MissingObjectError(GitError):
    """An object that is not in the repository; `broken` when it is there, damaged."""

    def __init__(self, message: str, hint: str = "", *, broken: bool = False) -> None:
        super().__init__(message, hint)
        self.broken = broken


def damaged(oid: str, what: str) -> MissingObjectError:
    """The error for an object that is not as Git wrote it."""
    return MissingObjectError(f"object {oid} {what}", _MEND, broken=True)


def missing(oid: str) -> MissingObjectError:
    """The error for an object or a name that is not there."""
    return MissingObjectError(f"object {oid} is missing", _MEND)
