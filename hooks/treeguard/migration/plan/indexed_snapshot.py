"""A tree whose files are listed once, and of which a plan reads a few files only.

A plan visits all files many times, and in a large repository each listing by Git costs
as much as a commit. It asks what a change of some files makes wrong: what the bytes of
any other file answer is the same before and after, so nobody opens it. Names are asked
about by folder, ending and mode, a few calls for a hundred thousand files, and only the
files in `opened` are read, once it is known which those are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Container
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cached_property

from treeguard.analysis.answers import FileKind
from treeguard.analysis.answers import Kinds
from treeguard.analysis.answers import add_by_content
from treeguard.analysis.answers import blank
from treeguard.analysis.answers import kinds_of
from treeguard.analysis.answers import sort_out
from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import counted
from treeguard.analysis.progress import silent
from treeguard.analysis.query import Answers
from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import Needles
from treeguard.errors import TooLargeError
from treeguard.repository.grep import search
from treeguard.repository.grep import search_words
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import remote_urls
from treeguard.repository.snapshots import entry_of
from treeguard.repository.snapshots import list_tree
from treeguard.repository.worktree import OnDisk
from treeguard.repository.worktree import on_disk
from treeguard.trees import Change
from treeguard.trees import Entry
from treeguard.trees import Snapshot


class Heads(Mapping[str, Entry]):
    """Map paths to entries, which are made from Git's listing when they are needed."""

    def __init__(self, heads: dict[str, str]) -> None:
        self.heads = heads

    def __getitem__(self, path: str) -> Entry:
        return entry_of(self.heads[path])

    def __contains__(self, path: object) -> bool:
        return path in self.heads

    def __iter__(self) -> Iterator[str]:
        return iter(self.heads)

    def __len__(self) -> int:
        return len(self.heads)


class IndexedSnapshot(Snapshot):
    """The snapshot `base`, with the list of its files kept.

    With `git`, the repository that holds it, its files are listed, searched and read
    from disk in the fastest way; without, through `base` alone.
    """

    def __init__(
        self, base: Snapshot, git: Git | None = None, progress: Progress = silent
    ) -> None:
        self.name = base.name
        self.tree = base.tree
        self.opened: Collection[str] | None = None
        self._base = base
        self._git = git
        self._progress = progress
        self._answers: Answers = {}
        self._words: frozenset[bytes] = frozenset()
        self._searched: dict[
            tuple[frozenset[bytes], frozenset[str]], frozenset[str] | None
        ] = {}

    @cached_property
    def by_path(self) -> Heads:
        """Map each path to its entry."""
        if self._git is not None and self.tree is not None:
            return Heads(list_tree(self._git, self.tree))
        every = self._base.files()
        return Heads({path: f"{mode:06o} blob {oid}" for path, (mode, oid) in every})

    @cached_property
    def kinds(self) -> dict[FileKind, list[str]]:
        """Group the paths by folder, ending and mode."""
        modes: dict[str, int] = {}
        heads = self.by_path.heads
        for head in heads.values():
            if head[:6] not in modes:
                modes[head[:6]] = entry_of(head).mode
        return kinds_of((path, modes[head[:6]]) for path, head in heads.items())

    @cached_property
    def reading(self) -> FileReader:
        """Return the reader of its files, from the work tree where that has them."""
        return FileReader(self._base, self.by_path.heads, self._git)

    @property
    def is_partial(self) -> bool:
        """Return True if the bytes of some files are left out of all answers."""
        return self.opened is not None

    def answers(self, queries: Sequence[FileQuery]) -> Answers | None:
        """Return the answers for this tree, of which only `opened` is read.

        None where files have to be read and `opened` is not set yet.
        """
        unknown = [one for one in queries if one.name not in self._answers]
        if self.opened is None and any(one.opens_files for one in unknown):
            return None
        if unknown:
            opened, reading = self.opened or (), self.reading
            self._answers |= ask_among(
                self.kinds, unknown, opened, reading.of_paths, reading.silent
            )
        return {one.name: self._answers[one.name] for one in queries}

    def files(self) -> Iterator[tuple[str, Entry]]:
        return ((path, entry_of(head)) for path, head in self.by_path.heads.items())

    def paths(self) -> Iterable[str]:
        return self.by_path.heads

    def entry(self, path: str) -> Entry | None:
        return self._base.entry(path)

    def remotes(self) -> tuple[str, ...]:
        """Return the addresses of the repository's remotes, none without one."""
        return () if self._git is None else remote_urls(self._git)

    def children(self, folder: str) -> Mapping[str, Entry]:
        return self._base.children(folder)

    def read(self, oid: str) -> bytes:
        return self._base.read(oid)

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return self._base.read_many(oids)

    def changes_since(self, tree: str) -> list[Change] | None:
        return [] if tree == self.tree else self._base.changes_since(tree)

    def expect(self, words: Iterable[bytes]) -> None:
        """Let the first search look for these words too: to inflate every file is what
        a search costs."""
        self._words = frozenset(words)

    def search_words(
        self, words: Iterable[bytes], held: Collection[str] = ()
    ) -> frozenset[str] | None:
        """Return what `grep.search_words` finds, and perhaps more.

        None for a tree that is not a Git object. Files of `held`, which are read later
        anyway, are kept if they are read for this.
        """
        git, wanted = self._git, frozenset(words)
        if git is None or self.tree is None:
            return None
        done = self._searched.items() if wanted <= self._words else ()
        for (_needles, endings), known in done:
            if known is not None:
                rest = search_words(git, self.tree, wanted, endings)
                return None if rest is None else rest | known
        found = self.reading.search(wanted, held, self._progress)
        if found is None:
            count = len(self.by_path)
            self._progress("looking for names of what moves", 0, count)
        return search_words(git, self.tree, wanted) if found is None else found

    def search(
        self, needles: Iterable[bytes], endings: Iterable[str]
    ) -> frozenset[str] | None:
        # Each answer is kept: a moved tree asks the same. The words that are expected
        # count as needles.
        key, git = (frozenset(needles), frozenset(endings)), self._git
        if git is None or self.tree is None:
            return None
        if key not in self._searched:
            self._searched[key] = search(git, self.tree, *key, self._words)
        return self._searched[key]


Read = Callable[[Iterable[str]], Iterator[tuple[str, bytes]]]
# Which of these files are ASCII and hold none of these needles, as far as is known.
Silent = Callable[[Iterable[str], Iterable[bytes]], Container[str]]


def ask_among(
    kinds: Kinds,
    queries: Sequence[FileQuery],
    opened: Container[str],
    read: Read,
    silent: Silent,
) -> Answers:
    """Return the answer to each query, by its name; only files in `opened` are
    read."""
    answers = blank(queries)
    to_read = sort_out(kinds, queries, answers, opened)
    _leave_out_silent(to_read, silent)
    for path, data in read(to_read):
        add_by_content(to_read[path], path, data, Needles(data), answers)
    return answers


def _leave_out_silent(to_read: dict[str, list[FileQuery]], silent: Silent) -> None:
    """Drop the queries about files that hold none of their needles."""
    asked: defaultdict[tuple[bytes, ...], list[str]] = defaultdict(list)
    for path, some in to_read.items():
        for query in some:
            asked[query.needles].append(path)
    mute = {needles: silent(paths, needles) for needles, paths in asked.items()}
    for path, some in [*to_read.items()]:
        left = [q for q in some if not q.needles or path not in mute[q.needles]]
        if left:
            to_read[path] = left
        else:
            del to_read[path]


# Beyond this many words, which are searched for one by one, Git is faster.
_FEW = 6
# Also beyond this many files that are not on disk as Git has them.
_MISSING = 2_000
# How many bytes are kept for later readers.
_HELD = 64 << 20


class FileReader:
    """The files of `snapshot`, of each of which `heads` has `MODE KIND ID`."""

    def __init__(
        self, snapshot: Snapshot, heads: Mapping[str, str], git: Git | None
    ) -> None:
        self._snapshot = snapshot
        self._heads = heads
        self._disk: OnDisk | None = None if git is None else on_disk(git)
        self._held: dict[str, bytes] = {}
        self._holders: dict[bytes, set[str]] = {}
        self._size = 0

    def of_paths(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield the bytes of each path (of a link: its target), in no order."""
        missing: dict[str, list[str]] = {}
        for path in paths:
            data = self._held.get(path)
            if data is None:
                data = self._on_disk(path)
            if data is None:
                missing.setdefault(self._oid(path), []).append(path)
            else:
                yield path, data
        for oid, data in self._snapshot.read_many(missing):
            for path in missing[oid]:
                yield path, data

    def silent(self, paths: Iterable[str], needles: Iterable[bytes]) -> set[str]:
        """Return those of the paths whose kept bytes are ASCII and hold no needle."""
        mute = {path for path in paths if path in self._held}
        for needle in needles if mute else ():
            if needle not in self._holders and len(mute) * 2 < len(self._held):
                mute = {path for path in mute if needle not in self._held[path]}
                continue
            if needle not in self._holders:
                every = self._held.items()
                self._holders[needle] = {path for path, data in every if needle in data}
            mute -= self._holders[needle]
        return {path for path in mute if self._held[path].isascii()}

    def search(
        self, words: Collection[bytes], held: Collection[str], progress: Progress
    ) -> frozenset[str] | None:
        """Return the regular files with one of `words`, or with a non-ASCII byte.

        None where Git does that faster. The bytes of `held` are kept when read.
        """
        if self._disk is None or len(words) > _FEW or not all(words):
            return None
        has_word, found, missing = _holds(words), set(), []
        read = self._disk.read
        every = counted(
            self._heads.items(), len(self._heads), "searching files", progress
        )
        for path, head in every:
            if not head.startswith("10"):
                continue
            data = read(path, head[head.rindex(" ") + 1 :])
            if data is None:
                missing.append(path)
                if len(missing) > _MISSING:
                    return None
                continue
            if path in held:
                self._hold(path, data)
            if not data.isascii() or has_word(data):
                found.add(path)
        try:
            for path, data in self.of_paths(missing):
                if not data.isascii() or has_word(data):
                    found.add(path)
        except TooLargeError:
            return None
        return frozenset(found)

    def _on_disk(self, path: str) -> bytes | None:
        if self._disk is None or not self._heads[path].startswith("10"):
            return None
        return self._disk.read(path, self._oid(path))

    def _oid(self, path: str) -> str:
        return self._heads[path].rpartition(" ")[2]

    def _hold(self, path: str, data: bytes) -> None:
        if self._size + len(data) <= _HELD:
            self._size += len(data)
            self._held[path] = data


def _holds(words: Collection[bytes]) -> Callable[[bytes], bool]:
    """Return a test for bytes: they hold one of the words as a whole."""
    ended = re.compile(rb"(?:%s)(?![0-9A-Za-z_])" % b"|".join(map(re.escape, words)))

    def test(data: bytes) -> bool:
        for word in words:
            if word in data:
                return ended.search(data) is not None
        return False

    return test
