"""Makes a `Policy` of checked tables; nothing is judged here any more."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from treeguard.policy.diagnostics import Faults
from treeguard.policy.model import Closed
from treeguard.policy.model import Create
from treeguard.policy.model import Forbidden
from treeguard.policy.model import Isolated
from treeguard.policy.model import Layers
from treeguard.policy.model import Migration
from treeguard.policy.model import Move
from treeguard.policy.model import Options
from treeguard.policy.model import Placed
from treeguard.policy.model import Policy
from treeguard.policy.model import PolicyException
from treeguard.policy.model import Preserved
from treeguard.policy.model import Required
from treeguard.policy.model import Rule
from treeguard.policy.model import Vacated
from treeguard.policy.patterns import Patterns
from treeguard.policy.sections import Document
from treeguard.policy.sections import Table

Values = Mapping[str, Any]

# What a rule claims about the tree: each is a pattern, a zone or an owned module.
_CLAIMING = (
    *("zone", "from", "entrances", "owns", "uses", "independent"),
    *("files", "under", "except", "paths", "folder", "children", "layers"),
)


def build(
    document: Document, faults: Faults, path: str, source: str, digest: str
) -> Policy:
    """The policy that `document` says. `faults` is asked for line numbers only."""
    values = document.policy.values
    roots = values["roots"]
    return Policy(
        path,
        source,
        digest,
        None if roots is None else tuple(map(_folder, roots)),
        Patterns(values["exclude"]),
        values["existing"],
        tuple(_rule(table, faults.line(table.place)) for table in document.rules),
        tuple(
            _exception(table.values, faults.line(table.place))
            for table in document.exceptions
        ),
        _migration(document, faults),
        values["bypass"],
        values["allow_comments"],
    )


def _rule(table: Table, line: int) -> Rule:
    values = table.values
    return Rule(
        str(table.place[-1]),
        values["kind"],
        values["severity"],
        values["reason"],
        Patterns(values["exclude"]),
        values["allow_empty"],
        line,
        tuple(_claims(values)),
        _OPTIONS[values["kind"]](values),
    )


def _claims(values: Values) -> Iterator[tuple[str, str]]:
    for key in _CLAIMING:
        yield from ((key, text) for text in _texts(values.get(key)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value if isinstance(value, list) else ():
        yield from _texts(item)


def _forbidden(values: Values) -> Forbidden:
    return Forbidden(
        Patterns(values["zone"]),
        _some(values["from"]),
        values["indirect"],
        values["references"],
        values["type_checking"],
    )


def _isolated(values: Values) -> Isolated:
    return Isolated(
        Patterns(values["zone"]),
        Patterns(values["entrances"]),
        tuple(values["owns"]),
        _some(values["uses"]),
        tuple(Patterns([one]) for one in values["independent"]),
        values["references"],
        values["type_checking"],
    )


def _placed(values: Values) -> Placed:
    return Placed(
        Patterns(values["files"]),
        tuple(values["detect"]),
        Patterns(values["under"]),
        Patterns(values["except"]),
    )


def _preserved(values: Values) -> Preserved:
    return Preserved(Patterns(values["paths"]), frozenset(values["allow"]))


def _required(values: Values) -> Required:
    return Required(tuple(values["files"]))


def _closed(values: Values) -> Closed:
    return Closed(_folder(values["folder"]), Patterns(values["children"]))


def _layers(values: Values) -> Layers:
    rows = (row if isinstance(row, list) else [row] for row in values["layers"])
    layers = tuple(tuple(Patterns([one]) for one in row) for row in rows)
    return Layers(layers, values["type_checking"])


def _vacated(_values: Values) -> Vacated:
    return Vacated()


_OPTIONS: dict[str, Callable[[Values], Options]] = {
    "forbidden": _forbidden,
    "isolated": _isolated,
    "placed": _placed,
    "preserved": _preserved,
    "required": _required,
    "closed": _closed,
    "layers": _layers,
    "vacated": _vacated,
}


def _some(lines: list[str] | None) -> Patterns | None:
    return None if lines is None else Patterns(lines)


def _folder(path: str) -> str:
    """A folder as `trees` writes it; the root is the empty string."""
    return "" if path == "." else path.rstrip("/")


def _exception(values: Values, line: int) -> PolicyException:
    return PolicyException(
        values["rule"],
        Patterns([values["path"]]),
        values["target"],
        values["reason"],
        values["expires"],
        line,
    )


def _migration(document: Document, faults: Faults) -> Migration | None:
    table = document.migration
    if table is None:
        return None
    return Migration(
        table.values["id"],
        table.values["title"],
        table.values["record"],
        Patterns(table.values["frozen"]),
        tuple(_move(one.values, faults.line(one.place)) for one in document.moves),
        tuple(_create(one.values, faults.line(one.place)) for one in document.creates),
        faults.line(table.place),
    )


def _move(values: Values, line: int) -> Move:
    return Move(tuple(values["from"]), values["to"], values["reason"], line)


def _create(values: Values, line: int) -> Create:
    return Create(values["path"], values["text"], values["from_file"], line)
