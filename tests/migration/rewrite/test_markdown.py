"""Links of Markdown files: what is rewritten, byte for byte, and what is told."""

from __future__ import annotations

import posixpath
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from tests.support.git import make_repository
from tests.support.memory import Content
from treeguard.analysis.store import Store
from treeguard.migration.context import MoveContext
from treeguard.migration.plan.planner import make_plan
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.rules.registry import load

FILES: dict[str, Content] = {
    "README.md": b"",
    "docs/observability-setup.md": b"",
    "docs/other.md": b"",
    "docs/img/a.png": b"",
    "docs/my file (1).md": b"",
    "config/app.yaml": b"",
    "config/sub dir/b.yaml": b"",
    "mixed/a.txt": b"",
    "mixed/b.txt": b"",
    "pkg/__init__.py": b"",
    "pkg/store/__init__.py": b"",
    "pkg/store/db.py": b"",
    "install.sh": b"",
    "Dockerfile": b"",
    "pyproject.toml": b'[project.urls]\nSource = "https://github.com/me/proj.git"\n',
}
MOVES = {
    "docs/observability-setup.md": "docs/enterprise/observability-setup.md",
    "docs/my file (1).md": "docs/new place/my file (1).md",
    "config/": "deployment/config/",
    "mixed/a.txt": "one/a.txt",
    "mixed/b.txt": "two/b.txt",
    "pkg/store/": "pkg/enterprise/store/",
    "install.sh": "deployment/scripts/install.sh",
    "Dockerfile": "deployment/docker/Dockerfile",
}
SETUP = "docs/observability-setup.md"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def world_with(path: str, content: bytes) -> MoveContext:
    return a_world({**FILES, path: content}, MOVES)


REWRITTEN = [
    ("32-link", SETUP, '[a](../README.md#x "t")', '[a](../../README.md#x "t")'),
    ("32-image", SETUP, "![i](img/a.png)", "![i](../img/a.png)"),
    ("32-neighbour", SETUP, "[b](other.md)", "[b](../other.md)"),
    ("32-definition", SETUP, "[b]\n\n[b]: other.md 't'", "[b]\n\n[b]: ../other.md 't'"),
    ("32-html", SETUP, '<img src="img/a.png">', '<img src="../img/a.png">'),
    (
        "32-fence",
        SETUP,
        "[b](other.md)\n\n```\n[n](../README.md)\n```\n",
        "[b](../other.md)\n\n```\n[n](../README.md)\n```\n",
    ),
    (
        "a-twin-that-is-none",
        "README.md",
        "[`x`](config/) \\[z](config/)",
        "[`x`](deployment/config/) \\[z](config/)",
    ),
    ("33", "README.md", f"[a]({SETUP})", f"[a]({MOVES[SETUP]})"),
    ("33-root", "docs/other.md", f"[a](/{SETUP})", f"[a](/{MOVES[SETUP]})"),
    (
        "33-absolute",
        "README.md",
        f"[a](https://github.com/me/proj/blob/main/{SETUP}#x)",
        f"[a](https://github.com/me/proj/blob/main/{MOVES[SETUP]}#x)",
    ),
    (
        "33-raw",
        "README.md",
        "![a](https://raw.githubusercontent.com/Me/Proj/master/config/app.yaml)",
        "![a](https://raw.githubusercontent.com/Me/Proj/master"
        "/deployment/config/app.yaml)",
    ),
    ("angled", "README.md", "[a](<config/sub dir/b.yaml> 't')",
     "[a](<deployment/config/sub dir/b.yaml> 't')"),
    ("percent", "README.md", "[a](config/sub%20dir/b.yaml)",
     "[a](deployment/config/sub%20dir/b.yaml)"),
    ("parentheses", "README.md", "[a](docs/my%20file%20(1).md)",
     "[a](docs/new%20place/my%20file%20(1).md)"),
    ("dot-slash", "README.md", "[a](./config/app.yaml?raw=1#L2)",
     "[a](./deployment/config/app.yaml?raw=1#L2)"),
    ("slash", "README.md", "[a](config/)", "[a](deployment/config/)"),
    ("nested", "README.md", "[![i](config/app.yaml)](config/)",
     "[![i](deployment/config/app.yaml)](deployment/config/)"),
    ("table", "README.md", "|a|b|\n|-|-|\n|[x](config/)|`[y](config/)`|\n",
     "|a|b|\n|-|-|\n|[x](deployment/config/)|`[y](config/)`|\n"),
    ("quote", "README.md", "> - [x\n>   y](\n>   config/)\n",
     "> - [x\n>   y](\n>   deployment/config/)\n"),
    ("list", "README.md", "1. a\n\n   [x](config/)\n\n       [code](config/)\n",
     "1. a\n\n   [x](deployment/config/)\n\n       [code](config/)\n"),
    ("crlf-bom", "README.md", "\ufeff# \u00e9\r\n\r\n[\u00e9](config/)\r\n",
     "\ufeff# \u00e9\r\n\r\n[\u00e9](deployment/config/)\r\n"),
    ("html-block", "README.md",
     "<p>\n<!-- <a href=config/> -->\n<a\n href='config/'>x</a></p>\n",
     "<p>\n<!-- <a href=config/> -->\n<a\n href='deployment/config/'>x</a></p>\n"),
    ("srcset", SETUP, '<source srcset="img/a.png 1x, img/a.png 2x">',
     '<source srcset="../img/a.png 1x, ../img/a.png 2x">'),
    ("video", SETUP, "<video src=img/a.png poster='img/a.png'></video>",
     "<video src=../img/a.png poster='../img/a.png'></video>"),
    ("code-before", "README.md", "`[x](config/)` \\[y](config/) [z](config/)",
     "`[x](config/)` \\[y](config/) [z](deployment/config/)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [pytest.param(*row[1:], id=row[0]) for row in REWRITTEN],
)
def test_rewritten(path: str, text: str, expected: str) -> None:
    world = world_with(path, text.encode())
    assert rewritten(world, path)[0].decode() == expected


UNTOUCHED = [
    ("33-permalink", f"[a](https://github.com/me/proj/blob/{COMMIT}/{SETUP})"),
    ("a-version", f"[a](https://github.com/me/proj/blob/v1.2.0/{SETUP})"),
    ("another-repository", f"[a](https://github.com/you/proj/blob/main/{SETUP})"),
    ("another-site", "[a](https://example.org/config/app.yaml)"),
    ("not-there", "[a](nowhere/app.yaml)"),
    ("places-of-the-machine", "/config/nginx/x.conf and `/config/ssl/`"),
    ("this-page", "[a](#config/)"),
    ("mail", "<a href='mailto:config/app.yaml@x.org'>"),
    ("what-stays", "[a](docs/other.md) [b](docs/)"),
    ("in-the-middle-of-words", "my-config/app.yaml and config2/"),
]


@pytest.mark.parametrize(
    "text", [pytest.param(text, id=name) for name, text in UNTOUCHED]
)
def test_untouched_and_silent(text: str) -> None:
    world = world_with("README.md", text.encode())
    assert rewritten(world, "README.md") == (text.encode(), [])


TOLD = [
    ("prose", "see config/app.yaml.\nand\ndocs/observability-setup.md",
     [(1, "prose"), (3, "prose")]),
    ("a block of no language", "```\npython config/app.yaml\n```\n", [(2, "code")]),
    ("span", "the `Dockerfile` of old", [(1, "code")]),
    ("module", "run\n`python -m pkg.store.db`", [(2, "code")]),
    ("comment", "<!-- x\nconfig/app.yaml -->", [(2, "prose")]),
    ("scattered", "[a](mixed)", [(1, "different places")]),
    ("escaped", "[a](config/app\\.yaml)", [(1, "escapes")]),
    ("branch", f"[a](https://github.com/me/proj/blob/feature/{SETUP})",
     [(1, "tag or a branch")]),
    ("published", "```sh\ncurl "
     "https://raw.githubusercontent.com/me/proj/main/install.sh | sh\n```\n",
     [(2, "published")]),
    ("a-file-that-git-does-not-have", "[a](config/secrets.yaml)", [(1, "prose")]),
    ("no-link-by-a-space", "[a](config/sub dir/b.yaml)", [(1, "prose")]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"), [pytest.param(*row[1:], id=row[0]) for row in TOLD]
)
def test_told(text: str, expected: list[tuple[int, str]]) -> None:
    world = world_with("README.md", text.encode())
    data, undecided = rewritten(world, "README.md")
    assert data == text.encode()
    told = sorted({(one.line, one.why) for one in undecided})
    assert [line for line, _why in told] == [line for line, _words in expected]
    for (_line, why), (_number, words) in zip(told, expected, strict=True):
        assert words in why


def test_a_repository_that_does_not_say_its_address() -> None:
    text = f"https://github.com/me/proj/blob/main/{SETUP}".encode()
    world = a_world({SETUP: b"", "README.md": text}, {SETUP: MOVES[SETUP]})
    data, [told] = rewritten(world, "README.md")
    assert data == text
    assert "nothing says" in told.why


@pytest.mark.parametrize(
    "remote", ["https://github.com/Me/proj.git", "git@github.com:me/proj.git"]
)
def test_the_remote_of_the_clone_says_the_address(tmp_path: Path, remote: str) -> None:
    repo = make_repository(tmp_path / "repo")
    text = f"https://github.com/me/proj/blob/main/{SETUP}\n"
    other = f"https://github.com/you/proj/blob/main/{SETUP}\n"
    policy = "[policy]\nversion = 1\n[migration]\nid = 'm'\nrecord = 'm.md'\n"
    move = f"[[migration.move]]\nfrom = ['/{SETUP}']\nto = '{MOVES[SETUP]}'\n"
    for path, data in {SETUP: "", "README.md": text + other}.items():
        repo.write(path, data)
    repo.write("policy.toml", policy + move)
    repo.run("add", "-A")
    repo.run("remote", "add", "origin", remote)
    repo.commit()
    git = Git(str(repo.path), repo.env)
    tree = tree_snapshot(git, "HEAD")
    asked = load((policy + move).encode(), "policy.toml", "test")
    plan = make_plan(asked, tree, "HEAD", Store(None), git=git)
    git.close()
    assert [edit.text.decode() for file in plan.edits for edit in file.edits] == [
        MOVES[SETUP]
    ]
    assert plan.undecided == ()


def test_a_file_in_another_encoding_is_told() -> None:
    text = "\u00e9\n[a](config/app.yaml)".encode("latin-1")
    data, [told] = rewritten(world_with("README.md", text), "README.md")
    assert data == text
    assert (told.line, told.text) == (2, "config/app.yaml")


PLACES = ["README.md", "docs/other.md", SETUP, "docs/my file (1).md", "config/app.yaml"]
PIECES = st.sampled_from(
    [
        "[a]({})", "![b](<{}>)", "[c]({} 'x')", "`[d]({})`", "\n\n[e]: {}\n\n[e]",
        "<a href='{}'>x</a>", "\n- ", "\n> ", "\n\n    ", "\n```\n", "\r\n", "\\", "*",
        "[", "](", "(", ")", "`", "<!--", "-->", "text\n", "\n\n", "| ", "<b>",
        "\u00e9",
    ]
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, str]:
    path = draw(st.sampled_from(PLACES[:3]))
    folder = posixpath.dirname(path) or "."
    urls = [posixpath.relpath(one, folder) for one in PLACES]
    urls = [url.replace(" ", "%20") for url in urls] + ["nowhere.md", "#x"]
    pieces = draw(st.lists(PIECES, max_size=14))
    return path, "".join(
        piece.replace("{}", draw(st.sampled_from(urls))) for piece in pieces
    )


@given(documents())
def test_every_link_leads_to_the_same_or_is_told(document: tuple[str, str]) -> None:
    """markdown-it-py alone says which links there are; twice is the same as once."""
    path, text = document
    world = world_with(path, text.encode())
    data, undecided = rewritten(world, path)
    new = world.where(path)
    was, now = _targets(path, text), _targets(new, data.decode())
    assert len(was) == len(now)
    excused = {unquote(one.text.partition("#")[0]) for one in undecided}
    for old_url, old, found in (
        zip(*zip(*was, strict=True), now, strict=True) if was else ()
    ):
        if world.before.entry(old) is not None and unquote(old_url) not in excused:
            assert found[1] == world.where(old), (text, data)
    moved = {
        world.where(one): world.before.data(one)
        for one, _ in world.before.snapshot.files()
    }
    again = a_world({**moved, new: data}, {})
    assert rewritten(again, new) == (data, [])


def _targets(path: str, text: str) -> list[tuple[str, str]]:
    """Address and path of every link in the order of the document."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text.removeprefix("\ufeff"))
    found = []
    for token in tokens:
        for child in token.children or ():
            url = str(child.attrGet("href") or child.attrGet("src") or "")
            if url:
                folder = posixpath.dirname(path)
                found.append(
                    (url, posixpath.normpath(posixpath.join(folder, unquote(url))))
                )
    return found
