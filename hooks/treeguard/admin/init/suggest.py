"""Suggest rules that a repository seems to follow, each with the evidence for it.

`treeguard.admin.init.write` then checks which of them the tree satisfies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.admin.init.scan import Survey
from treeguard.formats.text_parts import counted
from treeguard.languages.assets import KINDS as ASSETS

_ARCHIVES = (
    "archive archived attic deprecated garbage graveyard legacy obsolete old trash"
    " unused"
)
_RECORDS = (
    "artifacts baselines benchmarks data datasets experiments measurements reports"
    " results"
)
ARCHIVES = frozenset(_ARCHIVES.split())
RECORDS = frozenset(_RECORDS.split())
README = re.compile(r"readme(?:\.\w+)?", re.IGNORECASE)
_MOST_ENTRANCES = 6
WIDEST = 86


class Proposal(NamedTuple):
    """A rule: its id, the evidence, and bodies of TOML, the strictest first.

    With `advice`, it is only written as a comment: a person has to decide.
    """

    id: str
    seen: str
    bodies: tuple[tuple[str, ...], ...]
    advice: bool = False


def proposals(survey: Survey) -> list[Proposal]:
    """Return every rule that is worth trying, in the order in which it is written."""
    found = [
        *_archives(survey),
        *_adapters(survey),
        *_assets(survey),
        *_records(survey),
        *_readmes(survey),
        *_layers(survey),
    ]
    return list(_with_own_ids(found))


def _with_own_ids(found: Iterable[Proposal]) -> Iterator[Proposal]:
    taken: set[str] = set()
    for proposal in found:
        name, number = proposal.id, 2
        while name in taken:
            name, number = f"{proposal.id}-{number}", number + 1
        taken.add(name)
        yield proposal._replace(id=name)


def _archives(survey: Survey) -> Iterator[Proposal]:
    for folder in _outermost(survey.folders, ARCHIVES):
        sources = [path for path in survey.sources if path.startswith(f"{folder}/")]
        if not sources:
            continue
        rule = (
            'kind = "forbidden"',
            f"zone = [{pattern(folder)}]",
            f"reason = {quoted(f'{folder}/ is an archive: port what you need.')}",
        )
        loud = (*rule[:2], "references = true", rule[2])
        count = counted(len(sources), "Python file")
        yield Proposal(
            f"no-{slug(folder)}-imports",
            f"{folder}/ looks like an archive of {count}",
            (loud, rule),
        )


def _adapters(survey: Survey) -> Iterator[Proposal]:
    by_folder: dict[str, list[str]] = {}
    for module, paths in sorted(survey.services.items()):
        folder = _common_folder(paths)
        share = sum(path.startswith(f"{folder}/") for path in survey.sources)
        if folder and 2 * share <= len(survey.sources):
            by_folder.setdefault(folder, []).append(module)
    for folder, modules in sorted(by_folder.items()):
        rule = (
            'kind = "isolated"',
            f"zone = [{pattern(folder)}]",
            *listed("owns", map(quoted, modules)),
            f"reason = {quoted(f'{folder}/ is the only place that may import these.')}",
        )
        entrances = _entrances(survey, folder)
        with_doors = (*rule[:2], *listed("entrances", entrances), *rule[2:])
        names = ", ".join(modules)
        yield Proposal(
            f"{slug(folder)}-isolated",
            f"only {folder}/ imports {names}",
            (rule, with_doors) if entrances else (rule,),
        )


def _entrances(survey: Survey, folder: str) -> list[str]:
    """Return the files, or the folders, that import the zone today."""
    paths = survey.importers(folder)
    if len(paths) > _MOST_ENTRANCES:
        folders = sorted({path.rpartition("/")[0] for path in paths})
        # With too many entrances, only the third-party modules are confined.
        if len(folders) > _MOST_ENTRANCES or "" in folders:
            return [quoted("*")]
        return [pattern(folder) for folder in folders]
    return [pattern(path, is_folder=False) for path in paths]


def _assets(survey: Survey) -> Iterator[Proposal]:
    by_folder: dict[str, list[str]] = {}
    for kind in ASSETS:
        folder = _common_folder(survey.assets.get(kind, []))
        if folder:
            by_folder.setdefault(folder.partition("/")[0], []).append(kind)
    for folder, kinds in sorted(by_folder.items()):
        paths = [path for kind in kinds for path in survey.assets[kind]]
        body = (
            'kind = "placed"',
            *listed("detect", map(quoted, kinds)),
            f"under = [{pattern(folder)}]",
            f"reason = {quoted(f'Deployment files live in {folder}/.')}",
        )
        assets = counted(len(paths), "deployment file")
        seen = f"{folder}/ holds all {assets} ({', '.join(kinds)})"
        yield Proposal(f"{slug(folder)}-assets", seen, (body,))


def _records(survey: Survey) -> Iterator[Proposal]:
    folders = [
        folder
        for folder in _outermost(survey.folders, RECORDS)
        if folder.count("/") < 2 and f"{folder}/__init__.py" not in survey.files
        if not _outermost([folder, *_above(folder)], ARCHIVES)
    ]
    if folders:
        body = (
            'kind = "preserved"',
            *listed("paths", map(pattern, folders)),
            'reason = "This data may be impossible to regenerate."',
        )
        names = ", ".join(f"{folder}/" for folder in folders)
        yield Proposal(
            "data-kept", f"{names} may hold data that cannot be regenerated", (body,)
        )


def _readmes(survey: Survey) -> Iterator[Proposal]:
    found = sorted(
        path
        for path in survey.files
        if path.count("/") <= 1 and README.fullmatch(path.rpartition("/")[2])
    )
    if found:
        body = (
            'kind = "required"',
            *listed("files", map(quoted, found)),
            'reason = "Each of these folders has a README."',
        )
        seen = f"{counted(len(found), 'README')} at the top and one folder down"
        yield Proposal("readmes", seen, (body,))


def _layers(survey: Survey) -> Iterator[Proposal]:
    for package, rows in survey.layers():
        lines = [line for row in rows for line in _row(row)]
        body = ('kind = "layers"', "layers = [", *lines, "]")
        seen = f"the parts of {package}/ import each other in one direction only"
        yield Proposal(f"{slug(package)}-layers", seen, (body,), advice=True)


def _row(folders: list[str]) -> Iterator[str]:
    names = [pattern(folder) for folder in folders]
    if len(names) == 1:
        yield f"    {names[0]},"
    elif sum(map(len, names)) + 2 * len(names) + 6 <= WIDEST:
        yield f"    [{', '.join(names)}],"
    else:
        yield from ("    [", *(f"        {name}," for name in names), "    ],")


def _outermost(folders: Iterable[str], names: frozenset[str]) -> list[str]:
    """Return the folders with one of these names that are in no other such folder."""
    found: list[str] = []
    for folder in sorted(folders):
        named = folder.rpartition("/")[2].lower() in names
        if named and not any(folder.startswith(f"{outer}/") for outer in found):
            found.append(folder)
    return found


def _above(folder: str) -> list[str]:
    parts = folder.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def _common_folder(paths: Iterable[str]) -> str:
    """Return the deepest folder that contains all of `paths`; empty for the root."""
    common: list[str] | None = None
    for path in paths:
        parts = path.split("/")[:-1]
        if common is None:
            common = parts
        while common != parts[: len(common)]:
            common.pop()
    return "/".join(common or [])


def slug(path: str) -> str:
    """Return a path as a rule's id: lower case, hyphens, ASCII."""
    words = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
    return words or "folder"


def listed(key: str, items: Iterable[str]) -> tuple[str, ...]:
    """Return a TOML array, on one line if it is short."""
    items = list(items)
    line = f"{key} = [{', '.join(items)}]"
    if len(line) <= WIDEST:
        return (line,)
    return (f"{key} = [", *(f"    {item}," for item in items), "]")


def pattern(path: str, is_folder: bool = True) -> str:
    """Return the pattern of one path, from the root, as a TOML string."""
    escaped = re.sub(r"([\\*?\[\]])", r"\\\1", path)
    return quoted(f"/{escaped}/" if is_folder else f"/{escaped}")


def quoted(text: str) -> str:
    """Return a TOML string (https://toml.io/en/v1.0.0#string)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", _escape, escaped) + '"'


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
