"""The small objects of SARIF that every part of a report is made of."""

from __future__ import annotations

from treeguard.formats.escape import escape_lines
from treeguard.formats.uris import uri

Json = dict[str, object]


def message(text: str) -> Json:
    """A message that holds no placeholder and no link, and is never empty.

    SARIF 2.1.0, 3.11.5: braces are doubled; 3.11.6: `[text](target)` is a link, so the
    brackets are escaped where a name of the repository would make one.
    """
    safe = escape_lines(text).replace("{", "{{").replace("}", "}}")
    if "](" in safe:
        safe = safe.replace("[", "\\[").replace("]", "\\]")
    return {"text": safe.strip() or "(nothing is said)"}


def artifact(path: str) -> Json:
    """A file of the repository."""
    return {"uri": uri(path), "uriBaseId": "%SRCROOT%"}


def located(path: str, line: int | None = None, **region: int | None) -> Json:
    """A physical location; keys of `region` without a value are left out."""
    known = {key: value for key, value in region.items() if value is not None}
    place: Json = {"artifactLocation": artifact(path)}
    place["region"] = {"startLine": max(line or 1, 1), **known}
    return {"physicalLocation": place}
