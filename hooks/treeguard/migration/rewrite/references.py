"""Rewrites what a file that is not Python uses: the paths and names that `facts` finds.

`languages` has a reader for every format (Dockerfile, Compose, CI, Makefile, shell,
PowerShell, batch, pyproject.toml, setup.cfg and more), and each use knows where it is
written. Here it is told anew, in place, and the same reader has to find the same things
in the result. What a format says in other ways has a rewriter of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.analysis.import_candidates import dotted_names
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.python.file_names import maybe_python
from treeguard.languages.references import may_refer
from treeguard.languages.references import reader_of
from treeguard.languages.references import spans_in
from treeguard.languages.spans import BARE
from treeguard.languages.spans import COMPOSE_FILE
from treeguard.languages.spans import DOCKERFILE
from treeguard.languages.spans import FOLDER
from treeguard.languages.spans import OWN
from treeguard.languages.spans import WORD
from treeguard.languages.spans import Span
from treeguard.migration.context import MoveContext
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.base_folders import bases
from treeguard.migration.rewrite.base_folders import is_certain
from treeguard.migration.rewrite.container_paths import is_kept
from treeguard.migration.rewrite.default_files import implied
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.encoded_source import EncodedSource
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import Told
from treeguard.migration.rewrite.paths import home
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import target_of
from treeguard.migration.rewrite.python_mentions import MAY_BE_NAME
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError
from treeguard.trees import REGULAR

_KINDS = {
    "dockerfile": "dockerfile",
    "yaml_files": "yaml",
    "makefile": "make",
    "python_project": "config",
    "json_files": "json",
    "script_files": "shell",
}
_PLAIN = re.compile(r"[\w./@%+=:,-]+")
_BUILT = frozenset("$%})")
_DOTS = re.compile(r"\.\.(?:/\.\.)*(?=/)")
_AT_RUN_TIME = "it is built when it runs"


def may_hold(path: str) -> bool:
    """True for what `facts` reads uses in, by its name; Python has its own rewriter."""
    return may_refer(path) and not path.endswith((".py", ".pyi", ".pyw"))


def rewrites(path: str, data: bytes, world: MoveContext) -> Iterator[Edit | Undecided]:
    """Edits of the uses in the file at `path`, its place before the moves.

    Needs `world.after`.
    """
    reader = reader_of(path, data)
    if reader is None or (
        maybe_python(path, REGULAR)
        and data.startswith(b"#!/")
        and b"python" in data[:100]
    ):
        return
    try:
        decoded = EncodedSource(data)
    except UnicodeDecodeError:
        yield from _untouched(path, data, world)
        return
    # A word may be used, and be a word besides.
    made = list(dict.fromkeys(_all(path, data, decoded, world)))
    edits = [one for one in made if isinstance(one, Edit)]
    fault = _fault(path, data, edits, world)
    if fault:
        yield Undecided(path, edits[0].line, path, fault)
        made = [one for one in made if isinstance(one, Undecided)]
    yield from made


def _all(
    path: str, data: bytes, decoded: EncodedSource, world: MoveContext
) -> Iterator[Edit | Undecided]:
    reader = reader_of(path, data)
    assert reader is not None
    kind = kind_of(path, reader[0])
    for span in sorted(set(spans_in(path, data, decoded.chars))):
        told = _told(path, reader[0], span, decoded.chars, world)
        if told is None:
            continue
        raw = decoded.chars[span.start : span.end]
        why = told.why or (raw and _unwritable(raw, span, told.text, decoded.chars))
        if why:
            yield Undecided(path, decoded.line(span.start), raw, why)
        else:
            text = told.text.replace("/", "\\") if "\\" in raw else told.text
            yield decoded.edit(span.start, span.end, text, kind)


def kind_of(path: str, reader: str) -> str:
    """The word under which the edits of a file are counted."""
    name = path.rpartition("/")[2]
    if reader == "yaml_files":
        if path.startswith(".github/"):
            return "workflow"
        if name.startswith((".gitlab-ci", "azure-pipelines")):
            return "pipeline"
        if "compose" in name:
            return "compose"
    return _KINDS.get(reader, reader)


def _told(
    path: str, reader: str, span: Span, chars: str, world: MoveContext
) -> Told | None:
    """How a use has to read afterwards; None where it still reads right."""
    if span.kind == STRING:
        return _name_told(path, span, chars, world)
    if span.kind in (DOCKERFILE, COMPOSE_FILE):
        [base, *_] = bases(path, reader, span.base, world)
        return implied(span, base, world)
    if span.kind == FOLDER and span.base in ("", OWN):
        return _own_told(path, span, world)
    written = _written(span, chars)
    answers: list[Told | None] = []
    for base in bases(path, reader, span.base, world):
        if span.kind == FOLDER and world.before.entry(base.old) is None:
            continue
        answer = _path_told(written, span.open_end, base, world)
        if answer is _NOTHING and span.base and span.kind == WORD:
            answer = _upwards(written, base, world)
        if answer is not _NOTHING:
            answers.append(answer)
            if is_certain(path, reader, span):
                break
    if not answers:
        return None
    first = answers[0]
    if any(answer != first for answer in answers[1:]):
        return Told(written, "it may be told from the root or from the file's folder")
    if first is not None and span.in_container and is_kept(path, written, world):
        return None
    if first is not None and span.kind == BARE:
        return Told(written, MAY_BE_NAME)
    if first is not None and _is_built(span, chars):
        return Told(written, _AT_RUN_TIME)
    is_upwards = span.kind == WORD and written.startswith("..") and not span.base
    if first is not None and is_upwards and reader == "script_files":
        return Told(written, "nobody knows in which folder it is read")
    return first


_NOTHING = Told("", "nothing there")


def _path_told(
    written: str, open_end: bool, base: Base, world: MoveContext
) -> Told | None:
    """As `paths.moved_path`; `_NOTHING` where the path names nothing from there."""
    head = written
    if open_end:
        head = written[: written.rfind("/") + 1]
        start = _joined(base.old, written)
        torn = any(old.startswith(start) for old in world.moves)
        whole = head and target_of(head, base.old, world) in world.folders
        if torn and not whole:
            return Told(written, "some of what it stands for moves")
    if not head or target_of(head, base.old, world) is None:
        return _NOTHING
    told = moved_path(head, base.old, base.new, world)
    if told is None or told.why or not open_end:
        return told
    return Told(told.text + written[len(head) :])


def _own_told(path: str, span: Span, world: MoveContext) -> Told | None:
    """`cd "$(dirname "$0")/.."` in a file that moves: told if it leads elsewhere."""
    here, there = parent_folder(path), parent_folder(world.where(path))
    told = moved_path(span.text, here, there, world) if span.base == OWN else None
    return told and Told(span.text, "it is told from this file's own folder")


def _upwards(written: str, base: Base, world: MoveContext) -> Told | None:
    """A path to what Git does not have, by `..` from a folder gone into that moves."""
    dots = _DOTS.match(written)
    entered = world.before.entry(base.old) is not None
    if dots is None or not entered or base.old == base.new:
        return _NOTHING
    told = moved_path(dots[0], base.old, base.new, world)
    return told and Told(told.text + written[dots.end() :], told.why)


def _joined(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path


def _written(span: Span, chars: str) -> str:
    """What is written, with slashes; the use's own text where no folder precedes it."""
    is_joined = span.base or span.kind == BARE or span.text.startswith("/")
    return chars[span.start : span.end].replace("\\", "/") if is_joined else span.text


def _is_built(span: Span, chars: str) -> bool:
    """True if something known only at run time stands right before the path.

    The editor's word for the repository's root is known.
    """
    start = span.start
    if chars[:start].endswith(("${workspaceFolder}/", "${workspaceRoot}/")):
        return False
    while start and not chars[start - 1].isspace() and chars[start - 1] not in "'\"=:,":
        start -= 1
    return not _BUILT.isdisjoint(chars[start : span.start])


def _unwritable(raw: str, span: Span, text: str, chars: str) -> str:
    """Why the new text cannot stand where the old one stood; empty if it can."""
    if span.kind in (PATH, WORD) and raw.replace("\\", "/") != _written(span, chars):
        return "it is not written as one plain word"
    if not _PLAIN.fullmatch(text) and _PLAIN.fullmatch(raw):
        return f"{text} would have to be quoted here"
    return ""


def _name_told(path: str, span: Span, chars: str, world: MoveContext) -> Told | None:
    if span.open_end:
        return _prefix_told(path, span, world)
    names = Names(path, world)
    try:
        new = renamed(names, span.text)
    except UndecidedError as error:
        return Told(span.text, str(error))
    if new == span.text:
        return None
    if chars[span.start : span.end] != span.text:
        return Told(span.text, "it is not written as one plain word")
    return Told(new)


def _prefix_told(path: str, span: Span, world: MoveContext) -> Told | None:
    """A name whose end is only known at run time: told if what it begins with moves."""
    name = Name(span.text.rstrip(".\0"))
    names = Names(path, world)
    targets = names.led(name, STRING).targets
    if targets and names.leads(name, STRING) != names.expected(targets):
        return Told(span.text.rstrip("\0"), _AT_RUN_TIME)
    return None


def renamed(names: Names, module: str) -> str:
    """How a dotted name is written now; raises `UndecidedError`.

    Its last parts may be attributes: `a.b.Class` follows `a.b`.
    """
    parts = dotted_names(module)
    known = names.depth(Name(module))
    if not known:
        return module
    found = names.renamed(Name(".".join(parts[:known])), STRING)
    return ".".join([found.module, *parts[known:]])


def _fault(path: str, data: bytes, edits: list[Edit], world: MoveContext) -> str:
    """Why the result is not what was meant: its reader must find each new text."""
    if not edits:
        return ""
    result = apply_edits(data, edits)
    now = EncodedSource(result)
    found = {now.byte(span.start) for span in spans_in(path, result, now.chars)}
    shift = 0
    for edit in sorted(edits):
        if edit.end > edit.start and edit.start + shift not in found:
            return f"line {edit.line} would no longer be read as it was"
        shift += len(edit.text) - (edit.end - edit.start)
    return ""


def _untouched(path: str, data: bytes, world: MoveContext) -> Iterator[Undecided]:
    """What a file in another encoding says of what moves."""
    for item in world.before.references(path):
        targets = world.before.resolve(path, item).targets
        if any(
            home(world, target.rstrip("/")) != target.rstrip("/") for target in targets
        ):
            yield Undecided(path, item.line, item.module, "the file is not in UTF-8")
