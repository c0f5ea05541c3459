"""Which files of a tree are those of an older tree under another path.

Only an unchanged blob counts: a guess from similar content (gitdiffcore(7)) may not
decide what was there before.
"""

from __future__ import annotations

from collections import defaultdict

from treeguard.analysis.tree_analysis import TreeAnalysis


def renames(old: TreeAnalysis, new: TreeAnalysis) -> dict[str, str]:
    """Return each path that `new` added, and the path that `old` had its blob at,
    removed since: one for one, both in order of path."""
    changes = sorted(new.changes_since(old), key=lambda change: change.path)
    gone: defaultdict[str, list[str]] = defaultdict(list)
    for change in changes:
        if change.old is not None and change.new is None:
            gone[change.old.oid].append(change.path)
    found = {}
    for change in changes:
        if change.old is None and change.new is not None and gone[change.new.oid]:
            found[change.path] = gone[change.new.oid].pop(0)
    return found
