"""What a plan neither lists nor forbids holds afterwards: `verify` has no complaint."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze
from treeguard.migration import verify
from treeguard.migration.verify import Check
from treeguard.migration.verify import TreePair
from treeguard.migration.warnings.collect import side_effects
from treeguard.policy.patterns import Patterns

PLACES = ("lib", "lib/sub", "app", "config", "docs", "scripts", "app/data")
HOMES = ("engine/", "deployment/x/", "app/old/", "lib2/", "")
FILES = tuple(
    f"{folder}/{name}"
    for folder in PLACES
    for name in ("__init__.py", "core.py", "run.sh", "a.yaml", "b.md", "c.txt")
)
# A file, and lines of it: {p} is a path from the root, {o} one from the file's folder,
# {m} a module.
USERS: dict[str, tuple[str, ...]] = {
    "use.py": ("import {m}", "from {m} import x", "open('{p}')", "X = '{m}'"),
    "app/use.py": ("import {m}", "from . import core", "Y = '{p}'"),
    "README.md": ("[a]({p})", "![b](./{p})", "```sh\npython {p}\n```", "see `{p}`"),
    "docs/x.md": ("[a](../{p})", "[a](b.md)", "<img src='../{p}'>"),
    "all.sh": ("python {p}", "cat ./{p}", 'D="{p}"\nls $D', "cd {f} && ls", "cp {p} x"),
    "scripts/s.sh": ("cat {p}", "python -m {m}", "bash run.sh", "cat ../{p}"),
    "Makefile": ("all:\n\tpython {p}", "x: {p}", "y:\n\tcd {f}; cat a.yaml"),
    "Dockerfile": ("COPY {p} /x/", "COPY {f} {f}", "RUN python {p}"),
    "compose.yml": (
        "services: {{a: {{build: {f}, volumes: ['./{p}:/x']}}}}",
        "services:\n  a:\n    env_file: {p}\n    command: python {p}",
    ),
    ".github/workflows/a.yml": (
        "on: {{push: {{paths: ['{f}/**']}}}}\n"
        "jobs: {{a: {{steps: [{{run: cat {p}}}]}}}}",
        "jobs: {{a: {{steps: [{{run: ls, working-directory: {f}}}]}}}}",
    ),
    "CODEOWNERS": ("/{f}/ @a", "{p} @b", "*.yaml @c"),
    "pyproject.toml": (
        "[tool.ruff]\nexclude = ['{p}']",
        "[tool.mypy]\nfiles = ['{f}']",
    ),
}


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[str, Content], dict[str, str]]:
    """A tree whose files use each other, and one or two moves in it."""
    files: dict[str, Content] = dict.fromkeys(
        draw(st.sets(st.sampled_from(FILES), min_size=3, max_size=12)), "x = 1\n"
    )
    there = sorted(files)
    folders = sorted({path.rpartition("/")[0] for path in there})
    for user in sorted(draw(st.sets(st.sampled_from(sorted(USERS)), max_size=5))):
        many = 1 if user.endswith((".yml", ".toml")) else 3
        lines = draw(st.lists(st.sampled_from(USERS[user]), min_size=1, max_size=many))
        text = ""
        for line in lines:
            path = draw(st.sampled_from(there))
            module = path.removesuffix(".py").removesuffix("/__init__")
            folder = draw(st.sampled_from(folders))
            dotted = module.replace("/", ".").replace(".sh", "")
            text += line.format(p=path, f=folder, m=dotted) + "\n"
        files[user] = text
    moves: dict[str, str] = {}
    for source in draw(st.sets(st.sampled_from(folders), min_size=1, max_size=2)):
        home = draw(st.sampled_from(HOMES)) + source.rpartition("/")[2]
        if not f"{home}/".startswith(f"{source}/") and home not in folders:
            moves[f"{source}/"] = f"{home}/"
    return files, moves


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_a_plan_foretells_verify(
    drawn: tuple[dict[str, Content], dict[str, str]],
) -> None:
    files, moves = drawn
    world = a_world(files, moves)
    homes = [world.where(path) for path in files]
    if len(set(homes)) < len(homes):
        return
    new: dict[str, Content] = {}
    for path in files:
        new[world.where(path)], _undecided = rewritten(world, path)
    after = analyze(MemorySnapshot(new), ("",), Store(None))
    pair = TreePair(
        world.before, after, dict(world.moves), dict(world.folders), Patterns(())
    )
    silent = [f"{one.path}:" for one in side_effects(world, after)]
    for check in _checks(pair):
        lost = [one for one in check.details if not one.startswith(tuple(silent))]
        assert lost == [], check.text


def _checks(pair: TreePair) -> Iterator[Check]:
    yield verify.check_python(pair)
    yield verify.check_imports(pair)
    yield verify.check_links(pair)
    yield verify.check_references(pair)
    yield verify.check_data_files(pair)
    yield verify.check_rules(pair)
