"""What the commands run that a Python source starts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.languages.python.sources import facts
from tests.languages.python.sources import words
from treeguard.languages.python.source_facts import source_facts

IMPORTS = "import asyncio, os, shlex, subprocess, sys\n"

SILENT = [
    ("printed", 'subprocess.run(["echo", "python -m old.x"])'),
    ("listed", 'subprocess.run(["ls", "old/tests"], cwd="old")'),
    ("version control", 'subprocess.check_call(["git", "status"], cwd="old")'),
    ("unknown module", 'subprocess.run([sys.executable, "-m", name])'),
    ("unknown code", 'subprocess.run([sys.executable, "-c", code])'),
    ("words", 'x = ["python", "old"]'),
    ("prose", 'self.run("see old/x.py for how")'),
    ("another's method", 'task.run("cp old/a b")'),
    ("input of a script", 'subprocess.run(["python", p], input="import old.x")'),
    ("a part of a name", 'subprocess.run([sys.executable, "-m", "o" "ld.x"])'),
]


@pytest.mark.parametrize(("name", "source"), SILENT)
def test_a_command_that_runs_nothing(name: str, source: str) -> None:
    assert words(IMPORTS + source, "string", "path") == []


MODULE = [
    'subprocess.run([sys.executable, "-m", "old.x"])',
    'subprocess.run([sys.executable, "-mold.x"])',
    'subprocess.run(args=["python3", "-W", "error", "-m", "old.x"])',
    'subprocess.run([sys.executable, "-c", "import old.x"])',
    """subprocess.run([sys.executable, "-c", "__import__('old.x')"])""",
    'subprocess.run([sys.executable, "-c", textwrap.dedent("""\n  import old.x"""])',
    'subprocess.run(f"{sys.executable} -m old.x", shell=True)',
    'subprocess.run("%s -m %s" % (sys.executable, "old.x"), shell=True)',
    'subprocess.run(" ".join(["python", "-m", "old.x"]), shell=True)',
    'subprocess.run(shlex.split("python3 -m old.x"))',
    'subprocess.run("python3 -m old.x".split())',
    'subprocess.run("python - <<E\\nimport old.x\\nE", shell=True)',
    'subprocess.run(["python", "-"], input="import old.x")',
    'subprocess.run(["bash", "-c", "python -m old.x"])',
    'subprocess.run(["uv", "run", "-m", "old.x"])',
    'subprocess.run(["docker", "run", "image", "python", "-m", "old.x"])',
    'subprocess.run(["python", *options, "-m", "old.x"])',
    'subprocess.run(["celery", "-A", "old.x", "worker"])',
    'subprocess.run(["x"], env={**os.environ, "FLASK_APP": "old.x"})',
    'command = [sys.executable]\nsubprocess.Popen(command + ["-m", "old.x"])',
    'command = "python -m old.x"\nsubprocess.check_output(command, shell=True)',
    'python = sys.executable\nos.system(python + " -m old.x")',
    'os.popen("{} -m {}".format(sys.executable, "old.x"))',
    'os.execv(sys.executable, [sys.executable, "-m", "old.x"])',
    'os.execlp("python", "python", "-m", "old.x")',
    'os.spawnl(os.P_WAIT, sys.executable, "python", "-m", "old.x")',
    'os.posix_spawn(sys.executable, ["python", "-m", "old.x"], os.environ)',
    'asyncio.create_subprocess_exec(sys.executable, "-m", "old.x")',
    'asyncio.create_subprocess_shell("python -m old.x")',
    'session.run("python", "-m", "old.x")',
    'c.run("poetry run python -m old.x")',
    'command = ["python", "-m", "old.x"]',
]


@pytest.mark.parametrize("source", MODULE)
def test_a_command_that_imports(source: str) -> None:
    source = source.replace('"""])', '""")])')
    assert words(IMPORTS + source, "string", "path") == ["string old.x"]


PATHS = [
    ('os.execvp("python", ["python", "old/x.py"])', ["path old/x.py"]),
    ('subprocess.run(["pytest", "old/tests"])', ["path old/tests"]),
    ('subprocess.run(["cp", "-r", "old/a", "b"])', ["path old/a"]),
    ('subprocess.run(["python", "y"], cwd="old")', ["path old/y"]),
    ('subprocess.run([sys.executable, "-m", "y"], cwd="old")', None),
    ('os.system("cd old && python y")', ["path old", "path old/y"]),
    ('subprocess.run(["x"], env=dict(os.environ, PYTHONPATH="old"))', ["path old"]),
    ('subprocess.run(["python", f"old/{name}"])', ["path old/*"]),
    (
        "subprocess.run([sys.executable, "
        'os.path.join(os.path.dirname(__file__), "old", "x")])',
        ["path ./old/x"],
    ),
]


@pytest.mark.parametrize(("source", "expected"), PATHS)
def test_a_command_that_uses_paths(source: str, expected: list[str] | None) -> None:
    found = words(IMPORTS + source, "string", "path")
    assert found == (expected or ["string y", "path old"])


LINES = [
    ("!{sys.executable} -m old.x", "string old.x"),
    ('!"{sys.executable}" -m old.x', "string old.x"),
    ("x = !python -m old.x", "string old.x"),
    ("!!python old/x.py", "path old/x.py"),
    ("%sx uv run -m old.x", "string old.x"),
    ("!cat old/x.py | python", "path old/x.py"),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_a_line_of_a_notebook(line: str, expected: str) -> None:
    cell = {"cell_type": "code", "source": ["import sys\n", line]}
    found = facts(json.dumps({"cells": [cell]}), "notebook").imports[1:]
    assert [f"{item.kind} {item.module}" for item in found] == [expected]
    for item in found:
        assert item.line == 2
        assert line[item.column - 1 : item.end_column - 1] == item.module


PIECES = ("'python'", "'-m'", "'a.b'", "x", "*x", "'a/b.py'", "f'{x} -c'", "'c' + x")


@given(
    st.lists(st.sampled_from(PIECES), max_size=6),
    st.sampled_from(["subprocess.run([%s])", "os.execl(%s)", "x = [%s]", "run(%s)"]),
    st.sampled_from(["", ", cwd=x", ", env={x: x}", ", input=x"]),
)
@settings(max_examples=300, deadline=None)
def test_no_command_is_too_odd(pieces: list[str], call: str, more: str) -> None:
    called = (call % ", ".join(pieces)).removesuffix(")")
    ended = called + more + ")" if called.count("(") else called
    source = f"{IMPORTS}x = ['d.e']\n{ended}"
    for item in source_facts(source.encode(), "python").imports:
        assert item.module


FOREVER = [
    "x = x + ['a']\nsubprocess.run(x)",
    "x0 = 'a'\n"
    + "".join(f"x{n + 1} = {'+'.join([f'x{n}'] * 50)}\n" for n in range(9))
    + "os.system(x9)",
    "x0 = ['python', '-c']\n"
    + "".join(f"x{n + 1} = [{','.join([f'*x{n}'] * 50)}]\n" for n in range(9))
    + "subprocess.run(x9)",
    "a" + ".get('b')" * 500 + "()",
]


@pytest.mark.parametrize("source", FOREVER)
def test_what_commands_are_made_of_is_evaluated_once(source: str) -> None:
    """Each of these would take hours if every use of a name were followed anew."""
    assert facts(IMPORTS + source).error == ""
