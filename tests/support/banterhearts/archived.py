"""What goes to garbage/: 29 files of simulation, which use each other and the core.

4 agents (and the empty file that makes them a package), 9 demo files, 3 of Streamlit,
6 of the old deployment, 5 guides, and 2 managers of the simulated pipeline.
"""

from __future__ import annotations

FILES: dict[str, str] = {
    "banterhearts/agents/__init__.py": "",
    "banterhearts/simple_live_pipeline_manager.py": "INTERVAL = 0.01\n",
    "scripts/demo/demo_data.py": "RUNS = [1.0, 2.0, 3.0]\n",
    "scripts/demo/load_generator.py": (
        "from scripts.demo.demo_data import RUNS\n\n\ndef load():\n"
        "    return [run * 10 for run in RUNS]\n"
    ),
    "scripts/demo/mock_deployment.py": (
        "from .mock_monitoring import check\n\nHEALTHY = check()\n"
    ),
}

FILES["banterhearts/agents/self_learning_healer.py"] = """\
from ..monitoring import metrics
from ..monitoring.metrics import record


class SelfLearningHealer:
    def heal(self, fault: str) -> str:
        record("healed", 1.0)
        return f"{fault}: healed {metrics.mean('healed')}"
"""

FILES["banterhearts/agents/openai_intelligence.py"] = """\
def think(prompt: str) -> str:
    import openai

    return openai.OpenAI().responses.create(model="m", input=prompt).output_text
"""

FILES["banterhearts/agents/intelligent_self_learning_agent.py"] = """\
from banterhearts.agents import openai_intelligence as mind
from .self_learning_healer import SelfLearningHealer


class IntelligentAgent(SelfLearningHealer):
    def think(self, fault: str) -> str:
        return mind.think(fault)
"""

FILES["banterhearts/agents/self_healing_pipeline.py"] = """\
import importlib

import banterhearts.agents.self_learning_healer


def heal(fault: str) -> str:
    return banterhearts.agents.self_learning_healer.SelfLearningHealer().heal(fault)


def mind():
    return importlib.import_module("banterhearts.agents.openai_intelligence")
"""

FILES["banterhearts/live_pipeline_manager.py"] = """\
import subprocess
import sys

from . import simple_live_pipeline_manager
from .agents.self_healing_pipeline import heal
from banterhearts.agents import self_healing_pipeline as pipeline

HEAL, INTERVAL = heal, simple_live_pipeline_manager.INTERVAL


def show() -> None:
    subprocess.run([sys.executable, "-m", "scripts.demo.run_demo"], check=True)


def mind():
    return pipeline.mind
"""

FILES["scripts/demo/run_demo.py"] = """\
from scripts.demo import load_generator
from scripts.demo.demo_agent import demo


def main() -> None:
    print(demo(), load_generator.load())


if __name__ == "__main__":
    main()
"""

FILES["scripts/demo/demo_agent.py"] = """\
from banterhearts.agents.self_healing_pipeline import heal


def demo() -> str:
    from banterhearts.live_pipeline_manager import INTERVAL

    return heal(f"timeout after {INTERVAL}")
"""

FILES["scripts/demo/mock_monitoring.py"] = """\
from pathlib import Path

from banterhearts.monitoring import metrics

LAUNCHER = Path(__file__).parent.parent / "streamlit" / "launch.sh"


def check() -> bool:
    metrics.record("fake", 1.0)
    return LAUNCHER.is_file()
"""

FILES["scripts/demo/run_demo.sh"] = """\
#!/bin/sh
set -eu
cd "$(dirname "$0")/../.."
python -m scripts.demo.run_demo
bash scripts/streamlit/launch.sh
"""

FILES["scripts/demo/record_demo.ps1"] = """\
# Records the demo.
python scripts\\demo\\run_demo.py
Copy-Item scripts/demo/demo_data.py recorded.py
"""

FILES["scripts/demo/README.md"] = """\
# Demos

Start [the demo](run_demo.sh), or [the dashboard](../streamlit/dashboard.py): see
[the guide](../../docs/streamlit-dashboard.md).
"""

FILES["scripts/streamlit/demo_helpers.py"] = """\
def points() -> list[float]:
    from scripts.demo.demo_data import RUNS

    return RUNS
"""

FILES["scripts/streamlit/dashboard.py"] = """\
import sys

sys.path.append("scripts/streamlit")

from scripts.streamlit.demo_helpers import points

POINTS = points()
"""

FILES["scripts/streamlit/launch.sh"] = """\
#!/usr/bin/env bash
exec python -m scripts.streamlit.dashboard "$@"
"""

FILES["scripts/deployment/deploy_bot.py"] = """\
import subprocess

COMMAND = ["bash", "scripts/deployment/deploy_production.sh"]


def deploy() -> int:
    from scripts.deployment.health_check import healthy

    return subprocess.run(COMMAND).returncode or not healthy()
"""

FILES["scripts/deployment/health_check.py"] = """\
def healthy() -> bool:
    return True
"""

FILES["scripts/deployment/deploy_production.sh"] = """\
#!/bin/sh
. scripts/deployment/bot.env
docker compose -f docker-compose.yml up -d
scripts/deployment/rollback.sh --dry-run
"""

FILES["scripts/deployment/rollback.sh"] = """\
#!/bin/sh
here=$(dirname "$0")
. "$here/bot.env"
kubectl apply -k k8s/base
"""

FILES["scripts/deployment/bot.env"] = "BOT=self-learning\n"

FILES["scripts/deployment/bot.service"] = """\
[Service]
ExecStart=/usr/bin/python -m scripts.deployment.deploy_bot
"""

FILES["docs/self-learning-bot.md"] = """\
# The self-learning bot

It is [this agent](../banterhearts/agents/self_learning_healer.py), shown by
[the dashboard](streamlit-dashboard.md). Back to [the index](./index.md).
"""

FILES["docs/self_learning_tuning.md"] = (
    "# Tuning\n\nSee [the bot](self-learning-bot.md).\n"
)
FILES["docs/streamlit-dashboard.md"] = """\
# The dashboard

![Overview](images/setup%20overview.png)

Start [launch.sh](../scripts/streamlit/launch.sh).
"""
FILES["docs/streamlit_troubleshooting.md"] = (
    "# Trouble\n\n<a href='streamlit-dashboard.md'>The dashboard</a> does not start?\n"
)
FILES["docs/openai-integration.md"] = (
    "# OpenAI\n\n[The module](/banterhearts/agents/openai_intelligence.py) asks.\n"
)

BINARY: dict[str, bytes] = {}
EXECUTABLE = (
    "scripts/demo/run_demo.sh",
    "scripts/streamlit/launch.sh",
    "scripts/deployment/deploy_production.sh",
    "scripts/deployment/rollback.sh",
)
