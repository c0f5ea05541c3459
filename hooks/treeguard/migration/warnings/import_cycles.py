"""Warn of modules that fail when they are imported first, and did not before.

A package's `__init__` that ran before them no longer does, or another one runs now:
`import flask.cli` runs `flask/__init__.py` first; once the module is `command.cli`, its
import runs it halfway. Every test may pass, because the tests import flask first.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.migration.context import MoveContext
from treeguard.migration.warnings.import_simulation import Failure
from treeguard.migration.warnings.import_simulation import Modules
from treeguard.migration.warnings.import_simulation import first_failure
from treeguard.plans import SideEffect

_SOURCES = (".py", ".pyw")
# Each module is tried alone and runs its whole cycle, so the cost grows with the square
# of the cycle's size. This many modules run in all, which takes some three seconds.
_MOST = 60_000

Graph = dict[str, set[str]]


def import_cycles(world: MoveContext, after: TreeAnalysis) -> Iterator[SideEffect]:
    """Yield every statement that fails now when a module is imported first.

    `after` is the tree with everything rewritten.
    """
    was, now = Modules(world.before), Modules(after)
    lost = dict(_changed_packages(world, was, now))
    starts = {*lost, *(init for inits in lost.values() for init in inits)}
    starts = {path for path in starts if after.entry(path) is not None}
    graph = _graph(now, starts)
    olds = {new: old for old, new in world.moves.items()}
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
            if failure is None or world.before.entry(old) is None:
                continue
            if first_failure(was, old) is None:
                failed.setdefault(failure, []).append(path)
        for failure, paths in failed.items():
            yield _failure_effect(failure, paths, lost.get(paths[0], []), now, within)
        if tried[most:]:
            yield _untried_effect(tried[most:])


def _changed_packages(
    world: MoveContext, was: Modules, now: Modules
) -> Iterator[tuple[str, list[str]]]:
    """Yield moved modules before which other `__init__` files run now, and these.

    Both by new path, the lost files first. Those that import nothing of the repository
    do not count.
    """
    importing: dict[str, bool] = {}
    kept: dict[tuple[str, str], list[str]] = {}
    for old, new in sorted(world.moves.items()):
        if not (old.endswith(_SOURCES) and new.endswith(_SOURCES)):
            continue
        folders = parent_folder(old), parent_folder(new)
        if folders not in kept:
            before = [world.where(init) for init in was.inits(old)]
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
    folder = parent_folder(init)
    roots = [
        root for root in analysis.search_roots.roots if folder.startswith(f"{root}/")
    ]
    inner = folder.removeprefix(max(roots, key=len, default="")).strip("/")
    return inner.replace("/", ".")


def _untried_effect(paths: list[str]) -> SideEffect:
    return SideEffect(
        paths[0],
        None,
        f"and {len(paths) - 1} more modules of one import cycle were not tried: "
        "another package runs before them now",
        "import each of them in a Python process of its own",
    )
