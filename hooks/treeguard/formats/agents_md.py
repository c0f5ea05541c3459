"""A section for AGENTS.md: what the rules of the policy demand, one line each.

Two markers enclose it, so that it can be replaced when the policy changes, without
touching what people wrote around it.
"""

from __future__ import annotations

from collections.abc import Iterable

from treeguard.errors import UsageError
from treeguard.findings import RuleText
from treeguard.formats.escape import escape

BEGIN = "<!-- treeguard: begin (written from policy.toml) -->"
END = "<!-- treeguard: end -->"

_INTRO = """\
## Layout of this repository

`policy.toml` says what lives where and who may import whom. Hooks, CI and the server
check every change against it. Run `treeguard check --worktree` before you commit, and
`treeguard explain PATH` to see which rules apply to a file. Do not skip hooks
(`--no-verify`, `SKIP=`), and do not edit `policy.toml` to get a change accepted.
"""


def render(rules: Iterable[RuleText]) -> str:
    """Return the section, markers included."""
    return "\n".join([BEGIN, _INTRO, *map(_line, rules), END, ""])


def _line(rule: RuleText) -> str:
    reason = f" {escape(rule.reason)}" if rule.reason else ""
    line = f"- {escape(rule.description)}{reason} (`{escape(rule.id)}`)"
    return line.replace("<!--", "<!- -")  # no reason may end the section


def replace_in(text: str, section: str) -> str:
    """Return `text` with `section` in place of an earlier one, or at its end.

    Raises `UsageError` when only one of the markers is present.
    """
    start, end = text.find(BEGIN), text.find(END)
    if start < 0 and end < 0:
        gap = "\n" if text and not text.endswith("\n\n") else ""
        gap = f"\n{gap}" if text and not text.endswith("\n") else gap
        return text + gap + section
    if start < 0 or end < start:
        raise UsageError(
            "only one of the two markers of treeguard's section is present",
            f"remove the rest of the section, also {BEGIN!r} and {END!r}",
        )
    after = text[end + len(END) :].removeprefix("\n")
    return text[:start] + section + after
