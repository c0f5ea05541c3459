"""Writes a long history, and measures what `audit` of it takes beside `git log`.

`python benchmarks/history.py FOLDER [COMMITS]`: makes the repository if the folder does
not exist. One commit in 20 is a merge of a branch, one in 500 deletes a report, the
others edit one Python file of 2,000, or add a report. The same seed gives the same ids.
Prints seconds; `audit` runs with nothing kept.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

SEED = 11
FILES = 2_000
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


def main(folder: str, commits: int) -> None:
    """Make the history if it is not there, and measure."""
    if not os.path.isdir(folder):
        make(folder, commits)
    git_log = ["git", "log", "-m", "--diff-filter=D", "--name-only", "--format=%H"]
    command = [sys.executable, "-I", "-m", "treeguard", "audit", "--output-format=json"]
    shutil.rmtree(Path(folder, ".git/treeguard"), ignore_errors=True)
    print(f"git log of deletions: {took(folder, *git_log, '--', 'reports'):.1f} s")
    print(f"audit: {took(folder, *command):.1f} s")
    steps = f"HEAD~{min(commits // 100, 1000)}..HEAD"
    several = took(folder, *command, "--each-commit", steps)
    print(f"audit --each-commit {steps}: {several:.1f} s")


def took(folder: str, *command: str) -> float:
    """Seconds that a command takes; findings are no failure, errors are."""
    start = perf_counter()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command} ended with {done.returncode}")
    return perf_counter() - start


def make(folder: str, commits: int) -> None:
    """A repository with that many commits in `folder`."""
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    git = ["git", "-C", folder]
    with subprocess.Popen([*git, "fast-import", "--quiet"], stdin=-1) as importer:
        assert importer.stdin is not None
        for piece in stream(commits):
            importer.stdin.write(piece)
    if importer.returncode:
        raise SystemExit("git fast-import failed")
    subprocess.run([*git, "reset", "-q", "--hard", "main"], check=True)


def stream(commits: int) -> Iterator[bytes]:
    """The history, in the language of git-fast-import(1)."""
    pick = random.Random(SEED)
    reports: list[str] = []
    first = "".join(
        changed(f"acme/p{n % 40}/m{n}.py", source(pick, n)) for n in range(FILES)
    )
    yield committed(1, "main", "", first + changed("policy.toml", POLICY))
    for number in range(2, commits + 1):
        if number % 500 == 0 and reports:
            path = reports.pop(pick.randrange(len(reports)))
            yield committed(number, "main", f":{number - 1}", f"D {path}\n")
        elif number % 20 == 1 and number > 40:
            parents = f":{number - 2}\nmerge :{number - 1}"
            yield committed(number, "main", parents, edit(pick))
        elif number % 20 == 0:
            yield committed(number, "side", f":{number - 1}", edit(pick))
        elif number % 10 == 5:
            reports.append(f"reports/r{number}.csv")
            added = changed(reports[-1], f"{number},1\n")
            yield committed(number, "main", f":{number - 1}", added)
        else:
            yield committed(number, "main", f":{number - 1}", edit(pick))
    yield b"reset refs/heads/main\nfrom :%d\n" % commits


def edit(pick: random.Random) -> str:
    n = pick.randrange(FILES)
    return changed(f"acme/p{n % 40}/m{n}.py", source(pick, n))


def source(pick: random.Random, n: int) -> str:
    others = (pick.randrange(FILES) for _ in range(5))
    lines = [f"from acme.p{o % 40} import m{o}\n" for o in others]
    return "".join(lines) + f"X = {pick.random()}  # {n}\n"


def changed(path: str, text: str) -> str:
    return f"M 100644 inline {path}\n{data(text)}"


def data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"


def committed(number: int, branch: str, parents: str, changes: str) -> bytes:
    who = f"committer Bench <bench@example.org> {1_600_000_000 + number} +0000\n"
    start = f"from {parents}\n" if parents else ""
    head = f"commit refs/heads/{branch}\nmark :{number}\n{who}{data(str(number))}"
    return f"{head}{start}{changes}".encode()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
