"""Judges one tree by a policy, and tells what is new in it from what was there before.

Pure: everything it knows comes from the `TreeAnalysis` of the trees that it is handed.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple

from treeguard.analysis.query import FileQuery
from treeguard.analysis.renamed_files import renames
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import ERROR
from treeguard.findings import EXCEPTED
from treeguard.findings import EXISTING
from treeguard.findings import NEW
from treeguard.findings import WARNING
from treeguard.findings import Finding
from treeguard.findings import Notice
from treeguard.findings import Report
from treeguard.findings import Summary
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.rules import exceptions
from treeguard.rules import unreadable
from treeguard.rules import unused_patterns
from treeguard.rules.registry import KINDS
from treeguard.rules.registry import rule_text

BLOCK = "block"
HIDE = "hide"

# A report that long is read by no one to the end: source lines stop here.
MAX_EXCERPTS = 500
MAX_EXCERPT = 240


class Carried(NamedTuple):
    """What was moved since an old tree, new path to old, and what was wrong in it."""

    came: dict[str, str]
    before: frozenset[str]


def check(
    policy: Policy,
    olds: Sequence[TreeAnalysis],
    new: TreeAnalysis,
    *,
    today: datetime.date,
    only: frozenset[str] | None = None,
    existing: str | None = None,
    whole: bool = False,
    unchanged: frozenset[str] = frozenset(),
    landing: Policy | None = None,
) -> Report:
    """Judge `new` by `policy`.

    `olds` are the trees it comes from, the first one being what it is compared with;
    with none, every finding is new. `only` are the ids of the rules to judge (None:
    all), `existing` overrides the policy's word on findings that an old tree already
    had (`block`, `warn` or `hide`), and `whole` parses every Python source instead of
    those that changed or could break a rule. `unchanged` are files of `new` that were
    moved, and of which is known that they say what they said: none is parsed for that.
    `landing` is the policy that `new` itself holds, where `policy` is another's.
    """
    start = monotonic()
    rules = [rule for rule in policy.rules if only is None or rule.id in only]
    for known in (*olds, new):
        known.prepare(_questions(rules, policy, known), policy.exclude)
    judged = _judged(rules, policy, olds, new, whole, unchanged)
    had: Counter[str] = Counter()
    carried: list[Carried] = []
    for old in olds:
        came = renames(old, new)
        read = [*judged, *(was for now, was in came.items() if now not in unchanged)]
        before = _settled(_raw(rules, policy, old, read), rules, policy, old, today)
        if old.entry(policy.path) != new.entry(policy.path):
            # What an edit of the policy itself made stale was not there before.
            before = [f for f in before if f.path != policy.path]
        had |= Counter(finding.fingerprint for finding in before)
        carried.append(Carried(came, _unexcepted(before)))
    raw = _raw(rules, policy, new, judged)
    changed = _since(rules, policy, olds[0], new) if olds else ()
    found = _settled([*raw, *changed], rules, policy, new, today, landing)
    found = [_told_back(finding, olds[0]) for finding in found] if olds else found
    treatment = existing or policy.existing
    had.update(_moved_along(found, had, carried))
    marked = list(_marked(found, had))
    shown = [f for f in marked if f.status != EXISTING or treatment != HIDE]
    shown.sort(key=_place)
    return _report(policy, olds, new, shown, marked, judged, treatment, start)


def prepare(policy: Policy, analysis: TreeAnalysis) -> None:
    """Find out of one tree all that `check` will ask of it."""
    analysis.prepare(_questions(policy.rules, policy, analysis), policy.exclude)


def _questions(
    rules: Iterable[Rule], policy: Policy, analysis: TreeAnalysis
) -> list[FileQuery]:
    asked: list[FileQuery] = [exceptions.ALLOWING]
    for rule in rules:
        asked += KINDS[rule.kind].queries(rule, policy, analysis.search_roots)
        asked += unused_patterns.queries(rule)
    return asked


def _judged(
    rules: Iterable[Rule],
    policy: Policy,
    olds: Sequence[TreeAnalysis],
    new: TreeAnalysis,
    whole: bool,
    unchanged: frozenset[str],
) -> list[str]:
    """The Python sources that are parsed: changed, suspected by a rule, or all."""
    reading = [rule for rule in rules if KINDS[rule.kind].reads_imports]
    if not reading:
        return []
    paths: set[str] = set()
    for rule in reading:
        for question in KINDS[rule.kind].queries(rule, policy, new.search_roots):
            if question.opens_files and not question.counts:
                paths.update(new.ask(question))
    for old in olds:
        changed = (one.path for one in new.changes_since(old) if one.new)
        paths.update(path for path in changed if path not in unchanged)
    if whole:
        paths.update(new.doubtful())
    return sorted(path for path in paths if not policy.exclude.match(path))


def _settled(
    raw: Iterable[Finding],
    rules: Sequence[Rule],
    policy: Policy,
    analysis: TreeAnalysis,
    today: datetime.date,
    landing: Policy | None = None,
) -> list[Finding]:
    """Findings with exceptions settled, and each with its reason and fingerprint."""
    only = frozenset(rule.id for rule in rules)
    settled = exceptions.settle(raw, policy, analysis, only, today, landing)
    return list(_numbered(_addressed(settled, rules, policy)))


def _raw(
    rules: Iterable[Rule], policy: Policy, analysis: TreeAnalysis, judged: Iterable[str]
) -> Iterator[Finding]:
    """What is wrong with one tree by itself."""
    for rule in rules:
        if not KINDS[rule.kind].compares:
            found = KINDS[rule.kind].findings(rule, policy, None, analysis)
            yield from _of_rule(found, rule, policy)
        yield from unused_patterns.findings(rule, policy, analysis)
    yield from unreadable.findings(analysis, judged)


def _since(
    rules: Iterable[Rule], policy: Policy, old: TreeAnalysis, new: TreeAnalysis
) -> Iterator[Finding]:
    """What is wrong only because of what `old` was: losses, and importers left behind.

    Only the first old tree counts. What another parent of a merge had and the first
    did not was either removed on this side before, and judged then, or never landed.
    """
    for rule in rules:
        kind = KINDS[rule.kind]
        if kind.compares:
            yield from _of_rule(kind.findings(rule, policy, old, new), rule, policy)
        if kind.since is not None:
            yield from _of_rule(kind.since(rule, policy, old, new), rule, policy)


def _told_back(finding: Finding, old: TreeAnalysis) -> Finding:
    kind = KINDS.get(finding.kind)
    return kind.lost(finding, old) if kind is not None and kind.lost else finding


def _of_rule(
    findings: Iterable[Finding], rule: Rule, policy: Policy
) -> Iterator[Finding]:
    """Findings that the rule means, no graver than the rule is."""
    for finding in findings:
        path = finding.path
        if not (rule.exclude.match(path) or policy.exclude.match(path)):
            yield finding._replace(severity=_graver(rule, finding))


def _graver(rule: Rule, finding: Finding) -> str:
    """A rule may say less than its finding does (a warning), never more."""
    return WARNING if WARNING in (rule.severity, finding.severity) else ERROR


def _addressed(
    findings: Iterable[Finding], rules: Iterable[Rule], policy: Policy
) -> Iterator[Finding]:
    """Findings with their rule's reason and its line in the policy."""
    by_id = {rule.id: rule for rule in rules}
    for finding in findings:
        rule = by_id.get(finding.rule)
        if rule is None:
            yield finding
        else:
            yield finding._replace(reason=rule.reason, policy_line=rule.line)


def _numbered(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings with fingerprints; equal ones are told apart by their order alone."""
    import hashlib

    seen: Counter[str] = Counter()
    for finding in findings:
        parts = (finding.rule, finding.path, finding.subject or finding.message)
        text = "\0".join(parts).encode("utf-8", "surrogateescape")
        digest = hashlib.sha256(text).hexdigest()[:32]
        seen[digest] += 1
        yield finding._replace(fingerprint=f"{digest}:{seen[digest]}")


def _unexcepted(findings: Iterable[Finding]) -> frozenset[str]:
    return frozenset(f.fingerprint for f in findings if f.status == NEW)


def _moved_along(
    found: Sequence[Finding], had: Counter[str], carried: Iterable[Carried]
) -> set[str]:
    """Fingerprints of findings that their file had before it was moved.

    What was excepted under the old path is not carried along: the exception was for
    that place.
    """
    if all(had[finding.fingerprint] for finding in found):
        return set()
    known = set()
    for came, before in carried:
        if came and before:
            paths = (came.get(finding.path, finding.path) for finding in found)
            then = [f._replace(path=p) for f, p in zip(found, paths, strict=True)]
            for now, was in zip(found, _numbered(then), strict=True):
                if now.path in came and was.fingerprint in before:
                    known.add(now.fingerprint)
    return known


def _marked(findings: Iterable[Finding], had: Counter[str]) -> Iterator[Finding]:
    for finding in findings:
        known = had[finding.fingerprint] > 0 and finding.status == NEW
        yield finding._replace(status=EXISTING) if known else finding


def _place(finding: Finding) -> tuple[str, int, int, int, str, str]:
    return (
        finding.path,
        finding.cell or 0,
        finding.line or 0,
        finding.column or 0,
        finding.rule,
        finding.subject,
    )


def _blocks(finding: Finding, treatment: str) -> bool:
    if finding.severity != ERROR or finding.status == EXCEPTED:
        return False
    return finding.status == NEW or treatment == BLOCK


def _report(
    policy: Policy,
    olds: Sequence[TreeAnalysis],
    new: TreeAnalysis,
    shown: list[Finding],
    marked: list[Finding],
    judged: Iterable[str],
    treatment: str,
    start: float,
) -> Report:
    counts = Counter(finding.status for finding in marked)
    excerpts = list(_with_excerpts(shown, new))
    notices = tuple(_notices(_changed(judged, olds, new), new))
    summary = Summary(
        new=counts[NEW],
        existing=counts[EXISTING],
        excepted=counts[EXCEPTED],
        files=new.file_count(),
        elapsed_ms=round((monotonic() - start) * 1000),
    )
    found = {finding.rule for finding in shown}
    return Report(
        policy_path=policy.path,
        policy_source=policy.source,
        policy_digest=policy.digest,
        old=olds[0].snapshot.tree if olds else None,
        new=new.snapshot.tree,
        findings=tuple(excerpts),
        notices=notices,
        summary=summary,
        blocking=sum(_blocks(finding, treatment) for finding in marked),
        rules=tuple(rule_text(rule) for rule in policy.rules if rule.id in found),
    )


def _with_excerpts(
    findings: Iterable[Finding], analysis: TreeAnalysis
) -> Iterator[Finding]:
    for number, finding in enumerate(findings):
        if finding.line is None or finding.cell is not None or number > MAX_EXCERPTS:
            yield finding
            continue
        entry = analysis.entry(finding.path)
        line = _line(analysis.data(finding.path), finding.line) if entry else ""
        yield finding._replace(excerpt=line)


def _line(data: bytes, number: int) -> str:
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n", number)
    text = lines[number - 1] if number <= len(lines) else b""
    return text.decode("utf-8", "replace").removeprefix("\ufeff")[:MAX_EXCERPT]


def _changed(
    judged: Iterable[str], olds: Sequence[TreeAnalysis], new: TreeAnalysis
) -> Iterator[str]:
    """The sources that a person who makes this change has in hand: all, without one."""
    changed = {change.path for old in olds for change in new.changes_since(old)}
    return (path for path in judged if not olds or path in changed)


def _notices(judged: Iterable[str], analysis: TreeAnalysis) -> Iterator[Notice]:
    for path in judged:
        facts = analysis.source(path)
        for undecidable in facts.undecidable if facts is not None else ():
            yield Notice(
                path,
                undecidable.line,
                f"what {undecidable.text} imports is only known when it runs",
            )
