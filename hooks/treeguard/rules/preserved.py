"""Preserved: what is below `paths` is never lost, in whatever way.

Protects measurements that cannot be repeated. Trees are compared, not lists of deleted
files: a path of the old tree is kept if the new tree has it as a regular file with
content, or if a path that was added below `paths` has its blob, one for one. So it is a
loss to remove a file, to move it out, to empty or blank it, to replace it with a link,
a submodule, a folder or a Git LFS pointer, and to rename the folder's case. An empty
file, such as the .gitkeep that keeps a folder, has no content that could be lost.
"""

from __future__ import annotations

from collections import Counter
from collections import defaultdict
from collections import deque
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from treeguard.analysis.query import LARGE
from treeguard.analysis.query import content
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.languages import ignore_files
from treeguard.policy.consistency import literals
from treeguard.policy.consistency import within
from treeguard.policy.diagnostics import Faults
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.policy.schema import REQUIRED
from treeguard.policy.schema import Effect
from treeguard.policy.schema import Options
from treeguard.policy.schema import option
from treeguard.policy.sections import Document
from treeguard.rules.fixes import FreePaths
from treeguard.rules.fixes import restore_commands
from treeguard.rules.kind import Kind
from treeguard.rules.kind import joined
from treeguard.rules.kind import listed
from treeguard.rules.kind import no_queries
from treeguard.rules.kind import options_of
from treeguard.trees import GITLINK
from treeguard.trees import SYMLINK
from treeguard.trees import TREE
from treeguard.trees import Change
from treeguard.trees import Entry
from treeguard.trees import Snapshot
from treeguard.trees import folders_above
from treeguard.trees import is_blank

EDIT = "edit"
MOVE = "move"

DELETED = "deleted"
REPLACED = "replaced"
EMPTIED = "emptied"
POINTER = "pointer"
EDITED = "edited"
BLANKED = "blanked"

_FATES = {
    DELETED: "was deleted",
    EMPTIED: "was emptied",
    BLANKED: "was blanked: it now holds only white space, NUL or a byte order mark",
    POINTER: "was replaced with a Git LFS pointer, "
    "and .gitattributes does not set filter=lfs for it",
}

_POINTER_HEAD = b"version https://git-lfs.github.com/spec/v"
# The Git LFS specification: a pointer file is always smaller.
_POINTER_SIZE = 1024


def _more_paths(old: Preserved, new: Preserved) -> Effect:
    """A file may move anywhere within `paths`: more paths are more places to go."""
    return "weaker and stricter" if MOVE in (*old.allow, *new.allow) else "stricter"


class Preserved(Options):
    """The options of `preserved`."""

    paths: Patterns = option(
        "patterns",
        "What is never deleted.",
        REQUIRED,
        more=_more_paths,
        must_match=True,
    )
    allow: tuple[str, ...] = option(
        "choices",
        "What may be done with it; [] is append-only.",
        [EDIT, MOVE],
        choices=(EDIT, MOVE),
        more="weaker",
    )


def findings(
    rule: Rule, policy: Policy, old: TreeAnalysis | None, new: TreeAnalysis
) -> Iterator[Finding]:
    """Yield a finding for each path that `old` has and `new` has lost, by path."""
    options = options_of(rule, Preserved)
    if old is None:
        return
    changes = sorted(new.changes_since(old), key=lambda change: change.path)
    guarded = _guarded(changes, rule, policy, options)
    fates = _fates(changes, guarded, old, new, options)
    fresh = [c for c in changes if c.old is None]
    inside = [c for c in fresh if c.path in guarded]
    kept = _moved(fates, inside) if MOVE in options.allow else {}
    lost = {
        change: fate
        for change, fate in fates.items()
        if change not in kept and _had_content(change, old)
    }
    taken = set(kept.values())
    spare = [c for c in inside if c.path not in taken]
    where = _RenameHints(
        old=old,
        new=new,
        edited_copies=spare if {EDIT, MOVE} <= set(options.allow) else [],
        copies=[c for c in fresh if c.path not in guarded],
    )
    missing = _MissingFolders(new, options, {change.path for change in kept})
    for change in sorted(lost):
        yield _finding(rule, options, change, lost[change], where, missing)


def describe(options: Preserved) -> str:
    """Return what a rule with these options demands."""
    words = {EDIT: "edited", MOVE: "moved within it"}
    allowed = joined([words[one] for one in (EDIT, MOVE) if one in options.allow], "or")
    allowed = f"it may be {allowed}" if allowed else "only add to it"
    return f"Never delete or empty what is in {listed(options.paths)}; {allowed}"


def applies(rule: Rule, _policy: Policy, path: str) -> Iterator[tuple[str, str]]:
    """Yield how the rule concerns a path, and by which pattern."""
    options = options_of(rule, Preserved)
    allowed = " and ".join(sorted(options.allow))
    also = f" (allowed: {allowed})" if allowed else " and never changed"
    if options.paths.match(path):
        yield f"it is never deleted{also}", options.paths.deciding(path)


def contradictions(document: Document, faults: Faults) -> None:
    """Refuse moves of the migration that take preserved files away."""
    moves = [table for table in document.moves if table.sound]
    for rule in document.sound_rules("preserved"):
        kept = literals(rule.values["paths"])
        may_move = MOVE in rule.values["allow"]
        for move in moves:
            stays = may_move and within(move.values["to"].rstrip("/"), kept)
            for number, source in enumerate(move.values["from"]):
                if within(source.strip("/"), kept) and not stays:
                    message = f'"{source}" is preserved by rules.{rule.place[-1]}'
                    faults.add((*move.place, "from", number), message)


def _guarded(
    changes: Iterable[Change], rule: Rule, policy: Policy, options: Preserved
) -> frozenset[str]:
    """Return the changed paths that the rule protects."""
    return frozenset(
        change.path
        for change in changes
        if _is_below(options, change)
        and not rule.exclude.match(change.path)
        and not policy.exclude.match(change.path)
    )


def _is_below(options: Preserved, change: Change) -> bool:
    """Tell whether a changed path is protected; so is a submodule that was a folder."""
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
    """Classify each protected path of the old tree that is not as it was."""
    found = {}
    for change in changes:
        if change.old is not None and change.path in guarded:
            fate = _fate(change.path, change.old, change.new, old, new)
            if fate and not (fate == EDITED and EDIT in options.allow):
                found[change] = fate
    return found


def _fate(
    path: str, was: Entry, now: Entry | None, old: TreeAnalysis, new: TreeAnalysis
) -> str:
    """Return one of the words above, or nothing when the content is what it was."""
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
    before = content(old.snapshot, was.oid) if was.mode != GITLINK else b""
    if _is_pointer(data) and not _is_pointer(before):
        if not lfs_filtered(new.snapshot, path):
            return POINTER
        return "" if _points_to(data, before) else EDITED
    if _is_pointer(before) and _points_to(before, data):
        return ""
    return BLANKED if is_blank(data) and not is_blank(before) else EDITED


def _had_content(change: Change, old: TreeAnalysis) -> bool:
    """Return False for a file that was empty, or held nothing but white space."""
    was = change.old
    if was is None or not was.is_file:
        return was is not None
    return bool(content(old.snapshot, was.oid).strip())


def lfs_filtered(snapshot: Snapshot, path: str) -> bool:
    """Return True if .gitattributes gives the file at `path` to Git LFS.

    The nearest file that decides wins. Macros are ignored, and so is a .gitattributes
    that is no regular file, which Git does not follow either. Raises `GitError` when
    one cannot be read.
    """
    parts = path.split("/")
    for depth in range(len(parts) - 1, -1, -1):
        entry = snapshot.entry("/".join([*parts[:depth], ".gitattributes"]))
        if entry is not None and entry.is_file:
            text = snapshot.read(entry.oid).decode("utf-8", "surrogateescape")
            rules = [*ignore_files.read(text, "", ignore_files.ATTRIBUTES)]
            given = ignore_files.given(rules, "/".join(parts[depth:]))
            if "filter" in given:
                return given["filter"][1] == "filter=lfs"
    return False


def _form(entry: Entry) -> int:
    """Return the type of an entry; whether a file is executable does not count."""
    return entry.mode & 0o170000


def _is_pointer(data: bytes) -> bool:
    return len(data) <= _POINTER_SIZE and data.startswith(_POINTER_HEAD)


def _points_to(pointer: bytes, data: bytes) -> bool:
    """Tell whether a Git LFS pointer refers to exactly these bytes."""
    import hashlib

    wanted = b"oid sha256:" + hashlib.sha256(data).hexdigest().encode()
    return wanted in pointer.split(b"\n")


def _moved(fates: dict[Change, str], inside: Iterable[Change]) -> dict[Change, str]:
    """Map lost paths to paths added below `paths` with their blob, one for one.

    Deleted paths come before those that still exist in another form.
    """
    waiting: defaultdict[tuple[int, str], deque[str]] = defaultdict(deque)
    for change in inside:
        if change.new is not None:
            waiting[_form(change.new), change.new.oid].append(change.path)
    kept = {}
    for change in sorted(fates, key=lambda c: (fates[c] in (EDITED, BLANKED), c.path)):
        if change.old is not None:
            targets = waiting[_form(change.old), change.old.oid]
            if targets:
                kept[change] = targets.popleft()
    return kept


class _MissingFolders:
    """Finds folders that vanished as a whole, which one command restores."""

    def __init__(self, new: TreeAnalysis, options: Preserved, moved: set[str]) -> None:
        self._new = new
        self._options = options
        self._kept_above = {one for path in moved for one in folders_above(path)}

    def root(self, path: str) -> str:
        """Return the topmost missing protected folder above `path`, or `path`."""
        for folder in folders_above(path):
            entry = self._new.entry(folder)
            if (
                (entry is None or entry.mode != TREE)
                and self._options.paths.folder(folder) is True
                and folder not in self._kept_above
            ):
                return folder
        return path

    def occupied(self, path: str) -> str:
        """Describe what is in the way of `path` in the new tree, if anything is."""
        for above in (*folders_above(path), path):
            entry = self._new.entry(above)
            if entry is None:
                return ""
            if above == path or entry.mode != TREE:
                where = "" if above == path else f"{above}/ is now "
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
    where: _RenameHints,
    missing: _MissingFolders,
) -> Finding:
    message = _message(rule, options, change.path, fate, missing)
    fix = Fix(
        f"restore {change.path}",
        restore_commands(where.old.snapshot.name, [missing.root(change.path)]),
    )
    target = None
    if fate == DELETED:
        hint = where.of(change, is_free=not missing.occupied(change.path))
        if hint is not None:
            message += hint.words
            fix, target = hint.fix or fix, hint.path
    return Finding(
        rule=rule.id,
        kind=rule.kind,
        path=change.path,
        message=message,
        subject=fate,
        target=target,
        fix=fix,
    )


def _message(
    rule: Rule, options: Preserved, path: str, fate: str, missing: _MissingFolders
) -> str:
    instead = missing.occupied(path)
    if fate == DELETED and "/ is now " in instead:
        what = f"was deleted: {instead}"
    elif fate in (DELETED, REPLACED) and instead:
        what = f"was replaced with {instead}"
    elif fate == EDITED:
        only = "moves" if MOVE in options.allow else "additions"
        what = f"was edited: {rule.id} allows only {only}"
    else:
        what = _FATES[fate]
    return f"is protected by `preserved` but {what}"


# Beyond this, comparing contents would cost more than the hint is worth.
MAX_COMPARED = 50
MOST_COMPARISONS = 2_000
MAX_SIZE = 1_000_000
ALIKE = 0.5


class _Hint(NamedTuple):
    """What to add to the message, the path that it names, and a better fix."""

    words: str
    path: str
    fix: Fix | None


class _RenameHints:
    """Finds among the added files what a deleted one became.

    `copies` were added outside of what is protected, `edited_copies` inside of it. Each
    explains one deletion at most.
    """

    def __init__(
        self,
        old: TreeAnalysis,
        new: TreeAnalysis,
        edited_copies: Sequence[Change],
        copies: Sequence[Change],
    ) -> None:
        self.old = old
        self._new = new
        self._edited_copies = {copy.path: copy for copy in edited_copies}
        self._by_name: defaultdict[str, list[str]] = defaultdict(list)
        for copy in reversed(edited_copies):
            self._by_name[_name(copy.path)].append(copy.path)
        self._by_blob: defaultdict[str, list[Change]] = defaultdict(list)
        self._by_case: defaultdict[str, list[Change]] = defaultdict(list)
        for copy in reversed(copies):
            if copy.new is not None and copy.new.is_file:
                self._by_blob[copy.new.oid].append(copy)
            self._by_case[copy.path.casefold()].append(copy)
        self._used: set[str] = set()
        self._comparisons = MOST_COMPARISONS

    def of(self, change: Change, *, is_free: bool) -> _Hint | None:
        """Return what became of the deleted `change.path`, if that is known.

        `is_free`: nothing at the old path would have to be removed first.
        """
        return (
            self._same_bytes(change, is_free)
            or self._edited_copy(change)
            or self._other_case(change)
        )

    def _same_bytes(self, change: Change, is_free: bool) -> _Hint | None:
        """Find an equal file; two empty files need not be the same one."""
        was = change.old
        if was is None or not was.is_file or not self._by_blob.get(was.oid):
            return None
        if not content(self._new.snapshot, was.oid):
            return None
        copy = self._by_blob[was.oid].pop()
        self._used.add(copy.path)
        words = f"; its content is now at {copy.path}"
        commands = FreePaths(self._new).commands(copy.path, change.path)
        back = Fix(f"move it back to {change.path}", commands)
        return _Hint(words, copy.path, back if is_free else None)

    def _edited_copy(self, change: Change) -> _Hint | None:
        copy, verb = self._similar(change), "is"
        if copy is None:
            copy, verb = self._same_name(change), "may be"
        if copy is None:
            return None
        del self._edited_copies[copy.path]
        words = f"; {copy.path}, added here, {verb} an edited copy of it"
        summary = f"first commit the move to {copy.path} without edits, then the edit"
        return _Hint(words, copy.path, Fix(summary))

    def _similar(self, change: Change) -> Change | None:
        if change.old is None or not change.old.is_file:
            return None
        candidates = list(islice(self._edited_copies.values(), MAX_COMPARED))
        self._comparisons -= len(candidates)
        if not candidates or self._comparisons < 0:
            return None
        lines = _lines(content(self.old.snapshot, change.old.oid))
        for copy in candidates if lines else ():
            if copy.new is not None and copy.new.is_file:
                others = _lines(content(self._new.snapshot, copy.new.oid))
                shared = (lines & others).total()
                if shared >= ALIKE * max(lines.total(), others.total()):
                    return copy
        return None

    def _same_name(self, change: Change) -> Change | None:
        paths = self._by_name.get(_name(change.path), [])
        while paths:
            copy = self._edited_copies.get(paths.pop())
            if copy is not None:
                return copy
        return None

    def _other_case(self, change: Change) -> _Hint | None:
        for copy in reversed(self._by_case.get(change.path.casefold(), [])):
            if copy.path not in self._used:
                words = f"; {copy.path} differs from it only in case"
                return _Hint(words, copy.path, None)
        return None


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _lines(data: bytes) -> Counter[bytes]:
    """Return the lines that are not blank; none of a file too large to compare."""
    if len(data) > MAX_SIZE or data == LARGE:
        return Counter()
    return Counter(line for line in data.split(b"\n") if line.strip())


KIND = Kind(
    "preserved",
    Preserved,
    no_queries,
    findings,
    describe,
    "Restore the file: `treeguard restore PATH`.",
    applies,
    contradictions,
    compares=True,
)
