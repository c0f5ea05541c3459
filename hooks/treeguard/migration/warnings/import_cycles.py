"""Warn of modules that fail when they are imported first, and did not before.

A package's `__init__` that ran before them no longer does, or another one runs now:
`import flask.cli` runs `flask/__init__.py` first; once the module is `command.cli`, its
import runs it halfway. Every test may pass, because the tests import flask first.

Imports are simulated: statements of modules are followed in order, as Python's import
system does, until a `from ... import name` asks a module that has only run halfway for
a name that it has not bound yet (https://docs.python.org/3/faq/programming.html,
"circular imports"). A failure does not count where a statement may be skipped or its
error caught.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.resolver import Resolution
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import
from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.import_visitor import walk
from treeguard.languages.python.parse import parse
from treeguard.languages.python.scopes import typing_only
from treeguard.migration.context import MoveContext
from treeguard.plans import SideEffect

_SOURCES = (".py", ".pyw")
# Each module is tried alone and runs its whole cycle, so the cost grows with the square
# of the cycle's size. This many modules run in all, which takes some three seconds.
_MOST = 60_000

Graph = dict[str, set[str]]
# A module with one of these may have any name that it is asked for.
_OPEN = re.compile(
    rb"globals\(\)|^exec\(|sys\.modules\[__name__\]|^def __getattr__\(", re.MULTILINE
)


def import_cycles(context: MoveContext, after: TreeAnalysis) -> Iterator[SideEffect]:
    """Yield every statement that fails now when a module is imported first.

    `after` is the tree with everything rewritten.
    """
    was, now = Modules(context.before), Modules(after)
    lost = dict(_changed_packages(context, was, now))
    starts = {*lost, *(init for inits in lost.values() for init in inits)}
    starts = {path for path in starts if after.entry(path) is not None}
    graph = _graph(now, starts)
    olds = {new: old for old, new in context.moves.items()}
    for cycle in _cycles(graph):
        if not cycle & starts:
            continue
        within = frozenset(cycle)
        failed: dict[Failure, list[str]] = {}
        tried = sorted(cycle, key=lambda path: (path not in lost, path))
        most = max(10, _MOST // len(cycle))
        for path in tried[:most]:
            old = olds.get(path, path)
            failure = first_failure(now, path, within)
            if failure is None or context.before.entry(old) is None:
                continue
            if first_failure(was, old) is None:
                failed.setdefault(failure, []).append(path)
        for failure, paths in failed.items():
            yield _failure_effect(failure, paths, lost.get(paths[0], []), now, within)
        if tried[most:]:
            yield _untried_effect(tried[most:])


def _changed_packages(
    context: MoveContext, was: Modules, now: Modules
) -> Iterator[tuple[str, list[str]]]:
    """Yield moved modules before which other `__init__` files run now, and these.

    Both by new path, the lost files first. Those that import nothing of the repository
    do not count.
    """
    importing: dict[str, bool] = {}
    kept: dict[tuple[str, str], list[str]] = {}
    for old, new in sorted(context.moves.items()):
        if not (old.endswith(_SOURCES) and new.endswith(_SOURCES)):
            continue
        folders = parent_folder(old), parent_folder(new)
        if folders not in kept:
            before = [context.where(init) for init in was.inits(old)]
            after = now.inits(new)
            changed = [init for init in before if init not in after]
            changed += [init for init in after if init not in before]
            kept[folders] = [
                init
                for init in changed
                if importing.setdefault(init, bool(_imported(now, init)))
            ]
        if kept[folders]:
            yield new, kept[folders]


def _imported(modules: Modules, path: str) -> set[str]:
    """Return what a module may import, and what runs before it; a superset."""
    known, found = modules.known, set[str]()
    if known.entry(path) is None:
        return found
    for item in known.imports_of(path):
        if item.kind in (IMPORT, FROM):
            found.update(modules.files(known.resolve(path, item)))
    return found - {path}


def _graph(modules: Modules, starts: set[str]) -> Graph:
    """Return the imports of everything that can be reached from the starts."""
    graph: Graph = {}
    ahead = sorted(starts)
    while ahead:
        path = ahead.pop()
        if path not in graph:
            graph[path] = _imported(modules, path) | set(modules.inits(path))
            ahead += graph[path] - graph.keys()
    return graph


def _cycles(graph: Graph) -> Iterator[set[str]]:
    """Yield the sets of two or more modules that all reach each other (Kosaraju)."""
    order: list[str] = []
    seen: set[str] = set()
    for start in graph:
        stack = [(start, iter(graph[start]))] if start not in seen else []
        seen.add(start)
        while stack:
            path, rest = stack[-1]
            inner = next((one for one in rest if one not in seen), None)
            if inner is None:
                order.append(stack.pop()[0])
            else:
                seen.add(inner)
                stack.append((inner, iter(graph[inner])))
    back: Graph = {path: set() for path in graph}
    for path, targets in graph.items():
        for target in targets:
            back[target].add(path)
    left = set(graph)
    for path in reversed(order):
        cycle, ahead = set[str](), [path]
        while ahead:
            one = ahead.pop()
            if one in left:
                left.remove(one)
                cycle.add(one)
                ahead += back[one]
        if len(cycle) > 1:
            yield cycle


def _failure_effect(
    failure: Failure,
    paths: list[str],
    changed: list[str],
    modules: Modules,
    within: frozenset[str],
) -> SideEffect:
    more = f" (like {len(paths) - 1} more)" if len(paths) > 1 else ""
    message = (
        f"`{failure.name}` is not defined yet when {paths[0]}{more} is imported before "
        f"anything else: {failure.module} has only run halfway, as it had not before "
        "the moves"
    )
    advice = "import it inside the function that uses it"
    own = modules.inits(paths[0])[-1:]
    for package in (init for init in changed if own and init not in own):
        ahead = {own[0]: package}
        if first_failure(modules, paths[0], within | {*own}, ahead) is None:
            name = _dotted(package, modules.known)
            advice = f"begin {own[0]} with `import {name}`, which used to run first"
            break
    return SideEffect(failure.path, failure.line, message, advice)


def _dotted(init: str, analysis: TreeAnalysis) -> str:
    package = parent_folder(init)
    root = analysis.search_roots.around(parent_folder(package))
    return package.removeprefix(f"{root}/").replace("/", ".")


def _untried_effect(paths: list[str]) -> SideEffect:
    return SideEffect(
        paths[0],
        None,
        f"and {len(paths) - 1} more modules of one import cycle were not tried: "
        "another package runs before them now",
        "import each of them in a Python process of its own",
    )


class Failure(NamedTuple):
    """The statement that fails, and the file, run halfway, that has no `name` yet."""

    path: str
    line: int
    name: str
    module: str


class _FailedError(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.name)
        self.failure = failure


class Modules:
    """The modules of one tree, each read once."""

    def __init__(self, analysis: TreeAnalysis) -> None:
        self.known = analysis
        self._kept: dict[str, Statements] = {}
        self._inits: dict[str, list[str]] = {}

    def read(self, path: str) -> Statements:
        """Return the statements of the module at `path`."""
        if path not in self._kept:
            self._kept[path] = module_statements(self.known.data(path))
        return self._kept[path]

    def inits(self, path: str) -> list[str]:
        """Return the `__init__` files that run before a module, the outermost first."""
        folder = parent_folder(path)
        if folder not in self._inits:
            self._inits[folder] = self._find_inits(folder)
        return [init for init in self._inits[folder] if init != path]

    def _find_inits(self, folder: str) -> list[str]:
        """Look up to the root: plain folders may be between packages."""
        begin = len(self.known.search_roots.around(folder))
        found: list[str] = []
        while len(folder) > begin:
            if "__init__.py" in self.known.children(folder):
                found.append(f"{folder}/__init__.py")
            folder = parent_folder(folder)
        return found[::-1]

    def files(self, resolution: Resolution) -> list[str]:
        """Return the sources that run for an import, those of parents first."""
        every = (*resolution.parents, *resolution.targets)
        return [path for path in dict.fromkeys(every) if path.endswith(_SOURCES)]


def first_failure(
    modules: Modules,
    path: str,
    within: frozenset[str] | None = None,
    ahead: Mapping[str, str] | None = None,
) -> Failure | None:
    """Return what fails when the module at `path` is imported before any other.

    If `within` is given, only its modules run; all others are taken to be complete.
    `ahead` maps packages to another one that they import before all else.
    """
    run = _Run(modules, within, ahead or {})
    try:
        for first in (*modules.inits(path), path):
            run.all(first)
    except _FailedError as error:
        return error.failure
    return None


class _Run:
    """One process, and what its modules have bound so far.

    A module in `_bound` that is not in `_done` has run halfway.
    """

    def __init__(
        self, modules: Modules, within: frozenset[str] | None, ahead: Mapping[str, str]
    ) -> None:
        self._modules = modules
        self._known = modules.known
        self._within = within
        self._ahead = ahead
        self._bound: dict[str, set[str]] = {}
        self._done: set[str] = set()
        # Modules that imported every name of one whose names are unknown.
        self._open: set[str] = set()

    def all(self, path: str) -> None:
        """Run a module and all that it needs, however long the chain of imports."""
        stack = [self._module(path, False)] if self._is_new(path) else []
        while stack:
            wanted = next(stack[-1], None)
            if wanted is None:
                stack.pop()
            elif self._is_new(wanted[0]):
                stack.append(self._module(*wanted))

    def _is_new(self, path: str) -> bool:
        is_meant = self._within is None or path in self._within
        return is_meant and path not in self._bound

    def _module(self, path: str, unsure: bool) -> Iterator[tuple[str, bool]]:
        """Yield every file that a module needs next, and whether it may be skipped."""
        bound = self._bound[path] = {"__name__", "__file__", "__path__", "__doc__"}
        if path in self._ahead:
            yield self._ahead[path], unsure
        for step in self._modules.read(path).steps:
            if step.node is None:
                bound.add(step.name)
                continue
            for file in self._files(path, step.node):
                yield file, unsure or step.unsure
            names = set(self._names(path, step, unsure or step.unsure))
            bound |= set() if step.inside else names
        self._done.add(path)
        init = f"{parent_folder(path)}/__init__.py"
        self._bound.get(init, set()).add(path.rpartition("/")[2].partition(".")[0])

    def _files(self, path: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        for alias in node.names:
            yield from self._modules.files(self._led(path, node, alias.name))

    def _led(
        self, path: str, node: ast.Import | ast.ImportFrom, name: str | None
    ) -> Resolution:
        if isinstance(node, ast.Import):
            item = Import(1, 1, 1, 1, IMPORT, str(name))
        else:
            level, module = node.level or 0, node.module or ""
            item = Import(1, 1, 1, 1, FROM, module, level, name)
        return self._known.resolve(path, item)

    def _names(self, path: str, step: Step, unsure: bool) -> Iterator[str]:
        """Yield the names that an import statement binds, once its files have run."""
        node = step.node
        assert node is not None
        if isinstance(node, ast.Import):
            yield from (one.asname or one.name.partition(".")[0] for one in node.names)
            return
        base = self._led(path, node, None).targets
        source = base[0] if len(base) == 1 else ""
        for alias in node.names:
            if alias.name == "*":
                if source not in self._bound or self._is_open(source):
                    self._open.add(path)
                yield from self._bound.get(source, ())
                continue
            is_missing = not unsure and self._lacks(source, alias.name)
            if is_missing and self._led(path, node, alias.name).targets == base:
                failure = Failure(path, node.lineno, alias.name, source)
                raise _FailedError(failure)
            yield alias.asname or alias.name

    def _lacks(self, source: str, name: str) -> bool:
        """Return True if a module has run halfway and has no such name yet."""
        if source not in self._bound or source in self._done:
            return False
        return name not in self._bound[source] and not self._is_open(source)

    def _is_open(self, path: str) -> bool:
        return path in self._open or self._modules.read(path).is_open


class Step(NamedTuple):
    """An import statement (`node`), or a name that is bound.

    `unsure`: it may not run, or its error may be caught; `inside`: of a class.
    """

    node: ast.Import | ast.ImportFrom | None
    name: str = ""
    unsure: bool = False
    inside: bool = False


class Statements(NamedTuple):
    """The steps of a module in order; `is_open` if it may bind any name besides."""

    steps: tuple[Step, ...] = ()
    is_open: bool = True


def module_statements(data: bytes) -> Statements:
    """Return what runs on import; a source that no parser takes may bind anything."""
    try:
        tree = parse(data)
    except UnreadableError:
        return Statements()
    found = walk(tree).imports
    typed = {id(node) for node, place in found if typing_only(place.guard)}
    steps = tuple(one for one in _steps(tree.body) if id(one.node) not in typed)
    return Statements(steps, _OPEN.search(data) is not None)


def _steps(body: list[ast.stmt], unsure: bool = False) -> Iterator[Step]:
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield Step(node, "", unsure)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield Step(None, node.name)
        elif isinstance(node, ast.ClassDef):
            inner = (one for one in _steps(node.body, unsure) if one.node is not None)
            yield from (one._replace(inside=True) for one in inner)
            yield Step(None, node.name)
        else:
            yield from (Step(None, name) for name in _bound(node))
            for block, skipped in _blocks(node):
                yield from _steps(block, unsure or skipped)


def _bound(node: ast.stmt) -> Iterator[str]:
    """Yield every name that a statement binds at some time, also in its blocks."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id


def _blocks(node: ast.stmt) -> Iterator[tuple[list[ast.stmt], bool]]:
    """Yield the blocks of a statement, and whether each may be skipped or may fail."""
    if isinstance(node, ast.If):
        if "__main__" not in ast.unparse(node.test):
            yield node.body, True
        yield node.orelse, True
    elif isinstance(node, ast.Try):
        yield node.body, bool(node.handlers)
        yield from ((handler.body, True) for handler in node.handlers)
        yield from ((block, False) for block in (node.orelse, node.finalbody))
    else:
        for name in ("body", "orelse", "finalbody"):
            yield getattr(node, name, None) or [], True
        for case in (*getattr(node, "cases", ()), *getattr(node, "handlers", ())):
            yield case.body, True
