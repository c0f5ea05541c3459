"""`treeguard policy`: is a policy sound, what does it say, how is one written."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from collections.abc import Sequence
from typing import TYPE_CHECKING

from treeguard.commands.terminal import show
from treeguard.errors import UsageError
from treeguard.formats.escape import escape
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.rules.registry import KINDS
from treeguard.rules.registry import load

if TYPE_CHECKING:
    from treeguard.policy.diff import Difference

NAME = "policy"
HELP = "check a policy.toml, show it with defaults, compare two, print the schema"
EPILOG = """\
examples:
  treeguard policy check
  treeguard policy show --output-format json
  treeguard policy diff main HEAD      which rules became weaker, which stricter
"""

POLICY = "policy.toml"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which file."""
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
    """0 when done; raises `PolicyError` with every fault, or `UsageError`."""
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
    counts = (
        (len(policy.rules), "rule"),
        (len(policy.exceptions), "exception"),
        (len(moves), "move"),
    )
    return ", ".join(
        f"{number} {noun if number == 1 else noun + 's'}" for number, noun in counts
    )


def _show(args: argparse.Namespace) -> None:
    from treeguard.policy.resolved import as_json
    from treeguard.policy.resolved import as_toml
    from treeguard.policy.resolved import effective

    tables = effective(*_read(args.file), KINDS)
    show(as_json(tables) if args.output_format == "json" else as_toml(tables))


def _schema(args: argparse.Namespace) -> None:
    import json

    from treeguard.policy.json_schema import json_schema

    if args.file:
        raise UsageError("the schema is the same for every file", "leave the file out")
    show(json.dumps(json_schema(KINDS), indent=2) + "\n")


def _diff(args: argparse.Namespace) -> None:
    from treeguard.policy.diff import differences

    if args.other is None:
        named = "one" if args.file else "none"
        raise UsageError(
            f"two policies are compared, and {named} was named",
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
    """The policy in a file, else that of a commit."""
    from treeguard.stages.session import read_policy
    from treeguard.stages.session import read_policy_file

    if os.path.isfile(name):
        return read_policy_file(name)
    git = Git()
    try:
        return read_policy(tree_snapshot(git, name), name)
    finally:
        git.close()


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
    """The policy's bytes, and what faults call it."""
    where, name = (file, file) if file else (os.path.join(_top(), POLICY), POLICY)
    try:
        with open(where, "rb") as opened:
            return opened.read(), name
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        hint = "name a policy file, or let `treeguard init` write one"
        raise UsageError(f"{name} cannot be read: {reason}", hint) from error


def _top() -> str:
    git = Git()
    try:
        top = git.where.top
    finally:
        git.close()
    if top is None:
        raise UsageError("there is no work tree here", "name a policy file")
    return top
