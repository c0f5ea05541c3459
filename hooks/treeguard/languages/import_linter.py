"""Read the contracts of import-linter: names of modules below their containers.

https://import-linter.readthedocs.io/en/stable/contract_types/layers/: with `containers`
each layer is named below one of them. A layer may list several modules (`a | b : c`) or
be optional (`(d)`). They are in .importlinter, setup.cfg or pyproject.toml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages import toml_ini
from treeguard.languages.source_text import SourceText
from treeguard.languages.spans import ANYWHERE
from treeguard.languages.spans import MEMBER
from treeguard.languages.spans import NAME
from treeguard.languages.spans import Span
from treeguard.languages.spans import text_span

_BELOW = ("layers", "exhaustive_ignores")
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_TABLE = "tool.importlinter.contracts."
_SECTION = "importlinter:contract:"

Contract = dict[str, list[SourceText]]


def spans(text: SourceText, path: str) -> Iterator[Span]:
    """Yield the names in the layers of every contract of a TOML or INI file."""
    if "importlinter" not in text.chars:
        return
    read = _of_toml if path.endswith(".toml") else _of_ini
    for contract in read(text):
        containers = [
            found[0]
            for value in contract.get("containers", ())
            for found in _NAME.finditer(value.chars)
        ]
        for key in _BELOW:
            for value in contract.get(key, ()):
                for found in _NAME.finditer(value.chars):
                    yield from _named(value.group(found), containers)


def _named(name: SourceText, containers: list[str]) -> Iterator[Span]:
    if not containers:
        yield from text_span(NAME, name, ANYWHERE)
    for container in containers:
        for span in text_span(MEMBER, name, container):
            yield span._replace(text=f"{container}.{name.chars}")


def _of_toml(text: SourceText) -> Iterator[Contract]:
    """Yield the tables of contracts. One begins where a key is there again."""
    contract: Contract = {}
    arrays: dict[str, int] = {}
    for found in toml_ini.toml_strings(text):
        key = found.place.removeprefix(_TABLE)
        if key == found.place or found.is_key:
            continue
        if key in contract and not (found.array and found.array == arrays[key]):
            yield contract
            contract, arrays = {}, {}
        contract.setdefault(key, []).append(found.text)
        arrays[key] = found.array
    yield contract


def _of_ini(text: SourceText) -> Iterator[Contract]:
    """Yield the sections of contracts."""
    contracts: dict[str, Contract] = {}
    for one in toml_ini.ini_texts(text):
        section, _, key = one.path.rpartition("/")
        if section.startswith(_SECTION) and not one.is_key:
            contracts.setdefault(section, {}).setdefault(key, []).append(one.text)
    yield from contracts.values()
