"""`treeguard init`: write a policy that the repository already satisfies."""

from __future__ import annotations

import argparse
import os

from treeguard.admin.init.scan import Survey
from treeguard.admin.init.suggest import proposals
from treeguard.admin.init.write import Draft
from treeguard.admin.init.write import draft
from treeguard.commands.terminal import inform
from treeguard.commands.terminal import show
from treeguard.errors import UsageError
from treeguard.errors import reason_of
from treeguard.formats.text_parts import counted
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import index_snapshot
from treeguard.stages.session import POLICY
from treeguard.stages.session import analyze_snapshot
from treeguard.stages.session import open_session

HELP = "write a policy.toml that the repository already satisfies"
EPILOG = """\
Reads what is staged. Every rule is tried before it is written: one that the repository
violates is written as a comment, with the number of its findings.

examples:
  treeguard init                   writes policy.toml at the top of the work tree
  treeguard init --output -        prints it
  treeguard init --output new.toml
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the file to write."""
    parser.add_argument(
        "--output",
        metavar="FILE",
        help=f"the file to write (default: {POLICY} at the top; -: stdout); "
        "an existing file is never overwritten",
    )


def run(args: argparse.Namespace) -> int:
    """Write the policy and list its rules. Raises `UsageError` if the file exists."""
    with open_session() as (git, store):
        target = _target(git, args.output)
        analysis = analyze_snapshot(index_snapshot(git), None, store)
        written = draft(proposals(Survey(analysis)), analysis, POLICY)
    if target is None:
        show(written.text)
    else:
        _write(target, written.text)
    _summarize(args, written, target)
    return 0


def _target(git: Git, output: str | None) -> str | None:
    """Return the file to write, which does not exist yet; None for stdout."""
    if output == "-":
        return None
    if output is None and git.where.top is None:
        raise UsageError("not in a work tree", "`treeguard init --output -`")
    target = output or os.path.join(str(git.where.top), POLICY)
    if os.path.lexists(target):
        raise _exists(output or POLICY)
    return target


def _exists(name: str) -> UsageError:
    hint = "`treeguard init --output FILE` writes another one, `--output -` prints it"
    return UsageError(f"{name} already exists and is not overwritten", hint)


def _write(target: str, text: str) -> None:
    try:
        # `x`: even one that appeared a moment ago is not overwritten.
        with open(target, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise _exists(target) from None
    except OSError as error:
        reason = reason_of(error)
        hint = "give --output a file in a folder that exists"
        raise UsageError(f"{target} cannot be written: {reason}", hint) from error


def _summarize(args: argparse.Namespace, written: Draft, target: str | None) -> None:
    for rule in written.rules:
        state = "in force" if rule.in_force else "as a comment"
        if rule.findings:
            state = f"as a comment: {counted(rule.findings, 'finding')}"
        inform(args, f"{rule.proposal.seen} -> {rule.proposal.id} ({state})")
    for path in written.unreadable:
        inform(args, f"{path} cannot be read as Python -> excluded")
    if not written.rules:
        inform(args, "found nothing that suggests a rule")
    if target is not None:
        name = POLICY if os.path.basename(target) == POLICY else target
        force = sum(rule.in_force for rule in written.rules)
        inform(args, f"wrote {name} with {counted(force, 'rule')} in force")
        inform(
            args, f"next: review it, then `git add {name}` and `treeguard check --all`"
        )
