"""Modules that cannot be imported first any more: a package's `__init__` that ran
before them no longer does, or another one runs now.

`import flask.cli` runs `flask/__init__.py` first; once the module is `command.cli`, it
runs in the middle of itself. Every test may pass, for the tests import flask first.
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
# Each module is tried by itself and runs its whole circle: what that costs would grow
# with the square of it. So many modules run in all, which takes some three seconds.
_MOST = 60_000

Graph = dict[str, set[str]]


def import_cycles(world: MoveContext, after: TreeAnalysis) -> Iterator[SideEffect]:
    """Every statement that fails where a module is imported first, and did not before.

    `after` is the tree with everything rewritten.
    """
    was, now = Modules(world.before), Modules(after)
    lost = dict(_changed_packages(world, was, now))
    starts = {*lost, *(init for inits in lost.values() for init in inits)}
    starts = {path for path in starts if after.entry(path) is not None}
    graph = _graph(now, starts)
    olds = {new: old for old, new in world.moves.items()}
    for circle in _circles(graph):
        if not circle & starts:
            continue
        within = frozenset(circle)
        failed: dict[Failure, list[str]] = {}
        tried = sorted(circle, key=lambda path: (path not in lost, path))
        most = max(10, _MOST // len(circle))
        for path in tried[:most]:
            old = olds.get(path, path)
            failure = first_failure(now, path, within)
            if failure is None or world.before.entry(old) is None:
                continue
            if first_failure(was, old) is None:
                failed.setdefault(failure, []).append(path)
        for failure, paths in failed.items():
            yield _told(failure, paths, lost.get(paths[0], []), now, within)
        if tried[most:]:
            yield _untried(tried[most:])


def _changed_packages(
    world: MoveContext, was: Modules, now: Modules
) -> Iterator[tuple[str, list[str]]]:
    """Moved modules before which other `__init__` files run now, and which these are.

    By new path, the lost ones first. Those that import nothing of ours do not count.
    """
    says: dict[str, bool] = {}
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
                if says.setdefault(init, bool(_imported(now, init)))
            ]
        if kept[folders]:
            yield new, kept[folders]


def _imported(modules: Modules, path: str) -> set[str]:
    """What a module may import, and what runs before it; a superset."""
    known, found = modules.known, set[str]()
    if known.entry(path) is None:
        return found
    for item in known.imports_of(path):
        if item.kind in (IMPORT, FROM):
            found.update(modules.files(known.resolve(path, item)))
    return found - {path}


def _graph(modules: Modules, starts: set[str]) -> Graph:
    """Everything that can be reached from the starts."""
    graph: Graph = {}
    ahead = sorted(starts)
    while ahead:
        path = ahead.pop()
        if path not in graph:
            graph[path] = _imported(modules, path) | set(modules.inits(path))
            ahead += graph[path] - graph.keys()
    return graph


def _circles(graph: Graph) -> Iterator[set[str]]:
    """The sets of two or more modules that all reach each other (Kosaraju)."""
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
        circle, ahead = set[str](), [path]
        while ahead:
            one = ahead.pop()
            if one in left:
                left.remove(one)
                circle.add(one)
                ahead += back[one]
        if len(circle) > 1:
            yield circle


def _told(
    failure: Failure,
    paths: list[str],
    changed: list[str],
    modules: Modules,
    within: frozenset[str],
) -> SideEffect:
    more = f" (as {len(paths) - 1} more)" if len(paths) > 1 else ""
    message = (
        f"`{failure.name}` is not there yet where {paths[0]}{more} is imported before "
        f"anything else: {failure.module} is half run by then, which it was not before "
        "the moves"
    )
    advice = "import it where it is used, inside the function"
    own = modules.inits(paths[0])[-1:]
    for package in (init for init in changed if own and init not in own):
        ahead = {own[0]: package}
        if first_failure(modules, paths[0], within | {*own}, ahead) is None:
            name = _dotted(package, modules.known)
            advice = f"let {own[0]} begin with `import {name}`, which ran first before"
            break
    return SideEffect(failure.path, failure.line, message, advice)


def _dotted(init: str, analysis: TreeAnalysis) -> str:
    folder = parent_folder(init)
    roots = [
        root for root in analysis.search_roots.roots if folder.startswith(f"{root}/")
    ]
    inner = folder.removeprefix(max(roots, key=len, default="")).strip("/")
    return inner.replace("/", ".")


def _untried(paths: list[str]) -> SideEffect:
    return SideEffect(
        paths[0],
        None,
        f"and {len(paths) - 1} more modules of one circle of imports were not tried: "
        "another package runs before them now",
        "import each of them in a Python of its own",
    )
