"""Outline what a YAML or JSON file says: the keys of its upper levels.

The outline is no second reader of YAML: `yaml_tree` reads what a file says. It tells
what a file is, also of templates that are not YAML yet, and a commit does not have to
import a YAML parser for that.

Compared with `kubectl label --local` 1.32: it reads JSON objects in a row, UTF-16 with
a byte order mark, and goes on after a document that is no mapping.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Union

Node = dict[str, Union["Node", str]]

# Nothing that is asked lies deeper: `services: web: image: name:` is four.
DEPTH = 4
ITEM = "- "
_PROPERTY = re.compile(r"(?:[&!]\S*(?:\s+|$))+")
_BLOCK_SCALAR = re.compile(r"[|>][-+0-9]*\s*(?:#.*)?$")
_ANCHOR = re.compile(r"&(\S+)")
_BLANK = re.compile(r"\s*")
_WORD = r"(?:[^\s,{}\[\]:]|:(?![\s,{}\[\]]|$))+"
_TOKEN = re.compile(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(?P<mark>[{}\[\],])"""
    r"""|(?P<colon>:(?=[\s,{}\[\]"']|$)|(?<=["']):)|(?P<comment>\#.*)|[&!][^\s,{}\[\]]*"""
    rf"""|(?P<plain>{_WORD})|:"""
)
_PLAIN = re.compile(_WORD)


def documents(data: bytes) -> list[Node]:
    """Return the outline of each document in `data`, empty if it is no mapping.

    None at all if the text is no YAML. A scalar is its text without quotes, a list is
    the text `ITEM`, and anything below the fourth level is left out.
    """
    text = decoded(data)
    if text is None:
        return []
    found: list[Node] = []
    for lines in _split(text.replace("\r\n", "\n").replace("\r", "\n")):
        start = next((n for n, line in enumerate(lines) if _is_content(line)), None)
        if start is None:
            continue
        lines = lines[start:]
        first = _PROPERTY.sub("", lines[0].lstrip(), count=1)
        if first.startswith("{") and not first.startswith(("{{", "{%")):
            found += _flow_documents([first, *lines[1:]])
            continue
        node = _Outline().read(lines)
        if node is None:
            return []
        found.append(node)
    return found


def decoded(data: bytes) -> str | None:
    """Return a file's text: UTF-8, or UTF-16 with a byte order mark; None if binary."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    return None if "\0" in text else text


def _is_content(line: str) -> bool:
    bare = line.lstrip()
    return bool(bare) and bare[0] not in "#%" and bool(_PROPERTY.sub("", bare, count=1))


def _split(text: str) -> Iterator[list[str]]:
    """Yield the lines of each document without markers (YAML 1.2.2, 9.1 and 9.2)."""
    lines: list[str] = []
    for line in text.split("\n"):
        bare = line.rstrip()
        if bare == "..." or bare == "---" or bare.startswith(("--- ", "---\t")):
            yield lines
            lines = [bare[4:]] if len(bare) > 3 and bare != "..." else []
        else:
            lines.append(bare)
    yield lines


def _flow_documents(lines: list[str]) -> Iterator[Node]:
    """Yield the mappings of a document in flow style; JSON may have them in a row."""
    import json

    text, at = "\n".join(lines), 0
    decoder = json.JSONDecoder()
    while at < len(text):
        try:
            found, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        yield _as_node(found)
        blank = _BLANK.match(text, at)
        at = blank.end() if blank else at
    reader = _Flow()
    for line in text[at:].split("\n") if text[at : at + 1] == "{" else ():
        if reader.feed(line):
            yield reader.root
            return


def _as_node(found: object, depth: int = DEPTH) -> Node:
    node: Node = {}
    for key, value in found.items() if isinstance(found, dict) else ():
        if isinstance(value, dict):
            node[key] = _as_node(value, depth - 1) if depth > 1 else {}
        else:
            # Only text has a meaning here: `apiVersion: 1` must not read as "1".
            node[key] = value if isinstance(value, str) else ITEM
    return node


class _Flow:
    """Read one `{...}` or `[...]`, line by line; nesting costs no recursion."""

    def __init__(self) -> None:
        self.root: Node = {}
        self._open: list[Node | None] = []  # None: a list, or too deep
        self._keys: list[str | None] = []
        self._words: list[str] = []

    def feed(self, line: str) -> bool:
        """Read a line; return true when it closes what was opened first."""
        at = 0
        while match := _TOKEN.search(line, at):
            at, mark = match.end(), match["mark"]
            if match["quoted"] is not None and self._words:
                word = _PLAIN.match(line, match.start())  # a quote inside of a text
                self._words.append(word[0] if word else "")
                at = word.end() if word else at
            elif match["quoted"] is not None:
                self._words.append(match["quoted"][1:-1].replace("''", "'"))
            elif match["plain"] is not None:
                self._words.append(match["plain"])
            elif match["colon"] is not None:
                self._name()
            elif mark in ("{", "["):
                self._begin(mark)
            elif mark is not None:
                self._end_value()
                if mark != ",":
                    self._open.pop()
                    self._keys.pop()
                    if not self._open:
                        return True
                if self._keys:
                    self._keys[-1] = None
            elif match["comment"] is not None and match.start() and not self._words:
                break
        return False

    def _name(self) -> None:
        """Take the words before a colon for a key."""
        node = self._open[-1] if self._open else None
        key = " ".join(self._words)
        self._words = []
        if node is not None and self._keys[-1] is None:
            self._keys[-1] = key
            node[key] = ""

    def _end_value(self) -> None:
        """Give the words before a comma to their key; without a colon they are one."""
        node, words = (self._open[-1] if self._open else None), " ".join(self._words)
        self._words = []
        if node is None or not words:
            return
        key = self._keys[-1]
        if key is None:
            node[words] = ""
        elif node[key] == "":
            node[key] = words

    def _begin(self, mark: str) -> None:
        child: Node | None = None
        outer = self._open[-1] if self._open else None
        key = self._keys[-1] if self._keys else None
        if not self._open:
            child = self.root if mark == "{" else None
        elif outer is not None and key is not None:
            if mark == "{":
                inner: Node = {}
                outer[key] = inner
                child = inner if len(self._open) < DEPTH else None
            else:
                outer[key] = ITEM
        self._words = []
        self._open.append(child)
        self._keys.append(None)


class _Outline:
    """Read the lines of one document in block style."""

    def __init__(self) -> None:
        self._root: Node = {}
        self._open: list[tuple[int, Node, str]] = []  # indentation, mapping, key
        self._anchors: dict[str, tuple[Node, str]] = {}
        self._silent: int | None = None  # nothing below this indentation is a key
        self._folded = False  # the next line is the text of the last key
        self._flow: tuple[_Flow, Node, str] | None = None

    def read(self, lines: list[str]) -> Node | None:
        """Return the keys; None if a line at the margin cannot be YAML."""
        margin = len(lines[0]) - len(lines[0].lstrip(" "))
        for line in lines:
            bare = line.lstrip(" ")
            if self._flow is not None:
                self._continue_flow(bare)
            elif not bare or bare.startswith(("#", "{{")):
                continue
            elif not self._take(bare, len(line) - len(bare), margin):
                return None
        return self._root

    def _take(self, bare: str, indent: int, margin: int) -> bool:
        if self._silent is not None and indent > self._silent:
            self._continue_scalar(bare)
            return True
        self._silent, self._folded = None, False
        while self._open and _closed_by(self._open[-1][0], indent, bare):
            self._open.pop()
        if bare == "-" or bare.startswith(ITEM):
            if self._open:
                _, parent, key = self._open[-1]
                parent[key] = ITEM
            elif self._root:
                return False
            self._silent = indent
            return True
        pair = _pair(bare)
        if pair is None:
            return self._plain(bare, indent) or indent > margin
        if len(self._open) < DEPTH:
            self._enter(indent, *pair)
        return True

    def _plain(self, bare: str, indent: int) -> bool:
        """Take a line that is no pair; return whether one may be at the margin."""
        if self._open and indent > self._open[-1][0]:
            _, parent, key = self._open[-1]
            if parent[key] == "":
                parent[key] = self._value(bare, parent, key)
        elif bare[0] == ":" and self._open:  # of `? key`
            _, parent, key = self._open[-1]
            parent[key] = self._value(bare[1:].lstrip(), parent, key)
        return bare[0] in "%}]:" or not _PROPERTY.sub("", bare, count=1)

    def _continue_scalar(self, bare: str) -> None:
        if self._folded:
            _, parent, key = self._open[-1]
            parent[key], self._folded = bare.rstrip(), False

    def _continue_flow(self, bare: str) -> None:
        assert self._flow is not None
        flow, parent, key = self._flow
        if flow.feed(bare):
            if parent[key] != ITEM:
                parent[key] = flow.root
            self._flow = None

    def _enter(self, indent: int, key: str, value: str) -> None:
        """Add one key, and see what its value opens."""
        node = self._root
        if self._open:
            _, parent, parent_key = self._open[-1]
            below = parent.get(parent_key)
            if not isinstance(below, dict):
                below = parent[parent_key] = {}
            node = below
        node[key] = ""
        self._open.append((indent, node, key))
        node[key] = self._value(value, node, key)
        if _BLOCK_SCALAR.match(_PROPERTY.sub("", value, count=1)):
            self._silent, self._folded = indent, True

    def _value(self, text: str, node: Node, key: str) -> Node | str:
        """Return a value on the line of its key: a scalar, or a collection in flow
        style, which may go on after the line."""
        anchor = _ANCHOR.match(text)
        if anchor:
            self._anchors[anchor[1]] = node, key  # its value may be on later lines
        text = _PROPERTY.sub("", text, count=1) if text[:1] in ("&", "!") else text
        if text.startswith(("{", "[")) and not text.startswith(("{{", "{%")):
            flow = _Flow()
            value: Node | str = ITEM if text[0] == "[" else flow.root
            if not flow.feed(text):
                self._flow = flow, node, key
            return value
        if text.startswith("*"):
            named = self._anchors.get(text[1:].split(" ", 1)[0])
            return named[0].get(named[1], "") if named else text
        if text[:1] in ("'", '"'):
            end = text.find(text[0], 1)
            return text[1:end] if end > 0 else text
        return "" if text.startswith("#") else text.partition(" #")[0].rstrip()


def _closed_by(opened: int, indent: int, bare: str) -> bool:
    """Return whether a key ends here: the next one is no deeper, and is no item."""
    return indent < opened or (indent == opened and bare[0] not in "-:")


def _pair(bare: str) -> tuple[str, str] | None:
    """Split a line `key: value`, or `? key`; return None if it is neither."""
    if bare.startswith("? "):
        return bare[2:].strip().strip("\"'"), ""
    if bare[0] in "&!":
        bare = _PROPERTY.sub("", bare, count=1)
    if not bare or bare[0] in "[]{},*|>%@`\t:":
        return None
    if bare[0] in "\"'":
        end = bare.find(bare[0], 1)
        rest = bare[end + 1 :].lstrip(" ")
        if end < 0 or not rest.startswith(":"):
            return None
        return bare[1:end], rest[1:].strip()
    key, found, value = bare.partition(": ")
    if not found:
        key, found, value = bare.partition(":\t")
    if not found:
        key, value = bare.split(" #", 1)[0].rstrip(), ""
        if not key.endswith(":"):
            return None
        key = key[:-1]
    return key.rstrip(), value.strip()
