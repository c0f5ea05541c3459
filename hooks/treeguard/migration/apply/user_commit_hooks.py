"""Run the user's own commit hooks, which check a migration like any commit.

`git commit-tree` runs none, so we do. `prepare-commit-msg` and `commit-msg` see every
message, before anything is visible. `pre-commit` runs once, as if all were one commit:
HEAD is the old commit, its index is the tree of the last new one, and the files are at
their new paths. One commit of moves alone neither imports nor builds, so to check each
would prove nothing. `post-commit` runs once, afterwards.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from treeguard.admin.install import hooks_folder
from treeguard.errors import UsageError
from treeguard.repository.plumbing import Git
from treeguard.repository.process import is_hook
from treeguard.repository.process import printable
from treeguard.repository.process import run_hook

PRE_COMMIT = "pre-commit"
PREPARE = "prepare-commit-msg"
COMMIT_MSG = "commit-msg"
POST_COMMIT = "post-commit"
BYPASS = "fix what it reports, or bypass it with --no-verify"
SHOWN = 4000


class HookRefusedError(UsageError):
    """A hook of the user's refused; `output` is all that it printed, escaped."""

    def __init__(self, message: str, hint: str, output: str = "") -> None:
        super().__init__(message, hint)
        self.output = output


class Hooks(NamedTuple):
    """The folder of the hooks, their environment, and whether any may refuse."""

    folder: str
    top: str
    environ: dict[str, str]
    verify: bool

    def has(self, name: str) -> bool:
        """Return True if there is such a hook."""
        return is_hook(os.path.join(self.folder, name))


def user_hooks(git: Git, *, verify: bool = True) -> Hooks:
    """Return the hooks of the repository around a work tree. Without `verify`, those
    that may refuse are bypassed, as with `git commit --no-verify`."""
    found = hooks_folder(git)
    environ = {**git.environ, "GIT_EDITOR": ":"}
    return Hooks(found.path, found.top, environ, verify)


def run_commit_msg(hooks: Hooks, folder: str, message: str) -> str:
    """Return the message as the hooks leave it. Raises `HookRefusedError`."""
    names = [name for name in (PREPARE, COMMIT_MSG) if hooks.has(name)]
    if not hooks.verify:
        names = [name for name in names if name != COMMIT_MSG]
    if not names:
        return message
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "COMMIT_EDITMSG")
    with open(path, "wb") as file:
        file.write(message.encode("utf-8", "replace"))
    for name in names:
        _run(hooks, name, [path, "message"] if name == PREPARE else [path], {})
    with open(path, "rb") as file:
        message = file.read().decode("utf-8", "replace")
    os.unlink(path)
    return message


def run_pre_commit(hooks: Hooks, index: str) -> None:
    """Run `pre-commit` on the index file `index`. Raises `HookRefusedError`."""
    if hooks.verify and hooks.has(PRE_COMMIT):
        _run(hooks, PRE_COMMIT, [], {"GIT_INDEX_FILE": index})


def run_post_commit(hooks: Hooks) -> None:
    """Run `post-commit`; its exit code changes nothing, as with `git commit`."""
    if hooks.has(POST_COMMIT):
        run_hook(os.path.join(hooks.folder, POST_COMMIT), [], hooks.top, hooks.environ)


def _run(hooks: Hooks, name: str, args: list[str], more: dict[str, str]) -> None:
    environ = {**hooks.environ, **more}
    code, output = run_hook(os.path.join(hooks.folder, name), args, hooks.top, environ)
    if code:
        shown = "\n".join(map(printable, output.strip()[-SHOWN:].split(b"\n")))
        message = f"your hook {name} refuses the migration, with exit code {code}"
        raise HookRefusedError(message, BYPASS, shown)
