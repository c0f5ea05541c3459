"""Git's raw list of changes, and two steps told as one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.git import make_repository
from treeguard.errors import GitError
from treeguard.repository.changes import compose
from treeguard.repository.changes import parse_raw
from treeguard.repository.changes import tree_changes
from treeguard.repository.plumbing import Git
from treeguard.trees import GITLINK
from treeguard.trees import REGULAR
from treeguard.trees import SYMLINK
from treeguard.trees import Change
from treeguard.trees import Entry

A, B, NONE = "a" * 40, "b" * 40, "0" * 40


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param(
            f":000000 100644 {NONE} {A} A\0new\nname\0",
            [Change("new\nname", None, Entry(REGULAR, A))],
            id="added",
        ),
        pytest.param(
            f":100644 000000 {A} {NONE} D\0:000000 100644\0",
            [Change(":000000 100644", Entry(REGULAR, A), None)],
            id="deleted",
        ),
        pytest.param(
            f":100664 120000 {A} {B} T\0x\0:160000 160000 {A} {B} M\0y\0",
            [
                Change("x", Entry(REGULAR, A), Entry(SYMLINK, B)),
                Change("y", Entry(GITLINK, A), Entry(GITLINK, B)),
            ],
            id="type-and-submodule",
        ),
    ],
)
def test_raw_changes(raw: str, expected: list[Change]) -> None:
    assert parse_raw(raw.encode()) == expected


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param(f":100644 100644 {A} {B} M\0x", "is incomplete", id="cut-path"),
        pytest.param(f":100644 100644 {A} {B} M\0", "is incomplete", id="no-path"),
        pytest.param(
            f":100644 100644 {A} {B} R100\0x\0", "unexpected entry", id="rename"
        ),
        pytest.param(
            f":100644 100644 {A} {B} X\0x\0", "unexpected entry", id="unknown"
        ),
        pytest.param("warning: something\0x\0", "unexpected entry", id="no-header"),
        pytest.param(f":100644 100644 {A} {NONE} M\0x\0", "no id", id="unhashed"),
        pytest.param(f":000000 000000 {NONE} {NONE} U\0x\0", "conflict in x", id="u"),
    ],
)
def test_what_cannot_be_verified_is_an_error(raw: str, message: str) -> None:
    with pytest.raises(GitError, match=message):
        parse_raw(raw.encode())


ENTRIES = st.sampled_from([Entry(REGULAR, A), Entry(REGULAR, B), Entry(SYMLINK, B)])
FILES = st.dictionaries(st.sampled_from(["a", "b", "c", "d/e"]), ENTRIES)


def difference(old: dict[str, Entry], new: dict[str, Entry]) -> list[Change]:
    changes = [Change(p, old.get(p), new.get(p)) for p in sorted(old.keys() | new)]
    return [change for change in changes if change.old != change.new]


@given(FILES, FILES, FILES)
def test_two_steps_equal_one(
    first: dict[str, Entry], second: dict[str, Entry], third: dict[str, Entry]
) -> None:
    after = {change.path: change for change in difference(second, third)}
    assert compose(difference(first, second), after) == difference(first, third)


@pytest.mark.parametrize(
    "header",
    [
        b":1006\x0b44 100644 " + b"1" * 40 + b" " + b"2" * 40 + b" M",
        b":100644 100644 \xff" + b"1" * 39 + b" " + b"2" * 40 + b" M",
    ],
    ids=["mode", "id"],
)
def test_what_git_never_prints_is_a_fault_and_no_crash(header: bytes) -> None:
    with pytest.raises(GitError, match="unexpected entry"):
        parse_raw(header + b"\0a\0")


def test_a_folder_that_is_not_in_order_is_damaged(tmp_path: Path) -> None:
    """Nothing but a forged push has one; Git finds `a` in it, and not `b`."""
    repo = make_repository(tmp_path / "repo")
    for name in ("a", "b", "c"):
        repo.write(name, name)
    repo.stage()
    repo.commit()
    data = repo.run("cat-file", "tree", "HEAD^{tree}").stdout
    width = len(data) // 3
    entries = [data[at : at + width] for at in range(0, len(data), width)]
    forged = b"".join(reversed(entries))
    write = ("hash-object", "-w", "-t", "tree", "--literally", "--stdin")
    tree = repo.run(*write, input=forged).stdout.decode().strip()
    git = Git(str(repo.path), repo.env)
    with pytest.raises(GitError, match="is in a damaged folder"):
        tree_changes(git, repo.out("rev-parse", "HEAD^{tree}"), tree)
    git.close()
