"""Does a tree's .gitattributes give a path to Git LFS? As gitattributes(5) reads it.

Nearer files win over those further up, later lines over earlier ones. Patterns are
gitignore's with two differences that the manual names: a pattern for a folder says
nothing of the files below it, and negative patterns do not exist. Macros are ignored,
and so is a .gitattributes that is no regular file, which Git does not follow either.
"""

from __future__ import annotations

from treeguard.trees import Snapshot

NAME = ".gitattributes"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def lfs_filtered(snapshot: Snapshot, path: str) -> bool:
    """True when the file at `path` has the attribute `filter=lfs` in this tree.

    Raises `GitError` when a .gitattributes cannot be read.
    """
    parts = path.split("/")
    for depth in range(len(parts) - 1, -1, -1):
        folder, rest = "/".join(parts[:depth]), "/".join(parts[depth:])
        entry = snapshot.entry(f"{folder}/{NAME}" if folder else NAME)
        if entry is not None and entry.is_file:
            verdict = filter_of(snapshot.read(entry.oid), rest)
            if verdict is not None:
                return verdict == "lfs"
    return False


def filter_of(data: bytes, path: str) -> str | None:
    """What one .gitattributes says of the attribute `filter` of `path`.

    `path` is relative to the file's folder. None: nothing; empty: it is taken away.
    """
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    for line in reversed(text.split("\n")):
        pattern, words = _pattern_and_words(line.rstrip("\r").lstrip(" \t"))
        for word in reversed(words):
            name, _, value = word.lstrip("-!").partition("=")
            if name == "filter" and matches(pattern, path):
                return value if word[0] not in "-!" else ""
    return None


def _pattern_and_words(line: str) -> tuple[str, list[str]]:
    """A line taken apart; no words where there is nothing that could match."""
    if not line or line.startswith(("#", "!", "[attr]")):
        return "", []
    if line.startswith('"'):
        pattern, rest = _unquoted(line)
        return pattern, rest.split()
    pattern, *words = line.split()
    return pattern, words


def _unquoted(line: str) -> tuple[str, str]:
    """A pattern in double quotes, with C's escapes, and what follows it."""
    found = []
    at = 1
    while at < len(line) and line[at] != '"':
        character = line[at]
        if character == "\\" and at + 1 < len(line):
            octal = line[at + 1 : at + 4]
            if len(octal) == 3 and all(digit in "01234567" for digit in octal):
                found.append(bytes([int(octal, 8) & 255]))
                at += 4
                continue
            character = _ESCAPES.get(line[at + 1], line[at + 1])
            at += 1
        found.append(character.encode("utf-8", "surrogateescape"))
        at += 1
    return b"".join(found).decode("utf-8", "surrogateescape"), line[at + 1 :]


def matches(pattern: str, path: str) -> bool:
    """True when a gitattributes pattern means the file at `path` itself.

    Takes time in proportion to both lengths, so that no pattern can stall a check.
    """
    if not pattern or pattern.endswith("/"):
        return False
    if "/" not in pattern:
        return _part_matches(pattern, path.rpartition("/")[2])
    return _parts_match(pattern.lstrip("/").split("/"), path.split("/"))


def _parts_match(wanted: list[str], parts: list[str]) -> bool:
    """Folder by folder: `reached` holds how many patterns may be used up by now."""
    reached = _past_stars({0}, wanted)
    for part in parts:
        step = set()
        for at in reached:
            if at < len(wanted) and wanted[at] == "**":
                step.add(at)
            elif at < len(wanted) and _part_matches(wanted[at], part):
                step.add(at + 1)
        last = step
        reached = _past_stars(step, wanted)
    # A trailing `/**` means what is inside, so it has to use up at least one part.
    whole = len(wanted)
    return whole in last or (wanted[-1] == "**" and whole - 1 in last)


def _past_stars(reached: set[int], wanted: list[str]) -> set[int]:
    """`**` may also stand for no folder at all."""
    found = set(reached)
    for at, pattern in enumerate(wanted):
        if at in found and pattern == "**":
            found.add(at + 1)
    return found


def _part_matches(pattern: str, name: str) -> bool:
    """One part of a path against one part of a pattern: `*`, `?`, `[...]`, `\\x`."""
    reached = {0}
    for character in name:
        step = set()
        for at in _past_star(reached, pattern):
            if at < len(pattern) and pattern[at] == "*":
                step.add(at)
            elif at < len(pattern):
                end, means = _one(pattern, at, character)
                if means:
                    step.add(end)
        reached = step
        if not reached:
            return False
    return len(pattern) in _past_star(reached, pattern)


def _past_star(reached: set[int], pattern: str) -> set[int]:
    found = set(reached)
    for start in reached:
        at = start
        while at < len(pattern) and pattern[at] == "*":
            at += 1
            found.add(at)
    return found


def _one(pattern: str, at: int, character: str) -> tuple[int, bool]:
    """Where the pattern for one character ends, and whether it means `character`."""
    if pattern[at] == "?":
        return at + 1, True
    if pattern[at] == "\\" and at + 1 < len(pattern):
        return at + 2, pattern[at + 1] == character
    if pattern[at] == "[":
        return _bracket(pattern, at, character)
    return at + 1, pattern[at] == character


def _bracket(pattern: str, start: int, character: str) -> tuple[int, bool]:
    """A set `[a-z]`, `[!a]`; one that is never closed means nothing."""
    at = start + 1
    negated = pattern[at : at + 1] in ("!", "^")
    at += negated
    first = at
    inside = False
    while at < len(pattern) and (pattern[at] != "]" or at == first):
        if pattern.startswith("[:", at) and ":]" in pattern[at + 2 :]:
            end = pattern.index(":]", at + 2)
            inside |= _is_of_class(pattern[at + 2 : end], character)
            at = end + 2
            continue
        at += pattern[at] == "\\" and at + 1 < len(pattern)
        low = high = pattern[at]
        if pattern[at + 1 : at + 2] == "-" and pattern[at + 2 : at + 3] not in (
            "",
            "]",
        ):
            at += 2
            at += pattern[at] == "\\" and at + 1 < len(pattern)
            high = pattern[at]
        inside |= low <= character <= high
        at += 1
    return at + 1, at < len(pattern) and inside != negated


def _is_of_class(name: str, character: str) -> bool:
    classes = {
        "alpha": character.isalpha(),
        "alnum": character.isalnum(),
        "digit": character.isdigit(),
        "lower": character.islower(),
        "upper": character.isupper(),
        "space": character.isspace(),
    }
    return character.isascii() and classes.get(name, False)
