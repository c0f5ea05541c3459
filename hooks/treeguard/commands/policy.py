"""`treeguard policy`: check a policy, show it with defaults, compare two of them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from treeguard.commands.terminal import show
from treeguard.errors import UsageError
from treeguard.errors import reason_of
from treeguard.formats.escape import escape
from treeguard.formats.text_parts import counted
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.rules.registry import KINDS
from treeguard.rules.registry import load

if TYPE_CHECKING:
    from treeguard.policy.diff import Difference

HELP = "check a policy.toml, show it with defaults, compare two, print the schema"
EPILOG = """\
examples:
  treeguard policy check
  treeguard policy show --output-format json
  treeguard policy diff main HEAD      which rules became weaker or stricter
"""

POLICY = "policy.toml"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the action and its files."""
    parser.add_argument(
        "action",
        choices=tuple(_ACTIONS),
        help="check: name every fault; show: with all defaults filled in; "
        "schema: the JSON Schema for editors; diff: what became weaker or stricter",
    )
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help=f"the policy (default: {POLICY} at the top of the work tree); "
        "for diff: a commit that holds one, or a file",
    )
    parser.add_argument(
        "other", nargs="?", metavar="B", help="for diff: what to compare it with"
    )
    parser.add_argument(
        "--output-format",
        choices=("text", "json"),
        default="text",
        help="how `show` and `diff` print (default: text; for `show`, TOML)",
    )


def run(args: argparse.Namespace) -> int:
    """Return 0. Raises `PolicyError` with every fault, or `UsageError`."""
    if args.other is not None and args.action != "diff":
        raise UsageError(f"{args.other} is one file too many", "name one policy")
    _ACTIONS[args.action](args)
    return 0


def _check(args: argparse.Namespace) -> None:
    text, path = _read(args.file)
    policy = load(text, path, path)
    show(f"{path}: {_counted(policy)}: valid\n")


def _counted(policy: Policy) -> str:
    moves = policy.migration.moves if policy.migration else ()
    rules = counted(len(policy.rules), "rule")
    exceptions = counted(len(policy.exceptions), "exception")
    return f"{rules}, {exceptions}, {counted(len(moves), 'move')}"


def _show(args: argparse.Namespace) -> None:
    from treeguard.policy.export import as_json
    from treeguard.policy.export import as_toml
    from treeguard.policy.export import effective

    tables = effective(*_read(args.file), KINDS)
    show(as_json(tables) if args.output_format == "json" else as_toml(tables))


def _schema(args: argparse.Namespace) -> None:
    import json

    from treeguard.policy.export import json_schema

    if args.file:
        raise UsageError("the schema is the same for every file", "leave the file out")
    show(json.dumps(json_schema(KINDS), indent=2) + "\n")


def _diff(args: argparse.Namespace) -> None:
    from treeguard.policy.diff import differences

    if args.other is None:
        named = "one" if args.file else "none"
        raise UsageError(
            f"diff compares two policies, but {named} was named",
            "type two commits, or two files: `treeguard policy diff main HEAD`",
        )
    old, new = _named(args.file), _named(args.other)
    found = differences(old, new)
    if args.output_format == "json":
        show(_as_json(old, new, found))
        return
    for one in found:
        show(f"{escape(f'{one.effect}: {one.place}: {one.message}')}\n")
    if not found:
        same = old.digest == new.digest
        show("the policies are the same\n" if same else "they mean the same\n")


def _named(name: str) -> Policy:
    """Return the policy in a file, else that of a commit."""
    from treeguard.stages.session import read_policy
    from treeguard.stages.session import read_policy_file

    if os.path.isfile(name):
        return read_policy_file(name)
    with closing(Git()) as git:
        return read_policy(tree_snapshot(git, name), name)


def _as_json(old: Policy, new: Policy, found: Sequence[Difference]) -> str:
    import json

    changes = [
        {
            "effect": one.effect,
            "rule": one.rule or None,
            "place": one.place,
            "message": one.message,
            "weaker": one.weaker,
            "stricter": one.stricter,
        }
        for one in found
    ]
    ends = {"old": old.digest, "new": new.digest}
    return json.dumps({"version": 1, **ends, "changes": changes}, indent=2) + "\n"


_ACTIONS: dict[str, Callable[[argparse.Namespace], None]] = {
    "check": _check,
    "show": _show,
    "schema": _schema,
    "diff": _diff,
}


def _read(file: str | None) -> tuple[bytes, str]:
    """Return the policy's bytes, and its name in messages."""
    where, name = file or os.path.join(_top(), POLICY), file or POLICY
    try:
        with open(where, "rb") as opened:
            return opened.read(), name
    except OSError as error:
        hint = "name a policy file, or let `treeguard init` write one"
        raise UsageError(f"{name} cannot be read: {reason_of(error)}", hint) from error


def _top() -> str:
    with closing(Git()) as git:
        if git.where.top is None:
            raise UsageError("not in a work tree", "name a policy file")
        return git.where.top
