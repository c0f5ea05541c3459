"""`treeguard migrate`: moves files and everything that refers to them, as one plan."""

from __future__ import annotations

import argparse
import importlib
from types import ModuleType

from treeguard.errors import UsageError

HELP = "perform the [migration] of policy.toml: plan, apply, verify, undo"
EPILOG = """\
A plan writes nothing: the new tree is made in memory and checked against the policy
before a single file moves. Exit code 1 means that something blocks the migration, or
that a line of the checklist fails. A migration that was interrupted at any moment, by a
kill or a power loss, is completed by `apply` or reverted by `undo`.

examples:
  treeguard migrate plan
  treeguard migrate plan --output-format markdown --output plan.md
  treeguard migrate apply --carry      with the untracked files of moved folders
  treeguard migrate verify
  treeguard migrate undo
  treeguard migrate rebase BRANCH      for a branch that forked before it
"""

# Each module: HELP, add_options(group), run(args). In the order of the work.
SUBCOMMANDS: dict[str, str] = {
    "plan": "treeguard.commands.migrate.plan",
    "apply": "treeguard.commands.migrate.apply",
    "verify": "treeguard.commands.migrate.verify",
    "undo": "treeguard.commands.migrate.undo",
    "status": "treeguard.commands.migrate.status",
    "rebase": "treeguard.commands.migrate.rebase",
}

# The namespace's entry for the options of each subcommand, with their defaults.
_OWN = "own_options"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands, and the options of each."""
    parser.add_argument("action", choices=tuple(SUBCOMMANDS), help=_summary())
    parser.add_argument(
        "--policy",
        metavar="FILE",
        help="a policy on disk (default: policy.toml of the commit HEAD)",
    )
    own = {}
    for name in SUBCOMMANDS:
        group = parser.add_argument_group(f"options of {name}")
        load(name).add_options(group)
        actions = group._group_actions
        own[name] = {action.dest: action.default for action in actions}
        for shared in getattr(load(name), "SHARED", ()):
            own[name][shared] = parser.get_default(shared)
    parser.set_defaults(**{_OWN: own})


def run(args: argparse.Namespace) -> int:
    """Run the subcommand. Raises `UsageError` for an option of another one."""
    own: dict[str, dict[str, object]] = getattr(args, _OWN)
    for name, options in own.items():
        for option, default in options.items():
            given = getattr(args, option) != default
            if given and option not in own[args.action]:
                message = f"{_as_typed(option)} is an option of `migrate {name}`"
                raise UsageError(message, "`treeguard migrate --help` lists them")
    code: int = load(args.action).run(args)
    return code


def _as_typed(option: str) -> str:
    """Return an option as it is typed; the one positional argument by its name."""
    return "BRANCH" if option == "branch" else f"--{option.replace('_', '-')}"


def load(name: str) -> ModuleType:
    """Import the module of one subcommand."""
    return importlib.import_module(SUBCOMMANDS[name])


def _summary() -> str:
    return "; ".join(f"{name}: {load(name).HELP}" for name in SUBCOMMANDS)
