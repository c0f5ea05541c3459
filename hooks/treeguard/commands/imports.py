"""`treeguard imports`: list every import of a tree, one JSON object a line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.commands.arguments import add_tree
from treeguard.commands.arguments import chosen_tree
from treeguard.commands.terminal import show
from treeguard.commands.terminal import warn
from treeguard.formats.json_report import Value
from treeguard.formats.json_report import path_value
from treeguard.formats.json_report import plain
from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.facts import Import
from treeguard.languages.facts import SearchPath
from treeguard.rules.importing.resolved_uses import referring_files
from treeguard.stages.session import POLICY
from treeguard.stages.session import analyze_snapshot
from treeguard.stages.session import open_session
from treeguard.stages.session import read_policy

HELP = "list every import of a tree, one JSON object a line"
EPILOG = """\
Each line: path, line, column, end_line, end_column, kind (import, from, dynamic, string
or path), module, level, name, resolved (the files of the tree that it leads to). Lines
are those of the imported name; in a notebook they count within the `cell`. Files
that cannot be read as Python are listed on stderr, and the exit code is then 1.
"""

KINDS = frozenset({IMPORT, FROM, DYNAMIC, STRING, PATH})


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the tree."""
    add_tree(parser)


def run(args: argparse.Namespace) -> int:
    """Return 0 if every Python source could be read, else 1."""
    unreadable = 0
    with open_session() as (git, store):
        snapshot, name = chosen_tree(git, args.tree)
        # Without a policy, the roots are the default ones and nothing is excluded.
        has_policy = snapshot.entry(POLICY) is not None
        policy = read_policy(snapshot, name) if has_policy else None
        analysis = analyze_snapshot(snapshot, policy, store)
        for path in referring_files(analysis):
            if policy is None or not policy.exclude.match(path):
                unreadable += not _show_file(analysis, path)
    return 1 if unreadable else 0


def _show_file(analysis: TreeAnalysis, path: str) -> bool:
    """Print what a file imports; return False for Python that cannot be read."""
    facts = analysis.source(path)
    if facts is not None and facts.error:
        place = f"{path}:{facts.error_line}" if facts.error_line else path
        warn(f"{place}: cannot be read as Python: {facts.error}")
        return False
    found = analysis.references(path) if facts is None else facts.imports
    search_path = () if facts is None else facts.search_path
    for line in _lines(analysis, path, found, search_path):
        show(line)
    return True


def _lines(
    analysis: TreeAnalysis,
    path: str,
    imports: tuple[Import, ...],
    search_path: SearchPath,
) -> Iterator[str]:
    for imported in imports:
        if imported.kind in KINDS:
            targets = analysis.resolve(path, imported, search_path).targets
            yield json.dumps(_value(path, imported, targets)) + "\n"


def _value(path: str, imported: Import, targets: tuple[str, ...]) -> Value:
    cell: Value = {} if imported.cell is None else {"cell": imported.cell}
    return {
        **path_value("path", path),
        **cell,
        "line": imported.line,
        "column": imported.column,
        "end_line": imported.end_line,
        "end_column": imported.end_column,
        "kind": imported.kind,
        "module": plain(imported.module),
        "level": imported.level,
        "name": None if imported.name is None else plain(imported.name),
        "resolved": [plain(target) for target in targets],
    }
