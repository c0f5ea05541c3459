"""`treeguard migrate`: moves files and everything that refers to them, as one plan."""

from __future__ import annotations

import argparse
import importlib
from types import ModuleType

from treeguard.errors import UsageError

NAME = "migrate"
HELP = "perform the [migration] of policy.toml: plan, apply, verify, undo"
EPILOG = """\
A plan writes nothing: the new tree is made in memory and judged by the policy before a
single file moves. Exit code 1 says that something forbids the migration, or that a
line of the checklist does not hold. What was interrupted at any moment, by a kill or a
loss of power, is finished by `apply` or taken back by `undo`.

examples:
  treeguard migrate plan
  treeguard migrate plan --output-format markdown --output plan.md
  treeguard migrate apply --carry      with the untracked files of folders that move
  treeguard migrate verify
  treeguard migrate undo
  treeguard migrate rebase BRANCH      for a branch that forked before it
"""

# Each module: HELP, add_options(group), run(args). The order is that of the work.
SUBCOMMANDS: dict[str, str] = {
    "plan": "treeguard.commands.migrate.plan",
    "apply": "treeguard.commands.migrate.apply",
    "verify": "treeguard.commands.migrate.verify",
    "undo": "treeguard.commands.migrate.undo",
    "status": "treeguard.commands.migrate.status",
    "rebase": "treeguard.commands.migrate.rebase",
}

# Destinations of the options that each subcommand has for itself.
_OWN = "own_options"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What to do, and the options of each thing that can be done."""
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
    """What the subcommand answers. Raises `UsageError` for an option of another."""
    own: dict[str, dict[str, object]] = getattr(args, _OWN)
    for name, options in own.items():
        for option, default in options.items():
            given = getattr(args, option) != default
            if given and option not in own[args.action]:
                shown = _shown(option)
                message = f"{shown} is an option of `migrate {name}`"
                raise UsageError(message, "`treeguard migrate --help` lists them")
    code: int = load(args.action).run(args)
    return code


def _shown(option: str) -> str:
    """An option as it is typed; the one argument without dashes as it is called."""
    return "BRANCH" if option == "branch" else f"--{option.replace('_', '-')}"


def load(name: str) -> ModuleType:
    """The module of one subcommand."""
    return importlib.import_module(SUBCOMMANDS[name])


def _summary() -> str:
    return "; ".join(f"{name}: {load(name).HELP}" for name in SUBCOMMANDS)
