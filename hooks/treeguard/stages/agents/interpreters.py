"""What runs text that is in an agent's command: shells, other languages, `eval`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import word_set
from treeguard.stages.agents.command_options import positional
from treeguard.stages.agents.shell_command import Script
from treeguard.stages.agents.shell_words import UNKNOWN

SHELLS = word_set("sh bash zsh dash ksh ash fish")
_CODE = word_set("perl ruby node deno php awk gawk mawk nawk")
_PYTHON = re.compile(r"python[0-9.]*\Z")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)\Z", re.DOTALL)
# `replace` with one argument: a text's own has two, and loses nothing.
_DESTROYS = re.compile(
    r"remove|unlink|rmtree|rename|os\.replace|\.replace\([^(),]*\)|move|truncate|rmdir"
    r"|rmSync|\brm_|delete|system|subprocess|exec|spawn|['\"]wb?\+?['\"]|write_text"
    r"|write_bytes|writeFile|>\s*\"",
    re.IGNORECASE,
)
# What one quote closes may be what the next one opens: both are looked at.
_QUOTED = re.compile(r"['\"](?=([^'\"\n]{1,400})['\"])")
_SHELL_VALUED = frozenset(("-o", "+o", "-O", "+O", "--rcfile", "--init-file"))


def is_code(name: str) -> bool:
    """True for a program that runs code of another language than the shell's."""
    return name in _CODE or _PYTHON.match(name) is not None


def shell(words: Sequence[str], script: Script, bodies: Sequence[SourceText]) -> None:
    """`bash -c TEXT`, `bash <<EOF`, `... | bash`; a script's file is not opened."""
    rest = iter(words[1:])
    for word in rest:
        if word in _SHELL_VALUED:
            next(rest, None)
        elif re.fullmatch(r"-[a-zA-Z]*c", word) or word == "--command":
            _of_option(next(rest, ""), script)
            return
        elif not word.startswith(("-", "+")):
            return
    for body in bodies:
        script.child(body)
    if not bodies:
        _of_pipe(script)


def _of_option(text: str, script: Script) -> None:
    script.child(text)
    if UNKNOWN in text:  # it may be what a substitution in it has written
        _of_pipe(script)


def _of_pipe(script: Script) -> None:
    """What the commands before have written is read as a script."""
    for text in [word for word in script.seen if " " in word]:
        script.child(text)


def code(words: Sequence[str], script: Script, bodies: Sequence[SourceText]) -> None:
    """A program in the command itself that names a preserved file and destroys."""
    texts = [body.chars for body in bodies]
    for place, word in enumerate(words[1:-1], 1):
        if re.fullmatch(r"-[a-zA-Z]*[ce]|--eval|-r", word):
            texts.append(words[place + 1])
    others = list(positional(words[1:]))
    if os.path.basename(words[0]).endswith("awk"):
        texts += others[:1]
    elif not texts and others in ([], ["-"]):
        texts += [word for word in script.seen if " " in word]
    for text in texts:
        if _DESTROYS.search(text):
            quoted = [part for found in _QUOTED.findall(text) for part in _parts(found)]
            script.effects.refuse_if_mentioned(quoted, script.cwd, "what the code does")
    if any(re.fullmatch(r"-[a-z]*i.*", word) for word in words[1:3]):
        for path in others:
            script.effects.edit(path, script.cwd)


def _parts(text: str) -> list[str]:
    return [text, *text.split()] if " " in text else [text]


def evaluate(
    words: Sequence[str], script: Script, _bodies: Sequence[SourceText]
) -> None:
    """`eval WORDS`."""
    script.child(" ".join(words[1:]))


def alias(words: Sequence[str], script: Script, _bodies: Sequence[SourceText]) -> None:
    """`alias NAME=TEXT`: what it stands for is judged where it is made."""
    for word in words[1:]:
        script.child(word.partition("=")[2])


def trap(words: Sequence[str], script: Script, _bodies: Sequence[SourceText]) -> None:
    """`trap TEXT SIGNALS`."""
    for text in list(positional(words[1:]))[:1]:
        script.child(text)


def export(words: Sequence[str], script: Script, _bodies: Sequence[SourceText]) -> None:
    """`export NAME=VALUE`, and what else declares variables."""
    for word in words[1:]:
        found = _ASSIGNMENT.match(word)
        if found:
            script.assign(found[1], [found[2]])


def read(words: Sequence[str], script: Script, _bodies: Sequence[SourceText]) -> None:
    """`read NAME`: it may be any of the words that came before."""
    before = tuple(word for word in script.seen if word not in words)
    for name in positional(words[1:]):
        script.variables[name] = before[-200:] or (UNKNOWN,)
