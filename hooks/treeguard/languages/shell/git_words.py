"""Tell names in Git (branches, tags, remotes) from paths in commands of git and gh.

`release/1.2` may be a branch while a folder `release` exists. Git itself decides by
the command (`push` takes refs alone), by `--`, and where both are possible by what
exists: gitcli(7).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages.shell.runner import Words
from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import word_set

_VALUED = word_set("-C -c --git-dir --work-tree --namespace --exec-path")
# Commands whose words are refs and remotes, up to `--`.
_REFS = word_set(
    "push pull fetch branch tag merge rebase switch cherry-pick revert remote ls-remote"
    " symbolic-ref update-ref show-ref merge-base merge-tree describe name-rev bisect"
    " show-branch for-each-ref cherry range-diff notes replace commit"
)
# Commands that take refs and paths: a word is a path if there is such a file.
_MIXED = word_set(
    "checkout diff log show reset rev-list rev-parse format-patch difftool diff-tree"
    " diff-index whatchanged shortlog blame annotate grep archive restore stash"
)
_NAMES = word_set(
    "-b -B --branch --orphan --onto --set-upstream-to -m --message --source --author"
    " --format --pretty --grep --contains --points-at --base --track"
)
# Not `HEAD:a/b`, and nothing that is only known when it runs: no file is called so.
_MAY_EXIST = re.compile(rf"[^:{UNKNOWN}*?\[~^]*")
# https://cli.github.com/manual/ and GitLab's glab.
_RUNNERS = word_set("sudo exec time command nohup env")
HOSTS = word_set("gh glab hub")
_HOST_NAMES = word_set(
    "-H --head -B --base -t --title -b --body -r --ref --branch --target --label -l"
    " -a --assignee -R --repo -m --milestone -n --notes -s --source-branch"
    " --target-branch --subject --topic --name --reviewer -d --description"
)
_HOST_FILES = word_set("release gist")


def refs(words: Words) -> set[int]:
    """Return the indices of what names no path in a command of git, gh or glab."""
    at = 0
    while at < len(words) and words[at].chars in _RUNNERS:
        at += 1
    name = words[at].chars.rpartition("/")[2] if at < len(words) else ""
    found = _of_git(words[at:]) if name.removesuffix(".exe") == "git" else iter(())
    found = _of_host(words[at:]) if name in HOSTS else found
    return {at + index for index in found}


def _of_git(words: Words) -> Iterator[int]:
    start = 1
    while start < len(words) and words[start].chars.startswith("-"):
        start += 2 if words[start].chars in _VALUED else 1
    verb = words[start].chars if start < len(words) else ""
    for index, before, word in _up_to_dashes(words, start + 1):
        is_option = word.startswith("-")
        if (
            before in _NAMES
            or (verb == "switch" and before in ("-c", "-C"))
            or (is_option and _name_of_value(word) in _NAMES)
            or (verb in _REFS and not is_option)
            or (verb in _MIXED and not (is_option or _MAY_EXIST.fullmatch(word)))
        ):
            yield index


def _name_of_value(word: str) -> str:
    """Return the option of `--option=value`."""
    return word.partition("=")[0] if "=" in word else ""


def _up_to_dashes(words: Words, start: int) -> Iterator[tuple[int, str, str]]:
    """Yield the index of each word until `--`, the word before it, and the word."""
    for index in range(start, len(words)):
        if words[index].chars == "--":
            return
        yield index, words[index - 1].chars, words[index].chars


def _of_host(words: Words) -> Iterator[int]:
    """Yield names: of `gh release create TAG FILE...` the files are paths."""
    has_files = len(words) > 1 and words[1].chars in _HOST_FILES
    seen = 0
    for index, before, word in _up_to_dashes(words, 3):
        is_option = word.startswith("-")
        if before in _HOST_NAMES or _name_of_value(word) in _HOST_NAMES:
            yield index
        elif not is_option and not before.startswith("-"):
            seen += 1
            if not has_files or seen == 1:
                yield index
