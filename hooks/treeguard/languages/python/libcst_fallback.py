"""Source that is newer than the running Python: libcst's tree as an `ast` one.

libcst's parser does not depend on the Python that runs it: it knows type parameters
(PEP 695), `except` without parentheses (PEP 758), t-strings (PEP 750) and `lazy
import` (PEP 810). What facts are made of is translated node by node; anything else
becomes a plain container of its children.
"""

from __future__ import annotations

import ast
import re

# libcst's parser is recursive and written in Rust: where its stack ends, so does the
# process (at some 1,600 brackets). What nests deeper than people write is not given
# to it. `elif`s nest too, one in the other.
_MOST_NESTED = 60
_MOST_CHAINED = 300
_MOST_ELIFS = 200
_TOKEN = re.compile(
    r"(?s:'''.*?'''|\"\"\".*?\"\"\")|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\""
    r"|#[^\n]*|[\[({]|[\])}]|\n[ \t]*|[^\s\w\[\](){}'\"#]|\w+"
)
_JOINTS = {"not", "lambda", "if", "else", "and", "or", "await", "in", "is", "for"}


def parse_newer(text: str) -> ast.Module | None:
    r"""Return a tree whose columns count code points; None where libcst refuses too.

    `text` has no byte order mark, and its lines end in `\n`.
    """
    if "\0" in text or is_too_deep(text):
        return None
    # Imported here: it takes 120 ms, and hardly any repository needs it.
    from treeguard.languages.python.libcst_tree import translate

    return translate(text)


def is_too_deep(text: str) -> bool:
    """Say whether brackets, blocks or operators nest deeper than is safe to parse.

    Rather yes than no: it is asked only of source that Python itself refused.
    """
    if len(re.findall(r"^[ \t]*elif\b", text, re.MULTILINE)) > _MOST_ELIFS:
        return True
    chains, total = [0], 0
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token in "([{":
            chains.append(0)
        elif token in ")]}":
            total -= chains.pop() if len(chains) > 1 else 0
        elif token == "," or (token[0] == "\n" and len(chains) == 1):
            total -= chains[-1]
            chains[-1] = 0
        elif token in _JOINTS or not (token[0].isalnum() or token[0] in "_'\"#\n"):
            chains[-1] += 1
            total += 1
        if len(chains) > _MOST_NESTED or total > _MOST_CHAINED:
            return True
        if token[0] == "\n" and len(token.expandtabs(8)) > 8 * _MOST_NESTED:
            return True
    return False
