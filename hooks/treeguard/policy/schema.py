"""Every key that policy.toml may hold, and the base of every kind's options.

Loader, JSON Schema, `policy show` and `policy diff` derive from these declarations. The
keys of a kind of rule are declared with the kind, in `rules/`.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import ClassVar
from typing import NamedTuple

from treeguard.policy.patterns import Patterns

# What a value may be. `validators` says how each is checked, `json_schema` how it is
# described, `value_of` what it becomes.
TEXT = "text"
FLAG = "flag"
VERSION = "version"
DATE = "date"
CHOICE = "choice"
CHOICES = "choices"
PATTERN = "pattern"
PATTERNS = "patterns"
ZONES = "zones"
FILE = "file"
FOLDER = "folder"
FOLDERS = "folders"
PATHS = "paths"
TARGET = "target"
MODULES = "modules"
LAYERS = "layers"
# What names something in a tree, and so may match nothing.
_NAMING = frozenset(
    {PATTERN, PATTERNS, ZONES, FILE, FOLDER, FOLDERS, PATHS, MODULES, LAYERS}
)


class Effect(NamedTuple):
    """What a change of a policy does: let something pass, refuse something, or both."""

    weaker: bool
    stricter: bool

    def reversed(self) -> Effect:
        """Return the effect of the opposite change."""
        return Effect(self.stricter, self.weaker)


WEAKER = Effect(True, False)
STRICTER = Effect(False, True)
BOTH = Effect(True, True)
NEITHER = Effect(False, False)

# The default of a key that must be present.
REQUIRED = object()

# A sentence about one change of a value, and what the change does.
Change = tuple[str, Effect]


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
    type: str
    about: str
    default: Any = None
    more: Effect | Callable[[Any, Any], Effect] = NEITHER
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
    type: str,
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
    if key.type == PATTERN:
        return Patterns([raw])
    if key.type == PATTERNS:
        return Patterns(raw)
    if key.type == ZONES:
        return tuple(Patterns([one]) for one in raw)
    if key.type == LAYERS:
        rows = (row if isinstance(row, list) else [row] for row in raw)
        return tuple(tuple(Patterns([one]) for one in row) for row in rows)
    if key.type == FOLDER:
        return _folder(raw)
    if key.type == FOLDERS:
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
    Key("version", VERSION, "The version of this language.", 1),
    Key(
        "roots",
        FOLDERS,
        "Where Python's top-level modules are looked up; default: found for each tree.",
        filled=True,
        more=BOTH,
        absent=BOTH,
    ),
    Key("exclude", PATTERNS, "Paths that no rule checks.", [], more=WEAKER),
    Key(
        "existing",
        CHOICE,
        "Whether findings that the old tree already had refuse a commit.",
        "block",
        choices=("block", "warn"),
        more=WEAKER,
    ),
    Key(
        "bypass",
        FLAG,
        "Whether `git push -o treeguard-bypass=REASON` bypasses the server; logged.",
        False,
        more=WEAKER,
    ),
    Key(
        "allow_comments",
        FLAG,
        "Whether `# treeguard: allow[RULE] why` in a Python file is an exception.",
        True,
        more=WEAKER,
    ),
)

COMMON = (
    Key("kind", CHOICE, "What kind of rule this is.", REQUIRED),
    Key(
        "severity",
        CHOICE,
        "Whether a finding refuses a commit.",
        "error",
        choices=("error", "warning"),
        more=WEAKER,
    ),
    Key("reason", TEXT, "Shown with every finding.", ""),
    Key("exclude", PATTERNS, "Paths that this rule ignores.", [], more=WEAKER),
    Key(
        "allow_empty",
        FLAG,
        "Whether patterns that match nothing are accepted without a warning.",
        False,
        more=WEAKER,
    ),
)

EXCEPTION = (
    Key("rule", TEXT, "The id of the rule.", REQUIRED),
    Key("path", PATTERN, "The files that are excepted.", REQUIRED),
    Key("target", TEXT, "Only findings about this module or path."),
    Key("reason", TEXT, "Why.", REQUIRED),
    Key("expires", DATE, "The last day on which this exception applies."),
)

MIGRATION = (
    Key("id", TEXT, "Its name, in commits and in the journal.", REQUIRED),
    Key("title", TEXT, "What it is about.", ""),
    Key("record", FILE, "The document that `apply` writes.", REQUIRED),
    Key("frozen", PATTERNS, "Files of history, which are never rewritten.", []),
)

MOVE = (
    Key("from", PATTERNS, "What moves.", REQUIRED),
    Key("to", TARGET, "Where to; a folder ends in a slash.", REQUIRED),
    Key("reason", TEXT, "Why.", ""),
)

CREATE = (
    Key("path", FILE, "The file to write; never overwritten.", REQUIRED),
    Key("text", TEXT, "The content of the file."),
    Key("from_file", FILE, "The file whose content is copied."),
)

# The ids of findings that treeguard itself reports.
RESERVED = ("exceptions", "policy", "unreadable-source")
