"""What the files of a repository refer to, read by other means than treeguard's.

Markdown by markdown-it, compose files and manifests by PyYAML, modules by importing
them: whatever leads nowhere is listed.
"""

from __future__ import annotations

import json
import posixpath
import re
import subprocess
import sys
from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import NamedTuple
from urllib.parse import unquote

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

_HTML = re.compile(r"""(?:href|src)=(?:"([^"]*)"|'([^']*)')""")
_MARKDOWN = MarkdownIt("commonmark").enable("table")


class Reference(NamedTuple):
    """Something in the file `path` leads to `target`, a path of the repository."""

    path: str
    target: str


def files(top: Path) -> list[str]:
    """Every file below a folder, Git's own aside."""
    found = (path.relative_to(top) for path in top.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if path.parts[0] != ".git")


def links(top: Path) -> Iterator[Reference]:
    """Every link, image and HTML address of the Markdown files, remote ones aside."""
    for path in files(top):
        if path.endswith(".md"):
            tokens = _MARKDOWN.parse((top / path).read_text(encoding="utf-8"))
            for address in _addresses(tokens):
                plain = unquote(re.split("[?#]", address)[0])
                if plain and "://" not in plain:
                    yield Reference(path, resolved(posixpath.dirname(path), plain))


def _addresses(tokens: Iterable[Token]) -> Iterator[str]:
    for token in tokens:
        yield from _addresses(token.children or ())
        address = token.attrs.get("href") or token.attrs.get("src")
        if address:
            yield str(address)
        if token.type in ("html_inline", "html_block"):
            for found in _HTML.finditer(token.content):
                yield found[1] or found[2]


def resolved(folder: str, path: str) -> str:
    """The path that is meant in a folder; a leading slash is the repository's root."""
    full = path if path.startswith("/") else f"/{folder}/{path}"
    return posixpath.normpath(full).lstrip("/")


def deployed(top: Path) -> Iterator[Reference]:
    """What the compose files and kustomizations name."""
    for path in files(top):
        name = posixpath.basename(path)
        if name.startswith("docker-compose") and name.endswith(".yml"):
            read, own = _compose, posixpath.dirname(path)
        elif name == "kustomization.yaml":
            read, own = _kustomized, posixpath.dirname(path)
        else:
            continue
        model = yaml.safe_load((top / path).read_text(encoding="utf-8"))
        for target in read(model):
            yield Reference(path, resolved(own, target))


def _compose(model: dict[str, Any]) -> Iterator[str]:
    for service in model["services"].values():
        build = service.get("build")
        if isinstance(build, str):
            build = {"context": build}
        if build:
            yield build["context"]
            file = build.get("dockerfile", "Dockerfile")
            yield posixpath.join(build["context"], file)
        yield from [service["env_file"]] if "env_file" in service else []
        yield from [service["extends"]["file"]] if "extends" in service else []
        for volume in service.get("volumes", ()):
            source = volume["source"] if isinstance(volume, dict) else volume
            source = source.partition(":")[0]
            yield from [source] if source.startswith(".") else []
    for config in model.get("configs", {}).values():
        yield config["file"]


def _kustomized(model: dict[str, Any]) -> Iterator[str]:
    yield from model["resources"]
    for generator in model.get("configMapGenerator", ()):
        yield from generator["files"]


_IMPORT = """\
import importlib, json, sys
sys.path.insert(0, "")
faults = {}
for name in json.load(sys.stdin):
    try:
        importlib.import_module(name)
    except BaseException as fault:
        faults[name] = repr(fault)
json.dump(faults, sys.stdout)
"""


def import_faults(top: Path, modules: Iterable[str]) -> dict[str, str]:
    """What happens on importing each module in a Python of its own, if not nothing."""
    done = subprocess.run(
        [sys.executable, "-B", "-I", "-c", _IMPORT],
        cwd=top,
        input=json.dumps(sorted(modules)),
        capture_output=True,
        text=True,
        check=True,
    )
    faults: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return faults


def module_of(path: str) -> str:
    """The dotted name of a Python file, told from the root."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def own_tests(top: Path) -> str:
    """What the repository's own test-suite says; it must pass."""
    command = "-B -m unittest discover -s banterhearts/tests -t ."
    done = subprocess.run(
        [sys.executable, *command.split()], cwd=top, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()[-3]
