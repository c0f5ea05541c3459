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
from typing import Any
from typing import NamedTuple

from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import from_file
from treeguard.languages.source_text import join
from treeguard.languages.source_text import word_set
from treeguard.languages.spans import IMAGE
from treeguard.languages.spans import PLACED
from treeguard.languages.spans import Container
from treeguard.languages.spans import Span
from treeguard.languages.spans import folder_span
from treeguard.languages.spans import in_container
from treeguard.languages.spans import path_span
from treeguard.languages.spans import text_span

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

_INSTALLS = re.compile(
    r"\b(?:(?:pip|uv|pdm|poetry|pipenv|hatch)\d?\s+(?:pip\s+)?(?:install|sync)|setup\.py)\b"
)
_SIDES = {
    "source": "source", "src": "source",
    "target": "target", "dst": "target", "destination": "target",
}  # fmt: skip
_MOST_BROKEN = 20  # documents without an end, each a reading of the rest of the file


class Instruction(NamedTuple):
    """One instruction: its lines, and the here-documents that follow them.

    `line` is the instruction on one line.
    """

    text: SourceText
    documents: SourceText
    line: str


class Copy(NamedTuple):
    """What one `COPY`, `ADD` or `--mount` puts into an image.

    `target` is absolute unless the folder of the base image is unknown. Sources are
    from the build context, or from a `stage`.
    """

    sources: tuple[str, ...]
    target: str
    stage: str = ""
    parents: bool = False


class Stage(NamedTuple):
    """One stage: where its `FROM` is, its names, what it is from, and what it holds.

    `folder` is where commands start in the end; empty if the base image decides.
    With `installs`, it has programs that an installer put there.
    """

    start: int
    names: tuple[str, ...]
    base: str
    folder: str = ""
    copies: tuple[Copy, ...] = ()
    installs: bool = False


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
    yield from _read(text, _Image())


def stages(text: SourceText) -> list[Stage]:
    """Return the stages of a Dockerfile in order."""
    image = _Image()
    for _span in _read(text, image):
        pass
    return image.stages


def _read(text: SourceText, image: _Image) -> Iterator[Span]:
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
        self.stages: list[Stage] = [Stage(0, (), "")]
        self.paths: tuple[str, ...] = ()
        self.homes: tuple[str, ...] = ()
        self.variables: dict[str, tuple[SourceText, ...]] = {}

    @property
    def stage(self) -> Stage:
        """The stage that is read."""
        return self.stages[-1]

    @property
    def folder(self) -> str:
        """The folder in which the next instruction starts."""
        return self.stage.folder

    def begin(self, rest: SourceText) -> Iterator[Span]:
        """Read `FROM image AS name`; an earlier stage hands on what it has."""
        rest, _flags = _without_flags(rest)
        words = [word.chars for word in self.words(rest)]
        start = rest.offsets[0] if rest.offsets else 0
        if self.stages[0].start == 0:
            self.stages.clear()
        names = (str(len(self.stages)), *(word.lower() for word in words[2:3]))
        base = words[0].lower() if words else ""
        earlier = next((one for one in self.stages if base in one.names), None)
        fresh = Stage(start, names, base)
        inherited = earlier and earlier._replace(start=start, names=names, base=base)
        self.stages.append(inherited or fresh)
        yield from ()

    def _set(self, **changed: Any) -> None:
        self.stages[-1] = self.stage._replace(**changed)

    def container(self) -> Container:
        """Return what is known of the image at this instruction."""
        return Container((self.folder, *self.paths), str(self.stage.start))

    def run(self, rest: SourceText) -> Iterator[Span]:
        """Read `RUN`, `CMD`, `ENTRYPOINT`: a shell's text, or a list of words."""
        rest, flags = _without_flags(rest)
        for name, value in flags:
            if name == "mount" and "from=" not in value.chars:
                yield from self._mount(value)
        words, shell = _list(rest), self.shell()
        if _INSTALLS.search(rest.chars):
            self._set(installs=True)
        if words is None:
            yield from in_container(shell.run(rest), shell)
        else:
            yield from in_container(shell.command(words), shell)

    def _mount(self, value: SourceText) -> Iterator[Span]:
        from treeguard.languages.source_text import pieces

        sides = {"source": "", "target": ""}
        for field in pieces(value, ","):
            name, _, at = field.chars.partition("=")
            sides[_SIDES.get(name, name)] = at
            if _SIDES.get(name) == "source":
                yield from path_span(field.part(len(name) + 1))
        if sides["target"]:
            self._copied((sides["source"] or ".",), sides["target"])

    def _copied(self, sources: tuple[str, ...], target: str, **more: Any) -> None:
        """Remember what is put where; what only a build knows is nowhere."""
        known = tuple(one for one in sources if not re.search(r"[\0]|://", one))
        slash = "/" if target.endswith(("/", "/.")) or target in (".", "") else ""
        slash = slash or ("/" if len(sources) > 1 else "")
        place = posixpath.normpath(posixpath.join(self.folder or ".", target))
        if known and UNKNOWN not in place:
            copy = Copy(known, place.rstrip("/") + slash, **more)
            self._set(copies=(*self.stage.copies, copy))

    def health(self, rest: SourceText) -> Iterator[Span]:
        """Read `HEALTHCHECK [flags] CMD command`."""
        match = re.search(r"\bCMD\s", rest.chars)
        yield from self.run(rest.part(match.end())) if match else ()

    def copy(self, rest: SourceText) -> Iterator[Span]:
        """Read `COPY` and `ADD`: from the context, unless `--from` names a stage."""
        rest, found = _without_flags(rest)
        flags = {name: value.chars for name, value in found}
        words = _list(rest) or self.words(rest)
        stage = flags.get("from", "").lower()
        if len(words) < 2 or any("<<" in word.chars for word in words):
            return
        sources = tuple(word.chars for word in words[:-1])
        more = {"stage": stage, "parents": "parents" in flags}
        self._copied(sources, words[-1].chars, **more)
        yield from _inside(words[-1], self.container())
        is_earlier = any(stage in one.names for one in self.stages[:-1])
        for source in words[:-1] if is_earlier else ():
            yield from _inside(source, Container(("/",), stage))
        for source in () if stage else words[:-1]:
            if source.chars in (".", "./", "/"):
                self._home(words[-1].chars)
                yield from folder_span(source)
            slashes = len(source.chars) - len(source.chars.lstrip("/"))
            yield from path_span(source.part(slashes))

    def _home(self, target: str) -> None:
        home = posixpath.normpath(posixpath.join(self.folder, target))
        if UNKNOWN not in home and home.startswith("/") and home != "/":
            self.homes = (*self.homes, home)

    def environment(self, rest: SourceText) -> Iterator[Span]:
        """Read `ENV A=b C=d`, the old `ENV A b`, and `ARG A=b`."""
        shell = self.shell()
        yield from in_container(shell.run(rest), shell)
        words = self.words(rest)
        if len(words) > 1 and "=" not in words[0].chars:
            variable = shell.environment(words[0].chars, words[1])
            yield from in_container(variable, shell)
            shell.assign(words[0].chars, words[1])
        self.variables = shell.variables
        self.paths = shell.container.roots[1:] if shell.container else ()

    def enter(self, rest: SourceText) -> Iterator[Span]:
        """Read `WORKDIR path`: a folder in the image, so it uses nothing here."""
        for word in self.words(rest)[:1]:
            yield from _inside(word, self.container())
            self._set(folder=posixpath.join(self.folder, word.chars))

    def shell(self) -> Shell:
        """Return a shell as it would be at this instruction."""
        # A commit that only asks whether a file is one does not pay for the shell.
        from treeguard.languages.shell.interpreter import Shell

        shell = Shell(homes=self.homes, container=self.container())
        shell.variables = dict(self.variables)
        return shell

    def words(self, rest: SourceText) -> list[SourceText]:
        """Return the words of an instruction's first command."""
        return self.shell().words(rest)


def _inside(text: SourceText, container: Container) -> Iterator[Span]:
    """Yield a place of an image that an instruction names."""
    if re.match(r"[\w./-]*\w[\w./-]*\Z", text.chars):
        for span in text_span(IMAGE, text, PLACED):
            yield span._replace(container=container)


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
    "FROM": _Image.begin,
    "HEALTHCHECK": _Image.health,
    "WORKDIR": _Image.enter,
}
