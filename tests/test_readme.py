"""The documents describe all that the code does, and every output in them is real.

What must be documented is read from the code's own tables; the examples are run.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs.picture import render
from docs.picture import without_colors
from tests.support.documents import DOCUMENTS
from tests.support.documents import Example
from tests.support.documents import commands
from tests.support.documents import examples
from tests.support.documents import is_shown
from tests.support.documents import parts
from tests.support.project import ROOT
from treeguard import __version__
from treeguard.cli import COMMANDS
from treeguard.cli import command_parser
from treeguard.cli import load as load_command
from treeguard.formats.registry import FORMATS
from treeguard.policy import schema
from treeguard.policy.schema import Key
from treeguard.rules.registry import KINDS
from treeguard.rules.registry import load

ALL = DOCUMENTS
HOOKS = [
    hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
]
TABLES: dict[str, tuple[Key, ...]] = {
    "[policy]": schema.POLICY,
    "Every rule": schema.COMMON,
    **{name: kind.options.KEYS for name, kind in KINDS.items()},
    "[[exceptions]]": schema.EXCEPTION,
    "[migration]": schema.MIGRATION,
    "[[migration.move]]": schema.MOVE,
    "[[migration.create]]": schema.CREATE,
}
LINK = re.compile(r"\]\(([^)\s]+)\)")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def sections(text: str) -> dict[str, str]:
    """Return the text below each heading, up to the next one of any depth."""
    found = re.split(r"^#+ (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def rows(text: str) -> list[list[str]]:
    """Return the cells of the rows of every table."""
    lines = re.findall(r"^\|(.+)\|$", text, re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def first_cells(text: str) -> set[str]:
    """Return what is in backquotes in the first cell of any row."""
    return {word for row in rows(text) for word in re.findall(r"`([^`]+)`", row[0])}


def anchor(heading: str) -> str:
    """Return the fragment of a heading, as hosts of repositories make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def actions(command: str) -> list[argparse.Action]:
    parser = command_parser(command, load_command(command))
    return parser._actions


README = text_of("README.md")


def blocks(text: str, language: str) -> list[str]:
    return [part.value for part in parts(text) if part.name == language]


def test_the_readme_is_short() -> None:
    assert README.count("\n") < 450


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_rule_has_a_row_and_a_short_example(kind: str) -> None:
    section = sections(README)["Rule kinds"]
    assert kind in first_cells(section)
    [example] = [
        table for table in blocks(section, "toml") if f'kind = "{kind}"' in table
    ]
    assert example.count("\n") <= 6


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_rule_has_a_policy_and_a_finding(kind: str) -> None:
    section = sections(text_of("docs/rules.md"))[kind]
    assert any(f'kind = "{kind}"' in table for table in blocks(section, "toml"))
    assert any("treeguard check" in console for console in blocks(section, "console"))


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_id_is_in_the_table(hook: str) -> None:
    assert hook in first_cells(sections(README)["Hook ids"])


def test_no_hook_id_is_invented() -> None:
    assert first_cells(sections(README)["Hook ids"]) == set(HOOKS)


def test_the_commands_are_those_that_there_are() -> None:
    documented = first_cells(sections(README)["Commands"])
    assert documented == {f"treeguard {command}" for command in COMMANDS}


def test_the_output_formats_are_those_that_there_are() -> None:
    documented = first_cells(sections(README)["Output formats"])
    assert documented - {"--output-format"} == set(FORMATS)


@pytest.mark.parametrize("code", [0, 1, 2, 3, 130, 141])
def test_an_exit_code_is_in_the_table(code: int) -> None:
    assert str(code) in [row[0] for row in rows(sections(README)["Exit codes"])]


def own_options(command: str) -> Iterator[tuple[str, argparse.Action]]:
    common = {"--help", "--quiet", "--verbose", "--color", "--version"}
    for action in actions(command):
        names = [name for name in action.option_strings if name.startswith("--")]
        if names and names[0] not in common:
            yield names[0], action


@pytest.mark.parametrize("name", FORMATS)
def test_an_output_format_is_shown(name: str) -> None:
    shown = text_of("docs/rules.md") + text_of("docs/formats.md")
    typed = [command for text in blocks(shown, "console") for command in commands(text)]
    asked = "treeguard check" if name == "text" else f"--output-format {name}"
    assert any(asked in command for command in typed)


def option_table(section: str) -> str:
    return "".join(re.findall(r"^\| option .+\n(?:\|.+\n)+", section, re.MULTILINE))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_options_of_a_command_are_those_that_there_are(command: str) -> None:
    table = option_table(sections(text_of("docs/commands.md"))[f"treeguard {command}"])
    documented = {word.split()[0] for word in first_cells(table) if word[:1] == "-"}
    assert documented == {name for name, _action in own_options(command)}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_choices_of_a_command_are_named(command: str) -> None:
    section = sections(text_of("docs/commands.md"))[f"treeguard {command}"]
    for name, action in own_options(command):
        found = rows(option_table(section))
        [row] = [row for row in found if re.search(rf"`{name}\b(?!-)", row[0])]
        words = re.findall(r"[\w-]+", row[0])
        if name != "--kind":  # the kinds of rules have their own table
            assert set(action.choices or ()) <= set(words), name
    for action in actions(command):
        for choice in (action.choices or ()) if not action.option_strings else ():
            assert f"`treeguard {command} {choice}" in section.replace("\n", " ")


def test_the_common_options_are_documented() -> None:
    documented = first_cells(sections(text_of("docs/commands.md"))["Common options"])
    common = {"--help", "--quiet", "--verbose", "--color auto", "--version"}
    assert common <= documented


@pytest.mark.parametrize("heading", TABLES)
def test_the_keys_of_a_table_are_those_that_there_are(heading: str) -> None:
    section = sections(text_of("docs/policy.md"))[heading]
    table = re.findall(r"^\| key .+\n(?:\|.+\n)+", section, re.MULTILINE)
    documented = [row for row in rows("".join(table)) if row[0].startswith("`")]
    assert [row[0].strip("`") for row in documented] == [
        key.name for key in TABLES[heading]
    ]
    for row, key in zip(documented, TABLES[heading], strict=True):
        assert row[2] in defaults(key), key.name
        if key.name != "kind":
            assert all(f'`"{choice}"`' in row[1] for choice in key.choices), key.name


def defaults(key: Key) -> tuple[str, ...]:
    """Return what the cell of a key's default may say."""
    if key.required:
        return ("required",)
    if key.default is None:
        return ("none", "any", "anything", "never", "found out", "everybody outside")
    return (f"`{as_toml(key.default)}`",)


def as_toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(as_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def policies() -> Iterator[Any]:
    for name in ALL:
        for part in parts(text_of(name)):
            if part.name == "toml":
                yield pytest.param(part.value, name, id=f"{name}:{part.line}")


@pytest.mark.parametrize(("text", "name"), list(policies()))
def test_a_policy_that_is_shown_loads(text: str, name: str) -> None:
    assert load(text.encode(), name, name).rules or "[migration]" in text


@pytest.mark.parametrize("name", ALL)
def test_no_console_block_shows_a_command_alone_as_output(name: str) -> None:
    for part in parts(text_of(name)):
        if part.name == "console":
            assert commands(part.value), f"{name}:{part.line} types nothing"


@pytest.mark.parametrize(
    "name", [name for name in ALL if "```console" in text_of(name)]
)
def test_every_output_that_is_shown_is_real(name: str, tmp_path: Path) -> None:
    for example in examples(text_of(name), tmp_path):
        where = f"{name}:{example.part.line}"
        assert is_shown(example.shown, example.real), (
            f"{where} shows what is not printed (`make docs` fixes it):\n"
            f"{without_colors(example.real)}"
        )
        if example.picture:
            assert_drawn(example, where)


def assert_drawn(example: Example, where: str) -> None:
    drawn = (ROOT / "docs" / example.picture).read_text(encoding="utf-8")
    assert drawn == render(example.real), f"{where}: `make docs` redraws it"
    assert "\x1b[" in example.real, f"{where}: it has no colour"


@pytest.mark.parametrize(
    ("shown", "real", "same"),
    [
        pytest.param("$ a\nb\n", "$ a\nb\n", True, id="the same"),
        pytest.param("$ a\nb\n", "$ a\nc\n", False, id="another line"),
        pytest.param("$ a\nb\n", "$ a\nb\nc\n", False, id="a line more"),
        pytest.param("$ a\n...\nc\n", "$ a\n1\n2\nc\n", True, id="any lines"),
        pytest.param("$ a\n  ...\nc\n", "$ a\nc\n", True, id="any lines are none"),
        pytest.param("$ a\n...\nc\n", "$ a\n1\nd\n", False, id="and then another"),
        pytest.param("$ a\nb.c\n", "$ a\nbxc\n", False, id="a dot is a dot"),
        pytest.param("$ a\nb\n", "$ a\n\x1b[1;31mb\x1b[0m\n", True, id="colours"),
    ],
)
def test_shown_output_is_compared_by_lines(shown: str, real: str, same: bool) -> None:
    assert is_shown(shown, real) is same


def test_a_picture_escapes_and_colours() -> None:
    drawn = render("$ a < b\n\x1b[1;31mno & no\x1b[0m")
    assert "$ a &lt; b" in drawn
    assert '<tspan font-weight="bold" fill="#ff7b72">no &amp; no</tspan>' in drawn


@pytest.mark.parametrize("name", [*ALL, "CHANGELOG.md", "deployment/README.md"])
def test_every_link_leads_somewhere(name: str) -> None:
    prose = re.sub(r"^```.*?^```$", "", text_of(name), flags=re.DOTALL | re.MULTILINE)
    links = [link for link in LINK.findall(prose) if "://" not in link]
    for link in links:
        path, _, fragment = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), f"{name}: {link}"
        if fragment:
            headings = sections(target.read_text(encoding="utf-8"))
            assert fragment in map(anchor, headings), f"{name}: {link}"


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_a_path_that_is_named_exists(name: str) -> None:
    named = re.findall(r"`([\w./-]+(?:/|\.(?:py|toml|md)))(?= |`)", text_of(name))
    places = (ROOT, ROOT / "hooks", ROOT / "hooks" / "treeguard")
    missing = [
        path for path in named if not any((place / path).exists() for place in places)
    ]
    assert set(missing) <= {"src/", "name.toml"}


def test_the_changelog_has_this_version() -> None:
    assert re.search(rf"^## {re.escape(__version__)}\b", text_of("CHANGELOG.md"), re.M)
