"""Extract the facts of decoded source: imports, uses and inline exceptions."""

from __future__ import annotations

import ast
import re
import tokenize
import unicodedata
from collections.abc import Iterator
from functools import cached_property

from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import MENTION
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.facts import Allow
from treeguard.languages.facts import Import
from treeguard.languages.facts import SearchPath
from treeguard.languages.facts import SourceFacts
from treeguard.languages.facts import Undecidable
from treeguard.languages.python import command_calls
from treeguard.languages.python import dynamic_imports
from treeguard.languages.python.argument_readers import Use
from treeguard.languages.python.constant_eval import fold
from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.file_names import own_search_path
from treeguard.languages.python.import_scan import candidates
from treeguard.languages.python.import_scan import puts_together
from treeguard.languages.python.import_visitor import ARGUMENT
from treeguard.languages.python.import_visitor import MENTIONED
from treeguard.languages.python.import_visitor import Place
from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.import_visitor import walk
from treeguard.languages.python.parse import Positions
from treeguard.languages.python.parse import parse
from treeguard.languages.python.parse import parse_newer
from treeguard.languages.python.parse import tokens
from treeguard.languages.python.path_edits import may_edit_path
from treeguard.languages.python.path_edits import path_edits
from treeguard.languages.python.path_edits import working_folders
from treeguard.languages.python.scopes import Binding
from treeguard.languages.python.scopes import Guard
from treeguard.languages.python.scopes import last_name
from treeguard.languages.python.scopes import split_chain
from treeguard.languages.python.scopes import typing_only

# The first argument of these is a type, which names no module to import.
_TYPES = {"cast", "TypeVar", "ForwardRef", "NewType", "ParamSpec"}
# The line of a comment, the first and last line that it covers, and its text.
_Comment = tuple[tuple[int, int, int], str]
_DIRECTIVE = re.compile(r"#\s*treeguard:\s*allow\[([^\]\n]*)\]([^\n]*)")
_NEXT = re.compile(r"#\s*treeguard:")
_BETWEEN = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT}
_SOURCES = r"\.(?:py|sh|ipynb)"
_WORD = re.compile(r"\w+")
_PARTS = re.compile(r"[./\\:]")
# What may come right before a word: an escape in a string, or an option.
_BEFORE_WORD = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)|-m(?=\w)"
)
_PATH = re.compile(rf"(?!/)(?:[\w.+-]+/)+[\w.+-]+{_SOURCES}")


def text_facts(
    text: str, data: bytes | None = None, is_notebook: bool = False
) -> SourceFacts:
    r"""Return the facts of decoded source, whose lines end in `\n`.

    `data` are the bytes that it came from, which CPython decodes for itself. In cells
    of a notebook, the folders that it changes into are on the search path.
    Raises `UnreadableError`.
    """
    try:
        tree = parse(text if data is None else data)
    except UnreadableError as refusal:
        tree = parse_newer(text, refusal)
    facts = tree_facts(tree, Positions(text), is_notebook)
    search_path = (*own_search_path(text), *facts.search_path)
    return facts._replace(allows=allows(text), search_path=search_path)


def unreadable(data: bytes, reason: str, line: int | None) -> SourceFacts:
    """Return what is left of a source that cannot be read: its candidates."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return SourceFacts(
        imports=candidates(data),
        allows=allows(text, readable=False),
        search_path=own_search_path(text),
        error=f"the source {reason}",
        error_line=line,
    )


def tree_facts(
    tree: ast.Module, positions: Positions, is_notebook: bool = False
) -> SourceFacts:
    """Return the facts of one module, in the order of their places."""
    return _Facts(walk(tree), positions, is_notebook).all()


class _Facts:
    """Collects the facts of one visited tree."""

    def __init__(self, found: Walk, positions: Positions, is_notebook: bool) -> None:
        self._found = found
        self._is_notebook = is_notebook
        self._positions = positions
        self._imports: list[Import] = []
        self._undecidable: list[Undecidable] = []
        # Literals that have been understood as something more exact than a name.
        self._taken: set[int] = set()
        # What the command of a line runs; a part of it is said once.
        self._run: set[tuple[int, str, str | None]] = set()
        self._guards: dict[int, bool] = {}

    def all(self) -> SourceFacts:
        self._statements()
        self._calls()
        self._commands()
        self._plugins()
        self._attributes()
        self._run_modules()
        self._literals()
        return SourceFacts(
            imports=tuple(sorted(set(self._imports), key=_order)),
            undecidable=tuple(sorted(set(self._undecidable))),
            search_path=self._folders(),
        )

    def _folders(self) -> SearchPath:
        text = self._positions.text
        edits = path_edits(self._found) if may_edit_path(text) else ()
        moved = self._is_notebook and "chdir" in text
        return (*edits, *working_folders(self._found)) if moved else edits

    def _statements(self) -> None:
        for node, place in self._found.imports:
            only = self._typing_only(place.guard)
            for alias in node.names:
                where = self._positions.of(alias)
                if isinstance(node, ast.Import):
                    item = Import(*where, IMPORT, alias.name, typing_only=only)
                else:
                    module, level = node.module or "", node.level or 0
                    item = Import(*where, FROM, module, level, alias.name, only)
                self._imports.append(item)

    def _calls(self) -> None:
        spelled = dynamic_imports.spelled_callables(self._positions.text)
        for call, place in self._found.calls if spelled else ():
            scope = place.scope
            for use in (
                *dynamic_imports.uses(call, scope, spelled),
                *dynamic_imports.handed_over(call, scope, spelled),
            ):
                if use.module is None:
                    self._add_undecidable(call)
                else:
                    self._taken.add(id(use.node))
                    self._add(use, place)

    def _commands(self) -> None:
        for call, place in self._found.calls:
            last = last_name(call.func)
            if last in _TYPES:
                self._types(call)
            elif command_calls.starts_command(call):
                for use in command_calls.call_uses(call, place.scope):
                    self._run.add((use.node.lineno, use.kind, use.module))
                    self._add(use, place)

    def _types(self, call: ast.Call) -> None:
        """Take types in strings out: like an annotation, they are no imports."""
        self._taken.update(map(id, call.args[:1]))
        self._taken.update(id(k.value) for k in call.keywords if k.arg == "bound")

    def _plugins(self) -> None:
        """Read a module's `pytest_plugins`: pytest imports each of them by name."""
        for target, value, place in self._found.assignments:
            is_name = isinstance(target, ast.Name) and target.id == "pytest_plugins"
            if not is_name or place.scope is not self._found.module:
                continue
            for node in _elements(value):
                text = fold(node, place.scope)
                if text is None:
                    self._add_undecidable(node)
                    continue
                self._taken.add(id(node))
                self._add(Use(node, DYNAMIC, text.text, not text.complete), place)

    def _attributes(self) -> None:
        # A file says the names of what it imports again and again: the first of each.
        seen: set[tuple[int, str]] = set()
        for node, place in self._found.attributes:
            inner, names = split_chain(node)
            assert isinstance(inner, ast.Name)
            _owner, bindings = place.scope.lookup(inner.id)
            if not bindings or not bindings[0].dotted:
                continue
            for module in _walked(bindings, names):
                self._add(Use(node, ATTRIBUTE, module), place)
            for level, module in _walked_from(bindings, names):
                if (level, module) not in seen:
                    seen.add((level, module))
                    self._add(Use(node, ATTRIBUTE, module, level=level), place)

    def _run_modules(self) -> None:
        for node, place in self._found.sequences:
            for use in command_calls.list_uses(node, place.scope):
                self._taken.add(id(use.node))
                if (node.lineno, use.kind, use.module) not in self._run:
                    self._add(use, place)

    def _literals(self) -> None:
        for node, place in self._found.strings:
            if id(node) in self._taken:
                continue
            is_argument = place.strings == ARGUMENT
            for kind, module in _literal_names(str(node.value), is_argument):
                if (node.lineno, kind, module) in self._run:
                    continue
                is_mention = place.strings == MENTIONED
                self._add(Use(node, MENTION if is_mention else kind, module), place)

    def _add(self, use: Use, place: Place) -> None:
        if not self._is_spelled(use):
            if use.kind == DYNAMIC:
                self._add_undecidable(use.node)
            return
        where = self._positions.of(use.node)
        only = self._typing_only(place.guard)
        kind, module, prefix, level, name = use[1:]
        assert module is not None
        self._imports.append(Import(*where, kind, module, level, name, only, prefix))

    def _add_undecidable(self, node: ast.expr) -> None:
        text = self._positions.excerpt(node)
        line, column, *end = self._positions.of(node)
        self._undecidable.append(Undecidable(line, text, None, column, *end))

    def _is_spelled(self, use: Use) -> bool:
        """Return True unless a name is put together where no search looks for that.

        The rules' search passes by a file that holds neither a word of the name nor one
        of `PIECEWISE`: what such a name leads to must not depend on its other lines.
        """
        if use.kind == ATTRIBUTE or _is_plain(use.node) or self._is_searched:
            return True
        if use.prefix and use.kind != PATH and not str(use.module).endswith("."):
            return False  # the word may go on as any other
        parts = _PARTS.split(f"{use.module}.{use.name or ''}")
        return all(not p or p in self._words or _is_split(p, self._text) for p in parts)

    @cached_property
    def _is_searched(self) -> bool:
        return puts_together(self._text.encode("utf-8", "replace"))

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(_WORD.findall(_BEFORE_WORD.sub(" ", self._text)))

    @cached_property
    def _text(self) -> str:
        text = self._positions.text
        return text if text.isascii() else unicodedata.normalize("NFKC", text)

    def _typing_only(self, guard: Guard | None) -> bool:
        if guard is None:
            return False
        known = self._guards.get(id(guard))
        if known is None:
            known = self._guards[id(guard)] = typing_only(guard)
        return known


def _walked(bindings: list[Binding], tail: list[str]) -> Iterator[str]:
    """Yield `b.c.d` for `b.c.d` after `import b`; nothing that was imported by name.

    A name that its scope binds in any other way as well yields nothing.
    """
    if not all(binding.imported for binding in bindings):
        return
    imported = {binding.imported for binding in bindings}
    for module in sorted({binding.dotted for binding in bindings}):
        chain = ".".join([module, *tail])
        if not any(f"{name}.".startswith(f"{chain}.") for name in imported):
            yield chain


def _is_plain(node: ast.expr) -> bool:
    """Return True for a string that the source holds in one piece, as it is."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    length = (node.end_col_offset or 0) - node.col_offset
    written = len(node.value.encode("utf-8", "replace")) + 2
    return node.end_lineno == node.lineno and length in (written, written + 1)


def _is_split(part: str, text: str) -> bool:
    """Return True for a name of several words, as `my-tool`, that a text holds."""
    return _WORD.fullmatch(part) is None and part in text


def _walked_from(bindings: list[Binding], tail: list[str]) -> Iterator[tuple[int, str]]:
    """Yield level and module of `a.b.c` for `b.c` after `from a import b`.

    A name that its scope binds in any other way as well yields nothing.
    """
    if all(binding.dotted and not binding.imported for binding in bindings):
        for dotted in sorted({binding.dotted for binding in bindings}):
            module = dotted.lstrip(".")
            # `from . import a` binds `..a`: no module comes after its dots.
            level = len(dotted) - len(module)
            level -= level > 0 and "." not in module
            yield level, ".".join([module, *tail])


def _elements(node: ast.expr) -> Iterator[ast.expr]:
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, (ast.List, ast.Tuple, ast.Set)):
            stack += reversed(item.elts)
        elif isinstance(item, ast.BinOp) and not isinstance(item.right, ast.Constant):
            stack += [item.right, item.left]
        elif isinstance(item, ast.Starred):
            stack.append(item.value)
        else:
            yield item


def _order(item: Import) -> tuple[int, int, int, int, str, str, int, str]:
    return (*item[:6], item.level, item.name or "")


def allows(text: str, readable: bool = True) -> tuple[Allow, ...]:
    r"""Return the exceptions in a source's text (its lines ended by `\n`).

    Each covers the logical line of its comment: a whole multi-line
    import, a decorator, the head of an `if`; a comment on a line of its own covers
    only that. Source that is not `readable` is read line by line.
    """
    if "treeguard:" not in text:
        return ()
    comments = _by_token(text) if readable else _by_line(text)
    return tuple(
        Allow(*lines, rule.strip(), found[2].strip())
        for lines, comment in comments
        # Each directive of one comment is read as if it were a comment alone.
        for found in _DIRECTIVE.finditer(_NEXT.sub("\n\\g<0>", comment))
        for rule in found[1].split(",")
    )


def _by_token(text: str) -> list[_Comment]:
    try:
        return list(_comments(text))
    except UnreadableError:
        # Grammar newer than the running Python's tokenizer.
        return _by_line(text)


def _comments(text: str) -> Iterator[_Comment]:
    first, waiting = 0, []
    for token in tokens(text):
        if token.type == tokenize.COMMENT:
            waiting.append((token.start[0], token.string))
        if token.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
            last = token.start[0]
            for line, comment in waiting:
                yield (line, first or line, last if first else line), comment
            first, waiting = 0, []
        elif token.type not in _BETWEEN:
            first = first or token.start[0]
        elif not first:
            for line, comment in waiting:
                yield (line, line, line), comment
            waiting = []


def _by_line(text: str) -> list[_Comment]:
    lines = enumerate(text.split("\n"), 1)
    return [
        ((number, number, number), line[line.index("#") :])
        for number, line in lines
        if "treeguard:" in line and "#" in line
    ]


def _dotted_module(text: str) -> str | None:
    """Return the module of `a.b` or `a.b:c`; None for any other string.

    Needs two identifiers at least: one alone is more often a word than a module.
    """
    module, colon, attribute = text.partition(":")
    if "." not in module or (colon and not _is_dotted(attribute)):
        return None
    return module if _is_dotted(module) else None


def _literal_names(text: str, is_argument: bool) -> Iterator[tuple[str, str]]:
    """Yield the kind and text of what a literal names; paths only in arguments."""
    # logging.config imports what follows: `ext://package.module.stream`.
    module = _dotted_module(text.removeprefix("ext://"))
    if module is not None:
        yield STRING, module
    if is_argument and _PATH.fullmatch(text):
        yield PATH, text


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))
