"""Who is asked what: files by their folders and names, and the few that must be read.

Many questions of a hundred thousand files would be millions of calls. Files of one
folder, ending and mode are mostly alike to a question, so it is asked of all at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from treeguard.analysis.query import FileQuery
from treeguard.trees import Entry
from treeguard.trees import Snapshot

# From this many files on Git searches them before any is read.
MANY_FILES = 2_000
# So many files are enough to tell what is asked of most.
SAMPLE = 500
# A question is common when it is put to one file of so many.
COMMON = 8


class Asked(NamedTuple):
    """What one file is asked: what its name answers, and what takes its bytes."""

    by_name: list[FileQuery]
    by_bytes: list[FileQuery]

    @classmethod
    def of(cls, queries: Iterable[FileQuery]) -> Asked:
        """Return `queries`, sorted out."""
        every = list(queries)
        by_bytes = [question for question in every if question.opens_files]
        return cls([q for q in every if not q.opens_files], by_bytes)


Plan = tuple[Asked, list[FileQuery]]
ToRead = dict[str, "list[tuple[str, list[FileQuery]]]"]


def by_folder(
    files: Iterable[tuple[str, Entry]], queries: Sequence[FileQuery]
) -> Iterator[tuple[str, Entry, Asked]]:
    """Yield each file with the questions that mean it; what is alike is asked only
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
    for question in queries:
        verdict = question.folder(folder)
        if verdict is None and ending:
            verdict = question.alike(folder, ending, mode)
        if verdict is not False:
            (open_ones if verdict is None else sure).append(question)
    return Asked.of(sure), open_ones


Found = frozenset[str] | None


class Search(NamedTuple):
    """Git's search for what common questions look for, while it is under way.

    Of a file whose path has one of `endings` and is not among `found()`, a question
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

    Most questions mean nearly every source and have needles; what else is asked is
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
    for question in queries:
        if question.needles and times[question.name] * COMMON > len(to_read):
            common.add(question.name)
            needles.update(question.needles)
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
