"""Know which folders of a shell are clones of the repository that a file is in.

After `git clone https://github.com/me/lamp`, `cd lamp` enters the repository's root,
also where the repository has a folder `lamp` itself, and `lamp/deploy` is `deploy`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from treeguard.languages.shell.runner import Words
from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import word_set

# https://git-scm.com/docs/git-clone, and `gh repo clone`.
_VALUED = word_set(
    "-b --branch -o --origin -u --upload-pack --reference --reference-if-able"
    " --template -c --config --depth --shallow-since --shallow-exclude"
    " --separate-git-dir -j --jobs --filter --server-option --bundle-uri"
    " --upstream-remote-name"
)
_CLONE = (["git", "clone"], ["gh", "repo", "clone"], ["hub", "clone"])
_NAME = re.compile(r"(?:.*[/:])?([\w.-]+?)(?:\.git)?/?")


def clone_name(name: str) -> str:
    """Return a name as it is compared: `My_Lamp` may be cloned as `my-lamp`."""
    return name.lower().replace("_", "-")


class Clones:
    """The clones of one repository, by the folders that a shell has made of them.

    `names` are what the repository is called; with None, it may be any that is cloned.
    `places` are folders that are clones from the start.
    """

    def __init__(
        self, names: Iterable[str] | None = None, places: Iterable[str] = ()
    ) -> None:
        self._names = None if names is None else frozenset(map(clone_name, names))
        self._given = frozenset(places)
        self._places = set(self._given)
        self._entered: set[str] = set()

    def start_anew(self) -> None:
        """Begin another block of the same document, outside of the clones.

        Whoever has entered a clone is still in it, so its name is a folder of it now.
        """
        self._places -= self._entered - self._given
        self._entered.clear()

    def add(self, words: Words, folder: str) -> bool:
        """Remember what a command clones; return True if `folder` is the clone now."""
        rest = _arguments(words)
        match = _NAME.fullmatch(rest[0]) if rest else None
        if match is None:
            return False
        place = posixpath.normpath(posixpath.join(folder, (*rest, match[1])[1]))
        if UNKNOWN in place:
            return False
        if self._names is not None and clone_name(match[1]) not in self._names:
            self._places.discard(place)
            return False
        if place == posixpath.normpath(folder or "."):
            return True
        self._places.add(place)
        return False

    def inside(self, path: SourceText, folder: str) -> SourceText | None:
        """Return what is written after the clone that a path from `folder` is in."""
        chars = path.chars
        start = len(chars) - len(chars.removeprefix("./"))
        for place in self._places:
            if folder and not place.startswith(f"{folder}/"):
                continue
            name = place.removeprefix(f"{folder}/")
            if chars[start:].rstrip("/") == name:
                return path.part(len(chars))
            if chars.startswith(f"{name}/", start):
                return path.part(start + len(name) + 1)
        return None

    def enter(self, path: SourceText, folder: str) -> SourceText | None:
        """Return the same for a folder that the shell enters."""
        inner = self.inside(path, folder)
        if inner is not None:
            name = path.chars[: len(path.chars) - len(inner.chars)]
            self._entered.add(posixpath.normpath(posixpath.join(folder, name)))
        return inner


def _arguments(words: Words) -> list[str]:
    """Return address and folder of a command that clones, as far as they are given."""
    chars = [word.chars for word in words]
    start = next((len(one) for one in _CLONE if chars[: len(one)] == one), None)
    found: list[str] = []
    skip = False
    for word in chars[start:] if start else ():
        if word == "--" and found:
            break  # of gh: options for git
        if not skip and not word.startswith("-"):
            found.append(word)
        skip = word in _VALUED
    return found
