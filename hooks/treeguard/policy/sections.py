"""The tables of policy.toml, checked key by key, with every default filled in."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple
from typing import Protocol

from treeguard.policy import schema
from treeguard.policy.diagnostics import Faults
from treeguard.policy.diagnostics import Place
from treeguard.policy.diagnostics import nearest
from treeguard.policy.schema import Key
from treeguard.policy.schema import Options
from treeguard.policy.validators import check
from treeguard.policy.validators import described

_KEBAB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TOP = ("policy", "rules", "exceptions", "migration")


class Table(NamedTuple):
    """One table: its place, its values with defaults, and whether it is sound.

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

    def sound_rules(self, kind: str) -> list[Table]:
        """Return the rules of one kind that have no fault of their own."""
        return [one for one in self.rules if one.sound and one.values["kind"] == kind]


Contradictions = Callable[[Document, Faults], None]


class KindSchema(Protocol):
    """What the loader has to know of a kind of rule.

    `contradictions` adds a fault where rules of the kind contradict themselves or other
    tables; None if they cannot.
    """

    @property
    def options(self) -> type[Options]: ...

    @property
    def contradictions(self) -> Contradictions | None: ...


Kinds = Mapping[str, KindSchema]


def read(raw: dict[str, Any], kinds: Kinds, faults: Faults) -> Document:
    """Return the tables of a parsed file, and add what is wrong with them."""
    _refuse_unknown(raw, _TOP, (), faults)
    migration = _section(raw, ("migration",), faults)
    inner = migration or {}
    place: Place = ("migration",)
    own = {name: inner[name] for name in inner if name not in ("move", "create")}
    head = _section(raw, ("policy",), faults) or {}
    rules = _section(raw, ("rules",), faults) or {}
    return Document(
        _table(head, schema.POLICY, ("policy",), faults),
        tuple(_rules(rules, kinds, faults)),
        tuple(_array(raw, schema.EXCEPTION, ("exceptions",), faults)),
        None if migration is None else _table(own, schema.MIGRATION, place, faults),
        tuple(_array(inner, schema.MOVE, (*place, "move"), faults)),
        tuple(_array(inner, schema.CREATE, (*place, "create"), faults)),
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


def _rules(raw: dict[str, Any], kinds: Kinds, faults: Faults) -> Iterator[Table]:
    for name, value in raw.items():
        place: Place = ("rules", name)
        before = len(faults.found)
        _check_id(name, place, faults)
        if not isinstance(value, dict):
            message = f"must be a table, not {described(value)}"
            faults.add(place, message, f"[rules.{name}]")
            continue
        table = _rule(value, kinds, place, faults)
        yield table._replace(sound=len(faults.found) == before)


def _check_id(name: str, place: Place, faults: Faults) -> None:
    if name in schema.RESERVED:
        faults.add(place, f'"{name}" is reserved for findings of treeguard itself')
    elif not _KEBAB.fullmatch(name):
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
        kebab = re.sub(r"[^a-z0-9]+", "-", words).strip("-")
        message = "a rule's id is lower-case words joined by hyphens"
        faults.add(place, message, kebab)


def _rule(raw: dict[str, Any], kinds: Kinds, place: Place, faults: Faults) -> Table:
    """Return one rule's table. If its kind is unknown, any kind's keys are accepted."""
    kind = schema.COMMON[0]._replace(choices=tuple(kinds))
    common = (kind, *schema.COMMON[1:])
    found = raw.get("kind")
    if not isinstance(found, str) or found not in kinds:
        every = dict.fromkeys(key.name for key in common)
        for one in kinds.values():
            every.update(dict.fromkeys(key.name for key in one.options.KEYS))
        _refuse_unknown(raw, tuple(every), place, faults)
        return _checked(raw, common, place, faults)
    options = kinds[found].options
    table = _table(raw, (*common, *options.KEYS), place, faults)
    given = [name for name in options.ONE_OF if table.values[name]]
    if table.sound and options.ONE_OF and not given:
        names = " or ".join(f"`{name}`" for name in options.ONE_OF)
        faults.add(place, f"{names} is required")
    return table


def _table(
    raw: dict[str, Any], spec: tuple[Key, ...], place: Place, faults: Faults
) -> Table:
    before = len(faults.found)
    _refuse_unknown(raw, tuple(key.name for key in spec), place, faults)
    table = _checked(raw, spec, place, faults)
    return table._replace(sound=len(faults.found) == before)


def _checked(
    raw: dict[str, Any], spec: tuple[Key, ...], place: Place, faults: Faults
) -> Table:
    before = len(faults.found)
    for key in spec:
        if key.name in raw:
            check(key, raw[key.name], (*place, key.name), faults)
        elif key.required:
            faults.add((*place, key.name), "required, but missing")
    values = {
        key.name: raw.get(key.name, None if key.required else key.default)
        for key in spec
    }
    return Table(place, values, len(faults.found) == before)


def _refuse_unknown(
    raw: dict[str, Any], known: tuple[str, ...], place: Place, faults: Faults
) -> None:
    for name in raw:
        if name not in known:
            faults.add((*place, name), "unknown key", nearest(name, known))
