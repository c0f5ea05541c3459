"""Answers every question about one tree, at a cost that grows with the change.

The answers for a tree are kept by its id. A tree whose answers are not kept is compared
with one whose answers are: Git names the paths that differ without entering an equal
subtree, and only those are asked again. Only when no such tree is left is every file of
the repository gone through, once, with every question in one pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Protocol

from treeguard.analysis.byte_search import Needles
from treeguard.analysis.byte_search import by_content
from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import counted
from treeguard.analysis.progress import silent
from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.query_planner import ToRead
from treeguard.analysis.query_planner import by_folder
from treeguard.analysis.query_planner import start_search
from treeguard.analysis.query_planner import worth_reading
from treeguard.analysis.store import Store
from treeguard.analysis.tree_cache import Differences
from treeguard.analysis.tree_cache import TreeCache
from treeguard.analysis.tree_cache import is_kept
from treeguard.analysis.tree_cache import scope_of
from treeguard.errors import TooLargeError
from treeguard.trees import Change
from treeguard.trees import Entry
from treeguard.trees import Snapshot

Answers = dict[str, "set[str] | int"]


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
    for question in queries:
        value = answers[question.name]
        if isinstance(value, set):
            value.discard(path)
        elif _by_path(question, path, entry):
            answers[question.name] = value - 1


def _by_path(question: FileQuery, path: str, entry: Entry) -> bool:
    verdict = question.folder(path.rpartition("/")[0])
    return question.path(path, entry.mode) if verdict is None else verdict


def _ask(
    snapshot: Snapshot,
    files: Iterable[tuple[str, Entry]],
    queries: Sequence[FileQuery],
    answers: Answers,
    progress: Progress = silent,
) -> None:
    """Put every question to `files`, adding to `answers`."""
    files = list(files)
    search = start_search(snapshot, files, queries)
    to_read: ToRead = defaultdict(list)
    for path, entry, asked in by_folder(files, queries):
        for question in asked.by_name:
            _add(question, path, answers)
        if asked.by_bytes and entry.is_file:
            to_read[entry.oid].append((path, asked.by_bytes))
    wanted = worth_reading(search, to_read)
    blobs = snapshot.read_many(wanted)
    try:
        for oid, data in counted(blobs, len(wanted), "reading files", progress):
            holds = Needles(data)
            for path, content in to_read[oid]:
                for question in content:
                    if by_content(question, path, data, holds):
                        _add(question, path, answers)
    except TooLargeError as error:
        paths = [path for path, _ in to_read.get(error.oid, ())]
        raise (error.at(" and ".join(paths[:9])) if paths else error) from error


def _add(question: FileQuery, path: str, answers: Answers) -> None:
    value = answers[question.name]
    if isinstance(value, set):
        value.add(path)
    else:
        answers[question.name] = value + 1
