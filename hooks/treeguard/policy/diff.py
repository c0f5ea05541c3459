"""What became weaker or stricter from one policy to another, key by key.

Weaker: a change that was refused before may pass now. Where it depends on a list of
patterns as a whole, or a change works both ways, it is both, so that no relaxation is
missed.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

from treeguard.policy import schema
from treeguard.policy.model import Policy
from treeguard.policy.model import PolicyException
from treeguard.policy.patterns import Patterns
from treeguard.policy.schema import Change
from treeguard.policy.schema import Effect
from treeguard.policy.schema import Key
from treeguard.policy.schema import opposite

# Values that change as a whole: they have no order, or the order of their items counts.
_WHOLE = frozenset({"text", "date", "folders"})


class Difference(NamedTuple):
    """One change: the key that it concerns, and what it does, as a sentence.

    `rule` is the id of the rule that it is about, or empty. A change of words only,
    such as another reason, is neither weaker nor stricter.
    """

    place: str
    rule: str
    message: str
    effect: Effect

    @property
    def weaker(self) -> bool:
        """Whether something may pass now."""
        return "weaker" in self.effect

    @property
    def stricter(self) -> bool:
        """Whether something may be refused now."""
        return "stricter" in self.effect


def differences(old: Policy, new: Policy) -> tuple[Difference, ...]:
    """Return every change from `old` to `new`: `[policy]`, rules by id, the rest."""
    return (
        *_keys(schema.POLICY[1:], "policy", "", old, new),
        *_rules(old, new),
        *_exceptions(old.exceptions, new.exceptions),
        *_migration(old, new),
    )


def weakened(found: Iterable[Difference]) -> tuple[str, ...]:
    """Return the ids of the rules, or the keys, that became weaker, once each."""
    names = (one.rule or one.place for one in found if one.weaker)
    return tuple(dict.fromkeys(names))


def _rules(old: Policy, new: Policy) -> Iterator[Difference]:
    before = {rule.id: rule for rule in old.rules}
    after = {rule.id: rule for rule in new.rules}
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name), after.get(name)
        place = f"rules.{name}"
        if one is None:
            yield Difference(place, name, "added", "stricter")
        elif other is None:
            yield Difference(place, name, "removed", "weaker")
        elif one.kind != other.kind:
            message = _now_and_was(one.kind, other.kind)
            yield Difference(f"{place}.kind", name, message, "weaker and stricter")
        else:
            yield from _keys(schema.COMMON[1:], place, name, one, other)
            keys = other.options.KEYS
            yield from _keys(keys, place, name, one.options, other.options)


def _keys(
    keys: Iterable[Key], place: str, rule: str, old: object, new: object
) -> Iterator[Difference]:
    """Compare two tables, given as records, by every key that they may hold."""
    for key in keys:
        field = key.field or key.name
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            more = key.more(old, new) if callable(key.more) else key.more
            found = (key.changes or _changes(key, more))(before, after)
            for message, effect in found:
                yield Difference(f"{place}.{key.name}", rule, message, effect)


def _changes(key: Key, more: Effect) -> Callable[[Any, Any], Iterator[Change]]:
    """Return the usual comparison of two different values of a key."""

    def compare(old: Any, new: Any) -> Iterator[Change]:
        if old is None or new is None:
            effect = key.absent or "weaker and stricter"
            yield _now_and_was(old, new), effect if new is None else opposite(effect)
        elif key.type == "flag":
            word = "true" if new else "false"
            yield f"now {word}", more if new else opposite(more)
        elif key.type == "choice":
            is_later = key.choices.index(new) > key.choices.index(old)
            yield _now_and_was(old, new), more if is_later else opposite(more)
        elif key.type in _WHOLE:
            yield _now_and_was(old, new), more
        else:
            yield from _changed_lines(texts(old), texts(new), more)

    return compare


def _changed_lines(
    old: tuple[str, ...], new: tuple[str, ...], more: Effect
) -> Iterator[Change]:
    """Yield added and removed lines. Where `!` or the order may decide, both ways."""
    added = [line for line in new if line not in old]
    removed = [line for line in old if line not in new]
    if any(line.startswith("!") for line in (*old, *new)) and old != new:
        more = "weaker and stricter"
        if not added and not removed:
            yield _now_and_was(old, new), "weaker and stricter"
    yield from ((f"{line} removed", opposite(more)) for line in removed)
    yield from ((f"{line} added", more) for line in added)


def texts(value: Any) -> tuple[str, ...]:
    """Return the patterns, paths or words of a value, however it nests them."""
    if isinstance(value, str):
        return (value or ".",)
    if isinstance(value, Patterns):
        return value.lines
    return tuple(text for item in value for text in texts(item))


def _now_and_was(old: Any, new: Any) -> str:
    return f"now {_shown(new)}, was {_shown(old)}"


def _shown(value: Any) -> str:
    if value is None:
        return "absent"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value if isinstance(value, str) else ", ".join(texts(value)) or "empty"


def _exceptions(
    old: Iterable[PolicyException], new: Iterable[PolicyException]
) -> Iterator[Difference]:
    before, after = _by_place(old), _by_place(new)
    for place in sorted(before.keys() | after.keys()):
        was, now = before.get(place, []), after.get(place, [])
        rule, path, target = place
        about = f"{rule} for {path}" + (f" to {target}" if target else "")
        for one, other in zip(was, now, strict=False):
            yield from _reviewed(about, one, other)
        for _ in was[len(now) :]:
            yield Difference("exceptions", rule, f"{about}: removed", "stricter")
        for _ in now[len(was) :]:
            yield Difference("exceptions", rule, f"{about}: added", "weaker")


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
        effect: Effect = "weaker" if _last_day(new) > _last_day(old) else "stricter"
        when = f"expires {new.expires}" if new.expires else "never expires"
        was = old.expires or "never"
        message = f"{about}: {when}, was {was}"
        yield Difference("exceptions", new.rule, message, effect)
    if old.reason != new.reason:
        message = f"{about}: another reason"
        yield Difference("exceptions", new.rule, message, "reworded")


def _migration(old: Policy, new: Policy) -> Iterator[Difference]:
    """Compare what `vacated` rules depend on: the moves, the record that puts them in
    force, and what may be created at an old path. Titles and reasons have no effect."""
    before, after = _moves(old), _moves(new)
    for text in sorted(before - after):
        yield Difference("migration.move", "", f"{text}: removed", "weaker")
    for text in sorted(after - before):
        yield Difference("migration.move", "", f"{text}: added", "stricter")
    free, freed = _created(old, new), _created(new, new)
    for path in sorted(free - freed):
        yield Difference("migration.create", "", f"{path}: removed", "stricter")
    for path in sorted(freed - free):
        yield Difference("migration.create", "", f"{path}: added", "weaker")
    was = old.migration.record if old.migration else None
    now = new.migration.record if new.migration else None
    if was != now and was is not None and now is not None:
        message = _now_and_was(was, now)
        yield Difference("migration.record", "", message, "weaker and stricter")


def _moves(policy: Policy) -> set[str]:
    moves = policy.migration.moves if policy.migration else ()
    return {f"{source} to {move.to}" for move in moves for source in move.sources}


def _created(policy: Policy, moving: Policy) -> set[str]:
    """Return what `policy` creates where the moves of `moving` took files away."""
    creates = policy.migration.creates if policy.migration else ()
    moves = moving.migration.moves if moving.migration else ()
    left = [Patterns(move.sources) for move in moves]
    paths = (create.path for create in creates)
    return {path for path in paths if any(one.match(path) for one in left)}
