"""A graph of zones as text, in the DOT language, or as a Mermaid flowchart.

DOT: https://graphviz.org/doc/info/lang.html; Mermaid: https://mermaid.js.org/syntax/
flowchart.html, where `#quot;` and the like stand for characters that mean something.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.formats.escape import escape
from treeguard.stages.zone_graph import Crossing
from treeguard.stages.zone_graph import Graph


def text(graph: Graph) -> str:
    """One line for each crossing, and where its first import stands."""
    lines = []
    for crossing in graph.crossings:
        ends = f"{escape(crossing.source)} -> {escape(crossing.target)}"
        lines.append(f"{ends}: {_words(crossing)}")
        lines.append(f"  {escape(crossing.path)}:{crossing.line}")
    refused = sum(1 for crossing in graph.crossings if crossing.refused)
    lines.append(
        f"{_many(len(graph.zones), 'zone')}, "
        f"{_many(len(graph.crossings), 'crossing')}, {refused} of them refused."
    )
    return "\n".join(lines) + "\n"


def dot(graph: Graph) -> str:
    """A `digraph`: zones as boxes, refused crossings in red."""
    lines = ["digraph layout {", "  rankdir=LR;"]
    lines += [f"  {_quoted(name)} [shape=box];" for name in graph.zones]
    lines += [f"  {_quoted(name)} [shape=plaintext];" for name in graph.others]
    for crossing in graph.crossings:
        ends = f"{_quoted(crossing.source)} -> {_quoted(crossing.target)}"
        red = ", color=red, fontcolor=red" if crossing.refused else ""
        lines.append(f"  {ends} [label={_quoted(_words(crossing))}{red}];")
    return "\n".join([*lines, "}"]) + "\n"


def mermaid(graph: Graph) -> str:
    """A `flowchart`: zones as boxes, refused crossings with a thick, red line."""
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
        label = _entities(_words(crossing))
        source, target = number[crossing.source], number[crossing.target]
        yield f'  {source} {arrow}|"{label}"| {target}'
        if crossing.refused:
            red.append(str(at))
    if red:
        yield f"  linkStyle {','.join(red)} stroke:red"


def _words(crossing: Crossing) -> str:
    parts = [_many(crossing.imports, "import")]
    parts += [f"{count} refused by {rule}" for rule, count in crossing.refused]
    return ", ".join(parts)


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _quoted(name: str) -> str:
    return '"' + escape(name).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _entities(name: str) -> str:
    """Letters, digits and a few marks as they are; every other character by number."""
    return "".join(
        char if char.isalnum() or char in " ./_-,*:" else f"#{ord(char)};"
        for char in escape(name)
    )
