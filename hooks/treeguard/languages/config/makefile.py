"""What the recipes of a Makefile or justfile run.

https://www.gnu.org/software/make/manual/make.html: a recipe's lines begin with a tab,
`$(NAME)` is a variable, `$$` the shell's dollar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.shell.runner import pieces
from treeguard.languages.source_text import WORD
from treeguard.languages.source_text import Text
from treeguard.languages.source_text import Use
from treeguard.languages.source_text import joined
from treeguard.languages.source_text import lines
from treeguard.languages.source_text import path_use
from treeguard.languages.source_text import word_use

Variables = dict[str, tuple[Text, ...]]

_VARIABLE = re.compile(
    r"\s*(?P<export>export\s+)?(?:override\s+)?(?P<name>[\w.-]+)\s*"
    r"(?:::?:?|\?|\+|!)?=\s*(?P<value>.*)"
)
_INCLUDE = re.compile(r"\s*[-s]?(?:include|import|mod)\??\s+(?P<paths>[^#]*)")
_INLINE = re.compile(r"[^#=;]+:[^=;]*;(?P<recipe>.*)", re.DOTALL)
_RULE = re.compile(r"(?P<targets>[^\s#:=][^#:=]*)::?(?!=)(?P<needs>[^#=;]*)")
_PREFIX = re.compile(r"\s*[@+-]*\s*")
_REFERENCE = re.compile(
    r"\$\$|\$\((?P<round>[\w.-]+)\)|\$\((?P<function>\w+)\s|\$[@<^?*%]"
)


def uses(text: Text) -> Iterator[Use]:
    """Yield what a Makefile's text uses; each recipe line is a shell of its own."""
    variables: Variables = {"MAKE": (Text("make", (0, 0, 0, 0)),)}
    for line in _logical(text):
        shell = Shell()
        shell.variables = variables
        match = _VARIABLE.match(line.chars)
        if line.chars[:1] in ("\t", " "):
            yield from _recipe(line, variables)
        elif match:
            value = _as_shell(line.found(match, "value"))
            yield from shell.environment(match["name"], value)
            yield from _functions(value, shell)
            yield from _names(value)
            shell.assign(match["name"], value)
        else:
            yield from _outside(line, variables)


def _outside(line: Text, variables: Variables) -> Iterator[Use]:
    include, inline = _INCLUDE.match(line.chars), _INLINE.match(line.chars)
    if include:
        for match in re.finditer(r"\S+", include["paths"]):
            start = include.start("paths")
            word = line.part(start + match.start(), start + match.end())
            yield from path_use(_as_shell(word))
    elif inline:
        yield from _recipe(line.found(inline, "recipe"), variables)
    rule = _RULE.match(line.chars)
    if rule and not include:
        for part in ("targets", "needs"):
            yield from _names(_as_shell(line.found(rule, part)))


def _names(text: Text) -> Iterator[Use]:
    """Targets, prerequisites and values: files, where a slash or an ending says so."""
    for word in pieces(text, r"\s"):
        yield from word_use(word)
        # A Makefile's targets are files; this one has no ending to be known by.
        if word.chars == "Dockerfile":
            yield from (use._replace(kind=WORD) for use in path_use(word))


def _recipe(line: Text, variables: Variables) -> Iterator[Use]:
    shell = Shell()
    shell.variables = dict(variables)
    prefix = _PREFIX.match(line.chars)
    yield from shell.run(_as_shell(line.part(prefix.end() if prefix else 0)))


def _functions(value: Text, shell: Shell) -> Iterator[Use]:
    """`NAME := $(shell command)`."""
    if "$(" in value.chars:
        yield from shell.script(Text(f": {value.chars}", [0, 0, *value.offsets]))


def _logical(text: Text) -> Iterator[Text]:
    r"""Yield lines, those that end with `\` joined to the next."""
    parts: list[Text] = []
    end = 0
    for line in lines(text):
        end = line.offsets[-1] + 1 if line.chars else end
        parts.append(line)
        if not line.chars.endswith("\\"):
            yield joined(parts)
            parts = []
        else:
            parts[-1] = joined((line.part(0, -1), line.part(-1).replaced(" ")))
    if parts:
        yield joined(parts)


def _as_shell(line: Text) -> Text:
    """Write make's references as the shell would, each in as many characters."""
    chars = _REFERENCE.sub(_shell_reference, line.chars)
    if len(chars) == len(line.chars):
        return line.replaced(chars)
    return line


def _shell_reference(match: re.Match[str]) -> str:
    if match["round"]:
        return f"${{{match['round']}}}"
    if match["function"] == "shell":
        return "$(      "
    if match["function"]:
        return "$(:" + " " * (len(match[0]) - 3)
    return " $" if match[0] == "$$" else "$@"
