"""Read Makefiles and justfiles.

https://www.gnu.org/software/make/manual/make.html: a recipe's lines begin with a tab,
`$(NAME)` is a variable, `$$` the shell's dollar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import join
from treeguard.languages.source_text import lines
from treeguard.languages.source_text import pieces
from treeguard.languages.spans import WORD
from treeguard.languages.spans import Span
from treeguard.languages.spans import path_span
from treeguard.languages.spans import word_span

Variables = dict[str, tuple[SourceText, ...]]

_VARIABLE = re.compile(
    r"\s*(?P<export>export\s+)?(?:override\s+)?(?P<name>[\w.-]+)\s*"
    r"(?:::?:?|\?|\+|!)?=\s*(?P<value>.*)"
)
_INCLUDE = re.compile(r"\s*[-s]?(?:include|import|mod)\??\s+(?P<paths>[^#]*)")
# The first colon decides: to try every one would cost their number squared.
_INLINE = re.compile(r"[^#=;:]+:[^=;]*;(?P<recipe>.*)", re.DOTALL)
_RULE = re.compile(r"(?P<targets>[^\s#:=][^#:=]*)::?(?!=)(?P<needs>[^#=;]*)")
_PREFIX = re.compile(r"\s*[@+-]*\s*")
_REFERENCE = re.compile(
    r"\$\$|\$\((?P<round>[\w.-]+)\)|\$\((?P<function>\w+)\s|\$[@<^?*%]"
)


def spans(text: SourceText) -> Iterator[Span]:
    """Yield what a Makefile's text uses; each recipe line is a shell of its own."""
    variables: Variables = {"MAKE": (SourceText("make", (0, 0, 0, 0)),)}
    for line in _logical(text):
        shell = Shell()
        shell.variables = variables
        match = _VARIABLE.match(line.chars)
        if line.chars[:1] in ("\t", " "):
            yield from _recipe(line, variables)
        elif match:
            value = _as_shell(line.group(match, "value"))
            yield from shell.environment(match["name"], value)
            yield from _functions(value, shell)
            yield from _names(value)
            shell.assign(match["name"], value)
        else:
            yield from _outside(line, variables)


def _outside(line: SourceText, variables: Variables) -> Iterator[Span]:
    include, inline = _INCLUDE.match(line.chars), _INLINE.match(line.chars)
    if include:
        for match in re.finditer(r"\S+", include["paths"]):
            start = include.start("paths")
            word = line.part(start + match.start(), start + match.end())
            yield from path_span(_as_shell(word))
    elif inline:
        yield from _recipe(line.group(inline, "recipe"), variables)
    rule = _RULE.match(line.chars)
    if rule and not include:
        for part in ("targets", "needs"):
            yield from _names(_as_shell(line.group(rule, part)))


def _names(text: SourceText) -> Iterator[Span]:
    """Yield the words that a slash or an ending marks as files."""
    for word in pieces(text, r"\s"):
        yield from word_span(word)
        # A Makefile's targets are files; this one has no ending to be known by.
        if word.chars == "Dockerfile":
            yield from (span._replace(kind=WORD) for span in path_span(word))


def _recipe(line: SourceText, variables: Variables) -> Iterator[Span]:
    shell = Shell()
    shell.variables = dict(variables)
    prefix = _PREFIX.match(line.chars)
    yield from shell.run(_as_shell(line.part(prefix.end() if prefix else 0)))


def _functions(value: SourceText, shell: Shell) -> Iterator[Span]:
    """`NAME := $(shell command)`."""
    if "$(" in value.chars:
        yield from shell.script(SourceText(f": {value.chars}", [0, 0, *value.offsets]))


def _logical(text: SourceText) -> Iterator[SourceText]:
    r"""Yield lines, those that end with `\` joined to the next."""
    parts: list[SourceText] = []
    end = 0
    for line in lines(text):
        end = line.offsets[-1] + 1 if line.chars else end
        parts.append(line)
        if not line.chars.endswith("\\"):
            yield join(parts)
            parts = []
        else:
            parts[-1] = join((line.part(0, -1), line.part(-1).with_chars(" ")))
    if parts:
        yield join(parts)


def _as_shell(line: SourceText) -> SourceText:
    """Write make's references as the shell would, each in as many characters."""
    chars = _REFERENCE.sub(_shell_reference, line.chars)
    if len(chars) == len(line.chars):
        return line.with_chars(chars)
    return line


def _shell_reference(match: re.Match[str]) -> str:
    if match["round"]:
        return f"${{{match['round']}}}"
    if match["function"] == "shell":
        return "$(      "
    if match["function"]:
        return "$(:" + " " * (len(match[0]) - 3)
    return " $" if match[0] == "$$" else "$@"
