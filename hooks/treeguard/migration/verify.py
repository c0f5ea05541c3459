"""Measure a migration that was performed: each line says what was counted.

Only the commits are read, so that any clone and any CI can run it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.languages import ignore_files
from treeguard.languages import settings
from treeguard.languages.documents import is_path
from treeguard.languages.documents import path_of
from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import
from treeguard.languages.facts import SearchPath
from treeguard.languages.markdown import is_markdown
from treeguard.languages.markdown import read
from treeguard.languages.python.file_names import language
from treeguard.languages.references import may_refer
from treeguard.languages.source_text import from_file
from treeguard.languages.spans import SETTING
from treeguard.languages.yaml_tree import yaml_documents
from treeguard.migration.context import MoveContext
from treeguard.migration.history_lookup import IGNORE_REVS
from treeguard.migration.history_lookup import Trail
from treeguard.migration.history_lookup import moved_paths
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.rewriters import decide
from treeguard.migration.warnings.collect import path_filters
from treeguard.migration.warnings.ignore_rules import hidden_sources
from treeguard.migration.warnings.ignore_rules import lost_attributes
from treeguard.migration.warnings.ignore_rules import lost_ignores
from treeguard.policy.loading import is_toml
from treeguard.policy.model import Policy
from treeguard.policy.patterns import Patterns
from treeguard.policy.patterns import fault
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.stages.session import analyze_snapshot
from treeguard.trees import REGULAR
from treeguard.trees import Snapshot

_WORKFLOW = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
_OWNERS_AT = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")


# What a file leads to, and the lines that do; none where they are not known.
Places = dict[str, set[int]]


class Check(NamedTuple):
    """One line of the checklist: whether it holds, the measurement, what breaks it."""

    holds: bool
    text: str
    details: tuple[str, ...] = ()


class TreePair(NamedTuple):
    """The trees before and after, where each file and each whole folder moved."""

    before: TreeAnalysis
    after: TreeAnalysis
    moved: dict[str, str]
    folders: dict[str, str]
    frozen: Patterns

    def where(self, path: str) -> str:
        return self.moved.get(path) or self.folders.get(path, path)

    def context(self) -> MoveContext:
        """Return both trees as rewriters need them, with everything rewritten."""
        return MoveContext(self.before, self.moved, self.after).complete()

    def lasting(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the paths, old and new, that exist afterwards and are not frozen."""
        for path in paths:
            new = self.where(path)
            if not self.frozen.match(path) and self.after.entry(new) is not None:
                yield path, new


def verify(git: Git, store: Store, policy: Policy, trail: Trail) -> Iterator[Check]:
    """Yield every check, cheap ones first. `policy` applies to the record's tree."""
    base, result = tree_snapshot(git, trail.base), tree_snapshot(git, trail.record)
    moved, strange = moved_paths(git, trail)
    text = f"files moved: {len(moved)}; commits that do nothing else: "
    yield Check(not strange, f"{text}{len(trail.moves)}", tuple(strange))
    yield _nothing_lost(git, trail, base)
    if trail.rewrite is not None:
        yield _looked_through(git, trail.rewrite)
    frozen = policy.migration.frozen if policy.migration else Patterns(())
    before = analyze_snapshot(base, policy, store)
    after = analyze_snapshot(result, policy, store)
    folders = MoveContext(before, moved).folder_moves()
    pair = TreePair(before, after, moved, folders, frozen)
    yield check_python(pair)
    yield check_imports(pair)
    yield check_links(pair)
    yield check_references(pair)
    yield check_data_files(pair)
    yield check_rules(pair)
    report = check(CheckRequest(policy, [before], after, whole=True))
    found = [
        f"{finding.path}:{finding.line or 1}: {finding.rule} {finding.message}"
        for finding in report.findings
    ]
    text = f"blocking findings: {report.blocking}"
    yield Check(not report.blocking, text, tuple(found) if report.blocking else ())


def _nothing_lost(git: Git, trail: Trail, base: Snapshot) -> Check:
    """Check that the tree after the moves holds exactly the entries of the old one."""
    tip = trail.moves[-1] if trail.moves else trail.base
    old = Counter((entry.mode, entry.oid) for _path, entry in base.files())
    moved = tree_snapshot(git, tip)
    new = Counter((entry.mode, entry.oid) for _path, entry in moved.files())
    lost = (old - new) + (new - old)
    text = f"files of the tree before, kept byte for byte: {sum(old.values())}"
    return Check(not lost, text, tuple(oid for _mode, oid in lost))


def _looked_through(git: Git, rewrite: str) -> Check:
    """Check that blame can skip the rewrites, by the file as HEAD has it.

    A rebase gives the commits new ids, and the file then names one that is gone.
    """
    head = tree_snapshot(git, "HEAD")
    entry = head.entry(IGNORE_REVS)
    named = head.read(entry.oid) if entry is not None and entry.is_file else b""
    text = f"commits of rewrites that {IGNORE_REVS} names: "
    if rewrite.encode() in named:
        return Check(True, f"{text}1 of 1")
    return Check(False, f"{text}0 of 1", (f"echo {rewrite} >> {IGNORE_REVS}",))


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def _is_yaml(data: bytes) -> bool:
    return yaml_documents(from_file(data.decode("utf-8", "replace"))) is not None


def _is_python(data: bytes) -> bool:
    import ast
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


_VALIDATORS: dict[str, Callable[[bytes], bool]] = {
    "json": _is_json,
    "ipynb": _is_json,
    "yml": _is_yaml,
    "yaml": _is_yaml,
    "toml": is_toml,
}


def check_python(pair: TreePair) -> Check:
    """Check that changed Python that compiled before still compiles."""
    sources = (
        (path, _is_python)
        for path in pair.before.python_files()
        if language(path, REGULAR, b"#!/usr/bin/python") == "python"
    )
    return _still_valid(pair, sources, "changed Python files that compile")


def check_data_files(pair: TreePair) -> Check:
    """Check that changed JSON, YAML and TOML that was valid before still is."""
    files = (
        (path, _VALIDATORS[suffix])
        for path in pair.before.snapshot.paths()
        if (suffix := path.rpartition(".")[2]) in _VALIDATORS
    )
    return _still_valid(pair, files, "changed JSON, YAML and TOML that can be read")


def _still_valid(
    pair: TreePair, files: Iterable[tuple[str, Callable[[bytes], bool]]], what: str
) -> Check:
    broken, count = [], 0
    for path, is_valid in files:
        new, old = pair.where(path), pair.before.entry(path)
        now = pair.after.entry(new)
        if pair.frozen.match(path) or old is None or now is None or old.oid == now.oid:
            continue
        if old.is_file and now.is_file and is_valid(pair.before.data(path)):
            count += 1
            broken += [] if is_valid(pair.after.data(new)) else [new]
    return Check(not broken, f"{what}: {count - len(broken)} of {count}", tuple(broken))


def check_imports(pair: TreePair) -> Check:
    """Check that every import that led to a file leads to its new path.

    A name that leads there from the file's own folder alone does not count where others
    import what is in that folder by other names.
    """

    context = pair.context()
    was = {new: old for old, new in pair.moved.items()}

    def found(analysis: TreeAnalysis, path: str) -> Places:
        facts = analysis.source(path)
        if facts is None or facts.error:
            return {}
        kinds = (IMPORT, FROM, DYNAMIC)
        asked = [one for one in facts.imports if one.kind in kinds and not one.prefix]
        names = Names(was.get(path, path), context, facts.search_path)
        if analysis is pair.after:
            asked = [one for one in asked if not names.is_private(one)]
        else:
            asked = [one for one in asked if not names.is_attribute(one)]
        places = _led_to(analysis, path, asked, facts.search_path)
        return {one: at for one, at in places.items() if _is_file(analysis, one)}

    return _compared(pair, pair.before.python_files(), found, "imports")


def check_links(pair: TreePair) -> Check:
    """Check that every Markdown link that led to a file or folder still does."""

    def found(analysis: TreeAnalysis, path: str) -> Places:
        targets = linked_paths(path, analysis.data(path))
        return {one: set() for one in targets if analysis.entry(one) is not None}

    paths = [path for path, _ in pair.before.snapshot.files() if is_markdown(path)]
    return _compared(pair, paths, found, "links")


def check_references(pair: TreePair) -> Check:
    """Check that every use in a Dockerfile, compose file, workflow or script that led
    to a file or folder still does."""

    def found(analysis: TreeAnalysis, path: str) -> Places:
        places = _led_to(analysis, path, analysis.references(path), ())
        if analysis is pair.after:
            return places
        # A search folder that nothing is left in is no longer the one to name. A folder
        # around the file is named by dots alone, which are no use.
        return {
            one: at
            for one, at in places.items()
            if not pair.where(path).startswith(f"{pair.where(one)}/")
            and (
                not path.endswith(_CONFIGURATION)
                or pair.after.entry(pair.where(one)) is not None
            )
        }

    names = set(pair.before.python_files())
    paths = [
        path
        for path, _ in pair.before.snapshot.files()
        if may_refer(path) and path not in names
    ]
    return _compared(pair, paths, found, "uses in other files")


_CONFIGURATION = (".toml", ".cfg", ".ini")


def _led_to(
    analysis: TreeAnalysis, path: str, asked: Iterable[Import], search: SearchPath
) -> Places:
    places: Places = {}
    for one in asked:
        for target in analysis.resolve(path, one, search).targets:
            if analysis.entry(target.rstrip("/")) is not None:
                places.setdefault(target.rstrip("/"), set()).add(one.line)
    return places


def _is_file(analysis: TreeAnalysis, path: str) -> bool:
    entry = analysis.entry(path)
    return entry is not None and entry.is_file


def _compared(
    pair: TreePair,
    paths: Iterable[str],
    found: Callable[[TreeAnalysis, str], Places],
    what: str,
) -> Check:
    count, broken = 0, []
    for path, new in pair.lasting(paths):
        if not (_is_file(pair.before, path) and _is_file(pair.after, new)):
            continue
        places = found(pair.before, path)
        led = {pair.where(target): target for target in places}
        lost = sorted(led.keys() - found(pair.after, new).keys()) if led else []
        listed = [
            one for one in lost if was_listed(pair, path, led[one], places[led[one]])
        ]
        count += len(led) - len(listed)
        broken += [
            f"{new}: no longer leads to {one}" for one in lost if one not in listed
        ]
    text = f"{what} that lead to the same content: {count - len(broken)} of {count}"
    return Check(not broken, text, tuple(broken))


def linked_paths(path: str, data: bytes) -> frozenset[str]:
    """Return the paths that the Markdown file at `path` links to, existing or not."""
    reading = read(data.decode("utf-8", "replace"))
    urls = [link.url for link in reading.links]
    urls += [url for _place, url in reading.unsure]
    found = (
        normal(target if target.startswith("/") else f"{parent_folder(path)}/{target}")
        for target in (path_of(url) for url in urls if is_path(url))
    )
    return frozenset(target for target in found if target)


def check_rules(pair: TreePair) -> Check:
    """Check that ignore rules, attributes, owners and patterns match what they did."""
    context = pair.context()
    lost = [
        f"{one.path}:{one.line or 1}: {one.message}"
        for effects in (lost_ignores, lost_attributes, hidden_sources)
        for one in effects(context, pair.after)
    ]
    lost += [*_lost_owners(pair), *_dead_patterns(pair)]
    text = f"rules that no longer match files that moved: {len(lost)}"
    return Check(not lost, text, tuple(lost))


def _lost_owners(pair: TreePair) -> Iterator[str]:
    """Yield moved files that have another owner now, or none, and are not listed."""
    before, after = _owners(pair.before), _owners(pair.after)
    paths = [path for path in _OWNERS_AT if pair.before.entry(path) is not None]
    for old, new in sorted(pair.moved.items()):
        was, now = _owner(before, old), _owner(after, new)
        if was != now and not any(was_listed(pair, path, new) for path in paths):
            yield f"{new}: owned by {now or 'nobody'}, before by {was or 'nobody'}"


def _owners(analysis: TreeAnalysis) -> list[ignore_files.Rule]:
    for path in _OWNERS_AT:
        entry = analysis.entry(path)
        if entry is not None and entry.is_file:
            text = analysis.data(path).decode("utf-8", "replace")
            return list(ignore_files.read(text, "", ignore_files.OWNERS))
    return []


def _owner(rules: list[ignore_files.Rule], path: str) -> str:
    found = ignore_files.given(rules, path).get("owners")
    return found[1] if found else ""


def _dead_patterns(pair: TreePair) -> Iterator[str]:
    """Yield patterns that matched files that moved, and match nothing now."""
    for path, new in pair.lasting(pair.before.snapshot.paths()):
        written = dict.fromkeys(_patterns(path, pair.before)) if pair.moved else {}
        for pattern in written:
            meant = _rooted(path, pattern)
            moved = [n for o, n in pair.moved.items() if meant and meant.match(o)]
            if not moved:
                continue
            now = {one: _rooted(new, one) for one in set(_patterns(new, pair.after))}
            same = now.get(pattern)
            alive = any(
                one.match(there) for there in moved for one in now.values() if one
            )
            if alive or (same and _matches_any(same, pair.after)):
                continue
            if not was_listed(pair, path, pattern):
                yield f"{new}: {pattern} matched {moved[0]}, and matches nothing now"


def was_listed(
    pair: TreePair, path: str, target: str, lines: AbstractSet[int] = frozenset()
) -> bool:
    """Return True if a plan lists what leads from the old `path` to `target`, a path or
    a pattern, as undecided, or decides that it stays, as in an image of the old layout:
    then the migration did not break it.

    It is on one of `lines`, if these are known: what is listed there may hold no name,
    as `$FOLDER` does.
    """
    data = pair.before.data(path)
    edits, left = decide(path, data, pair.context())
    stays = [one for one in edits if data[one.start : one.end] == one.text]
    known = {one.line for one in left}.union(one.line for one in stays)
    if not known.isdisjoint(lines):
        return True
    named = [one.text.lstrip("!./") for one in left if one.text.strip("!./")]
    dotted = [name.replace(".", "/") for name in named if "." in name]
    return any(f"/{target}".endswith(f"/{name}") for name in named) or any(
        f"/{target}".startswith(f"/{name}") for name in dotted
    )


def _matches_any(patterns: Patterns, analysis: TreeAnalysis) -> bool:
    return any(map(patterns.match, analysis.snapshot.paths()))


def _patterns(path: str, analysis: TreeAnalysis) -> Iterator[str]:
    """Yield the patterns of a workflow's filters, or of a tool's configuration."""
    entry = analysis.entry(path)
    is_workflow = _WORKFLOW.fullmatch(path) is not None
    if entry is None or not entry.is_file:
        return
    if is_workflow:
        text = analysis.data(path).decode("utf-8", "replace")
        found = (pattern for _line, pattern in path_filters(text))
        yield from (one for one in found if not one.startswith("!"))
    elif settings.may_hold(path):
        yield from _settings(path, analysis.data(path))


def _settings(path: str, data: bytes) -> Iterator[str]:
    """Yield the patterns of a tool's configuration, each time that it is there."""
    chars = data.decode("utf-8", "replace").removeprefix("\ufeff")
    for span in settings.spans(path, chars):
        is_path = span.kind == SETTING and re.fullmatch(r"\S+/\S*|/\S+", span.text)
        is_glob = re.search(r"[*?\[]", span.text) is not None
        if is_path and is_glob and not settings.is_expression(span.text):
            yield span.text.removeprefix("!")


def _rooted(path: str, pattern: str) -> Patterns | None:
    base = "" if _WORKFLOW.fullmatch(path) else parent_folder(path)
    folder = f"{base}/" if base else ""
    rooted = f"/{folder}{pattern.removeprefix('./').lstrip('/')}"
    return None if fault(rooted) else Patterns((rooted,))
