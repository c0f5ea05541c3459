"""Draw what a terminal shows as an SVG: text with ANSI colours in, a picture out.

Run as `python docs/picture.py < output.txt > picture.svg`. The pictures in this folder
are made from real output by `make docs`, which calls `render`.
"""

from __future__ import annotations

import re
import sys
from html import escape

COLORS = {"31": "#ff7b72", "33": "#e3b341", "34": "#79c0ff", "36": "#76e3ea"}
PLAIN = "#d1d7e0"
BACKGROUND = "#161b22"
FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
SIZE = 13
ADVANCE = 7.83  # the width of one character of this size in these fonts
LEADING = 18
MARGIN = 16

SEQUENCE = re.compile(r"\x1b\[([0-9;]*)m")


def render(text: str) -> str:
    """Return the SVG of `text`, whose colours are ANSI sequences."""
    lines = text.rstrip("\n").split("\n")
    columns = max(len(without_colors(line)) for line in lines)
    width = round(columns * ADVANCE) + 2 * MARGIN
    height = len(lines) * LEADING + 2 * MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{FONT}" font-size="{SIZE}">\n'
        f'<rect width="100%" height="100%" rx="6" fill="{BACKGROUND}"/>\n'
    )
    rows = [_row(line, number, lines) for number, line in enumerate(lines)]
    return head + "".join(rows) + "</svg>\n"


def without_colors(text: str) -> str:
    """Return `text` without its colours."""
    return SEQUENCE.sub("", text)


def _row(line: str, number: int, lines: list[str]) -> str:
    y = MARGIN + LEADING * number + SIZE
    spans = "".join(_spans(line))
    return (
        f'<text xml:space="preserve" x="{MARGIN}" y="{y}" fill="{PLAIN}">'
        f"{spans}</text>\n"
    )


def _spans(line: str) -> list[str]:
    """Return the parts of a line, each in its own colour and weight."""
    parts = SEQUENCE.split(line)
    spans = [escape(parts[0], quote=False)]
    for codes, words in zip(parts[1::2], parts[2::2], strict=True):
        shown = escape(words, quote=False)
        style = _style(codes.split(";"))
        spans.append(f"<tspan{style}>{shown}</tspan>" if style and words else shown)
    return spans


def _style(codes: list[str]) -> str:
    weight = ' font-weight="bold"' if "1" in codes else ""
    colors = [COLORS[code] for code in codes if code in COLORS]
    return weight + (f' fill="{colors[0]}"' if colors else "")


if __name__ == "__main__":
    sys.stdout.write(render(sys.stdin.read()))
