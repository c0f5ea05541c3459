"""Ends `migrate apply` and `undo` in many ways; looks what one command makes of it.

`python -m tests.migration.kill_moments [--moments 240] [--seed 13] [--full-disk DIR]`

Every step of both is one moment; so many more are drawn at random: the process group
killed, a Git killed, an end at a step with an edit by the owner before it goes on, a
file that may not grow. DIR is a small file system that may be filled, such as a
tmpfs. Prints a Markdown table, and ends with 1 where anything was lost.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.migration.acting import ID
from tests.migration.acting import on_disk
from tests.migration.acting import run_undo
from tests.migration.acting import state
from tests.migration.kill_cases import Case
from tests.migration.kill_cases import lost
from tests.migration.killing import children_of
from tests.migration.killing import killed_after
from tests.migration.killing import killed_at
from tests.migration.killing import started
from tests.support.git import Repo
from treeguard.errors import TreeguardError

Way = Callable[["Moments", Repo, bool], bool]
EDIT = b"an edit by the owner\n"
LONGEST = 0.5


class Moments:
    """Kills in a case, and counts what came of them."""

    def __init__(self, case: Case, seed: int, full_disk: Path | None) -> None:
        self.case = case
        self.pick = random.Random(seed)
        self.full_disk = full_disk
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self.faults: list[str] = []
        self.number = 0

    def work(self, repo: Repo, undoing: bool) -> Callable[[], object]:
        """What is to be killed."""
        return partial(run_undo if undoing else self.case.apply, repo)

    def every_step(self, undoing: bool) -> None:
        """A kill at each step of it, to the last."""
        step = 0
        while True:
            repo = self.case.fresh(undoing)
            if not killed_at(step, self.work(repo, undoing)):
                return
            self.look("at a step", repo, undoing)
            step += 1

    def at_random(self, name: str, undoing: bool) -> None:
        """One end of that kind."""
        repo = self.case.fresh(undoing)
        if WAYS[name](self, repo, undoing):
            self.look(name, repo, undoing)
        else:
            shutil.rmtree(repo.path)

    def look(self, name: str, repo: Repo, undoing: bool) -> None:
        """Settle by one command, and compare every byte."""
        case, what = self.case, "undo" if undoing else "apply"
        self.number += 1
        found = state(repo)
        stood = (
            "old" if found == case.old else "new" if found == case.new else "between"
        )
        forward = not undoing and self.number % 2 == 0
        wanted = case.new if forward else case.old
        try:
            settled = case.settle(repo, forward=forward)
        except TreeguardError as error:
            self.fault(name, what, f"{error.message} ({error.hint})")
        else:
            if settled != wanted:
                self.fault(name, what, "one command made neither the old nor the new")
        if repo.out("fsck", "--no-dangling"):
            self.fault(name, what, "git fsck complains")
        self.counts[(what, name, stood)] += 1
        shutil.rmtree(repo.path)

    def fault(self, name: str, what: str, said: str) -> None:
        """Keep what went wrong."""
        self.faults.append(f"{what}, {name}, moment {self.number}: {said}")


def _group(moments: Moments, repo: Repo, undoing: bool) -> bool:
    """The whole process group, at any time: half of them once files are touched."""
    moment = moments.pick.uniform(0.0, LONGEST)
    if moments.pick.random() < 0.5:
        return killed_after(moment, moments.work(repo, undoing))
    ready = partial(_is_under_way, repo, undoing)
    return killed_after(moment / 4, moments.work(repo, undoing), ready)


def _is_under_way(repo: Repo, undoing: bool) -> bool:
    """True when the journal tells that files are being touched, or were."""
    path = repo.path / ".git" / "treeguard" / "migration" / ID / "journal.json"
    text = path.read_text() if path.exists() else ""
    begun = '"state": "staging"' not in text and '"state": "' in text
    return begun and (not undoing or '"direction": "undo"' in text)


def _git(moments: Moments, repo: Repo, undoing: bool) -> bool:
    """One of its Gits alone; treeguard then ends by itself, with a sentence."""
    child = started(moments.work(repo, undoing))
    wait_for = moments.pick.randrange(1, 12)
    killed = False
    seen: set[int] = set()
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        fresh = [one for one in children_of(child) if one not in seen]
        seen.update(fresh)
        if fresh and len(seen) >= wait_for and not killed:
            killed = _killed(fresh[-1])
    return killed


def _killed(process: int) -> bool:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _edited(moments: Moments, repo: Repo, undoing: bool) -> bool:
    """A kill at a step, and an edit of a file that moves; then one command, which may
    refuse, but must not lose the edit or anything else."""
    case = moments.case
    step = moments.pick.randrange(40, 120)
    if not killed_at(step, moments.work(repo, undoing)):
        return False
    name = moments.pick.choice(["a/one.py", "b/two.py", "z/a/one.py", "b/deep/two.py"])
    if not os.path.lexists(repo.full(name)):
        return False
    kind = moments.pick.choice(["in place", "by another file"])
    if kind == "by another file":
        repo.remove(name)
        repo.write(name, EDIT)
    else:
        with open(repo.full(name), "ab") as file:
            file.write(EDIT)
    before = on_disk(repo)
    what = "undo" if undoing else "apply"
    outcome = "settled"
    try:
        case.settle(repo, forward=not undoing and moments.pick.random() < 0.5)
    except TreeguardError:
        outcome = "refused"
    edited = {name: before[name]}
    old = {path: entry for path, entry in _files(case.old) if entry[1] != "folder"}
    moments.number += 1
    texts = _texts(repo)
    if not any(EDIT in text for text in texts):
        moments.fault("edited, then one command", what, f"{name}: {edited} is lost")
    for path in lost(repo, old):
        moments.fault("edited, then one command", what, f"{path} is lost")
    moments.counts[(what, f"edited {kind}, then one command", outcome)] += 1
    return False


def _texts(repo: Repo) -> Iterator[bytes]:
    for folder, names, files in os.walk(repo.path):
        if ".git" in names:
            names.remove(".git")
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                yield path.read_bytes()


def _files(found: tuple[object, ...]) -> Iterator[tuple[str, tuple[int, str]]]:
    disk = found[2]
    assert isinstance(disk, dict)
    yield from disk.items()


def _no_growth(moments: Moments, repo: Repo, undoing: bool) -> bool:
    """No file may get longer than so many bytes (`ulimit -f`)."""
    limit = moments.pick.choice([0, 50, 200, 400, 700, 1000, 1500, 2500])

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        moments.work(repo, undoing)()

    return _failed(started(limited))


def _disk_full(moments: Moments, repo: Repo, undoing: bool) -> bool:
    """So many bytes are free, and no more; afterwards there is space again."""
    full = moments.full_disk
    assert full is not None
    there = Repo(full / repo.path.name, repo.env)
    shutil.copytree(repo.path, there.path, symlinks=True)
    shutil.rmtree(repo.path)
    there.run("status")  # another file system: the index gets to know the files
    filler = full / "filler"
    system = os.statvfs(full)
    pages = moments.pick.randrange(0, 64)
    free = system.f_bavail * system.f_frsize - pages * system.f_frsize
    filler.write_bytes(b"x" * max(0, free))
    failed = _failed(started(moments.work(there, undoing)))
    filler.unlink()
    if failed:
        moments.look("full disk", there, undoing)
    else:
        shutil.rmtree(there.path)
    repo.path.mkdir()
    return False


def _failed(child: int) -> bool:
    return os.waitpid(child, 0)[1] != 0


WAYS: dict[str, Way] = {
    "process group": _group,
    "a Git alone": _git,
    "edited": _edited,
    "no file may grow": _no_growth,
}


def main(arguments: list[str]) -> int:
    """Kill as often as asked; 0 when nothing was lost."""
    parser = argparse.ArgumentParser(prog="kill_moments")
    parser.add_argument("--moments", type=int, default=240)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--full-disk", type=Path)
    args = parser.parse_args(arguments)
    ways = dict(WAYS)
    if args.full_disk is not None:
        ways["full disk"] = WAYS["full disk"] = _disk_full
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        moments = Moments(Case(Path(folder)), args.seed, args.full_disk)
        for undoing in (False, True):
            moments.every_step(undoing)
        steps = sum(moments.counts.values())
        while sum(moments.counts.values()) < steps + args.moments:
            for name in ways:
                moments.at_random(name, moments.pick.random() < 0.4)
    _print(moments, time.monotonic() - begun)
    return 1 if moments.faults else 0


def _print(moments: Moments, seconds: float) -> None:
    total = sum(moments.counts.values())
    locked = f"{moments.case.locked} times a lock of a killed Git had to be deleted"
    print(
        f"{total} moments in {seconds:.0f} s, {len(moments.faults)} faults; {locked}\n"
    )
    print("| of | ended by | what stood then | times |")
    print("|---|---|---|--:|")
    for (what, name, stood), times in sorted(moments.counts.items()):
        print(f"| {what} | {name} | {stood} | {times} |")
    for fault in moments.faults:
        print(fault)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
