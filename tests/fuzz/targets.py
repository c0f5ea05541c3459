"""What is fuzzed: functions from bytes to what they say, which must not crash.

Each may raise a `TreeguardError` (the input is at fault) and nothing else. What it
returns has to be the same every time, and what it asserts has to hold.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.migration.rewrite.python_worlds import a_world
from tests.stages.calls import verdict_of
from tests.support.git import Repo
from tests.support.memory import MemorySnapshot
from tests.support.memory import Symlink
from tests.support.patch13 import FILES
from tests.support.patch13 import POLICY
from tests.support.patch13 import build
from treeguard.analysis.store import Store
from treeguard.check import CheckRequest
from treeguard.check import check as judge
from treeguard.errors import TreeguardError
from treeguard.formats import agents_md
from treeguard.formats.registry import FORMATS
from treeguard.formats.registry import renderer
from treeguard.languages.assets import detect
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.python.extract import allows
from treeguard.languages.python.import_scan import candidates
from treeguard.languages.python.import_scan import needs_exact
from treeguard.languages.python.source_facts import source_facts
from treeguard.languages.references import references
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.rewriters import rewrite
from treeguard.policy.patterns import Patterns
from treeguard.policy.patterns import fault
from treeguard.repository.changes import parse_raw
from treeguard.repository.tree_objects import parse_tree
from treeguard.rules.registry import load
from treeguard.rules.registry import rule_text
from treeguard.stages import push
from treeguard.stages import receive
from treeguard.stages.agents import apply_patch as agent_patch

Target = Callable[[bytes], object]

_KINDS = ("dockerfile", "compose", "kubernetes", "helm", "terraform")
_NAMES = (
    "Makefile",
    "Dockerfile",
    "deploy/compose.yaml",
    ".github/workflows/ci.yml",
    ".gitlab-ci.yml",
    "azure-pipelines.yml",
    ".pre-commit-config.yaml",
    "pyproject.toml",
    "setup.cfg",
    "tox.ini",
    "package.json",
    "run.sh",
    "Procfile",
    "k8s/app.yaml",
)
REWRITTEN = (
    *_NAMES,
    "README.md",
    "docs/x.rst",
    ".gitignore",
    ".gitattributes",
    "CODEOWNERS",
    ".dockerignore",
    "k8s/kustomization.yaml",
    "MANIFEST.in",
    "tsconfig.json",
    ".vscode/launch.json",
    "run.ps1",
    "run.bat",
    "pkg/x.py",
    "n.ipynb",
    "notes.txt",
    "page.html",
    "data.csv",
    "x.pkl",
)
_TODAY = datetime.date(2026, 11, 22)


def policy(data: bytes) -> object:
    """Text of policy.toml, and what AGENTS.md would say of it."""
    found = load(data, "policy.toml", "fuzz")
    section = agents_md.render(map(rule_text, found.rules))
    once = agents_md.replace_in("Ours.\n", section)
    assert agents_md.replace_in(once, section) == once
    for rule in found.rules:
        assert rule.line <= data.count(b"\n") + 1
    return found


def patterns(data: bytes) -> object:
    """A line of paths, then gitignore patterns."""
    first, *rest = data.decode("utf-8", "surrogateescape").split("\n")
    lines = [line for line in rest if not fault(line)]
    found = Patterns(lines)
    said = []
    for path in ("a", "a/b.py", *_clean_paths(first)):
        means = found.match(path)
        whole = found.folder(path.rpartition("/")[0])
        assert whole is None or whole == means, (path, lines)
        said.append((path, means, whole))
    return said


def _clean_paths(text: str) -> list[str]:
    paths = [path.strip("/") for path in text.split(" ")]
    return [p for p in paths if p and "//" not in p and "\0" not in p]


def python(data: bytes) -> object:
    """Python source: exact facts, and the fast superset that must hold them all."""
    facts = source_facts(data, "python")
    fast = candidates(data)
    allows(data.decode("utf-8", "surrogateescape"))
    if not facts.error and not needs_exact(data):
        held = {(item.module, item.level) for item in fast}
        for item in facts.imports:
            if item.kind in (IMPORT, FROM):
                assert (item.module, item.level) in held, item
    return facts, fast


def stub(data: bytes) -> object:
    """A `.pyi` file."""
    return source_facts(data, "stub")


def notebook(data: bytes) -> object:
    """A notebook's JSON."""
    return source_facts(data, "notebook"), candidates(data)


def uses(data: bytes) -> object:
    """Files that are not Python: the first byte chooses the name."""
    path = _NAMES[data[0] % len(_NAMES)] if data else _NAMES[0]
    found = references(path, data[1:])
    lines = data[1:].count(b"\n") + data[1:].count(b"\r") + 1
    assert all(1 <= item.line <= lines for item in found)
    return found, detect(path, data[1:], _KINDS)


@cache
def _world(path: str, data: bytes) -> MoveContext:
    """A tree of a few files that move, and one of these bytes at `path`."""
    kept = {"pkg/__init__.py": b"", "docs/a.md": b"", "scripts/kept.sh": b""}
    moved = {
        "config/app.yaml": "deployment/config/app.yaml",
        "pkg/storage/db.py": "pkg/enterprise/storage/db.py",
        "Dockerfile": "deployment/docker/Dockerfile",
        "compose.yaml": "deployment/docker/compose.yaml",
        "scripts/demo/run.py": "garbage/demo/run.py",
        path: f"new/{path}",
    }
    return a_world({**kept, **dict.fromkeys(moved, b""), path: data}, moved)


def rewriters(data: bytes) -> object:
    """Every rewriter, on a file that moves: the first byte chooses the name."""
    path = REWRITTEN[data[0] % len(REWRITTEN)] if data else REWRITTEN[0]
    text = data[1:]
    edits, undecided = rewrite(path, text, _world(path, text))
    lines = len(re.findall(rb"\r\n?|\n", text)) + 1
    told = [one.line for one in edits] + [one.line for one in undecided]
    assert all(1 <= line <= lines for line in told), told
    try:
        return apply_edits(text, edits), undecided
    except ValueError:
        return edits, undecided  # two rewriters: the plan tells it


def tree(data: bytes) -> object:
    """A raw tree object."""
    return parse_tree("0" * 40, data), None


def raw(data: bytes) -> object:
    """Git's raw list of changes."""
    return parse_raw(data)


def pushed(data: bytes) -> object:
    """Lines on the stdin of pre-push and pre-receive."""
    return _told(push.read_lines, data), _told(receive.read_lines, data)


def _told(function: Target, data: bytes) -> object:
    try:
        return function(data)
    except TreeguardError as error:
        return str(error)


def patch(data: bytes) -> object:
    """The text of Codex's apply_patch, on a file of a few lines."""
    text = data.decode("utf-8", "surrogateescape")
    found = []
    for section in agent_patch.sections(text):
        found.append(agent_patch.added(section))
        found.append(agent_patch.updated(section, b"one\ntwo\n\nthree\n"))
    return found


@cache
def _repository() -> Repo:
    place = Path(tempfile.mkdtemp(prefix="treeguard-fuzz-"))
    return build(place / "repo")


def agent(data: bytes) -> object:
    """A tool call's JSON; text that is no JSON is a shell command."""
    if not data.lstrip().startswith((b"{", b"[")):
        text = data.decode("utf-8", "surrogateescape")
        call = {"tool_name": "Bash", "tool_input": {"command": text}}
        data = json.dumps(call).encode()
    return verdict_of(_repository(), data)


def check(data: bytes) -> object:
    """Whole trees: `path NUL content NUL ...` laid over a repository, and each format.

    A content that begins with `->` is a link; one that is `-` removes the file.
    """
    files: dict[str, bytes | str] = dict(FILES)
    fields = data.split(b"\0")
    for name, content in zip(fields[::2], fields[1::2], strict=False):
        _put(files, os.fsdecode(name).strip("/"), content)
    old = MemorySnapshot(dict(FILES), "HEAD")
    new = MemorySnapshot(files, "the index")
    text = files.get("policy.toml", POLICY)
    law = load(text if isinstance(text, bytes) else text.encode(), "policy.toml", "x")
    store = Store(None)
    report = judge(CheckRequest.of(law, [old], new, store)._replace(today=_TODAY))
    for form in FORMATS:
        renderer(form)(report, color=False)
    return [finding.fingerprint for finding in report.findings]


def _put(files: dict[str, bytes | str], path: str, content: bytes) -> None:
    parts = path.split("/")
    if not path or any(part in ("", ".", "..", ".git") for part in parts):
        return
    above = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
    below = [other for other in files if other.startswith(f"{path}/")]
    if content == b"-":
        files.pop(path, None)
    elif not below and not any(folder in files for folder in above):
        link = content.startswith(b"->")
        files[path] = Symlink(os.fsdecode(content[2:])) if link else content


TARGETS: dict[str, Target] = {
    "policy": policy,
    "patterns": patterns,
    "python": python,
    "stub": stub,
    "notebook": notebook,
    "uses": uses,
    "rewriters": rewriters,
    "tree": tree,
    "raw": raw,
    "pushed": pushed,
    "patch": patch,
    "agent": agent,
    "check": check,
}


def outcome(target: Target, data: bytes) -> str:
    """What a target says of an input; any other exception than ours gets out."""
    try:
        return repr(target(data))
    except TreeguardError as error:
        return f"{type(error).__name__}: {error.message}"
