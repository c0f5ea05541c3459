"""Makes any text safe to show: nothing in it can steer a terminal or hide itself.

Names and messages come from repositories that are not trusted. Whatever is not
printable (controls, ANSI sequences, bidirectional overrides, zero-width characters,
line and paragraph separators, exotic spaces) is written as a backslash sequence, and a
byte that was not UTF-8 (kept as a surrogate, see `trees`) as `\\xNN`.
"""

from __future__ import annotations

SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escape(text: str) -> str:
    """`text` on one line, every character of it printable."""
    if text.isprintable():
        return text
    return "".join(map(escape_character, text))


def escape_lines(text: str) -> str:
    """`text` with its line feeds kept and everything else escaped."""
    return "\n".join(map(escape, text.split("\n")))


def escape_character(character: str) -> str:
    """How one character is shown."""
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
    """False when the bytes of `path` are no UTF-8 (it then holds surrogates)."""
    return not any("\ud800" <= character <= "\udfff" for character in path)
