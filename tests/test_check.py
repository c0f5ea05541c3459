"""The judge: what is new, what was there before, what is excepted, what blocks."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.check import renames
from treeguard.findings import Report
from treeguard.rules.registry import load

TODAY = datetime.date(2026, 11, 22)

HEAD = """\
[policy]
version = 1

[rules.no-garbage]
kind = "forbidden"
zone = ["garbage/"]
reason = "an archive"

[rules.kept]
kind = "preserved"
paths = ["reports/"]
"""

BASE: dict[str, Content] = {
    "garbage/__init__.py": "",
    "garbage/old.py": "X = 1\n",
    "core/__init__.py": "",
    "core/a.py": "import os\n",
    "reports/r.csv": "1,2\n",
    "reports/s.csv": "3,4\n",
}
BROKEN = "from garbage import old\n"


def with_policy(files: Mapping[str, Content], text: str) -> dict[str, Content]:
    return {**files, "policy.toml": text}


def judge(
    new: Mapping[str, Content],
    old: Mapping[str, Content] | None = None,
    *,
    more: str = "",
    existing: str | None = None,
    only: frozenset[str] | None = None,
    whole: bool = False,
) -> Report:
    policy = load((HEAD + more).encode(), "policy.toml", "test")
    store = Store(None)
    before = MemorySnapshot(with_policy(old, HEAD)) if old is not None else None
    after = MemorySnapshot(with_policy(new, HEAD + more), earlier=before)
    olds = [before] if before is not None else []
    request = CheckRequest.of(policy, olds, after, store)._replace(today=TODAY)
    return check(request._replace(rules=only, existing=existing, whole=whole))


def told(report: Report) -> list[tuple[str, str, str]]:
    return [(f.rule, f.path, f.status) for f in report.findings]


def test_a_clean_tree_says_nothing() -> None:
    report = judge(BASE, BASE)
    assert (report.findings, report.blocking) == ((), 0)
    assert report.summary.files == 7


def test_a_finding_has_all_that_a_reader_needs() -> None:
    report = judge({**BASE, "core/a.py": "import os\n" + BROKEN}, BASE)
    (finding,) = report.findings
    assert (finding.path, finding.line, finding.column) == ("core/a.py", 2, 21)
    assert finding.excerpt == "from garbage import old"
    assert (finding.reason, finding.policy_line) == ("an archive", 4)
    assert (finding.status, finding.target) == ("new", "garbage/old.py")
    assert report.blocking == 1


@pytest.mark.parametrize(
    ("existing", "blocking", "shown"),
    [("block", 1, 1), ("warn", 0, 1), ("hide", 0, 0)],
)
def test_what_was_there_before(existing: str, blocking: int, shown: int) -> None:
    old = {**BASE, "core/a.py": BROKEN}
    new = {**BASE, "core/a.py": "# moved down\n\n" + BROKEN}
    report = judge(new, old, existing=existing)
    assert (report.blocking, len(report.findings)) == (blocking, shown)
    assert report.summary.existing == 1
    assert report.summary.new == 0


def test_a_second_one_in_the_same_file_is_new() -> None:
    old = {**BASE, "core/a.py": BROKEN}
    new = {**BASE, "core/a.py": BROKEN + "def f():\n    from garbage import old\n"}
    report = judge(new, old, existing="warn")
    assert sorted(f.status for f in report.findings) == ["existing", "new"]
    assert report.blocking == 1


def test_without_an_old_tree_everything_is_new() -> None:
    report = judge({**BASE, "core/a.py": BROKEN})
    assert told(report) == [("no-garbage", "core/a.py", "new")]
    assert report.old is None


def test_only_the_rules_that_were_asked_for() -> None:
    new = {**BASE, "core/a.py": BROKEN}
    del new["reports/r.csv"]
    assert [f.rule for f in judge(new, BASE).findings] == ["no-garbage", "kept"]
    only = judge(new, BASE, only=frozenset({"kept"}))
    assert [f.rule for f in only.findings] == ["kept"]


EXCEPTION = """
[[exceptions]]
rule = "no-garbage"
path = "core/a.py"
reason = "removed in 0.14"
{}
"""


@pytest.mark.parametrize(
    "more",
    [
        pytest.param("", id="no end"),
        pytest.param("expires = 2026-11-22", id="ends today"),
        pytest.param('target = "garbage.old"', id="target as module"),
        pytest.param('target = "garbage"', id="target as package"),
        pytest.param('target = "garbage/old.py"', id="target as path"),
    ],
)
def test_excepted(more: str) -> None:
    report = judge({**BASE, "core/a.py": BROKEN}, BASE, more=EXCEPTION.format(more))
    assert told(report) == [("no-garbage", "core/a.py", "excepted")]
    assert (report.blocking, report.summary.excepted) == (0, 1)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param("expires = 2026-11-21", "expired on 2026-11-21", id="expired"),
        pytest.param('target = "garbage.other"', "excepts nothing", id="other target"),
        pytest.param('target = "garb"', "excepts nothing", id="prefix of a name"),
    ],
)
def test_not_excepted(more: str, said: str) -> None:
    report = judge({**BASE, "core/a.py": BROKEN}, BASE, more=EXCEPTION.format(more))
    assert {(f.rule, f.status) for f in report.findings} == {
        ("no-garbage", "new"),
        ("exceptions", "new"),
    }
    assert any(said in finding.message for finding in report.findings)


def test_an_unused_exception_is_a_finding_at_its_line() -> None:
    (finding,) = judge(BASE, more=EXCEPTION.format("")).findings
    assert (finding.rule, finding.path, finding.line) == (
        "exceptions",
        "policy.toml",
        13,
    )
    assert "excepts nothing" in finding.message


def test_an_exception_that_was_unused_before_is_existing() -> None:
    text = HEAD + EXCEPTION.format("")
    policy = load(text.encode(), "policy.toml", "test")
    tree = MemorySnapshot(with_policy(BASE, text))
    analysis = [analyze(tree, None, Store(None)) for _ in range(2)]
    report = check(CheckRequest(policy, analysis[:1], analysis[1], today=TODAY))
    assert told(report) == [("exceptions", "policy.toml", "existing")]


def test_an_exception_of_a_rule_not_asked_for_is_not_judged() -> None:
    report = judge(BASE, more=EXCEPTION.format(""), only=frozenset({"kept"}))
    assert report.findings == ()


def test_a_loss_can_be_excepted() -> None:
    more = '\n[[exceptions]]\nrule = "kept"\npath = "reports/r.csv"\nreason = "wrong"\n'
    new = dict(BASE)
    del new["reports/r.csv"]
    assert told(judge(new, BASE, more=more)) == [("kept", "reports/r.csv", "excepted")]


INLINE = "from garbage import old  # treeguard: allow[{}]{}\n"


def test_allowed_on_the_line() -> None:
    source = INLINE.format("no-garbage", " gone in 0.14")
    report = judge({**BASE, "core/a.py": source}, BASE)
    assert [f.status for f in report.findings] == ["excepted"]
    assert report.blocking == 0


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param(INLINE.format("no-garbage", ""), "gives no reason", id="no why"),
        pytest.param(INLINE.format("no-garbge", " x"), "names no rule", id="typo"),
        pytest.param(
            "import os  # treeguard: allow[no-garbage] x\n",
            "excepts nothing",
            id="unused",
        ),
    ],
)
def test_a_comment_that_is_no_exception(source: str, said: str) -> None:
    report = judge({**BASE, "core/a.py": source}, BASE)
    found = [f for f in report.findings if f.rule == "exceptions"]
    assert len(found) == 1
    assert said in found[0].message
    assert report.blocking >= 1


def test_a_comment_where_the_policy_heeds_none() -> None:
    source = INLINE.format("no-garbage", " gone in 0.14")
    text = HEAD.replace("version = 1", "version = 1\nallow_comments = false")
    tree = MemorySnapshot(with_policy({**BASE, "core/a.py": source}, text))
    policy = load(text.encode(), "policy.toml", "test")
    analysis = analyze(tree, policy.roots, Store(None))
    report = check(CheckRequest(policy, [], analysis, today=TODAY))
    assert [f.rule for f in report.findings] == ["exceptions", "no-garbage"]
    assert "allow_comments = false" in report.findings[0].message


def test_a_file_nobody_can_parse_is_never_passed_over() -> None:
    new = {**BASE, "core/a.py": "import os\nx = = 1\n"}
    assert told(judge(new, BASE)) == [("unreadable-source", "core/a.py", "new")]


def test_an_old_file_nobody_can_parse_is_found_when_all_is_judged() -> None:
    old = {**BASE, "core/bad.py": "x = = 1\n"}
    assert told(judge(old, old)) == []
    assert told(judge(old, whole=True)) == [("unreadable-source", "core/bad.py", "new")]


def test_unreadable_sources_cannot_be_excepted_on_the_line() -> None:
    source = "x = = 1  # treeguard: allow[unreadable-source] no\n"
    report = judge({**BASE, "core/a.py": source}, BASE)
    assert ("unreadable-source", "core/a.py", "new") in told(report)


VACUOUS = """
[rules.typo]
kind = "forbidden"
zone = ["grabage/"]
{}
"""


def test_a_zone_that_matches_nothing_is_a_warning() -> None:
    report = judge(BASE, more=VACUOUS.format(""))
    (finding,) = report.findings
    assert (finding.rule, finding.severity, finding.line) == ("typo", "warning", 13)
    assert "'grabage/'" in finding.message
    assert report.blocking == 0


def test_unless_it_may_be_empty() -> None:
    assert judge(BASE, more=VACUOUS.format("allow_empty = true")).findings == ()


@pytest.mark.parametrize(
    ("source", "count"),
    [
        pytest.param("import datadog\n", 0, id="imported"),
        pytest.param("from datadog.api import x\n", 0, id="a submodule"),
        pytest.param("import datadogs\n", 1, id="another name"),
        pytest.param("x = 'datadog'\n", 1, id="only mentioned"),
    ],
)
def test_an_owned_module_that_nobody_imports(source: str, count: int) -> None:
    more = '[rules.own]\nkind = "isolated"\nzone = ["core/"]\nowns = ["datadog"]\n'
    report = judge({**BASE, "core/a.py": source}, more=more)
    assert len([f for f in report.findings if f.severity == "warning"]) == count


def test_an_undecidable_import_is_a_notice() -> None:
    source = "import importlib\ndef f(n):\n    importlib.import_module(n)\n"
    report = judge({**BASE, "core/a.py": source}, BASE)
    assert report.findings == ()
    assert [(n.path, n.line) for n in report.notices] == [("core/a.py", 3)]


def test_a_notice_is_for_who_changes_the_file() -> None:
    source = "import importlib\ndef f(n):\n    importlib.import_module('core' + n)\n"
    tree = {**BASE, "core/a.py": source}
    assert judge({**tree, "core/b.py": "x = 1\n"}, tree).notices == ()


@pytest.mark.parametrize(
    ("folder", "warned"), [(".", False), ("core/", False), ("inner/", True)]
)
def test_a_closed_folder_is_one_exact_place(folder: str, warned: bool) -> None:
    more = f'[rules.shape]\nkind = "closed"\nfolder = "{folder}"\nchildren = ["*"]\n'
    report = judge({**BASE, "core/inner/x.py": ""}, more=more)
    assert [f.severity for f in report.findings] == ["warning"] * warned


def test_what_the_policy_excludes_is_never_looked_at() -> None:
    policy_text = HEAD.replace("version = 1", 'version = 1\nexclude = ["core/"]')
    policy = load(policy_text.encode(), "policy.toml", "test")
    tree = MemorySnapshot({**BASE, "core/a.py": BROKEN, "core/b.py": "x = = 1"})
    analysis = analyze(tree, None, Store(None))
    request = CheckRequest(policy, [], analysis, today=TODAY, whole=True)
    assert check(request).findings == ()


PATHS = ["core/a.py", "core/b.py", "garbage/old.py", "garbage/__init__.py"]
SOURCES = [
    "",
    BROKEN,
    "import os\n",
    "x = = 1\n",
    "from . import b\n",
    "import core.b\n",
]
TREES = st.dictionaries(
    st.sampled_from([*PATHS, "reports/r", "x"]), st.sampled_from(SOURCES)
)


@settings(max_examples=60, deadline=None)
@given(TREES, TREES)
def test_a_store_that_knows_the_old_tree_changes_no_verdict(
    old: dict[str, str], new: dict[str, str]
) -> None:
    policy = load(HEAD.encode(), "policy.toml", "test")
    kept = Store(None)
    reports = []
    for store in (kept, kept, Store(None)):
        before = MemorySnapshot(old)
        after = MemorySnapshot(new, earlier=before)
        after.tree = None
        trees = [analyze(tree, None, store) for tree in (before, after)]
        report = check(CheckRequest(policy, trees[:1], trees[1], today=TODAY))
        reports.append((report.findings, report.notices, report.blocking))
    assert reports[0] == reports[1] == reports[2]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param({"a": "x"}, {"b": "x"}, {"b": "a"}, id="moved"),
        pytest.param({"a": "x"}, {"b": "y"}, {}, id="moved and edited"),
        pytest.param({"a": "x"}, {"a": "x", "b": "x"}, {}, id="copied"),
        pytest.param({"a": "x", "b": "x"}, {"c": "x"}, {"c": "a"}, id="two into one"),
        pytest.param({"a": "x"}, {"b": "x", "c": "x"}, {"b": "a"}, id="one into two"),
        pytest.param({"a": "x", "b": "y"}, {"a": "y", "b": "x"}, {}, id="swapped"),
        pytest.param({}, {"a": "x"}, {}, id="from nothing"),
    ],
)
def test_renames(
    old: dict[str, str], new: dict[str, str], expected: dict[str, str]
) -> None:
    store = Store(None)
    before = MemorySnapshot(old)
    after = MemorySnapshot(new, earlier=before)
    found = renames(analyze(before, (), store), analyze(after, (), store))
    assert found == expected
