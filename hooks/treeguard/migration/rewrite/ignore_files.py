"""Rewrite .gitignore, .dockerignore, .gitattributes and CODEOWNERS.

Ignore rules are only added: the old one stays, because what it hid (a secret, a build)
may still lie there. Attributes and owners follow their files: every moved file keeps
those that it had, or is listed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages import ignore_files
from treeguard.languages.ignore_files import ATTRIBUTES
from treeguard.languages.ignore_files import DOCKER
from treeguard.languages.ignore_files import IGNORE
from treeguard.languages.ignore_files import OWNERS
from treeguard.languages.ignore_files import Rule
from treeguard.languages.ignore_files import escaped
from treeguard.languages.ignore_files import kind_of
from treeguard.languages.ignore_files import written_in
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.edits import EncodedSource
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.paths import moved_with_folder
from treeguard.plans import Edit
from treeguard.plans import Undecided
from treeguard.policy import globs
from treeguard.trees import folders_above

_KINDS = {
    IGNORE: "ignore",
    DOCKER: "ignore",
    ATTRIBUTES: "attributes",
    OWNERS: "owners",
}
_WILD_END = re.compile(r"[^/]*[*?\[\\].*\Z", re.DOTALL)
_SECTION = re.compile(r"^\^?\[", re.MULTILINE)


def may_hold(path: str) -> bool:
    """Return True for the four of them, by name."""
    return kind_of(path) is not None


def rewrites(
    path: str, data: bytes, context: MoveContext
) -> Iterator[Edit | Undecided]:
    """Yield edits of the file at `path`, its place before the moves."""
    kind = kind_of(path)
    assert kind is not None
    try:
        file = _File(path, kind, data, context)
    except UnicodeDecodeError:
        yield Undecided(path, 1, path, "the file is not UTF-8 and is not edited")
        return
    if file.leaves_its_folder():
        why = "the file moves away from the folder that its patterns are for"
        yield Undecided(path, 1, path, why)
        return
    edits = list(file.followed())
    if kind in (ATTRIBUTES, OWNERS):
        edits += file.completed(edits)
    yield from edits
    yield from file.undecided


class _File:
    """One file of rules while it is rewritten."""

    def __init__(self, path: str, kind: str, data: bytes, context: MoveContext) -> None:
        self.path, self.kind, self.data, self.context = path, kind, data, context
        self.source = EncodedSource(data)
        self.text = self.source.chars
        self.base = ignore_files.base_of(path, kind)
        self.new_base = ignore_files.base_of(context.where(path), kind)
        self.rules = list(ignore_files.read(self.text, self.base, kind))
        self.undecided: list[Undecided] = []
        self.opened: list[str] = []
        self.end = "\r\n" if "\r\n" in self.text else "\n"

    def leaves_its_folder(self) -> bool:
        moved_folder = self.context.folders.get(self.base)
        return self.base != self.new_base and moved_folder != self.new_base

    def edit(self, start: int, end: int, text: str) -> Edit:
        return self.source.edit(start, end, text, _KINDS[self.kind])

    def followed(self) -> Iterator[Edit]:
        """Yield patterns whose folders move: rewritten, or repeated for the new
        place."""
        written = {(rule.pattern, rule.rest) for rule in self.rules}
        for rule in self.rules:
            added = []
            for new in self._new_patterns(rule):
                text = ignore_files.quoted(new, self.kind)
                if not self._is_needed(rule):
                    yield self.edit(rule.start, rule.end, text)
                elif (new, rule.rest) not in written:
                    added.append(f"{self.end}{text}{rule.rest}")
            if added:
                yield self.edit(rule.last, rule.last, "".join(added))

    def _new_patterns(self, rule: Rule) -> Iterator[str]:
        """Yield how the rule reads for the new places of what it matched."""
        stays = ignore_files.rooted(self.new_base, rule.pattern, self.kind)
        for rooted in _moved_patterns(rule.rooted, self._only_adds(), self.context):
            if rooted == stays:
                continue
            new = written_in(self.new_base, rooted, rule.pattern)
            if new is None:
                why = "what it is for moves out of the folder of this file"
                line = Undecided(self.path, rule.line, rule.pattern, why)
                self.undecided.append(line)
            else:
                yield from self._opened(rooted, rule)
                yield new

    def _opened(self, rooted: str, rule: Rule) -> Iterator[str]:
        """Yield what lets Git look for `rooted`, a pattern with `!`, at a new place.

        "It is not possible to re-include a file if a parent directory of that file is
        excluded" (gitignore(5)): each folder above is taken back, and the rest in it
        excluded as before. Docker reads a `!` below an excluded folder.
        """
        if self.kind != IGNORE or not rooted.startswith("!"):
            return
        place = _WILD_END.sub("", rooted.strip("!/"))
        lines = [one.rooted for one in self.rules]
        for folder in folders_above(place):
            if _is_ignored(f"{folder}/", [*lines, *self.opened]):
                for line in (f"!/{folder}/", f"/{folder}/*"):
                    self.opened.append(line)
                    yield written_in(self.new_base, line, rule.pattern) or line

    def _only_adds(self) -> bool:
        return self.kind in (IGNORE, DOCKER)

    def _is_needed(self, rule: Rule) -> bool:
        """Return True if the old pattern may match something after the moves."""
        if self._only_adds():
            return True
        after = self.context.after
        assert after is not None
        rooted = ignore_files.rooted(self.new_base, rule.pattern, self.kind)
        again = rule._replace(rooted=rooted)
        return any(again.matches(path) for path, _entry in after.snapshot.files())

    def completed(self, edits: list[Edit]) -> list[Edit]:
        """Return lines for moved files that would get other words than before."""
        now = self._rules_after(edits)
        wanted: dict[str, str] = {}
        for old, new in sorted(self._moves()):
            was, given = self._given(self.rules, old), self._given(now, new)
            if was != given:
                wanted[new] = self._line_for(was, given)
        wanted = self._possible(wanted)
        if not wanted:
            return []
        lines = self._lines(wanted)
        gap = "" if self.text.endswith("\n") or not self.text else self.end
        tail = self.end if not gap else ""
        added = gap + self.end.join(lines) + tail
        made = [self.edit(len(self.text), len(self.text), added)]
        if self._is_kept([*edits, *made]):
            return made
        for new in wanted:
            self._list(new)
        return []

    def _moves(self) -> Iterator[tuple[str, str]]:
        """Yield the moves of files that this file can match."""
        head = f"{self.base}/" if self.base else ""
        return (one for one in self.context.moves.items() if one[0].startswith(head))

    def _rules_after(self, edits: list[Edit]) -> list[Rule]:
        text = EncodedSource(apply_edits(self.data, edits)).chars
        return list(ignore_files.read(text, self.new_base, self.kind))

    def _is_kept(self, edits: list[Edit]) -> bool:
        now = self._rules_after(edits)
        return all(
            self._given(self.rules, old) == self._given(now, new)
            for old, new in self._moves()
        )

    def _given(self, rules: list[Rule], path: str) -> dict[str, str]:
        """Return the words for a path, without those that only take others away."""
        found = ignore_files.given(rules, path).items()
        return {name: word for name, (_rule, word) in found if word[:1] != "!"}

    def _line_for(self, was: dict[str, str], given: dict[str, str]) -> str:
        if self.kind == OWNERS:
            return was.get("owners", "")
        words = [word for name, word in was.items() if given.get(name) != word]
        return " ".join([*words, *(f"!{name}" for name in given if name not in was)])

    def _possible(self, wanted: dict[str, str]) -> dict[str, str]:
        """Return what a line at the end can give, and list the rest.

        Nobody owned a file before, or sections make the order of lines matter.
        """
        sections = self.kind == OWNERS and _SECTION.search(self.text)
        lost = [new for new, rest in wanted.items() if sections or not rest]
        lost += [new for new in wanted if not self._pattern(new)]
        for new in dict.fromkeys(lost):
            self._list(new)
        return {new: rest for new, rest in wanted.items() if new not in lost}

    def _lines(self, wanted: dict[str, str]) -> list[str]:
        """Return one line for a folder whose files all want the same."""
        after = self.context.after
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
        """Return the pattern of one path; empty if this file cannot name it."""
        pattern = written_in(self.new_base, f"/{escaped(path)}", "/") or ""
        return ignore_files.quoted(pattern, self.kind)

    def _list(self, new: str) -> None:
        what = "owners" if self.kind == OWNERS else "attributes"
        why = f"its {what} would not be those that it had before"
        self.undecided.append(Undecided(self.path, 1, new, why))


def _is_ignored(path: str, patterns: list[str]) -> bool:
    rules = list(ignore_files.read("\n".join(patterns), "", IGNORE))
    return ignore_files.ignoring(rules, path) is not None


def _moved_patterns(
    rooted: str, by_wildcards: bool, context: MoveContext
) -> Iterator[str]:
    """Yield what a pattern of the root has to match at the new places, if it must.

    With `by_wildcards`, also for each moved folder that its wildcards match.
    """
    glob = globs.read(rooted)
    if glob is None or not glob.anchored:
        return
    mark = "!" if glob.negated else ""
    fixed = list(
        itertools.takewhile(lambda part: not set(part) & set("*?[\\"), glob.parts)
    )
    home = moved_with_folder("/".join(fixed), context) if fixed else None
    if home is not None:
        parts = [escaped(home), *glob.parts[len(fixed) :]]
        yield f"{mark}/{'/'.join(parts)}{'/' if glob.folder_only else ''}"
    elif by_wildcards and not glob.floats:
        for folder, home in sorted(context.folders.items()):
            around = context.folders.get(parent_folder(folder))
            if around is not None and home.startswith(f"{around}/"):
                continue
            rest = _below(glob.parts, folder.split("/"))
            if rest is not None and _below(glob.parts, home.split("/")) != rest:
                tail = "/" if glob.folder_only or not rest else ""
                yield f"{mark}/{'/'.join([escaped(home), *rest])}{tail}"


def _below(parts: tuple[str, ...], folder: list[str]) -> list[str] | None:
    """Return what is left of a pattern inside a folder; None if it matches nothing
    there."""
    deep = next((at for at, part in enumerate(parts) if part == "**"), len(parts))
    count = min(deep, len(folder))
    for part, name in zip(parts[:count], folder, strict=False):
        if not re.fullmatch(globs.part_regex(part, itertools.count()), name):
            return None
    return list(parts[count:])
