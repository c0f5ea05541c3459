"""The faults of a policy file, each with its line, its key path and a suggestion.

tomli reports no positions, so the text is scanned for the line of every key and array
item. Only texts that tomli has accepted are scanned: nothing is validated here. The
grammar is TOML 1.1's, https://toml.io/en/v1.1.0, as far as finding where values begin
and end needs it.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable
from collections.abc import Mapping

from treeguard.errors import Fault

Place = tuple[str | int, ...]

_SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


def positions(text: str) -> dict[Place, int]:
    """Return the 1-based line of each key path: `("rules", "x", "zone", 1)` is an item.

    A table has the line of its header; without a header, that of its first key.
    """
    scan = _Scan(text)
    scan.document()
    return scan.found


class _Scan:
    def __init__(self, text: str) -> None:
        self.found: dict[Place, int] = {}
        self._text = text
        self._at = 0
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self._counts: dict[Place, int] = {}

    def document(self) -> None:
        table: Place = ()
        self._skip(_SPACE)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_SPACE)

    def _header(self) -> Place:
        start = self._at
        several = self._text.startswith("[[", start)
        self._at += 2 if several else 1
        self._skip(_SPACE)
        *above, last = self._key()
        self._at = self._text.index("]", self._at) + (2 if several else 1)
        place = (*self._resolved(above), last)
        self._note_above(place, start)
        if several:
            self._counts[place] = self._counts.get(place, -1) + 1
            self.found.setdefault(place, self._line(start))
        place = self._resolved([*above, last])
        self.found[place] = self._line(start)
        return place

    def _resolved(self, keys: list[str]) -> Place:
        """Return the table that a header names now: the latest one of an array."""
        place: Place = ()
        for key in keys:
            place = (*place, key)
            if place in self._counts:
                place = (*place, self._counts[place])
        return place

    def _pair(self, table: Place) -> None:
        start = self._at
        place = (*table, *self._key())
        self._skip(_EQUALS)
        self._note_above(place, start)
        self.found[place] = self._line(start)
        self._value(place)

    def _value(self, place: Place) -> None:
        char = self._text[self._at]
        if char == "[":
            self._array(place)
        elif char == "{":
            self._inline_table(place)
        elif char in "\"'":
            self._skip(_STRING)
        else:
            self._skip(_SCALAR)

    def _array(self, place: Place) -> None:
        number = 0
        while self._goes_on("]"):
            item = (*place, number)
            self.found[item] = self._line(self._at)
            self._value(item)
            number += 1

    def _inline_table(self, place: Place) -> None:
        while self._goes_on("}"):
            self._pair(place)

    def _goes_on(self, closing: str) -> bool:
        """Step over an opening bracket or a comma; tell whether an item follows."""
        self._skip(_SPACE)
        if self._text[self._at] != closing:
            self._at += 1
            self._skip(_SPACE)
        if self._text[self._at] != closing:
            return True
        self._at += 1
        return False

    def _key(self) -> list[str]:
        keys = [self._simple_key()]
        while self._skip(_DOT):
            keys.append(self._simple_key())
        return keys

    def _simple_key(self) -> str:
        if self._text[self._at] not in "\"'":
            return self._skip(_BARE)
        raw = self._skip(_STRING)
        if raw.startswith("'") or "\\" not in raw:
            return raw[1:-1]
        import tomli

        return str(tomli.loads(f"key = {raw}")["key"])

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match[0]

    def _note_above(self, place: Place, start: int) -> None:
        for length in range(1, len(place)):
            self.found.setdefault(place[:length], self._line(start))

    def _line(self, at: int) -> int:
        return bisect.bisect_left(self._ends, at) + 1


class Faults:
    """Collects the faults of the file at `path`; `lines` has the line of each key."""

    def __init__(self, path: str, lines: Mapping[Place, int]) -> None:
        self.found: list[Fault] = []
        self._path = path
        self._lines = lines

    def add(self, place: Place, message: str, suggestion: str = "") -> None:
        """Add one fault; `suggestion` is what to write instead, if that is known.

        What has no line of its own gets the line of its table.
        """
        meant = f"did you mean {_as_toml(suggestion)}?" if suggestion else ""
        fault = Fault(self._path, self.line(place), spelled(place), message, meant)
        self.found.append(fault)

    def line(self, place: Place) -> int:
        """Return the line of a key, or of the nearest table around it; else 0."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 0)

    def in_order(self) -> tuple[Fault, ...]:
        """Return all faults, from the top of the file to its end."""
        return tuple(sorted(self.found, key=lambda fault: fault.line))


def spelled(place: Place) -> str:
    """Write a key path as people do: `rules.no-garbage.zone[1]`."""
    out = ""
    for part in place:
        if isinstance(part, int):
            out += f"[{part}]"
        else:
            name = part if _BARE.fullmatch(part) else _quoted(part)
            out += f".{name}" if out else name
    return out


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return the choice that `word` was probably meant to be, or the empty string."""
    import difflib

    known = {choice.lower().replace("_", "-"): choice for choice in choices}
    close = difflib.get_close_matches(word.lower().replace("_", "-"), known, 1)
    return known[close[0]] if close else ""


def _as_toml(suggestion: str) -> str:
    """Quote strings; leave lists, headers, dates and booleans as they are."""
    bare = suggestion in ("true", "false") or suggestion[0] in "[0123456789"
    return suggestion if bare else _quoted(suggestion)


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)
