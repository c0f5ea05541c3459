"""What stays: the core, the benchmark scripts, the reports, and the core's own tests.

The tests are those of the repository: they pass before the migration and after it.
"""

from __future__ import annotations

FILES: dict[str, str] = {
    "banterhearts/__init__.py": '"""Chimera: optimized inference."""\n',
    "banterhearts/ai_agent/__init__.py": "",
    "banterhearts/compilation/__init__.py": "",
    "banterhearts/quantization/__init__.py": "",
    "banterhearts/optimization/__init__.py": (
        "from .kernels import fuse\n\n__all__ = ['fuse']\n"
    ),
    "banterhearts/monitoring/__init__.py": "",
    "banterhearts/tests/__init__.py": "",
    "banterhearts/tests/enterprise/__init__.py": "",
    "scripts/ollama/README.md": (
        "# Real benchmarks\n\nRun [the benchmark](bench.py), then push what it wrote:\n"
        "[push_benchmarks.py](../push_benchmarks.py).\n"
    ),
}

FILES["banterhearts/monitoring/metrics.py"] = """\
from __future__ import annotations

import logging

log = logging.getLogger(__name__)
SAMPLES: dict[str, list[float]] = {}


def record(name: str, value: float) -> None:
    log.info("%s = %s", name, value)
    SAMPLES.setdefault(name, []).append(value)


def mean(name: str) -> float:
    found = SAMPLES[name]
    return sum(found) / len(found)
"""

FILES["banterhearts/monitoring/plugins.py"] = '''\
"""Finds adapters by name. Nothing is imported before somebody asks."""

from importlib import import_module


def adapter(part: str, name: str):
    return import_module(f"banterhearts.{part}.{name}_adapter")
'''

FILES["banterhearts/monitoring/settings.py"] = """\
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "config" / "app.yaml"


def read() -> dict[str, str]:
    lines = APP.read_text(encoding="utf-8").splitlines()
    pairs = (line.split(": ", 1) for line in lines if ": " in line)
    return {key.strip(): value for key, value in pairs}
"""

FILES["banterhearts/optimization/kernels.py"] = """\
from banterhearts.monitoring.metrics import record
from ..monitoring import metrics


def fuse(count: int) -> int:
    record("kernels", float(count))
    return int(metrics.mean("kernels"))
"""

FILES["banterhearts/ai_agent/agent.py"] = """\
from banterhearts import optimization
from banterhearts.quantization.model import BITS


def answer() -> tuple[int, int]:
    return optimization.fuse(4), BITS
"""

FILES["banterhearts/quantization/model.py"] = "BITS = 8\n"
FILES["banterhearts/compilation/model.py"] = "TARGET = 'cuda'\n"

FILES["banterhearts/tests/test_core.py"] = '''\
"""Tests of what stays."""

import unittest

from banterhearts.ai_agent.agent import answer
from banterhearts.monitoring import settings


class CoreTest(unittest.TestCase):
    def test_the_agent_answers(self) -> None:
        self.assertEqual(answer(), (4, 8))

    def test_the_settings_are_found(self) -> None:
        self.assertEqual(settings.read()["port"], "8080")
'''

FILES["banterhearts/tests/test_deployment.py"] = """\
import os
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = os.path.dirname(os.path.abspath(__file__))


class DeploymentTest(unittest.TestCase):
    def test_it_can_be_built(self) -> None:
        self.assertTrue((ROOT / "Dockerfile").is_file())
        self.assertTrue((ROOT / "k8s" / "base" / "kustomization.yaml").is_file())

    def test_it_can_be_installed(self) -> None:
        install = os.path.join(HERE, "..", "..", "install.sh")
        self.assertTrue(os.access(install, os.X_OK))
"""

FILES["banterhearts/tests/enterprise/test_datadog.py"] = """\
import unittest
from unittest import mock

from banterhearts.observability import DatadogAdapter
from banterhearts.observability import datadog_adapter as dd


class DatadogTest(unittest.TestCase):
    @mock.patch("banterhearts.observability.datadog_adapter.client")
    def test_it_sends(self, client: mock.Mock) -> None:
        DatadogAdapter("key").send("tokens", 42.0)
        client.return_value.Metric.send.assert_called_once()

    def test_it_reads_where_to_send(self) -> None:
        with mock.patch.object(dd, "SITE", "here"):
            self.assertEqual(DatadogAdapter("key").site, "here")

    def test_the_server_uses_it(self) -> None:
        from banterhearts.observability import mcp_datadog

        self.assertIs(mcp_datadog.DatadogAdapter, DatadogAdapter)
"""

FILES["banterhearts/tests/enterprise/test_clickhouse.py"] = """\
import importlib
import unittest

import banterhearts.storage.clickhouse_adapter

TABLE = banterhearts.storage.clickhouse_adapter.TABLE


class ClickHouseTest(unittest.TestCase):
    def test_the_statement(self) -> None:
        adapter = banterhearts.storage.clickhouse_adapter.ClickHouseAdapter()
        self.assertIn(TABLE, adapter.statement({"run": 1}))

    def test_the_server_is_found_by_its_name(self) -> None:
        server = importlib.import_module("banterhearts.storage.mcp_clickhouse")
        self.assertEqual(server.tools(), ["insert"])
"""

FILES["banterhearts/tests/enterprise/test_push.py"] = """\
import subprocess
import sys
import unittest

from scripts import generate_perf_digest, push_benchmarks
from scripts.simple_benchmark_pusher import push


class PushTest(unittest.TestCase):
    def test_every_report_is_found(self) -> None:
        names = [path.name for path in push_benchmarks.reports()]
        self.assertEqual(names, ["run_1.json", "run_1.json"])

    def test_the_digest(self) -> None:
        self.assertIn("2 runs", generate_perf_digest.digest())

    def test_it_can_be_run(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "scripts.push_benchmarks", "--dry-run"],
            stdout=subprocess.PIPE,
        )
        self.assertEqual(done.stdout.split(), [b"2", b"reports"])

    def test_the_simple_way(self) -> None:
        self.assertEqual(push({}), 0)
"""

FILES["scripts/ollama/bench.py"] = """\
#!/usr/bin/env python3
import json
import sys
from pathlib import Path

REPORTS = Path(__file__).resolve().parents[2] / "reports"

if __name__ == "__main__":
    model = sys.argv[1]
    # Pushed later, by scripts/push_benchmarks.py.
    (REPORTS / model / "last.json").write_text(json.dumps({"model": model}))
"""

FILES["reports/README.md"] = """\
# Benchmark reports

- [gemma3](gemma3/run_1.json), [llama3](llama3/run_1.json)
- [Technical report 108](Technical_Report_108.md)
"""
FILES["reports/gemma3/run_1.json"] = '{"model": "gemma3", "tokens_per_second": 102.3}\n'
FILES["reports/llama3/run_1.json"] = '{"model": "llama3", "tokens_per_second": 76.6}\n'
FILES["reports/llama3/run_1.csv"] = "step,ms\r\n1,12.5\r\n2,12.4\r\n"
FILES["reports/Technical_Report_108.md"] = """\
# Technical report 108

Measured by [these scripts](../scripts/ollama/README.md), on two models:

![throughput](gemma3/throughput.png)

The raw data was pushed by `scripts/push_benchmarks.py`.
"""

# The smallest PNG there is: one black point.
IMAGE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
BINARY: dict[str, bytes] = {
    "reports/gemma3/throughput.png": IMAGE,
    # Data that names a module, as pickles do: nobody may edit it.
    "reports/gemma3/run_1.pkl": (
        b"\x80\x04\x95\x00cbanterhearts.storage.clickhouse_adapter\nRun\n."
    ),
}
EXECUTABLE = ("scripts/ollama/bench.py",)
