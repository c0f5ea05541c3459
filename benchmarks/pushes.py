"""Measure what the server's hook adds to a push.

`python benchmarks/pushes.py REPOSITORY [DRIFT]`: clones it twice into a temporary
folder, once bare as the server, and pushes commits of one file each: without the hook,
with it, after DRIFT more pushes (20 if not given), and with nothing kept; then many
pushes at once to branches of their own. Prints milliseconds of wall clock and of
processor time: that of `git push` and of everything below it that it waits for. Of the
pushes at once every other one breaks the policy: unless these are refused, all others
land and `git fsck` is content, it ends with an error.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

AGAIN = 5
MANY = 100
THREADS = 8


def git(folder: Path, *args: str) -> str:
    done = subprocess.run(
        ["git", *args], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def treeguard(folder: Path, *args: str) -> None:
    command = [sys.executable, "-I", "-m", "treeguard", *args]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def commit(work: Path, number: int) -> None:
    (work / f"pushed_{number}.md").write_text(f"{number}\n")
    git(work, "add", f"pushed_{number}.md")
    git(work, "-c", "user.name=b", "-c", "user.email=b@x", "commit", "-qm", "one file")


def push(work: Path, ref: str = "HEAD:refs/heads/main") -> float:
    start = perf_counter()
    git(work, "push", "-q", "origin", ref)
    return (perf_counter() - start) * 1000


def waited_for() -> float:
    times = os.times()
    return (times.children_user + times.children_system) * 1000


def pushes(
    work: Path, first: int, count: int = AGAIN, without: Path | None = None
) -> str:
    """Return medians of `count` pushes; the folder `without` is removed before each."""
    walls, processors = [], []
    for number in range(first, first + count):
        commit(work, number)
        if without is not None:
            shutil.rmtree(without, ignore_errors=True)
        before = waited_for()
        walls.append(push(work))
        processors.append(waited_for() - before)
    worst = f"slowest {max(walls):.0f}"
    wall, processor = statistics.median(walls), statistics.median(processors)
    return f"{wall:.0f} wall ({worst}), {processor:.0f} processor"


def guilty(work: Path) -> str:
    """A commit that the policy refuses."""
    git(work, "checkout", "-q", "--detach")
    (work / "acme/p1/guilty.py").write_text("from garbage import demo\n")
    git(work, "add", "acme/p1/guilty.py")
    git(work, "-c", "user.name=b", "-c", "user.email=b@x", "commit", "-qm", "guilty")
    return git(work, "rev-parse", "HEAD")


def at_once(work: Path, server: Path) -> tuple[float, float]:
    """Every other push is of a guilty commit; anything but its refusal is an error."""
    innocent, refused = git(work, "rev-parse", "HEAD"), guilty(work)

    def one(number: int) -> float:
        start = perf_counter()
        commit = refused if number % 2 else innocent
        ref = f"{commit}:refs/heads/many-{number}"
        command = ["git", "push", "-q", "origin", ref]
        done = subprocess.run(command, cwd=work, check=False, capture_output=True)
        if bool(done.returncode) != bool(number % 2):
            sys.exit(f"push {number}: exit {done.returncode}: {done.stderr[-300:]!r}")
        return (perf_counter() - start) * 1000

    start = perf_counter()
    with ThreadPoolExecutor(THREADS) as threads:
        times = list(threads.map(one, range(MANY)))
    whole = (perf_counter() - start) * 1000
    landed = git(server, "for-each-ref", "--format=%(objectname)", "refs/heads/many-*")
    assert landed.split() == [innocent] * (MANY // 2)
    git(server, "fsck", "--no-dangling")
    return whole, statistics.median(times)


def main(repository: str, drift: int = 20) -> None:
    # What runs behind the last push may still write there.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server, work = Path(folder, "server.git"), Path(folder, "work")
        git(Path(folder), "clone", "-q", "--bare", repository, str(server))
        git(server, "branch", "-M", "main")
        git(Path(folder), "clone", "-q", str(server), str(work))
        git(work, "config", "core.hooksPath", "/dev/null")
        print(f"load {os.getloadavg()[0]:.1f}")
        print(f"without the hook: {pushes(work, 0)}")
        start = perf_counter()
        treeguard(server, "install", "--server")
        print(f"install --server: {(perf_counter() - start) * 1000:.0f}")
        print(f"with the hook: {pushes(work, 200)}")
        print(f"the next {drift}: {pushes(work, 300, drift)}")
        print(f"after them: {pushes(work, 1000)}")
        # What runs behind a push must not fill it again before the next one.
        (server / "hooks" / "post-receive").unlink()
        kept = server / "treeguard"
        print(f"with nothing kept: {pushes(work, 1100, 3, without=kept)}")
        treeguard(server, "install", "--server")
        print(f"load {os.getloadavg()[0]:.1f}", flush=True)
        whole, each = at_once(work, server)
        print(
            f"{MANY} at once, {THREADS} at a time: {whole:.0f} in all, {each:.0f} each"
        )


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:3]))
