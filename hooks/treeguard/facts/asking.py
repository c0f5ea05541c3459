"""Who is asked what: files by their folders and names, and the few that must be read.

Many questions of a hundred thousand files would be millions of calls. Files of one
folder, ending and mode are mostly alike to a question, so it is asked of all at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from treeguard.facts.questions import Question
from treeguard.trees import Entry
from treeguard.trees import Snapshot

# From this many files on Git searches them before any is read.
MANY_READ = 2_000
# A question is common when it is put to one file of so many.
COMMON = 8


class Asked(NamedTuple):
    """What one file is asked: what its name answers, and what takes its bytes."""

    by_name: list[Question]
    by_bytes: list[Question]

    @classmethod
    def of(cls, questions: Iterable[Question]) -> Asked:
        """`questions`, sorted out."""
        every = list(questions)
        by_bytes = [question for question in every if question.opens_files]
        return cls([q for q in every if not q.opens_files], by_bytes)


Plan = tuple[Asked, list[Question]]
ToRead = dict[str, "list[tuple[str, list[Question]]]"]


def by_folder(
    files: Iterable[tuple[str, Entry]], questions: Sequence[Question]
) -> Iterator[tuple[str, Entry, Asked]]:
    """Each file with the questions that mean it; what is alike is asked only once."""
    plans: dict[tuple[str, str, int], Plan] = {}
    for path, entry in files:
        folder, _, name = path.rpartition("/")
        dot = name.rfind(".")
        # A name that begins with a dot may have no ending at all: `.profile`.
        ending = name[dot:] if dot > 0 and name[0] != "." else ""
        kind = (folder, ending, entry.mode)
        plan = plans.get(kind)
        if plan is None:
            plan = plans[kind] = _plan(questions, *kind)
        sure, open_ones = plan
        more = [q for q in open_ones if q.path(path, kind[2])] if open_ones else ()
        if more:
            sure = Asked.of([*sure.by_name, *sure.by_bytes, *more])
        if sure.by_name or sure.by_bytes:
            yield path, entry, sure


def _plan(questions: Sequence[Question], folder: str, ending: str, mode: int) -> Plan:
    """What is asked of all files of a kind, and what each of them has to be asked."""
    sure: list[Question] = []
    open_ones: list[Question] = []
    for question in questions:
        verdict = question.folder(folder)
        if verdict is None and ending:
            verdict = question.alike(folder, ending, mode)
        if verdict is not False:
            (open_ones if verdict is None else sure).append(question)
    return Asked.of(sure), open_ones


def worth_reading(snapshot: Snapshot, to_read: ToRead) -> list[str]:
    """The blobs of `to_read`, those left out that a search by Git shows to be out.

    Most questions mean nearly every source and have needles; these are searched for at
    once. What else is asked is asked of few files.
    """
    search = getattr(snapshot, "search", None)
    if search is None or len(to_read) < MANY_READ:
        return list(to_read)
    asked = _counted(to_read)
    common = {
        question.name
        for question, count in asked
        if question.needles and count * COMMON > len(to_read)
    }
    is_common: dict[int, bool] = {}
    doubtful: dict[str, list[str]] = {}
    for oid, places in to_read.items():
        for _, questions in places:
            if id(questions) not in is_common:
                names = {question.name for question in questions}
                is_common[id(questions)] = names <= common
        if all(is_common[id(questions)] for _, questions in places):
            doubtful[oid] = [path for path, _ in places]
    endings = Counter(_ending(path) for paths in doubtful.values() for path in paths)
    usual = [
        ending
        for ending, count in endings.items()
        if ending and count * COMMON > len(doubtful)
    ]
    needles = {
        n for question, _ in asked if question.name in common for n in question.needles
    }
    found = search(needles, usual) if usual else None
    if found is None:
        return list(to_read)
    out = {
        oid
        for oid, paths in doubtful.items()
        if found.isdisjoint(paths) and all(_ending(path) in usual for path in paths)
    }
    return [oid for oid in to_read if oid not in out]


def _counted(to_read: ToRead) -> list[tuple[Question, int]]:
    """How many files each question is put to."""
    lists = {id(qs): qs for places in to_read.values() for _, qs in places}
    times = Counter(id(qs) for places in to_read.values() for _, qs in places)
    found: dict[str, tuple[Question, int]] = {}
    for number, questions in lists.items():
        for question in questions:
            before = found.get(question.name, (question, 0))[1]
            found[question.name] = (question, before + times[number])
    return list(found.values())


def _ending(path: str) -> str:
    """`.py`; empty where it is not made of a dot and letters."""
    _, dot, ending = path.rpartition("/")[2].rpartition(".")
    return dot + ending if ending.isascii() and ending.isalnum() else ""
