"""Placed: files of a kind live below `under` and nowhere else.

Protects the place where people look for them: nobody who looks in deployment/ finds a
Dockerfile at the root. Files are recognized by their names (`files`) and, whatever
their names, by their content (`detect`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.languages import assets
from treeguard.policy.consistency import literals
from treeguard.policy.consistency import within
from treeguard.policy.diagnostics import Faults
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.policy.schema import CHOICES
from treeguard.policy.schema import PATTERNS
from treeguard.policy.schema import REQUIRED
from treeguard.policy.schema import STRICTER
from treeguard.policy.schema import WEAKER
from treeguard.policy.schema import Options
from treeguard.policy.schema import option
from treeguard.policy.sections import Document
from treeguard.policy.sections import Table
from treeguard.rules import shell_commands
from treeguard.rules.kind import Kind
from treeguard.rules.kind import joined
from treeguard.rules.kind import listed
from treeguard.rules.kind import options_of
from treeguard.rules.proposed_paths import Homes
from treeguard.rules.proposed_paths import old_homes
from treeguard.trees import GITLINK
from treeguard.trees import SYMLINK
from treeguard.trees import TREE

# Usual subfolders of each kind of asset; proposed only where such a folder exists.
SUBFOLDERS = {
    "dockerfile": ("docker", "containers"),
    "compose": ("docker", "compose", "containers"),
    "kubernetes": ("kubernetes", "k8s"),
    "helm": ("helm", "charts"),
    "terraform": ("terraform", "infra"),
    "script": ("scripts",),
}
NOUNS = {
    "dockerfile": "a Dockerfile",
    "compose": "a compose file",
    "kubernetes": "a Kubernetes manifest",
    "helm": "part of a Helm chart",
    "terraform": "Terraform",
}
PLURALS = {
    "dockerfile": "Dockerfiles",
    "compose": "compose files",
    "kubernetes": "Kubernetes manifests",
    "helm": "Helm charts",
    "terraform": "Terraform files",
}
_SCRIPTS = (".sh", ".bash", ".ps1", ".bat", ".cmd")
_WILD = frozenset("*?[\\!#")


class _Misplaced(NamedTuple):
    """A misplaced file, or a folder that is misplaced as a whole."""

    path: str
    files: tuple[str, ...]
    is_folder: bool


class Placed(Options):
    """The options of `placed`."""

    ONE_OF = ("files", "detect")

    files: Patterns = option(
        PATTERNS, "Files that belong in one place.", [], more=STRICTER
    )
    detect: tuple[str, ...] = option(
        CHOICES,
        "Also files of these kinds, whatever their names.",
        [],
        choices=tuple(NOUNS),
        more=STRICTER,
    )
    under: Patterns = option(
        PATTERNS, "The place.", REQUIRED, more=WEAKER, must_match=True
    )
    exempt: Patterns = option(
        PATTERNS, "Where such files may be as well.", [], name="except", more=WEAKER
    )


def queries(rule: Rule, _policy: Policy, _context: SearchRoots) -> Iterator[FileQuery]:
    """Ask which misplaced files have such a name, and which are such an asset."""
    options = options_of(rule, Placed)
    yield _by_name(options)
    if options.detect:
        yield _without(rule.exclude, _by_suggestive_name(options))
        yield _without(rule.exclude, _by_content(options))


def findings(
    rule: Rule, policy: Policy, _old: TreeAnalysis | None, new: TreeAnalysis
) -> Iterator[Finding]:
    """Yield a finding for each misplaced file or wholly misplaced folder."""
    options = options_of(rule, Placed)
    found: set[str] = set()
    for query in queries(rule, policy, new.search_roots):
        found.update(new.ask(query))
    homes = Homes(new)
    for misplaced in _grouped(sorted(found), rule, policy, options, new):
        yield _finding(rule, policy, options, misplaced, homes, new)


def describe(options: Placed) -> str:
    """Return what a rule with these options demands."""
    detected = [PLURALS[kind] for kind in options.detect]
    what = joined([*([listed(options.files)] if options.files else []), *detected])
    places = [listed(options.under, "or"), listed(options.exempt, "or")]
    where = joined([place for place in places if place], "or")
    return f"Put {what} under {where} and nowhere else"


def applies(rule: Rule, _policy: Policy, path: str) -> Iterator[tuple[str, str]]:
    """Yield how the rule concerns a path, and by which pattern."""
    options = options_of(rule, Placed)
    under = ", ".join(options.under.lines)
    if options.under.match(path):
        yield "files of this kind belong here", options.under.deciding(path)
    elif options.exempt.match(path):
        yield "files of this kind may be here, too", options.exempt.deciding(path)
    elif options.files.match(path):
        yield f"its name belongs below {under}", options.files.deciding(path)
    elif options.detect:
        kinds = ", ".join(options.detect)
        yield f"it belongs below {under} if its content is of these kinds", kinds


def contradictions(document: Document, faults: Faults) -> None:
    """Refuse two rules that put the same files in different places."""
    rules = document.sound_rules("placed")
    for place, rule in enumerate(rules):
        for other in rules[:place]:
            if _are_apart(rule, other):
                _refuse_shared(rule, other, faults)


def _refuse_shared(rule: Table, other: Table, faults: Faults) -> None:
    name = f"rules.{other.place[-1]}"
    for key in ("files", "detect"):
        for number, one in enumerate(rule.values[key]):
            if one in other.values[key]:
                message = f'"{one}" is placed elsewhere by {name}'
                faults.add((*rule.place, key, number), message)


def _are_apart(rule: Table, other: Table) -> bool:
    """Tell whether no path satisfies both rules, as far as plain paths show."""
    if any(
        table.values[key] for table in (rule, other) for key in ("exclude", "except")
    ):
        return False
    here, there = literals(rule.values["under"]), literals(other.values["under"])
    meet = any(within(a, there) for a in here) or any(within(a, here) for a in there)
    return bool(here and there) and not meet


def _by_name(options: Placed) -> FileQuery:
    files, out = options.files, Outside(options)

    def folder(path: str) -> bool | None:
        named, outside = files.folder(path), out.folder(path)
        if named is False or outside is False:
            return False
        return True if named and outside else None

    def named(path: str, mode: int) -> bool:
        # A link in a folder's place makes every path below it work again.
        whole = mode in (GITLINK, SYMLINK) and files.folder(path) is True
        return whole or files.match(path)

    return FileQuery(
        f"placed by name, or a link for a folder {files.lines!r} {out.name}",
        folder,
        lambda path, mode: named(path, mode) and out.match(path),
    )


def _by_suggestive_name(options: Placed) -> FileQuery:
    """Ask for files with telling names; an empty main.tf has no bytes to search."""
    kinds, out = options.detect, Outside(options)
    return FileQuery(
        f"placed by suggestive name {kinds!r} {out.name}",
        lambda folder: None if out.folder(folder) is not False else False,
        lambda path, mode: (
            _is_regular(mode) and assets.named(path, kinds) and out.match(path)
        ),
        test=lambda path, data: assets.detect(path, data, kinds) is not None,
        alike=_no_asset,
    )


def _by_content(options: Placed) -> FileQuery:
    kinds, out = options.detect, Outside(options)
    return FileQuery(
        f"placed by content {kinds!r} {out.name}",
        lambda folder: None if out.folder(folder) is not False else False,
        lambda path, mode: (
            _is_regular(mode) and assets.may_be(path, kinds) and out.match(path)
        ),
        assets.needles(kinds),
        lambda path, data: assets.detect(path, data, kinds) is not None,
        alike=_no_asset,
    )


def _without(exclude: Patterns, query: FileQuery) -> FileQuery:
    """Ask only about files that are not excluded; others need not be readable."""
    if not exclude:
        return query

    def folder(path: str) -> bool | None:
        return False if exclude.folder(path) else query.folder(path)

    return query._replace(
        name=f"{query.name} without {exclude.lines!r}",
        folder=folder,
        path=lambda path, mode: query.path(path, mode) and not exclude.match(path),
    )


def _no_asset(_folder: str, ending: str, _mode: int) -> bool | None:
    return False if assets.never(ending) else None


def _is_regular(mode: int) -> bool:
    return mode & 0o170000 == 0o100000


def _grouped(
    found: list[str], rule: Rule, policy: Policy, options: Placed, new: TreeAnalysis
) -> Iterator[_Misplaced]:
    """Group the files of `found` that move together, as a whole folder."""
    units = Units(frozenset(found), rule, policy, options, new)
    done: set[str] = set()
    for path in found:
        folder = units.folder_of(path)
        if folder is None:
            yield _Misplaced(path, (path,), False)
        elif folder not in done:
            done.add(folder)
            yield _Misplaced(folder, units.files(folder), True)


def _finding(
    rule: Rule,
    policy: Policy,
    options: Placed,
    misplaced: _Misplaced,
    homes: Homes,
    new: TreeAnalysis,
) -> Finding:
    entry = new.entry(misplaced.path)
    if entry is not None and entry.mode == SYMLINK:
        return _link(rule, misplaced, options)
    kind = _asset_kind(misplaced.files[0], options, new)
    slash = "/" if misplaced.is_folder else ""
    home, commands = _merged(misplaced, policy, options, homes, new)
    if home is None:
        home = homes.take(_candidates(misplaced, kind, policy, options, new))
        commands = homes.commands(misplaced.path, home) if home else ()
    return Finding(
        rule=rule.id,
        kind=rule.kind,
        path=misplaced.path + slash,
        message=_message(misplaced, kind, options),
        subject=_subject(misplaced),
        target=home + slash if home else None,
        fix=_fix(home, commands, options),
    )


def _link(rule: Rule, misplaced: _Misplaced, options: Placed) -> Finding:
    """Report a link, which cannot be moved: its target would be another elsewhere."""
    path, place = misplaced.path, " or ".join(options.under.lines)
    return Finding(
        rule=rule.id,
        kind=rule.kind,
        path=path,
        message=f"is a symbolic link and belongs below {place}",
        subject=_subject(misplaced),
        fix=Fix(
            "remove the link, and use the path of its target instead",
            (f"git --literal-pathspecs rm -- {shell_commands.quote(path)}",),
        ),
    )


def _asset_kind(path: str, options: Placed, new: TreeAnalysis) -> str | None:
    """Detect what the file is by its content; a script by its suffix."""
    entry = new.entry(path)
    if entry is not None and entry.is_file:
        data = new.snapshot.read(entry.oid)
        kind = assets.detect(path, data, options.detect or assets.KINDS)
        if kind is not None:
            return kind
    return "script" if path.endswith(_SCRIPTS) else None


def _message(misplaced: _Misplaced, kind: str | None, options: Placed) -> str:
    place = " or ".join(options.under.lines)
    if misplaced.is_folder:
        count = len(misplaced.files)
        files = "1 file" if count == 1 else f"{count} files"
        return f"belongs below {place} ({files})"
    noun = NOUNS.get(kind or "")
    return f"is {noun} and belongs below {place}" if noun else f"belongs below {place}"


def _subject(misplaced: _Misplaced) -> str:
    """Name what is wrong; one more file in a misplaced folder is another finding."""
    if not misplaced.is_folder:
        return "misplaced"
    import zlib

    listing = "\0".join(misplaced.files).encode("utf-8", "surrogateescape")
    return f"misplaced with {len(misplaced.files)} files, {zlib.crc32(listing):08x}"


def _candidates(
    misplaced: _Misplaced,
    kind: str | None,
    policy: Policy,
    options: Placed,
    new: TreeAnalysis,
) -> Iterator[str]:
    """Yield paths below `under` where it could go, the best first."""
    path = misplaced.path
    for place in old_homes(policy.migration):
        proposed = place.new_path(path)
        if proposed and _is_under(proposed, misplaced, options):
            yield proposed
    parts = path.split("/")
    for line in options.under.lines:
        under = line.strip("/")
        if not under or not _WILD.isdisjoint(line):
            continue
        tried = [f"{under}/{sub}/{parts[-1]}" for sub in _subfolders(kind, under, new)]
        tried += [f"{under}/{'/'.join(parts[at:])}" for at in range(len(parts))[::-1]]
        yield from (to for to in tried if _is_under(to, misplaced, options))


def _subfolders(kind: str | None, under: str, new: TreeAnalysis) -> Iterator[str]:
    for name in SUBFOLDERS.get(kind or "", ()):
        entry = new.entry(f"{under}/{name}")
        if entry is not None and entry.mode == TREE:
            yield name


def _is_under(path: str, misplaced: _Misplaced, options: Placed) -> bool:
    """Tell whether a proposed path satisfies the rule, and is not inside what moves."""
    inside = path.startswith(misplaced.path + "/")
    if misplaced.is_folder:
        return options.under.folder(path) is True and not inside
    return options.under.match(path) and not inside


def _merged(
    misplaced: _Misplaced,
    policy: Policy,
    options: Placed,
    homes: Homes,
    new: TreeAnalysis,
) -> tuple[str | None, tuple[str, ...]]:
    """Return where the migration put a folder that is back, if every path is free."""
    for place in old_homes(policy.migration) if misplaced.is_folder else ():
        home = place.new_path(misplaced.path)
        entry = new.entry(home) if home else None
        if home is None or entry is None or entry.mode != TREE:
            continue
        moves = [(path, place.new_path(path)) for path in misplaced.files]
        free = [to for _, to in moves if to and homes.take([to])]
        if len(free) == len(moves) and _is_under(home, misplaced, options):
            pairs = zip(misplaced.files, free, strict=True)
            commands = [homes.commands(path, to) for path, to in pairs]
            return home, tuple(dict.fromkeys(itertools.chain(*commands)))
    return None, ()


def _fix(home: str | None, commands: tuple[str, ...], options: Placed) -> Fix:
    if home is None:
        place = " or ".join(options.under.lines)
        return Fix(f"move it to a free path below {place}")
    return Fix(f"move it to {home}, or list it in `except`", commands)


CHART = "Chart.yaml"


class Outside:
    """Matches paths that are neither below `under` nor excepted."""

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
    """Finds folders that are misplaced as a whole: `/k8s/`, or a chart with its values.

    No file below such a folder may be excepted, excluded or in its place.
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
        """Return the topmost wholly misplaced folder above `path`, if there is one."""
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
        """Return every file below `folder`, sorted."""
        found: list[str] = []
        todo = [folder]
        while todo:
            above = todo.pop()
            for name, entry in self._new.children(above).items():
                path = f"{above}/{name}"
                (todo if entry.mode == TREE else found).append(path)
        return tuple(sorted(found))


KIND = Kind(
    "placed",
    Placed,
    queries,
    findings,
    describe,
    "Move it to its place: `treeguard check --fix` does.",
    applies,
    contradictions,
)
