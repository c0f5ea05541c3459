"""Findings that do not depend on the kind of a rule.

`unreadable-source`: Python sources whose imports cannot be determined. Every judged
source is checked, whatever the policy says: one that cannot be decoded or parsed may
import anything, and a relative import beyond its top-level package fails when it runs.

Unused patterns: patterns, zones and owned modules of a rule that match nothing in a
tree. A mistyped folder would otherwise be mistaken for a rule that passes. Which
options have to match something is declared with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.query import FileQuery
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import WARNING
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import Import
from treeguard.languages.facts import SourceFacts
from treeguard.languages.python.file_names import language
from treeguard.languages.python.file_names import maybe_python
from treeguard.languages.python.file_names import python_alike
from treeguard.languages.python.import_scan import candidates
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.policy.schema import Key
from treeguard.rules.importing.finding_cache import findings_in
from treeguard.trees import EXECUTABLE

UNREADABLE = "unreadable-source"


def unreadable_sources(
    analysis: TreeAnalysis, paths: Iterable[str]
) -> Iterator[Finding]:
    """Yield what cannot be read in those of `paths` that are Python sources."""

    def judge(path: str) -> Iterator[Finding]:
        facts = analysis.source(path)
        return iter(()) if facts is None else unreadable_in(path, facts, analysis)

    needed = (path for path in paths if not _has_source(path, analysis))
    return findings_in(analysis, (UNREADABLE,), needed, judge)


def _has_source(path: str, analysis: TreeAnalysis) -> bool:
    """Return True for what is compiled and never imported: its source is beside it."""
    return path.endswith(".pyc") and analysis.entry(path[:-1]) is not None


def unreadable_in(
    path: str, facts: SourceFacts, analysis: TreeAnalysis
) -> Iterator[Finding]:
    """Yield what cannot be read in one source, and imports beyond the top level."""
    if facts.error:
        yield _unreadable(path, facts)
    for item in facts.imports:
        if (
            item.level
            and item.kind != ATTRIBUTE
            and analysis.resolve(path, item).beyond_top
        ):
            yield _beyond_top(path, item)


def _unreadable(path: str, facts: SourceFacts) -> Finding:
    line = facts.error_line
    what = "commit the source instead" if path.endswith(".pyc") else "fix the source"
    return Finding(
        rule=UNREADABLE,
        kind=UNREADABLE,
        path=path,
        message=f"cannot determine what this file imports: {facts.error}",
        subject=UNREADABLE,
        line=line,
        column=None if line is None else 1,
        end_line=line,
        end_column=None if line is None else 1,
        fix=Fix(f"{what}, or list its path in `exclude` of [policy]"),
    )


def _beyond_top(path: str, item: Import) -> Finding:
    written = f"from {'.' * item.level}{item.module} import {item.name or '*'}"
    return Finding(
        rule=UNREADABLE,
        kind=UNREADABLE,
        path=path,
        message=f"`{written}` goes beyond the top-level package",
        subject=written,
        line=item.line,
        column=item.column,
        end_line=item.end_line,
        end_column=item.end_column,
        cell=item.cell,
        fix=Fix("import by the full name, beginning with the top-level package"),
    )


def pattern_queries(rule: Rule) -> Iterator[FileQuery]:
    """Count how many files each pattern matches that has to match something."""
    for key, text in _must_match(rule):
        yield _query(key, text)


def unused_patterns(rule: Rule, policy: Policy, new: TreeAnalysis) -> Iterator[Finding]:
    """Yield a warning for each such pattern that matches nothing in the tree."""
    for key, text in _must_match(rule):
        if new.count(_query(key, text)):
            continue
        noun = "no import of" if key.type == "modules" else "no file matches"
        yield Finding(
            rule=rule.id,
            kind=rule.kind,
            path=policy.path,
            message=f"{noun} {text!r}, so `{key.name}` of {rule.id} has no effect",
            subject=f"vacuous {key.name} {text}",
            severity=WARNING,
            line=rule.line,
            column=1,
            end_line=rule.line,
            end_column=1,
            fix=Fix(f"correct `{key.name}`, or set `allow_empty = true` in the rule"),
        )


def _must_match(rule: Rule) -> Iterator[tuple[Key, str]]:
    keys = {key.name: key for key in rule.options.KEYS if key.must_match}
    for name, text in () if rule.allow_empty else dict.fromkeys(rule.patterns):
        if name in keys and not text.startswith("!"):
            yield keys[name], text


def _query(key: Key, text: str) -> FileQuery:
    if key.type == "modules":
        return _imported(text)
    if key.type == "folder":
        # One exact folder, not a name at any depth; a dot is the root.
        return _matched("/**" if text == "." else f"/{text}")
    return _matched(text)


def _matched(text: str) -> FileQuery:
    patterns = Patterns((text,))
    return FileQuery(
        f"matches {text}",
        patterns.folder,
        lambda path, _mode: patterns.match(path),
        counts=True,
        alike=lambda folder, _ending, _mode: patterns.here(folder),
    )


def _imported(module: str) -> FileQuery:
    def imports_it(path: str, data: bytes) -> bool:
        if language(path, EXECUTABLE, data[:256]) is None:
            return False
        return any(
            _is_below(item.module, item.name, module) for item in candidates(data)
        )

    needle = module.rpartition(".")[2].encode()
    return FileQuery(
        f"imports {module}",
        lambda _folder: None,
        maybe_python,
        (needle,),
        imports_it,
        alike=python_alike,
    )


def _is_below(imported: str, name: str | None, module: str) -> bool:
    whole = f"{imported}.{name}" if name else imported
    return f"{whole}.".startswith(f"{module}.")
