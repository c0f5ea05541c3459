"""The errors that a user, a repository or Git can cause, each with its message.

Only `cli` catches these; it prints the message and exits with `exit_code`.
"""

from __future__ import annotations

from typing import NamedTuple


class TreeguardError(Exception):
    """An error that the user can fix.

    `message` is one sentence that names the place; `hint` is the command to type next
    or the change to make, or empty.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TreeguardError):
    """The command line asks for something that cannot be done."""


class GitError(TreeguardError):
    """Git is missing, too old, or gave an answer from which nothing can be verified."""


class TooLargeError(GitError):
    """A file over the limit, which is not read; `size` is its size in bytes.

    `oid` is its object's id, or empty for a file on disk that `name` names.
    """

    def __init__(self, name: str, size: int, limit: int, oid: str = "") -> None:
        super().__init__(
            f"{name} is too large to be checked: {size} bytes, {limit} allowed",
            "first commit an `exclude` of it alone: in the rule that reads it"
            " (`detect`), or in [policy] for all",
        )
        self.size = size
        self.oid = oid
        self._limit = limit

    def at(self, path: str) -> TooLargeError:
        """Return the same error for the path of the object."""
        return TooLargeError(path, self.size, self._limit, self.oid)


class Fault(NamedTuple):
    """One mistake in a policy file. `line` is 1-based, or 0 if there is none."""

    path: str
    line: int
    key: str
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        key = f"{self.key}: " if self.key else ""
        tail = f" ({self.suggestion})" if self.suggestion else ""
        return f"{self.path}{line}: {key}{self.message}{tail}"


class PolicyError(TreeguardError):
    """An invalid policy, with every fault that was found in it."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        count = len(faults)
        noun = "fault" if count == 1 else "faults"
        super().__init__(
            f"the policy cannot be used: {count} {noun} found",
            "fix the faults listed, then run `treeguard policy check`",
        )
        self.faults = faults


def reason_of(error: OSError) -> str:
    """Return why the operating system refused something, in lower case."""
    return (error.strerror or "unknown reason").lower()
