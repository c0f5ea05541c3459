"""Write blobs and trees into the repository; touch neither index nor work tree."""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager

from treeguard.errors import GitError
from treeguard.repository.plumbing import Git
from treeguard.trees import Entry

# A power loss must not lose objects whose ref survives: Git's default does not flush
# loose objects (git-config(1), core.fsync, since 2.36; before that the older name).
_FLUSHED = ("-c", "core.fsync=all")
_FLUSHED_BEFORE_2_36 = ("-c", "core.fsyncObjectFiles=true")


# With more, refreshing everything costs no more.
_MOST_FOLDERS = 40


def flush_options(git: Git) -> tuple[str, ...]:
    """Return the options with which Git flushes what it writes to the disk."""
    return _FLUSHED if git.version >= (2, 36) else _FLUSHED_BEFORE_2_36


def index_path(git: Git) -> str:
    """Return the path of the index (GIT_INDEX_FILE counts)."""
    args = ("rev-parse", "--path-format=absolute", "--git-path", "index")
    return os.fsdecode(git.run(*args).removesuffix(b"\n"))


def write_blobs(git: Git, folder: str, contents: Sequence[bytes]) -> list[str]:
    """Store each of `contents` as a blob, unfiltered; return the ids in order.

    `folder` is ours, for files that `hash-object` reads: one process for all.
    """
    if not contents:
        return []
    os.makedirs(folder, exist_ok=True)
    paths = []
    for number, data in enumerate(contents):
        path = os.path.join(folder, f"blob-{number}")
        with open(path, "wb") as file:
            file.write(data)
        paths.append(path)
    args = ("hash-object", "-w", "--no-filters", "--stdin-paths")
    listing = b"".join(_quoted(os.fsencode(path)) + b"\n" for path in paths)
    ids = git.run(*flush_options(git), *args, stdin=listing).decode("ascii").split()
    for path in paths:
        os.unlink(path)
    if len(ids) != len(contents):
        message = f"Git wrote {len(ids)} of {len(contents)} objects"
        raise GitError(message, "run `git fsck`, then the migration again")
    return ids


def _quoted(path: bytes) -> bytes:
    """Quote a path as Git does, so that no byte of it ends the line."""
    for char, written in ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\n", b"\\n")):
        path = path.replace(char, written)
    return b'"' + path + b'"'


class PrivateIndex:
    """A temporary index file, from which trees are written."""

    def __init__(self, git: Git, path: str) -> None:
        self._git = git
        self.path = path
        self._env = {"GIT_INDEX_FILE": path}

    def read(self, tree: str) -> None:
        """Read a commit or tree."""
        self._git.run("read-tree", tree, env=self._env)

    def copy(self, index: str) -> None:
        """Copy another index file with its cached trees: what is unchanged need not be
        written again."""
        import shutil

        shutil.copyfile(index, self.path)

    def change(self, entries: Mapping[str, Entry | None]) -> None:
        """Set the entries of paths; None removes the path."""
        update_index(self._git, self.path, entries)

    def write_tree(self) -> str:
        """Store the tree; return its id."""
        args = (*flush_options(self._git), "write-tree")
        return self._git.run(*args, env=self._env).decode("ascii").strip()


@contextmanager
def private_index(git: Git, folder: str) -> Iterator[PrivateIndex]:
    """Yield an empty index in `folder`, and delete it afterwards. Its name is new each
    time, because a killed run leaves a lock."""
    import secrets

    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"index-{secrets.token_hex(8)}")
    try:
        yield PrivateIndex(git, path)
    finally:
        if os.path.exists(path):
            os.unlink(path)


def update_index(git: Git, path: str, entries: Mapping[str, Entry | None]) -> None:
    """Change the index file at `path`. Remove before adding: a folder may become a
    file."""
    removed = [path for path, entry in entries.items() if entry is None]
    added = [(path, entry) for path, entry in entries.items() if entry is not None]
    zero = "0" * (64 if git.where.object_format == "sha256" else 40)
    listing = b"".join(_records((path, Entry(0, zero)) for path in removed))
    listing += b"".join(_records(added))
    args = ("update-index", "-z", "--index-info")
    git.run(*args, stdin=listing, env={"GIT_INDEX_FILE": path})


def refresh_index(git: Git, index: str, paths: Iterable[str]) -> None:
    """Refresh the stat data of `paths`, and perhaps others, in the index file `index`.

    Then no Git has to read them to see that they are unchanged.
    """
    few = common_folders(paths)
    env = {"GIT_INDEX_FILE": index, "GIT_LITERAL_PATHSPECS": "1"}
    codes = (0, 1)  # some are changed, or outside of the sparse checkout
    if few:
        args = ("add", "--refresh", "--", *few)
        if git.answer(*args, codes=(*codes, 128), env=env)[0] in codes:
            return
    git.run("update-index", "-q", "--refresh", codes=codes, env=env)


def _records(entries: Iterable[tuple[str, Entry]]) -> Iterator[bytes]:
    for path, entry in entries:
        yield b"%o %s\t%s\0" % (entry.mode, entry.oid.encode(), os.fsencode(path))


def common_folders(paths: Iterable[str]) -> list[str]:
    """Return few paths that hold all of `paths`; an empty list if there are too many.

    Git matches each entry of the index against every pathspec, and stats those that
    match: so there must be few, none wider than necessary. No two of them are in one
    top-level folder.
    """
    ends: dict[str, tuple[str, str]] = {}
    for path in paths:
        top = path.partition("/")[0]
        first, last = ends.get(top, (path, path))
        ends[top] = (min(first, path), max(last, path))
    return (
        [_common_folder(*pair) for pair in ends.values()]
        if len(ends) <= _MOST_FOLDERS
        else []
    )


def _common_folder(first: str, last: str) -> str:
    """Return what holds both paths, and so all that sort between them."""
    if first == last:
        return first
    parts = zip(first.split("/"), last.split("/"), strict=False)
    common: list[str] = []
    for one, other in parts:
        if one != other:
            break
        common.append(one)
    return "/".join(common)
