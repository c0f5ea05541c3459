"""What commands do to files: losses, moves, copies and writes, by path or glob."""

from __future__ import annotations

import os
from collections.abc import Callable

from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.rules.preserved import Preserved
from treeguard.stages.agents.shell_words import UNKNOWN
from treeguard.stages.agents.shell_words import RefusedError
from treeguard.stages.agents.shell_words import matching
from treeguard.stages.agents.shell_words import place
from treeguard.stages.agents.virtual_worktree import Ground
from treeguard.trees import TREE

Wanted = Callable[[str], bool]


def _every(_path: str) -> bool:
    return True


# About a second of work.
_MOST_LOOKED_UP = 10_000


class Effects:
    """Does on `ground` what commands do, as far as it can be told.

    What cannot be told is refused where it may lose a preserved file, and else let go.
    """

    def __init__(self, ground: Ground, policy: Policy) -> None:
        self.ground = ground
        self._policy = policy
        self._rules = [r for r in policy.rules if isinstance(r.options, Preserved)]
        self._looked_up = 0

    def keeper(self, path: str) -> Rule | None:
        """The rule that preserves the file at `path`."""
        for rule in self._rules:
            options = rule.options
            assert isinstance(options, Preserved)
            excluded = rule.exclude.match(path) or self._policy.exclude.match(path)
            if options.paths.match(path) and not excluded:
                return rule
        return None

    def kept_below(self, path: str) -> tuple[Rule, str] | None:
        """A preserved file at `path` or below it, and the rule that preserves it."""
        if self.ground.kind(path) == TREE and not self.may_keep(path):
            return None
        for file in self.ground.files(path):
            rule = self.keeper(file)
            if rule is not None:
                return rule, file
        return None

    def may_keep(self, folder: str) -> bool:
        """True when a rule may preserve something below `folder`."""
        return any(
            isinstance(rule.options, Preserved)
            and rule.options.paths.folder(folder) is not False
            for rule in self._rules
        )

    def lose(self, pattern: str, cwd: str | None, wanted: Wanted = _every) -> bool:
        """Delete what `pattern` means; False if nothing at all is known of that.

        Raises `RefusedError` where a part of it is unknown and may be preserved files.
        """
        where = place(pattern, cwd, self.ground)
        if where is None:
            return True
        if where == UNKNOWN:
            return False
        for path in list(matching(where, self.ground)):
            if UNKNOWN in where:
                self.refuse_if_kept(path, "which files are meant")
            elif not self._folder_that_keeps_nothing(path):
                for file in filter(wanted, list(self.ground.files(path))):
                    self.ground.remove(file)
        return True

    def _folder_that_keeps_nothing(self, path: str) -> bool:
        """True for an untracked folder, such as node_modules, without kept files."""
        untracked = self.ground.index.entry(path) is None
        is_folder = untracked and self.ground.kind(path) == TREE
        return is_folder and not self.may_keep(path)

    def refuse_if_kept(self, path: str, what: str) -> None:
        """Raise `RefusedError` when a preserved file is at `path` or below it."""
        kept = self.kept_below(path)
        if kept is not None:
            rule, file = kept
            raise RefusedError(
                f"{rule.id}: cannot tell {what}, and {file} is preserved",
                "name each file, outside what is preserved",
            )

    def refuse_if_mentioned(self, words: list[str], cwd: str | None, what: str) -> None:
        """Raise `RefusedError` when one of `words` leads to a preserved file.

        A command may ask that again and again, of ever more words: that has an end.
        """
        distinct = dict.fromkeys(words)
        self._looked_up += len(words)
        if self._looked_up > _MOST_LOOKED_UP:
            raise RefusedError("the command is too long to be judged", "split it")
        for word in distinct:
            where = place(word, cwd, self.ground) if "\0" not in word else None
            if where and where != UNKNOWN:
                for path in matching(where, self.ground):
                    self.refuse_if_kept(path, what)

    def empty(self, pattern: str, cwd: str | None) -> None:
        """Overwrite what `pattern` means with nobody knows what."""
        where = place(pattern, cwd, self.ground)
        if not where or where == UNKNOWN:
            return
        if UNKNOWN in where:
            for path in list(matching(where, self.ground)):
                self.refuse_if_kept(path, "which files are meant")
            return
        found = list(matching(where, self.ground)) or [where]
        for path in found:
            if self.ground.kind(path) == TREE:
                continue
            law = path == self._policy.path
            if law or not self.ground.kind(path) or self.keeper(path):
                self.ground.write(path, b"")

    def edit(self, pattern: str, cwd: str | None) -> None:
        """Change what `pattern` means by nobody knows what; the file stays."""
        where = place(pattern, cwd, self.ground)
        for path in list(matching(where, self.ground)) if where else ():
            for file in list(self.ground.files(path)):
                if self.keeper(file) is not None:
                    data = self.ground.data(file) or b""
                    self.ground.write(file, data + b"\n")

    def make(self, pattern: str, cwd: str | None, data: bytes = b"") -> None:
        """Write a file, or leave it as it is if it is there and `data` is empty."""
        where = place(pattern, cwd, self.ground)
        if not where or UNKNOWN in where:
            return
        kind = self.ground.kind(where)
        if kind != TREE and (data or not kind):
            self.ground.write(where, data)

    def link(self, target: str, pattern: str, cwd: str | None) -> None:
        """Make a symbolic link, in a folder if `pattern` is one."""
        where = place(pattern, cwd, self.ground)
        if where is None or UNKNOWN in where or UNKNOWN in target:
            return
        if self.ground.kind(where) == TREE:
            where = os.path.normpath(f"{where}/{os.path.basename(target.rstrip('/'))}")
        self.ground.link(where.strip("/"), target)

    def carry(
        self, sources: list[str], target: str, cwd: str | None, *, away: bool
    ) -> bool:
        """Copy `sources` to `target`, or move them; False if one is unknown."""
        to = place(target, cwd, self.ground)
        if to == "" and self.ground.is_above(os.path.join(cwd or "", target)):
            to = None
        into = target.endswith("/") or len(sources) > 1
        into = into or (to is not None and self.ground.kind(to) == TREE)
        known = True
        for source in sources:
            where = place(source, cwd, self.ground)
            if where == UNKNOWN:
                known = False
            elif where is None or UNKNOWN in where or to is None or UNKNOWN in to:
                known = (not away or self.lose(source, cwd)) and known
                if where is None and to is not None and UNKNOWN not in to:
                    self._from_outside(source, to, into)
            else:
                for path in list(matching(where, self.ground)):
                    self._carry(path, to, into=into, away=away)
        return known

    def _from_outside(self, source: str, to: str, into: bool) -> None:
        """Files that come from elsewhere: their names are known, not their content."""
        name = os.path.basename(source.rstrip("/"))
        path = f"{to}/{name}".strip("/") if into else to
        kind = self.ground.kind(path)
        if path and kind != TREE and (not kind or self.keeper(path)):
            self.ground.write(path, b"")

    def _carry(self, path: str, to: str, *, into: bool, away: bool) -> None:
        home = f"{to}/{path.rpartition('/')[2]}".strip("/") if into else to
        if not home or f"{home}/".startswith(f"{path}/"):
            return
        for file in list(self.ground.files(path)):
            entry = self.ground.entry(file)
            if entry is None:
                continue
            if away:
                self.ground.remove(file)
            self.ground.put(home + file[len(path) :], entry)
