"""Read HCL: docker-bake.hcl, Terraform and Terragrunt, for their known keys.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md: an attribute is
`name = value`, a block `type "label" { ... }`. Values are read as far as they are
strings, lists and objects of strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages import known_keys
from treeguard.languages.source_text import SourceText
from treeguard.languages.spans import Span
from treeguard.languages.yaml_tree import Listing
from treeguard.languages.yaml_tree import Mapping
from treeguard.languages.yaml_tree import Node

_TOKEN = re.compile(
    r'"(?P<string>(?:\\.|\$\{(?:[^{}"\n]|"[^"\n]*")*\}|[^"\\\n])*)"'
    r"|(?P<comment>#[^\n]*|//[^\n]*|/\*.*?(?:\*/|\Z))"
    r"|<<-?(?P<end>\w+)\n.*?\n[ \t]*(?P=end)\b"
    r"|(?P<word>[\w-]+)|(?P<mark>[{}\[\]=:,()\n])|(?P<other>[^\s])",
    re.DOTALL,
)
_DEEPEST = 100


def spans(text: SourceText, path: str) -> Iterator[Span]:
    """Yield the spans of an HCL file."""
    return known_keys.spans(path, [hcl_document(text)])


def hcl_document(text: SourceText) -> Node:
    """Return the attributes and blocks of an HCL text; what is broken is left out.

    A block is a mapping below its type and its labels.
    """
    reader = _Reader()
    for match in _TOKEN.finditer(text.chars):
        if match["comment"] is None and match["end"] is None:
            reader.take(match, text)
    return reader.root


class _Reader:
    def __init__(self) -> None:
        self.root = Mapping([], {})
        self.open: list[Mapping | Listing] = [self.root]
        self.names: list[SourceText] = []  # before `{` or `=`
        self.named = False  # after `=`, until the line or the item ends

    def take(self, match: re.Match[str], text: SourceText) -> None:
        mark = match["mark"]
        if match["string"] is not None or match["word"] is not None:
            group = "word" if match["word"] is not None else "string"
            self.word(text.group(match, group), is_string=group == "string")
        elif mark in ("{", "["):
            self.begin(Mapping([], {}) if mark == "{" else Listing([]))
        elif mark in ("}", "]"):
            if len(self.open) > 1:
                self.open.pop()
            self.names, self.named = [], False
        elif mark in ("=", ":"):
            self.named = bool(self.names)
        elif mark in ("\n", ","):
            self.names, self.named = [], False

    def word(self, word: SourceText, is_string: bool) -> None:
        holder = self.open[-1]
        if isinstance(holder, Listing):
            if is_string:
                holder.items.append(word)
        elif not self.named:
            self.names.append(word)
        elif is_string:
            _add(holder, self.names[-1], word)

    def begin(self, node: Mapping | Listing) -> None:
        inner: Node = node
        holder = self.open[-1]
        if len(self.open) > _DEEPEST:
            self.open.append(node)
            return
        if isinstance(holder, Listing):
            holder.items.append(inner)
        elif self.names:
            names = self.names[-1:] if self.named else self.names
            for name in reversed(names[1:]):
                inner = Mapping([(name, inner)], {name.chars: inner})
            _add(holder, names[0], inner)
        self.open.append(node)
        self.names, self.named = [], False


def _add(mapping: Mapping, name: SourceText, value: Node) -> None:
    mapping.items.append((name, value))
    mapping.by_key.setdefault(name.chars, value)
