"""What a Python project's own files import by name and run.

setup.py, noxfile.py, tasks.py and MANIFEST.in. The keys of pyproject.toml, setup.cfg
and other TOML and INI files are rows of known_keys.toml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.source_text import DOTTED
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import lines
from treeguard.languages.source_text import pieces
from treeguard.languages.spans import Span
from treeguard.languages.spans import name_span
from treeguard.languages.spans import path_span

# https://packaging.python.org/specifications/entry-points/
_ENTRY_STRING = re.compile(
    r"""(?m)(?:^|["'])[ \t]*[\w.-]+[ \t]*=[ \t]*"""
    rf"""(?P<object>(?!lambda\b){DOTTED})"""
    r"""[ \t]*:[ \t]*[A-Za-z_][\w.]*[ \t]*(?:\[[\w, ]*\])?[ \t]*(?:["']|$)"""
)
_SESSION = re.compile(r"\.(?:run|install|run_always|chdir|cd)\((?P<words>[^()]*)\)")
_QUOTED = re.compile(r"""(?<![=\w])[rf]?(["'])(?P<value>(?:(?!\1)[^\\\n]|\\.)*)\1""")


def manifest_lines(text: SourceText) -> Iterator[list[SourceText]]:
    """Yield the words of each line of a MANIFEST.in, the command first."""
    for line in lines(text):
        words = list(pieces(line.part(0, _before_comment(line.chars)), r"\s"))
        yield from [words] if words else ()


def _before_comment(line: str) -> int:
    comment = re.search(r"(?:^|\s)#", line)
    return comment.start() if comment else len(line)


def manifest_spans(text: SourceText) -> Iterator[Span]:
    """Yield what a MANIFEST.in packs; what it leaves out is no use."""
    for command, *words in manifest_lines(text):
        if command.chars in ("include", "graft"):
            for path in words:
                yield from path_span(path)
        elif command.chars == "recursive-include":
            yield from path_span(words[0]) if words else ()


def entry_point_spans(text: SourceText) -> Iterator[Span]:
    """Yield the entry points that a setup.py, or an entry_points.txt, spells out."""
    for match in _ENTRY_STRING.finditer(text.chars):
        start = text.chars.rfind("\n", 0, match.start("object")) + 1
        if not text.chars[start : match.start("object")].lstrip().startswith("#"):
            yield from name_span(text.group(match, "object"))


def session_spans(text: SourceText) -> Iterator[Span]:
    """Yield what a noxfile.py or tasks.py runs: `session.run("python", "-m", ...)`."""
    for call in _SESSION.finditer(text.chars):
        given = text.group(call, "words")
        words = [given.group(m, "value") for m in _QUOTED.finditer(given.chars)]
        shell = Shell("/")
        if "install" in call[0][:9]:
            yield from _requirements_words(words)
        elif len(words) == 1 and " " in words[0].chars:
            yield from shell.run(words[0])
        elif "chdir" in call[0][:7] or ".cd" in call[0][:4]:
            yield from path_span(words[0]) if words else ()
        else:
            yield from shell.command(words)


def _requirements_words(words: list[SourceText]) -> Iterator[Span]:
    head = SourceText("pip", (0, 0, 0))
    yield from Shell("/").command([head, *words])
