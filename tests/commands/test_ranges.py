"""`check A..B` and `A...B`, with the law of another commit, and `policy diff`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.git import clone_repository
from tests.support.patch13 import KEPT
from tests.support.patch13 import POLICY
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import Edit
from tests.support.patch13 import apply
from tests.support.patch13 import build

Capture = pytest.CaptureFixture[str]
GUILTY = "scripts/ollama/bench.py"
IMPORT = "from garbage.agents import self_healing_pipeline\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """`main` gained a report after `work` forked from it."""
    repo = build(tmp_path / "repo")
    repo.run("branch", "work")
    commit(repo, Edit({"reports/new.json": "{}\n"}))
    repo.run("checkout", "-q", "work")
    return repo


def commit(repo: Repo, edit: Edit, message: str = "change") -> None:
    apply(repo, edit)
    repo.commit(message)


def rules(text: str) -> list[str]:
    return [finding["rule"] for finding in json.loads(text)["findings"]]


def judged(repo: Repo, capsys: Capture, *words: str) -> tuple[int, list[str]]:
    answer = call(repo, capsys, "check", *words, "--output-format", "json")
    return answer.code, rules(answer.out)


def test_what_main_gained_since_is_not_lost_by_the_merge(
    repo: Repo, capsys: Capture
) -> None:
    commit(repo, KEPT["closed"])
    assert judged(repo, capsys, "main...work") == (0, [])
    assert judged(repo, capsys, "main..work") == (1, ["reports-kept"])


@pytest.mark.parametrize("kind", VIOLATIONS)
def test_a_pull_request_that_breaks_a_rule(
    repo: Repo, capsys: Capture, kind: str
) -> None:
    commit(repo, VIOLATIONS[kind])
    merged = judged(repo, capsys, "main...HEAD", "--policy-from", "main")
    assert merged[0] == 1
    assert merged[1]
    tips = judged(repo, capsys, "work~1..work", "--policy-from", "main")
    assert tips == merged


@pytest.mark.parametrize("words", ["main...", "...main", "main.."])
def test_an_end_that_is_left_out_is_head(
    repo: Repo, capsys: Capture, words: str
) -> None:
    assert call(repo, capsys, "check", words).code == (words == "main..")


def test_a_change_cannot_loosen_its_own_law(repo: Repo, capsys: Capture) -> None:
    loose = POLICY.replace('kind = "isolated"', 'kind = "isolated"\nseverity="warning"')
    commit(repo, Edit({"policy.toml": loose, **VIOLATIONS["isolated"].write}))
    assert call(repo, capsys, "check", "main...work").code == 0
    answer = call(repo, capsys, "check", "main...work", "--policy-from", "main")
    assert answer.code == 1
    assert "this change relaxes the policy (enterprise-isolated)" in answer.out
    assert "`treeguard policy diff main work` shows every difference" in answer.out
    assert "takes effect once it has landed" in answer.out


def test_an_exception_holds_once_it_has_landed(repo: Repo, capsys: Capture) -> None:
    waived = POLICY + (
        '\n[[exceptions]]\nrule = "enterprise-isolated"\nreason = "for now"\n'
        'path = "banterhearts/monitoring/metrics.py"\n'
    )
    commit(repo, Edit({"policy.toml": waived, **VIOLATIONS["isolated"].write}))
    assert judged(repo, capsys, "main...work", "--policy-from", "main")[0] == 1
    assert judged(repo, capsys, "main...work", "--policy-from", "work")[0] == 0


def test_a_change_that_only_tightens_passes(repo: Repo, capsys: Capture) -> None:
    tight = POLICY.replace("references = true", "references = true\nindirect = true")
    commit(repo, Edit({"policy.toml": tight}))
    answer = call(repo, capsys, "check", "main...work", "--policy-from", "main")
    assert answer.code == 0
    assert "this change edits the policy and relaxes no rule" in answer.out


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit({}, ("policy.toml",)), "policy.toml is removed by this change"),
        (Edit({"policy.toml": "[rules.x]\n"}), "the policy cannot be used"),
    ],
    ids=["removed", "broken"],
)
def test_a_change_never_leaves_the_next_without_a_law(
    repo: Repo, capsys: Capture, edit: Edit, words: str
) -> None:
    commit(repo, edit)
    answer = call(repo, capsys, "check", "main...work", "--policy-from", "main")
    assert answer.code == 2
    assert words in answer.err


def test_a_shallow_clone_is_refused(
    repo: Repo, capsys: Capture, tmp_path: Path
) -> None:
    clone = clone_repository(
        repo, tmp_path / "clone", "--depth=1", "--no-single-branch"
    )
    answer = call(clone, capsys, "check", "origin/main...origin/work")
    assert answer.code == 2
    assert "git fetch --unshallow" in answer.err
    assert "fetch-depth: 0" in answer.err
    assert call(clone, capsys, "check", "origin/work..origin/main").code == 0


def test_a_conflict_cannot_be_judged(repo: Repo, capsys: Capture) -> None:
    commit(repo, Edit({"reports/new.json": "[]\n"}))
    answer = call(repo, capsys, "check", "main...work")
    assert answer.code == 2
    assert "conflicts in reports/new.json" in answer.err


class TestWhatTheOldTreeHad:
    """A file that is moved takes its findings along, unless they were excepted."""

    @pytest.fixture
    def guilty(self, repo: Repo) -> Repo:
        commit(repo, Edit({GUILTY: IMPORT}))
        return repo

    def statuses(self, repo: Repo, capsys: Capture) -> list[tuple[str, str]]:
        answer = call(repo, capsys, "check", "HEAD~1..HEAD", "--output-format", "json")
        found = json.loads(answer.out)
        assert found["summary"]["existing"] == sum(
            one["status"] == "existing" for one in found["findings"]
        )
        return [(one["path"], one["status"]) for one in found["findings"]]

    def test_moved(self, guilty: Repo, capsys: Capture) -> None:
        commit(guilty, Edit({"scripts/moved.py": IMPORT}, (GUILTY,)))
        assert self.statuses(guilty, capsys) == [("scripts/moved.py", "existing")]

    def test_copied(self, guilty: Repo, capsys: Capture) -> None:
        commit(guilty, Edit({"scripts/copied.py": IMPORT}))
        assert self.statuses(guilty, capsys) == [
            ("scripts/copied.py", "new"),
            (GUILTY, "existing"),
        ]

    def test_moved_and_edited(self, guilty: Repo, capsys: Capture) -> None:
        commit(guilty, Edit({"scripts/moved.py": f"{IMPORT}\n"}, (GUILTY,)))
        assert self.statuses(guilty, capsys) == [("scripts/moved.py", "new")]

    def test_moved_out_of_where_it_was_right(self, repo: Repo, capsys: Capture) -> None:
        source = "garbage/agents/openai_intelligence.py"
        text = (repo.path / source).read_text()
        commit(repo, Edit({"scripts/moved.py": text}, (source,)))
        assert ("scripts/moved.py", "new") in self.statuses(repo, capsys)

    def test_an_exception_stays_where_it_is(self, repo: Repo, capsys: Capture) -> None:
        waived = (
            '\n[[exceptions]]\nrule = "no-garbage-imports"\nreason = "for now"\n'
            f'path = "{GUILTY}"\n'
        )
        commit(repo, Edit({"policy.toml": POLICY + waived, GUILTY: IMPORT}))
        commit(repo, Edit({"scripts/moved.py": IMPORT}, (GUILTY,)))
        assert ("scripts/moved.py", "new") in self.statuses(repo, capsys)

    def test_unreadable(self, repo: Repo, capsys: Capture) -> None:
        commit(repo, Edit({GUILTY: "def (:\n"}))
        commit(repo, Edit({"scripts/moved.py": "def (:\n"}, (GUILTY,)))
        assert self.statuses(repo, capsys) == [("scripts/moved.py", "existing")]


class TestPolicyDiff:
    def test_commits(self, repo: Repo, capsys: Capture) -> None:
        commit(repo, Edit({"policy.toml": POLICY.replace('"datadog", ', "")}))
        answer = call(repo, capsys, "policy", "diff", "main", "work")
        expected = "weaker: rules.enterprise-isolated.owns: datadog removed\n"
        assert (answer.code, answer.out) == (0, expected)

    def test_files_as_json(self, repo: Repo, capsys: Capture) -> None:
        repo.write("loose.toml", POLICY.replace('"datadog", ', ""))
        words = ("policy.toml", "loose.toml", "--output-format", "json")
        answer = call(repo, capsys, "policy", "diff", *words)
        [change] = json.loads(answer.out)["changes"]
        assert change["effect"] == "weaker"
        assert change["rule"] == "enterprise-isolated"

    def test_the_same(self, repo: Repo, capsys: Capture) -> None:
        answer = call(repo, capsys, "policy", "diff", "main", "work")
        assert answer.out == "the policies are the same\n"

    @pytest.mark.parametrize(
        ("words", "part"),
        [
            (("diff", "main"), "diff compares two policies"),
            (("check", "policy.toml", "x"), "one file too many"),
            (("diff", "main", "nowhere"), "nowhere is not a"),
        ],
    )
    def test_what_cannot_be_compared(
        self, repo: Repo, capsys: Capture, words: tuple[str, ...], part: str
    ) -> None:
        answer = call(repo, capsys, "policy", *words)
        assert answer.code == 2
        assert part in answer.err
