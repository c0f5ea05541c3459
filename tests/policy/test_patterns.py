"""Patterns mean what git itself takes them to mean, and cannot be made to run away."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.languages.ignore_files import IGNORE
from treeguard.languages.ignore_files import ignoring
from treeguard.languages.ignore_files import read
from treeguard.policy.patterns import Patterns
from treeguard.policy.patterns import fault

MATCHES = {
    "a folder at any depth": (
        ["g/"],
        ["g/x", "a/g/x/y"],
        ["g", "a/g", "gg/x", "x.g/y"],
    ),
    "a folder at the root": (["/g/"], ["g/x", "g/x/y"], ["g", "a/g/x", "gg/x"]),
    "a path is rooted": (["a/b"], ["a/b", "a/b/c"], ["x/a/b", "a/bc", "a"]),
    "a name": (["x.py"], ["x.py", "a/x.py", "a/x.py/b"], ["x.pyc", "ax.py"]),
    "stars stay in a part": (["a*c"], ["ac", "abc", "x/abbc/y"], ["a/c", "abcd"]),
    "a question mark": (["/a?c"], ["abc"], ["ac", "a/c", "abbc"]),
    "sets": (["[a-c]x"], ["ax", "d/cx"], ["dx", "/x", "-x"]),
    "negated sets": (["a[!b]c"], ["axc"], ["abc", "a/c"]),
    "classes": (["[[:digit:]_]x"], ["1x", "_x"], ["ax", ":x"]),
    "a closing bracket first": (["[]a]x"], ["]x", "ax"], ["bx"]),
    "a range that runs backwards": (["[z-a]x"], ["zx"], ["ax", "mx", "-x"]),
    "leading stars": (["**/a/b"], ["a/b", "x/a/b", "x/y/a/b/c"], ["xa/b"]),
    "inner stars": (["a/**/b"], ["a/b", "a/x/b", "a/x/y/b/c"], ["ab", "x/a/b"]),
    "trailing stars": (["a/**"], ["a/b", "a/b/c"], ["a", "x/a/b"]),
    "stars twice": (["a/**/b/**/c"], ["a/b/c", "a/x/b/y/z/c"], ["a/c", "a/c/b"]),
    "everything": (["*"], ["a", "a/b"], []),
    "everything in folders": (["*/"], ["a/b"], ["a"]),
    "spaces at the end": (["a  "], ["a"], ["a  "]),
    "an escaped space": (["a\\ "], ["a "], ["a"]),
    "escapes": (["\\#a", "\\!b", "c\\*"], ["#a", "!b", "c*"], ["a", "b", "cd"]),
    "a literal dot": (["a.b"], ["a.b"], ["axb"]),
    "newlines in names": (["g/", "*.py"], ["g/a\nb", "x\ny/g/z", "a\n.py"], ["a.py\n"]),
    "names that are no text": (["g/", "*.py"], ["g/\udcff", "\udcff.py"], ["\udcff"]),
    "taken back": (["*.py", "!keep.py"], ["a.py", "k/a.py"], ["keep.py", "k/keep.py"]),
    "taken back in a folder": (["r/", "!r/tmp/"], ["r/a"], ["r/tmp/a"]),
    "given again": (["/*", "!/a/", "/a/b"], ["c", "a/b"], ["a/c"]),
    "nothing": ([], [], ["a", "a/b"]),
    "literal paths": (["a/b", "c", "d/e/"], ["a/b/x", "x/c", "d/e/f"], ["d/e", "a/x"]),
}


@pytest.mark.parametrize(("lines", "meant", "others"), MATCHES.values(), ids=MATCHES)
def test_match(lines: list[str], meant: list[str], others: list[str]) -> None:
    patterns = Patterns(lines)
    assert [path for path in meant + others if patterns.match(path)] == meant


FOLDERS = {
    "a rooted folder": (["/a/b/"], {"": None, "a": None, "a/b": True, "c": False}),
    "below it": (["/a/b/"], {"a/b/c/d": True, "a/c": False, "a/bc": False}),
    "a floating folder": (["b/"], {"": None, "c": None, "c/b": True, "c/b/d": True}),
    "everything": (["*"], {"": True, "a": True}),
    "nothing": ([], {"": False, "a": False}),
    "a file": (["/a/b.py"], {"": None, "a": None, "c": False, "a/c": False}),
    "a glob": (["/a*/b/*.py"], {"": None, "ax": None, "ax/b": None, "b": False}),
    "deep stars": (["/a/**/b"], {"": None, "a": None, "a/x/y": None, "b": False}),
    "trailing stars": (["/a/**"], {"": None, "a": True, "a/b": True, "b": False}),
    "negation elsewhere": (["/a/", "!/b/c"], {"a": True, "a/x": True, "b": None}),
    "negation inside": (["/a/", "!/a/b/"], {"a": None, "a/b": None, "a/c": True}),
    "negation that floats": (["/a/", "!x"], {"a": None, "b": None}),
}


@pytest.mark.parametrize(("lines", "folders"), FOLDERS.values(), ids=FOLDERS)
def test_folder(lines: list[str], folders: dict[str, bool | None]) -> None:
    patterns = Patterns(lines)
    # None is always a right answer, but these are the ones that save the work.
    found = {folder: patterns.folder(folder) for folder in folders}
    loose = {name for name, answer in folders.items() if answer is None}
    assert {k: v for k, v in found.items() if k not in loose} == {
        k: v for k, v in folders.items() if k not in loose
    }
    assert all(found[folder] is not True for folder in loose)


LITERALS = {
    "folders and files": (["/a/b/", "c", "d/e.py"], ("a/b", "c", "d/e.py")),
    "none": ([], ()),
    "a star": (["a", "*.py"], None),
    "a set": (["[ab]"], None),
    "an escape": (["a\\ "], None),
    "negation": (["a", "!b"], None),
}


@pytest.mark.parametrize(("lines", "paths"), LITERALS.values(), ids=LITERALS)
def test_literals(lines: list[str], paths: tuple[str, ...] | None) -> None:
    assert Patterns(lines).literals() == paths


def test_patterns_are_compared_by_their_lines() -> None:
    assert Patterns(["a", "b"]) == Patterns(("a", "b"))
    assert Patterns(["a", "b"]) != Patterns(["b", "a"])
    assert len({Patterns(["a"]), Patterns(["a"]), Patterns()}) == 2
    assert [bool(Patterns(["a"])), bool(Patterns())] == [True, False]
    assert repr(Patterns(["a"])) == "Patterns(['a'])"


BAD = {
    "": "empty",
    "  ": "empty",
    "#a": "a comment",
    "/": "names nothing",
    "!": "names nothing",
    "a//b": "two slashes",
    "a[b": "no `]` closes",
    "[b/c]": "no `]` closes",
    "[[:word:]]": "no class",
    "a\\": "backslash",
    "a\\b": "backslash",
    "a" * 1001: "over 1000 characters",
    "a/" * 65: "over 64 path parts",
}


@pytest.mark.parametrize(("line", "why"), BAD.items())
def test_what_can_be_no_pattern(line: str, why: str) -> None:
    assert why in fault(line)


@pytest.mark.parametrize(
    "line", ["a", "/a/", "!a", "**", "[!]]", "\\#", "a\\ ", "[a-]"]
)
def test_what_can_be_one(line: str) -> None:
    assert fault(line) == ""


PARTS = st.sampled_from(
    [
        "a",
        "b",
        "ab",
        "ab",
        "a",
        "b",
        "a*",
        "*b",
        "*",
        "**",
        "?",
        "a?b",
        "[ab]",
        "[!a]",
        "*a*b*",
        "a**b",
        "\\*",
        "[a-b]b",
        "[[:alpha:]]",
        "[]a]",
        "[a\\]]",
        "[^b-z]",
        "[b-a]",
        "b*",
    ]
)
PLAIN_PARTS = st.sampled_from(["a", "b", "ab", "aab", "c"])
PATHS = st.lists(
    st.lists(
        st.sampled_from(["a", "b", "ab", "aab", "bb", "]", "c", "*"]),
        min_size=1,
        max_size=5,
    ),
    min_size=1,
    max_size=40,
)


def lines_of(parts: st.SearchStrategy[str], signs: str) -> st.SearchStrategy[list[str]]:
    line = st.builds(
        lambda sign, root, names, end: sign + root + "/".join(names) + end,
        st.sampled_from(["", *signs]),
        st.sampled_from(["", "/"]),
        st.lists(parts, min_size=1, max_size=4),
        st.sampled_from(["", "/"]),
    )
    return st.lists(line, min_size=1, max_size=4)


class Answers(NamedTuple):
    """What git says of paths: is each ignored, by itself or by a folder above it."""

    ignored: dict[str, bool]

    def above(self, path: str) -> bool:
        """True when a folder above `path` is ignored."""
        return any(self.ignored[f"{folder}/"] for folder in folders_of(path))


def folders_of(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def git_says(repo: Repo, lines: list[str], paths: list[str]) -> Answers:
    (repo.path / "ignored").write_text("\n".join(lines) + "\n")
    asked = [*paths, *sorted({f"{f}/" for path in paths for f in folders_of(path)})]
    done = repo.run(
        "-c",
        f"core.excludesFile={repo.path / 'ignored'}",
        *["check-ignore", "--no-index", "-z", "--stdin", "-v", "-n"],
        input="\0".join(asked).encode(),
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    fields = done.stdout.decode().split("\0")[:-1]
    rows = zip(fields[0::4], fields[2::4], fields[3::4], strict=True)
    return Answers({path: bool(src) and line[0] != "!" for src, line, path in rows})


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return make_repository(tmp_path_factory.mktemp("patterns") / "repo")


AS_GIT = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@AS_GIT
@given(lines_of(PARTS, "") | lines_of(PLAIN_PARTS, ""), PATHS)
def test_git_agrees(repo: Repo, lines: list[str], paths: list[list[str]]) -> None:
    asked = ["/".join(parts) for parts in paths]
    answers = git_says(repo, lines, asked)
    patterns = Patterns(lines)
    assert {p: patterns.match(p) for p in asked} == {
        p: answers.ignored[p] for p in asked
    }


@AS_GIT
@given(lines_of(PARTS, "!"), PATHS)
def test_git_agrees_on_what_it_passes_over(
    repo: Repo, lines: list[str], paths: list[list[str]]
) -> None:
    """Where a folder is ignored, a `!` for what is below it takes nothing back."""
    asked = ["/".join(parts) for parts in paths]
    answers = git_says(repo, lines, asked)
    rules = list(read("\n".join(lines), "", IGNORE))
    assert {path: ignoring(rules, path) is not None for path in asked} == {
        path: answers.ignored[path] for path in asked
    }


@AS_GIT
@given(lines_of(PARTS, "!"), PATHS)
def test_git_agrees_on_negation(
    repo: Repo, lines: list[str], paths: list[list[str]]
) -> None:
    """Where a folder is ignored git never looks inside, and GitIgnoreSpec does."""
    asked = ["/".join(parts) for parts in paths]
    answers = git_says(repo, lines, asked)
    patterns = Patterns(lines)
    decided = [path for path in asked if not answers.above(path)]
    assert [p for p in decided if patterns.match(p) != answers.ignored[p]] == []


PATHSPEC_PARTS = st.sampled_from(
    ["a", "b", "ab", "a*", "*b", "*", "?", "a?b", "[ab]", "*a*b*", "\\*", "[a-b]b"]
)


@settings(max_examples=150, deadline=None)
@given(lines_of(PATHSPEC_PARTS, "!"), PATHS)
def test_pathspec_agrees(lines: list[str], paths: list[list[str]]) -> None:
    from pathspec import GitIgnoreSpec

    asked = ["/".join(parts) for parts in paths]
    spec = GitIgnoreSpec.from_lines(lines)
    patterns = Patterns(lines)
    assert [p for p in asked if patterns.match(p) != spec.match_file(p)] == []


@settings(max_examples=200, deadline=None)
@given(lines_of(PARTS, "!") | lines_of(PLAIN_PARTS, "!"), PATHS)
def test_folders_tell_of_all_files_below(
    lines: list[str], paths: list[list[str]]
) -> None:
    patterns = Patterns(lines)
    for path in map("/".join, paths):
        verdicts = {patterns.folder(folder) for folder in [*folders_of(path), ""]}
        assert verdicts <= {None, patterns.match(path)}


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("*a" * 400 + "b", "a" * 4000),
        ("!" + "*a" * 400 + "b", "a" * 4000),
        ("a*" * 499 + "b", "a" * 4000),
        ("[ab]*" * 190 + "c", "ab" * 2000),
        ("?*" * 400 + "c", "ab" * 2000),
        ("**/" * 60 + "b", "a/" * 2000 + "a"),
        ("**/a/" * 30 + "b", "a/" * 2000 + "a"),
        ("**/a*/" * 30 + "b", "aa/" * 1300 + "a"),
        ("*a*/" * 60 + "b", ("a" * 60 + "/") * 60 + "a"),
        ("**/*a*b*/**/*a*c*/**/d", "/".join(["ab" * 20] * 100)),
        ("a" * 900 + "*", "a" * 4000),
    ],
    ids=lambda text: text[:14],
)
def test_no_pattern_runs_away(line: str, path: str) -> None:
    assert fault(line) == ""
    start = time.perf_counter()
    Patterns(["x", line]).match(path)
    assert time.perf_counter() - start < 2


def test_many_paths_take_little_time() -> None:
    lists = [
        ["garbage/"],
        ["/reports/"],
        ["Dockerfile*", "docker-compose*.y*ml", "/k8s/", "/install.*", "/config/"],
        ["a/b/**/c.py"],
        ["*.ipynb"],
        ["src/**", "!src/keep/"],
    ]
    paths = [f"p{n % 40}/q{n % 1000}/r{n % 5000}/m{n}.py" for n in range(100_000)]
    start = time.perf_counter()
    for patterns in map(Patterns, lists):
        assert not any(map(patterns.match, paths))
    assert time.perf_counter() - start < 5


def test_pathspec_is_imported_only_where_negation_decides() -> None:
    code = (
        "import sys; from treeguard.policy.patterns import Patterns\n"
        "Patterns(['a*', '[b]/', 'c/**/d']).match('x/y')\n"
        "assert 'pathspec' not in sys.modules\n"
        "Patterns(['a', '!b']).match('x')\n"
        "assert 'pathspec' in sys.modules\n"
    )
    hooks = Path(__file__).parents[2] / "hooks"
    subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(hooks)}, check=True
    )
