"""Submodules reached through a name of their package: `import a as x; x.b.run()`.

No import names `a.b` there, so there is nothing to edit; once `a/b.py` has moved, the
attribute is gone, unless the package itself binds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from treeguard.analysis.import_candidates import dotted_names
from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import FROM
from treeguard.languages.facts import Import
from treeguard.languages.facts import SourceFacts
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names


def no_longer_reached(
    was: SourceFacts, now: SourceFacts, names: Names
) -> Iterator[Undecided]:
    """Uses that led to a moved module, where the edited source has none that does."""
    led = Counter(
        names.after.resolve(names.new_path, item, now.search_path).targets
        for item in now.imports
        if item.kind == ATTRIBUTE
    )
    for item in was.imports:
        targets = () if item.kind != ATTRIBUTE else _targets(item, was, names)
        home = names.expected(targets) if targets else None
        if home is None or home == targets:
            continue
        if led[home]:
            led[home] -= 1
        elif not _is_bound(item, names):
            why = "it is reached through its package, and no longer stands there"
            yield Undecided(names.path, item.line, item.module, why)


def _targets(item: Import, facts: SourceFacts, names: Names) -> tuple[str, ...]:
    return names.world.before.resolve(names.path, item, facts.search_path).targets


def _is_bound(item: Import, names: Names) -> bool:
    """True if a package on the way imports the next name by itself: it still will."""
    parts, before = dotted_names(item.module), names.world.before
    for at in range(1, names.depth(Name(item.module))):
        for init in names.led(Name(".".join(parts[:at]))).targets:
            facts = None if init.endswith("/") else before.source(init)
            for one in facts.imports if facts is not None else ():
                if one.kind == FROM and one.name == parts[at]:
                    return True
    return False
