"""Every key that policy.toml may hold, and the base of every kind's options.

Loader, JSON Schema, `policy show` and `policy diff` derive from these declarations. The
keys of a kind of rule are declared with the kind, in `rules/`.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import ClassVar
from typing import Literal
from typing import NamedTuple

from treeguard.policy.patterns import Patterns

# What a value may be. `validators` says how each is checked, `json_schema` how it is
# described, `value_of` what it becomes.
Type = (
    Literal["text", "flag", "version", "date", "choice", "choices", "pattern"]
    | Literal["patterns", "zones", "file", "folder", "folders", "paths", "target"]
    | Literal["modules", "layers"]
)
# What names something in a tree, and so may match nothing.
_NAMING: tuple[Type, ...] = (
    *("pattern", "patterns", "zones", "file", "folder", "folders", "paths"),
    *("modules", "layers"),
)

# What a change of a policy does: let something pass, refuse something, both, neither.
Effect = Literal["weaker", "stricter", "weaker and stricter", "reworded"]

# The default of a key that must be present.
REQUIRED = object()

# A sentence about one change of a value, and what the change does.
Change = tuple[str, Effect]


def opposite(effect: Effect) -> Effect:
    """Return the effect of the opposite change."""
    if effect == "weaker":
        return "stricter"
    return "weaker" if effect == "stricter" else effect


class Key(NamedTuple):
    """One key of a table.

    `default` is what holds when the key is absent; None is no restriction, and REQUIRED
    is not allowed to be absent. A list that is required or `filled` has at least one
    item. `choices` are the words that the value may be, or hold. `field` is the
    attribute that holds the value, where that is not the key's own name.

    `more` is the effect of a longer list, of true instead of false, or of a later word
    of `choices`; a function of the old and the new table where other keys decide that
    too. `absent` is the effect of leaving the key out. `changes` replaces the usual
    comparison of two values. A key that `must_match` is reported when it matches
    nothing in a tree.
    """

    name: str
    type: Type
    about: str
    default: Any = None
    more: Effect | Callable[[Any, Any], Effect] = "reworded"
    absent: Effect | None = None
    choices: tuple[str, ...] = ()
    filled: bool = False
    must_match: bool = False
    changes: Callable[[Any, Any], Iterator[Change]] | None = None
    field: str = ""

    @property
    def required(self) -> bool:
        """Whether the key must be present."""
        return self.default is REQUIRED

    @property
    def at_least(self) -> int:
        """How many items a list must have."""
        return int(self.filled or self.required)


def option(
    type: Type,
    about: str,
    default: Any,
    *,
    more: Effect | Callable[[Any, Any], Effect],
    name: str = "",
    **rest: Any,
) -> Any:
    """Declare an option of a kind of rule; see `Key` for what each argument means.

    Typed as any value, so that a declaration reads `zone: Patterns = option(...)`.
    """
    if default is None and "absent" not in rest:
        raise TypeError(f"{about!r}: an option without a default needs `absent`")
    return Key(name, type, about, default, more, **rest)


class Options:
    """The options of one rule; frozen. Every kind of rule declares a subclass.

    `KEYS` lists the declared options in order. At least one of those named in `ONE_OF`,
    if there are any, must be present and not empty.
    """

    KEYS: ClassVar[tuple[Key, ...]] = ()
    ONE_OF: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.KEYS = tuple(
            key._replace(name=key.name or field, field=field)
            for field, key in vars(cls).items()
            if isinstance(key, Key)
        )

    def __init__(self, **values: Any) -> None:
        fields = {key.field: key for key in self.KEYS}
        unknown = values.keys() - fields.keys()
        missing = {name for name, key in fields.items() if key.required} - values.keys()
        if unknown or missing:
            raise TypeError(f"unknown options {unknown}, missing options {missing}")
        for name, key in fields.items():
            value = values[name] if name in values else value_of(key, key.default)
            self.__dict__[name] = value

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"options are frozen: {name}")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"


def value_of(key: Key, raw: Any) -> Any:
    """Turn a checked value of policy.toml into what its table's record holds."""
    if raw is None:
        return None
    if key.type == "pattern":
        return Patterns([raw])
    if key.type == "patterns":
        return Patterns(raw)
    if key.type == "zones":
        return tuple(Patterns([one]) for one in raw)
    if key.type == "layers":
        rows = (row if isinstance(row, list) else [row] for row in raw)
        return tuple(tuple(Patterns([one]) for one in row) for row in rows)
    if key.type == "folder":
        return _folder(raw)
    if key.type == "folders":
        return tuple(map(_folder, raw))
    return tuple(raw) if isinstance(raw, list) else raw


def _folder(path: str) -> str:
    """Write a folder as `trees` does; the root is the empty string."""
    return "" if path == "." else path.rstrip("/")


def names_in(key: Key, raw: Any) -> Iterator[str]:
    """Yield each pattern, path and module that a value of policy.toml names."""
    if key.type in _NAMING:
        yield from _strings(raw)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value if isinstance(value, list) else ():
        yield from _strings(item)


POLICY = (
    Key("version", "version", "The version of this language.", 1),
    Key(
        "roots",
        "folders",
        "Where Python's top-level modules are looked up; default: found for each tree.",
        filled=True,
        more="weaker and stricter",
        absent="weaker and stricter",
    ),
    Key("exclude", "patterns", "Paths that no rule checks.", [], more="weaker"),
    Key(
        "existing",
        "choice",
        "Whether findings that the old tree already had refuse a commit.",
        "block",
        choices=("block", "warn"),
        more="weaker",
    ),
    Key(
        "bypass",
        "flag",
        "Whether `git push -o treeguard-bypass=REASON` bypasses the server; logged.",
        False,
        more="weaker",
    ),
    Key(
        "allow_comments",
        "flag",
        "Whether `# treeguard: allow[RULE] why` in a Python file is an exception.",
        True,
        more="weaker",
    ),
)

COMMON = (
    Key("kind", "choice", "What kind of rule this is.", REQUIRED),
    Key(
        "severity",
        "choice",
        "Whether a finding refuses a commit.",
        "error",
        choices=("error", "warning"),
        more="weaker",
    ),
    Key("reason", "text", "Shown with every finding.", ""),
    Key("exclude", "patterns", "Paths that this rule ignores.", [], more="weaker"),
    Key(
        "allow_empty",
        "flag",
        "Whether patterns that match nothing are accepted without a warning.",
        False,
        more="weaker",
    ),
)

EXCEPTION = (
    Key("rule", "text", "The id of the rule.", REQUIRED),
    Key("path", "pattern", "The files that are excepted.", REQUIRED),
    Key("target", "text", "Only findings about this module or path."),
    Key("reason", "text", "Why.", REQUIRED),
    Key("expires", "date", "The last day on which this exception applies."),
)

MIGRATION = (
    Key("id", "text", "Its name, in commits and in the journal.", REQUIRED),
    Key("title", "text", "What it is about.", ""),
    Key("record", "file", "The document that `apply` writes.", REQUIRED),
    Key("frozen", "patterns", "Files of history, which are never rewritten.", []),
)

MOVE = (
    Key("from", "patterns", "What moves.", REQUIRED),
    Key("to", "target", "Where to; a folder ends in a slash.", REQUIRED),
    Key("reason", "text", "Why.", ""),
)

CREATE = (
    Key("path", "file", "The file to write; never overwritten.", REQUIRED),
    Key("text", "text", "The content of the file."),
    Key("from_file", "file", "The file whose content is copied."),
)

# The ids of findings that treeguard itself reports.
RESERVED = ("exceptions", "policy", "unreadable-source")
