"""Closed: the direct children of a folder are those of the list and no others.

Protects the shape of a core package: to add a subsystem is to change the policy, and
so to have the addition reviewed.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.policy.diagnostics import Faults
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.policy.schema import REQUIRED
from treeguard.policy.schema import Options
from treeguard.policy.schema import option
from treeguard.policy.sections import Document
from treeguard.policy.sections import Table
from treeguard.rules.kind import Kind
from treeguard.rules.kind import listed
from treeguard.rules.kind import no_queries
from treeguard.rules.kind import options_of
from treeguard.trees import GITLINK
from treeguard.trees import SYMLINK
from treeguard.trees import TREE
from treeguard.trees import Entry

# A name below a folder that no pattern matches, unless it matches the folder.
_ANYTHING = "any\x01thing"


class Closed(Options):
    """The options of `closed`."""

    folder: str = option(
        "folder", "The folder.", REQUIRED, more="weaker and stricter", must_match=True
    )
    children: Patterns = option(
        "patterns", "All that the folder may hold.", REQUIRED, more="weaker"
    )


def findings(
    rule: Rule, policy: Policy, _old: TreeAnalysis | None, new: TreeAnalysis
) -> Iterator[Finding]:
    """Yield a finding for each child that is not listed; a folder is one child."""
    options = options_of(rule, Closed)
    folder = options.folder.removeprefix("./").strip("/").removeprefix(".")
    lines = _last_first(options.children)
    for name, entry in sorted(new.children(folder).items()):
        path = f"{folder}/{name}" if folder else name
        expected = _is_expected(lines, name, entry.mode)
        if not (expected or _is_excluded(path, entry, policy, new)):
            yield _finding(rule, options, folder, name, entry)


def describe(options: Closed) -> str:
    """Return what a rule with these options demands."""
    folder = f"`{options.folder}/`" if options.folder else "the root"
    return f"Add nothing to {folder} but {listed(options.children)}"


def applies(rule: Rule, _policy: Policy, path: str) -> Iterator[tuple[str, str]]:
    """Yield how the rule concerns a path, and by which pattern."""
    options = options_of(rule, Closed)
    folder = f"{options.folder}/" if options.folder else ""
    if path.startswith(folder):
        shown = folder or "the root"
        child = options.children.deciding(path[len(folder) :])
        if child:
            yield f"{shown} is closed, and this is listed in `children`", child
        else:
            yield f"{shown} is closed, and this is not listed in `children`", shown


def contradictions(document: Document, faults: Faults) -> None:
    """Refuse a folder closed twice, and one that cannot hold what is required."""
    rules = document.sound_rules("closed")
    for number, rule in enumerate(rules):
        folder = rule.values["folder"].strip("/")
        for other in rules[:number]:
            if other.values["folder"].strip("/") == folder:
                message = f"rules.{other.place[-1]} closes the same folder already"
                faults.add((*rule.place, "folder"), message)
        if not rule.values["exclude"]:
            for required in document.sound_rules("required"):
                _refuse_required(rule, required, faults)


def _refuse_required(closed: Table, required: Table, faults: Faults) -> None:
    folder = closed.values["folder"].strip("/")
    children = Patterns(closed.values["children"])
    lead = "" if folder == "." else f"{folder}/"
    for number, path in enumerate(required.values["files"]):
        child, inner, _ = path.removeprefix(lead).partition("/")
        if not path.startswith(lead) or not child:
            continue
        # Any file below a folder shows whether the folder itself is meant.
        if not children.match(f"{child}/x" if inner else child):
            message = f"rules.{closed.place[-1]} does not list {child}{inner} in {lead}"
            faults.add((*required.place, "files", number), message)


def _is_expected(lines: Iterable[tuple[bool, Patterns]], name: str, mode: int) -> bool:
    """Apply the last line that matches the child, as in gitignore(5)."""
    return next(
        (expected for expected, line in lines if _means(line, name, mode)), False
    )


def _last_first(children: Patterns) -> list[tuple[bool, Patterns]]:
    """Return each line by itself: together they match files only, not folders."""
    return [
        (not line.startswith("!"), Patterns((line.removeprefix("!"),)))
        for line in reversed(children.lines)
    ]


def _means(line: Patterns, name: str, mode: int) -> bool:
    """Tell whether a line matches; `name/` is a folder, no link and no submodule.

    What a submodule holds belongs to another repository, whose shape is not checked.
    """
    return line.match(f"{name}/{_ANYTHING}" if mode == TREE else name)


def _is_excluded(path: str, entry: Entry, policy: Policy, new: TreeAnalysis) -> bool:
    """Tell whether the policy excludes everything that the child holds."""
    if not policy.exclude:
        return False
    if entry.mode != TREE:
        return policy.exclude.match(path)
    verdict = policy.exclude.folder(path)
    if verdict is not None:
        return verdict
    children = new.children(path).items()
    return all(_is_excluded(f"{path}/{n}", e, policy, new) for n, e in children)


def _finding(
    rule: Rule, options: Closed, folder: str, name: str, entry: Entry
) -> Finding:
    shown = f"{name}/" if entry.mode == TREE else name
    nouns = {TREE: "folder", GITLINK: "submodule", SYMLINK: "symbolic link"}
    noun = nouns.get(entry.mode, "file")
    place = f"{folder}/" if folder else "the root"
    path = f"{folder}/{name}" if folder else name
    known = _known_as(options.children, name)
    hint = f"rename it to {known}" if known else f"move it out of {place}"
    return Finding(
        rule=rule.id,
        kind=rule.kind,
        path=f"{path}/" if entry.mode == TREE else path,
        message=f"the {noun} {shown} is not listed in `children`, "
        f"and {place} is closed",
        subject=shown,
        fix=Fix(f'{hint}, or add "{shown}" to `children` of {rule.id}'),
    )


def _known_as(children: Patterns, name: str) -> str:
    """Return the listed child that differs only in case, or the empty string."""
    for line in children.lines:
        bare = line.strip("/")
        if bare != name and bare.casefold() == name.casefold():
            return line
    return ""


KIND = Kind(
    "closed",
    Closed,
    no_queries,
    findings,
    describe,
    "Move it out of the folder, or add its name to `children`.",
    applies,
    contradictions,
)
