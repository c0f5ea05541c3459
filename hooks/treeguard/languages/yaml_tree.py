"""YAML and JSON as a tree of strings, each with its place in the file.

PyYAML gives events with marks; the tree is built from them here, without recursion, so
that no nesting is too deep, and without repeating what an alias names, so that none is
too large.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple
from typing import Union

from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import join

_LARGEST = 1_000_000  # characters; PyYAML needs a second for them
_DEEPEST = 500  # brackets; libyaml's time grows with the square of their nesting
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\ufeff"
)
_FOLD = re.compile(r"[ \t]*\r?\n\s*")
_DOUBLE = re.compile(r"\\(?:\r?\n[ \t]*|(?P<char>.))|[ \t]*\r?\n\s*", re.DOTALL)
_SINGLE = re.compile(r"''|[ \t]*\r?\n\s*")
_JSON = re.compile(
    r'"(?P<string>(?:[^"\\\n]|\\.)*)"|//[^\n]*|/\*.*?(?:\*/|\Z)|(?P<mark>[{}\[\]:,])'
    r"|(?P<other>[^\s{}\[\]:,\"/]+|[\"/])",
    re.DOTALL,
)
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": " ", "f": " "}


class Mapping(NamedTuple):
    """The pairs of a mapping in order, its keys as they are written."""

    items: list[tuple[str, Node]]

    def get(self, *path: str) -> Node | None:
        """Return what stands under the keys `path`, None where nothing does."""
        node: Node | None = self
        for key in path:
            pairs = node.items if isinstance(node, Mapping) else ()
            node = next((value for name, value in pairs if name == key), None)
        return node


class Listing(NamedTuple):
    """The items of a sequence."""

    items: list[Node]


Node = Union[SourceText, Mapping, Listing]  # noqa: UP007 - Python 3.10 evaluates it


def texts(node: Node | None) -> Iterator[SourceText]:
    """Yield a string, or the strings of a list and of the lists in it."""
    waiting = [node]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop()
        if isinstance(current, SourceText):
            yield current
        elif isinstance(current, Listing) and id(current) not in seen:
            seen.add(id(current))
            waiting.extend(reversed(current.items))


def mappings(roots: list[Node]) -> Iterator[Mapping]:
    """Yield every mapping below some nodes once, the outer before the inner."""
    seen: set[int] = set()
    waiting = list(reversed(roots))
    while waiting:
        node = waiting.pop()
        if isinstance(node, SourceText) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Mapping):
            yield node
            waiting.extend(value for _, value in reversed(node.items))
        else:
            waiting.extend(reversed(node.items))


def yaml_documents(text: SourceText) -> list[Node] | None:
    """Return the documents of a YAML text, None when it is none or is too large."""
    import yaml

    if len(text.chars) > _LARGEST or _depth(text.chars) > _DEEPEST:
        return None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder()
    try:
        for event in yaml.parse(_UNPRINTABLE.sub("?", text.chars), loader):
            builder.take(event, text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    return builder.documents


def _depth(chars: str) -> int:
    deepest = depth = 0
    for match in re.finditer(r"[\[\]{}]", chars):
        depth = max(0, depth + (1 if match[0] in "[{" else -1))
        deepest = max(deepest, depth)
    return deepest


def json_document(text: SourceText) -> list[Node]:
    """Return the value of a JSON text, comments allowed; what is broken is left out."""
    builder = _Builder()
    for match in _JSON.finditer(text.chars):
        mark = match["mark"]
        if match["string"] is not None:
            builder.add(_double(text.group(match, "string")))
        elif mark in ("{", "["):
            builder.begin(mark == "{")
        elif mark in ("}", "]"):
            builder.end()
        elif match["other"]:
            builder.add(text.group(match))
    while builder.open:
        builder.end()
    return builder.documents


class _Builder:
    def __init__(self) -> None:
        self.documents: list[Node] = []
        self.open: list[tuple[Mapping | Listing, str | None]] = []
        self.keys: list[str | None] = []
        self.anchors: dict[str, Node] = {}

    def take(self, event: Any, text: SourceText) -> None:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            self.add(_scalar(event, text), event.anchor)
        elif kind == "AliasEvent":
            self.add(self.anchors.get(event.anchor, text.part(0, 0)))
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self.begin(kind == "MappingStartEvent", event.anchor)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self.end()

    def begin(self, mapping: bool, anchor: str | None = None) -> None:
        self.open.append((Mapping([]) if mapping else Listing([]), anchor))
        self.keys.append(None)

    def end(self) -> None:
        if self.open:
            node, anchor = self.open.pop()
            self.keys.pop()
            self.add(node, anchor)

    def add(self, node: Node, anchor: str | None = None) -> None:
        # Known by its name only when it is whole, so nothing can hold itself.
        if anchor:
            self.anchors[anchor] = node
        if not self.open:
            self.documents.append(node)
            return
        parent = self.open[-1][0]
        if isinstance(parent, Listing):
            parent.items.append(node)
        elif self.keys[-1] is None:
            self.keys[-1] = node.chars if isinstance(node, SourceText) else ""
        else:
            parent.items.append((self.keys[-1], node))
            self.keys[-1] = None


def _scalar(event: Any, text: SourceText) -> SourceText:
    raw = text.part(event.start_mark.index, event.end_mark.index)
    if event.style == '"':
        return _double(raw.part(1, -1))
    if event.style == "'":
        return _substituted(raw.part(1, -1), _SINGLE)
    if event.style in ("|", ">"):
        return _block(raw, folded=event.style == ">")
    return _substituted(raw, _FOLD)


def _double(raw: SourceText) -> SourceText:
    return _substituted(raw, _DOUBLE)


def _substituted(raw: SourceText, pattern: re.Pattern[str]) -> SourceText:
    """Put one character, or none, in the place of each escape and line break."""
    parts, at = [], 0
    for match in pattern.finditer(raw.chars):
        parts.append(raw.part(at, match.start()))
        last = raw.part(match.end() - 1, match.end())
        parts.append(
            last.with_chars(_meaning(match)) if _meaning(match) else SourceText("", ())
        )
        at = match.end()
    return join((*parts, raw.part(at))) if parts else raw


def _meaning(match: re.Match[str]) -> str:
    if match[0] == "''":
        return "'"
    if match[0].startswith("\\"):
        char = match["char"]
        return _CONTROL.get(char, char) if char else ""
    return " "


def _block(raw: SourceText, folded: bool) -> SourceText:
    rows = [raw.group(m) for m in re.finditer(r"[^\n]*(?:\n|$)", raw.chars) if m[0]][1:]
    full = [row.chars for row in rows if row.chars.strip()]
    indent = min((len(row) - len(row.lstrip(" ")) for row in full), default=0)
    block = join(row.part(min(indent, len(row.chars.rstrip("\n")))) for row in rows)
    if folded:
        # A break between two full lines is a space; any other stays one.
        return block.with_chars(re.sub(r"(?<=[^\n])\n(?=[^\s])", " ", block.chars))
    return block
