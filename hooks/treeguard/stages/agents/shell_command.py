"""A shell command of an agent, followed word by word without running anything.

The lexer is that of `languages.shell`, which reads scripts: `&&`, `;`, pipes,
subshells, loops, substitutions and here-documents are handled there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Sequence

from treeguard.languages.shell.lexer import Command
from treeguard.languages.shell.lexer import Word
from treeguard.languages.shell.lexer import commands
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import from_file
from treeguard.stages.agents import hook_bypass as agent_bypass
from treeguard.stages.agents.file_effects import Effects
from treeguard.stages.agents.shell_words import UNKNOWN
from treeguard.stages.agents.shell_words import RefusedError
from treeguard.stages.agents.shell_words import spelled

_DEEPEST = 6
_MOST_COMMANDS = 5000
Runs = Callable[[Sequence[str], "Script", Sequence[SourceText]], None]

ENTER = frozenset(("cd", "pushd", "chdir"))


class Script:
    """One shell: its folder (None: nobody knows), its variables, what it has said.

    `runs` follows one command: `agent_programs.run`, which stands upon this module.
    `seen` are all words so far: what `xargs` or `read` is given comes from them.
    """

    def __init__(
        self, effects: Effects, cwd: str | None, runs: Runs, depth: int = 0
    ) -> None:
        self.effects = effects
        self._runs = runs
        self.cwd = cwd
        self.depth = depth
        self.variables: dict[str, tuple[str, ...]] = {"PWD": (cwd or UNKNOWN,)}
        self.seen: list[str] = []
        self._before: list[str | None] = []
        self._count = 0

    def run(self, text: str | SourceText) -> None:
        """Follow a script. Raises `RefusedError`, and `UsageError` from the files."""
        outer: list[str | None] = []
        for item in commands(from_file(text) if isinstance(text, str) else text):
            self._count += 1
            if self._count > _MOST_COMMANDS:
                raise RefusedError("the command is too long to be judged", "split it")
            if isinstance(item, Command):
                self._command(item)
            elif item.opens:
                outer.append(self.cwd)
            elif outer:
                self.cwd = outer.pop()

    def child(self, text: str | SourceText) -> None:
        """Follow a script that a child of this shell runs."""
        if self.depth >= _DEEPEST:
            raise RefusedError(
                "the command is nested too deeply to be judged", "unnest it"
            )
        inner = Script(self.effects, self.cwd, self._runs, self.depth + 1)
        inner.variables.update(self.variables)
        inner.seen = list(self.seen)
        inner.run(text)
        self.seen += inner.seen[len(self.seen) :]

    def program(self, words: Sequence[str], bodies: Sequence[SourceText] = ()) -> None:
        """Follow one command, given as words, and go where it goes."""
        if not words:
            return
        if words[0] in ENTER:
            self._enter(words[1:])
        elif words[0] == "popd":
            self.cwd = self._before.pop() if self._before else None
        else:
            self._runs(words, self, bodies)

    def assign(self, name: str, values: Sequence[str]) -> None:
        """Give a variable the values that it may have."""
        for value in values:
            agent_bypass.refuse_assignment(name, value)
        self.variables[name] = tuple(values)

    def _command(self, command: Command) -> None:
        for inner in command.inner:
            self.child(inner)
        for name, word in command.assignments:
            self.assign(name, spelled(word, self.variables))
        words = [spelled(word, self.variables) for word in command.words]
        if command.loop and words:
            values = [value for word in words[2:] for value in word]
            self.variables[words[0][0]] = tuple(values) or (UNKNOWN,)
            self.seen += values
            return
        flat = self._flat(command.words, words)
        self.seen += flat
        if flat and not command.outputs:  # `cat <<EOF | sh`: what it is fed, it writes
            self.seen += [body.chars for body in command.bodies]
        for body in command.bodies if not flat else ():
            self.child(body)
        self.program(flat, command.bodies)
        self._outputs(command, flat)

    def _flat(self, written: Sequence[Word], words: Sequence[list[str]]) -> list[str]:
        """The words; a first one that is a variable may hold several."""
        flat = [value for word in words for value in word if value]
        if flat and " " in flat[0] and written and len(written[0]) == 1:
            return [*flat[0].split(), *flat[1:]]
        return flat

    def _enter(self, words: Sequence[str]) -> None:
        self._before.append(self.cwd)
        target = next((w for w in words if not w.startswith("-")), "~")
        if "-" in words:
            self.cwd = None
        elif UNKNOWN in target:
            rest = target.lstrip(UNKNOWN).strip("/")
            top = self.effects.ground.top
            known = target.startswith(UNKNOWN + "/") and UNKNOWN not in rest
            self.cwd = os.path.join(top, rest) if known else None
        elif self.cwd is not None or os.path.isabs(target):
            joined = os.path.join(self.cwd or "/", os.path.expanduser(target))
            self.cwd = os.path.normpath(joined)

    def _outputs(self, command: Command, words: Sequence[str]) -> None:
        data = b""
        if words and words[0] in ("cat", "tee") and len(command.bodies) == 1:
            data = command.bodies[0].chars.encode("utf-8", "surrogatepass")
        for operator, word in command.outputs:
            for path in spelled(word, self.variables):
                if operator == ">&" and (path.isdigit() or path == "-"):
                    continue
                if operator in (">>", "<>"):
                    self.effects.edit(path, self.cwd)
                    self.effects.make(path, self.cwd)
                elif data and words[:2] == ["cat"]:
                    self.effects.make(path, self.cwd, data)
                else:
                    self.effects.empty(path, self.cwd)
