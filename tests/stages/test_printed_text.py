"""What a command prints, compared with what bash prints."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from treeguard.stages.agents.printed_text import printed

KNOWN = [
    ("echo",),
    ("echo", "a", "b  c"),
    ("echo", "-n", "a"),
    ("echo", "-e", r"a\tb\nc\\"),
    ("echo", "-ne", r"\x41\0101"),
    ("echo", "-E", r"a\n"),
    ("echo", "-x", "a"),
    ("echo", "--", "a"),
    ("printf", "a"),
    ("printf", r"a\n"),
    ("printf", "%s %s\n", "a", "b", "c"),
    ("printf", "%s\n", "a", "b"),
    ("printf", "%%%s", "a"),
    ("printf", "%b", r"a\nb"),
    ("printf", "%s", r"a\nb"),
    ("printf", "%d.", "3", "4"),
    ("printf", "--", "a%s", "b"),
    ("printf", r"\u00e9\101\x42"),
    ("printf", "a", "b"),
    (":", "a"),
    ("true",),
]
UNKNOWN = [
    ("ls",),
    ("printf", "-v", "x", "a"),
    ("printf", "%5.2f", "1"),
    ("printf",),
    ("cat",),
    ("cat", "nowhere"),
    ("cat", "-n", "file"),
    ("echo", None),
    (None, "a"),
    (),
]


def bash(words: tuple[str, ...]) -> bytes:
    done = subprocess.run(
        ["bash", "-c", '"$@"', "bash", *words],
        capture_output=True,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        check=True,
    )
    return done.stdout


def read(path: str) -> bytes | None:
    return b"data\n" if path == "file" else None


@pytest.mark.parametrize("words", KNOWN)
def test_known_as_bash_prints_it(words: tuple[str, ...]) -> None:
    assert printed(words, (), read) == bash(words)


@pytest.mark.parametrize("words", UNKNOWN)
def test_not_known_before_it_runs(words: tuple[str | None, ...]) -> None:
    assert printed(words, (), read) is None


@pytest.mark.parametrize(
    ("words", "bodies", "expected"),
    [
        (("cat",), ("a\n",), b"a\n"),
        (("cat",), ("a",), b"a\n"),
        (("cat", "-"), ("a\n",), b"a\n"),
        (("tee", "x", "y"), ("a\n",), b"a\n"),
        (("cat", "file", "file"), ("a\n",), b"data\ndata\n"),
        (("cat", "file", "nowhere"), (), None),
        (("echo", "b"), ("a\n",), b"b\n"),
    ],
)
def test_what_is_read(
    words: tuple[str, ...], bodies: tuple[str, ...], expected: bytes | None
) -> None:
    assert printed(words, bodies, read) == expected


plain = st.text(st.characters(codec="ascii", exclude_characters="\0\\%"), max_size=9)


@settings(max_examples=60, deadline=None)
@given(st.lists(plain, max_size=3), st.sampled_from(["echo", "printf %s\\n"]))
def test_any_words_are_printed_as_bash_prints_them(
    words: list[str], command: str
) -> None:
    every = (*command.split(), *words)
    assert printed(every, (), read) == bash(every)
