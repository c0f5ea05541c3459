"""The papers of the repository: the start page, the index of docs/, and its history."""

from __future__ import annotations

from tests.support.banterhearts.core import IMAGE

_PERMALINK = "https://github.com/example/banterhearts/blob/" + "0123456789" * 4

FILES: dict[str, str] = {
    "LICENSE": "MIT\n",
    "README.md": f"""\
# Banterhearts

![overview](docs/images/setup%20overview.png)

## Quick start

```sh
bash install.sh
docker compose -f docker-compose.yml -f docker-compose.observability.yml up
docker build -t banterhearts .
kubectl apply -k k8s/overlays/production
python scripts/push_benchmarks.py
```

- [Set up observability](docs/observability-setup.md), also from
  [the root](/docs/observability-setup.md#setting-up-observability)
- [The digest][digest] and <a href="docs/performance_digest_agent.md">again</a>
- [How it was at 0.11]({_PERMALINK}/docs/observability-setup.md)
- [On the main branch](https://github.com/example/banterhearts/blob/main/k8s/base/service.yaml)
- [The bot that was shown](docs/self-learning-bot.md)
- [Reports](reports/README.md), [documentation](docs/index.md)

The adapters in banterhearts/storage/ are optional.

[digest]: docs/performance_digest_agent.md "daily"
""",
}

FILES["docs/index.md"] = """\
# Documentation

| page | about |
|---|---|
| [Observability](observability-setup.md) | Datadog |
| [Digest](performance_digest_agent.md#daily) | what is sent |
| [Kernels](kernels.md) | what is fast |
| [Manifests](../k8s/base/deployment.yaml) | production |
| [The bot](self-learning-bot.md) | archived soon |
"""

FILES["docs/kernels.md"] = """\
# Kernels

[The kernels](../banterhearts/optimization/kernels.py) report to
[the adapter](../banterhearts/observability/datadog_adapter.py), once a minute.
"""

FILES["CHANGELOG.md"] = """\
# Changelog

## 0.12.0

- `scripts/push_benchmarks.py` pushes to ClickHouse, see
  [the setup](docs/observability-setup.md).
"""

FILES["patches/patch_11.md"] = """\
# Patch 11

`banterhearts/live_pipeline_manager.py` starts the agents and the
[dashboard](../scripts/streamlit/dashboard.py).
"""

FILES["patches/patch_12.md"] = "# Patch 12\n\nAdded [an index](../reports/README.md).\n"

BINARY: dict[str, bytes] = {"docs/images/setup overview.png": IMAGE + b"\0docs"}
EXECUTABLE = ()
