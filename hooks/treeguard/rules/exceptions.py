"""Exceptions from rules, in the policy or in a comment on the line.

An exception has a reason, and may have a date. One that excepts nothing, has expired,
or gives no reason is itself a finding, so that the list only shrinks.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.query import FileQuery
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import EXCEPTED
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.languages.facts import Allow
from treeguard.languages.python.file_names import maybe_python
from treeguard.languages.python.file_names import python_alike
from treeguard.policy.model import Policy
from treeguard.policy.model import PolicyException

RULE = "exceptions"
UNEXCEPTABLE = frozenset({RULE, "unreadable-source"})
MARK = b"treeguard:"

ALLOWING = FileQuery(
    "inline-allows",
    lambda _folder: None,
    maybe_python,
    (MARK,),
    lambda _path, data: MARK in data,
    alike=python_alike,
)

Comment = tuple[str, Allow]


def apply(
    findings: Iterable[Finding],
    policy: Policy,
    analysis: TreeAnalysis,
    only: frozenset[str],
    today: datetime.date,
    landing: Policy | None = None,
) -> Iterator[Finding]:
    """Mark the findings that are excepted, then report stale exceptions.

    `only` holds the ids of the rules that were judged; exceptions from others are not
    reported. `landing` is the policy that replaces `policy` once the judged change has
    landed: an exception that it removes is not stale.
    """
    used: set[PolicyException | Comment] = set()
    in_force = [e for e in policy.exceptions if not _expired(e, today)]
    comments = list(_comments(analysis))
    accepted = comments if policy.allow_comments else []
    for finding in findings:
        reason = _by_policy(finding, in_force) or _by_comment(finding, accepted)
        if reason is None or finding.rule in UNEXCEPTABLE:
            yield finding
        else:
            used.add(reason)
            yield finding._replace(status=EXCEPTED)
    kept = policy if landing is None else landing
    yield from _stale_exceptions(policy, kept, only, used, today)
    yield from _stale_comments(policy, comments, only, used)


def _expired(exception: PolicyException, today: datetime.date) -> bool:
    return exception.expires is not None and exception.expires < today


def _comments(analysis: TreeAnalysis) -> Iterator[Comment]:
    for path in analysis.ask(ALLOWING):
        facts = analysis.source(path)
        for allow in facts.allows if facts is not None else ():
            yield path, allow


def _by_policy(
    finding: Finding, exceptions: Iterable[PolicyException]
) -> PolicyException | None:
    for exception in exceptions:
        if (
            exception.rule == finding.rule
            and exception.path.match(finding.path)
            and _aims_at(exception.target, finding)
        ):
            return exception
    return None


def _aims_at(target: str | None, finding: Finding) -> bool:
    """Tell whether the finding is about `target`, a dotted module or a path."""
    if target is None:
        return True
    found = (finding.target or finding.subject).removesuffix("/")
    as_path = target.removesuffix("/")
    as_module = target.replace(".", "/")
    return any(
        found == wanted or found.startswith((f"{wanted}/", f"{wanted}.py"))
        for wanted in (as_path, as_module, f"src/{as_module}")
    ) or f"{found}.".startswith(f"{target}.")


def _by_comment(finding: Finding, comments: Iterable[Comment]) -> Comment | None:
    for path, allow in comments:
        if (
            path == finding.path
            and allow.rule == finding.rule
            and allow.why
            and allow.cell == finding.cell
            and finding.line is not None
            and allow.first_line <= finding.line <= allow.last_line
        ):
            return path, allow
    return None


def _stale_exceptions(
    policy: Policy,
    kept: Policy,
    only: frozenset[str],
    used: set[PolicyException | Comment],
    today: datetime.date,
) -> Iterator[Finding]:
    stay = {_identity(exception) for exception in kept.exceptions}
    for exception in policy.exceptions:
        where = " ".join(exception.path.lines)
        if exception.rule not in only or _identity(exception) not in stay:
            continue
        if _expired(exception, today):
            message = f"the exception from {exception.rule} for {where} expired on "
            message += str(exception.expires)
            fix = "fix what it excepts, then remove it; or review it and set a new date"
        elif exception not in used:
            message = f"the exception from {exception.rule} for {where} excepts nothing"
            fix = "remove it: what it excepted does not exist any more"
        else:
            continue
        yield _stale(
            policy.path, exception.line, message, fix, f"{exception.rule} {where}"
        )


def _identity(exception: PolicyException) -> tuple[object, ...]:
    """Return what identifies an exception; one with a new date is another one."""
    lines = tuple(exception.path.lines)
    return exception.rule, lines, exception.target, exception.expires


def _stale_comments(
    policy: Policy,
    comments: Iterable[Comment],
    only: frozenset[str],
    used: set[PolicyException | Comment],
) -> Iterator[Finding]:
    ids = {rule.id for rule in policy.rules}
    for path, allow in comments:
        named = f"allow[{allow.rule}]"
        if allow.rule not in ids:
            message = f"{named} names no rule of the policy"
            fix = "correct the rule's id"
        elif allow.rule not in only:
            continue
        elif not allow.why:
            message = f"{named} gives no reason"
            fix = f"write why: `# treeguard: {named} the reason`"
        elif not policy.allow_comments:
            message = f"{named} has no effect: the policy sets allow_comments = false"
            fix = f"remove the comment, or add an exception to {policy.path}"
        elif (path, allow) not in used:
            message, fix = f"{named} excepts nothing", "remove the comment"
        else:
            continue
        finding = _stale(path, allow.line, message, fix, named)
        yield finding._replace(cell=allow.cell)


def _stale(path: str, line: int, message: str, fix: str, subject: str) -> Finding:
    return Finding(
        rule=RULE,
        kind=RULE,
        path=path,
        message=message,
        subject=subject,
        line=line,
        column=1,
        end_line=line,
        end_column=1,
        fix=Fix(fix),
    )
