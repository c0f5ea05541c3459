"""Decode source bytes as CPython does it: BOM, PEP 263 cookie, newlines."""

from __future__ import annotations

import codecs
import re

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
# Names that may have any ending after a hyphen (`_get_normal_name` of `tokenize`).
_LATIN = ("latin-1", "iso-8859-1", "iso-latin-1")
_TWO_LINES = re.compile(rb"[^\r\n]*(?:\r\n?|\n)?[^\r\n]*")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")


class UnreadableError(Exception):
    """Bytes that cannot be decoded as they declare, or text that no parser takes.

    `reason` ends a sentence, `line` is 1-based or None.
    """

    def __init__(self, reason: str, line: int | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def first_lines(data: bytes) -> bytes:
    """Return the two lines that can name an encoding, however long they are."""
    found = _TWO_LINES.match(data)
    return found[0] if found else b""


def cookie(data: bytes) -> str | None:
    """Return the encoding that one of the first two lines names, in lower case.

    The second line counts only after a blank or comment line
    (https://peps.python.org/pep-0263/).
    """
    for line in first_lines(data).splitlines():
        line = line.removeprefix(codecs.BOM_UTF8)
        found = _COOKIE.match(line)
        if found:
            return found[1].decode("ascii", "replace").lower()
        if not _BLANK.match(line):
            return None
    return None


def is_utf8(encoding: str | None) -> bool:
    """Return True if an encoding's name means UTF-8; None is Python's own default."""
    if encoding is None:
        return True
    name = encoding.replace("_", "-")
    return name in {"utf8", "u8", "utf-8"} or name.startswith("utf-8-")


def _codec(encoding: str | None) -> str:
    """Return the codec of a cookie: CPython takes editors' endings, `latin-1-unix`."""
    if is_utf8(encoding):
        return "utf-8"
    name = str(encoding).replace("_", "-")
    is_latin = any(f"{name}-".startswith(f"{latin}-") for latin in _LATIN)
    return "iso-8859-1" if is_latin else str(encoding)


def decode(data: bytes, errors: str = "strict") -> str:
    r"""Return the text of Python source, every line of it ended by `\n`.

    `errors` is as in `bytes.decode`. Raises `UnreadableError` when the declared
    encoding is unknown or does not fit.
    """
    encoding = cookie(data)
    body = data.removeprefix(codecs.BOM_UTF8)
    name = _codec(encoding)
    try:
        text = body.decode(name, errors)
    except UnicodeDecodeError as error:
        raise _refusal(body, error) from None
    except (LookupError, ValueError) as error:
        # ValueError: codec names with a null character and the like.
        raise UnreadableError(f"names the unknown encoding {name!r}", 1) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _refusal(body: bytes, error: UnicodeDecodeError) -> UnreadableError:
    before = body[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    byte = body[error.start] if error.start < len(body) else 0
    reason = f"cannot be decoded as {error.encoding}: byte 0x{byte:02x}"
    return UnreadableError(reason, before.count(b"\n") + 1)
