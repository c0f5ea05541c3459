"""A rule that binds nothing: a pattern, zone or owned name that the tree does not have.

A mistyped folder would otherwise pass for a rule that is kept. Lists of what may be
there (`placed.files`, `closed.children`, `except`, `exclude`) are no claim that it is,
and say nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.analysis.query import FileQuery
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import WARNING
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.languages.python.file_names import language
from treeguard.languages.python.file_names import maybe_python
from treeguard.languages.python.file_names import python_alike
from treeguard.languages.python.import_scan import candidates
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns

CLAIMS = (
    "zone",
    "from",
    "entrances",
    "uses",
    "independent",
    "under",
    "paths",
    "folder",
    "layers",
    "owns",
)


def queries(rule: Rule) -> Iterator[FileQuery]:
    """How many files each claim of `rule` matches."""
    for key, text in _claims(rule):
        yield _question(key, text)


def findings(rule: Rule, policy: Policy, new: TreeAnalysis) -> Iterator[Finding]:
    """A warning for each claim of `rule` that matches nothing in the tree."""
    for key, text in _claims(rule):
        if new.count(_question(key, text)):
            continue
        noun = "no import of" if key == "owns" else "no file matches"
        yield Finding(
            rule=rule.id,
            kind=rule.kind,
            path=policy.path,
            message=f"{noun} {text!r}, so `{key}` of {rule.id} binds nothing there",
            subject=f"vacuous {key} {text}",
            severity=WARNING,
            line=rule.line,
            column=1,
            end_line=rule.line,
            end_column=1,
            fix=Fix(f"correct `{key}`, or say `allow_empty = true` in the rule"),
        )


def _claims(rule: Rule) -> Iterator[tuple[str, str]]:
    if rule.allow_empty:
        return
    for key, text in dict.fromkeys(rule.patterns):
        if key.partition("[")[0] in CLAIMS and not text.startswith("!"):
            yield key.partition("[")[0], text


def _question(key: str, text: str) -> FileQuery:
    if key == "owns":
        return _imported(text)
    if key == "folder":
        # One exact folder, not a name at any depth; a dot is the root.
        return _matched("/**" if text == "." else f"/{text}")
    return _matched(text)


def _matched(text: str) -> FileQuery:
    patterns = Patterns((text,))
    return FileQuery(
        f"matches {text}",
        patterns.folder,
        lambda path, _mode: patterns.match(path),
        counts=True,
        alike=lambda folder, _ending, _mode: patterns.here(folder),
    )


def _imported(module: str) -> FileQuery:
    def imports_it(path: str, data: bytes) -> bool:
        if language(path, 0o100644, data[:256]) is None:
            return False
        return any(
            _is_below(item.module, item.name, module) for item in candidates(data)
        )

    needle = module.rpartition(".")[2].encode()
    return FileQuery(
        f"imports {module}",
        lambda _folder: None,
        maybe_python,
        (needle,),
        imports_it,
        alike=python_alike,
    )


def _is_below(imported: str, name: str | None, module: str) -> bool:
    whole = f"{imported}.{name}" if name else imported
    return f"{whole}.".startswith(f"{module}.")
