"""Changes an input at random, as a fuzzer does: bytes, words, lines, splices."""

from __future__ import annotations

import random
from collections.abc import Sequence

_ODD = (b"\0", b"\xff", b"\r", b"\n", b"\t", b"\x0c", b"\v", b"\x1b", b"\xe2\x80\xae")
_WORDS = (
    *(
        b"import ",
        b"from . import (",
        b"garbage",
        b"#",
        b"\\\n",
        b"'''",
        b"f'{",
        b"(",
        b")",
    ),
    *(b"[", b"]", b"{", b"}", b"**/", b"*", b"!", b"[!a-", b"\\", b"/", b"../", b"->"),
    *(
        b"$(",
        b"`",
        b"<<EOF\n",
        b"&&",
        b"| xargs rm ",
        b"rm -rf reports",
        b"${X:-",
        b";",
    ),
    *(
        b"[[exceptions]]\n",
        b"kind = ",
        b"= [",
        b'"',
        b"# treeguard: allow[",
        b"- ",
        b"&a ",
        b"*a",
    ),
    *(b"0" * 40, b" refs/heads/", b"100644 ", b"@@\n", b"*** Update File: ", b"lazy "),
    *(
        b"\\u202e",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        "\u00aa\ufb01".encode(),
        b"9" * 5000,
    ),
)
LONGEST = 20_000
# What nests, and what closes it again: each alone, many times, is a seed of its own.
_NESTS = (
    *((b"(", b")"), (b"[", b"]"), (b"{", b"}"), (b"<", b">"), (b"[\n", b"\n]")),
    *(
        (b'{"a":', b"}"),
        (b'["a",', b"]"),
        (b"{a: ", b"}"),
        (b"$(", b")"),
        (b"${", b"}"),
    ),
    *((b"${a:-", b"}"), (b"$((", b"))"), (b'"$(', b')"'), (b"f(", b")"), (b"a[", b"]")),
    *((b"f'{", b"}'"), (b"lambda: ", b""), (b"not ", b""), (b"if a:\n ", b"")),
    *((b"( ", b" )"), (b"{ ", b"; }"), (b"if a; then ", b"; fi"), (b"[a](", b")")),
    *((b"![", b"](b)"), (b"<a>", b"</a>"), (b"> ", b""), (b"- ", b""), (b"? ", b"")),
    *((b"a:\n ", b""), (b"*a ", b" a*"), (b"{{ ", b" }}"), (b"{% if a %}", b"")),
)
# What only repeats: a chain, a list, a line.
_REPEATS = (
    *(
        b"[0]",
        b"()",
        b"(1)",
        b".a",
        b"a.",
        b"[0]()",
        b" + a",
        b" and a",
        b" if a else a",
    ),
    *(b"'a' ", b"a, ", b"a; ", b"a | ", b"a && ", b"a=b ", b"`", b"'", b'"', b'\\"'),
    *(
        b"\\",
        b"\\\n",
        b"\n",
        b"\t",
        b":",
        b"a:",
        b"a: ",
        b"a: b\n",
        b"=",
        b"#",
        b"$",
        b"%",
    ),
    *(
        b"&a ",
        b"*a ",
        b"!a ",
        b"<<: ",
        b"<<E ",
        b"<<E\n",
        b"---\n",
        b"[a]\n",
        b"[[a]]\n",
    ),
    *(b"a = 1\n", b"a.b = 1\n", b"import a\n", b"from a import b\n", b"RUN a\n"),
    *(
        b"COPY a b\n",
        b"run: a\n",
        b"- run: a\n",
        b"services:\n",
        b"[a]: b\n",
        b"[a](<b",
    ),
    *(
        b"``",
        b"**",
        b"__",
        b"`a`_ ",
        b"|a|",
        b"\\ud83d",
        b"'\\ud83d', ",
        b"\\N{",
        b"cd a; ",
    ),
    *(
        b"python -m a; ",
        b"a/",
        b"../",
        b"**/",
        b"[!a-",
        b"@a\n",
        b"elif a: pass\n",
        b"lazy ",
    ),
)


def mutated(rng: random.Random, corpus: Sequence[bytes]) -> bytes:
    """An input made from those of the corpus by one to eight changes."""
    data = rng.choice(corpus)
    for _ in range(rng.randint(1, 8)):
        data = rng.choice(_CHANGES)(rng, data, corpus)
    return data[:LONGEST]


def _at(rng: random.Random, data: bytes) -> int:
    return rng.randint(0, len(data))


def _flip(rng: random.Random, data: bytes, _corpus: Sequence[bytes]) -> bytes:
    at = _at(rng, data)
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def _odd(rng: random.Random, data: bytes, _corpus: Sequence[bytes]) -> bytes:
    at = _at(rng, data)
    return data[:at] + rng.choice(_ODD) + data[at:]


def _word(rng: random.Random, data: bytes, _corpus: Sequence[bytes]) -> bytes:
    at = _at(rng, data)
    return data[:at] + rng.choice(_WORDS) + data[at:]


def _cut(rng: random.Random, data: bytes, _corpus: Sequence[bytes]) -> bytes:
    start = _at(rng, data)
    return data[:start] + data[start + rng.randint(0, 30) :]


def _repeat(rng: random.Random, data: bytes, _corpus: Sequence[bytes]) -> bytes:
    start = _at(rng, data)
    part = data[start : start + rng.randint(1, 20)]
    return data[:start] + part * rng.choice((2, 3, 10, 300)) + data[start:]


def _nested(rng: random.Random, data: bytes, _corpus: Sequence[bytes]) -> bytes:
    at, (opening, closing) = _at(rng, data), rng.choice(_NESTS)
    count = rng.choice((60, 600, LONGEST // len(opening + closing)))
    closed = closing * rng.choice((0, count, count - 1))
    return data[:at] + opening * count + data[at : at + 9] + closed + data[at:]


def _chained(rng: random.Random, data: bytes, _corpus: Sequence[bytes]) -> bytes:
    at, unit = _at(rng, data), rng.choice(_REPEATS)
    if rng.random() < 0.3:
        unit += rng.choice(_REPEATS)
    return data[:at] + unit * rng.choice((60, 600, LONGEST // len(unit))) + data[at:]


def _splice(rng: random.Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    other = rng.choice(corpus)
    start = _at(rng, other)
    at = _at(rng, data)
    return data[:at] + other[start : start + rng.randint(1, 200)] + data[at:]


def _swap_lines(rng: random.Random, data: bytes, _corpus: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


_CHANGES = (
    *(_flip, _odd, _word, _word, _cut, _repeat, _splice, _swap_lines),
    *(_nested, _chained),
)


def grown(rng: random.Random) -> bytes:
    """An input that only nests, or only repeats: a seed of its own.

    Its first byte is what chooses a file's name for some targets.
    """
    first = bytes([rng.randrange(64)])
    if rng.random() < 0.5:
        return first + rng.choice((b"", b"x = a")) + _many(rng.choice(_REPEATS))
    opening, closing = rng.choice(_NESTS)
    count = LONGEST // len(opening + closing)
    return first + opening * count + closing * rng.choice((0, count))


def _many(unit: bytes) -> bytes:
    return unit * (LONGEST // len(unit))
