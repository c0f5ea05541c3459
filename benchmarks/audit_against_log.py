"""Compare `treeguard audit` of real histories with another reading of them.

`python benchmarks/audit_against_log.py REPOSITORY FOLDER...`: for each folder, a policy
that preserves it is given to `audit` of HEAD. Its losses are compared, path by path,
with what this program finds by listing the folder in every commit (`git ls-tree`, no
diff) and holding each listing against those of the commit's parents. It uses nothing of
treeguard. Prints what only one of the two says, and how many paths `git log` names.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from functools import cache
from functools import lru_cache
from typing import NamedTuple

POLICY = """\
[policy]
version = 1
[rules.kept]
kind = "preserved"
paths = [%s]
"""
AUDIT = (sys.executable, "-I", "-m", "treeguard", "audit", "--output-format=json")
POINTER = b"version https://git-lfs.github.com/spec/v"

Listing = dict[str, tuple[str, str]]  # mode and id, by path
Lost = tuple[str, str]  # commit and path


class History(NamedTuple):
    """Return every commit of HEAD, parents first, each with its parents."""

    parents: dict[str, tuple[str, ...]]
    listings: dict[str, Listing]


def main(repository: str, folders: list[str]) -> None:
    """Compare each folder, and print the differences."""
    os.chdir(repository)
    for folder in folders:
        history = read(folder)
        here, back_here = losses(history)
        audit, back = audited(folder)
        print(f"{folder}: {len(history.parents)} commits", end=", ")
        print(f"`git log` names {len(logged(folder))} deleted paths")
        print(f"  losses: audit {len(audit)}, this program {len(here)}", end=", ")
        print(f"by both {len(audit & here)}; brought back: {len(back)}")
        for what, only in (("audit", audit - here), ("this program", here - audit)):
            for commit, path in sorted(only):
                print(f"  only {what}: {commit[:12]} {path}")
        for commit, path in sorted((back ^ back_here) & audit & here):
            who = "audit" if (commit, path) in back else "this program"
            print(f"  back by {who} alone: {commit[:12]} {path}")


def git(*words: str, data: bytes | None = None) -> bytes:
    return subprocess.run(
        ("git", "-c", "core.quotePath=false", *words),
        input=data,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout


def logged(folder: str) -> set[str]:
    """Return what Git itself calls deleted, merges with each of their parents."""
    log = ("log", "-m", "--no-renames", "--diff-filter=D", "--name-only", "-z")
    names = git(*log, "--format=", "HEAD", "--", folder).split(b"\0")
    return {os.fsdecode(name.lstrip(b"\n")) for name in names} - {""}


def audited(folder: str) -> tuple[set[Lost], set[Lost]]:
    """Return the losses that treeguard reports, and those that it calls restored."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as policy:
        policy.write(POLICY % json.dumps(f"/{folder}/"))
        policy.flush()
        words = (*AUDIT, "--policy", policy.name, "HEAD")
        done = subprocess.run(words, stdout=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"audit ended with {done.returncode}")
    reported = json.loads(done.stdout)["losses"]
    back = {(one["commit"], one["path"]) for one in reported if one["back"]}
    return {(one["commit"], one["path"]) for one in reported}, back


def read(folder: str) -> History:
    """Yield one listing for each tree that the folder ever was."""
    rows = git("rev-list", "--topo-order", "--reverse", "--parents", "HEAD").split(
        b"\n"
    )
    words = [row.decode().split() for row in rows if row]
    parents = {commit: tuple(others) for commit, *others in words}
    asked = "".join(f"{commit}:{folder}\n" for commit in parents).encode()
    answers = git("cat-file", "--batch-check=%(objectname) %(objecttype)", data=asked)
    listings: dict[str, Listing] = {}
    for commit, answer in zip(parents, answers.splitlines(), strict=True):
        oid, kind = answer.rsplit(b" ", 1)
        listings[commit] = listed(folder, oid.decode()) if kind == b"tree" else {}
    return History(parents, listings)


@cache
def listed(folder: str, tree: str) -> Listing:
    found = {}
    for record in git("ls-tree", "-r", "-z", tree).split(b"\0")[:-1]:
        head, path = record.split(b"\t", 1)
        mode, _, oid = head.decode().split()
        # Whether a file is executable is no content.
        found[f"{folder}/{os.fsdecode(path)}"] = (mode[:3], oid)
    return found


def losses(history: History) -> tuple[set[Lost], set[Lost]]:
    """Return what each commit lost, and what of that exists or was restored."""
    found: set[Lost] = set()
    changed: dict[str, set[str]] = {}  # what a commit took from a parent, in any way
    added: dict[str, set[str]] = {}
    for commit, parents in history.parents.items():
        now = history.listings[commit]
        changed[commit] = set()
        for parent in parents:
            was = history.listings[parent]
            if was is now:
                continue
            gone = {path for path in was if was[path] != now.get(path)}
            changed[commit] |= gone
            for path in now.keys() - was.keys():
                added.setdefault(path, set()).add(commit)
            others = [one for one in parents if one != parent]
            found |= {
                (commit, path)
                for path in lost(was, now, gone)
                if not carried(history, changed, path, commit, parent, others)
            }
    tip = list(history.listings.values())[-1]
    return found, {one for one in found if mended(history, tip, added, one)}


def lost(was: Listing, now: Listing, gone: Iterable[str]) -> set[str]:
    """Return those of `gone` that are not files with content now, and did not move."""
    spare = Counter(now[path] for path in now.keys() - was.keys())
    bad = set()
    for path in sorted(gone, key=lambda path: (path in now, path)):
        if fine(was[path], now.get(path)):
            continue
        if spare[was[path]]:
            spare[was[path]] -= 1
        else:
            bad.add(path)
    return bad


def fine(was: tuple[str, str], now: tuple[str, str] | None) -> bool:
    if now is None:
        return False
    if now[0] != "100":
        return was[0] == now[0]
    if was == now:
        return True
    text = blob(now[1])
    if text.startswith(POINTER):
        return blob(was[1]).startswith(POINTER)
    return bool(text.strip()) or (bool(text) and not blob(was[1]).strip())


@lru_cache(maxsize=50_000)
def blob(oid: str) -> bytes:
    return git("cat-file", "blob", oid)[:1_000_000]


def carried(
    history: History,
    changed: dict[str, set[str]],
    path: str,
    commit: str,
    parent: str,
    others: Iterable[str],
) -> bool:
    """Return whether a commit on another parent's side did it, not one of `parent`."""
    now = history.listings[commit].get(path)
    for other in others:
        if history.listings[other].get(path) == now:
            side = git("rev-list", other, f"^{parent}").decode().split()
            if any(path in changed[one] for one in side):
                return True
    return False


def mended(
    history: History, tip: Listing, added: dict[str, set[str]], one: Lost
) -> bool:
    """Return whether the end has it, or as many copies elsewhere as were lost, or a
    later commit restored it."""
    commit, path = one
    listings = [history.listings[parent] for parent in history.parents[commit]]
    before = next(listing for listing in listings if path in listing)
    if fine(before[path], tip.get(path)):
        return True
    after = added.get(path, set()) - {commit}
    for one_after in after and after & descendants(commit):
        if fine(before[path], history.listings[one_after].get(path)):
            return True
    gone = {path for path in before if before[path] != tip.get(path)}
    return before[path] not in {before[name] for name in lost(before, tip, gone)}


@cache
def descendants(commit: str) -> frozenset[str]:
    text = git("rev-list", "--ancestry-path", f"{commit}..HEAD").decode()
    return frozenset(re.findall(r"[0-9a-f]+", text))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
