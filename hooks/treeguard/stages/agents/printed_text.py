"""What `echo`, `printf` and `cat` print where the command writes it out in full."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Sequence

_ESCAPE = re.compile(
    r"\\(?:(?P<octal>0?[0-7]{1,3})|x(?P<hex>[0-9a-fA-F]{1,2})"
    r"|u(?P<short>[0-9a-fA-F]{1,4})|U(?P<long>[0-9a-fA-F]{1,8})|(?P<char>.))",
    re.DOTALL,
)
_CHARACTERS = dict(zip("abefnrtv\\\"'", "\a\b\x1b\f\n\r\t\v\\\"'", strict=True))
_DIRECTIVE = re.compile(r"%(?:%|[-+ #0]*\d*(?:\.\d*)?(?P<kind>[A-Za-z]))")
_LONGEST = 1 << 20


def printed(
    words: Sequence[str | None],
    bodies: Sequence[str],
    read: Callable[[str], bytes | None],
) -> bytes | None:
    """Return what a command prints; None if that is not known before it runs.

    `bodies` are its here-documents, and `read` returns the bytes of a file.
    """
    if not words or None in words:
        return None
    name, *given = [str(word) for word in words]
    program = name.rpartition("/")[2]
    if program == "echo":
        return _bytes(_echo(given))
    if program == "printf":
        text = _printf(given)
        return None if text is None else _bytes(text)
    if program in (":", "true"):
        return b""
    if program in ("cat", "tee"):
        return _cat(given if program == "cat" else [], bodies, read)
    return None


def _echo(words: list[str]) -> str:
    """As bash's own, which reads escapes with `-e` only."""
    newline, escapes = "\n", False
    while words and re.fullmatch(r"-[neE]+", words[0]):
        for letter in words.pop(0)[1:]:
            newline = "" if letter == "n" else newline
            escapes = {"e": True, "E": False}.get(letter, escapes)
    text = " ".join(words)
    return (_unescaped(text) if escapes else text) + newline


def _printf(words: list[str]) -> str | None:
    if words[:1] == ["--"]:
        words = words[1:]
    if not words or words[0].startswith("-"):
        return None
    form, arguments = words[0], words[1:]
    kinds = [found["kind"] for found in _DIRECTIVE.finditer(form)]
    wanted = sum(kind is not None for kind in kinds)
    if any(kind not in (None, "s", "b", "d", "i") for kind in kinds):
        return None
    rounds = max(1, -(-len(arguments) // wanted)) if wanted else 1
    rest = iter(arguments)

    def value(found: re.Match[str]) -> str:
        if found["kind"] is None:
            return "%"
        text = next(rest, "0" if found["kind"] in "di" else "")
        return _unescaped(text) if found["kind"] == "b" else text

    parts = []
    for _ in range(rounds):
        at = 0
        for found in _DIRECTIVE.finditer(form):
            parts += [_unescaped(form[at : found.start()]), value(found)]
            at = found.end()
        parts.append(_unescaped(form[at:]))
    return "".join(parts)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    if found["octal"]:
        return chr(int(found["octal"], 8) & 0xFF)
    code = found["hex"] or found["short"] or found["long"]
    if code:
        number = int(code, 16)
        return chr(number) if number < 0x110000 else "?"
    return _CHARACTERS.get(found["char"], found[0])


def _cat(
    words: list[str], bodies: Sequence[str], read: Callable[[str], bytes | None]
) -> bytes | None:
    names = [word for word in words if not word.startswith("-")]
    if len(words) - len(names) != words.count("-"):
        return None  # options that number lines or show what cannot be seen
    if not names:
        return _bytes("".join(map(_line, bodies))) if bodies else None
    parts = [] if "-" in words else [read(name) for name in names]
    known = [part for part in parts if part is not None]
    return b"".join(known) if parts and len(known) == len(parts) else None


def _line(body: str) -> str:
    """A here-string (`<<<`) is one line, whose end is not written there."""
    return body if body.endswith("\n") else f"{body}\n"


def _bytes(text: str) -> bytes | None:
    if len(text) > _LONGEST:
        return None
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a surrogate pair, of an escape
        return text.encode("utf-8", "replace")
