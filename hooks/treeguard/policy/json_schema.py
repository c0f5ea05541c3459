"""A JSON Schema of policy.toml for editors, made of the loader's own table of keys.

Draft-07, https://json-schema.org/draft-07/schema, and of it only what taplo and other
editors understand. Patterns, dates and contradictions are left to the loader: what it
accepts the schema accepts, never the reverse.
"""

from __future__ import annotations

from typing import Any

from treeguard.policy import schema_table
from treeguard.policy.schema_table import Key

Schema = dict[str, Any]

_WORDS: Schema = {"type": "string"}
_SOME_WORDS: Schema = {"type": "string", "minLength": 1}
_PATH: Schema = {"type": "string", "pattern": "^[^/\\\\*?\\[\\]!][^\\\\*?\\[\\]!]*$"}
# Editors hand TOML dates over as strings, and so does JSON.
_DATE: Schema = {"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$"}
_MODULE: Schema = {"type": "string", "pattern": "^[^\\s.-]+(\\.[^\\s.-]+)*$"}


def schema() -> Schema:
    """The whole schema, a fresh copy."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "treeguard policy",
        "description": "What lives where in a Git repository, and who may import whom.",
        "type": "object",
        "additionalProperties": False,
        "anyOf": [{"required": ["rules"]}, {"required": ["migration"]}],
        "properties": {
            "policy": _table(schema_table.POLICY),
            "rules": {
                "type": "object",
                "propertyNames": {
                    "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
                    "not": {"enum": list(schema_table.RESERVED)},
                },
                "additionalProperties": _rule(),
            },
            "exceptions": _array(_table(schema_table.EXCEPTION)),
            "migration": _migration(),
        },
    }


def _rule() -> Schema:
    """One branch per kind, so that an editor offers the keys of that kind only."""
    first, *others = schema_table.COMMON
    kinds = first._replace(choices=tuple(schema_table.KINDS))
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": _value(kinds)},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": _kind((first._replace(choices=(kind,)), *others, *own), kind),
            }
            for kind, own in schema_table.KINDS.items()
        ],
    }


def _kind(spec: tuple[Key, ...], kind: str) -> Schema:
    table = _table(spec)
    if kind == "placed":
        table["anyOf"] = [
            {"required": [name], "properties": {name: {"minItems": 1}}}
            for name in ("files", "detect")
        ]
    return table


def _migration() -> Schema:
    table = _table(schema_table.MIGRATION)
    create = _table(schema_table.CREATE)
    create["oneOf"] = [{"required": ["text"]}, {"required": ["from_file"]}]
    table["properties"]["move"] = _array(_table(schema_table.MOVE))
    table["properties"]["create"] = _array(create)
    return table


def _array(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _table(spec: tuple[Key, ...]) -> Schema:
    table: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {key.name: _property(key) for key in spec},
    }
    required = [key.name for key in spec if key.required]
    return {**table, "required": required} if required else table


def _property(key: Key) -> Schema:
    described: Schema = {"description": key.about, **_value(key)}
    return described if key.default is None else {**described, "default": key.default}


def _value(key: Key) -> Schema:
    if key.type in _LISTS:
        return _list(key, _LISTS[key.type])
    if key.type == schema_table.LAYERS:
        siblings = _list(key, _SOME_WORDS)
        return {**_array({"anyOf": [_SOME_WORDS, siblings]}), "minItems": key.filled}
    if key.type == schema_table.CHOICE:
        return {"type": "string", "enum": list(key.choices)}
    if key.type == schema_table.CHOICES:
        return _list(key, {"type": "string", "enum": list(key.choices)})
    if key.type == schema_table.TEXT and key.required:
        return _SOME_WORDS
    return _SINGLE[key.type]


def _list(key: Key, item: Schema) -> Schema:
    found: Schema = {"type": "array", "items": item, "uniqueItems": True}
    return {**found, "minItems": key.filled} if key.filled else found


_LISTS = {
    schema_table.PATTERNS: _SOME_WORDS,
    schema_table.FOLDERS: _PATH,
    schema_table.PATHS: _PATH,
    schema_table.MODULES: _MODULE,
}
_SINGLE: dict[str, Schema] = {
    schema_table.TEXT: _WORDS,
    schema_table.FLAG: {"type": "boolean"},
    schema_table.VERSION: {"type": "integer", "enum": [1]},
    schema_table.DATE: _DATE,
    schema_table.PATTERN: _SOME_WORDS,
    schema_table.FILE: _PATH,
    schema_table.FOLDER: _PATH,
    schema_table.TARGET: _PATH,
}
