"""Plain words of a command that may name a folder: `mypy src`, `rm -r build`.

Only of programs that work on folders, since elsewhere such a word is most likely the
name of a task, a branch or a package. Linters take paths and nothing else, so that a
word of theirs is one, if it is no option's value.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.languages.shell.python_commands import INTERPRETER
from treeguard.languages.shell.runner import Words
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import word_set
from treeguard.languages.spans import WORD
from treeguard.languages.spans import Span
from treeguard.languages.spans import bare_span

_LINTERS = word_set(
    "ruff black isort mypy flake8 pylint pyright basedpyright bandit codespell vulture"
    " pyupgrade pydocstyle pycodestyle pyflakes autoflake yapf autopep8 interrogate"
    " radon yamllint"
)
_OTHERS = word_set(
    "pytest py.test ls rm rmdir mkdir find du tar zip chmod chown touch tree rsync"
    " cp mv sphinx-build sphinx-apidoc prettier eslint"
)
_VERBS = word_set("check format lint")
_RUNNERS = word_set("uv poetry pipenv pdm rye hatch sudo time xargs run -m")
_FARTHEST = 6


def plain_words(words: Words, folder: str) -> Iterator[Span]:
    """Yield a use of each word without a slash or an ending that may be a folder."""
    at = _program(words)
    if at < 0:
        return
    takes_paths, after_option = _name(words[at]) in _LINTERS, False
    for index, word in enumerate(words[at + 1 :]):
        is_option = word.chars.startswith("-")
        value = word.part(word.chars.find("=") + 1)
        is_verb = index == 0 and word.chars in _VERBS
        for span in () if is_verb else bare_span(value if is_option else word, folder):
            is_path = takes_paths and not is_option and not after_option
            yield span._replace(kind=WORD) if is_path else span
        after_option = is_option and "=" not in word.chars


def _program(words: Words) -> int:
    """Where the program stands: first, or behind what runs it; -1 if it is another."""
    for index, word in enumerate(words[:_FARTHEST]):
        name = _name(word)
        if name in _LINTERS or name in _OTHERS:
            return index
        if not (name in _RUNNERS or INTERPRETER.fullmatch(name) or "=" in name):
            return -1
    return -1


def _name(word: SourceText) -> str:
    return word.chars.rpartition("/")[2]
