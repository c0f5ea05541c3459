"""Every path that an import could mean: asked one by one, or a whole root at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from treeguard.analysis.import_candidates import PossibleTargets
from treeguard.analysis.query import SearchRoots
from treeguard.languages.facts import FROM
from treeguard.languages.facts import Import
from treeguard.policy.patterns import Patterns
from treeguard.rules.importing.zones import Zone

NAMES = ("a", "b", "c")
FOLDERS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
LINES = st.tuples(st.sampled_from(("/{}/", "{}/", "/{}", "!/{}/", "*{}")), FOLDERS)


def reading(module: str, level: int) -> Import:
    return Import(1, 1, 1, 2, FROM, module, level, "c")


@settings(max_examples=300, deadline=None)
@given(
    lines=st.lists(LINES.map(lambda pair: pair[0].format(pair[1])), min_size=1),
    roots=st.lists(FOLDERS, max_size=4),
    links=st.dictionaries(FOLDERS, FOLDERS, max_size=1),
    importer=FOLDERS,
    module=st.sampled_from(("a", "a.b", "b.c.a")),
    level=st.sampled_from((0, 0, 1, 2)),
)
def test_a_root_at_once_says_all_that_its_paths_say(
    lines: list[str],
    roots: list[str],
    links: dict[str, str],
    importer: str,
    module: str,
    level: int,
) -> None:
    zone = Zone(Patterns(lines))
    search_roots = SearchRoots(("", *roots), tuple(links.items()))

    def look(path: str) -> bool | None:
        return zone.has(path) or None

    def below(folder: str) -> tuple[bool, ...] | None:
        side = zone.patterns.folder(folder)
        return None if side is None else (True,) if side else ()

    path, item = f"{importer}/x.py", reading(module, level)
    each = PossibleTargets(search_roots, look).of(path, item)
    at_once = PossibleTargets(search_roots, look, below).of(path, item)
    assert any(each) == any(at_once)


def test_roots_that_hold_nothing_are_not_asked() -> None:
    """python-poetry/poetry has a hundred roots: one for each fixture's pyproject."""
    asked: list[str] = []
    roots = tuple(f"tests/fixtures/{number}" for number in range(100))
    zone = Zone(Patterns(["/src/"]))

    def look(path: str) -> bool | None:
        asked.append(path)
        return None

    def below(folder: str) -> tuple[bool, ...] | None:
        return None if zone.patterns.folder(folder) is None else ()

    said = PossibleTargets(SearchRoots(("", *roots), ()), look, below)
    assert list(said.of("x.py", reading("a", 0))) == []
    assert asked
    assert not any(path.startswith("tests/") for path in asked)
