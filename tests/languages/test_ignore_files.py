"""Attributes as Git itself reads them: a table, and Git's own word on the same."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.git import Repo
from tests.support.git import make_repository
from tests.support.memory import MemorySnapshot
from tests.support.memory import Symlink
from treeguard.languages.ignore_files import ATTRIBUTES
from treeguard.languages.ignore_files import read
from treeguard.rules.preserved import lfs_filtered

PATH = "reports/a/data 1.bin"

GIVEN = {
    "everything": "* filter=lfs",
    "a suffix": "*.bin filter=lfs diff=lfs merge=lfs -text",
    "by folder": "reports/** filter=lfs",
    "deep": "reports/**/*.bin filter=lfs",
    "any depth": "**/a/*.bin filter=lfs",
    "anchored": "/reports/*/*.bin filter=lfs",
    "quoted": '"reports/a/data 1.bin" filter=lfs',
    "quoted with escapes": '"\\162eports/a/data\\0401.bin" filter=lfs',
    "space as a question mark": "data?1.bin filter=lfs",
    "a set": "data[[:space:]][0-9].[!c]in filter=lfs",
    "the later line": "*.bin -filter\n*.bin filter=lfs\n",
    "the later word": "*.bin -filter filter=lfs",
    "crlf": "*.bin filter=lfs\r\n",
    "indented": "  \t*.bin filter=lfs\n",
    "other lines between": "*.bin filter=lfs\n\n# x\n*.bin text\n",
}
NOT_GIVEN = {
    "nothing": "",
    "another filter": "*.bin filter=crypt",
    "no filter": "*.bin diff=lfs merge=lfs",
    "set without a value": "*.bin filter",
    "unset": "* filter=lfs\n*.bin -filter",
    "unspecified": "* filter=lfs\n*.bin !filter",
    "a folder is no file": "reports filter=lfs",
    "a folder with a slash": "reports/ filter=lfs",
    "too shallow": "reports/* filter=lfs",
    "anchored elsewhere": "/a/*.bin filter=lfs",
    "the case": "*.BIN filter=lfs",
    "a comment": "# *.bin filter=lfs",
    "negative": "!*.txt filter=lfs",
    "a macro": "[attr]lfs filter=lfs\n*.bin lfs",
    "an open set": "data[ filter=lfs",
}


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return make_repository(tmp_path_factory.mktemp("attributes") / "repo")


def git_says(repo: Repo, path: str) -> bool:
    line = repo.out("check-attr", "-z", "filter", "--", path)
    return line.split("\0")[2] == "lfs"


@pytest.mark.parametrize("text", GIVEN.values(), ids=GIVEN)
def test_lfs(text: str, repo: Repo) -> None:
    assert lfs_filtered(MemorySnapshot({".gitattributes": text}), PATH)
    repo.write(".gitattributes", text)
    assert git_says(repo, PATH)


@pytest.mark.parametrize("text", NOT_GIVEN.values(), ids=NOT_GIVEN)
def test_not_lfs(text: str, repo: Repo) -> None:
    assert not lfs_filtered(MemorySnapshot({".gitattributes": text}), PATH)
    repo.write(".gitattributes", text)
    # The one difference: Git does expand macros, which we leave alone.
    assert git_says(repo, PATH) == ("[attr]" in text)


def test_the_nearest_file_that_speaks_decides(repo: Repo) -> None:
    files = {
        ".gitattributes": "*.bin filter=lfs\n",
        "reports/.gitattributes": "a/*.bin -filter\n",
        "reports/a/.gitattributes": "*.txt filter=lfs\n",
    }
    for path, text in files.items():
        repo.write(path, text)
    assert not lfs_filtered(MemorySnapshot(files), PATH)
    assert not git_says(repo, PATH)
    assert lfs_filtered(MemorySnapshot(files), "reports/b/x.bin")
    assert git_says(repo, "reports/b/x.bin")


def test_a_link_for_attributes_is_not_followed() -> None:
    files = {".gitattributes": Symlink("x"), "x": "* filter=lfs"}
    assert not lfs_filtered(MemorySnapshot(files), "a")


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("*a" * 60 + "b", "a" * 2000), ("**/a/" * 30 + "b", "a/" * 300 + "c")],
)
def test_no_pattern_can_stall_it(pattern: str, path: str) -> None:
    [rule] = read(f"{pattern} filter=lfs\n", "", ATTRIBUTES)
    assert not rule.matches(path)


# A slash in a set is left out: no sentence of the manual tells what it means.
patterns = st.one_of(
    st.text("ab*?/\\", min_size=1, max_size=8),
    st.text("ab*?[]!-^\\", min_size=1, max_size=8),
)
paths = st.lists(st.text("ab-]", min_size=1, max_size=3), min_size=1, max_size=3)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(pattern=patterns, path=paths.map("/".join))
def test_any_pattern_means_what_git_says(repo: Repo, pattern: str, path: str) -> None:
    repo.write(".gitattributes", f"{pattern} filter=lfs\n")
    repo.write("reports/.gitattributes", "")
    snapshot = MemorySnapshot({".gitattributes": f"{pattern} filter=lfs\n"})
    assert lfs_filtered(snapshot, path) == git_says(repo, path)
