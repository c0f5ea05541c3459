"""What Git itself says a tree holds, to hold our snapshots against."""

from __future__ import annotations

import os

from tests.support.git import Repo
from treeguard.trees import TREE
from treeguard.trees import Entry
from treeguard.trees import Snapshot

Files = dict[str, tuple[int, str]]


def git_files(repo: Repo, tree: str) -> Files:
    """Every file of `tree` as `git ls-tree -r` lists it: path to (mode, id)."""
    listing = repo.run("ls-tree", "-r", "-z", "--full-tree", tree).stdout
    files: Files = {}
    for record in listing.split(b"\0")[:-1]:
        head, _, path = record.partition(b"\t")
        mode, _, oid = head.split(b" ")
        files[os.fsdecode(path)] = (int(mode, 8), oid.decode())
    return files


def files_of(snapshot: Snapshot) -> Files:
    """The same of a snapshot, by its listing; its folders must agree with that."""
    listed = list(snapshot.files())
    assert dict(listed) == dict(walk(snapshot))
    assert len(listed) == len(dict(listed))
    return {path: (entry.mode, entry.oid) for path, entry in listed}


def walk(snapshot: Snapshot, folder: str = "") -> list[tuple[str, Entry]]:
    """Every file, found folder by folder; `entry` must say the same as `children`."""
    found = []
    for name, entry in snapshot.children(folder).items():
        path = f"{folder}/{name}" if folder else name
        assert snapshot.entry(path) == entry
        if entry.mode == TREE:
            below = walk(snapshot, path)
            assert below, f"{path} is an empty folder"
            found += below
        else:
            found.append((path, entry))
    return found
