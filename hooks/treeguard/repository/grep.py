"""Finds the files of a tree that hold one of some words, without handing them over.

`git grep` inflates and searches with threads; to read the same files through a pipe and
search them here costs three times as much in a repository of 100,000 files.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from treeguard.repository.plumbing import Git

# What a search may take; a huge file is then refused as it is when it is read.
MEMORY = 512 << 20
# For Perl and for Python's `re`: a word that no letter, digit or `_` goes on. After an
# escape (`\n`, `\x0a`, `%2F`) one can begin, too.
WORD = (
    rb"(?:(?<![0-9A-Za-z_])|(?<=\\[a-z])|(?<=\\x[0-9A-Fa-f]{2})"
    rb"|(?<=%%[0-9A-Fa-f]{2}))(?:%s)(?![0-9A-Za-z_])"
)
# Beyond so many words one regex for all of them is faster.
_FEW = 16
_NOT_ASCII = r"[\x80-\xff]"
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def search(
    git: Git,
    tree: str,
    needles: Iterable[bytes],
    endings: Iterable[str],
    words: Iterable[bytes] = (),
) -> frozenset[str] | None:
    """Return the regular files below `tree` that hold a needle or a byte that is not
    ASCII.

    Those with one of `words`, too (see `search_words`). Only paths with one of
    `endings` (such as `.py`) are looked at. None where Git cannot tell: it was built
    without PCRE, or an object cannot be read.
    """
    wanted = sorted(set(needles))
    if not wanted or any(b"\n" in needle or not needle for needle in wanted):
        return None  # git grep looks at one line at a time
    # One by one they are found faster than as alternatives: PCRE leaps to each.
    regexes = [*map(_escaped, wanted), *_of_words(words), _NOT_ASCII]
    places = [f":(top)*{ending}" for ending in sorted(set(endings))]
    return _matching(git, tree, regexes, places)


def search_words(
    git: Git, tree: str, words: Iterable[bytes], but: Iterable[str] = ()
) -> frozenset[str] | None:
    """Return the same for whole words (see `WORD`), in paths with no ending of `but`.

    A few files more may be found, in which a word is the end of a longer one.
    """
    wanted = sorted(set(words))
    if not wanted or any(b"\n" in word or not word for word in wanted):
        return None
    places = [":(top)", *(f":(top,exclude)*{ending}" for ending in sorted(set(but)))]
    return _matching(git, tree, [*_of_words(wanted), _NOT_ASCII], places)


def _of_words(words: Iterable[bytes]) -> list[str]:
    escaped = [_escaped(word) for word in sorted(set(words))]
    if len(escaped) <= _FEW:
        return [f"{word}(?![0-9A-Za-z_])" for word in escaped]
    return [WORD.decode("ascii") % "|".join(escaped)]


def _matching(
    git: Git, tree: str, regexes: Iterable[str], places: Iterable[str]
) -> frozenset[str] | None:
    args = [
        "grep",
        "-l",
        "-z",
        "-a",
        "-P",
        "--full-name",
        "--no-color",
        "--no-textconv",
        "--no-recurse-submodules",
        *(word for regex in regexes for word in ("-e", regex)),
        tree,
        "--",
        *places,
    ]
    running = git.start(args)
    _limit(running.pid)
    out, err = running.communicate()
    # Of an object that cannot be read Git only complains, and goes on.
    if running.returncode not in (0, 1) or err:
        return None
    prefix = tree.encode("ascii") + b":"
    found = out.split(b"\0")[:-1]
    return frozenset(os.fsdecode(path.removeprefix(prefix)) for path in found)


def _escaped(needle: bytes) -> str:
    return "".join(chr(byte) if byte in _PLAIN else f"\\x{byte:02x}" for byte in needle)


def _limit(pid: int) -> None:
    """Keep the memory of the process `pid` within bounds, where that can be done."""
    try:
        import resource

        resource.prlimit(pid, resource.RLIMIT_DATA, (MEMORY, MEMORY))
    except (ImportError, AttributeError, OSError, ValueError):
        # Not Linux, or it has ended already: Git then takes what it takes.
        return
