"""What goes to deployment/: containers, manifests, installers and configuration."""

from __future__ import annotations

FILES: dict[str, str] = {
    "config/model defaults.yaml": "temperature: 0.2\n",
    "config/secrets.example.yaml": "datadog: put the key here\n",
    "config/app.yaml": (
        "port: 8080\nadapter: banterhearts.observability.datadog_adapter\n"
    ),
    ".env.production": "TAG=stable\n",
}

FILES["Dockerfile"] = """\
# syntax=docker/dockerfile:1
FROM python:3.11-slim AS build
WORKDIR /app
COPY pyproject.toml README.md ./
COPY banterhearts/ banterhearts/
COPY config/app.yaml config/logging.yaml /app/config/
COPY ["config/model defaults.yaml", "/app/config/"]
COPY --chmod=755 install.sh /usr/local/bin/
FROM python:3.11-slim
COPY --from=build /app /app
COPY scripts/push_benchmarks.py /app/
CMD ["python", "-m", "banterhearts.storage.mcp_clickhouse"]
"""

FILES["docker-compose.yml"] = """\
services:
  app:
    build: .
    env_file: .env.production
    volumes:
      - ./config:/app/config:ro   # as in the image
      - models:/models
  digest:
    build:
      context: .
      dockerfile: Dockerfile
    command: python scripts/generate_perf_digest.py
    volumes:
      - type: bind
        source: ./reports
        target: /reports
volumes:
  models: {}
"""

FILES["docker-compose.observability.yml"] = """\
services:
  app:
    extends:
      file: docker-compose.yml
      service: app
    configs: [app]
  datadog:
    image: datadog/agent:7
    volumes: ["./banterhearts/observability/dashboards:/dashboards:ro"]
configs:
  app:
    file: ./config/app.yaml
"""

FILES["k8s/base/kustomization.yaml"] = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - deployment.yaml
  - service.yaml
"""

FILES["k8s/base/deployment.yaml"] = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: banterhearts
spec:
  selector:
    matchLabels: {app: banterhearts}
  template:
    metadata:
      labels: {app: banterhearts}
    spec:
      containers:
        - name: app
          image: banterhearts:latest
          args: ["-m", "banterhearts.storage.mcp_clickhouse"]
"""

FILES["k8s/base/service.yaml"] = """\
apiVersion: v1
kind: Service
metadata:
  name: banterhearts
spec:
  selector: {app: banterhearts}
  ports: [{port: 80, targetPort: 8080}]
"""

FILES["k8s/overlays/production/kustomization.yaml"] = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../../base
configMapGenerator:
  - name: app
    files: [app.yaml]
"""
FILES["k8s/overlays/production/app.yaml"] = "port: 80\n"

FILES["config/logging.yaml"] = """\
version: 1
loggers:
  banterhearts.observability: {level: DEBUG}
  banterhearts.monitoring: {level: INFO}
"""

FILES["install.sh"] = """\
#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")"
pip install .
cp config/secrets.example.yaml config/secrets.yaml
docker compose -f docker-compose.yml build
"""

FILES["install.ps1"] = """\
pip install .
Copy-Item config/secrets.example.yaml config/secrets.yaml
""".replace("\n", "\r\n")

BINARY: dict[str, bytes] = {}
EXECUTABLE = ("install.sh",)
