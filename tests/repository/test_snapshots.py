"""The index and trees as snapshots equal what Git makes of them, in every situation."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.git import Repo
from tests.support.git import clone_repository
from tests.support.git import make_repository
from tests.support.trees import files_of
from tests.support.trees import git_files
from treeguard.errors import GitError
from treeguard.errors import UsageError
from treeguard.repository.changes import parse_raw
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import empty_snapshot
from treeguard.repository.snapshots import index_snapshot
from treeguard.repository.snapshots import tree_snapshot
from treeguard.trees import GITLINK
from treeguard.trees import SYMLINK
from treeguard.trees import Change

ODD = b'reports/\xff\n\t"-.txt'


def fill(repo: Repo) -> Repo:
    for name in ("reports/a", "reports/deep/b", "src/one.py", "src/two.py", "top"):
        repo.write(name, f"content of {name}\n")
    repo.write(ODD, "odd")
    repo.write("-dash", "dash")
    repo.stage()
    repo.commit("base")
    return repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return fill(make_repository(tmp_path / "repo"))


def opened(repo: Repo, **env: str) -> Git:
    return Git(str(repo.path), {**repo.env, **env})


def written_tree(repo: Repo, folder: Path) -> str:
    """The tree that Git would commit, written in a copy; the repository stays as is."""
    copy = folder / "copy"
    shutil.copytree(repo.path, copy, symlinks=True)
    return Repo(copy, repo.env).out("write-tree")


def state(repo: Repo) -> dict[str, bytes]:
    """Every byte that Git keeps in the repository."""
    found = {}
    for folder, _, names in os.walk(repo.path / ".git"):
        for name in names:
            path = os.path.join(folder, name)
            found[path] = Path(path).read_bytes()
    return found


def raw_difference(repo: Repo, old: str, new: str) -> list[Change]:
    args = ("--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=none")
    return sorted(parse_raw(repo.run("diff-tree", "-r", *args, old, new).stdout))


def delete(repo: Repo) -> None:
    repo.run("rm", "-q", "reports/a")


def delete_all(repo: Repo) -> None:
    repo.run("rm", "-q", "-r", ".")


def move_out(repo: Repo) -> None:
    repo.run("mv", "reports/a", "archive-a")


def move_folder(repo: Repo) -> None:
    repo.run("mv", "reports", "garbage")


def copy_elsewhere(repo: Repo) -> None:
    repo.write("garbage/a", "content of reports/a\n")
    repo.stage()
    repo.run("rm", "-q", "reports/a")


def truncate(repo: Repo) -> None:
    repo.write("reports/a", b"")
    repo.stage()


def to_link(repo: Repo) -> None:
    repo.link("reports/a", "../top")
    repo.stage()


def to_submodule(repo: Repo) -> None:
    info = f"160000,{repo.head()},reports/a"
    repo.run("rm", "-q", "--cached", "reports/a")
    repo.run("update-index", "--add", "--cacheinfo", info)


def to_folder(repo: Repo) -> None:
    repo.remove("reports/a")
    repo.write("reports/a/b/c", "x")
    repo.stage()


def folder_to_file(repo: Repo) -> None:
    shutil.rmtree(repo.path / "reports")
    repo.write("reports", "x")
    repo.stage()


def folder_to_link(repo: Repo) -> None:
    shutil.rmtree(repo.path / "reports")
    repo.link("reports", "src")
    repo.stage()


def folder_to_submodule(repo: Repo) -> None:
    repo.run("rm", "-q", "-r", "--cached", "reports")
    repo.run("update-index", "--add", "--cacheinfo", f"160000,{repo.head()},reports")


def removed_and_intended(repo: Repo) -> None:
    repo.run("rm", "-q", "--cached", "reports/a")
    repo.run("add", "-N", "reports/a")


def intended(repo: Repo) -> None:
    repo.write("new/file", "x")
    repo.run("add", "-N", "new/file")


def other_case(repo: Repo) -> None:
    repo.run("mv", "reports", "Reports")


def mode_only(repo: Repo) -> None:
    repo.run("update-index", "--chmod=+x", "reports/a")


def partly_staged(repo: Repo) -> None:
    repo.write("src/one.py", "staged\n")
    repo.stage()
    repo.write("src/one.py", "not staged\n")
    repo.write("untracked", "x")
    repo.remove("top")


def assumed_unchanged(repo: Repo) -> None:
    repo.run("update-index", "--assume-unchanged", "src/one.py")
    repo.run("update-index", "--skip-worktree", "src/two.py")
    repo.run("rm", "-q", "--cached", "reports/a")


def odd_deleted(repo: Repo) -> None:
    repo.run("rm", "-q", "--", ODD)


def odd_added(repo: Repo) -> None:
    repo.write(b"new/\xfe\xff", "x")
    repo.write("new/e\u0301", "x")
    repo.write("new/\u00e9", "x")
    repo.stage()
    repo.run("rm", "-q", "reports/a")


def hidden_submodule(repo: Repo) -> None:
    text = '[submodule "s"]\n\tpath = s\n\turl = ./s\n\tignore = all\n'
    repo.write(".gitmodules", text)
    repo.stage()
    for number in ("1", "2"):
        info = f"160000,{number * 40},s"
        repo.run("update-index", "--add", "--cacheinfo", info)
        if number == "1":
            repo.commit("submodule")


def ambiguous_names(repo: Repo) -> None:
    repo.write("HEAD", "x")
    repo.stage()
    repo.run("branch", "reports")
    repo.run("update-ref", "refs/heads/HEAD", "HEAD")
    repo.run("update-ref", "refs/heads/refs/heads/main", "HEAD")
    repo.run("rm", "-q", "reports/a")


def replaced_head(repo: Repo) -> None:
    """`git replace` shows a HEAD without the report, which hides its deletion."""
    head = repo.head()
    repo.run("rm", "-q", "reports/a")
    tree = repo.out("write-tree")
    other = repo.out("commit-tree", "-m", "other", tree)
    repo.run("replace", head, other)


def sparse(repo: Repo) -> None:
    repo.run("sparse-checkout", "set", "--cone", "--sparse-index", "src")
    assert not (repo.path / "reports").exists()
    repo.run("rm", "-q", "--cached", "--sparse", "reports/a")


def split(repo: Repo) -> None:
    repo.run("update-index", "--split-index")
    repo.run("rm", "-q", "reports/a")
    assert list((repo.path / ".git").glob("sharedindex.*"))


def version_four(repo: Repo) -> None:
    repo.run("update-index", "--index-version", "4")
    repo.run("rm", "-q", "reports/a")


def no_index_file(repo: Repo) -> None:
    (repo.path / ".git/index").unlink()


def unborn_again(repo: Repo) -> None:
    repo.run("switch", "-q", "--orphan", "fresh")
    repo.write("first", "x")
    repo.stage()
    repo.run("branch", "-q", "fresh/not/unborn", "main", check=False)


def packed(repo: Repo) -> None:
    repo.run("gc", "-q", "--aggressive")
    repo.run("pack-refs", "--all")
    delete(repo)


def clean_merge(repo: Repo) -> None:
    repo.run("switch", "-q", "-c", "side")
    repo.run("rm", "-q", "reports/a")
    repo.commit("side")
    repo.run("switch", "-q", "main")
    repo.run("merge", "-q", "--no-ff", "--no-commit", "side")


def squashed(repo: Repo) -> None:
    repo.run("switch", "-q", "-c", "side")
    repo.run("rm", "-q", "reports/a")
    repo.commit("side")
    repo.run("switch", "-q", "main")
    repo.run("merge", "-q", "--squash", "side")


def resolved_to_deletion(repo: Repo) -> None:
    conflict(repo)
    repo.run("rm", "-q", "reports/a")


def nothing(repo: Repo) -> None:
    repo.commit("nothing staged")


VECTORS: list[Callable[[Repo], None]] = [
    nothing,
    delete,
    delete_all,
    move_out,
    move_folder,
    copy_elsewhere,
    truncate,
    to_link,
    to_submodule,
    to_folder,
    folder_to_file,
    folder_to_link,
    folder_to_submodule,
    removed_and_intended,
    intended,
    other_case,
    mode_only,
    partly_staged,
    assumed_unchanged,
    odd_deleted,
    odd_added,
    hidden_submodule,
    ambiguous_names,
    replaced_head,
    sparse,
    split,
    version_four,
    no_index_file,
    unborn_again,
    packed,
    clean_merge,
    squashed,
    resolved_to_deletion,
]


def conflict(repo: Repo) -> None:
    repo.run("switch", "-q", "-c", "side")
    repo.run("rm", "-q", "reports/a")
    repo.commit("side")
    repo.run("switch", "-q", "main")
    repo.write("reports/a", "edited\n")
    repo.commit("edit", "-a")
    repo.run("merge", "-q", "side", check=False)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.__name__)
def test_the_index_is_what_a_commit_would_make(
    repo: Repo, tmp_path: Path, vector: Callable[[Repo], None]
) -> None:
    old = repo.out("rev-parse", "HEAD^{tree}", env={"GIT_NO_REPLACE_OBJECTS": "1"})
    vector(repo)
    if vector is hidden_submodule:
        old = repo.out("rev-parse", "HEAD^{tree}")
    before = state(repo)
    git = opened(repo)
    snapshot = index_snapshot(git)
    found = files_of(snapshot)
    changes = snapshot.changes_since(old)
    assert state(repo) == before
    new = written_tree(repo, tmp_path)
    copy = Repo(tmp_path / "copy", repo.env)
    assert found == git_files(copy, new)
    assert changes == raw_difference(copy, old, new)
    assert snapshot.tree in (None, new)


@pytest.mark.parametrize("vector", VECTORS[:15], ids=lambda vector: vector.__name__)
def test_the_same_in_a_sha256_repository(
    tmp_path: Path, vector: Callable[[Repo], None]
) -> None:
    repo = fill(make_repository(tmp_path / "repo", "--object-format=sha256"))
    old = repo.out("rev-parse", "HEAD^{tree}")
    vector(repo)
    snapshot = index_snapshot(opened(repo))
    found, changes = files_of(snapshot), snapshot.changes_since(old)
    new = repo.out("write-tree")
    assert found == git_files(repo, new)
    assert changes == raw_difference(repo, old, new)


def test_a_conflict_in_the_index_is_refused(repo: Repo) -> None:
    conflict(repo)
    with pytest.raises(GitError, match="conflict in reports/a"):
        index_snapshot(opened(repo))


def test_a_first_commit_is_told_from_nothing(tmp_path: Path) -> None:
    for kind in ("sha1", "sha256"):
        repo = make_repository(tmp_path / kind, f"--object-format={kind}")
        repo.write("a/b", "x")
        repo.stage()
        git = opened(repo)
        empty = empty_snapshot(git)
        assert files_of(empty) == {}
        snapshot = index_snapshot(git)
        assert empty.tree is not None
        changes = snapshot.changes_since(empty.tree)
        assert changes is not None
        assert [(change.path, change.old) for change in changes] == [("a/b", None)]
        assert files_of(snapshot) == git_files(repo, repo.out("write-tree"))


def test_an_amend_is_told_from_the_parent(repo: Repo) -> None:
    parent = repo.out("rev-parse", "HEAD^{tree}")
    delete(repo)
    repo.commit("deletes")
    assert (
        index_snapshot(opened(repo)).changes_since(repo.out("rev-parse", "HEAD:")) == []
    )
    for base in ("HEAD", "HEAD^", "main~1"):
        changes = index_snapshot(opened(repo), base).changes_since(parent)
        assert changes is not None
        assert [change.path for change in changes] == ["reports/a"]


def test_a_tree_that_is_gone_has_no_answer(repo: Repo) -> None:
    delete(repo)
    git = opened(repo)
    for snapshot in (index_snapshot(git), tree_snapshot(git, "HEAD")):
        assert snapshot.changes_since("1" * 40) is None


def test_a_tree_half_gone_has_no_answer(repo: Repo) -> None:
    old = repo.out("rev-parse", "HEAD:")
    gone = repo.out("rev-parse", "HEAD:reports")
    repo.write("reports/new", "x")
    repo.stage()
    repo.commit()
    (repo.path / ".git/objects" / gone[:2] / gone[2:]).unlink()
    assert tree_snapshot(opened(repo), "HEAD").changes_since(old) is None


def test_an_own_tree_that_is_gone_is_an_error(repo: Repo) -> None:
    gone = repo.out("rev-parse", "HEAD:reports")
    (repo.path / ".git/objects" / gone[:2] / gone[2:]).unlink()
    snapshot = tree_snapshot(opened(repo), "HEAD")
    assert snapshot.children("src")
    with pytest.raises(GitError, match=gone):
        snapshot.entry("reports/a")
    with pytest.raises(GitError, match="ls-tree"):
        list(snapshot.files())


@pytest.mark.parametrize(
    "name",
    [
        "HEAD",
        "main",
        "refs/heads/main",
        "HEAD^{tree}",
        "light",
        "heavy",
        "nested",
        "of-tree",
        "reports",
        "HEAD~0",
        "@",
    ],
)
def test_names_of_trees(repo: Repo, name: str) -> None:
    repo.write("HEAD", "a file")
    repo.write("main", "a file")
    repo.stage()
    repo.commit()
    repo.run("branch", "reports")
    repo.run("tag", "light")
    repo.run("tag", "-m", "x", "heavy")
    repo.run("tag", "-m", "x", "nested", "heavy")
    repo.run("tag", "-m", "x", "of-tree", "HEAD^{tree}")
    snapshot = tree_snapshot(opened(repo), name)
    assert snapshot.name == name
    assert snapshot.tree == repo.out("rev-parse", "HEAD^{tree}")
    assert files_of(snapshot) == git_files(repo, "HEAD")


def test_a_folder_of_a_commit_is_a_tree_too(repo: Repo) -> None:
    snapshot = tree_snapshot(opened(repo), "HEAD:reports/deep")
    assert [path for path, _ in snapshot.files()] == ["b"]


@pytest.mark.parametrize(
    "name", ["nothing", "", "-x", "--all", "HEAD:top", "a\nb", "f" * 40, "HEAD..main"]
)
def test_a_name_of_no_tree_is_the_users_fault(repo: Repo, name: str) -> None:
    with pytest.raises(UsageError, match="is not a commit or tree") as caught:
        tree_snapshot(opened(repo), name)
    assert "git branch -a" in caught.value.hint


def test_a_name_missing_in_a_shallow_clone_has_the_remedy(
    repo: Repo, tmp_path: Path
) -> None:
    repo.commit("second")
    clone = clone_repository(repo, tmp_path / "clone", "--depth=1")
    with pytest.raises(UsageError) as caught:
        tree_snapshot(opened(clone), "HEAD^")
    assert "git fetch --unshallow" in caught.value.hint
    assert files_of(index_snapshot(opened(clone))) == git_files(repo, "HEAD")


def test_entries_and_children(repo: Repo) -> None:
    repo.link("link", "reports")
    repo.run("update-index", "--add", "--cacheinfo", f"160000,{repo.head()},sub")
    repo.stage("link")
    for snapshot in (
        index_snapshot(opened(repo)),
        tree_snapshot(opened(repo), repo.out("write-tree")),
    ):
        link, sub = snapshot.entry("link"), snapshot.entry("sub")
        assert link is not None
        assert link.mode == SYMLINK
        assert sub is not None
        assert sub.mode == GITLINK
        for path in ("link/a", "sub/x", "top/x", "none/x", "reports/none", "/", "top/"):
            assert snapshot.entry(path) is None
        for folder in ("link", "sub", "top", "none"):
            assert snapshot.children(folder) == {}
        assert snapshot.read(link.oid) == b"reports"
        with pytest.raises(GitError):
            snapshot.read(sub.oid)


def test_a_bare_repository_has_trees_and_no_index(repo: Repo, tmp_path: Path) -> None:
    bare = clone_repository(repo, tmp_path / "bare", "--bare")
    assert files_of(tree_snapshot(opened(bare), "main")) == git_files(repo, "HEAD")
    with pytest.raises(GitError, match="bare repository has no index"):
        index_snapshot(opened(bare))


def check_index(git: Git, repo: Repo, tmp_path: Path) -> None:
    repo.run("rm", "-q", "reports/a")
    found = files_of(index_snapshot(git))
    assert found == git_files(repo, repo.out("write-tree"))
    assert "reports/a" not in found


def test_from_a_folder_below_the_top(repo: Repo, tmp_path: Path) -> None:
    check_index(Git(str(repo.path / "src"), repo.env), repo, tmp_path)


def test_in_a_linked_worktree(repo: Repo, tmp_path: Path) -> None:
    repo.run("worktree", "add", "-q", "../linked")
    linked = Repo(tmp_path / "linked", repo.env)
    check_index(opened(linked), linked, tmp_path)


def test_with_git_dir_from_the_root_folder(repo: Repo, tmp_path: Path) -> None:
    env = {**repo.env, "GIT_DIR": str(repo.path / ".git")}
    check_index(Git("/", env), repo, tmp_path)


def test_in_a_submodule(repo: Repo, tmp_path: Path) -> None:
    outer = make_repository(tmp_path / "outer")
    allow = ("-c", "protocol.file.allow=always")
    outer.run(*allow, "submodule", "add", "-q", str(repo.path), "sub")
    inner = Repo(outer.path / "sub", outer.env)
    check_index(opened(inner), inner, tmp_path)


def test_a_relative_index_file_counts_from_the_top(repo: Repo) -> None:
    shutil.copy(repo.path / ".git/index", repo.path / ".git/other")
    env = {"GIT_INDEX_FILE": ".git/other"}
    repo.run("rm", "-q", "--cached", "reports/a", env=env)
    git = Git(str(repo.path / "src"), {**repo.env, **env})
    assert index_snapshot(git).entry("reports/a") is None
    assert index_snapshot(opened(repo)).entry("reports/a") is not None
