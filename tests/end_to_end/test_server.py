"""A real server: pushes into a bare repository, one by one and many at once."""

from __future__ import annotations

import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.end_to_end.support import Workshop
from tests.support.git import Repo
from tests.support.patch13 import KEPT
from tests.support.patch13 import POLICY
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import Edit
from tests.support.patch13 import apply

A = "reports/gemma3/run_1.json"
# One of each kind; benchmarks/pushes.py makes a hundred.
PUSHES = 2 * len(VIOLATIONS)


class Hosted:
    """A server's repository, empty, and a clone that pushes to it."""

    def __init__(self, folder: Path, workshop: Workshop) -> None:
        self.repo = Repo(folder / "clone", workshop.env)
        shutil.copytree(workshop.template, self.repo.path, symlinks=True)
        self.bare = Repo(folder / "origin.git", workshop.env)
        self.repo.run("init", "-q", "--bare", "-b", "main", str(self.bare.path))
        workshop.treeguard(self.bare, "install", "--server")
        self.repo.run("remote", "add", "origin", str(self.bare.path))
        assert self.push("main") == ""

    def push(self, *words: str) -> str:
        """What the server says to a push that it refuses; empty when it accepts."""
        done = self.repo.run("push", "-q", "origin", *words, check=False)
        text = (done.stdout + done.stderr).decode("utf-8", "backslashreplace")
        return text if done.returncode else ""

    def commit(self, edit: Edit) -> None:
        apply(self.repo, edit)
        self.repo.commit()

    def branch(self, name: str, edit: Edit) -> None:
        self.repo.run("checkout", "-q", "-B", name, "main")
        self.commit(edit)


@pytest.fixture
def hosted(tmp_path: Path, workshop: Workshop) -> Hosted:
    return Hosted(tmp_path, workshop)


REPORT = Edit({"reports/alone.json": "{}\n"})


def test_the_default_branch_stays(hosted: Hosted) -> None:
    assert "cannot be deleted" in hosted.push(":main")


def test_a_branch_that_alone_has_a_report_stays(hosted: Hosted) -> None:
    hosted.branch("alone", REPORT)
    assert hosted.push("alone") == ""
    said = hosted.push(":alone")
    assert "only refs/heads/alone has reports/alone.json" in said
    assert hosted.push("alone:main") == ""
    assert hosted.push(":alone") == ""


def test_a_branch_that_has_lost_the_report_keeps_no_other(hosted: Hosted) -> None:
    """Else a branch made of `alone`, without the report, would let both go in turn."""
    hosted.branch("alone", REPORT)
    assert hosted.push("alone") == ""
    hosted.repo.run("checkout", "-q", "-b", "without")
    hosted.commit(Edit({}, ("reports/alone.json",)))
    hosted.push("without")
    assert "only refs/heads/alone has" in hosted.push(":alone")


def test_a_branch_that_moved_the_report_has_it(hosted: Hosted) -> None:
    hosted.branch("alone", REPORT)
    assert hosted.push("alone") == ""
    hosted.repo.run("checkout", "-q", "-b", "moved")
    hosted.commit(Edit({"reports/new.json": "{}\n"}, ("reports/alone.json",)))
    assert hosted.push("moved") == ""
    assert hosted.push(":alone") == ""
    assert "only refs/heads/moved has reports/new.json" in hosted.push(":moved")


def test_two_deletions_at_once_do_not_count_on_each_other(hosted: Hosted) -> None:
    hosted.branch("alone", REPORT)
    assert hosted.push("alone", "alone:other") == ""
    tip, hook = hosted.repo.head(), hosted.bare.path / "hooks/pre-receive"
    line = f"{tip} {'0' * len(tip)} refs/heads/{{}}\n".format
    # Judged, and not performed yet.
    subprocess.run(
        [hook],
        cwd=hosted.bare.path,
        env=hosted.bare.env,
        input=line("alone").encode(),
        check=True,
    )
    said = hosted.push(":other")
    assert "only refs/heads/other has reports/alone.json" in said
    assert "refs/heads/alone: another push is deleting this" in said
    assert hosted.push(":alone") == ""
    assert "another push" not in hosted.push(":other")


def test_a_deletion_that_was_refused_is_in_nobodys_way(hosted: Hosted) -> None:
    hosted.branch("alone", REPORT)
    assert hosted.push("alone", "alone:other") == ""
    assert "only refs/heads/alone has" in hosted.push(":alone", ":other")
    assert hosted.push(":alone") == ""


@pytest.mark.parametrize("edit", [KEPT["closed"], Edit({A: "{}\n"})], ids=str)
def test_any_other_branch_goes(hosted: Hosted, edit: Edit) -> None:
    hosted.branch("work", edit)
    assert hosted.push("work") == ""
    assert hosted.push(":work") == ""


def test_no_ref_hides_behind_another(hosted: Hosted) -> None:
    hosted.branch("clean", KEPT["closed"])
    hosted.branch("guilty", VIOLATIONS["preserved"])
    assert "refs/heads/guilty" in hosted.push("clean", "guilty")
    assert hosted.bare.out("for-each-ref", "--format=%(refname)") == "refs/heads/main"


def test_a_new_branch_from_an_old_base(hosted: Hosted) -> None:
    old = hosted.repo.head()
    hosted.commit(REPORT)
    assert hosted.push("main") == ""
    hosted.repo.run("checkout", "-q", "-b", "old", old)
    hosted.commit(KEPT["closed"])
    assert hosted.push("old") == ""
    hosted.commit(VIOLATIONS["preserved"])
    assert "reports-kept" in hosted.push("old:another")


def test_tags(hosted: Hosted) -> None:
    hosted.branch("deletes", VIOLATIONS["preserved"])
    hosted.repo.run("tag", "light")
    hosted.repo.run("tag", "-m", "x", "annotated")
    blob = hosted.repo.out("rev-parse", f"HEAD~1:{A}")
    hosted.repo.run("tag", "blob", blob)
    hosted.repo.run("tag", "tree", "HEAD^{tree}")
    assert hosted.push("light", "annotated", "blob", "tree") == ""
    assert hosted.push(":light", ":annotated", ":blob", ":tree") == ""


def test_a_tag_that_alone_has_a_report_stays(hosted: Hosted) -> None:
    hosted.branch("alone", REPORT)
    hosted.repo.run("tag", "-m", "x", "kept")
    assert hosted.push("kept") == ""
    assert "only refs/tags/kept" in hosted.push(":kept")
    assert "only refs/tags/kept" in hosted.push("-f", "main:refs/tags/kept")


def test_web_pages_are_no_part_of_the_project(hosted: Hosted) -> None:
    hosted.repo.run("checkout", "-q", "--orphan", "pages")
    hosted.repo.run("rm", "-rqf", ".")
    hosted.commit(Edit({"index.html": "x\n"}))
    assert hosted.push("pages") == ""
    hosted.commit(Edit({"index.html": "y\n"}))
    assert hosted.push("pages") == ""
    assert "would have no policy" in hosted.push("-f", "pages:main")


def test_a_law_that_cannot_be_used_is_mended_by_a_push(hosted: Hosted) -> None:
    hosted.branch("broken", Edit({"policy.toml": "[rules.x]\n"}))
    assert "refs/heads/main" in hosted.push("broken:main")
    (hosted.bare.path / "hooks/pre-receive").rename(hosted.bare.path / "off")
    assert hosted.push("broken:main") == ""
    (hosted.bare.path / "off").rename(hosted.bare.path / "hooks/pre-receive")
    hosted.commit(KEPT["closed"])
    assert "cannot be used" in hosted.push("broken:main")
    hosted.commit(Edit({"policy.toml": POLICY}))
    assert hosted.push("broken:main") == ""


class TestBypass:
    OPTION = ("-o", "treeguard-bypass=the data was wrong")

    @pytest.fixture
    def lenient(self, hosted: Hosted) -> Hosted:
        hosted.bare.run("config", "receive.advertisePushOptions", "true")
        text = POLICY.replace("version = 1", "version = 1\nbypass = true")
        hosted.commit(Edit({"policy.toml": text}))
        assert hosted.push("main") == ""
        return hosted

    def test_it_is_written_down(self, lenient: Hosted) -> None:
        lenient.commit(VIOLATIONS["preserved"])
        assert "reports-kept" in lenient.push("main")
        assert lenient.push(*self.OPTION, "main") == ""
        [line] = (lenient.bare.path / "treeguard/bypass.log").read_text().splitlines()
        kept = json.loads(line)
        assert kept["reason"] == "the data was wrong"
        assert kept["refs"][0]["ref"] == "refs/heads/main"
        assert kept["refs"][0]["new"] == lenient.repo.head()
        assert kept["refs"][0]["rules"] == ["reports-kept"]

    def test_it_needs_a_reason(self, lenient: Hosted) -> None:
        lenient.commit(VIOLATIONS["preserved"])
        assert "needs a reason" in lenient.push("-o", "treeguard-bypass", "main")

    def test_a_push_cannot_allow_its_own(self, hosted: Hosted) -> None:
        hosted.bare.run("config", "receive.advertisePushOptions", "true")
        text = POLICY.replace("version = 1", "version = 1\nbypass = true")
        hosted.commit(Edit({"policy.toml": text}, (A,)))
        assert "allows no bypass" in hosted.push(*self.OPTION, "main")

    def test_one_that_is_not_needed_leaves_no_line(self, lenient: Hosted) -> None:
        lenient.commit(KEPT["closed"])
        assert lenient.push(*self.OPTION, "main") == ""
        assert not (lenient.bare.path / "treeguard/bypass.log").exists()


def test_a_doctor_says_that_no_law_can_be_told(
    hosted: Hosted, workshop: Workshop
) -> None:
    assert hosted.push("main:one", "main:two") == ""
    hosted.bare.run("symbolic-ref", "HEAD", "refs/heads/nobody")
    hosted.bare.run("update-ref", "-d", "refs/heads/main")
    command = [workshop.python, "-I", "-m", "treeguard", "doctor"]
    done = subprocess.run(
        command, cwd=hosted.bare.path, env=hosted.bare.env, capture_output=True
    )
    assert done.returncode == 1
    assert b"HEAD names no existing branch" in done.stdout
    assert b"git symbolic-ref HEAD refs/heads/BRANCH" in done.stdout


@pytest.mark.parametrize("command", ["doctor", "install --server --quiet"])
def test_an_unborn_head_is_a_fault(
    command: str, hosted: Hosted, workshop: Workshop
) -> None:
    hosted.bare.run("symbolic-ref", "HEAD", "refs/heads/trunk")
    done = subprocess.run(
        [workshop.python, "-I", "-m", "treeguard", *command.split()],
        cwd=hosted.bare.path,
        env=hosted.bare.env,
        capture_output=True,
    )
    assert done.returncode == (command == "doctor")
    said = done.stdout + done.stderr
    assert b"HEAD names no existing branch (refs/heads/trunk)" in said
    assert b"git symbolic-ref HEAD refs/heads/main" in said


def test_an_empty_server_says_which_branch_must_come_first(
    hosted: Hosted, workshop: Workshop, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.git"
    hosted.repo.run("init", "-q", "--bare", "-b", "trunk", str(empty))
    bare = Repo(empty, hosted.repo.env)
    said = workshop.treeguard(bare, "install", "--server")
    assert "HEAD names refs/heads/trunk" in said
    assert "HEAD names refs/heads/trunk" in workshop.treeguard(bare, "doctor")


def test_many_pushes_at_once(hosted: Hosted) -> None:
    """Every second one is guilty; each gets its own verdict, and nothing is damaged."""
    kinds = [*VIOLATIONS, *KEPT]
    edits = {**{f"bad-{k}": VIOLATIONS[k] for k in VIOLATIONS}}
    edits.update({f"good-{k}": KEPT[k] for k in KEPT})
    for name, edit in edits.items():
        hosted.branch(name, edit)
    assert len(edits) == len(kinds)
    names = [list(edits)[number % len(edits)] for number in range(PUSHES)]
    with ThreadPoolExecutor(8) as threads:
        said = list(
            threads.map(
                lambda pair: hosted.push(f"{pair[1]}:refs/heads/{pair[1]}-{pair[0]}"),
                enumerate(names),
            )
        )
    wrong = [
        (name, text)
        for name, text in zip(names, said, strict=True)
        if (name.startswith("good-") is not (text == "")) or "treeguard: " in text
    ]
    assert wrong == []
    hosted.bare.run("fsck", "--full", "--strict")
    refs = hosted.bare.out("for-each-ref", "--format=%(refname:short)").split()
    assert sorted(refs) == sorted(
        ["main"] + [f"{n}-{i}" for i, n in enumerate(names) if n.startswith("good-")]
    )
    assert not list(hosted.bare.path.glob("objects/tmp_objdir*"))
