"""Random packages, moves and imports: every import follows the file that it led to."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from hypothesis import Phase
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import moved
from tests.migration.rewrite.python_worlds import rewritten
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import
from treeguard.languages.python.source_facts import source_facts
from treeguard.migration.context import MoveContext

PACKAGES = ("a", "a/b", "a/b/c", "a/bb", "d", "d/f", "e")
MODULES = ("m", "n", "b2", "mm")
HOMES = ("a/x", "d/y", "e", "z", "z/a", "a/q2")

spelling = st.sampled_from(
    ("import", "as", "from-module", "from-package", "relative", "many", "use")
)


def parents(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]


@st.composite
def trees(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, str], tuple[str, ...]]:
    """Files with imports of each other, moves, and the `__init__` files to create."""
    packages = draw(st.sets(st.sampled_from(PACKAGES), min_size=2))
    packages = {each for package in packages for each in parents(package)}
    modules = [f"{package}/__init__.py" for package in sorted(packages)]
    for package in sorted(packages):
        chosen = draw(st.sets(st.sampled_from(MODULES), max_size=3))
        taken = {p.rpartition("/")[2] for p in packages if p.startswith(f"{package}/")}
        modules += [f"{package}/{name}.py" for name in sorted(chosen - taken)]
    files = {path: "\n".join(draw(imports(path, modules))) for path in modules}
    moves = draw(some_moves(modules, packages))
    after = {moved(path, moves) for path in files}
    new = {p for path in after for p in parents(path.rpartition("/")[0])}
    created = sorted(f"{p}/__init__.py" for p in new)
    return files, moves, tuple(path for path in created if path not in after)


@st.composite
def some_moves(
    draw: st.DrawFn, modules: list[str], packages: set[str]
) -> dict[str, str]:
    moves: dict[str, str] = {}
    for number in range(draw(st.integers(1, 3))):
        home = draw(st.sampled_from(HOMES))
        if draw(st.booleans()):
            package = draw(st.sampled_from(sorted(packages)))
            # Of no module's name: a package hides the module that is spelled as it is.
            new = f"{home}/{package.rpartition('/')[2]}_to{number}"
            if not f"{new}/".startswith(f"{package}/"):
                moves[f"{package}/"] = f"{new}/"
        else:
            path = draw(st.sampled_from(modules))
            if not path.endswith("__init__.py"):
                name = draw(st.sampled_from(("moved", path.rpartition("/")[2][:-3])))
                moves[path] = f"{home}/{name}{number}.py"
    return moves


@st.composite
def imports(draw: st.DrawFn, path: str, modules: list[str]) -> list[str]:
    targets = draw(st.lists(st.sampled_from(modules), max_size=4))
    return [draw(statement(path, target, modules)) for target in targets]


def dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@st.composite
def statement(draw: st.DrawFn, path: str, target: str, modules: list[str]) -> str:
    name = dotted(target)
    package, _, last = name.rpartition(".")
    how = draw(spelling)
    if path.endswith("__init__.py") and how in ("from-package", "many"):
        how = "as"  # a package that binds its submodule's name says two things by it
    if how == "import" or not package:
        return f"import {name}; use({name})"
    if how == "use":
        return f"def in_():\n    import {name}\n    use({name}, {name.split('.')[0]})\n"
    if how == "as":
        return f"import {name} as {last}_"
    if how == "from-module":
        return f"from {name} import thing, other as o"
    if how == "relative":
        return relative(path, target)
    if how == "many":
        beside = [
            each for each in modules if dotted(each).rpartition(".")[0] == package
        ]
        names = sorted({dotted(each).rpartition(".")[2] for each in beside})
        lines = "".join(f"    {each},  # {each}\n" for each in names)
        return f"from {package} import (\n{lines})"
    return f"from {package} import {last}  # why"


def relative(path: str, target: str) -> str:
    folder, name = path.rpartition("/")[0], dotted(target).split(".")
    if name[0] != folder.split("/")[0]:
        return f"from {'.'.join(name)} import thing"
    parts = folder.split("/")
    shared = 0
    while shared < min(len(parts), len(name)) and parts[shared] == name[shared]:
        shared += 1
    dots = "." * (len(parts) - shared + 1)
    return f"from {dots}{'.'.join(name[shared:])} import thing"


def led(analysis: TreeAnalysis, path: str, data: bytes) -> Counter[tuple[str, ...]]:
    """Where every import, and every argument of `use`, leads."""
    facts = source_facts(data, "python")
    assert not facts.error, data
    found = [item for item in facts.imports if item.kind in ("import", "from")]
    for node in ast.walk(ast.parse(data)):
        if isinstance(node, ast.Call):
            for argument in node.args:
                found.append(Import(1, 1, 1, 1, IMPORT, ast.unparse(argument)))
    return Counter(analysis.resolve(path, item).targets for item in found)


def expected(world: MoveContext, path: str) -> Counter[tuple[str, ...]]:
    before = led(world.before, path, world.before.data(path))
    mapped: Counter[tuple[str, ...]] = Counter()
    for targets, count in before.items():
        mapped[tuple(map(world.where, targets))] += count
    return mapped


@given(trees())
@settings(max_examples=150, deadline=None, phases=(Phase.explicit, Phase.generate))
def test_every_import_follows_its_file(
    tree: tuple[dict[str, str], dict[str, str], tuple[str, ...]],
) -> None:
    files, moves, created = tree
    after = [moved(path, moves) for path in files]
    if len(set(after)) < len(after):
        return
    world = a_world(files, moves, created=created)
    assert world.after is not None
    for path in files:
        new, left = rewritten(world, path)
        assert left == []
        now = led(world.after, world.where(path), new)
        # `import a, x.b` may add a name that had been bound along with another.
        assert expected(world, path) - now == Counter()
