"""A small repository that is to get another layout: the one of the migration guide."""

from __future__ import annotations

from pathlib import Path

from tests.support.git import Repo
from tests.support.git import commit_files
from tests.support.git import make_repository

FILES = {
    "CHANGELOG.md": "# Changelog\n\n- The healer: see [its page](docs/healer.md).\n",
    "Dockerfile": (
        "FROM python:3.11-slim\nCOPY config/ /etc/banterhearts/\nCOPY . /app\n"
    ),
    "README.md": (
        "# Banterhearts\n\nA [healer](docs/healer.md), configured in config/app.yaml.\n"
    ),
    "banterhearts/__init__.py": "",
    "banterhearts/agents/__init__.py": "",
    "banterhearts/agents/healer.py": (
        "from ..monitoring import metrics\n\n\n"
        "def heal() -> None:\n    metrics.record('healed')\n"
    ),
    "banterhearts/monitoring/__init__.py": "",
    "banterhearts/monitoring/metrics.py": (
        "def record(name: str) -> None:\n    print(name)\n"
    ),
    "config/app.yaml": "port: 8080\n",
    "docker-compose.yml": (
        "services:\n  app:\n    build: .\n    volumes:\n"
        "      - ./config:/etc/banterhearts:ro\n"
    ),
    "docs/healer.md": (
        "# The healer\n\n[Its source](../banterhearts/agents/healer.py).\n"
    ),
    "reports/run_1.json": '{"tokens_per_second": 42.1}\n',
    "scripts/demo.py": ("from banterhearts.agents.healer import heal\n\nheal()\n"),
}


def build(place: Path) -> Repo:
    """Make the repository at `place`, in one commit."""
    repo = make_repository(place)
    commit_files(repo, FILES, "Banterhearts")
    return repo
