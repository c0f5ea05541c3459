"""Make the same moves with rope, to compare with treeguard.

`python benchmarks/real_moves_rope.py FOLDER [PACKAGE...] [--from FOLDER]`, where rope
is installed: every move of `real_moves.toml` in a fresh checkout. rope moves one module
at a time into a folder that exists, and renames in a second step. Prints one line of a
table for each.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import tomllib
from real_moves import MOVES
from real_moves import Clone
from real_moves import Outcomes
from real_moves import counted
from real_moves import prepared
from real_moves import tests
from rope.base.project import Project
from rope.refactor.move import MoveModule
from rope.refactor.rename import Rename

HEAD = "| move | rope | files changed | tests | seconds |"


def perform(clone: Clone, move: dict[str, Any], before: Outcomes) -> Iterator[str]:
    """One move in the work tree: the cells of its line."""
    clone.git("checkout", "-q", "-f", "-B", "main", clone.said["commit"])
    clone.git("clean", "-qfdx", "-e", "*.egg-info")
    for path, text in move.get("prepare", {}).items():
        (clone.path / path).parent.mkdir(parents=True, exist_ok=True)
        (clone.path / path).write_text(text)
    for path in move.get("create", ()):
        (clone.path / path).parent.mkdir(parents=True, exist_ok=True)
        (clone.path / path).touch()
    if clone.git("status", "--porcelain"):
        clone.commit("What the moves need")
    if "prepare" in move:
        before = tests(clone, clone.said["path"])
    start = perf_counter()
    try:
        _move(clone, move["moves"])
        said = "done"
    except Exception as error:  # Whatever rope raises is what it answers.
        said = f"{type(error).__name__}: {error}"
    seconds = perf_counter() - start
    clone.git("add", "-A")
    changed = clone.git("diff", "--cached", "-M40%", "--shortstat").strip()
    yield said.replace("\n", " ").replace("|", "/")[:90]
    yield changed
    if said == "done":
        after = tests(clone, move.get("path", clone.said["path"]))
        lost = (before - after).total()
        yield f"{lost} otherwise: {counted(after)}" if lost else "the same"
    else:
        yield ""
    yield f"{seconds:.1f}"


def _move(clone: Clone, moves: list[list[str]]) -> None:
    """Each move by itself: first to the new folder, then to the new name."""
    roots = [root for root in clone.said["roots"] if _is_used(clone, root, moves)]
    for root in roots:
        (clone.path / root).mkdir(exist_ok=True)
    project = Project(str(clone.path), ropefolder=None, source_folders=roots)
    for *olds, new in moves:
        for old in olds:
            path = old.strip("/")
            home = f"{new}{path.rpartition('/')[2]}" if len(olds) > 1 else new
            folder, _, name = home.strip("/").rpartition("/")
            was, _, file = path.rpartition("/")
            if folder != was:
                if not (clone.path / folder).is_dir():
                    project.root.create_folder(folder)
                source = project.get_resource(path)
                project.do(
                    MoveModule(project, source).get_changes(
                        project.get_resource(folder)
                    )
                )
            if name != file:
                source = project.get_resource(f"{folder}/{file}".strip("/"))
                project.do(Rename(project, source).get_changes(Path(name).stem))
    project.close()


def _is_used(clone: Clone, root: str, moves: list[list[str]]) -> bool:
    """rope knows no source folder that does not exist, though a move may make it."""
    made = any(new.startswith(f"{root}/") for *_olds, new in moves)
    return made or (clone.path / root).is_dir()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("chosen", nargs="*")
    parser.add_argument("--from", dest="source", default="")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    for package, said in tomllib.loads(MOVES.read_text()).items():
        if args.chosen and package not in args.chosen:
            continue
        clone = prepared(args.folder.resolve(), package, said, args.source)
        before = tests(clone, said["path"])
        print(f"\n{package}, before: {counted(before)}\n\n{HEAD}")
        print("|---" * HEAD.count(" | ") + "|---|")
        for name, move in said["moves"].items():
            cells = perform(clone, move, before)
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
