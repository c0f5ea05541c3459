"""The path filters of a workflow, by line: what is no YAML any more is read as well."""

from __future__ import annotations

import re
from collections.abc import Iterator

_KEY = re.compile(r"(\s*)(?:paths|paths-ignore)\s*:\s*(\[.*\])?\s*(?:#.*)?")
_ITEM = re.compile(r"""(\s*)-\s+(?:'([^']*)'|"([^"]*)"|([^#]*?))\s*(?:#.*)?""")
_INLINE = re.compile(r"""'([^']*)'|"([^"]*)"|([^\s,\[\]'"]+)""")


def path_filters(text: str) -> Iterator[tuple[int, str]]:
    """Every pattern below a `paths:` or `paths-ignore:` key, with its 1-based line."""
    indent: int | None = None
    for number, line in enumerate(text.splitlines(), 1):
        key, item = _KEY.fullmatch(line), _ITEM.fullmatch(line)
        if key:
            indent = len(key[1])
            for found in _INLINE.finditer(key[2] or ""):
                yield number, found[1] or found[2] or found[3]
        elif indent is not None and item and len(item[1]) >= indent:
            yield number, item[2] or item[3] or item[4]
        elif line.strip() and not line.lstrip().startswith("#"):
            indent = None
