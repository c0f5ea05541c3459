"""Whatever still names an old place is told, in every way that it can be written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from treeguard.plans import Undecided

TREE = {
    "config/app.yaml": b"",
    "config/my file.yaml": b"",
    "install.sh": b"",
    "logs/kept.txt": b"",
    "pkg/__init__.py": b"",
    "pkg/storage/__init__.py": b"",
    "pkg/storage/db.py": b"",
    "web/config/app.yaml": b"",
    "web/scripts/build.sh": b"",
    "scripts/run.py": b"",
    "docs/page.html": b"",
    "docs/style.css": b"",
}
MOVES = {
    "config/": "deployment/config/",
    "install.sh": "deployment/scripts/install.sh",
    "pkg/storage/": "pkg/enterprise/storage/",
    "scripts/": "tools/",
    "docs/page.html": "site/page.html",
}


def told(path: str, data: bytes) -> list[Undecided]:
    """What is told of a file that no rewriter knows; it is never edited."""
    new, undecided = rewritten(a_world({**TREE, path: data}, MOVES), path)
    assert new == data
    return undecided


TOLD: dict[str, tuple[str, bytes, list[tuple[int, str]]]] = {
    "a path": ("notes.txt", b"see\nconfig/app.yaml here\n", [(2, "config/app.yaml")]),
    "a folder": ("notes.txt", b"in config/\n", [(1, "config/")]),
    "a file that Git does not have": (
        "x.conf.in",
        b"a\nlog=config/local/x.log\n",
        [(2, "config/local/x.log")],
    ),
    "back slashes": ("a.wxs", b"<File Source='config\\app.yaml'/>", [(1, "")]),
    "back slashes twice": ("a.txt", b'"config\\\\app.yaml"', [(1, "")]),
    "an expression": ("a.txt", b"^config/app\\.yaml$", [(1, "")]),
    "an expression with a name": ("a.txt", b"pkg\\.storage\\.db", [(1, "")]),
    "an address": ("a.txt", b"x href=config/my%20file.yaml", [(1, "")]),
    "an address with its slash": ("a.txt", b"x?path=config%2Fapp.yaml", [(1, "")]),
    "another case": ("a.txt", b"Config/App.yaml", [(1, "")]),
    "a name": ("a.txt", b"loggers: pkg.storage.db!", [(1, "pkg.storage.db")]),
    "a name and its object": ("a.txt", b"pkg.storage.db:Class", [(1, "")]),
    "behind a variable": ("a.txt", b"$ROOT/config/app.yaml", [(1, "")]),
    "behind braces": ("a.js", b"`${root}/config/app.yaml`", [(1, "/config/app.yaml")]),
    "behind a percent": ("a.iss", b"%DIR%\\config\\app.yaml", [(1, "")]),
    "from the folder above": ("a/b.txt", b"../config/app.yaml", [(1, "")]),
    "from some folder": ("a/b/c.txt", b"../config/app.yaml", [(1, "")]),
    "a file of the root": ("a.txt", b"run install.sh", [(1, "install.sh")]),
    "from its own folder": ("web/a.ts", b"import '../scripts/run.py'", [(1, "")]),
    "a script without its ending": (
        "web/a.ts",
        b"import { b } from '../docs/page'",
        [(1, "../docs/page")],
    ),
    "a page that moves": (
        "docs/page.html",
        b"<link href='style.css'>",
        [(1, "style.css")],
    ),
    "a branch's address": (
        "a.txt",
        b"curl https://raw.githubusercontent.com/o/r/main/install.sh | sh",
        [(1, "install.sh")],
    ),
    "UTF-16": ("a.txt", "\n config/app.yaml".encode("utf-16"), [(2, "")]),
    "not UTF-8": ("a.txt", b"\xe9\n\xe9 config/app.yaml", [(2, "")]),
    "data, a few": (
        "r.json",
        b'{"a":\n"config/app.yaml"}',
        [(2, "config/app.yaml")],
    ),
    "data, counted": ("r.csv", b"a\n" + b"config/app.yaml,1\n" * 9, [(2, "")]),
    "binary": ("x.pkl", b"\x80\x04\0pkg.storage.db\0", [(1, "pkg.storage.db")]),
    "a flood": ("a.txt", b"config/app.yaml\n" * 50, [(1, "config/app.yaml")]),
}


WHYS = "which moves away", "from the folder that this file leaves", "nothing says"


@pytest.mark.parametrize("name", TOLD)
def test_it_is_told_with_its_line(name: str) -> None:
    path, data, expected = TOLD[name]
    found = told(path, data)
    wanted = [line for line, _text in expected]
    assert [one.line for one in found] == wanted
    for one, (_line, text) in zip(found, expected, strict=True):
        assert not text or one.text == text
        assert any(why in one.why for why in WHYS)


def test_the_paths_of_a_configuration_that_moves_are_told_once() -> None:
    """Nobody knows that this format tells them from its own folder, as it does."""
    text = "build:\n- context: web/scripts\n- context: web/config\n- x: other/y\n"
    world = a_world({**TREE, "skaffold.yaml": text}, {"skaffold.yaml": "ops/s.yaml"})
    [one] = rewritten(world, "skaffold.yaml")[1]
    assert (one.line, one.text) == (2, "web/scripts")
    assert one.why == (
        "the file moves, and this and 1 more of its paths may start in its own folder"
    )


def test_what_stays_is_not_said_to_move() -> None:
    [one] = told("docs/page.html", TOLD["a page that moves"][1])
    assert one.why.startswith("it names docs/style.css, from the folder that this file")


def test_a_flood_is_counted() -> None:
    [data] = told("r.csv", b"a\n" + b"config/app.yaml,1\n" * 9)
    assert data.why == (
        "it names config/app.yaml, which moves away: 9 times in this file; "
        "data is never edited"
    )
    [text] = told("a.txt", b"config/app.yaml\n" * 50)
    assert "50 times in this file; too many to be listed one by one" in text.why


SILENT = {
    "another file of that name": ("web/a.txt", b"config/app.yaml scripts/build.sh"),
    "told from a folder that a tool is run in": ("a.txt", b"bash scripts/build.sh"),
    "a longer path": ("a.txt", b"other/config/app.yaml web/config/app.yaml"),
    "the new place": ("a.txt", b"deployment/config/app.yaml pkg.enterprise.storage"),
    "longer names": (
        "a.txt",
        b"config2/app.yaml pkg.storage2 xpkg.storage myinstall.sh",
    ),
    "told by the other reader": ("CODEOWNERS", b"* @a\n/install.sh.x @b\n"),
    "a place of the machine": ("a.ini", b"dir = /config/app.yaml"),
    "a bare word": ("a.txt", b"config and scripts, storage"),
    "inside of a container": ("a.txt", b"x:/config/app.yaml /config/other"),
    "another site": ("a.txt", b"https://x.org/config/app.yaml"),
    "a permalink": (
        "a.txt",
        b"https://github.com/o/r/blob/0123456789abcdef0123456789abcdef01234567/"
        b"config/app.yaml",
    ),
    "a home folder": ("a.txt", b"~/config/app.yaml"),
    "a script that stays, without its ending": ("web/a.ts", b"import '../docs/style'"),
    "a member": ("a.ts", b"pkg.storage.db"),
    "a division": ("m.py", b"x = config/scripts\n"),
    "a picture": ("a.png", b"config/app.yaml"),
    "the policy": ("policy.toml", b'from = ["config/"]'),
    "from a place that stays": ("docs/a.html", b"<link href='style.css'>"),
}


@pytest.mark.parametrize("name", SILENT)
def test_what_names_no_old_place_is_silent(name: str) -> None:
    path, data = SILENT[name]
    assert told(path, data) == []


def test_what_a_rewriter_dealt_with_is_not_told_again() -> None:
    text = b"FROM x\nCOPY config/app.yaml /app/\nENV A=$B/config/app.yaml\n"
    world = a_world({**TREE, "Dockerfile": text}, MOVES)
    new, undecided = rewritten(world, "Dockerfile")
    assert new == text.replace(b"COPY config/", b"COPY deployment/config/")
    assert [(one.line, one.text) for one in undecided] == [(3, "$B/config/app.yaml")]


OLD = st.sampled_from(
    ["config/app.yaml", "config\\app.yaml", "pkg.storage.db", "install.sh", "scripts/"]
)
AROUND = st.text(alphabet=" \n\"'()[]{},;|=<>\u00e9x", max_size=12)


@settings(deadline=None)
@given(st.lists(st.tuples(AROUND, OLD, AROUND), min_size=1, max_size=4))
def test_no_third_class(parts: list[tuple[str, str, str]]) -> None:
    """Whatever stands around an old place, each line of it is told."""
    text = "".join(f"{left} {old} {right}" for left, old, right in parts)
    lines = text.split("\n")
    wanted = {
        n for n, line in enumerate(lines, 1) if any(o in line for _, o, _ in parts)
    }
    assert {one.line for one in told("notes.txt", text.encode())} == wanted


@pytest.mark.parametrize(
    ("moves", "roots", "listed"),
    [
        ({"pkg/": "src/pkg/"}, ("", "src"), False),
        ({"pkg/": "lib/python/pkg/"}, ("", "lib/python"), False),
        ({"pkg/storage/db.py": "src/pkg/storage/db.py"}, ("", "src"), False),
        ({"pkg/": "src/pkg/"}, ("",), True),
        ({"pkg/": "src/kit/"}, ("", "src"), True),
    ],
)
def test_a_module_that_keeps_its_name_is_not_listed(
    moves: dict[str, str], roots: tuple[str, ...], listed: bool
) -> None:
    text = b"# Use\n\nSee `pkg.storage.db`.\n\n    from pkg.storage.db import x\n"
    for path in ("README.md", "docs/notes.txt"):
        world = a_world({**TREE, path: text}, moves, roots)
        new, left = rewritten(world, path)
        assert (new, bool(left)) == (text, listed)


def test_a_script_beside_one_is_not_the_folder_of_its_name() -> None:
    files = {"app/src/app.js": b"", "app/src/bars.js": b"import App from './app'\n"}
    world = a_world(files, {"app/": "front/app/"})
    assert rewritten(world, "app/src/bars.js") == (files["app/src/bars.js"], [])


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ('{"buildDir": "../web/static/build"}', ["../web/static/build"]),
        ('{"out": "../build/x", "css": "src/made/a.css"}', []),
    ],
)
def test_what_is_made_elsewhere_is_missed_from_the_new_place(
    text: str, listed: list[str]
) -> None:
    files = {"app/package.json": text, "app/src/a.js": "", "web/static/x.css": ""}
    world = a_world({**files, "web/app.yaml": ""}, {"app/": "front/app/"})
    data, undecided = rewritten(world, "app/package.json")
    assert data.decode() == text
    assert [one.text for one in undecided] == listed
