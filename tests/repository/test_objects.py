"""The long-lived reader of objects, on real and on damaged repositories."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.errors import GitError
from treeguard.errors import TooLargeError
from treeguard.repository.plumbing import Git
from treeguard.repository.tree_objects import MissingObjectError
from treeguard.repository.tree_objects import canonical
from treeguard.repository.tree_objects import parse_tree
from treeguard.repository.worktree import object_id
from treeguard.trees import EXECUTABLE
from treeguard.trees import GITLINK
from treeguard.trees import REGULAR
from treeguard.trees import TREE


@pytest.fixture(params=["sha1", "sha256"])
def repo(request: pytest.FixtureRequest, tmp_path: Path) -> Repo:
    return make_repository(tmp_path / "repo", f"--object-format={request.param}")


def store(repo: Repo, data: bytes) -> str:
    out = repo.run("hash-object", "-w", "--stdin", input=data).stdout
    return out.decode().strip()


def loose(repo: Repo, oid: str) -> Path:
    path = repo.path / ".git/objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    return path


CONTENTS = [
    pytest.param(b"", id="empty"),
    pytest.param(b"\n", id="line-break"),
    pytest.param(b"a\0b\n\n", id="nul"),
    pytest.param(b"0" * 40 + b" blob 3\n", id="looks-like-an-answer"),
    pytest.param(os.urandom(300_000), id="larger-than-a-pipe"),
]


@pytest.mark.parametrize("data", CONTENTS)
def test_a_blob_is_read_byte_for_byte(repo: Repo, data: bytes) -> None:
    oid = store(repo, data)
    objects = Git(str(repo.path), repo.env).objects
    assert objects.read(oid) == data
    assert objects.get(oid) == (oid, "blob", data)


def test_many_blobs_in_the_order_asked_for(repo: Repo) -> None:
    datas = [b"%d\n" % number * (number % 7) * 500 for number in range(200)]
    oids = [store(repo, data) for data in datas[:60]]
    objects = Git(str(repo.path), repo.env).objects
    wanted = [(oids[n * 7 % 60], datas[n * 7 % 60]) for n in range(6000)]
    assert list(objects.read_many(oid for oid, _ in wanted)) == wanted


def test_other_reads_may_come_in_between(repo: Repo) -> None:
    oids = [store(repo, b"%d" % number) for number in range(130)]
    objects = Git(str(repo.path), repo.env).objects
    inner = objects.read_many(reversed(oids))
    for number, (oid, data) in enumerate(objects.read_many(oids)):
        assert (oid, data) == (oids[number], b"%d" % number)
        assert objects.read(oids[-1]) == b"129"
        assert next(inner) == (oids[129 - number], b"%d" % (129 - number))


def test_a_reader_given_up_half_way_disturbs_nobody(repo: Repo) -> None:
    oids = [store(repo, b"%d" % number) for number in range(100)]
    objects = Git(str(repo.path), repo.env).objects
    next(objects.read_many(oids))
    assert objects.read(oids[5]) == b"5"


def test_a_closed_reader_opens_again_or_says_so(repo: Repo) -> None:
    oids = [store(repo, b"%d" % number) for number in range(100)]
    objects = Git(str(repo.path), repo.env).objects
    reading = objects.read_many(oids)
    next(reading)
    objects.close()
    with pytest.raises(GitError, match="was closed"):
        list(reading)
    assert objects.read(oids[0]) == b"0"


def test_too_large_is_refused_and_the_next_is_read(repo: Repo) -> None:
    large, small = store(repo, b"x" * 3_000_000), store(repo, b"small")
    objects = Git(str(repo.path), repo.env).objects
    objects.limit = 2_999_999
    with pytest.raises(TooLargeError, match=large) as caught:
        objects.read(large)
    assert caught.value.size == 3_000_000
    assert objects.read(small) == b"small"
    objects.limit = 3_000_000
    assert len(objects.read(large)) == 3_000_000


@pytest.mark.parametrize(
    "name", ["nothing", "", "a b c", "-x", "1" * 64, "a\nb", "x" * 9999]
)
def test_what_is_not_there(repo: Repo, name: str) -> None:
    objects = Git(str(repo.path), repo.env).objects
    with pytest.raises(MissingObjectError):
        objects.get(name)
    assert objects.read(store(repo, b"next")) == b"next"


def test_a_start_that_two_ids_share(repo: Repo) -> None:
    starts: dict[str, bytes] = {}
    algorithm = Git(str(repo.path), repo.env).where.object_format
    for number in range(2000):
        data = b"%d" % number
        start = object_id(algorithm, data)[:4]
        if start in starts:
            break
        starts[start] = data
    store(repo, data)
    store(repo, starts[start])
    with pytest.raises(MissingObjectError, match="several ids"):
        Git(str(repo.path), repo.env).objects.get(start)


@pytest.mark.parametrize("damage", ["garbage", "empty", "cut", "gone"])
def test_a_damaged_blob_is_named_with_the_next_command(repo: Repo, damage: str) -> None:
    oid, other = store(repo, os.urandom(20_000)), store(repo, b"other")
    path = loose(repo, oid)
    data = {"garbage": b"garbage", "empty": b"", "cut": path.read_bytes()[:1000]}
    path.unlink()
    if damage in data:
        path.write_bytes(data[damage])
    objects = Git(str(repo.path), repo.env).objects
    for read in (lambda: objects.read(oid), lambda: list(objects.read_many([oid]))):
        with pytest.raises(GitError) as caught:
            read()
        assert oid in caught.value.message
        assert "git fsck" in caught.value.hint
    assert objects.read(other) == b"other"


def test_many_damaged_blobs_never_block(repo: Repo) -> None:
    oids = [store(repo, b"%d" % number) for number in range(300)]
    for oid in oids:
        loose(repo, oid).write_bytes(b"garbage" * 9)
    objects = Git(str(repo.path), repo.env).objects
    for oid in oids:
        with pytest.raises(MissingObjectError):
            objects.read(oid)


def test_trees_are_kept_up_to_a_number_of_entries(repo: Repo) -> None:
    """A long history has more of them than the memory holds."""
    blob = store(repo, b"x")
    lines = (f"100644 blob {blob}\t{n}\n" for n in range(5))
    small = repo.run("mktree", input="".join(lines).encode()).stdout.decode().strip()
    others = [
        repo.run("mktree", input=f"100644 blob {blob}\t{n}\n".encode())
        .stdout.decode()
        .strip()
        for n in range(30)
    ]
    git = Git(str(repo.path), repo.env)
    git.objects.most_entries = 8
    first = git.objects.tree(small)
    assert git.objects.tree(small) is first
    for other in others:
        git.objects.tree(other)
    again = git.objects.tree(small)
    assert again is not first
    assert again == first
    git.close()


def test_a_tree_is_no_file_and_a_file_no_tree(repo: Repo) -> None:
    repo.write("a/b", "x")
    repo.stage()
    tree = repo.out("write-tree")
    objects = Git(str(repo.path), repo.env).objects
    with pytest.raises(MissingObjectError, match="tree where a file must be"):
        objects.read(tree)
    with pytest.raises(MissingObjectError, match="blob where a folder must be"):
        objects.tree(store(repo, b"x"))


OID = "12" * 20
RAW = b"\x34" * 20


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (b"100644", REGULAR),
        (b"100664", REGULAR),
        (b"100755", EXECUTABLE),
        (b"100775", EXECUTABLE),
        (b"40000", TREE),
        (b"040000", TREE),
        (b"160000", GITLINK),
    ],
)
def test_modes_are_read_as_git_reads_them(mode: bytes, expected: int) -> None:
    entries = parse_tree(OID, mode + b" name\0" + RAW)
    assert entries == {"name": (expected, "34" * 20)}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"100644 name\0" + RAW[1:], id="short-id"),
        pytest.param(b"100644 name", id="no-nul"),
        pytest.param(b"100644", id="no-space"),
        pytest.param(b"garbage name\0" + RAW, id="no-mode"),
        pytest.param(b"100644 \0" + RAW, id="no-name"),
        pytest.param(b"100644 a/b\0" + RAW, id="slash"),
        pytest.param((b"100644 a\0" + RAW) * 2, id="twice"),
    ],
)
def test_a_damaged_tree_is_refused(data: bytes) -> None:
    with pytest.raises(MissingObjectError, match=OID):
        parse_tree(OID, data)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_tree_or_refused(data: bytes) -> None:
    try:
        entries = parse_tree(OID, data)
    except MissingObjectError:
        return
    size = sum(len(os.fsencode(name)) + 22 for name in entries)
    assert size <= len(data)


NAMES = st.binary(min_size=1, max_size=9).filter(lambda n: not {0, 47} & set(n))


@given(st.dictionaries(NAMES, st.binary(min_size=32, max_size=32), max_size=9))
def test_what_is_written_is_read(entries: dict[bytes, bytes]) -> None:
    data = b"".join(b"100644 %b\0%b" % pair for pair in entries.items())
    expected = {
        os.fsdecode(name): (REGULAR, oid.hex()) for name, oid in entries.items()
    }
    assert parse_tree("0" * 64, data) == expected


def test_canonical_modes_stay() -> None:
    for mode in (REGULAR, EXECUTABLE, TREE, GITLINK):
        assert canonical(mode) == mode
