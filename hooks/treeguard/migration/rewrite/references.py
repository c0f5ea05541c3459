"""Rewrite the spans of every file that is not Python: one engine for all languages.

`languages` has a reader for every format (Dockerfile, Compose, CI, Makefile, shell,
PowerShell, batch, pyproject.toml, setup.cfg and more), and each span knows where it is
written. Here each gets its new text, decided by its kind, and the same reader has to
find the same things in the result. What only Compose needs besides is in `compose`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from itertools import groupby

from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages import settings
from treeguard.languages.facts import STRING
from treeguard.languages.python.file_names import maybe_python
from treeguard.languages.references import may_refer
from treeguard.languages.references import reader_of
from treeguard.languages.references import spans_in
from treeguard.languages.source_text import from_file
from treeguard.languages.spans import ANYWHERE
from treeguard.languages.spans import BARE
from treeguard.languages.spans import COMPOSE_FILE
from treeguard.languages.spans import DOCKERFILE
from treeguard.languages.spans import DOCKERFILE_KEY
from treeguard.languages.spans import EXPRESSION
from treeguard.languages.spans import FILE
from treeguard.languages.spans import FOLDER
from treeguard.languages.spans import FOLDERS
from treeguard.languages.spans import GLOB
from treeguard.languages.spans import IMAGE
from treeguard.languages.spans import LABEL
from treeguard.languages.spans import MEMBER
from treeguard.languages.spans import MODULES
from treeguard.languages.spans import NAME
from treeguard.languages.spans import OWN
from treeguard.languages.spans import PAGE
from treeguard.languages.spans import PATTERN
from treeguard.languages.spans import PLAIN
from treeguard.languages.spans import QUOTED
from treeguard.languages.spans import REF
from treeguard.languages.spans import SEARCHED
from treeguard.languages.spans import SETTING
from treeguard.languages.spans import SOURCE
from treeguard.languages.spans import TESTS
from treeguard.languages.spans import UNSURE
from treeguard.languages.spans import WORD
from treeguard.languages.spans import Span
from treeguard.languages.yaml_tree import yaml_documents
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite import commands_in_images
from treeguard.migration.rewrite import compose
from treeguard.migration.rewrite.confined_paths import below_kustomization
from treeguard.migration.rewrite.confined_paths import page_now
from treeguard.migration.rewrite.docker import default_file_options
from treeguard.migration.rewrite.edits import EncodedSource
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.edits import first_lost
from treeguard.migration.rewrite.labels import label_now
from treeguard.migration.rewrite.object_names import SURE
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import NewText
from treeguard.migration.rewrite.paths import absent_head
from treeguard.migration.rewrite.paths import bases
from treeguard.migration.rewrite.paths import home
from treeguard.migration.rewrite.paths import is_certain
from treeguard.migration.rewrite.paths import is_wild
from treeguard.migration.rewrite.paths import moved_head
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import moved_with_folder
from treeguard.migration.rewrite.paths import relative
from treeguard.migration.rewrite.paths import target_of
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_strings import MAY_BE_NAME
from treeguard.migration.rewrite.search_folders import left_tests
from treeguard.migration.rewrite.search_folders import not_installed
from treeguard.migration.rewrite.search_folders import searched_folder
from treeguard.migration.rewrite.settings import keeps_matching
from treeguard.migration.rewrite.settings import member_now
from treeguard.migration.rewrite.settings import modules_now
from treeguard.migration.rewrite.settings import new_name
from treeguard.migration.rewrite.settings import pattern_now
from treeguard.migration.rewrite.settings import respelled
from treeguard.migration.rewrite.settings import setting_now
from treeguard.plans import Edit
from treeguard.plans import Undecided
from treeguard.trees import EXECUTABLE

_KINDS = {
    "dockerfile": "dockerfile",
    "yaml_files": "yaml",
    "makefile": "make",
    "python_project": "config",
    "requirement_files": "config",
    "toml_ini": "config",
    "json_files": "json",
    "script_files": "shell",
    "bazel": "config",
}
_PLAIN = re.compile(r"[\w./@%+=:,-]+")
_BUILT = frozenset("$%})")
_WORKSPACES = (
    "${workspaceFolder}/",
    "${workspaceRoot}/",
    "${localWorkspaceFolder}/",
)
# Where a dotted name is what a command runs, from the folder that it is started in.
_COMMANDS = ("script_files", "makefile", "yaml_files")
_SETTINGS = (SETTING, EXPRESSION, NAME)
_UNCERTAIN = (WORD, BARE, UNSURE)
_DOTS = re.compile(r"\.\.(?:/\.\.)*(?=/)")
_AT_RUN_TIME = "it is built when it runs"
_NOT_PLAIN = "it is not written as one plain word"


def may_hold(path: str) -> bool:
    """Return whether a file has a reader, by name; Python has a rewriter of its own."""
    is_python = path.endswith((".py", ".pyi", ".pyw"))
    return (may_refer(path) or settings.may_hold(path)) and not is_python


def rewrites(
    path: str, data: bytes, context: MoveContext
) -> Iterator[Edit | Undecided]:
    """Yield edits of the spans in the file at `path`, its place before the moves.

    Needs `context.after`.
    """
    reader, _function = reader_of(path, data) or ("", "")
    is_script = data.startswith(b"#!/") and b"python" in data.partition(b"\n")[0]
    if not (reader or settings.may_hold(path)):
        return
    if is_script and maybe_python(path, EXECUTABLE):
        return
    try:
        source = EncodedSource(data)
    except UnicodeDecodeError:
        yield from _untouched(path, data, context)
        return
    names, kind = Names(path, context), kind_of(path, reader)
    made: dict[Edit | Undecided, None] = {}
    for _place, group in groupby(_spans(path, data, source.chars), lambda one: one[:2]):
        made.update(dict.fromkeys(_at(reader, list(group), source, names, kind)))
    edits = [one for one in made if isinstance(one, Edit)]
    others = list(compose.additions(path, source, kind, context))
    fault = _fault(path, data, edits, others, context)
    if fault:
        yield Undecided(path, (edits + others)[0].line, path, fault)
        yield from (one for one in made if isinstance(one, Undecided))
    else:
        yield from (*made, *others)


def command_edits(
    spans: Iterable[Span], source: EncodedSource, names: Names
) -> Iterator[tuple[tuple[int, int], Edit | Undecided]]:
    """Yield what becomes of the spans of commands that a document shows, each with its
    place; `spans` in order."""
    for place, group in groupby(spans, lambda one: one[:2]):
        found = [span for span in group if span.kind != REF]
        for one in _at("script_files", found, source, names, "shell") if found else ():
            yield place, one


def _spans(path: str, data: bytes, chars: str) -> list[Span]:
    """Return the spans of a file by place.

    A setting may be anything, so it counts only where no other span is, or only a word
    that may be anything as well. What names no path (a branch) has none.
    """
    known = set(spans_in(path, data, chars))
    refs = {span[:2] for span in known if span.kind == REF}
    known = {span for span in known if span[:2] not in refs}
    words = {span[:2] for span in known if span.kind in _UNCERTAIN}
    words -= {span[:2] for span in known if span.kind not in _UNCERTAIN}
    taken = bytearray(len(chars))
    for span in known:
        taken[span.start : span.end] = b"\1" * (span.end - span.start)
    free = {
        span
        for span in settings.spans(path, chars)
        if span[:2] not in refs
        and (1 not in taken[span.start : span.end] or span[:2] in words)
    }
    return sorted(known | free, key=lambda span: span[:4])


def _at(
    reader: str, spans: list[Span], source: EncodedSource, names: Names, kind: str
) -> Iterator[Edit | Undecided]:
    """Decide on the spans of one place: a word may be used, and be a word besides."""
    start, end = spans[0].start, spans[0].end
    path, line, raw = names.path, source.line(start), source.chars[start:end]
    texts: set[str] = set()
    if any(span.kind in _SETTINGS for span in spans):
        kind = "config"
    known = [(span, _new_text(reader, span, source.chars, names)) for span in spans]
    # Where modules are found now is more than what becomes of a path.
    searched = [(span, new) for span, new in known if span.kind == SEARCHED and new]
    sure = {span.kind for span, new in known if new and not new.why} - {*_UNCERTAIN}
    for span, new in searched or known:
        if new is None or (sure and span.kind == BARE):
            continue
        if span.kind == EXPRESSION and span.quote is None and not new.why:
            span, new = _over_lines(span, new.text, source.chars, names)
        written = raw and new.text != raw
        why = new.why or (written and _unwritable(raw, span, new.text))
        if why:
            shown = span.text[:80] if span.kind in _SETTINGS else raw or span.text
            yield Undecided(path, line, shown, why)
        elif "\\" in raw and span.kind != EXPRESSION:
            texts.add(new.text.replace("/", "\\"))
        else:
            texts.add(new.text)
    if len(texts) > 1:
        yield Undecided(path, line, raw, "it is used in two ways")
    elif texts:
        yield source.edit(start, end, texts.pop(), kind)


def _over_lines(
    span: Span, value: str, chars: str, names: Names
) -> tuple[Span, NewText]:
    """Rewrite an expression over several lines where it is written.

    Only if the reader then finds the `value` that is meant.
    """
    [base] = bases(names.path, "", span.base, names.context)
    text = respelled(chars[span.start : span.end], base, names.context)
    changed = chars[: span.start] + text + chars[span.end :]
    for again in settings.spans(names.path, changed):
        if again.start == span.start and again.text == value:
            return span._replace(quote=QUOTED), NewText(text)
    return span, NewText(value)


def kind_of(path: str, reader: str) -> str:
    """Return the word under which the edits of a file are counted."""
    name = path.rpartition("/")[2]
    if reader == "yaml_files":
        if path.startswith(".github/"):
            return "workflow"
        if name.startswith((".gitlab-ci", "azure-pipelines", "action.")):
            return "pipeline"
        if name.lower().startswith("kustomization"):
            return "kustomize"
        if "compose" in name:
            return "compose"
    return _KINDS.get(reader, reader)


def _new_text(reader: str, span: Span, chars: str, names: Names) -> NewText | None:
    """Return the new text of a span, None if its text is still right."""
    if span.container is not None and span.kind not in (DOCKERFILE, COMPOSE_FILE):
        outside = None if span.kind == IMAGE else _outside(reader, span, chars, names)
        return commands_in_images.new_text(span, chars, names, outside)
    return _outside(reader, span, chars, names)


def _outside(reader: str, span: Span, chars: str, names: Names) -> NewText | None:
    """Return the new text of a span of what runs in the repository."""
    path, context = names.path, names.context
    if span.kind == STRING:
        if span.open_end:
            return _open_name(span, names)
        new = new_name(span.text, names, SURE)
        if new is None and reader in _COMMANDS and not span.container:
            why = not_installed(span.text, chars, names)
            return NewText(span.text, why) if why else None
        return new
    if span.kind == FOLDER and span.base in ("", OWN):
        return _own_folder(path, span, context)
    [base, *_] = bases(path, reader, span.base, context)
    if span.kind == TESTS:
        return left_tests(span, base, chars, names)
    if span.kind == SEARCHED:
        if span.container is not None:
            return None
        return searched_folder(span, base, chars, names)
    if span.kind in _SETTINGS:
        return setting_now(span, base, names, context)
    if span.kind == DOCKERFILE_KEY:
        options = default_file_options(span, base, context)
        return options and _as_key(options, span, chars)
    if span.kind in (DOCKERFILE, COMPOSE_FILE):
        options = default_file_options(span, base, context, _line(span, chars))
        if options and span.kind == COMPOSE_FILE and "COMPOSE_FILE" in chars:
            return NewText(span.text, "COMPOSE_FILE may name another file")
        return options
    if span.kind == MEMBER:
        return member_now(span.text, span.base, names)
    if span.kind == LABEL:
        return label_now(span.text, context)
    if span.kind == MODULES:
        return modules_now(span.text, names)
    if span.kind == GLOB and span.base == ANYWHERE and not is_wild(span.text):
        return _new_path(path, reader, span, chars, context)
    if span.kind in (GLOB, PATTERN, FOLDERS, UNSURE):
        return _new_glob(span, base, context)
    if span.kind == SOURCE and target_of(span.text, base.old, context) is None:
        return new_name(span.text, names)
    new = _new_path(path, reader, span, chars, context)
    return page_now(span.text, new, base) if span.kind == PAGE else new


def _as_key(options: NewText, span: Span, chars: str) -> NewText:
    """Return the key `file`, before another one of a mapping in block or flow style."""
    margin = chars[chars.rfind("\n", 0, span.start) + 1 : span.start]
    eol = "\r\n" if "\r\n" in chars else "\n"
    between = ", " if margin.strip() else f"{eol}{margin}"
    return options._replace(text=f"file:{options.text.removeprefix(' -f')}{between}")


def _line(span: Span, chars: str) -> str:
    end = chars.find("\n", span.end)
    start = chars.rfind("\n", 0, span.start) + 1
    return chars[start : end if end >= 0 else None]


def _new_path(
    path: str, reader: str, span: Span, chars: str, context: MoveContext
) -> NewText | None:
    written = _written(span, chars)
    [own_base, *_] = bases(path, reader, span.base, context)
    answers: list[NewText | None] = []
    for base in bases(path, reader, span.base, context):
        if span.kind == FOLDER and context.before.entry(base.old) is None:
            continue
        answer = _path_from(written, span, base, context)
        if answer is not _NOTHING:
            answers.append(answer)
            if is_certain(path, reader, span):
                break
    if not answers:
        return None
    first = answers[0]
    if any(answer != first for answer in answers[1:]):
        return NewText(
            written, "it may be relative to the root or to the file's folder"
        )
    if first is not None and span.kind == BARE:
        return NewText(written, MAY_BE_NAME)
    if first is not None and _is_built(span, chars):
        return NewText(written, _AT_RUN_TIME)
    if first is not None and kind_of(path, reader) == "kustomize":
        first = below_kustomization(written, first, own_base, context)
    is_upwards = span.kind == WORD and written.startswith("..") and not span.base
    if first is not None and is_upwards and reader == "script_files":
        return NewText(written, "the folder that it is relative to is unknown")
    return first


_NOTHING = NewText("", "nothing there")


def _path_from(
    written: str, span: Span, base: Base, context: MoveContext
) -> NewText | None:
    """Return the new text of a path from a base; `_NOTHING` if nothing is there."""
    head = written
    if span.open_end:
        head = written[: written.rfind("/") + 1]
        start = _joined(base.old, written)
        torn = context.moves_at(start)
        if torn and not head and context.folders.get(base.old) == base.new:
            return None  # what it matches moves with the folder
        whole = head and target_of(head, base.old, context) in context.folders
        if torn and not whole:
            return NewText(written, "some of what it matches moves")
    if not head or target_of(head, base.old, context) is None:
        return _absent_path(written, span, base, context)
    new = moved_path(head, base.old, base.new, context)
    if new is None or new.why or not span.open_end:
        return new and _local(written, new, span)
    return NewText(new.text + written[len(head) :])


def _absent_path(
    written: str, span: Span, base: Base, context: MoveContext
) -> NewText | None:
    """Return the new text of a path that Git does not have; `_NOTHING` if unknown."""
    if span.kind == FILE and not span.open_end:
        # It stays where it is on disk, in the folder that was meant: `./data`, `.env`.
        meant = normal(f"{base.old}/{written}")
        there = meant and (moved_with_folder(meant, context) or meant)
        if not there or normal(f"{base.new}/{written}") == there:
            return None
        slash = "/" if written.endswith("/") else ""
        return _local(written, NewText(relative(there, base.new) + slash), span)
    dots = _DOTS.match(written)
    entered = context.before.entry(base.old) is not None
    if span.kind != WORD or not span.base or not dots:
        return _NOTHING
    if not entered or base.old == base.new:
        return _NOTHING
    # By `..` out of a folder that is entered, and that moves.
    new = moved_path(dots[0], base.old, base.new, context)
    return new and NewText(new.text + written[dots.end() :], new.why)


def _local(written: str, new: NewText, span: Span) -> NewText:
    """Keep the dot of a Compose file's path: without it, it may be a volume's name."""
    is_dotted = span.kind == FILE and written.startswith(".")
    if is_dotted and not new.why and not new.text.startswith("."):
        return NewText(f"./{new.text}")
    return new


def _new_glob(span: Span, base: Base, context: MoveContext) -> NewText | None:
    """Return the new text of a pattern, whose folders before a wildcard are a path.

    A pattern that would no longer match all that it did is listed.
    """
    if span.kind == PATTERN:
        return pattern_now(span.text, base, context)
    new = moved_head(span.text, base.old, base.new, context)
    if new is None and span.kind == GLOB and span.base != ANYWHERE:
        new = absent_head(span.text, base, context)
    if span.kind == UNSURE:
        return new and NewText(span.text, "whether this is a path is not known")
    now = span.text if new is None else new.text
    is_kept = span.kind == FOLDERS or keeps_matching(span.text, now, base, context)
    if not is_kept and (new is None or not new.why):
        return NewText(span.text, "some of what it matches moves away")
    return new


def _own_folder(path: str, span: Span, context: MoveContext) -> NewText | None:
    """List `cd "$(dirname "$0")/.."` in a file that moves, if it leads elsewhere."""
    here, there = parent_folder(path), parent_folder(context.where(path))
    new = moved_path(span.text, here, there, context) if span.base == OWN else None
    return new and NewText(span.text, "it is relative to this file's own folder")


def _joined(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path


def _written(span: Span, chars: str) -> str:
    """Return what is written, with slashes, or the text if no folder precedes it."""
    if span.is_joined:
        return chars[span.start : span.end].replace("\\", "/")
    return span.text


def _is_built(span: Span, chars: str) -> bool:
    """Return whether something known only at run time is right before the path.

    The editor's word for the repository's root is known.
    """
    start = span.start
    if chars[:start].endswith(_WORKSPACES):
        return False
    while start and not chars[start - 1].isspace() and chars[start - 1] not in "'\"=:,":
        start -= 1
    return not _BUILT.isdisjoint(chars[start : span.start])


def _unwritable(raw: str, span: Span, text: str) -> str:
    """Return why the new text cannot be written there; empty if it can."""
    if span.quote is None:
        return "a variable decides what it is" if "$" in raw else _NOT_PLAIN
    if span.kind == SEARCHED:
        return ""
    if span.quote == PLAIN and not _PLAIN.fullmatch(text) and _PLAIN.fullmatch(raw):
        return f"{text} would have to be quoted here"
    return ""


def _open_name(span: Span, names: Names) -> NewText | None:
    """List a name that is only known at run time, if what it begins with moves."""
    name = Name(span.text.rstrip(".\0"))
    targets = names.old_targets(name, STRING)
    if targets and names.new_targets(name, STRING) != names.new_places(targets):
        return NewText(span.text.rstrip("\0"), _AT_RUN_TIME)
    return None


def _fault(
    path: str, data: bytes, edits: list[Edit], others: list[Edit], context: MoveContext
) -> str:
    """Return why the result is not what was meant: a reader must find each new text."""
    if not edits and not others:
        return ""
    result = apply_edits(data, [*edits, *others])
    now = EncodedSource(result)
    is_yaml = reader_of(path, data) == ("yaml_files", "spans")
    if is_yaml and _is_yaml(EncodedSource(data)) and not _is_yaml(now):
        return "the result would be no YAML"
    found = {now.byte(span.start) for span in _spans(path, result, now.chars)}
    lost = first_lost([*edits, *others], set(others), found)
    if lost is not None:
        return f"line {lost.line} would no longer be read as it was"
    return ""


def _is_yaml(source: EncodedSource) -> bool:
    return yaml_documents(from_file(source.chars)) is not None


def _untouched(path: str, data: bytes, context: MoveContext) -> Iterator[Undecided]:
    """List the uses of what moves in a file with another encoding."""
    for item in context.before.references(path):
        targets = context.before.resolve(path, item).targets
        if any(
            home(context, target.rstrip("/")) != target.rstrip("/")
            for target in targets
        ):
            yield Undecided(path, item.line, item.module, "the file is not in UTF-8")
