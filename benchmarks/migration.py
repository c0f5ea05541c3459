"""Measure `migrate plan` and `migrate apply` beside `git mv` and `git commit`.

`python benchmarks/migration.py FOLDER [RUNS [WHICH]]`: FOLDER is what `repository.py`
made; it is only read. Migrations of about 10,000 files, each in a clone of its own:

- archive: a folder that nothing else refers to moves elsewhere, as patch 13 moves code
  into garbage/;
- one-by-one: the same packages, each a source of its own in the policy, which is what
  Git does not do by one rename of a folder;
- in-use: packages that four files in ten import move. `git mv` leaves those imports
  broken; so what a person would type to fix them, `sed` over what `git grep` finds,
  is measured as well, and `git mv` once for each package, as the policy states them.

The commands take turns. Wall and processor time of each and everything below it, and
the peak memory of the largest process, as a Markdown table.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from git import Repo

GUARD = [sys.executable, "-I", "-m", "treeguard"]
PACKAGES = 196
POLICY = """
[migration]
id = "patch-13"
title = "Move packages"
record = "patches/patch_13.md"

[[migration.move]]
from = [{sources}]
to = "{to}"
reason = "measured"
"""


class Cost(NamedTuple):
    """What one command took: seconds of wall clock and of processor, and megabytes."""

    wall: float
    cpu: float
    peak: float


def main(folder: str, runs: int, which: Sequence[str]) -> None:
    """Measure those migrations and print a table for each."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(folder)) as scratch:
        for name in which:
            clone, prepare = Path(scratch, name), MIGRATIONS[name]
            with Repo.clone_from(folder, clone, shared=True) as repo:
                repo.git.config("user.name", "Bench")
                repo.git.config("user.email", "bench@example.org")
                repo.git.config("gc.auto", "0")
            sources, to = prepare(clone)
            base = _git(clone, "rev-parse", "HEAD")
            costs: dict[str, list[Cost]] = {}
            for _ in range(runs):
                for phase, cost in _round(clone, base, sources, to):
                    costs.setdefault(phase, []).append(cost)
                    print(name, phase, *cost, file=sys.stderr)
            _print(name, costs)


def _archive(clone: Path) -> tuple[list[str], str]:
    """Put the last packages in `legacy/`, which nothing names."""
    _unused(clone)
    _policy(clone, ["legacy"], "attic/")
    return ["legacy"], "attic"


def _one_by_one(clone: Path) -> tuple[list[str], str]:
    """Do the same, with each package named by the policy."""
    sources = _unused(clone)
    _policy(clone, sources, "attic/")
    return sources, "attic"


def _unused(clone: Path) -> list[str]:
    numbers = sorted(int(one.name[1:]) for one in (clone / "acme").glob("p[0-9]*"))
    (clone / "legacy").mkdir()
    for number in numbers[-PACKAGES:]:
        _git(clone, "mv", f"acme/p{number}", f"legacy/q{number}")
    return [f"legacy/q{number}" for number in numbers[-PACKAGES:]]


def _in_use(clone: Path) -> tuple[list[str], str]:
    """Take the first packages that violate no rule: a move must not be blocked."""
    found = _git(clone, "grep", "-l", "from garbage", "--", "acme/*.py")
    faulty = {line.rpartition("/")[0] for line in found.split("\n")}
    every = (f"acme/p{number}" for number in range(10 * PACKAGES))
    sources = [path for path in every if path not in faulty][:PACKAGES]
    _policy(clone, sources, "acme/moved/")
    return sources, "acme/moved"


MIGRATIONS = {"archive": _archive, "one-by-one": _one_by_one, "in-use": _in_use}


def _policy(clone: Path, sources: Sequence[str], to: str) -> None:
    listed = ", ".join(f'"{source}/"' for source in sources)
    if len(sources) > 1:  # each keeps its name below `to`
        listed = ", ".join(f'"{source}"' for source in sources)
    with open(clone / "policy.toml", "a", encoding="utf-8") as file:
        file.write(POLICY.format(sources=listed, to=to))
    _git(clone, "commit", "-qam", "before")


def _round(
    clone: Path, base: str, sources: Sequence[str], to: str
) -> Iterator[tuple[str, Cost]]:
    """Run every command once, from the same state; the peers first."""
    for name, commands in _peers(sources, to).items():
        (clone / to).parent.mkdir(parents=True, exist_ok=True)
        if len(sources) > 1:
            (clone / to).mkdir()
        yield name, _sum(*(_run(command, clone) for command in commands))
        _git(clone, "reset", "-q", "--hard", base)
        _git(clone, "clean", "-qfd")
        _git(clone, "status")
    _run([*GUARD, "cache", "clear"], clone)
    plan = _run([*GUARD, "migrate", "plan"], clone)
    yield "plan, nothing known", plan
    apply = _run([*GUARD, "migrate", "apply"], clone)
    yield "apply, after that plan", apply
    yield "plan and apply", _sum(plan, apply)
    yield "undo", _run([*GUARD, "migrate", "undo"], clone)
    if _git(clone, "status", "--porcelain") or _git(clone, "rev-parse", "HEAD") != base:
        sys.exit("undo did not give back what was there")
    _run(["git", "clean", "-qfd"], clone)
    _run([*GUARD, "cache", "clear"], clone)
    _run([*GUARD, "check", "--exit-zero", "-q", base], clone)
    yield "plan, checked before", _run([*GUARD, "migrate", "plan"], clone)


def _peers(sources: Sequence[str], to: str) -> dict[str, list[list[str]]]:
    """Return what a person would type instead; all is compared with the first."""
    commit = ["git", "commit", "-qm", "moved"]
    peers = {"git mv, git commit": [["git", "mv", *sources, to], commit]}
    if len(sources) > 1:
        one_by_one = [["git", "mv", source, to] for source in sources]
        peers["git mv one by one, git commit"] = [*one_by_one, commit]
    if sources[0].startswith("acme/"):
        names = "|".join(source.rpartition("/")[2] for source in sources)
        script = f"s/from acme\\.({names}) import/from acme.moved.\\1 import/"
        found = f"git grep -lzE 'from acme\\.({names}) import' -- 'acme/*.py'"
        fix = ["sh", "-c", f"{found} | xargs -0 sed -i -E '{script}'"]
        moved = peers["git mv, git commit"][0]
        peers["git mv, sed, git commit"] = [moved, fix, [*commit, "-a"]]
    return peers


def _sum(*costs: Cost) -> Cost:
    return Cost(
        sum(one.wall for one in costs),
        sum(one.cpu for one in costs),
        max(one.peak for one in costs),
    )


def _run(command: Sequence[str], folder: Path, codes: Sequence[int] = (0,)) -> Cost:
    """Run it without its output; return what it and all below it took."""
    start = time.perf_counter()
    with open(os.devnull, "wb") as null:
        running = subprocess.Popen(command, cwd=folder, stdout=null)
        _, status, used = os.wait4(running.pid, 0)
    wall = time.perf_counter() - start
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode not in codes:
        sys.exit(f"{' '.join(command)[:200]}: exit {running.returncode}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _git(folder: Path, *args: str) -> str:
    done = subprocess.run(
        ["git", *args], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def _print(name: str, costs: dict[str, list[Cost]]) -> None:
    peer = _median(costs["git mv, git commit"])
    print(f"\n{name}\n")
    print("| phase | wall s | cpu s | cpu / Git's | peak MB |")
    print("|---|--:|--:|--:|--:|")
    for phase, values in costs.items():
        cost = _median(values)
        ratio = cost.cpu / peer.cpu
        print(
            f"| {phase} | {cost.wall:.1f} | {cost.cpu:.1f} "
            f"| {ratio:.1f} | {cost.peak:.0f} |"
        )


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(*(median(values) for values in zip(*costs, strict=True)))


if __name__ == "__main__":
    main(
        sys.argv[1].rstrip("/"),
        int(sys.argv[2]) if len(sys.argv) > 2 else 3,
        sys.argv[3:] or list(MIGRATIONS),
    )
