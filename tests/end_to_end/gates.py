"""Every gate that a change meets on its way, real ones, and what each says to it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.end_to_end.changes import ODD
from tests.end_to_end.changes import UNGUARDED
from tests.end_to_end.changes import write
from tests.end_to_end.support import CONFIG
from tests.end_to_end.support import RUNNERS
from tests.end_to_end.support import Workshop
from tests.support.git import Repo
from tests.support.git import make_repository
from tests.support.patch13 import POLICY

# prek indents what a hook says.
REPORT = r'\{\n +"version": 1,\n'
COMMIT = ("commit", "-qm", "change")
PUSH = ("push", "-q", "-f", "origin")


Done = subprocess.CompletedProcess[bytes]


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

    def git(self, *words: str) -> Done:
        return self.caller.run(*words, check=False)

    def treeguard(self, *words: str) -> Done:
        """How `treeguard WORDS` ended."""
        command = [self.workshop.python, "-I", "-m", "treeguard", *words]
        return subprocess.run(
            command,
            cwd=self.caller.path,
            env=self.caller.env,
            capture_output=True,
            check=False,
        )


def answer(done: Done) -> Answer:
    return Answer(done.returncode == 0, frozenset(f["rule"] for f in findings(done)))


def marks(done: Done) -> list[str]:
    """What is told, each finding once: its rule, its path and its fingerprint."""
    told = {f"{f['rule']} {f['path']} {f['fingerprint']}" for f in findings(done)}
    return sorted(told)


def findings(done: Done) -> list[dict[str, str]]:
    """What every report in the output says that nobody has excepted."""
    text = (done.stdout + b"\n" + done.stderr).decode("utf-8", "backslashreplace")
    assert "bug in treeguard" not in text, text
    # What a server says comes with this in front, and blanks behind it.
    text = re.sub(r"(?m)^remote: | +$", "", text)
    starts = [match.start() for match in re.finditer(REPORT, text)]
    reports = [json.JSONDecoder().raw_decode(text, start)[0] for start in starts]
    every = (finding for report in reports for finding in report["findings"])
    return [finding for finding in every if finding["status"] != "excepted"]


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
    "exempt": with_policy(
        'under = ["deployment/"]',
        'under = ["deployment/"]\nexcept = ["docs/examples/"]',
    ),
    **{
        f"56 {spelling}": with_policy('paths = ["reports/"]', f'paths = ["{spelling}"]')
        for spelling in ("reports", "/reports", "reports/**", "./reports/")
    },
}


class Gate(NamedTuple):
    """`install` puts it up; `ask` is what a person does who wants the change in."""

    install: Callable[[Place], object]
    ask: Callable[[Place, tuple[str, ...]], Done]


def native(*words: str) -> Callable[[Place], object]:
    def install(place: Place) -> None:
        done = place.treeguard("install", *words)
        assert done.returncode == 0, done.stderr

    return install


def on_the_server(place: Place) -> None:
    place.workshop.treeguard(place.origin, "install", "--server")


def under(
    runner: str, *stages: str, name: str = "treeguard"
) -> Callable[[Place], object]:
    """The runner's own hooks; its configuration stays untracked."""

    def install(place: Place) -> None:
        place.repo.write(
            CONFIG,
            f"default_install_hook_types: [{', '.join(stages)}]\nrepos:\n"
            f"- repo: {place.workshop.hooks}\n  rev: v1.0.0\n"
            # Shown even when it passes: a warning is told then.
            f"  hooks:\n  - id: {name}\n    verbose: true\n",
        )
        place.repo.write(".git/info/exclude", f"{CONFIG}\n")
        command = [sys.executable, "-m", RUNNERS[runner], "install"]
        place.workshop.call(place.repo, *command)

    return install


def commit(place: Place, words: tuple[str, ...]) -> Done:
    return place.git(*words)


def commit_anyway(place: Place, words: tuple[str, ...]) -> Done:
    return place.git(*words, "--no-verify")


def push(place: Place, words: tuple[str, ...]) -> Done:
    landed(place, words)
    return place.git(*PUSH, "HEAD:refs/heads/main")


def judge_range(dots: str) -> Callable[[Place, tuple[str, ...]], Done]:
    def ask(place: Place, words: tuple[str, ...]) -> Done:
        landed(place, words)
        ends = f"origin/main{dots}HEAD"
        return place.treeguard("check", ends, "--policy-from", "origin/main")

    return ask


def landed(place: Place, words: tuple[str, ...]) -> None:
    if words:
        place.repo.run(*UNGUARDED, *words)


COMMITS = ("pre-commit", "pre-merge-commit")
HARD = ("prepare-commit-msg",)

COMMIT_GATES = {
    "commit": Gate(native(), commit),
    "commit under pre-commit": Gate(under("pre-commit", *COMMITS), commit),
    "commit under prek": Gate(under("prek", *COMMITS), commit),
    "hard commit": Gate(native("--hard"), commit_anyway),
}
TIP_GATES = {
    "push": Gate(native(), push),
    "range": Gate(lambda place: None, judge_range("..")),
    "pull request": Gate(lambda place: None, judge_range("...")),
    "receive": Gate(on_the_server, push),
}
RUNNER_GATES = {
    "push under pre-commit": Gate(under("pre-commit", "pre-push"), push),
    "push under prek": Gate(under("prek", "pre-push"), push),
}
# The one hook that is not skipped; `words` are given as they are.
HARD_GATES = {
    "hard": Gate(native("--hard"), commit),
    "hard under pre-commit": Gate(
        under("pre-commit", *HARD, name="treeguard-hard"), commit
    ),
    "hard under prek": Gate(under("prek", *HARD, name="treeguard-hard"), commit),
}
GATES = {**COMMIT_GATES, **TIP_GATES, **RUNNER_GATES, **HARD_GATES}
