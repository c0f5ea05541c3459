"""References to what a fix moves: rewritten where that is proved, listed elsewhere.

A reference is rewritten only in a file that is not Python and stays where it is, and
only when it led to the moved file before and, read again after the edit, leads to the
same file at its new place, while every other reference of that file leads where it led.
In a file that moves itself nobody can prove what its paths are relative to afterwards
(a build context, a working directory), so they are listed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.commands.moves import Moves
from treeguard.languages.facts import PATH
from treeguard.languages.facts import Import
from treeguard.languages.references import may_refer
from treeguard.languages.references import references
from treeguard.repository.disable_filters import filters_off
from treeguard.repository.plumbing import Git
from treeguard.rules.importing.resolved_uses import uses

# What needs no quotes in a Dockerfile, YAML, Makefile or shell.
_PLAIN = re.compile(r"[A-Za-z0-9_./@+-]+")
_DOCKER = re.compile(r"(?i)(?:docker|container)file[^/]*\Z")

LITERAL = {"GIT_LITERAL_PATHSPECS": "1"}

Place = tuple[int, int]
Paths = tuple[str, ...]


class Reference(NamedTuple):
    """One use, where it led, and where that will be after the moves."""

    path: str
    item: Import
    targets: tuple[str, ...]
    expected: tuple[str, ...]
    editable: bool

    @property
    def place(self) -> str:
        """`path:line`, for a person."""
        cell = "" if self.item.cell is None else f":cell {self.item.cell}"
        return f"{self.path}{cell}:{self.item.line}"

    @property
    def written(self) -> str:
        """What it names, for a person."""
        dots = "." * self.item.level
        name = f" ({self.item.name})" if self.item.name else ""
        return f"{dots}{self.item.module}{name}"


class Outcome(NamedTuple):
    """The files that were rewritten, and the references that were left as they are."""

    rewritten: tuple[str, ...]
    left: tuple[Reference, ...]


def affected(before: TreeAnalysis, moves: Moves) -> list[Reference]:
    """Every use in a file that moves, or of one that does. Asks every file."""
    return [
        reference
        for path in asked_files(before)
        for reference in _references(before, path, moves)
        if path != moves.after(path) or reference.targets != reference.expected
    ]


def asked_files(analysis: TreeAnalysis) -> Iterator[str]:
    """Every file that can import or refer to another: Python, and all that may."""
    python = set(analysis.python_files())
    for path, entry in sorted(analysis.snapshot.files()):
        if path in python or (entry.is_file and may_refer(path)):
            yield path


def _references(analysis: TreeAnalysis, path: str, moves: Moves) -> Iterator[Reference]:
    stays = analysis.source(path) is None and moves.after(path) == path
    for use in uses(analysis, path, references=True, type_checking=True):
        targets = use.found.targets
        if targets:
            expected = tuple(map(moves.after, targets))
            editable = stays and use.item.kind == PATH and len(targets) == 1
            yield Reference(path, use.item, targets, expected, editable)


def follow(
    top: Git, after: TreeAnalysis, moves: Moves, before: Iterable[Reference]
) -> Outcome:
    """Rewrite what can be, in the work tree and the index; tell what was left."""
    by_path: dict[str, list[Reference]] = {}
    for reference in before:
        by_path.setdefault(reference.path, []).append(reference)
    rewritten: list[str] = []
    left: list[Reference] = []
    for old, found in sorted(by_path.items()):
        path = moves.after(old)
        broken = [
            use
            for use in found
            if not _leads(after, path, use) or _is_undecided(path, use)
        ]
        if broken and _rewrite(top, after, path, broken):
            rewritten.append(path)
            broken = [use for use in broken if not use.editable]
        left += (use._replace(path=path) for use in broken)
    return Outcome(tuple(rewritten), tuple(left))


def _leads(analysis: TreeAnalysis, path: str, reference: Reference) -> bool:
    """True when the reference, as it is written, leads to the moved target."""
    source = analysis.source(path)
    search_path = source.search_path if source is not None else ()
    item = reference.item
    if source is None:  # what is written is joined with a place that may have changed
        same = [i for i in analysis.references(path) if _at(i) == _at(item)]
        return any(
            analysis.resolve(path, i).targets == reference.expected for i in same
        )
    return analysis.resolve(path, item, search_path).targets == reference.expected


def _is_undecided(path: str, reference: Reference) -> bool:
    """True when it led somewhere from its own folder, and now does only from the root.

    A compose file's paths would then be broken, a workflow's not.
    """
    item, target = reference.item, reference.targets[0].rstrip("/")
    if item.kind != PATH or item.module.startswith("/") or path == reference.path:
        return False
    expected = reference.expected[0].rstrip("/")
    was = _joined(reference.path, item.module) == target
    return was and _joined(path, item.module) != expected


def _joined(path: str, module: str) -> str:
    return os.path.normpath(os.path.join(os.path.dirname(path), module))


def _at(item: Import) -> Place:
    return item.line, item.column


def _rewrite(
    top: Git, after: TreeAnalysis, path: str, broken: Iterable[Reference]
) -> bool:
    """Rewrite all editable references of one file, or none of them."""
    wanted = {_at(use.item): use for use in broken if use.editable}
    data = after.data(path)
    full = os.path.join(os.fsencode(top.cwd), os.fsencode(path))
    with open(full, "rb") as file:
        if not wanted or file.read() != data or data.startswith((b"\xff", b"\xfe")):
            return False
    edited = _edited(after, path, data, wanted)
    if edited is None:
        return False
    with open(full, "wb") as file:
        file.write(edited)
    # The bytes on disk were those of the index: no filter has anything to do here.
    env = {**LITERAL, **filters_off(top)}
    top.run("add", "--", os.fsencode(path), env=env)
    return True


def _edited(
    analysis: TreeAnalysis, path: str, data: bytes, wanted: Mapping[Place, Reference]
) -> bytes | None:
    """The file rewritten, with every reference proved; None when one cannot be.

    In their order, because one (`cd there`) can decide where the next one leads.
    """
    uses_of = [wanted.get(_at(item)) for item in references(path, data)]
    goals = _goals(analysis, path, data, wanted)
    for number, use in enumerate(uses_of):
        if use is not None and _led(analysis, path, data)[number] != goals[number]:
            item = references(path, data)[number]
            tried = [
                _replaced(data, item, text)
                for text in _spellings(data, path, item, use)
            ]
            data = next(
                (new for new in tried if _reaches(analysis, path, new, number, goals)),
                data,
            )
    return data if _led(analysis, path, data) == goals else None


def _goals(
    analysis: TreeAnalysis, path: str, data: bytes, wanted: Mapping[Place, Reference]
) -> list[Paths]:
    """Where each reference of the file has to lead: a wanted one, or any other."""
    found = zip(references(path, data), _led(analysis, path, data), strict=True)
    return [
        wanted[_at(item)].expected if _at(item) in wanted else targets
        for item, targets in found
    ]


def _led(analysis: TreeAnalysis, path: str, data: bytes) -> list[Paths]:
    return [analysis.resolve(path, item).targets for item in references(path, data)]


def _reaches(
    analysis: TreeAnalysis, path: str, data: bytes, number: int, goals: list[Paths]
) -> bool:
    led = _led(analysis, path, data)
    return len(led) == len(goals) and led[number] == goals[number]


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "surrogateescape").split("\n")


def _bom(lines: list[str], item: Import) -> int:
    return 1 if item.line == 1 and lines[0].startswith("\ufeff") else 0


def _replaced(data: bytes, item: Import, text: str) -> bytes:
    lines = _lines(data)
    line, shift = lines[item.line - 1], _bom(lines, item)
    start, end = item.column - 1 + shift, item.end_column - 1 + shift
    lines[item.line - 1] = line[:start] + text + line[end:]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _spellings(data: bytes, path: str, item: Import, use: Reference) -> Iterator[str]:
    """Ways to write the new place in the manner of the old one, the likeliest first."""
    old, new = use.targets[0].rstrip("/"), use.expected[0].rstrip("/")
    if not new or item.line != item.end_line:
        return
    lines = _lines(data)
    shift = _bom(lines, item)
    written = lines[item.line - 1][
        item.column - 1 + shift : item.end_column - 1 + shift
    ]
    bare = written.removeprefix("./").strip("/")
    slash = "/" if written.endswith("/") else ""
    dots = "./" if written.startswith("./") else "/" if written.startswith("/") else ""
    base = old[: -len(bare)] if bare and old.endswith(bare) else None
    tried = [new[len(base) :]] if base is not None and new.startswith(base) else []
    folder = path.rpartition("/")[0]
    tried += [os.path.relpath(new, folder or "."), new]
    for text in dict.fromkeys(tried):
        up = text.startswith("../")
        # Docker refuses a source outside of the build context.
        if _PLAIN.fullmatch(text) and not (up and _DOCKER.search(path)):
            yield ("" if up else dots) + text + slash
