"""The law itself: nobody loosens it in the change that breaks it, at any gate.

Each edit of policy.toml is tried with a change that breaks the old policy, and alone.
What leaves a policy that cannot be used, or none, never passes.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.end_to_end.changes import REMOVE
from tests.end_to_end.changes import UNGUARDED
from tests.end_to_end.changes import A
from tests.end_to_end.changes import Change
from tests.end_to_end.changes import both
from tests.end_to_end.changes import commit
from tests.end_to_end.changes import edit
from tests.end_to_end.changes import git
from tests.end_to_end.changes import link
from tests.end_to_end.changes import submodule
from tests.end_to_end.changes import write
from tests.end_to_end.conftest import Gates
from tests.end_to_end.gates import ACCEPTED
from tests.end_to_end.gates import COMMIT
from tests.end_to_end.gates import GATES
from tests.end_to_end.gates import LOST
from tests.end_to_end.gates import PUSH
from tests.end_to_end.gates import Answer
from tests.end_to_end.gates import Place
from tests.end_to_end.gates import answer
from tests.end_to_end.test_gates import POINTER
from tests.support.git import Repo
from tests.support.patch13 import METRICS
from tests.support.patch13 import POLICY
from tests.support.patch13 import VIOLATIONS

# A push is judged by the same code natively and on the server.
SEEN = ("commit", "pull request", "receive")
BREAK = edit(VIOLATIONS["isolated"])
REFUSED = Answer(False, frozenset())
BROKEN = Answer(False, frozenset({"enterprise-isolated"}))


def policy(old: str, new: str) -> Change:
    assert old in POLICY
    return write("policy.toml", POLICY.replace(old, new))


def exception(*lines: str) -> str:
    table = ["[[exceptions]]", 'rule = "enterprise-isolated"', f'path = "{METRICS}"']
    return "\n".join(["", *table, 'reason = "for now"', *lines, ""])


# Edits that leave a policy which can be used: it takes effect once it has landed.
LOOSER: dict[str, Change] = {
    "severity": policy('kind = "isolated"', 'kind = "isolated"\nseverity = "warning"'),
    "rule renamed": policy("[rules.enterprise-isolated]", "[rules.adapters]"),
    "rule removed": write(
        "policy.toml",
        POLICY[: POLICY.index("[rules.enter")] + POLICY[POLICY.index("[rules.depl") :],
    ),
    "zone": policy('zone = ["banterhearts/enterprise/"]', 'zone = ["banterhearts/"]'),
    "owns": policy('owns = ["datadog", ', "owns = ["),
    "roots": policy("version = 1", 'version = 1\nroots = ["docs"]'),
    "exclude": policy("version = 1", f'version = 1\nexclude = ["{METRICS}"]'),
    "existing": policy("version = 1", 'version = 1\nexisting = "warn"'),
    "bypass": policy("version = 1", "version = 1\nbypass = true"),
    "exception": write("policy.toml", POLICY + exception()),
    "record": policy("patches/patch_13.md", "patches/none.md"),
}
UNUSABLE: dict[str, Change] = {
    "deleted": git("rm", "-q", "policy.toml"),
    "renamed": git("mv", "policy.toml", "policy.old.toml"),
    "in another case": git("mv", "policy.toml", "Policy.toml"),
    "link": both(git("rm", "-q", "policy.toml"), link("policy.toml", "docs/x.toml")),
    "submodule": submodule("policy.toml"),
    "folder": both(git("rm", "-q", "policy.toml"), write("policy.toml/a", POLICY)),
    "pointer": write("policy.toml", POINTER),
    "byte order mark": write("policy.toml", f"\ufeff{POLICY}"),
    "UTF-16": write("policy.toml", POLICY.encode("utf-16")),
    "empty": write("policy.toml", ""),
}


def at(place: Place, gate: str, change: Change) -> Answer:
    change(place.repo)
    return answer(GATES[gate].ask(place, COMMIT))


@pytest.mark.parametrize("gate", SEEN)
@pytest.mark.parametrize("name", LOOSER)
def test_a_looser_law_does_not_bind_the_change_that_brings_it(
    name: str, gate: str, gates: Gates
) -> None:
    found = at(gates.open(gate), gate, both(LOOSER[name], BREAK))
    # A tighter or another rule of the new policy may refuse it as well, on a commit.
    assert not found.accepted
    assert BROKEN.rules <= found.rules


# Edits after which BREAK breaks nothing.
FREEING = ("severity", "rule removed", "zone", "owns", "exclude", "exception")


@pytest.mark.parametrize("name", LOOSER)
def test_a_looser_law_may_land_alone_and_then_binds(name: str, gates: Gates) -> None:
    place = gates.open("receive")
    assert at(place, "receive", LOOSER[name]).accepted
    assert at(place, "receive", BREAK).accepted is (name in FREEING)


@pytest.mark.parametrize("gate", SEEN)
@pytest.mark.parametrize("name", UNUSABLE)
def test_a_law_that_cannot_be_used_never_lands(
    name: str, gate: str, gates: Gates
) -> None:
    assert at(gates.open(gate), gate, UNUSABLE[name]) == REFUSED


def test_a_server_says_what_is_wrong_with_it(gates: Gates) -> None:
    place = gates.open("receive")
    write("policy.toml", f"{POLICY}\n[rule]\n")(place.repo)
    done = GATES["receive"].ask(place, COMMIT)
    assert b"remote: policy.toml:" in done.stderr
    assert b"did you mean" in done.stderr


def landed(*changes: Change) -> Callable[[Place], Place]:
    """What stands at both ends already, without a gate having been asked."""

    def prepare(place: Place) -> Place:
        commit(place.repo, both(*changes))
        place.repo.run(*UNGUARDED, "push", "-q", "../origin.git", "HEAD:refs/other/x")
        place.origin.run("update-ref", "refs/heads/main", "refs/other/x")
        place.origin.run("update-ref", "-d", "refs/other/x")
        place.repo.run("fetch", "-q", "origin")
        return place

    return prepare


EXCEPTED = landed(write("policy.toml", POLICY + exception()), BREAK)
MEND = both(write(METRICS, "NAME = 'banterhearts'\n"))
# What the change does, after what had landed; every gate lets it through.
TIDYING: dict[str, tuple[Callable[[Place], Place], Change]] = {
    "tightened": (
        lambda place: place,
        policy("references = true", "references = true\nindirect = true"),
    ),
    "exception and its cause removed": (
        EXCEPTED,
        both(MEND, write("policy.toml", POLICY)),
    ),
    "expired exception and its cause removed": (
        landed(write("policy.toml", POLICY + exception("expires = 2026-01-01")), BREAK),
        both(MEND, write("policy.toml", POLICY)),
    ),
    "expired exception put off": (
        landed(write("policy.toml", POLICY + exception("expires = 2026-01-01")), BREAK),
        write("policy.toml", POLICY + exception("expires = 2099-01-01")),
    ),
    "broken rule mended by its own removal": (
        landed(BREAK),
        LOOSER["rule removed"],
    ),
}


@pytest.mark.parametrize("gate", [*SEEN, "push"])
@pytest.mark.parametrize("name", TIDYING)
def test_what_only_tidies_up_lands(name: str, gate: str, gates: Gates) -> None:
    prepare, change = TIDYING[name]
    found = at(prepare(gates.open(gate)), gate, change)
    assert found.accepted, found


def test_what_is_tidied_up_stays_so_on_another_branch(gates: Gates) -> None:
    """The second push of a branch whose policy has not landed yet."""
    place = EXCEPTED(gates.open("receive"))
    commit(place.repo, both(MEND, write("policy.toml", POLICY)))
    assert place.git(*PUSH, "HEAD:refs/heads/tidy").returncode == 0
    commit(place.repo, write("docs/README.md", "more\n"))
    assert place.git(*PUSH, "HEAD:refs/heads/tidy").returncode == 0


def test_the_exception_alone_stays_needed(gates: Gates) -> None:
    place = EXCEPTED(gates.open("receive"))
    found = at(place, "receive", MEND)
    assert found == Answer(False, frozenset({"exceptions"}))


def test_a_merge_takes_over_the_law_of_the_other_side(gates: Gates) -> None:
    """Its change of the policy was judged when it was made."""
    place = gates.open("commit")
    place.repo.run("branch", "work")
    commit(place.repo, LOOSER["zone"])
    place.repo.run("checkout", "-q", "work")
    commit(place.repo, write("docs/work.md", "x\n"))
    assert answer(place.git("merge", "-q", "--no-edit", "main")) == ACCEPTED


KEPT = Answer(False, frozenset({"policy"}))
LOOSE_AND_LOST = both(
    policy('paths = ["reports/"]', 'paths = ["none/"]\nallow_empty = true'), REMOVE
)


class TestWhichLaw:
    """The server's default branch, however its HEAD and its refs are laid out."""

    def served(self, gates: Gates, *commands: tuple[str, ...]) -> Place:
        place = gates.open("receive")
        for words in commands:
            place.origin.run(*words)
        commit(place.repo, LOOSE_AND_LOST)
        return place

    def pushed(self, place: Place, *words: str) -> Answer:
        return answer(place.git(*PUSH, *words))

    @pytest.mark.parametrize("others", [(), ("two", "three")], ids=["alone", "others"])
    def test_a_head_that_leads_nowhere(
        self, gates: Gates, others: tuple[str, ...]
    ) -> None:
        place = self.served(
            gates,
            *(("branch", name, "main") for name in ("develop", *others)),
            ("symbolic-ref", "HEAD", "refs/heads/nobody"),
            ("update-ref", "-d", "refs/heads/main"),
        )
        assert self.pushed(place, "HEAD:develop") == LOST

    @pytest.mark.parametrize(
        ("name", "others"),
        [("main", ()), ("develop", ()), ("main", ("two", "three"))],
        ids=["main", "alone", "main and others"],
    )
    def test_only_a_descendant_may_take_over_for_an_unborn_head(
        self, gates: Gates, name: str, others: tuple[str, ...]
    ) -> None:
        """The branch that HEAD names would bring its own policy."""
        place = self.served(
            gates,
            *(("branch", other, "main") for other in others),
            *((("branch", "-m", "main", name),) if name != "main" else ()),
            ("symbolic-ref", "HEAD", "refs/heads/trunk"),
        )
        place.repo.run("branch", "loose")
        place.repo.run("checkout", "-q", "--orphan", "evil")
        place.repo.run("rm", "-q", "-r", "--cached", "reports")
        commit(place.repo, LOOSER["rule removed"])
        assert self.pushed(place, "evil:trunk") == KEPT
        assert self.pushed(place, "loose:trunk") == LOST
        assert self.pushed(place, "loose~1:refs/heads/trunk") == ACCEPTED
        assert self.pushed(place, f"loose:{name}") == LOST

    def test_nobody_takes_over_where_no_policy_is_known_to_apply(
        self, gates: Gates
    ) -> None:
        place = self.served(
            gates,
            *(("branch", name, "main") for name in ("one", "two")),
            ("symbolic-ref", "HEAD", "refs/trunk/main"),
            ("update-ref", "-d", "refs/heads/main"),
        )
        for ref in ("HEAD:refs/trunk/main", "HEAD~1:refs/trunk/main"):
            done = place.git(*PUSH, ref)
            assert done.returncode
            assert b"git symbolic-ref HEAD refs/heads/BRANCH" in done.stderr

    def test_a_head_outside_of_the_branches(self, gates: Gates) -> None:
        place = self.served(
            gates,
            ("update-ref", "refs/trunk/main", "main"),
            ("symbolic-ref", "HEAD", "refs/trunk/main"),
            ("update-ref", "-d", "refs/heads/main"),
        )
        assert self.pushed(place, "HEAD:refs/trunk/main") == LOST
        assert not self.pushed(place, ":refs/trunk/main").accepted

    @pytest.mark.parametrize("alias", ["refs/heads/alias", "refs/alias/of/main"])
    def test_a_ref_that_leads_to_the_default_branch(
        self, gates: Gates, alias: str
    ) -> None:
        """Git follows it: to delete the one is to delete the other."""
        place = self.served(gates, ("symbolic-ref", alias, "refs/heads/main"))
        assert self.pushed(place, f"HEAD:{alias}") == LOST
        gone = place.git(*PUSH, f":{alias}")
        assert b"refs/heads/main is the default branch" in gone.stderr
        assert place.origin.out("rev-parse", "main")

    def test_a_namespace(self, gates: Gates) -> None:
        place = self.served(
            gates,
            ("update-ref", "refs/namespaces/a/refs/heads/trunk", "main"),
            (
                "symbolic-ref",
                "refs/namespaces/a/HEAD",
                "refs/namespaces/a/refs/heads/trunk",
            ),
            ("update-ref", "-d", "refs/heads/main"),
        )
        env = {**place.repo.env, "GIT_NAMESPACE": "a"}
        place = place._replace(caller=place.repo._replace(env=env))
        assert self.pushed(place, "HEAD:trunk") == LOST
        assert b"default branch" in place.git(*PUSH, ":trunk").stderr

    def test_a_draft_beside_it_may_change(self, gates: Gates) -> None:
        """The default branch has no policy: each other is bound by its own alone."""
        place = gates.open("receive")
        hook = place.origin.path / "hooks/pre-receive"
        hook.rename(place.origin.path / "off")
        commit(place.repo, git("rm", "-q", "policy.toml"))
        place.repo.run(*PUSH, "HEAD:main")
        (place.origin.path / "off").rename(hook)
        commit(place.repo, write("policy.toml", POLICY))
        assert self.pushed(place, "HEAD:draft").accepted
        commit(place.repo, both(LOOSER["rule removed"], BREAK))
        assert self.pushed(place, "HEAD:draft").accepted


@pytest.mark.parametrize("form", ["refs/tags/origin/main", "refs/heads/origin/main"])
def test_a_name_that_two_refs_have_is_refused(form: str, gates: Gates) -> None:
    """Git would take the tag, which anybody may push, for the branch."""
    place = gates.open("pull request")
    commit(place.repo, REMOVE)
    place.repo.run("update-ref", form, "HEAD")
    done = GATES["pull request"].ask(place, ())
    assert done.returncode == 2
    assert form.encode() in done.stderr
    assert b"write the full name" in done.stderr
    whole = "refs/remotes/origin/main"
    done = place.treeguard("check", f"{whole}...HEAD", "--policy-from", whole)
    assert answer(done) == LOST


def test_a_push_to_an_address_is_one_to_its_remote(gates: Gates) -> None:
    place = gates.open("push")
    commit(place.repo, REMOVE)
    push = ("push", "-q", "../origin.git", "HEAD:refs/heads/new")
    assert answer(place.git(*push)) == LOST


def test_an_environment_that_names_no_format_lets_nothing_through(
    gates: Gates,
) -> None:
    place = gates.open("commit")
    env = {**place.repo.env, "TREEGUARD_OUTPUT_FORMAT": "xml"}
    caller = Repo(place.repo.path, env)
    done = place._replace(caller=caller).git(*COMMIT, "--allow-empty")
    assert done.returncode
    assert b"'xml', which is not an output format" in done.stderr
    assert os.path.exists(place.repo.full(A))
