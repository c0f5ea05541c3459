"""Measure the guard on a commit beside `git status` in the same repository.

`python benchmarks/commit_cost.py FOLDER [RUNS]`: FOLDER is what `repository.py` made.
Five files are edited and staged, then each command runs in turn, RUNS times over, so
that a busy machine slows all of them alike. Wall and processor time, in milliseconds;
the medians and the ratio of each to `git status` are printed as Markdown.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

GUARD = [sys.executable, "-I", "-m", "treeguard"]
COMMANDS = {
    "git status": ["git", "status"],
    "git diff-index --cached HEAD": ["git", "diff-index", "--cached", "--raw", "HEAD"],
    "python -I -c pass": [sys.executable, "-I", "-c", "pass"],
    "treeguard hook pre-commit": [*GUARD, "hook", "pre-commit"],
}


class Cost(NamedTuple):
    """What one run took: wall clock and processor time, both in milliseconds."""

    wall: float
    cpu: float


def main(folder: str, runs: int) -> None:
    """Stage five edits in `folder`, measure, and print the table."""
    _stage_five(folder)
    cold = _cold(folder)
    costs: dict[str, list[Cost]] = {name: [] for name in COMMANDS}
    for _ in range(runs):
        for name, command in COMMANDS.items():
            costs[name].append(_run(command, folder))
    print(
        f"First check, nothing kept: {cold.wall:.0f} ms wall, {cold.cpu:.0f} ms cpu.\n"
    )
    print("| command | wall ms | cpu ms | cpu / git status |")
    print("|---|--:|--:|--:|")
    peer = _median(costs["git status"]).cpu
    for name in COMMANDS:
        cost = _median(costs[name])
        ratio = f"{cost.cpu / peer:.2f}"
        print(f"| `{name}` | {cost.wall:.0f} | {cost.cpu:.0f} | {ratio} |")


def _stage_five(folder: str) -> None:
    git = ["git", "-C", folder]
    subprocess.run([*git, "reset", "-q", "--hard"], check=True)
    for number in range(1, 6):
        path = os.path.join(folder, f"acme/p{number * 3}/m3.py")
        with open(path, "a", encoding="utf-8") as file:
            file.write("import os.path\n")
    subprocess.run([*git, "add", "-u"], check=True)


def _cold(folder: str) -> Cost:
    subprocess.run([*GUARD, "cache", "clear"], cwd=folder, check=True)
    return _run(COMMANDS["treeguard hook pre-commit"], folder)


def _run(command: Sequence[str], folder: str) -> Cost:
    before, start = _children(), time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    wall = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{command}: exit {done.returncode}: {done.stderr.decode()}")
    return Cost(wall * 1000, (_children() - before) * 1000)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(*(statistics.median(values) for values in zip(*costs, strict=True)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 15)
