"""The report for programs: one JSON document, ASCII only, version 1.

The keys are those of the README's section on JSON. A path whose bytes are not UTF-8
is written with `\\xNN` in place of each such byte, and a key of the same name with
`_bytes` added (`path_bytes`, `target_bytes`) holds all its bytes in hex: a lone
surrogate, which many readers of JSON refuse, never appears.
"""

from __future__ import annotations

import json

from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.findings import Notice
from treeguard.findings import Report
from treeguard.findings import Step
from treeguard.formats.escape import defuse
from treeguard.formats.escape import is_utf8

VERSION = 1

Value = dict[str, object]


def render(report: Report, *, color: bool = False) -> str:
    """The whole report as JSON; `color` changes nothing."""
    document = {
        "version": VERSION,
        "policy": {
            **path_value("path", report.policy_path),
            "source": plain(report.policy_source),
            "digest": report.policy_digest,
        },
        "old": report.old,
        "new": report.new,
        "findings": [_finding(finding) for finding in report.findings],
        "notices": [_notice(notice) for notice in report.notices],
        "summary": report.summary._asdict(),
    }
    return document_text(document)


def document_text(value: object, indent: int | None = 2) -> str:
    """`value` as JSON, ASCII only; no string in it is a command of a CI job's log."""
    return defuse(json.dumps(value, indent=indent), "\\u0023") + "\n"


def path_value(key: str, path: str) -> Value:
    """`{key: path}`, and the bytes of a path that is not UTF-8."""
    if is_utf8(path):
        return {key: path}
    return {key: plain(path), f"{key}_bytes": path_bytes(path).hex()}


def path_bytes(path: str) -> bytes:
    """The bytes of `path` in Git's trees."""
    return path.encode("utf-8", "surrogateescape" if _from_bytes(path) else "replace")


def _from_bytes(path: str) -> bool:
    return all("\udc80" <= c <= "\udcff" for c in path if "\ud800" <= c <= "\udfff")


def plain(text: str) -> str:
    """`text` as it is; the bytes in it that were not UTF-8 as `\\xNN`."""
    if is_utf8(text):
        return text
    return "".join(map(_without_surrogate, text))


def _without_surrogate(character: str) -> str:
    from treeguard.formats.escape import escape_character

    return character if is_utf8(character) else escape_character(character)


def _finding(finding: Finding) -> Value:
    return {
        "rule": finding.rule,
        "kind": finding.kind,
        "severity": finding.severity,
        "status": finding.status,
        **path_value("path", finding.path),
        **_lines(finding),
        "message": plain(finding.message),
        **_target(finding.target),
        "chain": [_step(step) for step in finding.chain],
        "fix": _fix(finding.fix),
        "reason": plain(finding.reason),
        "fingerprint": finding.fingerprint,
    }


def _lines(finding: Finding) -> Value:
    """Where it is; `cell` only in a notebook, where lines count within the cell."""
    value: Value = {
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
    }
    return value if finding.cell is None else {**value, "cell": finding.cell}


def _target(target: str | None) -> Value:
    return {"target": None} if target is None else path_value("target", target)


def _step(step: Step) -> Value:
    return {**path_value("path", step.path), "line": step.line}


def _fix(fix: Fix | None) -> Value | None:
    if fix is None:
        return None
    commands = [plain(command) for command in fix.commands]
    return {"summary": plain(fix.summary), "commands": commands}


def _notice(notice: Notice) -> Value:
    where = {**path_value("path", notice.path), "line": notice.line}
    return {**where, "message": plain(notice.message)}
