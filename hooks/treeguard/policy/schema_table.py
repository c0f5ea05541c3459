"""Every key that policy.toml may hold: the one table behind loader, schema and `show`.

The source is the design of policy.toml, whose words the `about` texts repeat in short.
"""

from __future__ import annotations

from typing import Any
from typing import NamedTuple

# What a value may be. `values` says how each is checked, `schema` how it is described.
TEXT = "text"
FLAG = "flag"
VERSION = "version"
DATE = "date"
CHOICE = "choice"
CHOICES = "choices"
PATTERN = "pattern"
PATTERNS = "patterns"
FILE = "file"
FOLDER = "folder"
FOLDERS = "folders"
PATHS = "paths"
TARGET = "target"
MODULES = "modules"
LAYERS = "layers"


class Key(NamedTuple):
    """One key of a table.

    `default` is what holds when it is absent (None: nothing of the kind). A `required`
    one must be there, and a `filled` list must have at least that many items. `choices`
    are the words that it may be, or hold.
    """

    name: str
    type: str
    about: str
    default: Any = None
    required: bool = False
    filled: int = 0
    choices: tuple[str, ...] = ()


DETECTED = ("dockerfile", "compose", "kubernetes", "helm", "terraform")

POLICY = (
    Key("version", VERSION, "The version of this language.", 1),
    Key("roots", FOLDERS, "Where Python's top-level modules are looked up.", filled=1),
    Key("exclude", PATTERNS, "Never looked at.", []),
    Key(
        "existing",
        CHOICE,
        "What to do about findings that the old tree already had.",
        "block",
        choices=("block", "warn"),
    ),
    Key(
        "bypass",
        FLAG,
        "Whether `git push -o treeguard-bypass=REASON` passes the server, logged.",
        False,
    ),
    Key(
        "allow_comments",
        FLAG,
        "Whether `# treeguard: allow[RULE] why` in a Python file is an exception.",
        True,
    ),
)

COMMON = (
    Key("kind", CHOICE, "What kind of rule this is.", required=True),
    Key(
        "severity",
        CHOICE,
        "Whether a finding refuses a commit.",
        "error",
        choices=("error", "warning"),
    ),
    Key("reason", TEXT, "Shown with every finding.", ""),
    Key("exclude", PATTERNS, "Paths of which this rule says nothing.", []),
    Key("allow_empty", FLAG, "Patterns that match nothing are no warning.", False),
)

_REFERENCES = Key(
    "references", FLAG, "Also names in strings, commands, CI and Dockerfiles.", False
)
_TYPE_CHECKING = Key(
    "type_checking", FLAG, "Whether imports for type checkers only count.", True
)

KINDS: dict[str, tuple[Key, ...]] = {
    "forbidden": (
        Key("zone", PATTERNS, "What nobody may use.", required=True, filled=1),
        Key("from", PATTERNS, "Who may not; default: all outside.", filled=1),
        Key("indirect", FLAG, "Also chains of imports that lead there.", False),
        _REFERENCES,
        _TYPE_CHECKING,
    ),
    "isolated": (
        Key("zone", PATTERNS, "What stands behind one door.", required=True, filled=1),
        Key("entrances", PATTERNS, "Who else may import the zone.", []),
        Key("owns", MODULES, "Modules that only the zone may import.", []),
        Key("uses", PATTERNS, "What the zone may import; default: anything."),
        Key("independent", PATTERNS, "Parts that may not import each other.", []),
        _REFERENCES,
        _TYPE_CHECKING,
    ),
    "placed": (
        Key("files", PATTERNS, "Files that have one place.", []),
        Key("detect", CHOICES, "Also by what a file is.", [], choices=DETECTED),
        Key("under", PATTERNS, "The place.", required=True, filled=1),
        Key("except", PATTERNS, "Where they may stand nevertheless.", []),
    ),
    "preserved": (
        Key("paths", PATTERNS, "What is never deleted.", required=True, filled=1),
        Key(
            "allow",
            CHOICES,
            "What may be done with it; [] is append-only.",
            ["edit", "move"],
            choices=("edit", "move"),
        ),
    ),
    "required": (Key("files", PATHS, "What exists.", required=True, filled=1),),
    "closed": (
        Key("folder", FOLDER, "The folder.", required=True),
        Key("children", PATTERNS, "All that it may hold.", required=True, filled=1),
    ),
    "layers": (
        Key("layers", LAYERS, "From the top down.", required=True, filled=1),
        _TYPE_CHECKING,
    ),
    "vacated": (),
}

EXCEPTION = (
    Key("rule", TEXT, "The id of the rule.", required=True),
    Key("path", PATTERN, "Where it does not hold.", required=True),
    Key("target", TEXT, "Only findings about this module or path."),
    Key("reason", TEXT, "Why.", required=True),
    Key("expires", DATE, "The last day on which this exception holds."),
)

MIGRATION = (
    Key("id", TEXT, "Its name, in commits and in the journal.", required=True),
    Key("title", TEXT, "What it is about.", ""),
    Key("record", FILE, "The document that `apply` writes.", required=True),
    Key("frozen", PATTERNS, "History: never rewritten.", []),
)

MOVE = (
    Key("from", PATTERNS, "What moves.", required=True, filled=1),
    Key("to", TARGET, "Where to; a folder ends in a slash.", required=True),
    Key("reason", TEXT, "Why.", ""),
)

CREATE = (
    Key("path", FILE, "The file to write; never overwrites.", required=True),
    Key("text", TEXT, "What it holds."),
    Key("from_file", FILE, "Whose text it gets."),
)

# Findings of these ids come from treeguard itself.
RESERVED = ("exceptions", "policy", "unreadable-source")
