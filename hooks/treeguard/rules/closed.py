"""Closed: the direct children of a folder are those of the list and no others.

It protects the shape of a core package: whoever adds a subsystem changes the policy,
and so has the addition reviewed.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.policy.model import Closed
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.trees import GITLINK
from treeguard.trees import SYMLINK
from treeguard.trees import TREE
from treeguard.trees import Entry

# A name below a folder that no pattern means by itself: only one for the folder can.
_ANYTHING = "any\x01thing"


def queries(_rule: Rule, _policy: Policy, _context: SearchRoots) -> Iterable[FileQuery]:
    """None: one folder's listing is all that is needed."""
    return ()


def findings(
    rule: Rule, policy: Policy, _old: TreeAnalysis | None, new: TreeAnalysis
) -> Iterator[Finding]:
    """A finding for each child that is not expected; a folder is one child."""
    options = rule.options
    if not isinstance(options, Closed):
        return
    folder = options.folder.removeprefix("./").strip("/").removeprefix(".")
    lines = _last_first(options.children)
    for name, entry in sorted(new.children(folder).items()):
        path = f"{folder}/{name}" if folder else name
        expected = _is_expected(lines, name, entry.mode)
        if not (expected or _is_excluded(path, entry, policy, new)):
            yield _finding(rule, options, folder, name, entry)


def _is_expected(lines: Iterable[tuple[bool, Patterns]], name: str, mode: int) -> bool:
    """The last line that means the child decides, as in gitignore(5)."""
    return next(
        (expected for expected, line in lines if _means(line, name, mode)), False
    )


def _last_first(children: Patterns) -> list[tuple[bool, Patterns]]:
    """Each line by itself: together they judge files, and a folder is none."""
    return [
        (not line.startswith("!"), Patterns((line.removeprefix("!"),)))
        for line in reversed(children.lines)
    ]


def _means(line: Patterns, name: str, mode: int) -> bool:
    """`name/` means a folder or a submodule, never a link to one."""
    if mode in (TREE, GITLINK) and line.match(f"{name}/{_ANYTHING}"):
        return True
    return mode != TREE and line.match(name)


def _is_excluded(path: str, entry: Entry, policy: Policy, new: TreeAnalysis) -> bool:
    """True when the policy never looks at anything that the child holds."""
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
    shown = f"{name}/" if entry.mode in (TREE, GITLINK) else name
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
        message=f"{place} is closed, and the {noun} {shown} is none of its children",
        subject=shown,
        fix=Fix(f'{hint}, or have "{shown}" added to `children` of {rule.id}'),
    )


def _known_as(children: Patterns, name: str) -> str:
    """The expected child that differs in case only, or empty."""
    for line in children.lines:
        bare = line.strip("/")
        if bare != name and bare.casefold() == name.casefold():
            return line
    return ""
