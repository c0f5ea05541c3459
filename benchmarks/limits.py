"""Measure what a blob of 1 GB and a folder of a million entries cost.

`python benchmarks/limits.py FOLDER [MEGABYTES [ENTRIES]]` makes two repositories in
FOLDER, each with a server that `treeguard install --server` guards, and runs every
command that could read too much. Prints for each the exit code, seconds, processor
seconds, and the peak memory of the largest process among it and all that it started.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from git import Actor
from git import Repo

POLICY = """\
[policy]
version = 1

[rules.kept]
kind = "preserved"
paths = ["/reports/"]

[rules.placed]
kind = "placed"
files = ["Dockerfile*"]
detect = ["dockerfile", "compose", "kubernetes", "helm", "terraform"]
under = ["deployment/"]
allow_empty = true

[rules.zone]
kind = "forbidden"
zone = ["/garbage/"]
references = true

[rules.owned]
kind = "isolated"
zone = ["/enterprise/"]
owns = ["datadog"]
references = true
allow_empty = true

[migration]
id = "limits"
title = "Limits"
record = "patches/limits.md"

[[migration.move]]
from = ["%s/"]
to = "%s/"
"""
FILES = {
    "garbage/x.py": "import os\n",
    "app/run.py": "import os\n",
    "reports/small.csv": "1\n",
}
BENCH = Actor("Bench", "bench@example.org")
IDENTITY = ("-c", "user.name=Bench", "-c", "user.email=bench@example.org")


def main(folder: str, megabytes: int, entries: int) -> None:
    """Make what does not exist yet, and measure."""
    blob, vast = Path(folder, "blob"), Path(folder, "vast")
    if not blob.exists():
        start(blob, "data", "store")
        oid = big_blob(blob, megabytes)
        for path in ("reports/big.csv", "data/big.csv"):
            add = ("update-index", "--add", "--cacheinfo", f"100644,{oid},{path}")
            git(blob, *add)
    print(f"a blob of {megabytes} MB, as reports/big.csv and data/big.csv")
    measure(blob, "reports/big.csv")
    if not vast.exists():
        start(vast, "reports/vast", "reports/moved")
        git(vast, "read-tree", "--prefix=reports/vast/", vast_tree(vast, entries))
    print(f"a folder of {entries} entries, reports/vast/")
    measure(vast, "reports/vast")


def start(repo: Path, old: str, new: str) -> None:
    """Make a repository that obeys its policy, and a guarded server beside it."""
    server = repo.with_suffix(".git")
    with Repo.init(repo, initial_branch="main") as opened:
        files = {**FILES, "policy.toml": POLICY % (old, new), f"{old}/one": "1\n"}
        for path, text in files.items():
            (repo / path).parent.mkdir(parents=True, exist_ok=True)
            (repo / path).write_text(text, encoding="utf-8")
        opened.index.add(list(files))
        opened.index.commit("Small", author=BENCH, committer=BENCH)
        opened.clone(server, bare=True).close()
        opened.create_remote("origin", str(server))
    subprocess.run([*treeguard("install", "--server")], cwd=server, check=True)


def measure(repo: Path, path: str) -> None:
    """Check what is staged, commit it, push it, and delete it again."""
    run(repo, "check", *treeguard("check"))
    run(repo, "check --all", *treeguard("check", "--all"))
    run(repo, "hook pre-commit", *treeguard("hook", "pre-commit"))
    git(repo, *IDENTITY, "commit", "-q", "--no-verify", "-m", "Big")
    run(repo, "check HEAD~1..HEAD", *treeguard("check", "HEAD~1..HEAD"))
    run(repo, "push, without the hook", *push("main", Path(f"{repo}.bare")))
    run(repo, "push", *push("main", repo.with_suffix(".git")))
    run(repo, "audit", *treeguard("audit"))
    run(repo, "migrate plan", *treeguard("migrate", "plan"))
    git(repo, "rm", "-q", "-r", "--cached", path)
    run(repo, "check of its deletion", *treeguard("check", "--output-format=json"))
    git(repo, *IDENTITY, "commit", "-q", "--no-verify", "-m", "Gone")
    run(repo, "push of its deletion", *push("main", repo.with_suffix(".git")))
    run(repo, "audit that tells of it", *treeguard("audit", "--output-format=json"))


def push(ref: str, server: Path) -> tuple[str, ...]:
    if not server.exists():
        git(server.parent, "init", "-q", "--bare", str(server))
    return ("git", "push", "-q", "--no-verify", str(server), ref)


def treeguard(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-m", "treeguard", *words)


def run(repo: Path, what: str, *command: str) -> None:
    """Print what a command took, and the end of its error message."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = perf_counter()
        process = subprocess.Popen(command, cwd=repo, stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = code = os.waitstatus_to_exitcode(status)
        seconds, size = perf_counter() - start, out.seek(0, os.SEEK_END)
        err.seek(0)
        said = err.read().decode("utf-8", "replace").strip()
    processor = used.ru_utime + used.ru_stime
    print(
        f"| {what} | exit {code} | {seconds:.1f} s | {processor:.1f} s"
        f" | {used.ru_maxrss // 1024} MB | {size} bytes said |"
    )
    if code not in (0, 1) or "Traceback" in said:
        print("    " + said[-400:].replace("\n", "\n    "))


def big_blob(repo: Path, megabytes: int) -> str:
    """Return the id of a blob that no process has held whole; Git compresses it."""
    words = ("git", "hash-object", "-w", "--stdin")
    pipe = subprocess.PIPE
    piece = bytes(1 << 20)
    with subprocess.Popen(words, cwd=repo, stdin=pipe, stdout=pipe) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(megabytes):
            process.stdin.write(number.to_bytes(8, "big") + piece[8:])
        process.stdin.close()
        return process.stdout.read().decode().strip()


def vast_tree(repo: Path, entries: int) -> str:
    blob = git(repo, "hash-object", "-w", "--stdin", data=b"x = 1\n").strip()
    lines = (b"100644 blob %s\tf%07d.csv\n" % (blob, n) for n in range(entries))
    return git(repo, "mktree", data=b"".join(lines)).decode().strip()


def git(repo: Path, *words: str, data: bytes | None = None) -> bytes:
    done = subprocess.run(
        ("git", *words), cwd=repo, input=data, stdout=subprocess.PIPE, check=True
    )
    return done.stdout


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[2:]]
    main(sys.argv[1], *(numbers + [1024, 1_000_000][len(numbers) :]))
