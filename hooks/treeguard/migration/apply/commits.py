"""Build the commits of a migration beside the branch: moves, rewrites, the record.

Three kinds keep history readable: `git log --follow` and blame cross a commit that only
moves files; files are edited at their new paths; and the record names both. Author,
committer, encoding, signature and hooks are the user's (`user_commit_hooks` says which
of those run, and when).
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from treeguard.errors import GitError
from treeguard.errors import UsageError
from treeguard.formats import patch_document
from treeguard.migration.apply.objects_writer import PrivateIndex
from treeguard.migration.apply.objects_writer import flush_options
from treeguard.migration.apply.objects_writer import index_path
from treeguard.migration.apply.objects_writer import private_index
from treeguard.migration.apply.objects_writer import write_blobs
from treeguard.migration.apply.user_commit_hooks import HookRefusedError
from treeguard.migration.apply.user_commit_hooks import Hooks
from treeguard.migration.apply.user_commit_hooks import run_commit_msg
from treeguard.migration.history_lookup import IGNORE_REVS
from treeguard.migration.history_lookup import KIND_MOVE
from treeguard.migration.history_lookup import KIND_RECORD
from treeguard.migration.history_lookup import KIND_REWRITE
from treeguard.migration.history_lookup import TRAILER
from treeguard.migration.plan.planner import undecided_afterwards
from treeguard.plans import FileEdit
from treeguard.plans import FileMove
from treeguard.plans import Plan
from treeguard.repository.changes import raw_change
from treeguard.repository.changes import raw_changes
from treeguard.repository.changes import tree_changes
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.trees import REGULAR
from treeguard.trees import Change
from treeguard.trees import Entry

# What decides which bytes lie on disk (gitattributes(5)).
_CONVERTING = ("filter", "working-tree-encoding", "ident", "eol", "text")


class Built(NamedTuple):
    """The commits, in order: those of the moves, then `rewrite` (None: no reference
    changes) and `record`; and the bytes of every file they write, by its new path."""

    moves: tuple[str, ...]
    rewrite: str | None
    record: str
    written: dict[str, bytes]


class CommitBuild(NamedTuple):
    """The input of `build_commits`; without `hooks` no hook sees the messages.

    `record` is the path of the patch document, `edited` the new bytes of the files that
    the plan edits, by their new path.
    """

    git: Git
    folder: str
    plan: Plan
    record: str
    edited: Mapping[str, bytes]
    signed: bool
    hooks: Hooks | None = None


def build_commits(build: CommitBuild) -> Built:
    """Make the commits on top of `plan.base`; touch no ref, no index and no file."""
    git, plan = build.git, build.plan
    with private_index(git, build.folder) as index:
        # Preflight checked that the index is the base's tree, and `assert_pure` checks
        # it again; where nothing moves there is no second check.
        if plan.moves:
            index.copy(index_path(git))
        else:
            index.read(plan.base)
        moves = _moves(build, index)
        tip = moves[-1] if moves else plan.base
        assert_pure(git, plan, tip)
        rewrite = _rewrites(build, index, tip)
        written = {**build.edited, **{new.path: new.data for new in plan.created}}
        documents = _documents(build, moves, rewrite)
        tree = _with_files(build, index, documents)
        refuse_other_attributes(git, index.path, plan)
        subject = f"Record {plan.name}"
        record = _commit(build, tree, rewrite or tip, subject, "", KIND_RECORD)
    return Built(moves, rewrite, record, {**written, **documents})


def _moves(build: CommitBuild, index: PrivateIndex) -> tuple[str, ...]:
    parts = divide(build.plan.moves)
    tip, made = build.plan.base, []
    for number, part in enumerate(parts, 1):
        entries: dict[str, Entry | None] = {move.old: None for move in part}
        entries |= {move.new: Entry(move.mode, move.oid) for move in part}
        index.change(entries)
        count = f" ({number} of {len(parts)})" if len(parts) > 1 else ""
        subject = f"Move files: {build.plan.title}{count}"
        tip = _commit(build, index.write_tree(), tip, subject, _MOVED, KIND_MOVE)
        made.append(tip)
    return tuple(made)


def assert_pure(git: Git, plan: Plan, tip: str) -> None:
    """Raise `GitError` unless the tree of `tip` is the base with its paths mapped.

    The proof is the difference of the trees: each removed and each added file is one of
    the plan's, with its mode and blob.
    """
    old = {move.old: (move.mode, move.oid) for move in plan.moves}
    new = {move.new: (move.mode, move.oid) for move in plan.moves}
    wanted = {
        raw_change(path, old.get(path), new.get(path))
        for path in old.keys() | new.keys()
        if old.get(path) != new.get(path)
    }
    found = raw_changes(git, f"{plan.base}^{{tree}}", f"{tip}^{{tree}}")
    if found != wanted:
        message = "the tree of the moves is not the old tree with its paths mapped"
        raise GitError(message, "the plan is out of date: run the migration again")


def changes_between(git: Git, old: str, new: str) -> list[Change]:
    """List what differs between the trees of two commits. Raises `GitError`."""
    changes = tree_changes(git, f"{old}^{{tree}}", f"{new}^{{tree}}")
    if changes is None:
        message = f"{old[:12]} and {new[:12]} cannot be compared"
        raise GitError(message, "run `git fsck --full` to see what is damaged")
    return changes


_MOVED = """\
Every file keeps its mode and content, so that `git log --follow` and blame cross this
commit. The next one rewrites the references to the old paths: this one alone neither
imports nor builds.

Bisect-Skip: yes
"""
_REWRITTEN = "It also adds the files that the migration creates.\n"


def _rewrites(build: CommitBuild, index: PrivateIndex, tip: str) -> str | None:
    files = {**build.edited, **{new.path: new.data for new in build.plan.created}}
    if not files:
        return None
    tree = _with_files(build, index, files)
    subject = f"Rewrite what points at moved files: {build.plan.title}"
    return _commit(build, tree, tip, subject, _REWRITTEN, KIND_REWRITE)


def _with_files(
    build: CommitBuild, index: PrivateIndex, files: Mapping[str, bytes]
) -> str:
    """Write the tree with these files; those that exist keep their mode."""
    modes = _modes(build.git, build.plan)
    ids = write_blobs(build.git, build.folder, list(files.values()))
    index.change(
        {
            path: Entry(modes.get(path, REGULAR), oid)
            for path, oid in zip(files, ids, strict=True)
        }
    )
    return index.write_tree()


def _modes(git: Git, plan: Plan) -> dict[str, int]:
    """Return the modes of the edited files, by their new path."""
    moved = {move.new: move.mode for move in plan.moves}
    base = tree_snapshot(git, plan.base)
    modes = {}
    for path, new, _edits in (*plan.edits, FileEdit(IGNORE_REVS, IGNORE_REVS, ())):
        entry = base.entry(path)
        if new in moved or entry is not None:
            modes[new] = moved.get(new, entry.mode if entry else REGULAR)
    return modes


def _documents(
    build: CommitBuild, moves: Sequence[str], rewrite: str | None
) -> dict[str, bytes]:
    base = tree_snapshot(build.git, build.plan.base)

    def read(path: str) -> bytes:
        entry = base.entry(path)
        return base.read(entry.oid) if entry is not None else b""

    left = undecided_afterwards(
        build.plan.moves, build.plan.edits, build.plan.undecided, read
    )
    text = patch_document.render(build.plan._replace(undecided=left), moves, rewrite)
    files = {build.record: text.encode("utf-8", "replace")}
    if rewrite is not None:
        files[IGNORE_REVS] = _ignored_revisions(build, rewrite)
    return files


def _ignored_revisions(build: CommitBuild, rewrite: str) -> bytes:
    """Return `.git-blame-ignore-revs` with the commit of the rewrites added.

    Blame crosses a pure move by itself.
    """
    entry = tree_snapshot(build.git, build.plan.base).entry(IGNORE_REVS)
    old = build.git.objects.read(entry.oid) if entry is not None else b""
    if old and not old.endswith(b"\n"):
        old += b"\n"
    return old + f"# {build.plan.name}\n{rewrite}\n".encode()


def _commit(
    build: CommitBuild, tree: str, parent: str, subject: str, body: str, kind: str
) -> str:
    trailers = f"{TRAILER}: {build.plan.id} {kind}\n"
    gap = "" if body.endswith(": yes\n") else "\n"
    message = f"{subject}\n\n{body}{gap if body else ''}{trailers}"
    if build.hooks is not None:
        message = run_commit_msg(build.hooks, build.folder, message)
        if trailers not in f"{message}\n":
            line = f'your hook removed the line "{trailers.strip()}"'
            hint = "treeguard finds the migration by that line: let the hook keep it"
            raise HookRefusedError(line, hint)
    return commit_tree(build.git, tree, parent, message, signed=build.signed)


def wants_signature(git: Git) -> bool:
    """Return `commit.gpgSign`, which `commit-tree` ignores (RelNotes of 2.10.1)."""
    args = ("config", "--type=bool", "--default=false", "--get", "commit.gpgSign")
    return git.run(*args).strip() == b"true"


def commit_tree(git: Git, tree: str, parent: str, message: str, *, signed: bool) -> str:
    """Store a commit with the user as author and committer; return its id."""
    sign = ("-S",) if signed else ()
    utf8 = ("-c", "i18n.commitEncoding=UTF-8")
    args = (*flush_options(git), *utf8, "commit-tree", *sign, "-p", parent, tree)
    text = message.encode("utf-8", "replace")
    return git.run(*args, stdin=text).decode("ascii").strip()


def refuse_other_attributes(git: Git, index: str, plan: Plan) -> None:
    """Refuse a move after which Git converts a file in another way.

    A file that loses `filter=lfs` by its move would have the wrong bytes on disk or in
    the repository, and `git status` would not show it. `index` is the path of an index
    that holds the tree after the migration.
    """
    if not plan.moves:
        return
    # Preflight checked that the index is the tree of the base.
    before = _check_attributes(git, index_path(git), [move.old for move in plan.moves])
    after = _check_attributes(git, index, [move.new for move in plan.moves])
    if before[2::3] == after[2::3]:
        return
    old, new = _by_path(before), _by_path(after)
    for move in plan.moves:
        was, now = old[move.old], new[move.new]
        if was != now:
            name = next(key for key in _CONVERTING if was[key] != now[key])
            change = f"{name}={was[name]}, and would have {name}={now[name]}"
            message = f"{move.old} has {change} at {move.new}"
            hint = f"let .gitattributes match {move.new} too, and commit that"
            raise UsageError(message, hint)


def _check_attributes(git: Git, index: str, paths: Iterable[str]) -> list[bytes]:
    """List path, name and value for each path and attribute, in the order given."""
    args = ("check-attr", "--cached", "--stdin", "-z", *_CONVERTING)
    listing = b"".join(os.fsencode(path) + b"\0" for path in paths)
    return git.run(*args, stdin=listing, env={"GIT_INDEX_FILE": index}).split(b"\0")


def _by_path(fields: list[bytes]) -> Mapping[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path, name, value in zip(fields[::3], fields[1::3], fields[2::3], strict=False):
        values = found.setdefault(os.fsdecode(path), {})
        values[name.decode()] = value.decode("utf-8", "replace")
    return found


# The most commits: beyond them equal files may be paired wrongly. Their content, which
# is the same, is kept in any case.
MOST = 8


def divide(moves: Sequence[FileMove]) -> list[list[FileMove]]:
    """Return the moves as a sequence of commits, each sorted by destination.

    Applied in this order every file ends where the plan says, through no place that is
    taken; only a file of a cycle makes a stop in between.
    """
    waiting = sorted(moves, key=lambda move: move.new)
    commits: list[list[FileMove]] = []
    while waiting:
        sources = {move.old for move in waiting}
        ready = [move for move in waiting if move.new not in sources]
        if ready:
            commits += _paired(ready)
            done = set(ready)
            waiting = [move for move in waiting if move not in done]
        else:
            first, rest = waiting[0], waiting[1:]
            stop = _free(first.new, sources)
            commits.append([first._replace(new=stop)])
            waiting = [*rest, first._replace(old=stop)]
    return commits


def _free(path: str, taken: Iterable[str]) -> str:
    stop = f"{path}.moving"
    while stop in taken:
        stop += "x"
    return stop


def _paired(moves: Sequence[FileMove]) -> list[list[FileMove]]:
    """Divide independent moves by how Git pairs equal files."""
    equal: dict[tuple[int, str], list[FileMove]] = defaultdict(list)
    for move in moves:
        equal[(move.mode & 0o170000, move.oid)].append(move)
    commits: list[list[FileMove]] = []
    for group in equal.values():
        for number, part in enumerate(_in_parts(group)):
            if number == len(commits):
                commits.append([])
            commits[number] += part
    return [sorted(commit, key=lambda move: move.new) for commit in commits]


def _in_parts(group: list[FileMove]) -> list[list[FileMove]]:
    """Divide files of equal content into few parts that Git pairs correctly."""
    if len(group) == 1 or pairs_correctly(group):
        return [group]
    parts: list[list[FileMove]] = []
    for move in group:
        for part in parts:
            if len(parts) >= MOST and part is parts[-1]:
                part.append(move)
                break
            if pairs_correctly([*part, move]):
                part.append(move)
                break
        else:
            parts.append([move])
    return parts


def pairs_correctly(moves: Sequence[FileMove]) -> bool:
    """Return True if Git pairs these moves of equal files as the plan does."""
    unused = dict.fromkeys(sorted((move.old for move in moves), key=_as_bytes))
    by_name: dict[str, list[str]] = defaultdict(list)
    for source in reversed(unused):
        by_name[_file_name(source)].append(source)
    for move in sorted(moves, key=lambda move: _as_bytes(move.new)):
        named = by_name[_file_name(move.new)]
        while named and named[-1] not in unused:
            named.pop()
        source = named[-1] if named else next(iter(unused))
        if source != move.old:
            return False
        del unused[source]
    return True


def _as_bytes(path: str) -> bytes:
    """Return a path as Git sorts it."""
    return path.encode("utf-8", "surrogateescape")


def _file_name(path: str) -> str:
    return path.rpartition("/")[2]
