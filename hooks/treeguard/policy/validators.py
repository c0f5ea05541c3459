"""Checks of single values of policy.toml, by their types."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

from treeguard.policy.diagnostics import Faults
from treeguard.policy.diagnostics import Place
from treeguard.policy.diagnostics import nearest
from treeguard.policy.patterns import fault as pattern_fault
from treeguard.policy.schema import Key

Check = Callable[[Key, Any, Place, Faults], None]

MAX_SHOWN = 60

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_OF_GIT = re.compile(r"(?:\.git|git~1)[ .]*", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_ABSOLUTE = "an absolute path: paths are relative to the repository's root"
_WILD = re.compile(r"[*?\[\]!]")


def check(key: Key, value: Any, place: Place, faults: Faults) -> None:
    """Add a fault for everything that is wrong with the `value` at `place`."""
    _CHECKS[key.type](key, value, place, faults)


def described(value: Any) -> str:
    """Describe the type of a TOML value in words."""
    for kind, words in _WORDS:
        if isinstance(value, kind):
            return words
    return "a value of another type"


# Order matters: True is an int, a datetime is a date.
_WORDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (int, "a number"),
    (float, "a number"),
    (str, "a string"),
    (list, "a list"),
    (dict, "a table"),
    (datetime.datetime, "a date with a time"),
    (datetime.date, "a date"),
    (datetime.time, "a time"),
)


def _text(key: Key, value: Any, place: Place, faults: Faults) -> None:
    if _is_string(value, place, faults) and key.required and not value.strip():
        faults.add(place, "must not be empty")


def _flag(key: Key, value: Any, place: Place, faults: Faults) -> None:
    if not isinstance(value, bool):
        meant = value.lower() if isinstance(value, str) else ""
        suggestion = meant if meant in ("true", "false") else ""
        message = f"must be true or false without quotes, not {described(value)}"
        faults.add(place, message, suggestion)


def _version(key: Key, value: Any, place: Place, faults: Faults) -> None:
    if isinstance(value, bool) or value != 1 or not isinstance(value, int):
        faults.add(place, "must be 1, the only version that this treeguard reads", "1")


def _date(key: Key, value: Any, place: Place, faults: Faults) -> None:
    if isinstance(value, datetime.datetime):
        suggestion = value.date().isoformat()
        faults.add(place, "must be a date without a time", suggestion)
    elif not isinstance(value, datetime.date):
        found = re.search(r"\d{4}-\d\d-\d\d", value) if isinstance(value, str) else None
        message = f"must be a date without quotes, not {described(value)}"
        faults.add(place, message, found[0] if found else "")


def _choice(key: Key, value: Any, place: Place, faults: Faults) -> None:
    if _is_string(value, place, faults) and value not in key.choices:
        message = f"must be one of {_listed(key.choices)}, not {_shown(value)}"
        faults.add(place, message, nearest(value, key.choices))


def _pattern(key: Key, value: Any, place: Place, faults: Faults) -> None:
    if not _is_string(value, place, faults):
        return
    message, suggestion = _pattern_message(value)
    if message:
        faults.add(place, f"{_shown(value)} is {message}", suggestion)


def _pattern_message(text: str) -> tuple[str, str]:
    parts = text.lstrip("!").split("/")
    if _CONTROL.search(text):
        return "unusable: it contains a control character", ""
    if text != text.strip() and not text.endswith("\\ "):
        return "unusable: it begins or ends with a space", text.strip()
    if _DRIVE.match(text):
        return _ABSOLUTE, ""
    if ".." in parts:
        return "unusable: `..` is not allowed in a path", ""
    if "." in parts:
        plain = re.sub(r"(?:^|(?<=/))\.(?:/|$)", "", text)
        return "unusable: `.` is not allowed in a path", plain or "*"
    why = pattern_fault(text)
    if "backslash" in why:
        return f"unusable: {why}", re.sub(r"\\+", "/", text)
    return (f"unusable: {why}" if why else ""), ""


def _file(key: Key, value: Any, place: Place, faults: Faults) -> None:
    if _is_path(value, place, faults) and (value.endswith("/") or value == "."):
        faults.add(place, f"{_shown(value)} names a folder, not a file")


def _folder(key: Key, value: Any, place: Place, faults: Faults) -> None:
    _is_path(value, place, faults)


def _is_path(value: Any, place: Place, faults: Faults) -> bool:
    if not _is_string(value, place, faults):
        return False
    message, suggestion = _path_message(value)
    if message:
        faults.add(place, f"{_shown(value)} is {message}", suggestion)
    return not message


def _path_message(text: str) -> tuple[str, str]:
    if text == ".":
        return "", ""
    if text.startswith("/"):
        return _ABSOLUTE, text.lstrip("/")
    if _WILD.search(text):
        return "a pattern, but one exact path is required", ""
    if not text:
        return "empty", ""
    # Git refuses it too, on every system: a policy must not write a hook.
    if any(map(_OF_GIT.fullmatch, text.split("/"))):
        return "unusable: .git is Git's own", ""
    message, suggestion = _pattern_message(text)
    # A path of dots and slashes alone is the root; as a pattern it would be `*`.
    return message, "." if suggestion == "*" else suggestion


def _list_of(item: Check) -> Check:
    def check_list(key: Key, value: Any, place: Place, faults: Faults) -> None:
        if not _is_list(key, value, place, faults):
            return
        for number, one in enumerate(value):
            item(key, one, (*place, number), faults)
            if isinstance(one, str) and one in value[:number]:
                faults.add((*place, number), f"{_shown(one)} is listed twice")

    return check_list


def _patterns(key: Key, value: Any, place: Place, faults: Faults) -> None:
    _list_of(_pattern)(key, value, place, faults)
    first = value[0] if isinstance(value, list) and value else ""
    if isinstance(first, str) and first.startswith("!"):
        message = f"{_shown(first)} negates nothing: no pattern precedes it"
        faults.add((*place, 0), message)


def _module(key: Key, value: Any, place: Place, faults: Faults) -> None:
    if not _is_string(value, place, faults):
        return
    if not all(part.isidentifier() for part in value.split(".")):
        guess = re.sub(r"[^\w.]+", "_", value).strip("_")
        message = f"{_shown(value)} is not a module name that Python can import (a.b.c)"
        faults.add(place, message, guess if guess.isidentifier() else "")


def _layers(key: Key, value: Any, place: Place, faults: Faults) -> None:
    if not _is_list(key, value, place, faults):
        return
    for number, row in enumerate(value):
        if isinstance(row, list):
            _patterns(key, row, (*place, number), faults)
        else:
            _pattern(key, row, (*place, number), faults)
    if len(value) == 1 and not (isinstance(value[0], list) and len(value[0]) > 1):
        faults.add(place, "has one layer only: name at least two")


def _is_string(value: Any, place: Place, faults: Faults) -> bool:
    if isinstance(value, str):
        return True
    faults.add(place, f"must be a string, not {described(value)}")
    return False


def _is_list(key: Key, value: Any, place: Place, faults: Faults) -> bool:
    if not isinstance(value, list):
        suggestion = f"[{_shown(value)}]" if isinstance(value, str) else ""
        faults.add(place, f"must be a list, not {described(value)}", suggestion)
        return False
    if len(value) < key.at_least:
        faults.add(place, "must not be empty: name at least one")
        return False
    return True


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f'"{word}"' for word in words)


def _shown(value: str) -> str:
    import json

    text = value if len(value) <= MAX_SHOWN else f"{value[:MAX_SHOWN]}..."
    return json.dumps(text, ensure_ascii=False)


_CHECKS: dict[str, Check] = {
    "text": _text,
    "flag": _flag,
    "version": _version,
    "date": _date,
    "choice": _choice,
    "choices": _list_of(_choice),
    "pattern": _pattern,
    "patterns": _patterns,
    "zones": _patterns,
    "file": _file,
    "folder": _folder,
    "folders": _list_of(_folder),
    "paths": _list_of(_folder),
    "target": _folder,
    "modules": _list_of(_module),
    "layers": _layers,
}
