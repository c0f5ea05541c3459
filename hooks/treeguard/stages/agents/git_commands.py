"""What an agent's `git` does: hooks skipped, files removed, moved or discarded."""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import pairwise

from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import word_set
from treeguard.repository.changes import unstaged_paths
from treeguard.stages.agents import hook_bypass as agent_bypass
from treeguard.stages.agents.command_options import positional
from treeguard.stages.agents.shell_command import Script
from treeguard.stages.agents.shell_words import UNKNOWN
from treeguard.stages.agents.shell_words import RefusedError
from treeguard.stages.agents.shell_words import matching
from treeguard.stages.agents.shell_words import place
from treeguard.trees import TREE

_VALUED = word_set("-C -c --git-dir --work-tree --namespace --config-env")
_FORCES = frozenset(("-f", "--force", "--discard-changes"))


def run(words: Sequence[str], script: Script, _bodies: Sequence[SourceText]) -> None:
    """Follow one `git` command. Raises `RefusedError` for what is forbidden."""
    before = script.cwd
    rest = _after_globals(list(words[1:]), script)
    if rest:
        command, given = rest[0], rest[1:]
        agent_bypass.refuse_options(command, given)
        if command in _COMMANDS:
            _COMMANDS[command](given, script)
    script.cwd = before


def _after_globals(words: list[str], script: Script) -> list[str]:
    """The command and its words; `-C` is gone to, `-c` is looked at."""
    while words and words[0].startswith("-"):
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if name in _VALUED and not equals and words:
            value = words.pop(0)
        if name in ("-c", "--config-env"):
            agent_bypass.refuse_setting(value)
        elif name == "-C" or name == "--work-tree":
            script.cwd = _entered(value, script)
    return words


def _entered(folder: str, script: Script) -> str | None:
    if UNKNOWN in folder or (script.cwd is None and not os.path.isabs(folder)):
        return None
    return os.path.join(script.cwd or "/", os.path.expanduser(folder))


def _paths(words: Sequence[str], valued: str = "") -> list[str]:
    """Pathspecs as paths: `:/x` counts from the top, other magic means anything."""
    found = []
    for word in positional(words, valued):
        if word.startswith((":/", ":(top)")):
            found.append(UNKNOWN + "/" + word.removeprefix(":(top)").lstrip(":/"))
        elif word.startswith((":!", ":^", ":(exclude)")):
            continue
        elif word.startswith(":("):
            found.append(word.partition(")")[2])
        else:
            found.append(word)
    return found


def _rm(words: Sequence[str], script: Script) -> None:
    if {"-n", "--dry-run"} & set(words):
        return
    for path in _paths(words):
        folder, wanted = _glob(path, script)
        if not script.effects.lose(folder, script.cwd, wanted):
            what = "which files are meant"
            script.effects.refuse_if_mentioned(script.seen, script.cwd, what)


def _glob(path: str, script: Script) -> tuple[str, Callable[[str], bool]]:
    """A pathspec as a folder, and which files in it: Git's `*` means slashes too."""
    magic = next((at for at, char in enumerate(path) if char in "*?["), -1)
    where = place(path, script.cwd, script.effects.ground)
    if magic < 0 or where is None or UNKNOWN in path:
        return path, lambda _file: True
    folder = path[:magic].rpartition("/")[0]
    return folder or ".", lambda file: fnmatchcase(f"{file}/", f"{where}/*")


def _mv(words: Sequence[str], script: Script) -> None:
    paths = _paths(words)
    if len(paths) > 1 and not {"-n", "--dry-run"} & set(words):
        script.effects.carry(paths[:-1], paths[-1], script.cwd, away=True)


def _restore(words: Sequence[str], script: Script) -> None:
    """`git checkout -- PATHS` and `git restore PATHS`: what is not staged is lost."""
    _switch(words, script)
    if "--" in words:
        paths = list(words[list(words).index("--") + 1 :])
    else:
        paths = _paths(words, "-s --source -b -B")
    staged_only = "--staged" in words and "--worktree" not in words
    for path in [] if staged_only or "--dry-run" in words else _paths(["--", *paths]):
        where = place(path, script.cwd, script.effects.ground)
        if where is not None and where != UNKNOWN:
            for found in list(matching(where, script.effects.ground)):
                _refuse_if_edited(found, script)


def _refuse_if_edited(path: str, script: Script) -> None:
    """A preserved file whose content on disk is nowhere else must not be discarded."""
    ground = script.effects.ground
    for file in unstaged_paths(ground.git):
        rule = script.effects.keeper(file)
        tracked = ground.index.entry(file)
        if rule is None or tracked is None or not _is_below(file, path):
            continue
        data = ground.data(file)
        if data is not None and data != ground.index.read(tracked.oid):
            raise RefusedError(
                f"{rule.id}: {file} is preserved and has changes that are not staged",
                f"`git add` it, or copy it elsewhere first ({rule.reason})".replace(
                    " ()", ""
                ),
            )


def _is_below(file: str, path: str) -> bool:
    return not path or file == path or file.startswith(f"{path}/")


def _switch(words: Sequence[str], script: Script) -> None:
    """`git switch -f`, `git checkout -f`: what is not staged is lost."""
    if _FORCES & set(words):
        _refuse_if_edited("", script)


def _reset(words: Sequence[str], script: Script) -> None:
    """`git reset --hard`: what is not staged is lost."""
    if "--hard" in words:
        _refuse_if_edited("", script)


def _update_index(words: Sequence[str], script: Script) -> None:
    if "--force-remove" in words:
        for path in positional(words):
            script.effects.lose(path, script.cwd)


def _read_tree(words: Sequence[str], script: Script) -> None:
    if "--empty" in words:
        script.effects.lose(".", script.effects.ground.top)


def _filter_branch(words: Sequence[str], script: Script) -> None:
    """Its filters are scripts; which commits they run on makes no difference here."""
    for option, value in pairwise(words):
        if option.startswith("--") and option.endswith("-filter"):
            script.child(value)


def _filter_repo(words: Sequence[str], script: Script) -> None:
    """It keeps the paths that it is given, or with --invert-paths all others."""
    paths = [
        word if equals == "" else value
        for before, word in zip(("", *words), words, strict=False)
        for name, equals, value in [word.partition("=")]
        if (before if equals == "" else name).startswith("--path")
    ]
    if paths:
        what = "which files git filter-repo keeps"
        gone = paths if "--invert-paths" in words else ["."]
        script.effects.refuse_if_mentioned(gone, script.effects.ground.top, what)


def _clean(words: Sequence[str], script: Script) -> None:
    """`git clean -f`: untracked files go for good, with -x the ignored ones too."""
    letters = "".join(w[1:] for w in words if w[:1] == "-" and w[:2] != "--")
    if (
        "n" in letters
        or "--dry-run" in words
        or not ("f" in letters or "--force" in words)
    ):
        return
    for path in _paths(words, "-e --exclude") or ["."]:
        where = place(path, script.cwd, script.effects.ground)
        for found in list(matching(where or "", script.effects.ground)):
            _refuse_if_untracked(found, script)


def _refuse_if_untracked(path: str, script: Script) -> None:
    ground = script.effects.ground
    if ground.kind(path) == TREE and not script.effects.may_keep(path):
        return
    for file in ground.files(path):
        rule = script.effects.keeper(file)
        if rule is not None and ground.index.entry(file) is None:
            raise RefusedError(
                f"{rule.id}: git clean would delete {file}, which is preserved and"
                " nowhere else",
                f"git add -- {file}, or name what to clean",
            )


def _config(words: Sequence[str], script: Script) -> None:
    agent_bypass.refuse_configuration(words)
    for key, value in pairwise(words):
        if key.lower().startswith("alias."):
            script.child(value[1:] if value.startswith("!") else f"git {value}")


_COMMANDS: dict[str, Callable[[Sequence[str], Script], None]] = {
    "rm": _rm,
    "mv": _mv,
    "checkout": _restore,
    "restore": _restore,
    "clean": _clean,
    "config": _config,
    "reset": _reset,
    "switch": _switch,
    "update-index": _update_index,
    "read-tree": _read_tree,
    "filter-branch": _filter_branch,
    "filter-repo": _filter_repo,
}
