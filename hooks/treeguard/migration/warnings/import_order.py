"""Tell which tool keeps imports sorted, since a migration does not sort them.

A new name may belong elsewhere in its block; the tool's own next run would say so.
"""

from __future__ import annotations

import configparser
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

from treeguard.policy.loading import toml_document

_RUFF = "ruff check --select I --fix"
_ISORT = "isort ."
_SELECTS = ("select", "extend-select")


def sorting_command(read: Callable[[str], bytes]) -> str:
    """Return the command that sorts imports as the repository's configuration asks;
    empty if none is configured.

    `read` returns the bytes of a file of the repository, empty where there is none.
    """
    pyproject = _toml(read("pyproject.toml")).get("tool", {})
    rulesets = [
        pyproject.get("ruff", {}),
        *(_toml(read(name)) for name in ("ruff.toml", ".ruff.toml")),
    ]
    if any(_selects_order(one) for one in rulesets if isinstance(one, dict)):
        return _RUFF
    in_ini = any(
        not {"settings", "isort", "tool:isort"}.isdisjoint(_sections(read(name)))
        for name in (".isort.cfg", "setup.cfg", "tox.ini")
    )
    return _ISORT if "isort" in pyproject or in_ini else ""


def _selects_order(ruff: dict[str, Any]) -> bool:
    """Return True if the rules of ruff hold those on the order of imports (`I`)."""
    lint = ruff.get("lint", {})
    lists = [one.get(key, ()) for one in (ruff, lint) for key in _SELECTS]
    rules = {str(rule) for each in lists if isinstance(each, list) for rule in each}
    return not rules.isdisjoint({"ALL", "I", "I0", "I00", "I001"})


def _toml(data: bytes) -> dict[str, Any]:
    """Return a document; one that cannot be read configures nothing."""
    try:
        return toml_document(data)
    except (ValueError, RecursionError):
        return {}


def _sections(data: bytes) -> Iterator[str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(data.decode("utf-8", "replace"))
    except configparser.Error:
        return
    yield from parser.sections()
