"""Paths as URI references (RFC 3986), whatever bytes they are made of."""

from __future__ import annotations

from urllib.parse import quote

from treeguard.formats.json_report import path_bytes


def uri(path: str) -> str:
    """`path` relative to the root, percent-encoded; `.` for an empty one.

    A colon is encoded too, because `a:b` alone would be a scheme and its rest.
    """
    return quote(path_bytes(path), safe="/") or "."
