"""One gitignore pattern as data and as a regular expression that cannot run away.

The grammar is the one of gitignore(5), as git's own dir.c and wildmatch.c read it.
Every `*` but the last of a path's part is matched once, at its first place, and never
tried again: what a glob matches does not change by that, and time stays proportional
to the lengths of pattern and path, whatever the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_LENGTH = 1000
MAX_PARTS = 64

# The name by which GitIgnoreSpec knows that a folder above the file was matched.
FOLDER_MARK = "(?P<ps_d>/)"

_ANY_FOLDERS = "(?:[^/]+/)*"
_ESCAPABLE = " !#*?[]\\-^"
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\t-\\r ",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


class Glob(NamedTuple):
    """One parsed pattern. `parts` are the names between its slashes.

    A pattern that is not `anchored` is compared with the name of a file or folder at
    any depth; `folder_only` patterns match folders, and so what is below them.
    """

    parts: tuple[str, ...]
    negated: bool
    anchored: bool
    folder_only: bool

    @property
    def floats(self) -> bool:
        """Whether it can match at any depth."""
        return not self.anchored or is_deep(self.parts[0])


def read(line: str) -> Glob | None:
    """Parse one line of a list of patterns; return None for a blank line or a comment.

    Raises `ValueError` with a sentence for a pattern that can match nothing.
    """
    text = _without_trailing_spaces(line)
    if not text or text.startswith("#"):
        return None
    negated = text.startswith("!")
    text = text[1:] if negated else text
    body = text[:-1] if text.endswith("/") else text
    anchored = "/" in body
    parts = tuple(body[1:].split("/") if body.startswith("/") else body.split("/"))
    _refuse_hopeless(text, parts)
    for part in parts:
        _chunks(part)
    return Glob(parts, negated, anchored, body != text)


def path_regex(glob: Glob, fresh: Iterator[int], folder_end: str = "/") -> str:
    """Return a regular expression for `re.match` on a whole path below the root.

    It matches a file that the pattern names, and every file below a folder that it
    names; in the latter case the slash after that folder is matched by `folder_end`.
    `fresh` numbers the groups, so that several expressions can be joined.
    """
    end = folder_end if glob.folder_only else f"(?:{folder_end}|\\Z)"
    if not glob.anchored:
        return _ANY_FOLDERS + part_regex(glob.parts[0], fresh) + end
    *fixed, last = _groups(glob.parts)
    lead = _fixed_regex(fixed, fresh)
    if last:
        lead += _ANY_FOLDERS if fixed else ""
        return lead + _parts_regex(last, fresh)[:-1] + end
    return lead + (f"[^/]+{folder_end}" if glob.folder_only else "")


def part_regex(part: str, fresh: Iterator[int]) -> str:
    """Return a regular expression for one name; the name's end must follow it."""
    first, *rest = _chunks(part)
    if not rest:
        return first
    if not first and rest == [""]:
        return "[^/]+"
    held = (_held(f"[^/]*?{chunk}", fresh) for chunk in rest[:-1])
    return f"{first}{''.join(held)}[^/]*{rest[-1]}"


def above_regex(glob: Glob, fresh: Iterator[int]) -> str:
    """Return a regular expression that tells whether the pattern could match below a
    folder, for `re.fullmatch` on the folder and a slash.

    Only for a pattern that does not float, and a folder that it does not match.
    """
    deep = [number for number, part in enumerate(glob.parts) if is_deep(part)]
    parts = glob.parts[: deep[0]] if deep else glob.parts[:-1]
    out = ".*" if deep else ""
    for part in reversed(parts):
        out = f"(?:{part_regex(part, fresh)}/{out})?"
    return out


def _without_trailing_spaces(line: str) -> str:
    text = line.rstrip(" ")
    escapes = len(text) - len(text.rstrip("\\"))
    return text + " " if escapes % 2 and text != line else text


def _refuse_hopeless(text: str, parts: tuple[str, ...]) -> None:
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a pattern of over {MAX_LENGTH} characters")
    if len(parts) > MAX_PARTS:
        raise ValueError(f"a pattern of over {MAX_PARTS} path parts")
    if parts == ("",):
        raise ValueError("a pattern that names nothing")
    if "" in parts:
        raise ValueError("two slashes in a row, which no path has")


def is_deep(part: str) -> bool:
    """Tell whether a part is `**`, which matches any number of folders."""
    return len(part) > 1 and not part.strip("*")


def _groups(parts: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the parts between `**` and `**`; the first and the last may be empty."""
    groups: list[list[str]] = [[]]
    for number, part in enumerate(parts):
        if not is_deep(part):
            groups[-1].append(part)
        elif number == 0 or not is_deep(parts[number - 1]):
            groups.append([])
    return [tuple(group) for group in groups]


def _parts_regex(parts: tuple[str, ...], fresh: Iterator[int]) -> str:
    return "".join(f"{part_regex(part, fresh)}/" for part in parts)


def _fixed_regex(groups: list[tuple[str, ...]], fresh: Iterator[int]) -> str:
    """Match the groups before the last: the first at the root, the others anywhere."""
    regexes = [_parts_regex(group, fresh) for group in groups]
    later = (_held(f"(?:[^/]+/)*?{regex}", fresh) for regex in regexes[1:])
    return "".join([*regexes[:1], *later])


def _held(regex: str, fresh: Iterator[int]) -> str:
    """Match once and never backtrack; Python 3.10 has no atomic groups."""
    name = f"g{next(fresh)}"
    return f"(?=(?P<{name}>{regex}))(?P={name})"


def _chunks(part: str) -> list[str]:
    """Return what is between the stars of one part, as regular expressions."""
    out = [""]
    place = 0
    while place < len(part):
        char = part[place]
        place += 1
        if char == "*":
            if part[place : place + 1] != "*":
                out.append("")
        elif char == "?":
            out[-1] += "[^/]"
        elif char == "[":
            regex, place = _bracket(part, place)
            out[-1] += regex
        else:
            if char == "\\":
                char, place = _escaped(part, place)
            out[-1] += re.escape(char)
    return out


def _escaped(part: str, place: int) -> tuple[str, int]:
    char = part[place : place + 1]
    if not char or char not in _ESCAPABLE:
        raise ValueError("a backslash that escapes nothing: paths are written with `/`")
    return char, place + 1


def _bracket(part: str, place: int) -> tuple[str, int]:
    """Return the set that opens just before `place`, and the place after it."""
    negated = part[place : place + 1] in ("!", "^")
    place += negated
    items: list[str] = []
    before = ""
    first = True
    while first or part[place : place + 1] != "]":
        first = False
        if place >= len(part):
            raise ValueError("a `[` that no `]` closes before the next slash")
        item, before, place = _bracket_item(part, place, before)
        items.append(item)
    inside = "".join(items)
    if not inside:
        return ("[^/]" if negated else "(?!)"), place + 1
    return f"(?!/)[{'^' if negated else ''}{inside}]", place + 1


def _bracket_item(part: str, place: int, before: str) -> tuple[str, str, int]:
    """Return one member of a set: its expression, a range's start, the next place."""
    char = part[place]
    if char == "[" and part.startswith("[:", place):
        end = part.find("]", place + 2)
        if end > place + 2 and part[end - 1] == ":":
            return _class(part[place + 2 : end - 1]), "", end + 1
    if char == "\\":
        char, place = _escaped(part, place + 1)
        return re.escape(char), char, place
    following = part[place + 1 : place + 2]
    if char == "-" and before and following and following != "]":
        return _range(part, place + 1, before)
    return re.escape(char), char, place + 1


def _range(part: str, place: int, before: str) -> tuple[str, str, int]:
    last, after = part[place], place + 1
    if last == "\\":
        last, after = _escaped(part, after)
    # Git lets a range that runs backwards hold nothing.
    regex = f"{re.escape(before)}-{re.escape(last)}" if before <= last else ""
    return regex, "", after


def _class(name: str) -> str:
    if name not in _CLASSES:
        raise ValueError(f"`[:{name}:]` is no class of characters")
    return _CLASSES[name]
