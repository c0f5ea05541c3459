"""Tell which names in docstrings and texts are references: Sphinx's, and loggers'.

Sphinx resolves a name in a role, in the type of a field, and between single backticks
where a default role is set, as an import would:
https://www.sphinx-doc.org/en/master/usage/domains/python.html#info-field-lists
"""

from __future__ import annotations

import re

from treeguard.migration.context import MoveContext

# What precedes a name in a role: :class:`a.B`, :py:mod:`~a.b`, :ref:`x <a.b>`.
_ROLE = re.compile(r":[a-z][\w:+-]*:`(?:[^`<]*<)?[~!]?\Z")
# A type in a field, also in the lines that go on with it.
_TYPE = re.compile(
    r"(?:\A|\n)([ \t]*):(?:type|paramtype|vartype|rtype)\b[^:\n]*:[^\n]*"
    r"(?:\n\1[ \t]+[^\n]*)*\Z"
)
_ARGUMENT = re.compile(
    r"(?:\A|\n)[ \t]*:(?:param|parameter|arg|argument|key|keyword|kwarg|kwparam|raises?"
    r"|except|exception)[ \t]+[^:\n]*\Z"
)
# logging.BASIC_FORMAT, in which unittest's assertLogs shows records too.
_LOGGED = re.compile(r"(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):\Z")
_SINGLE = re.compile(r"(?<![`:\w])`[~!]?\Z")
_DEFAULT = re.compile(
    rb"^default_role[ \t]*=[ \t]*['\"](?:any|(?:py:)?(?:obj|mod|class|func|meth|attr"
    rb"|exc|data|const))['\"]",
    re.MULTILINE,
)
_KEY = "default role"
# A field goes on for a few lines.
_NEAR = 600


def is_reference(text: str, start: int, end: int, context: MoveContext) -> bool:
    """Return True if the name from `start` to `end` in a text refers to a module."""
    before = text[max(0, start - _NEAR) : start]
    if _ROLE.search(before) or _ARGUMENT.search(before) or _TYPE.search(before):
        return True
    if text[end : end + 1] == ":" and _LOGGED.search(before):
        return True
    is_single = text[end : end + 2] != "``" and text[end : end + 1] == "`"
    return is_single and bool(_SINGLE.search(before)) and has_default_role(context)


def has_default_role(context: MoveContext) -> bool:
    """Return True if a conf.py lets Sphinx take text in single backticks for a name."""
    kept = {} if context.kept is None else context.kept
    if _KEY not in kept:
        paths = context.before.snapshot.paths()
        found = [one for one in paths if f"/{one}".endswith("/conf.py")]
        entries = [one for one in found if _is_file(one, context)]
        kept[_KEY] = any(_DEFAULT.search(context.before.data(one)) for one in entries)
    return bool(kept[_KEY])


def _is_file(path: str, context: MoveContext) -> bool:
    entry = context.before.entry(path)
    return entry is not None and entry.is_file
