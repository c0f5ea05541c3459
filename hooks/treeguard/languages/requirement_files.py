"""Read the lists of requirements that pip installs: requirements.txt and its kind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import lines
from treeguard.languages.spans import ANYWHERE
from treeguard.languages.spans import OWN
from treeguard.languages.spans import Span
from treeguard.languages.spans import path_span

# https://pip.pypa.io/en/stable/reference/requirements-file-format/
_REQUIREMENT = (
    r"\s*(?:(?:(?P<file>-r|-c|--requirement|--constraint)|-e|-f|--editable|--find-links)"
    r"[ \t=]*(?=\S)|(?=\.{1,2}/|[\w.-]+/[\w./-]*\s*(?:[;#\[]|$)))"
)


def spans(text: SourceText) -> Iterator[Span]:
    """Yield the files and folders that a list of requirements names.

    pip looks for `-r` and `-c` in the folder of the list, and for `-e`, `./folder` and
    `folder/file.whl` where it is started; nobody knows where that is.
    """
    for line in lines(text):
        match = re.match(_REQUIREMENT, line.chars)
        if match is not None:
            start = match.end()
            size = len(re.split(r"[\s;\[]", line.chars[start:], maxsplit=1)[0])
            base = OWN if match["file"] else ANYWHERE
            yield from path_span(line.part(start, start + size), base)
