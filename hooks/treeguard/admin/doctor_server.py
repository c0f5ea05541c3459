"""Says whether the repository that is pushed to is guarded; nothing is pushed."""

from __future__ import annotations

import os
from collections.abc import Iterator

from treeguard.admin.doctor import BAD
from treeguard.admin.doctor import GOOD
from treeguard.admin.doctor import NOTE
from treeguard.admin.doctor import Remark
from treeguard.admin.doctor import look_at_ours
from treeguard.admin.install import AFTER
from treeguard.admin.install import MISSING
from treeguard.admin.install import OURS
from treeguard.admin.install import SERVER
from treeguard.admin.install import calls_us
from treeguard.admin.install import owner
from treeguard.admin.install import server_folder
from treeguard.analysis.tree_analysis import is_known
from treeguard.errors import TreeguardError
from treeguard.repository.history import find_commit
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import BRANCHES
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.stages.receive import local_target
from treeguard.stages.ref_updates import policy_before_push
from treeguard.stages.session import POLICY
from treeguard.stages.session import open_store

REMEDY = "treeguard install --server"


def examine(git: Git) -> list[Remark]:
    """What can be said of the bare repository at `git`. Raises `GitError`."""
    return [*_hooks(git), *_law(git)]


def _hooks(git: Git) -> Iterator[Remark]:
    folder = server_folder(git)
    if folder.configured:
        said = f"core.hooksPath is {folder.configured} ({folder.scope} configuration)"
        yield Remark(NOTE, f"{said}: the hooks here are those in {folder.path}")
    yield _hook(os.path.join(folder.path, SERVER), SERVER)
    after = os.path.join(folder.path, AFTER)
    if owner(after) == MISSING:
        message = f"stage {AFTER} is not installed: a push reads again what others"
        yield Remark(NOTE, f"{message} changed since `{REMEDY}`", REMEDY)
    else:
        yield _hook(after, AFTER)


def _hook(path: str, stage: str) -> Remark:
    worst = BAD if stage == SERVER else NOTE
    found = owner(path)
    if found == MISSING:
        return Remark(worst, f"stage {stage} is not installed: no {path}", REMEDY)
    if not os.access(path, os.X_OK):
        message = f"{path} is not executable: Git ignores it"
        return Remark(worst, message, f"chmod +x {path}")
    if found == OURS:
        remark = look_at_ours(path, stage)
        return remark if remark.state == GOOD else remark._replace(hint=REMEDY)
    if calls_us(path, stage):
        return Remark(GOOD, f"stage {stage}: {path} is your own, and calls treeguard")
    message = f"{path} is a hook of your own that does not call treeguard"
    return Remark(worst, message, f"{REMEDY}, which says what to add to it")


def _law(git: Git) -> Iterator[Remark]:
    target = local_target(git)
    tip = target.tips.get(target.default)
    if tip is None and any(ref.startswith(BRANCHES) for ref in target.tips):
        yield Remark(
            BAD,
            "HEAD names no branch that is here, so which policy binds cannot be told",
            "git symbolic-ref HEAD refs/heads/BRANCH",
        )
        return
    if tip is None:
        yield Remark(NOTE, "there is no default branch yet: the first push makes it")
        return
    try:
        policy = policy_before_push(git, (), target)
    except TreeguardError as error:
        yield Remark(BAD, f"{target.name}: {error.message}", error.hint or "")
        return
    if policy is None:
        message = f"{target.name} has no {POLICY}: pushes are not judged by one"
        yield Remark(BAD, message, "treeguard init, in a clone; then push it")
        return
    yield Remark(GOOD, f"the policy of {target.name} binds every push")
    store = open_store(git)
    try:
        tree = TreeSnapshot(git, find_commit(git, tip).tree, target.name)
        if is_known(tree, store):
            yield Remark(GOOD, f"the files of {target.name} are known")
        else:
            message = f"the files of {target.name} are not known: a push reads what"
            yield Remark(NOTE, f"{message} changed since they were, or all", REMEDY)
    finally:
        store.close()
