"""Edit the build files of a project so that a wheel holds the same modules afterwards.

What a build file says is followed key by key; then the rules of its backend compute
what would ship. Of all ways to write it the first is taken that ships what is wanted;
one that ships less, or more, is only taken if the file as it is would be worse.
"""

from __future__ import annotations

import re

from treeguard.languages.build_files import read_build
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.build_options import Options
from treeguard.migration.rewrite.build_options import Patch
from treeguard.migration.rewrite.build_options import Slot
from treeguard.migration.rewrite.build_options import TomlText
from treeguard.migration.rewrite.build_options import options_of
from treeguard.migration.rewrite.edits import EncodedSource
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.edits import overlaps
from treeguard.migration.rewrite.shipped_files import Renamed
from treeguard.migration.rewrite.shipped_files import Shipping
from treeguard.migration.rewrite.shipped_files import shipping
from treeguard.plans import Edit
from treeguard.plans import Undecided

KIND = "packages"
_NAMES = ("packages", "py_modules")
_FIND = ("include", "exclude")
_MAPPINGS = ("package_data", "exclude_package_data")
_HATCH = ("tool.hatch.build.targets.wheel", "tool.hatch.build")
_WHEEL = _HATCH[0]

Patches = list[Patch]


def settle(
    path: str,
    data: bytes,
    made: list[Edit | Undecided],
    context: MoveContext,
) -> list[Edit | Undecided]:
    """Return `made` with what becomes of the packages that a build file selects."""
    ships = shipping(path, context)
    if ships is None:
        return made
    name = path.rpartition("/")[2]
    try:
        source = EncodedSource(data)
    except UnicodeDecodeError:
        return made
    build = read_build(ships.build_files)
    assert build is not None
    owned, ways = _ways(build.backend, name, data, source.chars, Renamed(ships))
    others, generic = _split(made, owned, source)
    kept = [one for one in others if isinstance(one, Edit)]
    # Of ways that are as good as each other, the first: to leave the file as it is.
    best = min(
        ([], *(_edits(way, source) for way in ways), generic),
        key=lambda way: _distance(name, [*kept, *way], ships, data, context),
    )
    return [*others, *best]


def _split(
    made: list[Edit | Undecided], owned: list[Slot], source: EncodedSource
) -> tuple[list[Edit | Undecided], list[Edit]]:
    """Separate what is said of the packages from everything else."""
    places = sorted((source.byte(one.start), source.byte(one.end)) for one in owned)
    named = {(source.line(one.start), one.text) for one in owned}
    others: list[Edit | Undecided] = []
    generic: list[Edit] = []
    for one in made:
        if isinstance(one, Undecided):
            others += [] if (one.line, one.text) in named else [one]
        elif overlaps(places, (one.start, one.end)):
            generic.append(one)
        else:
            others.append(one)
    return others, generic


def _edits(way: Patches, source: EncodedSource) -> list[Edit]:
    return [source.edit(one.start, one.end, one.text, KIND) for one in way]


def _distance(
    name: str, edits: list[Edit], ships: Shipping, data: bytes, context: MoveContext
) -> tuple[bool, int]:
    """Return how far a wheel is from what is wanted: zero if it holds just that."""
    try:
        result = apply_edits(data, edits)
    except ValueError:
        return True, 0
    assert context.after is not None
    wheel = ships.contents({**ships.build_files, name: result}, context.after)
    if wheel is None or wheel.fault:
        return True, 0
    return False, len(dict(wheel.files).items() ^ ships.wanted.items())


def _ways(
    backend: str, name: str, data: bytes, chars: str, renamed: Renamed
) -> tuple[list[Slot], list[Patches]]:
    """Return the places that select packages, and the ways to write them."""
    if backend == "setuptools":
        options = options_of(name, data, chars)
        return _setuptools(options, renamed) if options else ([], [])
    if name != "pyproject.toml" or backend not in _BACKENDS:
        return [], []
    return _BACKENDS[backend](TomlText(chars), renamed)


def _setuptools(options: Options, renamed: Renamed) -> tuple[list[Slot], list[Patches]]:
    lists = [slot for option in _NAMES for slot in options.values(option)]
    patterns = [slot for option in _FIND for slot in options.values(option)]
    keys = [slot for option in _MAPPINGS for slot in options.keys(option)]
    folders, where = options.values("package_dir"), options.values("where")
    names = options.keys("package_dir")
    owned = [*lists, *patterns, *keys, *folders, *where, *names]
    if not (options.selects() or owned):
        return [], []
    follow = [_changed(one, renamed.name(one.text)) for one in (*lists, *keys, *names)]
    follow += [_changed(one, renamed.pattern(one.text)) for one in patterns]
    patches = [one for patch in follow for one in patch]
    root = renamed.root
    at = root or "."
    if root is not None and len(where) <= 1:
        patches += [one for slot in where for one in _changed(slot, at)]
    for slot in folders:
        patches += _folder(slot, renamed, root)
    if root is None:
        return owned, [patches]
    has_root = any(slot.key == "" for slot in folders)
    added = [] if has_root else options.add_root(at)
    found = [] if where else options.add_where(at)
    ways = [patches, [*patches, *found], [*patches, *added]]
    ways.append([*patches, *found, *added])
    if where and not options.values("include"):
        # In the root there is more than what ships.
        some = [name for top in renamed.tops for name in (top, f"{top}.*")]
        ways.append([*patches, *options.add_include(some)])
    return owned, ways


def _folder(slot: Slot, renamed: Renamed, root: str | None) -> Patches:
    """Follow a value of `package_dir`: the root, or the folder of one package."""
    if slot.key == "":
        return [] if root is None else _changed(slot, root or ".")
    found = renamed.source(_plain(slot.text))
    return [] if found is None else _changed(slot, _joined(*found))


def _hatch(text: TomlText, renamed: Renamed) -> tuple[list[Slot], list[Patches]]:
    packages = [slot for at in _HATCH for slot in text.values(f"{at}.packages")]
    sources = [slot for at in _HATCH for slot in text.values(f"{at}.sources")]
    follow: Patches = []
    for slot in packages:
        found = renamed.source(_plain(slot.text))
        if found is not None:
            top = found[1].partition("/")[0]
            follow += _changed(slot, _joined(found[0], top))
    root = renamed.root
    moved = [one for slot in sources for one in _changed(slot, root or ".")]
    ways: list[Patches] = [follow, [*follow, *moved]]
    if root:
        table = next((one for one in _HATCH if f"[{one}]" in text.chars), _WHEEL)
        ways.append([*follow, *text.add(table, f'sources = ["{root}"]')])
    if not packages:
        listed = ", ".join(f'"{_joined(root or "", one)}"' for one in renamed.tops)
        ways.append(text.add(_WHEEL, f"packages = [{listed}]"))
    return [*packages, *sources], ways


def _flit(text: TomlText, renamed: Renamed) -> tuple[list[Slot], list[Patches]]:
    places = ("tool.flit.module.name", "tool.flit.metadata.module")
    named = [slot for place in places for slot in text.values(place)]
    if named:
        way = [one for slot in named for one in _changed(slot, renamed.name(slot.text))]
        return named, [way]
    ways = [text.add("tool.flit.module", f'name = "{one}"') for one in renamed.tops]
    return [], ways


def _poetry(text: TomlText, renamed: Renamed) -> tuple[list[Slot], list[Patches]]:
    includes = text.values("tool.poetry.packages.include")
    froms = text.values("tool.poetry.packages.from")
    follow: Patches = []
    for slot in includes:
        start, end = _braces(text.chars, slot)
        own = next((one for one in froms if start < one.start < end), None)
        head, wild, tail = _head(slot.text)
        at = _plain(own.text) if own else ""
        found = renamed.source(_joined(at, _plain(head)))
        if found is None:
            continue
        root, place = found
        follow += _changed(slot, place + wild + tail)
        if own is not None:
            follow += _changed(own, root or ".") if _plain(own.text) != root else []
        elif root:
            follow.append(Patch(slot.end + 1, slot.end + 1, f', from = "{root}"'))
    ways = [follow]
    if not includes:
        source = f', from = "{renamed.root}"' if renamed.root else ""
        listed = ", ".join(f'{{ include = "{one}"{source} }}' for one in renamed.tops)
        ways.append(text.add("tool.poetry", f"packages = [{listed}]"))
    return [*includes, *froms], ways


def _uv(text: TomlText, renamed: Renamed) -> tuple[list[Slot], list[Patches]]:
    table = "tool.uv.build-backend"
    names, roots = (
        text.values(f"{table}.module-name"),
        text.values(f"{table}.module-root"),
    )
    root = renamed.root
    follow = [one for slot in names for one in _changed(slot, renamed.name(slot.text))]
    if root is None:
        return [*names, *roots], [follow]
    follow += [one for slot in roots for one in _changed(slot, root)]
    empty = re.search(r"(?m)^module-root[ \t]*=[ \t]*(?P<q>[\"'])(?P=q)", text.chars)
    ways = [follow]
    if empty:
        follow = [*follow, Patch(empty.end() - 1, empty.end() - 1, root)]
        ways.append(follow)
    elif not roots:
        follow = [*follow, *text.add(table, f'module-root = "{root}"')]
        ways.append(follow)
    if not names:
        for top in renamed.tops:
            named = text.add(table, f'module-name = "{top}"')
            ways += [named, _one_insertion(follow, named)]
    return [*names, *roots], ways


def _one_insertion(patches: Patches, more: Patches) -> Patches:
    """Join two insertions at one place, which would be two edits that meet."""
    [last] = more
    same = [one for one in patches if (one.start, one.end) == (last.start, last.end)]
    if not same:
        return [*patches, last]
    rest = [one for one in patches if one not in same]
    line = last.text.rstrip("\n").rpartition("\n")[2]
    return [*rest, same[0]._replace(text=f"{same[0].text}{line}\n")]


def _pdm(text: TomlText, renamed: Renamed) -> tuple[list[Slot], list[Patches]]:
    table = "tool.pdm.build"
    roots, includes = (
        text.values(f"{table}.package-dir"),
        text.values(f"{table}.includes"),
    )
    follow: Patches = []
    for slot in includes:
        head, wild, tail = _head(slot.text)
        found = renamed.source(_plain(head))
        if found is not None:
            follow += _changed(slot, _joined(*found) + wild + tail)
    root = renamed.root
    if root is None:
        return [*roots, *includes], [follow]
    moved = [one for slot in roots for one in _changed(slot, root or ".")]
    added = [] if roots else text.add(table, f'package-dir = "{root or "."}"')
    return [*roots, *includes], [follow, [*follow, *moved], [*follow, *added]]


def _maturin(text: TomlText, renamed: Renamed) -> tuple[list[Slot], list[Patches]]:
    roots = text.values("tool.maturin.python-source")
    root = renamed.root
    if root is None:
        return roots, []
    moved = [one for slot in roots for one in _changed(slot, root or ".")]
    added = [] if roots else text.add("tool.maturin", f'python-source = "{root}"')
    return roots, [moved, added]


_BACKENDS = {
    "hatchling": _hatch,
    "flit": _flit,
    "poetry": _poetry,
    "uv": _uv,
    "pdm": _pdm,
    "maturin": _maturin,
}


def _changed(slot: Slot, text: str) -> Patches:
    """Return what writes a new text, in the manner of the old one; nothing if it is
    the same."""
    old = slot.text
    if text == _plain(old) or (text == "." and not _plain(old)):
        return []
    if "/" in old and old.endswith("/"):
        text += "/"
    if old.startswith("./") and not text.startswith("."):
        text = f"./{text}"
    return [] if text == old else [Patch(slot.start, slot.end, text)]


def _head(pattern: str) -> tuple[str, str, str]:
    """Split a pattern into the folders before its wildcard, and the rest."""
    wild = re.search(r"/?[^/]*[*?\[]", pattern)
    if wild is None:
        slash = "/" if pattern.endswith("/") else ""
        return pattern.rstrip("/"), slash, ""
    return pattern[: wild.start()], pattern[wild.start() :], ""


def _braces(chars: str, slot: Slot) -> tuple[int, int]:
    """Return the inline table, or the table of an array, around a text."""
    start = max(chars.rfind("{", 0, slot.start), chars.rfind("]]", 0, slot.start))
    closes = "}" if chars[start] == "{" else "[["
    end = chars.find(closes, slot.end)
    return start, end if end >= 0 else len(chars)


def _plain(path: str) -> str:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return "/".join(parts)


def _joined(root: str, place: str) -> str:
    return f"{root}/{place}" if root else place
