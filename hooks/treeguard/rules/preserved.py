"""Preserved: what stands below `paths` is never lost, however it is made to go away.

It protects measurements that cannot be repeated. Trees are compared, not lists of
deleted files: a path of the old tree is kept if the new tree has it as a regular file
with content, or if a path that was added below `paths` has its blob, one for one. So
removing, moving out, emptying, replacing by a link, a submodule, a folder or a Git LFS
pointer, and renaming the folder's case are all the same to it (cases 1 to 41).
"""

from __future__ import annotations

from collections import defaultdict
from collections import deque
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.lfs_attributes import lfs_filtered
from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import ERROR
from treeguard.findings import WARNING
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.languages.size_limits import content
from treeguard.policy.model import Policy
from treeguard.policy.model import Preserved
from treeguard.policy.model import Rule
from treeguard.rules import shell_commands
from treeguard.rules.rename_hints import Whereabouts
from treeguard.trees import GITLINK
from treeguard.trees import SYMLINK
from treeguard.trees import TREE
from treeguard.trees import Change
from treeguard.trees import Entry

EDIT = "edit"
MOVE = "move"

DELETED = "deleted"
REPLACED = "replaced"
EMPTIED = "emptied"
POINTER = "pointer"
EDITED = "edited"
BLANKED = "blanked"

_POINTER_HEAD = b"version https://git-lfs.github.com/spec/v"
# The Git LFS specification: a pointer file is always smaller.
_POINTER_SIZE = 1024


def queries(_rule: Rule, _policy: Policy, _context: SearchRoots) -> Iterable[FileQuery]:
    """Nothing of a single tree: what differs between two is all that matters."""
    return ()


def findings(
    rule: Rule, policy: Policy, old: TreeAnalysis | None, new: TreeAnalysis
) -> Iterator[Finding]:
    """A finding for each path that `old` has and `new` has lost, in order of path."""
    options = rule.options
    if old is None or not isinstance(options, Preserved):
        return
    changes = sorted(new.changes_since(old), key=lambda change: change.path)
    guarded = _guarded(changes, rule, policy, options)
    fates = _fates(changes, guarded, old, new, options)
    fresh = [c for c in changes if c.old is None]
    inside = [c for c in fresh if c.path in guarded]
    kept = _moved(fates, inside) if MOVE in options.allow else {}
    lost = {change: fate for change, fate in fates.items() if change not in kept}
    taken = set(kept.values())
    spare = [c for c in inside if c.path not in taken]
    where = Whereabouts(
        old=old,
        new=new,
        edited_copies=spare if options.allow >= {EDIT, MOVE} else [],
        copies=[c for c in fresh if c.path not in guarded],
    )
    gone = _Gone(new, options, {change.path for change in kept})
    for change in sorted(lost):
        yield _finding(rule, options, change, lost[change], where, gone)


def _guarded(
    changes: Iterable[Change], rule: Rule, policy: Policy, options: Preserved
) -> frozenset[str]:
    """The changed paths that the rule protects; an excluded one protects nothing."""
    return frozenset(
        change.path
        for change in changes
        if _is_below(options, change)
        and not rule.exclude.match(change.path)
        and not policy.exclude.match(change.path)
    )


def _is_below(options: Preserved, change: Change) -> bool:
    """A submodule in the place of a protected folder is protected like it."""
    modes = [entry.mode for entry in (change.old, change.new) if entry is not None]
    whole = GITLINK in modes and options.paths.folder(change.path) is True
    return whole or options.paths.match(change.path)


def _fates(
    changes: Iterable[Change],
    guarded: frozenset[str],
    old: TreeAnalysis,
    new: TreeAnalysis,
    options: Preserved,
) -> dict[Change, str]:
    """What happened to each protected path of the old tree that is not as it was."""
    found = {}
    for change in changes:
        if change.old is not None and change.path in guarded:
            fate = _fate(change.path, change.old, change.new, old, new)
            if fate == BLANKED and EDIT not in options.allow:
                fate = EDITED
            if fate and not (fate == EDITED and EDIT in options.allow):
                found[change] = fate
    return found


def _fate(
    path: str, was: Entry, now: Entry | None, old: TreeAnalysis, new: TreeAnalysis
) -> str:
    """One of the words above; empty when the content is what it was."""
    if now is None:
        return DELETED
    alike = _form(was) == _form(now)
    if alike and was.oid == now.oid:
        return ""
    if not now.is_file:
        return EDITED if alike else REPLACED
    data = content(new.snapshot, now.oid)
    if not data:
        return EMPTIED
    before = content(old.snapshot, was.oid) if was.is_file else b""
    if _is_pointer(data) and not _is_pointer(before):
        if not lfs_filtered(new.snapshot, path):
            return POINTER
        return "" if _points_to(data, before) else EDITED
    if _is_pointer(before) and _points_to(before, data):
        return ""
    return BLANKED if before.strip() and not data.strip() else EDITED


def _form(entry: Entry) -> int:
    """Regular file, link or submodule: whether a file is executable is no content."""
    return entry.mode & 0o170000


def _is_pointer(data: bytes) -> bool:
    return len(data) <= _POINTER_SIZE and data.startswith(_POINTER_HEAD)


def _points_to(pointer: bytes, data: bytes) -> bool:
    """True when a Git LFS pointer stands for exactly these bytes."""
    import hashlib

    wanted = b"oid sha256:" + hashlib.sha256(data).hexdigest().encode()
    return wanted in pointer.split(b"\n")


def _moved(fates: dict[Change, str], inside: Iterable[Change]) -> dict[Change, str]:
    """Lost paths whose blob was added elsewhere below `paths`, one for one.

    What would be lost altogether comes before what is still there in another form.
    """
    waiting: defaultdict[tuple[int, str], deque[str]] = defaultdict(deque)
    for change in inside:
        if change.new is not None:
            waiting[_form(change.new), change.new.oid].append(change.path)
    kept = {}
    for change in sorted(fates, key=lambda c: (fates[c] in (EDITED, BLANKED), c.path)):
        if change.old is not None:
            homes = waiting[_form(change.old), change.old.oid]
            if homes:
                kept[change] = homes.popleft()
    return kept


class _Gone:
    """Folders that vanished as a whole: one command brings all of their files back."""

    def __init__(self, new: TreeAnalysis, options: Preserved, moved: set[str]) -> None:
        self._new = new
        self._options = options
        self._kept_above = {
            path[:at]
            for path in moved
            for at, character in enumerate(path)
            if character == "/"
        }

    def root(self, path: str) -> str:
        """The topmost protected folder above `path` that is gone, or `path`."""
        parts = path.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            entry = self._new.entry(folder)
            if (
                (entry is None or entry.mode != TREE)
                and self._options.paths.folder(folder) is True
                and folder not in self._kept_above
            ):
                return folder
        return path

    def occupied(self, path: str) -> str:
        """What stands in the way of `path` in the new tree, as words; or empty."""
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            above = "/".join(parts[:depth])
            entry = self._new.entry(above)
            if entry is None:
                return ""
            if above == path or entry.mode != TREE:
                where = "" if above == path else f"where {above}/ was, there is now "
                return where + _noun(entry)
        return ""


def _noun(entry: Entry) -> str:
    nouns = {TREE: "a folder", SYMLINK: "a symbolic link", GITLINK: "a submodule"}
    return nouns.get(entry.mode, "a file")


def _finding(
    rule: Rule,
    options: Preserved,
    change: Change,
    fate: str,
    where: Whereabouts,
    gone: _Gone,
) -> Finding:
    message = _message(rule, options, change.path, fate, gone)
    fix = Fix(
        f"bring {change.path} back",
        shell_commands.restore(where.old.snapshot.name, [gone.root(change.path)]),
    )
    target = None
    if fate == DELETED:
        hint = where.of(change, is_free=not gone.occupied(change.path))
        if hint is not None:
            message += hint.words
            fix, target = hint.fix or fix, hint.path
    return Finding(
        rule=rule.id,
        kind=rule.kind,
        path=change.path,
        message=message,
        subject=fate,
        severity=WARNING if fate == BLANKED else ERROR,
        target=target,
        fix=fix,
    )


def _message(rule: Rule, options: Preserved, path: str, fate: str, gone: _Gone) -> str:
    instead = gone.occupied(path)
    if fate == DELETED and instead.startswith("where "):
        return f"{path} is preserved and is deleted: {instead}"
    if fate in (DELETED, REPLACED) and instead:
        return f"{path} is preserved and is replaced by {instead}"
    if fate == EDITED:
        only = "moves" if MOVE in options.allow else "additions"
        return f"{path} is preserved and is edited: {rule.id} allows only {only}"
    words = {
        DELETED: "is deleted",
        EMPTIED: "is emptied",
        BLANKED: "holds only white space now",
        POINTER: "is replaced by a Git LFS pointer, "
        "but .gitattributes does not give it filter=lfs",
    }
    return f"{path} is preserved and {words[fate]}"
