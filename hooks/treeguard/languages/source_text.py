"""Text whose every character knows where it stands in the file it came from.

A command stands inside a YAML scalar, in a Makefile's recipe or in a JSON string, with
quotes taken off and lines joined; what is found in it has to be shown, and rewritten,
where it was written.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING

# Kinds of uses of what no word names: `docker build .` reads ./Dockerfile. `module` is
# the folder that is meant, and the use stands, without a character of its own, where an
# option would name the file. `references` tells nothing of them.
DOCKERFILE = "dockerfile"
COMPOSE_FILE = "compose-file"
# Kinds of what is no use and yet has to follow what moves: a word of a command that may
# be a path, and a folder that is gone into by its dots alone, `cd ..` or `COPY .`.
WORD = "word"
FOLDER = "folder"
# And a plain word that may be a folder, or a name that is spelled as one.
BARE = "bare"
# The folder of a `FOLDER` behind `$(dirname "$0")/`: most likely the file's own.
OWN = "."

UNKNOWN = "\0"  # stands for what is only known when the text is used: `$NAME`, `$(...)`

DOTTED = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_DOTTED_START = re.compile(DOTTED)
_OBJECT = re.compile(rf"({DOTTED})(?::[^\W\d]|$)")
_VARIABLE = re.compile(
    r"\$?\{\{.{0,300}?\}\}|\$\{\w+:?-(?P<default>[^{}$]*)\}|\$\{[^{}$]*\}|\$\w+"
    r"|\$\([\w.]+\)"
)
_BARE = re.compile(r"\w[\w-]*")
_OPEN_END = re.compile(r"[\0*?\[{]")


class Text(NamedTuple):
    """Characters, and for each of them its offset in the file."""

    chars: str
    offsets: Sequence[int]

    def part(self, start: int, end: int | None = None) -> Text:
        """Return the characters from `start` to `end`, with their offsets."""
        return Text(self.chars[start:end], self.offsets[start:end])

    def strip(self) -> Text:
        """Return the text without white space at its ends."""
        start = len(self.chars) - len(self.chars.lstrip())
        return self.part(start, max(start, len(self.chars.rstrip())))

    def replaced(self, chars: str) -> Text:
        """Return other characters, as many, at the same offsets."""
        return Text(chars, self.offsets)

    def found(self, match: re.Match[str], group: int | str = 0) -> Text:
        """Return what a group of a match in this text's characters covers."""
        return self.part(*match.span(group))


class Use(NamedTuple):
    """One use: `start` and `end` are the offsets of the text that says it.

    A path is told from `folder`: with a leading slash from the repository's root, else
    from wherever the text of the file itself starts. What stands `inside` of an image
    is found where the image has it, which need not be where the repository has it.
    """

    kind: str
    module: str
    start: int
    end: int
    prefix: bool = False
    folder: str = ""
    inside: bool = False


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text, for tables that read better as prose."""
    return frozenset(words.split())


def whole(chars: str) -> Text:
    """Return a whole file's characters as text."""
    return Text(chars, range(len(chars)))


def joined(parts: Iterable[Text]) -> Text:
    """Return several texts as one."""
    texts = list(parts)
    offsets: list[int] = []
    for text in texts:
        offsets.extend(text.offsets)
    return Text("".join(text.chars for text in texts), offsets)


def lines(text: Text) -> Iterator[Text]:
    r"""Yield the lines of a text, without what ends them (`\n` or `\r\n`)."""
    for match in re.finditer(r"[^\n]*(?:\n|$)", text.chars):
        if match[0]:
            end = match.start() + len(match[0].rstrip("\r\n"))
            yield text.part(match.start(), end)


def settled(text: Text) -> Text:
    """Return a text with each variable replaced by its default, or by `UNKNOWN`.

    `$NAME`, `${NAME:-default}`, `$(NAME)` of Azure, `${{ ... }}` of GitHub.
    """
    parts, at = [], 0
    for match in _VARIABLE.finditer(text.chars):
        parts.append(text.part(at, match.start()))
        if match["default"]:
            parts.append(text.found(match, "default"))
        else:
            parts.append(text.part(match.end() - 1, match.end()).replaced(UNKNOWN))
        at = match.end()
    return joined((*parts, text.part(at))) if parts else text


def name_use(text: Text) -> Iterator[Use]:
    """Yield a use of the module that `text` begins with: `a.b`, `a.b:main`, `a.b:f()`.

    Anything else (an option, a path, a number) is no module and yields nothing. Where
    the rest is unknown, the dots that are known count as the beginning of a name.
    """
    text = text.strip()
    match = _OBJECT.match(text.chars)
    if match:
        yield _use(STRING, text.found(match, 1))
        return
    start = _DOTTED_START.match(text.chars)
    if start and text.chars[start.end() :].startswith("." + UNKNOWN):
        yield _use(STRING, text.part(0, start.end() + 1), prefix=True)


def path_use(text: Text, folder: str = "") -> Iterator[Use]:
    """Yield a use of the path in `text`, joined to `folder` (empty: as written).

    A path that leaves the repository by being absolute, a home folder or an address
    yields nothing. What follows an unknown part and a slash counts as written, because
    `$ROOT/x.py` is nearly always a path from the repository's root.
    """
    text = text.strip()
    if text.chars.startswith(UNKNOWN + "/"):
        text, folder = text.part(2), ""
    found = _OPEN_END.search(text.chars)
    known = text.part(0, found.start()) if found else text
    if not _is_local(known.chars):
        return
    module = known.chars
    if folder:
        module = posixpath.normpath(posixpath.join(folder, module))
        module += "/" if known.chars.endswith("/") else ""
    use = _use(PATH, known, module=module, prefix=found is not None)
    yield use._replace(folder=folder)


def word_use(text: Text, folder: str = "") -> Iterator[Use]:
    """Yield the use of a word that may be a path: one with a slash or an ending."""
    text = text.strip()
    if not re.search(r"[/.]", text.chars) or re.search(r"\s", text.chars):
        return
    for use in path_use(text, folder):
        yield use._replace(kind=WORD)


def bare_use(text: Text, folder: str = "") -> Iterator[Use]:
    """Yield the use of a plain word, of which nothing says that it is a path."""
    if _BARE.fullmatch(text.chars):
        yield _use(BARE, text)._replace(folder=folder)


def folder_use(text: Text, folder: str = "") -> Iterator[Use]:
    """Yield the use of a folder that dots alone name: `..`, `.`, `../..`."""
    text = text.strip()
    if text.chars and re.fullmatch(r"\.{1,2}(?:/\.{1,2})*/?", text.chars):
        yield _use(FOLDER, text)._replace(folder=folder)


def inside(uses: Iterator[Use]) -> Iterator[Use]:
    """Yield the same uses, as those of what runs in a container."""
    for use in uses:
        yield use._replace(inside=True)


def _is_local(path: str) -> bool:
    if not path or path[0] in "/~-+%@&|<>=,:;$\"'" or "\n" in path:
        return False
    if "://" in path or path[1:3] in (":/", ":\\"):
        return False
    return bool(path.strip("./"))  # `.` and `..` name no code of their own


def _use(kind: str, text: Text, module: str = "", prefix: bool = False) -> Use:
    end = text.offsets[-1] + 1
    return Use(kind, module or text.chars, text.offsets[0], end, prefix)
