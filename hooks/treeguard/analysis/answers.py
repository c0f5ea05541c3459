"""Answers queries about one tree, at a cost that grows with the change.

The answers are kept by tree. Those of a neighbouring tree are brought up to date: Git
names the paths that differ without entering an equal subtree, and only those are asked
about again. Only without such a tree every file of the repository is visited, once,
with every query in one pass.

Many queries about a hundred thousand files would be millions of calls. Files of one
folder, ending and mode are mostly alike to a query, so it is asked about all at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Container
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple
from typing import Protocol

from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import counted
from treeguard.analysis.progress import silent
from treeguard.analysis.query import Answers
from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import Needles
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.query import by_content
from treeguard.analysis.store import Store
from treeguard.analysis.tree_cache import Differences
from treeguard.analysis.tree_cache import TreeCache
from treeguard.analysis.tree_cache import is_kept
from treeguard.analysis.tree_cache import scope_of
from treeguard.errors import TooLargeError
from treeguard.trees import Change
from treeguard.trees import Entry
from treeguard.trees import Snapshot

_KIND = "answers"
# How many earlier trees are tried as a starting point before all files are read.
RECENT = 6
# Beyond this many changed paths a full pass is no dearer than bringing up to date.
MANY_CHANGES = 50_000


class AnswerSource(Protocol):
    """Answers queries about one snapshot in a way of its own, before any file is read.

    While it `is_partial`, the bytes of some files are left out of its answers.
    """

    @property
    def is_partial(self) -> bool: ...

    def answers(self, queries: Sequence[FileQuery]) -> Answers | None:
        """Return the answers by name; None where files have to be read as usual."""


def answer(
    snapshot: Snapshot,
    queries: Sequence[FileQuery],
    store: Store,
    progress: Progress = silent,
    source: AnswerSource | None = None,
) -> Answers:
    """Return the answer to each query, by its name: a set of paths, or a count.

    `source` is asked first, if it is given; `progress` is called with the number of
    files that have been read.
    """
    known = source.answers(queries) if source is not None else None
    if known is not None:
        return known
    differences = Differences(snapshot, SearchRoots((), ()))
    cache = TreeCache(differences, store, _KIND, _scope(queries), RECENT)
    answers = _brought_up_to_date(snapshot, queries, cache)
    if answers is None:
        answers = _asked(snapshot, snapshot.files(), queries, progress)
    cache.put(answers)
    return answers


def has_answers(tree: str, queries: Sequence[FileQuery], store: Store) -> bool:
    """Return True if `answer` has nothing to find out about this tree."""
    return is_kept(store, _KIND, tree, _scope(queries))


def _scope(queries: Sequence[FileQuery]) -> str:
    return scope_of(*sorted(query.name for query in queries))


def _brought_up_to_date(
    snapshot: Snapshot, queries: Sequence[FileQuery], cache: TreeCache
) -> Answers | None:
    for _tree, kept, since in cache.neighbours():
        if not since.changes:
            return dict(kept)
        if len(since.changes) < MANY_CHANGES:
            return _patched(snapshot, queries, kept, since.changes.values())
    return None


def _patched(
    snapshot: Snapshot,
    queries: Sequence[FileQuery],
    kept: Answers,
    changes: Collection[Change],
) -> Answers:
    gone = kinds_of((one.path, one.old.mode) for one in changes if one.old)
    present = [(one.path, one.new) for one in changes if one.new]
    return exchanged(kept, gone, _asked(snapshot, present, queries), queries)


def _asked(
    snapshot: Snapshot,
    files: Iterable[tuple[str, Entry]],
    queries: Sequence[FileQuery],
    progress: Progress = silent,
) -> Answers:
    """Return what `files` answer to every query."""
    entries = dict(files)
    search = _start_search(snapshot, entries, queries)
    answers = blank(queries)
    kinds = kinds_of((path, entry.mode) for path, entry in entries.items())
    places: ToRead = {}
    for path, some in sort_out(kinds, queries, answers).items():
        places.setdefault(entries[path].oid, []).append((path, some))
    wanted = _worth_reading(search, places)
    blobs = _read(snapshot, wanted, places)
    for oid, data in counted(blobs, len(wanted), "reading files", progress):
        holds = Needles(data)
        for path, some in places[oid]:
            add_by_content(some, path, data, holds, answers)
    return answers


def _read(
    snapshot: Snapshot, wanted: Sequence[str], places: ToRead
) -> Iterator[tuple[str, bytes]]:
    """Yield blobs in order, without those too large of which the answer is no."""
    left = wanted
    while left:
        try:
            yield from snapshot.read_many(left)
            return
        except TooLargeError as error:
            files = places.get(error.oid, ())
            if not files:
                raise
            asked = ((query, path) for path, some in files for query in some)
            if not all(query.skips_large(path) for query, path in asked):
                paths = [path for path, _ in files]
                raise error.at(" and ".join(paths[:9])) from error
            left = left[left.index(error.oid) + 1 :]


class FileKind(NamedTuple):
    """What files have in common that are mostly alike to a query."""

    folder: str
    ending: str
    mode: int


Kinds = Mapping[FileKind, Sequence[str]]


def kinds_of(files: Iterable[tuple[str, int]]) -> dict[FileKind, list[str]]:
    """Return paths, which come with their modes, by kind."""
    found: dict[tuple[str, str, int], list[str]] = {}
    for path, mode in files:
        folder, _, name = path.rpartition("/")
        dot = name.rfind(".")
        # A name that begins with a dot may have no ending at all: `.profile`.
        ending = name[dot:] if dot > 0 and name[0] != "." else ""
        key = (folder, ending, mode)
        if key in found:
            found[key].append(path)
        else:
            found[key] = [path]
    return {FileKind(*key): paths for key, paths in found.items()}


def sort_out(
    kinds: Kinds,
    queries: Sequence[FileQuery],
    answers: Answers,
    opened: Container[str] | None = None,
) -> dict[str, list[FileQuery]]:
    """Add what names answer to `answers`; return the files to read, and for which
    queries. Of them only those in `opened` are read, if it is given."""
    to_read: dict[str, list[FileQuery]] = {}
    by_name = [query for query in queries if not query.opens_files]
    by_bytes = [query for query in queries if query.opens_files]
    for kind, paths in kinds.items():
        files = paths if kind.mode & 0o170000 == 0o100000 else ()
        if opened is not None:
            files = [path for path in files if path in opened]
        of_all: list[FileQuery] = []
        more: dict[str, list[FileQuery]] = {}
        for query in by_name:
            meant = _meant(query, kind, paths)
            if meant:
                add(query, meant, answers)
        for query in by_bytes if files else ():
            meant = _meant(query, kind, files)
            if meant is files:
                of_all.append(query)
                continue
            for path in meant:
                more.setdefault(path, []).append(query)
        for path in files if of_all else more:
            to_read[path] = [*of_all, *more[path]] if path in more else of_all
    return to_read


def _meant(query: FileQuery, kind: FileKind, paths: Sequence[str]) -> Sequence[str]:
    """Return those of `paths`, all of one kind, that are meant as far as names show."""
    verdict = query.folder(kind.folder)
    if verdict is None and kind.ending:
        verdict = query.alike(*kind)
    if verdict is None:
        return [path for path in paths if query.path(path, kind.mode)]
    return paths if verdict else ()


def exchanged(
    kept: Answers, gone: Kinds, added: Answers, queries: Sequence[FileQuery]
) -> Answers:
    """Return the answers `kept` without the files `gone`, and with those `added`."""
    answers: Answers = {}
    paths = [path for some in gone.values() for path in some]
    for query in queries:
        before, after = kept[query.name], added[query.name]
        if isinstance(before, int) and isinstance(after, int):
            less = sum(len(_meant(query, *one)) for one in gone.items())
            answers[query.name] = before - less + after
        elif not isinstance(before, int) and not isinstance(after, int):
            answers[query.name] = before.difference(paths) | after
    return answers


def blank(queries: Iterable[FileQuery]) -> Answers:
    """Return answers about no file at all."""
    return {query.name: 0 if query.is_count else set() for query in queries}


def add(query: FileQuery, paths: Collection[str], answers: Answers) -> None:
    """Add files that answer a query."""
    value = answers[query.name]
    if isinstance(value, set):
        value.update(paths)
    else:
        answers[query.name] = value + len(paths)


def add_by_content(
    queries: Iterable[FileQuery],
    path: str,
    data: bytes,
    holds: Needles,
    answers: Answers,
) -> None:
    """Add a file to the answers of those `queries` that its bytes answer."""
    for query in queries:
        if by_content(query, path, data, holds):
            add(query, (path,), answers)


# From this many files on Git searches them before any is read.
MANY_FILES = 2_000
# So many files are enough to tell what is asked of most.
SAMPLE = 500
# A query is common when it is put to one file of so many.
COMMON = 8


ToRead = dict[str, "list[tuple[str, list[FileQuery]]]"]
Found = frozenset[str] | None


class Search(NamedTuple):
    """Git's search for what common queries look for, while it is under way.

    Of a file whose path has one of `endings` and is not among `found()`, a query
    named in `common` is answered with no. `found()` is None where Git could not tell.
    """

    common: frozenset[str]
    endings: frozenset[str]
    found: Callable[[], Found]


def _start_search(
    snapshot: Snapshot, entries: Mapping[str, Entry], queries: Sequence[FileQuery]
) -> Search | None:
    """Let Git search all files at once, while their paths are sorted out here.

    Most queries mean nearly every source and have needles; the others ask about few
    files. A sample shows which are which.
    """
    if len(entries) < MANY_FILES:
        return None
    sample = [*entries.items()][:: max(1, len(entries) // SAMPLE)]
    kinds = kinds_of((path, entry.mode) for path, entry in sample)
    to_read = sort_out(kinds, queries, blank(queries))
    if len(to_read) * COMMON < len(sample):
        return None
    times = Counter(query.name for some in to_read.values() for query in some)
    needles: set[bytes] = set()
    common: set[str] = set()
    for query in queries:
        if query.needles and times[query.name] * COMMON > len(to_read):
            common.add(query.name)
            needles.update(query.needles)
    endings = Counter(map(_ending, to_read))
    usual = {e for e, count in endings.items() if e and count * COMMON > len(to_read)}
    if not usual:
        return None
    found = _meanwhile(lambda: snapshot.search(needles, usual))
    return Search(frozenset(common), frozenset(usual), found)


def _meanwhile(search: Callable[[], Found]) -> Callable[[], Found]:
    """Begin `search` now, in a thread that waits for Git; what is returned ends it."""
    import threading

    ends: list[Found | BaseException] = []

    def work() -> None:
        try:
            ends.append(search())
        except BaseException as error:
            ends.append(error)  # raised where the answer is asked for

    thread = threading.Thread(target=work, daemon=True)
    thread.start()

    def found() -> Found:
        thread.join()
        if isinstance(ends[0], BaseException):
            raise ends[0]
        return ends[0]

    return found


def _worth_reading(search: Search | None, places: ToRead) -> list[str]:
    """Return the blobs of `places`, without those that answer nothing by `search`."""
    found = None if search is None else search.found()
    if search is None or found is None:
        return list(places)
    is_common: dict[int, bool] = {}

    def is_out(path: str, queries: list[FileQuery]) -> bool:
        if path in found or _ending(path) not in search.endings:
            return False
        known = is_common.get(id(queries))
        if known is None:
            known = search.common.issuperset(q.name for q in queries)
            is_common[id(queries)] = known
        return known

    return [
        oid
        for oid, files in places.items()
        if not all(is_out(path, queries) for path, queries in files)
    ]


def _ending(path: str) -> str:
    """Return `.py`; empty where it is not made of a dot and letters."""
    _, dot, ending = path.rpartition("/")[2].rpartition(".")
    return dot + ending if ending.isascii() and ending.isalnum() else ""
