"""Folders misplaced as a whole, so that one finding speaks for all of their files."""

from __future__ import annotations

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.policy.model import Placed
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.trees import TREE

CHART = "Chart.yaml"


class Outside:
    """What is neither below `under` nor excepted, with the methods of a pattern."""

    def __init__(self, options: Placed) -> None:
        self._under, self._exempt = options.under, options.exempt
        self.name = f"outside {options.under.lines!r} {options.exempt.lines!r}"

    def match(self, path: str) -> bool:
        return not (self._under.match(path) or self._exempt.match(path))

    def folder(self, path: str) -> bool | None:
        under, exempt = self._under.folder(path), self._exempt.folder(path)
        if under is True or exempt is True:
            return False
        return True if under is False and exempt is False else None


class Units:
    """Which folders are misplaced as a whole: `/k8s/`, or a chart with its values.

    A folder is only taken as a whole where nobody speaks of a part of it: no file below
    is excepted, excluded or in its place.
    """

    def __init__(
        self,
        found: frozenset[str],
        rule: Rule,
        policy: Policy,
        options: Placed,
        new: TreeAnalysis,
    ) -> None:
        self._found = found
        self._files = options.files
        self._charts = "helm" in options.detect
        self._out = Outside(options)
        self._new = new
        self._partly: list[Patterns] = [policy.exclude, rule.exclude]
        self._partly += [e.path for e in policy.exceptions if e.rule == rule.id]
        self._whole: dict[str, bool] = {}

    def folder_of(self, path: str) -> str | None:
        """The topmost folder above `path` that is a whole; None if there is none."""
        for at, character in enumerate(path):
            if character == "/" and self._is_whole(path[:at]):
                return path[:at]
        return None

    def _is_whole(self, folder: str) -> bool:
        if folder not in self._whole:
            self._whole[folder] = self._find_out(folder)
        return self._whole[folder]

    def _find_out(self, folder: str) -> bool:
        if self._files.folder(folder) is True:
            whole = self._found.issuperset(self.files(folder))
        elif self._charts and f"{folder}/{CHART}" in self._found:
            whole = all(map(self._out.match, self.files(folder)))
        else:
            return False
        return whole and not any(
            patterns.match(path)
            for patterns in self._partly
            for path in self.files(folder)
        )

    def files(self, folder: str) -> tuple[str, ...]:
        """Everything below `folder`, sorted."""
        found: list[str] = []
        todo = [folder]
        while todo:
            above = todo.pop()
            for name, entry in self._new.children(above).items():
                path = f"{above}/{name}"
                (todo if entry.mode == TREE else found).append(path)
        return tuple(sorted(found))
