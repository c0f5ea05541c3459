"""What goes to banterhearts/enterprise/: adapters, three scripts, and two guides.

Encodings are as found: one module has a byte order mark and CRLF lines.
"""

from __future__ import annotations

FILES: dict[str, str] = {
    "banterhearts/observability/__init__.py": (
        "from .datadog_adapter import DatadogAdapter\n\n__all__ = ['DatadogAdapter']\n"
    ),
    "banterhearts/storage/__init__.py": "",
    "banterhearts/observability/dashboards/tokens.json": (
        '{"title": "Tokens a second"}\n'
    ),
}

FILES["banterhearts/observability/datadog_adapter.py"] = '''\
"""Sends metrics to Datadog.

Configured as :mod:`banterhearts.observability` says.
"""

from __future__ import annotations

from pathlib import Path

from ..monitoring import metrics

SITE = "datadoghq.eu"
BOARD = Path(__file__).parent / "dashboards" / "tokens.json"
APP = Path(__file__).resolve().parents[2] / "config" / "app.yaml"


def client():
    import datadog

    return datadog.api


class DatadogAdapter:
    def __init__(self, key: str) -> None:
        self.key = key
        self.site = SITE

    def send(self, name: str, value: float) -> None:
        metrics.record(name, value)
        client().Metric.send(metric=name, points=value)
'''

FILES["banterhearts/observability/mcp_datadog.py"] = (
    "\ufeff"
    + """\
from banterhearts.observability.datadog_adapter import (
    SITE,
    DatadogAdapter,  # the only one
)
import banterhearts.observability.datadog_adapter as adapter, json

def main():
    import datadog_api_client

    print(json.dumps({"site": SITE, "board": str(adapter.BOARD)}))
    return DatadogAdapter, datadog_api_client
""".replace("\n", "\r\n")
)

FILES["banterhearts/storage/clickhouse_adapter.py"] = """\
from __future__ import annotations

from typing import TYPE_CHECKING

from banterhearts.monitoring import metrics as measured

if TYPE_CHECKING:
    from banterhearts.storage.mcp_clickhouse import Server

TABLE = "benchmarks"


class ClickHouseAdapter:
    server: "Server | None" = None

    def statement(self, run: dict[str, object]) -> str:
        measured.record("runs", 1.0)
        return f"INSERT INTO {TABLE} VALUES {tuple(run.values())}"

    def insert(self, run: dict[str, object]) -> None:
        try:
            import clickhouse_driver as clickhouse_connect
        except ImportError:
            import clickhouse_connect

        clickhouse_connect.get_client().command(self.statement(run))
"""

FILES["banterhearts/storage/mcp_clickhouse.py"] = """\
from . import clickhouse_adapter
from banterhearts import monitoring, storage


class Server:
    adapter = storage.clickhouse_adapter.ClickHouseAdapter()
    watched_by = monitoring


def tools() -> list[str]:
    adapter = clickhouse_adapter.ClickHouseAdapter
    return [name for name in dir(adapter) if name == "insert"]
"""

FILES["scripts/push_benchmarks.py"] = """\
#!/usr/bin/env python3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from banterhearts.observability import DatadogAdapter
from banterhearts.storage.clickhouse_adapter import ClickHouseAdapter

REPORTS = Path(__file__).resolve().parents[1] / "reports"


def reports():
    return sorted(REPORTS.glob("*/*.json"))


def main() -> int:
    if "--dry-run" in sys.argv:
        print(len(reports()), "reports")
        return 0
    for path in reports():
        DatadogAdapter("key").send(path.stem, 1.0)
        ClickHouseAdapter().insert({"run": path.stem})
    return 0


if __name__ == "__main__":
    sys.exit(main())
"""

FILES["scripts/generate_perf_digest.py"] = """\
try:
    from push_benchmarks import reports
except ImportError:
    from scripts.push_benchmarks import reports


def digest() -> str:
    return f"{len(reports())} runs"
"""

FILES["scripts/simple_benchmark_pusher.py"] = """\
from banterhearts.storage import (
    clickhouse_adapter as ch,  # one adapter
    mcp_clickhouse,
)


def push(runs: dict) -> int:
    for run in runs.values():
        ch.ClickHouseAdapter().insert(run)
    return len(runs) and len(mcp_clickhouse.tools())
"""

FILES["docs/observability-setup.md"] = """\
# Setting up observability

Read [the start page](../README.md#quick-start "first") and [the index](index.md).
![What talks to what](images/setup%20overview.png)
<img src="images/setup overview.png" alt="again" width="300">

The [adapter](../banterhearts/observability/datadog_adapter.py) reads
[its configuration](../config/app.yaml "YAML"); the [digest][digest] is sent daily.

[digest]: performance_digest_agent.md#daily

```sh
python scripts/push_benchmarks.py --dry-run
docker compose -f docker-compose.yml -f docker-compose.observability.yml up
```

```markdown
[shown, not linked](../README.md)
```
"""

FILES["docs/performance_digest_agent.md"] = """\
# The digest agent

## Daily

Made by [this script](../scripts/generate_perf_digest.py): see
[the setup](./observability-setup.md) and [the reports](../reports/).
"""

BINARY: dict[str, bytes] = {}
EXECUTABLE = ("scripts/push_benchmarks.py",)
