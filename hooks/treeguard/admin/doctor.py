"""Prove that the hooks run here: read their files, then try what they must refuse.

The proof is a clone with the same hooks, whose policy has two more rules: a commit and
a merge there break both, and only the names of those rules in the refusal count. On a
server only the files are read; nothing is pushed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import closing
from typing import NamedTuple

from treeguard.admin.install import AFTER
from treeguard.admin.install import FOREIGN
from treeguard.admin.install import MISSING
from treeguard.admin.install import OURS
from treeguard.admin.install import SERVER
from treeguard.admin.install import SHIM
from treeguard.admin.install import STAGES
from treeguard.admin.install import HooksFolder
from treeguard.admin.install import calls_us
from treeguard.admin.install import hooks_folder
from treeguard.admin.install import owner
from treeguard.admin.install import server_folder
from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import silent
from treeguard.analysis.tree_analysis import is_known
from treeguard.errors import TreeguardError
from treeguard.repository.history import find_commit
from treeguard.repository.plumbing import Git
from treeguard.repository.process import MINIMUM
from treeguard.repository.scratch import Attempt
from treeguard.repository.scratch import Scratch
from treeguard.repository.scratch import scratch_clone
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.stages.receive import first_push
from treeguard.stages.receive import local_target
from treeguard.stages.receive import unborn_head
from treeguard.stages.ref_updates import policy_before_push
from treeguard.stages.session import POLICY
from treeguard.stages.session import open_store

GOOD = "good"
NOTE = "note"
BAD = "bad"

CONFIG = ".pre-commit-config.yaml"
# The other files that prek reads, in its own order.
_CONFIGS = (CONFIG, ".pre-commit-config.yml", "prek.toml")

REMEDY = "treeguard install --server"

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
    """One thing that doctor found: `good`, a `note`, or `bad`, and what to type."""

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


def examine_server(git: Git) -> list[Remark]:
    """Examine whether pushes into the bare repository at `git` are checked."""
    folder = server_folder(git)
    found = []
    if folder.configured:
        where = f"{folder.configured} ({folder.scope} configuration)"
        message = f"core.hooksPath is {where}: Git runs the hooks in {folder.path}"
        found.append(Remark(NOTE, message))
    found.append(_server_hook(os.path.join(folder.path, SERVER), SERVER))
    after = os.path.join(folder.path, AFTER)
    if owner(after) == MISSING:
        message = f"stage {AFTER} is not installed: every push reads again what has"
        found.append(Remark(NOTE, f"{message} changed since `{REMEDY}`", REMEDY))
    else:
        found.append(_server_hook(after, AFTER))
    return [*found, *_server_policy(git)]


def look(folder: HooksFolder, environ: Mapping[str, str]) -> Iterator[Remark]:
    """Read the hooks' files and the environment, without running anything."""
    if folder.configured:
        yield Remark(
            NOTE,
            f"core.hooksPath is {folder.configured} ({folder.scope} configuration):"
            " hooks in .git/hooks never run",
            "git config --unset core.hooksPath" if folder.scope == "local" else "",
        )
    if folder.private:
        yield Remark(
            NOTE,
            "the hooks folder serves this worktree only",
            "run `treeguard doctor` in each worktree",
        )
    for stage in STAGES:
        yield _client_hook(os.path.join(folder.path, stage), stage)
    skipped = environ.get("SKIP")
    if skipped:
        # The commit in the clone will show whether one of ours is among them.
        yield Remark(NOTE, f"SKIP={skipped} makes the runners skip hooks", "unset SKIP")


def _client_hook(path: str, stage: str) -> Remark:
    remedy = f"treeguard install; or, with pre-commit: pre-commit install -t {stage}"
    if stage == "pre-push" and owner(path) == MISSING:
        # The commits in a push have been checked before.
        message = f"stage {stage} is not installed: commits are checked, pushes are not"
        return Remark(NOTE, message, remedy)
    found = _hook(path, stage, BAD, remedy, "treeguard install")
    whose = {SHIM: "the hook of pre-commit or prek", FOREIGN: "a hook of your own"}
    return found or Remark(GOOD, f"stage {stage}: {path} is {whose[owner(path)]}")


def _server_hook(path: str, stage: str) -> Remark:
    worst = BAD if stage == SERVER else NOTE
    found = _hook(path, stage, worst, REMEDY, REMEDY)
    if found is None and calls_us(path, stage):
        found = Remark(GOOD, f"stage {stage}: {path} is your own, and calls treeguard")
    message = f"{path} is a hook of your own that does not call treeguard"
    return found or Remark(worst, message, f"{REMEDY}, which says what to add to it")


def _hook(
    path: str, stage: str, worst: str, if_missing: str, if_broken: str
) -> Remark | None:
    """Examine a hook that is missing, unusable or ours; None for any other."""
    import shlex

    found = owner(path)
    if found == MISSING:
        return Remark(worst, f"stage {stage} is not installed: no {path}", if_missing)
    if not os.access(path, os.X_OK):
        message = f"{path} is not executable: Git ignores it"
        return Remark(worst, message, f"chmod +x {path}")
    if found != OURS:
        return None
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        words = shlex.split(file.read().splitlines()[-1])
    python = words[1] if len(words) > 1 else ""
    if os.access(python, os.X_OK):
        return Remark(GOOD, f"stage {stage}: {path} runs {python}")
    message = f"stage {stage}: {path} runs {python}, which does not exist"
    return Remark(BAD, message, if_broken)


def _server_policy(git: Git) -> Iterator[Remark]:
    target = local_target(git)
    tip = target.tips.get(target.default)
    message, remedy = unborn_head(target)
    if message:
        yield Remark(BAD, message, remedy)
    if tip is None:
        if not message:
            yield Remark(NOTE, *first_push(target))
        return
    try:
        policy = policy_before_push(git, (), target)
    except TreeguardError as error:
        yield Remark(BAD, f"{target.name}: {error.message}", error.hint)
        return
    if policy is None:
        message = f"{target.name} has no {POLICY}: no policy applies to pushes"
        yield Remark(BAD, message, "treeguard init, in a clone; then push it")
        return
    yield Remark(GOOD, f"the policy of {target.name} applies to every push")
    with closing(open_store(git)) as store:
        tree = TreeSnapshot(git, find_commit(git, tip).tree, target.name)
        if is_known(tree, store):
            yield Remark(GOOD, f"the store knows the files of {target.name}")
        else:
            message = f"the store does not know the files of {target.name}: a push has"
            yield Remark(NOTE, f"{message} to read them", REMEDY)


def surroundings(git: Git, folder: HooksFolder) -> Iterator[Remark]:
    """Examine Git, the clone, the policy and the runners' configuration."""
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
        return  # the runners install nothing here: ignore their configuration
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
            f"{name} does not set default_install_hook_types: a plain `pre-commit"
            " install` leaves merges unchecked",
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
        _prepare(clone, folder)
        yield _verdict("a commit", _try_commit(clone))
        yield _verdict("a merge", _try_merge(clone))


def _inside(folder: HooksFolder) -> str:
    """Return the hooks folder relative to the work tree; empty if it is outside."""
    inside = os.path.relpath(folder.path, folder.top)
    within_git = inside == ".git" or inside.startswith((".git/", ".."))
    return "" if within_git or os.path.isabs(folder.configured or "/") else inside


def _prepare(clone: Scratch, folder: HooksFolder) -> None:
    """Copy the hooks, the configuration and the policy into the clone."""
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
    _link_environment(clone, folder.top)
    _commit_policy(clone, folder.top)


def _names(path: str) -> list[str]:
    """Return the names of the hooks in `path`, without Git's samples."""
    try:
        names = os.listdir(path)
    except OSError:
        return []
    return [name for name in names if not name.endswith(".sample")]


def _link_environment(clone: Scratch, top: str) -> None:
    """Link the repository's own .venv, in which a launcher may run."""
    own = os.path.join(top, ".venv")
    link = os.path.join(clone.path, ".venv")
    if os.path.isdir(own) and not os.path.lexists(link):
        os.symlink(own, link)
        clone.exclude("/.venv")


def _commit_policy(clone: Scratch, top: str) -> None:
    """Commit, without hooks, the policy with the two rules, and a preserved file."""
    policy = os.path.join(top, POLICY)
    text = _read(policy) if os.path.isfile(policy) else b"[policy]\nversion = 1\n"
    clone.write(POLICY, text.rstrip() + b"\n" + _PROBES.encode())
    clone.write(_KEPT, b"kept\n")
    clone.run("add", "--force", "--", POLICY, _KEPT)
    clone.run("commit", "--quiet", "--no-verify", "-m", "treeguard doctor")


def _try_commit(clone: Scratch) -> Attempt:
    clone.write(f"{_ZONE}/__init__.py", b"")
    clone.write("treeguard_doctor.py", f"import {_ZONE}\n".encode())
    clone.run("add", "--force", "--", _ZONE, "treeguard_doctor.py")
    clone.run("rm", "--quiet", "--force", "--", _KEPT)
    attempt = clone.attempt("commit", "--quiet", "-m", "treeguard doctor: to refuse")
    # Left for the merge: a commit that nobody checked.
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
            " the hooks do not run, or are skipped",
            "treeguard install; or add treeguard's hooks to " + CONFIG,
        )
    named = [rule for rule in (DELETION, IMPORT) if rule in attempt.output]
    if len(named) == 2:
        return Remark(GOOD, f"{what} that breaks the policy was refused")
    if named:
        return Remark(
            BAD,
            f"{what} was refused for {named[0]} alone: only some kinds of rules are"
            " checked here",
            "use the hook id `treeguard`, which checks every rule",
        )
    output = attempt.output.strip() or "nothing"
    return Remark(
        BAD,
        f"{what} was refused, but not by treeguard; the output was:\n{output}",
        f"check that this works: {sys.executable} -I -m treeguard check",
    )


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _mode(path: str) -> int:
    return os.stat(path).st_mode & 0o777
