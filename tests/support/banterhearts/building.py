"""Makes the repository: its files in the commits of several authors, and its policy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from datetime import timezone
from pathlib import Path
from typing import NamedTuple

import git

from tests.support.banterhearts import archived
from tests.support.banterhearts import core
from tests.support.banterhearts import deploying
from tests.support.banterhearts import documents
from tests.support.banterhearts import enterprise
from tests.support.banterhearts import tooling
from tests.support.git import Repo
from tests.support.git import commit_files
from tests.support.git import make_repository
from tests.support.project import ROOT

PARTS = (core, enterprise, archived, deploying, documents, tooling)
FILES: dict[str, bytes] = {
    path: content if isinstance(content, bytes) else content.encode()
    for part in PARTS
    for path, content in {**part.FILES, **part.BINARY}.items()
}
EXECUTABLE = tuple(path for part in PARTS for path in part.EXECUTABLE)

_SECTION = re.compile(r"^# -{20,}\n# (.+)\n# -{20,}\n", re.MULTILINE)
_HERE_ONLY = re.compile(
    r"^(?:allow_empty = true|exclude = \[.*banterhearts only).*\n", re.M
)


class Work(NamedTuple):
    """Who wrote the files below which folders, and how it was called."""

    author: str
    subject: str
    prefixes: tuple[str, ...]


HISTORY = (
    Work("core maintainer", "The core", ("banterhearts/__init__", "LICENSE")),
    Work(
        "core maintainer",
        "Kernels, quantization, monitoring",
        (
            "banterhearts/ai_agent/",
            "banterhearts/optimization/",
            "banterhearts/quantization/",
            "banterhearts/compilation/",
            "banterhearts/monitoring/",
        ),
    ),
    Work("benchmark author", "Benchmarks", ("reports/", "scripts/ollama/")),
    Work(
        "simulation author",
        "Agents that learn",
        ("banterhearts/agents/", "banterhearts/live", "banterhearts/simple"),
    ),
    Work("simulation author", "Demos", ("scripts/demo/", "scripts/streamlit/")),
    Work(
        "platform engineer",
        "Adapters",
        ("banterhearts/observability/", "banterhearts/storage/", "scripts/"),
    ),
    Work("platform engineer", "Deployment", (*deploying.FILES, *tooling.FILES)),
    Work("documentation writer", "Documents", ("",)),
)

# Begun by their authors, and finished much later by somebody else.
FINISHED_LATER = (
    "banterhearts/agents/self_healing_pipeline.py",
    "banterhearts/storage/clickhouse_adapter.py",
    "docker-compose.yml",
    "docs/observability-setup.md",
)


def policy() -> str:
    """Our own policy.toml as its comment says: patch 13 alone, for banterhearts.

    Without the rules of treeguard's own source, and without what says that this
    repository lacks a place.
    """
    text = (ROOT / "policy.toml").read_text(encoding="utf-8")
    _comment, *sections = _SECTION.split(text)
    bodies = dict(zip(sections[::2], sections[1::2], strict=True))
    kept = [body for title, body in bodies.items() if "atch 13" in title]
    assert len(kept) == 2, list(bodies)
    head = text[text.index("[policy]") : text.index("\n# ---")]
    return _HERE_ONLY.sub("", "".join((head, *kept)))


def build(place: Path) -> Repo:
    """The repository at `place`, with the policy in its last commit."""
    repo = make_repository(place)
    left = {**FILES, **{path: _begun(FILES[path]) for path in FINISHED_LATER}}
    for day, work in enumerate(HISTORY, 1):
        mine = [path for path in left if path.startswith(work.prefixes)]
        files = {path: left.pop(path) for path in mine}
        commit(repo, files, work.author, work.subject, day)
    assert not left
    rest = {path: FILES[path] for path in FINISHED_LATER}
    commit(repo, rest, "second maintainer", "What was missing", 19)
    law = {"policy.toml": policy().encode()}
    commit(repo, law, "core maintainer", "Policy", 20)
    return repo


def _begun(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join(lines[: len(lines) // 2])


def commit(
    repo: Repo, files: Mapping[str, bytes], author: str, subject: str, day: int = 21
) -> str:
    """Write files, and commit them in the name of `author`; return the commit's id."""
    date = datetime(2025, 9, day, 12, tzinfo=timezone.utc)
    who = git.Actor(author.title(), f"{author.replace(' ', '.')}@example.org")
    return commit_files(repo, files, subject, who, date, EXECUTABLE)
