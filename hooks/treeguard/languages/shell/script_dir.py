"""How a script says the folder that it stands in: `$(dirname "$0")` and its kin."""

from __future__ import annotations

import re

from treeguard.languages.shell.syntax import Command
from treeguard.languages.shell.syntax import Variable
from treeguard.languages.shell.syntax import Word

# https://mywiki.wooledge.org/BashFAQ/028 has them all; `pwd` makes the path absolute.
_SCRIPT = r'"?\$(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?\})"?'
_DIRNAME = rf"dirname\s+(?:--\s+)?{_SCRIPT}"
_OWN = re.compile(
    rf'\s*(?:{_DIRNAME}|cd\s+(?:-P\s+)?(?:--\s+)?"?(?:\$\({_DIRNAME}\s*\)|`{_DIRNAME}`)"?'
    r"\s*(?:>\s*/dev/null\s*(?:2>&1\s*)?)?(?:&&|;)\s*pwd(?:\s+-P)?)\s*"
)
POWERSHELL = "PSScriptRoot"


def says_own(command: Command) -> bool:
    """True if a substitution of a command is the folder of the script."""
    return any(_OWN.fullmatch(inner.chars) for inner in command.inner)


def is_own(word: Word, command: Command, names: set[str]) -> bool:
    """True if a word of a command is that folder; `names` are variables that are."""
    pieces = [piece for piece in word if isinstance(piece, Variable) or piece.chars]
    if len(pieces) != 1 or not isinstance(pieces[0], Variable):
        return False
    name = pieces[0].name
    return name in names if name else says_own(command)
