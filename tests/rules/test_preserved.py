"""What is lost and what is kept; numbers are those of the adversarial cases."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.git import make_repository
from tests.support.judging import a_policy
from tests.support.judging import a_rule
from tests.support.judging import judge
from tests.support.memory import Content
from tests.support.memory import Executable
from tests.support.memory import Submodule
from tests.support.memory import Symlink
from treeguard.findings import ERROR
from treeguard.findings import Finding
from treeguard.policy.patterns import Patterns
from treeguard.rules.preserved import Preserved

BOTH = ("edit", "move")
COMMIT = "1" * 40


def pointer(data: str) -> str:
    digest = hashlib.sha256(data.encode()).hexdigest()
    head = "version https://git-lfs.github.com/spec/v1\n"
    return f"{head}oid sha256:{digest}\nsize {len(data)}\n"


OLD: dict[str, Content] = {"reports/a": "aaa\n", "reports/b": "bbb\n", "x": "x"}


def lost(
    new: Mapping[str, Content],
    old: Mapping[str, Content] = OLD,
    allow: tuple[str, ...] = BOTH,
    paths: tuple[str, ...] = ("reports/",),
) -> list[Finding]:
    rule = a_rule("preserved", Preserved(paths=Patterns(paths), allow=tuple(allow)))
    return judge(a_policy(rule), new, old)


def without(*paths: str, **added: Content) -> dict[str, Content]:
    kept = {path: data for path, data in OLD.items() if path not in paths}
    return kept | {path.replace("__", "/"): data for path, data in added.items()}


KEPT = {
    "nothing changed": (OLD, BOTH),
    "5 something else changed": (without("x"), BOTH),
    "7 moved within": (without("reports/a", reports__c__d="aaa\n"), BOTH),
    "7 swapped": (OLD | {"reports/a": "bbb\n", "reports/b": "aaa\n"}, BOTH),
    "14 a pointer with filter=lfs": (
        OLD | {"reports/a": pointer("other"), ".gitattributes": "reports/* filter=lfs"},
        BOTH,
    ),
    "14 the same content in LFS is no edit": (
        OLD | {"reports/a": pointer("aaa\n"), ".gitattributes": "a filter=lfs"},
        (),
    ),
    "17 chmod": (OLD | {"reports/a": Executable(b"aaa\n")}, ()),
    "18 edited": (OLD | {"reports/a": "other\n"}, BOTH),
    "19 added": (OLD | {"reports/c": "c"}, ()),
    "added empty": (OLD | {"reports/c": ""}, ()),
    "two moved within": (
        {"reports/c": "bbb\n", "reports/d": "aaa\n", "x": "x"},
        ("move",),
    ),
    "moved, and a link left behind": (
        OLD | {"reports/a": Symlink("c"), "reports/c": "aaa\n"},
        BOTH,
    ),
    "rotated without the right to edit": (
        OLD | {"reports/a": "new\n", "reports/a.1": "aaa\n"},
        ("move",),
    ),
    "moved from and to another case": (without("reports/a", reports__A="aaa\n"), BOTH),
}

LOST = {
    "1 removed": (without("reports/a"), BOTH, "deleted"),
    "6 moved out": (without("reports/a", archive__a="aaa\n"), BOTH, "deleted"),
    "8 moved and rewritten": (
        without("reports/a", reports__c="new\n"),
        BOTH,
        "deleted",
    ),
    "9 copied elsewhere": (without("reports/a", garbage__a="aaa\n"), BOTH, "deleted"),
    "10 emptied": (OLD | {"reports/a": ""}, BOTH, "emptied"),
    "11 one line feed": (OLD | {"reports/a": "\n"}, BOTH, "blanked"),
    "11 one line feed, no edits": (OLD | {"reports/a": "\n"}, (), "blanked"),
    "a NUL": (OLD | {"reports/a": "\0"}, BOTH, "blanked"),
    "a page of NUL": (OLD | {"reports/a": "\0" * 4096}, BOTH, "blanked"),
    "a byte order mark": (OLD | {"reports/a": "\ufeff"}, BOTH, "blanked"),
    "a mark and a line": (OLD | {"reports/a": "\ufeff\r\n"}, BOTH, "blanked"),
    "UTF-16 of nothing": (
        OLD | {"reports/a": b"\xff\xfe \0\n\0"},
        BOTH,
        "blanked",
    ),
    "spaces that are not ASCII": (
        OLD | {"reports/a": "\u3000\u00a0\u200b\n"},
        BOTH,
        "blanked",
    ),
    "12 a link": (OLD | {"reports/a": Symlink("b")}, BOTH, "replaced"),
    "13 a submodule": (OLD | {"reports/a": Submodule(COMMIT)}, BOTH, "replaced"),
    "14 a pointer": (OLD | {"reports/a": pointer("aaa\n")}, BOTH, "pointer"),
    "14 a pointer, unset": (
        OLD
        | {
            "reports/a": pointer("aaa\n"),
            ".gitattributes": "* filter=lfs\n",
            "reports/.gitattributes": "a -filter\n",
        },
        BOTH,
        "pointer",
    ),
    "14 a pointer to something else is an edit": (
        OLD | {"reports/a": pointer("b"), ".gitattributes": "a filter=lfs"},
        ("move",),
        "edited",
    ),
    "15 a folder": (without("reports/a", reports__a__b="c"), BOTH, "deleted"),
    "21 the folder's case": (without("reports/a", Reports__a="aaa\n"), BOTH, "deleted"),
    "moved where moving is not allowed": (
        without("reports/a", reports__c="aaa\n"),
        ("edit",),
        "deleted",
    ),
    "the copy was there before": (without("reports/a"), BOTH, "deleted"),
    "edited where editing is not allowed": (OLD | {"reports/a": "c"}, (), "edited"),
    "edited and moved without the right to edit": (
        without("reports/a", reports__c="aaa\nc"),
        ("move",),
        "deleted",
    ),
    "a copy of a link's text is no move": (
        without("reports/a", reports__c=Symlink("aaa\n")),
        BOTH,
        "deleted",
    ),
}


@pytest.mark.parametrize(("new", "allow"), KEPT.values(), ids=KEPT)
def test_keeps(new: dict[str, Content], allow: tuple[str, ...]) -> None:
    assert lost(new, allow=allow) == []


@pytest.mark.parametrize(("new", "allow", "fate"), LOST.values(), ids=LOST)
def test_loses(new: dict[str, Content], allow: tuple[str, ...], fate: str) -> None:
    (finding,) = lost(new, allow=allow)
    assert (finding.path, finding.subject) == ("reports/a", fate)
    assert finding.severity == ERROR
    assert finding.fix is not None


@pytest.mark.parametrize("name", [".gitkeep", ".keep", "__init__.py"])
@pytest.mark.parametrize("allow", [BOTH, ()])
def test_an_empty_placeholder_may_go_when_the_first_report_comes(
    name: str, allow: tuple[str, ...]
) -> None:
    old = {f"reports/{name}": "", "reports/a": "aaa\n"}
    assert lost({"reports/a": "aaa\n", "reports/b": "bbb\n"}, old, allow) == []
    (finding,) = lost({f"reports/{name}": ""}, old, allow)
    assert finding.path == "reports/a"


@pytest.mark.parametrize(
    "instead",
    ["file", Symlink("elsewhere"), Submodule(COMMIT)],
    ids=["16 file", "16 link", "16 submodule"],
)
def test_a_folder_that_is_replaced_loses_every_file(instead: Content) -> None:
    found = lost({"reports": instead, "x": "x"})
    assert [finding.path for finding in found] == ["reports/a", "reports/b"]
    fixes = {finding.fix.commands for finding in found if finding.fix}
    command = "git restore --source=HEAD --staged --worktree -- reports"
    assert fixes == {(command,)}
    assert "was deleted: reports/ is now a" in found[0].message


def test_a_submodule_in_the_place_of_the_folder_is_preserved() -> None:
    (finding,) = lost({"x": "x"}, {"reports": Submodule(COMMIT), "x": "x"})
    assert (finding.path, finding.subject) == ("reports", "deleted")


def test_one_added_copy_keeps_one_of_two_equal_files() -> None:
    old = {"reports/a": "same", "reports/b": "same", "reports/old": "same"}
    found = lost({"reports/c": "same", "reports/old": "same"}, old)
    assert [finding.path for finding in found] == ["reports/b"]


def test_a_deletion_is_matched_before_a_mere_edit() -> None:
    old = {"reports/a": "same", "reports/b": "same"}
    found = lost({"reports/a": " \n", "reports/c": "same"}, old)
    assert [(f.path, f.subject) for f in found] == [("reports/a", "blanked")]


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (Symlink("a"), Symlink("a"), None),
        (Symlink("a"), "data", None),
        (Symlink("a"), Symlink("b"), None),
        (Symlink("a"), "", "emptied"),
        (Symlink("a"), Submodule(COMMIT), "replaced"),
        (Symlink("a"), None, "deleted"),
        (Submodule(COMMIT), Submodule(COMMIT), None),
        (Submodule(COMMIT), Submodule("2" * 40), None),
        (Submodule(COMMIT), None, "deleted"),
        (Submodule(COMMIT), Symlink("a"), "replaced"),
        ("", "", None),
        (Symlink("a"), "\n", "blanked"),
        ("", None, None),
        ("\r\n", None, None),
        (" ", "", None),
        ("", Symlink("a"), None),
        ("", Submodule(COMMIT), None),
        ("\0", None, "deleted"),
        ("\ufeff", None, "deleted"),
        ("a", "\ufeffa", None),
        ("a", b"\xff\xfea\0", None),
        ("a", b"\0\xff\0", None),
        ("", "x", None),
        (" ", "\n", None),
        (pointer("a"), pointer("b"), None),
        (pointer("a"), "a", None),
    ],
)
def test_links_submodules_and_small_files(
    was: Content, now: Content | None, expected: str | None
) -> None:
    new = {} if now is None else {"reports/a": now}
    found = lost(new, {"reports/a": was})
    assert [f.subject for f in found] == ([expected] if expected else [])


def test_bringing_content_back_from_lfs_is_no_edit() -> None:
    assert lost({"reports/a": "data"}, {"reports/a": pointer("data")}, allow=()) == []
    assert lost({"reports/a": "tada"}, {"reports/a": pointer("data")}, allow=()) != []


HINTS = {
    "6 the way back": (
        without("reports/a", archive__a="aaa\n"),
        "; its content is now at archive/a",
        ("git mv archive/a reports/a",),
    ),
    "the way back to a folder that is gone": (
        {"archive/a": "aaa\n", "x": "x"},
        "; its content is now at archive/a",
        ("mkdir -p reports", "git mv archive/a reports/a"),
    ),
    "8 commit the move first": (
        without("reports/a", reports__c__a="new\n"),
        "; reports/c/a, added here, may be an edited copy of it",
        (),
    ),
    "21 the case": (
        without("reports/a", Reports__a="new\n"),
        "; Reports/a differs from it only in case",
        ("git restore --source=HEAD --staged --worktree -- reports/a",),
    ),
    "nothing tells": (
        without("reports/a"),
        "",
        ("git restore --source=HEAD --staged --worktree -- reports/a",),
    ),
}


@pytest.mark.parametrize(("new", "words", "commands"), HINTS.values(), ids=HINTS)
def test_says_where_it_went_and_how_to_bring_it_back(
    new: dict[str, Content], words: str, commands: tuple[str, ...]
) -> None:
    finding = lost(new)[0]
    assert finding.message == f"is protected by `preserved` but was deleted{words}"
    assert finding.fix is not None
    assert finding.fix.commands == commands


def test_similar_content_under_another_name_is_an_edited_copy() -> None:
    old = {"reports/a": "1\n2\n3\n4\n"}
    (finding,) = lost({"reports/z": "1\n2\n3\n5\n", "reports/y": "other\n"}, old)
    assert "; reports/z, added here, is an edited copy of it" in finding.message
    assert finding.fix is not None
    assert "commit the move to reports/z" in finding.fix.summary


def test_excluded_paths_are_neither_protected_nor_a_place_to_move_to() -> None:
    rule = a_rule("preserved", Preserved(paths=Patterns(["reports/"])))
    policy = a_policy(rule, exclude=["reports/tmp/"])
    old = {"reports/a": "same", "reports/tmp/b": "same"}
    assert judge(policy, {"reports/c": "same"}, old) == []
    found = judge(policy, {"reports/tmp/b": "same", "reports/tmp/c": "same"}, old)
    assert [finding.path for finding in found] == ["reports/a"]


def test_nothing_is_said_of_a_tree_alone() -> None:
    rule = a_rule("preserved", Preserved(paths=Patterns(["reports/"])))
    assert judge(a_policy(rule), OLD) == []


@pytest.mark.parametrize("paths", [("./reports/",), ("/reports",), ("reports/**",)])
def test_every_spelling_of_the_folder_protects_it(paths: tuple[str, ...]) -> None:
    spelled = tuple(path.removeprefix(".") for path in paths)
    assert len(lost({"x": "x"}, paths=spelled)) == 2


NAMES = [
    "a\nb",
    "a\tb",
    'a"b',
    "a'b",
    "-a",
    "a*[b]?",
    ":(top)",
    "\udcff",
    "é",
    "$a",
    "~",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_22_the_command_brings_back_a_file_of_any_name(
    name: str, tmp_path: Path
) -> None:
    path = f"reports/{name}"
    repo = make_repository(tmp_path / "repo")
    repo.write(path, "data\n")
    repo.write("reports/a0b?", "to stay deleted\n")
    repo.write("reports/z", "to stay\n")
    repo.stage()
    repo.commit()
    repo.run("rm", "-q", "--", "reports/a0b?", b":(literal)" + os.fsencode(path))
    (finding,) = lost({"reports/z": "z"}, {"reports/z": "z", path: "data\n"})
    assert finding.fix is not None
    (command,) = finding.fix.commands
    assert command.isprintable()
    subprocess.run(["bash", "-c", command], cwd=repo.path, env=repo.env, check=True)
    listed = os.fsdecode(repo.run("ls-files", "-z").stdout).split("\0")
    assert set(listed) == {path, "reports/z", ""}


contents = st.sampled_from(
    ["", "a", "b", " ", Symlink("a"), Submodule(COMMIT), Executable(b"a")]
)
paths = st.sampled_from(["r/a", "r/b", "r/c", "r/d", "r/D", "o/a", "o/b", "R/a"])
trees = st.dictionaries(paths, contents, max_size=6)
rights = st.sampled_from([(), ("edit",), ("move",), BOTH])


def form(content: Content) -> str:
    if isinstance(content, Symlink):
        return "link"
    return "submodule" if isinstance(content, Submodule) else "file"


def key(content: Content) -> tuple[str, bytes]:
    data = content if isinstance(content, bytes) else content.encode()
    return form(content), bytes(data)


def naive(
    old: Mapping[str, Content], new: Mapping[str, Content], allow: tuple[str, ...]
) -> Counter[tuple[str, bytes]]:
    """How many of each content are lost: by counting, where the rule pairs paths."""
    hard: Counter[tuple[str, bytes]] = Counter()
    soft: Counter[tuple[str, bytes]] = Counter()
    for path, was in old.items():
        now = new.get(path)
        if not path.startswith("r/") or (now is not None and key(now) == key(was)):
            continue
        if form(was) == "file" and not key(was)[1].strip():
            continue
        if now is None or form(now) not in ("file", form(was)) or not key(now)[1]:
            hard[key(was)] += 1
        elif "edit" not in allow or blank(was, now):
            soft[key(was)] += 1
    if "move" not in allow:
        return hard + soft
    added = Counter(
        key(data) for path, data in new.items() if path[:2] == "r/" and path not in old
    )
    return (hard + soft) - added


def blank(was: Content, now: Content) -> bool:
    held = form(was) != "submodule" and bool(key(was)[1].strip())
    return held and form(now) == "file" and not key(now)[1].strip()


@settings(max_examples=300)
@given(trees, trees, rights)
@example({"r/a": "a", "r/b": "a"}, {"r/c": "a"}, BOTH)
def test_the_verdict_is_that_of_counting(
    old: dict[str, Content], new: dict[str, Content], allow: tuple[str, ...]
) -> None:
    found = lost(new, old, allow, ("/r/",))
    assert Counter(key(old[finding.path]) for finding in found) == naive(
        old, new, allow
    )
    assert len({finding.path for finding in found}) == len(found)
