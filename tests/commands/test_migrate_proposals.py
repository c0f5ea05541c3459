"""What a plan proposes: in the plan, as a patch for `git apply`, and with `--also`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.formats.plan_patch import render

POLICY = """\
[migration]
id = "tidy"
record = "patches/tidy.md"
frozen = ["HISTORY.md"]

[[migration.move]]
from = ["core/agents/"]
to = "garbage/agents/"

[[migration.move]]
from = ["docs/old.md"]
to = "docs/new/old.md"
"""
FILES = {
    "policy.toml": POLICY,
    "core/__init__.py": "",
    "core/agents/__init__.py": "",
    "core/agents/x.py": "def run():\n    pass\n",
    "core/run.py": (
        '"""See core.agents.x for more."""\n\n\n'
        "X = 'core.agents.x of old'  # as core/agents/x.py does\n"
    ),
    "docs/old.md": "# Old\r\n\r\nIt is docs/old.md, says core/agents/x.py.",
    "docs/index.md": "[old](old.md) is docs/old.md: core.agents.x.run()\n",
    "HISTORY.md": "We had docs/old.md.\n",
    "conf/app.conf": "# reads docs/old.md\nload docs/old.md\n",
    "data.json": '["docs/old.md"]\n',
    "notes \u00e9\t.txt": "docs/old.md",
}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A package and a page that move, and who mentions them."""
    repo = make_repository(tmp_path / "repo")
    for name, text in FILES.items():
        (repo.path / name).parent.mkdir(parents=True, exist_ok=True)
        (repo.path / name).write_bytes(text.encode())
    repo.stage()
    repo.commit("before")
    return repo


def contents(repo: Repo) -> dict[str, bytes]:
    """The files on disk that Git tracks."""
    names = repo.out("ls-files", "-z").split("\0")[:-1]
    return {name: (repo.path / name).read_bytes() for name in names}


LISTED = [
    ("conf/app.conf", 2, "docs/old.md", "configuration", "docs/new/old.md"),
    ("core/run.py", 4, "core.agents.x", "code", "garbage.agents.x"),
    ("docs/index.md", 1, "core.agents.x.run", "prose", "garbage.agents.x.run"),
    ("docs/index.md", 1, "docs/old.md", "prose", "docs/new/old.md"),
    ("docs/old.md", 3, "core/agents/x.py", "prose", "garbage/agents/x.py"),
    ("docs/old.md", 3, "docs/old.md", "prose", "docs/new/old.md"),
    ("notes \u00e9\t.txt", 1, "docs/old.md", "prose", "docs/new/old.md"),
    ("conf/app.conf", 1, "docs/old.md", "comments", "docs/new/old.md"),
    ("core/run.py", 1, "core.agents.x", "comments", "garbage.agents.x"),
    ("core/run.py", 4, "core/agents/x.py", "comments", "garbage/agents/x.py"),
    ("data.json", 1, "docs/old.md", "data", ""),
]


def test_each_place_has_its_kind_and_its_answer(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = call(repo, capsys, "migrate", "plan", "--output-format", "json")
    found = {
        (row["path"], row["line"], row["text"], row["kind"], row["new"])
        for row in json.loads(answer.out)["undecided"]
    }
    assert found == set(LISTED)


def test_the_riskiest_places_come_first(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    text = call(repo, capsys, "migrate", "plan").out
    shown = text.partition("left unchanged:\n")[2].partition("\n\n")[0].splitlines()
    assert [line for line in shown if line.startswith("  in ")] == [
        f"  in {kind}:"
        for kind in ("configuration", "code", "prose", "comments", "data")
    ]
    assert "  conf/app.conf:2: docs/old.md -> docs/new/old.md" in shown
    assert shown.index("  conf/app.conf:2: docs/old.md -> docs/new/old.md") == 1
    markdown = call(repo, capsys, "migrate", "plan", "--output-format", "markdown").out
    assert "- `conf/app.conf:2`: `docs/old.md` -> `docs/new/old.md`: " in markdown


def test_git_applies_the_patch_after_the_migration(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patch = tmp_path / "proposals.patch"
    call(repo, capsys, "migrate", "plan", "--proposals", str(patch))
    assert call(repo, capsys, "migrate", "apply").code == 0
    before = contents(repo)
    repo.run("apply", "--index", str(patch))
    assert repo.out("diff", "--name-only", "HEAD", "-z").split("\0")[:-1] == sorted(
        [
            *("conf/app.conf", "core/run.py", "docs/index.md", "docs/new/old.md"),
            "notes \u00e9\t.txt",
        ]
    )
    for name in ("HISTORY.md", "data.json"):
        assert (repo.path / name).read_bytes() == before[name]
    moved = (repo.path / "docs/new/old.md").read_bytes()
    assert moved == b"# Old\r\n\r\nIt is docs/new/old.md, says garbage/agents/x.py."
    repo.run("apply", "-R", "--index", str(patch))
    assert contents(repo) == before


def test_apply_also_takes_what_is_never_executed(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    old = repo.head()
    assert call(repo, capsys, "migrate", "apply", "--also", "prose,comments").code == 0
    source = (repo.path / "core/run.py").read_text()
    assert '"""See garbage.agents.x for more."""' in source
    assert "X = 'core.agents.x of old'  # as garbage/agents/x.py does" in source
    assert (repo.path / "conf/app.conf").read_text() == (
        "# reads docs/new/old.md\nload docs/old.md\n"
    )
    page = (repo.path / "docs/index.md").read_text()
    assert page == "[old](new/old.md) is docs/new/old.md: garbage.agents.x.run()\n"
    assert (repo.path / "HISTORY.md").read_text() == FILES["HISTORY.md"]
    record = (repo.path / "patches/tidy.md").read_text()
    left = record.partition("## Left for")[2].partition("##")[0]
    assert "conf/app.conf:2" in left
    assert "docs/index.md" not in left
    assert call(repo, capsys, "migrate", "verify").code == 0
    assert call(repo, capsys, "migrate", "undo").code == 0
    assert (repo.head(), repo.out("status", "--porcelain")) == (old, "")


def test_also_takes_one_kind_alone(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(repo, capsys, "migrate", "apply", "--also", "comments").code == 0
    assert "docs/old.md: core" in (repo.path / "docs/index.md").read_text()
    assert "See garbage.agents.x" in (repo.path / "core/run.py").read_text()


def test_also_takes_nothing_that_is_executed(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    head = repo.head()
    answer = call(repo, capsys, "migrate", "apply", "--also", "prose,code")
    assert (answer.code, repo.head()) == (2, head)
    assert "--also takes prose and comments, not 'code'" in answer.err


LINES = st.lists(
    st.sampled_from([b"a", b"b\r", b"", b"\xff", b"\\ No newline", b"-x", b"\x0c"]),
    max_size=8,
).map(b"\n".join)


@settings(max_examples=40, deadline=None)
@given(
    old=LINES, new=LINES, name=st.sampled_from(["a", "b c", 'q"t', "\u00e9\n", "d/e"])
)
def test_git_makes_the_new_file_from_any_patch(
    old: bytes, new: bytes, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("patch")
    repo = make_repository(folder / "r")
    place = repo.path / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(old)
    (folder / "p").write_bytes(render({name: (old, new)} if old != new else {}))
    if old != new:
        repo.run("apply", "--whitespace=nowarn", str(folder / "p"))
    assert (place.read_bytes() if place.exists() else b"") == new
