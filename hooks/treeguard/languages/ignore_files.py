"""Read and write files of one pattern a line: ignore files, attributes and owners.

The patterns are those of gitignore(5). CODEOWNERS and .dockerignore differ from it in
the folder that a pattern starts in, .gitattributes in that the pattern of a folder does
not match the files in that folder (gitattributes(5)).
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from treeguard.policy import globs
from treeguard.policy.patterns import fault
from treeguard.trees import folders_above

IGNORE, ATTRIBUTES, OWNERS, DOCKER = "ignore", "attributes", "owners", "dockerignore"
_NAMES = {
    ".gitignore": IGNORE,
    ".gitattributes": ATTRIBUTES,
    "CODEOWNERS": OWNERS,
    ".dockerignore": DOCKER,
}
# Other tools' ignore files: .npmignore, .gcloudignore, .prettierignore and more.
_LIKE_GIT = r"\.(?!hg)[a-z]+ignore"
_OWNERS_AT = {"", ".github", "docs", ".gitlab"}
# Text, not compiled expressions: a commit imports this module and rarely reads a file.
_LINE = r"(?m)^[^\r\n]*"
_FIELDS = {
    ATTRIBUTES: r'[ \t]*("(?:[^"\\]|\\.)*"|[^ \t]+)(.*)',
    OWNERS: r'[ \t]*("(?:[^"\\]|\\.)*"|(?:[^\s\\]|\\.)+)(.*)',
}
_C_ESCAPE = r"\\(?:([0-7]{3})|(.))"
_C_CHARACTERS = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}


class Rule(NamedTuple):
    """One line of a file: the characters `start` to `end` are its pattern.

    `line` counts from 1, and `last` is where the line ends. `pattern` is unquoted,
    `rooted` the same pattern as a .gitignore of the root would write it, and `rest`
    what the line gives to the files: attributes or owners.
    """

    start: int
    end: int
    last: int
    line: int
    kind: str
    pattern: str
    rooted: str
    rest: str

    def matches(self, path: str) -> bool:
        """Return True if the pattern, whatever `!` it has, matches the file."""
        # GitHub: `docs/*` is for the files of docs, not for those of folders below.
        files_only = self.kind == ATTRIBUTES or (
            self.kind == OWNERS and self.pattern.endswith("/*")
        )
        regex = _regex(self.rooted, "(?!)" if files_only else "/")
        return regex.match(path) is not None

    def names(self, place: str) -> bool:
        """Return True if the pattern, whatever `!` it has, names a file itself, or a
        folder, which ends with a slash."""
        glob, regex = globs.read(self.rooted), _regex(self.rooted, "/")
        if glob is not None and globs.is_deep(glob.parts[-1]):
            found = regex.match(place)
            return found is not None and found.end() < len(place)
        return regex.fullmatch(place) is not None

    def words(self) -> list[str]:
        """Return the attributes or owners of the line, its comment left out."""
        return self.rest.partition(" #")[0].split()


def kind_of(path: str) -> str | None:
    """Return which of these formats a file has, by its path."""
    folder, _, name = path.rpartition("/")
    kind = _NAMES.get(name)
    if kind == OWNERS and folder not in _OWNERS_AT:
        return None
    if kind is None and name.endswith(".dockerignore"):
        return DOCKER
    return IGNORE if kind is None and re.fullmatch(_LIKE_GIT, name) else kind


def base_of(path: str, kind: str) -> str:
    """Return the folder that the patterns of a file start in."""
    if kind == OWNERS or (kind == DOCKER and not path.endswith("/.dockerignore")):
        return ""
    return path.rpartition("/")[0]


def read(text: str, base: str, kind: str) -> Iterator[Rule]:
    """Yield every pattern of a file, in order, without those that match nothing."""
    for number, line in enumerate(re.finditer(_LINE, text), 1):
        start, last = line.span()
        written, rest = line[0].removeprefix("\ufeff"), ""
        start += len(line[0]) - len(written)
        if not written.strip() or written.startswith("#"):
            continue
        if kind in _FIELDS:
            fields = re.fullmatch(_FIELDS[kind], written)
            if fields is None or fields[1].startswith("#"):
                continue
            start, written, rest = start + fields.start(1), fields[1], fields[2]
        elif kind == DOCKER:
            written = written.rstrip()
        end = start + len(written)
        pattern = _unquoted(written) if kind in _FIELDS else written
        if not _is_pattern(pattern, kind):
            continue
        at_root = rooted(base, pattern, kind)
        if not fault(at_root):
            yield Rule(start, end, last, number, kind, pattern, at_root, rest)


def given(rules: Sequence[Rule], path: str) -> dict[str, tuple[Rule, str]]:
    """Return what the rules of one kind give to a file, the last one first.

    Each attribute with the rule and the word that decide it, or `owners` with all of
    them.
    """
    found: dict[str, tuple[Rule, str]] = {}
    for rule in reversed(rules):
        words = {attribute_name(word): word for word in rule.words()}
        if rule.kind == OWNERS:
            words = {"owners": " ".join(rule.words())}
        if not words.keys() <= found.keys() and rule.matches(path):
            found = {**{name: (rule, word) for name, word in words.items()}, **found}
    return found


def ignoring(rules: Sequence[Rule], path: str) -> Rule | None:
    """Return the rule by which Git passes over a new file, None if it takes it.

    `rules` are those of the .gitignore files, of the outer folders first. Of the rules
    that name a folder or file the last one decides; below a folder that is ignored Git
    does not look (gitignore(5)).
    """
    for place in (*(f"{folder}/" for folder in folders_above(path)), path):
        last = next((rule for rule in reversed(rules) if rule.names(place)), None)
        if last is not None and not last.pattern.startswith("!"):
            return last
    return None


def attribute_name(word: str) -> str:
    """Return the attribute that one word of .gitattributes sets or unsets."""
    return word.lstrip("-!").partition("=")[0]


def rooted(base: str, pattern: str, kind: str) -> str:
    """Return a pattern of a file in `base` as a .gitignore of the root would write it.

    A pattern without a slash matches at any depth, except in a .dockerignore.
    """
    pattern = _as_gitignore(pattern) if kind == ATTRIBUTES else pattern
    mark, body = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    anchored = kind == DOCKER or "/" in body.rstrip(" ").rstrip("/")
    if not base and kind != DOCKER:
        return pattern
    head = f"/{escaped(base)}/" if base else "/"
    return f"{mark}{head}{'' if anchored else '**/'}{body.lstrip('/')}"


def written_in(base: str, at_root: str, like: str = "") -> str | None:
    """Return a pattern of the root as a file in `base` writes it, in the style of
    `like`; None if that file cannot."""
    mark, body = ("!", at_root[1:]) if at_root.startswith("!") else ("", at_root)
    head = f"/{escaped(base)}/" if base else "/"
    if not body.startswith(head):
        return None
    body = body[len(head) :]
    slash = like.lstrip("!").startswith("/") or "/" not in body.rstrip("/")
    return f"{mark}{'/' if slash else ''}{body}"


def quoted(pattern: str, kind: str) -> str:
    """Return a pattern as a line of its file holds it, with its spaces."""
    if " " not in pattern or kind in (IGNORE, DOCKER):
        return pattern
    if kind == OWNERS:
        return pattern.replace(" ", "\\ ")
    return '"' + pattern.replace("\\", "\\\\").replace('"', '\\"') + '"'


def escaped(path: str) -> str:
    """Return a path as a pattern that matches it and nothing else."""
    return re.sub(r"[*?\[\\]", r"\\\g<0>", path)


def _unquoted(written: str) -> str:
    """Return a pattern without its double quotes and C's escapes."""
    if not written.startswith('"') or len(written) < 2:
        return written
    parts, at = [], 1
    for escape in re.finditer(_C_ESCAPE, written[:-1]):
        parts.append(written[at : escape.start()].encode("utf-8", "surrogateescape"))
        if escape[1]:
            parts.append(bytes([int(escape[1], 8) & 255]))
        else:
            char = _C_CHARACTERS.get(escape[2], escape[2])
            parts.append(char.encode("utf-8", "surrogateescape"))
        at = escape.end()
    parts.append(written[at:-1].encode("utf-8", "surrogateescape"))
    return b"".join(parts).decode("utf-8", "surrogateescape")


def _is_pattern(pattern: str, kind: str) -> bool:
    """Return False for a section of owners, a macro, and what Git refuses there."""
    if kind == OWNERS:
        return not pattern.startswith(("[", "!", "^["))
    if kind == ATTRIBUTES:
        is_macro = pattern.startswith("[attr]") and len(pattern) > len("[attr]")
        return not pattern.startswith("!") and not is_macro
    return True


def _as_gitignore(pattern: str) -> str:
    """Return a pattern of .gitattributes, which may begin with `#` or end with a space
    and escape any character, as a .gitignore writes it."""
    plain = re.sub(r"\\([^ !#*?\[\]\\^-])", r"\1", pattern)
    plain = f"\\{plain}" if plain.startswith("#") else plain
    return f"{plain[:-1]}\\ " if plain.endswith(" ") else plain


@functools.lru_cache(maxsize=4096)
def _regex(at_root: str, folder_end: str) -> re.Pattern[str]:
    glob = globs.read(at_root)
    if glob is None:
        return re.compile("(?!)")
    return re.compile(globs.path_regex(glob, itertools.count(), folder_end))
