"""Measures what a migration made of files that are not code.

Structured files that it changed can still be read, and what rules said of the files
that moved (attributes, owners, ignore rules, patterns of tools, path filters) they say
of them in their new places.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.languages import ignore_files
from treeguard.languages.source_text import from_file
from treeguard.languages.yaml_tree import yaml_documents
from treeguard.migration.rewrite import config
from treeguard.migration.rewrite.registry import rewrite
from treeguard.migration.verify.measured import Both
from treeguard.migration.verify.measured import Line
from treeguard.migration.warnings.ignore_rules import hidden_sources
from treeguard.migration.warnings.ignore_rules import lost_attributes
from treeguard.migration.warnings.ignore_rules import lost_ignores
from treeguard.migration.warnings.path_filters import path_filters
from treeguard.policy.loading import is_toml
from treeguard.policy.patterns import Patterns
from treeguard.policy.patterns import fault

_WORKFLOW = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
_OWNERS_AT = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def _is_yaml(data: bytes) -> bool:
    return yaml_documents(from_file(data.decode("utf-8", "replace"))) is not None


_READERS: dict[str, Callable[[bytes], bool]] = {
    ".json": _is_json,
    ".ipynb": _is_json,
    ".yml": _is_yaml,
    ".yaml": _is_yaml,
    ".toml": is_toml,
}


def readable(both: Both) -> Line:
    """JSON, YAML and TOML that was changed, and could be read before, can be read."""
    broken, count = [], 0
    for path, new in both.lasting(path for path, _ in both.before.snapshot.files()):
        reads = _READERS.get(f".{path.rpartition('.')[2]}")
        old, now = both.before.entry(path), both.after.entry(new)
        if reads is None or old is None or now is None or old.oid == now.oid:
            continue
        if old.is_file and now.is_file and reads(both.before.data(path)):
            count += 1
            broken += [] if reads(both.after.data(new)) else [new]
    text = f"changed JSON, YAML and TOML that can be read: {count - len(broken)}"
    return Line(not broken, f"{text} of {count}", tuple(broken))


def ruled(both: Both) -> Line:
    """What rules said of the files that moved, they say of them now."""
    world = both.world()
    told = [
        f"{one.path}:{one.line or 1}: {one.message}"
        for effects in (lost_ignores, lost_attributes, hidden_sources)
        for one in effects(world, both.after)
    ]
    told += [*_lost_owners(both), *_dead_patterns(both)]
    text = f"rules that no longer are for files that moved: {len(told)}"
    return Line(not told, text, tuple(told))


def _lost_owners(both: Both) -> Iterator[str]:
    """Moved files that somebody else owns now, or nobody."""
    before, after = _owners(both.before), _owners(both.after)
    for old, new in sorted(both.moved.items()):
        was, now = _owner(before, old), _owner(after, new)
        if was != now:
            yield f"{new}: owned by {now or 'nobody'}, before by {was or 'nobody'}"


def _owners(analysis: TreeAnalysis) -> list[ignore_files.Rule]:
    for path in _OWNERS_AT:
        entry = analysis.entry(path)
        if entry is not None and entry.is_file:
            text = analysis.data(path).decode("utf-8", "replace")
            return list(ignore_files.read(text, "", ignore_files.OWNERS))
    return []


def _owner(rules: list[ignore_files.Rule], path: str) -> str:
    for rule in reversed(rules):
        if rule.matches(path):
            return " ".join(rule.rest.partition("#")[0].split())
    return ""


def _dead_patterns(both: Both) -> Iterator[str]:
    """Patterns that were for files that moved, and that are for nothing now."""
    paths = [path for path, _entry in both.before.snapshot.files()]
    for path, new in both.lasting(paths):
        written = dict.fromkeys(_patterns(path, both.before)) if both.moved else {}
        for pattern in written:
            meant = _rooted(path, pattern)
            moved = [n for o, n in both.moved.items() if meant and meant.match(o)]
            if not moved:
                continue
            now = {one: _rooted(new, one) for one in set(_patterns(new, both.after))}
            same = now.get(pattern)
            alive = any(
                one.match(there) for there in moved for one in now.values() if one
            )
            if alive or (same and _means(same, both.after)):
                continue
            if not was_told(both, path, pattern):
                yield f"{new}: {pattern} was for {moved[0]}, and is for nothing now"


def was_told(both: Both, path: str, target: str) -> bool:
    """True if a plan leaves to a person what leads from the old `path` to `target`, a
    path or a pattern: then no commit of the migration can be blamed."""
    data = both.before.data(path)
    _edits, left = rewrite(path, data, both.world())
    named = [one.text.lstrip("!./") for one in left if one.text.strip("!./")]
    dotted = [name.replace(".", "/") for name in named if "." in name]
    return any(f"/{target}".endswith(f"/{name}") for name in named) or any(
        f"/{target}".startswith(f"/{name}") for name in dotted
    )


def _means(patterns: Patterns, analysis: TreeAnalysis) -> bool:
    return any(patterns.match(path) for path, _entry in analysis.snapshot.files())


def _patterns(path: str, analysis: TreeAnalysis) -> Iterator[str]:
    """The patterns of a workflow's filters, or of the configuration of a tool."""
    entry = analysis.entry(path)
    is_workflow = _WORKFLOW.fullmatch(path) is not None
    if entry is None or not entry.is_file:
        return
    if is_workflow:
        text = analysis.data(path).decode("utf-8", "replace")
        found = (pattern for _line, pattern in path_filters(text))
        yield from (one for one in found if not one.startswith("!"))
    elif config.may_hold(path):
        yield from config.patterns(path, analysis.data(path))


def _rooted(path: str, pattern: str) -> Patterns | None:
    base = "" if _WORKFLOW.fullmatch(path) else parent_folder(path)
    folder = f"{base}/" if base else ""
    rooted = f"/{folder}{pattern.removeprefix('./').lstrip('/')}"
    return None if fault(rooted) else Patterns((rooted,))
