"""Commands for people to type, quoted such that any path survives the shell."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PLAIN = re.compile(r"[A-Za-z0-9_./@%+=:,-]+\Z")
_MAGIC = re.compile(r"[*?\[\\]|\A:")


def quote(path: str) -> str:
    """Write `path` as one word of bash or zsh, on one line, in printable characters.

    Bytes that are not UTF-8, controls and anything else that does not print are written
    in the form `$'\\377'`.
    """
    if _PLAIN.match(path):
        return path
    if path.isprintable():
        return "'" + path.replace("'", "'\"'\"'") + "'"
    return "$'" + "".join(map(_escaped, path)) + "'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return "\\" + character
    if character.isprintable():
        return character
    encoded = character.encode("utf-8", "surrogateescape")
    # Octal takes at most three digits: a digit that follows cannot run into it.
    return "".join(f"\\{byte:03o}" for byte in encoded)


def move(old: str, new: str, *, make_folder: bool) -> tuple[str, ...]:
    """Return the commands that move `old` to `new`; Git makes no missing folder."""
    folder = new.rpartition("/")[0]
    dashes = "-- " if old.startswith("-") else ""
    moving = f"git mv {dashes}{quote(old)} {quote(new)}"
    if not make_folder or not folder:
        return (moving,)
    return (f"mkdir -p {quote(folder)}", moving)


def restore(source: str, paths: Sequence[str]) -> tuple[str, ...]:
    """Return the command that restores `paths` as `source` has them.

    It is Git's own only for HEAD: any other tree may have no name, or may not exist on
    this side of a push.
    """
    if source != "HEAD":
        return (f"treeguard restore -- {' '.join(map(quote, paths))}",)
    return (overwrite(source, paths),)


def overwrite(source: str, paths: Sequence[str]) -> str:
    """Return Git's own command for `restore`; it overwrites what is at `paths`."""
    words = " ".join(map(quote, paths))
    literal = "--literal-pathspecs " if any(map(_MAGIC.search, paths)) else ""
    return f"git {literal}restore --source={source} --staged --worktree -- {words}"
