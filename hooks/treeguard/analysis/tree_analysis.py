"""All that is known about one tree: the one object that rules ask."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from treeguard.analysis.answers import AnswerSource
from treeguard.analysis.answers import answer
from treeguard.analysis.answers import has_answers
from treeguard.analysis.import_candidates import joined
from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import counted
from treeguard.analysis.progress import silent
from treeguard.analysis.query import Answers
from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.resolver import Resolution
from treeguard.analysis.resolver import Resolver
from treeguard.analysis.special_sources import ENCODINGS
from treeguard.analysis.special_sources import on_disk
from treeguard.analysis.special_sources import special_sources
from treeguard.analysis.store import Store
from treeguard.analysis.store import plain
from treeguard.analysis.tree_cache import Differences
from treeguard.languages.facts import Allow
from treeguard.languages.facts import Import
from treeguard.languages.facts import PathEdit
from treeguard.languages.facts import SearchPath
from treeguard.languages.facts import SourceFacts
from treeguard.languages.facts import Undecidable
from treeguard.languages.python.file_names import language
from treeguard.languages.python.file_names import maybe_python
from treeguard.languages.python.import_scan import candidates
from treeguard.languages.python.package_init import EXTENDED
from treeguard.languages.python.package_init import PATH_WORDS
from treeguard.languages.python.package_init import PackageInit
from treeguard.languages.python.package_init import package_init
from treeguard.languages.python.source_facts import plain_level
from treeguard.languages.python.source_facts import source_facts
from treeguard.languages.references import references
from treeguard.policy.patterns import Patterns
from treeguard.trees import EXECUTABLE
from treeguard.trees import SYMLINK
from treeguard.trees import Change
from treeguard.trees import Entry
from treeguard.trees import Snapshot

PROJECT_FILES = ("pyproject.toml", "setup.py")


def _look_at_each(_folder: str) -> None:
    return None


def _is_project_file(path: str, _mode: int) -> bool:
    return path.rpartition("/")[2] in PROJECT_FILES


def _is_package(path: str, mode: int) -> bool:
    return path.endswith("__init__.py") and mode & 0o170000 == 0o100000


def _is_link(_path: str, mode: int) -> bool:
    return mode == SYMLINK


def _is_python_by_name(path: str, mode: int) -> bool:
    return maybe_python(path, mode) and language(path, mode, b"") is not None


def _may_have_shebang(path: str, mode: int) -> bool:
    return maybe_python(path, mode) and language(path, mode, b"") is None


def _has_shebang(path: str, data: bytes) -> bool:
    return language(path, EXECUTABLE, data[:256]) is not None


PROJECTS = FileQuery("projects", _look_at_each, _is_project_file)
LINKS = FileQuery(
    "links", _look_at_each, _is_link, alike=lambda _f, _e, mode: mode == SYMLINK
)
FILES = FileQuery("files", lambda _folder: True, lambda _p, _m: True, counts=True)
# Packages whose submodules are looked up in other folders than their own.
PACKAGES = FileQuery(
    "package-paths",
    _look_at_each,
    _is_package,
    PATH_WORDS,
    lambda _path, data: any(word in data for word in PATH_WORDS),
    alike=lambda _folder, ending, _mode: None if ending == ".py" else False,
)
# What resolving imports, and every report, needs of a tree.
OF_ALL = (PROJECTS, LINKS, FILES, PACKAGES, ENCODINGS)
PYTHON_BY_NAME = FileQuery(
    "python-by-name",
    _look_at_each,
    _is_python_by_name,
    alike=lambda folder, ending, mode: _is_python_by_name(f"{folder}/x{ending}", mode),
)
PYTHON_BY_SHEBANG = FileQuery(
    "python-by-shebang",
    _look_at_each,
    _may_have_shebang,
    (b"#!",),
    _has_shebang,
    alike=lambda folder, ending, mode: _may_have_shebang(f"{folder}/x{ending}", mode),
)


def analyze(
    snapshot: Snapshot,
    roots: tuple[str, ...] | None,
    store: Store,
    progress: Progress = silent,
    answers: AnswerSource | None = None,
) -> TreeAnalysis:
    """Return the analysis of `snapshot`; `roots` None: those that its files show.

    `answers` is asked before any file is read, if it is given.
    """
    known = answer(snapshot, OF_ALL, store, source=answers)
    found = _default_roots(_paths(known, PROJECTS)) if roots is None else roots
    links = []
    for path in _paths(known, LINKS):
        entry = snapshot.entry(path)
        if entry is not None:
            target = snapshot.read(entry.oid).decode("utf-8", "surrogateescape")
            links.append((path, target))
    packages = tuple(_grown(snapshot, _paths(known, PACKAGES), store))
    special = tuple(special_sources(snapshot, links, _paths(known, ENCODINGS)))
    search_roots = SearchRoots(found, tuple(links), packages, special)
    return TreeAnalysis(snapshot, search_roots, store, known, progress, answers)


def _grown(
    snapshot: Snapshot, paths: Iterable[str], store: Store
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each package with another `__path__` than its folder, and its folders."""
    for path in paths:
        folder = parent_folder(path)
        entry = snapshot.entry(path)
        said = PackageInit() if entry is None else _package_init(snapshot, entry, store)
        folders: list[str] = []
        for named in said.path:
            for base in (folder,) if named.startswith("./") else (folder, ""):
                place = normal(joined(base, named))
                is_mark = named == EXTENDED
                folders += [named] if is_mark else [] if place is None else [place]
        if folders:
            yield folder, tuple(dict.fromkeys(folders))


def _package_init(snapshot: Snapshot, entry: Entry, store: Store) -> PackageInit:
    """Return what an `__init__.py` says of its submodules, which is kept."""
    kept = store.get("package-init", entry.oid)
    if kept is not None:
        return PackageInit(*kept)
    said = package_init(snapshot.read(entry.oid))
    store.put("package-init", entry.oid, plain(said))
    return said


def is_known(snapshot: Snapshot, store: Store) -> bool:
    """Return True if the store has kept what `analyze` asks about this tree."""
    return bool(snapshot.tree) and has_answers(snapshot.tree or "", OF_ALL, store)


def _paths(answers: Answers, query: FileQuery) -> tuple[str, ...]:
    value = answers[query.name]
    return tuple(sorted(value)) if isinstance(value, set) else ()


def _default_roots(projects: Iterable[str]) -> tuple[str, ...]:
    roots = ["", "src"]
    for path in projects:
        folder = path.rpartition("/")[0]
        roots += [folder, f"{folder}/src" if folder else "src"]
    return tuple(dict.fromkeys(roots))


class TreeAnalysis:
    """Answers and facts about one tree, each computed when it is first needed."""

    def __init__(
        self,
        snapshot: Snapshot,
        search_roots: SearchRoots,
        store: Store,
        answers: Answers | None = None,
        progress: Progress = silent,
        source: AnswerSource | None = None,
    ) -> None:
        self.snapshot = snapshot
        self.search_roots = search_roots
        self.store = store
        self.progress = progress
        self._answers: Answers = dict(answers or {})
        self._source = source
        self._sources: dict[str, SourceFacts | None] = {}
        self._exclude = Patterns(())
        self.special = {path: rest for path, *rest in search_roots.special}
        self._imports: dict[str, tuple[Import, ...]] = {}
        self._references: dict[str, tuple[Import, ...]] = {}
        self._resolver = Resolver(snapshot, search_roots, self._exports)
        self.differences = Differences(snapshot, search_roots)

    def of(self, snapshot: Snapshot) -> TreeAnalysis:
        """Return an analysis of another tree with the same roots and links."""
        return TreeAnalysis(
            snapshot, self.search_roots, self.store, None, self.progress
        )

    def under(self, roots: tuple[str, ...] | None) -> TreeAnalysis:
        """Return a new analysis of the same tree, with other roots (see `analyze`)."""
        return analyze(self.snapshot, roots, self.store, self.progress, self._source)

    @property
    def is_partial(self) -> bool:
        """True when the bytes of some files are left out of all answers."""
        return self._source is not None and self._source.is_partial

    def prepare(self, queries: Sequence[FileQuery], exclude: Patterns) -> None:
        """Answer all of `queries` in one pass; paths in `exclude` are not meant."""
        wanted = {query.name: query for query in queries}
        asked = list(wanted.values())
        self._exclude = exclude
        if exclude:
            asked = [_without(query, exclude) for query in asked]
        source = self._source
        found = answer(self.snapshot, asked, self.store, self.progress, source)
        for name, query in zip(wanted, asked, strict=True):
            self._answers[name] = found[query.name]

    def ask(self, query: FileQuery) -> tuple[str, ...]:
        """Return the paths that answer `query`, sorted."""
        paths = _paths(self._answered(query), query)
        if query.source is None or not self.special:
            return paths
        more = filter(query.source, self.special)
        return tuple(sorted({*paths, *(p for p in more if not self._exclude.match(p))}))

    def count(self, query: FileQuery) -> int:
        """Return how many files answer `query`."""
        value = self._answered(query)[query.name]
        return value if isinstance(value, int) else len(value)

    def _answered(self, query: FileQuery) -> Answers:
        if query.name not in self._answers:
            source = self._source
            found = answer(self.snapshot, (query,), self.store, source=source)
            self._answers.update(found)
        return self._answers

    def python_files(self) -> tuple[str, ...]:
        """Return every Python source of the tree, by name or by shebang, sorted."""
        both = (*self.ask(PYTHON_BY_NAME), *self.ask(PYTHON_BY_SHEBANG))
        return tuple(sorted({*both, *self.special}))

    def doubtful(self) -> tuple[str, ...]:
        """Return the Python sources whose exact facts could show an unreadable file.

        The others parse, import by statements alone, and by no relative import that
        could leave the repository. To know that is cheaper than to know all of them.
        """
        paths = self.python_files()
        entries = {path: self.entry(path) for path in paths}
        blobs = {
            path: entry.oid
            for path, entry in entries.items()
            if entry is not None and path.endswith((".py", ".pyi", ".pyw"))
        }
        levels = self._levels(set(blobs.values()))
        return tuple(
            path
            for path in paths
            if path in self.special
            or not (0 <= levels.get(blobs.get(path, ""), -1) <= path.count("/"))
        )

    def _levels(self, oids: set[str]) -> dict[str, int]:
        levels: dict[str, int] = self.store.get_many("level", oids)
        unknown = sorted(oids - levels.keys())
        read = self.snapshot.read_many(unknown)
        for oid, data in counted(read, len(unknown), "parsing", self.progress):
            levels[oid] = plain_level(data)
            self.store.put("level", oid, levels[oid])
        return levels

    def file_count(self) -> int:
        """Return how many files the tree holds, links and submodules included."""
        return self.count(FILES)

    def entry(self, path: str) -> Entry | None:
        """Return what `path` holds; no link is followed."""
        return self.snapshot.entry(path)

    def children(self, folder: str) -> Mapping[str, Entry]:
        """Return the direct children of `folder` by name."""
        return self.snapshot.children(folder)

    def changes_since(self, old: TreeAnalysis) -> list[Change]:
        """Return every path that differs from `old`, unpaired, in no order."""
        return self.snapshot.changes_from(old.snapshot)

    def data(self, path: str) -> bytes:
        """Return the bytes of the file at `path`. Raises `KeyError` if there is
        none."""
        entry = self.entry(path)
        if entry is None or not entry.is_file:
            raise KeyError(path)
        return self.snapshot.read(entry.oid)

    def source(self, path: str) -> SourceFacts | None:
        """Return the exact facts of a Python source; None if `path` is not one."""
        if path not in self._sources:
            self._sources[path] = self.facts_of(path, self.entry(path))
        return self._sources[path]

    def forget(self, path: str) -> None:
        """Drop the facts of a source from memory; the store still has them."""
        self._sources.pop(path, None)

    def facts_of(self, path: str, entry: Entry | None) -> SourceFacts | None:
        """Return what the file at `path` says if it holds `entry`; None if it is no
        source."""
        if entry is not None and entry.is_file and path in self.special:
            return self._special_facts(entry.oid, *self.special[path])
        if entry is None or not entry.is_file or not maybe_python(path, entry.mode):
            return None
        data: bytes | None = None
        spoken = language(path, entry.mode, b"")
        if spoken is None:
            data = self.snapshot.read(entry.oid)
            spoken = language(path, entry.mode, data[:256])
        if spoken is None:
            return None
        kept = self.store.get(f"source-{spoken}", entry.oid)
        if kept is not None:
            return _facts(kept)
        if data is None:
            data = self.snapshot.read(entry.oid)
        return self.facts_of_bytes(data, entry.oid, spoken)

    def _special_facts(self, oid: str, spoken: str, encoding: str) -> SourceFacts:
        kept = self.store.get(f"source-{spoken}-{encoding}", oid)
        if kept is not None:
            return _facts(kept)
        data = self.snapshot.read(oid)
        facts = source_facts(on_disk(data, encoding) if encoding else data, spoken)
        self.store.put(f"source-{spoken}-{encoding}", oid, plain(facts))
        return facts

    def facts_of_bytes(self, data: bytes, oid: str, spoken: str) -> SourceFacts:
        """Return what `data`, the object `oid`, says in the language `spoken`; it is
        kept, so that a tree which comes to hold it need not read it again."""
        facts = source_facts(data, spoken)
        self.store.put(f"source-{spoken}", oid, plain(facts))
        return facts

    def imports_of(self, path: str) -> tuple[Import, ...]:
        """Return a superset of what a Python source imports, without parsing it."""
        if path not in self._imports:
            entry = self.entry(path)
            self._imports[path] = self._find_candidates(path, entry) if entry else ()
        return self._imports[path]

    def _find_candidates(self, path: str, entry: Entry) -> tuple[Import, ...]:
        if path.endswith(".ipynb"):
            facts = self.source(path)
            return facts.imports if facts is not None else ()
        kept = self.store.get("candidates", entry.oid)
        if kept is not None:
            return tuple(Import(*item) for item in kept)
        found = candidates(self.snapshot.read(entry.oid))
        self.store.put("candidates", entry.oid, plain(found))
        return found

    def references(self, path: str) -> tuple[Import, ...]:
        """Return the uses of modules and paths in a file that is not Python."""
        if path not in self._references:
            self._references[path] = references(path, self.data(path))
        return self._references[path]

    def _exports(self, path: str) -> tuple[str, ...]:
        entry = self.entry(path)
        if entry is None or not entry.is_file:
            return ()
        return _package_init(self.snapshot, entry, self.store).exports

    def resolve(
        self, path: str, imported: Import, search_path: SearchPath = ()
    ) -> Resolution:
        """Return what an import in the file at `path` leads to in this tree."""
        return self._resolver.resolve(path, imported, search_path)


def _without(query: FileQuery, exclude: Patterns) -> FileQuery:
    """Return the same query without the paths that `exclude` matches."""

    def folder(path: str) -> bool | None:
        verdict, excluded = query.folder(path), exclude.folder(path)
        if verdict is False or excluded is True:
            return False
        return verdict if excluded is False else None

    def file(path: str, mode: int) -> bool:
        verdict = query.folder(path.rpartition("/")[0])
        meant = query.path(path, mode) if verdict is None else verdict
        return meant and not exclude.match(path)

    def alike(folder: str, ending: str, mode: int) -> bool | None:
        excluded, verdict = exclude.here(folder), query.folder(folder)
        if excluded is not False:
            return False if excluded else None
        return query.alike(folder, ending, mode) if verdict is None else verdict

    name = f"{query.name} except {exclude.lines!r}"
    return query._replace(name=name, folder=folder, path=file, alike=alike)


def _facts(kept: Any) -> SourceFacts:
    """Return the facts that are kept as plain tuples."""
    imports, allows, undecidable, search_path, error, error_line = kept
    return SourceFacts(
        tuple(Import(*item) for item in imports),
        tuple(Allow(*item) for item in allows),
        tuple(Undecidable(*item) for item in undecidable),
        tuple(PathEdit(*item) for item in search_path),
        error,
        error_line,
    )
