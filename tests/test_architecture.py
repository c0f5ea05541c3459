"""The architecture: layers, who may import what, sizes, and nothing half added.

These tests read source text. docs/architecture.md explains the layers.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import tomli
import yaml

from tests.support.project import ROOT
from treeguard.cli import COMMANDS
from treeguard.formats.registry import FORMATS
from treeguard.rules.registry import KINDS

HOOKS = ROOT / "hooks"
PACKAGE = HOOKS / "treeguard"
MODULES = sorted(PACKAGE.rglob("*.py"))

# From the top down; each may import those below it. The parts of one row are siblings,
# which may not import each other.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("treeguard/__main__.py",),
    ("treeguard/cli.py",),
    ("treeguard/commands/",),
    (
        "treeguard/migration/verify.py",
        "treeguard/migration/undo.py",
        "treeguard/migration/rebase/",
    ),
    ("treeguard/migration/apply/",),
    ("treeguard/migration/plan/",),
    ("treeguard/migration/warnings/",),
    ("treeguard/migration/rewrite/",),
    ("treeguard/migration/context.py", "treeguard/migration/history_lookup.py"),
    ("treeguard/migration/journal.py",),
    ("treeguard/migration/__init__.py",),
    ("treeguard/admin/",),
    ("treeguard/stages/",),
    ("treeguard/check.py",),
    ("treeguard/rules/", "treeguard/formats/"),
    ("treeguard/analysis/",),
    ("treeguard/languages/",),
    ("treeguard/repository/",),
    ("treeguard/policy/",),
    (
        "treeguard/findings.py",
        "treeguard/plans.py",
        "treeguard/trees.py",
        "treeguard/errors.py",
    ),
    ("treeguard/__init__.py",),
)
# What the layers alone do not say: rules and languages are pure, formats know findings.
FORBIDDEN = (
    ("treeguard/rules/", "treeguard/repository/"),
    ("treeguard/analysis/", "treeguard/repository/"),
    ("treeguard/languages/", "treeguard/repository/"),
    ("treeguard/check.py", "treeguard/repository/"),
    ("treeguard/formats/", "treeguard/analysis/"),
    ("treeguard/formats/", "treeguard/languages/"),
    ("treeguard/formats/", "treeguard/repository/"),
    ("treeguard/formats/", "treeguard/policy/"),
    ("treeguard/formats/", "treeguard/trees.py"),
)
# Where alone each library may be imported, and programs be started.
ONLY_IMPORTERS = {
    "git": "treeguard/repository/scratch.py",
    "gitdb": "treeguard/repository/scratch.py",
    "tomli": "treeguard/policy/",
    "tomllib": "treeguard/policy/",
    "pathspec": "treeguard/policy/",
    "subprocess": "treeguard/repository/",
}


def name_of(path: Path) -> str:
    return path.relative_to(HOOKS).as_posix()


def imported(path: Path) -> Iterator[str]:
    """Yield every module that the file imports, in functions too."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            assert node.module is not None
            yield node.module
            # `from treeguard.stages import install` imports a module of ours.
            if node.module.startswith("treeguard"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def our_files(path: Path) -> set[str]:
    """Return the files of the package that the file imports, without its `__init__`."""
    found = set()
    for module in imported(path):
        place = HOOKS / module.replace(".", "/")
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if module.startswith("treeguard.") and file.is_file():
                found.add(name_of(file))
    return found


def inside(name: str, part: str) -> bool:
    return name == part or (part.endswith("/") and name.startswith(part))


def layer_of(name: str) -> tuple[int, str]:
    """Return the number of a module's layer, from the top, and its part of it."""
    [found] = [
        (number, part)
        for number, parts in enumerate(LAYERS)
        for part in parts
        if inside(name, part)
    ]
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_down(path: Path) -> None:
    name = name_of(path)
    for target in sorted(our_files(path)):
        (upper, part), (lower, other) = layer_of(name), layer_of(target)
        assert part == other or lower > upper, f"{name} imports {target}"


@pytest.mark.parametrize(("source", "target"), FORBIDDEN)
def test_these_never_import_each_other(source: str, target: str) -> None:
    imports = [
        f"{name_of(path)} imports {file}"
        for path in MODULES
        if inside(name_of(path), source)
        for file in our_files(path)
        if inside(file, target)
    ]
    assert imports == []


@pytest.mark.parametrize(("library", "place"), ONLY_IMPORTERS.items())
def test_a_library_is_imported_in_one_place(library: str, place: str) -> None:
    users = {
        name_of(path)
        for path in MODULES
        if library in {module.partition(".")[0] for module in imported(path)}
    }
    assert [user for user in sorted(users) if not inside(user, place)] == []


def test_no_module_imports_itself_through_others() -> None:
    graph = {name_of(path): our_files(path) for path in MODULES}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name not in done:
            for target in sorted(graph[name] - {name}):
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_small_and_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") < 520
    first_line = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
    assert first_line, "a module opens with one sentence"
    assert "utils" not in path.name


FACES = ("__init__.py", "__main__.py")
INNER = [path for path in MODULES if path.name not in FACES]


@pytest.mark.parametrize("path", INNER, ids=name_of)
def test_a_module_is_not_tiny(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") >= 30


def test_no_base_name_is_used_three_times() -> None:
    counts = Counter(path.name for path in INNER)
    assert [name for name, count in counts.items() if count > 2] == []


def passages(path: Path, length: int) -> Iterator[tuple[str, ...]]:
    """Yield every so many lines in a row, without imports and blank lines."""
    lines = map(str.strip, path.read_text(encoding="utf-8").splitlines())
    kept = [
        line for line in lines if line and not line.startswith(("import ", "from "))
    ]
    yield from zip(*(kept[start:] for start in range(length)), strict=False)


def test_no_ten_lines_are_written_twice() -> None:
    counts = Counter(passage for path in MODULES for passage in passages(path, 10))
    assert [passage for passage, count in counts.items() if count > 1] == []


def functions() -> Iterator[tuple[str, int]]:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                lines = node.end_lineno - node.lineno + 1
                yield f"{name_of(path)}:{node.lineno} {node.name}", lines


def test_no_function_is_over_50_lines() -> None:
    assert [name for name, lines in functions() if lines > 50] == []


def test_every_package_has_its_init() -> None:
    folders = {path.parent for path in MODULES}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_only_the_command_line_exits() -> None:
    exits = [
        name_of(path)
        for path in MODULES
        if name_of(path) not in ("treeguard/cli.py", "treeguard/__main__.py")
        if re.search(r"\bsys\.exit\(|\bSystemExit\b", path.read_text(encoding="utf-8"))
    ]
    assert exits == []


def test_only_commands_print() -> None:
    allowed = ("treeguard/cli.py", "treeguard/commands/")
    printing = [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        if not any(inside(name_of(path), part) for part in allowed)
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Name) and node.id == "print"
    ]
    assert printing == []


README = ROOT / "README.md"
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
HOOK_IDS = [hook["id"] for hook in yaml.safe_load(MANIFEST.read_text())]


def readme_cells() -> set[str]:
    """Return what is in backquotes, linked or not, as the first cell of a row."""
    cell = r"^\|\s*\[?`([^`]+)`(?:\]\([^)]+\))?\s*\|"
    return set(re.findall(cell, README.read_text(), re.MULTILINE))


def module_of(function: object) -> str:
    return str(getattr(function, "__module__", ""))


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_rule_is_complete(kind: str) -> None:
    assert module_of(KINDS[kind].findings) == f"treeguard.rules.{kind}"
    assert (PACKAGE / "rules" / f"{kind}.py").is_file()
    assert (ROOT / "tests" / "rules" / f"test_{kind}.py").is_file()
    assert kind in readme_cells(), "no row in a table of the README"


@pytest.mark.parametrize("name", FORMATS)
def test_an_output_format_is_complete(name: str) -> None:
    module, _function = FORMATS[name]
    short = module.rpartition(".")[2]
    assert module == f"treeguard.formats.{short}"
    assert (PACKAGE / "formats" / f"{short}.py").is_file()
    assert (ROOT / "tests" / "formats" / f"test_{short}.py").is_file()
    assert name in readme_cells(), "no row in a table of the README"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_complete(command: str) -> None:
    place = COMMANDS[command].replace(".", "/")
    assert place.startswith("treeguard/commands/")
    assert (HOOKS / f"{place}.py").is_file()
    assert f"treeguard {command}" in README.read_text()


@pytest.mark.parametrize("hook", HOOK_IDS)
def test_a_hook_id_is_documented(hook: str) -> None:
    assert hook in readme_cells()


@pytest.mark.parametrize("name", ["package-layers", "migration-layers"])
def test_our_own_policy_states_the_same_layers(name: str) -> None:
    policy = tomli.loads((ROOT / "policy.toml").read_text())
    layers = policy["rules"][name]["layers"]
    stated = [
        [part.strip("/") for part in ([row] if isinstance(row, str) else row)]
        for row in layers
    ]
    order = {part: number for number, row in enumerate(stated) for part in row}
    parts = [
        f"hooks/{part}".strip("/")
        for row in LAYERS
        for part in row
        if f"hooks/{part}".strip("/") in order
    ]
    assert set(order) - set(parts) <= {"hooks/treeguard/migration"}
    assert all(order[upper] <= order[lower] for upper, lower in pairwise(parts))


def test_our_own_policy_states_the_same_importers() -> None:
    policy = tomli.loads((ROOT / "policy.toml").read_text())
    owners = {
        library: rule["zone"]
        for rule in policy["rules"].values()
        if rule["kind"] == "isolated"
        for library in rule.get("owns", [])
    }
    for library in ("git", "tomli", "pathspec"):
        assert any(ONLY_IMPORTERS[library] in zone for zone in owners[library]), library


LAUNCHERS = ("pre-commit", "pre-merge-commit", "pre-push", "pre-receive")


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_launcher_has_three_lines_and_can_be_run(launcher: str) -> None:
    path = HOOKS / launcher
    assert len(path.read_text().splitlines()) == 3
    assert path.stat().st_mode & 0o111 == 0o111
