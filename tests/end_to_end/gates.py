"""Every gate that a change meets on its way, real ones, and what each says to it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.end_to_end.changes import ODD
from tests.end_to_end.changes import write
from tests.end_to_end.support import CONFIG
from tests.end_to_end.support import RUNNERS
from tests.end_to_end.support import Workshop
from tests.support.git import Repo
from tests.support.git import make_repository
from tests.support.patch13 import POLICY

IDS = (*re.findall(r"\[rules\.(.+)\]", POLICY), "exceptions", "unreadable-source")
COMMIT = ("commit", "-qm", "change")
PUSH = ("push", "-q", "-f", "origin")


class Answer(NamedTuple):
    """What a gate says: is the change let through, and which rules are named."""

    accepted: bool
    rules: frozenset[str]


ACCEPTED = Answer(True, frozenset())
LOST = Answer(False, frozenset({"reports-kept"}))


class Place(NamedTuple):
    """A clone whose `origin` is bare; `caller` is where and how commands are given."""

    repo: Repo
    origin: Repo
    caller: Repo
    workshop: Workshop

    def git(self, *words: str) -> Answer:
        return answer(self.caller.run(*words, check=False))

    def treeguard(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """How `treeguard WORDS` ended."""
        command = [self.workshop.python, "-I", "-m", "treeguard", *words]
        return subprocess.run(
            command,
            cwd=self.caller.path,
            env=self.caller.env,
            capture_output=True,
            check=False,
        )


def answer(done: subprocess.CompletedProcess[bytes]) -> Answer:
    text = (done.stdout + done.stderr).decode("utf-8", "backslashreplace")
    assert "bug in treeguard" not in text, text
    named = (name for name in IDS if re.search(rf": {name} ", text))
    return Answer(done.returncode == 0, frozenset(named))


Setup = Callable[[Path, Workshop], None]


def plain(folder: Path, workshop: Workshop) -> None:
    """`origin.git`, and `clone` beside it, with a report added last."""
    repo = Repo(folder / "clone", workshop.env)
    shutil.copytree(workshop.template, repo.path, symlinks=True)
    write(ODD, "odd\n")(repo)
    repo.commit("odd")
    write("reports/last.json", "last\n")(repo)
    repo.commit("last")
    publish(repo)


def publish(repo: Repo) -> None:
    """Make `origin.git` beside a clone, as it is now."""
    repo.run("clone", "-q", "--bare", "--template=", ".", "../origin.git")
    bare = Repo(repo.path.parent / "origin.git", repo.env)
    # Git's own answer to the deletion of HEAD's branch would hide that of a hook.
    bare.run("config", "receive.denyDeleteCurrent", "ignore")
    repo.run("remote", "add", "origin", "../origin.git")
    repo.run("fetch", "-q", "origin")


def with_sha256(folder: Path, workshop: Workshop) -> None:
    """The same files in a repository whose ids are those of SHA-256."""
    make_repository(folder / "clone", "--object-format=sha256")
    repo = Repo(folder / "clone", workshop.env)
    ignored = shutil.ignore_patterns(".git")
    shutil.copytree(
        workshop.template, repo.path, symlinks=True, ignore=ignored, dirs_exist_ok=True
    )
    repo.stage()
    repo.commit("all")
    publish(repo)


def with_policy(old: str, new: str, *files: str) -> Setup:
    """A plain place where the policy says `new` for `old`, and more files have landed.

    Nobody judges the policy on its way: it may be one that no gate can use.
    """

    def setup(folder: Path, workshop: Workshop) -> None:
        repo = Repo(folder / "clone", workshop.env)
        shutil.copytree(workshop.template, repo.path, symlinks=True)
        assert POLICY.count(old) == 1
        repo.write("policy.toml", POLICY.replace(old, new))
        for path in files:
            repo.write(path, "{}\n")
        repo.stage()
        repo.commit("law")
        publish(repo)

    return setup


def unborn(folder: Path, workshop: Workshop) -> None:
    """Nothing is committed yet, here or there; everything is staged."""
    make_repository(folder / "clone")
    repo = Repo(folder / "clone", workshop.env)
    ignored = shutil.ignore_patterns(".git")
    shutil.copytree(
        workshop.template, repo.path, symlinks=True, ignore=ignored, dirs_exist_ok=True
    )
    repo.stage()
    repo.run("init", "-q", "--bare", "-b", "main", "--template=", "../origin.git")
    repo.run("remote", "add", "origin", "../origin.git")


SETUPS: dict[str, Setup] = {
    "plain": plain,
    "unborn": unborn,
    "sha256": with_sha256,
    "25": with_policy('paths = ["reports/"]', "paths = ['re\\*ports/']", "re*ports/a"),
    **{
        f"56 {spelling}": with_policy('paths = ["reports/"]', f'paths = ["{spelling}"]')
        for spelling in ("reports", "/reports", "reports/**", "./reports/")
    },
}


class Gate(NamedTuple):
    """`install` puts it up; `ask` is what a person does who wants the change in."""

    install: Callable[[Place], object]
    ask: Callable[[Place, tuple[str, ...]], Answer]


def native(*words: str) -> Callable[[Place], object]:
    def install(place: Place) -> None:
        done = place.treeguard("install", *words)
        assert done.returncode == 0, done.stderr

    return install


def on_the_server(place: Place) -> None:
    place.workshop.treeguard(place.origin, "install", "--server")


def under(runner: str) -> Callable[[Place], object]:
    """The runner's own pre-push hook; its configuration stays untracked."""

    def install(place: Place) -> None:
        place.repo.write(
            CONFIG,
            "default_install_hook_types: [pre-push]\nrepos:\n"
            f"- repo: {place.workshop.hooks}\n  rev: v1.0.0\n"
            "  hooks:\n  - id: treeguard\n",
        )
        command = [sys.executable, "-m", RUNNERS[runner], "install"]
        place.workshop.call(place.repo, *command)

    return install


def commit(place: Place, words: tuple[str, ...]) -> Answer:
    return place.git(*words)


def commit_anyway(place: Place, words: tuple[str, ...]) -> Answer:
    return place.git(*words, "--no-verify")


def push(place: Place, words: tuple[str, ...]) -> Answer:
    landed(place, words)
    return place.git(*PUSH, "HEAD:refs/heads/main")


def judge_range(place: Place, words: tuple[str, ...]) -> Answer:
    landed(place, words)
    ends = "origin/main..HEAD"
    return answer(place.treeguard("check", ends, "--policy-from", "origin/main"))


def landed(place: Place, words: tuple[str, ...]) -> None:
    if words:
        place.repo.run(*words, "--no-verify")


COMMIT_GATES = {
    "commit": Gate(native(), commit),
    "hard commit": Gate(native("--hard"), commit_anyway),
}
TIP_GATES = {
    "push": Gate(native(), push),
    "range": Gate(lambda place: None, judge_range),
    "receive": Gate(on_the_server, push),
}
RUNNER_GATES = {
    "push under pre-commit": Gate(under("pre-commit"), push),
    "push under prek": Gate(under("prek"), push),
}
GATES = {**COMMIT_GATES, **TIP_GATES, **RUNNER_GATES}
