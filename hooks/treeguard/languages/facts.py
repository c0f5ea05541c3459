"""Facts that the bytes of one blob state, without a path, a tree or a policy."""

from __future__ import annotations

from typing import NamedTuple

IMPORT = "import"
FROM = "from"
DYNAMIC = "dynamic"
STRING = "string"
PATH = "path"
ATTRIBUTE = "attribute"
MENTION = "mention"


class Import(NamedTuple):
    """One imported name, or one use of a module by name or by path.

    `kind` is `import`, `from`, `dynamic` (`import_module` and its kin), `string` (a
    dotted name in a string that something imports by name), `path` (a file's path
    that something runs, copies or opens), `attribute` (`b.c.d` after `import b`) or
    `mention` (a dotted name that uses nothing: a logger's, one that is printed).
    For `from ..a import b`, `module` is `a`, `level` 2 and `name` `b`; for
    `import a.b`, `module` is `a.b` and `name` None; for a path, `module` is the path
    as written, relative to the file's own folder or else to the repository's root; a
    path with a leading `/` is relative to the repository's root alone. Lines and
    columns are those of the alias, 1-based, in code points, the end exclusive.
    `prefix` is true when only the beginning of `module` is known
    (`f"garbage.{name}"`); `typing_only` when it is under `if TYPE_CHECKING:`.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    kind: str
    module: str
    level: int = 0
    name: str | None = None
    typing_only: bool = False
    prefix: bool = False
    cell: int | None = None


class Allow(NamedTuple):
    """One `# treeguard: allow[rule] why`; it covers its statement's lines."""

    line: int
    first_line: int
    last_line: int
    rule: str
    why: str
    cell: int | None = None


class Undecidable(NamedTuple):
    """A dynamic import whose target is only known when the code runs; see `Import`."""

    line: int
    text: str
    cell: int | None = None
    column: int = 1
    end_line: int = 0
    end_column: int = 1


# Where a folder is on `sys.path`: in front of all, right after the first, or appended.
FIRST, SECOND, LAST = 0, 1, -1
# Python puts a script's own folder first without being told to. A file that merely may
# be run, by its `__main__` guard, is imported as well.
SCRIPT, MAIN = 2, 3
# A notebook's imports are looked up in the folder that it last changed into.
WORKING = 4


class PathEdit(NamedTuple):
    """A folder that a source adds to `sys.path` at `line`, and where.

    A folder that the source finds by its own place begins with `./`; any other is as
    written.
    """

    line: int
    where: int
    folder: str
    cell: int | None = None


SearchPath = tuple[PathEdit, ...]
OF_SCRIPT: SearchPath = (PathEdit(0, SCRIPT, "./"),)
OF_MAIN: SearchPath = (PathEdit(0, MAIN, "./"),)


def edits_path(search_path: SearchPath) -> bool:
    """Return True if a source itself adds to `sys.path`."""
    return any(edit.line for edit in search_path)


class SourceFacts(NamedTuple):
    """All facts of one Python source.

    `search_path` holds what it adds to `sys.path`, in its own order. When `error` is
    not empty the source is unreadable (`error_line` says where, if known) and
    `imports` holds its candidates, a superset of what it imports.
    """

    imports: tuple[Import, ...] = ()
    allows: tuple[Allow, ...] = ()
    undecidable: tuple[Undecidable, ...] = ()
    search_path: SearchPath = ()
    error: str = ""
    error_line: int | None = None


def is_name(text: str) -> bool:
    """Return False for half of a surrogate pair, which an escape (`\\ud83d`) can say.

    No encoding has it, so no file and no module is called so.
    """
    if text.isascii():
        return True
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def with_names_only(facts: SourceFacts) -> SourceFacts:
    """Return facts without the imports that nothing can be the target of."""
    named = [is_name(one.module) and is_name(one.name or "") for one in facts.imports]
    folders = tuple(one for one in facts.search_path if is_name(one.folder))
    if all(named) and len(folders) == len(facts.search_path):
        return facts
    kept = [one for one, good in zip(facts.imports, named, strict=True) if good]
    return facts._replace(imports=tuple(kept), search_path=folders)
