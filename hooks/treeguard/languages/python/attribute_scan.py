"""Walks over attributes in the text of a source, such as `b.c.d` after `import b`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import Import

# No walk is longer, and one that is must not cost time with the square of its length.
_CHAIN = re.compile(
    r"(?:\s*(?:#[^\n\v]*[\n\v]\s*)*\.\s*(?:#[^\n\v]*[\n\v]\s*)*\w+){1,40}"
)
_DOTTED_NAME = re.compile(r"(?<![\w.])\w+(?=\s*[.#\\])")
# What may follow a name that a dot follows in the end.
_ENDS = ". \t\n\v\f#"
_COMMENT = re.compile(r"#[^\n\v]*")


def normal(name: str) -> str:
    """A name as Python compares it (NFKC, as PEP 3131 says)."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


def attributes(text: str, bound: dict[str, set[str]], found: list[Import]) -> None:
    """Add each `b.c.d` that begins with a name bound by `import`."""
    if not bound:
        return
    if text.isascii():
        ends = _ENDS if _dot_after_space(text) else "."
        walks = {walk for name in bound for walk in _walks(text, name, ends)}
    else:
        walks = set(_any_walks(text))
    for name, chain in sorted(walks):
        if name in bound:
            bare = _COMMENT.sub("", chain) if "#" in chain else chain
            tail = normal("".join(bare.split()))
            found += [
                Import(1, 1, 1, 1, ATTRIBUTE, module + tail)
                for module in sorted(bound[name])
            ]


def _any_walks(text: str) -> Iterator[tuple[str, str]]:
    """Every chain, also where white space or a comment stands before a dot."""
    for found in _DOTTED_NAME.finditer(text):
        chain = _CHAIN.match(text, found.end())
        if chain:
            yield normal(found[0]), chain[0]


def _walks(text: str, name: str, ends: str) -> Iterator[tuple[str, str]]:
    """The chains that begin with one name, which one of `ends` must follow."""
    size = len(name)
    for end in ends:
        ended = name + end
        at = text.find(ended)
        while at >= 0:
            before = text[at - 1] if at else "\n"
            if before != "." and not (before.isalnum() or before == "_"):
                chain = _CHAIN.match(text, at + size)
                if chain:
                    yield name, chain[0]
            at = text.find(ended, at + size)


def _dot_after_space(text: str) -> bool:
    """Say whether a dot follows white space, other than in `from .a import`."""
    for space in (" .", "\t.", "\n.", "\v.", "\f."):
        at = text.find(space)
        while at >= 0:
            if text[max(0, at - 4) : at] != "from" and text[at + 2 : at + 3] != ".":
                return True
            at = text.find(space, at + 2)
    return False
