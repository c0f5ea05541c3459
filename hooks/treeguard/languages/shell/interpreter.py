"""Follow a shell script through `cd`, variables and subshells, to what it uses."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from treeguard.languages.shell import command_table
from treeguard.languages.shell import git_words
from treeguard.languages.shell.clones import Clones
from treeguard.languages.shell.lexer import Command
from treeguard.languages.shell.lexer import Scope
from treeguard.languages.shell.lexer import Variable
from treeguard.languages.shell.lexer import Word
from treeguard.languages.shell.lexer import commands
from treeguard.languages.shell.programs import module_or_path
from treeguard.languages.shell.programs import pytest
from treeguard.languages.shell.programs import python
from treeguard.languages.shell.python_code import code
from treeguard.languages.shell.runner import Words
from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import join
from treeguard.languages.source_text import pieces
from treeguard.languages.source_text import word_set
from treeguard.languages.spans import ANYWHERE
from treeguard.languages.spans import IMAGE
from treeguard.languages.spans import OWN
from treeguard.languages.spans import REF
from treeguard.languages.spans import ROOT
from treeguard.languages.spans import SEARCHED
from treeguard.languages.spans import Container
from treeguard.languages.spans import Span
from treeguard.languages.spans import folder_span
from treeguard.languages.spans import name_span
from treeguard.languages.spans import path_span
from treeguard.languages.spans import text_span
from treeguard.languages.spans import word_span

_ENTER = word_set("cd pushd chdir Set-Location Push-Location sl")
_LEAVE = word_set("popd Pop-Location")
_MODULES = word_set("DJANGO_SETTINGS_MODULE APP_MODULE PYTHONBREAKPOINT")
_APPLICATIONS = word_set("FLASK_APP CELERY_APP WSGI_APP ASGI_APP UVICORN_APP")
_PATHS = word_set("PYTHONPATH COMPOSE_FILE PYTHONSTARTUP BASH_ENV MAKEFILES VPATH")
# What they print is read by people; what they run is elsewhere.
_NO_WORDS = word_set(
    "echo printf print write-host write-output write-error write-warning throw ssh"
    " docker podman nerdctl docker-compose podman-compose kubectl oc"
)
_MOST_VALUES = 50
_LONGEST = 4096


class Shell:
    """A shell in one folder. `anchor` is where its script starts.

    An empty anchor: paths are as written, because it is unknown where the script is
    started; `/`: it starts in the repository's root. `homes` are absolute folders that
    hold the repository (`/app` in an image). With a `container`, it runs there. Where
    `clones` are given, a clone of the repository is the repository.
    """

    def __init__(
        self,
        anchor: str = "",
        folder: str = "",
        homes: tuple[str, ...] = (),
        container: Container | None = None,
        clones: Clones | None = None,
    ) -> None:
        self.anchor = anchor
        self.folder = folder
        self.homes = homes
        self.container = container
        self.clones = clones
        self.before: list[str] = []
        self.variables: dict[str, tuple[SourceText, ...]] = {}
        self.own_folders = {POWERSHELL}
        self.depth = 0
        # What the last command printed, as texts and as files: a pipe may read it.
        self.printed: list[SourceText] = []
        self.printed_files: list[SourceText] = []

    def run(self, text: SourceText) -> Iterator[Span]:
        """Yield what a script uses; `cd` and assignments persist after it."""
        outer: list[str] = []
        for item in commands(text, self.depth):
            if isinstance(item, Command):
                yield from self._run(item)
            elif isinstance(item, Scope) and item.opens:
                outer.append(self.folder)
            elif outer:
                self.folder = outer.pop()

    def script(self, text: SourceText) -> Iterator[Span]:
        """Yield what a script uses that a child of this shell runs."""
        if self.depth > 4:
            return
        child = Shell(self.anchor, self.folder, self.homes, self.container, self.clones)
        child.variables = dict(self.variables)
        child.own_folders = set(self.own_folders)
        child.depth = self.depth + 1
        yield from child.run(text)

    def within(self, container: Container) -> Shell:
        """Return a shell that this one starts in a container."""
        inside = Shell(homes=self.homes, container=container)
        inside.depth = self.depth + 1
        return inside

    def path(self, text: SourceText) -> Iterator[Span]:
        """Yield a path that is relative to the shell's folder."""
        yield from self._in_image(text)
        inner = self._in_clone(text)
        if inner is not None:
            yield from path_span(inner, ROOT)
            return
        for home in self.homes:
            if text.chars.startswith(home + "/"):
                yield from path_span(text.part(len(home) + 1))
                return
        yield from path_span(text, self.folder)

    def _in_image(self, text: SourceText) -> Iterator[Span]:
        if self.container is not None and re.match(r"/\w", text.chars):
            yield from text_span(IMAGE, text, ROOT)

    def _in_clone(self, text: SourceText, enters: bool = False) -> SourceText | None:
        """Return what of a path is below the clone that it leads into, if into one."""
        if self.clones is None:
            return None
        look = self.clones.enter if enters else self.clones.inside
        return look(text.strip(), self.folder)

    def command(self, words: Words) -> Iterator[Span]:
        """Yield what one command uses, and go where it goes."""
        if words and words[0].chars in _ENTER:
            yield from self._enter(words[1:])
        elif words and words[0].chars in _LEAVE:
            self.folder = self.before.pop() if self.before else ""
        elif len(words) < _LONGEST:
            yield from command_table.run(words, self)
            yield from self._words(words)
            if self.clones and self.clones.add(words, self.folder):
                self.folder = ROOT

    def words(self, text: SourceText) -> list[SourceText]:
        """Return the words of a script's first command."""
        for item in commands(text, self.depth):
            if isinstance(item, Command):
                return [self.values(word)[0] for word in item.words if word]
        return []

    def word(self, text: SourceText) -> Iterator[Span]:
        """Yield a word that may be a path from the shell's folder."""
        yield from self._in_image(text)
        inner = self._in_clone(text)
        if inner is not None:
            yield from word_span(inner, ROOT)
        elif not any(text.chars.startswith(home + "/") for home in self.homes):
            yield from word_span(text, self.folder)
            if self.folder == OWN:
                yield from folder_span(text, OWN)

    def _words(self, words: Words) -> Iterator[Span]:
        """Yield every word that may be a path, whatever the program does with it."""
        if not words or command_table.name_of(words[0]).lower() in _NO_WORDS:
            return
        refs = git_words.refs(words)
        for index, word in enumerate(words):
            if index in refs:
                yield from text_span(REF, word, ANYWHERE)
                continue
            at = word.chars.find("=") + 1
            is_option = at and word.chars[:1] in "-/"
            yield from self.word(word.part(at) if is_option else word)
        yield from command_table.plain_words(words, self.folder)

    def environment(self, name: str, value: SourceText) -> Iterator[Span]:
        """Yield what the value of an environment variable uses."""
        if name in _MODULES:
            yield from name_span(value)
        elif name in _APPLICATIONS:
            yield from module_or_path(value, self)
        elif name in _PATHS:
            for path in pieces(value, ":;"):
                yield from self.path(path)
                if name == "PYTHONPATH" and UNKNOWN not in path.chars:
                    yield from text_span(SEARCHED, path, self.folder)
            if name == "PYTHONPATH" and self.container is not None:
                self._search(value)
        elif name == "PYTEST_PLUGINS":
            for plugin in pieces(value, ","):
                yield from name_span(plugin)
        elif name == "PYTEST_ADDOPTS":
            yield from pytest([value.part(0, 0), *pieces(value, r"\s")], self)

    def _search(self, value: SourceText) -> None:
        """Look up modules in the folders of PYTHONPATH as well."""
        assert self.container is not None
        start, *_ = roots = self.container.roots
        added = (posixpath.join(start, path.chars) for path in pieces(value, ":;"))
        known = (path for path in added if UNKNOWN not in path and path not in roots)
        self.container = self.container._replace(roots=(*roots, *known))

    def assign(self, name: str, value: SourceText) -> None:
        """Remember the value of a variable, if all of it is known."""
        known = UNKNOWN not in value.chars and len(value.chars) < _LONGEST
        self.variables[name] = (value,) if known else ()

    def _run(self, command: Command) -> Iterator[Span]:
        for inner in command.inner:
            yield from self.script(inner)
        for name, word in command.assignments:
            value = self.values(word)[0]
            yield from self.environment(name, value)
            yield from self.word(value)
            self.assign(name, value)
            if _is_own(word, command, self.own_folders):
                self.own_folders.add(name)
        for word in command.inputs:
            yield from self.path(self.values(word)[0])
        for _operator, word in command.outputs:
            yield from self.word(self.values(word)[0])
        choices = [self.values(word) for word in command.words]
        if command.loop:
            self._bind(choices)
            for choice in choices[2:]:
                yield from self.word(choice[0])
            return
        for index in range(max(map(len, choices), default=0)):
            words = [
                choice[min(index, len(choice) - 1)] for choice in self._split(choices)
            ]
            words = [word for word in words if word.chars]
            yield from self.command(words)
        entered = bool(choices) and choices[0][0].chars in _ENTER
        if entered and _is_own(command.words[-1], command, self.own_folders):
            self.folder = OWN
        yield from self._documents(command, choices)

    def _documents(
        self, command: Command, choices: list[list[SourceText]]
    ) -> Iterator[Span]:
        """Read what an interpreter gets on its input: documents, and what is piped."""
        words = [choice[0] for choice in choices]
        program = command_table.input_program(words)
        piped = self.printed if command.piped else []
        for body in [*command.bodies, *piped]:
            if program is python:
                yield from code(body, self)
            elif program is command_table.shell_program or not choices:
                yield from self.script(body)
        files = self.printed_files if command.piped else []
        for path in files if program is not None else ():
            yield from self.path(path)
        passes_on = command_table.passes_input_on(words)
        text = command_table.printed_text(words)
        self.printed = (
            [*command.bodies, *piped] if passes_on else [text] if text else []
        )
        self.printed_files = files if passes_on else []
        self.printed_files += command_table.printed_files(words)

    def _split(self, choices: list[list[SourceText]]) -> list[list[SourceText]]:
        """Split a first word with spaces in it: `$COMMAND a`."""
        first = choices[0][0]
        if len(choices[0]) == 1 and " " in first.chars.strip():
            return [*([word] for word in pieces(first, r"\s")), *choices[1:]]
        return choices

    def _bind(self, choices: list[list[SourceText]]) -> None:
        values = [value for choice in choices[2:] for value in choice]
        if choices:
            known = (v for v in values[:_MOST_VALUES] if UNKNOWN not in v.chars)
            self.variables[choices[0][0].chars] = tuple(known)

    def values(self, word: Word) -> list[SourceText]:
        """Return what a word may be; variables with several values make it several.

        A word that is one variable has the place where its value was written.
        """
        if len(word) == 1 and isinstance(word[0], Variable):
            values = self.variables.get(word[0].name)
            return list(values or self._known(word[0]))
        found = [SourceText("", ())]
        for piece in word:
            if isinstance(piece, Variable):
                options = self._known(piece)
                found = [join((f, o)) for f in found for o in options]
            else:
                found = [join((f, piece)) for f in found]
            found = [f.part(0, _LONGEST) for f in found[:_MOST_VALUES]]
        return found

    def _known(self, variable: Variable) -> tuple[SourceText, ...]:
        values = self.variables.get(variable.name, ())
        if values:
            return tuple(variable.where.with_text(value.chars) for value in values)
        if variable.default:
            return (variable.default,)
        return (variable.where.with_text(UNKNOWN),)

    def _enter(self, arguments: Words) -> Iterator[Span]:
        target = next((w for w in arguments if w.chars[:1] != "-"), None)
        if target is None:
            self.folder = self.before.pop() if self.before else ""
            return
        if self.container is not None and target.chars.startswith("/"):
            roots = (target.chars, *self.container.roots[1:])
            self.container = self.container._replace(roots=roots)
            yield from self._in_image(target)
        self.before.append(self.folder)
        inner = self._in_clone(target, enters=True)
        if inner is not None:
            self.folder = posixpath.normpath(f"/{inner.chars}")
            yield from path_span(inner, ROOT)
            return
        self.folder = self._target(target)
        if target.chars.startswith(UNKNOWN + "/"):
            yield from folder_span(target.part(2), OWN)
        elif self.before[-1]:
            yield from folder_span(target, self.before[-1])
        yield from (
            self.path(target)
            if not self.folder
            else _entered(target, self.folder, self.before[-1])
        )

    def _target(self, target: SourceText) -> str:
        known = target.chars.removeprefix(UNKNOWN + "/")
        start = self.folder if known == target.chars else ""
        if UNKNOWN in known or known[:1] in ("", "~", "/"):
            return ""
        if start[:1] == ROOT != self.anchor and _leads_out(f".{start}/{known}"):
            return ""  # out of a clone
        folder = posixpath.normpath(posixpath.join(start or self.anchor, known))
        # A folder that `cd a; cd a; ...` makes ever longer is none that there is.
        return "" if folder == "." or len(folder) > _LONGEST else folder


def _leads_out(path: str) -> bool:
    return posixpath.normpath(path).startswith("..")


def _entered(target: SourceText, folder: str, before: str) -> Iterator[Span]:
    for span in path_span(target):
        yield span._replace(text=folder, base=before)


# https://mywiki.wooledge.org/BashFAQ/028 has them all; `pwd` makes the path absolute.
_SCRIPT = r'"?\$(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?\})"?'
_DIRNAME = rf"dirname\s+(?:--\s+)?{_SCRIPT}"
_OWN_FOLDER = re.compile(
    rf'\s*(?:{_DIRNAME}|cd\s+(?:-P\s+)?(?:--\s+)?"?(?:\$\({_DIRNAME}\s*\)|`{_DIRNAME}`)"?'
    r"\s*(?:>\s*/dev/null\s*(?:2>&1\s*)?)?(?:&&|;)\s*pwd(?:\s+-P)?)\s*"
)
POWERSHELL = "PSScriptRoot"


def _is_own(word: Word, command: Command, names: set[str]) -> bool:
    """Return whether a word is that folder; `names` are variables that are."""
    pieces = [piece for piece in word if isinstance(piece, Variable) or piece.chars]
    if len(pieces) != 1 or not isinstance(pieces[0], Variable):
        return False
    name = pieces[0].name
    if name:
        return name in names
    return any(_OWN_FOLDER.fullmatch(inner.chars) for inner in command.inner)
