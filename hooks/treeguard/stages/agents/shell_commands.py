"""What a shell command plainly does: files that it names, and hooks that it skips.

Nothing is run and nothing is guessed: only words written out in the command count. What
a variable, a loop, `xargs` or another program decides passes here, and the work tree is
checked after the call. The lexer is that of `languages.shell`, which reads scripts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import pairwise

from treeguard.languages.shell.lexer import Command
from treeguard.languages.shell.lexer import Variable
from treeguard.languages.shell.lexer import Word
from treeguard.languages.shell.lexer import commands
from treeguard.languages.source_text import from_file
from treeguard.languages.source_text import word_set
from treeguard.stages.agents import hook_bypass
from treeguard.stages.agents.file_tools import patch_files
from treeguard.stages.agents.tool_calls import RefusedError
from treeguard.stages.agents.virtual_worktree import VirtualWorktree
from treeguard.trees import TREE

Keeps = Callable[[str], bool]

_DEEPEST = 4
_MOST_COMMANDS = 5000
_MOST_MATCHES = 10_000
_MAGIC = re.compile(r"[*?\[]")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)\Z", re.DOTALL)
_SHELLS = word_set("sh bash zsh dash ksh")
_WRAPPERS = word_set(
    "sudo doas env nohup time nice ionice timeout command builtin exec stdbuf setsid"
)
_DELETES = word_set("rm unlink shred rmdir")
# Programs that change the files that they name: none may name Git's own hooks.
_CHANGES = _DELETES | word_set("mv cp ln install chmod tee truncate dd sed")
_EXPORTS = word_set("export declare readonly typeset local")
_PATCHES = ("apply_patch", "applypatch")
_GIT_VALUED = ("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env")


class ShellCommands:
    """Do on a virtual work tree what a shell command plainly does to its files.

    `cwd` is the folder of the shell, None where only a running shell knows it.
    """

    def __init__(self, files: VirtualWorktree, cwd: str | None, depth: int = 0) -> None:
        self._files = files
        self._cwd = cwd
        self._depth = depth
        self._count = 0

    def run(self, text: str) -> None:
        """Read a script. Raises `RefusedError`, and `UsageError` from the files."""
        outer: list[str | None] = []
        for item in commands(from_file(text)):
            self._count += 1
            if self._count > _MOST_COMMANDS:
                raise RefusedError("the command is too long to be checked", "split it")
            if isinstance(item, Command):
                self._command(item)
            elif item.opens:
                outer.append(self._cwd)
            elif outer:
                self._cwd = outer.pop()

    def program(self, words: Sequence[str | None], bodies: Sequence[str] = ()) -> None:
        """Read one command; a word is None where it is not written out."""
        if not words or words[0] is None:
            return
        name, given = os.path.basename(words[0]), list(words[1:])
        plain = [word for word in given if word is not None]
        hook_bypass.refuse_uninstall(name, plain)
        if name in _CHANGES:
            self._refuse_guards_own(plain)
        if name in _WRAPPERS:
            self._wrapped(given, bodies)
        elif name in _EXPORTS:
            self._assign(plain)
        elif name in _SHELLS:
            self._shell(given)
        elif name in ("cd", "pushd"):
            self._enter(given)
        elif name == "popd":
            self._cwd = None
        elif name in _DELETES:
            for path in _positional(plain):
                self._delete(path)
        elif name == "mv":
            self._move(list(_positional(plain, "-S --suffix")), given)
        elif name == "git":
            self._git(given)
        elif name in _PATCHES and self._cwd is not None:
            for text in (*plain[:1], *bodies):
                patch_files(text, self._files)

    def _command(self, command: Command) -> None:
        for inner in command.inner:
            self._child(inner.chars)
        for name, word in command.assignments:
            value = _written_out(word)
            if value is not None:
                hook_bypass.refuse_assignment(name, value)
        if command.loop:
            return
        words = [_written_out(word) for word in command.words]
        self.program(words, [body.chars for body in command.bodies])
        for operator, word in command.outputs:
            path = _written_out(word)
            if path and not (path.isdigit() or path == "-"):
                self._refuse_guards_own([path])
                self._redirect(operator, path)

    def _child(self, text: str) -> None:
        if self._depth >= _DEEPEST:
            raise RefusedError("the command is nested too deeply", "unnest it")
        ShellCommands(self._files, self._cwd, self._depth + 1).run(text)

    def _wrapped(self, words: list[str | None], bodies: Sequence[str]) -> None:
        """Find the program that `sudo`, `env` and their kin run."""
        known = (*_SHELLS, *_WRAPPERS, *_CHANGES, *_EXPORTS, *_PATCHES, "git", "cd")
        for place, word in enumerate(words):
            if word is None:
                return
            self._assign([word])
            if os.path.basename(word) in known or hook_bypass.is_runner(word):
                self.program(words[place:], bodies)
                return

    def _assign(self, words: Sequence[str]) -> None:
        for word in words:
            found = _ASSIGNMENT.match(word)
            if found:
                hook_bypass.refuse_assignment(found[1], found[2])

    def _shell(self, words: list[str | None]) -> None:
        """`bash -c TEXT`, also with other options before it (`-lc`, `-o pipefail`)."""
        for word, text in pairwise(words):
            if word and re.fullmatch(r"-[a-z]*c", word):
                if text is not None:
                    self._child(text)
                return

    def _enter(self, words: list[str | None]) -> None:
        target = next((w for w in words if w is None or not w.startswith("-")), "~")
        if target is None or self._cwd is None or "-" in words:
            self._cwd = None
        else:
            joined = os.path.join(self._cwd, os.path.expanduser(target))
            self._cwd = os.path.normpath(joined)

    # What happens to files.

    def _place(self, path: str) -> str | None:
        """A path or glob from the top of the work tree; None outside or unknown."""
        if self._cwd is None and not os.path.isabs(path):
            return None
        return self._files.inside(os.path.join(self._cwd or "/", path))

    def _refuse_guards_own(self, words: Sequence[str]) -> None:
        for word in words:
            if self._cwd is None and not os.path.isabs(word):
                continue
            if self._files.is_guard(os.path.join(self._cwd or "/", word)):
                raise RefusedError(
                    f"{word} is part of the guard (Git's hooks and configuration)",
                    "leave it to a person",
                )

    def _matching(self, path: str) -> Iterator[str]:
        """Every file that a path or glob names, or that is below a folder it names."""
        where = self._place(path)
        if where is None:
            return
        found = [("", where.split("/") if where else [])]
        while found:
            folder, parts = found.pop()
            if not parts:
                yield folder
                continue
            for name in self._named(folder, parts[0]):
                found.append((f"{folder}/{name}" if folder else name, parts[1:]))
            if len(found) > _MOST_MATCHES:
                raise RefusedError("the command names too many files", "split it")

    def _named(self, folder: str, part: str) -> list[str]:
        if self._files.kind(f"{folder}/{part}" if folder else part):
            return [part]
        if _MAGIC.search(part) and self._files.kind(folder) == TREE:
            return [n for n in self._files.names(folder) if fnmatchcase(n, part)]
        return []

    def _delete(self, path: str) -> None:
        for found in list(self._matching(path)):
            self._files.remove_below(found)

    def _move(self, paths: list[str], words: Sequence[str | None]) -> None:
        target = next((w for o, w in pairwise(words) if o == "-t"), None)
        if target is not None:
            paths = [path for path in paths if path != target]
        elif len(paths) > 1 and None not in words:
            target = paths.pop()
        if target is None:
            return
        to = self._place(target)
        into = target.endswith("/") or len(paths) > 1
        into = into or (to is not None and self._files.kind(to) == TREE)
        for path in paths:
            for found in list(self._matching(path)):
                if to is None or _is_outside(target, to, self._cwd, self._files):
                    self._files.remove_below(found)
                else:
                    name = found.rpartition("/")[2]
                    home = f"{to}/{name}".strip("/") if into else to
                    self._files.move(found, home)

    def _redirect(self, operator: str, path: str) -> None:
        """`> FILE` empties what is there; `>> FILE` leaves it, and may make it."""
        where = self._place(path)
        kind = self._files.kind(where) if where else TREE
        if where and kind != TREE and (operator not in (">>", "<>") or not kind):
            self._files.write(where, b"")

    # Git.

    def _git(self, words: list[str | None]) -> None:
        before = self._cwd
        rest = self._after_globals(words)
        if rest and rest[0] is not None:
            plain = [word for word in rest[1:] if word is not None]
            hook_bypass.refuse_options(rest[0], plain)
            if rest[0] == "config":
                hook_bypass.refuse_configuration(plain)
            elif not {"-n", "--dry-run"} & set(plain):
                self._git_files(rest[0], plain, rest[1:])
        self._cwd = before

    def _after_globals(self, words: list[str | None]) -> list[str | None]:
        """Skip the options before Git's command, and follow `-C`."""
        while words and words[0] is not None and words[0].startswith("-"):
            name, equals, value = words[0].partition("=")
            is_valued = name in _GIT_VALUED
            given = value if equals else (words[1] if len(words) > 1 else None)
            if name in ("-c", "--config-env") and given is not None:
                hook_bypass.refuse_setting(given)
            if name == "-C":
                self._enter([given])
            words = words[2 if is_valued and not equals else 1 :]
        return words

    def _git_files(
        self, command: str, plain: list[str], words: Sequence[str | None]
    ) -> None:
        paths = [self._pathspec(path) for path in _positional(plain)]
        if command == "rm":
            for path in paths:
                self._delete(path)
        elif command == "mv":
            self._move(paths, words)

    def _pathspec(self, path: str) -> str:
        """`:/x` counts from the top of the work tree."""
        if path.startswith((":/", ":(top)")):
            inner = path.removeprefix(":(top)").lstrip(":/")
            return os.path.join(self._files.top, inner)
        return path


def _is_outside(target: str, to: str, cwd: str | None, files: VirtualWorktree) -> bool:
    """True for a folder that the work tree lies in."""
    return to == "" and files.is_above(os.path.join(cwd or "/", target))


def _written_out(word: Word) -> str | None:
    """A word as it is written, without quotes; None if a variable is part of it."""
    if any(isinstance(piece, Variable) for piece in word):
        return None
    return "".join(piece.chars for piece in word if not isinstance(piece, Variable))


def _positional(words: Sequence[str], valued: str = "") -> Iterator[str]:
    """Yield the words that are no options; those in `valued` take the next word."""
    takes = frozenset(valued.split())
    rest = iter(words)
    for word in rest:
        if word == "--":
            yield from rest
        elif word in takes:
            next(rest, None)
        elif not word.startswith("-") or word == "-":
            yield word
