"""What a kind of rule consists of; each is declared in a module of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple
from typing import TypeVar

from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.policy.schema import Options
from treeguard.policy.sections import Contradictions

_O = TypeVar("_O", bound=Options)

# More names than that do not fit into a sentence.
_MOST_NAMES = 12


Since = Callable[[Rule, Policy, TreeAnalysis, TreeAnalysis], Iterator[Finding]]


class Kind(NamedTuple):
    """One kind of rule: all that is known of it, beside the trees that it judges.

    `options` declares its options: their types, defaults, documentation, and what a
    change of each one does. `queries` lists what a rule asks about every file of a
    tree; `findings` yields what is wrong in the new tree, compared with the old one if
    there is one.

    `describe` returns what a rule with these options demands, as an imperative sentence
    without its full stop, and `remedy` is what to do about a finding. `applies` yields
    each way in which a rule concerns a path, with the pattern that decides so.
    `contradictions` adds faults that the loader reports.

    A kind that `compares` says nothing about a tree alone; one that `reads_imports` has
    the sources that its queries select parsed. `since` yields what is wrong because of
    a change only: modules moved into a zone, a rule that lost its force. `lost` adds to
    a finding how to restore what the old tree had.
    """

    name: str
    options: type[Options]
    queries: Callable[[Rule, Policy, SearchRoots], Iterable[FileQuery]]
    findings: Callable[
        [Rule, Policy, TreeAnalysis | None, TreeAnalysis], Iterator[Finding]
    ]
    describe: Callable[[Any], str]
    remedy: str
    applies: Callable[[Rule, Policy, str], Iterator[tuple[str, str]]]
    contradictions: Contradictions | None = None
    compares: bool = False
    reads_imports: bool = False
    since: Since | None = None
    lost: Callable[[Finding, TreeAnalysis], Finding] | None = None


def options_of(rule: Rule, cls: type[_O]) -> _O:
    """Return the options of a rule that is of the kind with these options."""
    assert isinstance(rule.options, cls), f"{rule.id} is {rule.kind}"
    return rule.options


def no_queries(
    _rule: Rule, _policy: Policy, _search_roots: SearchRoots
) -> Iterable[FileQuery]:
    """Ask nothing: for a kind that looks up the few paths that it needs."""
    return ()


def listed(names: Patterns | Iterable[str], last: str = "and") -> str:
    """Write names as code, joined to a phrase; of very many only the first ones.

    What a pattern with `!` leaves out is named as an exception.
    """
    lines = list(names.lines if isinstance(names, Patterns) else names)
    kept = list(itertools.takewhile(lambda line: line[:1] != "!", lines))
    out = list(itertools.takewhile(lambda line: line[:1] == "!", lines[len(kept) :]))
    phrase = joined(_as_code(kept), last)
    if not out:
        return phrase
    exceptions = joined(_as_code([line[1:] for line in out]))
    again = listed(lines[len(kept) + len(out) :])
    return f"{phrase} (except {exceptions}{', but again ' if again else ''}{again})"


def _as_code(names: list[str]) -> list[str]:
    shown = [f"`{name.replace('`', '')}`" for name in names[:_MOST_NAMES]]
    more = len(names) - _MOST_NAMES
    return [*shown, f"{more} more"] if more > 0 else shown


def joined(phrases: list[str], last: str = "and") -> str:
    """Join phrases as in a sentence: `a, b and c`."""
    return f" {last} ".join(filter(None, [", ".join(phrases[:-1]), *phrases[-1:]]))
