"""Lists of gitignore patterns, compiled on first use and fast on many paths.

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

    __slots__ = ("_matcher", "lines")

    def __init__(self, lines: Sequence[str] = ()) -> None:
        self.lines = tuple(lines)
        self._matcher: _Matcher | None = None

    def match(self, path: str) -> bool:
        """Tell whether a file matches, by itself or by a folder above it."""
        matcher = self._matcher or self._compiled()
        folder, _, name = path.rpartition("/")
        verdict = matcher.folders.get(folder) or matcher.enter(folder)
        return verdict.every or (verdict.some and verdict.test(path, name))

    def folder(self, folder: str) -> bool | None:
        """Return True if every file below matches, False if none can, else None."""
        matcher = self._matcher or self._compiled()
        verdict = matcher.folders.get(folder) or matcher.enter(folder)
        if verdict.every:
            return True
        return None if verdict.some else False

    def here(self, folder: str) -> bool | None:
        """Do as `folder` for the files directly in it, whatever is further below."""
        matcher = self._matcher or self._compiled()
        verdict = matcher.folders.get(folder) or matcher.enter(folder)
        if verdict.every:
            return True
        return None if verdict.some and matcher.means_files else False

    def literals(self) -> tuple[str, ...] | None:
        """Return the patterns as paths without slashes; None if one is not a path."""
        if any(_SPECIAL.intersection(line) for line in self.lines):
            return None
        return tuple(line.rstrip(" ").strip("/") for line in self.lines)

    def deciding(self, path: str) -> str:
        """Return the pattern that decides that `path` matches; empty if none does."""
        if not self.match(path):
            return ""
        # As in a .gitignore, the last one that matches decides.
        for line in reversed(self.lines):
            if not line.startswith("!") and Patterns((line,)).match(path):
                return line
        return " ".join(self.lines)

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Patterns) and other.lines == self.lines

    def __hash__(self) -> int:
        return hash(self.lines)

    def __repr__(self) -> str:
        return f"Patterns({list(self.lines)!r})"

    def _compiled(self) -> _Matcher:
        read = [globs.read(line) for line in self.lines]
        found = [glob for glob in read if glob is not None]
        if any(glob.negated for glob in found):
            self._matcher = _NegatedMatcher(found)
        elif any(_SPECIAL.intersection(part) for glob in found for part in glob.parts):
            self._matcher = _GlobMatcher(found)
        else:
            self._matcher = _PlainMatcher(found)
        return self._matcher


def fault(line: str) -> str:
    """Say why a line is not a pattern, as part of a sentence; empty if it is one."""
    try:
        glob = globs.read(line)
    except ValueError as error:
        return str(error)
    if glob is not None:
        return ""
    return (
        "a comment: write `\\#` for a name that begins with #"
        if line.strip()
        else "empty"
    )


class _Verdict:
    """What is known about all files in one folder and below it.

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


class _Matcher:
    """A compiled list, and its verdicts so far, by folder.

    `means_files` is False where a file matches only by a folder above it.
    """

    means_files = True

    def __init__(self) -> None:
        self.folders: dict[str, _Verdict] = {}
        self._all = _Verdict(True, True, self._test)
        self._some = _Verdict(False, True, self._test)
        self._none = _Verdict(False, False, self._test)

    def enter(self, folder: str) -> _Verdict:
        """Find out about a folder, and remember it."""
        if self._is_inside(folder):
            verdict = self._all
        else:
            verdict = self._some if self._leads_inside(folder) else self._none
        self.folders[folder] = verdict
        return verdict

    def _is_inside(self, folder: str) -> bool:
        """Tell whether every file below `folder` matches."""
        raise NotImplementedError

    def _leads_inside(self, folder: str) -> bool:
        """Tell whether a file below `folder` could match."""
        raise NotImplementedError

    def _test(self, path: str, name: str) -> bool:
        """Tell whether this file matches, though no folder above it does."""
        raise NotImplementedError


class _PlainMatcher(_Matcher):
    """A list of plain paths and names, as most are: it needs no `re.compile`."""

    def __init__(self, found: Sequence[globs.Glob]) -> None:
        super().__init__()
        rooted = [glob for glob in found if glob.anchored]
        self._paths = {"/".join(glob.parts) for glob in rooted}
        self._files = {"/".join(glob.parts) for glob in rooted if not glob.folder_only}
        self._above = {
            "/".join(glob.parts[:depth])
            for glob in rooted
            for depth in range(len(glob.parts))
        }
        floating = [glob for glob in found if not glob.anchored]
        self._names = {glob.parts[0] for glob in floating}
        self._file_names = {glob.parts[0] for glob in floating if not glob.folder_only}
        self.means_files = bool(self._files or self._file_names)

    def _is_inside(self, folder: str) -> bool:
        if not self._names.isdisjoint(folder.split("/")):
            return True
        while folder:
            if folder in self._paths:
                return True
            folder = folder.rpartition("/")[0]
        return False

    def _leads_inside(self, folder: str) -> bool:
        return bool(self._names) or folder in self._above

    def _test(self, path: str, name: str) -> bool:
        return name in self._file_names or path in self._files


class _GlobMatcher(_Matcher):
    """A list with wildcards, without negation."""

    def __init__(self, found: Sequence[globs.Glob]) -> None:
        super().__init__()
        fresh = itertools.count()
        files = [glob for glob in found if not glob.folder_only]
        self.means_files = bool(files)
        names = [glob.parts[0] for glob in files if not glob.anchored]
        paths = [glob for glob in files if glob.anchored]
        rooted = [glob for glob in found if not glob.floats]
        self._everything = any(glob.parts in _EVERYTHING for glob in files)
        self._floats = len(rooted) < len(found)
        self._above = _any(globs.path_regex(glob, fresh) for glob in found)
        self._leads = _any(f"{globs.above_regex(glob, fresh)}\\Z" for glob in rooted)
        self._names = _any(f"{globs.part_regex(name, fresh)}\\Z" for name in names)
        self._paths = _any(globs.path_regex(glob, fresh) for glob in paths)

    def _is_inside(self, folder: str) -> bool:
        return self._everything or bool(folder and self._above(f"{folder}/"))

    def _leads_inside(self, folder: str) -> bool:
        return self._floats or bool(self._leads(f"{folder}/" if folder else ""))

    def _test(self, path: str, name: str) -> bool:
        return self._names(name) is not None or self._paths(path) is not None


class _NegatedMatcher(_GlobMatcher):
    """A list with negated patterns."""

    def __init__(self, found: Sequence[globs.Glob]) -> None:
        super().__init__([glob for glob in found if not glob.negated])
        self._negated = _GlobMatcher([glob for glob in found if glob.negated])
        self._spec_says = _spec(found)
        self.means_files = True

    def _is_inside(self, folder: str) -> bool:
        """Tell whether all match, if no negated pattern reaches the folder."""
        return super()._is_inside(folder) and not self._negated.enter(folder).some

    def _leads_inside(self, folder: str) -> bool:
        return super()._is_inside(folder) or super()._leads_inside(folder)

    def _test(self, path: str, name: str) -> bool:
        return self._spec_says(path)


_EVERYTHING = frozenset({("*",), ("**",), ("**", "*"), ("**", "**")})


def _any(regexes: Iterable[str]) -> Callable[[str], object]:
    """Return a function that tells whether any of these matches a text's start."""
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
