"""The list of cases that the migration was built against: those of files and of Git.

One row a case, numbered as in the list: the tree, what each file says afterwards
(None: not a byte of it changes), what is told, and what changes silently. Cases of
Python stand in `rewrite/test_python.py`, those that need a work tree in
`test_git_cases.py`. Where the plan takes another way than the list, `why` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from tests.support.memory import Content
from tests.support.memory import Executable
from tests.support.memory import MemorySnapshot
from tests.support.memory import Symlink
from treeguard.analysis.store import Store
from treeguard.migration.plan.planner import make_plan
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.plans import Plan
from treeguard.rules.registry import load

STORED = "banterhearts/enterprise"
DOCKER = "deployment/docker"
MOVES = {
    "banterhearts/observability/": f"{STORED}/observability/",
    "banterhearts/storage/": f"{STORED}/storage/",
    "scripts/demo/": "garbage/demo/",
    "scripts/push_benchmarks.py": f"{STORED}/scripts/push_benchmarks.py",
    "docs/observability-setup.md": "docs/enterprise/observability-setup.md",
    "Dockerfile": f"{DOCKER}/Dockerfile",
    "docker-compose.yml": f"{DOCKER}/docker-compose.yml",
    "docker-compose.observability.yml": f"{DOCKER}/docker-compose.observability.yml",
    "k8s/": "deployment/kubernetes/",
    "install.sh": "deployment/scripts/install.sh",
    "install.bat": "deployment/scripts/install.bat",
    "config/": "deployment/config/",
}
POLICY = """\
[policy]
version = 1

[migration]
id = "patch-13"
title = "Clean up"
record = "patches/patch_13.md"
frozen = ["CHANGELOG.md", "patches/"]
"""
TREE: Mapping[str, Content] = {
    "banterhearts/__init__.py": "",
    "banterhearts/observability/__init__.py": "",
    "banterhearts/observability/datadog_adapter.py": "",
    "banterhearts/storage/__init__.py": "",
    "banterhearts/storage/cli.py": "def main():\n    pass\n",
    "config/a b.yaml": "a: 1\n",
    "config/app.yaml": "a: 2\n",
    "docker/Dockerfile.self-learning-bot": "FROM x\n",
    ".env.production": "TAG=1\n",
    "docs/img/a.png": b"\x89PNG\r\n",
    "docs/other.md": "# Other\n",
    "k8s/base/deployment.yaml": "kind: Deployment\n",
    "scripts/common.py": "",
    "scripts/demo/run.py": "",
}


def planned(files: Mapping[str, Content], around: Mapping[str, Content] = TREE) -> Plan:
    """The plan for the tree of all cases with `files` in it: what is there moves."""
    tree = {**around, **files}
    moves = "".join(
        f'\n[[migration.move]]\nfrom = ["{old}"]\nto = "{new}"\nreason = "x"\n'
        for old, new in MOVES.items()
        if any(path == old or path.startswith(old) for path in tree)
    )
    text = POLICY + moves
    snapshot = MemorySnapshot({**tree, "policy.toml": text})
    policy = load(text.encode(), "policy.toml", "x")
    return make_plan(policy, snapshot, "0" * 40, Store(None))


class Case(NamedTuple):
    """A tree, and all that its plan says of it."""

    files: Mapping[str, Content]
    after: Mapping[str, str | bytes | None]
    told: tuple[str, ...] = ()
    silently: tuple[str, ...] = ()
    why: str = ""


DOCKERFILE = """\
FROM x AS b
COPY . /app
COPY ["config/a b.yaml", "/x/"]
COPY --from=b /app/config /y
RUN <<EOF
echo config/x
EOF
"""
COMPOSE = """\
services:
  app:
    build: .
    env_file: .env.production
    volumes:
      - ./config:/app/config:ro
      - config:/n
  bot:
    build:
      context: .
      dockerfile: docker/Dockerfile.self-learning-bot
volumes:
  config: {}
"""
WORKFLOW = """\
on:
  pull_request:
    paths: ['k8s/**', "!config/**"]
jobs:
  docs:
    steps:
      - run: make html
        working-directory: docs
      - run: |
          cd scripts && python push_benchmarks.py
          echo   done
"""
SETUP = """\
# Observability
[a](../README.md#x "t") ![i](img/a.png) [b](other.md) [r]
<img src="img/a.png">

```
[n](../README.md)
```

[r]: ../README.md
"""
SHA = "0123456789abcdef0123456789abcdef01234567"
README = f"""\
[a](docs/observability-setup.md) [b](/docs/observability-setup.md)
[c](https://github.com/o/banterhearts/blob/main/docs/observability-setup.md)
[d](https://github.com/o/banterhearts/blob/{SHA}/docs/observability-setup.md)
"""
URLS = '[project]\nname = "banterhearts"\n[project.urls]\nx = "https://github.com/o/banterhearts"\n'
NAMED = (
    "deployment/docker/docker-compose.yml: compose reads .env and overrides of "
    "deployment/docker now",
    "deployment/docker/docker-compose.yml: the compose project was named after its "
    'checkout\'s folder, and is now "docker"',
)
NO_INIT = (
    "banterhearts/enterprise: is a new folder of a package without `__init__.py`",
    "banterhearts/enterprise/scripts: is a new folder of a package without",
)

CASES = {
    "13": Case(
        {"log.yaml": "loggers: {banterhearts.observability: {level: DEBUG}}\n"},
        {
            "log.yaml": "loggers: {banterhearts.enterprise.observability: "
            "{level: DEBUG}}\n"
        },
    ),
    "20": Case(
        {
            "banterhearts/core.py": 'open("config/app.yaml")\n',
            "Dockerfile": "FROM x\nCOPY config/ /app/config\n",
        },
        {
            "banterhearts/core.py": None,
            "deployment/docker/Dockerfile": "FROM x\n"
            "COPY deployment/config/ /app/config\n",
        },
        ("banterhearts/core.py:1: config/app.yaml",),
        why="keep is the rule: the image has the old layout, and the literal with it",
    ),
    "21": Case(
        {"Dockerfile": DOCKERFILE},
        {
            "deployment/docker/Dockerfile": DOCKERFILE.replace(
                "config/a b", "deployment/config/a b"
            )
        },
        ("Dockerfile:6: config/x",),
        why="the heredoc is no copy and is not edited, but it names what moves",
    ),
    "22": Case(
        {
            "Dockerfile": "FROM x\n",
            "Makefile": "image:\n\tdocker build -t x .\n",
            ".github/workflows/a.yml": "jobs: {a: {steps: [{run: docker build .}]}}\n",
        },
        {
            "Makefile": f"image:\n\tdocker build -f {DOCKER}/Dockerfile -t x .\n",
            ".github/workflows/a.yml": "jobs: {a: {steps: [{run: docker build "
            "-f deployment/docker/Dockerfile .}]}}\n",
        },
    ),
    "23": Case(
        {
            "Dockerfile": "FROM x\nCOPY config/app.yaml /app/\n",
            ".dockerignore": "deployment\n",
        },
        {
            ".dockerignore": None,
            "deployment/docker/Dockerfile": "FROM x\n"
            "COPY deployment/config/app.yaml /app/\n",
        },
        silently=(".dockerignore: .dockerignore hides deployment/config/app.yaml",),
        why="it does not forbid the moves, and who applies them reads it before",
    ),
    "24": Case(
        {"docker-compose.yml": COMPOSE, "Dockerfile": "FROM x\n"},
        {
            "deployment/docker/docker-compose.yml": """\
services:
  app:
    build:
      context: ../..
      dockerfile: deployment/docker/Dockerfile
    env_file: ../../.env.production
    volumes:
      - ../config:/app/config:ro
      - config:/n
  bot:
    build:
      context: ../..
      dockerfile: docker/Dockerfile.self-learning-bot
volumes:
  config: {}
"""
        },
        silently=NAMED,
        why="the name of a checkout's folder is not in Git: told, not added",
    ),
    "25": Case(
        {
            "README.md": "`docker-compose -f docker-compose.yml up`\n",
            "up.sh": "docker-compose -f docker-compose.yml "
            "-f docker-compose.observability.yml up\n",
            "docker-compose.yml": "name: b\nservices: {}\n",
            "docker-compose.observability.yml": "services: {}\n",
        },
        {
            "README.md": None,
            "up.sh": "docker-compose -f deployment/docker/docker-compose.yml "
            "-f deployment/docker/docker-compose.observability.yml up\n",
        },
        ("README.md:1: docker-compose.yml",),
        silently=NAMED[:1],
        why="a command in a document is told: it may be read in another checkout, and "
        "that `.env` is to be passed is told of the file",
    ),
    "26": Case(
        {".github/workflows/ci.yml": WORKFLOW, "scripts/push_benchmarks.py": ""},
        {
            ".github/workflows/ci.yml": WORKFLOW.replace(
                "'k8s/**', \"!config/**\"",
                "'deployment/kubernetes/**', \"!deployment/config/**\"",
            ).replace(
                "python push_benchmarks.py",
                "python ../banterhearts/enterprise/scripts/push_benchmarks.py",
            )
        },
    ),
    "27": Case(
        {"k8s/base/kustomization.yaml": "resources:\n- ../../config/app.yaml\n"},
        {"deployment/kubernetes/base/kustomization.yaml": None},
        why="the text is equal, and that kustomize refuses it is as it was",
    ),
    "28": Case(
        {
            "pyproject.toml": '[project.scripts]\nx = "banterhearts.storage.cli:main"\n'
            '[tool.setuptools.package-data]\n"banterhearts.observability" = [\n'
            "  \"*.json\",  # kept\n]\n[tool.black]\nexclude = '^scripts/demo/'\n",
            ".pre-commit-config.yaml": "exclude: '^scripts/demo/'\nrepos: []\n",
        },
        {
            "pyproject.toml": '[project.scripts]\nx = "banterhearts.enterprise.storage'
            '.cli:main"\n[tool.setuptools.package-data]\n'
            '"banterhearts.enterprise.observability" = [\n'
            "  \"*.json\",  # kept\n]\n[tool.black]\nexclude = '^garbage/demo/'\n",
            ".pre-commit-config.yaml": "exclude: '^garbage/demo/'\nrepos: []\n",
        },
    ),
    "30": Case(
        {".gitignore": "config/secrets.yaml\n"},
        {".gitignore": "config/secrets.yaml\ndeployment/config/secrets.yaml\n"},
    ),
    "31": Case(
        {
            ".gitattributes": "k8s/*.bin filter=lfs\n/install.bat eol=crlf\n",
            "k8s/a.bin": "",
            "install.bat": "",
        },
        {
            ".gitattributes": "deployment/kubernetes/*.bin filter=lfs\n"
            "/deployment/scripts/install.bat eol=crlf\n"
        },
    ),
    "32": Case(
        {"docs/observability-setup.md": SETUP, "README.md": ""},
        {
            "docs/enterprise/observability-setup.md": SETUP.replace(
                "](../README", "](../../README"
            )
            .replace("[n](../../README", "[n](../README")
            .replace("img/a.png", "../img/a.png")
            .replace("(other.md)", "(../other.md)")
            .replace("]: ../README", "]: ../../README")
        },
        ("docs/observability-setup.md:6: ../README.md",),
        why="the fence is not edited, but its address no longer leads anywhere",
    ),
    "33": Case(
        {
            "README.md": README,
            "pyproject.toml": URLS,
            "docs/observability-setup.md": "",
        },
        {
            "README.md": README.replace("docs/obs", "docs/enterprise/obs").replace(
                f"{SHA}/docs/enterprise", f"{SHA}/docs"
            )
        },
    ),
    "34": Case(
        {
            "CHANGELOG.md": "- config/app.yaml, [a](k8s/base/deployment.yaml)\n",
            "patches/patch_12.md": "`config/app.yaml`, banterhearts.storage\n",
            "reports/a.json": '{"from": "config/app.yaml"}\n',
            "reports/b.csv": "a\nconfig/app.yaml\nconfig/app.yaml\nk8s/x\nk8s/y\n",
            "reports/c.md": "[c](../config/app.yaml)\n",
        },
        {
            "CHANGELOG.md": None,
            "patches/patch_12.md": None,
            "reports/a.json": None,
            "reports/b.csv": None,
            "reports/c.md": "[c](../deployment/config/app.yaml)\n",
        },
        (
            "CHANGELOG.md:1: k8s/base/deployment.yaml",
            "reports/a.json:1: config/app.yaml",
            "reports/b.csv:2: config/app.yaml",
        ),
    ),
    "35": Case(
        {"reports/x.pkl": b"\x80\x04\x95\0banterhearts.storage\x94DB\x94."},
        {"reports/x.pkl": None},
        ("reports/x.pkl:1: banterhearts.storage",),
    ),
    "37": Case(
        {
            "config/with space": "1",
            'config/with "quotes"': "2",
            "config/line\nfeed": "3",
            "config/-dash": Executable(b"4"),
            "config/\udcff": "5",
            "top": Symlink("config/app.yaml"),
        },
        {
            "deployment/config/with space": None,
            'deployment/config/with "quotes"': None,
            "deployment/config/line\nfeed": None,
            "deployment/config/-dash": None,
            "deployment/config/\udcff": None,
            "top": "deployment/config/app.yaml",
        },
    ),
    "45": Case(
        {
            "bad.py": "from banterhearts.storage import (\n",
            "old.py": "print 'x'\nimport banterhearts.storage\n",
            "wide.txt": "a\nconfig/app.yaml\n".encode("utf-16"),
            "big.ipynb": '{"cells": [{"cell_type": "code", "source": '
            '["import banterhearts.storage"]}], "nbformat": 4}\n',
        },
        {
            "bad.py": None,
            "old.py": None,
            "wide.txt": None,
            "big.ipynb": '{"cells": [{"cell_type": "code", "source": '
            '["import banterhearts.enterprise.storage"]}], "nbformat": 4}\n',
        },
        (
            "bad.py:1: banterhearts.storage",
            "old.py:2: banterhearts.storage",
            "wide.txt:2: config/app.yaml",
        ),
        why="the code of a notebook is spliced inside its JSON: nothing else changes",
    ),
}


@pytest.mark.parametrize("number", CASES)
def test_case(number: str) -> None:
    case = CASES[number]
    plan = planned(case.files)
    assert [one.message for one in plan.blockers] == []
    assert texts(case.files, plan) == expected(case, plan)
    told = [f"{one.path}:{one.line}: {one.text}" for one in plan.undecided]
    assert told == list(case.told)
    silently = [f"{one.path}: {one.message}" for one in plan.side_effects]
    silently = [one for one in silently if not one.startswith(NO_INIT)]
    assert len(silently) == len(case.silently), silently
    for one, begin in zip(silently, case.silently, strict=True):
        assert one.startswith(begin)


def texts(files: Mapping[str, Content], plan: Plan) -> dict[str, bytes]:
    """What the files of a case say after the plan, by their new places."""
    edits = {edit.path: edit.edits for edit in plan.edits}
    moved = {move.old: move.new for move in plan.moves}
    assert edits.keys() <= files.keys()
    return {
        moved.get(path, path): apply_edits(_bytes(content), edits.get(path, ()))
        for path, content in files.items()
    }


def expected(case: Case, plan: Plan) -> dict[str, bytes]:
    """As `texts`: what a row does not name stays as it was."""
    moved = {move.old: move.new for move in plan.moves}
    wanted = {moved.get(p, p): _bytes(content) for p, content in case.files.items()}
    assert case.after.keys() <= wanted.keys()
    said = {path: _bytes(new) for path, new in case.after.items() if new is not None}
    return {**wanted, **said}


def _bytes(content: Content) -> bytes:
    return (
        content.encode("utf-8", "surrogateescape")
        if isinstance(content, str)
        else content
    )


def test_case_36_two_files_for_one_place() -> None:
    """Both are named; nothing is planned beyond the moves."""
    files = {"install.sh": "1", "deployment/scripts/install.sh": "2"}
    plan = planned(files)
    assert [one.message for one in plan.blockers] == [
        "install.sh would move to deployment/scripts/install.sh: a file "
        "already exists there"
    ]
    assert plan.edits == ()


SMALL = {"banterhearts/__init__.py": "", "scripts/demo/run.py": "", "docs/a.md": ""}
ASKING = '[build-system]\nrequires = ["setuptools"]\n'
DISCOVERY = {
    "nothing listed": ({"pyproject.toml": ASKING}, True),
    "no backend named": ({"setup.cfg": "[metadata]\nname = b\n"}, True),
    "listed": (
        {"pyproject.toml": ASKING + '[tool.setuptools]\npackages = ["banterhearts"]\n'},
        False,
    ),
    "looked for": (
        {"pyproject.toml": ASKING + '[tool.setuptools.packages.find]\nwhere = ["."]\n'},
        False,
    ),
    "listed in setup.cfg": ({"setup.cfg": "[options]\npackages = find:\n"}, False),
    "listed in setup.py": ({"setup.py": "setup(packages=find_packages())\n"}, False),
    "another backend": (
        {"pyproject.toml": '[build-system]\nbuild-backend = "hatchling.build"\n'},
        False,
    ),
    "below src": ({"pyproject.toml": ASKING, "src/a/__init__.py": ""}, False),
    "broken before": ({"pyproject.toml": ASKING, "other/x.py": ""}, False),
    "no package": ({}, False),
}


@pytest.mark.parametrize("name", DISCOVERY)
def test_case_29_what_setuptools_finds_by_itself(name: str) -> None:
    """One package at the top is found by itself; with garbage/ beside it none is."""
    files, is_told = DISCOVERY[name]
    told = [one.message for one in planned(files, SMALL).side_effects]
    wanted = (
        "the build fails: several top-level packages in a flat layout: banterhearts, "
        "garbage, patches"
    )
    assert told == ([wanted] if is_told else [])


@pytest.mark.parametrize("number", CASES)
def test_a_case_is_settled_once(number: str) -> None:
    """Planned upon its own result nothing moves, and nothing is edited."""
    case = CASES[number]
    first = planned(case.files)
    after = texts({**TREE, **case.files}, first)
    policy = load(POLICY.encode(), "policy.toml", "x")
    again = make_plan(policy, MemorySnapshot(after), "0" * 40, Store(None))
    assert (again.moves, again.edits, again.undecided) == ((), (), ())
