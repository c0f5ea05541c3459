"""What builds, tests, lints and guards the repository, and names its files for it."""

from __future__ import annotations

FILES: dict[str, str] = {
    "requirements.txt": "datadog\nclickhouse-connect\n",
    ".github/CODEOWNERS": """\
* @core-maintainers
/banterhearts/observability/ @platform-engineers
/docs/observability-setup.md @documentation-writers
/k8s/ @platform-engineers
/scripts/demo/ @simulation-authors
install.* @platform-engineers
""",
    ".gitignore": """\
__pycache__/
config/secrets.yaml
/config/production.yaml
/scripts/demo/recorded/
*.log
""",
    ".dockerignore": """\
.git
docs
reports
scripts/demo
config/secrets.yaml
""",
    ".gitattributes": """\
*.png binary
install.ps1 eol=crlf
/k8s/**/*.yaml linguist-language=YAML
reports/** -text
""",
}

FILES["pyproject.toml"] = """\
[build-system]
requires = ["setuptools>=65"]
build-backend = "setuptools.build_meta"

[project]
name = "banterhearts"
version = "0.12.0"

[project.urls]
Repository = "https://github.com/example/banterhearts"

[project.scripts]
banterhearts-clickhouse = "banterhearts.storage.mcp_clickhouse:tools"
banterhearts-push = "scripts.push_benchmarks:main"

[tool.setuptools.packages.find]
include = ["banterhearts*"]

[tool.setuptools.package-data]
"banterhearts.observability" = ["dashboards/*.json"]

[tool.ruff]
extend-exclude = ["scripts/demo", "docs"]

[tool.ruff.lint.per-file-ignores]
"scripts/streamlit/*.py" = ["E402"]
"banterhearts/storage/*" = ["TC004"]    # imports for type checkers

[tool.coverage.run]
source = ["banterhearts"]
omit = ["banterhearts/agents/*", "banterhearts/observability/mcp_datadog.py"]

[[tool.mypy.overrides]]
module = ["banterhearts.observability.*", "banterhearts.storage.*"]
ignore_missing_imports = true
"""

FILES[".pre-commit-config.yaml"] = """\
repos:
- repo: local
  hooks:
  - id: compile
    name: compile
    entry: python -m compileall -q
    language: system
    files: ^banterhearts/storage/.*\\.py$
    exclude: ^(scripts/demo/|banterhearts/agents/)
"""

FILES["Makefile"] = """\
.PHONY: test image push config
CONFIG := config/app.yaml

test:
\tpython -m unittest discover -s banterhearts/tests -t .

image: Dockerfile $(CONFIG)
\tdocker build -t banterhearts .

push:
\tpython scripts/push_benchmarks.py
\tpython -m scripts.generate_perf_digest

config:
\tkubectl apply -k k8s/overlays/production
"""

FILES[".github/workflows/ci.yml"] = """\
name: CI
on:
  push:
    paths: ['banterhearts/**', "config/**", '!docs/**']
  pull_request:
    paths:
      - banterhearts/observability/**
      - k8s/**
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: make test
      - name: Manifests
        working-directory: k8s/base
        run: kubectl kustomize .
      - name: Digest
        run: |
          python scripts/generate_perf_digest.py
          python -m banterhearts.storage.mcp_clickhouse
      - uses: actions/cache@v4
        with:
          path: .cache
          key: config-${{ hashFiles('config/*.yaml') }}
"""

FILES[".github/workflows/image.yml"] = """\
name: Image
on: [workflow_dispatch]
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with:
          context: .
          file: Dockerfile
      - run: docker compose -f docker-compose.yml up -d
"""

FILES[".gitlab-ci.yml"] = """\
test:
  image: python:3.11
  script:
    - python -m unittest discover -s banterhearts/tests -t .
    - python scripts/push_benchmarks.py --dry-run
  rules:
    - changes: [config/app.yaml, "banterhearts/storage/**/*"]
  artifacts:
    paths: [reports/]
"""

BINARY: dict[str, bytes] = {}
EXECUTABLE = ()
