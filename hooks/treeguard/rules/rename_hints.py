"""Where the content of a deleted file went: this explains a loss, and decides nothing.

A rename as Git shows it is a guess from similar content (gitdiffcore(7)); a guess may
tell a person what happened, but must not turn a deletion into a move.
"""

from __future__ import annotations

from collections import Counter
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Fix
from treeguard.languages.size_limits import LARGE
from treeguard.languages.size_limits import content
from treeguard.rules import shell_commands
from treeguard.trees import Change

# Beyond this, comparing contents would cost more than the hint is worth.
MAX_COMPARED = 50
MOST_COMPARISONS = 2_000
MAX_SIZE = 1_000_000
ALIKE = 0.5


class Hint(NamedTuple):
    """Words to add to the message, the path they name, and a better way back."""

    words: str
    path: str
    fix: Fix | None


class Whereabouts:
    """Looks among the added files for what a deleted one became.

    `copies` were added outside of what is protected, `edited_copies` inside of it and
    are not yet accounted for. Each explains one deletion at most.
    """

    def __init__(
        self,
        old: TreeAnalysis,
        new: TreeAnalysis,
        edited_copies: Sequence[Change],
        copies: Sequence[Change],
    ) -> None:
        self.old = old
        self._new = new
        self._edited_copies = {copy.path: copy for copy in edited_copies}
        self._by_name: defaultdict[str, list[str]] = defaultdict(list)
        for copy in reversed(edited_copies):
            self._by_name[_name(copy.path)].append(copy.path)
        self._by_blob: defaultdict[str, list[Change]] = defaultdict(list)
        self._by_case: defaultdict[str, list[Change]] = defaultdict(list)
        for copy in reversed(copies):
            if copy.new is not None and copy.new.is_file:
                self._by_blob[copy.new.oid].append(copy)
            self._by_case[copy.path.casefold()].append(copy)
        self._told: set[str] = set()
        self._comparisons = MOST_COMPARISONS

    def of(self, change: Change, *, is_free: bool) -> Hint | None:
        """What became of the deleted `change.path`; None when nothing tells.

        `is_free`: nothing stands at the old path that would have to go first.
        """
        return (
            self._same_bytes(change, is_free)
            or self._edited_copy(change)
            or self._other_case(change)
        )

    def _same_bytes(self, change: Change, is_free: bool) -> Hint | None:
        """Of equal files; that two are empty says nothing about where one went."""
        was = change.old
        if was is None or not was.is_file or not self._by_blob.get(was.oid):
            return None
        if not content(self._new.snapshot, was.oid):
            return None
        copy = self._by_blob[was.oid].pop()
        self._told.add(copy.path)
        words = f"; the same bytes are now at {copy.path}"
        return Hint(words, copy.path, self._way_back(copy, change, is_free))

    def _way_back(self, copy: Change, change: Change, is_free: bool) -> Fix | None:
        if not is_free:
            return None
        folder = change.path.rpartition("/")[0]
        missing = bool(folder) and self._new.entry(folder) is None
        commands = shell_commands.move(copy.path, change.path, make_folder=missing)
        return Fix(f"move it back to {change.path}", commands)

    def _edited_copy(self, change: Change) -> Hint | None:
        copy, verb = self._similar(change), "is"
        if copy is None:
            copy, verb = self._same_name(change), "may be"
        if copy is None:
            return None
        del self._edited_copies[copy.path]
        words = f"; {copy.path}, added here, {verb} an edited copy of it"
        summary = (
            f"commit the move to {copy.path} with its content unchanged first, "
            "then the edit"
        )
        return Hint(words, copy.path, Fix(summary))

    def _similar(self, change: Change) -> Change | None:
        if change.old is None or not change.old.is_file:
            return None
        candidates = list(islice(self._edited_copies.values(), MAX_COMPARED))
        self._comparisons -= len(candidates)
        if not candidates or self._comparisons < 0:
            return None
        lines = _lines(content(self.old.snapshot, change.old.oid))
        for copy in candidates if lines else ():
            if copy.new is not None and copy.new.is_file:
                others = _lines(content(self._new.snapshot, copy.new.oid))
                shared = (lines & others).total()
                if shared >= ALIKE * max(lines.total(), others.total()):
                    return copy
        return None

    def _same_name(self, change: Change) -> Change | None:
        paths = self._by_name.get(_name(change.path), [])
        while paths:
            copy = self._edited_copies.get(paths.pop())
            if copy is not None:
                return copy
        return None

    def _other_case(self, change: Change) -> Hint | None:
        for copy in reversed(self._by_case.get(change.path.casefold(), [])):
            if copy.path not in self._told:
                words = f"; {copy.path} is another path: its case differs"
                return Hint(words, copy.path, None)
        return None


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _lines(data: bytes) -> Counter[bytes]:
    """Lines that hold something; none for a file too large to compare."""
    if len(data) > MAX_SIZE or data == LARGE:
        return Counter()
    return Counter(line for line in data.split(b"\n") if line.strip())
