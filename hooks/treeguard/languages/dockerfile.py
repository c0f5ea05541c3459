"""What a Dockerfile copies and runs (https://docs.docker.com/reference/dockerfile/).

Sources are relative to the build context, which the file does not name: the folder of
the Dockerfile or the repository's root, so they are given as written.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.shell.lexer import commands
from treeguard.languages.shell.runner import pieces
from treeguard.languages.shell.syntax import Command
from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import join
from treeguard.languages.spans import Span
from treeguard.languages.spans import folder_span
from treeguard.languages.spans import in_container
from treeguard.languages.spans import path_span

_INSTRUCTION = re.compile(r"\s*(?:ONBUILD\s+)?(?P<name>[A-Za-z]+)(?=\s)", re.IGNORECASE)
_FLAG = re.compile(r"\s*--(?P<name>[\w-]+)(?:=(?P<value>\S+))?")
_DOCUMENT = re.compile(r"<<-?(['\"]?)(?P<end>[A-Za-z_]\w*)\1")
_WITH_DOCUMENT = re.compile(r"\s*(?:RUN|COPY|ADD)\s", re.IGNORECASE)
_JSON_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_ESCAPE = re.compile(r"\s*#\s*escape\s*=\s*`", re.IGNORECASE)

_MOST_BROKEN = 20  # documents without an end, each a reading of the rest of the file


def spans(text: SourceText) -> Iterator[Span]:
    """Yield what a Dockerfile's text uses."""
    image = _Image()
    for instruction in _instructions(text):
        match = _INSTRUCTION.match(instruction.chars)
        if match:
            reader = _READERS.get(match["name"].upper())
            rest = instruction.part(match.end())
            yield from reader(image, rest) if reader else ()


def _instructions(text: SourceText) -> Iterator[SourceText]:
    """Yield whole instructions: continued lines, without comments, and documents."""
    rows = [match.span() for match in re.finditer(r"[^\n]*(?:\n|$)", text.chars)]
    escape = "`" if _ESCAPE.match(text.chars) else "\\"
    parts: list[SourceText] = []
    row = broken = 0
    while row < len(rows):
        line = text.part(*rows[row])
        row += 1
        stripped = line.chars.strip()
        if not stripped or stripped.startswith("#"):
            continue
        parts.append(line)
        if stripped.endswith(escape):
            continue
        if broken < _MOST_BROKEN and _WITH_DOCUMENT.match(parts[0].chars):
            end = _after_documents(text, rows, row, join(parts))
            broken += end == row and "<<" in line.chars
            parts.extend(text.part(*span) for span in rows[row:end])
            row = end
        yield join(parts)
        parts = []
    if parts:
        yield join(parts)


def _after_documents(
    text: SourceText, rows: list[tuple[int, int]], row: int, instruction: SourceText
) -> int:
    for match in _DOCUMENT.finditer(instruction.chars):
        end = row
        while end < len(rows) and text.chars[slice(*rows[end])].strip() != match["end"]:
            end += 1
        if end == len(rows):
            return row  # no such line: it is no document
        row = end + 1
    return row


class _Image:
    """What earlier instructions set up: the folder, and where the context went."""

    def __init__(self) -> None:
        self.folder = "/"
        self.homes: tuple[str, ...] = ()
        self.variables: dict[str, tuple[SourceText, ...]] = {}

    def run(self, rest: SourceText) -> Iterator[Span]:
        """`RUN`, `CMD`, `ENTRYPOINT`: a shell's text, or a list of words."""
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
        for field in pieces(value, ","):
            if re.match(r"(?:source|src)=", field.chars):
                yield from path_span(field.part(field.chars.find("=") + 1))

    def health(self, rest: SourceText) -> Iterator[Span]:
        """`HEALTHCHECK [flags] CMD command`."""
        match = re.search(r"\bCMD\s", rest.chars)
        yield from self.run(rest.part(match.end())) if match else ()

    def copy(self, rest: SourceText) -> Iterator[Span]:
        """`COPY` and `ADD`: from the context, unless `--from` names a stage."""
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
        """`ENV A=b C=d`, the old `ENV A b`, and `ARG A=b`."""
        shell = self.shell()
        yield from in_container(shell.run(rest))
        words = self.words(rest)
        if len(words) > 1 and "=" not in words[0].chars:
            yield from in_container(shell.environment(words[0].chars, words[1]))
            shell.assign(words[0].chars, words[1])
        self.variables = shell.variables

    def enter(self, rest: SourceText) -> Iterator[Span]:
        """`WORKDIR path`: a folder in the image, so it uses nothing here."""
        for word in self.words(rest)[:1]:
            self.folder = posixpath.join(self.folder, word.chars)
        yield from ()

    def shell(self) -> Shell:
        """Return a shell as it would be at this instruction."""
        shell = Shell(homes=self.homes)
        shell.variables = dict(self.variables)
        return shell

    def words(self, rest: SourceText) -> list[SourceText]:
        """Return the words of an instruction's first command."""
        shell = self.shell()
        for item in commands(rest):
            if isinstance(item, Command):
                return [shell.values(word)[0] for word in item.words if word]
        return []


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
