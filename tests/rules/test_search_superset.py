"""The search of bytes passes by no file of which a reader says anything that matters.

A file is parsed only where its bytes could break a rule. So whatever a reader finds has
to be found by the search too, however the name and the function are written.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.judging import knowledge
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.languages.python.dynamic_imports import READERS
from treeguard.policy.patterns import Patterns
from treeguard.rules.importing.candidate_files import outside
from treeguard.rules.importing.resolved_uses import queries_into
from treeguard.rules.importing.resolved_uses import zone_entries
from treeguard.rules.importing.undecidable import undecidable_query
from treeguard.rules.importing.zones import Counted
from treeguard.rules.importing.zones import Zone

ZONE = Zone(Patterns(["/b/garbage/"]))
ROOTS = SearchRoots(("",), ())
TREE = {"b/__init__.py": "", "b/garbage/__init__.py": "", "b/garbage/a.py": ""}
VALUES = ("b.garbage.a", "b.garbage.a:f", "b/garbage/a.py", "import b.garbage.a")
CALLS = ("{f}({v})", "{f}('m', {v})", "x = {f}({v}, x)", "{f}([{v}])")


def analysis(path: str, content: str) -> TreeAnalysis:
    return knowledge({**TREE, path: content})


def enters(known: TreeAnalysis, path: str, references: bool) -> bool:
    return any(zone_entries(known, path, ZONE, Counted(references=references)))


def selected(known: TreeAnalysis, path: str, references: bool) -> bool:
    asked = queries_into(ZONE, outside(ZONE), ROOTS, references)
    return any(path in known.ask(query) for query in asked)


def passes_by(path: str, content: str) -> list[str]:
    """Return what a reader says of a file that the search leaves out."""
    known = analysis(path, content)
    left_out = [
        f"references={references}"
        for references in (False, True)
        if enters(known, path, references) and not selected(known, path, references)
    ]
    facts = known.source(path)
    if facts is not None and facts.undecidable:
        query = undecidable_query(outside(ZONE))
        left_out += [] if path in known.ask(query) else ["undecidable"]
    return left_out


@pytest.mark.parametrize("name", sorted(READERS))
def test_each_reader_reads_a_name_that_is_found(name: str) -> None:
    library, _, last = name.rpartition(".")
    top = f"import {library}\n" if library else ""
    sources = [
        top + call.format(f=name, v=repr(value)) for call in CALLS for value in VALUES
    ]
    if last == "module_from_spec":
        sources.append(f"{top}{name}({library}.find_spec('b.garbage.a'))")
    assert [one for one in sources if passes_by("x.py", one)] == []
    assert any(enters(analysis("x.py", one), "x.py", True) for one in sources)


def _escaped(draw: st.DrawFn, text: str) -> str:
    at = draw(st.integers(0, len(text) - 1))
    forms = (r"\x{:02x}", r"\u{:04x}", r"\U{:08x}", "\\{:o}")
    form = draw(st.sampled_from(forms)).format(ord(text[at]))
    return f'"{text[:at]}{form}{text[at + 1 :]}"'


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str]:
    """Write a value as an expression, with a line that it needs before it."""
    value = draw(st.sampled_from(VALUES))
    at = draw(st.integers(1, len(value) - 1))
    left, right = repr(value[:at]), repr(value[at:])
    form = draw(st.integers(0, 9))
    forms = (
        (repr(value), ""),
        (f"{left} {right}", ""),
        (f"{left} + {right}", ""),
        (f"{left} + n", f"n = {right}"),
        (f"'%s' {right} % {left}", ""),
        (f"'{{}}{value[at:]}'.format({left})", ""),
        (f"''.join([{left}, {right}])", ""),
        (f"f'{value[:at]}{{n}}'", f"n = {right}"),
        (f"{left} + unknown", ""),
        (_escaped(draw, value), ""),
    )
    return forms[form]


def _wide(draw: st.DrawFn, name: str) -> str:
    """Write one letter in full width: Python reads the same name (PEP 3131)."""
    at = draw(st.integers(0, len(name) - 1))
    wide = chr(ord(name[at]) + 0xFEE0) if name[at].isalpha() else name[at]
    return name[:at] + wide + name[at + 1 :]


@st.composite
def callables(draw: st.DrawFn) -> tuple[str, str]:
    """Write a function that imports as an expression, and the lines before it."""
    name = draw(st.sampled_from(sorted(READERS)))
    library, _, last = name.rpartition(".")
    at = draw(st.integers(0, len(last)))
    pieces = f"{last[:at]!r} {last[at:]!r}"
    if not library:
        return draw(
            st.sampled_from(
                [
                    (name, ""),
                    ("f", f"f = {name}"),
                    (_wide(draw, name), ""),
                    (f"__builtins__[{pieces}]", ""),
                    (f"vars(b)[{pieces}]", "import builtins as b"),
                    (f"getattr(b, {pieces})", "import builtins as b"),
                    (f"globals()['__builtins__'].{last}", ""),
                ]
            )
        )
    return draw(
        st.sampled_from(
            [
                (name, f"import {library}"),
                ("f", f"from {library} import {last} as f"),
                (_wide(draw, last), f"from {library} import {last}"),
                (f"m.{last}", f"import {library} as m"),
                (f"m.{_wide(draw, last)}", f"import {library} as m"),
                (f"getattr(m, {pieces})", f"import {library} as m"),
                (f"vars(m)[{pieces}]", f"import {library} as m"),
                (last, f"from {library} import *"),
                ("f", f"import {library}\nf = {name}"),
                (f"sys.modules[{library!r}].{last}", "import sys"),
            ]
        )
    )


@given(callables(), written(), st.sampled_from([*CALLS, "partial({f}, {v})()"]))
@settings(max_examples=400, deadline=None)
def test_no_import_by_name_is_passed_by(
    called: tuple[str, str], value: tuple[str, str], call: str
) -> None:
    lines = ["from functools import partial", called[1], value[1]]
    source = "\n".join([*lines, call.format(f=called[0], v=value[0])])
    assert passes_by("x.py", source) == []


OTHERS = (
    "subprocess.run([sys.executable, '-m', {v}])",
    "subprocess.run([sys.executable, '-m' + {v}])",
    "subprocess.run([sys.executable, '-c', {v}])",
    "subprocess.run(['cp', {v}, 'x'])",
    "subprocess.run(['ls'], cwd={v})",
    "os.system('python -m ' + {v})",
    "os.system('python ' + {v})",
    "os.execlp('python', 'python', {v})",
    "mock.patch({v})",
    "APPS = [{v}]",
    "pytest_plugins = [{v}]",
    "EntryPoint('a', {v}, 'g').load()",
    "sys.path.insert(0, 'b/gar' + 'bage'); import a",
    "sys.path.append({v}); import a",
    "exec('import ' + {v})",
    "exec(compile({v}, 'x', 'exec'))",
    "eval('__import__(' + repr({v}) + ')')",
    "map(__import__, [{v}])",
    "open({v})",
)


@given(st.sampled_from(OTHERS), written(), st.sampled_from(["x.py", "x.ipynb"]))
@settings(max_examples=300, deadline=None)
def test_no_other_use_in_python_is_passed_by(
    form: str, value: tuple[str, str], path: str
) -> None:
    source = f"import os, subprocess, sys\n{value[1]}\n{form.format(v=value[0])}\n"
    if path == "x.ipynb":
        source = json.dumps({"cells": [{"cell_type": "code", "source": source}]})
    assert passes_by(path, source) == []


FILES = (
    ("a.sh", "python -m {m}\ncp {p} x\n"),
    ("a.sh", "cat <<E | python\nimport {m}\nE\n"),
    ("a.sh", "D={p}\npython $D\n"),
    ("a.ps1", "python {p}\n"),
    ("a.bat", "python {p}\n"),
    ("Makefile", "P := {p}\na:\n\tpython $(P) && python -m {m}\n"),
    ("Dockerfile", 'FROM x\nCOPY {p} /x\nCMD ["python", "-m", "{m}"]\n'),
    ("a.yml", 'jobs:\n  a:\n    steps:\n    - run: "python -m {m}"\n'),
    ("compose.yml", 'services:\n  a:\n    command: ["python", "{p}"]\n'),
    ("package.json", '{{"scripts": {{"a": "python {p}"}}}}'),
    ("pyproject.toml", '[project.scripts]\na = "{m}:f"\n'),
    ("setup.cfg", "[options.entry_points]\nconsole_scripts =\n  a = {m}:f\n"),
    ("tox.ini", "[testenv]\ncommands = python -m {m}\n"),
    ("setup.py", 'setup(entry_points={{"console_scripts": ["a = {m}:f"]}})\n'),
    ("noxfile.py", 'session.run("python", "-m", "{m}")\n'),
    ("Procfile", "web: python -m {m}\n"),
    ("crontab", "* * * * * python -m {m}\n"),
    ("Jenkinsfile", "sh 'python -m {m}'\n"),
    ("requirements.txt", "-r {p}\n"),
    ("MANIFEST.in", "include {p}\n"),
    ("bin/run", "#!/bin/sh\npython -m {m}\n"),
)
SPLITS = ("{}{}", '{}""{}', "{}''{}", "{}\\{}", "{}\\\n{}", "{}$X{}", "{}${{Y:-}}{}")
LETTERS = (r"\x67", r"\u0067", r"\147", "g", "&#103;", "%67")


@pytest.mark.parametrize(("path", "text"), FILES)
def test_each_language_is_read_and_found(path: str, text: str) -> None:
    content = text.format(m="b.garbage.a", p="b/garbage/a.py")
    known = analysis(path, content)
    assert enters(known, path, True)
    assert selected(known, path, True)


@given(
    st.sampled_from(FILES),
    st.sampled_from(SPLITS),
    st.sampled_from(LETTERS),
    st.integers(1, 6),
)
@settings(max_examples=400, deadline=None)
def test_no_reference_is_passed_by(
    file: tuple[str, str], split: str, letter: str, at: int
) -> None:
    path, text = file
    word = split.format("garbage"[:at], "garbage"[at:]).replace("g", letter, 1)
    content = text.format(m=f"b.{word}.a", p=f"b/{word}/a.py")
    known = analysis(path, content)
    assert not enters(known, path, True) or selected(known, path, True)
