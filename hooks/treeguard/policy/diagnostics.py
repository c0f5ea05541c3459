"""The faults of one policy file, collected: each with its line, key and remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping

from treeguard.errors import Fault
from treeguard.policy.positions import Place

_BARE = re.compile(r"[A-Za-z0-9_-]+")


class Faults:
    """What is wrong with the file at `path`; `lines` tells where each key stands."""

    def __init__(self, path: str, lines: Mapping[Place, int]) -> None:
        self.found: list[Fault] = []
        self._path = path
        self._lines = lines

    def add(self, place: Place, message: str, suggestion: str = "") -> None:
        """Note one fault; `suggestion` is what to write instead, if that can be said.

        What has no line of its own stands where its table does.
        """
        meant = f"did you mean {_as_toml(suggestion)}?" if suggestion else ""
        fault = Fault(self._path, self.line(place), spelled(place), message, meant)
        self.found.append(fault)

    def line(self, place: Place) -> int:
        """The line of a key, or of the nearest table around it; 0 if there is none."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 0)

    def in_order(self) -> tuple[Fault, ...]:
        """All of them, from the top of the file to its end."""
        return tuple(sorted(self.found, key=lambda fault: fault.line))


def spelled(place: Place) -> str:
    """A key path as people write it: `rules.no-garbage.zone[1]`."""
    out = ""
    for part in place:
        if isinstance(part, int):
            out += f"[{part}]"
        else:
            name = part if _BARE.fullmatch(part) else _quoted(part)
            out += f".{name}" if out else name
    return out


def nearest(word: str, choices: Iterable[str]) -> str:
    """The choice that `word` was probably meant to be, or the empty string."""
    import difflib

    known = {choice.lower().replace("_", "-"): choice for choice in choices}
    close = difflib.get_close_matches(word.lower().replace("_", "-"), known, 1)
    return known[close[0]] if close else ""


def _as_toml(suggestion: str) -> str:
    """Strings in quotes; lists, headers, dates and booleans as they are."""
    bare = suggestion in ("true", "false") or suggestion[0] in "[0123456789"
    return suggestion if bare else _quoted(suggestion)


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)
