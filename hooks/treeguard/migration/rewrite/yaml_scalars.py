"""The scalars of a YAML text, each with the keys above it and the place of its text.

PyYAML's nodes know where they stand (`compose`, nothing is constructed), so that
unknown tags are no obstacle. ruamel.yaml would write the whole file anew: even without
a change it is another file then (indentation, folded lines, escapes). What is found
here is spliced instead, and the result is read again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

_LARGEST = 1_000_000


class Scalar(NamedTuple):
    """`keys` lead to it from the top (`*` for an item of a list); `is_key`: the last of
    them is its own text. `value` stands from `start` to `end` as it is if `is_plain`;
    else it is written with escapes, over several lines, or as a block."""

    keys: tuple[str, ...]
    value: str
    start: int
    end: int
    is_key: bool
    is_plain: bool


class Documents(NamedTuple):
    """Every scalar of a text, in order, and where its mappings at the top begin."""

    scalars: tuple[Scalar, ...]
    tops: tuple[int, ...]


def read(text: str) -> Documents | None:
    """The documents of `text`; None where it is no YAML, or too large to be any."""
    import yaml

    if len(text) > _LARGEST:
        return None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        nodes: list[Any] = [
            node for node in yaml.compose_all(text, loader) if node is not None
        ]
        scalars = [one for node in nodes for one in _scalars(node, text)]
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    tops = [node.start_mark.index for node in nodes if node.id == "mapping"]
    return Documents(tuple(scalars), tuple(tops))


def model(text: str) -> list[object] | None:
    """What the documents say, as strings, lists and pairs; None where it is no YAML."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return [_plain(node) for node in yaml.compose_all(text, loader) if node]
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def _plain(node: Any) -> object:
    if node.id == "scalar":
        return node.value
    if node.id == "sequence":
        return [_plain(item) for item in node.value]
    return [(_plain(key), _plain(value)) for key, value in node.value]


def _scalars(top: Any, text: str) -> Iterator[Scalar]:
    """Each node once, however often an alias names it."""
    waiting: list[tuple[Any, tuple[str, ...], bool]] = [(top, (), False)]
    seen: set[int] = set()
    while waiting:
        node, keys, is_key = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.id == "scalar":
            yield _scalar(node, keys, is_key, text)
        elif node.id == "sequence":
            waiting += [(item, (*keys, "*"), False) for item in reversed(node.value)]
        else:
            for key, value in reversed(node.value):
                name = key.value if key.id == "scalar" else "?"
                waiting.append((value, (*keys, name), False))
                waiting.append((key, (*keys, name), True))


def _scalar(node: Any, keys: tuple[str, ...], is_key: bool, text: str) -> Scalar:
    start, end = node.start_mark.index, node.end_mark.index
    if node.style in ("'", '"'):
        start, end = start + 1, end - 1
    # A plain scalar's end mark may stand behind blanks.
    end = start + len(text[start:end].rstrip()) if node.style is None else end
    is_plain = node.style not in ("|", ">") and text[start:end] == node.value
    return Scalar(keys, node.value, start, end, is_key, is_plain)
