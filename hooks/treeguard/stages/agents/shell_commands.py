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
from treeguard.stages.agents.printed_text import printed
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
        self._printed: bytes | None = None  # by the last command, into a pipe
        self._input: Sequence[str] = ()  # what this command reads, where it is known

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
            self._refuse_guards_own(list(_changed(name, plain)))
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
                patch_files(text, self._files, self._cwd)
        elif name == "tee":
            self._tee(plain, self._text_of(words[:1]))

    def _command(self, command: Command) -> None:
        for inner in command.inner:
            self._child(inner.chars)
        for name, word in command.assignments:
            value = _written_out(word)
            if value is not None:
                hook_bypass.refuse_assignment(name, value)
        before, self._printed = self._printed, None
        if command.loop:
            return
        words = [_written_out(word) for word in command.words]
        bodies = [body.chars for body in command.bodies]
        self._input = _input(command, bodies, before)
        self.program(words, bodies)
        text = self._text_of(words)
        to_file = False
        for operator, word in reversed(command.outputs):
            path = _written_out(word)
            if path and not (path.isdigit() or path == "-"):
                self._refuse_guards_own([path])
                is_text = not to_file and not operator[0].isdigit()
                self._redirect(operator, path, text if is_text else None)
                to_file = to_file or is_text
        self._printed = None if to_file else text

    def _text_of(self, words: Sequence[str | None]) -> bytes | None:
        """Return what a command prints, where it is written out."""
        while words and os.path.basename(words[0] or "") in _WRAPPERS:
            words = words[1:]
        return printed(words, self._input, self._data)

    def _data(self, path: str) -> bytes | None:
        where = self._place(path, follow=True)
        return self._files.data(where) if where else None

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

    def _place(self, path: str, *, follow: bool = False) -> str | None:
        """A path or glob from the top of the work tree; None outside or unknown."""
        path = os.path.expanduser(path)
        if self._cwd is None and not os.path.isabs(path):
            return None
        full = os.path.join(self._cwd or "/", path)
        return self._files.inside(full, follow=follow)

    def _refuse_guards_own(self, words: Sequence[str]) -> None:
        for word in map(os.path.expanduser, words):
            if self._cwd is None and not os.path.isabs(word):
                continue
            full = os.path.join(self._cwd or "/", word)
            if self._files.is_guard(full) or self._files.is_guard(full, follow=True):
                raise RefusedError(
                    f"{word} is part of the guard (hooks, configuration and settings)",
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

    def _redirect(self, operator: str, path: str, text: bytes | None) -> None:
        """`> FILE` empties what is there, and puts `text` there if that is known; `>>
        FILE` adds to it, and may make it."""
        where = self._place(path, follow=True)
        kind = self._files.kind(where) if where else TREE
        if not where or kind == TREE:
            return
        adds = operator.lstrip("0123456789") in (">>", "<>")
        if adds and kind:
            if text:
                self._files.write(where, (self._files.data(where) or b"") + text)
        else:
            self._files.write(where, text or b"")

    def _tee(self, words: Sequence[str], text: bytes | None) -> None:
        """`tee FILE` writes what it reads; a file is judged where that is known."""
        if text is not None:
            operator = ">>" if {"-a", "--append"} & set(words) else ">"
            for path in _positional(words):
                self._redirect(operator, path, text)

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


def _changed(name: str, words: Sequence[str]) -> Iterator[str]:
    """Yield the words that a program of `_CHANGES` may change, not those it reads."""
    paths = list(_positional(words, "-S --suffix -m -o -g --mode -t"))
    if name in ("cp", "install", "ln"):
        targets = [w for o, w in pairwise(words) if o in ("-t", "--target-directory")]
        yield from targets or paths[-1:]
    elif name == "sed":
        edits = any(re.match(r"-[a-zA-Z]*i|--in-place", word) for word in words)
        yield from paths if edits else ()
    elif name == "dd":
        yield from (word[3:] for word in words if word.startswith("of="))
    else:
        yield from paths


def _input(
    command: Command, bodies: Sequence[str], before: bytes | None
) -> Sequence[str]:
    """Return the texts that a command reads; none where they are not known."""
    if command.piped and not bodies:
        return () if before is None else (before.decode("utf-8", "surrogateescape"),)
    return () if command.edited or command.inputs else bodies


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
