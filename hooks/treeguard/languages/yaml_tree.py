"""YAML and JSON as a tree of strings, each with its place in the file.

PyYAML gives events with marks; the tree is built from them here, without recursion, so
that no nesting is too deep, and without repeating what an alias names, so that none is
too large. A file is parsed once, however many readers ask for its documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from typing import NamedTuple
from typing import Union

from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import from_file
from treeguard.languages.source_text import join

_LARGEST = 1_000_000  # characters; PyYAML needs a second for them
# Collections in one another. libyaml's time grows with the square of this, and its
# recursion (PyYAML 6.0.3, `compose`) ends in a segmentation fault at 40,000.
_DEEPEST = 500
_MOST_VISITS = 100_000  # of scalars, when aliases lead to the same ones by many paths
_LONGEST_PATH = 1000  # of keys with slashes: no known key is as far down
_INDICATORS = re.compile(r"^[ \t]*((?:[-?:][ \t]+)+)", re.MULTILINE)
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\ufeff"
)
_FOLD = re.compile(r"[ \t]*\r?\n\s*")
_DOUBLE = re.compile(
    r"\\(?:\r?\n[ \t]*|x(?P<byte>[0-9a-fA-F]{2})|u(?P<code>[0-9a-fA-F]{4})"
    r"|(?P<char>.))|[ \t]*\r?\n\s*",
    re.DOTALL,
)
_SURROGATES = frozenset({"d8", "d9", "da", "db", "dc", "dd", "de", "df"})
_SINGLE = re.compile(r"''|[ \t]*\r?\n\s*")
_JSON = re.compile(
    r'"(?P<string>(?:[^"\\\n]|\\.)*)"|//[^\n]*|/\*.*?(?:\*/|\Z)|(?P<mark>[{}\[\]:,])'
    r"|(?P<other>[^\s{}\[\]:,\"/]+|[\"/])",
    re.DOTALL,
)
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": " ", "f": " "}


class Mapping(NamedTuple):
    """The pairs of a mapping in order; a key that is no scalar is an empty text.

    `by_key` leads from a key to the first value under it.
    """

    items: list[tuple[SourceText, Node]]
    by_key: dict[str, Node]

    def get(self, *path: str) -> Node | None:
        """Return the value under the keys `path`, None where there is none."""
        node: Node | None = self
        for key in path:
            node = node.by_key.get(key) if isinstance(node, Mapping) else None
        return node

    def __contains__(self, key: object) -> bool:
        """Return whether the mapping has a key, whatever its value."""
        return key in self.by_key


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


class Scalar(NamedTuple):
    """A text of a document, and how it is reached.

    `path` holds the keys above it, with slashes; `[]` after a key means the items of
    its list. A key's own path ends with itself.
    """

    text: SourceText
    path: str
    is_key: bool
    holder: Mapping | None = None  # the mapping that it is in
    outer: Mapping | None = None  # the mapping around that one


def scalars(root: Node) -> Iterator[Scalar]:
    """Yield the scalars below a node in order and once, keys included."""
    return _scalars(root, by_path=False)


def values_by_path(root: Node) -> Iterator[Scalar]:
    """Yield the scalars below a node that are no keys, once for every path to them."""
    return _scalars(root, by_path=True)


def _scalars(root: Node, by_path: bool) -> Iterator[Scalar]:
    waiting: list[tuple[Node, str, bool, Mapping | None, Mapping | None]]
    waiting = [(root, "", False, None, None)]
    seen: set[tuple[int, str]] = set()
    while waiting:
        node, path, is_key, holder, outer = waiting.pop()
        mark = (id(node), path if by_path and len(seen) < _MOST_VISITS else "")
        if mark in seen:
            continue
        seen.add(mark)
        if isinstance(node, SourceText):
            yield Scalar(node, path, is_key, holder, outer)
        elif isinstance(node, Listing):
            path = path if path.endswith("[]") else f"{path}[]"
            for item in reversed(node.items):
                waiting.append((item, path, False, holder, outer))
        else:
            for key, value in reversed(node.items):
                inner = path
                if len(path) + len(key.chars) < _LONGEST_PATH:
                    inner = f"{path}/{key.chars}" if path else key.chars
                waiting.append((value, inner, False, node, holder))
                if not by_path:
                    waiting.append((key, inner, True, node, holder))


def yaml_documents(text: SourceText) -> list[Node] | None:
    """Return the documents of a YAML text, None when it is none or is too large."""
    if isinstance(text.offsets, range) and text.offsets.start == 0:
        return _file_documents(text.chars)
    return _documents(text)


@lru_cache(maxsize=4)
def _file_documents(chars: str) -> list[Node] | None:
    return _documents(from_file(chars))


def _documents(text: SourceText) -> list[Node] | None:
    import yaml

    if len(text.chars) > _LARGEST or _depth(text.chars) > _DEEPEST:
        return None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder()
    try:
        for event in yaml.parse(_UNPRINTABLE.sub("?", text.chars), loader):
            builder.take(event, text)
            if len(builder.open) > _DEEPEST:
                return None
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    return builder.documents


def _depth(chars: str) -> int:
    """Return how deep brackets, or the `- - -` of one line, are nested at most."""
    deepest = depth = 0
    for match in re.finditer(r"[\[\]{}]", chars):
        depth = max(0, depth + (1 if match[0] in "[{" else -1))
        deepest = max(deepest, depth)
    for match in _INDICATORS.finditer(chars):
        deepest = max(deepest, len(match[1].split()))
    return deepest


def json_documents(text: SourceText) -> list[Node]:
    """Return the value of a JSON text, comments allowed; what is broken is left out."""
    builder = _Builder()
    if _depth(text.chars) > _DEEPEST:
        return []
    for match in _JSON.finditer(text.chars):
        mark = match["mark"]
        if match["string"] is not None:
            builder.add(text.group(match, "string").sub(_DOUBLE, _meaning))
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
        self.keys: list[SourceText | None] = []  # of open mappings, their last keys
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
        self.open.append((Mapping([], {}) if mapping else Listing([]), anchor))
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
            self.keys[-1] = node if isinstance(node, SourceText) else from_file("")
        else:
            parent.items.append((self.keys[-1], node))
            parent.by_key.setdefault(self.keys[-1].chars, node)
            self.keys[-1] = None


def _scalar(event: Any, text: SourceText) -> SourceText:
    raw = text.part(event.start_mark.index, event.end_mark.index)
    if event.style == '"':
        return raw.part(1, -1).sub(_DOUBLE, _meaning)
    if event.style == "'":
        return raw.part(1, -1).sub(_SINGLE, _meaning)
    if event.style in ("|", ">"):
        return _block(raw, folded=event.style == ">")
    if raw.chars[-1:].isspace():
        raw = raw.strip()  # the end mark may be after blanks
    return raw.sub(_FOLD, _meaning) if "\n" in raw.chars else raw


def _meaning(match: re.Match[str]) -> str:
    if match[0] == "''":
        return "'"
    if match[0].startswith("\\"):
        char, code = match["char"], match["byte"] or match["code"]
        if code:
            is_half = len(code) == 4 and code[:2].lower() in _SURROGATES
            return "?" if is_half else chr(int(code, 16))
        return _CONTROL.get(char, char) if char else ""
    return " "


def _block(raw: SourceText, folded: bool) -> SourceText:
    rows = raw.rows()[1:]
    full = [row.chars for row in rows if row.chars.strip()]
    indent = min((len(row) - len(row.lstrip(" ")) for row in full), default=0)
    block = join(row.part(min(indent, len(row.chars.rstrip("\n")))) for row in rows)
    if folded:
        # A break between two full lines is a space; any other stays one.
        return block.with_chars(re.sub(r"(?<=[^\n])\n(?=[^\s])", " ", block.chars))
    return block
