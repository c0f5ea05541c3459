"""Random trees of every kind: each import follows its file, or its line is listed.

Beside `test_python_properties`: namespace packages, stubs, stars, re-exports, folders
of scripts, and source roots, of which one may move as a whole.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from hypothesis import Phase
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import moved
from tests.migration.rewrite.python_worlds import rewritten
from tests.migration.rewrite.test_python_properties import relative
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.languages.python.source_facts import source_facts
from treeguard.migration.context import MoveContext

ROOTS = ("src", "lib", "")
FOLDERS = (
    "src/a",
    "src/a/b",
    "src/n",
    "src/n/o",
    "top",
    "top/t",
    "scripts",
    "scripts/x",
)
PLAIN = ("src/n", "src/n/o", "scripts", "scripts/x")
NAMES = ("m.py", "k.py", "stub.pyi")
HOMES = ("src/a/q", "src/z", "lib", "top/p", "src/n/w", "tools")


class Story(NamedTuple):
    """A tree and its moves; `created` are the `__init__` files of new packages."""

    files: dict[str, str]
    moves: dict[str, str]
    created: tuple[str, ...]


def dotted(path: str) -> str:
    """The module's name from its root; a script's is its own alone."""
    stem = path.rpartition(".")[0].removesuffix("/__init__")
    if stem.startswith("scripts/"):
        return stem.rpartition("/")[2]
    return stem.removeprefix("src/").replace("/", ".")


@st.composite
def line(draw: st.DrawFn, path: str, paths: list[str]) -> str:
    """One import, of a neighbour where the file is a script."""
    folder = path.rpartition("/")[0]
    if folder.startswith("scripts"):
        near = [one for one in paths if one.rpartition("/")[0] == folder]
        target = draw(st.sampled_from([*near, *paths]))
    else:
        far = [one for one in paths if not one.startswith("scripts")]
        target = draw(st.sampled_from(far))
    name = dotted(target)
    package, _, last = name.rpartition(".")
    ways = [
        f"import {name}",
        f"import {name} as x",
        f"from {name} import *",
        f"from {name} import thing as again",
        f"if TYPE_CHECKING:\n    from {name} import thing",
        f"def in_():\n    import {name}\n    use({name})",
    ]
    if package and target.rpartition("/")[0] != folder:
        ways.append(f"from {package} import {last}")
    if path.startswith("src/") and target.startswith("src/"):
        ways.append(relative(path[4:], target[4:].removesuffix("i")))
    return draw(st.sampled_from(ways))


@st.composite
def stories(draw: st.DrawFn) -> Story:
    paths = [f"{one}/__init__.py" for one in FOLDERS if one not in PLAIN]
    for folder in FOLDERS:
        paths += [f"{folder}/{n}" for n in draw(st.sets(st.sampled_from(NAMES)))]
    paths.append("src/a/m.py")
    paths = sorted(set(paths))
    files = {}
    for path in paths:
        some = draw(st.lists(line(path, paths), max_size=3))
        files[path] = "\n".join(some) + "\n"
    moves = draw(chosen(paths))
    homes = {moved(path, moves) for path in paths}
    folders = {one.rpartition("/")[0] for one in homes - set(paths)}
    inits = (f"{one}/__init__.py" for one in sorted(folders) if draw(st.booleans()))
    return Story(files, moves, tuple(one for one in inits if one not in homes))


@st.composite
def chosen(draw: st.DrawFn, paths: list[str]) -> dict[str, str]:
    if draw(st.integers(0, 4)) == 0:
        return {"src/": "lib/"}
    moves: dict[str, str] = {}
    for number in range(draw(st.integers(1, 3))):
        home = draw(st.sampled_from(HOMES))
        if draw(st.booleans()):
            folder = draw(st.sampled_from(FOLDERS))
            if not f"{home}/".startswith(f"{folder}/"):
                moves[f"{folder}/"] = f"{home}/{folder.rpartition('/')[2]}{number}/"
        else:
            path = draw(st.sampled_from(paths))
            name, _, ending = path.rpartition("/")[2].rpartition(".")
            if name != "__init__":
                moves[path] = f"{home}/{name}{number}.{ending}"
    return moves


def led(analysis: TreeAnalysis, path: str, data: bytes) -> Counter[tuple[str, ...]]:
    facts = source_facts(data, "python")
    assert not facts.error, data
    found = (
        analysis.resolve(path, i) for i in facts.imports if i.kind in ("import", "from")
    )
    return Counter(one.targets for one in found if one.targets)


def wanted(world: MoveContext, path: str) -> Counter[tuple[str, ...]]:
    """Where the imports led, each file and folder at its new place."""
    found: Counter[tuple[str, ...]] = Counter()
    for targets, count in led(world.before, path, world.before.data(path)).items():
        homes = (
            f"{world.folders.get(one[:-1], one[:-1])}/"
            if one.endswith("/")
            else world.where(one)
            for one in targets
        )
        found[tuple(homes)] += count
    return found


@given(stories())
@settings(max_examples=100, deadline=None, phases=(Phase.explicit, Phase.generate))
def test_every_import_follows_its_file_or_is_listed(story: Story) -> None:
    after = [moved(path, story.moves) for path in story.files]
    if len(set(after)) < len(after):
        return
    world = a_world(story.files, story.moves, ROOTS, story.created)
    assert world.after is not None
    for path in story.files:
        new, listed = rewritten(world, path)
        lost = wanted(world, path) - led(world.after, world.where(path), new)
        assert lost.total() <= len(listed), (path, new, listed)
