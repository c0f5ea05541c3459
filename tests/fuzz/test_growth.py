"""Depth and repetition: whatever a reader gets of it, it ends.

A reader runs in a process of its own with a hard limit. What takes time with the square
of the bytes, or with their power, would need many times as much.
"""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.support.project import ROOT

SIZE = 48_000
SECONDS = 8  # of a processor, for one unit; none needs one

BRACKETS = ("(", "[", "{", "[]")
PYTHON = (
    *BRACKETS,
    *("[0]", "()", "(1)[b]", ".a", "not ", "lambda: ", "'a' ", "a, ", "f'{", "\\\n"),
    *(
        "@a\n",
        "if a:\n ",
        "elif a: pass\n",
        "import a.",
        "from . import (",
        "a.b = 1\n",
    ),
    *("exec('", "'\\ud83d', ", "lazy ", "# treeguard: allow[a] ", "match a:\n case "),
)
SHELL = (
    *BRACKETS,
    *("$(", "$((", "${a:-", "`", "'", '"$(', "\\\n", "<<E ", "<<E\n", "a | ", "a=b "),
    *("cd a; ", "case a in ", "if a; then ", "bash -c '", "python -m a; "),
)
YAML = (
    *BRACKETS,
    *("- ", "? ", "a: ", "a:\n ", "a: b\n", "{a: ", "&a ", "*a ", "---\n", "|\n ", '"'),
    *("run: a\n", "{{ ", '"\\ud83d": a\n'),
)
JSON = (*BRACKETS, '{"a":', "[1,", '"', '"\\ud83d",', ":", "//", "/*", "\\")
TOML = (
    *BRACKETS,
    *("a = [", "a = {b = ", "a.", "a = 1\n", "[[a]]\n", "[a.", '"', "a = '''", "%(a)s"),
)
TEXT = (
    *BRACKETS,
    *(":", "a:", "a: b\n", "\ta\n", "\\\n", "$(a:", "$(call ", "RUN a\n", "RUN <<E\n"),
    *("COPY a b\n", "COPY [", "FROM a\n", "../", "**/", "[!a-", "-e ./a\n", "\n"),
)
RST = (
    *(" ", "\t", ".a", "a.", "a+", "0x", "a/", "`", "``", ":a:`", "|a|", ".. a::\n "),
    *("a::\n", ".. toctree::\n\n  a\n", "`a`_ ", ":mod:`a.b` ", "<a>"),
)
MARKDOWN = (
    *BRACKETS,
    *("[a](<b", "[a](", "![a](b", "[a](<", '<b "', "<b ", "<b a='", "<!-- ", "`a ``b "),
    *("[a]: b\n", "> ", "- ", "```\n", "| a ", "| a |\n|-|\n", "&amp;", "*a ", "\\["),
)
READERS = {
    "python": ("", PYTHON),
    "stub": ("", PYTHON[:12]),
    "newer python": ("lazy import q\nx = a", PYTHON[:20]),
    "notebook": ("x = a", PYTHON[:12]),
    "candidates": ("import a\n", PYTHON),
    "references a.sh": ("", SHELL),
    "references Makefile": ("", (*TEXT, *SHELL)),
    "references Dockerfile": ("FROM a\n", (*TEXT, *SHELL)),
    "references compose.yaml": ("services:\n a:\n  command: ", YAML),
    "references .github/workflows/ci.yml": ("on: push\n", YAML),
    "references .gitlab-ci.yml": ("", YAML),
    "references k8s/app.yaml": ("apiVersion: v1\nkind: A\n", YAML),
    "references package.json": ('{"scripts": ', JSON),
    "references pyproject.toml": ("[tool.a]\n", TOML),
    "references setup.cfg": ("[options]\n", TOML),
    "references Procfile": ("", SHELL[:15]),
    "references Jenkinsfile": ("", SHELL[:15]),
    "references run.ps1": ("", SHELL[:15]),
    "references run.bat": ("", SHELL[:15]),
    "references requirements.txt": ("", TEXT),
    "references MANIFEST.in": ("", TEXT),
    "rewrite README.md": ("", MARKDOWN),
    "rewrite docs/x.rst": ("", RST),
    "rewrite pyproject.toml": ("[tool.a]\n", TOML[:8]),
    "detect compose.yaml": ("services:\n", YAML),
    "detect a.yaml": ("apiVersion: v1\n", YAML),
    "detect Dockerfile": ("FROM a\n", TEXT),
    "detect a.tf": ('resource "a" "b" {\n', TEXT),
}


def run(reader: str) -> None:
    """Give a reader all of its units, and print each one before it is read."""
    head, units = READERS[reader]
    kind, _, path = reader.partition(" ")
    size = {"newer": SIZE // 8, "rewrite": 2 * SIZE}.get(kind, SIZE)
    for unit in units:
        print(repr(unit), flush=True)
        data = (head + unit * (size // len(unit))).encode("utf-8", "surrogatepass")
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)  # it ends the process
        _read(kind, path, data)


def _read(kind: str, path: str, data: bytes) -> None:
    import json

    from tests.fuzz.targets import REWRITTEN
    from tests.fuzz.targets import rewriters
    from treeguard.languages.assets import detect
    from treeguard.languages.python.import_scan import candidates
    from treeguard.languages.python.source_facts import source_facts
    from treeguard.languages.references import references

    if kind == "references":
        references(path, data)
    elif kind == "detect":
        detect(path, data, ("dockerfile", "compose", "kubernetes", "terraform"))
    elif kind == "rewrite":
        rewriters(bytes([REWRITTEN.index(path)]) + data)
    elif kind == "candidates":
        candidates(data)
    else:
        if kind == "notebook":
            cell = {"cell_type": "code", "source": data.decode()}
            data = json.dumps({"cells": [cell], "nbformat": 4}).encode()
        source_facts(data, "python" if kind == "newer" else kind)


@pytest.mark.parametrize("reader", READERS)
def test_depth_and_repetition_end(reader: str) -> None:
    program = f"from tests.fuzz.test_growth import run; run({reader!r})"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'hooks'}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=False,
        text=True,
    )
    last = done.stdout.splitlines()[-1:]
    assert done.returncode == 0, (last, done.stderr[-2000:])
