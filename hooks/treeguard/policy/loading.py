"""Loading a policy from bytes, or reporting every fault in it."""

from __future__ import annotations

import re
from typing import Any

from treeguard.errors import Fault
from treeguard.errors import PolicyError
from treeguard.policy import schema
from treeguard.policy.consistency import add_contradictions
from treeguard.policy.diagnostics import Faults
from treeguard.policy.diagnostics import Place
from treeguard.policy.diagnostics import positions
from treeguard.policy.model import Create
from treeguard.policy.model import Migration
from treeguard.policy.model import Move
from treeguard.policy.model import Policy
from treeguard.policy.model import PolicyException
from treeguard.policy.model import Rule
from treeguard.policy.schema import Key
from treeguard.policy.schema import names_in
from treeguard.policy.schema import value_of
from treeguard.policy.sections import Document
from treeguard.policy.sections import Kinds
from treeguard.policy.sections import Table
from treeguard.policy.sections import read

MAX_BYTES = 1 << 20

_BOM = b"\xef\xbb\xbf"
_AT_LINE = re.compile(r" \(at line (\d+), column (\d+)\)$")


def load(text: bytes, path: str, source: str, kinds: Kinds) -> Policy:
    """Return the policy in `text`; `path` and `source` name where it was read.

    `kinds` are the kinds of rules that it may hold. Raises `PolicyError` with every
    fault, and nothing else, whatever the bytes are.
    """
    document, faults = load_tables(text, path, kinds)
    head = _values(document.policy, schema.POLICY)
    return Policy(
        path,
        source,
        digest_of(text),
        head["roots"],
        head["exclude"],
        head["existing"],
        tuple(_rule(one, kinds, faults.line(one.place)) for one in document.rules),
        tuple(
            PolicyException(
                **_values(one, schema.EXCEPTION), line=faults.line(one.place)
            )
            for one in document.exceptions
        ),
        _migration(document, faults),
        head["bypass"],
        head["allow_comments"],
    )


def _values(table: Table, spec: tuple[Key, ...]) -> dict[str, Any]:
    return {key.name: value_of(key, table.values[key.name]) for key in spec}


def _rule(table: Table, kinds: Kinds, line: int) -> Rule:
    common = _values(table, schema.COMMON)
    options = kinds[common["kind"]].options
    return Rule(
        str(table.place[-1]),
        **common,
        line=line,
        patterns=tuple(
            (key.name, text)
            for key in options.KEYS
            for text in names_in(key, table.values[key.name])
        ),
        options=options(
            **{key.field: value_of(key, table.values[key.name]) for key in options.KEYS}
        ),
    )


def _migration(document: Document, faults: Faults) -> Migration | None:
    table = document.migration
    if table is None:
        return None
    return Migration(
        **_values(table, schema.MIGRATION),
        moves=tuple(_move(one, faults.line(one.place)) for one in document.moves),
        creates=tuple(
            Create(**_values(one, schema.CREATE), line=faults.line(one.place))
            for one in document.creates
        ),
        line=faults.line(table.place),
    )


def _move(table: Table, line: int) -> Move:
    values = table.values
    return Move(tuple(values["from"]), values["to"], values["reason"], line)


def load_tables(text: bytes, path: str, kinds: Kinds) -> tuple[Document, Faults]:
    """Return the tables of a policy with their defaults; raise as `load` does."""
    raw, lines = _parsed(_decoded(text, path), path)
    faults = Faults(path, lines)
    document = read(raw, kinds, faults)
    for kind in kinds.values():
        if kind.contradictions is not None:
            kind.contradictions(document, faults)
    add_contradictions(document, faults)
    if faults.found:
        raise PolicyError(faults.in_order())
    return document, faults


def _decoded(text: bytes, path: str) -> str:
    if len(text) > MAX_BYTES:
        size = f"{len(text)} bytes long, and a policy may have {MAX_BYTES}"
        raise _refusal(path, 0, f"{size}: is this the right file?")
    if text.startswith(_BOM):
        raise _refusal(path, 1, "begins with a byte order mark: save it without one")
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise _refusal(path, line, "not UTF-8: save it as UTF-8") from None
    if "\0" in decoded:
        line = decoded.count("\n", 0, decoded.index("\0")) + 1
        raise _refusal(path, line, "contains a NUL byte: not a text file")
    return decoded


def toml_document(data: bytes) -> dict[str, Any]:
    """Return what a TOML file holds. Raises `ValueError` when it is none."""
    import tomli

    return tomli.loads(data.decode("utf-8"))


def is_toml(data: bytes) -> bool:
    """Tell whether a file is TOML."""
    try:
        toml_document(data)
    except (ValueError, RecursionError):
        return False
    return True


def _parsed(text: str, path: str) -> tuple[dict[str, Any], dict[Place, int]]:
    import tomli

    try:
        raw = tomli.loads(text)
        lines = positions(text)
    except RecursionError:
        raise _refusal(path, 0, "nested too deeply to be a policy") from None
    except tomli.TOMLDecodeError as error:
        raise _syntax_refusal(path, text, str(error)) from None
    except ValueError as error:
        # Python's own, about a number of 5,000 digits; it names no line.
        why = _lower(str(error).partition(";")[0])
        raise _refusal(path, 0, f"invalid TOML: {why}") from None
    if not raw:
        raise _refusal(path, 0, "empty: a policy has at least one [rules.ID] table")
    return raw, lines


def _syntax_refusal(path: str, text: str, error: str) -> PolicyError:
    place = _AT_LINE.search(error)
    if place:
        what = f"{_lower(error[: place.start()])}, at column {place[2]}"
        return _refusal(path, int(place[1]), f"invalid TOML: {what}")
    line = len(text.rstrip().splitlines())
    what = _lower(error.replace(" (at end of document)", ""))
    return _refusal(path, line, f"invalid TOML: {what}")


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _refusal(path: str, line: int, message: str) -> PolicyError:
    return PolicyError((Fault(path, line, "", message),))


def digest_of(text: bytes) -> str:
    """Return the digest by which a `Policy` names the bytes that it was read from."""
    import hashlib

    return f"sha256:{hashlib.sha256(text).hexdigest()}"
