"""Relative links of Markdown files, as far as needed to see whether one broke.

Inline links and images, reference definitions (CommonMark, links) and `href` and `src`
of HTML; what stands in code is none. A rewriter reads more exactly: this one judges it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

_CODE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)",
    re.MULTILINE | re.DOTALL,
)
_LINKS = (
    re.compile(r"\]\(\s*(?:<([^<>\n]*)>|([^\s()<>]+(?:\([^\s()]*\)[^\s()]*)*))"),
    re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t]*(?:<([^<>\n]*)>|(\S+))", re.MULTILINE),
    re.compile(r"""<[^>]*\b(?:href|src)=(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE),
)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)


def may_link(path: str) -> bool:
    """True for a Markdown file, by its name."""
    return path.lower().endswith((".md", ".markdown", ".mdx"))


def links(path: str, data: bytes) -> frozenset[str]:
    """The paths that the Markdown file at `path` links to, whether they exist or not.

    A leading slash means the repository's root, as on GitHub.
    """
    text = _CODE.sub("", data.decode("utf-8", "replace"))
    return frozenset(target for target in _targets(path, text) if target)


def _targets(path: str, text: str) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    for pattern in _LINKS:
        for match in pattern.finditer(text):
            url = next((group for group in match.groups() if group), "")
            if url and not _ELSEWHERE.match(url):
                yield _resolved(folder, unquote(re.split(r"[?#]", url)[0]))


def _resolved(folder: str, target: str) -> str:
    """A path of the repository; empty when it leads out of it."""
    parts = [] if target.startswith("/") else folder.split("/") if folder else []
    for part in target.split("/"):
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
