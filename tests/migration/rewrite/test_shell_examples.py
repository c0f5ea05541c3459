"""Commands in a document's blocks of code follow a move as those of a script do."""

from __future__ import annotations

import posixpath

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


PROJECT = b'[project]\nname = "my_lamp"\n'
CLONED: dict[str, tuple[str, ...]] = {
    "entered": ("git clone https://example.org/me/my-lamp.git", "cd my-lamp", "cat @"),
    "in one line": ("git clone example.org:me/my-lamp && cd my-lamp && cat @",),
    "not entered": (
        "git clone --depth 1 https://example.org/me/my-lamp",
        "cat my-lamp/@",
    ),
    "a name of its own": ("git clone ssh://example.org/me/my-lamp x/y", "cat x/y/@"),
    "entered by it": ("git clone https://example.org/my-lamp y", "cd y/", "cat @"),
    "in the folder itself": (
        "cd z",
        "git clone https://example.org/my-lamp .",
        "cat @",
    ),
    "left again": (
        "git clone https://example.org/my-lamp",
        "cd my-lamp",
        "cd ..",
        "cat my-lamp/@",
    ),
    "left and entered": (
        "git clone a:my-lamp",
        "cd my-lamp",
        "cd ..",
        "cd my-lamp",
        "cat @",
    ),
    "options behind": (
        "git clone https://example.org/my-lamp.git --config a.b=c",
        "cat ./my-lamp/@",
    ),
    "a prompt": ("$ git clone https://example.org/$USER/my-lamp", "$ cat my-lamp/@"),
    "cloned before": ("cd my-lamp", "cat @"),
}


@pytest.mark.parametrize("name", CLONED)
@pytest.mark.parametrize("inner", [False, True])
def test_a_clone_of_the_repository_is_the_repository(name: str, inner: bool) -> None:
    old, new = follows("bash", *CLONED[name])
    files: dict[str, Content] = {**FILES, "README.md": old, "pyproject.toml": PROJECT}
    if inner and name != "cloned before":
        # A folder of its own name, as that of a package, is another one.
        files["my-lamp/scripts/push.py"] = b""
    data, undecided = rewritten(a_world(files, MOVES), "README.md")
    assert (data.decode(), undecided) == (new, [])


NOT_CLONED = {
    "another repository": (
        "git clone https://example.org/me/other",
        "cd other",
        "cat @",
    ),
    "another one in a folder of that name": (
        "git clone a:other my-lamp",
        "cat my-lamp/@",
    ),
    "left": ("git clone a:my-lamp", "cd my-lamp/x", "cd ../..", "cd other", "cat @"),
    "unknown": ("git clone https://example.org/$NAME", "cd $NAME-1", "cat x/@"),
}


@pytest.mark.parametrize("name", NOT_CLONED)
def test_what_is_in_another_clone_stays(name: str) -> None:
    text, _new = follows("bash", *NOT_CLONED[name])
    files: dict[str, Content] = {**FILES, "README.md": text, "pyproject.toml": PROJECT}
    data, _undecided = rewritten(a_world(files, MOVES), "README.md")
    assert data.decode() == text


def test_folders_of_a_clone_follow() -> None:
    text = fenced("bash", "git clone a:my-lamp x", "cd x/config", "cat ../lib/cli.py")
    files: dict[str, Content] = {**FILES, "README.md": text, "pyproject.toml": PROJECT}
    data, undecided = rewritten(a_world(files, MOVES), "README.md")
    assert "cd x/deployment/config\ncat ../../engine/lib/cli.py" in data.decode()
    assert undecided == []


def test_a_clone_goes_on_in_the_next_block_until_it_is_entered() -> None:
    cloned = fenced("bash", "git clone a:my-lamp")
    entered = fenced("bash", "cd my-lamp", f"cat {OLD}")
    files: dict[str, Content] = {
        **FILES,
        "README.md": cloned + entered + entered,
        "my-lamp/scripts/push.py": b"",
        "pyproject.toml": PROJECT,
    }
    data, _undecided = rewritten(a_world(files, MOVES), "README.md")
    now = fenced("bash", "cd my-lamp", f"cat {NEW}")
    assert data.decode() == cloned + now + entered


def test_a_clone_is_listed_where_nothing_names_the_repository() -> None:
    text = fenced("bash", "git clone a:my-lamp", "cd my-lamp", f"cat {OLD}")
    data, undecided = rewritten(
        a_world({**FILES, "README.md": text}, MOVES), "README.md"
    )
    assert data.decode() == text
    assert [(one.line, one.text) for one in undecided] == [(6, OLD)]
    assert "nothing says" in undecided[0].why


def test_a_default_file_in_a_clone_is_named() -> None:
    rows = ("git clone a:my-lamp", "cd my-lamp", "docker compose up -d")
    files: dict[str, Content] = {
        "README.md": fenced("console", *(f"$ {row}" for row in rows)),
        "compose.yaml": b"services: {}\n",
        "my-lamp/__init__.py": b"",
        "package.json": b'{"name": "@me/my-lamp"}',
    }
    moves = {"compose.yaml": "deployment/compose.yaml"}
    data, _undecided = rewritten(a_world(files, moves), "README.md")
    assert "$ docker compose -f deployment/compose.yaml up -d\n" in data.decode()


# Folders beside a clone, the clone itself, and what is in it.
PLACES = st.lists(
    st.sampled_from(
        [".", "my-lamp", "my-lamp/config", "my-lamp/lib", "my-lamp/my-lamp"]
    ),
    max_size=5,
)


@given(PLACES)
def test_a_walk_through_a_clone_ends_at_the_same_files(places: list[str]) -> None:
    rows, here = ["git clone a:my-lamp"], "."
    for place in [*places, "my-lamp"]:
        if place == "." and here.startswith("my-lamp/"):
            continue  # where dots lead out of the clone is not followed
        rows.append(f"cd {posixpath.relpath(place, here)}")
        here = place
        rows.append(f"cat {posixpath.relpath('my-lamp/' + OLD, here)}")
    files: dict[str, Content] = {
        **FILES,
        "README.md": fenced("bash", *rows),
        "my-lamp/__init__.py": b"",
        "pyproject.toml": PROJECT,
    }
    data, _undecided = rewritten(a_world(files, MOVES), "README.md")
    here = "."
    for row in data.decode().splitlines():
        command, _, path = row.partition(" ")
        if command == "cd":
            here = posixpath.normpath(posixpath.join(here, path))
        if command == "cat":
            assert posixpath.normpath(posixpath.join(here, path)) == f"my-lamp/{NEW}"
