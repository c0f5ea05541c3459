"""What a check reports: findings, notices, and the report that holds them."""

from __future__ import annotations

from typing import NamedTuple

ERROR = "error"
WARNING = "warning"

NEW = "new"
EXISTING = "existing"
EXCEPTED = "excepted"


class Step(NamedTuple):
    """One link of an import chain: the file, and the line that imports the next."""

    path: str
    line: int


class Fix(NamedTuple):
    """What to do about a finding: a sentence, and commands to type, if any."""

    summary: str
    commands: tuple[str, ...] = ()


class Finding(NamedTuple):
    """One place where the repository violates its policy.

    Lines and columns are 1-based, columns count code points and `end_column` is the
    first column after the place; all four are None where a finding has no line (a
    missing file, a deletion). `subject` names what is wrong without any line number:
    it is what tells this finding from another of the same rule and path, and goes
    into the fingerprint. `excerpt` is the source line, and `cell` the 1-based
    notebook cell in which `line` counts.
    """

    rule: str
    kind: str
    path: str
    message: str
    subject: str = ""
    severity: str = ERROR
    status: str = NEW
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    cell: int | None = None
    target: str | None = None
    chain: tuple[Step, ...] = ()
    fix: Fix | None = None
    reason: str = ""
    fingerprint: str = ""
    policy_line: int | None = None
    excerpt: str = ""


class Notice(NamedTuple):
    """Something that could not be decided and is therefore not a finding."""

    path: str
    line: int
    message: str


class RuleText(NamedTuple):
    """What a rule demands and what to do about its findings, in sentences."""

    id: str
    description: str
    reason: str
    remedy: str


class Summary(NamedTuple):
    """The counts of a report. `files` is how many files the new tree holds."""

    new: int
    existing: int
    excepted: int
    files: int
    elapsed_ms: int


class Report(NamedTuple):
    """Everything that one check reports, in the order in which it is shown.

    `old` and `new` are tree ids; `old` is None when nothing was compared, `new` is
    None when the tree is not a Git object (the index, the work tree). `rules` describes
    the rules that have findings.
    """

    policy_path: str
    policy_source: str
    policy_digest: str
    old: str | None
    new: str | None
    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...]
    summary: Summary
    blocking: int = 0
    rules: tuple[RuleText, ...] = ()
