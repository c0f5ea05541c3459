"""`treeguard doctor`: prove that the hooks run here, or say why they do not."""

from __future__ import annotations

import argparse
from contextlib import closing

from treeguard.admin import doctor
from treeguard.commands.terminal import inform
from treeguard.commands.terminal import progress_of
from treeguard.commands.terminal import show
from treeguard.formats.escape import escape_lines
from treeguard.repository.plumbing import Git

HELP = "prove that the hooks run here: a scratch clone must refuse a commit"

_SIGNS = {doctor.GOOD: "ok  ", doctor.NOTE: "note", doctor.BAD: "BAD "}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add no options."""


def run(args: argparse.Namespace) -> int:
    """Return 0 if the hooks run and nothing is bypassed, else 1."""
    with closing(Git()) as git:
        if git.where.bare:
            remarks = doctor.examine_server(git)
        else:
            remarks = doctor.examine(
                git, lambda text: inform(args, f"doctor: {text} ..."), progress_of(args)
            )
    show("".join(_line(remark) for remark in remarks))
    return int(any(remark.state == doctor.BAD for remark in remarks))


def _line(remark: doctor.Remark) -> str:
    hint = f"     do: {escape_lines(remark.hint)}\n" if remark.hint else ""
    return f"{_SIGNS[remark.state]} {escape_lines(remark.message)}\n{hint}"
