"""An explanation of a path or a rule: a title, sections, and the findings about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from treeguard.findings import Finding
from treeguard.formats.escape import escape
from treeguard.formats.text import finding_text


class Section(NamedTuple):
    """Lines under a heading; `empty` is shown in place of no lines."""

    heading: str
    lines: tuple[str, ...]
    empty: str = "none"


class Explanation(NamedTuple):
    """What `explain` answers about a path or a rule."""

    title: str
    sections: tuple[Section, ...]
    findings: tuple[Finding, ...]
    policy_path: str


def render(explanation: Explanation, *, color: bool = False) -> str:
    """Return the explanation as text."""
    return "\n".join(_lines(explanation, color)) + "\n"


def _lines(explanation: Explanation, color: bool) -> Iterator[str]:
    yield escape(explanation.title)
    for heading, lines, empty in explanation.sections:
        yield ""
        if heading:
            yield f"{escape(heading)}:"
        yield from (f"  {escape(line)}".rstrip() for line in lines or (empty,))
    yield ""
    yield f"Findings: {len(explanation.findings) or 'none'}"
    for finding in explanation.findings:
        yield ""
        yield finding_text(finding, explanation.policy_path, color)
