"""Find the commands of shell in a document: its blocks of code, by their language.

A block of a shell is a script. A session has prompts, as Pygments reads them
(https://pygments.org/docs/lexers/, ShellSessionLexer): only what follows one is a
command, the other lines are what it printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages.documents import Block
from treeguard.languages.shell.clones import Clones
from treeguard.languages.shell.command_table import program_of
from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import from_file
from treeguard.languages.source_text import join
from treeguard.languages.source_text import word_set
from treeguard.languages.spans import Span
from treeguard.languages.spans import with_quote

_SCRIPTS = word_set("bash sh shell zsh ksh shellscript")
_SESSIONS = word_set("console shell-session shellsession bash-session sh-session")
_UNNAMED = word_set("text none plaintext output")
_PROMPT = re.compile(
    r"[ \t]*(?:\([\w.-]+\)[ \t]*)?"  # (venv)
    r"(?:\[[^\]\n]*\]|[\w.-]+@[\w.-]+(?::[^\s$#%]*)?)?"  # [me@host folder], me@host:~
    r"[ \t]*(?P<mark>[$#%])[ \t]+(?=\S)"
)
_MORE = re.compile(r"[ \t]*>[ \t]?")


def spans(
    text: str, blocks: tuple[Block, ...], clones: Clones | None = None
) -> Iterator[Span]:
    """Yield what the commands in the blocks of a document use.

    Each block is read on its own: a reader starts anew in the folder that the document
    does not name. What an earlier one has cloned is there.
    """
    whole = from_file(text)
    for block in blocks:
        shell = Shell(clones=clones)
        if clones is not None:
            clones.start_anew()
        for command in _commands(whole.part(block.start, block.end), block.language):
            for span in shell.run(command):
                yield with_quote(span, text)


def _commands(code: SourceText, language: str) -> Iterator[SourceText]:
    rows = [row for row in code.rows() if row.chars.strip()]
    first = _PROMPT.match(rows[0].chars) if rows else None
    has_prompt = first is not None and first["mark"] != "#"
    if language in _SESSIONS or (
        has_prompt and (language in _SCRIPTS or language in _UNNAMED or not language)
    ):
        yield from _session(code)
    elif language in _SCRIPTS and not code.chars.lstrip().startswith(">"):
        yield code


def _session(code: SourceText) -> Iterator[SourceText]:
    """Yield each command of a session, with the lines that continue it."""
    rows = list(code.rows())
    prompts = [_PROMPT.match(row.chars) for row in rows]
    # Where others have a prompt of their own, `#` begins a comment.
    is_root = not any(prompt and prompt["mark"] != "#" for prompt in prompts)
    command: list[SourceText] = []
    for row, prompt in zip(rows, prompts, strict=True):
        if prompt is not None and (
            prompt["mark"] != "#" or (is_root and _runs(row.part(prompt.end())))
        ):
            if command:
                yield join(command)
            command = [row.part(prompt.end())]
            continue
        more = _MORE.match(row.chars)
        continued = command and command[-1].chars.rstrip("\r\n").endswith("\\")
        if command and (more or continued):
            command.append(row.part(more.end()) if more else row)
        elif command:
            yield join(command)
            command = []
    if command:
        yield join(command)


def _runs(command: SourceText) -> bool:
    """Return True for a line of root that begins with a program, not with prose."""
    word = command.part(0, len(command.chars.split(maxsplit=1)[0]))
    return program_of(word) is not None
