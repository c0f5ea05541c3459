"""Real commits, refused and accepted, natively and under both runners."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

import pytest

from tests.end_to_end.support import RUNNERS
from tests.end_to_end.support import WAYS
from tests.end_to_end.support import Guarded
from tests.end_to_end.test_manifest import KIND_IDS
from tests.support.patch13 import AGENT
from tests.support.patch13 import KEPT
from tests.support.patch13 import METRICS
from tests.support.patch13 import POLICY
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import Edit

Guard = Callable[..., Guarded]

# For each headline rule: the file and line, the rule, the reason, and what to type.
HEADLINES = {
    "forbidden": [
        f"{AGENT}:3:",
        "no-garbage-imports",
        "garbage/ is an archive of simulations: port what you need.",
        "remove this, or first move the code that it needs",
    ],
    "isolated": [
        f"{METRICS}:2:",
        "enterprise-isolated",
        "adapters stay behind one door.",
        "use an adapter in banterhearts/enterprise/ instead",
    ],
    "placed": [
        "Dockerfile",
        "deployment-assets",
        "deployment assets live in deployment/.",
        "git mv Dockerfile deployment/Dockerfile",
    ],
    "preserved": [
        "reports/gemma3/run_1.json",
        "reports-kept",
        "benchmark data cannot be measured again.",
        "git restore --source=HEAD --staged --worktree -- reports/gemma3",
    ],
}


@pytest.mark.parametrize("way", WAYS)
def test_a_headline_rule_refuses_and_says_why(guard: Guard, way: str) -> None:
    guarded = guard(way)
    for kind, words in HEADLINES.items():
        outcome = guarded.commit(VIOLATIONS[kind])
        assert not outcome.accepted, kind
        for word in words:
            assert word in outcome.output, (kind, outcome.output)
        guarded.repo.run("reset", "-q", "--hard")


@pytest.mark.parametrize("way", WAYS)
def test_clean_commits_pass(guard: Guard, way: str) -> None:
    guarded = guard(way)
    for edit in KEPT.values():
        outcome = guarded.commit(edit)
        assert outcome.accepted, outcome.output


@pytest.mark.parametrize("kind", ["placed", "preserved", "vacated"])
def test_what_the_message_says_to_type_mends_it(guard: Guard, kind: str) -> None:
    guarded = guard("native")
    refused = guarded.commit(VIOLATIONS[kind])
    typed = re.findall(r"^ +((?:git|mkdir) .*)$", refused.output, re.MULTILINE)
    assert typed, refused.output
    for command in typed:
        subprocess.run(
            command, shell=True, check=True, cwd=guarded.repo.path, env=guarded.repo.env
        )
    mended = guarded.commit(None, "--allow-empty")
    assert mended.accepted, mended.output


def test_every_kind_refuses_natively(guard: Guard) -> None:
    guarded = guard("native")
    for kind, edit in VIOLATIONS.items():
        assert not guarded.commit(edit).accepted, kind
        guarded.repo.run("reset", "-q", "--hard")


@pytest.mark.parametrize("way", RUNNERS)
@pytest.mark.parametrize(("name", "kind"), KIND_IDS.items())
def test_one_id_refuses_its_own_kind_only(
    guard: Guard, way: str, name: str, kind: str
) -> None:
    guarded = guard(way, name)
    refused = guarded.commit(VIOLATIONS[kind])
    assert not refused.accepted
    guarded.repo.run("reset", "-q", "--hard")
    accepted = guarded.commit(KEPT[kind])
    assert accepted.accepted, accepted.output
    other = "placed" if kind != "placed" else "required"
    ignored = guarded.commit(VIOLATIONS[other])
    assert ignored.accepted, ignored.output


@pytest.mark.parametrize("way", RUNNERS)
def test_check_policy_looks_at_the_policy_alone(guard: Guard, way: str) -> None:
    guarded = guard(way, "check-policy")
    assert guarded.commit(VIOLATIONS["placed"]).accepted
    fault = POLICY.replace("version = 1\n", "version = 1\nroot = 3\n")
    broken = guarded.commit(Edit({"policy.toml": fault}))
    assert not broken.accepted
    assert "policy.toml:3" in broken.output
    mended = guarded.commit(Edit({"policy.toml": f"# Mended\n{POLICY}"}))
    assert mended.accepted, mended.output


@pytest.mark.parametrize("way", WAYS)
def test_a_merge_that_breaks_a_rule_is_refused(guard: Guard, way: str) -> None:
    guarded = guard(way)
    guarded.repo.run("checkout", "-q", "-b", "side")
    assert guarded.commit(VIOLATIONS["preserved"], "--no-verify").accepted
    guarded.repo.run("checkout", "-q", "main")
    outcome = guarded.git("merge", "--no-ff", "--no-edit", "side")
    assert not outcome.accepted
    assert "reports/gemma3/run_1.json" in outcome.output


IMPORTERS_OF_METRICS = (
    "banterhearts/ai_agent/agent.py:1",
    "banterhearts/enterprise/observability/datadog_adapter.py:3",
    "banterhearts/optimization/kernel.py:1",
)


@pytest.mark.parametrize("way", WAYS)
def test_a_moved_module_names_every_importer(guard: Guard, way: str) -> None:
    guarded = guard(way)
    guarded.repo.run("mv", METRICS, "garbage/metrics.py")
    outcome = guarded.commit()
    assert not outcome.accepted
    for importer in IMPORTERS_OF_METRICS:
        assert importer in outcome.output, outcome.output


IMPORTING = "from garbage.demo import live_demo\n"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("staged", "on_disk", "accepted"),
    [
        pytest.param(IMPORTING, "X = 1\n", False, id="70-staged"),
        pytest.param("X = 1\n", IMPORTING, True, id="70-on-disk"),
    ],
)
def test_what_is_staged_is_judged(
    guard: Guard, way: str, staged: str, on_disk: str, accepted: bool
) -> None:
    guarded = guard(way)
    guarded.repo.write("banterhearts/ai_agent/run.py", staged)
    guarded.repo.stage("banterhearts/ai_agent/run.py")
    guarded.repo.write("banterhearts/ai_agent/run.py", on_disk)
    outcome = guarded.commit()
    assert outcome.accepted is accepted, outcome.output
