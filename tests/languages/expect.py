"""What a table of uses says in one line: `(case id, text, expected uses)`."""

from __future__ import annotations

from treeguard.languages.facts import PATH
from treeguard.languages.references import references


def uses(path: str, text: str) -> list[str]:
    """Return the uses of a file in order: modules as `m a.b`, paths as they are.

    A use of which only the beginning is known ends in `...`.
    """
    return [
        ("" if use.kind == PATH else "m ") + use.module + ("..." if use.prefix else "")
        for use in references(path, text.encode())
    ]
