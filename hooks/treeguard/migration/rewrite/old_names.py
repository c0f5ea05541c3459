"""Where a text names an old place, in any way that it can be written.

Paths with either slash, escaped as in a regular expression or in an address, behind a
variable, in other case; and dotted names by the module that they lead to. A bare word
is no path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages import ignore_files
from treeguard.languages.documents import published
from treeguard.languages.python.file_names import maybe_python
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.addresses import own_names
from treeguard.migration.rewrite.addresses import published_now
from treeguard.migration.rewrite.mention_scan import names_moved_module
from treeguard.migration.rewrite.paths import home
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import target_of
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError
from treeguard.migration.rewrite.references import renamed
from treeguard.trees import REGULAR

_TOKEN = re.compile(r"[^\s\"'`<>()\[\]{},;|=*?!&#^:\x00-\x1f\x7f]{2,400}")
_PARTS = re.compile(r"[/\\.%]+")
_LEAD = re.compile(r"(?:\$\w+|%~?\w+%?|@|~(?!/))?(?P<up>(?:/?\.\.?(?=/|$))*)")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_ESCAPED_END = re.compile(r"\\[nrt]")
_ESCAPED = re.compile(r"\\+(?=[./-])")
_VARIABLE_ENDS = frozenset("})%\"'")
# Their dots lead to members, not to modules.
_CODE = re.compile(r".*\.(?:[jt]sx?|[cm][jt]s|css|scss|java|go|rs|c|h|cpp|vue|svelte)")
# They tell their paths from their own folder.
_FROM_ITSELF = re.compile(r".*\.(?:html?|css|scss|[jt]sx?|[cm][jt]s|vue|svelte|tex)")


def tells_from_itself(path: str) -> bool:
    """True for pages, scripts and styles: each path in them starts in their folder."""
    return _FROM_ITSELF.fullmatch(path) is not None


class Found(NamedTuple):
    """The characters from `start` to `end` name `old`."""

    start: int
    end: int
    old: str


class OldNames:
    """Looks for old places in one text."""

    def __init__(self, path: str, text: str, world: MoveContext) -> None:
        self.path, self.text, self.world = path, text, world
        self.folder = parent_folder(path)
        self.new_folder = parent_folder(world.where(path))
        self.is_python = maybe_python(path, REGULAR) and "." in path
        facts = world.before.source(path) if self.is_python else None
        is_read = self.is_python and not (facts is not None and facts.error)
        self.has_names = not is_read and not _CODE.fullmatch(path)
        self.is_binary = "\0" in text
        self.is_prose = path.lower().endswith((".md", ".markdown", ".mdx", ".rst"))
        self.has_rules = ignore_files.kind_of(path) is not None
        self.is_page = tells_from_itself(path)
        self.kept: dict[tuple[str, str], str | None] = {}

    def found(self) -> Iterator[Found]:
        """Every place that names what moves."""
        for match in _TOKEN.finditer(self.text):
            token = match[0].rstrip(".,")
            if not _PARTS.search(token):
                continue
            start = match.start()
            before = self.text[start - 1] if start else ""
            key = token, before if token.startswith("/") else ""
            if key not in self.kept:
                self.kept[key] = self._old(token, before)
            old = self.kept[key]
            if old is not None and self._counts(start, old, token):
                ahead = max(token.find(old), 0) if self.is_binary else 0
                yield Found(start + ahead, start + len(token), old)
        yield from self._published()

    def left_behind(self) -> Iterator[Found]:
        """Every path that leads somewhere from the file's old folder, and to nothing
        from its new one."""
        for match in _TOKEN.finditer(self.text):
            token = match[0].rstrip(".,")
            if "/" not in token or token.startswith(("/", "~")):
                continue
            target = target_of(token, self.folder, self.world)
            if not target or home(self.world, target) != target:
                continue
            if moved_path(token, self.folder, self.new_folder, self.world) is not None:
                yield Found(match.start(), match.start() + len(token), target)

    def _counts(self, start: int, old: str, token: str) -> bool:
        """In Python code a slash divides: a path stands in quotes there, or is whole.

        Of rules the comments count: what a pattern is for, their rewriter compares.
        """
        line = self.text[self.text.rfind("\n", 0, start) + 1 : start].lstrip()
        if self.has_rules:
            return line.startswith("#")
        if not self.is_python or token.strip("./") == old:
            return True
        return any(mark in line for mark in "\"'#")

    def _old(self, token: str, before: str) -> str | None:
        """The old place that a token names."""
        if self.folder == self.new_folder and not self._may_name(token):
            return None
        if "//" in token or token.startswith("~/"):
            return None
        for one in _variants(token):
            old = self._path(one, before, one == token)
            if old is not None:
                return old
        name = _ESCAPED.sub("", token)
        if not self.has_names or (self.is_prose and name == token):
            return None
        # A pickle writes the length of a text before it: that may be a letter.
        names = (name, name[1:]) if self.is_binary else (name,)
        return next((one for one in names if self._is_renamed(one)), None)

    def _is_renamed(self, token: str) -> bool:
        if not _DOTTED.fullmatch(token) or not names_moved_module(token, self.world):
            return False
        try:
            return renamed(Names(self.path, self.world), token) != token
        except UndecidedError:
            return True

    def _may_name(self, token: str) -> bool:
        """A quick look: it has a name of what moves, or hides what it has."""
        if "\\" in token or "%" in token:
            return True
        return not self.world.old.names.isdisjoint(_PARTS.split(token.casefold()))

    def _path(self, token: str, before: str, is_plain: bool) -> str | None:
        lead = _LEAD.match(token)
        assert lead is not None
        is_built = lead.end() > len(lead["up"]) or (
            token.startswith("/") and before in _VARIABLE_ENDS and before != ""
        )
        body = token[lead.end() :]
        is_rooted = body.startswith("/") and not is_built and not lead["up"]
        if is_rooted and not self.is_page:
            return None  # a place of the machine, or of a container
        parts = [part for part in body.split("/") if part not in ("", ".")]
        if not parts or ".." in parts:
            return None
        if self.is_prose and not is_built and is_plain:
            return self._folded(parts)  # `mentions` has told the others
        if not is_built and not is_rooted:
            target = target_of(token, self.folder, self.world)
            told = moved_path(token, self.folder, self.new_folder, self.world)
            if target and (told is None or home(self.world, target) != target):
                return target if told is not None else None
            if target:
                return target if self.is_page else None
            if self.is_page and lead["up"]:
                lost = self._unended(token)
                if lost is not None:
                    return lost
        marked = is_built or bool(lead["up"]) or is_rooted
        return self._named(parts, marked, is_rooted, token.endswith("/"))

    def _unended(self, token: str) -> str | None:
        """The file that a script imports without its ending, if that ends with the
        moves: `import '../shared/dates'`."""
        stem = normal(f"{self.folder}/{token}")
        after = normal(f"{self.new_folder}/{token}")
        folder = parent_folder(stem or "")
        for name in self.world.before.children(folder) if stem else ():
            path = f"{folder}/{name}" if folder else name
            if path.rpartition(".")[0] == stem:
                there = home(self.world, path) or ""
                return None if there.rpartition(".")[0] == after else path
        return None

    def _named(
        self, parts: list[str], marked: bool, rooted: bool, is_folder: bool
    ) -> str | None:
        whole = "/".join(parts)
        if len(parts) > 1 or marked or is_folder or "." in whole.strip("."):
            if not (rooted and len(parts) == 1) and _is_old(whole, self.world):
                return whole
            folded = self._folded(parts)
            if folded is not None:
                return folded
        for count in range(len(parts) - 1, 0, -1) if not rooted else ():
            head = "/".join(parts[:count])
            if head not in self.world.moves and _is_old(head, self.world):
                return None if self._ends_another(whole) else head
        return None

    def _ends_another(self, path: str) -> bool:
        """True if a file ends so: then it is told from a folder around that one."""
        end = f"/{path}"
        files = self.world.before.snapshot.files()
        return any(one.endswith(end) for one, _entry in files)

    def _folded(self, parts: list[str]) -> str | None:
        """The old place that the path is but for case."""
        path = "/".join(parts)
        folded = self.world.old.folded.get(path.casefold())
        return None if self.world.before.entry(path) is not None else folded

    def _published(self) -> Iterator[Found]:
        own = own_names(self.world) if "github" in self.text else frozenset()
        for one in published(self.text):
            if published_now(one, own, self.world) is not None:
                yield Found(one.start, one.end, one.raw)


def _is_old(path: str, world: MoveContext) -> bool:
    """True for a file or folder that is somewhere else afterwards."""
    if path in world.moves or path in world.folders:
        return True
    after = world.after
    gone = after is not None and after.entry(path) is None
    return gone and world.before.entry(path) is not None


def _variants(token: str) -> Iterator[str]:
    """How a token may be meant: as a path, an expression, an address."""
    if "\\" not in token and "%" not in token:
        yield token
        return
    seen = {
        token.replace("\\\\", "/").replace("\\", "/"): None,
        _ESCAPED.sub("", token): None,
        _ESCAPED_END.split(token)[-1]: None,
    }
    for one in seen:
        yield one
        if "%" in one:
            yield unquote(one)
