"""Read Dockerfiles: what they copy and run; and detect them by their content.

https://docs.docker.com/reference/dockerfile/: parser directives and comments, then
global `ARG` instructions, then `FROM`, then instructions only; a backslash (or what the
directive `escape` names) continues a line; comment lines inside a continued one are
dropped; `RUN`, `COPY` and `ADD` may carry here-documents. Instructions are
case-insensitive.

Sources are relative to the build context, which the file does not name: the folder of
the Dockerfile or the repository's root, so they are given as written.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import NamedTuple

from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import from_file
from treeguard.languages.source_text import join
from treeguard.languages.source_text import word_set
from treeguard.languages.spans import Span
from treeguard.languages.spans import folder_span
from treeguard.languages.spans import in_container
from treeguard.languages.spans import path_span

if TYPE_CHECKING:
    from treeguard.languages.shell.interpreter import Shell

# Every spelling that occurs in practice; `fRoM` is legal, but nobody writes it.
NEEDLES = (b"FROM", b"from", b"From")
INSTRUCTIONS = word_set(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD"
    " RUN SHELL STOPSIGNAL USER VOLUME WORKDIR"
)
_DIRECTIVE = re.compile(r"#\s*(syntax|escape|check)\s*=\s*(\S+)\s*$", re.IGNORECASE)
_FROM = re.compile(
    r"FROM\s+(?:--platform=\S+\s+)?[^\s:;,(){}-][^\s;,(){}]*(?:\{[^\s{}]*\}[^\s;,(){}]*)*"
    r"(?:\s+AS\s+[\w.$-]+)?\Z",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(r"\s*(?:ONBUILD\s+)?(?P<name>[A-Za-z]+)(?=\s)", re.IGNORECASE)
_FLAG = re.compile(r"\s*--(?P<name>[\w-]+)(?:=(?P<value>\S+))?")
_DOCUMENT = re.compile(r"<<-?(['\"]?)(?P<end>[A-Za-z_]\w*)\1")
_WITH_DOCUMENT = word_set("RUN COPY ADD")
_JSON_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')

_MOST_BROKEN = 20  # documents without an end, each a reading of the rest of the file


class Instruction(NamedTuple):
    """One instruction: its lines, and the here-documents that follow them.

    `line` is the instruction on one line.
    """

    text: SourceText
    documents: SourceText
    line: str


def is_dockerfile(data: bytes, *, named: bool = False) -> bool:
    """Return whether `data` reads as a Dockerfile from its first line to its last.

    A lone `FROM` is also a whole SQL statement and a whole Modelfile: without another
    instruction only a file `named` as a Dockerfile is taken for one.
    """
    if b"\0" in data:
        return False
    chars = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    started = False
    count = 0
    for instruction in _instructions(from_file(chars)):
        word, _, rest = instruction.line.partition(" ")
        word = word.upper()
        if word not in INSTRUCTIONS or not rest.strip():
            return False
        if not started and word == "ARG":
            continue
        if word == "FROM" and not _FROM.match(instruction.line):
            return False
        if not started and word != "FROM":
            return False
        started = True
        count += 1
    return started and (named or count > 1)


def spans(text: SourceText) -> Iterator[Span]:
    """Yield the spans of a Dockerfile."""
    image = _Image()
    for instruction in _instructions(text):
        whole = join((instruction.text, instruction.documents))
        match = _INSTRUCTION.match(whole.chars)
        if match:
            reader = _READERS.get(match["name"].upper())
            yield from reader(image, whole.part(match.end())) if reader else ()


def _instructions(text: SourceText) -> Iterator[Instruction]:
    """Yield whole instructions: continued lines are one, comments are left out."""
    rows = text.rows()
    escape = _escape(text.chars)
    parts: list[SourceText] = []
    line = ""
    row = broken = 0
    while row < len(rows):
        part = rows[row]
        row += 1
        stripped = part.chars.strip()
        if not stripped or stripped.startswith("#"):
            continue
        parts.append(part)
        if stripped.endswith(escape):
            line += stripped[: -len(escape)] + " "
            continue
        line = (line + stripped).replace("\t", " ").strip()
        end = row
        if broken < _MOST_BROKEN and _may_have_document(line):
            end = _after_documents(rows, row, line)
            broken += end == row and "<<" in line
        yield Instruction(join(parts), join(rows[row:end]), line)
        parts, line, row = [], "", end
    if line.strip():
        yield Instruction(join(parts), join(()), line.strip())


def _escape(chars: str) -> str:
    """Return what continues a line: directives precede anything else."""
    for line in chars.splitlines():
        found = _DIRECTIVE.match(line.strip())
        if found is None:
            break
        if found[1].lower() == "escape":
            return found[2]
    return "\\"


def _may_have_document(line: str) -> bool:
    match = _INSTRUCTION.match(line)
    return match is not None and match["name"].upper() in _WITH_DOCUMENT


def _after_documents(rows: list[SourceText], row: int, line: str) -> int:
    for match in _DOCUMENT.finditer(line):
        end = row
        while end < len(rows) and rows[end].chars.strip() != match["end"]:
            end += 1
        if end == len(rows):
            return row  # no such line: it is no document
        row = end + 1
    return row


class _Image:
    """What earlier instructions set up: the folder, and where the context is."""

    def __init__(self) -> None:
        self.folder = "/"
        self.homes: tuple[str, ...] = ()
        self.variables: dict[str, tuple[SourceText, ...]] = {}

    def run(self, rest: SourceText) -> Iterator[Span]:
        """Read `RUN`, `CMD`, `ENTRYPOINT`: a shell's text, or a list of words."""
        rest, flags = _without_flags(rest)
        for name, value in flags:
            if name == "mount" and "from=" not in value.chars:
                yield from self._mount(value)
        words = _list(rest)
        if words is None:
            yield from in_container(self.shell().run(rest))
        else:
            yield from in_container(self.shell().command(words))

    def _mount(self, value: SourceText) -> Iterator[Span]:
        from treeguard.languages.shell.programs import pieces

        for field in pieces(value, ","):
            if re.match(r"(?:source|src)=", field.chars):
                yield from path_span(field.part(field.chars.find("=") + 1))

    def health(self, rest: SourceText) -> Iterator[Span]:
        """Read `HEALTHCHECK [flags] CMD command`."""
        match = re.search(r"\bCMD\s", rest.chars)
        yield from self.run(rest.part(match.end())) if match else ()

    def copy(self, rest: SourceText) -> Iterator[Span]:
        """Read `COPY` and `ADD`: from the context, unless `--from` names a stage."""
        rest, flags = _without_flags(rest)
        if any(name == "from" for name, _ in flags):
            return
        words = _list(rest) or self.words(rest)
        for source in words[:-1]:
            if source.chars in (".", "./", "/"):
                self._home(words[-1].chars)
                yield from folder_span(source)
            slashes = len(source.chars) - len(source.chars.lstrip("/"))
            yield from path_span(source.part(slashes))

    def _home(self, target: str) -> None:
        home = posixpath.normpath(posixpath.join(self.folder, target))
        if UNKNOWN not in home and home != "/":
            self.homes = (*self.homes, home)

    def environment(self, rest: SourceText) -> Iterator[Span]:
        """Read `ENV A=b C=d`, the old `ENV A b`, and `ARG A=b`."""
        shell = self.shell()
        yield from in_container(shell.run(rest))
        words = self.words(rest)
        if len(words) > 1 and "=" not in words[0].chars:
            yield from in_container(shell.environment(words[0].chars, words[1]))
            shell.assign(words[0].chars, words[1])
        self.variables = shell.variables

    def enter(self, rest: SourceText) -> Iterator[Span]:
        """Read `WORKDIR path`: a folder in the image, so it uses nothing here."""
        for word in self.words(rest)[:1]:
            self.folder = posixpath.join(self.folder, word.chars)
        yield from ()

    def shell(self) -> Shell:
        """Return a shell as it would be at this instruction."""
        # A commit that only asks whether a file is one does not pay for the shell.
        from treeguard.languages.shell.interpreter import Shell

        shell = Shell(homes=self.homes)
        shell.variables = dict(self.variables)
        return shell

    def words(self, rest: SourceText) -> list[SourceText]:
        """Return the words of an instruction's first command."""
        return self.shell().words(rest)


def _without_flags(rest: SourceText) -> tuple[SourceText, list[tuple[str, SourceText]]]:
    flags = []
    while match := _FLAG.match(rest.chars):
        value = rest.group(match, "value") if match["value"] else rest.part(0, 0)
        flags.append((match["name"], value))
        rest = rest.part(match.end())
    return rest, flags


def _list(rest: SourceText) -> list[SourceText] | None:
    """Return the words of the JSON form, None for the shell form."""
    if not rest.chars.lstrip().startswith("["):
        return None
    return [rest.group(match, 1) for match in _JSON_STRING.finditer(rest.chars)]


_READERS = {
    **dict.fromkeys(("RUN", "CMD", "ENTRYPOINT"), _Image.run),
    **dict.fromkeys(("COPY", "ADD"), _Image.copy),
    **dict.fromkeys(("ENV", "ARG"), _Image.environment),
    "HEALTHCHECK": _Image.health,
    "WORKDIR": _Image.enter,
}
