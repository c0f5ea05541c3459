"""What became weaker and what stricter from one policy to another, field by field.

Weaker: something may pass now that was refused before. Where lists of patterns decide
that together, or a change works both ways, it is both: no relaxation hides in a doubt.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

from treeguard.policy.model import Layers
from treeguard.policy.model import Policy
from treeguard.policy.model import PolicyException
from treeguard.policy.model import Preserved
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns


class Difference(NamedTuple):
    """One change: the key that it stands under, and what it does, as a sentence.

    `rule` is the id of the rule that it is about, or empty. A change of words only,
    such as another reason, is neither weaker nor stricter.
    """

    place: str
    rule: str
    message: str
    weaker: bool
    stricter: bool

    @property
    def effect(self) -> str:
        """`weaker`, `stricter`, `weaker and stricter`, or `reworded`."""
        words = [
            word
            for word, meant in (("weaker", self.weaker), ("stricter", self.stricter))
            if meant
        ]
        return " and ".join(words) or "reworded"


class Way(NamedTuple):
    """What it does when a value grows: more lines, true instead of false."""

    weaker: bool
    stricter: bool

    def back(self) -> Way:
        """What it does when the value shrinks."""
        return Way(self.stricter, self.weaker)


WEAKER = Way(True, False)
STRICTER = Way(False, True)
BOTH = Way(True, True)
NEITHER = Way(False, False)

# What a longer list, or a true flag, does to each field. A zone's own code may use the
# zone, so that a larger zone also frees what it takes in.
_GROWTH: dict[str, Way] = {
    "zone": BOTH,
    "importers": STRICTER,
    "indirect": STRICTER,
    "references": STRICTER,
    "type_checking": STRICTER,
    "entrances": WEAKER,
    "owns": STRICTER,
    "uses": WEAKER,
    "independent": STRICTER,
    "detect": STRICTER,
    "under": WEAKER,
    "exempt": WEAKER,
    "allow": WEAKER,
    "files": STRICTER,
    "paths": STRICTER,
    "folder": BOTH,
    "children": WEAKER,
}
# Fields of the model that are called otherwise in policy.toml.
_KEYS = {"importers": "from", "exempt": "except"}
# These hold for everything when they are left out.
_ALL_IF_NONE = {"importers": STRICTER, "uses": WEAKER}


def differences(old: Policy, new: Policy) -> tuple[Difference, ...]:
    """Every change from `old` to `new`: the head, then rules by id, then the rest."""
    return (
        *_head(old, new),
        *_rules(old, new),
        *_exceptions(old.exceptions, new.exceptions),
        *_migration(old, new),
    )


def weakened(found: Iterable[Difference]) -> tuple[str, ...]:
    """The ids of the rules, or the keys, that became weaker, once each."""
    names = (one.rule or one.place for one in found if one.weaker)
    return tuple(dict.fromkeys(names))


def _head(old: Policy, new: Policy) -> Iterator[Difference]:
    if old.roots != new.roots:
        yield _changed("policy.roots", "", old.roots, new.roots, BOTH)
    yield from _lines("policy.exclude", "", old.exclude, new.exclude, WEAKER)
    if old.existing != new.existing:
        way = WEAKER if new.existing != "block" else STRICTER
        yield _changed("policy.existing", "", old.existing, new.existing, way)
    if old.bypass != new.bypass:
        yield _flag("policy.bypass", "", new.bypass, WEAKER)
    if old.allow_comments != new.allow_comments:
        yield _flag("policy.allow_comments", "", new.allow_comments, WEAKER)


def _rules(old: Policy, new: Policy) -> Iterator[Difference]:
    before = {rule.id: rule for rule in old.rules}
    after = {rule.id: rule for rule in new.rules}
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name), after.get(name)
        place = f"rules.{name}"
        if one is None:
            yield Difference(place, name, "added", *STRICTER)
        elif other is None:
            yield Difference(place, name, "removed", *WEAKER)
        elif one.kind != other.kind:
            yield _changed(f"{place}.kind", name, one.kind, other.kind, BOTH)
        else:
            yield from _common(place, one, other)
            yield from _options(place, one, other)


def _common(place: str, old: Rule, new: Rule) -> Iterator[Difference]:
    name = new.id
    if old.severity != new.severity:
        way = WEAKER if new.severity == "warning" else STRICTER
        yield _changed(f"{place}.severity", name, old.severity, new.severity, way)
    yield from _lines(f"{place}.exclude", name, old.exclude, new.exclude, WEAKER)
    if old.allow_empty != new.allow_empty:
        yield _flag(f"{place}.allow_empty", name, new.allow_empty, WEAKER)
    if old.reason != new.reason:
        yield _changed(f"{place}.reason", name, old.reason, new.reason, NEITHER)


def _options(place: str, old: Rule, new: Rule) -> Iterator[Difference]:
    before, after = old.options, new.options
    if isinstance(before, Layers) and isinstance(after, Layers):
        yield from _layers(place, new.id, before, after)
    for field in getattr(after, "_fields", ()):
        if field != "layers":
            pair = getattr(before, field), getattr(after, field)
            way = _growth(field, (before, after))
            key = f"{place}.{_KEYS.get(field, field)}"
            yield from _field(key, new.id, field, *pair, way)


def _growth(field: str, both: Iterable[object]) -> Way:
    # A file may move anywhere within `paths`: more of them are more places to go.
    kept = [options for options in both if isinstance(options, Preserved)]
    if field == "paths" and any("move" in options.allow for options in kept):
        return BOTH
    return _GROWTH[field]


def _field(
    place: str, rule: str, field: str, old: Any, new: Any, way: Way
) -> Iterator[Difference]:
    if old == new:
        return
    if isinstance(new, bool):
        yield _flag(place, rule, new, way)
    elif old is None or new is None:
        whole = _ALL_IF_NONE[field]
        yield _changed(place, rule, old, new, whole if new is None else whole.back())
    else:
        yield from _lines(place, rule, old, new, way)


def _lines(place: str, rule: str, old: Any, new: Any, way: Way) -> Iterator[Difference]:
    """Lines that came or went. Where `!` or the order of lines may decide, both."""
    before, after = _texts(old), _texts(new)
    added = [line for line in after if line not in before]
    gone = [line for line in before if line not in after]
    negated = any(line.startswith("!") for line in (*before, *after))
    if negated and before != after:
        way = BOTH
        if not added and not gone:
            yield _changed(place, rule, before, after, BOTH)
    for line in gone:
        yield Difference(place, rule, f"{line} taken out", *way.back())
    for line in added:
        yield Difference(place, rule, f"{line} added", *way)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value or ".",)
    if isinstance(value, Patterns):
        return value.lines
    if isinstance(value, frozenset):
        return tuple(sorted(value))
    return tuple(text for item in value for text in _texts(item))


def _layers(place: str, rule: str, old: Layers, new: Layers) -> Iterator[Difference]:
    """Which imports between two layers were refused before, and which are now."""
    before, after = _refused(old), _refused(new)
    key = f"{place}.layers"
    for importer, imported in sorted(before - after):
        yield Difference(key, rule, f"{importer} may import {imported}", *WEAKER)
    for importer, imported in sorted(after - before):
        yield Difference(key, rule, f"{importer} may not import {imported}", *STRICTER)
    for layer, other in _carved(old, new):
        message = f"{layer} may take files out of {other}"
        yield Difference(key, rule, message, *BOTH)


def _carved(old: Layers, new: Layers) -> Iterator[tuple[str, str]]:
    """Layers that are new and may lie in one that was there: of both the longer one
    says where a file is, and who was below the old one may be above the new one."""
    before, after = ([*_texts(one.layers)] for one in (old, new))
    for layer in after:
        for other in before:
            if layer not in before and _may_lie_in(layer, other):
                yield layer, other


def _may_lie_in(layer: str, other: str) -> bool:
    """False only where no file that is in both can count as one of `layer` alone."""
    if len(layer) < len(other):
        return False
    loose = any(set(text) & set("*?[\\") or text[0] != "/" for text in (layer, other))
    return loose or f"{layer.rstrip('/')}/".startswith(f"{other.rstrip('/')}/")


def _refused(options: Layers) -> set[tuple[str, str]]:
    rows = [[" ".join(part.lines) for part in row] for row in options.layers]
    upward = {
        (lower, upper)
        for number, row in enumerate(rows)
        for lower in row
        for above in rows[:number]
        for upper in above
    }
    beside = {(one, two) for row in rows for one in row for two in row if one != two}
    return upward | beside


def _exceptions(
    old: Iterable[PolicyException], new: Iterable[PolicyException]
) -> Iterator[Difference]:
    before, after = _by_place(old), _by_place(new)
    for place in sorted(before.keys() | after.keys()):
        gone, come = before.get(place, []), after.get(place, [])
        rule, path, target = place
        about = f"{rule} for {path}" + (f" to {target}" if target else "")
        for one, other in zip(gone, come, strict=False):
            yield from _reviewed(about, one, other)
        for _ in gone[len(come) :]:
            yield Difference("exceptions", rule, f"{about}: taken out", *STRICTER)
        for _ in come[len(gone) :]:
            yield Difference("exceptions", rule, f"{about}: added", *WEAKER)


def _by_place(
    exceptions: Iterable[PolicyException],
) -> dict[tuple[str, str, str], list[PolicyException]]:
    found: dict[tuple[str, str, str], list[PolicyException]] = {}
    for one in sorted(exceptions, key=lambda one: (_last_day(one), one.reason)):
        key = (one.rule, " ".join(one.path.lines), one.target or "")
        found.setdefault(key, []).append(one)
    return found


def _last_day(exception: PolicyException) -> datetime.date:
    return exception.expires or datetime.date.max


def _reviewed(
    about: str, old: PolicyException, new: PolicyException
) -> Iterator[Difference]:
    if _last_day(old) != _last_day(new):
        way = WEAKER if _last_day(new) > _last_day(old) else STRICTER
        when = f"expires {new.expires}" if new.expires else "never expires"
        was = old.expires or "never"
        message = f"{about}: {when}, was {was}"
        yield Difference("exceptions", new.rule, message, *way)
    if old.reason != new.reason:
        message = f"{about}: another reason"
        yield Difference("exceptions", new.rule, message, *NEITHER)


def _migration(old: Policy, new: Policy) -> Iterator[Difference]:
    """What `vacated` rules stand on: the moves, the record that puts them in force,
    and what may be created in an old home. Titles and reasons bind nobody."""
    before, after = _moves(old), _moves(new)
    for text in sorted(before - after):
        yield Difference("migration.move", "", f"{text}: taken out", *WEAKER)
    for text in sorted(after - before):
        yield Difference("migration.move", "", f"{text}: added", *STRICTER)
    free, freed = _created(old, new), _created(new, new)
    for path in sorted(free - freed):
        yield Difference("migration.create", "", f"{path}: taken out", *STRICTER)
    for path in sorted(freed - free):
        yield Difference("migration.create", "", f"{path}: added", *WEAKER)
    was = old.migration.record if old.migration else None
    now = new.migration.record if new.migration else None
    if was != now and was is not None and now is not None:
        yield _changed("migration.record", "", was, now, BOTH)


def _moves(policy: Policy) -> set[str]:
    moves = policy.migration.moves if policy.migration else ()
    return {f"{source} to {move.to}" for move in moves for source in move.sources}


def _created(policy: Policy, law: Policy) -> set[str]:
    """What `policy` creates where the moves of `law` left: it may stand there."""
    creates = policy.migration.creates if policy.migration else ()
    moves = law.migration.moves if law.migration else ()
    left = [Patterns(move.sources) for move in moves]
    paths = (create.path for create in creates)
    return {path for path in paths if any(one.match(path) for one in left)}


def _flag(place: str, rule: str, new: bool, way: Way) -> Difference:
    word = "true" if new else "false"
    return Difference(place, rule, f"now {word}", *(way if new else way.back()))


def _changed(place: str, rule: str, old: Any, new: Any, way: Way) -> Difference:
    return Difference(place, rule, f"now {_said(new)}, was {_said(old)}", *way)


def _said(value: Any) -> str:
    if value is None:
        return "left out"
    return value if isinstance(value, str) else ", ".join(_texts(value)) or "empty"
