"""Lists of gitignore patterns, compiled when first used and fast on many paths.

Lists without `!` become regular expressions of our own (see `globs`): nearly all lists
are such, and importing pathspec costs more than half of what a commit may take. Where
`!` decides, `GitIgnoreSpec` does: the pattern that names the file itself goes before
one that names a folder above it, and of two of these the later one.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence

from treeguard.policy import globs

_SPECIAL = frozenset("*?[]\\!#")


class Patterns:
    """A list of patterns, with the meaning that they have in a root `.gitignore`.

    `lines` are the patterns as written; equality and hash are theirs. A pattern that
    cannot be used raises `ValueError` when something is matched for the first time;
    `fault` tells beforehand.
    """

    __slots__ = ("_judge", "lines")

    def __init__(self, lines: Sequence[str] = ()) -> None:
        self.lines = tuple(lines)
        self._judge: _Judge | None = None

    def match(self, path: str) -> bool:
        """True when the file at `path` is meant, by itself or by a folder above it."""
        judge = self._judge or self._compiled()
        folder, _, name = path.rpartition("/")
        verdict = judge.folders.get(folder) or judge.enter(folder)
        return verdict.every or (verdict.some and verdict.test(path, name))

    def folder(self, folder: str) -> bool | None:
        """True: every file below is meant; False: none can be; None: look at each."""
        judge = self._judge or self._compiled()
        verdict = judge.folders.get(folder) or judge.enter(folder)
        if verdict.every:
            return True
        return None if verdict.some else False

    def literals(self) -> tuple[str, ...] | None:
        """The patterns as paths, slashes at their ends removed; None if one is none."""
        if any(_SPECIAL.intersection(line) for line in self.lines):
            return None
        return tuple(line.rstrip(" ").strip("/") for line in self.lines)

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Patterns) and other.lines == self.lines

    def __hash__(self) -> int:
        return hash(self.lines)

    def __repr__(self) -> str:
        return f"Patterns({list(self.lines)!r})"

    def _compiled(self) -> _Judge:
        read = [globs.read(line) for line in self.lines]
        found = [glob for glob in read if glob is not None]
        negated = any(glob.negated for glob in found)
        self._judge = _NegatingJudge(found) if negated else _Judge(found)
        return self._judge


def fault(line: str) -> str:
    """Why a line can be no pattern, as part of a sentence; empty if it can."""
    try:
        glob = globs.read(line)
    except ValueError as error:
        return str(error)
    if glob is not None:
        return ""
    return "a comment: write `\\#` for a name that begins with #" if line else "empty"


class _Verdict:
    """What is known of all files directly in one folder and below it.

    `some` is False when no file below can match; `test` decides on a file directly in
    the folder, by its path and its name.
    """

    __slots__ = ("every", "some", "test")

    def __init__(
        self, every: bool, some: bool, test: Callable[[str, str], bool]
    ) -> None:
        self.every = every
        self.some = some
        self.test = test


class _Judge:
    """A compiled list without negation, and its verdicts so far, by folder."""

    def __init__(self, found: Sequence[globs.Glob]) -> None:
        self.folders: dict[str, _Verdict] = {}
        fresh = itertools.count()
        files = [glob for glob in found if not glob.folder_only]
        names = [glob.parts[0] for glob in files if not glob.anchored]
        paths = [glob for glob in files if glob.anchored]
        rooted = [glob for glob in found if not glob.floats]
        self._everything = any(glob.parts in _EVERYTHING for glob in files)
        self._floats = len(rooted) < len(found)
        self._above = _any(globs.path_regex(glob, fresh) for glob in found)
        self._leads = _any(f"{globs.above_regex(glob, fresh)}\\Z" for glob in rooted)
        self._names = _any(f"{globs.part_regex(name, fresh)}\\Z" for name in names)
        self._paths = _any(globs.path_regex(glob, fresh) for glob in paths)

    def enter(self, folder: str) -> _Verdict:
        """Find out about a folder, and keep it."""
        path = f"{folder}/" if folder else ""
        every = self._everything or bool(path and self._above(path))
        some = every or self._floats or self._leads(path) is not None
        self.folders[folder] = verdict = _Verdict(every, some, self._test)
        return verdict

    def _test(self, path: str, name: str) -> bool:
        return self._names(name) is not None or self._paths(path) is not None


class _NegatingJudge(_Judge):
    """A compiled list in which some pattern takes back what others say."""

    def __init__(self, found: Sequence[globs.Glob]) -> None:
        super().__init__([glob for glob in found if not glob.negated])
        self._taken_back = _Judge([glob for glob in found if glob.negated])
        self._spec_says = _spec(found)

    def enter(self, folder: str) -> _Verdict:
        """Find out about a folder: what no negated pattern reaches is as without."""
        verdict = super().enter(folder)
        if self._taken_back.enter(folder).some:
            verdict = _Verdict(False, verdict.some, self._test)
        self.folders[folder] = verdict
        return verdict

    def _test(self, path: str, name: str) -> bool:
        return self._spec_says(path)


_EVERYTHING = frozenset({("*",), ("**",), ("**", "*"), ("**", "**")})


def _any(regexes: Iterable[str]) -> Callable[[str], object]:
    """One function that tells whether any of these matches a text from its start."""
    joined = "|".join(regexes)
    return re.compile(joined, re.DOTALL).match if joined else _nothing


def _nothing(_text: str) -> None:
    return None


def _spec(found: Sequence[globs.Glob]) -> Callable[[str], bool]:
    from pathspec import GitIgnoreSpec
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    fresh = itertools.count()
    patterns = []
    for glob in found:
        regex = "\\A" + globs.path_regex(glob, fresh, globs.FOLDER_MARK)
        compiled = re.compile(regex, re.DOTALL)
        patterns.append(GitIgnoreSpecPattern(compiled, not glob.negated))
    # Other engines than `re` know no group that is matched once and kept.
    spec = GitIgnoreSpec(patterns, backend="simple")
    return lambda path: spec.check_file(path, separators=()).include is True
