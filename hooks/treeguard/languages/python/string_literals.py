"""Find module names and paths in string literals, and in commands in strings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.python.scopes import Scope

_SOURCES = r"\.(?:py|sh|ipynb)"
_PATH = re.compile(rf"(?!/)(?:[\w.+-]+/)+[\w.+-]+{_SOURCES}")
_OPTIONS = r"(?:\s+-(?!m|c\b)\S+)*"
_INTERPRETER = rf"(?<![\w.-])(?:python[0-9.]*|pypy[0-9.]*)(?:\.exe)?{_OPTIONS}\s+"
_RUN_MODULE = re.compile(_INTERPRETER + r"-m\s*([A-Za-z_][\w.]*)")
_RUN_FILE = re.compile(_INTERPRETER + r"(?!/)([\w./+-]+\.py)\b")
_PYTHON = re.compile(r"(?:.*/)?(?:python|pypy)[0-9.]*(?:\.exe)?")


def dotted(text: str) -> str | None:
    """Return the module of `a.b` or `a.b:c`; None for any other string.

    Needs two identifiers at least: one alone is more often a word than a module.
    """
    module, colon, attribute = text.partition(":")
    if "." not in module or (colon and not _is_dotted(attribute)):
        return None
    return module if _is_dotted(module) else None


def mentions(text: str, is_argument: bool) -> Iterator[tuple[str, str]]:
    """Yield the kind and text of what a literal names; paths only in arguments."""
    module = dotted(text)
    if module is not None:
        yield STRING, module
    if is_argument and _PATH.fullmatch(text):
        yield PATH, text


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and text of what a command runs: `python -m a`, `python a.py`."""
    if "py" not in text:
        return
    for found in _RUN_MODULE.finditer(text):
        yield STRING, found[1].rstrip(".")
    for found in _RUN_FILE.finditer(text):
        yield PATH, found[1]


def run_as_module(node: ast.List | ast.Tuple, scope: Scope) -> ast.Constant | None:
    """Return the module's literal in `[sys.executable, "-m", "a.b"]`."""
    runs_python = False
    for item, after in zip(node.elts, node.elts[1:], strict=False):
        if _is_python(item, scope):
            runs_python = True
        if runs_python and isinstance(item, ast.Constant) and item.value == "-m":
            is_text = isinstance(after, ast.Constant) and isinstance(after.value, str)
            return after if is_text else None  # type: ignore[return-value]
    return None


def _is_python(node: ast.expr, scope: Scope) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(_PYTHON.fullmatch(node.value))
    if isinstance(node, ast.Attribute):
        return node.attr == "executable"
    return isinstance(node, ast.Name) and "python" in node.id.lower() and bool(scope)


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))
