"""Find the sources that only the tree shows to be ones, or to say other bytes.

A link that is called `tool.py` makes Python of whatever file it leads to. With a
`working-tree-encoding` (gitattributes(5)) Git writes other bytes to disk than its
object holds, and those are what Python reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.import_candidates import followed
from treeguard.analysis.query import FileQuery
from treeguard.languages.python.file_names import language
from treeguard.trees import REGULAR
from treeguard.trees import Snapshot

_ATTRIBUTE = "working-tree-encoding"
_FILE = ".gitattributes"
ENCODINGS = FileQuery(
    "working-tree encodings",
    lambda _folder: None,
    lambda path, _mode: path.rpartition("/")[2] == _FILE,
    (_ATTRIBUTE.encode(),),
    lambda _path, data: _ATTRIBUTE.encode() in data,
    alike=lambda _folder, ending, _mode: False if ending else None,
)


def special_sources(
    snapshot: Snapshot, links: Iterable[tuple[str, str]], encoded: Iterable[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield path, language and encoding on disk, which is mostly empty, of each.

    `encoded` are the files that answer `ENCODINGS`.
    """
    targets = dict(links)
    found: dict[str, tuple[str, str, str]] = {}
    for link in targets:
        spoken = language(link, REGULAR, b"")
        path = followed(link, targets) if spoken else None
        entry = snapshot.entry(path) if path else None
        is_file = entry is not None and entry.is_file
        if spoken and path and is_file and language(path, REGULAR, b"") is None:
            found[path] = (path, spoken, "")
    for path, encoding in _encoded(snapshot, sorted(encoded)):
        spoken = language(path, REGULAR, b"")
        if spoken:
            found[path] = (path, spoken, encoding)
    yield from sorted(found.values())


def _encoded(snapshot: Snapshot, files: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each file with such an encoding; the nearest file that decides wins."""
    if not files:
        return
    # Imported here: nearly no repository says so.
    from treeguard.languages import ignore_files

    rules = []
    for file in sorted(files, key=lambda file: file.count("/")):
        entry = snapshot.entry(file)
        text = snapshot.read(entry.oid).decode("utf-8", "replace") if entry else ""
        base = file.rpartition("/")[0]
        rules += [*ignore_files.read(text, base, ignore_files.ATTRIBUTES)]
    for path in snapshot.paths():
        given = ignore_files.given(rules, path).get(_ATTRIBUTE)
        encoding = given[1].partition("=")[2] if given else ""
        if encoding and encoding.upper() not in ("UTF-8", "UTF8"):
            yield path, encoding


def on_disk(data: bytes, encoding: str) -> bytes:
    """Return the bytes that Git writes to disk; `data` itself where it cannot."""
    try:
        return data.decode("utf-8").encode(encoding.upper().removesuffix("-BOM"))
    except (LookupError, ValueError):
        return data
