"""Make any text safe to show, so that it can neither control a terminal nor hide.

Names and messages come from repositories that are not trusted. Whatever is not
printable (controls, ANSI sequences, bidirectional overrides, zero-width characters,
line and paragraph separators, exotic spaces) is written as a backslash sequence, and a
byte that was not UTF-8 (kept as a surrogate, see `trees`) as `\\xNN`. Commands of CI
runners are escaped in the same way: GitHub's runner obeys `::` at the start of a line
and `##[` anywhere in it, Azure's `##vso[`.
"""

from __future__ import annotations

SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
COMMANDS = ("##[", "##vso[")


def escape(text: str) -> str:
    """Return `text` on one line, every character printable, without any command."""
    if not text.isprintable():
        text = "".join(map(escape_character, text))
    if text.lstrip().startswith("::"):
        text = text.replace("::", "\\x3a:", 1)
    return defuse(text, "\\x23")


def defuse(text: str, number_sign: str) -> str:
    """Return `text` with `number_sign` for the first character of each `##[`."""
    for command in COMMANDS if "##" in text else ():
        text = text.replace(command, number_sign + command[1:])
    return text


def escape_lines(text: str) -> str:
    """Return `text` with its line feeds kept and everything else escaped."""
    return "\n".join(map(escape, text.split("\n")))


def escape_character(character: str) -> str:
    """Return how one character is shown."""
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character in SHORT:
        return SHORT[character]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def is_utf8(path: str) -> bool:
    """Return whether the bytes of `path` are UTF-8 (else it holds surrogates)."""
    return not any("\ud800" <= character <= "\udfff" for character in path)
