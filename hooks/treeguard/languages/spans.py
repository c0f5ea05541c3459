"""Define spans: what a reader of a language finds in a file, with place and meaning.

Rules read spans and the migration rewrites the same spans, so whatever a rule can see a
migration can move.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple
from typing import Protocol

from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.source_text import DOTTED
from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import SourceText

# Kinds of spans. `PATH`, `FILE` and `STRING` (a dotted name) are uses, which rules
# judge; the others are no uses, and yet have to follow what moves.
FILE = "file"  # a path that is one in any case, also where Git has no such file
PLACE = "place"  # a path that is named, and not used
PAGE = "page"  # a place that is looked up in one folder, and nowhere outside of it
GLOB = "glob"  # a pattern on paths
PATTERN = "pattern"  # a pattern of .gitignore: without a slash it matches anywhere
SOURCE = "source"  # a folder or, where there is none, a dotted name
MODULES = "modules"  # a pattern on dotted names
FOLDERS = "folders"  # a pattern on folders, whatever is in them
UNSURE = "unsure"  # a text that may be a path: the format does not define it
SETTING = "setting"  # a text that may be a path, a pattern or a dotted name
EXPRESSION = "expression"  # a regular expression on paths
NAME = "name"  # a text that is a dotted name if it leads to a module
WORD = "word"  # a word of a command that may be a path
MEMBER = "member"  # the end of a dotted name; its base is the package before it
LABEL = "label"  # Bazel's `package:target`, without the slashes before it
BARE = "bare"  # a plain word that may be a folder, or a name that is spelled as one
REF = "ref"  # a branch, a tag, a message: never a path, however it is spelled
SEARCHED = "searched"  # a folder in which modules are looked up
# Tests that are looked for: a folder, `/**/`, and patterns of names with `|` between.
TESTS = "tests"
FOLDER = "folder"  # a folder that dots alone name: `cd ..`, `COPY .`
# What a command reads without naming it: `docker build .` reads ./Dockerfile. The text
# is the folder; the span is empty, where an option would name the file.
DOCKERFILE = "dockerfile"
IMAGE = "image"  # an absolute path in a container
COMPOSE_FILE = "compose-file"
DOCKERFILE_KEY = "dockerfile-key"  # the same; the span is before a key of the build

USES = (PATH, FILE, STRING)

# What a text is relative to. Any other base is a folder that is entered from there.
ANYWHERE = ""  # the file's own folder, or the repository's root
ROOT = "/"  # the repository's root: also `/folder`
OWN = "."  # the file's own folder
PLACED = "placed"  # of an `IMAGE`: a place that an instruction makes

# How a new text is written in place of a span: as it is, or between the quotes that are
# there already. With None it cannot be written, so the plan lists the span.
PLAIN = "plain"
QUOTED = "quoted"

_DOTTED_START = re.compile(DOTTED)
_OBJECT = re.compile(rf"({DOTTED})(?::[^\W\d]|$)")
_BARE = re.compile(r"\w[\w-]*")
_UPWARDS = re.compile(r"\A(?:\.{0,2}/)+")
_DOTS = re.compile(r"\.{1,2}(?:/\.{1,2})*/?")
_OPEN_END = re.compile(r"[\0*?\[{]")


class Container(NamedTuple):
    """What a file says of the container in which a command runs.

    `roots` are where it starts and then what is on PYTHONPATH; an empty one is the
    image's own. The image is a `stage` of the Dockerfile itself (the `start` of its
    instruction says which), or what `build` makes: context, Dockerfile and target.
    `mounts` are folders of the container, each with what it shows of the repository:
    empty if that is unknown. `is_ours` where the image is surely built from here.
    """

    roots: tuple[str, ...] = ("",)
    stage: str = ""
    build: tuple[str, str, str] | None = None
    mounts: tuple[tuple[str, str], ...] = ()
    is_ours: bool = False


class Span(NamedTuple):
    """A place of a file, from the offset `start` to `end`, and what it names.

    `text` is decoded; a path is joined to the folder that its `base` enters. With
    `open_end`, only the beginning of it is known. What runs in a `container` is looked
    up where an image has it, which need not be where the repository has it.
    """

    start: int
    end: int
    kind: str
    text: str
    base: str = ANYWHERE
    open_end: bool = False
    container: Container | None = None
    quote: str | None = PLAIN

    @property
    def is_joined(self) -> bool:
        """True where `text` is joined to a folder; its place holds the end of it."""
        is_path = self.kind in (PATH, FILE, WORD)
        return is_path and (self.base not in (ANYWHERE, OWN) or self.text[:1] == "/")


def name_span(text: SourceText) -> Iterator[Span]:
    """Yield the module that `text` begins with: `a.b`, `a.b:main`, `a.b:f()`.

    Anything else (an option, a path, a number) is no module and yields nothing. Where
    the rest is unknown, the dots that are known count as the beginning of a name.
    """
    text = text.strip()
    match = _OBJECT.match(text.chars)
    if match:
        yield _span(STRING, text.group(match, 1))
        return
    start = _DOTTED_START.match(text.chars)
    if start and text.chars[start.end() :].startswith("." + UNKNOWN):
        yield _span(STRING, text.part(0, start.end() + 1))._replace(open_end=True)


def path_span(text: SourceText, base: str = ANYWHERE) -> Iterator[Span]:
    """Yield the path in `text`, joined to `base` if that is a folder.

    A path that leaves the repository by being absolute, a home folder or an address
    yields nothing. What follows an unknown part and a slash counts as written, because
    `$ROOT/x.py` is nearly always a path from the repository's root.
    """
    text = text.strip()
    if text.chars.startswith(UNKNOWN + "/"):
        text, base = text.part(2), ANYWHERE
    found = _OPEN_END.search(text.chars)
    known = text.part(0, found.start()) if found else text
    if not _is_local(known.chars):
        return
    path = known.chars
    if base not in (ANYWHERE, OWN):
        path = posixpath.normpath(posixpath.join(base, path))
        path += "/" if known.chars.endswith("/") else ""
    span = _span(PATH, known)
    yield span._replace(text=path, base=base, open_end=found is not None)


def local_span(text: SourceText, base: str) -> Iterator[Span]:
    """Yield the path in `text`, relative to `base`, as written.

    Dots alone are a place: a use of a whole folder is no use of the code in it.
    """
    text = text.strip()
    if _DOTS.fullmatch(text.chars):
        yield from text_span(PLACE, text, base)
    else:
        for span in path_span(text):
            yield span._replace(base=base)


def tests_in(spans: Iterator[Span], pattern: str) -> Iterator[Span]:
    """Yield the folders among some paths again, as places of tests."""
    for span in spans:
        if not span.text.endswith(".py"):
            yield span
            text = f"{span.text.rstrip('/')}/**/{pattern}"
            yield span._replace(kind=TESTS, text=text)
        else:
            yield span


def text_span(kind: str, text: SourceText, base: str) -> Iterator[Span]:
    """Yield the whole of a text, unless it is blank."""
    text = text.strip()
    if text.chars:
        yield _span(kind, text)._replace(base=base)


def word_span(text: SourceText, base: str = ANYWHERE) -> Iterator[Span]:
    """Yield a word that may be a path: one with a slash or an ending."""
    text = text.strip()
    if not re.search(r"[/.]", text.chars) or re.search(r"\s", text.chars):
        return
    for span in path_span(text, base):
        yield span._replace(kind=WORD)


def bare_span(text: SourceText, base: str = ANYWHERE) -> Iterator[Span]:
    """Yield a plain word, which nothing marks as a path."""
    if _BARE.fullmatch(text.chars):
        yield _span(BARE, text)._replace(base=base)


def folder_span(text: SourceText, base: str = ANYWHERE) -> Iterator[Span]:
    """Yield a folder that dots alone name: `..`, `.`, `../..`."""
    text = text.strip()
    if _DOTS.fullmatch(text.chars):
        yield _span(FOLDER, text)._replace(base=base)


def in_container(spans: Iterator[Span], shell: InContainer) -> Iterator[Span]:
    """Yield the same spans, as those of what `shell` runs in its container."""
    for span in spans:
        if span.container is None:
            span = span._replace(container=shell.container or Container())
        yield span


class InContainer(Protocol):
    """What knows its container; it may change while the spans are found."""

    @property
    def container(self) -> Container | None: ...


def with_quote(span: Span, chars: str) -> Span:
    """Return a span with the way in which its text is written in the file's `chars`.

    A text that is not one plain word there (it has escapes, or several lines, or is the
    value of a variable) cannot be written anew.
    """
    if span.quote is None or span.start == span.end:
        return span
    raw = chars[span.start : span.end]
    if span.kind != EXPRESSION:
        raw = raw.replace("\\", "/")
    if span.is_joined:
        tail = _UPWARDS.sub("", posixpath.normpath(raw))
        is_same = posixpath.normpath(span.text).endswith(tail)
    elif span.kind == MEMBER:
        is_same = span.text.endswith(f".{raw}")
    else:
        is_same = raw == span.text
    if not is_same:
        return span._replace(quote=None)
    is_quoted = span.start > 0 and chars[span.start - 1] in "'\""
    return span._replace(quote=QUOTED) if is_quoted else span


def _is_local(path: str) -> bool:
    if not path or path[0] in "/~-+%@&|<>=,:;$\"'" or "\n" in path:
        return False
    if "://" in path or path[1:3] in (":/", ":\\"):
        return False
    return bool(path.strip("./"))  # `.` and `..` name no code of their own


def _span(kind: str, text: SourceText) -> Span:
    return Span(text.offsets[0], text.offsets[-1] + 1, kind, text.chars)
