"""Whether the hooks fire here: what can be seen, and a commit that must be refused.

The proof is a clone with the same hooks, whose policy has two more rules: a commit and
a merge there break both, and only the names of those rules in the refusal count.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.admin.install import FOREIGN
from treeguard.admin.install import MISSING
from treeguard.admin.install import OURS
from treeguard.admin.install import SHIM
from treeguard.admin.install import STAGES
from treeguard.admin.install import HooksFolder
from treeguard.admin.install import hooks_folder
from treeguard.admin.install import owner
from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import silent
from treeguard.repository.plumbing import Git
from treeguard.repository.process import MINIMUM
from treeguard.repository.scratch import Attempt
from treeguard.repository.scratch import Scratch
from treeguard.repository.scratch import scratch_clone

GOOD = "good"
NOTE = "note"
BAD = "bad"

POLICY = "policy.toml"
CONFIG = ".pre-commit-config.yaml"
# Where prek looks besides, in its own order.
_CONFIGS = (CONFIG, ".pre-commit-config.yml", "prek.toml")

DELETION = "treeguard-doctor-deletion"
IMPORT = "treeguard-doctor-import"
_KEPT = "treeguard-doctor/kept.txt"
_ZONE = "treeguard_doctor_zone"
_PROBES = f"""
[rules.{DELETION}]
kind = "preserved"
paths = ["/treeguard-doctor/"]
allow_empty = true

[rules.{IMPORT}]
kind = "forbidden"
zone = ["/{_ZONE}/"]
allow_empty = true
"""


class Remark(NamedTuple):
    """One thing that the doctor found: `good`, a `note`, or `bad`, and what to type."""

    state: str
    message: str
    hint: str = ""


def examine(
    git: Git,
    say: Callable[[str], None] = lambda _text: None,
    progress: Progress = silent,
) -> list[Remark]:
    """Examine the hooks of the repository at `git`.

    `say` gets a line before the long part, `progress` its steps. Raises `GitError` or
    `UsageError` where there is no repository with a work tree.
    """
    folder = hooks_folder(git)
    seen = [*look(folder, os.environ), *surroundings(git, folder)]
    say("making a scratch clone and trying a commit and a merge in it")
    return [*seen, *prove(git, folder, progress)]


def look(folder: HooksFolder, environ: Mapping[str, str]) -> Iterator[Remark]:
    """What the hooks' files and the environment say, without running anything."""
    if folder.configured:
        yield Remark(
            NOTE,
            f"core.hooksPath is {folder.configured} ({folder.scope} configuration):"
            " hooks in .git/hooks never fire",
            "git config --unset core.hooksPath" if folder.scope == "local" else "",
        )
    if folder.private:
        yield Remark(
            NOTE,
            "the hooks folder serves this worktree only",
            "run `treeguard doctor` in each worktree",
        )
    for stage in STAGES:
        yield _look_at(os.path.join(folder.path, stage), stage)
    skipped = environ.get("SKIP")
    if skipped:
        # Whether one of ours is among them, the commit below will tell.
        yield Remark(NOTE, f"SKIP={skipped} makes the runners skip hooks", "unset SKIP")


def _look_at(path: str, stage: str) -> Remark:
    found = owner(path)
    if found == MISSING and stage == "pre-push":
        # What a push would be refused for, the commit was refused for before.
        message = f"stage {stage} is not installed: commits are guarded, pushes not"
        return Remark(NOTE, message, _remedy(stage))
    if found == MISSING:
        return Remark(BAD, f"stage {stage} is not installed: no {path}", _remedy(stage))
    if not os.access(path, os.X_OK):
        hint = f"chmod +x {path}"
        return Remark(BAD, f"{path} is not executable: Git ignores it", hint)
    if found == OURS:
        return look_at_ours(path, stage)
    whose = {SHIM: "the hook of pre-commit or prek", FOREIGN: "a hook of your own"}
    return Remark(GOOD, f"stage {stage}: {path} is {whose[found]}")


def _remedy(stage: str) -> str:
    return f"treeguard install; or, with pre-commit: pre-commit install -t {stage}"


def look_at_ours(path: str, stage: str) -> Remark:
    """What is to be said of a launcher of ours: whether its Python is there."""
    import shlex

    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        words = shlex.split(file.read().splitlines()[-1])
    python = words[1] if len(words) > 1 else ""
    if not os.access(python, os.X_OK):
        message = f"stage {stage}: {path} runs {python}, which is gone"
        return Remark(BAD, message, "treeguard install")
    return Remark(GOOD, f"stage {stage}: {path} runs {python}")


def surroundings(git: Git, folder: HooksFolder) -> Iterator[Remark]:
    """What Git, the clone, the policy and the runners' configuration say."""
    version = os.fsdecode(git.run("version")).strip().removeprefix("git version ")
    least = ".".join(map(str, MINIMUM))
    yield Remark(GOOD, f"Git {version} ({least} or newer is needed)")
    if git.where.shallow:
        yield Remark(
            NOTE,
            "this clone is shallow: ranges and `restore` cannot be verified",
            "git fetch --unshallow",
        )
    top = folder.top
    if not os.path.isfile(os.path.join(top, POLICY)):
        yield Remark(BAD, f"there is no {POLICY}", "treeguard init")
    if owner(os.path.join(folder.path, STAGES[0])) == OURS:
        return  # the runners install nothing here, and their configuration is no matter
    found = [name for name in _CONFIGS if os.path.lexists(os.path.join(top, name))]
    for name in found:
        yield from _look_at_config(os.path.join(top, name), name)


def _look_at_config(path: str, name: str) -> Iterator[Remark]:
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    if "treeguard" not in text:
        hint = f"add treeguard's hooks to {name}"
        yield Remark(NOTE, f"{name} does not mention treeguard", hint)
    elif "pre-merge-commit" not in text:
        yield Remark(
            NOTE,
            f"{name} does not say default_install_hook_types: a plain `pre-commit"
            " install` leaves merges unguarded",
            f"add to {name}:"
            " default_install_hook_types: [pre-commit, pre-merge-commit]",
        )


def prove(
    git: Git, folder: HooksFolder, progress: Progress = silent
) -> Iterator[Remark]:
    """Try to violate the two extra rules in a clone, by a commit and by a merge."""
    on_disk = [_inside(folder), _ZONE, os.path.dirname(_KEPT)]
    wanted = [path for path in on_disk if path]
    with scratch_clone(git, wanted, progress) as clone:
        _dress(clone, folder)
        yield _verdict("a commit", _try_commit(clone))
        yield _verdict("a merge", _try_merge(clone))


def _inside(folder: HooksFolder) -> str:
    """The hooks folder relative to the work tree; empty if it lies elsewhere."""
    inside = os.path.relpath(folder.path, folder.top)
    within_git = inside == ".git" or inside.startswith((".git/", ".."))
    return "" if within_git or os.path.isabs(folder.configured or "/") else inside


def _dress(clone: Scratch, folder: HooksFolder) -> None:
    """Give the clone the hooks, the configuration and the policy that count here."""
    inside = _inside(folder)
    hooks = inside or os.path.join(".git", "hooks")
    for name in _names(folder.path):
        source = os.path.join(folder.path, name)
        if os.path.isfile(source):
            clone.write(os.path.join(hooks, name), _read(source), _mode(source))
    clone.run("config", "core.hooksPath", inside or os.path.join(clone.path, hooks))
    for name in _CONFIGS:
        source = os.path.join(folder.top, name)
        if os.path.isfile(source):
            clone.write(name, _read(source))
            clone.run("add", "--force", "--", name)
    _lend_environment(clone, folder.top)
    _sow(clone, folder.top)


def _names(path: str) -> list[str]:
    """The hooks that lie in `path`; Git's samples are none."""
    try:
        names = os.listdir(path)
    except OSError:
        return []
    return [name for name in names if not name.endswith(".sample")]


def _lend_environment(clone: Scratch, top: str) -> None:
    """A launcher may look for the repository's own .venv: it finds it in the clone."""
    own = os.path.join(top, ".venv")
    link = os.path.join(clone.path, ".venv")
    if os.path.isdir(own) and not os.path.lexists(link):
        os.symlink(own, link)
        clone.exclude("/.venv")


def _sow(clone: Scratch, top: str) -> None:
    """Commit, without hooks, a policy with the two rules and what they will miss."""
    policy = os.path.join(top, POLICY)
    text = _read(policy) if os.path.isfile(policy) else b"[policy]\nversion = 1\n"
    clone.write(POLICY, text.rstrip() + b"\n" + _PROBES.encode())
    clone.write(_KEPT, b"kept\n")
    clone.run("add", "--force", "--", POLICY, _KEPT)
    clone.run("commit", "--quiet", "--no-verify", "-m", "treeguard doctor")


def _break(clone: Scratch) -> None:
    clone.write(f"{_ZONE}/__init__.py", b"")
    clone.write("treeguard_doctor.py", f"import {_ZONE}\n".encode())
    clone.run("add", "--force", "--", _ZONE, "treeguard_doctor.py")
    clone.run("rm", "--quiet", "--force", "--", _KEPT)


def _try_commit(clone: Scratch) -> Attempt:
    _break(clone)
    attempt = clone.attempt("commit", "--quiet", "-m", "treeguard doctor: to refuse")
    # Left for the merge: a commit that nobody looked at.
    if attempt.code:
        clone.run("commit", "--quiet", "--no-verify", "-m", "treeguard doctor: broken")
    return attempt


def _try_merge(clone: Scratch) -> Attempt:
    broken = clone.run("rev-parse", "HEAD")
    clone.run(
        "-c", f"core.hooksPath={os.devnull}", "reset", "--quiet", "--hard", "HEAD~"
    )
    return clone.attempt("merge", "--quiet", "--no-ff", "--no-edit", broken)


def _verdict(what: str, attempt: Attempt) -> Remark:
    if attempt.code == 0:
        return Remark(
            BAD,
            f"{what} that breaks the policy was accepted in a scratch clone:"
            " the hooks do not fire, or are skipped",
            "treeguard install; or add treeguard's hooks to " + CONFIG,
        )
    named = [rule for rule in (DELETION, IMPORT) if rule in attempt.output]
    if len(named) == 2:
        return Remark(GOOD, f"{what} that breaks the policy was refused")
    said = attempt.output.strip() or "nothing"
    if named:
        return Remark(
            BAD,
            f"{what} was refused for {named[0]} alone: only some kinds of rules are"
            " checked here",
            "use the hook id `treeguard`, which checks every rule",
        )
    return Remark(
        BAD,
        f"{what} was refused, but not by treeguard's verdict; it said:\n{said}",
        f"check that this works: {sys.executable} -I -m treeguard check",
    )


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _mode(path: str) -> int:
    return os.stat(path).st_mode & 0o777
