"""Relative links of Markdown files, to see whether one broke.

They are read by the reader of the rewriter: what it does not see it does not edit.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.markdown import read

_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|\?", re.IGNORECASE)


def may_link(path: str) -> bool:
    """True for a Markdown file, by its name."""
    return path.lower().endswith((".md", ".markdown", ".mdx"))


def is_path(url: str) -> bool:
    """True for an address that is a path: neither another site's nor this page's."""
    return bool(url) and not _ELSEWHERE.match(url)


def path_of(url: str) -> str:
    """The path of an address, decoded, without what follows a `?` or a `#`."""
    return unquote(re.split(r"[?#]", url, maxsplit=1)[0])


def links(path: str, data: bytes) -> frozenset[str]:
    """The paths that the Markdown file at `path` links to, whether they exist or not.

    A leading slash means the repository's root, as on GitHub.
    """
    reading = read(data.decode("utf-8", "replace"))
    urls = [link.url for link in reading.links]
    urls += [url for _place, url in reading.unsure]
    found = (_resolved(path, path_of(url)) for url in urls if is_path(url))
    return frozenset(target for target in found if target)


def _resolved(path: str, target: str) -> str | None:
    """A path of the repository; None when it leads out of it."""
    if target.startswith("/"):
        return normal(target)
    return normal(f"{parent_folder(path)}/{target}")
