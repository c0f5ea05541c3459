"""A policy with every default filled in: as plain data, TOML and JSON."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import Any

from treeguard.policy.diagnostics import spelled
from treeguard.policy.loading import load_tables
from treeguard.policy.sections import Kinds
from treeguard.policy.sections import Table


def effective(text: bytes, path: str, kinds: Kinds) -> dict[str, Any]:
    """Return the tables of a policy as plain data; raise as `load` does.

    A key without a value, such as `roots` when they are found for each tree, is left
    out.
    """
    document, _ = load_tables(text, path, kinds)
    migration = document.migration
    tables: dict[str, Any] = {
        "policy": _plain(document.policy),
        "rules": {str(rule.place[-1]): _plain(rule) for rule in document.rules},
        "exceptions": [_plain(table) for table in document.exceptions],
    }
    if migration is not None:
        tables["migration"] = {
            **_plain(migration),
            "move": [_plain(table) for table in document.moves],
            "create": [_plain(table) for table in document.creates],
        }
    return tables


def as_toml(tables: dict[str, Any]) -> str:
    """Write what `effective` returns as TOML that loads to the same policy."""
    lines = [line for name in tables for line in _table((name,), tables[name])]
    return "\n".join(lines).lstrip("\n") + "\n"


def as_json(tables: dict[str, Any]) -> str:
    """Write what `effective` returns as JSON; dates are strings."""
    return json.dumps(tables, indent=2, ensure_ascii=False, default=_iso) + "\n"


def _plain(table: Table) -> dict[str, Any]:
    return {name: value for name, value in table.values.items() if value is not None}


def _table(place: tuple[str, ...], value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from ("", f"[[{spelled(place)}]]", *_pairs(item))
        return
    own = {name: one for name, one in value.items() if not _is_table(one)}
    if own or not value:
        yield from ("", f"[{spelled(place)}]", *_pairs(own))
    for name, inner in value.items():
        if name not in own:
            yield from _table((*place, name), inner)


def _is_table(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], dict)
    return isinstance(value, dict)


def _pairs(table: dict[str, Any]) -> Iterator[str]:
    return (f"{spelled((name,))} = {_value(value)}" for name, value in table.items())


def _value(value: Any) -> str:
    """Write one value. TOML and JSON differ in dates and in DEL only."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _iso(value: datetime.date) -> str:
    return value.isoformat()
