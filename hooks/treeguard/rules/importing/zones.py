"""Whether a path lies in some patterns, and which words an import of it needs."""

from __future__ import annotations

from typing import Any
from typing import NamedTuple

from treeguard.analysis.import_candidates import followed
from treeguard.analysis.query import SearchRoots
from treeguard.languages.python.package_init import EXTENDED
from treeguard.policy.patterns import Patterns
from treeguard.policy.schema import option

_WILD = frozenset("*?[]\\")


def references_option() -> Any:
    """Declare the option `references`, which several kinds have."""
    about = "Whether names in strings, commands, CI files and Dockerfiles count."
    return option("flag", about, False, more="stricter")


def type_checking_option() -> Any:
    """Declare the option `type_checking`, which several kinds have."""
    about = "Whether imports under `if TYPE_CHECKING:` count."
    return option("flag", about, True, more="stricter")


class Counted(NamedTuple):
    """Which uses count, beside plain imports.

    Names and paths in strings, and files that are not Python, count with `references`
    only; imports under `if TYPE_CHECKING:` with `type_checking` only.
    """

    references: bool = False
    type_checking: bool = True


def not_counted(type_checking: bool) -> str:
    """Return what a description adds about imports that do not count."""
    return "" if type_checking else " (imports under `if TYPE_CHECKING:` do not count)"


class Zone:
    """The paths that some patterns match; every answer is kept."""

    def __init__(self, patterns: Patterns) -> None:
        self.patterns = patterns
        self._kept: dict[str, bool] = {}

    def __str__(self) -> str:
        return " ".join(self.patterns.lines)

    def has(self, path: str) -> bool:
        """Return True if the file at `path` is in the zone, or all of a folder `path/`
        is."""
        kept = self._kept.get(path)
        if kept is None:
            kept = self._kept[path] = self._find_out(path)
        return kept

    def _find_out(self, path: str) -> bool:
        if not path.endswith("/"):
            return self.patterns.match(path)
        whole = self.patterns.folder(path[:-1])
        # None is always a right answer: then what a package would run decides.
        return self.patterns.match(f"{path}__init__.py") if whole is None else whole

    def first(self, paths: tuple[str, ...]) -> str | None:
        """Return the first of `paths` that is in the zone."""
        return next((path for path in paths if self.has(path)), None)


def words(zone: Zone, search_roots: SearchRoots) -> frozenset[str] | None:
    """Return words one of which is in every file outside `zone` that imports from
    it.

    Whoever is outside has to spell the last part of a path that leads in: `garbage`
    for `b/garbage/`, or the name of a link that leads there. None where that is not so:
    the last part is a wildcard, a negation leaves an inner folder outside, the zone is
    an `__init__.py` (its neighbours name it by dots alone), holds a root, or meets a
    folder that a package has on its `__path__`.
    """
    found = {_last_word(line) for line in zone.patterns.lines}
    links = dict(search_roots.links)
    if any(_meets(zone, at) for _package, path in search_roots.packages for at in path):
        # An importer may spell the package, and inside it no more than a module.
        return None
    if any(
        zone.has(f"{followed(root, links)}/") for root in search_roots.roots if root
    ):
        return None
    for link in links:
        real = followed(link, links)
        if real and (zone.has(real) or zone.has(f"{real}/")):
            found.add(_stem(link))
    return None if None in found else frozenset(word for word in found if word)


def _meets(zone: Zone, folder: str) -> bool:
    return folder != EXTENDED and zone.patterns.folder(folder) is not False


def is_rooted(line: str) -> bool:
    """Return True for a pattern that means one place, not a name at any depth."""
    return "/" in line.strip().rstrip("/") and not _WILD.intersection(line)


def _last_word(line: str) -> str | None:
    plain = line.rstrip(" ").rstrip("/")
    while plain.endswith("/**"):
        plain = plain[:-3]
    word = _stem(plain)
    if line.startswith("!") or not word or word == "__init__":
        return None
    return None if _WILD.intersection(plain.rpartition("/")[2]) else word


def _stem(path: str) -> str:
    """Return what an import or a string spells of a path's last part, in lower case."""
    name = path.rpartition("/")[2]
    return (name.lstrip(".").partition(".")[0] or name).lower()
