"""Commands in a document's blocks of code follow a move as those of a script do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from tests.support.memory import Content

FILES: dict[str, Content] = {
    "scripts/push.py": b"",
    "config/push.toml": b"",
    "lib/__init__.py": b"",
    "lib/cli.py": b"",
}
MOVES = {"scripts/": "tools/", "config/": "deployment/config/", "lib/": "engine/lib/"}
OLD, NEW = "scripts/push.py", "tools/push.py"


def fenced(language: str, *rows: str) -> str:
    return "\n".join(["# T", "", f"```{language}", *rows, "```", ""])


def follows(language: str, *rows: str) -> tuple[str, str]:
    """Return a block in which each `@` is the path that moves, before and after."""
    text = fenced(language, *rows)
    return text.replace("@", OLD), text.replace("@", NEW)


STAYS = {
    "what a command printed": ("console", "$ ls", OLD, f"read {OLD}"),
    "a comment": ("bash", f"# python {OLD}"),
    "what is printed": ("bash", f"echo 'see {OLD} first'"),
    "another language": ("text", f"python {OLD}"),
    "no language": ("", f"python {OLD}"),
    "code of Python": ("python", f"x = '{OLD}'"),
    "prose after a mark of root": ("console", "$ ls", f"# then edit {OLD}"),
    "a quotation": ("bash", f"> python {OLD}"),
}
FOLLOWS = {
    "bash": ("bash", "python @ --config x"),
    "sh, with options of the fence": ("sh title=run", "python @"),
    "in braces": ("{.bash}", "python @"),
    "several lines": ("shell", "python \\", "  @ \\", "  --all", "cat @"),
    "a prompt in a script": ("bash", "$ python @"),
    "a prompt in a block of no language": ("", "$ python @", "done"),
    "console": ("console", "$ python @", "done", "$ cat @"),
    "of an environment": ("console", "(venv) $ python @", "[me x]$ cat @"),
    "root": ("console", "# python @"),
    "zsh": ("shell-session", "% python @"),
    "continued": ("console", "$ python \\", "> @ \\", "> --all"),
}
RST = {
    "a directive": ".. code-block:: bash\n   :linenos:\n\n   python @\n",
    "console": ".. code:: console\n\n   $ python @\n   done\n",
    "literal with a prompt": "So::\n\n   $ python @\n\nthen.\n",
}


@pytest.mark.parametrize("name", STAYS)
def test_what_is_no_command_stays_and_is_listed(name: str) -> None:
    text = fenced(*STAYS[name])
    data, undecided = rewritten(
        a_world({**FILES, "README.md": text}, MOVES), "README.md"
    )
    assert data.decode() == text
    assert undecided
    assert {one.text for one in undecided} == {OLD}


@pytest.mark.parametrize("name", FOLLOWS)
def test_a_command_follows(name: str) -> None:
    old, new = follows(*FOLLOWS[name])
    data, undecided = rewritten(
        a_world({**FILES, "README.md": old}, MOVES), "README.md"
    )
    assert (data.decode(), undecided) == (new, [])


@pytest.mark.parametrize("name", RST)
def test_a_command_of_restructuredtext_follows(name: str) -> None:
    text = RST[name]
    files = {**FILES, "README.rst": text.replace("@", OLD)}
    data, undecided = rewritten(a_world(files, MOVES), "README.rst")
    assert (data.decode(), undecided) == (text.replace("@", NEW), [])


def test_names_of_modules_and_folders_follow() -> None:
    text = fenced("bash", "cd config", "cat push.toml", "cd ..", "python -m lib.cli")
    files = {**FILES, "README.md": text}
    data, _undecided = rewritten(a_world(files, MOVES), "README.md")
    assert "cd deployment/config\ncat push.toml\n" in data.decode()
    assert "python -m engine.lib.cli" in data.decode()


LINES = st.sampled_from(
    ["$ python @", "> @", "@", "# @", "```", "~~~", "> ```bash", "python @ \\", "", "x"]
)


@given(st.lists(LINES, max_size=12), st.sampled_from(["bash", "console", ""]))
def test_no_more_than_paths_change(rows: list[str], language: str) -> None:
    text = "\n".join([f"```{language}", *rows, "```", ""])
    files = {**FILES, "README.md": text.replace("@", OLD)}
    data, _undecided = rewritten(a_world(files, MOVES), "README.md")
    assert data.decode().replace(NEW, OLD) == text.replace("@", OLD)
