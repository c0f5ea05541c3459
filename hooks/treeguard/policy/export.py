"""A policy with every default filled in, as TOML and JSON; and the JSON Schema.

The schema is Draft-07, https://json-schema.org/draft-07/schema, and of it only what
taplo and other editors understand. Patterns, dates and contradictions are left to the
loader: the schema accepts all that the loader accepts, and more.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import Any

from treeguard.policy import schema
from treeguard.policy.diagnostics import spelled
from treeguard.policy.loading import load_tables
from treeguard.policy.schema import Key
from treeguard.policy.schema import Options
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
    lines = [line for name in tables for line in _toml_table((name,), tables[name])]
    return "\n".join(lines).lstrip("\n") + "\n"


def as_json(tables: dict[str, Any]) -> str:
    """Write what `effective` returns as JSON; dates are strings."""
    return json.dumps(tables, indent=2, ensure_ascii=False, default=_iso) + "\n"


def _plain(table: Table) -> dict[str, Any]:
    return {name: value for name, value in table.values.items() if value is not None}


def _toml_table(place: tuple[str, ...], value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from ("", f"[[{spelled(place)}]]", *_pairs(item))
        return
    own = {name: one for name, one in value.items() if not _is_table(one)}
    if own or not value:
        yield from ("", f"[{spelled(place)}]", *_pairs(own))
    for name, inner in value.items():
        if name not in own:
            yield from _toml_table((*place, name), inner)


def _is_table(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], dict)
    return isinstance(value, dict)


def _pairs(table: dict[str, Any]) -> Iterator[str]:
    return (
        f"{spelled((name,))} = {_toml_value(value)}" for name, value in table.items()
    )


def _toml_value(value: Any) -> str:
    """Write one value. TOML and JSON differ in dates and in DEL only."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _iso(value: datetime.date) -> str:
    return value.isoformat()


Schema = dict[str, Any]

_WORDS: Schema = {"type": "string"}
_SOME_WORDS: Schema = {"type": "string", "minLength": 1}
_PATH: Schema = {"type": "string", "pattern": "^[^/\\\\*?\\[\\]!][^\\\\*?\\[\\]!]*$"}
# Editors pass TOML dates as strings, as JSON does.
_DATE: Schema = {"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$"}
_MODULE: Schema = {"type": "string", "pattern": "^[^\\s.-]+(\\.[^\\s.-]+)*$"}


def json_schema(kinds: Kinds) -> Schema:
    """Return the whole schema for these kinds of rules, a fresh copy."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "treeguard policy",
        "description": "What lives where in a Git repository, and who may import whom.",
        "type": "object",
        "additionalProperties": False,
        "anyOf": [{"required": ["rules"]}, {"required": ["migration"]}],
        "properties": {
            "policy": _object(schema.POLICY),
            "rules": {
                "type": "object",
                "propertyNames": {
                    "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
                    "not": {"enum": list(schema.RESERVED)},
                },
                "additionalProperties": _rule(kinds),
            },
            "exceptions": _array(_object(schema.EXCEPTION)),
            "migration": _migration(),
        },
    }


def _rule(kinds: Kinds) -> Schema:
    """Return one branch per kind, so that an editor offers that kind's keys only."""
    kind = schema.COMMON[0]._replace(choices=tuple(kinds))
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": _value(kind)},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                "then": _options(name, one.options),
            }
            for name, one in kinds.items()
        ],
    }


def _options(kind: str, options: type[Options]) -> Schema:
    first, *others = schema.COMMON
    table = _object((first._replace(choices=(kind,)), *others, *options.KEYS))
    if options.ONE_OF:
        table["anyOf"] = [
            {"required": [name], "properties": {name: {"minItems": 1}}}
            for name in options.ONE_OF
        ]
    return table


def _migration() -> Schema:
    table = _object(schema.MIGRATION)
    create = _object(schema.CREATE)
    create["oneOf"] = [{"required": ["text"]}, {"required": ["from_file"]}]
    table["properties"]["move"] = _array(_object(schema.MOVE))
    table["properties"]["create"] = _array(create)
    return table


def _array(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _object(spec: tuple[Key, ...]) -> Schema:
    table: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {key.name: _property(key) for key in spec},
    }
    required = [key.name for key in spec if key.required]
    return {**table, "required": required} if required else table


def _property(key: Key) -> Schema:
    described: Schema = {"description": key.about, **_value(key)}
    has_default = not key.required and key.default is not None
    return {**described, "default": key.default} if has_default else described


def _value(key: Key) -> Schema:
    if key.type in _LISTS:
        return _list(key, _LISTS[key.type])
    if key.type == "layers":
        siblings = _list(key, _SOME_WORDS)
        return {**_array({"anyOf": [_SOME_WORDS, siblings]}), "minItems": key.at_least}
    if key.type == "choice":
        return {"type": "string", "enum": list(key.choices)}
    if key.type == "choices":
        return _list(key, {"type": "string", "enum": list(key.choices)})
    if key.type == "text" and key.required:
        return _SOME_WORDS
    return _SINGLE[key.type]


def _list(key: Key, item: Schema) -> Schema:
    found: Schema = {"type": "array", "items": item, "uniqueItems": True}
    return {**found, "minItems": key.at_least} if key.at_least else found


_LISTS = {
    "patterns": _SOME_WORDS,
    "zones": _SOME_WORDS,
    "folders": _PATH,
    "paths": _PATH,
    "modules": _MODULE,
}
_SINGLE: dict[str, Schema] = {
    "text": _WORDS,
    "flag": {"type": "boolean"},
    "version": {"type": "integer", "enum": [1]},
    "date": _DATE,
    "pattern": _SOME_WORDS,
    "file": _PATH,
    "folder": _PATH,
    "target": _PATH,
}
