"""The tables of policy.toml, checked key by key, with every default filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

from treeguard.policy import schema_table
from treeguard.policy.diagnostics import Faults
from treeguard.policy.diagnostics import Place
from treeguard.policy.diagnostics import nearest
from treeguard.policy.schema_table import Key
from treeguard.policy.validators import check
from treeguard.policy.validators import described

_KEBAB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TOP = ("policy", "rules", "exceptions", "migration")


class Table(NamedTuple):
    """One table: where it stands, its values with defaults, and whether it is sound.

    Only a sound one, without a fault of its own, is safe to build from.
    """

    place: Place
    values: dict[str, Any]
    sound: bool


class Document(NamedTuple):
    """Every table of a policy file; `migration` is None when there is none."""

    policy: Table
    rules: tuple[Table, ...]
    exceptions: tuple[Table, ...]
    migration: Table | None
    moves: tuple[Table, ...]
    creates: tuple[Table, ...]


def read(raw: dict[str, Any], faults: Faults) -> Document:
    """The tables of a parsed file; what is wrong with them is added to `faults`."""
    _refuse_unknown(raw, _TOP, (), faults)
    migration = _section(raw, ("migration",), faults)
    inner = migration or {}
    place: Place = ("migration",)
    own = {name: inner[name] for name in inner if name not in ("move", "create")}
    return Document(
        _table(
            _section(raw, ("policy",), faults) or {},
            schema_table.POLICY,
            ("policy",),
            faults,
        ),
        tuple(_rules(_section(raw, ("rules",), faults) or {}, faults)),
        tuple(_array(raw, schema_table.EXCEPTION, ("exceptions",), faults)),
        None
        if migration is None
        else _table(own, schema_table.MIGRATION, place, faults),
        tuple(_array(inner, schema_table.MOVE, (*place, "move"), faults)),
        tuple(_array(inner, schema_table.CREATE, (*place, "create"), faults)),
    )


def _section(
    raw: dict[str, Any], place: Place, faults: Faults
) -> dict[str, Any] | None:
    value = raw.get(str(place[-1]))
    if value is None or isinstance(value, dict):
        return value
    faults.add(place, f"must be a table, not {described(value)}", f"[{place[-1]}]")
    return None


def _array(
    raw: dict[str, Any], spec: tuple[Key, ...], place: Place, faults: Faults
) -> Iterator[Table]:
    value = raw.get(str(place[-1]), [])
    if not isinstance(value, list):
        header = f"[[{'.'.join(map(str, place))}]]"
        message = f"must be an array of tables, not {described(value)}"
        faults.add(place, message, header)
        return
    for number, one in enumerate(value):
        item = (*place, number)
        if isinstance(one, dict):
            yield _table(one, spec, item, faults)
        else:
            faults.add(item, f"must be a table, not {described(one)}")


def _rules(raw: dict[str, Any], faults: Faults) -> Iterator[Table]:
    for name, value in raw.items():
        place = ("rules", name)
        before = len(faults.found)
        _check_id(name, place, faults)
        if not isinstance(value, dict):
            message = f"must be a table, not {described(value)}"
            faults.add(place, message, f"[rules.{name}]")
            continue
        table = _table(value, _rule_keys(value, place, faults), place, faults)
        yield table._replace(sound=len(faults.found) == before)


def _check_id(name: str, place: Place, faults: Faults) -> None:
    if name in schema_table.RESERVED:
        faults.add(place, f'"{name}" is the id of findings of treeguard\'s own')
    elif not _KEBAB.fullmatch(name):
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
        kebab = re.sub(r"[^a-z0-9]+", "-", words).strip("-")
        message = "a rule's id is lower-case words joined by hyphens"
        faults.add(place, message, kebab)


def _rule_keys(value: dict[str, Any], place: Place, faults: Faults) -> tuple[Key, ...]:
    """The keys of a rule of this kind; of an unknown kind every key is let pass."""
    kinds = schema_table.COMMON[0]._replace(choices=tuple(schema_table.KINDS))
    if _kind(value):
        return (kinds, *schema_table.COMMON[1:], *schema_table.KINDS[_kind(value)])
    known = {key.name for key in schema_table.COMMON}
    every = {key.name: key for keys_ in schema_table.KINDS.values() for key in keys_}
    unknown = (name for name in value if name not in known | every.keys())
    for name in unknown:
        faults.add((*place, name), "unknown key", nearest(name, known | every.keys()))
    return (kinds, *schema_table.COMMON[1:])


def _kind(value: dict[str, Any]) -> str:
    """The kind that a rule says it is, or the empty string if there is none such."""
    kind = value.get("kind")
    return kind if isinstance(kind, str) and kind in schema_table.KINDS else ""


def _table(
    raw: dict[str, Any], spec: tuple[Key, ...], place: Place, faults: Faults
) -> Table:
    before = len(faults.found)
    known = {key.name: key for key in spec}
    # Of an unknown kind nobody can say which keys it has.
    if "kind" not in known or _kind(raw):
        _refuse_unknown(raw, tuple(known), place, faults)
    for name, key in known.items():
        if name in raw:
            check(key, raw[name], (*place, name), faults)
        elif key.required:
            faults.add((*place, name), "required, and missing")
    values = {name: raw.get(name, key.default) for name, key in known.items()}
    return Table(place, values, len(faults.found) == before)


def _refuse_unknown(
    raw: dict[str, Any], known: tuple[str, ...], place: Place, faults: Faults
) -> None:
    for name in raw:
        if name not in known:
            faults.add((*place, name), "unknown key", nearest(name, known))
