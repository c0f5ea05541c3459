"""A repository shaped as after patch 13, its policy, and ways to break it.

`VIOLATIONS` and `KEPT` hold, for each kind of rule, the smallest change that breaks it
and the nearest change that does not.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tests.support.git import Repo
from tests.support.git import commit_files
from tests.support.git import make_repository

POLICY = """\
[policy]
version = 1

[rules.no-garbage-imports]
kind = "forbidden"
zone = ["garbage/"]
references = true
reason = "garbage/ is an archive of simulations: port what you need."

[rules.enterprise-isolated]
kind = "isolated"
zone = ["banterhearts/enterprise/"]
entrances = ["banterhearts/tests/enterprise/"]
owns = ["datadog", "clickhouse_connect"]
uses = ["banterhearts/monitoring/"]
independent = [
    "banterhearts/enterprise/observability/",
    "banterhearts/enterprise/storage/",
]
reason = "adapters stay behind one door."

[rules.deployment-assets]
kind = "placed"
files = ["Dockerfile*", "docker-compose*.y*ml", "/k8s/", "/install.*", "/config/"]
detect = ["dockerfile", "compose", "kubernetes"]
under = ["deployment/"]
allow_empty = true
reason = "deployment assets live in deployment/."

[rules.reports-kept]
kind = "preserved"
paths = ["reports/"]
reason = "benchmark data cannot be measured again."

[rules.readmes]
kind = "required"
files = [
    "garbage/README.md",
    "banterhearts/enterprise/README.md",
    "deployment/README.md",
    "reports/README.md",
]
reason = "each room explains itself."

[rules.core-shape]
kind = "closed"
folder = "banterhearts/"
children = [
    "__init__.py", "ai_agent/", "optimization/", "quantization/", "compilation/",
    "monitoring/", "enterprise/", "tests/",
]
reason = "the core has these parts and no others."

[rules.core-layers]
kind = "layers"
layers = [
    "banterhearts/ai_agent/",
    ["banterhearts/optimization/", "banterhearts/quantization/"],
    "banterhearts/monitoring/",
]
reason = "imports between the core's parts go down only."

[rules.old-homes]
kind = "vacated"
reason = "patch 13 moved these away for good."

[migration]
id = "patch-13"
title = "Major codebase refactoring & organization"
record = "patches/patch_13.md"
frozen = ["CHANGELOG.md", "patches/"]

[[migration.move]]
from = ["banterhearts/agents/"]
to = "garbage/agents/"
reason = "simulation"

[[migration.move]]
from = ["scripts/demo/"]
to = "garbage/demo/"
reason = "demos with simulated data"
"""

_PACKAGES = ("ai_agent", "optimization", "quantization", "compilation", "monitoring")

FILES: dict[str, str] = {
    "policy.toml": POLICY,
    "banterhearts/__init__.py": "",
    **{f"banterhearts/{name}/__init__.py": "" for name in _PACKAGES},
    "banterhearts/ai_agent/agent.py": (
        "from banterhearts.monitoring import metrics\n"
        "from banterhearts.optimization.kernel import tune\n\n"
        "print(metrics.NAME, tune)\n"
    ),
    "banterhearts/optimization/kernel.py": (
        "from banterhearts.monitoring.metrics import NAME\n\n\n"
        "def tune() -> str:\n    return NAME\n"
    ),
    "banterhearts/quantization/model.py": "BITS = 8\n",
    "banterhearts/compilation/model.py": "TARGET = 'cuda'\n",
    "banterhearts/monitoring/metrics.py": "NAME = 'banterhearts'\n",
    "banterhearts/enterprise/README.md": "# Enterprise\n",
    "banterhearts/enterprise/__init__.py": "",
    "banterhearts/enterprise/observability/__init__.py": "",
    "banterhearts/enterprise/observability/datadog_adapter.py": (
        "import datadog\n\n"
        "from banterhearts.monitoring import metrics\n\n"
        "print(datadog, metrics)\n"
    ),
    "banterhearts/enterprise/storage/__init__.py": "",
    "banterhearts/enterprise/storage/clickhouse_adapter.py": (
        "import clickhouse_connect\n\nprint(clickhouse_connect)\n"
    ),
    "banterhearts/enterprise/scripts/push_benchmarks.py": (
        "from banterhearts.enterprise.storage import clickhouse_adapter\n\n"
        "print(clickhouse_adapter)\n"
    ),
    "banterhearts/tests/__init__.py": "",
    "banterhearts/tests/test_kernel.py": (
        "from banterhearts.optimization import kernel\n\nprint(kernel)\n"
    ),
    "banterhearts/tests/enterprise/__init__.py": "",
    "banterhearts/tests/enterprise/test_datadog.py": (
        "from banterhearts.enterprise.observability import datadog_adapter\n\n"
        "print(datadog_adapter)\n"
    ),
    "garbage/README.md": "# Archived simulations\n",
    "garbage/agents/__init__.py": "",
    "garbage/agents/self_healing_pipeline.py": "def heal() -> None: ...\n",
    "garbage/agents/openai_intelligence.py": (
        "from garbage.agents.self_healing_pipeline import heal\n\nheal()\n"
    ),
    "garbage/demo/live_demo.py": "print('simulated')\n",
    "deployment/README.md": "# Deployment\n",
    "deployment/docker/Dockerfile": "FROM python:3.11-slim\nCOPY . /app\n",
    "deployment/docker/docker-compose.yml": (
        "services:\n  app:\n    image: banterhearts:latest\n"
    ),
    "deployment/kubernetes/app.yaml": (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: app\n"
    ),
    "deployment/scripts/install.sh": "#!/bin/sh\necho installed\n",
    "deployment/config/app.yaml": "port: 80\n",
    "reports/README.md": "# Benchmarks\n",
    "reports/gemma3/run_1.json": '{"tokens_per_second": 42.1}\n',
    "reports/llama3/run_1.json": '{"tokens_per_second": 37.9}\n',
    "reports/Technical_Report_108.md": "# Technical report 108\n\nAll data.\n",
    "scripts/ollama/bench.py": "print('bench')\n",
    "docs/README.md": "# Documentation\n",
    "docs/ai_agent/README.md": "# The agent\n",
    "patches/patch_13.md": "# Patch 13\n",
}


class Edit(NamedTuple):
    """Files to write and files to remove, all staged."""

    write: dict[str, str]
    remove: tuple[str, ...] = ()


AGENT = "banterhearts/ai_agent/agent.py"
METRICS = "banterhearts/monitoring/metrics.py"

VIOLATIONS: dict[str, Edit] = {
    "forbidden": Edit(
        {AGENT: "import os\n\nfrom garbage.agents import self_healing_pipeline\n"}
    ),
    "isolated": Edit({METRICS: "NAME = 'banterhearts'\nimport datadog\n"}),
    "placed": Edit({"Dockerfile": "FROM python:3.11-slim\n"}),
    "preserved": Edit({}, ("reports/gemma3/run_1.json",)),
    "required": Edit({}, ("deployment/README.md",)),
    "closed": Edit({"banterhearts/agents2/__init__.py": ""}),
    "layers": Edit({METRICS: "from banterhearts.ai_agent import agent\n"}),
    "vacated": Edit({"scripts/demo/again.py": "print('again')\n"}),
}

KEPT: dict[str, Edit] = {
    "forbidden": Edit(
        {
            AGENT: "import garbage_utils\n# from garbage import agents\n",
            "garbage/demo/second.py": "import garbage.agents\n",
        }
    ),
    "isolated": Edit(
        {
            "banterhearts/enterprise/storage/second.py": "import clickhouse_connect\n",
            "banterhearts/tests/enterprise/test_second.py": (
                "import banterhearts.enterprise.storage.second\n"
            ),
        }
    ),
    "placed": Edit({"deployment/docker/Dockerfile.gpu": "FROM nvidia/cuda\n"}),
    "preserved": Edit(
        {
            "reports/gemma3/run_2.json": "{}\n",
            "reports/llama3/run_1.json": '{"tokens_per_second": 38.0}\n',
        }
    ),
    "required": Edit({"deployment/README.md": "# How to deploy\n"}),
    "closed": Edit({"banterhearts/ai_agent/tools.py": "TOOLS = ()\n"}),
    "layers": Edit(
        {AGENT: "from banterhearts.quantization import model\nprint(model)\n"}
    ),
    "vacated": Edit({"garbage/demo/again.py": "print('again')\n"}),
}


def build(path: Path, extra: dict[str, str] | None = None) -> Repo:
    """Make the repository at `path`, with `extra` files, in one commit."""
    repo = make_repository(path)
    commit_files(repo, {**FILES, **(extra or {})}, "Patch 13")
    return repo


def build_unguarded(path: Path) -> Repo:
    """Make the same repository without a policy."""
    repo = build(path)
    repo.run("rm", "-q", "policy.toml")
    repo.commit("No policy")
    return repo


def apply(repo: Repo, edit: Edit) -> None:
    """Make `edit` in the work tree and stage it."""
    for path, text in edit.write.items():
        repo.write(path, text)
    if edit.write:
        repo.run("add", "-f", "--", *edit.write)
    if edit.remove:
        repo.run("rm", "-q", "--", *edit.remove)
