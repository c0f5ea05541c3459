"""Nothing in a repository makes a command run for ever, fill the memory, or crash."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.hostile import sane
from tests.end_to_end.hostile import tool_call
from tests.end_to_end.hostile import treeguard
from tests.end_to_end.support import Workshop
from tests.support.git import Repo
from tests.support.git import make_repository

MEGABYTE = 1 << 20
MOST_MEMORY = 250
BIG = 300 * 10**6
MANY = 200_000

POLICY = """\
[policy]
version = 1
roots = ["."]

[rules.kept]
kind = "preserved"
paths = ["reports/"]
allow_empty = true

[rules.placed]
kind = "placed"
files = ["Dockerfile*"]
detect = ["dockerfile", "compose", "kubernetes", "helm", "terraform"]
under = ["deployment/"]
allow_empty = true

[rules.zone]
kind = "forbidden"
zone = ["/garbage/"]
references = true
indirect = true
allow_empty = true

[rules.owned]
kind = "isolated"
zone = ["/enterprise/"]
owns = ["datadog"]
references = true
allow_empty = true
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repository(tmp_path / "repo")
    repo.write("policy.toml", POLICY)
    repo.write("garbage/x.py", "import datadog\n")
    return repo


def big_blob(repo: Repo, size: int = BIG) -> str:
    """The id of a blob of zeros, written without holding it in memory."""
    words = ["git", "hash-object", "-w", "--stdin"]
    with subprocess.Popen(
        words,
        cwd=repo.path,
        env=repo.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as git:
        assert git.stdin is not None
        assert git.stdout is not None
        for _ in range(size // 10**6):
            git.stdin.write(bytes(10**6))
        git.stdin.close()
        return git.stdout.read().decode().strip()


def test_a_big_blob_does_not_fill_the_memory(workshop: Workshop, repo: Repo) -> None:
    repo.stage()
    repo.commit("Before")
    oid = big_blob(repo)
    add = ("update-index", "--add", "--cacheinfo")
    repo.run(*add, f"100644,{oid},reports/big.bin")
    ended = treeguard(workshop, repo, "check")
    assert (ended.code, ended.err) == (1, ""), ended  # it is none of what is detected
    repo.run(*add, f"100644,{oid},reports/big.tf.json")
    ended = treeguard(workshop, repo, "check")
    assert ended.code == 2
    assert "reports/big.tf.json is too large to be checked" in ended.err
    assert "first commit an `exclude` of it alone: in the rule" in ended.err
    spared = POLICY.replace("[rules.zone]", 'exclude = ["/reports/"]\n\n[rules.zone]')
    repo.write("policy.toml", spared)
    repo.run("commit", "-q", "-m", "Spare the reports", "--", "policy.toml")
    for words in (("check",), ("check", "--all"), ("hook", "pre-commit")):
        ended = treeguard(workshop, repo, *words, measured=True)
        assert (ended.code, ended.err) == (1, ""), ended
        assert "1 finding: 0 new, 1 existing" in ended.out or "--all" in words
        assert max(ended.peaks) < MOST_MEMORY, ended
    # What would have to be read to be judged is refused, never passed over.
    for path in ("big.py", "big.ipynb", "Dockerfile.go", "deploy.yaml", "run"):
        repo.run(*add, f"100644,{oid},{path}")
        ended = treeguard(workshop, repo, "check", measured=True)
        assert ended.code in (1, 2), ended
        assert sane(ended), ended
        assert ended.code == 1 or f"{path} is too large to be checked" in ended.err
        assert max(ended.peaks) < MOST_MEMORY, ended
        repo.run("rm", "-q", "--cached", path)


def test_a_report_too_large_to_be_read_is_kept_like_any_other(
    workshop: Workshop, repo: Repo
) -> None:
    """It need not be read: edits pass, losses are told, and it can be brought back."""
    big = big_blob(repo, 70 * 10**6)
    small, empty = (
        repo.run("hash-object", "-w", "--stdin", input=data).stdout.strip().decode()
        for data in (b"1\n", b"")
    )
    repo.stage()
    repo.commit("Before")
    for oid, code in ((small, 0), (big, 0), (small, 0), (big, 0), (empty, 1)):
        add = ("update-index", "--add", "--cacheinfo")
        repo.run(*add, f"100644,{oid},reports/big.csv")
        assert treeguard(workshop, repo, "check", "--rule", "kept").code == code
        repo.commit("Step", "--no-verify")
    ended = treeguard(workshop, repo, "audit")
    assert (ended.code, ended.err) == (1, "")
    assert "reports/big.csv is protected by `preserved` but was emptied" in ended.out
    repo.run("rm", "-q", "--cached", "reports/big.csv")
    assert treeguard(workshop, repo, "restore", "reports/big.csv").code == 0
    assert (repo.path / "reports/big.csv").stat().st_size == 70 * 10**6


def test_a_vast_folder_does_not_fill_the_memory(workshop: Workshop, repo: Repo) -> None:
    """A million entries took 75 s and 495 MB here: a fifth of that is tried."""
    repo.stage()
    blob = repo.run("hash-object", "-w", "--stdin", input=b"x = 1\n").stdout.strip()
    lines = (b"100644 blob %s\tf%07d.txt\n" % (blob, n) for n in range(MANY))
    tree = repo.run("mktree", input=b"".join(lines)).stdout.strip().decode()
    repo.run("read-tree", "--prefix=vast/", tree)
    repo.commit("Vast")
    for words in (("check", "--all"), ("check",), ("hook", "pre-commit")):
        ended = treeguard(workshop, repo, *words, measured=True, timeout=60)
        assert sane(ended), ended
        assert max(ended.peaks) < MOST_MEMORY, ended


def test_60_a_commit_that_moves_fifty_thousand_files(
    workshop: Workshop, repo: Repo
) -> None:
    """Most within the preserved folder, some out of it: each of these is told."""
    blob = repo.run("hash-object", "-w", "--stdin", input=b"1\n").stdout.strip()
    trees = {}
    for name, count in (("moved", 45_000), ("lost", 5_000)):
        lines = (b"100644 blob %s\tf%06d.txt\n" % (blob, n) for n in range(count))
        made = repo.run("mktree", input=b"".join(lines)).stdout
        trees[name] = made.strip().decode()
    repo.stage()
    repo.run("read-tree", "--prefix=reports/old/", trees["moved"])
    repo.run("read-tree", "--prefix=reports/lost/", trees["lost"])
    repo.commit("Reports")
    repo.run("rm", "-rq", "--cached", "reports")
    repo.run("read-tree", "--prefix=reports/new/", trees["moved"])
    repo.run("read-tree", "--prefix=archive/", trees["lost"])
    ended = treeguard(workshop, repo, "hook", "pre-commit", measured=True, timeout=60)
    assert sane(ended), ended.code
    assert ended.code == 1
    assert ended.out.count("[kept]") == 5_000
    assert max(ended.peaks) < MOST_MEMORY, ended.peaks


def _deep(text: str, count: int) -> bytes:
    return text.encode() * count


SOURCES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "parentheses": ("a.py", lambda: _deep("(", 10_000) + _deep(")", 10_000)),
    "open parentheses": ("a.py", lambda: b"import garbage\n" + _deep("(", 10_000)),
    "brackets": ("a.py", lambda: b"x = " + _deep("[", 10_000) + _deep("]", 10_000)),
    "minus signs": ("a.py", lambda: b"x = " + _deep("-", 10_000) + b"1\n"),
    "additions": ("a.py", lambda: b"x = 1" + _deep(" + 1", 100_000)),
    "attributes": ("a.py", lambda: b"import garbage\ngarbage" + _deep(".a", 20_000)),
    "subscripts": ("a.py", lambda: b"import garbage\nx = a" + _deep("[0]", 20_000)),
    "calls": ("a.py", lambda: b"import garbage\nx = a" + _deep("(1)", 20_000)),
    "both, newer": ("a.py", lambda: b"lazy import garbage\na" + _deep("[0]()", 9_000)),
    "many chains, newer": (
        "a.py",
        lambda: b"lazy import garbage\n" + (b"a" + _deep("[0]", 250) + b"\n") * 500,
    ),
    "parts of an import": ("a.py", lambda: b"import garbage" + _deep(".a", 100_000)),
    "parts of a from": (
        "a.py",
        lambda: b"from garbage" + _deep(".a", 100_000) + b" import x\n",
    ),
    "parts of a string": (
        "a.py",
        lambda: (
            b"import importlib\nimportlib.import_module('garbage"
            + _deep(".a", 100_000)
            + b"')\n"
        ),
    ),
    "parts of a command": ("a.sh", lambda: b"python -m garbage" + _deep(".a", 100_000)),
    "strings": ("a.py", lambda: b"x = 'garbage.x'" + _deep(" + 'y'", 20_000)),
    "lambdas": ("a.py", lambda: b"x = " + _deep("lambda: ", 5_000) + b"1"),
    "indents": (
        "a.py",
        lambda: b"".join(b" " * n + b"if 1:\n" for n in range(99)) + b" " * 99 + b"x",
    ),
    "elifs": (
        "a.py",
        lambda: b"if 0: pass\n" + _deep("elif 0: import garbage\n", 5_000),
    ),
    "one line": (
        "a.py",
        lambda: b"x = 1; " * (MEGABYTE // 7) + b"import garbage",
    ),
    "many imports": ("a.py", lambda: b"import x; " * 100_000),
    "many findings": ("a.py", lambda: b"import garbage; " * 50_000),
    "one string": ("a.py", lambda: b"import garbage; x = '" + b"y " * 2621440 + b"'"),
    "one comment": ("a.py", lambda: b"# garbage " * (5 * MEGABYTE // 10)),
    "one name": ("a.py", lambda: b"import garbage." + b"a" * (5 * MEGABYTE)),
    "one comment of imports": ("a.py", lambda: b"# from a import ( " * 200_000),
    "hidden brackets": ("a.py", lambda: b"from a import (#)\n" * 200_000),
    "one walk": ("a.py", lambda: b"import a\n" + b"a. " * 500_000),
    "dots": ("a.py", lambda: b"from " + b"." * 100_000 + b" import x\n"),
    "continuations": ("a.py", lambda: b"import \\\n" + b"\\\n" * 200_000 + b"garbage"),
    "f-strings": ("a.py", lambda: b"x = " + _deep("f'{", 500) + _deep("}'", 500)),
    "soft keywords": ("a.py", lambda: b"match " * 3_000 + b"x:\n case 1: pass\n"),
    "lazy": ("a.py", lambda: b"lazy import garbage\n" + _deep("lazy ", 20_000)),
    "nulls": ("a.py", lambda: bytes(5 * MEGABYTE)),
    "coding": ("a.py", lambda: b"# coding: utf-7\n+AGkAbQ- garbage\n" * 1000),
    "notebook": (
        "a.ipynb",
        lambda: json.dumps(
            {"cells": [{"cell_type": "code", "source": "import garbage\n"}] * 60_000}
        ).encode(),
    ),
    "half a surrogate": (
        "a.ipynb",
        lambda: (
            b'{"cells":[{"cell_type":"code","source":"import garbage\\n'
            + b"x = '\\ud83d'\\n" * 20_000
            + b'"}]}'
        ),
    ),
    "deep notebook": ("a.ipynb", lambda: b'{"cells": ' + _deep("[", 100_000)),
    "long notebook": (
        "a.ipynb",
        lambda: json.dumps({"cells": [{"x": "y" * (20 * MEGABYTE)}]}).encode(),
    ),
    "long number": ("a.ipynb", lambda: b'{"cells": ' + b"9" * 100_000 + b"}"),
    "YAML bomb": (
        "a.yaml",
        lambda: (
            b"a0: &a0 [garbage/x.py]\n"
            + b"".join(
                b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9))
                for n in range(1, 30)
            )
        ),
    ),
    "deep YAML": ("compose.yaml", lambda: b"a:\n" + _deep("- ", 20_000) + b"x"),
    "braces of YAML": ("a.yml", lambda: b"apiVersion: v1\nkind: " + _deep("{", 50_000)),
    "long YAML": ("a.yml", lambda: b"a: garbage/x.py " * (3 * MEGABYTE // 16)),
    "workflow": (
        ".github/workflows/a.yml",
        lambda: b"jobs:\n a:\n  steps:\n" + b"  - run: python garbage/x.py\n" * 10_000,
    ),
    "deep JSON": ("package.json", lambda: b'{"scripts": ' + _deep('{"a": ', 50_000)),
    "TOML": ("pyproject.toml", lambda: b"a = " + _deep("[", 20_000)),
    "long TOML": ("pyproject.toml", lambda: b"a" + _deep(".a", 50_000) + b" = 1"),
    "INI": ("setup.cfg", lambda: b"[a]\n" * 200_000),
    "shell": ("a.sh", lambda: _deep("$(", 20_000) + b"python garbage/x.py"),
    "quotes": ("a.sh", lambda: _deep("'\"", 200_000)),
    "brackets of shell": ("a.sh", lambda: _deep("(", 300_000)),
    "arithmetic": ("a.sh", lambda: _deep("$((", 200_000)),
    "here-documents of a line": ("a.sh", lambda: b"cat " + _deep("<<E ", 60_000)),
    "here-documents": ("a.sh", lambda: _deep("cat <<EOF\n", 50_000)),
    "backquotes": ("a.sh", lambda: _deep("`a ", 100_000)),
    "variables": ("a.sh", lambda: b"A=$A$A$A; " * 20_000 + b"rm $A"),
    "loops": ("a.sh", lambda: b"for a in 1 2 3; do " * 20_000),
    "Makefile": ("Makefile", lambda: b"a: b\n\tpython garbage/x.py \\\n" * 10_000),
    "colons of a Makefile": ("Makefile", lambda: _deep("a:", 200_000)),
    "commands of a mapping": (
        ".github/workflows/a.yml",
        lambda: b"run: python a.py\n" * 50_000,
    ),
    "Dockerfile": ("deployment/Dockerfile", lambda: b"RUN a && \\\n" * 200_000),
    "one line of Docker": ("deployment/Dockerfile", lambda: b"COPY " + b"a " * 10**6),
    "attributes of Git": (".gitattributes", lambda: b"*a*b*c*d*e* lfs\n" * 20_000),
}


@pytest.mark.parametrize("name", SOURCES)
def test_no_source_hangs_it(workshop: Workshop, repo: Repo, name: str) -> None:
    path, make = SOURCES[name]
    repo.write(path, make())
    repo.stage()
    ended = treeguard(workshop, repo, "check", "--all")
    assert sane(ended), (ended.code, ended.err[-2000:])


STARS = "*a" * 40 + "b"
PATTERNS = {
    "stars": [STARS],
    "questions": ["?" * 300],
    "folders": ["**/" * 60 + "x"],
    "both": ["/".join(["**", "*a*a*a*"] * 20)],
    "classes": ["[a-z]*" * 60],
    "open class": ["[" * 3000],
    "nested": ["[[:alpha:]]*" * 50 + "!"],
    "backslashes": ["\\\\" * 2000],
    "many": [f"*{n}*a*b*c*" for n in range(300)],
    "negated": ["!" + STARS, "*", "!**/a/**", *[f"!*{n}" for n in range(500)]],
    "long": ["a/" * 5000],
}


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_hangs_it(workshop: Workshop, repo: Repo, name: str) -> None:
    lines = json.dumps(PATTERNS[name])
    policy = f"""\
[policy]
version = 1
exclude = {lines}
[rules.one]
kind = "forbidden"
zone = {lines}
[rules.two]
kind = "placed"
files = {lines}
under = {lines}
[rules.three]
kind = "preserved"
paths = {lines}
"""
    repo.write("policy.toml", policy)
    for number in range(40):
        repo.write(f"{'a' * 60}/{'a' * number}/{'aab' * 30}c", "x\n")
        repo.write(f"{'a/' * number}x.py", f"import a{number}\n")
    repo.stage()
    ended = treeguard(workshop, repo, "check", "--all")
    assert sane(ended), (ended.code, ended.err[-2000:])


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 50_000,
        "a" + ".a" * 50_000 + " = 1",
        "[rules." + "a" * 10**6 + "]",
        "[[exceptions]]\n" * 50_000,
        "".join(
            f"[rules.r{n}]\nkind = 'preserved'\npaths = ['p{n}/']\n"
            for n in range(3000)
        ),
        "a = " + "9" * 100_000,
        "a = '''" + "x" * 5 * MEGABYTE + "'''",
        "\n".join(f"k{n} = {n}" for n in range(20_000)),
    ],
    ids=["lists", "dots", "name", "tables", "rules", "number", "string", "keys"],
)
def test_no_policy_hangs_it(workshop: Workshop, repo: Repo, text: str) -> None:
    repo.write("policy.toml", f"[policy]\nversion = 1\n{text}\n")
    repo.stage()
    ended = treeguard(workshop, repo, "check", "--all")
    assert sane(ended), (ended.code, ended.err[-2000:])


@pytest.mark.parametrize(
    "command",
    [
        "rm " + "*" * 5000,
        "rm " + "{a,b}" * 60,
        "rm " + "[a-" * 2000,
        "$(" * 5000,
        "bash -c '" * 500,
        "A=$A$A$A;" * 2000 + "rm $A",
        "a | " * 20_000 + "xargs rm",
        "for f in a b c; do " * 2000 + "rm $f",
        "cat <<EOF\n" * 5000,
        "rm " + "../" * 5000 + "x",
        "rm " + "a/" * 5000,
        "echo " + "x" * 5 * MEGABYTE,
    ],
    ids=lambda command: command[:12],
)
def test_no_command_hangs_an_agents_hook(
    workshop: Workshop, repo: Repo, command: str
) -> None:
    repo.stage()
    repo.commit("Policy")
    stdin = tool_call(repo, "Bash", command=command)
    ended = treeguard(workshop, repo, "agent-hook", stdin=stdin)
    assert sane(ended), (ended.code, ended.err[-2000:])


@pytest.mark.parametrize("on_disk", [True, False], ids=["on disk", "index alone"])
def test_no_depth_of_folders_crashes_it(
    workshop: Workshop, repo: Repo, on_disk: bool
) -> None:
    """A path may have 2048 parts on Linux: more than Python calls functions in one."""
    repo.stage()
    repo.commit("Before")
    blob = repo.run("hash-object", "-w", "--stdin", input=b"import garbage.x\n").stdout
    oid, deep = blob.decode().strip(), "a/" * 1900
    repo.run("update-index", "--add", "--cacheinfo", f"100644,{oid},{deep}x.py")
    if on_disk:
        repo.write("b/" * 900 + "y.py", "import garbage.x\n")
        repo.stage("b")
    for line in ("check", "check --all", "check --worktree", "imports"):
        ended = treeguard(workshop, repo, *line.split())
        assert sane(ended), (line, ended.err[-2000:])
    assert treeguard(workshop, repo, "check").code == 1
    repo.commit("Deep", "--no-verify")
    repo.run("rm", "-q", "--cached", "garbage/x.py")
    assert sane(treeguard(workshop, repo, "check"))
    stdin = tool_call(repo, "Bash", command="cp -r garbage " + "b/" * 900)
    assert sane(treeguard(workshop, repo, "agent-hook", stdin=stdin))
