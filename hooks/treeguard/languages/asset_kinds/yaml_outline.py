"""The keys at the top of a YAML or JSON text: enough to tell what a file is for.

This is no YAML parser. It knows the block style that people write by hand: one key to
a line, depth shown by indentation (YAML 1.2.2, chapters 6 to 8). A text with a line at
the margin that is neither a key, an item, a comment nor a document marker is no mapping
of that kind, so prose, source code and Markdown are told apart by their first sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Union

Node = dict[str, Union["Node", str]]

# Nothing that is asked lies deeper: `services: web: image:` is three.
DEPTH = 3
ITEM = "- "
_FLOW_KEY = re.compile(r"""(?<![\w.$-])([\w.$-]+)["']?\s*:(?:\s|$)""")
_BLOCK_SCALAR = re.compile(r"(?:[&!]\S+\s+)*[|>][-+0-9]*\s*(?:#.*)?$")


def documents(data: bytes) -> list[Node]:
    """The outline of each document in `data`; empty when it is no mapping of keys.

    A scalar is its text without quotes, a list is the text `ITEM`, and anything below
    the third level is left out.
    """
    if b"\0" in data:
        return []
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    if text.lstrip().startswith("{") and not text.lstrip().startswith("{{"):
        return _flow_document(text)
    return _block_documents(text)


def _flow_document(text: str) -> list[Node]:
    import json

    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        # Flow style that is not JSON (`{a: b}`) is not written by hand at this size.
        return []
    return [_as_node(found, DEPTH)] if isinstance(found, dict) else []


def _as_node(found: dict[str, object], depth: int) -> Node:
    node: Node = {}
    for key, value in found.items():
        if isinstance(value, dict):
            node[key] = _as_node(value, depth - 1) if depth > 1 else {}
        else:
            # Only text has a meaning here: `apiVersion: 1` must not read as "1".
            node[key] = value if isinstance(value, str) else ITEM
    return node


def _block_documents(text: str) -> list[Node]:
    found: list[Node] = []
    for lines in _split(text):
        node = _outline(lines)
        if node is None:
            return []
        if node:
            found.append(node)
    return found


def _split(text: str) -> Iterator[list[str]]:
    """The lines of each document, markers left out (YAML 1.2.2, 9.1 and 9.2)."""
    lines: list[str] = []
    for line in text.split("\n"):
        bare = line.rstrip()
        if bare == "..." or bare == "---" or bare.startswith("--- "):
            yield lines
            lines = [bare[4:]] if bare.startswith("--- ") else []
        else:
            lines.append(bare)
    yield lines


def _outline(lines: list[str]) -> Node | None:
    """The keys of one document; None when a line at the margin cannot be YAML."""
    root: Node = {}
    open_nodes: list[tuple[int, Node, str]] = []
    silent_below: int | None = None
    for line in lines:
        bare = line.lstrip(" ")
        indent = len(line) - len(bare)
        if not bare or bare.startswith(("#", "{{")):
            continue
        if silent_below is not None and indent > silent_below:
            continue
        silent_below = None
        while open_nodes and _closed_by(open_nodes[-1][0], indent, bare):
            open_nodes.pop()
        if bare == "-" or bare.startswith(ITEM):
            if not open_nodes:
                return None
            _, parent, key = open_nodes[-1]
            parent[key] = ITEM
            silent_below = indent
            continue
        pair = _pair(bare)
        if pair is None:
            if indent == 0 and not bare.startswith(("%", "}", "]")):
                return None
            continue
        if len(open_nodes) < DEPTH:
            silent_below = _enter(root, open_nodes, indent, pair)
    return root


def _closed_by(opened: int, indent: int, bare: str) -> bool:
    """A key ends at the next key that is no deeper; its items may stand level."""
    return indent < opened or (indent == opened and not bare.startswith("-"))


def _enter(
    root: Node,
    open_nodes: list[tuple[int, Node, str]],
    indent: int,
    pair: tuple[str, str],
) -> int | None:
    """Put one key in its place; the indentation below which nothing is read, if any."""
    key, value = pair
    node = root
    if open_nodes:
        _, parent, parent_key = open_nodes[-1]
        below = parent.get(parent_key)
        if not isinstance(below, dict):
            below = parent[parent_key] = {}
        node = below
    node[key] = _value(value)
    open_nodes.append((indent, node, key))
    return indent if _BLOCK_SCALAR.match(value) else None


def _pair(bare: str) -> tuple[str, str] | None:
    """A line `key: value` taken apart; None when it is no such line."""
    if bare[0] in "\"'":
        end = bare.find(bare[0], 1)
        rest = bare[end + 1 :].lstrip(" ")
        if end < 0 or not rest.startswith(":"):
            return None
        return bare[1:end], rest[1:].strip()
    if bare[0] in "[]{},&*!|>%@`\t":
        return None
    key, found, value = bare.partition(": ")
    if not found:
        key, found, value = bare.partition(":\t")
    if not found:
        key, value = bare.split(" #", 1)[0].rstrip(), ""
        if not key.endswith(":"):
            return None
        key = key[:-1]
    return key.rstrip(), value.strip()


def _value(text: str) -> Node | str:
    """What stands behind a key: a scalar, or the keys of a `{...}` on the same line."""
    while text.startswith(("&", "!")):
        text = text.partition(" ")[2].lstrip()
    if text.startswith("{") and not text.startswith("{{"):
        return dict.fromkeys(_FLOW_KEY.findall(text), "")
    if text.startswith("["):
        return ITEM
    if text[:1] in ("'", '"'):
        end = text.find(text[0], 1)
        return text[1:end] if end > 0 else text
    if text.startswith("#"):
        return ""
    return text.partition(" #")[0].rstrip()
