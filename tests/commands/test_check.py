"""`treeguard check` on real repositories: what is judged, by which law, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.patch13 import POLICY
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import Edit
from tests.support.patch13 import apply
from tests.support.patch13 import build

CLEAN = "No violations (42 files checked).\n"
DELETED = """\
reports/gemma3/run_1.json: [reports-kept] is protected by `preserved` but was deleted
  = why: benchmark data cannot be measured again.
  = fix: restore reports/gemma3/run_1.json
      git restore --source=HEAD --staged --worktree -- reports/gemma3
  = policy: policy.toml:30

1 finding: 1 new, 0 existing, 0 excepted, 41 files.
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return build(tmp_path / "repo")


def _break(repo: Repo, kind: str) -> None:
    apply(repo, VIOLATIONS[kind])


@pytest.mark.parametrize(
    "words",
    [(), ("--all",), ("--worktree",), ("HEAD",), ("HEAD..HEAD",), ("HEAD^{tree}",)],
    ids=repr,
)
def test_a_layout_that_is_kept(
    words: tuple[str, ...], repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(repo, capsys, "check", *words) == (0, CLEAN, "")


def test_the_whole_report_of_a_deletion(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    _break(repo, "preserved")
    assert call(repo, capsys, "check") == (1, DELETED, "")


@pytest.mark.parametrize("kind", sorted(VIOLATIONS))
def test_each_kind_of_violation(
    kind: str, repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    _break(repo, kind)
    answer = call(repo, capsys, "check", "--output-format", "json")
    found = {finding["kind"] for finding in json.loads(answer.out)["findings"]}
    assert (answer.code, kind in found) == (1, True)


def test_a_subfolder_is_as_good_a_place_as_the_root(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    _break(repo, "preserved")
    assert call(repo, capsys, "check", folder="docs").out == DELETED


def test_the_files_on_disk_are_judged_only_when_asked(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write("Dockerfile", "FROM python\n")
    assert call(repo, capsys, "check").code == 0
    answer = call(repo, capsys, "check", "--worktree", "--output-format", "concise")
    assert answer.code == 1
    assert answer.out.startswith("Dockerfile: [deployment-assets] ")


def test_a_range_compares_tip_with_tip(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    _break(repo, "preserved")
    repo.commit()
    assert call(repo, capsys, "check").code == 0
    assert call(repo, capsys, "check", "HEAD^..HEAD").code == 1
    assert call(repo, capsys, "check", "HEAD^..").code == 1
    assert call(repo, capsys, "check", "HEAD..HEAD^").code == 0


def test_existing_findings_are_blocked_warned_of_or_hidden(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    _break(repo, "placed")
    repo.commit()
    concise = ("check", "--output-format", "concise")
    told = {
        way: call(repo, capsys, *concise, "--existing", way)
        for way in ("block", "warn", "hide")
    }
    assert [answer.code for answer in told.values()] == [1, 0, 0]
    assert "[existing]" in told["warn"].out
    assert "Dockerfile" not in told["hide"].out


def test_one_rule_alone(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    _break(repo, "placed")
    _break(repo, "preserved")
    answer = call(repo, capsys, "check", "--rule", "reports-kept")
    assert (answer.code, "Dockerfile" in answer.out) == (1, False)
    both = ("--rule", "reports-kept", "--rule", "deployment-assets")
    assert "Dockerfile" in call(repo, capsys, "check", *both).out


def test_the_law_of_a_ref_cannot_be_loosened_by_the_change(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    loose = POLICY.replace('paths = ["reports/"]', 'paths = ["reports/llama3/"]')
    apply(repo, Edit({"policy.toml": loose}, ("reports/gemma3/run_1.json",)))
    answer = call(repo, capsys, "check")
    assert answer.code == 1
    assert (
        "this change relaxes the policy (reports-kept); HEAD's policy also applies"
        in answer.out
    )
    answer = call(repo, capsys, "check", "--policy-from", "HEAD")
    assert answer.code == 1
    assert "policy.toml:30" in answer.out


def test_a_policy_on_disk(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    own = '[policy]\nversion = 1\n[rules.r]\nkind = "required"\nfiles = ["LICENSE"]\n'
    repo.write("own.toml", own)
    answer = call(repo, capsys, "check", "--policy", "own.toml")
    assert answer.code == 1
    assert "= policy: own.toml:3" in answer.out


def test_exit_zero_says_so(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    _break(repo, "preserved")
    answer = call(repo, capsys, "check", "--exit-zero")
    assert answer == (0, DELETED, "1 blocking; exit 0 because of --exit-zero\n")
    quiet = call(repo, capsys, "check", "--exit-zero", "--quiet")
    assert quiet == (0, DELETED, "")


def test_the_report_in_a_file(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    _break(repo, "preserved")
    answer = call(repo, capsys, "check", "--output", "../report", "--color", "always")
    assert answer == (1, "", "")
    assert (repo.path / "../report").read_text() == DELETED


def test_statistics(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    _break(repo, "preserved")
    answer = call(repo, capsys, "check", "--statistics")
    assert answer.code == 1
    assert answer.out.startswith("1\treports-kept\tpreserved\n")


def test_the_files_that_are_judged(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = POLICY.replace("version = 1", 'version = 1\nexclude = ["docs/"]', 1)
    apply(repo, Edit({"policy.toml": policy, "new.py": ""}))
    answer = call(repo, capsys, "check", "--show-files")
    shown = answer.out.splitlines()
    assert answer.code == 0
    assert "new.py" in shown
    assert not any(path.startswith("docs/") for path in shown)


@pytest.mark.parametrize(
    ("environment", "words", "painted"),
    [
        pytest.param({}, (), False, id="no terminal"),
        pytest.param({"FORCE_COLOR": "1"}, (), True, id="FORCE_COLOR"),
        pytest.param({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False, id="NO_COLOR"),
        pytest.param({"NO_COLOR": ""}, ("--color", "always"), True, id="always"),
        pytest.param({"FORCE_COLOR": "1"}, ("--color", "never"), False, id="never"),
    ],
)
def test_colour(
    environment: dict[str, str],
    words: tuple[str, ...],
    painted: bool,
    repo: Repo,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
        repo.env.pop(name, None)
    repo.env.update(environment)
    _break(repo, "preserved")
    assert ("\x1b[" in call(repo, capsys, "check", *words).out) is painted


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        pytest.param(
            ("--rule", "report-kept"),
            ("no rule 'report-kept'", "did you mean `reports-kept`?"),
            id="unknown rule",
        ),
        pytest.param(("nowhere",), ("nowhere is not a",), id="unknown tree"),
        pytest.param(("",), ("'' is not a",), id="empty name"),
        pytest.param(
            ("--statistics", "--output-format", "sarif"),
            ("counts as text or json, not as sarif",),
            id="statistics as SARIF",
        ),
        pytest.param(("nowhere..HEAD",), ("nowhere is not a",), id="unknown old"),
        pytest.param(("nowhere...",), ("nowhere is not a",), id="three dots"),
        pytest.param(("HEAD", "--all"), ("HEAD and --all both",), id="tree and --all"),
        pytest.param(("HEAD", "--fix"), ("--fix moves files",), id="fix a tree"),
        pytest.param(("--policy", "nope"), ("nope cannot be read",), id="no file"),
        pytest.param(
            ("--policy-from", "HEAD:docs"),
            ("policy.toml is not in HEAD:docs", "treeguard init"),
            id="no policy there",
        ),
        pytest.param(
            ("--output", "no/such/folder"), ("cannot be written",), id="no folder"
        ),
        pytest.param(("--output-format", "sarif2"), ("--output-format",), id="format"),
    ],
)
def test_what_cannot_be_asked(
    words: tuple[str, ...],
    parts: tuple[str, ...],
    repo: Repo,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = call(repo, capsys, "check", *words)
    assert (code, out) == (2, "")
    assert all(part in err for part in parts)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "policy",
    ["", "version", "[policy]\nversion = 1\nrots = []\n", "\ufeff[policy", "\x00"],
    ids=["empty", "no TOML", "unknown key", "BOM", "NUL"],
)
def test_a_bad_policy_is_never_clean(
    policy: str, repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(repo, Edit({"policy.toml": policy}))
    code, out, err = call(repo, capsys, "check")
    assert (code, out) == (2, "")
    assert "policy.toml" in err
    assert "Traceback" not in err


def test_without_a_policy_nothing_is_clean(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.run("rm", "-q", "--cached", "policy.toml")
    code, out, err = call(repo, capsys, "check")
    assert (code, out) == (2, "")
    assert "policy.toml is not in the index" in err
    assert "treeguard init" in err


def test_verbose_says_what_is_judged_by_what(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = call(repo, capsys, "check", "--verbose")
    assert answer.out == CLEAN
    assert answer.err.startswith("checking the index by policy.toml (index)\n")
