"""Reads decoded source with CPython's own parser, or with one that knows more.

CPython decides. Where it refuses, a parser of newer grammars does (`newer_grammar`);
only what both refuse is unreadable.
"""

from __future__ import annotations

from treeguard.languages.facts import SourceFacts
from treeguard.languages.python.cpython_parser import UnreadableError
from treeguard.languages.python.cpython_parser import parse
from treeguard.languages.python.extract import tree_facts
from treeguard.languages.python.import_scan import candidates
from treeguard.languages.python.inline_exceptions import allows
from treeguard.languages.python.positions import Positions


def unreadable(data: bytes, reason: str, line: int | None) -> SourceFacts:
    """Return what is left of a source that cannot be read: its candidates."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return SourceFacts(
        imports=candidates(data),
        allows=allows(text, readable=False),
        error=f"the source {reason}",
        error_line=line,
    )


def text_facts(text: str, data: bytes | None = None) -> SourceFacts:
    r"""Return the facts of decoded source, whose lines end in `\n`.

    `data` are the bytes that it came from, which CPython decodes for itself.
    Raises `UnreadableError`.
    """
    try:
        tree = parse(text if data is None else data)
        facts = tree_facts(tree, Positions(text))
    except UnreadableError as refusal:
        facts = _by_newer_grammar(text, refusal)
    return facts._replace(allows=allows(text))


def _by_newer_grammar(text: str, refusal: UnreadableError) -> SourceFacts:
    from treeguard.languages.python.libcst_fallback import parse_newer

    tree = parse_newer(text)
    if tree is None:
        raise refusal
    return tree_facts(tree, Positions(text, in_bytes=False))
