"""The store: facts that were found once, kept by object id beside the object database.

It holds nothing that cannot be found again, so every failure (locked, full disk,
read-only folder, damaged file) costs time and nothing else: the store then behaves as
if it were empty. Values are plain tuples, lists, numbers and strings, written with
`marshal` after a checksum.
"""

from __future__ import annotations

import marshal
import os
import sqlite3
import sys
import zlib
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any
from typing import NamedTuple

from treeguard import __version__

# Raise it when facts or answers change their form by something outside of `_MEANING`.
FORMAT = 1
# The parts of treeguard, and the libraries, that decide what facts and answers mean.
MEANING = ("analysis", "languages", "policy", "rules", "findings.py", "trees.py")
LIBRARIES = ("libcst", "markdown_it_py", "pathspec", "pyyaml", "tomli")
# Past this size the store is emptied: finding out again is cheaper than pruning well.
MAX_BYTES = 512 * 1024 * 1024
CHUNK = 500


class StoreInfo(NamedTuple):
    """Where a store is, its size in bytes and the number of rows it holds."""

    path: str
    size: int
    rows: int


class Store:
    """A key-value store; `path` None keeps everything in memory only.

    `read_only` is for places that must not be written, such as a quarantine.
    """

    def __init__(self, path: str | None, *, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only
        self._fresh: dict[tuple[str, str], Any] = {}
        self._database: sqlite3.Connection | None = None
        self._opened = path is None
        # What was made of large values, so that two trees need not make it twice.
        self.shared: dict[str, Any] = {}

    def get(self, kind: str, key: str) -> Any:
        """Return the value that was kept, or None."""
        return self.get_many(kind, [key]).get(key)

    def get_many(self, kind: str, keys: Iterable[str]) -> dict[str, Any]:
        """Return the values that were kept for `keys`; those that were not are left
        out."""
        found: dict[str, Any] = {}
        unknown: list[str] = []
        for key in keys:
            if (kind, key) in self._fresh:
                found[key] = self._fresh[kind, key]
            else:
                unknown.append(key)
        found = {key: value for key, value in found.items() if value is not None}
        database = self._open() if unknown else None
        if database is not None:
            found.update(_select(database, kind, unknown))
        return found

    def put(self, kind: str, key: str, value: Any) -> None:
        """Keep a value; it is written when the store is closed."""
        self._fresh[kind, key] = value

    def drop(self, kind: str, key: str) -> None:
        """Keep a value no longer: its row goes when the store is closed."""
        self._fresh[kind, key] = None

    def flush(self) -> None:
        """Write what is new and hold it no longer: for work that has no near end."""
        database = self._open() if self._fresh and not self._read_only else None
        if database is not None:
            _write(database, self._fresh)
            self._fresh.clear()

    def close(self) -> None:
        """Write what is new. A failure is no error: it will be found out again."""
        self.flush()
        if self._database is not None:
            self._database.close()
        self._database, self._opened = None, True

    def clear(self) -> None:
        """Remove everything that was kept. Raises `OSError` if it cannot be."""
        self._fresh.clear()
        self.shared.clear()
        if self._database is not None:
            self._database.close()
        self._database, self._opened = None, self._path is None
        if self._path is not None:
            _remove(self._path)

    def info(self) -> StoreInfo:
        """Return where the store is and how much it holds."""
        database = self._open()
        rows = 0
        if database is not None:
            try:
                rows = int(database.execute("select count(*) from kept").fetchone()[0])
            except sqlite3.Error:
                rows = 0
        path = self._path or ""
        size = os.path.getsize(path) if path and os.path.exists(path) else 0
        return StoreInfo(path, size, rows)

    def _open(self) -> sqlite3.Connection | None:
        if not self._opened and self._path is not None:
            self._opened = True
            self._database = _connect(self._path, self._read_only)
        return self._database


def _connect(path: str, read_only: bool) -> sqlite3.Connection | None:
    if read_only and not os.path.exists(path):
        return None
    try:
        if not read_only:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if os.path.exists(path) and os.path.getsize(path) > MAX_BYTES:
                _remove(path)
        return _prepare(path, read_only)
    except sqlite3.DatabaseError as error:
        # Locked is another hook at work; anything else is damage: begin anew.
        if not read_only and not isinstance(error, sqlite3.OperationalError):
            return _begin_anew(path)
        return None
    except OSError:
        return None


def _prepare(path: str, read_only: bool) -> sqlite3.Connection:
    if read_only:
        return _only_to_read(path)
    database = sqlite3.connect(path, timeout=0.2, isolation_level=None)
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = off")
    database.execute(
        "create table if not exists kept"
        " (key text primary key, value blob not null) without rowid"
    )
    return database


def _only_to_read(path: str) -> sqlite3.Connection:
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    uri = f"file:{quoted}?mode=ro"
    database = sqlite3.connect(uri, uri=True, timeout=0.2)
    try:
        database.execute("select 1 from kept limit 1")
    except sqlite3.OperationalError:
        # Readers share a file beside the store, which cannot be made in a folder that
        # must not be written. Nobody writes there; what was not yet moved from the
        # log of writers into the store counts as unknown.
        database.close()
        database = sqlite3.connect(f"{uri}&immutable=1", uri=True, timeout=0.2)
    return database


def _begin_anew(path: str) -> sqlite3.Connection | None:
    try:
        _remove(path)
        return _prepare(path, False)
    except (sqlite3.Error, OSError):
        return None


def _remove(path: str) -> None:
    for name in (path, path + "-wal", path + "-shm"):
        if os.path.exists(name):
            os.remove(name)


@cache
def _stamp() -> str:
    """Return what every key begins with: another treeguard, library or Python may
    answer differently.

    What `ast` accepts depends on the interpreter. Two commits of treeguard may have one
    version and read a file differently, so its own sources count, by their bytes.
    """
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sources = source_checksum([os.path.join(package, part) for part in MEANING])
    libraries = zlib.crc32("/".join(library_versions(sys.path)).encode())
    return f"{__version__}/{FORMAT}/{python}/{sources:08x}/{libraries:08x}"


def library_versions(folders: Iterable[str]) -> list[str]:
    """Return `name-version` of each of `LIBRARIES` that is installed in `folders`.

    Only the names of folders such as `PyYAML-6.0.2.dist-info` are read: to import
    `importlib.metadata` costs more than all the rest of a commit's keys.
    """
    wanted = tuple(f"{name}-" for name in LIBRARIES)
    found = []
    for folder in folders:
        with suppress(OSError):  # a zip file, or nothing
            for name in sorted(os.listdir(folder or ".")):
                if name.endswith("-info") and name.lower().startswith(wanted):
                    found.append(name)
    return found


def source_checksum(places: Iterable[str]) -> int:
    """Return a checksum of the names and bytes of all modules at or below `places`,
    with the tables that they read."""
    checksum = 0
    for top in places:
        for path in _modules(top):
            checksum = zlib.crc32(path[len(top) :].encode(), checksum)
            with open(path, "rb", 0) as source:
                checksum = zlib.crc32(source.read(), checksum)
    return checksum


def _modules(top: str) -> Iterator[str]:
    if top.endswith(".py"):
        yield top
        return
    for folder, below, names in os.walk(top):
        below.sort()
        for name in sorted(names):
            if name.endswith((".py", ".toml")):  # languages/known_keys.toml
                yield os.path.join(folder, name)


def _row_key(kind: str, key: str) -> str:
    return f"{_stamp()} {kind} {key}"


def _select(database: sqlite3.Connection, kind: str, keys: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        for start in range(0, len(keys), CHUNK):
            part = {_row_key(kind, key): key for key in keys[start : start + CHUNK]}
            marks = ",".join("?" * len(part))
            rows = database.execute(
                f"select key, value from kept where key in ({marks})", list(part)
            )
            for row_key, packed in rows:
                _unpack(packed, part[row_key], found)
    except (sqlite3.Error, TypeError):
        # A damaged page: what was read so far is checked, the rest counts as unknown.
        return found
    return found


def _write(database: sqlite3.Connection, fresh: dict[tuple[str, str], Any]) -> None:
    rows = [
        (_row_key(*key), _pack(value))
        for key, value in fresh.items()
        if value is not None
    ]
    gone = [(_row_key(*key),) for key, value in fresh.items() if value is None]
    try:
        database.execute("begin immediate")
        database.executemany("delete from kept where key = ?", gone)
        database.executemany("insert or replace into kept values (?, ?)", rows)
        database.execute("commit")
    except sqlite3.Error:
        # Locked, full or read-only: the same facts will be found out again.
        if database.in_transaction:
            _roll_back(database)


def _roll_back(database: sqlite3.Connection) -> None:
    try:
        database.execute("rollback")
    except sqlite3.Error:
        # SQLite has already rolled back by itself, as it does on a full disk.
        return


def plain(value: Any) -> Any:
    """Return tuples without the names of their fields, which `marshal` can write."""
    return tuple(map(plain, value)) if isinstance(value, tuple) else value


def _pack(value: Any) -> bytes:
    data = marshal.dumps(value)
    return zlib.crc32(data).to_bytes(4, "big") + data


def _unpack(packed: bytes, key: str, found: dict[str, Any]) -> None:
    data = packed[4:]
    if int.from_bytes(packed[:4], "big") == zlib.crc32(data):
        with suppress(EOFError, ValueError, TypeError):  # no value of ours: unknown
            found[key] = marshal.loads(data)
