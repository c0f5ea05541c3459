"""Write a long history with planted losses, and compare `treeguard audit` with them.

`python benchmarks/history.py FOLDER [COMMITS]`: makes the repository if the folder does
not exist. One commit in 20 is a merge of a branch, every 100th begins a planted shape
(see `planted.py`), the others edit one Python file of 2,000. The same seed gives the
same ids. Says whether the answer is what was planted, and prints processor seconds,
seconds and peak memory beside `git log` of the same commits; nothing is kept before.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from planted import WHO
from planted import Planted
from planted import Planter
from planted import data
from planted import put
from planted import shuffled
from repository import fast_import

SEED = 11
FILES = 2_000
EVERY = 100
POLICY = """\
[policy]
version = 1

[rules.no-garbage-imports]
kind = "forbidden"
zone = ["/garbage/"]

[rules.reports-kept]
kind = "preserved"
paths = ["/reports/"]
"""
AUDIT = (sys.executable, "-I", "-m", "treeguard", "audit", "--output-format=json")


class Run(NamedTuple):
    """What a program printed, and what it took, with all that it started."""

    out: bytes
    seconds: float
    processor: float
    megabytes: float


def main(folder: str, commits: int) -> None:
    """Make the history if it does not exist, compare, and measure."""
    planter = Planter(1)
    if os.path.isdir(folder):
        for _ in stream(planter, commits):
            pass
    else:
        make(folder, planter, commits)
    shutil.rmtree(Path(folder, ".git/treeguard"), ignore_errors=True)
    log = ("git", "log", "-m", "--no-renames", "--format=%H")
    raw = reported("git log -m --raw", run(folder, *log, "--raw"))
    deleted = ("--diff-filter=D", "--name-only", "--", "reports")
    reported("git log -m --diff-filter=D -- reports", run(folder, *log, *deleted))
    audit = reported("treeguard audit", run(folder, *AUDIT))
    print(f"audit / git log -m --raw: {audit.processor / raw.processor:.2f}")
    compare(folder, planter, audit)
    some = f"HEAD~{min(commits // 100, 1000)}..HEAD"
    reported(f"audit --each-commit {some}", run(folder, *AUDIT, "--each-commit", some))


def compare(folder: str, planter: Planter, audit: Run) -> None:
    """Print which planted losses are not reported, and which reported are invented."""
    said, planted = losses(audit), set(planter.losses)
    for branch, loss in planter.never_merged[:20]:
        planted.add(loss)
        said |= losses(run(folder, *AUDIT, "--policy-from=main", f"main..{branch}"))
    for branch, loss in planter.never_merged[20:]:
        assert loss not in said, branch
    print(f"{len(planter.kinds)} shapes, {sum(planter.kinds.values())} times")
    print(f"{len(planted)} losses planted, {len(said)} reported", end=", ")
    print(f"missed: {len(planted - said)}, invented: {len(said - planted)}")
    for loss in sorted(planted ^ said)[:20]:
        print("planted only:" if loss in planted else "reported only:", *loss)


def losses(audit: Run) -> set[Planted]:
    """Return what an audit reported, each once."""
    reported = json.loads(audit.out)["losses"]
    found = [Planted(one["subject"], one["path"], one["back"]) for one in reported]
    assert len(found) == len(set(found))
    return set(found)


def reported(what: str, ran: Run) -> Run:
    """Print what a run took."""
    took = f"{ran.processor:.1f} s of processor, {ran.seconds:.1f} s"
    print(f"{what}: {took}, at most {ran.megabytes:.0f} MB in one process")
    return ran


def run(folder: str, *command: str) -> Run:
    """Run a program; findings are not a failure, errors are."""
    with tempfile.TemporaryFile() as out:
        start = perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = perf_counter() - start
        if process.returncode not in (0, 1):
            raise SystemExit(f"{command} ended with {process.returncode}")
        out.seek(0)
        processor = used.ru_utime + used.ru_stime
        return Run(out.read(), seconds, processor, used.ru_maxrss / 1024)


def make(folder: str, planter: Planter, commits: int) -> None:
    """Make a repository with about that many commits in `folder`."""
    fast_import(folder, stream(planter, commits))


def stream(planter: Planter, commits: int) -> Iterator[bytes]:
    """Yield the history, in the language of git-fast-import(1)."""
    pick = random.Random(SEED)
    first = "".join(
        put(f"acme/p{n % 40}/m{n}.py", source(pick, n)) for n in range(FILES)
    )
    who = WHO % 1_600_000_000
    head = f"commit refs/heads/main\nmark :1\n{who}{data('1')}"
    yield f"{head}{first}{put('policy.toml', POLICY)}".encode()
    for kind in shuffled(commits // EVERY, SEED):
        yield from fillers(planter, pick, planter.mark + EVERY)
        yield from planter.plant(kind)
    yield from fillers(planter, pick, commits)
    yield b"reset refs/heads/main\nfrom :%d\n" % planter.main


def fillers(planter: Planter, pick: random.Random, end: int) -> Iterator[bytes]:
    """Yield commits that lose nothing, until `end` have been written."""
    while planter.mark < end:
        if planter.mark % 20:
            yield planter.on_main(edit(pick))
        else:
            yield planter.commit("side", edit(pick), planter.main)
            side = planter.mark
            yield planter.on_main(edit(pick))
            yield planter.on_main(edit(pick), side)


def edit(pick: random.Random) -> str:
    n = pick.randrange(FILES)
    return put(f"acme/p{n % 40}/m{n}.py", source(pick, n))


def source(pick: random.Random, n: int) -> str:
    others = (pick.randrange(FILES) for _ in range(5))
    lines = [f"from acme.p{o % 40} import m{o}\n" for o in others]
    return "".join(lines) + f"X = {pick.random()}  # {n}\n"


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
