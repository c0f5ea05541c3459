from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.references import may_refer
from treeguard.languages.references import references

PATHS = (
    "Dockerfile",
    "compose.yml",
    ".github/workflows/a.yml",
    ".pre-commit-config.yaml",
    "Makefile",
    "a.sh",
    "a.ps1",
    "a.bat",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "noxfile.py",
    "package.json",
    "launch.json",
    "Procfile",
    "crontab",
    "Jenkinsfile",
    "requirements.txt",
    "MANIFEST.in",
    "run",
)
PIECES = (
    *"'\"`$(){}[]<>|&;#\\ \n\t:,=-/.*?!\0\ufeff\u2028é😀",
    *("python ", "-m a.b", "run: ", "\r\n", "<<E\n", "${", "$(", "{{", "}}", "case "),
    *(
        "esac",
        ";;",
        "\n- ",
        "\n  ",
        "&a ",
        "*a",
        "[a]\n",
        '"""',
        "COPY ",
        "cd ",
        "RUN ",
    ),
    *("services:", " in ", "for ", "x/y.py", "x = ", "#!/bin/sh\n", "%~dp0", "<<: "),
)
scripts = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@given(st.sampled_from(PATHS), st.one_of(st.binary(), scripts.map(str.encode)))
@settings(max_examples=400, deadline=None)
def test_no_bytes_are_too_odd(path: str, data: bytes) -> None:
    for use in references(path, data):
        assert use.kind in (STRING, PATH)
        assert use.module
        assert (use.line, use.column) < (use.end_line, use.end_column)


@given(
    st.sampled_from(
        (
            ("Dockerfile", "COPY {} /x\nRUN "),
            ("a.sh", "python {}\n"),
            ("Makefile", "all:\n\t@bash -e {} \\\n\t  || true\n"),
            ("a.yml", "# é😀\nsteps:\n- run: |\n    # é\n    python {}\n"),
            ("a.yml", "- {{run: 'é; python {}'}}"),
            ("a.yml", '- run: "\\"é\\"; python \\\n    {}"'),
            ("compose.yml", "services:\n  é: {{build: 'x', env_file: {}}}"),
            ("package.json", '{{"é": 1, "scripts": {{"a": "\\"é\\"; sh {}"}}}}'),
            ("pyproject.toml", '[tool.poe.tasks]\n"é" = """\\n\npython {}"""'),
            ("tox.ini", "[testenv]\ncommands =\n    é\n    python {} b"),
            ("Procfile", "a: é\r\nweb: python {}"),
        )
    ),
    st.from_regex(r"[a-zé]{1,8}(/[a-z😀]{1,8}){1,3}\.py", fullmatch=True),
)
def test_a_place_holds_the_reference(case: tuple[str, str], module: str) -> None:
    name, template = case
    text = template.format(module)
    lines = text.split("\n")
    found = [use for use in references(name, text.encode()) if use.kind == PATH]
    assert [use.module for use in found if use.module != "x"] == [module]
    for use in found:
        assert use.end_line == use.line
        assert lines[use.line - 1][use.column - 1 : use.end_column - 1] == use.module


def test_a_byte_order_mark_shifts_nothing() -> None:
    (use,) = references("a.sh", b"\xef\xbb\xbfpython x/y.py")
    assert (use.line, use.column, use.end_column) == (1, 8, 14)


def test_utf_16_is_read() -> None:
    (use,) = references("a.ps1", "python x\\é.py".encode("utf-16"))
    assert (use.module, use.column) == ("x/é.py", 8)


def test_what_is_written_twice_is_told_twice_and_once_each() -> None:
    found = references("a.sh", b"python x/y.py; python x/y.py")
    assert [use.column for use in found] == [8, 23]


@pytest.mark.parametrize("path", [*PATHS, "bin/run", "etc/cron.d/job.daily", "a.toml"])
def test_may_refer(path: str) -> None:
    assert may_refer(path)


@pytest.mark.parametrize(
    "path", ["a.py", "README.md", "a.ipynb", "a.png", "LICENSE", ".gitignore.txt"]
)
def test_may_not_refer(path: str) -> None:
    assert not may_refer(path)
    assert references(path, b"#!/bin/sh\npython x/y.py") == ()


LAUGHS = "a0: &a0 [run]\n" + "".join(
    f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)
)
HOSTILE = {
    "nested lists": ("a.yml", "[" * 100_000),
    "nested blocks": ("a.yml", "".join(" " * n + "a:\n" for n in range(900))),
    "billion laughs": ("a.yml", LAUGHS + "run: *a59\ncommand: *a59\n"),
    "nested mappings": ("a.json5.yml", "{a: " * 30_000),
    "nested JSON": ("package.json", '{"a":' * 100_000),
    "substitutions": ("a.sh", "$(" * 50_000),
    "quoted substitutions": ("a.sh", '"$(' * 50_000),
    "closed substitutions": ("a.sh", "$(" * 3000 + ")" * 3000),
    "back quotes": ("a.sh", "`a " * 50_000),
    "here-documents": ("a.sh", "".join(f"cat <<E{n}\n" for n in range(20_000))),
    "templates": ("a.sh", "{{" * 50_000),
    "variables": ("a.sh", "a=b\n" + 'a="$a$a"\n' * 200 + "python $a"),
    "loops": (
        "a.sh",
        "for a in b c d; do for a in $a$a$a; do x $a$a$a$a; done; done\n",
    ),
    "evals": ("a.sh", "eval 'eval $x';" * 2000),
    "one long word": ("a.sh", "\\a" * 100_000),
    "continued lines": ("Dockerfile", "RUN a \\\n" * 20_000),
    "documents": ("Dockerfile", "RUN a <<E\n" * 5000),
    "tables": ("pyproject.toml", "[" * 50_000 + "a=" * 50_000),
    "quotes": ("pyproject.toml", 'a="""' * 10_000 + "'" * 10_001),
    "equals": ("setup.py", "a " * 20_000 + "= " * 20_000),
    "blanks": ("setup.py", " " * 50_000 + "x = a:b"),
    "dots": ("a.sh", "python -m " + "a." * 50_000),
    "commands": ("Jenkinsfile", "sh '" * 20_000),
    "fields": ("crontab", "* " * 50_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_takes_long(name: str) -> None:
    path, text = HOSTILE[name]
    start = time.process_time()
    references(path, text.encode())
    assert time.process_time() - start < 10
