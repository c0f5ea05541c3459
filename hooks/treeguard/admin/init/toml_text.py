"""The pieces of a policy's text: ids, patterns, strings and arrays of TOML."""

from __future__ import annotations

import re
from collections.abc import Iterable

WIDEST = 86


def slug(path: str) -> str:
    """Return a path as a rule's id: lower case, hyphens, ASCII."""
    words = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
    return words or "folder"


def listed(key: str, items: Iterable[str]) -> tuple[str, ...]:
    """Return a TOML array, on one line if it is short."""
    items = list(items)
    line = f"{key} = [{', '.join(items)}]"
    if len(line) <= WIDEST:
        return (line,)
    return (f"{key} = [", *(f"    {item}," for item in items), "]")


def pattern(path: str, is_folder: bool = True) -> str:
    """Return the pattern of one path, from the root, as a TOML string."""
    escaped = re.sub(r"([\\*?\[\]])", r"\\\1", path)
    return quoted(f"/{escaped}/" if is_folder else f"/{escaped}")


def quoted(text: str) -> str:
    """Return a TOML string (https://toml.io/en/v1.0.0#string)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", _escape, escaped) + '"'


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
