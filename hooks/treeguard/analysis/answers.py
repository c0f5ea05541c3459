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
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
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
        answers = _blank(queries)
        _ask(snapshot, snapshot.files(), queries, answers, progress)
    cache.put(answers)
    return answers


def has_answers(tree: str, queries: Sequence[FileQuery], store: Store) -> bool:
    """Return True if `answer` has nothing to find out about this tree."""
    return is_kept(store, _KIND, tree, _scope(queries))


def _scope(queries: Sequence[FileQuery]) -> str:
    return scope_of(*sorted(query.name for query in queries))


def _blank(queries: Sequence[FileQuery]) -> Answers:
    return {query.name: 0 if query.counts else set() for query in queries}


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
    answers: Answers = {
        name: value if isinstance(value, int) else set(value)
        for name, value in kept.items()
    }
    for change in changes:
        if change.old is not None:
            _forget(change.path, change.old, queries, answers)
    present = [(change.path, change.new) for change in changes if change.new]
    _ask(snapshot, present, queries, answers)
    return answers


def _forget(
    path: str, entry: Entry, queries: Sequence[FileQuery], answers: Answers
) -> None:
    for query in queries:
        value = answers[query.name]
        if isinstance(value, set):
            value.discard(path)
        elif _by_path(query, path, entry):
            answers[query.name] = value - 1


def _by_path(query: FileQuery, path: str, entry: Entry) -> bool:
    verdict = query.folder(path.rpartition("/")[0])
    return query.path(path, entry.mode) if verdict is None else verdict


def _ask(
    snapshot: Snapshot,
    files: Iterable[tuple[str, Entry]],
    queries: Sequence[FileQuery],
    answers: Answers,
    progress: Progress = silent,
) -> None:
    """Put every query to `files`, adding to `answers`."""
    files = list(files)
    search = start_search(snapshot, files, queries)
    to_read: ToRead = defaultdict(list)
    for path, entry, asked in by_folder(files, queries):
        for query in asked.by_name:
            _add(query, path, answers)
        if asked.by_bytes and entry.is_file:
            to_read[entry.oid].append((path, asked.by_bytes))
    wanted = worth_reading(search, to_read)
    blobs = snapshot.read_many(wanted)
    try:
        for oid, data in counted(blobs, len(wanted), "reading files", progress):
            holds = Needles(data)
            for path, content in to_read[oid]:
                for query in content:
                    if by_content(query, path, data, holds):
                        _add(query, path, answers)
    except TooLargeError as error:
        paths = [path for path, _ in to_read.get(error.oid, ())]
        raise (error.at(" and ".join(paths[:9])) if paths else error) from error


def _add(query: FileQuery, path: str, answers: Answers) -> None:
    value = answers[query.name]
    if isinstance(value, set):
        value.add(path)
    else:
        answers[query.name] = value + 1


# From this many files on Git searches them before any is read.
MANY_FILES = 2_000
# So many files are enough to tell what is asked of most.
SAMPLE = 500
# A query is common when it is put to one file of so many.
COMMON = 8


class Asked(NamedTuple):
    """What one file is asked: what its name answers, and what takes its bytes."""

    by_name: list[FileQuery]
    by_bytes: list[FileQuery]

    @classmethod
    def of(cls, queries: Iterable[FileQuery]) -> Asked:
        """Return `queries`, sorted out."""
        every = list(queries)
        by_bytes = [query for query in every if query.opens_files]
        return cls([q for q in every if not q.opens_files], by_bytes)


Plan = tuple[Asked, list[FileQuery]]
ToRead = dict[str, "list[tuple[str, list[FileQuery]]]"]


def by_folder(
    files: Iterable[tuple[str, Entry]], queries: Sequence[FileQuery]
) -> Iterator[tuple[str, Entry, Asked]]:
    """Yield each file with the queries that mean it; what is alike is asked only
    once."""
    plans: dict[tuple[str, str, int], Plan] = {}
    for path, entry in files:
        folder, _, name = path.rpartition("/")
        dot = name.rfind(".")
        # A name that begins with a dot may have no ending at all: `.profile`.
        ending = name[dot:] if dot > 0 and name[0] != "." else ""
        kind = (folder, ending, entry.mode)
        plan = plans.get(kind)
        if plan is None:
            plan = plans[kind] = _plan(queries, *kind)
        sure, open_ones = plan
        more = [q for q in open_ones if q.path(path, kind[2])] if open_ones else ()
        if more:
            sure = Asked.of([*sure.by_name, *sure.by_bytes, *more])
        if sure.by_name or sure.by_bytes:
            yield path, entry, sure


def _plan(queries: Sequence[FileQuery], folder: str, ending: str, mode: int) -> Plan:
    """Return what is asked of all files of a kind, and what each of them has to be
    asked."""
    sure: list[FileQuery] = []
    open_ones: list[FileQuery] = []
    for query in queries:
        verdict = query.folder(folder)
        if verdict is None and ending:
            verdict = query.alike(folder, ending, mode)
        if verdict is not False:
            (open_ones if verdict is None else sure).append(query)
    return Asked.of(sure), open_ones


Found = frozenset[str] | None


class Search(NamedTuple):
    """Git's search for what common queries look for, while it is under way.

    Of a file whose path has one of `endings` and is not among `found()`, a query
    named in `common` is answered with no. `found()` is None where Git could not tell.
    """

    common: frozenset[str]
    endings: frozenset[str]
    found: Callable[[], Found]


def start_search(
    snapshot: Snapshot,
    files: Sequence[tuple[str, Entry]],
    queries: Sequence[FileQuery],
) -> Search | None:
    """Let Git search all files at once, while their paths are gone through here.

    Most queries mean nearly every source and have needles; what else is asked is
    asked of few files. A sample tells which are which.
    """
    if len(files) < MANY_FILES:
        return None
    sample = files[:: max(1, len(files) // SAMPLE)]
    to_read = [asked for asked in by_folder(sample, queries) if asked[2].by_bytes]
    if len(to_read) * COMMON < len(sample):
        return None
    times = Counter(q.name for _, _, asked in to_read for q in asked.by_bytes)
    needles: set[bytes] = set()
    common: set[str] = set()
    for query in queries:
        if query.needles and times[query.name] * COMMON > len(to_read):
            common.add(query.name)
            needles.update(query.needles)
    endings = Counter(_ending(path) for path, _, _ in to_read)
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


def worth_reading(search: Search | None, to_read: ToRead) -> list[str]:
    """Return the blobs of `to_read`, without those that `search` shows to answer
    nothing."""
    found = None if search is None else search.found()
    if search is None or found is None:
        return list(to_read)
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
        for oid, places in to_read.items()
        if not all(is_out(path, queries) for path, queries in places)
    ]


def _ending(path: str) -> str:
    """Return `.py`; empty where it is not made of a dot and letters."""
    _, dot, ending = path.rpartition("/")[2].rpartition(".")
    return dot + ending if ending.isascii() and ending.isalnum() else ""
