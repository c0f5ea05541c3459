"""`treeguard init`: what it writes loads, and the repository keeps it."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.git import make_repository
from tests.support.judging import knowledge
from tests.support.patch13 import FILES
from treeguard.admin.init.scan import Survey
from treeguard.admin.init.scan import rows_of
from treeguard.admin.init.suggest import pattern
from treeguard.admin.init.suggest import proposals
from treeguard.admin.init.suggest import slug
from treeguard.admin.init.write import Draft
from treeguard.admin.init.write import draft
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.rules.registry import load

DOCKER = b"FROM python:3.12\nRUN true\n"


def drafted(files: dict[str, str | bytes]) -> Draft:
    known = knowledge(
        {p: t.encode() if isinstance(t, str) else t for p, t in files.items()}
    )
    return draft(proposals(Survey(known)), known, "policy.toml")


def in_force(files: dict[str, str | bytes]) -> list[str]:
    return [rule.proposal.id for rule in drafted(files).rules if rule.in_force]


def as_comments(files: dict[str, str | bytes]) -> dict[str, int]:
    rules = drafted(files).rules
    return {r.proposal.id: r.findings for r in rules if not r.in_force}


SEEN: dict[str, tuple[dict[str, str | bytes], list[str]]] = {
    "an archive": ({"old/a.py": "", "b.py": ""}, ["no-old-imports"]),
    "an archive further down": ({"p/attic/a.py": ""}, ["no-p-attic-imports"]),
    "an archive in another": ({"old/old/a.py": ""}, ["no-old-imports"]),
    "no code in it": ({"old/a.txt": ""}, []),
    "a service": (
        {"p/__init__.py": "", "p/x/a.py": "import boto3.s3", "p/b.py": "", "c.py": ""},
        ["p-x-isolated"],
    ),
    "a dotted service": (
        {"x/a.py": "from google.cloud import storage", "b.py": "", "c.py": ""},
        ["x-isolated"],
    ),
    "two services": (
        {"x/a.py": "import redis", "x/b.py": "import stripe", "c.py": "", "d.py": ""},
        ["x-isolated"],
    ),
    "a service named in a string": (
        {"x/a.py": "'''\nimport boto3\n'''", "b.py": "", "c.py": ""},
        [],
    ),
    "our own module of that name": (
        {"redis.py": "", "x/a.py": "import redis", "b.py": "", "c.py": ""},
        [],
    ),
    "a service everywhere": ({"x/a.py": "import redis", "b.py": "import redis"}, []),
    "a service in most of the code": ({"x/a.py": "import redis"}, []),
    "assets": ({"ops/Dockerfile": DOCKER}, ["ops-assets"]),
    "assets at the root": ({"Dockerfile": DOCKER, "ops/Dockerfile": DOCKER}, []),
    "records": ({"reports/a.csv": "1"}, ["data-kept"]),
    "a package of that name": ({"data/__init__.py": "", "data/a.py": ""}, []),
    "records in an archive": ({"old/data/a.csv": ""}, []),
    "readmes": (
        {"README.md": "", "docs/readme.rst": "", "a/b/README": ""},
        ["readmes"],
    ),
    "nothing": ({"a.py": ""}, []),
}


@pytest.mark.parametrize("name", SEEN)
def test_what_is_seen(name: str) -> None:
    files, expected = SEEN[name]
    assert in_force(files) == expected


ENTERED = {
    "x/a.py": "import redis",
    **{f"{name}.py": "import x.a" for name in "bcd"},
    "e.py": "",
}


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({**ENTERED}, 'entrances = ["/b.py", "/c.py", "/d.py"]'),
        (
            {**ENTERED, **{f"p/{n}.py": "import x.a" for n in range(9)}},
            'entrances = ["*"]',
        ),
        (
            {"x/a.py": "import redis", **{f"p/{n}.py": "import x.a" for n in range(9)}},
            'entrances = ["/p/"]',
        ),
        ({"old/a.py": "", "run.sh": "python old/a.py"}, 'zone = ["/old/"]\nreason'),
        ({"old/a.py": "", "run.sh": "python a.py"}, "references = true"),
        ({'a"b[c]/Dockerfile': DOCKER}, r'under = ["/a\"b\\[c\\]/"]'),
    ],
    ids=["doors", "no doors", "folders", "only references", "neither", "odd name"],
)
def test_the_strictest_that_is_kept_is_written(
    files: dict[str, str | bytes], line: str
) -> None:
    assert line in drafted(files).text


def test_what_is_broken_is_a_comment_with_its_count() -> None:
    files: dict[str, str | bytes] = {
        "old/a.py": "",
        "b.py": "import old.a",
        "c.py": "from old import a",
    }
    assert as_comments(files) == {"no-old-imports": 2}
    text = drafted(files).text
    assert "# Not in force: 2 findings today.\n# [rules.no-old-imports]\n" in text


def test_layers_are_for_somebody_to_decide() -> None:
    files: dict[str, str | bytes] = {
        "p/__init__.py": "",
        "p/up/a.py": "from p.mid import b",
        "p/mid/b.py": "import p.low.c",
        "p/low/c.py": "",
        "p/side/d.py": "import p.low.c",
    }
    assert as_comments(files) == {"p-layers": 0}
    rows = '#     "/p/up/",\n#     ["/p/mid/", "/p/side/"],\n#     "/p/low/",\n'
    assert rows in drafted(files).text
    files["p/low/c.py"] = "import p.up.a"
    assert as_comments(files) == {}


@pytest.mark.parametrize(
    ("uses", "rows"),
    [
        ({"a": set()}, [["a"]]),
        ({"a": {"b"}, "b": set()}, [["a"], ["b"]]),
        ({"a": {"b"}, "b": {"a"}}, None),
        (None, None),
    ],
)
def test_rows(uses: dict[str, set[str]] | None, rows: list[list[str]] | None) -> None:
    assert rows_of(uses) == rows


def test_sources_that_nobody_can_read_are_left_out() -> None:
    written = drafted({"old/a.py": "", "b [1].py": "def"})
    assert written.unreadable == ("b [1].py",)
    assert 'exclude = [\n    "/b \\\\[1\\\\].py",\n]' in written.text


def test_they_are_left_in_where_nothing_reads_them() -> None:
    written = drafted({"README.md": "", "b.py": "def"})
    assert written.unreadable == ()
    assert "exclude" not in written.text


@pytest.mark.parametrize(
    "files",
    [*(files for files, _ in SEEN.values()), dict(FILES)],
    ids=[*SEEN, "patch 13"],
)
def test_the_repository_keeps_what_is_written(files: dict[str, str | bytes]) -> None:
    text = drafted({**files, "policy.toml": b""}).text.encode()
    policy = load(text, "policy.toml", "index")
    contents = {p: t.encode() if isinstance(t, str) else t for p, t in files.items()}
    known = knowledge({**contents, "policy.toml": text})
    report = check(
        CheckRequest(policy, (), known, whole=True, today=datetime.date(2026, 11, 22))
    )
    assert policy.rules
    assert report.findings == ()


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a", '"/a/"'), ("a*[b]?", r'"/a\\*\\[b\\]\\?/"'), ('"\\', r'"/\"\\\\/"')],
)
def test_patterns(path: str, expected: str) -> None:
    assert pattern(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"), [("A/b_c", "a-b-c"), ("é", "folder"), ("a é/", "a")]
)
def test_slugs(path: str, expected: str) -> None:
    assert slug(path) == expected


def test_two_folders_may_have_one_slug() -> None:
    assert in_force({"a-b/old/x.py": "", "a_b/old/x.py": ""}) == [
        "no-a-b-old-imports",
        "no-a-b-old-imports-2",
    ]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repository(tmp_path / "repo")
    repo.write("old/a.py", "x = 1\n")
    repo.write("sub/b.py", "import os\n")
    repo.stage()
    return repo


def test_it_is_written_at_the_top_and_kept(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = call(repo, capsys, "init", folder="sub")
    assert (answer.code, answer.out) == (0, "")
    assert "old/ looks like an archive of 1 Python file -> no-old-imports" in answer.err
    assert "wrote policy.toml with 1 rule in force\n" in answer.err
    repo.stage("policy.toml")
    assert call(repo, capsys, "check", "--all").code == 0
    repo.write("sub/b.py", "import old.a\n")
    repo.stage("sub/b.py")
    assert call(repo, capsys, "check", "--all").code == 1


def test_a_policy_is_never_overwritten(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write("policy.toml", "mine")
    answer = call(repo, capsys, "init")
    assert answer.code == 2
    assert "policy.toml already exists and is not overwritten" in answer.err
    assert "--output FILE" in answer.err
    assert (repo.path / "policy.toml").read_text() == "mine"


def test_another_file_may_be_named(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write("policy.toml", "mine")
    assert call(repo, capsys, "init", "--output", "new.toml").code == 0
    text = (repo.path / "new.toml").read_bytes()
    assert load(text, "new.toml", "new.toml").rules[0].id == "no-old-imports"
    assert call(repo, capsys, "init", "--output", "new.toml").code == 2
    assert call(repo, capsys, "init", "--output", "no/such/folder.toml").code == 2


def test_it_may_be_printed(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    answer = call(repo, capsys, "--quiet", "init", "--output", "-")
    assert (answer.code, answer.err) == (0, "")
    assert load(answer.out.encode(), "p", "p").rules[0].id == "no-old-imports"
    assert not (repo.path / "policy.toml").exists()


def test_an_empty_repository_gets_a_policy_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = make_repository(tmp_path / "empty")
    answer = call(repo, capsys, "init")
    assert answer.code == 0
    assert "found nothing that suggests a rule" in answer.err
    repo.stage("policy.toml")
    assert call(repo, capsys, "check", "--all").code == 0
