"""Losses of known kinds at known places of a history, and what an audit must answer.

`Planter` writes the language of git-fast-import(1). Every shape is a few commits on top
of `main`; its ledger names the commit that did it by its subject, which is its number.
It knows nothing of treeguard.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

WHO = "committer Bench <bench@example.org> %d +0000\n"
FOLDER = "reports"


class Planted(NamedTuple):
    """`commit` (its subject) lost `path`; `back`: it is restored today."""

    commit: str
    path: str
    back: bool


class Planter:
    """Commits, each after the last one on `main`; `losses` grows by what they lose."""

    def __init__(self, first: int) -> None:
        self.mark = first  # of the last commit written
        self.main = first  # of the last commit on main
        self.losses: list[Planted] = []
        self.never_merged: list[tuple[str, Planted]] = []
        self.kinds: dict[str, int] = {}

    def on_main(self, changes: str, *others: int) -> bytes:
        """A commit on `main`, merging `others`: its tree is main's and `changes`."""
        text = self.commit("main", changes, self.main, *others)
        self.main = self.mark
        return text

    def commit(self, branch: str, changes: str, *parents: int) -> bytes:
        """A commit with the tree of its first parent, and `changes`."""
        self.mark += 1
        words = [f"from :{parents[0]}\n", *(f"merge :{one}\n" for one in parents[1:])]
        who = WHO % (1_600_000_000 + self.mark)
        head = f"commit refs/heads/{branch}\nmark :{self.mark}\n{who}"
        return f"{head}{data(str(self.mark))}{''.join(words)}{changes}".encode()

    def name(self, *folders: str) -> str:
        """A path below the preserved folder that nothing has had before."""
        return "/".join((FOLDER, *folders, f"r{self.mark + 1}.csv"))

    def lost(self, path: str, *, back: bool = False) -> None:
        """What the last commit has lost."""
        self.losses.append(Planted(str(self.mark), path, back))

    def plant(self, kind: str) -> Iterator[bytes]:
        """The commits of one shape, by its name in `SHAPES`."""
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        yield from SHAPES[kind](self)

    def added(self, *folders: str) -> tuple[str, bytes]:
        """A new report, and the commit on main that adds it."""
        path = self.name(*folders)
        return path, self.on_main(put(path, f"{path},1\n"))


def data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"


def put(path: str, text: str, mode: str = "100644") -> str:
    return f"M {mode} inline {path}\n{data(text)}"


def _changed(changes: str, *, lost: bool, back: str = "") -> object:
    """A shape: add a report, change it (`%s` is its path), perhaps restore it."""

    def shape(planter: Planter) -> Iterator[bytes]:
        path, text = planter.added()
        yield text
        yield planter.on_main(changes.replace("%s", path))
        if lost:
            planter.lost(path, back=bool(back))
        if back:
            yield planter.on_main(back.replace("%s", path))

    return shape


def _side_deletes(planter: Planter) -> Iterator[bytes]:
    """A side branch deletes, a merge carries that on: the side's commit did it."""
    path, text = planter.added()
    yield text
    fork = planter.main
    yield planter.commit("side", f"D {path}\n", fork)
    planter.lost(path)
    side = planter.mark
    yield planter.on_main(put("docs/main.md", str(planter.mark)))
    yield planter.on_main(f"D {path}\n", side)


def _never_merged(planter: Planter) -> Iterator[bytes]:
    """A side branch deletes and stays: main has lost nothing."""
    path, text = planter.added()
    yield text
    branch = f"never/{planter.mark + 1}"
    yield planter.commit(branch, f"D {path}\n", planter.main)
    reported = Planted(str(planter.mark), path, False)
    planter.never_merged.append((branch, reported))


def _evil(planter: Planter) -> Iterator[bytes]:
    """Both parents have it, the merge does not."""
    path, text = planter.added()
    yield text
    fork = planter.main
    yield planter.commit("side", put("docs/side.md", str(planter.mark)), fork)
    side = planter.mark
    yield planter.on_main(put("docs/main.md", str(planter.mark)))
    yield planter.on_main(put("docs/side.md", str(side - 1)) + f"D {path}\n", side)
    planter.lost(path)


def _foxtrot(planter: Planter) -> Iterator[bytes]:
    """The side merges main by its own tree: what main had got since is dropped."""
    fork = planter.main
    yield planter.commit("side", put("docs/side.md", str(planter.mark)), fork)
    side = planter.mark
    path, text = planter.added()
    yield text
    yield planter.commit("side", "", side, planter.main)
    planter.lost(path)
    planter.main = planter.mark


def _ours(planter: Planter) -> Iterator[bytes]:
    """`-s ours` drops what the side had added."""
    fork, path = planter.main, planter.name()
    yield planter.commit("side", put(path, f"{path},2\n"), fork)
    side = planter.mark
    yield planter.on_main(put("docs/main.md", str(planter.mark)))
    yield planter.on_main("", side)
    planter.lost(path)


def _octopus(planter: Planter) -> Iterator[bytes]:
    """Three sides, each with a report; the merge keeps the first one's alone."""
    fork, sides, paths = planter.main, list[int](), list[str]()
    for _ in range(3):
        paths.append(planter.name())
        yield planter.commit("side", put(paths[-1], f"{paths[-1]},3\n"), fork)
        sides.append(planter.mark)
    yield planter.on_main(put(paths[0], f"{paths[0]},3\n"), *sides)
    for path in paths[1:]:
        planter.lost(path)


def _folder_replaced(planter: Planter) -> Iterator[bytes]:
    """A file in the place of a folder of two reports."""
    folder = f"{FOLDER}/d{planter.mark}"
    paths = [f"{folder}/one.csv", f"{folder}/two.csv"]
    yield planter.on_main("".join(put(path, f"{path},4\n") for path in paths))
    yield planter.on_main(f"D {folder}\n" + put(folder, "no folder\n"))
    for path in paths:
        planter.lost(path)


def _back_and_moved(planter: Planter) -> Iterator[bytes]:
    """Deleted, restored, moved within the folder, and edited there."""
    path, text = planter.added()
    yield text
    yield planter.on_main(f"D {path}\n")
    planter.lost(path, back=True)
    yield planter.on_main(put(path, f"{path},5\n"))
    moved = planter.name("moved")
    yield planter.on_main(f"R {path} {moved}\n")
    yield planter.on_main(put(moved, f"{path},6\n"))


def _twice(planter: Planter) -> Iterator[bytes]:
    """Deleted, restored, deleted again: the first loss is restored, the second not."""
    path, text = planter.added()
    yield text
    for back in (True, False):
        yield planter.on_main(f"D {path}\n")
        planter.lost(path, back=back)
        if back:
            yield planter.on_main(put(path, f"{path},7\n"))


POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    "size 12345\n"
)
COMMIT = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32"
SHAPES = {
    "deleted": _changed("D %s\n", lost=True),
    "moved out": _changed("R %s archive/%s\n", lost=True),
    "copied away and deleted": _changed("C %s garbage/%s\nD %s\n", lost=True),
    "moved out and back": _changed(
        "R %s archive/%s\n", lost=True, back="R archive/%s %s\n"
    ),
    "emptied": _changed(put("%s", ""), lost=True),
    "blanked": _changed(put("%s", " \n"), lost=True),
    "a link": _changed(put("%s", "../policy.toml", "120000"), lost=True),
    "a link, then back": _changed(
        put("%s", "../policy.toml", "120000"), lost=True, back=put("%s", "again,1\n")
    ),
    "a submodule": _changed(f"M 160000 {COMMIT} %s\n", lost=True),
    "a pointer": _changed(put("%s", POINTER), lost=True),
    "a folder": _changed("D %s\n" + put("%s/inner.csv", "1\n"), lost=True),
    "deleted and back": _changed("D %s\n", lost=True, back=put("%s", "again,1\n")),
    "edited": _changed(put("%s", "edited,1\n"), lost=False),
    "executable": _changed(put("%s", "edited,1\n", "100755"), lost=False),
    "moved within": _changed("R %s reports/kept/%s\n", lost=False),
    "folder replaced": _folder_replaced,
    "a side deletes": _side_deletes,
    "a side deletes, never merged": _never_merged,
    "evil merge": _evil,
    "foxtrot": _foxtrot,
    "ours": _ours,
    "octopus": _octopus,
    "back, moved, edited": _back_and_moved,
    "twice": _twice,
}


def shuffled(count: int, seed: int) -> list[str]:
    """`count` kinds, every one of them about as often."""
    kinds = [list(SHAPES)[number % len(SHAPES)] for number in range(count)]
    random.Random(seed).shuffle(kinds)
    return kinds
