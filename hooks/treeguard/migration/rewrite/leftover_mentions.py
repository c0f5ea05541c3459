"""List what still names an old place when every rewriter is done.

So everything is either edited or listed. Paths with either slash, escaped as in a
regular expression or in an address, after a variable, in other case; and dotted names
by the module that they lead to. A bare word is no path. In prose, and in the code in
it, a word is a path only if it leads to something.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages import ignore_files
from treeguard.languages.documents import Reading
from treeguard.languages.documents import line_starts
from treeguard.languages.documents import published
from treeguard.languages.markdown import is_markdown
from treeguard.languages.python.file_names import maybe_python
from treeguard.languages.references import spans_in
from treeguard.languages.restructuredtext import is_restructuredtext
from treeguard.languages.spans import REF
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.addresses import own_names
from treeguard.migration.rewrite.addresses import published_now
from treeguard.migration.rewrite.edits import overlaps
from treeguard.migration.rewrite.object_names import renamed_object
from treeguard.migration.rewrite.paths import NewText
from treeguard.migration.rewrite.paths import home
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import moved_with_folder
from treeguard.migration.rewrite.paths import target_of
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError
from treeguard.plans import DATA
from treeguard.plans import Edit
from treeguard.plans import Undecided
from treeguard.trees import REGULAR

# Nothing in them can be read: pictures, sound, archives, fonts.
_PACKED = re.compile(
    r".*\.(?:png|jpe?g|gif|webp|ico|bmp|tiff?|mp[34]|mov|avi|ogg|wav|zip|gz|tgz|bz2|xz"
    r"|zst|7z|rar|whl|jar|woff2?|ttf|otf|eot|pdf)",
    re.IGNORECASE,
)
_DATA = re.compile(
    r".*\.(?:json|jsonl|ndjson|geojson|csv|tsv|ipynb|log|lock|svg|sum|snap|parquet|pkl"
    r"|pickle|joblib|np[yz]|pth?|bin|onnx|h5|db|sqlite3?|safetensors|map)",
    re.IGNORECASE,
)
# Configuration that has no rewriter of its own, or that a rewriter may not know whole.
_SETTINGS = re.compile(
    r"(?!(?:.*/)?(?:docker-)?compose[^/]*$|(?:.*/)?kustomization\.ya?ml$|\.github/)"
    r".*\.(?:ya?ml|json5?|toml|tf|hcl|xml|properties)"
)
_NO_TEXT = re.compile("[\udc80-\udcff]")
_NAMES = "it names "
# Data is counted and not quoted: nobody reads a thousand lines of measurements.
_FEW, _MANY = 3, 20

_TOKEN = re.compile(r"[^\s\"'`<>()\[\]{},;|=*?!&#^:\x00-\x1f\x7f]{2,400}")
_PARTS = re.compile(r"[/\\.%]+")
_LEAD = re.compile(r"(?:\$\w+|%~?\w+%?|@|~(?!/))?(?P<up>(?:/?\.\.?(?=/|$))*)")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_ESCAPED_END = re.compile(r"\\[nrt]")
_ESCAPED = re.compile(r"\\+(?=[./-])")
_VARIABLE_ENDS = frozenset("})%\"'")
# Their dots lead to members, not to modules.
_MOST_PARTS = 100  # of a dotted name: no module is as far down
_CODE = re.compile(r".*\.(?:[jt]sx?|[cm][jt]s|css|scss|java|go|rs|c|h|cpp|vue|svelte)")
# Their paths start in their own folder.
_FROM_ITSELF = re.compile(r".*\.(?:html?|css|scss|[jt]sx?|[cm][jt]s|vue|svelte|tex)")
# In prose.
# No scheme is longer: each letter of a long word would look to its end for one.
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s<>\"'`)\]]+")
_WORD = re.compile(r"[^\s`'\"()<>\[\]{},;:|=*?#!\\]+")
PROSE = "named in prose, left as it is"
CODE = "named in code, left as it is"


def may_hold(path: str) -> bool:
    """Return False where nothing can be read, for the policy, which names old places,
    and for ignore rules, in which they stay on purpose."""
    kept = ignore_files.kind_of(path) in (ignore_files.IGNORE, ignore_files.DOCKER)
    return path != "policy.toml" and not kept and not _PACKED.fullmatch(path)


def is_mention(one: Undecided) -> bool:
    """Return True for a place that is only named, which frozen files need not list."""
    return one.why in (PROSE, CODE) or one.why.startswith(_NAMES)


def remaining(
    path: str,
    data: bytes,
    context: MoveContext,
    edits: Iterable[Edit],
    listed: Iterable[Undecided],
) -> Iterator[Undecided]:
    """Yield what neither `edits` nor `listed` covers in the file at `path`, its place
    before the moves."""
    text = _text(data)
    lines = line_starts(text)
    texts: dict[int, list[str]] = {}
    for one in listed:
        texts.setdefault(one.line, []).append(one.text)
    edited = sorted((edit.start, edit.end) for edit in edits)

    def unedited(places: Iterable[Found]) -> list[Undecided]:
        return [
            Undecided(
                path,
                bisect_right(lines, one.start),
                text[one.start : one.end],
                _why(one, context),
            )
            for one in places
            if not overlaps(edited, _span(text, data, one))
        ]

    names = OldNames(path, text, context)
    places = list(names.found())
    refs = _refs(path, data, text) if places else []
    found = [
        one
        for one in unedited(one for one in places if not overlaps(refs, one[:2]))
        if not _is_listed(texts.get(one.line, ()), one.text)
    ]
    yield from _shown(path, data, [one._replace(text=one.text[:80]) for one in found])
    if names.folder != names.new_folder and _SETTINGS.fullmatch(path):
        yield from _left_behind(unedited(names.left_behind()))


def _refs(path: str, data: bytes, text: str) -> list[tuple[int, int]]:
    """Return the places of what is spelled as a path and is none: branches, tags."""
    return sorted(one[:2] for one in spans_in(path, data, text) if one.kind == REF)


def _why(one: Found, context: MoveContext) -> str:
    stays = home(context, one.old) == one.old
    what = "from the folder that this file leaves" if stays else "which moves away"
    return f"{_NAMES}{one.old}, {what}"


def _left_behind(found: list[Undecided]) -> Iterator[Undecided]:
    """Yield, once, the paths of a configuration that moves in an unknown format.

    They may start in its own folder.
    """
    if found:
        paths = f"this and {len(found) - 1} more of its paths"
        paths = "this path" if len(found) == 1 else paths
        why = f"the file moves, and {paths} may start in its own folder"
        yield found[0]._replace(text=found[0].text[:80], why=why)


def _shown(path: str, data: bytes, left: list[Undecided]) -> Iterator[Undecided]:
    is_data = b"\0" in data or _DATA.fullmatch(path) is not None
    if len(left) <= (_FEW if is_data else _MANY) and b"\0" not in data:
        for one in left:
            what = DATA if is_data else "it is left as it is"
            yield one._replace(why=f"{one.why}; {what}")
        return
    if left:
        first = left[0]
        what = DATA if is_data else "too many to be listed one by one"
        count = f"{len(left)} times" if len(left) > 1 else "once"
        why = f"{first.why}: {count} in this file; {what}"
        yield first._replace(why=why)


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    text = data.decode("utf-8", "surrogateescape")
    # In binary data such a byte is no part of a word.
    return _NO_TEXT.sub(" ", text) if b"\0" in data else text


def _span(text: str, data: bytes, one: Found) -> tuple[int, int]:
    """Return its place in the bytes; characters are bytes in nearly every file."""
    if len(text) == len(data):
        return one.start, one.end
    start = len(text[: one.start].encode("utf-8", "surrogateescape"))
    size = len(text[one.start : one.end].encode("utf-8", "surrogateescape"))
    return start, start + size


def _is_listed(texts: Iterable[str], token: str) -> bool:
    plain = token.strip("./")
    return any(plain in one or one.strip("./") in plain for one in texts)


def is_relative_to_itself(path: str) -> bool:
    """Return True for pages, scripts and styles: their paths start in their folder."""
    return _FROM_ITSELF.fullmatch(path) is not None


def mentions(
    path: str,
    text: str,
    context: MoveContext,
    reading: Reading,
    understood: Iterable[tuple[int, int]] = (),
) -> Iterator[Undecided]:
    """Yield every name of a moved place outside what is `understood`, with its line."""
    blank = [*understood, *(found.span() for found in _ELSEWHERE.finditer(text))]
    rest = _without(text, blank)
    kept: dict[str, tuple[bool, bool]] = {}
    for found in _WORD.finditer(rest):
        word = found[0].rstrip(".").removeprefix("@")
        meant = kept.get(word)
        if meant is None:
            in_prose = _is_meant(path, word, context)
            meant = kept[word] = (in_prose, in_prose or word in context.moves)
        # Few words are meant: only of those it counts whether they are in code.
        if meant[1] and meant[code := reading.in_code(found.start())]:
            line = reading.line(found.start())
            yield Undecided(path, line, word, CODE if code else PROSE)


def _is_meant(path: str, word: str, context: MoveContext) -> bool:
    if "/" in word.rstrip("/") or word.endswith("/"):
        return names_moved(path, word, context)
    if _DOTTED.fullmatch(word) and names_moved_module(word, context):
        return True
    is_name = "." in word.strip(".") or word.startswith(".")
    return is_name and names_moved(path, word, context)


def names_moved(path: str, text: str, context: MoveContext) -> bool:
    """Return True if a path, from the root or the file's folder, names what moves.

    So does a file that Git does not have, in a folder that moves; after a slash it is
    one of the machine: `/etc/localtime`.
    """
    if target_of(f"/{text}", "", context):
        return moved_path(f"/{text.lstrip('/')}", "", "", context) is not None
    if text.startswith("/"):
        return False
    folder, new_folder = parent_folder(path), parent_folder(context.where(path))
    if target_of(text, folder, context):
        return moved_path(text, folder, new_folder, context) is not None
    return moved_with_folder(text.strip("/"), context) is not None


class Found(NamedTuple):
    """The characters from `start` to `end` name `old`."""

    start: int
    end: int
    old: str


class OldNames:
    """Look for old places in one text."""

    def __init__(self, path: str, text: str, context: MoveContext) -> None:
        self.path, self.text, self.context = path, text, context
        self.folder = parent_folder(path)
        self.new_folder = parent_folder(context.where(path))
        self.is_python = maybe_python(path, REGULAR) and "." in path
        facts = context.before.source(path) if self.is_python else None
        is_read = self.is_python and not (facts is not None and facts.error)
        self.has_names = not is_read and not _CODE.fullmatch(path)
        self.is_binary = "\0" in text
        self.is_prose = is_markdown(path) or is_restructuredtext(path)
        self.has_rules = ignore_files.kind_of(path) is not None
        self.is_page = is_relative_to_itself(path)
        self.kept: dict[tuple[str, str], str | None] = {}

    def found(self) -> Iterator[Found]:
        """Yield every place that names what moves."""
        for match in _TOKEN.finditer(self.text):
            token = match[0].rstrip(".,")
            if not _PARTS.search(token):
                continue
            start = match.start()
            if token.startswith("//") and self.text.endswith("ext:", 0, start):
                # logging.config imports what follows `ext://`.
                token, start = token[2:], start + 2
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
        """Yield every path that leads somewhere from the file's old folder, and to
        nothing from its new one."""
        for match in _TOKEN.finditer(self.text):
            token = match[0].rstrip(".,")
            if "/" not in token or token.startswith(("/", "~")):
                continue
            known = self._known(token)
            target = target_of(known, self.folder, self.context) if known else None
            if not target or home(self.context, target) != target:
                continue
            if self._moved(known) is not None:
                yield Found(match.start(), match.start() + len(token), target)

    def _known(self, token: str) -> str:
        """Return what of a path Git has, which may be a folder for what is made there:
        `../web/static/build`. Empty if that is none but dots."""
        while token.strip("./") and not target_of(token, self.folder, self.context):
            token = token.rpartition("/")[0] if token.startswith("../") else ""
        return token if token.strip("./") else ""

    def _counts(self, start: int, old: str, token: str) -> bool:
        """Return False for a division in Python code, and for the pattern of a rule.

        A path in code is quoted, or whole. What a pattern matches, the rewriter of
        rules compares; only comments count there.
        """
        line = self.text[self.text.rfind("\n", 0, start) + 1 : start].lstrip()
        if self.has_rules:
            return line.startswith("#")
        if not self.is_python or token.strip("./") == old:
            return True
        return any(mark in line for mark in "\"'#")

    def _old(self, token: str, before: str) -> str | None:
        """Return the old place that a token names."""
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
        if not _DOTTED.fullmatch(token) or not names_moved_module(token, self.context):
            return False
        try:
            return renamed_object(Names(self.path, self.context), token) != token
        except UndecidedError:
            return True

    def _may_name(self, token: str) -> bool:
        """Return True if a token holds a name of what moves, or may hide one."""
        if "\\" in token or "%" in token:
            return True
        return not self.context.old.names.isdisjoint(_PARTS.split(token.casefold()))

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
            return self._folded(parts)  # `mentions` lists the others
        if not is_built and not is_rooted:
            target = target_of(token, self.folder, self.context)
            is_moved = self._moved(token) is not None
            if target and (not is_moved or home(self.context, target) != target):
                return target if is_moved else None
            if target:
                return target if self.is_page else None
            if self.is_page and lead["up"]:
                lost = self._unended(token)
                if lost is not None:
                    return lost or None
        marked = is_built or bool(lead["up"]) or is_rooted
        return self._named(parts, marked, is_rooted, token.endswith("/"))

    def _moved(self, token: str) -> NewText | None:
        return moved_path(token, self.folder, self.new_folder, self.context)

    def _unended(self, token: str) -> str | None:
        """Return the file that a script imports without its ending, empty if it still
        does: `import '../shared/dates'`. None if there is no such file."""
        stem = normal(f"{self.folder}/{token}")
        after = normal(f"{self.new_folder}/{token}")
        folder = parent_folder(stem or "")
        for name in self.context.before.children(folder) if stem else ():
            path = f"{folder}/{name}" if folder else name
            if path.rpartition(".")[0] == stem:
                there = home(self.context, path) or ""
                return "" if there.rpartition(".")[0] == after else path
        return None

    def _named(
        self, parts: list[str], marked: bool, rooted: bool, is_folder: bool
    ) -> str | None:
        whole = "/".join(parts)
        if len(parts) > 1 or marked or is_folder or "." in whole.strip("."):
            if not (rooted and len(parts) == 1) and _is_old(whole, self.context):
                return whole
            folded = self._folded(parts)
            if folded is not None:
                return folded
        for count in range(len(parts) - 1, 0, -1) if not rooted else ():
            head = "/".join(parts[:count])
            if head not in self.context.moves and _is_old(head, self.context):
                return None if self._ends_another(whole) else head
        return None

    def _ends_another(self, path: str) -> bool:
        """Return True if a file's path ends so: it starts in a folder around that."""
        end = f"/{path}"
        files = self.context.before.snapshot.files()
        return any(one.endswith(end) for one, _entry in files)

    def _folded(self, parts: list[str]) -> str | None:
        """Return the old place that the path is but for case."""
        path = "/".join(parts)
        folded = self.context.old.folded.get(path.casefold())
        return None if self.context.before.entry(path) is not None else folded

    def _published(self) -> Iterator[Found]:
        own = own_names(self.context) if "github" in self.text else frozenset()
        for one in published(self.text):
            if published_now(one, own, self.context) is not None:
                yield Found(one.start, one.end, one.raw)


def _is_old(path: str, context: MoveContext) -> bool:
    """Return True for a file or folder that is somewhere else afterwards."""
    if path in context.moves or path in context.folders:
        return True
    after = context.after
    gone = after is not None and after.entry(path) is None
    return gone and context.before.entry(path) is not None


def _variants(token: str) -> Iterator[str]:
    """Yield how a token may be meant: as a path, an expression, an address."""
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


def names_moved_module(text: str, context: MoveContext) -> bool:
    """Return True if a dotted name is that of a module or package that moves."""
    return any(
        _moves_away(root, text.split("."), context)
        for root in context.before.search_roots.roots
    )


def _moves_away(root: str, parts: list[str], context: MoveContext) -> bool:
    for count in range(min(len(parts), _MOST_PARTS), 1, -1):
        stem = "/".join([root, *parts[:count]] if root else parts[:count])
        for path in (f"{stem}.py", stem):
            if context.before.entry(path) is not None:
                new = context.moves.get(path) or context.folders.get(path)
                return new is not None and not _is_called(new, path, root, context)
    return False


def _is_called(new: str, old: str, root: str, context: MoveContext) -> bool:
    """Return True if what moves from below a root keeps its dotted name, by another
    root: a package that moves to `src/` is called as it was."""
    inner = old.removeprefix(f"{root}/") if root else old
    roots = context.after.search_roots.roots if context.after is not None else ()
    return any(new == (f"{one}/{inner}" if one else inner) for one in roots)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return `text` with blanks in place of the spans, so that every offset stays."""
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters)
