"""Read reStructuredText: paths, documents and dotted names, and what of it is code.

A path starts in the file's own folder; one with a leading slash in the folder of
Sphinx's conf.py. In a hyperlink that is an address of the site, and stays. Documents
may be named without their ending (toctree, `:doc:`). Sphinx imports the names of
directives, roles and autosummary: only a whole dotted name counts, since one below a
`currentmodule` may be the end of another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages.documents import DOCUMENT
from treeguard.languages.documents import NAME
from treeguard.languages.documents import PATH
from treeguard.languages.documents import Block
from treeguard.languages.documents import Link
from treeguard.languages.documents import Reading
from treeguard.languages.documents import line_starts

_PATH = re.compile(
    r"^[ \t]*\.\. (?:\|[^|\n]+\| )?(?:image|figure|include|literalinclude)::[ \t]+(\S+)"
    r"|^[ \t]*:file:[ \t]+(\S+)"
    r"|^[ \t]*\.\. _[^:\n]+:[ \t]+(\S+)[ \t\r]*$"
    r"|`[^`<\n]*<([^`<>\s]+)>`_"
    r"|:download:`(?:[^`<\n]*<)?([^`<>\s]+)>?`",
    re.MULTILINE,
)
_OF_SITE = (3, 4)  # the groups of hyperlinks
_DOCUMENT = re.compile(r":doc:`(?:[^`<\n]*<)?([^`<>\s]+)>?`")
_ENTRY = re.compile(
    r"^[ \t]+(?![ \t:])(?:[^\n<]*<)?([^\s<>]+)>?[ \t\r]*$", re.MULTILINE
)
_BLOCK = re.compile(
    r"^([ \t]*)\.\. (toctree|autosummary)::[^\n]*\n((?:\1[ \t]+[^\n]*\n?|[ \t\r]*\n)*)",
    re.MULTILINE,
)
_LITERAL = re.compile(
    r"^(?P<in>[ \t]*)(?![ \t])"
    r"(?:\.\. (?:code|code-block|sourcecode|parsed-literal|highlight)::"
    r"[ \t]*(?P<language>[^\n]*)|(?!\.\. )[^\n]*::[ \t\r]*)\n"
    r"(?P<options>(?:(?P=in)[ \t]+:[\w-]+:[^\n]*\n)*)"
    r"(?P<code>(?:(?P=in)[ \t]+[^\n]*\n?|[ \t\r]*\n)*)"
    r"|``[^`\n]+``",
    re.MULTILINE,
)
_DOTTED = r"(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)"
_KIND = (
    r"(?P<kind>mod(?:ule)?|class|func(?:tion)?|meth(?:od)?|attr(?:ibute)?|exc(?:eption)?|data"
    r"|const|obj|any|property|decorator|deco|type)"
)
# .. automodule:: a.b   .. py:class:: a.b.C(x)   .. currentmodule:: a.b
_NAME_DIRECTIVE = re.compile(
    rf"^[ \t]*\.\. (?:py:)?(?:auto|current)?{_KIND}::[ \t]+{_DOTTED}(?![\w./:-])", re.M
)
# :class:`~a.b.C`   :py:func:`text <a.b.f>`   :func:`a.b.f()`
_NAME_ROLE = re.compile(rf":(?:py:)?{_KIND}:`(?:[^`<]*<)?[~!]?{_DOTTED}(?:\(\))?>?`")
_NAME_ENTRY = re.compile(rf"^(?P<kind>)[ \t]+~?{_DOTTED}[ \t\r]*$", re.MULTILINE)


def is_restructuredtext(path: str) -> bool:
    """Return True for reStructuredText, by its name."""
    return path.lower().endswith((".rst", ".rest"))


def read(text: str) -> Reading:
    """Return the paths, documents and names outside of code."""
    literals = list(_LITERAL.finditer(text))
    code = tuple(sorted(found.span() for found in literals))
    blocks = tuple(
        Block(*found.span("code"), (found["language"] or "").strip().lower())
        for found in literals
        if found["code"]
    )
    reading = Reading((), code, (), line_starts(text), blocks)
    found = {link for link in _links(text) if not reading.in_code(link.start)}
    return reading._replace(links=tuple(sorted(found)))


def _links(text: str) -> Iterator[Link]:
    for found in _PATH.finditer(text):
        group = found.lastindex or 0
        if group not in _OF_SITE or not found[group].startswith("/"):
            yield _link(found, group, PATH)
    for found in _DOCUMENT.finditer(text):
        yield _link(found, 1, DOCUMENT)
    names = [*_NAME_DIRECTIVE.finditer(text), *_NAME_ROLE.finditer(text)]
    for block in _BLOCK.finditer(text):
        if block[2] == "toctree":
            for entry in _ENTRY.finditer(text, *block.span(3)):
                if entry[1] != "self":
                    yield _link(entry, 1, DOCUMENT)
        else:
            names += _NAME_ENTRY.finditer(text, *block.span(3))
    for name in names:
        # A single word is the whole name of a module alone.
        if "." in name["name"] or name["kind"].startswith("mod"):
            yield _link(name, "name", NAME)


def _link(found: re.Match[str], group: int | str, form: str) -> Link:
    return Link(*found.span(group), found[group], found[group], form)
