"""Reads a policy from bytes: a `Policy`, or every fault that there is in it."""

from __future__ import annotations

import re
from typing import Any

from treeguard.errors import Fault
from treeguard.errors import PolicyError
from treeguard.policy.build import build
from treeguard.policy.consistency import contradictions
from treeguard.policy.diagnostics import Faults
from treeguard.policy.diagnostics import Place
from treeguard.policy.diagnostics import positions
from treeguard.policy.migration_moves import impossible_moves
from treeguard.policy.model import Policy
from treeguard.policy.sections import Document
from treeguard.policy.sections import read

MAX_BYTES = 1 << 20

_BOM = b"\xef\xbb\xbf"
_AT_LINE = re.compile(r" \(at line (\d+), column (\d+)\)$")


def load(text: bytes, path: str, source: str) -> Policy:
    """The policy that `text` says; `path` and `source` tell where it came from.

    Raises `PolicyError` with every fault, and nothing else, whatever the bytes are.
    """
    document, faults = load_tables(text, path)
    return build(document, faults, path, source, digest_of(text))


def load_tables(text: bytes, path: str) -> tuple[Document, Faults]:
    """The tables of a policy with their defaults; raises as `load` does."""
    raw, lines = _parsed(_decoded(text, path), path)
    faults = Faults(path, lines)
    document = read(raw, faults)
    contradictions(document, faults)
    impossible_moves(document, faults)
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
        raise _refusal(path, line, "holds a NUL byte: this is no text")
    return decoded


def is_toml(data: bytes) -> bool:
    """True if a file is TOML."""
    import tomli

    try:
        tomli.loads(data.decode("utf-8"))
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
        # Python's own, about a number of 5,000 digits; it tells no line.
        why = str(error).partition(";")[0]
        raise _refusal(path, 0, f"no TOML that can be read: {why}") from None
    if not raw:
        raise _refusal(path, 0, "empty: a policy has at least one [rules.ID] table")
    return raw, lines


def _syntax_refusal(path: str, text: str, error: str) -> PolicyError:
    place = _AT_LINE.search(error)
    if place:
        what = f"{error[: place.start()]}, at column {place[2]}"
        return _refusal(path, int(place[1]), f"no TOML: {what}")
    line = len(text.rstrip().splitlines())
    return _refusal(
        path, line, f"no TOML: {error.replace(' (at end of document)', '')}"
    )


def _refusal(path: str, line: int, message: str) -> PolicyError:
    return PolicyError((Fault(path, line, "", message),))


def digest_of(text: bytes) -> str:
    """How a `Policy` names the bytes that it was made of."""
    import hashlib

    return f"sha256:{hashlib.sha256(text).hexdigest()}"
