"""What a file that is not Python runs, copies, or imports by name.

Only uses count: a comment, prose, an ignore list, a lint or coverage pattern and text
that is merely printed are none. Every format has one reader in `languages.config`; a
file that its format's parser refuses is read line by line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from importlib import import_module

from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.facts import Import
from treeguard.languages.source_text import Use
from treeguard.languages.source_text import whole

# A path's pattern, and the module and function that read such a file. First match wins.
_READERS: tuple[tuple[str, str, str], ...] = (
    (r"(?:.*[._-])?(?:Docker|Container)file(?:[._-].*)?", "dockerfile", "uses"),
    (r"\.pre-commit-(?:config|hooks)\.ya?ml", "yaml_files", "precommit_uses"),
    (r".*\.ya?ml(?:\.(?:j2|tmpl|template|dist|example|sample))?", "yaml_files", "uses"),
    (r"(?:GNU)?[Mm]akefile(?:\..*)?|.*\.(?:mk|mak|make)", "makefile", "uses"),
    (r"\.?[Jj]ustfile|.*\.just", "makefile", "uses"),
    (r"pyproject\.toml|.*\.toml|Pipfile", "python_project", "toml_uses"),
    (r".*\.(?:cfg|ini|conf|service|timer)", "python_project", "ini_uses"),
    (r"setup\.py|entry_points\.txt", "python_project", "entry_point_uses"),
    (r"noxfile\.py|tasks\.py", "python_project", "session_uses"),
    (r"MANIFEST\.in", "python_project", "manifest_uses"),
    (r"Jenkinsfile(?:\..*)?", "script_files", "jenkins_uses"),
    (r"package\.json", "json_files", "package_uses"),
    (
        r"(?:launch|tasks|devcontainer|\.devcontainer)\.json",
        "json_files",
        "editor_uses",
    ),
    (r"Procfile(?:\..*)?", "script_files", "process_uses"),
    (r"(?:.*[._-])?crontab(?:[._-].*)?|.*\.cron", "script_files", "schedule_uses"),
    (r".*\.(?:ps1|psm1)", "script_files", "powershell_uses"),
    (r".*\.(?:bat|cmd)", "script_files", "batch_uses"),
    (
        r".*\.(?:sh|bash|zsh|ksh|bats|command|envrc|env)|\.envrc",
        "script_files",
        "shell_uses",
    ),
    (r"\.env(?:\..*)?|\.(?:bashrc|profile|bash_profile)", "script_files", "shell_uses"),
    (
        r"requirements.*\.(?:txt|in)|constraints.*\.txt",
        "python_project",
        "requirement_uses",
    ),
)
_NAMES = re.compile(
    "|".join(f"(?P<r{n}>{pattern})" for n, (pattern, _, _) in enumerate(_READERS))
)
_SHEBANG = re.compile(rb"#!\s*\S*?(?:/|\s)(?:env\s+(?:-S\s+)?)?(?:ba|z|da|k|a)?sh\b")
_NEVER = re.compile(r"license.*|copying.*|authors.*|notice.*|codeowners", re.IGNORECASE)


def may_refer(path: str) -> bool:
    """Say, by its path alone, whether a file could use others.

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
    found = {use for use in uses_in(path, data, chars) if use.kind in (PATH, STRING)}
    return tuple(_placed(chars, found))


def uses_in(path: str, data: bytes, chars: str) -> Iterator[Use]:
    """Yield the uses in the file at `path`, whose bytes say `chars`, by offsets."""
    reader = reader_of(path, data)
    if reader is not None:
        module, function = reader
        read = getattr(import_module(f"treeguard.languages.config.{module}"), function)
        yield from read(whole(chars))


def reader_of(path: str, data: bytes) -> tuple[str, str] | None:
    """The module of `languages.config`, and its function, that reads a file."""
    return _reader(path) or _by_content(path, data)


def _reader(path: str) -> tuple[str, str] | None:
    folder, _, name = path.rpartition("/")
    match = _NAMES.fullmatch(name)
    if match and match.lastgroup:
        return _READERS[int(match.lastgroup[1:])][1:]
    return ("script_files", "schedule_uses") if _scheduled(folder) else None


def _scheduled(folder: str) -> bool:
    return folder.rpartition("/")[2] in ("cron.d", "crontabs")


def _may_be_script(name: str) -> bool:
    return "." not in name.lstrip(".") and not _NEVER.fullmatch(name)


def _by_content(path: str, data: bytes) -> tuple[str, str] | None:
    name = path.rpartition("/")[2]
    if _may_be_script(name) and _SHEBANG.match(data):
        return "script_files", "shell_uses"
    return None


def _decoded(data: bytes) -> str:
    """Return a file's text; bytes that are none are kept, one character each."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # PowerShell writes UTF-16
        return data.decode("utf-16", "replace")
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


def _placed(chars: str, uses: set[Use]) -> Iterator[Import]:
    starts = [0, *(match.end() for match in re.finditer("\n", chars))]
    for use in sorted(uses, key=lambda use: (use.start, use.end, use.module)):
        line = bisect_right(starts, use.start)
        last = bisect_right(starts, use.end - 1)
        yield Import(
            line,
            use.start - starts[line - 1] + 1,
            last,
            use.end - starts[last - 1] + 1,
            use.kind,
            use.module,
            prefix=use.prefix,
        )
