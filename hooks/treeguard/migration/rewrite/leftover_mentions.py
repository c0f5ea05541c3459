"""List what still names an old place when every rewriter is done.

So everything is either edited or listed (`old_names` decides what naming is). Data is
counted and not quoted: nobody reads a thousand lines of measurements.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.languages import ignore_files
from treeguard.languages.documents import line_starts
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.edits import overlaps
from treeguard.migration.rewrite.old_names import CODE
from treeguard.migration.rewrite.old_names import PROSE
from treeguard.migration.rewrite.old_names import Found
from treeguard.migration.rewrite.old_names import OldNames
from treeguard.migration.rewrite.paths import home
from treeguard.plans import DATA
from treeguard.plans import Edit
from treeguard.plans import Undecided

# Nothing in them can be read: pictures, sound, archives, fonts.
_PACKED = re.compile(
    r".*\.(?:png|jpe?g|gif|webp|ico|bmp|tiff?|mp[34]|mov|avi|ogg|wav|zip|gz|tgz|bz2|xz"
    r"|zst|7z|rar|whl|jar|woff2?|ttf|otf|eot|pdf)",
    re.IGNORECASE,
)
_DATA = re.compile(
    r".*\.(?:json|jsonl|ndjson|geojson|csv|tsv|ipynb|log|lock|svg|sum|snap|parquet|pkl"
    r"|pickle|joblib|np[yz]|pth?|bin|onnx|h5|db|sqlite3?|safetensors|map)",
    re.IGNORECASE,
)
# Configuration that has no rewriter of its own, or that a rewriter may not know whole.
_SETTINGS = re.compile(
    r"(?!(?:.*/)?(?:docker-)?compose[^/]*$|(?:.*/)?kustomization\.ya?ml$|\.github/)"
    r".*\.(?:ya?ml|json5?|toml|tf|hcl|xml|properties)"
)
_NO_TEXT = re.compile("[\udc80-\udcff]")
_NAMES = "it names "
_FEW, _MANY = 3, 20


def may_hold(path: str) -> bool:
    """Return False where nothing can be read, for the policy, which names old places,
    and for ignore rules, in which they stay on purpose."""
    kept = ignore_files.kind_of(path) in (ignore_files.IGNORE, ignore_files.DOCKER)
    return path != "policy.toml" and not kept and not _PACKED.fullmatch(path)


def is_mention(one: Undecided) -> bool:
    """Return True for a place that is only named, which frozen files need not list."""
    return one.why in (PROSE, CODE) or one.why.startswith(_NAMES)


def remaining(
    path: str,
    data: bytes,
    context: MoveContext,
    edits: Iterable[Edit],
    listed: Iterable[Undecided],
) -> Iterator[Undecided]:
    """Yield what neither `edits` nor `listed` covers in the file at `path`, its place
    before the moves."""
    text = _text(data)
    lines = line_starts(text)
    texts: dict[int, list[str]] = {}
    for one in listed:
        texts.setdefault(one.line, []).append(one.text)
    edited = sorted((edit.start, edit.end) for edit in edits)

    def unedited(places: Iterable[Found]) -> list[Undecided]:
        return [
            Undecided(
                path,
                bisect_right(lines, one.start),
                text[one.start : one.end],
                _why(one, context),
            )
            for one in places
            if not overlaps(edited, _span(text, data, one))
        ]

    names = OldNames(path, text, context)
    found = [
        one
        for one in unedited(names.found())
        if not _is_listed(texts.get(one.line, ()), one.text)
    ]
    yield from _shown(path, data, [one._replace(text=one.text[:80]) for one in found])
    if names.folder != names.new_folder and _SETTINGS.fullmatch(path):
        yield from _left_behind(unedited(names.left_behind()))


def _why(one: Found, context: MoveContext) -> str:
    stays = home(context, one.old) == one.old
    what = "from the folder that this file leaves" if stays else "which moves away"
    return f"{_NAMES}{one.old}, {what}"


def _left_behind(found: list[Undecided]) -> Iterator[Undecided]:
    """Yield, once, the paths of a configuration that moves in an unknown format.

    They may start in its own folder.
    """
    if found:
        paths = f"this and {len(found) - 1} more of its paths"
        paths = "this path" if len(found) == 1 else paths
        why = f"the file moves, and {paths} may start in its own folder"
        yield found[0]._replace(text=found[0].text[:80], why=why)


def _shown(path: str, data: bytes, left: list[Undecided]) -> Iterator[Undecided]:
    is_data = b"\0" in data or _DATA.fullmatch(path) is not None
    if len(left) <= (_FEW if is_data else _MANY) and b"\0" not in data:
        for one in left:
            what = DATA if is_data else "it is left as it is"
            yield one._replace(why=f"{one.why}; {what}")
        return
    if left:
        first = left[0]
        what = DATA if is_data else "too many to be listed one by one"
        count = f"{len(left)} times" if len(left) > 1 else "once"
        why = f"{first.why}: {count} in this file; {what}"
        yield first._replace(why=why)


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    text = data.decode("utf-8", "surrogateescape")
    # In binary data such a byte is no part of a word.
    return _NO_TEXT.sub(" ", text) if b"\0" in data else text


def _span(text: str, data: bytes, one: Found) -> tuple[int, int]:
    """Return its place in the bytes; characters are bytes in nearly every file."""
    if len(text) == len(data):
        return one.start, one.end
    start = len(text[: one.start].encode("utf-8", "surrogateescape"))
    size = len(text[one.start : one.end].encode("utf-8", "surrogateescape"))
    return start, start + size


def _is_listed(texts: Iterable[str], token: str) -> bool:
    plain = token.strip("./")
    return any(plain in one or one.strip("./") in plain for one in texts)
