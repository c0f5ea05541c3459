"""A graph of zones as text, in the DOT language and as a Mermaid flowchart.

DOT: https://graphviz.org/doc/info/lang.html; Mermaid: https://mermaid.js.org/syntax/
flowchart.html, where `#quot;` and the like stand for characters that mean something.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from treeguard.formats.escape import escape
from treeguard.formats.text_parts import counted


class Crossing(NamedTuple):
    """The imports that lead from one zone into another.

    `imports` is their number; `path` and `line` locate the first one; `refused` says
    how many of them each rule refuses.
    """

    source: str
    target: str
    imports: int
    path: str
    line: int
    refused: tuple[tuple[str, int], ...]


class Graph(NamedTuple):
    """The zones of a policy, other ends of crossings, and every crossing.

    `unreadable` holds each Python source whose imports are unknown, with the reason.
    """

    zones: tuple[str, ...]
    others: tuple[str, ...]
    crossings: tuple[Crossing, ...]
    unreadable: tuple[tuple[str, str], ...]


def text(graph: Graph) -> str:
    """Return each crossing with the place of its first import."""
    lines = []
    for crossing in graph.crossings:
        ends = f"{escape(crossing.source)} -> {escape(crossing.target)}"
        lines.append(f"{ends}: {_label(crossing)}")
        lines.append(f"  {escape(crossing.path)}:{crossing.line}")
    refused = sum(1 for crossing in graph.crossings if crossing.refused)
    lines.append(
        f"{counted(len(graph.zones), 'zone')}, "
        f"{counted(len(graph.crossings), 'crossing')}, {refused} of them refused."
    )
    return "\n".join(lines) + "\n"


def dot(graph: Graph) -> str:
    """Return a `digraph`: zones as boxes, refused crossings in red."""
    lines = ["digraph layout {", "  rankdir=LR;"]
    lines += [f"  {_quoted(name)} [shape=box];" for name in graph.zones]
    lines += [f"  {_quoted(name)} [shape=plaintext];" for name in graph.others]
    for crossing in graph.crossings:
        ends = f"{_quoted(crossing.source)} -> {_quoted(crossing.target)}"
        red = ", color=red, fontcolor=red" if crossing.refused else ""
        lines.append(f"  {ends} [label={_quoted(_label(crossing))}{red}];")
    return "\n".join([*lines, "}"]) + "\n"


def mermaid(graph: Graph) -> str:
    """Return a `flowchart`: zones as boxes, refused crossings thick and red."""
    number = {name: f"n{at}" for at, name in enumerate([*graph.zones, *graph.others])}
    lines = ["flowchart LR"]
    lines += [f'  {number[name]}["{_entities(name)}"]' for name in graph.zones]
    lines += [f'  {number[name]}(["{_entities(name)}"])' for name in graph.others]
    lines += _arrows(graph, number)
    return "\n".join(lines) + "\n"


def _arrows(graph: Graph, number: dict[str, str]) -> Iterator[str]:
    red = []
    for at, crossing in enumerate(graph.crossings):
        arrow = "==>" if crossing.refused else "-->"
        label = _entities(_label(crossing))
        source, target = number[crossing.source], number[crossing.target]
        yield f'  {source} {arrow}|"{label}"| {target}'
        if crossing.refused:
            red.append(str(at))
    if red:
        yield f"  linkStyle {','.join(red)} stroke:red"


def _label(crossing: Crossing) -> str:
    parts = [counted(crossing.imports, "import")]
    parts += [f"{count} refused by {rule}" for rule, count in crossing.refused]
    return ", ".join(parts)


def _quoted(name: str) -> str:
    return '"' + escape(name).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _entities(name: str) -> str:
    """Write every character but letters, digits and a few marks as a number."""
    return "".join(
        char if char.isalnum() or char in " ./_-,*:" else f"#{ord(char)};"
        for char in escape(name)
    )


FORMATS = {"text": text, "dot": dot, "mermaid": mermaid}
