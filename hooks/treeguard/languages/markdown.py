"""Read a Markdown file: where each of its links is, and what of it is code.

markdown-it-py finds which lines are a paragraph, a table, code or HTML, and which links
they hold; it keeps no offsets inside a line, by its design (markdown-it/markdown-it
issues 675, 821 and 1006), and normalises addresses. So a scanner of ours finds the
places, line by line of what it calls text. Only a link that both of them find counts;
what one of them finds alone is unsure. It is made for the job (CommonMark, pure Python)
and only imported when a file is read.
"""

from __future__ import annotations

import functools
import html
import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from treeguard.languages.documents import ANGLED
from treeguard.languages.documents import DOCUMENT
from treeguard.languages.documents import HTML
from treeguard.languages.documents import PATH
from treeguard.languages.documents import PLAIN
from treeguard.languages.documents import Block
from treeguard.languages.documents import Link
from treeguard.languages.documents import Reading
from treeguard.languages.documents import line_starts

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_SCAN = re.compile(
    r"(?P<escape>\\[!-/:-@\[-`{-~])"
    r"|(?P<code>(?P<ticks>`+).+?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<lone>`+)"
    r"|(?P<comment><!--.*?(?:-->|\Z))"
    r"|(?P<tag><[A-Za-z][A-Za-z0-9-]*\s(?:[^<>\"']|\"[^\"]*\"|'[^']*'){0,4000}>)"
    r"|(?P<link>\]\()|(?P<open>\[)|(?P<close>\])",
    re.DOTALL,
)
# Parentheses in an address, as markdown-it counts them: what has more is no link.
_DEEPEST = 32
_ANGLED = re.compile(r"<((?:[^<>\r\n\\]|\\.)*)>")
_PIECE = re.compile(r"\\[!-/:-@\[-`{-~]|[^\s\x00-\x1f\x7f]")
_BLANK = re.compile(r"[ \t]*(?:(?:\r\n?|\n)[ \t>]*)?")
_DEFINITION = re.compile(r"\[(?:[^\[\]\\]|\\.)+\]:")
_ATTRIBUTE = re.compile(
    r"""(?<=[\s"'])(href|src|poster|srcset)\s*=\s*"""
    r"""(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))""",
    re.IGNORECASE,
)
# The first word of what follows a fence: `bash`, `{.bash}`, `{code-block} bash`.
_LANGUAGE = re.compile(r"(?:\{code(?:-block)?\}\s*)?[{.]*([\w-]+)")
# What MyST hands to Sphinx (https://myst-parser.readthedocs.io, roles and directives).
_DIRECTIVE = re.compile(
    r"\{(?:(?P<tree>toctree)|(?:include|literalinclude|image|figure))\}"
    r"[ \t]*(?P<path>\S*)"
)
_ENTRY = re.compile(
    r"^[ \t]*(?![ \t:-])(?:[^\n<]*<)?([^\s<>]+)>?[ \t\r]*$", re.MULTILINE
)
_ROLE = re.compile(r"\{(doc|download)\}\Z")
_TARGET = re.compile(r"`+(?:[^`<]*<)?\s*([^`<>\s]+?)\s*>?`+\Z")
_OF_SRCSET = re.compile(r"(?:\A|,)\s*([^\s,]+)")


# Where a paragraph, or another block, begins and ends.
_Region = tuple[int, int]


def is_markdown(path: str) -> bool:
    """Return True for a Markdown file, by its name."""
    return path.lower().endswith((".md", ".markdown", ".mdx"))


@functools.lru_cache(maxsize=64)
def read(text: str) -> Reading:
    """Return every link of a Markdown text, whatever it leads to."""
    parser, known = _parser(), {}  # type: MarkdownIt, dict[str, object]
    tokens = parser.parse(text.removeprefix("\ufeff"), known)
    lines = line_starts(text)
    reader = _Reader(text, lines, parser)
    grouped: dict[tuple[int, int], list[Token]] = {}
    for token in tokens:
        if token.map is None:
            continue
        first, last = token.map
        if token.type == "inline":
            grouped.setdefault((first, last), []).append(token)
        elif token.type in ("fence", "code_block"):
            region = reader.region(first, last)
            reader.code.append(region)
            if token.type == "fence":
                reader.fence(token.info, first, last)
        elif token.type == "html_block":
            reader.html(reader.region(first, last))
    references = _references(known)
    meant = {str(one["href"]) for one in references}
    for (first, last), group in grouped.items():
        reader.inline(reader.region(first, last), group, meant)
    for one in references:
        reader.definition(one)
    links = tuple(sorted(set(reader.links)))
    code, blocks = tuple(sorted(reader.code)), tuple(reader.blocks)
    return Reading(links, code, tuple(reader.unsure), lines, blocks)


def written(link: Link, address: str) -> str:
    """Return an address as the link's form of quoting allows it."""
    if link.form == ANGLED and " " in link.raw:
        return address.replace("%20", " ")
    if link.form == PLAIN and address.count("(") != address.count(")"):
        return address.replace("(", "%28").replace(")", "%29")
    return address


@functools.lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")


def _references(known: dict[str, object]) -> list[dict[str, object]]:
    named = known.get("references", {})
    again = known.get("duplicate_refs", [])
    assert isinstance(named, dict)
    assert isinstance(again, list)
    return [*named.values(), *again]


class _Reader:
    """Collect what is found, region by region."""

    def __init__(self, text: str, lines: tuple[int, ...], parser: MarkdownIt) -> None:
        self.text = text
        self.lines = lines
        self.parser = parser
        self.links: list[Link] = []
        self.code: list[tuple[int, int]] = []
        self.unsure: list[tuple[int, str]] = []
        self.blocks: list[Block] = []

    def region(self, first: int, last: int) -> _Region:
        """Return the lines `first` to `last` (exclusive, both from 0)."""
        ends = [*self.lines[1:], len(self.text)]
        return self.lines[first], ends[min(last, len(ends)) - 1]

    def fence(self, info: str, first: int, last: int) -> None:
        """Add the lines between two fences; in a quotation each has marks before it."""
        whole = self.region(first, last)
        rows = self.text[slice(*whole)].splitlines()
        if len(rows) < 2 or rows[0].lstrip().startswith(">"):
            return
        is_closed = rows[-1].strip()[:3] in ("```", "~~~")
        start, end = self.lines[first + 1], whole[1]
        end = self.lines[last - 1] if is_closed else end
        self._directive(info, first, start, end)
        found = _LANGUAGE.match(info.strip())
        self.blocks.append(Block(start, end, found[1].lower() if found else ""))

    def _directive(self, info: str, first: int, start: int, end: int) -> None:
        """Add what a directive of MyST names: its argument, or entries of a tree."""
        at = self.text.find(info.strip(), self.lines[first], start) if info else -1
        found = _DIRECTIVE.match(self.text, at, start) if at >= 0 else None
        if found is None:
            return
        if found["tree"]:
            entries = _ENTRY.finditer(self.text, start, end)
            self.links += [
                Link(*entry.span(1), entry[1], entry[1], DOCUMENT)
                for entry in entries
                if entry[1] != "self"
            ]
        elif found["path"]:
            path = found["path"]
            self.links.append(Link(*found.span("path"), path, path, PATH))

    def _role(self, start: int, end: int) -> None:
        """Add what a role of MyST names: {doc}`the text <guide/intro>`."""
        role = _ROLE.search(self.text, max(0, start - 16), start)
        target = _TARGET.match(self.text, start, end)
        if role is not None and target is not None:
            form = DOCUMENT if role[1] == "doc" else PATH
            link = Link(*target.span(1), target[1], target[1], form)
            self.links.append(link)

    def html(self, region: _Region) -> None:
        for found in _SCAN.finditer(self.text, *region):
            if found["tag"]:
                self.links += _attributes(self.text, *found.span())

    def inline(self, region: _Region, group: list[Token], meant: set[str]) -> None:
        """Add the links of one paragraph, heading or row: those that both find."""
        hrefs: Counter[str] = Counter()
        tags: set[str] = set()
        for child in _inside(group):
            if child.type == "html_inline":
                tags.add(_folded(child.content))
            elif child.markup != "autolink":
                address = child.attrGet("href") or child.attrGet("src")
                if address:
                    hrefs[str(address)] += 1
        candidates: dict[str, list[Link]] = {}
        for link in self._scan(region, tags):
            candidates.setdefault(self._normal(link.url), []).append(link)
        for href, links in candidates.items():
            seen = hrefs[href]
            if len(links) == seen or (len(links) < seen and href in meant):
                self.links += links
            elif seen:
                self.unsure += [(link.start, link.url) for link in links]
        missed = [href for href in hrefs if href not in candidates.keys() | meant]
        self.unsure += [(region[0], href) for href in missed]

    def _scan(self, region: _Region, tags: set[str]) -> Iterator[Link]:
        (place, end), depth = region, 0
        while found := _SCAN.search(self.text, place, end):
            place = found.end()
            if found["code"]:
                self.code.append(found.span())
                self._role(*found.span())
            elif found["tag"] and _folded(found["tag"]) in tags:
                self.links += _attributes(self.text, *found.span())
            depth += bool(found["open"])
            if found["link"] or found["close"]:
                link = _destination(self.text, place, end) if found["link"] else None
                depth, was = max(depth - 1, 0), depth
                if link is not None and was:
                    yield link
                    place = link.end

    def definition(self, one: dict[str, object]) -> None:
        lines = one["map"]
        assert isinstance(lines, list)
        region = self.region(lines[0], lines[1])
        for found in _DEFINITION.finditer(self.text, *region):
            link = _destination(self.text, found.end(), region[1], closes=False)
            if link is not None and self._normal(link.url) == one["href"]:
                self.links.append(link)
                return
        self.unsure.append((region[0], str(one["href"])))

    def _normal(self, url: str) -> str:
        """Return an address as the parser gives it; `url` has its escapes resolved."""
        return self.parser.normalizeLink(url)


def _inside(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        for child in token.children or ():
            yield child
            yield from _inside([child])


def _folded(tag: str) -> str:
    """Return a tag without the marks of a quotation before its lines."""
    return re.sub(r"\s*[\r\n][\s>]*", " ", tag)


def _destination(text: str, place: int, last: int, closes: bool = True) -> Link | None:
    """Return the address that begins at `place` (CommonMark, link destination)."""
    blank = _BLANK.match(text, place, last)
    start = blank.end() if blank else place
    angled = _ANGLED.match(text, start, last)
    if angled:
        return Link(*angled.span(1), angled[1], _unescaped(angled[1]), ANGLED)
    depth, end = 0, start
    while piece := _PIECE.match(text, end, last):
        depth += {"(": 1, ")": -1}.get(piece[0], 0)
        if depth < 0:
            break
        if depth > _DEEPEST:
            return None
        end = piece.end()
    if end == start or (depth > 0 and closes):
        return None
    raw = text[start:end]
    return Link(start, end, raw, _unescaped(raw), PLAIN)


def _unescaped(raw: str) -> str:
    from markdown_it.common.utils import unescapeAll

    return unescapeAll(raw)


def _attributes(text: str, start: int, end: int) -> Iterator[Link]:
    """Yield the addresses of one tag."""
    for found in _ATTRIBUTE.finditer(text, start, end):
        number = next(n for n in (2, 3, 4) if found[n] is not None)
        first, last = found.span(number)
        if found[1].lower() != "srcset":
            yield _link_of_html(text, first, last)
            continue
        for one in _OF_SRCSET.finditer(text[first:last]):
            yield _link_of_html(text, first + one.start(1), first + one.end(1))


def _link_of_html(text: str, start: int, end: int) -> Link:
    raw = text[start:end]
    return Link(start, end, raw, html.unescape(raw), HTML)
