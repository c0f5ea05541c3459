"""Rewrites .gitignore, .dockerignore, .gitattributes and CODEOWNERS.

Ignore rules are only ever added to: the old one stays, since what it hid (a secret, a
build) may still lie there. Attributes and owners follow their files: afterwards every
moved file has those that it had, or it is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.migration.context import MoveContext
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite import ignore_lines
from treeguard.migration.rewrite.ignore_lines import ATTRIBUTES
from treeguard.migration.rewrite.ignore_lines import DOCKER
from treeguard.migration.rewrite.ignore_lines import IGNORE
from treeguard.migration.rewrite.ignore_lines import OWNERS
from treeguard.migration.rewrite.ignore_lines import Rule
from treeguard.migration.rewrite.text_edits import Change
from treeguard.migration.rewrite.text_edits import changed
from treeguard.migration.rewrite.text_edits import edits_of

_KINDS = {
    IGNORE: "ignore",
    DOCKER: "ignore",
    ATTRIBUTES: "attributes",
    OWNERS: "owners",
}
_SECTION = re.compile(r"^\^?\[", re.MULTILINE)


def may_hold(path: str) -> bool:
    """True for the four of them, by name."""
    return ignore_lines.kind_of(path) is not None


def rewrites(path: str, data: bytes, world: MoveContext) -> Iterator[Edit | Undecided]:
    """Edits of the file at `path`, its place before the moves."""
    kind = ignore_lines.kind_of(path)
    assert kind is not None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        yield Undecided(path, 1, path, "the file is not UTF-8 and is not edited")
        return
    base = ignore_lines.base_of(path, kind)
    new_base = ignore_lines.base_of(world.where(path), kind)
    if base != new_base and world.folders.get(base) != new_base:
        why = "the file moves away from the folder that its patterns are for"
        yield Undecided(path, 1, path, why)
        return
    one = _File(path, kind, text, base, new_base, world)
    changes = list(one.followed())
    if kind in (ATTRIBUTES, OWNERS):
        changes += one.completed(changes)
    yield from edits_of(text, changes, one.line, _KINDS[kind])
    yield from one.undecided


class _File:
    """One file of rules while it is rewritten."""

    def __init__(
        self,
        path: str,
        kind: str,
        text: str,
        base: str,
        new_base: str,
        world: MoveContext,
    ) -> None:
        self.path, self.kind, self.text, self.world = path, kind, text, world
        self.base, self.new_base = base, new_base
        self.rules = list(ignore_lines.rules(text, base, kind))
        self.undecided: list[Undecided] = []
        self.end = "\r\n" if "\r\n" in text else "\n"
        self.last: dict[str, Rule | None] = {}

    def line(self, place: int) -> int:
        return self.text.count("\n", 0, place) + 1

    def followed(self) -> Iterator[Change]:
        """Patterns whose folders move: rewritten, or told a second time."""
        written = {(rule.pattern, rule.rest) for rule in self.rules}
        for rule in self.rules:
            added = []
            for new in self._new_patterns(rule):
                if self._serves(rule):
                    if (new, rule.rest) not in written:
                        added.append(f"{self.end}{self._quoted(new)}{rule.rest}")
                else:
                    yield Change(rule.start, rule.end, self._quoted(new))
            if added:
                yield Change(rule.last, rule.last, "".join(added))

    def _new_patterns(self, rule: Rule) -> Iterator[str]:
        """How the rule reads for the new places of what it was for."""
        always = self.kind == DOCKER
        stays = ignore_lines.rooted_at(self.new_base, rule.pattern, always)
        ignores = self.kind in (IGNORE, DOCKER)
        single = ignore_lines.moved_pattern(rule.rooted, self.world)
        several = ignore_lines.moved_patterns(rule.rooted, self.world)
        for rooted in several if ignores else filter(None, [single]):
            if rooted == stays:
                continue
            new = ignore_lines.told_in(self.new_base, rooted, rule.pattern)
            if new is None:
                why = "what it is for moves out of the folder of this file"
                self._left(rule, why)
            else:
                yield new

    def _serves(self, rule: Rule) -> bool:
        """True if the old pattern has to stay: it may be for something afterwards."""
        if self.kind in (IGNORE, DOCKER):
            return True
        after = self.world.after
        assert after is not None
        rooted = ignore_lines.rooted_at(self.new_base, rule.pattern)
        again = rule._replace(rooted=rooted)
        return any(
            ignore_lines.matches(again, path, self.kind)
            for path, _entry in after.snapshot.files()
        )

    def completed(self, changes: list[Change]) -> list[Change]:
        """Lines for the moved files of which the file would now say something else."""
        now = self._rules_after(changes)
        wanted: dict[str, str] = {}
        for old, new in sorted(self.world.moves.items()):
            if not old.startswith(f"{self.base}/" if self.base else ""):
                continue
            was, said = self._said(self.rules, old), self._said(now, new)
            if was != said:
                wanted[new] = self._line_for(new, was, said)
        if not wanted or self._refuses(wanted):
            return []
        lines = self._lines(wanted)
        gap = "" if self.text.endswith("\n") or not self.text else self.end
        tail = self.end if not gap else ""
        added = gap + self.end.join(lines) + tail
        made = [Change(len(self.text), len(self.text), added)]
        if self._holds([*changes, *made]):
            return made
        for new in wanted:
            self._untold(new)
        return []

    def _rules_after(self, changes: list[Change]) -> list[Rule]:
        text = changed(self.text, 0, len(self.text), changes)
        return list(ignore_lines.rules(text, self.new_base, self.kind))

    def _holds(self, changes: list[Change]) -> bool:
        now = self._rules_after(changes)
        return all(
            self._said(self.rules, old) == self._said(now, new)
            for old, new in self.world.moves.items()
            if old.startswith(f"{self.base}/" if self.base else "")
        )

    def _said(self, rules: list[Rule], path: str) -> dict[str, str]:
        """What the file says of a path: its owners, or each attribute."""
        said: dict[str, str] = {}
        for rule in rules:
            if ignore_lines.matches(rule, path, self.kind):
                words = rule.rest.partition(" #")[0].split()
                if self.kind == OWNERS:
                    said = {"owners": " ".join(words)}
                else:
                    said.update({_attribute(word): word for word in words})
        return {name: word for name, word in said.items() if not word.startswith("!")}

    def _line_for(self, path: str, was: dict[str, str], said: dict[str, str]) -> str:
        if self.kind == OWNERS:
            return was.get("owners", "")
        words = [word for name, word in was.items() if said.get(name) != word]
        return " ".join([*words, *(f"!{name}" for name in said if name not in was)])

    def _refuses(self, wanted: dict[str, str]) -> bool:
        """Nobody said whose these are, or sections make the order of lines matter."""
        sections = self.kind == OWNERS and _SECTION.search(self.text)
        lost = [new for new, rest in wanted.items() if sections or not rest]
        lost += [new for new in wanted if not self._pattern(new)]
        for new in dict.fromkeys(lost):
            self._untold(new)
        for new in lost:
            wanted.pop(new, None)
        return not wanted

    def _lines(self, wanted: dict[str, str]) -> list[str]:
        """One line for a folder where every file of it wants the same."""
        after = self.world.after
        assert after is not None
        files = [path for path, _entry in after.snapshot.files()]
        lines: dict[str, None] = {}
        for new, rest in wanted.items():
            pattern, folder = self._pattern(new), parent_folder(new)
            while folder and (whole := self._pattern(folder)):
                inside = [path for path in files if path.startswith(f"{folder}/")]
                if any(wanted.get(path) != rest for path in inside):
                    break
                if len(inside) > 1:
                    pattern = whole + ("/" if self.kind == OWNERS else "/**")
                folder = parent_folder(folder)
            lines[f"{pattern} {rest}"] = None
        return list(lines)

    def _pattern(self, path: str) -> str:
        """The pattern of one path; empty where this file cannot name it."""
        rooted = f"/{ignore_lines.escaped(path)}"
        return self._quoted(ignore_lines.told_in(self.new_base, rooted, "/") or "")

    def _quoted(self, pattern: str) -> str:
        if " " not in pattern or self.kind in (IGNORE, DOCKER):
            return pattern
        if self.kind == OWNERS:
            return pattern.replace(" ", "\\ ")
        return '"' + pattern.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def _left(self, rule: Rule, why: str) -> None:
        line = self.line(rule.start)
        self.undecided.append(Undecided(self.path, line, rule.pattern, why))

    def _untold(self, new: str) -> None:
        what = "owners" if self.kind == OWNERS else "attributes"
        why = f"its {what} would not be those that it had before"
        self.undecided.append(Undecided(self.path, 1, new, why))


def _attribute(word: str) -> str:
    return word.lstrip("-!").partition("=")[0]
