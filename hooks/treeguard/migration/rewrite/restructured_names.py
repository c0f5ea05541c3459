"""Dotted names that Sphinx imports: in directives, roles and lists of autosummary.

Only a name that says all of itself is followed: one that stands below a `currentmodule`
and says its end alone needs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.migration.rewrite.paths import Told
from treeguard.migration.rewrite.python_mentions import moved_name
from treeguard.migration.rewrite.python_names import Names

_NAME = r"(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)"
_KINDS = (
    r"(?P<kind>mod(?:ule)?|class|func(?:tion)?|meth(?:od)?|attr(?:ibute)?|exc(?:eption)?|data"
    r"|const|obj|any|property|decorator|deco|type)"
)
# .. automodule:: a.b   .. py:class:: a.b.C(x)   .. currentmodule:: a.b
_DIRECTIVE = re.compile(
    rf"^[ \t]*\.\. (?:py:)?(?:auto|current)?{_KINDS}::[ \t]+{_NAME}(?![\w./:-])", re.M
)
# :class:`~a.b.C`   :py:func:`text <a.b.f>`   :func:`a.b.f()`
_ROLE = re.compile(
    rf":(?:py:)?{_KINDS}:`(?:[^`<]*<)?[~!]?{_NAME}(?:\(\))?>?`", re.MULTILINE
)
_SUMMARY = re.compile(
    r"^([ \t]*)\.\. autosummary::[^\n]*\n((?:\1[ \t]+[^\n]*\n?|[ \t\r]*\n)*)", re.M
)
_ENTRY = re.compile(rf"^(?P<kind>)[ \t]+~?{_NAME}[ \t\r]*$", re.MULTILINE)


def dotted_names(text: str, names: Names) -> Iterator[tuple[int, int, Told]]:
    """Each name that leads to what moves: its place, and how it reads afterwards."""
    found = [*_DIRECTIVE.finditer(text), *_ROLE.finditer(text)]
    for block in _SUMMARY.finditer(text):
        found += _ENTRY.finditer(text, *block.span(2))
    for start, end in sorted(one.span("name") for one in found if _is_whole(one)):
        moved = moved_name(text[start:end], names)
        if moved is not None:
            old, new = moved
            why = "" if new else "no one name leads there any more"
            yield start, end, Told((new or old) + text[start + len(old) : end], why)


def _is_whole(found: re.Match[str]) -> bool:
    """A single word is the whole name of a module alone."""
    return "." in found["name"] or found["kind"].startswith("mod")
