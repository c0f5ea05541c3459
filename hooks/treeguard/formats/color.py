"""Colours for the terminal, and none of them where none are wanted."""

from __future__ import annotations

from treeguard.findings import ERROR

BOLD = "1"
RED = "1;31"
YELLOW = "1;33"
BLUE = "1;34"
CYAN = "36"


def paint(text: str, code: str, color: bool) -> str:
    """`text` in the colour `code`, or as it is."""
    return f"\x1b[{code}m{text}\x1b[0m" if color else text


def severity_color(severity: str) -> str:
    """Red for an error, yellow for a warning."""
    return RED if severity == ERROR else YELLOW
