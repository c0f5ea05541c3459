"""The journal: how far a migration is, so that a kill at any point is recoverable.

A folder in the work tree's own Git folder (`treeguard/migration/ID`) holds
`journal.json`, the state, and `kept/`, the files themselves (see `worktree_steps`). The
state is replaced by one rename, after its bytes are on disk, so a reader finds either
the old state or the new one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from typing import NamedTuple

from treeguard.errors import GitError
from treeguard.errors import UsageError
from treeguard.repository.plumbing import Git

# The states, in order. Before PLACING nothing but our own folder is written.
STAGING = "staging"
PLACING = "placing"
SWITCHING = "switching"
CLEARING = "clearing"
DONE = "done"

APPLY = "apply"
UNDO = "undo"


class Touched(NamedTuple):
    """One path of the work tree: the numbers of the kept files that it holds before and
    after (None: no file)."""

    path: str
    before: int | None
    after: int | None


class Journal(NamedTuple):
    """How far a migration is.

    `direction` is APPLY or UNDO. `ref` is the branch (or `HEAD`) that moves from commit
    `source` to commit `target`. `commits` names what was built: `old`, `move` (the last
    commit of moves), `rewrite`, `record`. `ids` are the object ids of kept files whose
    bytes must not change; `made` the folders that did not exist before.
    """

    id: str
    state: str
    direction: str
    ref: str
    source: str
    target: str
    commits: dict[str, str]
    touched: tuple[Touched, ...]
    ids: dict[int, str]
    made: tuple[str, ...]
    carried: tuple[str, ...] = ()

    @property
    def unfinished(self) -> bool:
        """True while the work tree may be between the old state and the new."""
        return self.state in (PLACING, SWITCHING, CLEARING)


def folder_of(git: Git, name: str) -> str:
    """Return the folder of the migration with the id `name`; it need not exist."""
    safe = "".join(
        char if char.isalnum() or char in "-_." else "_" for char in name
    ).lstrip(".")
    return os.path.join(git.where.git_dir, "treeguard", "migration", safe or "_")


def load(folder: str) -> Journal | None:
    """Return the journal in `folder`; None if there is none. Raises `GitError`."""
    import json

    try:
        with open(os.path.join(folder, "journal.json"), encoding="ascii") as file:
            data = json.load(file)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        message = f"cannot read the journal in {folder}: {error}"
        raise GitError(message, "see `git status`, then delete that folder") from error
    return _deserialize(data)


def save(folder: str, journal: Journal) -> None:
    """Write the journal, so that it survives a kill and a power loss."""
    import json

    data = journal._asdict()
    del data["touched"]
    data["ids"] = {str(number): oid for number, oid in journal.ids.items()}
    # By far the longest part, and the same in every state.
    touched = _encoded(journal.touched)
    text = f'{{"touched": {touched}, {json.dumps(data)[1:]}'
    write_text(os.path.join(folder, "journal.json"), text)


@lru_cache(maxsize=1)
def _encoded(touched: tuple[Touched, ...]) -> str:
    import json

    return json.dumps(touched)


def write_text(path: str, text: str) -> None:
    """Write `text` beside `path`, flush it to the disk, then rename it to `path`."""
    temporary = f"{path}.new"
    with open(temporary, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync_folder(os.path.dirname(path))


def sync_folder(folder: str | bytes) -> None:
    """Flush the names in a folder to the disk, where the system can do that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(folder: str) -> Iterator[None]:
    """Lock the migration against other processes; the system unlocks it with ours.

    Raises `UsageError` when another one holds the lock.
    """
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "ab") as file:
        try:
            import fcntl
        except ImportError:  # Windows
            yield
            return
        if not _locked(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB):
            message = "another treeguard process is running this migration"
            raise UsageError(message, "wait until it ends, then run it again")
        yield


def _locked(file: int, operation: int) -> bool:
    """Take the lock within two seconds: the child that a killed treeguard was about to
    start may hold it for a moment, between its fork and its exec."""
    import fcntl
    from time import sleep

    for _attempt in range(40):
        try:
            fcntl.flock(file, operation)
        except BlockingIOError:
            sleep(0.05)
        else:
            return True
    return False


def _deserialize(data: dict[str, Any]) -> Journal:
    return Journal(
        **{
            **data,
            "touched": tuple(Touched(*item) for item in data["touched"]),
            "ids": {int(number): oid for number, oid in data["ids"].items()},
            "made": tuple(data["made"]),
            "carried": tuple(data["carried"]),
        }
    )
