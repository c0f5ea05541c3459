"""Answers about a tree in which the content of a few files counts, and no other's.

A plan asks what a change of some files makes wrong. What the bytes of any other file
answer is the same before and after, so nobody opens it; names are asked of all files,
by folder, ending and mode, which is a few questions for a hundred thousand files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Container
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from treeguard.analysis.byte_search import Needles
from treeguard.analysis.byte_search import by_content
from treeguard.analysis.query import FileQuery

Answers = dict[str, "set[str] | int"]
Read = Callable[[Iterable[str]], Iterator[tuple[str, bytes]]]
# Which of these files are ASCII and hold none of these needles, as far as is known.
Silent = Callable[[Iterable[str], Iterable[bytes]], Container[str]]


class Kind(NamedTuple):
    """What files have in common that are mostly alike to a question."""

    folder: str
    ending: str
    mode: int


Kinds = Mapping[Kind, Sequence[str]]


def kinds_of(files: Iterable[tuple[str, int]]) -> dict[Kind, list[str]]:
    """Return paths with their modes, by kind."""
    found: dict[tuple[str, str, int], list[str]] = {}
    for path, mode in files:
        folder, _, name = path.rpartition("/")
        key = (folder, ending_of(name), mode)
        if key in found:
            found[key].append(path)
        else:
            found[key] = [path]
    return {Kind(*key): paths for key, paths in found.items()}


def ending_of(name: str) -> str:
    """Return `.py`; a name that begins with a dot may have no ending at all:
    `.profile`."""
    dot = name.rfind(".")
    return name[dot:] if dot > 0 and name[0] != "." else ""


def ask_among(
    kinds: Kinds,
    queries: Sequence[FileQuery],
    opened: Container[str],
    read: Read,
    silent: Silent,
) -> Answers:
    """Return the answer to each question, by its name; only files in `opened` are
    read."""
    answers: Answers = {q.name: 0 if q.counts else set() for q in queries}
    to_read: defaultdict[str, list[FileQuery]] = defaultdict(list)
    by_bytes = [question for question in queries if question.opens_files]
    for kind, paths in kinds.items():
        for question in queries:
            if not question.opens_files:
                _add(question, _meant(question, kind, paths), answers)
        is_file = kind.mode & 0o170000 == 0o100000
        few = [path for path in paths if path in opened] if by_bytes and is_file else ()
        for question in by_bytes if few else ():
            for path in _meant(question, kind, few):
                to_read[path].append(question)
    _leave_out_silent(to_read, silent)
    for path, data in read(to_read):
        holds = Needles(data)
        for question in to_read[path]:
            if by_content(question, path, data, holds):
                _add(question, (path,), answers)
    return answers


def _leave_out_silent(to_read: dict[str, list[FileQuery]], silent: Silent) -> None:
    """Before and after the moves most files are asked the same."""
    asked: defaultdict[tuple[bytes, ...], list[str]] = defaultdict(list)
    for path, some in to_read.items():
        for question in some:
            asked[question.needles].append(path)
    mute = {needles: silent(paths, needles) for needles, paths in asked.items()}
    for path, some in [*to_read.items()]:
        left = [q for q in some if not q.needles or path not in mute[q.needles]]
        if left:
            to_read[path] = left
        else:
            del to_read[path]


def exchanged(
    kept: Answers, gone: Kinds, come: Answers, queries: Sequence[FileQuery]
) -> Answers:
    """Return the answers `kept`, without the files `gone`, with those of the files that
    came.

    A number of files by their content is never made less: whether what is gone was
    among them is not known, and only claims that bind nothing ask for it.
    """
    answers: Answers = {}
    paths = [path for some in gone.values() for path in some]
    for question in queries:
        before, after = kept[question.name], come[question.name]
        if isinstance(before, int) and isinstance(after, int):
            less = 0 if question.opens_files else _count(question, gone)
            answers[question.name] = before - less + after
        elif not isinstance(before, int) and not isinstance(after, int):
            answers[question.name] = before.difference(paths) | after
    return answers


def _count(question: FileQuery, kinds: Kinds) -> int:
    return sum(len(_meant(question, kind, paths)) for kind, paths in kinds.items())


def _meant(question: FileQuery, kind: Kind, paths: Sequence[str]) -> Sequence[str]:
    """Return those of `paths`, all of one kind, that are meant as far as names tell."""
    verdict = question.folder(kind.folder)
    if verdict is None and kind.ending:
        verdict = question.alike(*kind)
    if verdict is None:
        return [path for path in paths if question.path(path, kind.mode)]
    return paths if verdict else ()


def _add(question: FileQuery, paths: Sequence[str], answers: Answers) -> None:
    value = answers[question.name]
    if isinstance(value, set):
        value.update(paths)
    else:
        answers[question.name] = value + len(paths)
