"""Checks one tree by a policy, and marks what is new in it against older trees.

Pure: all that it knows comes from the `TreeAnalysis` of the trees in the request.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple

from treeguard.analysis.merged_trees import Merge
from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import silent
from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.analysis.tree_analysis import analyze
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
from treeguard.rules import own_findings
from treeguard.rules.importing.undecidable import SUBJECT
from treeguard.rules.registry import KINDS
from treeguard.rules.registry import rule_text
from treeguard.trees import Snapshot

BLOCK = "block"
HIDE = "hide"

# Nobody reads a longer report to its end: only these findings get a source line.
MAX_EXCERPTS = 500
MAX_EXCERPT = 240


class CheckRequest(NamedTuple):
    """What to check by which policy, and how.

    `olds` are the trees that `new` comes from. It is compared with the first one; with
    none, every finding is new. `rules` are the ids of the rules to check (None: all).
    `existing` overrides how the policy treats findings that an old tree already has
    (`block`, `warn` or `hide`). `whole` parses every Python source instead of those
    that changed or could break a rule. `unchanged` are files of `new` that were moved
    and need not be parsed for that. An exception expires by the date `today` (None: the
    day of the check).

    `landing` is the policy that `new` itself holds, where `policy` is another one. What
    it would fix blocks no longer, as where it puts off the day of an exception: it
    could never pass otherwise. What is new by the policy `second` is a finding, too.

    `merges` are the merges on the way to `new`, or `new` itself: what one drops of any
    parent is a finding, unless `new` has it again.
    """

    policy: Policy
    olds: Sequence[TreeAnalysis]
    new: TreeAnalysis
    rules: frozenset[str] | None = None
    existing: str | None = None
    whole: bool = False
    unchanged: frozenset[str] = frozenset()
    today: datetime.date | None = None
    landing: Policy | None = None
    second: Policy | None = None
    merges: tuple[Merge, ...] = ()

    @classmethod
    def of(
        cls,
        policy: Policy,
        olds: Iterable[Snapshot],
        new: Snapshot,
        store: Store,
        progress: Progress = silent,
    ) -> CheckRequest:
        """Return a request to check `new` against `olds`, each analyzed as `policy`
        says. `progress` is called during long work."""
        roots = policy.roots
        trees = [analyze(one, roots, store, progress) for one in (*olds, new)]
        return cls(policy, trees[:-1], trees[-1])

    def under(self, policy: Policy) -> CheckRequest:
        """Return the same request by another policy alone."""
        return self._replace(
            policy=policy,
            olds=[old.under(policy.roots) for old in self.olds],
            new=self.new.under(policy.roots),
            landing=None,
            second=None,
        )

    def selected(self) -> list[Rule]:
        """Return the rules to check, in the policy's order."""
        every = self.policy.rules
        return [rule for rule in every if self.rules is None or rule.id in self.rules]

    def treatment(self) -> str:
        """Return how to treat findings that an old tree already has."""
        return self.existing or self.policy.existing


def check(request: CheckRequest) -> Report:
    """Return the findings of `request.new`, and whether they block."""
    report = _Check(request).report()
    if request.second is not None:
        other = request.under(request.second)
        other = other._replace(landing=request.policy, existing=HIDE)
        report = _add_second_policy(report, _Check(other).report())
    landing = request.landing
    if landing is None or request.rules is not None or not report.blocking:
        return report
    if any(f.status == NEW and f.severity == ERROR for f in report.findings):
        return report
    fixed = not _Check(request.under(landing)).report().blocking
    return report._replace(blocking=0) if fixed else report


def prepare(policy: Policy, analysis: TreeAnalysis) -> None:
    """Answer all that `check` will ask about one tree."""
    asked = queries_of(policy.rules, policy, analysis.search_roots)
    _prepare(analysis, policy, policy.rules, asked)


Queries = dict[str, list[FileQuery]]


def queries_of(
    rules: Iterable[Rule], policy: Policy, search_roots: SearchRoots
) -> Queries:
    """Return what each rule, by its id, asks about the files of a tree."""
    return {
        rule.id: list(KINDS[rule.kind].queries(rule, policy, search_roots))
        for rule in rules
    }


def _prepare(
    analysis: TreeAnalysis, policy: Policy, rules: Iterable[Rule], asked: Queries
) -> None:
    """Answer what rules ask, and what tells of patterns that match nothing."""
    every: list[FileQuery] = [exceptions.ALLOWING]
    for rule in rules:
        every += asked[rule.id]
        every += own_findings.pattern_queries(rule)
    analysis.prepare(every, policy.exclude)


class _Moved(NamedTuple):
    """What was moved since an old tree, new path to old, and the findings of that tree
    that were not excepted, by fingerprint."""

    renamed: dict[str, str]
    before: frozenset[str]


class _Check:
    """One request, checked by its policy alone."""

    def __init__(self, request: CheckRequest) -> None:
        self._start = monotonic()
        self._request = request
        self._policy, self._olds, self._new = request[:3]
        self._rules = request.selected()
        self._today = request.today or datetime.date.today()

    def report(self) -> Report:
        """Find out all that is wrong, and mark what is not new."""
        self._prepare()
        had: Counter[str] = Counter()
        moved: list[_Moved] = []
        for old in self._olds:
            renamed = renames(old, self._new)
            before = self._findings_before(old, renamed)
            had |= Counter(finding.fingerprint for finding in before)
            unexcepted = frozenset(f.fingerprint for f in before if f.status == NEW)
            moved.append(_Moved(renamed, unexcepted))
        found = self._findings_now()
        had.update(_moved_along(found, had, moved))
        marked = list(_marked(found, had))
        hides = self._request.treatment() == HIDE
        shown = [f for f in marked if f.status != EXISTING or not hides]
        shown.sort(key=_place)
        return self._report(shown, marked)

    def _prepare(self) -> None:
        trees = (*self._olds, self._new)
        asked = {
            roots: queries_of(self._rules, self._policy, roots)
            for roots in {tree.search_roots for tree in trees}
        }
        for tree in trees:
            _prepare(tree, self._policy, self._rules, asked[tree.search_roots])
        self._parsed = self._to_parse(asked[self._new.search_roots])

    def _to_parse(self, asked: Queries) -> list[str]:
        """Return the Python sources to parse: changed, suspected by a rule, or all."""
        reading = [rule for rule in self._rules if KINDS[rule.kind].reads_imports]
        if not reading:
            return []
        new, paths = self._new, set[str]()
        for rule in reading:
            for query in asked[rule.id]:
                if query.opens_files and not query.counts:
                    paths.update(new.ask(query))
        for old in self._olds:
            changed = {one.path for one in new.changes_since(old) if one.new}
            paths |= changed - self._request.unchanged
        if self._request.whole:
            paths.update(new.doubtful())
        return sorted(path for path in paths if not self._policy.exclude.match(path))

    def _findings_before(
        self, old: TreeAnalysis, renamed: dict[str, str]
    ) -> list[Finding]:
        unchanged = self._request.unchanged
        moved = (was for now, was in renamed.items() if now not in unchanged)
        before = self._settled(self._raw(old, [*self._parsed, *moved]), old)
        path = self._policy.path
        if old.entry(path) != self._new.entry(path):
            # What an edit of the policy itself made stale was not there before.
            before = [finding for finding in before if finding.path != path]
        return before

    def _findings_now(self) -> list[Finding]:
        new, olds = self._new, self._olds
        raw = self._raw(new, self._parsed)
        if not olds:
            return self._settled(raw, new, self._request.landing)
        since = list(self._since(olds[0]))
        every = [*raw, *since, *self._dropped_by_merges(since)]
        found = self._settled(every, new, self._request.landing)
        return [_with_lost(finding, olds[0]) for finding in found]

    def _settled(
        self,
        raw: Iterable[Finding],
        analysis: TreeAnalysis,
        landing: Policy | None = None,
    ) -> list[Finding]:
        """Return findings with exceptions applied, each with its reason and
        fingerprint."""
        ids = frozenset(rule.id for rule in self._rules)
        settled = exceptions.apply(
            raw, self._policy, analysis, ids, self._today, landing
        )
        return list(_numbered(_addressed(settled, self._rules)))

    def _raw(self, analysis: TreeAnalysis, parsed: Iterable[str]) -> Iterator[Finding]:
        """Yield what is wrong with one tree by itself."""
        for rule in self._rules:
            if not KINDS[rule.kind].compares:
                found = KINDS[rule.kind].findings(rule, self._policy, None, analysis)
                yield from _of_rule(found, rule, self._policy)
            yield from own_findings.unused_patterns(rule, self._policy, analysis)
        yield from own_findings.unreadable_sources(analysis, parsed)

    def _since(self, old: TreeAnalysis) -> Iterator[Finding]:
        """Yield what is wrong only because of what `old` was: losses, and importers of
        what moved.

        Only the first old tree counts; `_dropped_by_merges` compares the others.
        """
        policy, new = self._policy, self._new
        for rule in self._rules:
            kind = KINDS[rule.kind]
            if kind.compares:
                yield from _of_rule(kind.findings(rule, policy, old, new), rule, policy)
            if kind.since is not None:
                yield from _of_rule(kind.since(rule, policy, old, new), rule, policy)

    def _dropped_by_merges(self, known: Iterable[Finding]) -> Iterator[Finding]:
        """Yield what merges drop of a parent, beyond the findings that are `known`."""
        seen = {(finding.rule, finding.path) for finding in known}
        rules = [rule for rule in self._rules if KINDS[rule.kind].compares]
        for merge in self._request.merges:
            for rule in rules:
                for finding in _of_rule(
                    _dropped(merge, rule, self._policy, self._new), rule, self._policy
                ):
                    if (finding.rule, finding.path) not in seen:
                        seen.add((finding.rule, finding.path))
                        yield finding

    def _report(self, shown: list[Finding], marked: list[Finding]) -> Report:
        policy, new = self._policy, self._new
        treatment = self._request.treatment()
        counts = Counter(finding.status for finding in marked)
        ids = {finding.rule for finding in shown}
        findings = tuple(_with_excerpts(shown, new))
        refused = {
            (one.path, one.line, one.cell)
            for one in marked
            if one.subject.startswith(SUBJECT)
        }
        notices = tuple(self._notices(refused))
        summary = Summary(
            new=counts[NEW],
            existing=counts[EXISTING],
            excepted=counts[EXCEPTED],
            files=new.file_count(),
            elapsed_ms=round((monotonic() - self._start) * 1000),
        )
        return Report(
            policy_path=policy.path,
            policy_source=policy.source,
            policy_digest=policy.digest,
            old=self._olds[0].snapshot.tree if self._olds else None,
            new=new.snapshot.tree,
            findings=findings,
            notices=notices,
            summary=summary,
            blocking=sum(_blocks(finding, treatment) for finding in marked),
            rules=tuple(rule_text(rule) for rule in policy.rules if rule.id in ids),
        )

    def _notices(
        self, refused: set[tuple[str, int | None, int | None]]
    ) -> Iterator[Notice]:
        """Yield what cannot be resolved in the sources that the change touches: in all,
        without an old tree. Places that a rule has `refused` are findings."""
        new = self._new
        changed = {one.path for old in self._olds for one in new.changes_since(old)}
        for path in self._parsed:
            facts = new.source(path) if not self._olds or path in changed else None
            for item in facts.undecidable if facts is not None else ():
                if (path, item.line, item.cell) not in refused:
                    message = f"cannot resolve {item.text} statically"
                    yield Notice(path, item.line, message)


def _dropped(
    merge: Merge, rule: Rule, policy: Policy, new: TreeAnalysis
) -> Iterator[Finding]:
    """Yield what a merge drops by itself and `new`, made later, still lacks."""
    find = KINDS[rule.kind].findings
    for place, parent in enumerate(merge.parents):
        lost = [
            finding
            for finding in find(rule, policy, parent, merge.result)
            if not merge.inherits(finding.path, place)
        ]
        if lost and merge.result is not new:
            missing = {finding.path for finding in find(rule, policy, parent, new)}
            lost = [finding for finding in lost if finding.path in missing]
        for finding in lost:
            had = f"{parent.snapshot.name[:12]} has it, and the merge drops it"
            yield finding._replace(message=f"{finding.message}; {had}")


def _with_lost(finding: Finding, old: TreeAnalysis) -> Finding:
    """Return a finding with how to restore what `old` had, if its kind can say so."""
    kind = KINDS.get(finding.kind)
    return kind.lost(finding, old) if kind is not None and kind.lost else finding


def _of_rule(
    findings: Iterable[Finding], rule: Rule, policy: Policy
) -> Iterator[Finding]:
    """Yield the findings that concern the rule, no graver than it is."""
    for finding in findings:
        path = finding.path
        if not (rule.exclude.match(path) or policy.exclude.match(path)):
            yield finding._replace(severity=_graver(rule, finding))


def _graver(rule: Rule, finding: Finding) -> str:
    """Return the lower severity: a rule may lower that of a finding, not raise it."""
    return WARNING if WARNING in (rule.severity, finding.severity) else ERROR


def _addressed(findings: Iterable[Finding], rules: Iterable[Rule]) -> Iterator[Finding]:
    """Yield findings with their rule's reason and its line in the policy."""
    by_id = {rule.id: rule for rule in rules}
    for finding in findings:
        rule = by_id.get(finding.rule)
        if rule is None:
            yield finding
        else:
            yield finding._replace(reason=rule.reason, policy_line=rule.line)


def _numbered(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings with fingerprints; equal ones differ by their order alone."""
    import hashlib

    seen: Counter[str] = Counter()
    for finding in findings:
        parts = (finding.rule, finding.path, finding.subject or finding.message)
        text = "\0".join(parts).encode("utf-8", "surrogateescape")
        digest = hashlib.sha256(text).hexdigest()[:32]
        seen[digest] += 1
        yield finding._replace(fingerprint=f"{digest}:{seen[digest]}")


def _moved_along(
    found: Sequence[Finding], had: Counter[str], moved: Iterable[_Moved]
) -> set[str]:
    """Return the fingerprints of findings that their file had before it was moved.

    What was excepted under the old path is new: the exception was for that path.
    """
    if all(had[finding.fingerprint] for finding in found):
        return set()
    known = set()
    for renamed, before in moved:
        if renamed and before:
            paths = (renamed.get(finding.path, finding.path) for finding in found)
            then = [f._replace(path=p) for f, p in zip(found, paths, strict=True)]
            for now, was in zip(found, _numbered(then), strict=True):
                if now.path in renamed and was.fingerprint in before:
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


def _add_second_policy(report: Report, other: Report) -> Report:
    """Return `report` with what is new, or graver, by the policy of `other` alone."""
    known = {f.fingerprint: f for f in report.findings}
    added = {
        f.fingerprint: f
        for f in other.findings
        if f.status == NEW and not _refuses(known.get(f.fingerprint), f)
    }
    if not added:
        return report
    summary = report.summary
    left = Counter(known[mark].status for mark in added if mark in known)
    return report._replace(
        findings=tuple(sorted({**known, **added}.values(), key=_place)),
        blocking=report.blocking + sum(f.severity == ERROR for f in added.values()),
        summary=summary._replace(
            new=summary.new + len(added) - left[NEW],
            existing=summary.existing - left[EXISTING],
            excepted=summary.excepted - left[EXCEPTED],
        ),
    )


def _refuses(found: Finding | None, finding: Finding) -> bool:
    """Return True if `found` refuses what `finding` refuses."""
    if found is None or found.status != NEW:
        return False
    return found.severity == ERROR or finding.severity != ERROR


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
