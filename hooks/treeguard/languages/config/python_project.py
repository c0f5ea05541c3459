"""What a Python project's own files import by name and run.

pyproject.toml, setup.cfg, tox.ini, pytest.ini and other INI files, setup.py, noxfile.py
and tasks.py: entry points (https://packaging.python.org/specifications/entry-points/),
test runners' plugins, the commands of task runners, folders that are packed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from itertools import groupby

from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.shell.python_commands import pytest
from treeguard.languages.shell.runner import module_or_path
from treeguard.languages.shell.runner import pieces
from treeguard.languages.source_text import DOTTED
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import expand_defaults
from treeguard.languages.source_text import lines
from treeguard.languages.spans import Span
from treeguard.languages.spans import name_span
from treeguard.languages.spans import path_span
from treeguard.languages.toml_ini import ini_pairs
from treeguard.languages.toml_ini import toml_strings

Reader = Callable[[SourceText], Iterator[Span]]

_ENTRY_LINE = re.compile(rf"\s*[\w.-]+[^=#\n]*=\s*(?P<object>{DOTTED}(?:\s*:.*)?)")
_ENTRY_STRING = re.compile(
    r"""(?m)(?:^|["'])[ \t]*[\w.-]+[ \t]*=[ \t]*"""
    rf"""(?P<object>(?!lambda\b){DOTTED})"""
    r"""[ \t]*:[ \t]*[A-Za-z_][\w.]*[ \t]*(?:\[[\w, ]*\])?[ \t]*(?:["']|$)"""
)
_SESSION = re.compile(r"\.(?:run|install|run_always|chdir|cd)\((?P<words>[^()]*)\)")
_QUOTED = re.compile(r"""(?<![=\w])[rf]?(["'])(?P<value>(?:(?!\1)[^\\\n]|\\.)*)\1""")


def _script(text: SourceText) -> Iterator[Span]:
    return Shell().run(text)


def _arguments(text: SourceText) -> Iterator[Span]:
    return pytest([text.part(0, 0), *pieces(text, r"\s")], Shell())


def _path(text: SourceText) -> Iterator[Span]:
    return path_span(expand_defaults(text))


def _file(text: SourceText) -> Iterator[Span]:
    """`file: a.txt, b.txt` of setup.cfg's metadata."""
    if text.chars.startswith("file:"):
        for path in pieces(text.part(5), ",\n"):
            yield from path_span(path)
    elif text.chars.startswith("attr:"):
        yield from name_span(text.part(5))


def _object(text: SourceText) -> Iterator[Span]:
    return module_or_path(text, Shell())


def _entries(text: SourceText) -> Iterator[Span]:
    for line in lines(text):
        match = _ENTRY_LINE.match(line.chars)
        yield from name_span(line.group(match, "object")) if match else ()


def requirement_spans(text: SourceText) -> Iterator[Span]:
    """`-r file`, `-e folder` and `./folder` among a list of requirements."""
    for line in lines(text):
        match = re.match(r"\s*(?:(?:-[rce]|--\w+)[ =]*(?=\S)|(?=\.{1,2}/))", line.chars)
        yield from path_span(line.part(match.end())) if match else ()


# The dotted place of a string in a TOML file, and how that string is read.
_TOML: tuple[tuple[str, Reader], ...] = (
    (r"project\.(?:gui-)?scripts\..*|project\.entry-points\..*", name_span),
    (r"tool\.poetry\.(?:scripts|plugins)\..*", _object),
    (r"tool\.pytest(?:\.ini_options)?\.addopts", _arguments),
    (r"tool\.pytest(?:\.ini_options)?\.(?:testpaths|pythonpath)", _path),
    (r"tool\.pytest(?:\.ini_options)?\.DJANGO_SETTINGS_MODULE", name_span),
    (r"tool\.mypy\.plugins|tool\.pylint\..*load-plugins", _object),
    (r"tool\.django-stubs\.django_settings_module", name_span),
    (r"tool\.setuptools\.dynamic\..*\.attr|build-system\.build-backend", name_span),
    (r"tool\.setuptools\.dynamic\..*\.file|build-system\.backend-path", _path),
    (
        r"tool\.setuptools\.package-dir\..*|tool\.setuptools\.packages\.find\.where",
        _path,
    ),
    (r"tool\.setuptools\.(?:packages|py-modules)", name_span),
    (r"tool\.hatch\.version\.path", _path),
    (r"tool\.hatch\.build\..*(?:packages|only-include|force-include\.[^.]*)", _path),
    (r"tool\.poetry\.packages\.(?:include|from)|tool\.poetry\..*\.path", _path),
    (r"tool\.uv\.(?:sources\..*\.path|workspace\.members)", _path),
    (r"tool\.(?:poe|taskipy)\.tasks\..*script", _object),
    (r"tool\.(?:poe|taskipy)\.tasks\..*|tool\.pdm\.scripts\..*", _script),
    (r"tool\.hatch\.envs\..*scripts\..*|tool\.rye\.scripts\..*", _script),
    (r"tool\.cibuildwheel\..*(?:command|before-\w+)", _script),
    (r"(?:env|tool\.tox\.env)\w*\..*commands\w*|tasks\..*(?:cmd|run|depends)", _script),
    (r"tool\.tox\.legacy_tox_ini", lambda text: ini_spans(text)),
    (r"(?:build|processes|deploy)\.(?:dockerfile|.*)", lambda text: _deployed(text)),
)
# The section and the key of an INI file's value, and how that value is read.
_INI: tuple[tuple[str, Reader], ...] = (
    (r"entry_points\..*", name_span),
    (r"(?:tool:)?pytest\.addopts", _arguments),
    (r"(?:tool:)?pytest\.(?:testpaths|pythonpath)", lambda text: _path_list(text)),
    (r"(?:tool:)?pytest\.DJANGO_SETTINGS_MODULE", name_span),
    (r"(?:testenv|tox).*\.(?:commands\w*|allowlist_externals)", _script),
    (r"(?:testenv|tox).*\.(?:setenv|set_env)", _script),
    (r"(?:testenv|tox).*\.(?:changedir|change_dir)", _path),
    (r"(?:testenv|tox).*\.deps", requirement_spans),
    (r"mypy.*\.plugins|pylint.*\.load-plugins", lambda text: _object_list(text)),
    (r"metadata\..*", _file),
    (r"options\.(?:py_modules|packages)", lambda text: _object_list(text)),
    (r"flake8:local-plugins\..*", lambda text: _entries(text)),
    (r"alembic\.script_location|uwsgi\.(?:wsgi-file|chdir|pythonpath)", _path),
    (r"uwsgi\.(?:module|wsgi|mount)", name_span),
    (r"(?:program|eventlistener|fcgi-program):.*\.command", _script),
    (r"(?:program|eventlistener|fcgi-program):.*\.directory", _path),
    (r"(?:program|eventlistener|fcgi-program):.*\.environment", _script),
    (r"Service\.Exec\w+|Service\.Environment", _script),
    (r"Service\.WorkingDirectory", _path),
)


def _deployed(text: SourceText) -> Iterator[Span]:
    """fly.toml, netlify.toml: a Dockerfile's path, or a command."""
    if re.search(r"(?i)dockerfile", text.chars) and " " not in text.chars:
        yield from path_span(text)
    else:
        yield from Shell().run(text)


def _path_list(text: SourceText) -> Iterator[Span]:
    for path in pieces(text, r"\s,"):
        yield from path_span(path)


def _object_list(text: SourceText) -> Iterator[Span]:
    for name in pieces(text, r"\s,"):
        yield from _object(name)


def toml_spans(text: SourceText) -> Iterator[Span]:
    """Yield what the strings of a pyproject.toml, or another TOML file, use."""
    values = (found for found in toml_strings(text) if not found.is_key)
    for place, group in groupby(values, lambda found: (found.place, found.array)):
        strings = list(group)
        reader = _reader(_TOML, place[0])
        words = [string.text for string in strings]
        if reader is _arguments and len(words) > 1:
            yield from pytest([words[0].part(0, 0), *words], Shell())
        elif reader is _script and strings[0].nested:
            yield from Shell().command(words)
        elif reader:
            for word in words:
                yield from reader(word)


def ini_spans(text: SourceText) -> Iterator[Span]:
    """Yield what the values of an INI file use: setup.cfg, tox.ini, a systemd unit."""
    for section, key, value in ini_pairs(text):
        reader = _reader(_INI, f"{section}.{key.chars}") if key.chars else None
        yield from reader(value) if reader else ()


def _reader(table: tuple[tuple[str, Reader], ...], place: str) -> Reader | None:
    return next((read for key, read in table if re.fullmatch(key, place)), None)


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
