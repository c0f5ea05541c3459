"""`treeguard policy`: is a policy sound, what does it say, how is one written."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from treeguard.commands.terminal import show
from treeguard.errors import UsageError
from treeguard.policy.load import load
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git

NAME = "policy"
HELP = "check a policy.toml, show it with its defaults, print its schema"

POLICY = "policy.toml"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which file."""
    parser.add_argument(
        "action",
        choices=tuple(_ACTIONS),
        help="check: name every fault; show: with all defaults filled in; "
        "schema: the JSON Schema for editors",
    )
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help=f"the policy (default: {POLICY} at the top of the work tree)",
    )
    parser.add_argument(
        "--output-format",
        choices=("text", "json"),
        default="text",
        help="how `show` prints (default: text, which is TOML)",
    )


def run(args: argparse.Namespace) -> int:
    """0 when done; raises `PolicyError` with every fault, or `UsageError`."""
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
    from treeguard.policy.effective import as_json
    from treeguard.policy.effective import as_toml
    from treeguard.policy.effective import effective

    tables = effective(*_read(args.file))
    show(as_json(tables) if args.output_format == "json" else as_toml(tables))


def _schema(args: argparse.Namespace) -> None:
    import json

    from treeguard.policy.schema import schema

    if args.file:
        raise UsageError("the schema is the same for every file", "leave the file out")
    show(json.dumps(schema(), indent=2) + "\n")


_ACTIONS: dict[str, Callable[[argparse.Namespace], None]] = {
    "check": _check,
    "show": _show,
    "schema": _schema,
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
