"""Find what a file that is not Python runs, copies, or imports by name.

Only uses count: a comment, prose, an ignore list, a lint or coverage pattern and text
that is merely printed are none. Every format has one reader; a
file that its format's parser refuses is read line by line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module

from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.facts import Import
from treeguard.languages.facts import is_name
from treeguard.languages.source_text import from_file
from treeguard.languages.spans import USES
from treeguard.languages.spans import Span
from treeguard.languages.spans import with_quote

# A path's pattern, and the module and function that read such a file. First match wins.
_READERS: tuple[tuple[str, str, str], ...] = (
    (r"(?:.*[._-])?(?:Docker|Container)file(?:[._-].*)?", "dockerfile", "spans"),
    (
        r".*\.ya?ml(?:\.(?:j2|tmpl|template|dist|example|sample))?",
        "yaml_files",
        "spans",
    ),
    (r"(?:GNU)?[Mm]akefile(?:\..*)?|.*\.(?:mk|mak|make)", "makefile", "spans"),
    (r"\.?[Jj]ustfile|.*\.just", "makefile", "spans"),
    (r"pyproject\.toml|.*\.toml|Pipfile", "toml_ini", "toml_spans"),
    (
        r".*\.(?:cfg|ini|conf|service|timer)|\.(?:coveragerc|flake8|bandit|pylintrc)"
        r"|(?:sonar-project|\.sonarcloud)\.properties|\.importlinter",
        "toml_ini",
        "ini_spans",
    ),
    (r"setup\.py|entry_points\.txt", "python_project", "entry_point_spans"),
    (r"noxfile\.py|tasks\.py", "python_project", "session_spans"),
    (r"MANIFEST\.in", "python_project", "manifest_spans"),
    (r"Jenkinsfile(?:\..*)?", "script_files", "jenkins_spans"),
    (
        r"(?:package|launch|tasks|settings|\.?devcontainer|pyrightconfig|vercel|firebase"
        r"|lerna|turbo|nx|project|angular|workspace|rush|release-please-config"
        r"|(?:ts|js)config[^/]*|\.?renovate(?:rc)?|\.?cspell|\.markdownlint-cli2"
        r"|.*bake.*)\.jsonc?|(?:biome|renovate|nx|turbo)\.json[c5]|.*\.code-workspace"
        r"|\.(?:renovaterc|eslintrc|prettierrc|stylelintrc|lintstagedrc|jscpd)"
        r"(?:\.json5?)?|\.pyre_configuration(?:\.local)?",
        "json_files",
        "spans",
    ),
    (r".*bake.*\.hcl|terragrunt\.hcl|.*\.tf", "hcl_files", "spans"),
    (
        r"BUILD(?:\.bazel)?|BUCK|WORKSPACE(?:\.bazel|\.bzlmod)?|MODULE\.bazel|.*\.bzl",
        "bazel",
        "spans",
    ),
    (r".*\.bazelrc", "bazel", "rc_spans"),
    (r"Kustomization|\.ansible-lint", "yaml_files", "spans"),
    (r"Procfile(?:\..*)?", "script_files", "process_spans"),
    (r"(?:.*[._-])?crontab(?:[._-].*)?|.*\.cron", "script_files", "schedule_spans"),
    (r".*\.(?:ps1|psm1)", "script_files", "powershell_spans"),
    (r".*\.(?:bat|cmd)", "script_files", "batch_spans"),
    (
        r".*\.(?:sh|bash|zsh|ksh|bats|command|envrc|env)|\.envrc",
        "script_files",
        "shell_spans",
    ),
    (
        r"\.env(?:\..*)?|\.(?:bashrc|profile|bash_profile)",
        "script_files",
        "shell_spans",
    ),
    (
        r"(?:.*[._-])?(?:requirements|constraints).*\.(?:txt|in|pip)",
        "requirement_files",
        "spans",
    ),
)
# In a folder named requirements/ these are such lists, whatever their names.
_LISTS = (".txt", ".in", ".pip")
_PART = re.compile(r"[./\\:\s'\"=,;(){}\[\]<>|&$]+")
_WORD = re.compile(r"\w+")
# Readers that take the path as well: what keys hold depends on the file's name.
_BY_PATH = frozenset({"yaml_files", "json_files", "toml_ini", "hcl_files"})
_NAMES = re.compile(
    "|".join(f"(?P<r{n}>{pattern})" for n, (pattern, _, _) in enumerate(_READERS))
)
_SHEBANG = re.compile(rb"#!\s*\S*?(?:/|\s)(?:env\s+(?:-S\s+)?)?(?:ba|z|da|k|a)?sh\b")
_NEVER = re.compile(r"license.*|copying.*|authors.*|notice.*|codeowners", re.IGNORECASE)


def may_refer(path: str) -> bool:
    """Return, by its path alone, whether a file could use others.

    A file without an extension may be a shell script or a crontab, so it may.
    """
    folder, _, name = path.rpartition("/")
    return _reader(path) is not None or _may_be_script(name) or _scheduled(folder)


def references(path: str, data: bytes) -> tuple[Import, ...]:
    """Return what a file uses, in order of place: kinds `string` and `path`.

    A path is given as written where it is relative to the file's folder or to the
    repository's root, joined where a `cd`, a working directory or a build context
    precedes it. Never raises, whatever the bytes are.
    """
    chars = _decoded(data)
    spans = spans_in(path, data, chars)
    found = {span for span in spans if span.kind in USES and is_name(span.text)}
    words = _Words(chars)
    return tuple(_placed(chars, {span for span in found if words.spell(span)}))


class _Words:
    """The words of a file: a name that it does not spell is nobody's honest use.

    The rules' search for the words of a zone passes by a file without them. So what a
    file says must not depend on its other lines.
    """

    def __init__(self, chars: str) -> None:
        self._chars = chars

    def spell(self, span: Span) -> bool:
        """Return True if the file holds each part of a span's name or path."""
        written = self._chars[span.start : span.end]
        parts = _PART.split(span.text)
        return all(part in written or part in self._all for part in parts)

    @cached_property
    def _all(self) -> frozenset[str]:
        parts = _PART.split(self._chars)
        return frozenset(
            word for part in parts for word in (part, *_WORD.findall(part))
        )


def spans_in(path: str, data: bytes, chars: str) -> Iterator[Span]:
    """Yield the spans of the file at `path`, whose bytes are `chars`, in any order."""
    reader = reader_of(path, data)
    if reader is None:
        return
    module, function = reader
    read = getattr(import_module(f"treeguard.languages.{module}"), function)
    text = from_file(chars)
    for span in read(text, path) if module in _BY_PATH else read(text):
        yield with_quote(span, chars)


def reader_of(path: str, data: bytes) -> tuple[str, str] | None:
    """Return the module of `languages`, and its function, that reads a file."""
    return _reader(path) or _by_content(path, data)


def _reader(path: str) -> tuple[str, str] | None:
    folder, _, name = path.rpartition("/")
    match = _NAMES.fullmatch(name)
    if match and match.lastgroup:
        return _READERS[int(match.lastgroup[1:])][1:]
    if folder.rpartition("/")[2] == "requirements" and name.endswith(_LISTS):
        return "requirement_files", "spans"
    return ("script_files", "schedule_spans") if _scheduled(folder) else None


def _scheduled(folder: str) -> bool:
    return folder.rpartition("/")[2] in ("cron.d", "crontabs")


def _may_be_script(name: str) -> bool:
    return "." not in name.lstrip(".") and not _NEVER.fullmatch(name)


def _by_content(path: str, data: bytes) -> tuple[str, str] | None:
    name = path.rpartition("/")[2]
    if _may_be_script(name) and _SHEBANG.match(data):
        return "script_files", "shell_spans"
    return None


def _decoded(data: bytes) -> str:
    """Return a file's text; bytes that are none are kept, one character each."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # PowerShell writes UTF-16
        return data.decode("utf-16", "replace")
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


def _placed(chars: str, spans: set[Span]) -> Iterator[Import]:
    starts = [0, *(match.end() for match in re.finditer("\n", chars))]
    for span in sorted(spans, key=lambda span: (span.start, span.end, span.text)):
        line = bisect_right(starts, span.start)
        last = bisect_right(starts, span.end - 1)
        yield Import(
            line,
            span.start - starts[line - 1] + 1,
            last,
            span.end - starts[last - 1] + 1,
            STRING if span.kind == STRING else PATH,
            span.text,
            prefix=span.open_end,
        )
