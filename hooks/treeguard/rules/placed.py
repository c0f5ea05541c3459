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
from treeguard.policy.schema import REQUIRED
from treeguard.policy.schema import Options
from treeguard.policy.schema import option
from treeguard.policy.sections import Document
from treeguard.policy.sections import Table
from treeguard.rules.fixes import FreePaths
from treeguard.rules.fixes import moved_sources
from treeguard.rules.fixes import quote
from treeguard.rules.kind import Kind
from treeguard.rules.kind import joined
from treeguard.rules.kind import listed
from treeguard.rules.kind import options_of
from treeguard.trees import GITLINK
from treeguard.trees import SYMLINK
from treeguard.trees import TREE
from treeguard.trees import folders_above

CHART = "Chart.yaml"
_SCRIPT = "script"
_SCRIPTS = (".sh", ".bash", ".ps1", ".bat", ".cmd")
_WILD = frozenset("*?[\\!#")


class _Asset(NamedTuple):
    """What messages call a kind of asset, and its usual folders.

    A folder is proposed only where it exists.
    """

    noun: str
    plural: str
    folders: tuple[str, ...]


ASSETS = {
    "dockerfile": _Asset("a Dockerfile", "Dockerfiles", ("docker", "containers")),
    "compose": _Asset(
        "a compose file", "compose files", ("docker", "compose", "containers")
    ),
    "kubernetes": _Asset(
        "a Kubernetes manifest", "Kubernetes manifests", ("kubernetes", "k8s")
    ),
    "helm": _Asset("part of a Helm chart", "Helm charts", ("helm", "charts")),
    "terraform": _Asset("Terraform", "Terraform files", ("terraform", "infra")),
}


class _Misplaced(NamedTuple):
    """A misplaced file, or a folder that is misplaced as a whole."""

    path: str
    files: tuple[str, ...]
    is_folder: bool


class Placed(Options):
    """The options of `placed`."""

    ONE_OF = ("files", "detect")

    files: Patterns = option(
        "patterns", "Files that belong in one place.", [], more="stricter"
    )
    detect: tuple[str, ...] = option(
        "choices",
        "Also files of these kinds, whatever their names.",
        [],
        choices=tuple(ASSETS),
        more="stricter",
    )
    under: Patterns = option(
        "patterns", "The place.", REQUIRED, more="weaker", must_match=True
    )
    exempt: Patterns = option(
        "patterns", "Where such files may be as well.", [], name="except", more="weaker"
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
    found: set[str] = set()
    for query in queries(rule, policy, new.search_roots):
        found.update(new.ask(query))
    judge = _Judge(rule, policy, new, frozenset(found))
    yield from map(judge.finding, judge.misplaced())


def describe(options: Placed) -> str:
    """Return what a rule with these options demands."""
    detected = [ASSETS[kind].plural for kind in options.detect]
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
    files, out = options.files, _Outside(options)

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
    kinds, out = options.detect, _Outside(options)
    return FileQuery(
        f"placed by suggestive name {kinds!r} {out.name}",
        lambda folder: None if out.folder(folder) is not False else False,
        lambda path, mode: (
            _is_regular(mode) and assets.named(path, kinds) and out.match(path)
        ),
        test=lambda path, data: assets.detect(path, data, kinds) is not None,
    )


def _by_content(options: Placed) -> FileQuery:
    kinds, out = options.detect, _Outside(options)
    return FileQuery(
        f"placed by content {kinds!r} {out.name}",
        lambda folder: None if out.folder(folder) is not False else False,
        lambda path, mode: (
            _is_regular(mode)
            and assets.may_be(path, kinds)
            and not assets.named(path, kinds)  # those are asked for by name
            and out.match(path)
        ),
        assets.needles(kinds),
        lambda path, data: assets.detect(path, data, kinds) is not None,
        alike=_no_asset,
        skips_large=lambda path: not assets.by_name(path, kinds),
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


class _Outside:
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


class _Judge:
    """Reports the misplaced files of one tree, and proposes where to move them."""

    def __init__(
        self, rule: Rule, policy: Policy, new: TreeAnalysis, found: frozenset[str]
    ) -> None:
        self._rule = rule
        self._options = options_of(rule, Placed)
        self._new = new
        self._found = found
        self._free_paths = FreePaths(new)
        self._moved_sources = moved_sources(policy.migration)
        self._out = _Outside(self._options)
        self._place = " or ".join(self._options.under.lines)
        self._partly: list[Patterns] = [policy.exclude, rule.exclude]
        self._partly += [e.path for e in policy.exceptions if e.rule == rule.id]
        self._whole: dict[str, bool] = {}

    def misplaced(self) -> Iterator[_Misplaced]:
        """Group the misplaced files that move together, as a whole folder."""
        done: set[str] = set()
        for path in sorted(self._found):
            folder = self._folder_of(path)
            if folder is None:
                yield _Misplaced(path, (path,), False)
            elif folder not in done:
                done.add(folder)
                yield _Misplaced(folder, self._files(folder), True)

    def finding(self, misplaced: _Misplaced) -> Finding:
        """Report a misplaced file or folder."""
        entry = self._new.entry(misplaced.path)
        slash = "/" if misplaced.is_folder else ""
        finding = Finding(
            rule=self._rule.id,
            kind=self._rule.kind,
            path=misplaced.path + slash,
            message=f"is a symbolic link and belongs below {self._place}",
            subject=_subject(misplaced),
        )
        if entry is not None and entry.mode == SYMLINK:
            # A link is not moved: elsewhere its target would be another one.
            summary = "remove the link, and use the path of its target instead"
            removal = f"git --literal-pathspecs rm -- {quote(misplaced.path)}"
            return finding._replace(fix=Fix(summary, (removal,)))
        kind = self._kind(misplaced.files[0])
        target, commands = self._merged(misplaced)
        if target is None:
            target = self._free_paths.take(self._candidates(misplaced, kind))
            commands = (
                self._free_paths.commands(misplaced.path, target) if target else ()
            )
        summary = f"move it to a free path below {self._place}"
        if target:
            summary = f"move it to {target}, or list it in `except`"
        return finding._replace(
            message=self._message(misplaced, kind),
            target=target + slash if target else None,
            fix=Fix(summary, commands),
        )

    def _kind(self, path: str) -> str | None:
        """Detect what the file is by its content; a script by its suffix."""
        entry = self._new.entry(path)
        if entry is not None and entry.is_file:
            data = self._new.snapshot.read(entry.oid)
            kind = assets.detect(path, data, self._options.detect or assets.KINDS)
            if kind is not None:
                return kind
        return _SCRIPT if path.endswith(_SCRIPTS) else None

    def _message(self, misplaced: _Misplaced, kind: str | None) -> str:
        belongs = f"belongs below {self._place}"
        if misplaced.is_folder:
            count = len(misplaced.files)
            return f"{belongs} ({'1 file' if count == 1 else f'{count} files'})"
        return f"is {ASSETS[kind].noun} and {belongs}" if kind in ASSETS else belongs

    def _candidates(self, misplaced: _Misplaced, kind: str | None) -> Iterator[str]:
        """Yield paths below `under` where it could go, the best first."""
        path = misplaced.path
        proposed = (place.new_path(path) for place in self._moved_sources)
        yield from (to for to in proposed if to and self._is_under(to, misplaced))
        parts = path.split("/")
        folders = ASSETS[kind].folders if kind in ASSETS else ()
        folders = ("scripts",) if kind == _SCRIPT else folders
        for line in self._options.under.lines:
            under = line.strip("/")
            if not under or not _WILD.isdisjoint(line):
                continue
            there = [f"{under}/{name}" for name in folders]
            tried = [f"{one}/{parts[-1]}" for one in there if self._is_folder(one)]
            for at in range(len(parts))[::-1]:
                tried.append(f"{under}/{'/'.join(parts[at:])}")
            yield from (to for to in tried if self._is_under(to, misplaced))

    def _is_folder(self, path: str) -> bool:
        entry = self._new.entry(path)
        return entry is not None and entry.mode == TREE

    def _is_under(self, path: str, misplaced: _Misplaced) -> bool:
        """Tell whether a proposed path satisfies the rule, and is not in what moves."""
        under, inside = self._options.under, path.startswith(misplaced.path + "/")
        if misplaced.is_folder:
            return under.folder(path) is True and not inside
        return under.match(path) and not inside

    def _merged(self, misplaced: _Misplaced) -> tuple[str | None, tuple[str, ...]]:
        """Return where the migration put a folder that is back, if that is free."""
        for place in self._moved_sources if misplaced.is_folder else ():
            target = place.new_path(misplaced.path)
            if not target or not self._is_folder(target):
                continue
            moves = [(path, place.new_path(path)) for path in misplaced.files]
            free = [to for _, to in moves if to and self._free_paths.take([to])]
            if len(free) == len(moves) and self._is_under(target, misplaced):
                pairs = zip(misplaced.files, free, strict=True)
                commands = [self._free_paths.commands(path, to) for path, to in pairs]
                return target, tuple(dict.fromkeys(itertools.chain(*commands)))
        return None, ()

    def _folder_of(self, path: str) -> str | None:
        """Return the topmost wholly misplaced folder above `path`, if there is one."""
        return next(filter(self._is_whole, folders_above(path)), None)

    def _is_whole(self, folder: str) -> bool:
        """Tell whether a folder is misplaced as a whole: `/k8s/`, or a chart with its
        values. No file in it may be excepted, excluded or in its place."""
        if folder not in self._whole:
            self._whole[folder] = self._find_out(folder)
        return self._whole[folder]

    def _find_out(self, folder: str) -> bool:
        if self._options.files.folder(folder) is True:
            whole = self._found.issuperset(self._files(folder))
        elif "helm" in self._options.detect and f"{folder}/{CHART}" in self._found:
            whole = all(map(self._out.match, self._files(folder)))
        else:
            return False
        return whole and not any(
            patterns.match(path)
            for patterns in self._partly
            for path in self._files(folder)
        )

    def _files(self, folder: str) -> tuple[str, ...]:
        """Return every file below `folder`, sorted."""
        found: list[str] = []
        todo = [folder]
        while todo:
            above = todo.pop()
            for name, entry in self._new.children(above).items():
                path = f"{above}/{name}"
                (todo if entry.mode == TREE else found).append(path)
        return tuple(sorted(found))


def _subject(misplaced: _Misplaced) -> str:
    """Name what is wrong; one more file in a misplaced folder is another finding."""
    if not misplaced.is_folder:
        return "misplaced"
    import zlib

    listing = "\0".join(misplaced.files).encode("utf-8", "surrogateescape")
    return f"misplaced with {len(misplaced.files)} files, {zlib.crc32(listing):08x}"


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
