"""Tell which paths hold Python source, and in which form."""

from __future__ import annotations

import re
from functools import lru_cache

from treeguard.languages.facts import OF_MAIN
from treeguard.languages.facts import OF_SCRIPT
from treeguard.languages.facts import SearchPath

PYTHON = "python"
STUB = "stub"
NOTEBOOK = "notebook"
COMPILED = "compiled"

_LANGUAGES = {".py": PYTHON, ".pyw": PYTHON, ".pyi": STUB, ".ipynb": NOTEBOOK}
# What is imported where there is no source; in `__pycache__` it is only read beside one
# (PEP 3147, "Case 3: sourceless imports").
_LANGUAGES[".pyc"] = COMPILED
_CACHE = "__pycache__"
# What runs by itself, or is no text: no first line is looked for.
_BINARY = {".so", ".dll", ".exe", ".bin", ".png", ".jpg", ".gif", ".pdf", ".zip", ".gz"}
_BINARY |= {".jar", ".whl", ".pyd", ".o", ".a", ".dylib", ".ttf", ".woff2"}
# `#!/usr/bin/env -S python3 -u`, `#!/opt/pypy3`, `#!python` (which installers replace,
# binary distribution format, "Recommended installer features"), free-threaded and debug
# builds (`python3.13t`, `python3d`, Debian's `python3-dbg`, Fedora's `python3-debug`),
# inline-metadata scripts (PEP 723), whose first line names a runner: `uv run`,
# `pipx run`; and the shell that pip starts a long path of Python by (`'''exec' ...`).
SHEBANG = re.compile(
    rb"#!(?:(?:|[^\r\n]*(?:[/ \t\\\"']|-v?S|=))"
    rb"(?:python|ipython|pypy|jython|graalpy)[0-9.]*[tdmuw]*(?:-dbg|-debug|_d)?(?:\.exe)?"
    rb"(?=[\s\"']|$)"
    rb"|[^\r\n]*[/ \t](?:uv|pipx)(?:[ \t]+-\S+)*[ \t]+run\b"
    rb"|/\S+sh\s*\r?\n[\"']+exec[\"']+\s+[^\r\n]*[/\"'](?:python|pypy)[0-9.]*)"
)
_MAIN = re.compile(
    rb"""\b__name__\s*==\s*["']__main__["']|["']__main__["']\s*==\s*__name__\b"""
)


def language(path: str, mode: int, head: bytes) -> str | None:
    """Return `python`, `stub`, `notebook`, `compiled`, or None for anything else.

    `head` is the beginning of the file, its whole first line at least; it is read
    only where the path has no extension, or one that does not say what an executable
    file is. Links and submodules are never Python.
    """
    if not maybe_python(path, mode):
        return None
    known = _LANGUAGES.get(_extension(path))
    return known or (PYTHON if SHEBANG.match(head) else None)


def maybe_python(path: str, mode: int) -> bool:
    """Return True if `language` could answer something for this path, by path alone."""
    if not _is_regular(mode):
        return False
    extension = _extension(path)
    if extension == ".pyc":
        return path.rpartition("/")[0].rpartition("/")[2] != _CACHE
    if not extension or extension in _LANGUAGES:
        return True
    return mode & 0o111 != 0 and extension not in _BINARY


def own_search_path(source: str | bytes) -> SearchPath:
    """Return the folder that Python puts first on `sys.path` for a source of its own.

    That is a script's own folder. It is one by its shebang, or by a `__main__` guard.
    """
    text = source.encode("utf-8", "replace") if isinstance(source, str) else source
    if text.startswith(b"#!") and SHEBANG.match(text):
        return OF_SCRIPT
    return OF_MAIN if b"__main__" in text and _MAIN.search(text) else ()


def python_alike(folder: str, ending: str, mode: int) -> bool:
    """Return True if a file in a folder whose name has this ending may be Python."""
    return maybe_python(f"{folder}/x{ending}", mode)


def _is_regular(mode: int) -> bool:
    return mode & 0o170000 == 0o100000


# Several queries ask for one path in turn.
@lru_cache(maxsize=1)
def _extension(path: str) -> str:
    """Return `.py` for `a/b.PY`, and nothing for `a.d/b` or `.profile`."""
    name = path.rpartition("/")[2].lstrip(".")
    stem, dot, extension = name.rpartition(".")
    return dot + extension.lower() if stem or dot else ""
