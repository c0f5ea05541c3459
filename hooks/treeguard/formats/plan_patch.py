"""The proposals of a plan as a patch that `git apply` takes, in bytes.

Its format: https://git-scm.com/docs/diff-format#generate_patch_text_with_p.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from collections.abc import Mapping

_PLAIN = re.compile(rb"[\w./@%+=:,~-]+")
_LAST = b"\n\\ No newline at end of file\n"


def render(texts: Mapping[str, tuple[bytes, bytes]]) -> bytes:
    """Return the patch of files, each with its bytes before and after, by path."""
    return b"".join(
        line for path, both in sorted(texts.items()) for line in _file(path, *both)
    )


def _file(path: str, old: bytes, new: bytes) -> Iterator[bytes]:
    a, b = (_quoted(f"{side}/{path}") for side in "ab")
    yield b"diff --git %s %s\n" % (a, b)
    lines = difflib.diff_bytes(
        difflib.unified_diff, _lines(old), _lines(new), a, b, lineterm=b"\n"
    )
    for line in lines:
        yield line if line.endswith(b"\n") else line + _LAST


def _lines(data: bytes) -> list[bytes]:
    """Split at `\\n` alone, as Git does."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _quoted(path: str) -> bytes:
    """Return a path as Git quotes one with other characters than plain ones."""
    raw = path.encode("utf-8", "surrogateescape")
    if _PLAIN.fullmatch(raw):
        return raw
    return b'"%s"' % b"".join(
        bytes([byte]) if _PLAIN.fullmatch(bytes([byte])) else b"\\%03o" % byte
        for byte in raw
    )
