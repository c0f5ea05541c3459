"""Words that make Git or a hook runner skip the hooks.

Git: git-commit(1), git-push(1), git-merge(1), githooks(5). The runners' variables are
from the documentation of pre-commit, prek, husky, lefthook and overcommit.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import pairwise

from treeguard.languages.source_text import word_set
from treeguard.stages.agents.tool_calls import RefusedError

_HINT = "leave the hooks on, and fix what they refuse"
_OFF = frozenset(("0", "false", "no", "off"))
_SKIP_IF_SET = word_set(
    "SKIP PREK_SKIP PRE_COMMIT_ALLOW_NO_CONFIG PREK_ALLOW_NO_CONFIG HUSKY_SKIP_HOOKS"
    " HUSKY_SKIP_INSTALL LEFTHOOK_EXCLUDE OVERCOMMIT_DISABLE SKIP_HOOKS"
    " GIT_CONFIG_PARAMETERS"
)
# Another configuration may name other hooks; an empty one names none.
_SKIP_IF_OTHER = word_set("GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_CONFIG")
_SKIP_IF_OFF = frozenset(("HUSKY", "LEFTHOOK"))
_GIT_KEY = re.compile(r"GIT_CONFIG_(?:KEY|VALUE)_\d+\Z")
_RUNNERS = frozenset(("pre-commit", "prek", "lefthook", "husky", "treeguard"))

# `git commit -am text`: which of its short options take what follows as their value.
_VALUED = {"commit": "mFCct", "am": "CpS"}
_NO_VERIFY = "--no-verify"


def refuse_assignment(name: str, value: str) -> None:
    """Raise `RefusedError` when `NAME=value` turns hooks off."""
    skips = name in _SKIP_IF_SET and value != ""
    skips = skips or (name in _SKIP_IF_OFF and value.lower() in _OFF)
    skips = skips or (name in _SKIP_IF_OTHER and value not in ("", os.devnull))
    skips = skips or (bool(_GIT_KEY.match(name)) and _is_ours(value))
    if skips:
        raise RefusedError(f"{name}={value} skips the hooks", _HINT)


def is_runner(word: str) -> bool:
    """Return true for a program that installs hooks."""
    return os.path.basename(word) in _RUNNERS


def refuse_uninstall(name: str, words: Sequence[str]) -> None:
    """Raise `RefusedError` when a hook runner shall remove the hooks."""
    if name in _RUNNERS and "uninstall" in words:
        raise RefusedError(f"{name} uninstall removes the hooks", _HINT)


def refuse_setting(setting: str) -> None:
    """Raise `RefusedError` for `git -c KEY=value` that bypasses the hooks."""
    if _is_ours(setting) or setting.lower().startswith("alias."):
        raise RefusedError(
            f"git -c {setting.partition('=')[0]} bypasses the hooks", _HINT
        )


def refuse_options(command: str, words: Sequence[str]) -> None:
    """Raise `RefusedError` for `--no-verify`, also shortened, or `-n` that is the same.

    `git push -n` is a dry run and `git merge -n` shows no statistics: no bypass.
    """
    for word in words:
        if word == "--":
            return
        long = len(word) > 5 and _NO_VERIFY.startswith(word)
        if long or (command in _VALUED and _has_n(word, _VALUED[command])):
            raise RefusedError(f"git {command} {word} skips the hooks", _HINT)


def _has_n(word: str, valued: str) -> bool:
    if not re.match(r"-[A-Za-z]", word):
        return False
    for letter in word[1:]:
        if letter == "n":
            return True
        if letter in valued or letter in "Su":
            return False
    return False


def refuse_configuration(words: Sequence[str]) -> None:
    """Raise `RefusedError` for `git config` that sets or removes core.hooksPath."""
    reads = {"--get", "--get-all", "--get-regexp", "--list", "-l", "get", "list"}
    if reads & set(words):
        return
    keys = [place for place, word in enumerate(words) if _is_ours(word)]
    changes = {"set", "unset", "--unset", "--unset-all", "--add", "--replace-all"}
    if keys and (changes & set(words) or len(words) > keys[0] + 1):
        raise RefusedError("git config core.hooksPath removes the hooks", _HINT)
    for key, value in pairwise(words):
        if key.lower().startswith("alias."):
            command, *given = value.removeprefix("!git ").split() or [""]
            refuse_options(command, given)


def _is_ours(text: str) -> bool:
    lowered = text.lower()
    return "core.hookspath" in lowered or lowered.startswith(("include.", "includeif."))
