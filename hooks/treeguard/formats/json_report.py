"""The report for programs: one JSON document, ASCII only, version 1.

A path whose bytes are not UTF-8
is written with `\\xNN` in place of each such byte, and a key of the same name with
`_bytes` added (`path_bytes`, `target_bytes`) holds all its bytes in hex: a lone
surrogate, which many readers of JSON refuse, never appears.
"""

from __future__ import annotations

import json

from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.findings import Report
from treeguard.formats.escape import defuse
from treeguard.formats.escape import escape_character
from treeguard.formats.escape import is_utf8

VERSION = 1

Value = dict[str, object]


def render(report: Report, *, color: bool = False) -> str:
    """Return the whole report as JSON; `color` has no effect."""
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
        "notices": [
            {**_step(notice.path, notice.line), "message": plain(notice.message)}
            for notice in report.notices
        ],
        "summary": report.summary._asdict(),
    }
    return document_text(document)


def document_text(value: object, indent: int | None = 2) -> str:
    """Return `value` as ASCII JSON; no string in it is a command to a CI runner."""
    return defuse(json.dumps(value, indent=indent), "\\u0023") + "\n"


def path_value(key: str, path: str) -> Value:
    """Return `{key: path}`, with the bytes of a path that is not UTF-8."""
    if is_utf8(path):
        return {key: path}
    return {key: plain(path), f"{key}_bytes": path_bytes(path).hex()}


def path_bytes(path: str) -> bytes:
    """Return the bytes of `path` in Git's trees."""
    surrogates = (c for c in path if "\ud800" <= c <= "\udfff")
    from_bytes = all("\udc80" <= c <= "\udcff" for c in surrogates)
    return path.encode("utf-8", "surrogateescape" if from_bytes else "replace")


def plain(text: str) -> str:
    """Return `text` with `\\xNN` for the bytes in it that were not UTF-8."""
    if is_utf8(text):
        return text
    return "".join(c if is_utf8(c) else escape_character(c) for c in text)


def _finding(finding: Finding) -> Value:
    target = finding.target
    return {
        "rule": finding.rule,
        "kind": finding.kind,
        "severity": finding.severity,
        "status": finding.status,
        **path_value("path", finding.path),
        **_lines(finding),
        "message": plain(finding.message),
        **({"target": None} if target is None else path_value("target", target)),
        "chain": [_step(*step) for step in finding.chain],
        "fix": _fix(finding.fix),
        "reason": plain(finding.reason),
        "fingerprint": finding.fingerprint,
    }


def _lines(finding: Finding) -> Value:
    """Return the place; `cell` only in a notebook, where lines count in the cell."""
    value: Value = {
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
    }
    return value if finding.cell is None else {**value, "cell": finding.cell}


def _step(path: str, line: int) -> Value:
    return {**path_value("path", path), "line": line}


def _fix(fix: Fix | None) -> Value | None:
    if fix is None:
        return None
    return {"summary": plain(fix.summary), "commands": list(map(plain, fix.commands))}
