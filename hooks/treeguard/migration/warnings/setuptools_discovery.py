"""New folders at the top, where setuptools looks for packages by itself.

With a flat layout and no list of packages it takes every folder at the top whose name
is not one of a few, and refuses to build when it finds several:
https://setuptools.pypa.io/en/latest/userguide/package_discovery.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.migration.context import MoveContext
from treeguard.plans import SideEffect
from treeguard.trees import TREE

_NEVER = re.compile(
    r"(?:ci|bin|debian|docs?|documentation|manpages|news|newsfragments|changelog"
    r"|tests?|unit_?tests?|examples?|scripts|tools|utils?|python|build|benchmarks?"
    r"|exercises?|htmlcov|tasks|fabfile|site_scons|src|node_modules)"
)
_LISTED = re.compile(
    rb"^\[tool\.setuptools\.packages|^(?:packages|py[-_]modules|ext[-_]modules)"
    rb"[ \t]*=[ \t]*(?:\[|find|\{|$)|\bpackages[ \t]*=|\bpy_modules[ \t]*=",
    re.MULTILINE,
)
_BACKEND = re.compile(rb"^build-backend[ \t]*=[ \t]*[\"']([\w.]+)", re.MULTILINE)
_FILES = ("pyproject.toml", "setup.cfg", "setup.py")


def found_by_setuptools(
    world: MoveContext, after: TreeAnalysis
) -> Iterator[SideEffect]:
    """Told once, of the file that asks for the build."""
    texts = [after.data(name) for name in _FILES if _is_file(after, name)]
    if not texts or any(_LISTED.search(text) for text in texts):
        return
    backend = _BACKEND.search(texts[0])
    if backend is not None and not backend[1].startswith(b"setuptools"):
        return
    before, now = _found(world.before), _found(after)
    if len(before) > 1 or len(now) < 2:
        return
    new = ", ".join(sorted(now - before))
    yield SideEffect(
        next(name for name in _FILES if _is_file(after, name)),
        None,
        f"setuptools looks for packages by itself, and finds {new} at the top too: it "
        "refuses to build from several",
        "list them: [tool.setuptools.packages.find] with `include`",
    )


def _found(analysis: TreeAnalysis) -> set[str]:
    """The folders at the top that a flat layout takes for packages."""
    if "src" in analysis.children(""):
        return set()
    return {
        name
        for name, entry in analysis.children("").items()
        if entry.mode == TREE and name.isidentifier() and not _NEVER.fullmatch(name)
    }


def _is_file(analysis: TreeAnalysis, path: str) -> bool:
    entry = analysis.entry(path)
    return entry is not None and entry.is_file
