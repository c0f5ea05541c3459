"""One rule tried on trees that are plain data."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import TypeVar

from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.analysis.tree_analysis import analyze
from treeguard.findings import Finding
from treeguard.policy.model import Migration
from treeguard.policy.model import Policy
from treeguard.policy.model import PolicyException
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.policy.schema import Options
from treeguard.rules.registry import KINDS

SomeOptions = TypeVar("SomeOptions", bound=Options)


def a_rule(kind: str, options: Options, *, exclude: Sequence[str] = ()) -> Rule:
    return Rule(
        id=f"{kind}-rule",
        kind=kind,
        severity="error",
        reason="because",
        exclude=Patterns(exclude),
        allow_empty=False,
        line=1,
        patterns=(),
        options=options,
    )


def with_options(options: SomeOptions, **changes: object) -> SomeOptions:
    """The same options with other values."""
    return type(options)(**{**vars(options), **changes})


def a_policy(
    rule: Rule,
    *,
    exclude: Sequence[str] = (),
    exceptions: Sequence[PolicyException] = (),
    migration: Migration | None = None,
) -> Policy:
    return Policy(
        path="policy.toml",
        source="test",
        digest="sha256:0",
        roots=None,
        exclude=Patterns(exclude),
        existing="block",
        rules=(rule,),
        exceptions=tuple(exceptions),
        migration=migration,
    )


def knowledge(files: Mapping[str, Content], name: str = "memory") -> TreeAnalysis:
    return analyze(MemorySnapshot(files, name), ("",), Store(None))


def judge(
    policy: Policy,
    new: Mapping[str, Content],
    old: Mapping[str, Content] | None = None,
) -> list[Finding]:
    """What the only rule of `policy` says of `new`; `old` is called HEAD."""
    rule = policy.rules[0]
    kind = KINDS[rule.kind]
    before = None if old is None else knowledge(old, "HEAD")
    after = knowledge(new, "the index")
    for known in (before, after):
        if known is not None:
            asked = list(kind.queries(rule, policy, known.search_roots))
            known.prepare(asked, policy.exclude)
    found = list(kind.findings(rule, policy, before, after))
    if kind.since is not None and before is not None:
        found += kind.since(rule, policy, before, after)
    return found
