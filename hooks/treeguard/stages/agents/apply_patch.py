"""The text of Codex's `apply_patch`, applied to the files that it names.

The format is described in openai/codex, apply_patch_tool_instructions.md: sections that
add, delete or update a file, an update with hunks of context, `-` and `+` lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from treeguard.errors import UsageError

BEGIN = "*** Begin Patch"
END = "*** End Patch"
_ADD = "*** Add File: "
_DELETE = "*** Delete File: "
_UPDATE = "*** Update File: "
_MOVE = "*** Move to: "
_END_OF_FILE = "*** End of File"


class Section(NamedTuple):
    """One file of a patch: what is done, its path, its new path, and its lines."""

    kind: str
    path: str
    moved: str
    lines: list[str]


def sections(text: str) -> Iterator[Section]:
    """Yield the files that a patch names. Raises `UsageError` if it is not a patch."""
    lines = text.replace("\r\n", "\n").split("\n")
    try:
        first = next(i for i, line in enumerate(lines) if line.strip() == BEGIN)
    except StopIteration:
        raise _broken(f"it does not begin with {BEGIN!r}") from None
    current: Section | None = None
    for line in lines[first + 1 :]:
        if line.strip() == END:
            break
        opened = _opened(line)
        if opened is not None:
            if current is not None:
                yield current
            current = opened
        elif line.startswith(_MOVE) and current is not None and not current.lines:
            current = current._replace(moved=line[len(_MOVE) :].strip())
        elif current is not None:
            current.lines.append(line)
        elif line.strip():
            raise _broken("a line of it comes before any file")
    if current is not None:
        yield current


def _opened(line: str) -> Section | None:
    for kind in (_ADD, _DELETE, _UPDATE):
        if line.startswith(kind):
            return Section(kind.split()[1], line[len(kind) :].strip(), "", [])
    return None


def added(section: Section) -> bytes:
    """Return the content of a file that is added."""
    lines = [line[1:] for line in section.lines if line.startswith("+")]
    return _encoded("".join(f"{line}\n" for line in lines))


def updated(section: Section, data: bytes) -> bytes:
    """Return a file's content after its hunks. Raises `UsageError` if one has no place.

    The context is found as it is, or else without regard to white space at the
    ends of lines: Codex does no less.
    """
    text = data.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    lines = text.split("\n")
    at = 0
    for old, new in _hunks(section.lines):
        place = _place(lines, old, at)
        if place is None and old and not old[-1]:
            old, new = old[:-1], new[:-1] if new and not new[-1] else new
            place = _place(lines, old, at)
        if place is None:
            raise _broken(f"a hunk of it has no place in {section.path}")
        lines[place : place + len(old)] = new
        at = place + len(new)
    return _encoded("\n".join(lines))


def _hunks(lines: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    old: list[str] = []
    new: list[str] = []
    for line in [*lines, "@@"]:
        if line.startswith("@@"):
            if old or new:
                yield old, new
            old, new = [], []
        elif line.strip() != _END_OF_FILE:
            mark, rest = line[:1], line[1:]
            if mark != "+":
                old.append(rest if mark in (" ", "-") else line)
            if mark != "-":
                new.append(rest if mark in (" ", "+") else line)


def _place(lines: list[str], wanted: list[str], at: int) -> int | None:
    if not wanted:  # nothing but new lines: they go to the end
        return len(lines) - (1 if lines and not lines[-1] else 0)
    for trimmed in (False, True):
        have = [line.strip() for line in lines] if trimmed else lines
        want = [line.strip() for line in wanted] if trimmed else wanted
        for start in (at, 0):
            for place in range(start, len(have) - len(want) + 1):
                if have[place : place + len(want)] == want:
                    return place
    return None


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _broken(why: str) -> UsageError:
    return UsageError(f"the patch cannot be read: {why}", "write the patch again")
