"""Compose files that move, or whose files do: case 24 and what surrounds it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from treeguard.migration.context import MoveContext

TREE = {
    ".env.production": b"",
    "Dockerfile": b"",
    "api/Dockerfile": b"",
    "api/main.py": b"",
    "config/app.yaml": b"",
    "docker/Dockerfile.bot": b"",
    "ops/common.yml": b"",
    "scripts/run.py": b"",
    "web/Dockerfile.web": b"",
}
MOVES = {
    "Dockerfile": "deployment/docker/Dockerfile",
    "docker-compose.yml": "deployment/docker/docker-compose.yml",
    "ops/compose.yml": "deployment/ops/compose.yml",
    "stack/compose.yml": "deployment/docker/compose.yml",
    "config/": "deployment/config/",
    "web/": "apps/web/",
}


def world_of(path: str, text: str) -> MoveContext:
    return a_world({**TREE, path: text.encode()}, MOVES)


def after(path: str, text: str) -> tuple[str, list[str]]:
    data, undecided = rewritten(world_of(path, text), path)
    return data.decode(), [f"{one.line}: {one.text}" for one in undecided]


ROOT = "docker-compose.yml"
REWRITTEN = {
    "24 whole": (
        ROOT,
        "services:\n  app:\n    build: .  # here\n    volumes:\n"
        "      - ./config:/app/config:ro\n      - config:/n\n"
        "    env_file: .env.production\n"
        "  bot:\n    build:\n      context: .\n"
        "      dockerfile: docker/Dockerfile.bot\n"
        "volumes:\n  config: {}\n",
        "services:\n  app:\n    build:\n      context: ../..\n"
        "      dockerfile: deployment/docker/Dockerfile  # here\n    volumes:\n"
        "      - ../config:/app/config:ro\n      - config:/n\n"
        "    env_file: ../../.env.production\n"
        "  bot:\n    build:\n      context: ../..\n"
        "      dockerfile: docker/Dockerfile.bot\n"
        "volumes:\n  config: {}\n",
    ),
    "a context with its Dockerfile": (
        ROOT,
        "services:\n  a:\n    build: ./api\n  b:\n    build: {context: api}\n",
        "services:\n  a:\n    build: ../../api\n"
        "  b:\n    build: {context: ../../api}\n",
    ),
    "a context that moves": (
        "other-compose.yml",
        "services:\n  w:\n    build:\n      context: web\n"
        "      dockerfile: Dockerfile.web\n",
        "services:\n  w:\n    build:\n      context: apps/web\n"
        "      dockerfile: Dockerfile.web\n",
    ),
    "a long form without a Dockerfile": (
        ROOT,
        "services:\r\n  a:\r\n    build:\r\n      context: '.'\r\n      args: {}\r\n",
        "services:\r\n  a:\r\n    build:\r\n      context: '../..'\r\n"
        "      dockerfile: deployment/docker/Dockerfile\r\n      args: {}\r\n",
    ),
    "flow": (
        ROOT,
        "services: {a: {build: .}}\n",
        "services: {a: {build: {context: ../.., "
        "dockerfile: deployment/docker/Dockerfile}}}\n",
    ),
    "every other key": (
        ROOT,
        "include:\n  - ops/common.yml\nservices:\n  a:\n    image: x\n"
        "    extends: {file: ops/common.yml, service: b}\n"
        "    env_file:\n      - path: .env.production\n"
        "    develop: {watch: [{path: ./api, action: sync}]}\n"
        "    volumes:\n      - type: bind\n        source: ./config\n"
        "        target: /c\n      - /var/run/docker.sock:/s\n"
        "configs:\n  c: {file: ./config/app.yaml}\n",
        "include:\n  - ../../ops/common.yml\nservices:\n  a:\n    image: x\n"
        "    extends: {file: ../../ops/common.yml, service: b}\n"
        "    env_file:\n      - path: ../../.env.production\n"
        "    develop: {watch: [{path: ../../api, action: sync}]}\n"
        "    volumes:\n      - type: bind\n        source: ../config\n"
        "        target: /c\n      - /var/run/docker.sock:/s\n"
        "configs:\n  c: {file: ../config/app.yaml}\n",
    ),
    "what Git does not have": (
        ROOT,
        "services:\n  a:\n    image: x\n    env_file: .env\n"
        "    label_file: [labels, ./more]\n"
        "    build: {context: api, additional_contexts: {b: ./gen, c: service:d}}\n"
        "    volumes: ['./data:/d', ./config/local/:/c, 'named:/n', .:/app]\n"
        "volumes:\n  named: {driver_opts: {type: tmpfs, device: tmpfs}}\n"
        "secrets:\n  s: {file: secrets/s.txt}\n",
        "services:\n  a:\n    image: x\n    env_file: ../../.env\n"
        "    label_file: [../../labels, ../../more]\n"
        "    build: {context: ../../api, "
        "additional_contexts: {b: ../../gen, c: service:d}}\n"
        "    volumes: ['../../data:/d', ../config/local/:/c, 'named:/n', ../..:/app]\n"
        "volumes:\n  named: {driver_opts: {type: tmpfs, device: tmpfs}}\n"
        "secrets:\n  s: {file: ../../secrets/s.txt}\n",
    ),
    "the name of the old folder": (
        "stack/compose.yml",
        "# The stack\nservices:\n  a: {image: x}\n",
        "# The stack\nname: stack\nservices:\n  a: {image: x}\n",
    ),
    "a folder of the same name": (
        "ops/compose.yml",
        "services:\n  a: {image: x, env_file: common.yml}\n",
        "services:\n  a: {image: x, env_file: ../../ops/common.yml}\n",
    ),
    "a command in the container": (
        ROOT,
        "services:\n  a:\n    image: x\n    command: python scripts/run.py\n"
        "    working_dir: /app/config\n",
        "services:\n  a:\n    image: x\n    command: python scripts/run.py\n"
        "    working_dir: /app/config\n",
    ),
    "anchors": (
        ROOT,
        "x-a: &a\n  env_file: .env.production\nservices:\n  a:\n    image: x\n"
        "    <<: *a\n  b:\n    image: y\n    volumes: &v\n    - ./api:/a\n"
        "  c:\n    image: z\n    volumes: *v\n",
        "x-a: &a\n  env_file: ../../.env.production\nservices:\n  a:\n    image: x\n"
        "    <<: *a\n  b:\n    image: y\n    volumes: &v\n    - ../../api:/a\n"
        "  c:\n    image: z\n    volumes: *v\n",
    ),
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_paths_follow(name: str) -> None:
    path, text, expected = REWRITTEN[name]
    assert after(path, text) == (expected, [])


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("${CONFIG:-./config}:/app/config", ["5: ${CONFIG:-./config}:/app/config"]),
        ("${DATA:-./data}:/d", ["5: ${DATA:-./data}:/d"]),
        ("${CONFIG}:/app/config", []),
        ("~/config:/x", []),
    ],
)
def test_a_variable_is_told(value: str, told: list[str]) -> None:
    text = f"services:\n  a:\n    image: x\n    volumes:\n      - {value}\n"
    assert after(ROOT, text) == (text, told)


PLACES = st.sampled_from(["", "a", "a/b", "b", "c/d"])


@given(PLACES, PLACES, PLACES, PLACES, st.sampled_from([".", "..", "./x", "x", "x/y"]))
def test_every_path_leads_where_it_led(
    old: str, new: str, context_old: str, context_new: str, folder: str
) -> None:
    """Compose's own reading, before and after, for a build and a mount."""
    compose = posixpath.join(old, "compose.yml")
    context = posixpath.normpath(posixpath.join(old, folder))
    if context.startswith(".."):
        return
    context = "" if context == "." else context
    inside = posixpath.join(context, "inside.txt")
    dockerfile = posixpath.join(context, "Dockerfile")
    mount = folder if folder.startswith(".") else f"./{folder}"
    text = f"services:\n  s:\n    build: {folder}\n    volumes: ['{mount}:/x']\n"
    moves = {
        compose: posixpath.join(new, "compose.yml"),
        dockerfile: posixpath.join(context_new, "moved/Dockerfile"),
    }
    if context_old != context_new:
        moves[inside] = inside
    world = a_world({compose: text.encode(), dockerfile: b"", inside: b"1"}, moves)
    data, undecided = rewritten(world, compose)
    if undecided:
        return
    build, source = read(data.decode(), world.where(compose))
    assert build == (context, world.where(dockerfile))
    assert source == context


def read(text: str, path: str) -> tuple[tuple[str, str], str]:
    """The context and Dockerfile of the service `s`, and what it mounts."""
    service: Mapping[str, object] = yaml.safe_load(text)["services"]["s"]
    build = service["build"]
    named = build if isinstance(build, dict) else {"context": build}
    folder = posixpath.dirname(path)
    context = clean(posixpath.join(folder, str(named["context"])))
    inside = str(named.get("dockerfile", "Dockerfile"))
    dockerfile = clean(posixpath.join(context, inside))
    volumes = service["volumes"]
    assert isinstance(volumes, list)
    source = clean(posixpath.join(folder, str(volumes[0]).partition(":")[0]))
    return (context, dockerfile), source


def clean(path: str) -> str:
    found = posixpath.normpath(path)
    return "" if found == "." else found
