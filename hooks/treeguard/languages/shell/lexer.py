"""Shell text to commands, keeping the place of every character.

Follows POSIX (https://pubs.opengroup.org/onlinepubs/9799919799/, XCU chapter 2) where
it decides what is a command word, and is forgiving everywhere else: what no shell would
accept is still read, so that an odd file hides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import join
from treeguard.languages.source_text import word_set


class Variable(NamedTuple):
    """`$NAME`: its name, or empty if its value cannot be known, and its default."""

    name: str
    default: SourceText | None
    where: SourceText


Word = tuple["SourceText | Variable", ...]


class Command(NamedTuple):
    """One simple command.

    `inputs` are the files redirected into it, `bodies` its here-documents, and `inner`
    the scripts of its command substitutions. With `loop`, the first word is the
    variable that a `for` binds to each of the others. `outputs` are the operators, and
    the files that they redirect the command into; an operator has the number of its
    descriptor, if that is not standard output. `edited` are the bodies that the shell
    changes before the program reads them. A `piped` command reads what the one before
    it prints.
    """

    assignments: list[tuple[str, Word]]
    words: list[Word]
    inputs: list[Word]
    bodies: list[SourceText]
    inner: list[SourceText]
    outputs: list[tuple[str, Word]]
    edited: list[SourceText]
    loop: bool = False
    piped: bool = False


class Scope(NamedTuple):
    """Where a subshell begins (`opens`) or ends: a `cd` in it ends with it."""

    opens: bool


def merged(pieces: list[SourceText | Variable]) -> Word:
    """Return a word's pieces with neighbouring texts made one."""
    word: list[SourceText | Variable] = []
    for variable, group in groupby(pieces, lambda piece: isinstance(piece, Variable)):
        if variable:
            word.extend(group)
        else:
            word.append(join(piece for piece in group if isinstance(piece, SourceText)))
    return tuple(word)


_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_PLAIN = re.compile(r"[^\s'\"\\$`;&|()<>{]+|[{]")
_BLANK = re.compile(r"(?:[^\S\n]|\\\r?\n)+")
_TEMPLATE = re.compile(
    r"\$?\{\{.{0,300}?\}\}"
)  # `${{ ... }}` of GitHub, `{{ ... }}` of Jinja
_VARIABLE = re.compile(
    rf"\$(?:(?P<bare>{_NAME})|\{{(?P<name>{_NAME})(?::?[-=](?P<default>[^{{}}$]*))?\}}"
    r"|\{[^{}]*\}|[0-9@*#?$!<^+-])"
)
_ASSIGNMENT = re.compile(rf"(?P<name>{_NAME})\+?=")
_HEREDOC = re.compile(
    r"<<(?P<dash>-?)[^\S\n]*(?P<quote>['\"]?)(?P<end>[^\W\d][\w.-]*)(?P=quote)"
)
_EXPANSION = re.compile(r"[$`\\]")
_REDIRECTION = re.compile(r"(?P<input><(?![<&(>]))|<<<|[<>]&|<>|>\||>>|[<>]")
_NESTING = re.compile(r"[()'\"\\]")
_KEYWORDS = word_set("if then else elif fi do done while until { } ! time function")
_DEEPEST = 8
_MOST_BROKEN = 20  # each costs a reading of the rest of the file


def commands(text: SourceText, depth: int = 0) -> Iterator[Command | Scope]:
    """Yield the commands of a script in order; never raises, whatever the text.

    `depth` is how many substitutions the script is nested in.
    """
    return _Lexer(text, depth).run()


class _Lexer:
    def __init__(self, text: SourceText, depth: int) -> None:
        self.text = text
        self.chars = text.chars
        self.at = 0
        self.flat = depth >= _DEEPEST  # substitutions are read as subshells
        self.found: list[Command | Scope] = []  # until the line, and its documents, end
        self.documents: list[tuple[re.Match[str], Command]] = []
        self.broken = 0
        self.no_number = 0  # before this place no `))` ends an arithmetic command
        self.cases = 0
        self.pattern = False
        self.pipe = False
        self.begin()

    def begin(self) -> None:
        self.command = Command([], [], [], [], [], [], [])
        self.pieces: list[SourceText | Variable] = []
        self.quoted = False
        self.redirected = ""

    def run(self) -> Iterator[Command | Scope]:
        while self.at < len(self.chars):
            self.step(self.chars[self.at])
            if not self.documents and self.found:
                yield from self.found
                self.found = []
        self.end_command()
        yield from self.found

    def step(self, char: str) -> None:
        blank = _BLANK.match(self.chars, self.at)
        if blank:
            self.end_word()
            self.at = blank.end()
        elif char in "\n;&|()":
            self.separator(char)
        elif char == "#" and not self.pieces and not self.quoted:
            self.at = self.line_end()
        elif char in "<>":
            self.redirection()
        else:
            self.word_part(char)

    # Between commands.

    def separator(self, char: str) -> None:
        self.at += 1
        if self.pattern and char in "()|":
            self.pattern = char != ")"
            self.begin()
            return
        self.end_command()
        if char == "|":
            self.pipe = "|" not in (
                self.chars[self.at - 2 : self.at - 1],
                self.chars[self.at : self.at + 1],
            )
        number = self.arithmetic_end() if char == "(" else 0
        if number:
            self.at = number
        elif char == "\n":
            self.read_documents()
        elif char in "()":
            self.found.append(Scope(char == "("))
        elif char == ";" and self.cases and self.chars.startswith(";", self.at):
            self.at += 1
            self.pattern = True

    def arithmetic_end(self) -> int:
        """Return where the `((...))` ends whose second bracket is here; 0 for none.

        It is on one line. That a line has no more of it is remembered: each of its
        brackets would look for it anew.
        """
        if not self.chars.startswith("(", self.at) or self.at < self.no_number:
            return 0
        line_end = self.line_end()
        end = self.chars.find("))", self.at, line_end)
        if end < 0:
            self.no_number = line_end
        return end + 2 if end >= 0 else 0

    def read_documents(self) -> None:
        for document, command in self.documents:
            end, dash = document["end"], bool(document["dash"])
            if self.broken >= _MOST_BROKEN:
                break
            start = stop = self.at
            while self.at < len(self.chars):
                line_end = self.line_end()
                line = self.chars[self.at : line_end].rstrip("\r")
                self.at = min(line_end + 1, len(self.chars))
                if (line.lstrip("\t") if dash else line) == end:
                    break
                stop = self.at
            else:
                self.at = start  # there is no such line: read on from here
                self.broken += 1
                continue
            body = self.text.part(start, stop)
            command.bodies.append(body)
            expands = not document["quote"] and _EXPANSION.search(body.chars)
            if expands or (dash and "\t" in body.chars):
                command.edited.append(body)
        self.documents = []

    def line_end(self) -> int:
        end = self.chars.find("\n", self.at)
        return len(self.chars) if end < 0 else end

    # What a command is made of.

    def end_command(self) -> None:
        self.end_word()
        if any(self.command[:6]) or self.documents:
            self.found.append(self.command._replace(piped=self.pipe))
            self.pipe = False
        self.begin()

    def end_word(self) -> None:
        if not self.pieces and not self.quoted:
            return
        word, quoted = merged(self.pieces), self.quoted
        self.pieces, self.quoted = [], False
        if self.redirected:
            if self.redirected == "<":
                self.command.inputs.append(word)
            elif (
                self.redirected == "<<<"
                and len(word) == 1
                and isinstance(word[0], SourceText)
            ):
                self.command.bodies.append(word[0])
            elif ">" in self.redirected:
                self.command.outputs.append((self.redirected, word))
            self.redirected = ""
        elif self.command.words or not self.first_word(word, quoted):
            self.command.words.append(word)

    def first_word(self, word: Word, quoted: bool) -> bool:
        """Take a word before the command's name; return False if it is the name."""
        head = word[0] if word else None
        if not isinstance(head, SourceText):
            return False
        assignment = _ASSIGNMENT.match(head.chars)
        if assignment:
            value = (head.part(assignment.end()), *word[1:])
            self.command.assignments.append((assignment["name"], value))
            return True
        return not quoted and len(word) == 1 and self.keyword(head.chars)

    def keyword(self, word: str) -> bool:
        if word in ("for", "select"):
            self.command = self.command._replace(loop=True)
        elif word == "case":
            self.cases += 1
            self.pattern = True
        elif word == "esac":
            self.cases -= 1
            self.pattern = False
        else:
            return word in _KEYWORDS
        return True

    def redirection(self) -> None:
        before = self.pieces[-1] if len(self.pieces) == 1 else None
        number = ""
        if isinstance(before, SourceText) and before.chars.isdigit():
            self.pieces = []  # the number of a file descriptor
            number = before.chars.lstrip("01")
        self.end_word()
        document = _HEREDOC.match(self.chars, self.at)
        if document and self.broken < _MOST_BROKEN:
            self.documents.append((document, self.command))
            self.at = document.end()
            return
        redirection = _REDIRECTION.match(self.chars, self.at)
        self.redirected = _operator(redirection) if redirection else "<<"
        if ">" in self.redirected:
            self.redirected = number + self.redirected
        self.at = redirection.end() if redirection else self.at + 1

    # What a word is made of.

    def word_part(self, char: str) -> None:
        if char == "'" and (end := self.chars.find("'", self.at + 1)) > 0:
            self.add(self.at + 1, end, quoted=True)
            self.at = end + 1
        elif char == '"' and (end := self.closing_quote()) > 0:
            self.quoted = True
            self.double_quoted(end)
        elif char == "\\":
            self.add(self.at + 1, self.at + 2)
            self.at += 2
        elif char in "$`{" and self.expansion(len(self.chars)):
            return
        else:
            plain = _PLAIN.match(self.chars, self.at)
            end = plain.end() if plain else self.at + 1
            self.add(self.at, end)
            self.at = end

    def closing_quote(self) -> int:
        """Return where the double quote that starts here closes, or -1.

        Quotes inside `$(...)` belong to that script.
        """
        at = self.at + 1
        while at < len(self.chars):
            char = self.chars[at]
            if char == '"':
                return at
            if char == "$" and not self.flat and self.chars.startswith("$(", at):
                end = _closing_bracket(self.chars, at + 2, len(self.chars))
                self.flat = end < 0
                at = max(at, end)
            at += 2 if char == "\\" else 1
        return -1

    def add(self, start: int, end: int, quoted: bool = False) -> None:
        self.quoted = self.quoted or quoted
        if start < end:
            self.pieces.append(self.text.part(start, end))

    def double_quoted(self, end: int) -> None:
        self.at += 1
        start = self.at
        while self.at < end:
            char = self.chars[self.at]
            if char == "\\" and self.chars[self.at + 1] in '"\\$`\n':
                self.add(start, self.at)
                start = self.at + 1
                self.at += 2
            elif char in "$`{":
                self.add(start, self.at)
                if not self.expansion(end):
                    self.add(self.at, self.at + 1)
                    self.at += 1
                start = self.at
            else:
                self.at += 1
        self.add(start, end)
        self.at = end + 1

    def expansion(self, limit: int) -> bool:
        """Read `$NAME`, `${...}`, `$(...)` or a back-quoted script that starts here."""
        template = _TEMPLATE.match(self.chars, self.at, limit)
        variable = _VARIABLE.match(self.chars, self.at, limit)
        if template:
            self.variable(template.end())
        elif variable:
            default = (
                self.text.group(variable, "default") if variable["default"] else None
            )
            name = variable["bare"] or variable["name"] or ""
            self.variable(variable.end(), name, default)
        else:
            return self.substitution(limit)
        return True

    def variable(
        self, end: int, name: str = "", default: SourceText | None = None
    ) -> None:
        self.pieces.append(Variable(name, default, self.text.part(self.at, end)))
        self.at = end

    def substitution(self, limit: int) -> bool:
        if self.chars[self.at] == "`":
            start, end = self.at + 1, self.chars.find("`", self.at + 1, limit)
        elif self.chars.startswith("$(", self.at):
            start = self.at + 2
            end = -1 if self.flat else _closing_bracket(self.chars, start, limit)
            self.flat = self.flat or end < 0
        else:
            return False
        if end < 0:
            self.at += 1  # read on inside it, as in a subshell
            return True
        if not self.chars.startswith("(", start):  # `$((1 << 2))` is a number
            self.command.inner.append(self.text.part(start, end))
        self.variable(end + 1)
        return True


def _operator(redirection: re.Match[str]) -> str:
    """Return `<` for what is read from a file only, `<<<` for a here-string."""
    is_kept = redirection["input"] or ">" in redirection[0] or redirection[0] == "<<<"
    return redirection[0] if is_kept else "<<"


def _closing_bracket(chars: str, start: int, limit: int) -> int:
    depth, at = 1, start
    while found := _NESTING.search(chars, at, limit):
        at, char = found.end(), found[0]
        if char == "\\":
            at += 1
        elif char in "()":
            depth += 1 if char == "(" else -1
            if not depth:
                return found.start()
        else:
            end = chars.find(char, at, limit)
            at = end + 1 if end >= 0 else at
    return -1
