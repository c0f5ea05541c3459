"""Detect deployment assets, whatever their names: Dockerfiles, manifests, Terraform.

Sources and documents are left out by their suffix: a Dockerfile inside a README is an
example, and the word `from` is in every Python file. A few names decide by themselves
what a file is (`Dockerfile`, `compose.yaml`, `Chart.yaml`, `main.tf`); for all others
the content decides, by the reference that `dockerfile`, `manifests` and this module
name at each test.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from treeguard.languages import dockerfile
from treeguard.languages import manifests
from treeguard.languages.source_text import word_set

_NO_ASSETS = word_set(
    "adoc bat bib c cc cfg class cpp cs css csv cu cxx dart dll exe f90 fish gif go gz "
    "h hpp hs htm html ico ini ipynb ir java jpeg jpg js jsonl jsx kt less lock log "
    "lua m md mdx mjs mp3 mp4 npy npz o onnx parquet pdf php pickle pkl pl png po "
    "proto ps1 psd pt pth py pyc pyi pyw pyx r rb rs rst safetensors scala scss sh so "
    "sql svelte svg swift tex toml ts tsv tsx vue wasm webp whl xml zip zsh"
)
_COMPOSE_NAME = re.compile(r"(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml\Z")
_DOCKERFILE_NAME = re.compile(
    r"(?:Docker|Container)file(?:[.-].+)?\Z|.+\.(?:docker|container)file\Z",
    re.IGNORECASE,
)
_KUSTOMIZATION_NAMES = frozenset(
    ("kustomization.yaml", "kustomization.yml", "Kustomization")
)
_TERRAFORM_SUFFIXES = (
    ".tf", ".tf.json", ".tofu", ".tfvars", ".tfvars.json", ".tftest.hcl"
)  # fmt: skip
_TERRAFORM_NAMES = frozenset(("terragrunt.hcl", ".terraform.lock.hcl"))
_TEMPLATE_SUFFIXES = (".yaml", ".yml", ".tpl", ".txt")

# Terraform language, "Syntax": a block is a type, its labels and a body in braces;
# these are all block types at the top of a module.
_BLOCK = re.compile(
    r'(resource|data|ephemeral)\s+"[^"]*"\s+"[^"]*"\s*\{'
    r'|(provider|module|variable|output|check|run)\s+"[^"]*"\s*\{'
    r"|(terraform|locals|import|moved|removed)\s*\{"
)
_OWN_BLOCKS = frozenset(("resource", "data", "provider", "module", "terraform"))
_STATEMENT = re.compile(r'[A-Za-z_][\w-]*(?:[ \t]+(?:"[^"]*"|[\w-]+))*[ \t]*[={]')


class _Kind(NamedTuple):
    """How to recognize a kind of asset: by name and content, or by content alone."""

    needles: tuple[bytes, ...]
    is_named: Callable[[str], bool]
    keeps_name: Callable[[str, bytes], bool]
    may_be: Callable[[str], bool]
    looks: Callable[[str, bytes], bool]


def detect(path: str, data: bytes, kinds: Iterable[str]) -> str | None:
    """Return the first of `kinds` that the file at `path` is, None if it is none.

    Raises `KeyError` for a kind that `KINDS` does not hold.
    """
    for name in _in_order(kinds):
        kind = _KINDS[name]
        if kind.is_named(path) and kind.keeps_name(path, data):
            return name
        if kind.may_be(path) and kind.looks(path, data):
            return name
    return None


def named(path: str, kinds: Iterable[str]) -> bool:
    """Return whether `path` alone suggests one of `kinds`, even of an empty file."""
    if _suffix(path) in _NO_ASSETS:
        return "dockerfile" in kinds and _is_dockerfile_name(path)
    return any(_KINDS[name].is_named(path) for name in kinds)


def may_be(path: str, kinds: Iterable[str]) -> bool:
    """Return whether the file at `path` could be one of `kinds`, whatever it holds."""
    return named(path, kinds) or any(_KINDS[name].may_be(path) for name in kinds)


def by_name(path: str, kinds: Iterable[str]) -> bool:
    """Return whether a file too large to be read may still be one of `kinds`.

    Nobody writes 64 MiB of one by hand, so anything else of that size is data.
    """
    return _suffix(path) in ("yaml", "yml") or named(path, kinds)


def never(ending: str) -> bool:
    """Return whether a file with this ending (`.py`) is an asset by its name alone."""
    return ending[1:].lower() in _NO_ASSETS


def needles(kinds: Iterable[str]) -> tuple[bytes, ...]:
    """Return byte strings; an asset that is not `named` holds one of them."""
    found = (needle for name in _in_order(kinds) for needle in _KINDS[name].needles)
    return tuple(dict.fromkeys(found))


def _in_order(kinds: Iterable[str]) -> list[str]:
    """Order kinds, the narrower first: a chart's template is also a manifest."""
    wanted = set(kinds)
    unknown = wanted.difference(_KINDS)
    if unknown:
        raise KeyError(min(unknown))
    return [name for name in KINDS if name in wanted]


# Several queries ask of one path in turn.
@lru_cache(maxsize=1)
def _name(path: str) -> str:
    return path.rpartition("/")[2]


@lru_cache(maxsize=1)
def _suffix(path: str) -> str:
    return _name(path).rpartition(".")[2].lower()


def _is_text_asset(path: str) -> bool:
    """Return whether a file is no source, document or data by its suffix."""
    name = _name(path)
    suffix = _suffix(path)
    return "." not in name or not (suffix == "json" or suffix in _NO_ASSETS)


def _may_be_mapping(path: str) -> bool:
    return _is_text_asset(path) or _suffix(path) == "json"


def _is_dockerfile_name(path: str) -> bool:
    """Return whether `docker build -f` is usually given such a name.

    What follows the dot is no suffix of a language: `Dockerfile.go` builds Go.
    """
    if "file" not in path and "FILE" not in path and "File" not in path:
        return False  # asked of every path, before any pattern
    return _DOCKERFILE_NAME.match(_name(path)) is not None


def _keeps_dockerfile_name(path: str, data: bytes) -> bool:
    """`Dockerfile` is one, even unfinished; `Dockerfile.notes` has to look like one."""
    plain = _name(path).lower() in ("dockerfile", "containerfile")
    return plain or dockerfile.is_dockerfile(data, named=True)


def _is_compose_name(path: str) -> bool:
    return _COMPOSE_NAME.match(_name(path)) is not None


def _keeps_compose_name(path: str, data: bytes) -> bool:
    """Compose looks for these names; what it finds there must be a project or empty."""
    if manifests.is_compose(data) or not data.strip():
        return True
    return _name(path).startswith("docker-compose")


def _is_template_path(path: str) -> bool:
    folders = path.split("/")[:-1]
    return "templates" in folders and path.endswith(_TEMPLATE_SUFFIXES)


def _is_terraform_name(path: str) -> bool:
    name = _name(path)
    return name in _TERRAFORM_NAMES or name.endswith(_TERRAFORM_SUFFIXES)


def _keeps_terraform_name(path: str, data: bytes) -> bool:
    """Accept JSON by suffix; else the first statement must be a block or a value."""
    if path.endswith(".json"):
        return True
    for line in _hcl_lines(data):
        return _STATEMENT.match(line) is not None
    return b"\0" not in data


def _looks_terraform(_path: str, data: bytes) -> bool:
    """Require known blocks at the margin, and one that no other HCL tool has."""
    seen = set()
    for line in _hcl_lines(data):
        if line[0] in " \t})]":
            continue
        found = _BLOCK.match(line)
        if found is None:
            return False
        seen.add(found[1] or found[2] or found[3])
    return not _OWN_BLOCKS.isdisjoint(seen)


def _hcl_lines(data: bytes) -> list[str]:
    """Return lines that are not empty, comments, or the body of a here-document."""
    if b"\0" in data:
        return ["\0"]
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    found: list[str] = []
    until = ""
    for line in re.sub(r"/\*.*?(?:\*/|\Z)", "", text, flags=re.DOTALL).splitlines():
        bare = line.strip()
        if until:
            until = "" if bare == until else until
        elif bare and not bare.startswith(("#", "//")):
            found.append(line)
            heredoc = re.search(r"<<-?([A-Za-z_]\w*)\s*$", bare)
            until = heredoc[1] if heredoc else ""
    return found


_KINDS = {
    "dockerfile": _Kind(
        dockerfile.NEEDLES,
        _is_dockerfile_name,
        _keeps_dockerfile_name,
        _is_text_asset,
        lambda _path, data: dockerfile.is_dockerfile(data),
    ),
    "compose": _Kind(
        manifests.COMPOSE_NEEDLES,
        _is_compose_name,
        _keeps_compose_name,
        _may_be_mapping,
        lambda _path, data: manifests.is_compose(data),
    ),
    "helm": _Kind(
        manifests.HELM_NEEDLES,
        lambda path: _name(path) == "Chart.yaml",
        lambda _path, data: manifests.is_chart(data),
        _is_template_path,
        lambda _path, data: manifests.is_chart_template(data),
    ),
    "kubernetes": _Kind(
        manifests.KUBERNETES_NEEDLES,
        lambda path: _name(path) in _KUSTOMIZATION_NAMES,
        lambda _path, data: manifests.is_kustomization(data),
        _may_be_mapping,
        lambda _path, data: manifests.is_kubernetes(data),
    ),
    "terraform": _Kind(
        (b'resource "', b'data "', b'provider "', b'module "', b"terraform {"),
        _is_terraform_name,
        _keeps_terraform_name,
        _is_text_asset,
        _looks_terraform,
    ),
}
KINDS = tuple(_KINDS)
