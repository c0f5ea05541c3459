"""Required: these files and folders exist.

Protects what people look for by name: a README in each zone, a licence. An empty file
counts; a symbolic link counts only if its target is a file inside the tree.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.schema import REQUIRED
from treeguard.policy.schema import Options
from treeguard.policy.schema import option
from treeguard.rules import fixes
from treeguard.rules.kind import Kind
from treeguard.rules.kind import listed
from treeguard.rules.kind import no_queries
from treeguard.rules.kind import options_of
from treeguard.trees import GITLINK
from treeguard.trees import SYMLINK
from treeguard.trees import TREE
from treeguard.trees import Entry

# As many as the Linux kernel follows in one path (path_resolution(7)).
MAX_LINKS = 40

_MISSING = "is required but does not exist"


class Required(Options):
    """The options of `required`."""

    files: tuple[str, ...] = option(
        "paths",
        "What has to exist; a folder ends in a slash.",
        REQUIRED,
        more="stricter",
    )


def findings(
    rule: Rule, _policy: Policy, _old: TreeAnalysis | None, new: TreeAnalysis
) -> Iterator[Finding]:
    """Yield a finding for each required path that `new` does not have."""
    for written in options_of(rule, Required).files:
        path = written.removeprefix("./").strip("/")
        wants_folder = written.endswith("/")
        entry = _followed(new, path)
        if not _is_there(entry, wants_folder):
            yield _finding(rule, new, path, wants_folder, entry)


def lost(finding: Finding, old: TreeAnalysis) -> Finding:
    """Add to `finding` the command that restores what the old tree had."""
    path, wants_folder = finding.path.rstrip("/"), finding.path.endswith("/")
    if finding.message != _MISSING:
        return finding
    if not _is_there(_followed(old, path), wants_folder):
        return finding
    fix = Fix(f"restore {path}", fixes.restore_commands(old.snapshot.name, [path]))
    return finding._replace(fix=fix)


def describe(options: Required) -> str:
    """Return what a rule with these options demands."""
    return f"Keep {listed(options.files)}"


def applies(rule: Rule, _policy: Policy, path: str) -> Iterator[tuple[str, str]]:
    """Yield how the rule concerns a path, and by which pattern."""
    if path in options_of(rule, Required).files:
        yield "it has to exist", path


def _is_there(entry: Entry | None, wants_folder: bool) -> bool:
    if entry is None:
        return False
    return entry.mode in (TREE, GITLINK) if wants_folder else entry.is_file


def _followed(new: TreeAnalysis, path: str) -> Entry | None:
    """Follow links from `path`; return None if they lead to nothing in the tree."""
    todo = path.split("/")
    done: list[str] = []
    links = 0
    entry: Entry | None = Entry(TREE, "")
    while todo:
        part = todo.pop(0)
        if part in ("", "."):
            continue
        if part == "..":
            if not done:
                return None
            done.pop()
            entry = new.entry("/".join(done)) if done else Entry(TREE, "")
            continue
        entry = new.entry("/".join((*done, part)))
        if entry is not None and entry.mode == SYMLINK:
            links += 1
            target = new.snapshot.read(entry.oid).decode("utf-8", "surrogateescape")
            if links > MAX_LINKS or target.startswith("/"):
                return None
            todo = [*target.split("/"), *todo]
            entry = new.entry("/".join(done)) if done else Entry(TREE, "")
            continue
        if entry is None or (todo and entry.mode != TREE):
            return None
        done.append(part)
    return entry


def _finding(
    rule: Rule, new: TreeAnalysis, path: str, wants_folder: bool, entry: Entry | None
) -> Finding:
    message, fix = _words(new, path, wants_folder, entry)
    return Finding(
        rule=rule.id,
        kind=rule.kind,
        path=f"{path}/" if wants_folder else path,
        message=message,
        subject="missing",
        fix=fix,
    )


def _words(
    new: TreeAnalysis, path: str, wants_folder: bool, entry: Entry | None
) -> tuple[str, Fix]:
    noun = "folder" if wants_folder else "file"
    found = new.entry(path)
    variant = _other_case(new, path)
    if entry is not None:
        what = "a folder" if entry.mode in (TREE, GITLINK) else "a file"
        return f"is {what}, but a {noun} is required", Fix(f"make it a {noun}")
    if found is not None and found.mode == SYMLINK:
        message = "is required but is a symbolic link to nothing in this tree"
        return message, Fix(f"replace the link with a {noun}, or point it to one")
    if variant:
        commands = fixes.move_commands(variant, path, make_folder=False)
        return f"{_MISSING}; {variant} does", Fix(f"rename it to {path}", commands)
    if wants_folder:
        hint = "with a file in it: Git does not track empty folders"
        return _MISSING, Fix(f"create {path}/ {hint}")
    return _MISSING, Fix(f"write {path}", (f"git add {fixes.quote(path)}",))


def _other_case(new: TreeAnalysis, path: str) -> str:
    """Return a sibling that differs only in case, which most systems do not accept."""
    folder, _, name = path.rpartition("/")
    for other in sorted(new.children(folder)):
        if other != name and other.casefold() == name.casefold():
            return f"{folder}/{other}" if folder else other
    return ""


KIND = Kind(
    "required",
    Required,
    no_queries,
    findings,
    describe,
    "Write the file, or restore it from the commit that last had it.",
    applies,
    lost=lost,
)
